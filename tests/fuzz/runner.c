// SPDX-License-Identifier: BSD-2-Clause
/* Loads and runs behind bpf(2)'s descriptors. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "fuzz/runner.h"
#include "sys/call.h"
#include "sys/test_run.h"
#include "verify/claim.h"
#include "vm/load.h"

static const char *const fault_names[FAULT_COUNT] = {
	"none",   "read",  "write", "helper argument", "no helper",
	"budget", "stack", "jump",  "instruction",     "lock",
};

static void step(struct run_watch *w, struct run *run, u32 pc, const u64 *regs)
{
	struct runner *r = (struct runner *)w;
	const struct verify_claims *c = r->prog->claims;
	u32 reg;

	r->steps++;
	if (!c || run->image != r->prog->image || r->found)
		return;
	r->checks++;
	if (verify_claims_hold(c, pc, regs, &reg))
		return;
	r->found = FOUND_CLAIM;
	r->insn = pc;
	r->reg = reg;
	r->value = reg < ISA_REGS ? regs[reg] : 0;
}

static void end(struct run_watch *w, struct run *run)
{
	struct runner *r = (struct runner *)w;

	if (r->found)
		return;
	if (run->fault.kind) {
		r->found = FOUND_FAULT;
		r->fault = run->fault;
		return;
	}
	for (u32 i = 0; i < run->region_count; i++)
		if (run->regions[i].kind == REGION_RINGBUF)
			r->found = FOUND_LEAK;
	if (run->held_lock)
		r->found = FOUND_LEAK;
}

void runner_init(struct runner *r, struct side *s)
{
	memset(r, 0, sizeof(*r));
	r->watch.step = step;
	r->watch.end = end;
	r->watch.budget = 1u << 16;
	r->side = s;
	r->cpu = -1;
}

struct asked {
	struct runner *r;
	int fds[PROGRAM_MAPS];
	u32 count;
};

static int find_map(void *data, s32 *fd, bool is_index, struct map_object **out)
{
	struct asked *a = data;
	struct object *o;
	struct stat st;

	if (!is_index || *fd < 0 || (u32)*fd >= a->count)
		return -EBADF;
	if (fstat(a->fds[*fd], &st))
		return -EBADF;
	o = object_by_inode(a->r->side->inst, st.st_dev, st.st_ino);
	if (!o || !object_map(o))
		return -EINVAL;
	*out = object_map(o);
	return 0;
}

int runner_load(struct runner *r, const struct program *p, bool claims)
{
	struct cygnet *inst = r->side->inst;
	struct asked a = {.r = r, .count = p->map_count};
	struct load l = {
		.inst = inst,
		.type = p->type,
		.attach_type = p->attach_type,
		.prog_flags = p->flags,
		.gpl = true,
		.unprivileged = r->side->unprivileged,
		.without = r->without,
		.insns = (const u8 *)p->insn,
		.count = p->count,
		.map = find_map,
		.data = &a,
	};
	int err;

	if (!side_maps(r->side, p, a.fds))
		return -ENOENT;
	instance_lock(inst);
	inst->claims = claims;
	err = prog_object_load(&l, &r->prog);
	inst->claims = false;
	instance_unlock(inst);
	return err;
}

void runner_drop(struct runner *r)
{
	instance_lock(r->side->inst);
	object_put(&r->prog->o);
	instance_unlock(r->side->inst);
	r->prog = NULL;
}

static void fill(u8 *p, u32 n, struct rng *rng)
{
	for (u32 i = 0; i < n; i += 8) {
		u64 x = rng_number(rng);

		memcpy(p + i, &x, 8);
	}
}

static long run_context(struct runner *r, struct test *t, u32 size)
{
	int err;

	t->ctx = r->ctx;
	t->ctx_size = size;
	err = test_run_all(t, 1);
	r->retval = t->retval;
	return err;
}

static long run_packet(struct runner *r, struct test *t, struct rng *rng)
{
	union bpf_attr *a = t->k->attr;
	u32 size = 14 + rng_below(rng, rng_chance(rng, 2) ? 50 : RUNNER_DATA - 14);
	long ret;

	fill(r->data, (size + 7) & ~7u, rng);
	if (rng_chance(rng, 2))
		memcpy(r->data + 12, "\x08\x00\x45", 3);
	a->test.data_in = ptr_to_u64(r->data);
	a->test.data_size_in = size;
	a->test.data_out = ptr_to_u64(r->out);
	a->test.data_size_out = r->out ? RUNNER_DATA : 0;
	ret = t->p->type == BPF_PROG_TYPE_XDP ? test_run_xdp(t) : test_run_skb(t);
	r->retval = a->test.retval;
	base_free(t->packet);
	base_free(t->buffer);
	base_free(t->frags);
	base_free(t->own_ctx);
	base_free(t->user_ctx);
	return ret;
}

/* Types whose contexts are numbers get as many as they read. */
static long run_registers(struct runner *r, struct test *t, struct rng *rng)
{
	if (r->prog->max_ctx_offset > RUNNER_DATA)
		return 0;
	fill(r->ctx, RUNNER_DATA, rng);
	return run_context(r, t, MAX(r->prog->max_ctx_offset, 8u));
}

long runner_run(struct runner *r, const struct program *p, u64 seed)
{
	struct cygnet *inst = r->side->inst;
	struct rng rng = rng_seeded(seed);
	union bpf_attr attr = {0};
	struct call k = {.inst = inst,
			 .c = sys_self(inst),
			 .attr = &attr,
			 .addr = ptr_to_u64(&attr),
			 .size = sizeof(attr)};
	struct test t = {.k = &k, .p = r->prog, .cpu = r->cpu};
	long ret;

	r->found = FOUND_NOTHING;
	instance_lock(inst);
	inst->watch = &r->watch;
	switch (p->type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
		fill(r->ctx, 96, &rng);
		ret = run_context(r, &t, 96);
		break;
	case BPF_PROG_TYPE_SYSCALL:
		fill(r->ctx, RUNNER_DATA, &rng);
		ret = r->prog->max_ctx_offset <= RUNNER_DATA
			      ? run_context(r, &t, MAX(r->prog->max_ctx_offset, 8u))
			      : 0;
		break;
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_CGROUP_SKB: ret = run_packet(r, &t, &rng); break;
	case BPF_PROG_TYPE_KPROBE:
	case BPF_PROG_TYPE_TRACEPOINT: ret = run_registers(r, &t, &rng); break;
	default: ret = -EOPNOTSUPP; break;
	}
	inst->watch = NULL;
	instance_unlock(inst);
	return ret;
}

void runner_tell(const struct runner *r, FILE *out)
{
	const struct run_fault *f = &r->fault;

	switch (r->found) {
	case FOUND_FAULT:
		fprintf(out, "fault (%s) at %u: address %llx, size %u, argument %u",
			fault_names[f->kind], f->insn, (unsigned long long)f->addr, f->size,
			f->arg);
		break;
	case FOUND_CLAIM:
		if (r->reg < ISA_REGS)
			fprintf(out, "claim: r%u at %u is %llx", r->reg, r->insn,
				(unsigned long long)r->value);
		else
			fprintf(out, "claim: %u is never reached", r->insn);
		break;
	case FOUND_LEAK: fprintf(out, "not given back at the end"); break;
	case FOUND_DEPENDENCE: fprintf(out, "uninitialised memory shows in the result"); break;
	default: break;
	}
}
