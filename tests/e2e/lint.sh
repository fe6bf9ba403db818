#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# make lint: every check fails when its rule is broken (in a copy of the tree), and the copy as it is passes.
. "$(dirname "$0")/tap.sh"
built=$B objects=$(find "$B/rt" -name "*.o" -not -path "*/agent/*" -not -path "*/base/mem.o" | sort)
cp -r "$TOP"/{Makefile,include,src,tests,tools,bench,examples,docs,.clang-format,.ci} "$W" || exit 1
cd "$W" || exit 1
mkdir -p own/rt/base && cp "$B/rt/base/mem.o" own/rt/base/ || exit 1

lint() { # CHECK...
	B="$W/own" LIB="$built/libcygnet.a" LIB_LIBS="-lelf -lZydis -lpthread" RT_OBJ="$objects ${EXTRA:-}" tools/lint.sh "$@"
}

passes() { # CHECK
	if lint "$1" >out 2>&1; then ok "$1: the tree passes"; else not_ok "$1: the tree passes: $(head -3 out)"; fi
}

catches() { # CHECK NAME FILE TEXT-EXPECTED: FILE was broken; it is put back
	if lint "$1" >out 2>&1; then
		not_ok "$1: $2: lint said nothing"
	elif grep -qF -- "$4" out; then
		ok "$1: $2"
	else
		not_ok "$1: $2: $(head -3 out)"
	fi
	cp "$TOP/$3" "$3" 2>/dev/null || rm -rf "$3"
}

passes levels
sed -i '5i #include "interp/state.h"' src/verify/flow.c
catches levels "a sibling level" src/verify/flow.c "level 4 (verify/) includes interp/ of level 4"
sed -i '5i #include "vm/object.h"' src/map/array.c
catches levels "a higher level" src/map/array.c "level 3 (map/) includes vm/ of level 5"
sed -i '5i #include "../base/text.h"' src/btf/table.c
catches levels "not written from src/" src/btf/table.c "includes are written from src/"
mkdir src/misc
catches levels "a folder without a level" src/misc "a folder without a level"

passes format
sed -i 's/^\treturn /\t  return /' src/btf/table.c
catches format "drift" src/btf/table.c "is not formatted"

passes rows
sed -i '0,/\.doc = ".*"/s///' src/cli/doctor.c
catches rows "a command without its line" src/cli/doctor.c "command_doctor has no .doc"
echo 'COMMAND(nosuch)' >>src/cli/commands.def
catches rows "a row without a command" src/cli/commands.def "COMMAND(nosuch) has no command_nosuch"
sed -i '0,/p->name, p->doc/s//p->name, id == 1 ? "" : p->doc/' tools/lint_rows.c
catches rows "a helper without its line" tools/lint_rows.c "bpf_map_lookup_elem has no line"

passes files
sed -i 1d src/btf/table.c
catches files "no licence line" src/btf/table.c "no line SPDX-License-Identifier"
yes '' | head -1300 >>src/btf/table.c
catches files "a file too long" src/btf/table.c "two things live here"
printf 'void *f(void)\n{\n\treturn malloc(1);\n}\n' >>src/map/array.c
catches files "malloc at run time" src/map/array.c "malloc() in run-time code"
printf 'void f(void)\n{\n\texit(1);\n}\n' >>src/btf/table.c
catches files "a library that exits" src/btf/table.c "exit() in the library"
printf '/* exit(1) */\nstatic const char *s = "exit(1)";\n' >>src/btf/table.c
if lint files >out 2>&1; then ok "files: words are not calls"; else not_ok "files: words are not calls: $(head -3 out)"; fi
cp "$TOP/src/btf/table.c" src/btf/table.c

passes link
echo 'int puts(const char *); int f(void); int f(void) { return puts("x"); }' >own/x.c
gcc -c own/x.c -o own/x.o
EXTRA=own/x.o catches link "a symbol from outside" own/x.c "run-time code needs puts"
echo 'int lint_state = 3;' >own/x.c
gcc -c own/x.c -o own/x.o
EXTRA=own/x.o catches link "state at run time" own/x.c "run-time code keeps state in lint_state"
done_testing
