// SPDX-License-Identifier: BSD-2-Clause
/*
 * BPF_MAP_TYPE_LPM_TRIE: longest prefix match. A key is a length in bits and
 * that many bits; a lookup finds the longest key that begins the one asked for.
 *
 * A binary trie without chains: a node stands for its prefix, its two children
 * for longer ones that go on with a 0 or a 1. A node with two children may be
 * there for the fork alone (FORK): it is no element. So n elements need at most
 * n - 1 forks.
 *
 *	metadata | struct trie_meta | node 0 | node 1 | ...
 *	a node   | children, length, flags, next free | bits of the key | value |
 *
 * Links are indexes + 1, checked at every use. A change is made under a lock
 * (holder.h): the new nodes are filled, then one link (or one node's flags) is
 * stored, which is all that readers can see of it. Whoever dies in the middle
 * leaves at worst nodes that nothing links to; the sweep finds and frees them.
 *
 * Readers take no lock. A node that was unlinked may be used again at once, and
 * would lead a reader astray: `reused` counts such nodes, and a walk during
 * which it changed is made again.
 */
#include "core/run.h"
#include "map/holder.h"

#define TRIE_FLAGS     (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | MAP_ACCESS_FLAGS)
#define KEY_LEAST      5
#define KEY_MOST       260
#define NODE_OF_KERNEL 24
#define WALK_TRIES     1000
#define FORK           1u

struct trie_node {
	u32 child[2];
	u32 bits; /* of the prefix */
	u32 flags;
	u32 next_free;
	u8 data[]; /* the prefix, as given; the value follows, 8-aligned */
};

struct trie_meta {
	u64 lock;
	u64 reused; /* nodes freed so far */
	u32 root;
	u32 count; /* elements */
	u32 fresh; /* nodes from here on were never used */
	u32 free;  /* first of the free ones */
};

/* In map.priv_space. */
struct trie {
	struct trie_meta *meta;
	u8 *nodes;
	u32 slots, node_size, value_off;
	u32 data_size, max_bits;
};

_Static_assert(sizeof(struct trie) <= sizeof(((struct map *)0)->priv_space), "fits the view");

struct trie_key {
	u32 bits;
	const u8 *data;
};

static inline struct trie_key key_of(const void *key)
{
	struct trie_key k = {.data = (const u8 *)key + sizeof(u32)};

	__builtin_memcpy(&k.bits, key, sizeof(k.bits));
	return k;
}

static int check_late(const struct map_attr *attr, struct diag *diag)
{
	if (!attr->max_entries || !(attr->flags & BPF_F_NO_PREALLOC) || attr->flags & ~TRIE_FLAGS ||
	    !map_access_ok(attr->flags) || attr->key_size < KEY_LEAST ||
	    attr->key_size > KEY_MOST || !attr->value_size ||
	    attr->value_size > MAP_KMALLOC_MAX - (KEY_MOST - 4) - NODE_OF_KERNEL)
		return -EINVAL;
	return 0;
}

static u32 value_offset(u32 key_size)
{
	return ROUND_UP(sizeof(struct trie_node) + key_size - sizeof(u32), 8);
}

static u32 node_bytes(u32 key_size, u32 value_size)
{
	return value_offset(key_size) + ROUND_UP(value_size, 8u);
}

/* An element, its fork, and one more to replace an element with; as far as memory goes. */
static u32 slot_count(u32 entries, u32 node_size)
{
	u64 want = 2ull * entries + 1, room = MIN(MAP_MAX_BYTES / node_size, (u64)INT32_MAX) - 1;

	return MIN(want, room);
}

static int layout(const struct map_attr *attr, u64 *contents, u64 *meta)
{
	u32 size = node_bytes(attr->key_size, attr->value_size);

	*contents = 0;
	*meta = sizeof(struct trie_meta) + (u64)slot_count(attr->max_entries, size) * size;
	return 0;
}

static inline struct trie *trie_of(const struct map *m)
{
	return m->priv;
}

static int view(struct map *m)
{
	struct trie *t = trie_of(m);

	t->meta = (struct trie_meta *)m->meta;
	t->nodes = m->meta + sizeof(*t->meta);
	t->node_size = node_bytes(m->key_size, m->value_size);
	t->slots = slot_count(m->max_entries, t->node_size);
	t->value_off = value_offset(m->key_size);
	t->data_size = m->key_size - sizeof(u32);
	t->max_bits = t->data_size * 8;
	return 0;
}

/* ---- nodes and bits ---- */
static inline struct trie_node *node_at(const struct trie *t, u32 link)
{
	return link - 1 < t->slots ? (struct trie_node *)(t->nodes + (u64)(link - 1) * t->node_size)
				   : NULL;
}

static inline u32 link_load(const u32 *link)
{
	return __atomic_load_n(link, __ATOMIC_ACQUIRE);
}

static inline void link_store(u32 *link, u32 to)
{
	__atomic_store_n(link, to, __ATOMIC_RELEASE);
}

static inline bool is_fork(const struct trie_node *n)
{
	return __atomic_load_n(&n->flags, __ATOMIC_RELAXED) & FORK;
}

/* A node's length, whatever the segment says. */
static inline u32 bits_of(const struct trie *t, const struct trie_node *n)
{
	return MIN(__atomic_load_n(&n->bits, __ATOMIC_RELAXED), t->max_bits);
}

static inline u32 bit_at(const struct trie *t, const u8 *data, u32 bit)
{
	return bit < t->max_bits ? data[bit / 8] >> (7 - bit % 8) & 1 : 0;
}

/* How many leading bits two prefixes have in common, at most `limit`. */
static u32 common(const u8 *a, const u8 *b, u32 limit)
{
	u32 bits = 0;

	for (u32 i = 0; bits < limit; i++, bits += 8) {
		u8 diff = a[i] ^ b[i];

		if (diff)
			return MIN(bits + __builtin_clz(diff) - 24, limit);
	}
	return limit;
}

static inline void *value_of(const struct trie *t, struct trie_node *n)
{
	return (u8 *)n + t->value_off;
}

/* ---- lookup ---- */
static struct trie_node *walk(const struct trie *t, u32 bits, const u8 *data)
{
	u32 link = link_load(&t->meta->root);
	struct trie_node *n, *found = NULL;

	/* Each step is at least a bit longer, unless someone lies. */
	for (u32 steps = 0; (n = node_at(t, link)) && steps <= t->max_bits; steps++) {
		u32 len = bits_of(t, n);

		if (len > bits || common(n->data, data, len) < len)
			break;
		if (!is_fork(n))
			found = n;
		link = link_load(&n->child[bit_at(t, data, len)]);
	}
	return found;
}

/*
 * The element for `key`, its value copied to `out` if that is given; -EBUSY: the
 * trie never held still. Found or not, the answer was true at some instant.
 */
static int find(const struct map *m, const void *key, void *out, struct trie_node **node)
{
	const struct trie *t = trie_of(m);
	struct trie_key k = key_of(key);
	struct trie_node *n = NULL;

	if (k.bits > t->max_bits)
		return -ENOENT;
	for (u32 tries = 0; tries < WALK_TRIES; tries++) {
		u64 before = __atomic_load_n(&t->meta->reused, __ATOMIC_ACQUIRE);

		n = walk(t, k.bits, k.data);
		if (n && out)
			__builtin_memcpy(out, value_of(t, n), m->value_size);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (before == __atomic_load_n(&t->meta->reused, __ATOMIC_RELAXED)) {
			*node = n;
			return n ? 0 : -ENOENT;
		}
	}
	return -EBUSY;
}

static void *lookup(struct map *m, struct run *run, const void *key)
{
	struct trie_node *n;

	return find(m, key, NULL, &n) ? NULL : value_of(trie_of(m), n);
}

static int sys_lookup(struct map *m, const void *key, void *value, u64 flags)
{
	struct trie_node *n;

	return find(m, key, value, &n);
}

/* ---- change: the lock is held ---- */
static u32 take_node(const struct trie *t)
{
	u32 link = t->meta->free;
	struct trie_node *n = node_at(t, link);

	if (n) {
		t->meta->free = n->next_free;
		return link;
	}
	return t->meta->fresh < t->slots ? ++t->meta->fresh : 0;
}

/* An unlinked node may be used again: readers that are still at it shall know. */
static void free_node(const struct trie *t, u32 link)
{
	struct trie_node *n = node_at(t, link);

	if (!n)
		return;
	__atomic_fetch_add(&t->meta->reused, 1, __ATOMIC_SEQ_CST);
	n->next_free = t->meta->free;
	t->meta->free = link;
}

static void fill_node(const struct trie *t, struct trie_node *n, u32 bits, const u8 *data,
		      u32 flags)
{
	n->child[0] = n->child[1] = 0;
	n->bits = bits;
	n->flags = flags;
	__builtin_memcpy(n->data, data, t->data_size);
}

/* Where a key is, or would be: the link to the node that the walk ended at. */
struct trie_spot {
	u32 *link;   /* to `at` */
	u32 *above;  /* to `parent` */
	u32 at;      /* 0: nothing there */
	u32 parent;  /* 0: the root's */
	u32 matched; /* bits of `at` that the key has too */
};

static struct trie_spot find_spot(const struct trie *t, u32 bits, const u8 *data)
{
	struct trie_spot s = {.link = &t->meta->root, .above = &t->meta->root};
	struct trie_node *n;

	for (u32 steps = 0; steps <= t->max_bits; steps++) {
		u32 len;

		s.at = *s.link;
		n = node_at(t, s.at);
		if (!n)
			break;
		len = bits_of(t, n);
		s.matched = common(n->data, data, MIN(len, bits));
		if (s.matched != len || len == bits)
			return s;
		s.parent = s.at;
		s.above = s.link;
		s.link = &n->child[bit_at(t, data, len)];
	}
	s.at = 0;
	return s;
}

/* Puts node `link` where the spot is, perhaps below a new fork. 0 or -ENOMEM. */
static int insert(const struct trie *t, const struct trie_spot *s, u32 link)
{
	struct trie_node *n = node_at(t, link), *at = node_at(t, s->at), *f;
	u32 fork, side;

	if (!at) {
		link_store(s->link, link);
		return 0;
	}
	if (s->matched == n->bits) {
		n->child[bit_at(t, at->data, s->matched)] = s->at;
		link_store(s->link, link);
		return 0;
	}
	fork = take_node(t);
	f = node_at(t, fork);
	if (!f)
		return -ENOMEM;
	fill_node(t, f, s->matched, at->data, FORK);
	side = bit_at(t, n->data, s->matched);
	f->child[side] = link;
	f->child[!side] = s->at;
	link_store(s->link, fork);
	return 0;
}

static int replace(const struct trie *t, const struct trie_spot *s, u32 link)
{
	struct trie_node *n = node_at(t, link), *at = node_at(t, s->at);

	n->child[0] = at->child[0];
	n->child[1] = at->child[1];
	link_store(s->link, link);
	free_node(t, s->at);
	return 0;
}

static int put_locked(struct map *m, const struct trie_key *k, const void *value, u64 flags)
{
	const struct trie *t = trie_of(m);
	struct trie_spot s = find_spot(t, k->bits, k->data);
	struct trie_node *at = node_at(t, s.at), *n;
	bool same = at && s.matched == bits_of(t, at) && s.matched == k->bits;
	bool exists = same && !is_fork(at);
	u32 link;
	int err;

	if (exists && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!exists && flags == BPF_EXIST)
		return -ENOENT;
	if (!exists && t->meta->count >= m->max_entries)
		return -ENOSPC;
	link = take_node(t);
	n = node_at(t, link);
	if (!n)
		return -ENOMEM;
	fill_node(t, n, k->bits, k->data, 0);
	__builtin_memcpy(value_of(t, n), value, m->value_size);
	err = same ? replace(t, &s, link) : insert(t, &s, link);
	if (err)
		free_node(t, link);
	else if (!exists)
		t->meta->count++;
	return err;
}

static int put(struct map *m, const void *key, const void *value, u64 flags)
{
	const struct trie *t = trie_of(m);
	struct trie_key k = key_of(key);
	int err;

	if (flags > BPF_EXIST || k.bits > t->max_bits)
		return -EINVAL;
	err = holder_lock(m, &t->meta->lock);
	if (err)
		return err;
	err = put_locked(m, &k, value, flags);
	holder_unlock(&t->meta->lock);
	return err;
}

static int delete_locked(const struct trie *t, const struct trie_key *k)
{
	struct trie_spot s = find_spot(t, k->bits, k->data);
	struct trie_node *at = node_at(t, s.at), *parent = node_at(t, s.parent);

	if (!at || s.matched != bits_of(t, at) || s.matched != k->bits || is_fork(at))
		return -ENOENT;
	if (t->meta->count)
		t->meta->count--;
	if (at->child[0] && at->child[1]) {
		__atomic_store_n(&at->flags, FORK, __ATOMIC_RELEASE);
		return 0;
	}
	/* A fork that loses a side goes too: its other side takes its place. */
	if (!at->child[0] && !at->child[1] && parent && is_fork(parent)) {
		link_store(s.above, parent->child[parent->child[0] == s.at]);
		free_node(t, s.parent);
		free_node(t, s.at);
		return 0;
	}
	link_store(s.link, at->child[0] ?: at->child[1]);
	free_node(t, s.at);
	return 0;
}

static int delete (struct map *m, const void *key)
{
	const struct trie *t = trie_of(m);
	struct trie_key k = key_of(key);
	int err;

	if (k.bits > t->max_bits)
		return -EINVAL;
	err = holder_lock(m, &t->meta->lock);
	if (err)
		return err;
	err = delete_locked(t, &k);
	holder_unlock(&t->meta->lock);
	return err;
}

static long update(struct map *m, struct run *run, const void *key, const void *value, u64 flags)
{
	return put(m, key, value, flags);
}

static long remove(struct map *m, struct run *run, const void *key)
{
	return delete (m, key);
}

/* ---- the order of keys: children before their parent, 0 before 1 ---- */
/* The first element at or below a link. */
static struct trie_node *first_below(const struct trie *t, u32 link)
{
	struct trie_node *n, *found = NULL;

	for (u32 steps = 0; (n = node_at(t, link)) && steps <= t->max_bits; steps++) {
		u32 left = link_load(&n->child[0]);

		if (!is_fork(n))
			found = n;
		link = left || is_fork(n) ? left : link_load(&n->child[1]);
	}
	return found;
}

/*
 * The element behind the one with this key. Of what lies above it, the deepest
 * comes next: the other subtree where the path went left, or else the element
 * that the path went through. *known: there is an element with this key.
 */
static struct trie_node *next_behind(const struct trie *t, const struct trie_key *k, bool *known)
{
	u32 link = link_load(&t->meta->root), subtree = 0;
	struct trie_node *n, *above = NULL;

	*known = false;
	for (u32 steps = 0; (n = node_at(t, link)) && steps <= t->max_bits; steps++) {
		u32 len = bits_of(t, n), side, right;

		if (len > k->bits || common(n->data, k->data, len) < len)
			return NULL;
		if (len == k->bits) {
			*known = !is_fork(n);
			break;
		}
		side = bit_at(t, k->data, len);
		right = side ? 0 : link_load(&n->child[1]);
		if (right || !is_fork(n)) {
			subtree = right;
			above = n;
		}
		link = link_load(&n->child[side]);
	}
	return subtree ? first_below(t, subtree) : above;
}

static int next_key(struct map *m, const void *key, void *next)
{
	const struct trie *t = trie_of(m);
	struct trie_key k = key ? key_of(key) : (struct trie_key){UINT32_MAX, NULL};
	bool known = false;

	for (u32 tries = 0; tries < WALK_TRIES; tries++) {
		u64 before = __atomic_load_n(&t->meta->reused, __ATOMIC_ACQUIRE);
		struct trie_node *n = NULL;
		u32 bits = 0;

		if (k.bits <= t->max_bits)
			n = next_behind(t, &k, &known);
		if (!known)
			n = first_below(t, link_load(&t->meta->root));
		if (n) {
			bits = bits_of(t, n);
			__builtin_memcpy((u8 *)next + sizeof(u32), n->data, t->data_size);
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (before != __atomic_load_n(&t->meta->reused, __ATOMIC_RELAXED))
			continue;
		__builtin_memcpy(next, &bits, sizeof(bits));
		return n ? 0 : -ENOENT;
	}
	return -EBUSY;
}

static int span(struct map *m, u64 addr, struct map_span *out)
{
	const struct trie *t = trie_of(m);
	u64 off = addr - ptr_to_u64(t->nodes), within;

	if (off >= (u64)t->slots * t->node_size)
		return -EACCES;
	within = off % t->node_size;
	if (within < t->value_off || within - t->value_off >= m->value_size)
		return -EACCES;
	*out = (struct map_span){addr - (within - t->value_off), m->value_size,
				 !(m->flags & BPF_F_RDONLY_PROG)};
	return 0;
}

/* ---- after a death ---- */
static bool is_linked(const struct trie *t, u32 link)
{
	const struct trie_node *n = node_at(t, link);
	u32 bits = bits_of(t, n), at = t->meta->root;

	for (u32 steps = 0; at != link && steps <= t->max_bits; steps++) {
		const struct trie_node *on = node_at(t, at);

		if (!on || bits_of(t, on) >= bits)
			return false;
		at = on->child[bit_at(t, n->data, bits_of(t, on))];
	}
	return at == link;
}

/* What the holder was at is unknown: everything but the links is made anew from them. */
static void sweep(struct map *m, bool (*dead)(void *data, u32 owner), void *data)
{
	const struct trie *t = trie_of(m);
	u32 fresh;

	if (!holder_inherit(m, &t->meta->lock, dead, data))
		return;
	fresh = MIN(t->meta->fresh, t->slots);
	t->meta->free = t->meta->count = 0;
	for (u32 link = 1; link <= fresh; link++) {
		if (!is_linked(t, link))
			free_node(t, link);
		else if (!is_fork(node_at(t, link)))
			t->meta->count++;
	}
	holder_unlock(&t->meta->lock);
}

const struct map_ops map_lpm_trie_ops = {
	.type = BPF_MAP_TYPE_LPM_TRIE,
	.name = "lpm_trie",
	.since = 0x040b,
	.types = MAP_TYPES_STRUCT,
	.check_late = check_late,
	.batch = MAP_BATCH_SOME | MAP_BATCH_DELETE,
	.layout = layout,
	.view = view,
	.lookup = lookup,
	.update = update,
	.remove = remove,
	.sys_lookup = sys_lookup,
	.sys_update = put,
	.sys_delete = delete,
	.next_key = next_key,
	.span = span,
	.sweep = sweep,
};
