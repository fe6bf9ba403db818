// SPDX-License-Identifier: BSD-2-Clause
/* Attach points by name: the rows of hook.def, found. */
#include "verify/hook.h"

#include <string.h>
#include "core/kfunc.h"

u32 hook_lsm(const char *name)
{
	static const struct {
		const char *name;
		u32 flags;
	} rows[] = {
#define HOOK(name, flags) {#name, flags},
#include "verify/hook.def"
#undef HOOK
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].flags;
	return 0;
}

u64 hook_tracepoint_nullable(const char *name)
{
	static const struct {
		const char *name;
		u32 mask;
	} rows[] = {
#define TRACEPOINT(name, mask) {#name, mask},
#include "verify/hook.def"
#undef TRACEPOINT
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].mask;
	return 0;
}

const struct hook_iter *hook_iter(const char *name)
{
	static const struct hook_iter rows[] = {
#define ITER(name, a0, a1, a2, a3) \
	{#name, {HOOK_ITER_##a0, HOOK_ITER_##a1, HOOK_ITER_##a2, HOOK_ITER_##a3}},
#include "verify/hook.def"
#undef ITER
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

static bool is_listed(const char *const *names, u32 count, const char *name)
{
	for (u32 i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

bool hook_is_denied(const char *function)
{
	static const char *const names[] = {
#define DENIED(name) #name,
#include "verify/hook.def"
#undef DENIED
	};

	return is_listed(names, ARRAY_SIZE(names), function);
}

bool hook_is_noreturn(const char *function)
{
	static const char *const names[] = {
#define NORETURN(name) #name,
#include "verify/hook.def"
#undef NORETURN
	};

	return is_listed(names, ARRAY_SIZE(names), function);
}

/* System calls are open to error injection where the kernel has it at all. */
static bool is_syscall(const char *name)
{
	static const char *const prefixes[] = {"__x64_sys_", "__ia32_sys_", "__arm64_sys_",
					       "__ia32_compat_sys_", "__arm64_compat_sys_"};

	for (u32 i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

bool hook_is_modifiable(const char *function, bool *sleepable)
{
	static const char *const names[] = {
#define MODIFIABLE(name) #name,
#include "verify/hook.def"
#undef MODIFIABLE
	};

	*sleepable = false;
	if (core_kfunc_fmodret(function, sleepable))
		return true;
	if (is_syscall(function)) {
		*sleepable = true;
		return true;
	}
	return !strncmp(function, "security_", strlen("security_")) ||
	       is_listed(names, ARRAY_SIZE(names), function);
}

bool hook_is_unsupported(const char *ops, const char *member)
{
	static const char *const names[][2] = {
#define UNSUPPORTED(ops, member) {#ops, #member},
#include "verify/hook.def"
#undef UNSUPPORTED
	};

	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i][0], ops) && !strcmp(names[i][1], member))
			return true;
	return false;
}
