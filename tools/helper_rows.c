// SPDX-License-Identifier: BSD-2-Clause
/* Prints docs/helpers.md: one row per helper that has a body here (make docs). */
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
	u32 count = 0;

	core_helpers_init();
	for (u32 id = 0; id < 256; id++)
		count += core_helper(id) != NULL;
	printf("# Helpers\n\n"
	       "The %u helpers that programs may call, from their tables (`make docs`). *Since* is "
	       "the\n"
	       "first kernel that has it, where that is later than 4.18; *GPL*: only programs of "
	       "a\n"
	       "GPL-compatible license may call it.\n\n"
	       "| helper | id | what it does | arguments | program types | since | GPL |\n"
	       "|---|---|---|---|---|---|---|\n",
	       count);
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
		printf(" | ");
		if (p->since)
			printf("%u.%u", p->since >> 8, p->since & 255);
		printf(" | %s |\n", p->flags & HELPER_GPL_ONLY ? "yes" : "");
	}
	return 0;
}
