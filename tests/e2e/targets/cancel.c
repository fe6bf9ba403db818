// SPDX-License-Identifier: BSD-2-Clause
/* pthread_cancel in every kind of blocking call: each of the 200 cleanups must run. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int cleaned, entered;
static int fds[2], sock[2];

static void cleanup(void *arg)
{
	cleaned++;
}

static void *blocked(void *arg)
{
	struct timespec ts = {100, 0};
	long kind = (long)arg % 6;
	char buf[16];

	pthread_cleanup_push(cleanup, NULL);
	entered++;
	switch (kind) {
	case 0:
		if (read(fds[0], buf, sizeof(buf)) < 0)
			puts("read failed");
		break;
	case 1: pause(); break;
	case 2: nanosleep(&ts, NULL); break;
	case 3: poll(NULL, 0, 100000); break;
	case 4: recv(sock[0], buf, sizeof(buf), 0); break;
	case 5: {
		static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
		static pthread_cond_t c = PTHREAD_COND_INITIALIZER;

		pthread_mutex_lock(&m);
		pthread_cleanup_push((void (*)(void *))pthread_mutex_unlock, &m);
		for (;;)
			pthread_cond_wait(&c, &m);
		pthread_cleanup_pop(0);
		break;
	}
	}
	pthread_cleanup_pop(0);
	return NULL;
}

static void *busy(void *arg) /* asynchronous cancellation among many calls */
{
	pthread_cleanup_push(cleanup, NULL);
	entered++;
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	for (;;)
		getppid();
	pthread_cleanup_pop(0);
	return NULL;
}

int main(void)
{
	enum {
		N = 180,
		BUSY = 20
	};
	pthread_t t[N + BUSY];
	int cancelled = 0;
	void *ret;

	if (pipe(fds) || socketpair(AF_UNIX, SOCK_STREAM, 0, sock))
		return 1;
	for (long i = 0; i < N; i++)
		pthread_create(&t[i], NULL, blocked, (void *)i);
	for (long i = 0; i < BUSY; i++)
		pthread_create(&t[N + i], NULL, busy, NULL);
	while (entered < N + BUSY)
		usleep(1000);
	usleep(50000);
	for (int i = 0; i < N + BUSY; i++)
		pthread_cancel(t[i]);
	for (int i = 0; i < N + BUSY; i++) {
		pthread_join(t[i], &ret);
		cancelled += ret == PTHREAD_CANCELED;
	}
	printf("cancelled %d, cleanups %d\n", cancelled, cleaned);
	return 0;
}
