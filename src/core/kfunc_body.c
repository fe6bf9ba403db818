// SPDX-License-Identifier: BSD-2-Clause
/* Kfuncs with bodies: apart from the table of all, which only loading needs. */
#include "core/kfunc.h"

static const struct kfunc_body bodies[] = {
#define KFUNC_BODY(name, size, ...) {#name, kfunc_##name, size, {__VA_ARGS__}},
#include "core/kfunc_body.def"
#undef KFUNC_BODY
};

static bool name_equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

const struct kfunc_body *core_kfunc_body(u32 number)
{
	return number - 1 < ARRAY_SIZE(bodies) ? &bodies[number - 1] : NULL;
}

u32 core_kfunc_body_number(const char *name)
{
	for (u32 i = 0; i < ARRAY_SIZE(bodies); i++)
		if (name_equal(bodies[i].name, name))
			return i + 1;
	return 0;
}
