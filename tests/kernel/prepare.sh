#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# prepare.sh DIR: installs the kernel sources and packages whose programs are the suites, unpacks what
# is needed of them into DIR, builds the libbpf that comes with them and compiles the annotated
# programs against this kernel's BTF. Nothing of it is kept in the project. What is done is not redone.
set -e
K=$1
here=$(cd "$(dirname "$0")" && pwd)
"$here/../../tools/deps.sh" linux-source-6.1 linux-source-6.12 clang-19 libbpf-tools xdp-tools ir-keytable \
	gcc-bpf clang xz-utils lz4 zstd python3 bpftool libelf-dev zlib1g-dev
mkdir -p "$K"
K=$(cd "$K" && pwd)
# Shared by several builds: one at a time.
exec 9>"$K/.lock"
flock 9

unpack() {
	local v=$1 s=linux-source-$1 stamp=$K/.unpacked-$1
	local version
	version=$(dpkg-query -W -f='${Version}' "$s")
	[ "$(cat "$stamp" 2>/dev/null)" = "$version" ] && return
	echo "unpacking $s $version" >&2
	rm -rf "${K:?}/$s" "$K/inc-$v" "$stamp"
	tar xJf "/usr/src/$s.tar.xz" -C "$K" --wildcards "$s/tools/testing/selftests/bpf/*" "$s/tools/include/*" "$s/tools/arch/x86/include/*" \
		"$s/tools/lib/bpf/*" "$s/include/uapi/*" "$s/scripts/bpf_doc.py"
	echo "$version" >"$stamp"
}
unpack 6.1 &
unpack 6.12
wait $!

# libbpf 1.5 of the newer source serves both.
S=$K/linux-source-6.12
if [ ! -f "$K/libbpf.a" ] || [ "$K/.unpacked-6.12" -nt "$K/libbpf.a" ]; then
	echo "building libbpf" >&2
	mkdir -p "$K/inc-6.12/bpf" "$K/libbpf"
	cp "$S"/tools/lib/bpf/*.h "$K/inc-6.12/bpf/"
	python3 "$S/scripts/bpf_doc.py" --header --file "$S/include/uapi/linux/bpf.h" >"$K/inc-6.12/bpf/bpf_helper_defs.h"
	for c in "$S"/tools/lib/bpf/*.c; do echo "$c"; done | xargs -P 2 -I{} sh -c 'gcc -O1 -w -D_GNU_SOURCE -D_LARGEFILE64_SOURCE \
		-D_FILE_OFFSET_BITS=64 -I'"$S"'/tools/include -I'"$S"'/tools/include/uapi -c {} -o '"$K"'/libbpf/$(basename {} .c).o'
	ar rcs "$K/libbpf.a" "$K"/libbpf/*.o
fi

# What the packages bring.
if [ ! -d "$K/packaged" ]; then
	"$here/extract.py" "$K/packaged.tmp" && mv "$K/packaged.tmp" "$K/packaged"
fi

# The other kernels that can be asked: their images, and what type information they have.
for v in 6.1 6.12; do
	[ -d "$K/image-$v" ] || "$here/image.py" $v "$K/image-$v" || echo "no kernel $v: its answers cannot be asked anew" >&2
done

# annotated VMLINUX DIR: the annotated programs against one kernel's types, into DIR. Which do not compile
# is told for the running kernel, and counted by their absence.
export K S
compile() {
	local b out=$3
	b=$(basename "$1" .c)
	[ -f "$out/$b.bpf.o" ] && return
	clang-19 -g -O2 -std=gnu11 --target=bpf -mcpu=v4 -mlittle-endian -w -D__TARGET_ARCH_x86 -DENABLE_ATOMICS_TESTS \
		-I"$2" -I"$K/inc-6.12" -I"$S/tools/testing/selftests/bpf" -I"$S/tools/testing/selftests/bpf/progs" \
		-I"$S/tools/include/uapi" -I"$S/include/uapi" -I/usr/include/x86_64-linux-gnu \
		-idirafter /usr/lib/llvm-19/lib/clang/19/include -idirafter /usr/include \
		-c "$1" -o "$out/$b.tmp" 2>"$out/$b.err" && mv "$out/$b.tmp" "$out/$b.bpf.o" && rm "$out/$b.err" ||
		[ "$out" != "$K/objects" ] || echo "does not compile: $b.c ($(grep -m1 error "$out/$b.err"))" >&2
}
export -f compile
annotated() {
	local btf=$1 out=$2 headers=$2/include sum
	sum=$(md5sum <"$btf")
	mkdir -p "$headers"
	[ "$(cat "$out/.done" 2>/dev/null)" = "$sum" ] && return
	rm -f "$out"/*.o
	bpftool btf dump file "$btf" format c >"$headers/vmlinux.h"
	printf '%s\n' "$S"/tools/testing/selftests/bpf/progs/verifier_*.c | xargs -P 2 -I{} bash -c "compile {} $headers $out"
	echo "$sum" >"$out/.done"
}
if [ -r /sys/kernel/btf/vmlinux ]; then
	annotated /sys/kernel/btf/vmlinux "$K/objects"
	cp -u "$K/objects/include/vmlinux.h" "$K/inc-6.12/"
	# Our examples by each compiler; gcc-bpf does not take every source.
	mkdir -p "$K/examples"
	flags="-O2 -w -D__TARGET_ARCH_x86 -mcpu=v3 -I$K/inc-6.12 -idirafter /usr/include/x86_64-linux-gnu"
	for c in "$here"/../../examples/*.bpf.c; do
		for cc in clang-14 clang-19 bpf-gcc; do
			o=$K/examples/$(basename "$c" .bpf.c).$cc.o
			[ "$o" -nt "$c" ] && continue
			case $cc in
			bpf-gcc) $cc $flags -gbtf -I/usr/include -c "$c" -o "$o" 2>/dev/null ;;
			*) $cc $flags -target bpf -g -c "$c" -o "$o" ;;
			esac || rm -f "$o"
		done
	done
fi
for v in 6.1 6.12; do
	[ ! -d "$K/image-$v" ] || annotated "$K/image-$v/vmlinux.btf" "$K/objects-on-$v"
done
