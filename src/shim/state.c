// SPDX-License-Identifier: BSD-2-Clause
/* What all of the shim stands on: the raw system call, libc's own functions, the backend, locks. */
#include "shim/shim.h"
#include <dlfcn.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
long shim_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}
#elif defined(__aarch64__)
long shim_raw(long nr, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
}
#else
#error "x86-64 and aarch64 only"
#endif

void *shim_next(const char *name, void **cache)
{
	void *f = __atomic_load_n(cache, __ATOMIC_RELAXED);

	if (!f) {
		f = dlsym(RTLD_NEXT, name);
		__atomic_store_n(cache, f, __ATOMIC_RELAXED);
	}
	return f;
}

static const struct shim_backend *backend;
static __thread bool inside __attribute__((tls_model("initial-exec")));

const struct shim_backend *shim_backend(void)
{
	return __atomic_load_n(&backend, __ATOMIC_ACQUIRE);
}

void shim_set_backend(const struct shim_backend *b)
{
	__atomic_store_n(&backend, b, __ATOMIC_RELEASE);
}

bool shim_enter(struct shim_entry *e)
{
	e->b = shim_backend();
	if (!e->b || (inside && !e->b->foreign))
		return false;
	inside = true;
	e->saved_errno = errno;
	return true;
}

void shim_leave(struct shim_entry *e)
{
	errno = e->saved_errno;
	inside = false;
}

void shim_lock(struct shim_lock *l)
{
	u64 all = ~0ull, mask;

	RAW_4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(mask));
	pthread_mutex_lock(&l->mutex);
	l->mask = mask;
}

void shim_unlock(struct shim_lock *l)
{
	u64 mask = l->mask;

	pthread_mutex_unlock(&l->mutex);
	RAW_4(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}
