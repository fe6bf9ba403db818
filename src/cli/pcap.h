/* SPDX-License-Identifier: BSD-2-Clause */
/* Packets of a capture file. */
#ifndef CLI_PCAP_H
#define CLI_PCAP_H

#include "base/types.h"

/*
 * Packet `n`, from 1, of the capture of `size` bytes at `file` (hostile). *at and *len: where it
 * lies. NULL, or what is wrong.
 */
const char *pcap_packet(const u8 *file, size_t size, u32 n, size_t *at, u32 *len);

#endif
