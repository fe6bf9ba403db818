// SPDX-License-Identifier: BSD-2-Clause
/*
 * Kfuncs with bodies, and the helpers of dynptrs, called by programs that nobody verified: with a
 * dynptr that the program made up itself, with arguments that are no memory. The checked
 * interpreter ends the run; what the program may not touch stays as it is. What the bodies answer
 * to programs that may call them is tests/e2e/kfuncs.sh's.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <cygnet/abi.h>
#include "base/alloc.h"
#include "core/kfunc.h"
#include "core/packet.h"
#include "core/run.h"
#include "isa/asm.h"

#define LOCAL   0x10000000u
#define RINGBUF 0x20000000u
#define SKB     0x30000000u

static u8 victim[64];

/* Runs `text`, which has the dynptr {victim, bits, 0} at r10 - 16. */
static u32 fault_with(u32 bits, const char *text, struct packet *packet)
{
	struct {
		struct image img;
		struct isa_op ops[64];
		struct image_sub sub;
	} i = {0};
	struct run run = {.image = &i.img, .budget = 1000, .packet = packet};
	struct isa_op *ops;
	char source[1024];
	struct diag d = {0};
	u32 count;
	u64 r0;
	int err;

	snprintf(source, sizeof(source),
		 "r1 = 0x%llx ll\n*(u64 *)(r10 -16) = r1\nw1 = 0x%x\n*(u32 *)(r10 -8) = w1\n"
		 "w1 = 0\n*(u32 *)(r10 -4) = w1\n%s\nexit",
		 (unsigned long long)ptr_to_u64(victim), bits, text);
	if (isa_assemble(source, strlen(source), &ops, &count, &d))
		fail_msg("%s: %s", source, d.what);
	assert_true(count <= ARRAY_SIZE(i.ops));
	memcpy(i.ops, ops, count * sizeof(*ops));
	base_free(ops);
	i.img = (struct image){.magic = IMAGE_MAGIC,
			       .size = sizeof(i),
			       .op_count = count,
			       .op_off = offsetof(typeof(i), ops),
			       .sub_count = 1,
			       .sub_off = offsetof(typeof(i), sub)};
	i.sub = (struct image_sub){.end = count, .stack = ISA_STACK_SIZE};
	memset(victim, 'v', sizeof(victim));
	err = interp_run_checked(&run, &r0);
	assert_int_equal(err, run.fault.kind ? -EFAULT : 0);
	for (u32 k = 0; k < sizeof(victim); k++)
		assert_int_equal(victim[k], 'v');
	return run.fault.kind;
}

/* "call NAME" of a kfunc, between what sets its arguments up and what uses its result. */
static u32 kfunc_with(u32 bits, const char *before, const char *name, struct packet *packet)
{
	char text[512];

	assert_int_not_equal(core_kfunc_body_number(name), 0);
	snprintf(text, sizeof(text), "%s\ncall kfunc#1 module %u\nr0 = 0", before,
		 core_kfunc_body_number(name));
	return fault_with(bits, text, packet);
}

#define DYNPTR "r1 = r10\nr1 += -16\n"
#define BUFFER "r3 = r10\nr3 += -64\nr4 = 8\n"

static void made_up(void **state)
{
	static const struct {
		const char *name, *arguments;
	} calls[] = {
		{"bpf_dynptr_slice", DYNPTR "r2 = 0\n" BUFFER},
		{"bpf_dynptr_slice_rdwr", DYNPTR "r2 = 0\n" BUFFER},
		{"bpf_dynptr_memset", DYNPTR "r2 = 0\nr3 = 8\nr4 = 1"},
		{"bpf_dynptr_copy", DYNPTR "r2 = 0\nr3 = r1\nr4 = 8\nr5 = 8"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		assert_int_equal(kfunc_with(LOCAL | 64, calls[i].arguments, calls[i].name, NULL),
				 FAULT_HELPER);
		assert_int_equal(kfunc_with(RINGBUF | 64, calls[i].arguments, calls[i].name, NULL),
				 FAULT_HELPER);
		assert_int_equal(kfunc_with(64, calls[i].arguments, calls[i].name, NULL),
				 FAULT_HELPER);
		/* Of a packet, where the run has none: an answer. */
		assert_int_equal(kfunc_with(SKB | 64, calls[i].arguments, calls[i].name, NULL),
				 FAULT_NONE);
	}
}

static void made_up_for_helpers(void **state)
{
	static const char *const calls[] = {
		"r1 = r10\nr1 += -64\nr2 = 8\nr3 = r10\nr3 += -16\nr4 = 0\nr5 = 0\ncall 201",
		DYNPTR "r2 = 0\nr3 = r10\nr3 += -64\nr4 = 8\nr5 = 0\ncall 202",
		DYNPTR "r2 = 0\nr3 = 8\ncall 203",
		DYNPTR "r2 = 0\ncall 199",
		DYNPTR "r2 = 0\ncall 200",
	};

	_Static_assert(BPF_FUNC_dynptr_read == 201 && BPF_FUNC_ringbuf_submit_dynptr == 199,
		       "numbers of helpers in the texts");
	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		assert_int_equal(fault_with(LOCAL | 64, calls[i], NULL), FAULT_HELPER);
		assert_int_equal(fault_with(RINGBUF | 64, calls[i], NULL), FAULT_HELPER);
	}
}

/* A packet's dynptr that claims more than the packet has: no byte behind it is reached. */
static void larger_than_the_packet(void **state)
{
	u8 bytes[128] = {0};
	struct packet p = {.kind = PACKET_SKB, .head = bytes, .writable = true};

	p.limit = bytes + 64;
	p.data = p.meta = ptr_to_u64(bytes);
	p.end = ptr_to_u64(bytes + 64);
	assert_int_equal(kfunc_with(SKB | 0xffffff, DYNPTR "r2 = 60\nr3 = 8\nr4 = 255",
				    "bpf_dynptr_memset", &p),
			 FAULT_NONE);
	for (u32 i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(kfunc_with(SKB | 0xffffff, DYNPTR "r2 = 56\nr3 = 8\nr4 = 255",
				    "bpf_dynptr_memset", &p),
			 FAULT_NONE);
	for (u32 i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], i >= 56 && i < 64 ? 255 : 0);
}

/* Every pointer that a body follows by itself is looked at before. */
static void no_memory(void **state)
{
	char before[128];

	snprintf(before, sizeof(before), "r1 = 0x%llx ll\nr2 = r1\nr3 = r1\nr4 = 8\nr5 = 0",
		 (unsigned long long)ptr_to_u64(victim));
	for (u32 n = 1; core_kfunc_body(n); n++) {
		const struct kfunc_body *b = core_kfunc_body(n);
		bool follows = b->args[0] != ARG_NONE && b->args[0] != ARG_ANY;

		assert_int_equal(core_kfunc_body_number(b->name), n);
		assert_int_equal(kfunc_with(0, before, b->name, NULL),
				 follows ? FAULT_HELPER : FAULT_NONE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up),
		cmocka_unit_test(made_up_for_helpers),
		cmocka_unit_test(larger_than_the_packet),
		cmocka_unit_test(no_memory),
	};

	core_helpers_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
