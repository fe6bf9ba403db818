// SPDX-License-Identifier: BSD-2-Clause
/* The table of event sources (not part of the run-time list). */
#include "core/attach.h"

#define EVENT_SOURCE(ops) extern const struct event_source_ops ops;
#include "core/events.def"
#undef EVENT_SOURCE

#define EVENT_SOURCE(ops) &ops,
const struct event_source_ops *const core_event_sources[] = {
#include "core/events.def"
};
const u32 core_event_source_count = ARRAY_SIZE(core_event_sources);
