// SPDX-License-Identifier: BSD-2-Clause
/* Kfuncs with bodies: apart from the table of all, which only loading needs. */
#include "core/kfunc.h"

static const struct {
	const char *name;
	helper_fn *fn;
	u32 state;
} bodies[] = {
#define KFUNC_BODY(name, state) {#name, kfunc_##name, state},
#include "core/kfunc_body.def"
#undef KFUNC_BODY
};

static bool name_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

helper_fn *core_kfunc_body(u32 number)
{
	return number - 1 < ARRAY_SIZE(bodies) ? bodies[number - 1].fn : NULL;
}

u32 core_kfunc_state(u32 number)
{
	return number - 1 < ARRAY_SIZE(bodies) ? bodies[number - 1].state : 0;
}

u32 core_kfunc_body_number(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(bodies); i++)
		if (name_equal(bodies[i].name, name))
			return i + 1;
	return 0;
}
