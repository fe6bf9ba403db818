// SPDX-License-Identifier: BSD-2-Clause
/* An ordinary libbpf program: consumes a ring buffer and a perf buffer that its own test runs fill.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static int got_ring, got_perf, prog;

static int on_ring(void *ctx, void *data, size_t size)
{
	got_ring += *(int *)data == 7;
	return 0;
}

static void on_perf(void *ctx, int cpu, void *data, __u32 size)
{
	got_perf += *(int *)data == 7;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int emit(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, o);

	return bpf_prog_test_run_opts(prog, &o);
}

static void *later(void *data)
{
	usleep(50000);
	emit();
	return NULL;
}

int main(int argc, char **argv)
{
	struct bpf_object *o = bpf_object__open_file(argv[1], NULL);
	struct ring_buffer *r;
	struct perf_buffer *p;
	pthread_t th;
	double t;
	int a, b;

	if (!o || bpf_object__load(o))
		return 1;
	prog = bpf_program__fd(bpf_object__find_program_by_name(o, "emit"));
	r = ring_buffer__new(bpf_object__find_map_fd_by_name(o, "ring"), on_ring, NULL, NULL);
	p = perf_buffer__new(bpf_object__find_map_fd_by_name(o, "perf"), 4, on_perf, NULL, NULL,
			     NULL);
	if (!r || !p)
		return 2;
	for (int i = 0; i < 100; i++)
		if (emit())
			return 3;
	a = ring_buffer__poll(r, 2000);
	while (got_perf < 100 && perf_buffer__poll(p, 2000) > 0)
		;
	printf("ring %d %d perf %d\n", a, got_ring, got_perf);
	t = now();
	a = ring_buffer__poll(r, 100);
	b = perf_buffer__poll(p, 100);
	printf("idle %d %d waited %d\n", a, b, now() - t >= 0.19);
	pthread_create(&th, NULL, later, NULL);
	t = now();
	a = ring_buffer__poll(r, 10000);
	printf("woken %d soon %d\n", a, now() - t < 5);
	pthread_join(th, NULL);
	printf("perf %d\n", perf_buffer__poll(p, 5000));
	ring_buffer__free(r);
	perf_buffer__free(p);
	bpf_object__close(o);
	return 0;
}
