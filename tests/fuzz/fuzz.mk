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

# make fuzz: PROGRAMS of each kind from a random seed; make soak: ten million.
PROGRAMS ?= 200000
SOUNDNESS = $(B)/tests/fuzz/soundness
fuzz: fuzz-sound
fuzz-sound: fuzz-parts
	$(SOUNDNESS) run $$(od -An -N4 -tu4 /dev/urandom) $(PROGRAMS)
	$(SOUNDNESS) run $$(od -An -N4 -tu4 /dev/urandom) $(PROGRAMS) unprivileged
soak: soak-sound
soak-sound: fuzz-parts
	$(MAKE) -s fuzz-sound PROGRAMS=5000000
.PHONY: fuzz-sound soak-sound
