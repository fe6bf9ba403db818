/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a run says, as text or JSON Lines. Text: printk lines, records as one
 * aligned table per record type (a header line when the type changes), maps as
 * tables or histograms. Data to the output file, notices to stderr.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>
#include "base/text.h"
#include "btf/btf.h"
#include "cli/table.h"
#include "core/note.h"
#include "core/world_page.h"
#include "cli/symbols.h"

struct output {
	FILE *f;
	bool json;
	bool quiet;
	const void *last_table; /* whose header stands above */
};

/* What a stream's records are: one per map. */
struct record_type {
	const char *map;
	const struct btf_info *btf; /* NULL: hex */
	u32 type_id;                /* 0: hex */
	struct table table;
};

/* `file` NULL: stdout. 0 or an exit status after the message. */
int output_open(struct output *o, const char *file, bool json, bool quiet);
int output_close(struct output *o); /* reports write errors: exit status */

void output_trace(struct output *o, const struct note *n);
void output_record(struct output *o, struct record_type *rt, const void *data, u32 size);
void output_lost(struct output *o, const char *map, u64 count);
void output_untraced(struct output *o, const struct note *n);
void output_fault(struct output *o, const char *prog, const struct world_fault *f,
		  const char *source);
/* recursion misses, unanswered questions: "NAME: N WHAT" */
void output_count(struct output *o, const char *prog, const char *what, u64 count);

void record_type_init(struct record_type *rt, const char *map, const struct btf_info *btf,
		      u32 type_id);
void record_type_fini(struct record_type *rt);

/* One element of a map, collected before printing. */
struct element {
	void *key, *value;
};

struct map_dump {
	const char *name;
	u32 type; /* BPF_MAP_TYPE_* */
	u32 key_size, value_size;
	const struct btf_info *btf; /* NULL: hex */
	u32 key_type, value_type;   /* 0: hex */
	struct element *elements;
	size_t count;
	bool cut;                /* more elements than were read */
	bool build_ids;          /* stacks: records with build ids */
	struct symbols *symbols; /* stacks: names of their frames, or NULL */
};

void output_map(struct output *o, struct map_dump *d);
/* What output_map() writes of stack traces (stack_table.c). */
void stacks_text(const struct map_dump *d, struct text *t);
void stacks_json(const struct map_dump *d, struct text *t);

/*
 * A histogram of log2 slots: slot n counts values in [2^n, 2^(n+1)). Appends
 * the table with bars to `out`.
 */
void output_histogram(struct text *out, const u64 *slots, size_t n);

#endif
