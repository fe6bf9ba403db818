/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instance: object tables, limits, what it imitates. One mutex guards all
 * of it (control plane only; programs and map operations never take it).
 */
#ifndef VM_INSTANCE_H
#define VM_INSTANCE_H

#include <pthread.h>
#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"
#include "core/attach.h"
#include "core/world_page.h"
#include "cygnet/cygnet.h"
#include "vm/object.h"

/* What OBJ_PIN keeps: the instance's own bpffs. */
struct pin {
	char *path;
	struct object *object; /* a reference */
};

struct jit_pages;
struct native_prog;
struct load_verdict;
struct run_watch;

struct cygnet {
	pthread_mutex_t lock;
	u32 kernel; /* KERNEL_VERSION it imitates */
	u32 possible_cpus;
	u8 engine;    /* enum vm_engine */
	u8 harden;    /* net.core.bpf_jit_harden: 1 ordinary users', 2 all constants are blinded */
	u8 perf;      /* enum perf_kind: what is told of native code */
	bool checked; /* no program runs in the plain interpreter */
	/* Tests: */
	bool claims;             /* programs keep what verification claims (verify/claim.h) */
	u32 most;                /* instructions of a verification; 0: the kernel's million */
	struct run_watch *watch; /* of PROG_TEST_RUN's checked runs; NULL: nobody looks on */
	struct object_table objects[OBJECT_KINDS];
	struct hash by_inode; /* hash of (dev, ino) -> struct object * */
	struct hash by_watch; /* inotify watch + 1 -> struct object * */
	int inotify; /* IN_CLOSE of descriptors given out; -1: none, settle asks every lock */
	bool inotify_failed;
	u32 suspects;  /* objects with check_until set */
	u32 next_lock; /* byte of the next write-only description's lock */
	int page_fd;   /* world page memfd (original) */
	struct world_page *page;
	struct map_object *notes;   /* ring of core/note.h records; created with the instance */
	struct btf_object *vmlinux; /* BTF id 1: what the instance says of its kernel */
	u32 generation;             /* bumped by every link change */
	u32 stats_users;            /* BPF_ENABLE_STATS descriptors alive */
	u64 prog_slots[WORLD_PROGS / 64]; /* counters of world_page.prog in use */
	char *btf_path;                   /* NULL: the host's */
	VEC(struct pin) pins;
	VEC(char *) dirs;                        /* of its bpffs, below the root */
	struct relay *relay;                     /* sys/: wakes pollers; NULL until the first */
	void (*relay_free)(struct relay *relay); /* called by cygnet_free, without the lock */
	struct client *self;                     /* sys/: this process as a client */
	void (*self_free)(struct client *self);
	/* Told of every program's verdict (vm/load.h), with the lock held; NULL: nobody asks. */
	void (*on_verdict)(void *data, struct load_verdict *verdict);
	void *on_verdict_data;
	/* Refused programs load all the same and run in the checked interpreter: to show why. */
	bool keep_refused;
	VEC(const struct native_prog *) natives; /* vm/engine.c: by program id; NULL: interpreted */
	struct jit_pages *code; /* vm/engine.c: native code of the programs; NULL until the first */
	struct arena scratch;   /* what verifications use, one after the other */
	char error[256];        /* last environment problem, for doctor */
};

struct relay;

static inline void instance_lock(struct cygnet *inst)
{
	pthread_mutex_lock(&inst->lock);
}

static inline void instance_unlock(struct cygnet *inst)
{
	pthread_mutex_unlock(&inst->lock);
}

/*
 * Everything that fires at present: links and programs set by
 * PERF_EVENT_IOC_SET_BPF. Stops when fn returns non-zero and returns that.
 * The lock is held.
 */
int instance_each_attach(struct cygnet *inst,
			 int (*fn)(void *data, struct prog_object *prog,
				   const struct attach *attach),
			 void *data);

#endif
