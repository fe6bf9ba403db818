/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON onto a text: commas and nesting are the writer's business, escaping
 * too (bytes that are not UTF-8 become \u00XX).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/text.h"

struct json {
	struct text *t;
	u64 first; /* bit per depth: no element written yet */
	u32 depth;
	bool after_key;
};

void json_init(struct json *j, struct text *t);
void json_object(struct json *j);
void json_end_object(struct json *j);
void json_array(struct json *j);
void json_end_array(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *s);
void json_strn(struct json *j, const char *s, size_t n);
void json_u64(struct json *j, u64 v);
void json_s64(struct json *j, s64 v);
void json_bool(struct json *j, bool v);
void json_null(struct json *j);
void json_raw(struct json *j, const char *s); /* s is one complete JSON value */

#endif
