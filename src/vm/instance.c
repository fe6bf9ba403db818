// SPDX-License-Identifier: BSD-2-Clause
/* Making and releasing an instance. */
#include <errno.h>
#include <fcntl.h>
#include <linux/version.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "core/helper.h"
#include "jit/pages.h"
#include "vm/engine.h"
#include "vm/instance.h"
#include "vm/perf_map.h"

#define KERNEL_OLDEST KERNEL_VERSION(4, 19, 0)
#define KERNEL_NEWEST KERNEL_VERSION(6, 18, 255)
#define CPUS_DEFAULT  64
#define CPUS_MOST     4096
#define NOTES_BYTES   (1u << 20)
#define WORLD_MAGIC   0x444c5257u

/* Only what the caller's struct has; what it has and we do not must be zero. */
static int read_opts(const struct cygnet_opts *opts, struct cygnet_opts *o)
{
	memset(o, 0, sizeof(*o));
	if (!opts)
		return 0;
	if (opts->sz < sizeof(opts->sz))
		return -EINVAL;
	for (size_t i = sizeof(*o); i < opts->sz; i++)
		if (((const char *)opts)[i])
			return -EINVAL;
	memcpy(o, opts, MIN(opts->sz, sizeof(*o)));
	if (o->kernel && (o->kernel < KERNEL_OLDEST || o->kernel > KERNEL_NEWEST))
		return -EINVAL;
	if (o->engine > ENGINE_BASELINE || o->harden > 2 || o->perf > (PERF_MAP | PERF_JITDUMP))
		return -EINVAL;
	return o->possible_cpus > CPUS_MOST ? -EINVAL : 0;
}

static u32 host_kernel(void)
{
	unsigned int a = 6, b = 18, c = 0;
	struct utsname u;
	u32 v;

	if (!uname(&u))
		sscanf(u.release, "%u.%u.%u", &a, &b, &c);
	v = KERNEL_VERSION(a, b, MIN(c, 255u));
	return v < KERNEL_OLDEST ? KERNEL_OLDEST : MIN(v, (u32)KERNEL_NEWEST);
}

static int make_page(struct cygnet *inst)
{
	size_t size = ROUND_UP(sizeof(struct world_page), PAGE_BYTES);
	void *p;

	inst->page_fd =
		memfd_create("cygnet-world", MFD_CLOEXEC | MFD_ALLOW_SEALING | 8u /* noexec */);
	if (inst->page_fd < 0 && errno == EINVAL)
		inst->page_fd = memfd_create("cygnet-world", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (inst->page_fd < 0 || ftruncate(inst->page_fd, size))
		return -errno;
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, inst->page_fd, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	inst->page = p;
	if (fcntl(inst->page_fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW))
		return -errno;
	inst->page->magic = WORLD_MAGIC;
	inst->page->slots = MIN(inst->possible_cpus, (u32)WORLD_SLOTS);
	return 0;
}

static int make_notes(struct cygnet *inst)
{
	struct map_attr a = {
		.type = BPF_MAP_TYPE_RINGBUF,
		.max_entries = NOTES_BYTES,
		.possible_cpus = inst->possible_cpus,
		.spin_lock_off = -1,
	};

	return map_object_new(inst, &a, "cygnet_notes\0\0\0", true, &inst->notes);
}

int cygnet_new(const struct cygnet_opts *opts, struct cygnet **out)
{
	struct cygnet_opts o;
	struct cygnet *inst;
	long host;
	int err;

	err = read_opts(opts, &o);
	if (err)
		return err;
	inst = base_zalloc(sizeof(*inst));
	if (!inst)
		return -ENOMEM;
	core_helpers_init();
	pthread_mutex_init(&inst->lock, NULL);
	inst->page_fd = -1;
	inst->kernel = host_kernel();
	/* A series without a patch level is the host's own release where it is the host's series.
	 */
	if (o.kernel && !((o.kernel & 0xff) == 255 && o.kernel >> 8 == inst->kernel >> 8))
		inst->kernel = o.kernel;
	host = sysconf(_SC_NPROCESSORS_CONF);
	inst->possible_cpus = o.possible_cpus ?: MAX(host, CPUS_DEFAULT);
	inst->checked = o.checked;
	inst->engine = (u8)o.engine;
	inst->harden = (u8)o.harden;
	inst->perf = (u8)o.perf;
	inst->inotify = -1;
	err = perf_map_start(inst->perf);
	if (err)
		goto out;
	err = -ENOMEM;
	if (o.btf_path && !(inst->btf_path = base_strdup(o.btf_path)))
		goto out;
	err = make_page(inst);
	if (err)
		goto out;
	err = make_notes(inst);
	if (err)
		goto out;
	err = btf_object_new(inst, NULL, &inst->vmlinux);
	if (err)
		goto out;
	inst->vmlinux->kernel = true;
	strcpy(inst->vmlinux->name, "vmlinux");
	*out = inst;
	return 0;
out:
	cygnet_free(inst);
	return err;
}

/* Objects refer to others only through references they hold: drop every root, newest kinds first.
 */
static void free_objects(struct cygnet *inst)
{
	vec_each (&inst->pins, i) {
		object_put(inst->pins.data[i].object);
		base_free(inst->pins.data[i].path);
	}
	vec_fini(&inst->pins);
	vec_each (&inst->dirs, i)
		base_free(inst->dirs.data[i]);
	vec_fini(&inst->dirs);
	for (int k = OBJECT_KINDS - 1; k >= 0; k--)
		for (size_t i = 0; i < inst->objects[k].by_id.len; i++) {
			struct object *o = inst->objects[k].by_id.data[i];

			if (o && o->open) {
				o->open = false;
				if (object_map(o) && o->refs > 1)
					map_object_closed(object_map(o));
				object_put(o);
			}
		}
	if (inst->notes)
		object_put(&inst->notes->o);
	if (inst->vmlinux)
		object_put(&inst->vmlinux->o);
	for (u32 k = 0; k < OBJECT_KINDS; k++)
		vec_fini(&inst->objects[k].by_id);
}

void cygnet_free(struct cygnet *inst)
{
	if (!inst)
		return;
	if (inst->relay)
		inst->relay_free(inst->relay);
	free_objects(inst);
	if (inst->self)
		inst->self_free(inst->self);
	vec_fini(&inst->natives);
	jit_pages_free(inst->code);
	arena_fini(&inst->scratch);
	hash_fini(&inst->by_inode);
	hash_fini(&inst->by_watch);
	if (inst->page)
		munmap(inst->page, ROUND_UP(sizeof(struct world_page), PAGE_BYTES));
	if (inst->page_fd >= 0)
		close(inst->page_fd);
	if (inst->inotify >= 0)
		close(inst->inotify);
	base_free(inst->btf_path);
	pthread_mutex_destroy(&inst->lock);
	base_free(inst);
}

const char *cygnet_version(void)
{
	return CYGNET_VERSION;
}

int instance_each_attach(struct cygnet *inst,
			 int (*fn)(void *data, struct prog_object *prog,
				   const struct attach *attach),
			 void *data)
{
	const struct object_table *links = &inst->objects[OBJECT_LINK];
	const struct object_table *perfs = &inst->objects[OBJECT_PERF];
	int ret;

	vec_each (&links->by_id, i) {
		struct link_object *l = object_link(links->by_id.data[i]);

		ret = l && l->live ? fn(data, l->prog, &l->attach) : 0;
		if (ret)
			return ret;
	}
	vec_each (&perfs->by_id, i) {
		struct perf_object *p = object_perf(perfs->by_id.data[i]);

		ret = p && p->prog ? fn(data, p->prog, &p->attach) : 0;
		if (ret)
			return ret;
	}
	return 0;
}
