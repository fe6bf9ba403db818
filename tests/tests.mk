# SPDX-License-Identifier: BSD-2-Clause
# Tests: every program and script speaks TAP; tests/run.sh counts.
UNIT_SRC := $(wildcard tests/unit/*_test.c tests/model/*_test.c)
UNIT_BIN := $(UNIT_SRC:tests/%.c=$(B)/tests/%)

$(B)/tests/%: tests/%.c $(B)/libcygnet.a | deps-test
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 $(OPT) $(WARN) $(SAN) -MMD -MP -o $@ $< $(B)/libcygnet.a -lcmocka $(TEST_LIBS) $(LIB_LIBS)

# libbpf's calls of syscall(2) must resolve to the test's own.
$(addprefix $(B)/tests/unit/,sys_libbpf_test btf_reduce_test map_ring_test): TEST_LIBS := -rdynamic -lbpf

# The shim's wrapped names must come before libc's.
SHIM_TESTS := $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/unit/shim_*_test.c))
$(SHIM_TESTS): $(SHIM_OBJ)
$(SHIM_TESTS): TEST_LIBS := $(SHIM_OBJ) $(B)/libcygnet.a -ldl

$(B)/tests/unit/object_check_test: TEST_LIBS := $(B)/obj/cli/object_check.o $(B)/libcygnet.a
$(B)/tests/unit/object_check_test: $(B)/obj/cli/object_check.o $(B)/seeds/features.bpf.o

# Every enumerator of abi.h, for the test that compares them with the kernel's.
$(B)/tests/abi_names.def: include/cygnet/abi.h
	@mkdir -p $(@D)
	@sed -nE 's/^\t([A-Za-z_][A-Za-z0-9_]*)( = [^,]*)?,.*$$/E(\1)/p; s/^\tFN\(([a-z0-9_]*),.*/E(BPF_FUNC_\1)/p' $< > $@
$(B)/tests/unit/btf_abi_test: $(B)/tests/abi_names.def
$(B)/tests/unit/btf_abi_test: CPPFLAGS += -I$(B)/tests

unit: $(UNIT_BIN)
check: deps-test tools unit fuzz-parts aarch64
	@B=$(B) ONLY=$(ONLY) tests/run.sh
.PHONY: unit check

# Mutated objects through everything that `cygnet run` and `cygnet disasm` do with them.
FUZZ_SRC := tests/fuzz/object_mutants.c tests/fuzz/mutate.c tests/fuzz/events.c
FUZZ_OBJ := $(FUZZ_SRC:tests/%.c=$(B)/tests/%.o) $(SHIM_OBJ) \
	$(filter-out $(patsubst %,$(B)/obj/cli/%.o,main run exec doctor conformance),$(CLI_OBJ))
$(B)/tests/fuzz/%.o: tests/fuzz/%.c | deps-test
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests -std=gnu11 $(OPT) $(WARN) $(SAN) -MMD -MP -c -o $@ $<
$(B)/tests/fuzz/object_mutants: $(FUZZ_OBJ) $(B)/libcygnet.a tools/shim.list
	$(Q)$(CC) $(SAN) -Wl,--dynamic-list=tools/shim.list -o $@ $(FUZZ_OBJ) $(B)/libcygnet.a $(CLI_LIBS)

# What is mutated: the examples, and an object of what they do not use.
SEED_OBJ := $(patsubst %.bpf.c,$(B)/seeds/%.bpf.o,$(notdir $(wildcard examples/*.bpf.c)) features.bpf.c)
vpath %.bpf.c examples tests/fuzz
$(B)/seeds/%.bpf.o: %.bpf.c $(B)/fallback/vmlinux.btf
	@mkdir -p $(@D)
	$(Q)clang -target bpf -mcpu=v3 -O2 -g -D__TARGET_ARCH_x86 -I$(B)/fallback -idirafter /usr/include/x86_64-linux-gnu \
		-c $< -o $@
fuzz-parts: deps-test tools $(B)/tests/fuzz/object_mutants $(SEED_OBJ)
MUTANTS ?= 10000
OBJECT_MUTANTS = $(B)/tests/fuzz/object_mutants -j 2 -r $(B)/cygnet

# make asan: the unit tests and MUTANTS mutants under address and undefined sanitizers. Allocations
# too large for the allocator fail, as they do without it.
ASAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ASAN_ENV := ASAN_OPTIONS=allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
asan:
	$(MAKE) -s B=build/asan SAN="$(ASAN_FLAGS)" OPT="-O1 -g" asan-run
asan-run: fuzz-parts unit
	@$(ASAN_ENV) B=$(B) ONLY=_test tests/run.sh
	$(ASAN_ENV) $(OBJECT_MUTANTS) $(MUTANTS) 1 $(SEED_OBJ)

# make fuzz: MUTANTS from a random seed.
fuzz: fuzz-parts
	$(OBJECT_MUTANTS) $(MUTANTS) $$(od -An -N4 -tu4 /dev/urandom) $(SEED_OBJ)
.PHONY: asan asan-run fuzz fuzz-parts

# make bench [ONLY=group]: beside the peers found here; build/bench.json and docs/performance.md.
bench: deps-bench tools
	@if [ -z "$(ONLY)" ] || [ "$(ONLY)" = verify ]; then $(MAKE) -s bench-verify; fi
	@B=$(B) ONLY=$(ONLY) KERNEL_PREP=$(KERNEL_SRC) bench/run.sh
# What it loads: the kernel's test objects and packaged ones, by check-kernel's loader.
bench-verify: kernel-prepare
	@$(MAKE) -s $(B)/tests/kernel/objects
# make soak: the long runs.
soak: fuzz
	$(MAKE) -s asan MUTANTS=100000
	for i in 1 2 3 4 5; do B=$(B) ONLY=agent tests/run.sh || exit 1; done
.PHONY: bench bench-verify soak

include tests/kernel/kernel.mk
include tests/fuzz/fuzz.mk
