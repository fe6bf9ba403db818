// SPDX-License-Identifier: BSD-2-Clause
/*
 * A map's elements as a table, a histogram, or JSON. Counters are printed the
 * largest first, everything else by key; arrays leave out what is all zero.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json.h"
#include "btf/render.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cygnet/abi.h"

static bool is_array(const struct map_dump *d)
{
	return d->type == BPF_MAP_TYPE_ARRAY || d->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static u64 number(const void *p, u32 size)
{
	u64 v = 0;

	memcpy(&v, p, MIN(size, 8u));
	return v;
}

static bool all_zero(const u8 *p, u32 size)
{
	while (size && !*p)
		p++, size--;
	return !size;
}

/* Is the name one that histograms go by? */
static bool hist_name(const char *name)
{
	return strstr(name, "hist") || strstr(name, "slots");
}

/* A member array of integers named slots or hist in the value's type. */
static bool value_slots(const struct map_dump *d, struct table_slots *s)
{
	return table_find_slots(d->btf, d->value_type, "slots", s) ||
	       table_find_slots(d->btf, d->value_type, "hist", s);
}

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct map_dump *d = ctx;
	const struct element *x = a, *y = b;

	if (d->key_size <= 8) {
		u64 m = number(x->key, d->key_size), n = number(y->key, d->key_size);

		return m < n ? -1 : m > n ? 1 : 0;
	}
	return memcmp(x->key, y->key, d->key_size);
}

static int by_value(const void *a, const void *b, void *ctx)
{
	const struct map_dump *d = ctx;
	u64 x = number(((const struct element *)a)->value, d->value_size);
	u64 y = number(((const struct element *)b)->value, d->value_size);

	return x < y ? 1 : x > y ? -1 : by_key(a, b, ctx);
}

/* A map whose integers by index are the slots. */
static void whole_map_histogram(const struct map_dump *d, struct text *t)
{
	u64 slots[64] = {0};

	for (size_t i = 0; i < d->count; i++) {
		u64 k = number(d->elements[i].key, d->key_size);

		if (k < ARRAY_SIZE(slots))
			slots[k] = number(d->elements[i].value, d->value_size);
	}
	output_histogram(t, slots, ARRAY_SIZE(slots));
}

static void element_histograms(const struct map_dump *d, const struct table_slots *s,
			       struct text *t)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct element *e = &d->elements[i];
		u64 slots[64] = {0};

		for (u32 n = 0; n < s->count && n < ARRAY_SIZE(slots); n++)
			slots[n] = number((u8 *)e->value + s->off + n * s->size, s->size);
		if (!is_array(d) || d->count > 1) {
			text_puts(t, "  ");
			if (d->key_type && d->btf)
				btf_render_text(d->btf, d->key_type, e->key, d->key_size, t,
						BTF_RENDER_BARE);
			else
				btf_render_hex(e->key, d->key_size, t);
			text_puts(t, ":\n");
		}
		output_histogram(t, slots, MIN(s->count, (u32)ARRAY_SIZE(slots)));
	}
}

static void print_rows(const struct map_dump *d, struct text *t)
{
	struct table k = {0}, v = {0};
	bool typed = d->btf && d->key_type && d->value_type &&
		     !table_init(&k, d->btf, d->key_type, "key") &&
		     !table_init(&v, d->btf, d->value_type, "value");

	for (size_t i = 0; typed && i < d->count; i++) {
		table_measure(&k, d->elements[i].key, d->key_size);
		table_measure(&v, d->elements[i].value, d->value_size);
	}
	if (typed && d->count) {
		text_puts(t, "  ");
		table_header(&k, false, t);
		text_puts(t, "  ");
		table_header(&v, true, t);
		text_putc(t, '\n');
	}
	for (size_t i = 0; i < d->count; i++) {
		const struct element *e = &d->elements[i];

		text_puts(t, "  ");
		if (typed) {
			table_cells(&k, e->key, d->key_size, false, t);
			text_puts(t, "  ");
			table_cells(&v, e->value, d->value_size, true, t);
		} else {
			btf_render_hex(e->key, d->key_size, t);
			text_puts(t, ": ");
			btf_render_hex(e->value, d->value_size, t);
		}
		text_putc(t, '\n');
	}
	table_fini(&k);
	table_fini(&v);
}

static void map_json(const struct map_dump *d, struct text *t)
{
	struct json j;

	json_init(&j, t);
	json_object(&j);
	json_key(&j, "type");
	json_str(&j, "map");
	json_key(&j, "map");
	json_str(&j, d->name);
	json_key(&j, "entries");
	json_array(&j);
	for (size_t i = 0; i < d->count; i++) {
		const struct element *e = &d->elements[i];
		struct text h;

		json_object(&j);
		for (int part = 0; part < 2; part++) {
			u32 type = part ? d->value_type : d->key_type,
			    size = part ? d->value_size : d->key_size;
			void *data = part ? e->value : e->key;

			json_key(&j, part ? "value" : "key");
			if (d->btf && type) {
				btf_render_json(d->btf, type, data, size, &j);
				continue;
			}
			text_init_grow(&h);
			btf_render_hex(data, size, &h);
			json_str(&j, h.buf ? h.buf : "");
			text_fini(&h);
		}
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

/* Array elements that are all zero say nothing. */
static size_t drop_zeros(struct map_dump *d)
{
	size_t kept = 0, dropped;

	if (!is_array(d))
		return 0;
	for (size_t i = 0; i < d->count; i++) {
		struct element e = d->elements[i];

		if (all_zero(e.value, d->value_size))
			continue;
		d->elements[i] = d->elements[kept];
		d->elements[kept++] = e;
	}
	dropped = d->count - kept;
	d->count = kept;
	return dropped;
}

static void map_text(struct map_dump *d, struct text *t)
{
	bool counter =
		d->value_size <= 8 && d->value_type && table_is_integer(d->btf, d->value_type);
	size_t all = d->count, zeros;
	struct table_slots s;

	text_fmt(t, "\n%s", d->name);
	if (is_array(d) && counter && hist_name(d->name) && d->count <= 64) {
		text_puts(t, ":\n");
		whole_map_histogram(d, t);
		return;
	}
	zeros = drop_zeros(d);
	if (value_slots(d, &s)) {
		text_puts(t, ":\n");
		if (d->count)
			qsort_r(d->elements, d->count, sizeof(*d->elements), by_key, d);
		element_histograms(d, &s, t);
		d->count = all;
		return;
	}
	text_fmt(t, " (%llu element%s%s)%s\n", (unsigned long long)d->count,
		 d->count == 1 ? "" : "s",
		 zeros    ? ", the others zero"
		 : d->cut ? ", more are there"
			  : "",
		 d->count ? ":" : "");
	if (d->count)
		qsort_r(d->elements, d->count, sizeof(*d->elements),
			counter && !is_array(d) ? by_value : by_key, d);
	print_rows(d, t);
	d->count = all; /* the caller frees all of them */
}

void output_map(struct output *o, struct map_dump *d)
{
	struct text t;

	if (o->quiet)
		return;
	text_init_grow(&t);
	if (d->type == BPF_MAP_TYPE_STACK_TRACE)
		(o->json ? stacks_json : stacks_text)(d, &t);
	else if (o->json)
		map_json(d, &t);
	else
		map_text(d, &t);
	o->last_table = NULL;
	command_plain(&t, "\n\t");
	fwrite(t.buf, 1, t.len, o->f);
	text_fini(&t);
}
