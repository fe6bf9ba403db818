// SPDX-License-Identifier: BSD-2-Clause
/*
 * Open-coded iterators, whose state a program keeps on its stack, and the kfuncs
 * around sections in which nothing here has to be done.
 */
#include "core/kfunc.h"
#include "helper/helper.h"

#define LOOPS_MOST (8 << 20)
#define WORDS_MOST 511
#define WORD_BITS  64

/* --- Numbers: struct bpf_iter_num. */
struct numbers {
	s32 cur, end;
};

HELPER_BODY_OF(kfunc_bpf_iter_num_new)
{
	struct numbers *it = u64_to_ptr(r1);
	s32 start = (s32)r2, end = (s32)r3;

	*it = (struct numbers){0};
	if (start > end)
		return HELPER_RESULT(-EINVAL);
	if ((s64)end - start > LOOPS_MOST)
		return HELPER_RESULT(-E2BIG);
	*it = (struct numbers){(s32)((u32)start - 1), end};
	return 0;
}

HELPER_BODY_OF(kfunc_bpf_iter_num_next)
{
	struct numbers *it = u64_to_ptr(r1);

	/* In the 32 bits of the counter: the one before the lowest number is the highest. */
	if ((s32)((u32)it->cur + 1) >= it->end) {
		*it = (struct numbers){0};
		return 0;
	}
	it->cur = (s32)((u32)it->cur + 1);
	return ptr_to_u64(&it->cur);
}

HELPER_BODY_OF(kfunc_bpf_iter_num_destroy)
{
	*(struct numbers *)u64_to_ptr(r1) = (struct numbers){0};
	return 0;
}

/* --- Set bits of memory: struct bpf_iter_bits. One word is copied, more are read as they come. */
struct bits {
	u64 words; /* the word, or where they are */
	s32 count, bit;
};

HELPER_BODY_OF(kfunc_bpf_iter_bits_new)
{
	struct bits *it = u64_to_ptr(r1);
	u32 n = (u32)r3;
	u64 word;

	*it = (struct bits){.bit = -1};
	if (!r2 || !n)
		return HELPER_RESULT(-EINVAL);
	if (n > WORDS_MOST)
		return HELPER_RESULT(-E2BIG);
	for (u32 i = 0; i < n; i++)
		if (helper_read(run, SPACE_KERNEL, &word, sizeof(word), r2 + i * sizeof(word)))
			return HELPER_RESULT(-EFAULT);
	it->words = n == 1 ? word : r2;
	it->count = n * WORD_BITS;
	return 0;
}

HELPER_BODY_OF(kfunc_bpf_iter_bits_next)
{
	struct bits *it = u64_to_ptr(r1);

	for (s32 at = it->bit + 1; at < it->count; at = (at / WORD_BITS + 1) * WORD_BITS) {
		u64 word = it->words;

		if (it->count > WORD_BITS && helper_read(run, SPACE_KERNEL, &word, sizeof(word),
							 it->words + at / WORD_BITS * sizeof(word)))
			break;
		word &= ~0ull << at % WORD_BITS;
		if (word) {
			it->bit = at / WORD_BITS * WORD_BITS + __builtin_ctzll(word);
			return ptr_to_u64(&it->bit);
		}
	}
	it->count = 0;
	return 0;
}

HELPER_BODY_OF(kfunc_bpf_iter_bits_destroy)
{
	*(struct bits *)u64_to_ptr(r1) = (struct bits){0};
	return 0;
}

/* --- Sections: nothing a run can see is freed, moved or interrupted while it lasts. */
#define NOTHING(name)        \
	HELPER_BODY_OF(name) \
	{                    \
		return 0;    \
	}
NOTHING(kfunc_bpf_rcu_read_lock)
NOTHING(kfunc_bpf_rcu_read_unlock)
NOTHING(kfunc_bpf_preempt_disable)
NOTHING(kfunc_bpf_preempt_enable)
NOTHING(kfunc_bpf_local_irq_save)
NOTHING(kfunc_bpf_local_irq_restore)
/* The engine's: unwinding. */
NOTHING(kfunc_bpf_throw)

/* --- Casts. */
HELPER_BODY_OF(kfunc_bpf_rdonly_cast)
{
	return r1;
}

HELPER_BODY_OF(kfunc_bpf_cast_to_kern_ctx)
{
	return r1;
}
