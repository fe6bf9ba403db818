// SPDX-License-Identifier: BSD-2-Clause
/*
 * btf_parse() against BPF_BTF_LOAD: verdict, errno and the whole log. What the
 * 6.18 kernel said of some hundred blobs is stored (tests/data/btf_load.facts;
 * this program with an argument N prints it anew from N random ones); where the
 * running kernel may be asked, it is asked about more. Mutants of everything
 * must neither crash the check nor the accessors.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "btf/render.h"
#include "btf_gen.h"
#include "btf_host.h"

#define FACTS   "tests/data/btf_load.facts"
#define LOG_MAX (1 << 20)

static struct gen gen;
static u8 blob[GEN_MAX];
static char kernel_log[LOG_MAX];

static int kernel_load(const void *raw, u32 size)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.btf = ptr_to_u64(raw);
	attr.btf_size = size;
	attr.btf_log_level = 1;
	attr.btf_log_buf = ptr_to_u64(kernel_log);
	attr.btf_log_size = sizeof(kernel_log);
	kernel_log[0] = 0;
	fd = syscall(SYS_bpf, BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* Our verdict; the log into `log`, which is the caller's to end. */
static int our_load(const void *raw, u32 size, struct text *log)
{
	struct btf_info *b = NULL;
	int err;

	text_init_grow(log);
	err = btf_parse(raw, size, NULL, &b, NULL, log);
	btf_free(b);
	return err;
}

/* --- facts: "ERRNO HEX-OF-THE-BLOB\tLAST LINE OF THE LOG" ------------------------------------- */

static const char *last_line(const char *log)
{
	size_t len = strlen(log);

	while (len && log[len - 1] == '\n')
		len--;
	while (len && log[len - 1] != '\n')
		len--;
	return log + len;
}

/*
 * The same words for the same message, whatever its numbers and names are: of
 * "[3] KIND name detail=1 MESSAGE" the kind and the message.
 */
static void template_of(int err, const char *log, char *out, size_t size)
{
	const char *line = last_line(log), *word = line;
	size_t len = strcspn(line, "\n"), n = snprintf(out, size, "%d ", err);

	if (*line == '[') {
		const char *kind = line + strcspn(line, " ") + 1;

		n += snprintf(out + n, size - n, "%.*s ", (int)strcspn(kind, " \n"), kind);
		word = kind + strcspn(kind, " \n");
		word += *word == ' ';
		word += strcspn(word, " \n");
	}
	for (const char *p = line; p < line + len; p++)
		if (*p == '=' || *p == ')')
			word = p + strcspn(p, " \n");
	for (; word < line + len && n + 1 < size; word++)
		if (*word < '0' || *word > '9')
			out[n++] = *word;
	out[n] = 0;
}

static int record(unsigned long count)
{
	static struct {
		char template[220];
		u32 size[3];
		u64 seed[3];
	} kept[1000];
	u32 n = 0;

	for (u64 seed = 0; seed < count; seed++) {
		u32 size = gen_any(&gen, seed, blob), k, slot = 0;
		char template[220];

		template_of(kernel_load(blob, size), kernel_log, template, 200);
		if (seed % 4 == 0) /* the log says nothing of these */
			strcat(template, "special");
		for (k = 0; k < n && strcmp(kept[k].template, template); k++)
			;
		if (k == ARRAY_SIZE(kept))
			continue;
		if (k == n) {
			strcpy(kept[n++].template, template);
			memset(kept[k].size, 0xff, sizeof(kept[k].size));
		}
		for (u32 i = 1; i < 3; i++)
			if (kept[k].size[i] > kept[k].size[slot])
				slot = i;
		if (kept[k].size[slot] > size) {
			kept[k].size[slot] = size;
			kept[k].seed[slot] = seed;
		}
	}
	for (u32 k = 0; k < n; k++)
		for (u32 i = 0; i < 3 && kept[k].size[i] != ~0u; i++) {
			u32 size = gen_any(&gen, kept[k].seed[i], blob);
			const char *line;

			printf("%d ", kernel_load(blob, size));
			for (u32 b = 0; b < size; b++)
				printf("%02x", blob[b]);
			line = last_line(kernel_log);
			printf("\t%.*s\n", (int)strcspn(line, "\n"), line);
		}
	return 0;
}

static void test_stored_verdicts(void **state)
{
	FILE *f = fopen(FACTS, "r");
	char *line = NULL;
	size_t cap = 0;
	int wrong = 0, count = 0;

	assert_non_null(f);
	while (getline(&line, &cap, f) > 0) {
		char *hex = strchr(line, ' ') + 1, *want = strchr(line, '\t') + 1;
		u32 size = (want - 1 - hex) / 2;
		struct text log;
		int err;

		for (u32 i = 0; i < size; i++) {
			unsigned int byte;

			sscanf(hex + 2 * i, "%2x", &byte);
			blob[i] = byte;
		}
		want[strcspn(want, "\n")] = 0;
		err = our_load(blob, size, &log);
		hex = log.buf + (last_line(log.buf) - log.buf);
		hex[strcspn(hex, "\n")] = 0;
		if (err != atoi(line) || strcmp(hex, want)) {
			print_message("# fact %d: %d %s\n# ours: %d %s\n", count + 1, atoi(line),
				      want, err, hex);
			wrong++;
		}
		text_fini(&log);
		count++;
	}
	free(line);
	fclose(f);
	assert_int_equal(wrong, 0);
	assert_true(count > 200);
}

static void test_running_kernel(void **state)
{
	int wrong = 0, accepted = 0;

	/* since 6.15 tags may bear the kind flag; 6.18 is what the check imitates */
	if (host_kernel() < 0x0611 || kernel_load(blob, gen_any(&gen, 5, blob)) == -EPERM)
		skip();
	for (u64 seed = 1 << 20; seed < (1 << 20) + 20000; seed++) {
		u32 size = gen_any(&gen, seed, blob);
		struct text log;
		int want = kernel_load(blob, size), err = our_load(blob, size, &log);

		if (err != want || strcmp(log.buf, kernel_log)) {
			if (wrong++ < 3)
				print_message("# seed %llu: kernel %d, ours %d\n# %s\n# %s\n",
					      (unsigned long long)seed, want, err,
					      last_line(kernel_log), last_line(log.buf));
		}
		accepted += !want;
		text_fini(&log);
	}
	assert_int_equal(wrong, 0);
	assert_true(accepted > 2000);
}

/* Chains at and beyond the depth the kernel resolves, both ways round. */
static void test_chains(void **state)
{
	static const u8 kinds[] = {BTF_KIND_PTR,      BTF_KIND_TYPEDEF, BTF_KIND_CONST,
				   BTF_KIND_TYPE_TAG, BTF_KIND_ARRAY,   BTF_KIND_STRUCT};
	int refused = 0;

	for (u32 k = 0; k < ARRAY_SIZE(kinds); k++)
		for (u32 len = 28; len < 40; len++)
			for (u32 up = 0; up < 2; up++) {
				struct text log;
				u32 kind = kinds[k], size;
				int err;

				gen_start(&gen, 1);
				gen_words(&gen, 0, BTF_KIND_INT << 24, 4);
				gen_word(&gen, 1 << 24 | 32);
				for (u32 i = 0; i < len; i++) {
					u32 to = up ? (i + 1 < len ? i + 3 : 1) : i + 1;
					u32 name = kind == BTF_KIND_TYPEDEF ||
								   kind == BTF_KIND_TYPE_TAG
							   ? gen_string(&gen, "t")
							   : 0;

					if (kind == BTF_KIND_STRUCT) {
						gen_words(&gen, 0, kind << 24 | 1, 4);
						gen_words(&gen, 0, to, 0);
					} else if (kind == BTF_KIND_ARRAY) {
						gen_words(&gen, 0, kind << 24, 0);
						gen_words(&gen, to, 1, 1);
					} else {
						gen_words(&gen, name, kind << 24, to);
					}
				}
				size = gen_finish(&gen, sizeof(struct btf_header), blob);
				err = our_load(blob, size, &log);
				/* resolved in the order of ids, only a chain that runs upwards is
				 * deep */
				assert_int_equal(err, up && len > 32 ? -E2BIG : 0);
				refused += err != 0;
				text_fini(&log);
			}
	assert_int_equal(refused, (int)ARRAY_SIZE(kinds) * 7);
}

/* Whatever parses (or merely can be viewed) is asked everything. */
static void use(const struct btf_info *b)
{
	u8 data[64];
	struct text out;

	memset(data, 0x5a, sizeof(data));
	for (u32 id = 0; id < btf_count(b) + 2; id++) {
		struct btf_column *cols;
		struct btf_field f;
		u32 n, size;

		btf_strip(b, id);
		btf_size_of(b, id, &size);
		btf_align_of(b, id);
		btf_find(b, btf_name(b, id), btf_kind_of(b, id));
		btf_field_find(b, id, "foo", &f);
		btf_enum_name(b, id, 3);
		text_init_grow(&out);
		btf_render_text(b, id, data, sizeof(data), &out, 0);
		if (!btf_columns(b, id, &cols, &n)) {
			for (u32 i = 0; i < n; i++)
				btf_render_cell(b, &cols[i], data, sizeof(data), &out, 0);
			btf_columns_free(cols, n);
		}
		text_fini(&out);
	}
}

static void test_mutants(void **state)
{
	int parsed = 0, viewed = 0;

	for (u64 seed = 0; seed < 10000; seed++) {
		u32 size = gen_any(&gen, seed, blob);
		struct btf_info *b;
		u8 *exact;

		for (u32 i = gen_below(&gen, 4); i-- > 0 && size;)
			blob[gen_below(&gen, size)] =
				gen_below(&gen, 4) ? 1u << gen_below(&gen, 8) : gen_u32(&gen);
		/* at its exact size, so that a sanitizer sees a byte too far */
		exact = malloc(size ? size : 1);
		memcpy(exact, blob, size);
		if (!btf_parse(exact, size, NULL, &b, NULL, NULL)) {
			parsed++;
			use(b);
			btf_free(b);
		}
		if (!btf_view(exact, size, NULL, &b)) {
			viewed++;
			use(b);
			btf_free(b);
		}
		free(exact);
	}
	print_message("# %d of 10000 parsed, %d viewed\n", parsed, viewed);
	assert_true(parsed > 500 && viewed > parsed);
}

static void test_memory_runs_out(void **state)
{
	u32 size = 0;
	struct btf_info *b;
	u64 seed = 0;

	do
		size = gen_any(&gen, seed++, blob);
	while (btf_parse(blob, size, NULL, &b, NULL, NULL));
	btf_free(b);
	for (unsigned long nth = 1;; nth++) {
		int err;

		base_alloc_fail_nth(nth);
		err = btf_parse(blob, size, NULL, &b, NULL, NULL);
		base_alloc_fail_nth(0);
		if (!err)
			break;
		assert_int_equal(err, -ENOMEM);
	}
	btf_free(b);
}

static void test_diagnostic(void **state)
{
	struct btf_info *b = NULL;
	struct diag d;

	diag_init(&d);
	assert_int_equal(btf_parse("\x9f\xeb\x01", 3, NULL, &b, &d, NULL), -EINVAL);
	assert_string_equal(d.why, "hdr_len not found");
	assert_null(b);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored_verdicts), cmocka_unit_test(test_running_kernel),
		cmocka_unit_test(test_chains),          cmocka_unit_test(test_mutants),
		cmocka_unit_test(test_memory_runs_out), cmocka_unit_test(test_diagnostic),
	};

	if (argc > 1)
		return record(strtoul(argv[1], NULL, 0));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
