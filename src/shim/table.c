// SPDX-License-Identifier: BSD-2-Clause
/*
 * The interposed descriptors: which numbers of this process are an instance's
 * objects. A bit per number answers the common question (not ours) in a load and
 * a test; a set bit is confirmed by fstat, since numbers are closed and reused
 * without our seeing it (close_range, raw system calls). Nothing is allocated
 * and nothing locked: an entry is written before its bit is set, and a race over
 * one number is the client's own; whoever loses sees a wrong identity, which
 * means "not ours".
 */
#include "shim/shim.h"
#include <fcntl.h>
#include <sys/syscall.h>

/* Numbers beyond are not remembered: they are looked at when a host call fails. */
#define TABLE_FDS 65536

static u64 bits[TABLE_FDS / 64];
static struct shim_file files[TABLE_FDS]; /* touched only where used */
static u64 memfd_dev;                     /* of every memfd; 0: none seen yet */

int shim_fstat(int fd, struct shim_file *out)
{
	struct stat st;
	int r = RAW_2(SYS_fstat, fd, &st);

	if (r)
		return r;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	return 0;
}

bool shim_fd_known(int fd)
{
	return (unsigned int)fd < TABLE_FDS &&
	       __atomic_load_n(&bits[fd / 64], __ATOMIC_ACQUIRE) >> fd % 64 & 1;
}

void shim_fd_forget(int fd)
{
	if (shim_fd_known(fd))
		__atomic_fetch_and(&bits[fd / 64], ~(1ull << fd % 64), __ATOMIC_RELEASE);
}

bool shim_fd_find(int fd, struct shim_file *out)
{
	struct shim_file f;

	if (likely(!shim_fd_known(fd)))
		return false;
	if (shim_fstat(fd, &f) || f.dev != files[fd].dev || f.ino != files[fd].ino) {
		shim_fd_forget(fd);
		shim_wait_closed(fd);
		return false;
	}
	*out = f;
	return true;
}

static void remember(int fd, const struct shim_file *f)
{
	__atomic_store_n(&memfd_dev, f->dev, __ATOMIC_RELAXED);
	if ((unsigned int)fd >= TABLE_FDS)
		return;
	files[fd] = *f;
	__atomic_fetch_or(&bits[fd / 64], 1ull << fd % 64, __ATOMIC_RELEASE);
}

void shim_fd_add(int fd)
{
	struct shim_file f;

	if (!shim_fstat(fd, &f))
		remember(fd, &f);
}

void shim_fd_copy(int from, int to)
{
	struct shim_file f;

	if (shim_fd_known(from) && shim_fd_find(from, &f))
		shim_fd_add(to);
	else
		shim_fd_forget(to);
}

bool shim_fd_look(int fd, struct shim_file *out)
{
	struct shim_entry e;
	struct shim_file f;
	u64 dev = __atomic_load_n(&memfd_dev, __ATOMIC_RELAXED);
	bool ours;

	if (shim_fd_find(fd, out))
		return true;
	if (!shim_backend() || !shim_backend()->foreign || fd < 0)
		return false;
	if (shim_fstat(fd, &f) || (dev && f.dev != dev) || !shim_enter(&e))
		return false;
	ours = e.b->is_ours(&f);
	shim_leave(&e);
	if (!ours)
		return false;
	remember(fd, &f);
	*out = f;
	return true;
}
