// SPDX-License-Identifier: BSD-2-Clause
/* Registers: made, and printed as the kernel's log has them. */
#include "base/vec.h"
#include "btf/btf.h"
#include "verify/reg.h"
#include "verify/verify.h"

struct vreg vreg_unknown(void)
{
	return (struct vreg){.type = REG_SCALAR, .s = scalar_unknown()};
}

struct vreg vreg_const(u64 value)
{
	return (struct vreg){.type = REG_SCALAR, .s = scalar_const(value)};
}

struct vreg vreg_not_init(void)
{
	return (struct vreg){.type = REG_NOT_INIT, .s = scalar_unknown()};
}

struct vreg vreg_pointer(u32 type)
{
	return (struct vreg){.type = type, .s = scalar_const(0)};
}

static const char *const kind_names[] = {
	[REG_NOT_INIT] = "?",
	[REG_SCALAR] = "scalar",
	[REG_CTX] = "ctx",
	[REG_MAP_PTR] = "map_ptr",
	[REG_MAP_VALUE] = "map_value",
	[REG_MAP_KEY] = "map_key",
	[REG_STACK] = "fp",
	[REG_PACKET_META] = "pkt_meta",
	[REG_PACKET] = "pkt",
	[REG_PACKET_END] = "pkt_end",
	[REG_FLOW_KEYS] = "flow_keys",
	[REG_SOCKET] = "sock",
	[REG_SOCK_COMMON] = "sock_common",
	[REG_TCP_SOCK] = "tcp_sock",
	[REG_TP_BUFFER] = "tp_buffer",
	[REG_XDP_SOCK] = "xdp_sock",
	[REG_BTF_ID] = "ptr_",
	[REG_MEM] = "mem",
	[REG_ARENA] = "arena",
	[REG_BUF] = "buf",
	[REG_FUNC] = "func",
	[REG_DYNPTR] = "dynptr_ptr",
};

static const struct {
	u32 flag;
	const char *name;
} prefixes[] = {
	{REG_RDONLY, "rdonly_"},   {REG_RINGBUF, "ringbuf_"}, {REG_USER, "user_"},
	{REG_PERCPU, "percpu_"},   {REG_RCU, "rcu_"},         {REG_UNTRUSTED, "untrusted_"},
	{REG_TRUSTED, "trusted_"},
};

void reg_type_format(struct text *t, u32 type)
{
	u32 kind = reg_kind(type);

	for (u32 i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (type & prefixes[i].flag)
			text_puts(t, prefixes[i].name);
	text_puts(t, kind < ARRAY_SIZE(kind_names) && kind_names[kind] ? kind_names[kind] : "?");
	if (type & REG_MAYBE_NULL)
		text_puts(t, kind == REG_BTF_ID ? "or_null_" : "_or_null");
}

struct reg_type_name reg_type_name(u32 type)
{
	struct reg_type_name name;
	struct text t;

	text_init(&t, name.s, sizeof(name.s));
	reg_type_format(&t, type);
	return name;
}

const char *dynptr_kind_name(u32 kind)
{
	static const char *const names[] = {
		[DYNPTR_LOCAL] = "local", [DYNPTR_RINGBUF] = "ringbuf",   [DYNPTR_SKB] = "skb",
		[DYNPTR_XDP] = "xdp",     [DYNPTR_SKB_META] = "skb_meta", [DYNPTR_FILE] = "file",
	};

	return kind < ARRAY_SIZE(names) && names[kind] ? names[kind] : "<invalid>";
}

/* One "name=number" of the list in parentheses. */
static void format_part(struct text *t, const char **sep, const char *name, s64 value)
{
	text_fmt(t, "%s%s=", *sep, name);
	scalar_format_number(t, (u64)value, true);
	*sep = ",";
}

static void format_count(struct text *t, const char **sep, const char *name, u64 value)
{
	text_fmt(t, "%s%s=", *sep, name);
	scalar_format_number(t, value, false);
	*sep = ",";
}

static void format_identity(struct text *t, const struct vreg *r, const char **sep)
{
	if (r->id) {
		text_fmt(t, "%sid=%u", *sep, r->id & REG_ID_MASK);
		*sep = ",";
	}
	if (r->id & REG_ADD_CONST)
		text_fmt(t, "%+d", r->off);
	if (r->ref) {
		text_fmt(t, "%sref_obj_id=%u", *sep, r->ref);
		*sep = ",";
	}
	if (r->type & REG_NON_OWN) {
		text_fmt(t, "%snon_own_ref", *sep);
		*sep = ",";
	}
}

static void format_map(struct text *t, const struct vreg *r, const char **sep)
{
	if (!r->map)
		return;
	if (r->map->name && r->map->name[0]) {
		text_fmt(t, "%smap=%s", *sep, r->map->name);
		*sep = ",";
	}
	text_fmt(t, "%sks=%u,vs=%u", *sep, r->map->key_size, r->map->value_size);
	*sep = ",";
}

static void format_pointer(struct text *t, const struct vreg *r, const char **sep)
{
	u32 kind = reg_kind(r->type);

	if (kind == REG_MAP_PTR || kind == REG_MAP_KEY || kind == REG_MAP_VALUE)
		format_map(t, r, sep);
	if (r->off)
		format_part(t, sep, "off", r->off);
	if (reg_is_packet(r->type))
		format_count(t, sep, "r", (u64)(s32)r->range);
	if (kind == REG_MEM)
		format_count(t, sep, "sz", r->mem_size);
	if (kind == REG_DYNPTR) {
		text_fmt(t, "%stype=%s", *sep, dynptr_kind_name(r->dynptr_kind));
		*sep = ",";
	}
}

void vreg_format(struct text *t, const struct vreg *r, u32 frame)
{
	const char *sep = "";

	if (r->type == REG_SCALAR && r->precise)
		text_putc(t, 'P');
	if (r->type == REG_SCALAR && reg_is_const(r)) {
		scalar_format_number(t, r->s.bits.value, true);
		return;
	}
	reg_type_format(t, r->type);
	if (r->type == REG_ARENA)
		return;
	if (r->type == REG_STACK) {
		if (r->frame != frame)
			text_fmt(t, "[%u]", r->frame);
		if (reg_is_const(r)) {
			scalar_format_number(t, r->s.bits.value + (s64)r->off, true);
			return;
		}
	}
	if (reg_kind(r->type) == REG_BTF_ID && r->btf)
		text_puts(t, btf_name(r->btf, r->btf_id));
	text_putc(t, '(');
	format_identity(t, r, &sep);
	if (r->type != REG_SCALAR)
		format_pointer(t, r, &sep);
	if (!reg_is_const(r))
		scalar_format_parts(t, &r->s, &sep);
	else if (r->s.bits.value)
		format_part(t, &sep, "imm", (s64)r->s.bits.value);
	text_putc(t, ')');
}
