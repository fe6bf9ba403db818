/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel version is, where that decides a verdict: kernel.def's dated
 * rows. Helpers, kfuncs, program and map types, instructions and commands carry
 * their own `since`; what is here is how the verifier reasons and what it
 * limits. A version without a patch level stands for the newest of its series,
 * so a fix that was carried back counts for that series too. Freestanding.
 */
#ifndef CORE_KERNEL_H
#define CORE_KERNEL_H

#include "base/types.h"

/* KERNEL_VERSION(a, b, c), without <linux/version.h>. 0 stands for the newest. */
#define CORE_KERNEL(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define CORE_KERNEL_OLDEST   CORE_KERNEL(4, 19, 0)
#define CORE_KERNEL_NEWEST   CORE_KERNEL(6, 18, 255)

enum kernel_feature {
#define FEATURE(name, ...) KERNEL_##name,
#include "core/kernel.def"
#undef FEATURE
	KERNEL_FEATURE_COUNT
};

/* How sure the date is. */
enum kernel_basis {
	KERNEL_BASIS_MEASURED,   /* answers of 6.1, 6.12 and 6.18, stored as facts, show it */
	KERNEL_BASIS_DOCUMENTED, /* the kernel's own or the ebpf-docs' documentation */
	KERNEL_BASIS_SUPPOSED,   /* believed, and compared with nothing */
};

struct kernel_row {
	const char *name;
	u16 since, until; /* 0xMMmm: first that has it; first that has it no more, 0: still */
	u16 also[3];      /* older series that it was carried back to; 0: none */
	u8 basis;         /* enum kernel_basis */
	const char *doc;
};

const struct kernel_row *core_kernel_row(enum kernel_feature feature);

/* Has it the feature? `version` as KERNEL_VERSION() makes it; 0: the newest. */
bool core_kernel_has(u32 version, enum kernel_feature feature);

/* For the `since` columns (0xMMmm; 0: always). */
static inline bool core_kernel_since(u32 version, u32 since)
{
	return !version || version >> 8 >= since;
}

/* The attach types PROG_LOAD and attaching know, by version; false for a number of none. */
bool core_kernel_attach_type(u32 version, u32 attach_type);
/* The first series that has it, 0xMMmm; 0: unknown. */
u32 core_kernel_attach_since(u32 attach_type);

/*
 * "6.12", "6.12.3" or "v6.12" to a KERNEL_VERSION; without a patch level .255, the series' newest.
 * 0, or -EINVAL (not a version), -ERANGE (none between the oldest and the newest).
 */
int core_kernel_parse(const char *text, u32 *out);

#endif
