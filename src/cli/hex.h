/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes written in hex. */
#ifndef CLI_HEX_H
#define CLI_HEX_H

#include "base/types.h"

/*
 * Pairs of hex digits, white space anywhere between pairs. *bytes is the
 * caller's to base_free() (not NULL when *size is 0). -EINVAL, -ENOMEM.
 */
int hex_parse(const char *s, size_t len, u8 **bytes, size_t *size);

#endif
