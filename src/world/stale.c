// SPDX-License-Identifier: BSD-2-Clause
/*
 * Directories of worlds whose server was killed: its socket refuses
 * connections, so nobody can be using it. One that has no socket yet is being
 * made and is left alone.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/types.h"
#include "world/stale.h"

#define MOST 64 /* directories looked at: starting must stay fast */

static bool is_served(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int sock, err;

	if (strlen(path) >= sizeof(addr.sun_path))
		return true;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return true;
	err = connect(sock, (struct sockaddr *)&addr, sizeof(addr)) ? errno : 0;
	close(sock);
	return err != ECONNREFUSED;
}

void world_remove_stale(const char *base)
{
	char mine[32], dir[300], path[320];
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(base);
	int looked = 0;

	if (!d)
		return;
	snprintf(mine, sizeof(mine), "cygnet-%u-", geteuid());
	while (looked < MOST && (e = readdir(d))) {
		if (strncmp(e->d_name, mine, strlen(mine)) || strlen(e->d_name) != strlen(mine) + 6)
			continue;
		looked++;
		snprintf(dir, sizeof(dir), "%.200s/%.64s", base, e->d_name);
		snprintf(path, sizeof(path), "%s/world", dir);
		if (lstat(dir, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
		    is_served(path))
			continue;
		unlink(path);
		rmdir(dir);
	}
	closedir(d);
}
