// SPDX-License-Identifier: BSD-2-Clause
/* Each kfunc that has a body, and the helpers of dynptrs, asked what they answer to many arguments.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct bpf_dynptr {
	u64 opaque[2];
} __attribute__((aligned(8)));

#define KFUNC __attribute__((section(".ksyms")))
extern int bpf_dynptr_from_xdp(struct xdp_md *x, u64 flags, struct bpf_dynptr *p) KFUNC;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, u32 offset, void *buffer, u32 len) KFUNC;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *p, u32 offset, void *buffer,
				   u32 len) KFUNC;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *p, u32 start, u32 end) KFUNC;
extern bool bpf_dynptr_is_null(const struct bpf_dynptr *p) KFUNC;
extern bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *p) KFUNC;
extern u32 bpf_dynptr_size(const struct bpf_dynptr *p) KFUNC;
extern int bpf_dynptr_clone(const struct bpf_dynptr *p, struct bpf_dynptr *clone) KFUNC;
extern int bpf_dynptr_copy(struct bpf_dynptr *d, u32 d_off, struct bpf_dynptr *s, u32 s_off,
			   u32 size) KFUNC;
extern int bpf_dynptr_memset(struct bpf_dynptr *p, u32 off, u32 size, u8 v) KFUNC;
extern int bpf_dynptr_from_skb(struct __sk_buff *s, u64 flags, struct bpf_dynptr *p) KFUNC;
extern int bpf_strcmp(const char *a, const char *b) KFUNC;
extern int bpf_strchr(const char *a, char c) KFUNC;
extern int bpf_strchrnul(const char *a, char c) KFUNC;
extern int bpf_strnchr(const char *a, size_t n, char c) KFUNC;
extern int bpf_strrchr(const char *a, int c) KFUNC;
extern int bpf_strlen(const char *a) KFUNC;
extern int bpf_strnlen(const char *a, size_t n) KFUNC;
extern int bpf_strspn(const char *a, const char *b) KFUNC;
extern int bpf_strcspn(const char *a, const char *b) KFUNC;
extern int bpf_strstr(const char *a, const char *b) KFUNC;
extern int bpf_strnstr(const char *a, const char *b, size_t n) KFUNC;
extern int bpf_strcasecmp(const char *a, const char *b) KFUNC;

struct {
	s64 result[128];
	s64 count;
} said SEC(".bss.said");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, u32);
	__type(value, char[64]);
	__uint(max_entries, 1);
} memory SEC(".maps");

/* A bool is one byte: of the register no more is known. */
#define SAY_BOOL(call)                      \
	({                                  \
		u64 b = (call);             \
		asm volatile("" : "+r"(b)); \
		say(b & 255);               \
	})

static __always_inline void say(s64 v)
{
	if (said.count < 128)
		said.result[said.count & 127] = v;
	said.count++;
}

/* What can be asked of any. */
static __always_inline void ask(struct bpf_dynptr *p, struct bpf_dynptr *other)
{
	char buf[16] = {}, *s;
	struct bpf_dynptr c;

	say(bpf_dynptr_size(p));
	SAY_BOOL(bpf_dynptr_is_null(p));
	SAY_BOOL(bpf_dynptr_is_rdonly(p));
	say(bpf_dynptr_read(buf, 4, p, 2, 0));
	say(*(u32 *)buf);
	say(bpf_dynptr_read(buf, 4, p, 60, 0));
	say(bpf_dynptr_read(buf, 4, p, 61, 0));
	say(bpf_dynptr_read(buf, 4, p, 0, 1));
	say(bpf_dynptr_write(p, 1, "abcd", 4, 0));
	say(bpf_dynptr_write(p, 1, "abcd", 4, 1));
	say(bpf_dynptr_write(p, 1, "abcd", 4, 8));
	say(bpf_dynptr_write(p, 61, "abcd", 4, 0));
	s = bpf_dynptr_slice(p, 0, buf, 8);
	say(s ? *(u64 *)s : -1);
	s = bpf_dynptr_slice(p, 57, buf, 8);
	say(!!s);
	s = bpf_dynptr_slice_rdwr(p, 8, buf, 8);
	if (s)
		s[1] = 'x';
	say(!!s);
	s = bpf_dynptr_data(p, 4, 8);
	say(s ? s[0] : -1);
	say(bpf_dynptr_adjust(p, 4, 3));
	say(bpf_dynptr_adjust(p, 0, 65));
	say(bpf_dynptr_adjust(p, 65, 65));
	say(bpf_dynptr_adjust(p, 4, 50));
	say(bpf_dynptr_clone(p, &c));
	say(bpf_dynptr_adjust(&c, 4, 20));
	say(bpf_dynptr_size(&c));
	say(bpf_dynptr_size(p));
	say(bpf_dynptr_memset(&c, 2, 3, 'm'));
	say(bpf_dynptr_memset(&c, 2, 15, 'm'));
	say(bpf_dynptr_read(buf, 8, p, 4, 0));
	say(*(u64 *)buf);
	say(bpf_dynptr_copy(&c, 1, p, 0, 8));
	say(bpf_dynptr_copy(&c, 1, p, 0, 16));
	say(bpf_dynptr_copy(&c, 0, p, 40, 8));
	say(bpf_dynptr_copy(&c, 0, other, 1, 8));
	say(bpf_dynptr_copy(other, 3, p, 1, 8));
	say(bpf_dynptr_read(buf, 16, p, 0, 0));
	say(*(u64 *)buf);
	say(*(u64 *)(buf + 8));
	say(bpf_dynptr_adjust(&c, 16, 16));
	say(bpf_dynptr_read(buf, 0, &c, 0, 0));
	say(bpf_dynptr_read(buf, 1, &c, 0, 0));
}

SEC("xdp") int packets(struct xdp_md *ctx)
{
	struct bpf_dynptr p, m;
	u32 zero = 0;
	char *v = bpf_map_lookup_elem(&memory, &zero);

	if (!v)
		return 0;
	say(bpf_dynptr_from_mem(v, 64, 0, &m));
	say(bpf_dynptr_from_xdp(ctx, 1, &p));
	ask(&p, &m);
	say(bpf_dynptr_from_xdp(ctx, 0, &p));
	ask(&p, &m);
	return 2;
}
SEC("tc") int skb(struct __sk_buff *ctx)
{
	struct bpf_dynptr p, m;
	u32 zero = 0;
	char *v = bpf_map_lookup_elem(&memory, &zero);

	if (!v)
		return 0;
	say(bpf_dynptr_from_mem(v, 64, 0, &m));
	say(bpf_dynptr_from_skb(ctx, 0, &p));
	ask(&p, &m);
	return 2;
}
SEC("cgroup_skb/egress") int rdonly(struct __sk_buff *ctx)
{
	struct bpf_dynptr p, m;
	u32 zero = 0;
	char buf[8] = {}, *v = bpf_map_lookup_elem(&memory, &zero), *s;

	if (!v)
		return 0;
	say(bpf_dynptr_from_mem(v, 64, 0, &m));
	say(bpf_dynptr_from_skb(ctx, 0, &p));
	SAY_BOOL(bpf_dynptr_is_rdonly(&p));
	say(bpf_dynptr_size(&p));
	say(bpf_dynptr_memset(&p, 2, 3, 'm'));
	say(bpf_dynptr_copy(&p, 2, &m, 3, 4));
	say(bpf_dynptr_copy(&m, 2, &p, 3, 4));
	say(bpf_dynptr_read(buf, 8, &m, 0, 0));
	say(*(u64 *)buf);
	return 1;
}
SEC("tc") int mem(struct __sk_buff *ctx)
{
	struct bpf_dynptr p, m, bad;
	u32 zero = 0;
	char *v = bpf_map_lookup_elem(&memory, &zero);

	if (!v)
		return 0;
	__builtin_memcpy(v, "0123456789abcdefghijklmnopqrstuv", 32);
	say(bpf_dynptr_from_mem(v, 64, 0, &m));
	say(bpf_dynptr_from_mem(v, 64, 1, &bad));
	say(bpf_dynptr_from_mem(v, 64, 0, &p));
	ask(&m, &p);
	ask(&bad, &p);
	return 2;
}
SEC("tc") int rings(struct __sk_buff *ctx)
{
	struct bpf_dynptr p, q;
	char *s, buf[8] = {};

	say(bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &p));
	say(bpf_dynptr_write(
		&p, 0, "0123456789abcdefghijklmnopqrstuv0123456789abcdefghijklmnopqrstuv", 64, 0));
	say(bpf_ringbuf_reserve_dynptr(&ring, 64, 1, &q));
	ask(&p, &q);
	bpf_ringbuf_submit_dynptr(&q, 0);
	bpf_ringbuf_submit_dynptr(&p, 0);
	say(bpf_ringbuf_query(&ring, 0));
	say(bpf_ringbuf_reserve_dynptr(&ring, 8192, 0, &q));
	bpf_ringbuf_discard_dynptr(&q, 0);
	say(bpf_ringbuf_reserve_dynptr(&ring, 0, 0, &q));
	say(bpf_dynptr_size(&q));
	bpf_ringbuf_discard_dynptr(&q, 0);
	say(bpf_ringbuf_reserve_dynptr(&ring, 0x1000000, 0, &q));
	bpf_ringbuf_discard_dynptr(&q, 0);
	say(bpf_ringbuf_query(&ring, 0));
	return 2;
}
char hello[] = "Hello, world", other[] = "hello, World", high[] = "a\xe9z", lo[] = "lo",
     wor[] = "wor", empty[] = "", set[] = "leH";
SEC("syscall") int strings(void *ctx)
{
	say(bpf_strcmp(hello, hello));
	say(bpf_strcmp(hello, other));
	say(bpf_strcmp(other, hello));
	say(bpf_strcmp(lo, high));
	say(bpf_strcmp(high + 1, lo));
	say(bpf_strcmp(NULL, lo));
	say(bpf_strcmp(lo, NULL));
	say(bpf_strcmp(lo, (char *)0xffff800000000000ull));
	say(bpf_strcmp(lo, (char *)0x0fff800000000000ull));
	say(bpf_strcasecmp(hello, other));
	say(bpf_strcasecmp(lo, other));
	say(bpf_strchr(hello, 'l'));
	say(bpf_strchr(hello, 'q'));
	say(bpf_strchr(hello, 0));
	say(bpf_strchr(high, '\xe9'));
	say(bpf_strchrnul(hello, 'q'));
	say(bpf_strchrnul(hello, 'o'));
	say(bpf_strchrnul(hello, 0));
	say(bpf_strnchr(hello, 4, 'o'));
	say(bpf_strnchr(hello, 5, 'o'));
	say(bpf_strnchr(hello, 100, 'q'));
	say(bpf_strnchr(hello, 0, 'H'));
	say(bpf_strnchr(NULL, 0, 'H'));
	say(bpf_strnchr(NULL, 1, 'H'));
	say(bpf_strrchr(hello, 'l'));
	say(bpf_strrchr(hello, 'q'));
	say(bpf_strrchr(hello, 0));
	say(bpf_strrchr(high, 0xe9));
	say(bpf_strrchr(high, -23));
	say(bpf_strrchr(hello, 'l' + 256));
	say(bpf_strlen(hello));
	say(bpf_strlen(empty));
	say(bpf_strlen(NULL));
	say(bpf_strnlen(hello, 5));
	say(bpf_strnlen(hello, 50));
	say(bpf_strnlen(hello, 0));
	say(bpf_strspn(hello, set));
	say(bpf_strspn(hello, empty));
	say(bpf_strspn(empty, set));
	say(bpf_strspn(lo, lo));
	say(bpf_strspn(hello, NULL));
	say(bpf_strcspn(hello, lo));
	say(bpf_strcspn(hello, empty));
	say(bpf_strcspn(empty, set));
	say(bpf_strcspn(empty, NULL));
	say(bpf_strspn(empty, NULL));
	say(bpf_strcspn(hello, high));
	say(bpf_strstr(hello, lo));
	say(bpf_strstr(hello, wor));
	say(bpf_strstr(hello, empty));
	say(bpf_strstr(empty, lo));
	say(bpf_strstr(empty, empty));
	say(bpf_strstr(hello, high));
	say(bpf_strstr(NULL, high));
	say(bpf_strnstr(hello, lo, 5));
	say(bpf_strnstr(hello, lo, 4));
	say(bpf_strnstr(hello, wor, 100));
	say(bpf_strnstr(hello, empty, 0));
	say(bpf_strnstr(hello, lo, 0));
	say(bpf_strnstr(hello, high, 12));
	say(bpf_strnstr(empty, lo, 1));
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
