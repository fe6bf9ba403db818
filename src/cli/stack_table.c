// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stacks by id, innermost frame first: addresses, and what is known of the
 * code there. An address behind the first is where a call returns to, so the
 * byte before it is looked up: a call may be a function's last instruction.
 */
#include <string.h>

#include "base/json.h"
#include "cli/output.h"
#include "cygnet/abi.h"

/* Frame `i`'s address; 0: there are no more. */
static u64 frame_at(const struct map_dump *d, const struct element *e, u32 i)
{
	u32 record = d->build_ids ? sizeof(struct bpf_stack_build_id) : sizeof(u64);
	struct bpf_stack_build_id b;
	u64 ip;

	if ((u64)(i + 1) * record > d->value_size)
		return 0;
	memcpy(d->build_ids ? (void *)&b : (void *)&ip, (u8 *)e->value + i * record, record);
	if (d->build_ids)
		ip = b.status == BPF_STACK_BUILD_ID_EMPTY ? 0 : b.ip;
	return ip;
}

static u32 stack_id(const struct element *e)
{
	u32 id;

	memcpy(&id, e->key, sizeof(id));
	return id;
}

static void find(struct symbols *s, u64 ip, u32 frame, struct symbol_place *p)
{
	bool is_return = frame > 0;

	*p = (struct symbol_place){0};
	if (!s)
		return;
	symbols_find(s, ip - is_return, p);
	p->offset += p->file && is_return;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A name from a file that may be anyone's. */
static void put_name(struct text *t, const char *s)
{
	for (; *s; s++)
		text_putc(t, (u8)*s < ' ' || *s == 0x7f ? '?' : *s);
}

static void frame_text(struct symbols *s, u64 ip, u32 frame, struct text *t)
{
	struct symbol_place p;

	find(s, ip, frame, &p);
	text_fmt(t, "    %016llx", (unsigned long long)ip);
	if (p.file) {
		text_putc(t, ' ');
		put_name(t, p.name ? p.name : base_name(p.file));
		text_fmt(t, "+0x%llx", (unsigned long long)p.offset);
	}
	if (p.name) {
		text_puts(t, " (");
		put_name(t, base_name(p.file));
		text_putc(t, ')');
	}
	text_putc(t, '\n');
}

static void frame_json(struct symbols *s, u64 ip, u32 frame, struct json *j)
{
	char hex[24];
	struct symbol_place p;

	find(s, ip, frame, &p);
	snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)ip);
	json_object(j);
	json_key(j, "ip");
	json_str(j, hex);
	if (p.name) {
		json_key(j, "symbol");
		json_str(j, p.name);
	}
	if (p.file) {
		json_key(j, "offset");
		json_u64(j, p.offset);
		json_key(j, "file");
		json_str(j, p.file);
	}
	json_end_object(j);
}

void stacks_text(const struct map_dump *d, struct text *t)
{
	u64 ip;

	text_fmt(t, "\n%s (%llu stack%s%s)%s\n", d->name, (unsigned long long)d->count,
		 d->count == 1 ? "" : "s", d->cut ? ", more are there" : "", d->count ? ":" : "");
	for (size_t i = 0; i < d->count; i++) {
		text_fmt(t, "  %u:\n", stack_id(&d->elements[i]));
		for (u32 f = 0; (ip = frame_at(d, &d->elements[i], f)); f++)
			frame_text(d->symbols, ip, f, t);
	}
}

void stacks_json(const struct map_dump *d, struct text *t)
{
	struct json j;
	u64 ip;

	json_init(&j, t);
	json_object(&j);
	json_key(&j, "type");
	json_str(&j, "map");
	json_key(&j, "map");
	json_str(&j, d->name);
	json_key(&j, "entries");
	json_array(&j);
	for (size_t i = 0; i < d->count; i++) {
		json_object(&j);
		json_key(&j, "key");
		json_u64(&j, stack_id(&d->elements[i]));
		json_key(&j, "value");
		json_array(&j);
		for (u32 f = 0; (ip = frame_at(d, &d->elements[i], f)); f++)
			frame_json(d->symbols, ip, f, &j);
		json_end_array(&j);
		json_end_object(&j);
	}
	json_end_array(&j);
	if (d->cut) {
		json_key(&j, "cut");
		json_bool(&j, true);
	}
	json_end_object(&j);
	text_putc(t, '\n');
}
