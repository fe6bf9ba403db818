// SPDX-License-Identifier: BSD-2-Clause
/* Messages of core/wire.h on a non-blocking socket. */
#include "world/wire.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "base/alloc.h"

#define PARTS_MAX 4
#define FIRST_CAP 4096

/* The most a message of that type may hold behind its header; 0: we take no such message. */
static size_t limit(u16 type)
{
	switch (type) {
	case WIRE_AGENT_HELLO: return WIRE_MAX;
	case WIRE_CLIENT_HELLO: return sizeof(struct wire_hello);
	case WIRE_CLIENT_CALL: return sizeof(struct wire_call) + WIRE_PATH_MAX;
	default: return 0;
	}
}

static int check_header(const struct wire_header *h)
{
	return h->magic == WIRE_MAGIC && h->version == WIRE_VERSION && limit(h->type) &&
			       h->size <= limit(h->type)
		       ? 0
		       : -EPROTO;
}

/* Where the next bytes go and how many fit there. */
static int room(struct wire_in *in, u8 **at, size_t *size)
{
	size_t body = in->got - sizeof(in->h);

	if (in->got < sizeof(in->h)) {
		*at = (u8 *)&in->h + in->got;
		*size = sizeof(in->h) - in->got;
		return 0;
	}
	if (body == in->cap) {
		size_t cap = MIN(MAX(in->cap * 2, (size_t)FIRST_CAP), (size_t)in->h.size);
		u8 *bigger = base_realloc(in->body, cap);

		if (!bigger)
			return -ENOMEM;
		in->body = bigger;
		in->cap = cap;
	}
	*at = in->body + body;
	*size = MIN(in->cap, (size_t)in->h.size) - body;
	return 0;
}

static bool is_complete(const struct wire_in *in)
{
	return in->got >= sizeof(in->h) && in->got - sizeof(in->h) == in->h.size;
}

int wire_in_read(struct wire_in *in, int sock)
{
	while (!is_complete(in)) {
		size_t size;
		ssize_t n;
		u8 *at;
		int err = room(in, &at, &size);

		if (err)
			return err;
		n = recv(sock, at, size, MSG_DONTWAIT);
		if (!n)
			return -EPIPE;
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		in->got += n;
		if (in->got == sizeof(in->h) && check_header(&in->h))
			return -EPROTO;
	}
	return 1;
}

void wire_in_next(struct wire_in *in)
{
	/* A large message's memory is not kept for a connection that sends small ones. */
	if (in->cap > FIRST_CAP) {
		base_free(in->body);
		in->body = NULL;
		in->cap = 0;
	}
	in->got = 0;
}

void wire_in_fini(struct wire_in *in)
{
	base_free(in->body);
	*in = (struct wire_in){0};
}

int wire_send(int sock, u16 type, const struct wire_part *parts, u32 count, const int *fds,
	      u32 nfds)
{
	char control[CMSG_SPACE(WIRE_MAX_FDS * sizeof(int))] __attribute__((aligned(8)));
	struct wire_header h = {WIRE_MAGIC, WIRE_VERSION, type, 0, nfds};
	struct iovec iov[1 + PARTS_MAX] = {{&h, sizeof(h)}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 1};
	ssize_t sent;

	if (count > PARTS_MAX || nfds > WIRE_MAX_FDS)
		return -EINVAL;
	for (u32 i = 0; i < count; i++) {
		iov[m.msg_iovlen++] = (struct iovec){(void *)parts[i].data, parts[i].size};
		h.size += parts[i].size;
	}
	if (nfds) {
		struct cmsghdr *c = (struct cmsghdr *)control;

		memset(control, 0, sizeof(control));
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
		m.msg_control = control;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	}
	do
		sent = sendmsg(sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	/* A peer that does not read its answers gets no more of them. */
	return sent == (ssize_t)(sizeof(h) + h.size) ? 0 : -EPIPE;
}
