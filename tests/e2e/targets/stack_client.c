// SPDX-License-Identifier: BSD-2-Clause
/* An ordinary libbpf program: attaches what an object has, runs a command, prints its map "stacks".
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
	struct bpf_object *obj = argc == 3 ? bpf_object__open(argv[1]) : NULL;
	struct bpf_program *prog;
	unsigned key, next;
	void *prev = NULL;
	int fd;

	if (!obj || bpf_object__load(obj))
		return 1;
	bpf_object__for_each_program(prog, obj) if (!bpf_program__attach(prog)) return 2;
	if (system(argv[2]))
		return 3;
	fd = bpf_object__find_map_fd_by_name(obj, "stacks");
	for (; !bpf_map_get_next_key(fd, prev, &next); key = next, prev = &key) {
		unsigned long long frame[20];

		if (bpf_map_lookup_elem(fd, &next, frame))
			continue;
		for (int i = 0; i < 20 && frame[i]; i++)
			printf("%016llx ", frame[i]);
		printf("\n");
	}
	return 0;
}
