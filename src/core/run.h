/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The run context: one execution of one program for one event, on the
 * runner's stack. Filled by whoever fires; engines, helpers and map types
 * read it. Freestanding.
 */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include "core/env.h"
#include "core/image.h"
#include "core/map.h"
#include "core/regs.h"

enum run_fault_kind {
	FAULT_NONE,
	FAULT_READ,      /* load outside live memory */
	FAULT_WRITE,     /* store outside live memory or to read-only memory */
	FAULT_HELPER,    /* helper argument that the prototype does not allow */
	FAULT_NO_HELPER, /* helper or kfunc without a body */
	FAULT_BUDGET,    /* too many instructions */
	FAULT_STACK,     /* frame depth or stack use */
	FAULT_JUMP,      /* left the program */
	FAULT_INSN,      /* an operation this engine refuses */
	FAULT_LOCK,      /* returned with a spin lock held, or took it twice */
	FAULT_COUNT
};

#define RUN_INSN_HERE UINT32_MAX

struct run_fault {
	u32 kind; /* enum run_fault_kind */
	u32 insn; /* index */
	u64 addr; /* bad address, helper id, ... */
	u32 size;
	u32 arg; /* helper argument number 1-5 */
};

struct run;
struct packet;

/* Who looks on while the checked engine runs: tests. */
struct run_watch {
	/* Before instruction `pc` of run->image; r0-r10. */
	void (*step)(struct run_watch *w, struct run *run, u32 pc, const u64 *regs);
	/* At the end, before what is still held is given back. */
	void (*end)(struct run_watch *w, struct run *run);
	/* What registers and stack hold that nobody has set. */
	u64 poison;
	u64 budget; /* instructions of a run, if not 0 */
};

/* Memory that is live beyond stack, context and map values: ring buffer reservations, pt_regs... */
struct run_region {
	u64 base;
	u32 size;
	bool writable;
	u8 kind;                                    /* enum run_region_kind */
	void (*release)(struct run *run, u64 base); /* ends what is still held at the run's end */
};

enum run_region_kind {
	REGION_PLAIN,
	REGION_RINGBUF, /* must be submitted or discarded before the program ends */
};

#define RUN_MAX_REGIONS 16

/* A value that the run's own socket or cgroup keeps in a storage map. */
struct run_local {
	const struct map *map;
	void *value; /* room for one */
	bool made;   /* there is one */
};
#define RUN_INNER_MAPS 8

/* How helpers re-enter the engine for callbacks (bpf_loop, for_each_map_elem). */
struct engine_ops {
	/* Runs the subprogram at instruction `start` with r1-r5; *r0 its result. 0 or -EFAULT
	 * (fault set). */
	int (*call)(struct run *run, u32 start, const u64 args[5], u64 *r0);
};

struct run {
	const struct image *image;
	struct map *const *maps; /* by the image's map index */
	const struct env_ops *env;
	void *env_data;
	const struct engine_ops *engine;
	void *engine_state;
	/* Stacks of the frames entered, all defined; helpers may read them. Of native frames, which
	 * are the machine's: where they end, and stack_size is 0. */
	u64 stack;
	u32 stack_size;
	void *ctx;
	u32 ctx_size;
	u32 cpu; /* the leased slot */
	u32 possible_cpus;
	u32 flags;                    /* RUN_* */
	u64 cookie;                   /* bpf_get_attach_cookie */
	u64 func_ip;                  /* bpf_get_func_ip */
	const struct core_regs *regs; /* registers of the event, or NULL */
	u64 start_ns;
	u64 budget;     /* instructions left (checked engine) */
	u64 tail_calls; /* made so far */
	/* Native code of programs by id, where it is known; env->native is asked for the others. */
	const struct native_prog *const *natives;
	u32 native_count;
	u64 unknown; /* questions the environment could not answer */
	u32 region_count;
	struct run_region regions[RUN_MAX_REGIONS];
	struct run_fault fault;
	void *held_lock; /* the bpf_spin_lock held, or NULL */
	/* Checked runs: the maps last found in maps of maps, live with their values. */
	struct map *inner[RUN_INNER_MAPS];
	u32 inner_count; /* found so far */
	struct run_local *locals;
	u32 local_count;
	struct packet *packet;   /* core/packet.h; its context is `ctx`. NULL: no packet */
	struct run_watch *watch; /* checked runs; NULL */
	u64 pid_tgid;            /* of the current task as env->pid_tgid has it; 0: that is asked */
	u64 *random; /* splitmix64's state of whoever fires; NULL: env->random is asked */
};

/* A random word; splitmix64 (Steele, Lea, Flood 2014). */
#define RUN_RANDOM_STEP 0x9e3779b97f4a7c15ull
#define RUN_RANDOM_MIX1 0xbf58476d1ce4e5b9ull
#define RUN_RANDOM_MIX2 0x94d049bb133111ebull
static inline u64 run_random(u64 *state)
{
	u64 x = *state += RUN_RANDOM_STEP;

	x = (x ^ x >> 30) * RUN_RANDOM_MIX1;
	x = (x ^ x >> 27) * RUN_RANDOM_MIX2;
	return x ^ x >> 31;
}

enum run_flag {
	RUN_CHECKED = 1 << 0, /* the checked engine: helpers may rely on argument checks */
};

#define RUN_TAIL_CALLS 33          /* bpf_tail_call goes on so often in one run */
#define RUN_BUDGET     (16u << 20) /* default instructions of one checked run */
#define RUN_LOOPS      (4u << 20)  /* may_goto lets a frame go round this often */

/*
 * Engines (interp/). The result of main in *ret; 0, or -EFAULT with run->fault
 * set: then the run ended early, everything it held was released.
 * interp_run() only for images that image_is_plain().
 */
int interp_run(struct run *run, u64 *ret);
int interp_run_checked(struct run *run, u64 *ret);
/* run->image in place of a program that another engine runs: the run goes on afterwards, with
 * what it holds. */
int interp_inner(struct run *run, u64 *ret);

/* The one that suits the image. */
static inline int interp_start(struct run *run, u64 *ret)
{
	return image_is_plain(run->image) ? interp_run(run, ret) : interp_run_checked(run, ret);
}

/* Records a fault (first wins); returns -EFAULT. */
int run_fault_set(struct run *run, u32 kind, u32 insn, u64 addr, u32 size, u32 arg);
/* Adds a live region; -ENOSPC when RUN_MAX_REGIONS are in use. */
int run_region_add(struct run *run, u64 base, u32 size, bool writable, u8 kind);
/*
 * Adds a writable region of kind REGION_RINGBUF that the program must give back: `release` is
 * called with its base when the run ends, however it ends, the region already removed. -ENOSPC as
 * above.
 */
int run_region_hold(struct run *run, u64 base, u32 size,
		    void (*release)(struct run *run, u64 base));
/* Removes the region starting at base; -ENOENT. */
int run_region_del(struct run *run, u64 base);
/* The region starting at base, or NULL. */
const struct run_region *run_region_find(const struct run *run, u64 base);
/* Is what run_find_span() found there live until the run ends? Regions and packets change. */
bool run_span_lasts(const struct run *run, u64 base);
/* What the run's own socket or cgroup keeps in `m`; NULL: nothing can be kept there. */
struct run_local *run_local_find(const struct run *run, const struct map *m);
/* Gives back what is still held: regions with a `release`, the spin lock. Engines call it last. */
void run_release(struct run *run);
/*
 * The live memory around `size` bytes at `addr` (regions, context, maps; not the stack): false when
 * there is none that may be so touched.
 */
bool run_find_span(struct run *run, u64 addr, u32 size, bool write, struct map_span *out);
/* May `size` bytes at `addr` be touched (regions, context, maps; not the stack)? */
bool run_may_access(struct run *run, u64 addr, u32 size, bool write);

#endif
