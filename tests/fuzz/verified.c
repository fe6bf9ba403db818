// SPDX-License-Identifier: BSD-2-Clause
/* Programs that the verifier took, on every engine, with maps for each. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/segment.h"
#include "fuzz/verified.h"
#include "verify/verify.h"
#include "vm/instance.h"

#define MOST_CONTENTS (1u << 16) /* bytes of contents that are compared whole */

int verified_open(struct verified *v)
{
	int err;

	memset(v, 0, sizeof(*v));
	err = side_open(&v->sides[0], false, false, false);
	if (err)
		return err;
	for (u32 k = 1; k < ENGINE_KINDS; k++)
		v->sides[k].inst = v->sides[0].inst;
	v->sides[0].inst->checked = false;
	runner_init(&v->r, &v->sides[0]);
	v->r.watch.step = NULL;
	v->r.cpu = 0; /* values of a processor are this one's */
	/* No result may depend on addresses, or on what nobody has set. */
	v->r.without = RIGHT_PTR_LEAKS | RIGHT_UNINIT_STACK;
	return 0;
}

static void close_maps(struct side *s)
{
	for (u32 i = 0; i < s->map_count; i++)
		if (s->maps[i].fd >= 0)
			close(s->maps[i].fd);
	if (s->btf > 0)
		close(s->btf);
}

void verified_close(struct verified *v)
{
	for (u32 k = 1; k < ENGINE_KINDS; k++)
		close_maps(&v->sides[k]);
	side_close(&v->sides[0]);
}

/* loading --------------------------------------------------------------------------- */

static struct map_object *object_of(struct verified *v, int fd)
{
	struct object *o;
	struct stat st;

	if (fstat(fd, &st))
		return NULL;
	instance_lock(v->sides[0].inst);
	o = object_by_inode(v->sides[0].inst, st.st_dev, st.st_ino);
	instance_unlock(v->sides[0].inst);
	return object_map(o);
}

/* Hashes spread alike, so that they run over alike. Maps of maps are not empty any more. */
static void same_seed(struct map_object *m)
{
	if (m->map.type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return;
	if (m->map.seg)
		m->map.seg->seed = 0;
	m->map.seed = 0;
}

/* The program's maps as each engine has them, in the image's order. */
static int find_maps(struct verified *v, const struct program *p)
{
	struct map_object *all[ENGINE_KINDS][PROGRAM_MAPS] = {0};
	int fds[PROGRAM_MAPS];

	v->map_count = (u32)v->prog->maps.len;
	if (v->map_count > PROGRAM_MAPS)
		return -E2BIG;
	for (u32 k = 0; k < ENGINE_KINDS; k++) {
		if (!side_maps(&v->sides[k], p, fds))
			return -ENOENT;
		for (u32 i = 0; i < p->map_count; i++) {
			all[k][i] = object_of(v, fds[i]);
			if (!all[k][i])
				return -ENOENT;
		}
	}
	for (u32 j = 0; j < v->map_count; j++)
		for (u32 i = 0; i < p->map_count; i++) {
			if (all[0][i] != v->prog->maps.data[j])
				continue;
			for (u32 k = 0; k < ENGINE_KINDS; k++) {
				v->objects[k][j] = all[k][i];
				v->views[k][j] = &all[k][i]->map;
			}
		}
	return 0;
}

/* Before a program is loaded: its maps, with equal seeds while they are empty. */
static int make_maps(struct verified *v, const struct program *p)
{
	int fds[PROGRAM_MAPS];

	for (u32 k = 0; k < ENGINE_KINDS; k++) {
		u32 before = v->sides[k].map_count;

		if (!side_maps(&v->sides[k], p, fds))
			return -ENOENT;
		for (u32 i = before; i < v->sides[k].map_count; i++) {
			struct map_object *m = object_of(v, v->sides[k].maps[i].fd);

			if (m)
				same_seed(m);
		}
	}
	return 0;
}

static void make_twins(struct verified *v)
{
	for (u32 k = 0; k < ENGINE_KINDS; k++) {
		v->as[k] = *v->prog;
		v->as[k].maps.data = v->objects[k];
		v->as[k].native = v->set.native[k];
		v->as[k].native_tried = true;
	}
	v->as[ENGINE_IS_CHECKED].image = v->unverified;
}

int verified_load(struct verified *v, const struct program *p, u64 seed)
{
	struct map *const *maps[ENGINE_KINDS];
	int err = make_maps(v, p);

	err = err ?: runner_load(&v->r, p, false);
	if (err)
		return err;
	v->prog = v->r.prog;
	v->unverified = base_memdup(v->prog->image, v->prog->image->size);
	err = v->unverified ? find_maps(v, p) : -ENOMEM;
	for (u32 k = 0; k < ENGINE_KINDS; k++)
		maps[k] = v->views[k];
	err = err ?: engine_set_init(&v->set, v->prog->image, maps, seed);
	if (err) {
		verified_drop(v);
		return err;
	}
	v->unverified->flags &= ~(u32)IMAGE_VERIFIED;
	make_twins(v);
	return 0;
}

void verified_drop(struct verified *v)
{
	engine_set_fini(&v->set);
	base_free(v->unverified);
	v->unverified = NULL;
	v->r.prog = v->prog;
	runner_drop(&v->r);
	v->prog = NULL;
}

/* running ---------------------------------------------------------------------------- */

struct result {
	long err;
	u32 retval;
	u8 ctx[RUNNER_DATA];
};

static void run_one(struct verified *v, u32 kind, const struct program *p, u64 seed,
		    struct result *res)
{
	memset(res, 0, sizeof(*res));
	memset(v->out[kind], 0, RUNNER_DATA);
	memset(v->r.ctx, 0, RUNNER_DATA);
	v->r.prog = &v->as[kind];
	v->r.out = v->out[kind];
	v->r.retval = 0;
	res->err = runner_run(&v->r, p, seed);
	res->retval = v->r.retval;
	memcpy(res->ctx, v->r.ctx, RUNNER_DATA);
	v->r.prog = v->prog;
}

int verified_run(struct verified *v, const struct program *p, u64 seed, char what[160])
{
	struct result first, other;

	run_one(v, ENGINE_IS_CHECKED, p, seed, &first);
	if (v->r.found)
		return -EAGAIN; /* the soundness fuzzer's business, or out of budget */
	if (first.err == -EOPNOTSUPP)
		return -EAGAIN;
	for (u32 k = 0; k < ENGINE_KINDS; k++) {
		if (k == ENGINE_IS_CHECKED)
			continue;
		/* What a compiler does not take is interpreted: its maps go on. */
		run_one(v, k, p, seed, &other);
		if (other.err == first.err && other.retval == first.retval &&
		    !memcmp(other.ctx, first.ctx, RUNNER_DATA) &&
		    !memcmp(v->out[k], v->out[ENGINE_IS_CHECKED], RUNNER_DATA))
			continue;
		snprintf(what, 160, "%s: %ld, %#x%s%s; checked interpreter: %ld, %#x",
			 engine_names[k], other.err, other.retval,
			 memcmp(other.ctx, first.ctx, RUNNER_DATA) ? ", context" : "",
			 memcmp(v->out[k], v->out[ENGINE_IS_CHECKED], RUNNER_DATA) ? ", packet"
										   : "",
			 first.err, first.retval);
		return 1;
	}
	return 0;
}

/* maps --------------------------------------------------------------------------------- */

#define MOST_KEY      512
#define MOST_VALUE    4096
#define MOST_ELEMENTS 4096

/* Every key of `a` with its value in `b`. */
static bool same_elements(struct map *a, struct map *b)
{
	u8 key[MOST_KEY], next[MOST_KEY], va[MOST_VALUE], vb[MOST_VALUE];
	u32 size = map_sys_value_size(a), n = 0;
	const void *at = NULL;

	if (a->key_size > sizeof(key) || size > sizeof(va))
		return true;
	while (n++ < MOST_ELEMENTS && !a->ops->next_key(a, at, next)) {
		int ea, eb;

		memcpy(key, next, a->key_size);
		at = key;
		memset(va, 0, size);
		memset(vb, 0, size);
		ea = a->ops->sys_lookup(a, key, va, 0);
		eb = b->ops->sys_lookup(b, key, vb, 0);
		if (ea != eb || (!ea && memcmp(va, vb, size)))
			return false;
	}
	return true;
}

static u64 mix(u64 h, const void *p, size_t n)
{
	const u8 *b = p;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 0x100000001b3ull;
	return h;
}

static bool has_elements(u32 type)
{
	switch (type) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE: return true;
	default: return false; /* of objects, or read by programs alone */
	}
}

static u64 mix_elements(u64 h, struct map *m)
{
	u8 key[MOST_KEY], next[MOST_KEY], value[MOST_VALUE];
	u32 size = map_sys_value_size(m), n = 0;
	const void *at = NULL;

	if (!has_elements(m->type) || m->key_size > sizeof(key) || size > sizeof(value))
		return h;
	while (n++ < MOST_ELEMENTS && !m->ops->next_key(m, at, next)) {
		memcpy(key, next, m->key_size);
		at = key;
		memset(value, 0, size);
		m->ops->sys_lookup(m, key, value, 0);
		h = mix(mix(h, key, m->key_size), value, size);
	}
	return h;
}

u64 verified_digest(struct verified *v, const struct program *p, u32 from, u32 to, u64 poison)
{
	u64 h = 0xcbf29ce484222325ull;
	struct result r;

	v->r.watch.poison = poison;
	for (u32 i = from; i < to; i++) {
		run_one(v, ENGINE_IS_CHECKED, p, p->seed + i, &r);
		h = mix(h, &r, sizeof(r));
		h = mix(h, v->out[ENGINE_IS_CHECKED], RUNNER_DATA);
	}
	for (u32 i = 0; i < v->map_count; i++)
		h = mix_elements(h, v->views[ENGINE_IS_CHECKED][i]);
	v->r.watch.poison = 0;
	return h;
}

static bool same_maps(struct map *a, struct map *b)
{
	if (a->type == BPF_MAP_TYPE_ARRAY && a->contents_size <= MOST_CONTENTS)
		return !memcmp(a->contents, b->contents, a->contents_size);
	if (a->type == BPF_MAP_TYPE_RINGBUF)
		return map_ringbuf_pending(a) == map_ringbuf_pending(b);
	return !has_elements(a->type) || (same_elements(a, b) && same_elements(b, a));
}

int verified_compare_maps(struct verified *v, char what[160])
{
	for (u32 k = 0; k < ENGINE_KINDS; k++) {
		if (k == ENGINE_IS_CHECKED)
			continue;
		for (u32 i = 0; i < v->map_count; i++)
			if (!same_maps(v->views[ENGINE_IS_CHECKED][i], v->views[k][i])) {
				snprintf(what, 160, "%s: map %u (type %u) differs", engine_names[k],
					 i, v->views[k][i]->type);
				return 1;
			}
	}
	return 0;
}
