/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a load at an offset of a kernel struct finds: the kernel's own walk
 * through members, nested structs, unions, arrays and bitfields, with its errors.
 * And when two types are the same, or one begins with the other.
 */
#ifndef BTF_WALK_H
#define BTF_WALK_H

#include "btf/btf.h"

enum btf_found {
	BTF_FOUND_SCALAR,
	BTF_FOUND_OBJECT, /* a pointer to a struct or union */
	BTF_FOUND_OTHER,  /* a pointer to anything else */
};

/* Type tags met behind a pointer, and what the way to it says. */
enum btf_found_flag {
	BTF_FOUND_USER = 1 << 0,
	BTF_FOUND_PERCPU = 1 << 1,
	BTF_FOUND_RCU = 1 << 2,
	BTF_FOUND_IN_UNION = 1 << 3, /* of several members: which one counts, nobody knows */
};

struct btf_access {
	enum btf_found found;
	u32 flags;         /* enum btf_found_flag */
	u32 type;          /* OBJECT: the struct, modifiers stripped */
	const char *field; /* the member's name; "" when anonymous */
};

enum btf_access_error {
	BTF_ACCESS_BEYOND,  /* access beyond struct %s at off %u size %u: EACCES */
	BTF_ACCESS_HOLE,    /* struct %s doesn't have field at offset %d: EINVAL */
	BTF_ACCESS_POINTER, /* cannot access ptr member %s with moff %u in struct %s with off %u
			       size %u: EACCES */
	BTF_ACCESS_MEMBER,  /* access beyond the end of member %s (mend:%u) in struct %s with off %u
			       size %u: EACCES */
	BTF_ACCESS_SIZE, /* type '%s' is not a struct, field %s doesn't have size: EINVAL, EFAULT */
};

struct btf_access_fault {
	enum btf_access_error what;
	const char *type, *field; /* the struct walked last; "(anon)" when it has no name */
	u32 off, size;            /* off: within that struct */
	u32 place;                /* POINTER: the member's offset; MEMBER: its end */
};

/* `size` bytes at `off` of struct or union `id`. 0, or -errno and *fault (may be NULL). */
int btf_struct_access(const struct btf_info *b, u32 id, u32 off, u32 size, struct btf_access *out,
		      struct btf_access_fault *fault);

/* The same type: of one BTF, or of two that share a base. */
bool btf_types_are_same(const struct btf_info *b1, u32 id1, const struct btf_info *b2, u32 id2);
/*
 * Does a pointer to `off` of struct `id` point to a `need_id`: that struct itself,
 * or one embedded there, or first in what is embedded there. strict: itself.
 */
bool btf_struct_ids_match(const struct btf_info *b, u32 id, u32 off, const struct btf_info *need_b,
			  u32 need_id, bool strict);
/* One's name is the other's and "___init": types that casts make equal but kfuncs tell apart. */
bool btf_names_alias(const struct btf_info *b1, u32 id1, const struct btf_info *b2, u32 id2);

/* Type tags between a pointer and what it points to, outermost first; enum btf_found_flag. */
u32 btf_pointer_tags(const struct btf_info *b, u32 ptr_id);
/* Through modifiers, one pointer, modifiers; 0: `id` is no pointer. *ptr (or NULL): its id. */
bool btf_pointee(const struct btf_info *b, u32 id, u32 *target);

/* A function's prototype: FUNC or FUNC_PROTO. */
struct btf_function {
	u32 proto;     /* FUNC_PROTO's id */
	u32 ret;       /* type returned; 0: void */
	u32 arg_count; /* variadic "..." included */
	bool variadic;
	const struct btf_param *args;
};

int btf_function_of(const struct btf_info *b, u32 id, struct btf_function *out); /* -EINVAL */
/* Does a name end in `suffix` ("__sz")? */
bool btf_name_ends(const char *name, const char *suffix);

#endif
