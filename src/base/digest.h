/* SPDX-License-Identifier: BSD-2-Clause */
/* SHA-1 and SHA-256 (FIPS 180-4): program tags only, nothing secret. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/types.h"

#define SHA1_BYTES   20
#define SHA256_BYTES 32

void sha1(const void *data, size_t size, u8 digest[SHA1_BYTES]);
void sha256(const void *data, size_t size, u8 digest[SHA256_BYTES]);

#endif
