// SPDX-License-Identifier: BSD-2-Clause
/* Tests in child processes, one line of JSON each; and what is common in reading a verifier's log.
 */
#include <errno.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "kernel/worker.h"

/* Shared with the child: the test it is at, and whether that one has been told. */
struct progress {
	volatile unsigned int at;
	volatile bool done;
};

/* The tests wanted are those whose identity (file, test, name, ... as JSON) matches $FILTER. */
static bool filter_set;
static regex_t filter;

static int read_filter(void)
{
	const char *pattern = getenv("FILTER");

	if (!pattern || !*pattern)
		return 0;
	filter_set = true;
	if (!regcomp(&filter, pattern, REG_EXTENDED | REG_NOSUB))
		return 0;
	fprintf(stderr, "FILTER is not a regular expression: %s\n", pattern);
	return -EINVAL;
}

static bool is_wanted(const struct suite *s, unsigned int i)
{
	char identity[1024] = "";
	FILE *f;

	if (!filter_set)
		return true;
	f = fmemopen(identity, sizeof(identity) - 1, "w");
	if (!f)
		return true;
	s->identify(s, i, f);
	fclose(f);
	return !regexec(&filter, identity, 0, NULL, 0);
}

static void child(const struct suite *s, struct progress *p, FILE *out)
{
	if (door_open(s->door))
		_exit(3);
	if (s->start)
		s->start(s);
	for (; p->at < s->count; p->at++) {
		if (!is_wanted(s, p->at))
			continue;
		p->done = false;
		alarm(s->seconds);
		fputc('{', out);
		s->identify(s, p->at, out);
		s->run(s, p->at, out);
		fputs("}\n", out);
		fflush(out);
		p->done = true;
	}
	_exit(0);
}

/* What a child that died left undone is told in its place. */
static void report_death(const struct suite *s, struct progress *p, int status, FILE *out)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	if (!p->done) {
		fputc('{', out);
		s->identify(s, p->at, out);
		fprintf(out, ",\"verdict\":\"%s\",\"signal\":%d}\n",
			sig == SIGALRM ? "hang" : "crash", sig);
		fflush(out);
	}
	p->at++;
}

int worker_run(const struct suite *s, FILE *out)
{
	struct progress *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status, err = 0;

	if (p == MAP_FAILED)
		return -errno;
	if (read_filter())
		return -EINVAL;
	while (p->at < s->count) {
		pid_t pid;

		fflush(out);
		pid = fork();
		if (!pid)
			child(s, p, out);
		if (pid < 0 || waitpid(pid, &status, 0) < 0) {
			err = -errno;
			break;
		}
		if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
			err = -EIO;
			break;
		}
		if (p->at < s->count)
			report_death(s, p, status, out);
	}
	munmap(p, sizeof(*p));
	return err;
}

void worker_string(FILE *out, const char *s)
{
	if (!s) {
		fputs("null", out);
		return;
	}
	fputc('"', out);
	for (; *s; s++) {
		unsigned char c = *s;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 32 || c > 126)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

uint32_t worker_hash(uint32_t h, const void *p, size_t size)
{
	const uint8_t *b = p;

	while (size--)
		h = (h ^ *b++) * 16777619u;
	return h;
}

/* The statistics that close a log, and what else is no complaint. */
static bool is_noise(const char *line, size_t n)
{
	static const char *const starts[] = {
		"processed ",   "verification time ", "stack depth ",
		"mark_precise", "max_states_per",     "insns processed ",
	};

	for (unsigned int i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (n >= strlen(starts[i]) && !strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return !n;
}

void worker_log(FILE *out, const char *log)
{
	const char *wanted = getenv("LOGS");

	if (!wanted || !*wanted)
		return;
	fprintf(out, ",\"log\":");
	worker_string(out, log);
}

void worker_run_once(FILE *out, int fd, struct bpf_test_run_opts *o, uint32_t want, bool any)
{
	if (bpf_prog_test_run_opts(fd, o))
		fprintf(out, "{\"errno\":%d}", errno);
	else if (any)
		fprintf(out, "{\"retval\":null,\"right\":true}");
	else
		fprintf(out, "{\"retval\":%d,\"right\":%s}", (int)o->retval,
			o->retval == want ? "true" : "false");
}

bool worker_lacks_type(int type, int err, const char *log)
{
	return err == EINVAL && !*log && libbpf_probe_bpf_prog_type(type, NULL) == 0;
}

void worker_last_line(FILE *out, char *log)
{
	char *end = log + strlen(log), *line = end;

	while (end > log) {
		for (line = end; line > log && line[-1] != '\n';)
			line--;
		if (!is_noise(line, end - line))
			break;
		end = line > log ? line - 1 : log;
	}
	fprintf(out, ",\"message\":");
	line = strndup(line, end > line ? end - line : 0);
	worker_string(out, line);
	free(line);
}

/* The pattern as an extended regular expression: what stands outside of {{ }} is literal. */
static void translate(const char *pattern, char *re, size_t size)
{
	bool inside = false;
	char *o = re;

	while (*pattern && o < re + size - 3) {
		if (!strncmp(pattern, inside ? "}}" : "{{", 2)) {
			*o++ = inside ? ')' : '(';
			inside = !inside;
			pattern += 2;
			continue;
		}
		if (!inside && strchr(".[]\\()*+?{}|^$", *pattern))
			*o++ = '\\';
		*o++ = *pattern++;
	}
	*o = 0;
}

/* Where the first match of a pattern ends; NULL: there is none. */
static const char *match(const char *log, const char *pattern)
{
	char re[4096];
	regmatch_t m;
	regex_t r;
	int err;

	if (!strstr(pattern, "{{")) {
		log = strstr(log, pattern);
		return log ? log + strlen(pattern) : NULL;
	}
	translate(pattern, re, sizeof(re));
	if (regcomp(&r, re, REG_EXTENDED | REG_NEWLINE))
		return NULL;
	err = regexec(&r, log, 1, &m, 0);
	regfree(&r);
	return err ? NULL : log + m.rm_eo;
}

bool worker_log_has(const char *log, const char *const *patterns, unsigned int n)
{
	for (unsigned int i = 0; i < n && log; i++)
		log = match(log, patterns[i]);
	return log;
}
