# SPDX-License-Identifier: BSD-2-Clause
# make check-aarch64: the library for that machine, and its compilers' tests under qemu-user. Where
# the packages cannot be had, the tests are skipped and counted so.
AARCH64 := $(B)/aarch64
# There is no baseline for aarch64; the mappings that jit_wx reads are the emulator's.
AARCH64_TESTS := insn llvm_insn interp a64_range $(patsubst tests/unit/%_test.c,%,\
	$(filter-out tests/unit/jit_baseline_test.c tests/unit/jit_wx_test.c,$(wildcard tests/unit/jit_*_test.c)))
AARCH64_PROGRAMS := $(AARCH64_TESTS:%=$(AARCH64)/tests/unit/%_test)
check-aarch64: aarch64
	@B=$(B) ONLY=aarch64 tests/run.sh
aarch64:
	@mkdir -p $(AARCH64)
	@rm -f $(AARCH64)/skipped
	@tools/deps.sh $(AARCH64_PACKAGES) >$(AARCH64)/packages.log 2>&1 || \
		echo 'no cross compiler, emulator or libraries for aarch64' >$(AARCH64)/skipped
	@[ -e $(AARCH64)/skipped ] || $(MAKE) -s B=$(AARCH64) CC=aarch64-linux-gnu-gcc $(AARCH64_PROGRAMS)
aarch64-tests:
	@echo $(AARCH64_TESTS)
.PHONY: aarch64 check-aarch64 aarch64-tests
