/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The embedding interface: an instance (one coherent private kernel) and its
 * bpf(2). Functions return 0 or a descriptor (>= 0) or -errno; they never
 * print, never exit and set no errno.
 */
#ifndef CYGNET_CYGNET_H
#define CYGNET_CYGNET_H

#include <stddef.h>
#include <cygnet/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CYGNET_API __attribute__((visibility("default")))

struct cygnet;

/* Led by its size, as libbpf's opts are: fields behind `sz` read as zero. */
struct cygnet_opts {
	size_t sz; /* sizeof(struct cygnet_opts) */
	/*
	 * KERNEL_VERSION(x,y,z) to imitate, 4.19 to 6.18: commands, attr fields, types, helpers,
	 * instructions and the verifier's rules are those of the series x.y. z only shows in
	 * uname(2); 255 stands for the newest release. 0: the host's.
	 */
	unsigned int kernel;
	unsigned int possible_cpus; /* 0: max(the host's, 64) */
	const char *btf_path;       /* BTF answered as vmlinux's; NULL: the host's */
	/* Not 0: programs run in the checked interpreter, which tests what verification proved. */
	unsigned int checked;
	/*
	 * 0: at its first run a program becomes native code by the compiler of one pass, and by the
	 * optimising one when it has run, or is to run (TEST_RUN's repeat), long enough to pay for
	 * that; 1: all are interpreted; 2: optimised at their first run; 3: by the compiler of one
	 * pass, always. What one compiler does not take the next simpler does, down to the
	 * interpreter.
	 */
	unsigned int engine;
	/*
	 * As net.core.bpf_jit_harden: whose constants appear in no instruction of native code. 0:
	 * nobody's; 1: those of programs that an ordinary user loads; 2: everybody's.
	 */
	unsigned int harden;
	/*
	 * What perf(1) is told of native code in this process: 1: /tmp/perf-PID.map; 2: a jitdump
	 * file below $JITDUMPDIR or $HOME; 3: both. Once for a process; the files stay.
	 */
	unsigned int perf;
};

/*
 * Makes an instance. `opts` may be NULL. *out is owned by the caller until
 * cygnet_free(). Errors: -ENOMEM, -EMFILE, -EINVAL (opts), those of making perf's files.
 */
CYGNET_API int cygnet_new(const struct cygnet_opts *opts, struct cygnet **out);

/* Releases the instance; objects still held through descriptors die with it. NULL is fine. */
CYGNET_API void cygnet_free(struct cygnet *inst);

/*
 * bpf(2): same commands, same attr, same errors; the result is >= 0 or -errno
 * (errno itself is untouched). `size` is the size of *attr the caller knows.
 * Descriptors returned are ordinary descriptors of this process: close(2) them.
 */
CYGNET_API int cygnet_bpf(struct cygnet *inst, int cmd, union bpf_attr *attr, unsigned int size);

/* "0.1.0"; static. */
CYGNET_API const char *cygnet_version(void);

#ifdef __cplusplus
}
#endif
#endif
