/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A growable array of any element type:
 *
 *	VEC(int) v = {0};
 *	if (vec_push(&v, 7)) return -ENOMEM;
 *	vec_each(&v, i) use(v.data[i]);
 *	vec_fini(&v);
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include "base/alloc.h"

#define VEC(type)                \
	struct {                 \
		type *data;      \
		size_t len, cap; \
	}

/* Makes room for `n` more; 0 or -ENOMEM. */
#define vec_reserve(v, n) \
	vec_grow_((void **)&(v)->data, &(v)->cap, (v)->len + (n), sizeof(*(v)->data))
/* Appends a value; 0 or -ENOMEM. */
#define vec_push(v, ...) (vec_reserve(v, 1) ?: ((v)->data[(v)->len++] = (__VA_ARGS__), 0))
#define vec_each(v, i)   for (size_t i = 0; i < (v)->len; i++)
#define vec_fini(v)      (base_free((v)->data), (v)->data = NULL, (v)->len = (v)->cap = 0)

int vec_grow_(void **data, size_t *cap, size_t need, size_t elem);

#endif
