// SPDX-License-Identifier: BSD-2-Clause
/*
 * Declaration tags: "comment:test_NAME", "comment:test_NAME=VALUE", or, where the compiler must
 * keep equal ones apart, "comment:test_NAME=N=VALUE". NAME with the suffix _unpriv speaks of the
 * unprivileged load.
 */
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>
#include "cygnet/abi.h"
#include "kernel/spec.h"

struct reader {
	struct spec *spec;
	bool verdict[2]; /* said for that mode */
	bool retval[2];
	bool arch_named;
};

static const struct {
	const char *name;
	uint32_t flag;
} flag_names[] = {
	{"BPF_F_STRICT_ALIGNMENT", BPF_F_STRICT_ALIGNMENT},
	{"BPF_F_ANY_ALIGNMENT", BPF_F_ANY_ALIGNMENT},
	{"BPF_F_TEST_RND_HI32", BPF_F_TEST_RND_HI32},
	{"BPF_F_TEST_STATE_FREQ", BPF_F_TEST_STATE_FREQ},
	{"BPF_F_SLEEPABLE", BPF_F_SLEEPABLE},
	{"BPF_F_XDP_HAS_FRAGS", BPF_F_XDP_HAS_FRAGS},
	{"BPF_F_TEST_REG_INVARIANTS", BPF_F_TEST_REG_INVARIANTS},
};

/* A name takes its flag away with a '!' in front. */
static void read_flag(struct spec *s, const char *v)
{
	bool clear = *v == '!';
	uint32_t flag;

	v += clear;
	flag = strtoul(v, NULL, 0);
	for (unsigned int i = 0; i < sizeof(flag_names) / sizeof(flag_names[0]); i++)
		if (!strcmp(v, flag_names[i].name))
			flag = flag_names[i].flag;
	s->flags = clear ? s->flags & ~flag : s->flags | flag;
}

static uint32_t read_number(const char *v)
{
	if (!strcmp(v, "POINTER_VALUE"))
		return SPEC_ANY;
	if (!strcmp(v, "INT_MIN"))
		return 0x80000000;
	return strtol(v, NULL, 0);
}

static void read_text(struct spec_mode *m, const char *v)
{
	const char *number = v;

	while (*v >= '0' && *v <= '9')
		v++;
	if (v > number && *v == '=' && m->texts < SPEC_TEXTS)
		m->text[m->texts++] = v + 1;
}

static void read_arch(struct reader *r, const char *v)
{
	if (!r->arch_named)
		r->spec->here = false;
	r->arch_named = true;
	if (!strcmp(v, "X86_64"))
		r->spec->here = true;
}

/* A tag that speaks of one mode; false: it does not. */
static bool read_mode_tag(struct reader *r, const char *name, const char *value, bool unprivileged)
{
	struct spec_mode *m = &r->spec->mode[unprivileged];

	if (!strcmp(name, "expect_failure") || !strcmp(name, "expect_success")) {
		m->failure = !strcmp(name, "expect_failure");
		r->verdict[unprivileged] = true;
	} else if (!strcmp(name, "auxiliary")) {
		m->auxiliary = true;
	} else if (!strcmp(name, "expect_msg")) {
		read_text(m, value);
	} else if (!strcmp(name, "retval")) {
		m->retval = read_number(value);
		m->runs = r->retval[unprivileged] = true;
	} else {
		return false;
	}
	m->wanted = true;
	return true;
}

static void read_tag(struct reader *r, const char *tag)
{
	static const char prefix[] = "comment:test_", suffix[] = "_unpriv";
	struct spec *s = r->spec;
	const char *value = strchr(tag, '=');
	char name[64];
	size_t n;

	if (strncmp(tag, prefix, sizeof(prefix) - 1))
		return;
	tag += sizeof(prefix) - 1;
	n = value ? value - tag : strlen(tag);
	value = value ? value + 1 : "";
	if (n >= sizeof(name))
		return;
	memcpy(name, tag, n);
	name[n] = 0;
	s->annotated = true;
	if (n >= sizeof(suffix) && !strcmp(name + n - sizeof(suffix) + 1, suffix)) {
		name[n - sizeof(suffix) + 1] = 0;
		read_mode_tag(r, name, value, true);
	} else if (read_mode_tag(r, name, value, false)) {
		return;
	} else if (!strcmp(name, "description")) {
		s->description = value;
	} else if (!strcmp(name, "btf_path")) {
		s->btf_path = value;
	} else if (!strcmp(name, "log_level")) {
		s->log_level = atoi(value);
	} else if (!strcmp(name, "prog_flags")) {
		read_flag(s, value);
	} else if (!strcmp(name, "arch")) {
		read_arch(r, value);
	}
}

/* What is not said of the unprivileged load is as for the privileged one. */
static void inherit(struct reader *r)
{
	struct spec_mode *p = &r->spec->mode[false], *u = &r->spec->mode[true];

	if (!p->wanted && !u->wanted)
		p->wanted = true;
	/* Auxiliary programs are tests of their own only when something more is said of them. */
	if (p->auxiliary && !p->texts && !p->runs)
		p->wanted = false;
	if (u->auxiliary && !u->texts && !u->runs)
		u->wanted = false;
	if (!r->verdict[true])
		u->failure = p->failure;
	if (!r->retval[true]) {
		u->retval = p->retval;
		u->runs = p->runs;
	}
	if (!u->texts) {
		u->texts = p->texts;
		memcpy(u->text, p->text, sizeof(u->text));
	}
}

void spec_read(const struct btf *btf, const char *program, struct spec *out)
{
	struct reader r = {.spec = out};
	int id = btf ? btf__find_by_name_kind(btf, program, BTF_KIND_FUNC) : -1;

	memset(out, 0, sizeof(*out));
	out->here = true;
	out->flags = BPF_F_TEST_RND_HI32 | BPF_F_TEST_REG_INVARIANTS;
	for (unsigned int i = 1; id > 0 && i < btf__type_cnt(btf); i++) {
		const struct btf_type *t = btf__type_by_id(btf, i);

		if (btf_is_decl_tag(t) && (int)t->type == id &&
		    btf_decl_tag(t)->component_idx == -1)
			read_tag(&r, btf__str_by_offset(btf, t->name_off));
	}
	inherit(&r);
}
