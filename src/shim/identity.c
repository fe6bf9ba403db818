// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the instance is and what a client may do in it: uname, limits on locked
 * memory (which the instance does not charge), and the rights of root for BPF
 * clients that insist on them. Those are told by what they link: lying to a
 * shell or to tar that it is root would change what it does.
 */
#include "shim/shim.h"
#include <linux/capability.h>
#include <link.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

SHIM_EXPORT int uname(struct utsname *out)
{
	struct shim_entry e;
	long r;

	if (!shim_enter(&e))
		return shim_result(RAW_1(SYS_uname, out));
	r = e.b->uname(out);
	shim_leave(&e);
	return shim_result(r);
}

/* What the client set RLIMIT_MEMLOCK to, where the host would not. */
static struct rlimit pretended;
static bool pretends;

static long raise_memlock(const struct rlimit *want, long refused)
{
	if (refused != -EPERM || !shim_backend() || want->rlim_cur > want->rlim_max)
		return refused;
	pretended = *want;
	__atomic_store_n(&pretends, true, __ATOMIC_RELEASE);
	return 0;
}

static int do_setrlimit(int resource, const struct rlimit *want)
{
	long r = RAW_4(SYS_prlimit64, 0, resource, want, NULL);

	if (resource == RLIMIT_MEMLOCK) {
		if (!r)
			__atomic_store_n(&pretends, false, __ATOMIC_RELEASE);
		else
			r = raise_memlock(want, r);
	}
	return shim_result(r);
}

static int do_getrlimit(int resource, struct rlimit *out)
{
	if (resource == RLIMIT_MEMLOCK && __atomic_load_n(&pretends, __ATOMIC_ACQUIRE)) {
		*out = pretended;
		return 0;
	}
	return shim_result(RAW_4(SYS_prlimit64, 0, resource, NULL, out));
}

SHIM_EXPORT int setrlimit(__rlimit_resource_t resource, const struct rlimit *want)
{
	return do_setrlimit(resource, want);
}

SHIM_EXPORT int setrlimit64(__rlimit_resource_t resource, const struct rlimit64 *want)
{
	return do_setrlimit(resource, (const struct rlimit *)want);
}

SHIM_EXPORT int getrlimit(__rlimit_resource_t resource, struct rlimit *out)
{
	return do_getrlimit(resource, out);
}

SHIM_EXPORT int getrlimit64(__rlimit_resource_t resource, struct rlimit64 *out)
{
	return do_getrlimit(resource, (struct rlimit *)out);
}

/* Libraries only BPF clients link, and clients that have libbpf inside. */
static const char *const bpf_libraries[] = {"libbpf.so", "libbcc.so", "libbcc_bpf.so", "libxdp.so"};
static const char *const bpf_programs[] = {"bpftool"};

static int is_bpf_library(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *slash = info->dlpi_name ? strrchr(info->dlpi_name, '/') : NULL;
	const char *name = slash ? slash + 1 : info->dlpi_name;

	for (size_t i = 0; name && i < ARRAY_SIZE(bpf_libraries); i++)
		if (!strncmp(name, bpf_libraries[i], strlen(bpf_libraries[i])))
			return 1;
	return 0;
}

static bool is_bpf_client(void)
{
	static int known; /* 0 not asked, 1 no, 2 yes */
	int k = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (!shim_backend() || !shim_backend()->foreign)
		return false;
	if (!k) {
		k = dl_iterate_phdr(is_bpf_library, NULL) ? 2 : 1;
		for (size_t i = 0; i < ARRAY_SIZE(bpf_programs); i++)
			if (!strcmp(program_invocation_short_name, bpf_programs[i]))
				k = 2;
		__atomic_store_n(&known, k, __ATOMIC_RELAXED);
	}
	return k == 2;
}

SHIM_EXPORT uid_t geteuid(void)
{
	return is_bpf_client() ? 0 : RAW_1(SYS_geteuid, 0);
}

/* What bpf(2) asks for; the numbers of the two newest are not in older headers. */
static const u32 bpf_caps[] = {CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, 38 /* PERFMON */,
			       39 /* BPF */};

int capget(cap_user_header_t header, cap_user_data_t data);
SHIM_EXPORT int capget(cap_user_header_t header, cap_user_data_t data)
{
	long r = RAW_2(SYS_capget, header, data);

	if (r || !data || !is_bpf_client() || header->version == _LINUX_CAPABILITY_VERSION_1 ||
	    (header->pid && header->pid != getpid()))
		return shim_result(r);
	for (size_t i = 0; i < ARRAY_SIZE(bpf_caps); i++) {
		struct __user_cap_data_struct *d = &data[bpf_caps[i] / 32];

		d->effective |= 1u << bpf_caps[i] % 32;
		d->permitted |= 1u << bpf_caps[i] % 32;
	}
	return 0;
}
