# SPDX-License-Identifier: BSD-2-Clause
# Tests: every program and script speaks TAP; tests/run.sh counts.
UNIT_SRC := $(wildcard tests/unit/*_test.c tests/model/*_test.c)
UNIT_BIN := $(UNIT_SRC:tests/%.c=$(B)/tests/%)

$(B)/tests/%: tests/%.c $(B)/libcygnet.a | deps-test
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 $(OPT) $(WARN) $(SAN) -MMD -MP -o $@ $< $(B)/libcygnet.a -lcmocka $(LIB_LIBS)

unit: $(UNIT_BIN)
check: deps-test tools unit
	@B=$(B) ONLY=$(ONLY) tests/run.sh
.PHONY: unit check
