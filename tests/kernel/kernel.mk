# SPDX-License-Identifier: BSD-2-Clause
# make check-kernel: the kernel's own tests and packaged objects, asked of an instance, and compared with
# the kernel's answers kept in tests/data/kernel-verdicts. `make kernel-verdicts` asks the running kernel
# anew (as root) and writes them. KERNEL_PREP shares what prepare.sh makes among build directories.
KERNEL_PREP ?= $(B)/kernel-src
KERNEL_SRC = $(KERNEL_PREP)
KERNEL_BIN := $(addprefix $(B)/tests/kernel/,arrays-6.1 arrays-6.12 objects matrix)
KERNEL_DOOR := $(B)/tests/kernel/door.o $(B)/tests/kernel/worker.o
KERNEL_OBJECTS := $(B)/tests/kernel/objects.o $(B)/tests/kernel/spec.o $(B)/tests/kernel/legacy.o

kernel-prepare: deps-test
	@tests/kernel/prepare.sh $(KERNEL_SRC)

$(B)/tests/kernel/%.o: tests/kernel/%.c | deps-test
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests -std=gnu11 $(OPT) $(WARN) -MMD -MP -c -o $@ $<

# Upstream's runner and arrays with the installed source's headers; a marker in front of each array.
selftests = $(KERNEL_SRC)/linux-source-$(1)/tools/testing/selftests/bpf
$(B)/tests/kernel/arrays-%.o: tests/kernel/arrays.c tests/kernel/worker.h tests/kernel/door.h | kernel-prepare
	@mkdir -p $(@D)/include-$*/verifier
	@cd $(call selftests,$*)/verifier && for f in *.c; do printf '{ .descr = "@@%s" },\n#include "%s"\n' $$f $$f; done \
		> $(abspath $(@D))/include-$*/verifier/tests.h
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 -O1 -w -I$(@D)/include-$* -Itests -I$(KERNEL_SRC)/inc-6.12 \
		-I$(call selftests,$*)/verifier -I$(call selftests,$*) -I$(call selftests,$*)/../../../include \
		-I$(call selftests,$*)/../../../include/uapi -I$(call selftests,$*)/../../../lib \
		$(if $(filter 6.12,$*),-DRUNNER_TAKES_FD_ARRAY -DRUNNER_TESTS_INVARIANTS,-DRUNNER_HAS_OLD_TAGS) \
		-DUPSTREAM_RUNNER='"$(abspath $(call selftests,$*))/test_verifier.c"' -c -o $@ $<
$(B)/tests/kernel/arrays-%: $(B)/tests/kernel/arrays-%.o $(KERNEL_DOOR) $(B)/libcygnet.a
	$(Q)$(CC) -w -D_GNU_SOURCE -I$(KERNEL_SRC)/inc-6.12 -I$(call selftests,$*)/../../../include/uapi -o $@ $(filter %.o,$^) \
		$(call selftests,$*)/cap_helpers.c \
		$(B)/libcygnet.a $(KERNEL_SRC)/libbpf.a $(LIB_LIBS) -lz
$(B)/tests/kernel/matrix: $(B)/tests/kernel/matrix.o $(KERNEL_DOOR) $(B)/libcygnet.a
	$(Q)$(CC) -o $@ $(filter %.o,$^) $(B)/libcygnet.a $(KERNEL_SRC)/libbpf.a $(LIB_LIBS) -lz

$(KERNEL_OBJECTS) $(KERNEL_DOOR) $(B)/tests/kernel/matrix.o: CPPFLAGS := -I$(KERNEL_SRC)/inc-6.12 $(CPPFLAGS)
$(KERNEL_OBJECTS) $(KERNEL_DOOR) $(B)/tests/kernel/matrix.o: | kernel-prepare
$(B)/tests/kernel/objects: $(KERNEL_OBJECTS) $(KERNEL_DOOR) $(B)/libcygnet.a
	$(Q)$(CC) -o $@ $(filter %.o,$^) $(B)/libcygnet.a $(KERNEL_SRC)/libbpf.a $(LIB_LIBS) -lz

KERNEL_ENV = B=$(B) KERNEL_PREP=$(KERNEL_PREP) ONLY='$(ONLY)' FILTER='$(FILTER)' SAME='$(SAME)' LOGS='$(LOGS)'
.SECONDARY: $(B)/tests/kernel/arrays-6.1.o $(B)/tests/kernel/arrays-6.12.o
check-kernel: kernel-prepare $(KERNEL_BIN)
	@$(KERNEL_ENV) tests/kernel/run.sh check
kernel-verdicts: kernel-prepare $(KERNEL_BIN)
	@$(KERNEL_ENV) tests/kernel/run.sh store
kernel-baseline:
	@B=$(B) tests/kernel/run.sh baseline
.PHONY: kernel-prepare check-kernel kernel-verdicts kernel-baseline
