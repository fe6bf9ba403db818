// SPDX-License-Identifier: BSD-2-Clause
/* Log2 histograms as BPF tools draw them: range, count, bar. */
#include "cli/output.h"

#define BAR 40

static void bound(struct text *out, u64 v)
{
	static const char units[] = " KMGTPE";
	int u = 0;

	while (v >= 1024 && v % 1024 == 0 && units[u + 1]) {
		v /= 1024;
		u++;
	}
	text_fmt(out, "%llu", (unsigned long long)v);
	if (u)
		text_putc(out, units[u]);
}

static void range(struct text *out, size_t slot)
{
	char buf[48];
	struct text t;

	text_init(&t, buf, sizeof(buf));
	if (slot == 0) {
		text_puts(&t, "[0, 2)");
	} else {
		text_putc(&t, '[');
		bound(&t, 1ull << slot);
		text_puts(&t, ", ");
		if (slot < 63)
			bound(&t, 1ull << (slot + 1));
		else
			text_puts(&t, "...");
		text_putc(&t, ')');
	}
	text_fmt(out, "  %-16s", buf);
}

void output_histogram(struct text *out, const u64 *slots, size_t n)
{
	size_t first = 0, last = n;
	u64 max = 0;

	n = MIN(n, 64u);
	while (first < n && !slots[first])
		first++;
	for (last = n; last > first && !slots[last - 1];)
		last--;
	if (first == last) {
		text_puts(out, "  (no values)\n");
		return;
	}
	for (size_t i = first; i < last; i++)
		max = MAX(max, slots[i]);
	text_fmt(out, "  %-16s %10s\n", "range", "count");
	for (size_t i = first; i < last; i++) {
		/* Counts are near 2^64 only in hostile maps; the bar must not overflow then. */
		size_t stars = max < 1ull << 56 ? slots[i] * BAR / max : slots[i] / (max / BAR);

		range(out, i);
		text_fmt(out, " %10llu |", (unsigned long long)slots[i]);
		text_pad(out, '@', MIN(stars, (size_t)BAR));
		text_pad(out, ' ', BAR - MIN(stars, (size_t)BAR));
		text_puts(out, "|\n");
	}
}
