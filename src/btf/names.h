/* SPDX-License-Identifier: BSD-2-Clause */
/* CO-RE's rule of names: what stands before a last "___" is the name, the rest a flavour. */
#ifndef BTF_NAMES_H
#define BTF_NAMES_H

#include <string.h>
#include "base/types.h"

/* Length of the name without its flavour: 11 for task_struct___old. */
static inline size_t btf_essential_length(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = n < 5 ? 0 : n - 4; i-- > 0;)
		if (name[i] != '_' && !memcmp(name + i + 1, "___", 3) && name[i + 4] != '_')
			return i + 1;
	return n;
}

#endif
