// SPDX-License-Identifier: BSD-2-Clause
/* Runs each program of kfuncs.bpf.c on the same packet, and prints what it said. 77: it does not
 * load. */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <string.h>

static void print_bytes(const char *what, const unsigned char *p, unsigned n)
{
	printf("%s", what);
	for (unsigned i = 0; i < n; i++)
		printf(" %02x", p[i]);
	printf("\n");
}

static void run(struct bpf_program *p, struct bpf_map *result, struct bpf_map *memory)
{
	unsigned char in[64], out[256], bytes[64];
	long long said[1024] = {0};
	unsigned zero = 0, n = bpf_map__value_size(result) / 8;
	LIBBPF_OPTS(bpf_test_run_opts, t);
	int err;

	for (int i = 0; i < 64; i++)
		in[i] = bytes[i] = i * 7 + 1;
	if (strcmp(bpf_program__name(p), "strings"))
		t.data_in = in, t.data_size_in = 64, t.data_out = out, t.data_size_out = 256;
	bpf_map_update_elem(bpf_map__fd(result), &zero, said, 0);
	bpf_map_update_elem(bpf_map__fd(memory), &zero, bytes, 0);
	err = bpf_prog_test_run_opts(bpf_program__fd(p), &t);
	bpf_map_lookup_elem(bpf_map__fd(result), &zero, said);
	bpf_map_lookup_elem(bpf_map__fd(memory), &zero, bytes);
	printf("%s: %d, %d", bpf_program__name(p), err, t.retval);
	for (unsigned i = 0; i < n; i++)
		printf("%s%lld", i % 10 ? " " : "\n", said[i]);
	print_bytes("\npacket", out, t.data_size_out);
	print_bytes("memory", bytes, sizeof(bytes));
}

int main(int argc, char **argv)
{
	struct bpf_object *o = bpf_object__open_file(argv[1], NULL);
	struct bpf_program *p;

	if (!o || bpf_object__load(o))
		return 77;
	bpf_object__for_each_program(p, o) run(p, bpf_object__find_map_by_name(o, ".bss.said"),
					       bpf_object__find_map_by_name(o, "memory"));
	return 0;
}
