/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements of maps as commands handle them: what element and batch commands share. */
#ifndef SYS_ELEMENT_H
#define SYS_ELEMENT_H

#include "sys/call.h"

/* Room for one key and one value (all cpus' of per-CPU types), zeroed; small ones need no
 * allocation. */
struct element_buf {
	u8 *key, *value, *heap;
	u32 value_size;
	u8 space[1024] __attribute__((aligned(8)));
};

int element_buf_init(struct element_buf *b, const struct map_object *m);
void element_buf_fini(struct element_buf *b);

/* BPF_F_LOCK needs a lock in the value: 0 or -EINVAL. */
int element_check_lock(const struct map_object *m, u64 flags);
/* The type's update and delete, with the references that elements of some types hold. */
int element_update(struct call *k, struct map_object *m, const u8 *key, const u8 *value, u64 flags);
int element_delete(struct call *k, struct map_object *m, const u8 *key);

/* Types whose elements stand for other objects (element_object.c): their update and delete. */
bool element_is_object(const struct map_object *m);
int element_put_object(struct call *k, struct map_object *m, const u8 *key, const u8 *value,
		       u64 flags);
int element_drop_object(struct call *k, struct map_object *m, const u8 *key);
/* A key that is a descriptor must be of what has the type's values: 0, -EBADF, -ENOTSOCK. */
int element_check_key(struct call *k, const struct map_object *m, const u8 *key);

#endif
