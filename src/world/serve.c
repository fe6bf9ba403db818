// SPDX-License-Identifier: BSD-2-Clause
/*
 * One message, answered: a client's call becomes the call of sys/sys.h, an
 * agent's hello a plan. The bytes are hostile; what they can name is checked
 * where it is used, since addresses, descriptors and ids mean the client's own.
 */
#include "world/serve.h"
#include <errno.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "sys/sys.h"
#include "world/target.h"

/* The answer to a call. */
struct answer {
	s64 result;
	bool is_fd;    /* result is a descriptor of ours, */
	bool borrowed; /* the instance's */
	struct text text;
};

struct request {
	struct cygnet *inst;
	struct peer *p;
	const u64 *a;
	char path[WIRE_PATH_MAX + 1];
};

static void call_bpf(struct request *r, struct answer *out)
{
	out->result = sys_bpf(r->inst, &r->p->c, r->a[0], r->a[1], r->a[2], &out->is_fd);
}

static void call_perf_open(struct request *r, struct answer *out)
{
	out->result = sys_perf_event_open(r->inst, &r->p->c, r->a[0], r->a[1], r->a[2], r->a[3],
					  r->a[4], &out->is_fd);
}

static void call_perf_ioctl(struct request *r, struct answer *out)
{
	out->result = sys_perf_ioctl(r->inst, &r->p->c, r->a[0], r->a[1], r->a[2], r->a[3]);
}

static void call_is_ours(struct request *r, struct answer *out)
{
	u32 kind, id;

	out->result = sys_is_ours(r->inst, r->a[0], r->a[1], &kind, &id);
}

static void call_mmap(struct request *r, struct answer *out)
{
	out->result = sys_mmap(r->inst, r->a[0], r->a[1], r->a[2], r->a[3], r->a[4], r->a[5]);
}

static void call_poll_fd(struct request *r, struct answer *out)
{
	u64 words[2];

	out->result = sys_poll_words(r->inst, r->a[0], r->a[1], words);
	if (out->result)
		return;
	text_write(&out->text, (const char *)words, sizeof(words));
	out->result = sys_poll_fd(r->inst, r->a[0], r->a[1]);
	out->is_fd = out->borrowed = out->result >= 0;
}

static void call_fdinfo(struct request *r, struct answer *out)
{
	out->result = sys_fdinfo(r->inst, r->a[0], r->a[1], &out->text);
}

static void call_file(struct request *r, struct answer *out)
{
	out->result = sys_file_open(r->inst, r->path);
	out->is_fd = out->result >= 0;
}

static void call_path(struct request *r, struct answer *out)
{
	out->result = r->a[0] > SYS_PATH_UNLINK ? -EINVAL : sys_path(r->inst, r->a[0], r->path);
}

static void call_uname(struct request *r, struct answer *out)
{
	struct utsname u;

	memset(&u, 0, sizeof(u));
	out->result = sys_uname(r->inst, &u);
	if (!out->result)
		text_write(&out->text, (const char *)&u, sizeof(u));
}

static void (*const calls[])(struct request *r, struct answer *out) = {
	[WIRE_CALL_BPF] = call_bpf,
	[WIRE_CALL_PERF_OPEN] = call_perf_open,
	[WIRE_CALL_PERF_IOCTL] = call_perf_ioctl,
	[WIRE_CALL_IS_OURS] = call_is_ours,
	[WIRE_CALL_MMAP] = call_mmap,
	[WIRE_CALL_POLL_FD] = call_poll_fd,
	[WIRE_CALL_FDINFO] = call_fdinfo,
	[WIRE_CALL_FILE] = call_file,
	[WIRE_CALL_PATH] = call_path,
	[WIRE_CALL_UNAME] = call_uname,
};
_Static_assert(ARRAY_SIZE(calls) == WIRE_CALL_KINDS, "every call has its function");

static int reply(int sock, struct answer *a)
{
	struct wire_reply head = {.result = a->is_fd ? 0 : a->result, .is_fd = a->is_fd};
	struct wire_part parts[] = {{&head, sizeof(head)}, {a->text.buf, a->text.len}};
	int fd = a->is_fd ? (int)a->result : -1, err;

	if (a->text.lost)
		return -ENOMEM;
	head.len = a->text.len;
	err = wire_send(sock, WIRE_CLIENT_REPLY, parts, ARRAY_SIZE(parts), &fd, a->is_fd);
	return err;
}

static int answer_call(struct cygnet *inst, struct peer *p, const struct wire_in *in, int sock)
{
	struct request r = {.inst = inst, .p = p};
	struct answer a = {0};
	struct wire_call call;
	int err;

	if (in->h.size < sizeof(call))
		return -EPROTO;
	memcpy(&call, in->body, sizeof(call));
	if (call.kind >= WIRE_CALL_KINDS || call.len != in->h.size - sizeof(call))
		return -EPROTO;
	memcpy(r.path, in->body + sizeof(call), call.len);
	if (memchr(r.path, 0, call.len))
		return -EPROTO;
	r.a = call.a;
	text_init_grow(&a.text);
	calls[call.kind](&r, &a);
	/* A negative result is no descriptor, whatever the flag says. */
	a.is_fd = a.is_fd && a.result >= 0;
	err = reply(sock, &a);
	if (a.is_fd && !a.borrowed)
		close(a.result);
	text_fini(&a.text);
	return err;
}

/* Can its memory be reached? The client left a word for us to find. */
static int answer_hello(struct peer *p, const struct wire_in *in, int sock, bool *greeted)
{
	struct answer a = {0};
	struct wire_hello h;
	u64 value;
	int err;

	if (in->h.size != sizeof(h))
		return -EPROTO;
	memcpy(&h, in->body, sizeof(h));
	a.result = p->c.read(&p->c, &value, h.addr, sizeof(value));
	if (!a.result && value != h.value)
		a.result = -EPROTO;
	err = reply(sock, &a);
	*greeted = !a.result;
	return err;
}

static int answer_agent(struct cygnet *inst, struct peer *p, const struct wire_in *in, int sock)
{
	struct target_answer a;
	struct wire_part part = {&a.reply, sizeof(a.reply)};
	int err;

	target_answer(inst, in->body, in->h.size, p->c.pid, &a);
	p->untraced = a.reply.error;
	err = wire_send(sock, WIRE_AGENT_PLAN, &part, 1, a.fds, a.reply.fd_count);
	target_answer_fini(&a);
	return err;
}

int serve_message(struct cygnet *inst, struct peer *p, const struct wire_in *in, int sock,
		  bool *greeted)
{
	switch (in->h.type) {
	case WIRE_AGENT_HELLO: return answer_agent(inst, p, in, sock);
	case WIRE_CLIENT_HELLO: return answer_hello(p, in, sock, greeted);
	case WIRE_CLIENT_CALL: return *greeted ? answer_call(inst, p, in, sock) : -EPROTO;
	default: return -EPROTO;
	}
}
