// SPDX-License-Identifier: BSD-2-Clause
/* Type information as objects: what clients loaded, and the kernel's own (id 1). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "btf/btf.h"
#include "vm/instance.h"

#define VMLINUX_BTF "/sys/kernel/btf/vmlinux"
#define BTF_MOST    (256u << 20)

int btf_object_new(struct cygnet *inst, struct btf_info *btf, struct btf_object **out)
{
	struct btf_object *b = base_zalloc(sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	err = object_init(inst, &b->o, OBJECT_BTF, "btf");
	if (err) {
		base_free(b);
		return err;
	}
	b->btf = btf;
	if (btf)
		b->raw = btf_raw(btf, &b->raw_size);
	*out = b;
	return 0;
}

/* sysfs gives a page at a time. */
static int read_whole(int fd, u8 *to, size_t size)
{
	while (size) {
		ssize_t n = read(fd, to, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		to += n;
		size -= n;
	}
	return 0;
}

/* Maps the file once; only views it, as it is large and the host's own. */
int btf_object_load_kernel(struct btf_object *b)
{
	const char *path = b->o.inst->btf_path ?: VMLINUX_BTF;
	struct stat st;
	void *raw;
	int fd, err;

	if (b->raw)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = -EINVAL;
	if (fstat(fd, &st) || st.st_size <= 0 || st.st_size > BTF_MOST)
		goto out;
	err = -ENOMEM;
	raw = base_alloc(st.st_size);
	if (!raw)
		goto out;
	err = read_whole(fd, raw, st.st_size);
	if (!err)
		err = btf_view(raw, st.st_size, NULL, &b->btf);
	if (!err && btf_index_names(b->btf)) {
		btf_free(b->btf);
		b->btf = NULL;
		err = -ENOMEM;
	}
	if (err) {
		base_free(raw);
		goto out;
	}
	b->raw = b->own_raw = raw;
	b->raw_size = st.st_size;
out:
	close(fd);
	return err;
}

void btf_object_fini(struct btf_object *b)
{
	btf_free(b->btf);
	base_free(b->own_raw);
}
