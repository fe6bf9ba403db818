// SPDX-License-Identifier: BSD-2-Clause
/* Maps and loads on one side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>
#include <cygnet/cygnet.h>
#include "core/client.h"
#include "fuzz/side.h"
#include "sys/sys.h"

/* The rights that bpf(2) asks for, off and on: a call costs more without them than it should. */
static void set_capabilities(bool on)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	u32 low = 1u << CAP_NET_ADMIN | 1u << CAP_SYS_ADMIN;
	u32 high = 1u << (CAP_PERFMON - 32) | 1u << (CAP_BPF - 32);

	if (syscall(SYS_capget, &head, data))
		return;
	data[0].effective = on ? data[0].effective | low : data[0].effective & ~low;
	data[1].effective = on ? data[1].effective | high : data[1].effective & ~high;
	syscall(SYS_capset, &head, data);
}

long side_bpf(struct side *s, int cmd, union bpf_attr *attr)
{
	long ret;

	if (s->inst) {
		sys_self(s->inst)->unprivileged = s->unprivileged;
		return cygnet_bpf(s->inst, cmd, attr, sizeof(*attr));
	}
	if (s->unprivileged)
		set_capabilities(false);
	ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));
	ret = ret < 0 ? -errno : ret;
	if (s->unprivileged)
		set_capabilities(true);
	return ret;
}

int side_open(struct side *s, bool kernel, bool unprivileged, bool compared)
{
	/* The same everywhere; beside the kernel, what it has. */
	u32 cpus = compared ? (u32)sysconf(_SC_NPROCESSORS_CONF) : 2;
	struct cygnet_opts o = {.sz = sizeof(o), .checked = 1, .possible_cpus = cpus};

	memset(s, 0, sizeof(*s));
	s->unprivileged = unprivileged;
	s->log = malloc(SIDE_LOG);
	if (!s->log)
		return -ENOMEM;
	return kernel ? 0 : cygnet_new(&o, &s->inst);
}

void side_close(struct side *s)
{
	for (u32 i = 0; i < s->map_count; i++)
		if (s->maps[i].fd >= 0)
			close(s->maps[i].fd);
	if (s->btf > 0)
		close(s->btf);
	cygnet_free(s->inst);
	free(s->log);
}

/*
 * "struct v { struct bpf_spin_lock l; char rest[N]; }" for one N after the other would be many
 * BTFs: the value is declared as the lock and 60 bytes.
 */
static int lock_btf(struct side *s)
{
	static const char names[] = "\0int\0bpf_spin_lock\0val\0v\0l\0rest\0char";
	struct {
		struct btf_header h;
		u32 t[64];
	} b = {.h = {.magic = 0xeb9f, .version = 1, .hdr_len = sizeof(b.h)}};
	u8 raw[sizeof(b) + sizeof(names)];
	union bpf_attr a = {0};
	u32 n = 0;

	if (s->btf)
		return s->btf;
#define T(...)                                   \
	do {                                     \
		const u32 t_[] = {__VA_ARGS__};  \
		memcpy(&b.t[n], t_, sizeof(t_)); \
		n += sizeof(t_) / sizeof(t_[0]); \
	} while (0)
	T(1, BTF_KIND_INT << 24, 4, 1u << 24 | 32);                /* 1 int */
	T(5, BTF_KIND_STRUCT << 24 | 1, 4, 19, 1, 0);              /* 2 bpf_spin_lock { int val } */
	T(32, BTF_KIND_INT << 24, 1, 8);                           /* 3 char */
	T(0, BTF_KIND_ARRAY << 24, 0, 3, 1, 60);                   /* 4 char [60] */
	T(23, BTF_KIND_STRUCT << 24 | 2, 64, 25, 2, 0, 27, 4, 32); /* 5 v */
#undef T
	b.h.type_len = n * 4;
	b.h.str_off = n * 4;
	b.h.str_len = sizeof(names);
	memcpy(raw, &b, sizeof(b.h) + n * 4);
	memcpy(raw + sizeof(b.h) + n * 4, names, sizeof(names));
	a.btf = ptr_to_u64(raw);
	a.btf_size = sizeof(b.h) + n * 4 + sizeof(names);
	s->btf = (int)side_bpf(s, BPF_BTF_LOAD, &a);
	return s->btf;
}

static int make_map(struct side *s, const struct map_shape *m, int inner)
{
	union bpf_attr a = {
		.map_type = m->type,
		.key_size = m->key_size,
		.value_size = m->value_size,
		.max_entries = m->max_entries,
		.map_flags = m->flags,
		.inner_map_fd = inner > 0 ? inner : 0,
	};
	int fd;

	if (m->locked) {
		a.btf_fd = lock_btf(s);
		a.btf_key_type_id = 1;
		a.btf_value_type_id = 5;
	}
	fd = (int)side_bpf(s, BPF_MAP_CREATE, &a);
	if (fd >= 0 && m->frozen) {
		union bpf_attr f = {.map_fd = fd};

		side_bpf(s, BPF_MAP_FREEZE, &f);
	}
	return fd;
}

static int find_map(struct side *s, const struct map_shape *m, const struct map_shape *inner,
		    int inner_fd)
{
	static const struct map_shape none;
	struct side_map *slot;

	inner = inner ?: &none;
	for (u32 i = 0; i < s->map_count; i++)
		if (!memcmp(&s->maps[i].shape, m, sizeof(*m)) &&
		    !memcmp(&s->maps[i].inner, inner, sizeof(*inner)))
			return s->maps[i].fd;
	if (s->map_count == SIDE_MAPS)
		return -ENOSPC;
	slot = &s->maps[s->map_count++];
	*slot = (struct side_map){*m, *inner, make_map(s, m, inner_fd)};
	/* Something to be found in it. */
	for (u32 key = 0; slot->fd >= 0 && inner_fd > 0 && key < 2; key++) {
		u64 wide = key;
		union bpf_attr a = {.map_fd = slot->fd,
				    .key = ptr_to_u64(&wide),
				    .value = ptr_to_u64(&inner_fd)};

		side_bpf(s, BPF_MAP_UPDATE_ELEM, &a);
	}
	return slot->fd;
}

bool side_maps(struct side *s, const struct program *p, int fds[PROGRAM_MAPS])
{
	for (u32 i = 0; i < p->map_count; i++) {
		const struct map_shape *m = &p->maps[i];

		fds[i] = find_map(s, m, m->inner ? &p->maps[m->inner - 1] : NULL,
				  m->inner ? fds[m->inner - 1] : 0);
		if (fds[i] < 0)
			return false;
	}
	return true;
}

/* The verdict: the last line of the log that is no statistics. */
static void last_line(char *log, char out[SIDE_LAST])
{
	char *end = log + strlen(log);
	char *line;

	out[0] = 0;
	while (end > log) {
		while (end > log && end[-1] == '\n')
			*--end = 0;
		line = strrchr(log, '\n');
		line = line ? line + 1 : log;
		if (strncmp(line, "processed ", 10) && strncmp(line, "verification time", 17) &&
		    strncmp(line, "stack depth", 11)) {
			snprintf(out, SIDE_LAST, "%.*s", SIDE_LAST - 1, line);
			return;
		}
		end = line;
		*end = 0;
	}
}

void side_load(struct side *s, const struct program *p, bool with_log, struct verdict *v)
{
	int fds[PROGRAM_MAPS] = {0};
	union bpf_attr a = {
		.prog_type = p->type,
		.expected_attach_type = p->attach_type,
		.prog_flags = p->flags,
		.insns = ptr_to_u64(p->insn),
		.insn_cnt = p->count,
		.license = ptr_to_u64("GPL"),
		.fd_array = ptr_to_u64(fds),
	};
	long ret;

	v->fd = -1;
	v->last[0] = 0;
	if (!side_maps(s, p, fds)) {
		v->err = ENOENT;
		snprintf(v->last, sizeof(v->last), "a map cannot be made");
		return;
	}
	if (with_log) {
		s->log[0] = 0;
		a.log_buf = ptr_to_u64(s->log);
		a.log_size = SIDE_LOG;
		a.log_level = 1;
	}
	ret = side_bpf(s, BPF_PROG_LOAD, &a);
	v->err = ret < 0 ? -ret : 0;
	v->fd = ret < 0 ? -1 : (int)ret;
	if (with_log)
		last_line(s->log, v->last);
}
