// SPDX-License-Identifier: BSD-2-Clause
/* Network devices, as far as packets of PROG_TEST_RUN are said to have come by one. */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "sys/test_run.h"

#define LOOPBACK_MTU 65536

int test_device_find(u32 ifindex, struct test_device *out)
{
	struct test_device dev = {.ifindex = ifindex, .mtu = LOOPBACK_MTU};
	struct ifreq r = {0};
	int sock, err = -ENODEV;

	if (ifindex == LOOPBACK) { /* every host has it; its addresses are zero */
		*out = dev;
		return 0;
	}
	if (!if_indextoname(ifindex, r.ifr_name))
		return -ENODEV;
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -ENODEV;
	if (!ioctl(sock, SIOCGIFMTU, &r)) {
		dev.mtu = r.ifr_mtu;
		err = ioctl(sock, SIOCGIFHWADDR, &r) ? -ENODEV : 0;
		memcpy(dev.addr, r.ifr_hwaddr.sa_data, sizeof(dev.addr));
		memset(dev.broadcast, 0xff, sizeof(dev.broadcast));
	}
	close(sock);
	if (!err)
		*out = dev;
	return err;
}
