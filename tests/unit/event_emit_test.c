// SPDX-License-Identifier: BSD-2-Clause
/*
 * Emission, by running it: functions of this program, then all of libc, are
 * patched in a child's memory and must do what they did before. The agent's
 * entries are played by three counters.
 */
#include <Zydis/Zydis.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>
#include <cmocka.h>
#include "event/code.h"
#include "event/elf.h"

/* ---- the agent's part: count, and go on ---- */

u64 probe_hits, enter_hits, exit_hits; /* by name: asm below */
void probe_entry(void), syscall_enter(void), syscall_exit(void);

#define STR_(x)    #x
#define STR(x)     STR_(x)
#define AT_SYSCALL 34
#define AT_AFTER   38
_Static_assert(offsetof(struct stub_head, at_syscall) == AT_SYSCALL, "asm below");
_Static_assert(offsetof(struct stub_head, at_after) == AT_AFTER, "asm below");

asm(".pushsection .text\n"
    ".globl probe_entry, syscall_enter, syscall_exit\n"
    ".type probe_entry,@function\n"
    "probe_entry: pushfq\n lock incq probe_hits(%rip)\n popfq\n ret\n"
    ".type syscall_enter,@function\n"
    "syscall_enter: pushfq\n lock incq enter_hits(%rip)\n popfq\n"
    " movzwl " STR(AT_SYSCALL) "(%rcx),%r11d\n lea (%rcx,%r11),%r11\n jmp *%r11\n"
			       ".type syscall_exit,@function\n"
			       "syscall_exit: pushfq\n lock incq exit_hits(%rip)\n popfq\n"
			       " movzwl " STR(
				       AT_AFTER) "(%rcx),%r11d\n lea (%rcx,%r11),%r11\n jmp *%r11\n"
						 ".popsection\n");

/* An arena of slots, with jumps to the entries in its first page, which reach from anywhere. */
struct arena {
	u8 *base;
	u32 used, slots;
	u8 *near;
	u32 near_used, near_size;
	struct code_entries entries;
};

static u64 put_trampoline(u8 *at, void (*entry)(void))
{
	memcpy(at, "\xff\x25\0\0\0\0", 6);
	memcpy(at + 6, &entry, 8);
	return ptr_to_u64(at);
}

static void *map_code(u64 at, size_t size)
{
	void *p = mmap(u64_to_ptr(at), size, PROT_READ | PROT_WRITE | PROT_EXEC,
		       MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);

	assert_ptr_not_equal(p, MAP_FAILED);
	return p;
}

static u32 read_maps(struct plan_mapping *maps, u32 max)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end;
	char line[512];
	u32 n = 0;

	while (n < max && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			maps[n++] = (struct plan_mapping){.start = start, .end = end};
	fclose(f);
	return n;
}

/* `far`: the arena more than 2 GiB from `around`, and a near area beside it. */
static u64 self_text, self_text_end,
	self_text_off; /* this program's code, and where it lies in its file */

static struct arena make_arena(u64 around, u32 slots, bool far)
{
	static struct plan_mapping maps[4096];
	struct arena a = {.slots = slots, .near_size = 4 << 20};
	size_t size = PAGE_BYTES + (size_t)slots * STUB_BYTES;
	u64 at = code_pick_near(maps, read_maps(maps, ARRAY_SIZE(maps)), around, size);

	assert_true(at);
	if (far) /* libraries are far from the program, and the other way round */
		at = code_pick_near(maps, read_maps(maps, ARRAY_SIZE(maps)),
				    around == self_text ? ptr_to_u64(getppid) : self_text, size);
	assert_true(at);
	a.base = map_code(at, size);
	if (far) {
		at = code_pick_near(maps, read_maps(maps, ARRAY_SIZE(maps)), around, a.near_size);
		a.near = map_code(at, a.near_size);
	}
	a.entries.probe_entry = put_trampoline(a.base, probe_entry);
	a.entries.syscall_enter = put_trampoline(a.base + 16, syscall_enter);
	a.entries.syscall_exit = put_trampoline(a.base + 32, syscall_exit);
	return a;
}

static u64 next_slot(const struct arena *a)
{
	assert_true(a->used < a->slots);
	return ptr_to_u64(a->base + PAGE_BYTES + (size_t)a->used * STUB_BYTES);
}

static u64 next_near(const struct arena *a)
{
	return a->near && a->near_used + CODE_NEAR_BYTES <= a->near_size
		       ? ptr_to_u64(a->near + a->near_used)
		       : 0;
}

static void install(struct arena *a, const struct code_emitted *e, bool patch)
{
	memcpy(u64_to_ptr(next_slot(a)), e->stub, STUB_BYTES);
	a->used++;
	if (e->near_len) {
		memcpy(a->near + a->near_used, e->near, e->near_len);
		a->near_used += CODE_NEAR_BYTES;
	}
	if (patch)
		memcpy(u64_to_ptr(e->patch_addr), e->patch, e->patch_len);
}

static void make_writable(u64 start, u64 end)
{
	start &= -(u64)PAGE_BYTES;
	assert_int_equal(mprotect(u64_to_ptr(start), ROUND_UP(end, PAGE_BYTES) - start,
				  PROT_READ | PROT_WRITE | PROT_EXEC),
			 0);
}

/* ---- int3 probes ---- */

static struct arena *trap_arena;

static void on_trap(int sig, siginfo_t *si, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	struct arena *a = trap_arena;

	for (u32 i = 0; i < a->used; i++) {
		u8 *slot = a->base + PAGE_BYTES + (size_t)i * STUB_BYTES;
		const struct stub_head *h = (const void *)slot;

		if (h->kind == STUB_PROBE && h->patch == (u64)regs[REG_RIP] - 1) {
			regs[REG_RIP] = (greg_t)ptr_to_u64(slot) + STUB_HEAD_BYTES;
			return;
		}
	}
	_exit(99);
}

static void catch_traps(struct arena *a)
{
	struct sigaction sa = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO | SA_NODEFER};

	trap_arena = a;
	sigaction(SIGTRAP, &sa, NULL);
}

/* ---- specimens ---- */

/* clang-format off */
#define FUNCTION(name, body)                                                                       \
	".globl " name "\n.type " name ",@function\n.p2align 5\n" name ":\n.cfi_startproc\n" body           \
	"\n.cfi_endproc\n.size " name ",.-" name "\n"

asm(".pushsection .text\n"
    FUNCTION("t_helper", "mov (%rsp),%rax\n ret") /* the return address */
    FUNCTION("t_add7", "lea 7(%rdi),%rax\n ret")
    FUNCTION("t_rip_load", "mov t_value(%rip),%eax\n add %edi,%eax\n ret")
    FUNCTION("t_rip_lea", "lea t_value(%rip),%rax\n ret")
    FUNCTION("t_rip_imm", "cmpl $5,t_value(%rip)\n sete %al\n movzbl %al,%eax\n ret")
    FUNCTION("t_rip_sse", "movdqu t_vector(%rip),%xmm0\n movq %xmm0,%rax\n ret")
    FUNCTION("t_jcc_short", "test %rdi,%rdi\n js 1f\n lea 1(%rdi),%rax\n ret\n1: mov $-5,%rax\n ret")
    FUNCTION("t_jcc_near", "test %edi,%edi\n .byte 0x0f,0x84\n .long 1f-.-4\n lea 1(%rdi),%rax\n ret\n1: mov $3,%eax\n ret")
    FUNCTION("t_jrcxz", "mov %rdi,%rcx\n jrcxz 1f\n mov $1,%eax\n ret\n1: mov $2,%eax\n ret")
    FUNCTION("t_loop", "mov %esi,%ecx\n nop\n loop 1f\n mov $1,%eax\n ret\n1: mov %rcx,%rax\n ret")
    FUNCTION("t_call", "call t_helper\n ret")
    FUNCTION("t_call_memory", "call *t_pointer(%rip)\n ret")
    FUNCTION("t_call_register", "mov %rsi,%rax\n call *t_pointer(%rip)\n ret")
    FUNCTION("t_call_short", "lea t_helper(%rip),%r11\n call *%r11\n add %rdi,%rax\n ret")
    FUNCTION("t_tail", "jmp t_add7")
    FUNCTION("t_tail_memory", "jmp *t_pointer7(%rip)")
    FUNCTION("t_frame", "push %rbp\n .cfi_def_cfa_offset 16\n mov %rsp,%rbp\n mov 8(%rbp),%rax\n pop %rbp\n .cfi_def_cfa_offset 8\n ret")
    FUNCTION("t_padded", "xor %eax,%eax\n ret")
    FUNCTION("t_endbr", "endbr64\n lea 9(%rdi),%rax\n xor $3,%rax\n ret")
    FUNCTION("t_endbr_loop", "endbr64\n1: sub $3,%rdi\n jns 1b\n mov %rdi,%rax\n ret")
    FUNCTION("t_into", "xor %eax,%eax\n1: inc %eax\n cmp $4,%eax\n jne 1b\n ret")
    FUNCTION("t_flags", "cmp %rsi,%rdi\n .globl t_flags_nop\nt_flags_nop: nop\n jg 1f\n mov $1,%eax\n ret\n1: mov $2,%eax\n ret")
    FUNCTION("t_redzone", "mov %rdi,-8(%rsp)\n .globl t_redzone_nop\nt_redzone_nop: nop\n mov -8(%rsp),%rax\n ret")
    FUNCTION("t_dense", "xor %eax,%eax\n ret\n .globl t_dense2\n .type t_dense2,@function\nt_dense2: mov %edi,%eax\n ret")
    FUNCTION("t_behind_ret", "mov %edi,%eax\n ret\n lea 1(%rdi),%eax\n ret") /* perhaps reached by a computed jump */
    FUNCTION("t_switch", "xor %eax,%eax\n.Lcase: add %esi,%eax\n add $3,%eax\n ret")
    FUNCTION("t_switch_user", "xor %eax,%eax\n lea t_table(%rip),%rdx\n movslq (%rdx),%rcx\n add %rcx,%rdx\n jmp *%rdx")
    FUNCTION("s_before", "mov $39,%eax\n syscall\n ret")
    FUNCTION("s_behind", "xchg %eax,%esi\n syscall\n cmp $-4095,%rax\n jae 1f\n ret\n1: neg %rax\n ret")
    FUNCTION("s_both", "mov %rsi,%rax\n syscall\n test %rax,%rax\n js 1f\n ret\n1: mov $-1,%rax\n ret")
    FUNCTION("s_rip", "mov %rsi,%rax\n syscall\n add t_value(%rip),%rax\n ret")
    FUNCTION("s_jcc", "test %esi,%esi\n je 1f\n mov %esi,%eax\n syscall\n ret\n1: mov $-3,%rax\n ret")
    FUNCTION("s_stack", "lea -8(%rsp),%rsp\n .cfi_def_cfa_offset 16\n mov %esi,%eax\n syscall\n lea 8(%rsp),%rsp\n .cfi_def_cfa_offset 8\n ret")
    FUNCTION("s_cancel", "mov %rsi,%rax\n mov %rdi,%r11\n mov %r11,8(%rsp)\n syscall\n ret")
    FUNCTION("s_target", "mov %rsi,%rax\n jmp 1f\n nop\n1: syscall\n ret")
    ".popsection\n"
    ".data\n.globl t_value, t_vector, t_pointer, t_pointer7\n"
    "t_value: .long 5\n.p2align 4\nt_vector: .quad 77,88\nt_pointer: .quad t_helper\nt_pointer7: .quad t_add7\n.section .rodata\n.p2align 2\nt_table: .long .Lcase-t_table\n.long 0x7fffffff\n.text\n");

struct specimen {
	const char *name;
	long (*fn)(long, long);
	const char *at; /* the probed instruction, NULL: the function's first */
	u32 mode, flags;
};

#define SPEC(name, mode) {#name, name, NULL, mode, 0}
#define SPEC_AT(name, at, mode) {#name, name, (const char *)at, mode, STUB_FLAGS_LIVE}
#define DECLARE(name) long name(long, long)
DECLARE(t_helper); DECLARE(t_add7); DECLARE(t_rip_load); DECLARE(t_rip_lea); DECLARE(t_rip_imm); DECLARE(t_rip_sse);
DECLARE(t_jcc_short); DECLARE(t_jcc_near); DECLARE(t_jrcxz); DECLARE(t_loop); DECLARE(t_call); DECLARE(t_call_memory);
DECLARE(t_call_register); DECLARE(t_call_short); DECLARE(t_tail); DECLARE(t_tail_memory); DECLARE(t_frame);
DECLARE(t_padded); DECLARE(t_endbr); DECLARE(t_endbr_loop); DECLARE(t_into); DECLARE(t_flags); DECLARE(t_flags_nop);
DECLARE(t_redzone); DECLARE(t_redzone_nop); DECLARE(t_dense); DECLARE(t_dense2); DECLARE(s_before); DECLARE(s_behind);
DECLARE(s_both); DECLARE(s_rip); DECLARE(s_jcc); DECLARE(s_target); DECLARE(s_cancel); DECLARE(s_stack);
DECLARE(t_behind_ret); DECLARE(t_switch); DECLARE(t_switch_user);

static const struct specimen specimens[] = {
	SPEC(t_add7, CODE_PROBE_JUMP),
	SPEC(t_rip_load, CODE_PROBE_JUMP), SPEC(t_rip_lea, CODE_PROBE_JUMP), SPEC(t_rip_imm, CODE_PROBE_JUMP),
	SPEC(t_rip_sse, CODE_PROBE_JUMP), SPEC(t_jcc_short, CODE_PROBE_JUMP), SPEC(t_jcc_near, CODE_PROBE_JUMP),
	SPEC(t_jrcxz, CODE_PROBE_JUMP), SPEC(t_loop, CODE_PROBE_JUMP), SPEC(t_call, CODE_PROBE_JUMP),
	SPEC(t_call_memory, CODE_PROBE_JUMP), SPEC(t_call_register, CODE_PROBE_JUMP),
	SPEC(t_call_short, CODE_PROBE_JUMP), SPEC(t_tail, CODE_PROBE_JUMP), SPEC(t_tail_memory, CODE_PROBE_JUMP),
	SPEC(t_frame, CODE_PROBE_JUMP), SPEC(t_padded, CODE_PROBE_JUMP), SPEC(t_endbr, CODE_PROBE_JUMP),
	SPEC(t_endbr_loop, CODE_PROBE_INT3), SPEC(t_into, CODE_PROBE_INT3),
	SPEC_AT(t_flags, t_flags_nop, CODE_PROBE_JUMP), SPEC_AT(t_redzone, t_redzone_nop, CODE_PROBE_JUMP),
	SPEC(t_dense, CODE_PROBE_INT3), SPEC(t_behind_ret, CODE_PROBE_INT3), SPEC(t_switch, CODE_PROBE_INT3),
	SPEC(t_switch_user, CODE_PROBE_JUMP),
};
static const struct specimen syscalls[] = {
	SPEC(s_before, 0), SPEC(s_behind, 0), SPEC(s_both, 0), SPEC(s_rip, 0), SPEC(s_jcc, 0),
};
/* clang-format on */

static const long arguments[][2] = {{0, 0},     {1, 39},   {-1, 39}, {5, 102},
				    {-9, 5000}, {1000, 1}, {3, 2}};

/* One call site for all: specimens that return an address of their caller must see the same. */
static __attribute__((noinline)) long call(long (*fn)(long, long), long a, long b)
{
	long r = fn(a, b);

	asm volatile("" : "+r"(r));
	return r;
}

static void call_all(long (*fn)(long, long), long out[])
{
	for (size_t i = 0; i < ARRAY_SIZE(arguments); i++)
		out[i] = call(fn, arguments[i][0], arguments[i][1]);
}

/* ---- this program as a file ---- */

static struct code_file *self;

static u64 offset_of(const void *p)
{
	return ptr_to_u64(p) - self_text + self_text_off;
}

static void *address_of(u64 offset)
{
	return u64_to_ptr(offset - self_text_off + self_text);
}

static int find_self(void **state)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long start, end, off;
	char line[512], prot[5];

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %4s %lx", &start, &end, prot, &off) == 4 &&
		    prot[2] == 'x' && ptr_to_u64(find_self) - start < end - start) {
			self_text = start;
			self_text_end = end;
			self_text_off = off;
		}
	fclose(f);
	return code_file_open("/proc/self/exe", 0, 0, &self);
}

/* Runs fn in a child, whose memory may be patched; its status. */
static int in_child(void (*fn)(void *), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		fn(arg);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

#define CHECK(x)                                                            \
	do {                                                                \
		if (!(x)) {                                                 \
			fprintf(stderr, "%s:%d: %s\n", what, __LINE__, #x); \
			_exit(1);                                           \
		}                                                           \
	} while (0)

struct job {
	const struct specimen *s;
	bool far;
};

/* ---- structure of a stub ---- */

/* What stands behind the head must decode to its end, and the head's offsets lie on boundaries. */
static void check_stub(const char *what, const struct code_emitted *e, u64 slot)
{
	const struct stub_head *h = (const void *)e->stub;
	u8 boundary[STUB_BYTES + 1] = {0};
	ZydisDecoder d;
	u32 at = STUB_HEAD_BYTES;

	ZydisDecoderInit(&d, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	while (at < h->end) {
		ZydisDecodedInstruction in;

		boundary[at] = 1;
		CHECK(ZYAN_SUCCESS(
			ZydisDecoderDecodeInstruction(&d, NULL, e->stub + at, h->end - at, &in)));
		at += in.length;
		if (in.raw.modrm.mod == 0 && in.raw.modrm.rm == 5 &&
		    in.mnemonic == ZYDIS_MNEMONIC_JMP && in.raw.disp.value == 0 &&
		    !in.raw.imm[0].is_relative)
			at += 8; /* jmp *0(%rip): the address */
	}
	CHECK(at == h->end);
	boundary[at] = 1;
	CHECK(boundary[h->at_after]);
	if (h->kind == STUB_SYSCALL) {
		CHECK(boundary[h->at_syscall] && boundary[h->at_exit]);
		CHECK(!memcmp(e->stub + h->at_syscall, "\x0f\x05", 2) &&
		      h->at_exit == h->at_syscall + 2);
	} else {
		CHECK(boundary[h->at_return]);
	}
	for (u32 i = 0; i < h->insns; i++)
		CHECK(h->flags & STUB_NEAR || boundary[h->new_off[i]]);
	for (u32 i = h->end; i < STUB_BYTES; i++)
		CHECK(e->stub[i] == 0xcc);
	CHECK(h->flags & STUB_NEAR ? h->near != 0 : h->near == 0);
	CHECK(e->entry ==
	      (h->flags & STUB_NEAR && e->patch_len == 5 ? h->near : slot + STUB_HEAD_BYTES));
}

static int emit_probe(struct arena *a, const struct code_probe *p, u64 addr, u64 chain,
		      struct code_emitted *e)
{
	return code_emit_probe(p, addr, next_slot(a), next_near(a), chain, 7, &a->entries, e);
}

static void run_specimen(void *arg)
{
	const struct job *j = arg;
	const char *what = j->s->name;
	const void *at = j->s->at ?: (const void *)j->s->fn;
	struct arena a = make_arena(self_text, 8, j->far);
	long before[ARRAY_SIZE(arguments)], after[ARRAY_SIZE(arguments)];
	struct code_probe p;
	struct code_emitted e;

	catch_traps(&a);
	call_all(j->s->fn, before);
	CHECK(!code_probe(self, offset_of(at), ~0u, &p, NULL));
	if (p.mode != j->s->mode) {
		fprintf(stderr, "%s: mode %u: %s\n", what, p.mode, p.why ?: "");
		_exit(1);
	}
	CHECK(p.flags == j->s->flags);
	CHECK(!memcmp(address_of(p.window.offset), p.window.bytes, p.window.len));
	if (j->far && p.mode == CODE_PROBE_JUMP)
		CHECK(code_emit_probe(&p, ptr_to_u64(at), next_slot(&a), 0, 0, 7, &a.entries, &e) ==
		      -ERANGE);
	CHECK(!emit_probe(&a, &p, ptr_to_u64(at), 0, &e));
	CHECK(!j->far || e.near_len || p.mode == CODE_PROBE_INT3);
	check_stub(what, &e, next_slot(&a));
	make_writable(self_text, self_text_end);
	install(&a, &e, true);
	call_all(j->s->fn, after);
	CHECK(!memcmp(before, after, sizeof(before)));
	CHECK(probe_hits >= ARRAY_SIZE(arguments));
}

static void probes_change_nothing(void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(specimens); i++) {
		struct job j = {&specimens[i / 2], i % 2};
		int status = in_child(run_specimen, &j);

		if (status)
			fail_msg("%s%s: status %x", j.s->name, j.far ? " (far)" : "", status);
	}
}

static const struct code_site *site_in(const char *what, const struct specimen *s)
{
	u32 n;
	const struct code_site *sites = code_file_sites(self, &n);

	for (u32 i = 0; i < n; i++)
		if (sites[i].offset - offset_of(s->fn) < 24) {
			if (sites[i].kind != CODE_SITE_PATCH)
				fprintf(stderr, "%s: %s\n", s->name, sites[i].why);
			CHECK(sites[i].kind == CODE_SITE_PATCH);
			return &sites[i];
		}
	_exit(1);
}

static void run_syscall(void *arg)
{
	const struct job *j = arg;
	const char *what = j->s->name;
	struct arena a = make_arena(self_text, 8, j->far);
	long before[ARRAY_SIZE(arguments)], after[ARRAY_SIZE(arguments)];
	const struct code_site *s = site_in(what, j->s);
	struct code_emitted e;

	call_all(j->s->fn, before);
	CHECK(!code_emit_syscall(s, ptr_to_u64(address_of(s->offset)), next_slot(&a), next_near(&a),
				 false, &a.entries, &e));
	CHECK(!j->far || e.near_len);
	check_stub(what, &e, next_slot(&a));
	make_writable(self_text, self_text_end);
	install(&a, &e, true);
	call_all(j->s->fn, after);
	CHECK(!memcmp(before, after, sizeof(before)));
	CHECK(enter_hits && enter_hits == exit_hits && enter_hits <= ARRAY_SIZE(arguments));
}

static void syscalls_change_nothing(void **state)
{
	for (size_t i = 0; i < 2 * ARRAY_SIZE(syscalls); i++) {
		struct job j = {&syscalls[i / 2], i % 2};
		int status = in_child(run_syscall, &j);

		if (status)
			fail_msg("%s%s: status %x", j.s->name, j.far ? " (far)" : "", status);
	}
}

/* A probe at the first patched byte of a site, and one on the syscall instruction itself. */
static void run_chain(void *arg)
{
	const struct job *j = arg;
	const char *what = j->s->name;
	struct arena a = make_arena(self_text, 8, j->far);
	long before[ARRAY_SIZE(arguments)], after[ARRAY_SIZE(arguments)];
	const struct code_site *s = site_in(what, j->s);
	bool on_syscall = j->s->mode == CODE_PROBE_INT3;
	u64 probed = on_syscall ? s->offset : s->window.offset;
	struct code_probe p;
	struct code_emitted e, e2;
	enum code_relation relation;

	catch_traps(&a);
	call_all(j->s->fn, before);
	CHECK(!code_probe(self, probed, ~0u, &p, NULL));
	relation = code_relate(&p, s);
	CHECK(relation == (on_syscall ? CODE_CHAIN_BARE : CODE_CHAIN));
	CHECK(!code_emit_syscall(s, ptr_to_u64(address_of(s->offset)), next_slot(&a), next_near(&a),
				 on_syscall, &a.entries, &e));
	make_writable(self_text, self_text_end);
	install(&a, &e, false);
	CHECK(!emit_probe(&a, &p, ptr_to_u64(address_of(probed)), e.entry, &e2));
	check_stub(what, &e2, next_slot(&a));
	install(&a, &e2, true);
	call_all(j->s->fn, after);
	CHECK(!memcmp(before, after, sizeof(before)));
	CHECK(probe_hits == enter_hits && enter_hits == exit_hits &&
	      probe_hits == ARRAY_SIZE(arguments));
}

static void probes_chain_to_syscalls(void **state)
{
	struct specimen s = syscalls[0];

	for (u32 i = 0; i < 4; i++) {
		struct job j = {&s, i % 2};
		int status;

		s.mode = i < 2 ? CODE_PROBE_JUMP : CODE_PROBE_INT3;
		status = in_child(run_chain, &j);
		if (status)
			fail_msg("chain %u: status %x", i, status);
	}
}

static void expect_kind(const void *fn, u32 kind)
{
	u32 n;
	const struct code_site *s = code_file_sites(self, &n);

	for (u32 i = 0; i < n; i++)
		if (s[i].offset - offset_of(fn) < 24) {
			assert_int_equal(s[i].kind, kind);
			assert_non_null(s[i].why);
			return;
		}
	fail();
}

static void some_syscalls_stay(void **state)
{
	expect_kind(s_target, CODE_SITE_BARE); /* a branch arrives at it */
	expect_kind(s_stack, CODE_SITE_BARE);  /* beside it the stack pointer moves */
	expect_kind(s_cancel,
		    CODE_SITE_KEEP); /* the end of glibc >= 2.41's __syscall_cancel_arch */
	assert_false(code_fully_known(self));
}

static void refusals(void **state)
{
	struct code_probe p;
	const char *why = NULL;

	assert_int_equal(code_probe(self, offset_of(t_rip_load) + 1, ~0u, &p, &why), -EINVAL);
	assert_non_null(why);
	assert_int_equal(code_probe(self, 0, ~0u, &p, &why), -EINVAL);
	assert_int_equal(code_probe(self, ~0ull, ~0u, &p, &why), -EINVAL);
	/* No room for a jump before the next patch. */
	assert_int_equal(code_probe(self, offset_of(t_add7), 4, &p, &why), 0);
	assert_int_equal(p.mode, CODE_PROBE_INT3);
	assert_int_equal(code_probe(self, offset_of(t_add7), 5, &p, &why), 0);
	assert_int_equal(p.mode, CODE_PROBE_JUMP);
}

/* ---- all of libc ---- */

struct libc {
	struct code_file *file;
	struct elf_image image;
	u64 base;
	char path[256];
};

static int find_libc(struct dl_phdr_info *info, size_t size, void *data)
{
	struct libc *l = data;

	if (!strstr(info->dlpi_name, "/libc.so.6"))
		return 0;
	l->base = info->dlpi_addr;
	snprintf(l->path, sizeof(l->path), "%s", info->dlpi_name);
	return 1;
}

static int compare_ints(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void *thread_work(void *arg)
{
	char buf[64];

	for (int i = 0; i < 50; i++)
		snprintf(buf, sizeof(buf), "%d %s %f", i, (char *)arg, i / 3.0);
	return strdup(buf);
}

/* A bit of everything; returns a digest of what came out. */
static u64 workload(void)
{
	int v[200];
	char buf[4096], *end;
	u64 sum = 0;
	pthread_t t[4];
	FILE *f = tmpfile();

	for (int i = 0; i < 200; i++)
		v[i] = (i * 7919) % 1009;
	qsort(v, 200, sizeof(int), compare_ints);
	for (int i = 0; i < 200; i++)
		fprintf(f, "%d:%s\n", v[i], i & 1 ? "odd" : "even");
	rewind(f);
	while (fgets(buf, sizeof(buf), f))
		sum = sum * 31 + strtoul(buf, &end, 10) + strlen(end);
	fclose(f);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread_work, "thread");
	for (int i = 0; i < 4; i++) {
		void *r;

		pthread_join(t[i], &r);
		for (char *c = r; *c; c++)
			sum = sum * 31 + *c;
		free(r);
	}
	f = popen("echo hello; echo there", "r");
	while (fgets(buf, sizeof(buf), f))
		sum = sum * 31 + strlen(buf);
	sum = sum * 31 + pclose(f);
	sum = sum * 31 + (getppid() != 0) +
	      (open("/nonexistent", O_RDONLY) == -1 && errno == ENOENT);
	return sum;
}

struct tally {
	u32 jump, int3, none, far, sites;
};

static void patch_sites(struct libc *l, struct arena *a, struct code_emitted *patches, u32 *count,
			struct tally *t)
{
	const char *what = "libc site";
	u32 n;
	const struct code_site *s = code_file_sites(l->file, &n);
	u64 text_off = 0, va = 0;

	for (u32 i = 0; i < n; i++) {
		if (s[i].kind != CODE_SITE_PATCH)
			continue;
		text_off = s[i].offset;
		CHECK(!elf_code_va(&l->image, text_off, &va));
		CHECK(!code_emit_syscall(&s[i], l->base + va, next_slot(a), next_near(a), false,
					 &a->entries, &patches[*count]));
		check_stub(what, &patches[*count], next_slot(a));
		install(a, &patches[(*count)++], false);
		t->sites++;
	}
}

/* Probes every function of libc that a jump can probe; chains where a site begins there. */
static void patch_functions(struct libc *l, struct arena *a, struct code_emitted *patches,
			    u32 *count, struct tally *t)
{
	const char *what = "libc function";
	u32 n, sites = *count;
	const struct code_site *s = code_file_sites(l->file, &n);

	vec_each (&l->image.functions, i) {
		u64 va = l->image.functions.data[i].start, off, chain = 0;
		const struct elf_segment *seg = elf_code_at(&l->image, va);
		struct code_probe p;
		bool clash = false;

		off = seg->offset + (va - seg->va);
		if (code_probe(l->file, off, ~0u, &p, NULL)) {
			t->none++;
			continue;
		}
		for (u32 k = 0; k < n && !clash; k++)
			switch (code_relate(&p, &s[k])) {
			case CODE_APART: break;
			case CODE_CHAIN:
				CHECK(k < sites && s[k].kind == CODE_SITE_PATCH);
				chain = patches[k].entry;
				patches[k].patch_len = 0;
				break;
			default: clash = true;
			}
		t->jump += p.mode == CODE_PROBE_JUMP;
		t->int3 += p.mode == CODE_PROBE_INT3;
		if (clash || p.mode != CODE_PROBE_JUMP)
			continue;
		CHECK(!emit_probe(a, &p, l->base + va, chain, &patches[*count]));
		check_stub(what, &patches[*count], next_slot(a));
		t->far += patches[*count].near_len != 0;
		install(a, &patches[(*count)++], false);
	}
}

/* Writes without a single call into what is being patched. */
static void write_patches(const struct code_emitted *e, u32 count)
{
	for (u32 i = 0; i < count; i++)
		for (u32 k = 0; k < e[i].patch_len; k++)
			((volatile u8 *)u64_to_ptr(e[i].patch_addr))[k] = e[i].patch[k];
}

static void run_libc(void *arg)
{
	const char *what = "libc";
	bool far = arg != NULL;
	struct libc l = {0};
	struct tally t = {0};
	struct code_emitted *patches;
	struct arena a;
	u32 count = 0;
	u64 before = workload(), after;
	struct stat st;
	int fd;

	CHECK(dl_iterate_phdr(find_libc, &l) == 1);
	CHECK(!code_file_open(l.path, 0, 0, &l.file));
	fd = open(l.path, O_RDONLY | O_CLOEXEC);
	fstat(fd, &st);
	CHECK(!elf_load_code(&l.image, fd, st.st_size) && !elf_load_rest(&l.image));
	patches = calloc(l.image.functions.len + 1000, sizeof(*patches));
	a = make_arena(l.base + l.image.functions.data[0].start, l.image.functions.len + 1000, far);
	patch_sites(&l, &a, patches, &count, &t);
	patch_functions(&l, &a, patches, &count, &t);
	CHECK(!far || t.far > 3000);
	for (u32 i = 0; i < l.image.seg_count; i++)
		if (l.image.seg[i].exec)
			make_writable(l.base + l.image.seg[i].va,
				      l.base + l.image.seg[i].va + l.image.seg[i].size);
	write_patches(patches, count);
	after = workload();
	CHECK(before == after);
	CHECK(probe_hits > 10000 && enter_hits > 100);
	printf("# libc%s: %u sites and %u of %u functions patched, %u by int3, %lu probe hits, %lu "
	       "syscalls\n",
	       far ? " (far)" : "", t.sites, t.jump, t.jump + t.int3 + t.none, t.int3, probe_hits,
	       enter_hits);
	fflush(NULL);
}

static void all_of_libc_patched(void **state)
{
	assert_int_equal(in_child(run_libc, NULL), 0);
	assert_int_equal(in_child(run_libc, (void *)1), 0);
}

/* ---- near places ---- */

static void near_places(void **state)
{
	struct plan_mapping one[] = {{.start = 0x555555554000, .end = 0x555555560000}};
	struct plan_mapping fixed[] = {{.start = 0x400000, .end = 0x500000},
				       {.start = 0x500000, .end = 0x600000}};
	struct plan_mapping tight[] = {{.start = 0x10000, .end = 0x500000}};
	struct plan_mapping full[] = {{.start = 0, .end = (1ull << 47)}};
	u64 at = code_pick_near(one, 1, 0x555555556000, 100);

	assert_int_equal(at, 0x555555553000);
	assert_int_equal(code_pick_near(fixed, 2, 0x550000, 0x2000), 0x3fe000);
	at = code_pick_near(tight, 1, 0x400000, 0x1000); /* only above, clear of the heap */
	assert_true(at >= 0x500000 + (1 << 24) && at < 1 << 30);
	assert_int_equal(code_pick_near(full, 1, 0x400000, 0x1000), 0);
	assert_int_equal(code_pick_near(one, 1, 0x555555556000, 0), 0);
	assert_int_equal(code_pick_near(one, 1, 0x555555556000, ~0ull), 0);
	assert_int_equal(code_pick_near(NULL, 0, 0x1000, 0x1000), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probes_change_nothing),
		cmocka_unit_test(syscalls_change_nothing),
		cmocka_unit_test(probes_chain_to_syscalls),
		cmocka_unit_test(some_syscalls_stay),
		cmocka_unit_test(refusals),
		cmocka_unit_test(near_places),
		cmocka_unit_test(all_of_libc_patched),
	};
	return cmocka_run_group_tests_name("event_emit", tests, find_self, NULL);
}
