#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# lint.sh [CHECK...]: what a compiler does not see. Each check prints FILE: what is wrong. Run by `make lint`,
# which sets B, CC, RT_OBJ (the run-time objects) and LIB (libcygnet.a).
#
#	levels	a folder includes its own files and lower levels only (DESIGN: Levels)
#	format	clang-format, version 14, changes nothing
#	rows	every row of a table has its one line of documentation
#	files	licence line, length, calls that a folder must not make
#	link	run-time objects need nothing from outside
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
failed=0

complain() { # FILE WHAT
	printf '%s: %s\n' "$1" "$2"
	failed=1
}

sources() { # all of our C, but not what is made elsewhere
	find src include tests tools examples bench -name '*.[ch]' 2>/dev/null | sort
}

level_of() { # FOLDER
	case $1 in
	base) echo 0 ;;
	isa | btf) echo 1 ;;
	core) echo 2 ;;
	map | helper | prog | classic) echo 3 ;;
	verify | interp | native | jit) echo 4 ;;
	vm) echo 5 ;;
	sys | event | record) echo 6 ;;
	world | shim | agent) echo 7 ;;
	cli) echo 8 ;;
	*) echo unknown ;;
	esac
}

check_levels() {
	local file folder target own other line
	for folder in src/*/; do
		[ "$(level_of "$(basename "$folder")")" = unknown ] && complain "$folder" "a folder without a level"
	done
	while IFS=: read -r file line; do
		folder=${file#src/} folder=${folder%%/*}
		target=${line#*\"} target=${target%%\"*}
		case $target in
		../* | */../*) complain "$file" "includes \"$target\": includes are written from src/"; continue ;;
		*/*) target=${target%%/*} ;;
		*) complain "$file" "includes \"$target\": includes are written from src/"; continue ;;
		esac
		[ "$target" = "$folder" ] && continue
		[ "$target" = cygnet ] && continue
		own=$(level_of "$folder") other=$(level_of "$target")
		if [ "$other" = unknown ]; then
			complain "$file" "includes $target/, which has no level"
		elif [ "$own" = unknown ] || [ "$other" -ge "$own" ]; then
			complain "$file" "level $own ($folder/) includes $target/ of level $other"
		fi
	done < <(grep -rHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' src --include='*.[chS]' --include='*.def')
}

check_format() {
	local tool=clang-format-14 out
	command -v $tool >/dev/null || { complain .clang-format "$tool is missing"; return; }
	# vmlinux.h stand-ins are generated or laid out as BTF dumps are
	out=$(sources | grep -v '^include/fallback/' | xargs $tool --dry-run -Werror 2>&1 |
		sed -n 's/^\([^:]*\):\([0-9]*\):.*Wclang-format-violations.*/\1:\2/p')
	[ -z "$out" ] && return
	while IFS=: read -r file line; do
		complain "$file" "line $line is not formatted ($tool -i $file)"
	done <<<"$(sort -t: -k1,1 -u <<<"$out")"
}

check_rows() {
	local cmd file table
	mkdir -p "$B"
	if ${CC:-gcc} -Isrc -Iinclude -D_GNU_SOURCE -std=gnu11 -o "$B/lint_rows" tools/lint_rows.c "$LIB" ${LIB_LIBS:-}; then
		"$B/lint_rows" || failed=1
	else
		complain tools/lint_rows.c "does not build"
	fi
	for table in helper kfunc; do
		if ${CC:-gcc} -Isrc -Iinclude -std=gnu11 -o "$B/${table}_rows" "tools/${table}_rows.c" "$LIB" ${LIB_LIBS:-}; then
			"$B/${table}_rows" | cmp -s - "docs/${table}s.md" || complain "docs/${table}s.md" "is behind the tables: make docs"
		else
			complain "tools/${table}_rows.c" "does not build"
		fi
	done
	python3 tools/diagnostics.py >"$B/diagnostics.md"
	cmp -s "$B/diagnostics.md" docs/diagnostics.md || complain docs/diagnostics.md "is behind the messages and their cases: make docs"
	for cmd in $(sed -n 's/^COMMAND(\(.*\))/\1/p' src/cli/commands.def); do
		file=$(grep -lE "^const struct command command_$cmd " src/cli/*.c)
		[ -n "$file" ] || { complain src/cli/commands.def "COMMAND($cmd) has no command_$cmd"; continue; }
		sed -n "/^const struct command command_$cmd /,/^};/p" "$file" | grep -qE '\.doc = "[^"]+"' ||
			complain "$file" "command_$cmd has no .doc"
	done
}

# Folders whose code runs while a program runs, and inside targets: no libc at all.
RUN_TIME='src/core src/map src/helper src/prog src/interp src/agent src/base/text.c src/base/diag.c src/base/mem.c'
# Folders of the library: nothing that prints or exits.
LIBRARY='src/base src/isa src/btf src/core src/map src/helper src/prog src/verify src/interp src/vm src/sys src/event src/world'

calls() { # REGEX OF NAMES, then files and folders; comments and strings are not calls
	local names=$1 file
	shift
	while read -r file; do
		sed -E 's/"([^"\\]|\\.)*"/""/g; s://.*$::; s:/\*([^*]|\*[^/])*\*/::g; /^[[:space:]]*\/?\*/d' "$file" |
			grep -noE "(^|[^A-Za-z0-9_.>])($names)[[:space:]]*\(" | head -3 | sed "s|^|$file:|"
	done < <(find "$@" -name '*.[ch]' 2>/dev/null)
}

check_files() {
	local file n hit
	while read -r file; do
		head -2 "$file" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' ||
			complain "$file" "no line SPDX-License-Identifier: BSD-2-Clause"
	done < <(find src include tests tools bench examples .ci Makefile -type f \
		\( -name '*.[chS]' -o -name '*.sh' -o -name '*.mk' -o -name '*.py' -o -name '*.def' -o -name Makefile -o -path .ci/run \))
	while read -r file; do
		n=$(wc -l <"$file")
		# pure tables may be long
		[ "$n" -gt 1200 ] && case $file in include/cygnet/abi.h | include/fallback/*) false ;; esac &&
			complain "$file" "$n lines: two things live here"
	done < <(sources)
	while IFS=: read -r file n hit; do
		complain "$file" "line $n: ${hit//[^A-Za-z0-9_]/}() in run-time code"
	done < <(calls 'malloc|calloc|realloc|free|v?s?n?printf|fprintf|strdup|pthread_[a-z_]+|base_(alloc|zalloc|calloc|realloc|free)' $RUN_TIME |
		grep -vE '^src/core/(event_table)\.c:')
	while IFS=: read -r file n hit; do
		complain "$file" "line $n: ${hit//[^A-Za-z0-9_]/}() in the library"
	done < <(calls 'printf|fprintf|puts|perror|exit|abort|_exit|err|errx|warn|warnx' $LIBRARY)
}

check_link() {
	local out
	[ -n "${RT_OBJ:-}" ] || { complain tools/lint.mk "RT_OBJ is not set"; return; }
	mkdir -p "$B"
	# shellcheck disable=SC2086
	${CC:-gcc} -nostdlib -r -o "$B/lint_runtime.o" $RT_OBJ "$B/rt/base/mem.o" || { complain Makefile "run-time objects do not link"; return; }
	out=$(nm -u "$B/lint_runtime.o" | awk '{print $2}' | grep -v '^_GLOBAL_OFFSET_TABLE_$')
	for sym in $out; do complain "$B/lint_runtime.o" "run-time code needs $sym"; done
	# .data.rel.ro is constant once loaded
	out=$(objdump -t "$B/lint_runtime.o" | sed -nE '/[[:space:]]\.(data\.rel\.ro|text|rodata)/d
		s/.*[[:space:]](\.t?data|\.t?bss|\*COM\*)[.a-z]*\t[0-9a-f]+ (\.hidden )?([A-Za-z_][A-Za-z0-9_.]*)$/\3/p' |
		grep -v '^helper_by_id$')
	for sym in $out; do complain "$B/lint_runtime.o" "run-time code keeps state in $sym"; done
}

for check in "${@:-levels format rows files link}"; do
	for one in $check; do "check_$one"; done
done
exit $failed
