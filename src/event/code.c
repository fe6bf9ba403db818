// SPDX-License-Identifier: BSD-2-Clause
/*
 * Analysed files: the cache, the syscall sites of a file, probes in it.
 *
 * First every 0f 05 pair of the executable bytes is found; most files have
 * none and are done. Only then unwind data is read, and only functions that
 * contain a pair are decoded. Probes load what they need on demand; what
 * they yield is kept, the bytes go when nobody holds the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/hash.h"
#include "event/body.h"
#include "event/code.h"

#define CACHE_FILES 256 /* unheld files that are kept */

struct code_file {
	struct code_file *next; /* the cache's list, most recently opened first */
	u32 refs;
	u64 dev, ino, size;
	struct timespec mtime;
	char *path;
	VEC(struct code_site) sites; /* immutable after analysis */
	bool fully_known;
	bool loaded;     /* image holds everything but perhaps targets */
	bool targeted;   /* and targets */
	bool no_targets; /* hostile: nothing of it may be patched */
	struct elf_image image;
	/* What stays when the image is dropped. */
	struct {
		u64 offset, size;
	} exec[ELF_MAX_SEGMENTS];
	u32 exec_count;
	struct hash probes; /* answers given: struct answer by answer_key() */
	/* The function last decoded: probes come in groups. */
	struct body body;
};

/* What code_probe() said once. */
struct answer {
	u64 offset;
	u32 limit;
	int err;
	const char *why;
	struct code_probe probe;
};

/* Guards the list, the reference counts, and each file's image and body. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct code_file *cache;

static void drop_body(struct code_file *f)
{
	body_fini(&f->body);
	f->body = (struct body){0};
}

static void drop_image(struct code_file *f)
{
	drop_body(f);
	elf_fini(&f->image);
	f->loaded = f->targeted = false;
}

static void free_file(struct code_file *f)
{
	struct answer *a;
	size_t pos = 0;
	u64 key;

	while ((a = hash_next(&f->probes, &pos, &key)))
		base_free(a);
	hash_fini(&f->probes);
	drop_image(f);
	vec_fini(&f->sites);
	base_free(f->path);
	base_free(f);
}

static bool is_same(const struct code_file *f, const struct stat *st)
{
	return f->dev == st->st_dev && f->ino == st->st_ino && f->size == st->st_size &&
	       f->mtime.tv_sec == st->st_mtim.tv_sec && f->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

static int open_file(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, st) ? -errno : !S_ISREG(st->st_mode) ? -ENOEXEC : 0;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* Loads headers and code; takes fd over. */
static int load_code(struct code_file *f, int fd)
{
	int err = elf_load_code(&f->image, fd, f->size);

	if (err)
		return err == -EIO ? -ENOEXEC
				   : err; /* shorter than fstat(2) said: it is being written */
	f->exec_count = 0;
	for (u32 i = 0; i < f->image.seg_count; i++)
		if (f->image.seg[i].exec) {
			f->exec[f->exec_count].offset = f->image.seg[i].offset;
			f->exec[f->exec_count++].size = f->image.seg[i].size;
		}
	return 0;
}

/* Segments and functions, from the disk again when they were dropped. */
static int load(struct code_file *f)
{
	struct stat st;
	int err = 0;

	if (f->loaded)
		return 0;
	if (!f->image.seg_count) {
		int fd = open_file(f->path, &st);

		if (fd < 0)
			return fd;
		if (!is_same(f, &st)) {
			close(fd);
			return -ESTALE;
		}
		err = load_code(f, fd);
	}
	if (!err)
		err = elf_load_rest(&f->image);
	if (err)
		drop_image(f);
	else
		f->loaded = true;
	return err == -EIO ? -ENOEXEC : err;
}

/* And where branches go, which only windows need: files without a site do without. */
static int load_targets(struct code_file *f)
{
	int err = load(f);

	if (err || f->targeted)
		return err;
	drop_body(f);
	err = elf_find_targets(&f->image);
	if (err == -ENOEXEC) { /* usable, but for nothing that needs targets */
		f->no_targets = true;
		err = 0;
	}
	f->targeted = !err;
	return err;
}

/* Decodes the function around va into f->body; -ENOENT: there is none. */
static int decode_around(struct code_file *f, u64 va)
{
	struct elf_function *fn = elf_function_before(&f->image, va);

	if (fn && va >= fn->end &&
	    elf_code_at(&f->image, va) == elf_code_at(&f->image, fn->start)) {
		drop_body(f);
		body_extend(&f->image, fn);
	}
	if (!fn || va >= fn->end)
		return -ENOENT;
	if (f->body.fn == fn)
		return 0;
	drop_body(f);
	return body_decode(&f->image, fn, &f->body);
}

static int collect_pairs(const struct elf_image *e, const struct elf_segment *s, u64 **pairs,
			 size_t *count)
{
	VEC(u64) found = {0};
	const u8 *p = s->data, *end = p + s->size;

	while (s->size >= 2 && (p = memmem(p, end - p, "\x0f\x05", 2))) {
		if (!elf_is_data(e, s->va + (p - s->data)) &&
		    vec_push(&found, s->va + (p - s->data))) {
			vec_fini(&found);
			return -ENOMEM;
		}
		p += 2;
	}
	*pairs = found.data;
	*count = found.len;
	return 0;
}

static bool is_cancel_site(const struct code_file *f, const struct body *b, u64 va)
{
	/* mov %r11,8(%rsp); syscall; ret: the end of glibc's __syscall_cancel_arch since 2.41 */
	static const u8 end[8] = {0x4c, 0x89, 0x5c, 0x24, 0x08, 0x0f, 0x05, 0xc3};

	if (f->image.cancel_start >= b->fn->start && f->image.cancel_start < b->fn->end)
		return true;
	return va - b->fn->start >= 5 && b->fn->end - va >= 3 &&
	       !memcmp(b->bytes + (va - b->fn->start) - 5, end, 8);
}

/* Classifies the pair at va. `from`: where windows may begin. Returns -ENOENT when the pair is no
 * instruction. */
static int examine_pair(struct code_file *f, u64 va, u64 from, struct code_site *s)
{
	struct body *b = &f->body;
	int err = decode_around(f, va);
	s64 i;

	s->kind = CODE_SITE_UNKNOWN;
	s->why = "no unwind data or symbol tells its function";
	if (err)
		return err == -ENOENT ? 0 : err;
	s->why = b->doubt;
	if (b->doubt)
		return 0;
	i = body_find(b, va);
	if (i < 0 || (b->insns.data[i].kind != INSN_SYSCALL && b->insns.data[i].va != va))
		return i < 0 ? 0 : -ENOENT;
	s->kind = CODE_SITE_BARE;
	s->why = "a prefix stands before it";
	if (b->insns.data[i].va != va)
		return 0;
	if (is_cancel_site(f, b, va)) {
		s->kind = CODE_SITE_KEEP;
		s->why = "the C library compares its address when a thread is cancelled";
		return 0;
	}
	err = load_targets(f) ?: decode_around(f, va);
	if (err)
		return err;
	s->why = f->no_targets ? "its tables have no end"
			       : body_syscall_window(&f->image, b, i, from, &s->window);
	if (!s->why)
		s->kind = CODE_SITE_PATCH;
	return 0;
}

static int examine_segment(struct code_file *f, const struct elf_segment *seg)
{
	u64 *pairs = NULL, from = seg->va;
	size_t count = 0;
	int err = collect_pairs(&f->image, seg, &pairs, &count);

	if (!err && count)
		err = load(f);
	for (size_t k = 0; !err && k < count; k++) {
		struct code_site s = {.offset = seg->offset + (pairs[k] - seg->va)};

		err = examine_pair(f, pairs[k], from, &s);
		if (err == -ENOENT) {
			err = 0;
			continue;
		}
		if (!err)
			err = vec_push(&f->sites, s);
		if (s.kind == CODE_SITE_PATCH)
			from = seg->va + (s.window.offset - seg->offset) +
			       MAX(s.window.len, s.window.over);
		else
			f->fully_known = false;
	}
	base_free(pairs);
	return err;
}

static int analyse(struct code_file *f)
{
	u32 n = f->image.seg_count;
	int err = 0;

	f->fully_known = true;
	for (u32 i = 0; !err && i < n; i++)
		if (f->image.seg[i].exec)
			err = examine_segment(f, &f->image.seg[i]);
	drop_body(f);
	return err;
}

static struct code_file *find(const struct stat *st)
{
	for (struct code_file **at = &cache; *at; at = &(*at)->next)
		if (is_same(*at, st)) {
			struct code_file *f = *at;

			*at = f->next;
			f->next = cache;
			cache = f;
			return f;
		}
	return NULL;
}

/* Frees what nobody holds, from the `keep`th such file on. */
static void trim(u32 keep)
{
	struct code_file **at = &cache;

	while (*at) {
		struct code_file *f = *at;

		if (f->refs || keep) {
			keep -= !f->refs;
			at = &f->next;
			continue;
		}
		*at = f->next;
		free_file(f);
	}
}

static int new_file(const char *path, int fd, const struct stat *st, struct code_file **out)
{
	struct code_file *f = base_zalloc(sizeof(*f));
	int err;

	if (!f) {
		close(fd);
		return -ENOMEM;
	}
	f->image.fd = -1;
	f->dev = st->st_dev;
	f->ino = st->st_ino;
	f->size = st->st_size;
	f->mtime = st->st_mtim;
	err = load_code(f, fd);
	f->path = base_strdup(path);
	if (!err && !f->path)
		err = -ENOMEM;
	if (!err)
		err = analyse(f);
	if (err) {
		free_file(f);
		return err;
	}
	if (!f->loaded) /* no pair: probes may never come */
		drop_image(f);
	f->next = cache;
	cache = f;
	*out = f;
	return 0;
}

int code_file_open(const char *path, u64 dev, u64 ino, struct code_file **out)
{
	struct stat st;
	struct code_file *f;
	int fd = open_file(path, &st), err = 0;

	if (fd < 0)
		return fd;
	if ((dev || ino) && (st.st_dev != dev || st.st_ino != ino)) {
		close(fd);
		return -ESTALE;
	}
	pthread_mutex_lock(&lock);
	f = find(&st);
	if (f)
		close(fd);
	else
		err = new_file(path, fd, &st, &f);
	if (!err) {
		f->refs++;
		*out = f;
	}
	trim(CACHE_FILES);
	pthread_mutex_unlock(&lock);
	return err;
}

void code_file_put(struct code_file *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&lock);
	if (!--f->refs)
		drop_image(f);
	pthread_mutex_unlock(&lock);
}

void code_cache_fini(void)
{
	pthread_mutex_lock(&lock);
	trim(0);
	pthread_mutex_unlock(&lock);
}

const struct code_site *code_file_sites(const struct code_file *f, u32 *count)
{
	*count = f->sites.len;
	return f->sites.data;
}

bool code_fully_known(const struct code_file *f)
{
	return f->fully_known;
}

bool code_is_executable(const struct code_file *f, u64 offset)
{
	for (u32 i = 0; i < f->exec_count; i++)
		if (offset - f->exec[i].offset < f->exec[i].size)
			return true;
	return false;
}

int code_function(struct code_file *f, u64 offset, u64 *start, u64 *end)
{
	const struct elf_function *fn;
	u64 va;
	int err;

	pthread_mutex_lock(&lock);
	err = load(f);
	if (!err)
		err = elf_code_va(&f->image, offset, &va);
	if (!err) {
		fn = elf_function_at(&f->image, va);
		err = fn ? 0 : -ENOENT;
	}
	if (!err) {
		*start = offset - (va - fn->start);
		*end = offset + (fn->end - va);
	}
	pthread_mutex_unlock(&lock);
	return err;
}

/* A probe by a breakpoint: the first instruction alone is moved. */
static int probe_int3(struct code_file *f, u64 va, struct code_probe *p, const char **why)
{
	const struct elf_segment *s = elf_code_at(&f->image, va);
	u64 left = s->size - (va - s->va);
	const u8 *bytes = s->data + (va - s->va);
	struct insn in;

	if (!insn_decode(bytes, left, va, &in)) {
		*why = "it is no instruction";
		return -ENOTSUP;
	}
	if (in.kind == INSN_OTHER || bytes[0] == 0xcc ||
	    (in.kind == INSN_CALL_IND && in.rsp_base)) {
		*why = "this instruction cannot be moved";
		return -ENOTSUP;
	}
	p->mode = CODE_PROBE_INT3;
	p->window = (struct code_window){.offset = p->offset, .len = in.len, .insns = 1, .over = 1};
	memcpy(p->window.bytes, bytes, in.len);
	return 0;
}

/* Whether va is where callers enter a function: there eflags hold nothing. */
static bool is_entry(const struct code_file *f, u64 va)
{
	return f->body.fn->start == va &&
	       (elf_is_label(&f->image, va) || !memcmp(f->body.bytes, "\xf3\x0f\x1e\xfa", 4));
}

/* The index a jump is best written at: behind an endbr64, unless something branches there or it is
 * not allowed. */
static size_t jump_index(const struct code_file *f, size_t i)
{
	const struct body *b = &f->body;
	const struct elf_segment *s = elf_code_at(&f->image, b->fn->start);

	if (!i && b->insns.len > 1 && b->insns.data[0].len == 4 &&
	    !memcmp(b->bytes, "\xf3\x0f\x1e\xfa", 4) && !elf_is_target(s, b->insns.data[1].va))
		return 1;
	return i;
}

static int probe_at(struct code_file *f, u64 va, u64 end, struct code_probe *p, const char **why)
{
	int err = decode_around(f, va);
	struct body *b = &f->body;
	s64 i;

	p->flags = STUB_FLAGS_LIVE;
	if (err == -ENOENT) {
		p->why = "no unwind data or symbol tells its function";
		return probe_int3(f, va, p, why);
	}
	if (err)
		return err;
	if (is_entry(f, va))
		p->flags = 0;
	i = body_find(b, va);
	if (!b->doubt && (i < 0 || b->insns.data[i].va != va)) {
		*why = "it lies inside an instruction";
		return -EINVAL;
	}
	p->why = f->no_targets ? "its tables have no end" : b->doubt;
	if (!p->why) {
		size_t at = jump_index(f, i);

		p->why = body_probe_window(&f->image, b, at, end, &p->window);
		if (p->why && at != i)
			p->why = body_probe_window(&f->image, b, i, end, &p->window);
	}
	return p->why ? probe_int3(f, va, p, why) : 0;
}

static int find_probe(struct code_file *f, u64 offset, u32 limit, struct code_probe *out,
		      const char **why)
{
	struct code_probe p = {.offset = offset, .mode = CODE_PROBE_JUMP};
	int err = load_targets(f);
	u64 va;

	if (!err && elf_code_va(&f->image, offset, &va)) {
		*why = "it lies in no executable segment";
		err = -EINVAL;
	}
	if (!err)
		err = probe_at(f, va, va + limit < va ? ~0ull : va + limit, &p, why);
	if (!err)
		*out = p;
	return err;
}

/* Answers from memory, or remembers. Answers that depend on memory or the disk are not kept. */
static int recall_probe(struct code_file *f, u64 offset, u32 limit, struct code_probe *out,
			const char **why)
{
	u64 key = hash_u64(offset) ^ limit;
	struct answer *a = hash_get(&f->probes, key);

	if (!a || a->offset != offset || a->limit != limit) {
		struct answer fresh = {.offset = offset, .limit = limit};

		fresh.err = find_probe(f, offset, limit, &fresh.probe, &fresh.why);
		if (fresh.err && fresh.err != -EINVAL && fresh.err != -ENOTSUP)
			return fresh.err;
		base_free(hash_del(&f->probes, key));
		a = base_memdup(&fresh, sizeof(fresh));
		if (!a || hash_set(&f->probes, key, a)) {
			base_free(a);
			return -ENOMEM;
		}
	}
	if (a->err)
		*why = a->why;
	else
		*out = a->probe;
	return a->err;
}

int code_probe(struct code_file *f, u64 offset, u32 limit, struct code_probe *out, const char **why)
{
	const char *unused;
	int err;

	pthread_mutex_lock(&lock);
	err = recall_probe(f, offset, limit, out, why ?: &unused);
	pthread_mutex_unlock(&lock);
	return err;
}

enum code_relation code_relate(struct code_probe *p, const struct code_site *s)
{
	u64 p_end = p->window.offset + MAX(p->window.len, p->window.over);
	u64 s_start = s->offset, s_end = s->offset + 2;

	if (s->kind == CODE_SITE_PATCH) {
		s_start = s->window.offset;
		s_end = s_start + MAX(s->window.len, s->window.over);
	}
	if (p->window.offset >= s_end || p_end <= s_start)
		return CODE_APART;
	if (s->kind == CODE_SITE_PATCH && p->window.offset == s_start) {
		p->mode = CODE_PROBE_JUMP;
		p->window = s->window;
		return CODE_CHAIN;
	}
	return p->window.offset == s->offset ? CODE_CHAIN_BARE : CODE_CLASH;
}
