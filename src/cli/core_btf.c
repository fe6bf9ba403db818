// SPDX-License-Identifier: BSD-2-Clause
/*
 * The kernel BTF that an object's CO-RE relocations need. The whole of it takes
 * libbpf 13 ms to index; reduced to the types an object names it is some
 * kilobytes, made once and kept in the cache under the kernel and the names.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/vec.h"
#include "btf/reduce.h"
#include "cli/command.h"
#include "cli/compile.h"
#include "cli/core_btf.h"

#define HOST_BTF "/sys/kernel/btf/vmlinux"

/* A whole file; base_free() it. NULL when it cannot be read. */
static void *slurp(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	VEC(u8) v = {0};
	ssize_t n = fd < 0 ? -1 : 1;
	size_t room = 1 << 16;
	struct stat st;

	/* All of it and its end in one piece, when its size is known. */
	if (fd >= 0 && !fstat(fd, &st) && st.st_size > 0 && st.st_size < 1 << 30)
		room = (size_t)st.st_size + 1;
	while (n > 0) {
		if (vec_reserve(&v, room))
			break;
		n = read(fd, v.data + v.len, room);
		if (n > 0)
			v.len += n;
	}
	if (fd >= 0)
		close(fd);
	if (n != 0) {
		vec_fini(&v);
		return NULL;
	}
	*size = v.len;
	return v.data;
}

/* What the cached file's name stands for: this kernel, this BTF file, these names. */
static u64 cache_key(const char *btf, const struct btf_names *names)
{
	struct utsname u;
	struct stat st;
	u64 key;

	uname(&u);
	if (stat(btf, &st))
		memset(&st, 0, sizeof(st));
	key = hash_bytes(btf, strlen(btf), st.st_size);
	key = hash_bytes(u.release, strlen(u.release), key);
	key = hash_bytes(u.version, strlen(u.version), key);
	if (strcmp(btf, HOST_BTF))
		key = hash_bytes(&st.st_mtim, sizeof(st.st_mtim), key);
	for (u32 i = 0; i < names->count; i++)
		key = hash_bytes(names->data[i], strlen(names->data[i]) + 1, key);
	return key + names->keep_ids;
}

/* Written beside and renamed, so that no reader sees half of it. */
static int store(const char *path, const void *data, size_t size)
{
	char tmp[PATH_MAX + 32];
	int fd, err = 0;

	snprintf(tmp, sizeof(tmp), "%s.%d", path, getpid());
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (write(fd, data, size) != (ssize_t)size)
		err = -EIO;
	if (close(fd))
		err = err ?: -errno;
	if (!err && rename(tmp, path))
		err = -errno;
	if (err)
		unlink(tmp);
	return err;
}

static int reduce(const char *btf, const struct btf_names *names, const char *path)
{
	struct btf_info *full = NULL;
	void *raw, *blob = NULL;
	size_t size;
	u32 len;
	int err;

	raw = slurp(btf, &size);
	if (!raw)
		return -ENOENT;
	err = size > UINT32_MAX ? -EFBIG : btf_view(raw, size, NULL, &full);
	if (!err)
		err = btf_reduce(full, names, &blob, &len);
	if (!err)
		err = store(path, blob, len);
	base_free(blob);
	btf_free(full);
	base_free(raw);
	return err;
}

int core_btf_for(const char *object, const char *btf, char *path, size_t size)
{
	const char *cache = compile_cache();
	struct btf_names names = {0};
	size_t elf_size;
	void *elf;
	int err;

	if ((btf && !strcmp(btf, "none")) || (!btf && access(HOST_BTF, R_OK)))
		return command_find_part("fallback/vmlinux.btf", path, size) ? -ENOENT : 0;
	if (!btf)
		btf = HOST_BTF;
	elf = slurp(object, &elf_size);
	if (!elf)
		return -ENOENT;
	err = btf_core_names_elf(elf, elf_size, &names);
	if (!err && !names.count)
		err = -ENOENT;
	if (!err && !cache)
		err = -ENOENT; /* nowhere to put it: libbpf reads the whole */
	if (!err) {
		snprintf(path, size, "%s/core-%016llx.btf", cache,
			 (unsigned long long)cache_key(btf, &names));
		if (access(path, R_OK))
			err = reduce(btf, &names, path);
	}
	btf_names_free(&names);
	base_free(elf);
	if (err && strcmp(btf, HOST_BTF)) {
		/* A file the user named: libbpf shall say what is wrong with it. */
		snprintf(path, size, "%s", btf);
		return 0;
	}
	return err;
}
