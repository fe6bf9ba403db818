# SPDX-License-Identifier: BSD-2-Clause
# Cygnet: `make help` lists the targets.
VERSION := 0.1.0
SOVERSION := 0
B ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
# V=1 shows the commands
Q := $(if $(V),,@)
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/cygnet
COMPDIR ?= $(PREFIX)/share/bash-completion/completions

all: tools

# Everything that needs packages stands behind `deps`, which installs what is missing.
include tools/deps.mk

WARN := -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Wno-sign-compare \
	-Wstrict-prototypes -Wmissing-prototypes -Wvla \
	$(if $(findstring clang,$(CC)),-Wno-gnu-variable-sized-type-not-at-end,-Wshadow=local)
ifdef CI
WARN += -Werror
endif
OPT ?= -O2 -g
SAN ?=
CPPFLAGS := -Isrc -Iinclude -D_GNU_SOURCE -DCYGNET_VERSION='"$(VERSION)"' -DCYGNET_DATADIR='"$(DATADIR)"'
# JIT_CHECK=1: the invariants of the intermediate form are checked between passes.
ifdef JIT_CHECK
CPPFLAGS += -DJIT_CHECK
endif
CFLAGS_ALL = -std=gnu11 $(OPT) $(WARN) -fPIC -fvisibility=hidden -MMD -MP
# Run-time code: what runs while a program runs, also inside targets.
RTFLAGS := -ffreestanding -mgeneral-regs-only -fno-stack-protector -fasynchronous-unwind-tables \
	   -ffunction-sections -fdata-sections \
	   $(if $(findstring clang,$(CC)),,-fno-tree-loop-distribute-patterns)

# Of core/, what only loading and attaching read.
LOAD_TABLES := $(addprefix src/core/,event_table.c kfunc.c kernel.c allowed.c inlines.c)
# Inline forms are for compilers, not for targets.
INLINE_SRC := $(wildcard src/map/*_inline.c src/helper/*_inline.c)
RT_SRC := src/base/text.c src/base/diag.c $(filter-out $(LOAD_TABLES),$(wildcard src/core/*.c)) \
	  $(filter-out $(INLINE_SRC),$(wildcard src/map/*.c src/helper/*.c src/prog/*.c src/interp/*.c \
					    src/native/*.c))
LIB_SRC := $(filter-out $(RT_SRC) src/base/mem.c,$(wildcard src/base/*.c)) $(LOAD_TABLES) $(INLINE_SRC) \
	   $(wildcard src/isa/*.c src/btf/*.c src/verify/*.c src/jit/*.c src/vm/*.c src/sys/*.c src/event/*.c src/world/*.c)
SHIM_SRC := $(wildcard src/shim/*.c)
CLI_SRC := $(wildcard src/cli/*.c)
AGENT_SRC := $(wildcard src/agent/*.c) src/base/mem.c
AGENT_ASM := $(wildcard src/agent/*.S)

RT_OBJ := $(RT_SRC:src/%.c=$(B)/rt/%.o)
ifeq ($(SAN),)
LIB_RT_OBJ := $(RT_OBJ)
else
LIB_RT_OBJ := $(RT_SRC:src/%.c=$(B)/obj/%.o)
endif
LIB_OBJ := $(LIB_SRC:src/%.c=$(B)/obj/%.o) $(LIB_RT_OBJ)
# One body, two homes: in the command over its own instance, preloaded over a world's socket.
SHIM_OBJ := $(patsubst src/%.c,$(B)/obj/%.o,$(filter-out src/shim/remote.c src/shim/environ.c,$(SHIM_SRC)))
PRELOAD_OBJ := $(patsubst src/%.c,$(B)/obj/%.o,$(filter-out src/shim/local.c,$(SHIM_SRC)))
CLI_OBJ := $(CLI_SRC:src/%.c=$(B)/obj/%.o)
AGENT_OBJ := $(AGENT_SRC:src/%.c=$(B)/rt/%.o) $(AGENT_ASM:src/%.S=$(B)/rt/%.o) $(filter-out $(B)/rt/core/kfunc.o,$(RT_OBJ))

LIB_LIBS := -lelf -lZydis -lpthread
CLI_LIBS := -lbpf $(LIB_LIBS) -lZycore -lz -ldl

lib: $(B)/libcygnet.a $(B)/libcygnet.so $(B)/libcygnet.pc
tools: lib $(B)/cygnet $(B)/libcygnet-shim.so $(B)/libcygnet-agent.so $(B)/fallback/vmlinux.btf

# What an agent does once, not at each event.
$(addprefix $(B)/rt/agent/,exec.o hello.o native.o plan.o start.o): OPT += -Os
$(B)/rt/%.o: src/%.c | deps-stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(RTFLAGS) -c $< -o $@
$(B)/rt/%.o: src/%.S | deps-stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP -g -c $< -o $@
$(B)/obj/%.o: src/%.c | deps-stamp
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(SAN) -c $< -o $@

$(B)/libcygnet.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^
$(B)/libcygnet.so.$(SOVERSION): $(LIB_OBJ) tools/libcygnet.map
	$(Q)$(CC) $(SAN) -shared -Wl,-soname,libcygnet.so.$(SOVERSION) -Wl,--version-script=tools/libcygnet.map \
		-Wl,-z,defs -o $@ $(LIB_OBJ) $(LIB_LIBS)
$(B)/libcygnet.so: $(B)/libcygnet.so.$(SOVERSION)
	@ln -sf libcygnet.so.$(SOVERSION) $@
$(B)/libcygnet.pc: Makefile
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(LIBDIR)' 'includedir=$(INCLUDEDIR)' '' 'Name: cygnet' \
		'Description: BPF without the kernel' 'Version: $(VERSION)' 'Libs: -L$${libdir} -lcygnet' \
		'Libs.private: $(LIB_LIBS)' 'Cflags: -I$${includedir}' > $@

# The command exports the names the shim wraps, so that the shared libbpf it links calls them.
$(B)/cygnet: $(CLI_OBJ) $(SHIM_OBJ) $(B)/libcygnet.a tools/shim.list
	$(Q)$(CC) $(SAN) -Wl,--dynamic-list=tools/shim.list -o $@ $(CLI_OBJ) $(SHIM_OBJ) $(B)/libcygnet.a $(CLI_LIBS)
$(B)/libcygnet-shim.so: $(PRELOAD_OBJ) $(B)/libcygnet.a
	$(Q)$(CC) $(SAN) -shared -Wl,--exclude-libs,ALL -Wl,-z,defs -o $@ $(PRELOAD_OBJ) $(B)/libcygnet.a -lpthread -ldl
# The agent: no libc, no dependencies, and nothing that it does not use.
$(B)/libcygnet-agent.so: $(AGENT_OBJ)
	$(Q)$(CC) -shared -nostdlib -Wl,-z,defs -Wl,-z,now -Wl,-Bsymbolic -Wl,-z,initfirst -Wl,--gc-sections \
		-Wl,--build-id -o $@ $(AGENT_OBJ)

# For hosts whose kernel has no BTF: a small vmlinux.h, and BTF made of it.
$(B)/fallback/vmlinux.btf: include/fallback/vmlinux.c include/fallback/vmlinux.h | deps-stamp
	@mkdir -p $(@D)
	@cp include/fallback/vmlinux.h $(@D)/
	$(Q)clang -target bpf -O2 -g -c $< -o $@.o && llvm-objcopy --dump-section=.BTF=$@ $@.o && rm $@.o

include tests/tests.mk
include tests/aarch64.mk
include tools/lint.mk

# What a command, its man pages and completion need, generated from the command rows.
MAN_COMMANDS = run exec verify test disasm doctor
man: $(B)/man/cygnet.1
$(B)/man/cygnet.1: $(B)/cygnet
	@mkdir -p $(@D)
	@$(B)/cygnet help --man > $@
	@for c in $(MAN_COMMANDS); do $(B)/cygnet help --man $$c > $(@D)/cygnet-$$c.1 || exit 1; done
	@$(B)/cygnet help --completion > $(B)/cygnet.bash-completion

demo: tools
	@echo '$$ cygnet run examples/opensnoop.bpf.c -- ls -l /etc/alternatives/awk'
	@$(B)/cygnet run examples/opensnoop.bpf.c -- ls -l /etc/alternatives/awk
	@echo
	@echo '$$ cygnet run examples/syslatency.bpf.c -- python3 -c "import json"   (or another program)'
	@$(B)/cygnet run examples/syslatency.bpf.c -- $$(command -v python3 >/dev/null && echo 'python3 -c pass' || echo 'ls /etc')

install: tools man
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/cygnet/fallback $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(INCLUDEDIR)/cygnet $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(COMPDIR) $(DESTDIR)$(DATADIR)/examples
	install -m 755 $(B)/cygnet $(DESTDIR)$(BINDIR)/
	install -m 755 $(B)/libcygnet-shim.so $(B)/libcygnet-agent.so $(DESTDIR)$(LIBDIR)/cygnet/
	install -m 644 $(B)/fallback/* $(DESTDIR)$(LIBDIR)/cygnet/fallback/
	install -m 644 $(B)/libcygnet.a $(DESTDIR)$(LIBDIR)/
	install -m 755 $(B)/libcygnet.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/
	ln -sf libcygnet.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)/libcygnet.so
	install -m 644 $(B)/libcygnet.pc $(DESTDIR)$(LIBDIR)/pkgconfig/cygnet.pc
	install -m 644 include/cygnet/*.h $(DESTDIR)$(INCLUDEDIR)/cygnet/
	install -m 644 $(B)/man/*.1 $(DESTDIR)$(MANDIR)/man1/
	install -m 644 $(B)/cygnet.bash-completion $(DESTDIR)$(COMPDIR)/cygnet
	install -m 644 examples/*.bpf.c examples/*.cases $(DESTDIR)$(DATADIR)/examples/

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/cygnet $(DESTDIR)$(LIBDIR)/libcygnet.* $(DESTDIR)$(LIBDIR)/pkgconfig/cygnet.pc \
		$(DESTDIR)$(MANDIR)/man1/cygnet.1 $(DESTDIR)$(MANDIR)/man1/cygnet-*.1 $(DESTDIR)$(COMPDIR)/cygnet
	rm -rf $(DESTDIR)$(LIBDIR)/cygnet $(DESTDIR)$(INCLUDEDIR)/cygnet $(DESTDIR)$(DATADIR)

clean:
	rm -rf $(B)

help:
	@echo 'make all        build/cygnet, build/libcygnet.{a,so}, the shim and the agent'
	@echo 'make demo       installs what is missing, builds, watches a real program'
	@echo 'make check      installs what is missing, builds, runs every test (ONLY=suite for one)'
	@echo 'make check-aarch64  the compilers for aarch64, under qemu-user'
	@echo 'make check-kernel  the kernel'"'"'s own tests beside its stored verdicts (kernel-verdicts: ask it anew)'
	@echo 'make lint       levels, formatting, tables'
	@echo 'make bench      measurements beside peers (ONLY=group)'
	@echo 'make fuzz       mutated objects from a random seed (MUTANTS=$(MUTANTS))'
	@echo 'make asan       the tests under address and undefined sanitizers'
	@echo 'make soak       the long runs'
	@echo 'make install    PREFIX=$(PREFIX), DESTDIR; make uninstall'
	@echo 'make deps       lists and installs the Debian packages that are missing'
	@echo 'make clean'

.PHONY: all lib tools man demo install uninstall clean help
-include $(shell find $(B) -name '*.d' 2>/dev/null)
