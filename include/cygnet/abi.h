/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) ABI up to Linux 6.18. First cut: the system's header; the full
 * table of facts replaces this file's body without changing its users.
 */
#ifndef CYGNET_ABI_H
#define CYGNET_ABI_H
#include <linux/bpf.h>
#endif
