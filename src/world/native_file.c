// SPDX-License-Identifier: BSD-2-Clause
/*
 * Code of several programs in one file. Programs are told apart by object id, which
 * is never used again, so a file is good for as long as anybody asks for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "vm/engine.h"
#include "world/native_file.h"

#define PAGE      4096u
#define CODE_MOST (256u << 20)

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u
#endif

static void file_fini(struct native_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	vec_fini(&f->ids);
	vec_fini(&f->at);
	*f = (struct native_file){.fd = -1};
}

void native_files_fini(struct native_files *all)
{
	for (u32 i = 0; i < all->used; i++)
		file_fini(&all->file[i]);
	all->used = 0;
}

/* Never executable as a file: where vm.memfd_noexec is 2 there are no others. */
static int make_fd(void)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("cygnet-code", flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("cygnet-code", flags);
	return fd < 0 ? -errno : fd;
}

static int write_file(struct native_file *f, const u8 *bytes)
{
	int fd = make_fd();

	if (fd < 0)
		return fd;
	for (u32 done = 0; done < f->code_size;) {
		ssize_t n = write(fd, bytes + done, f->code_size - done);

		if (n < 0) {
			int err = -errno;

			close(fd);
			return err;
		}
		done += (u32)n;
	}
	fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	f->fd = fd;
	return 0;
}

/* Places for what has code: sizes. */
static int lay_out(struct native_file *f, struct prog_object *const *progs, u32 count)
{
	u64 code = 0, table = 0;

	for (u32 i = 0; i < count; i++) {
		struct native_at at = {.code = prog_object_target_code(progs[i])};

		if (at.code && code + at.code->size > CODE_MOST)
			at.code = NULL;
		if (at.code) {
			at.offset = (u32)code;
			at.table = (u32)table;
			code += ROUND_UP(at.code->size, 64u);
			table += at.code->slot_count * 8ull;
		}
		if (vec_push(&f->at, at) || vec_push(&f->ids, progs[i]->o.id))
			return -ENOMEM;
	}
	f->code_size = (u32)ROUND_UP(code, (u64)PAGE);
	f->table_size = (u32)ROUND_UP(table, (u64)PAGE);
	return 0;
}

static int make(struct native_file *f, struct prog_object *const *progs, u32 count)
{
	int err = lay_out(f, progs, count);
	u8 *bytes;

	if (err || !f->code_size)
		return err;
	bytes = base_alloc(f->code_size);
	if (!bytes)
		return -ENOMEM;
	memset(bytes, 0xcc, f->code_size);
	vec_each (&f->at, i) {
		const struct native_at *at = &f->at.data[i];

		if (at->code)
			jit_place(at->code, (s64)f->code_size + at->table - at->offset,
				  bytes + at->offset);
	}
	err = write_file(f, bytes);
	base_free(bytes);
	return err;
}

static bool is_of(const struct native_file *f, struct prog_object *const *progs, u32 count)
{
	if (f->ids.len != count)
		return false;
	for (u32 i = 0; i < count; i++)
		if (f->ids.data[i] != progs[i]->o.id)
			return false;
	return true;
}

int native_file_get(struct native_files *all, struct prog_object *const *progs, u32 count,
		    const struct native_file **out)
{
	struct native_file made = {.fd = -1};
	u32 at;
	int err;

	for (u32 i = 0; i < all->used; i++)
		if (is_of(&all->file[i], progs, count)) {
			*out = &all->file[i];
			return 0;
		}
	err = make(&made, progs, count);
	if (err) {
		file_fini(&made);
		return err;
	}
	at = all->used < NATIVE_FILES ? all->used : all->next++ % NATIVE_FILES;
	if (at < all->used)
		file_fini(&all->file[at]);
	else
		all->used++;
	all->file[at] = made;
	*out = &all->file[at];
	return 0;
}
