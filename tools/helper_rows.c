// SPDX-License-Identifier: BSD-2-Clause
/* Prints docs/helpers.md: one row per helper, bodies here or not (make docs). */
#include <stdio.h>

#include <cygnet/abi.h>
#include "core/helper.h"
#include "core/prog.h"

static const char *argument(u32 arg)
{
	switch ((enum helper_arg)arg) {
	case ARG_NONE: return "";
	case ARG_ANY: return "any";
	case ARG_MAP: return "map";
	case ARG_MAP_KEY: return "key";
	case ARG_MAP_VALUE: return "value";
	case ARG_MAP_VALUE_WRITE: return "value, written";
	case ARG_MEM: return "memory";
	case ARG_MEM_OR_NULL: return "memory or NULL";
	case ARG_MEM_WRITE: return "memory, written";
	case ARG_MEM_WRITE_OR_NULL: return "memory, written, or NULL";
	case ARG_MEM_FIXED: return "fixed memory";
	case ARG_MEM_FIXED_WRITE: return "fixed memory, written";
	case ARG_SIZE: return "its size";
	case ARG_SIZE_OR_ZERO: return "its size or 0";
	case ARG_ALLOC_SIZE: return "constant size";
	case ARG_CTX: return "context";
	case ARG_FUNC: return "function";
	case ARG_STACK_OR_NULL: return "stack or NULL";
	case ARG_CONST_STR: return "constant string";
	case ARG_SPIN_LOCK: return "spin lock";
	case ARG_RINGBUF_MEM: return "ring buffer record";
	case ARG_BTF_PTR: return "kernel object";
	case ARG_MEM_CHANGE: return "memory, changed";
	case ARG_MEM_FIXED_CHANGE: return "fixed memory, changed";
	case ARG_MAP_VALUE_OR_NULL: return "value or NULL";
	case ARG_CTX_OR_NULL: return "context or NULL";
	case ARG_BTF_PTR_OR_NULL: return "kernel object or NULL";
	case ARG_BTF_RELEASED_OR_NULL: return "kernel object, given away, or NULL";
	case ARG_BTF_SOCK_COMMON: return "socket";
	case ARG_BTF_SOCK_COMMON_OR_NULL: return "socket or NULL";
	case ARG_SOCK_COMMON: return "socket";
	case ARG_SOCK_OR_NULL: return "socket or NULL";
	case ARG_PERCPU_BTF: return "per-CPU variable";
	case ARG_DYNPTR: return "dynptr";
	case ARG_DYNPTR_NEW_LOCAL:
	case ARG_DYNPTR_NEW_RINGBUF: return "dynptr, made";
	case ARG_DYNPTR_RINGBUF: return "dynptr of a record";
	case ARG_TIMER: return "timer";
	case ARG_KPTR: return "kernel object's field";
	}
	return "?";
}

/* Text in a cell: a bar would end it. */
static void print_text(const char *s)
{
	for (; *s; s++)
		printf(*s == '|' ? "\\%c" : "%c", *s);
}

/* The kinds of arguments that a row shows, one after the other. */
static void print_arguments(const struct helper_proto *p)
{
	for (u32 i = 0; i < 5 && p->args[i] != ARG_NONE; i++)
		printf("%s%s", i ? "; " : "", argument(p->args[i]));
}

/* How many of the program types there are may call it. */
static void print_types(const struct helper_proto *p)
{
	u32 may = 0, all = 0;

	for (u32 t = 0; t < 256; t++) {
		const struct prog_type_ops *type = core_prog_ops(t);

		all += type != NULL;
		may += type && type->allows(p, 0);
	}
	if (may == all)
		printf("all");
	for (u32 t = 0, n = 0; may < all && t < 256; t++) {
		const struct prog_type_ops *type = core_prog_ops(t);

		if (type && type->allows(p, 0))
			printf("%s%s", n++ ? ", " : "", type->name);
	}
}

int main(void)
{
	u32 count = 0, bodies = 0;

	core_helpers_init();
	for (u32 id = 0; id < 256; id++) {
		count += core_helper(id) != NULL;
		bodies += core_helper(id) && core_helper(id)->fn;
	}
	printf("# Helpers\n\n"
	       "The %u helpers that programs may call, from their tables (`make docs`). *Body*: "
	       "the "
	       "%u that\n"
	       "do it here; a program may call the others too, and its run ends there with the "
	       "helper's name.\n"
	       "*Since* is the first kernel that has it, where that is later than 4.18; *GPL*: "
	       "only programs\n"
	       "of a GPL-compatible license may call it.\n\n"
	       "| helper | id | what it does | arguments | program types | body | since | GPL |\n"
	       "|---|---|---|---|---|---|---|---|\n",
	       count, bodies);
	for (u32 id = 0; id < 256; id++) {
		const struct helper_proto *p = core_helper(id);

		if (!p)
			continue;
		printf("| %s | %u | ", p->name, p->id);
		print_text(p->doc);
		printf(" | ");
		print_arguments(p);
		printf(" | ");
		print_types(p);
		printf(" | %s | ", p->fn ? "yes" : "");
		if (p->since)
			printf("%u.%u", p->since >> 8, p->since & 255);
		printf(" | %s |\n", p->flags & HELPER_GPL_ONLY ? "yes" : "");
	}
	return 0;
}
