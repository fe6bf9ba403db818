# SPDX-License-Identifier: BSD-2-Clause
# The verifier's soundness: generated programs, accepted ones run in the checked interpreter.
SOUND_NAMES := soundness compare runner side program gen gen_alu gen_memory gen_call gen_mutate
SOUND_OBJ := $(SOUND_NAMES:%=$(B)/tests/fuzz/%.o)
$(B)/tests/fuzz/soundness: $(SOUND_OBJ) $(B)/libcygnet.a
	$(Q)$(CC) $(SAN) -o $@ $(SOUND_OBJ) $(B)/libcygnet.a $(LIB_LIBS)
BOUNDS_OBJ := $(patsubst %,$(B)/tests/fuzz/%.o,bounds side program)
$(B)/tests/fuzz/bounds: $(BOUNDS_OBJ) $(B)/libcygnet.a
	$(Q)$(CC) $(SAN) -o $@ $(BOUNDS_OBJ) $(B)/libcygnet.a $(LIB_LIBS)
fuzz-parts: $(B)/tests/fuzz/soundness $(B)/tests/fuzz/bounds
-include $(wildcard $(SOUND_OBJ:.o=.d))

# Programs of real objects, to be changed: the examples', and the kernel's test objects where they are.
$(B)/tests/fuzz/harvest: $(B)/tests/fuzz/harvest.o $(B)/tests/fuzz/program.o $(B)/libcygnet.a
	$(Q)$(CC) $(SAN) -rdynamic -o $@ $(filter %.o,$^) $(B)/libcygnet.a -lbpf $(LIB_LIBS)
$(B)/seeds/programs.txt: $(B)/tests/fuzz/harvest $(SEED_OBJ)
	$(Q)$< $(SEED_OBJ) $(wildcard $(KERNEL_PREP)/objects/*.o) > $@ 2>/dev/null
fuzz-parts: $(B)/seeds/programs.txt

# make fuzz: PROGRAMS of each kind from a random seed; make soak: five million.
PROGRAMS ?= 200000
SOUNDNESS = $(B)/tests/fuzz/soundness
SEED = $$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
fuzz: fuzz-sound
fuzz-sound: fuzz-parts
	$(SOUNDNESS) run $(SEED) $(PROGRAMS)
	$(SOUNDNESS) run $(SEED) $(PROGRAMS) unprivileged
	$(SOUNDNESS) run $(SEED) $(PROGRAMS) harvest=$(B)/seeds/programs.txt
soak: soak-sound
soak-sound: fuzz-parts
	$(MAKE) -s fuzz-sound PROGRAMS=5000000

# make fuzz-diff: beside the running kernel, as root; differences are made small and written.
fuzz-diff: fuzz-parts
	$(SOUNDNESS) diff $(SEED) 20000 verbose
	$(SOUNDNESS) diff $(SEED) 20000 verbose unprivileged
	$(SOUNDNESS) diff $(SEED) 20000 verbose harvest=$(B)/seeds/programs.txt
.PHONY: fuzz-sound soak-sound fuzz-diff

# The engines beside each other.
ENGINES_NAMES := engines engine edges verified runner side program gen gen_alu gen_memory gen_call gen_mutate gen_raw
ENGINES_OBJ := $(ENGINES_NAMES:%=$(B)/tests/fuzz/%.o)
$(B)/tests/fuzz/engines: $(ENGINES_OBJ) $(B)/libcygnet.a
	$(Q)$(CC) $(SAN) -o $@ $(ENGINES_OBJ) $(B)/libcygnet.a $(LIB_LIBS)
fuzz-parts: $(B)/tests/fuzz/engines
-include $(wildcard $(ENGINES_OBJ:.o=.d))

# make fuzz-engines: ENGINE_RUNS from a random seed; make soak: a hundred million. What differs is kept in
# B/engines.
ENGINE_RUNS ?= 10000000
ENGINE_FUZZ = $(B)/tests/fuzz/engines
fuzz-engines: fuzz-parts
	@mkdir -p $(B)/engines
	$(ENGINE_FUZZ) edges
	$(ENGINE_FUZZ) raw $(SEED) $(ENGINE_RUNS) out=$(B)/engines
	$(ENGINE_FUZZ) verified $(SEED) $$(($(ENGINE_RUNS) / 20)) out=$(B)/engines
	$(ENGINE_FUZZ) verified $(SEED) $$(($(ENGINE_RUNS) / 40)) harvest=$(B)/seeds/programs.txt out=$(B)/engines
soak: soak-engines
soak-engines: fuzz-parts
	$(MAKE) -s fuzz-engines ENGINE_RUNS=100000000
.PHONY: fuzz-engines soak-engines
