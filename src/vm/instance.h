/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instance: object tables, limits, what it imitates. One mutex guards all
 * of it (control plane only; programs and map operations never take it).
 */
#ifndef VM_INSTANCE_H
#define VM_INSTANCE_H

#include <pthread.h>
#include "base/hash.h"
#include "base/vec.h"
#include "core/attach.h"
#include "core/world_page.h"
#include "cygnet/cygnet.h"
#include "vm/object.h"

struct cygnet {
	pthread_mutex_t lock;
	u32 kernel; /* KERNEL_VERSION it imitates */
	u32 possible_cpus;
	struct object_table objects[OBJECT_KINDS];
	struct hash by_inode; /* hash of (dev, ino) -> struct object * */
	int inotify;	      /* IN_CLOSE of descriptors given out */
	int page_fd;	      /* world page memfd (original) */
	struct world_page *page;
	struct map_object *notes; /* ring of core/note.h records; created with the instance */
	u32 generation;		  /* bumped by every link change */
	const char *btf_path;
	char error[256];	  /* last environment problem, for doctor */
};

#endif
