/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that check helper calls. */
#ifndef VERIFY_CALL_H
#define VERIFY_CALL_H

#include "verify/verifier.h"

/* The prototype of a helper for this program: 0, or the verdict that it has none. */
int verify_helper_find(struct verifier *v, s64 id, const struct helper_proto **out);
/* Argument `arg` (from 0) of the helper suits its prototype; the meta learns from it. */
int verify_helper_argument(struct verifier *v, struct call_meta *meta, u32 arg);
/* Rights (enum verify_right) that calling the helper takes. */
u32 verify_helper_rights(u32 helper);
/* The map's side of whether they go together; core_helper_takes_map() is the helper's. */
bool verify_map_takes_helper(u32 map_type, u32 helper);
/* Is r0 certainly an element, given the key? */
bool verify_map_key_tells(const struct verify_map *map);
/* bpf_snprintf: the format, known now, suits the number of arguments. */
int verify_format_call(struct verifier *v);
bool verify_format_suits(const u8 *format, u32 args);
/* What callbacks of helpers are given: 0 when the helper has none. */
int verify_helper_callback(struct verifier *v, const struct call_meta *meta);
/* r0 after the call, the arguments as they were when it was made. */
int verify_helper_return(struct verifier *v, struct call_meta *meta);

#endif
