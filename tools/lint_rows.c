// SPDX-License-Identifier: BSD-2-Clause
/* Every row of the tables in core/ says in one line what it is: prints those that do not, exits 1.
 */
#include <stdio.h>
#include <string.h>

#include "core/attach.h"
#include "core/helper.h"
#include "core/kfunc.h"
#include "core/map.h"
#include "core/prog.h"

static int failed;

static void check(const char *table, const char *row, const char *doc)
{
	if (doc && *doc && !strchr(doc, '\n'))
		return;
	printf("%s: %s has no line of documentation\n", table, row ? row : "(nameless)");
	failed = 1;
}

int main(void)
{
	u32 helpers = 0, types = 0;

	core_helpers_init();
	for (u32 id = 0; id < 256; id++) {
		const struct helper_proto *p = core_helper(id);

		if (p) {
			check("helpers", p->name, p->doc);
			helpers++;
		}
	}
	if (core_helper_duplicate()) {
		printf("helpers: %s has two rows\n", core_helper(core_helper_duplicate())->name);
		failed = 1;
	}
	for (u32 i = 0; i < core_kfunc_count; i++) {
		const struct kfunc_proto *k = core_kfunc_at(i);

		check("kfuncs", k->name, k->doc);
		if (core_kfunc(k->name) != k) {
			printf("kfuncs: %s has two rows\n", k->name);
			failed = 1;
		}
	}
	for (u32 type = 0; type < 256; type++) {
		const struct prog_type_ops *p = core_prog_ops(type);

		if (p) {
			check("program types", p->name, p->doc);
			types++;
		}
	}
	for (u32 i = 0; i < core_event_source_count; i++)
		check("event sources", core_event_sources[i]->name, core_event_sources[i]->doc);
	if (!helpers || !core_kfunc_count || !types || !core_event_source_count) {
		printf("a table is empty\n");
		failed = 1;
	}
	return failed;
}
