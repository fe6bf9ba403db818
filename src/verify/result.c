// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program, a callback or a global function may return. The range comes
 * from the program type's row; of what is attached by BTF, from what it is
 * attached to.
 */
#include "verify/target.h"

static bool is_within(const struct verifier *v, const struct vreg *r, struct vrange range, bool low)
{
	const struct scalar *s = &r->s;

	/* Before 6.8 the known bits alone decided. */
	if (!verify_has(v, KERNEL_CALLBACK_RANGE))
		return tnum_in(tnum_range((u64)range.lo, (u64)range.hi), s->bits);
	if (low)
		return s->s32min >= range.lo && s->s32max <= range.hi;
	return s->smin >= range.lo && s->smax <= range.hi;
}

int verify_check_range(struct verifier *v, u32 regno, struct vrange range, bool low,
		       const char *when, enum verify_message id)
{
	const struct vreg *r = verify_reg(v, regno);
	char buf[96];
	struct text t;

	if (is_within(v, r, range, low))
		return 0;
	text_init(&t, buf, sizeof(buf));
	if (r->s.smin > INT64_MIN)
		text_fmt(&t, " smin=%lld", (long long)r->s.smin);
	if (r->s.smax < INT64_MAX)
		text_fmt(&t, " smax=%lld", (long long)r->s.smax);
	if (!t.len)
		text_puts(&t, " unknown scalar value");
	return verify_fail_reg(v, regno, id, when, (int)regno, buf, (int)range.lo, (int)range.hi);
}

static int check_number(struct verifier *v, u32 regno, struct vrange range, bool low,
			const char *when, enum verify_message id)
{
	const struct vreg *r = verify_reg(v, regno);
	char name[64];
	struct text t;
	int err;

	if (r->type != REG_SCALAR) {
		text_init(&t, name, sizeof(name));
		reg_type_format(&t, r->type);
		return verify_fail_reg(v, regno, MSG_RETURN_NOT_KNOWN, when, (int)regno, name);
	}
	err = verify_mark_precise(v, regno);
	return err ?: verify_check_range(v, regno, range, low, when, id);
}

/* A global function's own exit: any number. */
static int check_global_result(struct verifier *v, u32 regno)
{
	const struct vreg *r = verify_reg(v, regno);
	char name[64];
	struct text t;

	if (r->type == REG_SCALAR)
		return 0;
	text_init(&t, name, sizeof(name));
	reg_type_format(&t, r->type);
	return verify_fail_reg(v, regno, MSG_RETURN_NO_NUMBER, (int)regno, name);
}

int verify_return_value(struct verifier *v, u32 regno)
{
	const struct vframe *f = v->state->frames[0];
	bool is_program = !f->subprog || f->in_exception_callback;
	struct prog_range range;
	int err;

	if (is_program && !v->state->curframe && verify_target_is_void(v))
		return 0;
	err = verify_reg_read(v, regno);
	if (err)
		return err;
	if (!v->ptr_leaks && verify_reg(v, regno)->type != REG_SCALAR)
		return verify_fail_reg(v, regno, MSG_RETURN_LEAK, (int)regno);
	if (f->in_async_callback)
		return check_number(v, regno, f->callback_ret, false, "At async callback return",
				    MSG_RETURN_RANGE);
	if (!is_program)
		return check_global_result(v, regno);
	if (v->target ? !verify_target_returns(v, &range)
		      : !v->type->returns || !v->type->returns(v->in->attach_type, &range))
		return 0;
	return check_number(v, regno, (struct vrange){range.lo, range.hi}, false, "At program exit",
			    MSG_RETURN_RANGE);
}
