/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1 (FIPS 180-4): program tags only, nothing secret. */
#ifndef BASE_SHA1_H
#define BASE_SHA1_H

#include "base/types.h"

#define SHA1_BYTES 20

void sha1(const void *data, size_t size, u8 digest[SHA1_BYTES]);

#endif
