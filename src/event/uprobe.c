// SPDX-License-Identifier: BSD-2-Clause
/*
 * Uprobes: perf_event_open(2) with the uprobe PMU's type names a file and an
 * offset. What the kernel refuses is refused with its errno, in its order; what
 * it takes although it can never fire is taken, and said in `why`.
 */
#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "core/attach.h"
#include "event/code.h"

#define SYSFS "/sys/bus/event_source/devices/uprobe/"

static bool is_same_file(const char *path, const struct stat *st)
{
	struct stat other;

	return !stat(path, &other) && other.st_dev == st->st_dev && other.st_ino == st->st_ino;
}

/* Path → the file's identity and its absolute name. */
static int resolve(const char *path, struct attach *a, s64 *size, u32 *why)
{
	char full[PATH_MAX];
	struct stat st;
	struct statfs fs;

	if (!path[0])
		return -EINVAL;
	if (strlen(path) >= PATH_MAX)
		return -E2BIG;
	if (stat(path, &st))
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		*why = ATTACH_WHY_NOT_A_FILE;
		return -EINVAL;
	}
	if (!statfs(path, &fs) && fs.f_type == PROC_SUPER_MAGIC) {
		*why = ATTACH_WHY_NO_PAGES;
		return -EIO;
	}
	/* A deleted file, or a memfd, is still reachable by the name given. */
	if (!realpath(path, full) || !is_same_file(full, &st))
		strcpy(full, path);
	if (strlen(full) >= sizeof(a->path)) {
		*why = ATTACH_WHY_PATH_TOO_LONG;
		return -ENAMETOOLONG;
	}
	strcpy(a->path, full);
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	*size = st.st_size;
	return 0;
}

/*
 * What the file's own bytes say about the offset. Advice only: whether the
 * kernel looks at the instruction depends on who has the file mapped.
 */
static u32 examine(const struct attach *a)
{
	struct code_file *f;
	struct code_probe p;
	int err = code_file_open(a->path, a->dev, a->ino, &f);
	u32 why = ATTACH_WHY_NONE;

	if (err)
		return err == -ENOEXEC ? ATTACH_WHY_NOT_ELF : ATTACH_WHY_NONE;
	if (!code_is_executable(f, a->offset)) {
		why = ATTACH_WHY_NOT_EXECUTABLE;
	} else {
		err = code_probe(f, a->offset, ~0u, &p, NULL);
		if (err == -EINVAL)
			why = ATTACH_WHY_INSIDE_INSN;
		else if (err == -ENOTSUP)
			why = ATTACH_WHY_NOT_MOVABLE;
	}
	code_file_put(f);
	return why;
}

static int by_probe(const char *path, u64 offset, u64 ref_ctr_off, bool is_ret, struct attach *out,
		    u32 *why)
{
	struct attach a = {
		.kind = is_ret ? ATTACH_URETPROBE : ATTACH_UPROBE,
		.nr = -1,
		.offset = offset,
		.ref_ctr_off = ref_ctr_off,
	};
	u32 cause = ATTACH_WHY_NONE;
	s64 size = 0;
	int err = resolve(path, &a, &size, &cause);

	if (!err &&
	    (s64)offset > size) { /* signed, as the kernel compares: a negative one is taken */
		cause = ATTACH_WHY_BEHIND_END;
		err = -EINVAL;
	}
	if (!err && ref_ctr_off % 2) {
		cause = ATTACH_WHY_ODD_SEMAPHORE;
		err = -EINVAL;
	}
	if (!err) {
		cause = examine(&a);
		*out = a;
	}
	if (why)
		*why = cause;
	return err;
}

static int file(const char *path, struct text *out)
{
	static const char *const facts[][2] = {
		{"format/retprobe", "config:0\n"},
		{"format/ref_ctr_offset", "config:32-63\n"},
	};

	if (strncmp(path, SYSFS, strlen(SYSFS)))
		return -ENOENT;
	path += strlen(SYSFS);
	if (!strcmp(path, "type")) {
		text_fmt(out, "%d\n", ATTACH_UPROBE_PMU);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++)
		if (!strcmp(path, facts[i][0])) {
			text_puts(out, facts[i][1]);
			return 0;
		}
	return -ENOENT;
}

const struct event_source_ops event_uprobe_source = {
	.name = "uprobe",
	.doc = "uprobes, uretprobes and USDT: a file, an offset, a semaphore",
	.by_probe = by_probe,
	.file = file,
};
