// SPDX-License-Identifier: BSD-2-Clause
/*
 * The world's server: a socket in a private directory and one thread. The
 * thread polls the socket, every connection, and the instance's notice of
 * closed descriptors; a message is read piecemeal as it comes, so that nobody
 * who stalls, floods or sends garbage holds up another. Calls stand alone:
 * an idle client's connection may be closed to make room, it connects again.
 */
#include "world/server.h"
#include "world/stale.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "base/vec.h"
#include "sys/sys.h"
#include "world/serve.h"
#include "world/target.h"

#define CONNECTIONS_MAX  1024
#define PARTIAL_MS       10000 /* a message that takes longer to arrive never will */
#define MESSAGES_AT_ONCE 64    /* of one connection before the others have their turn */
#define SETTLE_MS        2000  /* a closed object is asked again for so long */
#define SETTLE_EVERY_MS  20
#define SWEEP_MS         1000
#define LARGE_BYTES      65536 /* a message that counts towards: */
#define BUFFERED_MAX     (64u << 20)
#define PAUSE_MS         50 /* out of descriptors: when to try again */

struct connection {
	int sock;
	struct peer peer;
	bool greeted;
	struct wire_in in;
	u64 partial_since; /* ms; 0: no message under way */
	u64 used;          /* ms */
};

struct world {
	struct cygnet *inst;
	pthread_t thread;
	bool stop; /* atomic */
	int wake;  /* eventfd */
	int listener;
	char dir[256];
	struct sockaddr_un addr;
	VEC(struct connection *) all;
	VEC(struct pollfd) polled;
	u64 paused_until, settle_until, swept;
	bool prepared; /* for targets, when there were these links: */
	u32 links;
	bool has_clients;     /* some connection was a bpf(2) client's: closes matter */
	pthread_mutex_t lock; /* of: */
	char trouble[256];    /* not told yet */
	bool refusal_told;
};

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static void note_refusal(struct world *w, const struct peer *p)
{
	pthread_mutex_lock(&w->lock);
	if (!w->refusal_told)
		snprintf(w->trouble, sizeof(w->trouble),
			 "the memory of client %d may not be read (kernel.yama.ptrace_scope, a "
			 "sandbox, or an executable without read permission): its bpf calls fail; "
			 "sysctl kernel.yama.ptrace_scope=1 or less allows it",
			 p->c.pid);
	w->refusal_told = true;
	pthread_mutex_unlock(&w->lock);
}

/* A target that gets no plan runs on untraced, which must not go unsaid. */
static void note_untraced(struct world *w, const struct peer *p)
{
	pthread_mutex_lock(&w->lock);
	if (p->untraced == -E2BIG)
		snprintf(w->trouble, sizeof(w->trouble),
			 "pid %d runs on untraced: its programs' maps and perf buffers are more "
			 "than "
			 "%d (a perf buffer map counts once per cpu; ring buffers count once)",
			 p->c.pid, WIRE_MAX_FDS - 3);
	else
		snprintf(w->trouble, sizeof(w->trouble), "pid %d runs on untraced: %s", p->c.pid,
			 strerror(-p->untraced));
	pthread_mutex_unlock(&w->lock);
}

bool world_trouble(struct world *w, char *out, size_t size)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->trouble[0];
	if (any)
		snprintf(out, size, "%s", w->trouble);
	w->trouble[0] = 0;
	pthread_mutex_unlock(&w->lock);
	return any;
}

static void connection_free(struct connection *c)
{
	close(c->sock);
	peer_fini(&c->peer);
	wire_in_fini(&c->in);
	base_free(c);
}

static void drop(struct world *w, size_t i)
{
	connection_free(w->all.data[i]);
	w->all.data[i] = w->all.data[--w->all.len];
}

/* Closes the connection unused for longest, if any is idle. */
static bool make_room(struct world *w)
{
	size_t best = w->all.len;

	vec_each (&w->all, i) {
		const struct connection *c = w->all.data[i];
		struct pollfd p = {.fd = c->sock, .events = POLLIN};

		if (!c->greeted || c->in.got || poll(&p, 1, 0))
			continue;
		if (best == w->all.len || c->used < w->all.data[best]->used)
			best = i;
	}
	if (best == w->all.len)
		return false;
	drop(w, best);
	return true;
}

/* A new connection of the same user's. Takes `sock`. */
static void admit(struct world *w, int sock, u64 now)
{
	struct connection *c;
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) || cred.uid != geteuid() ||
	    cred.pid <= 0)
		goto out;
	if (w->all.len >= CONNECTIONS_MAX && !make_room(w))
		goto out;
	c = base_zalloc(sizeof(*c));
	if (!c)
		goto out;
	c->sock = sock;
	c->used = now;
	peer_init(&c->peer, cred.pid, cred.uid);
	if (!vec_push(&w->all, c))
		return;
	base_free(c);
out:
	close(sock);
}

static void accept_all(struct world *w, u64 now)
{
	int sock;

	for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
		sock = accept4(w->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (sock >= 0)
			admit(w, sock, now);
		else if ((errno == EMFILE || errno == ENFILE) && make_room(w))
			continue;
		else if (errno != ECONNABORTED && errno != EINTR)
			break;
	}
	if (sock < 0 && errno != EAGAIN)
		w->paused_until = now + PAUSE_MS;
}

/* May `c` go on buffering a large message, with all the others'? */
static bool may_buffer(const struct world *w, const struct connection *c)
{
	size_t sum = 0;

	if (c->in.cap <= LARGE_BYTES)
		return true;
	vec_each (&w->all, i)
		sum += w->all.data[i]->in.cap;
	return sum <= BUFFERED_MAX;
}

/* What a connection has sent. 0, or -errno: close it. */
static int serve(struct world *w, struct connection *c, u64 now)
{
	int ret = 0;

	c->used = now;
	for (int i = 0; i < MESSAGES_AT_ONCE; i++) {
		bool had = c->in.got;

		ret = wire_in_read(&c->in, c->sock);
		if (ret <= 0) {
			if (!c->in.got)
				c->partial_since = 0;
			else if (!had || !c->partial_since)
				c->partial_since = now;
			return ret ?: may_buffer(w, c) ? 0 : -ENOBUFS;
		}
		c->partial_since = 0;
		ret = serve_message(w->inst, &c->peer, &c->in, c->sock, &c->greeted);
		w->has_clients |= c->greeted;
		if (c->peer.refused)
			note_refusal(w, &c->peer);
		if (c->peer.untraced)
			note_untraced(w, &c->peer);
		wire_in_next(&c->in);
		if (ret)
			return ret;
	}
	return 0;
}

/* Poll slots before the connections'. */
enum {
	SLOT_WAKE,
	SLOT_LISTEN,
	SLOT_CLOSES,
	SLOT_FIRST
};

/* Readable when a client closed something; -1: nobody can, or nobody tells. */
static int closes_fd(const struct world *w)
{
	return w->has_clients ? sys_watch_fd(w->inst) : -1;
}

static bool must_settle(const struct world *w, u64 now)
{
	return w->has_clients && (now < w->settle_until || sys_watch_fd(w->inst) < 0);
}

static int prepare(struct world *w, u64 now)
{
	int watch = closes_fd(w);

	w->polled.len = 0;
	if (vec_reserve(&w->polled, SLOT_FIRST + w->all.len))
		return -ENOMEM;
	w->polled.len = SLOT_FIRST + w->all.len;
	w->polled.data[SLOT_WAKE] = (struct pollfd){.fd = w->wake, .events = POLLIN};
	w->polled.data[SLOT_LISTEN] =
		(struct pollfd){.fd = now < w->paused_until ? -1 : w->listener, .events = POLLIN};
	w->polled.data[SLOT_CLOSES] = (struct pollfd){.fd = watch, .events = POLLIN};
	vec_each (&w->all, i)
		w->polled.data[SLOT_FIRST + i] =
			(struct pollfd){.fd = w->all.data[i]->sock, .events = POLLIN};
	return 0;
}

static int timeout(const struct world *w, u64 now)
{
	if (must_settle(w, now))
		return SETTLE_EVERY_MS;
	return now < w->paused_until ? PAUSE_MS : SWEEP_MS;
}

/* What nobody holds any more is released, and what the dead held. */
static void housekeep(struct world *w, u64 now)
{
	if (w->polled.data[SLOT_CLOSES].revents)
		w->settle_until = now + SETTLE_MS;
	if (must_settle(w, now))
		sys_settle(w->inst);
	if (now - w->swept >= SWEEP_MS) {
		target_sweep(w->inst);
		w->swept = now;
	}
}

static void round_of(struct world *w, u64 now)
{
	/* Backwards: a dropped one's place is taken by one already served. */
	for (size_t i = w->polled.len - SLOT_FIRST; i-- > 0;) {
		struct connection *c = w->all.data[i];
		int err = 0;

		if (w->polled.data[SLOT_FIRST + i].revents)
			err = serve(w, c, now);
		if (!err && c->partial_since && now - c->partial_since > PARTIAL_MS)
			err = -ETIMEDOUT;
		if (err)
			drop(w, i);
	}
	if (w->polled.data[SLOT_LISTEN].revents)
		accept_all(w, now);
	housekeep(w, now);
}

static void *world_main(void *data)
{
	struct world *w = data;

	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		u64 now = now_ms();
		u32 links = __atomic_load_n(&w->inst->generation, __ATOMIC_RELAXED);

		if (!w->prepared || w->links != links)
			target_prepare(w->inst);
		w->prepared = true;
		w->links = links;
		if (prepare(w, now)) {
			poll(NULL, 0, PAUSE_MS);
			continue;
		}
		if (poll(w->polled.data, w->polled.len, timeout(w, now)) >= 0)
			round_of(w, now_ms());
	}
	return NULL;
}

static int make_socket(struct world *w)
{
	w->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (w->listener < 0 || bind(w->listener, (struct sockaddr *)&w->addr, sizeof(w->addr)))
		return -errno;
	/* Before anybody can connect. */
	if (chmod(w->addr.sun_path, 0600) || listen(w->listener, SOMAXCONN)) {
		int err = -errno;

		unlink(w->addr.sun_path);
		return err;
	}
	return 0;
}

static int set_path(struct world *w, const char *path)
{
	w->addr.sun_family = AF_UNIX;
	return snprintf(w->addr.sun_path, sizeof(w->addr.sun_path), "%s", path) <
			       (int)sizeof(w->addr.sun_path)
		       ? 0
		       : -ENAMETOOLONG;
}

/* A socket in a new private directory under `base`. */
static int try_dir(struct world *w, const char *base)
{
	char path[256];
	int err;

	if (!base || base[0] != '/')
		return -ENOENT;
	if (snprintf(w->dir, sizeof(w->dir), "%s/cygnet-%u-XXXXXX", base, geteuid()) >=
	    (int)sizeof(w->addr.sun_path) - 8)
		return -ENAMETOOLONG;
	world_remove_stale(base);
	if (!mkdtemp(w->dir))
		return -errno;
	snprintf(path, sizeof(path), "%.200s/world", w->dir);
	err = set_path(w, path);
	err = err ?: make_socket(w);
	if (err)
		rmdir(w->dir);
	return err;
}

static int place(struct world *w, const char *path)
{
	const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
	int err = -ENOENT;

	if (path) {
		w->dir[0] = 0;
		return set_path(w, path) ?: make_socket(w);
	}
	for (size_t i = 0; err && i < ARRAY_SIZE(bases); i++) {
		if (w->listener >= 0)
			close(w->listener);
		w->listener = -1;
		err = try_dir(w, bases[i]);
	}
	return err;
}

static void world_free(struct world *w)
{
	while (w->all.len)
		drop(w, w->all.len - 1);
	vec_fini(&w->all);
	vec_fini(&w->polled);
	if (w->listener >= 0)
		close(w->listener);
	if (w->wake >= 0)
		close(w->wake);
	pthread_mutex_destroy(&w->lock);
	base_free(w);
}

int world_start(struct cygnet *inst, const char *path, struct world **out)
{
	struct world *w = base_zalloc(sizeof(*w));
	sigset_t every, old;
	int err;

	if (!w)
		return -ENOMEM;
	w->inst = inst;
	w->listener = -1;
	pthread_mutex_init(&w->lock, NULL);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	err = w->wake < 0 ? -errno : place(w, path);
	if (err)
		goto out;
	target_set_env("", w->addr.sun_path);
	/* Signals are the application's. */
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &old);
	err = -pthread_create(&w->thread, NULL, world_main, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		unlink(w->addr.sun_path);
		if (w->dir[0])
			rmdir(w->dir);
		goto out;
	}
	*out = w;
	return 0;
out:
	world_free(w);
	return err;
}

const char *world_address(const struct world *w)
{
	return w->addr.sun_path;
}

void world_stop(struct world *w)
{
	u64 one = 1;

	if (!w)
		return;
	__atomic_store_n(&w->stop, true, __ATOMIC_RELEASE);
	(void)!write(w->wake, &one, sizeof(one));
	pthread_join(w->thread, NULL);
	unlink(w->addr.sun_path);
	if (w->dir[0])
		rmdir(w->dir);
	target_close(w->inst);
	world_free(w);
}
