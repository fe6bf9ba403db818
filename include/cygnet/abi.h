/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bpf(2) ABI up to Linux 6.18, as facts: instruction encodings, commands,
 * types, flags, attribute and info layouts, program contexts, helper numbers,
 * BTF. It stands in place of <linux/bpf.h>, <linux/bpf_common.h> and
 * <linux/btf.h> (Debian's are of 6.1): same names, same values, same guards, so
 * that headers which include those (libbpf's do) get this one, provided that it
 * comes first. The numbers were read from the 6.18 kernel's own BTF; tests/unit/
 * btf_abi_test.c compares every one of them with the running kernel's.
 *
 * A comment behind a row is the kernel version the row appeared in; what has
 * none there is as old as its neighbours or came in before 4.19. Names of perf
 * events and of netlink stay in <linux/perf_event.h> and <linux/if_link.h>.
 */
#ifndef CYGNET_ABI_H
#define CYGNET_ABI_H

#include <linux/types.h>

/* --- Instruction encodings: the part classic BPF has too ---------------------------------- */

#ifndef __LINUX_BPF_COMMON_H__
#define __LINUX_BPF_COMMON_H__

/* opcode: class in bits 0-2; then size and mode (loads, stores), or operation and source */
#define BPF_CLASS(code) ((code)&0x07)
#define BPF_LD          0x00
#define BPF_LDX         0x01
#define BPF_ST          0x02
#define BPF_STX         0x03
#define BPF_ALU         0x04
#define BPF_JMP         0x05
#define BPF_RET         0x06 /* classic */
#define BPF_MISC        0x07 /* classic */

#define BPF_SIZE(code) ((code)&0x18)
#define BPF_W          0x00
#define BPF_H          0x08
#define BPF_B          0x10

#define BPF_MODE(code) ((code)&0xe0)
#define BPF_IMM        0x00
#define BPF_ABS        0x20
#define BPF_IND        0x40
#define BPF_MEM        0x60
#define BPF_LEN        0x80 /* classic */
#define BPF_MSH        0xa0 /* classic */

#define BPF_OP(code) ((code)&0xf0)
#define BPF_ADD      0x00
#define BPF_SUB      0x10
#define BPF_MUL      0x20
#define BPF_DIV      0x30
#define BPF_OR       0x40
#define BPF_AND      0x50
#define BPF_LSH      0x60
#define BPF_RSH      0x70
#define BPF_NEG      0x80
#define BPF_MOD      0x90
#define BPF_XOR      0xa0

#define BPF_JA   0x00
#define BPF_JEQ  0x10
#define BPF_JGT  0x20
#define BPF_JGE  0x30
#define BPF_JSET 0x40

#define BPF_SRC(code) ((code)&0x08)
#define BPF_K         0x00
#define BPF_X         0x08

#define BPF_MAXINSNS 4096
#endif /* __LINUX_BPF_COMMON_H__ */

#ifndef __LINUX_BPF_H__
#define __LINUX_BPF_H__

/* --- Instruction encodings: the rest ------------------------------------------------------- */

#define BPF_JMP32 0x06 /* 5.1 */
#define BPF_ALU64 0x07

#define BPF_DW     0x18
#define BPF_MEMSX  0x80 /* 6.6: sign-extending load */
#define BPF_ATOMIC 0xc0 /* the operation is in imm */
#define BPF_XADD   0xc0 /* its name before 5.12 */

#define BPF_MOV     0xb0
#define BPF_ARSH    0xc0
#define BPF_END     0xd0
#define BPF_TO_LE   0x00
#define BPF_TO_BE   0x08
#define BPF_FROM_LE BPF_TO_LE
#define BPF_FROM_BE BPF_TO_BE

#define BPF_JNE   0x50
#define BPF_JSGT  0x60
#define BPF_JSGE  0x70
#define BPF_CALL  0x80
#define BPF_EXIT  0x90
#define BPF_JLT   0xa0 /* 4.14 */
#define BPF_JLE   0xb0 /* 4.14 */
#define BPF_JSLT  0xc0 /* 4.14 */
#define BPF_JSLE  0xd0 /* 4.14 */
#define BPF_JCOND 0xe0 /* 6.9: a condition the kernel decides, see enum bpf_cond_pseudo_jmp */

/* imm of BPF_ATOMIC: an operation above (ADD, OR, AND, XOR), with or without FETCH, or: */
#define BPF_FETCH     0x01               /* 5.12 */
#define BPF_XCHG      (0xe0 | BPF_FETCH) /* 5.12 */
#define BPF_CMPXCHG   (0xf0 | BPF_FETCH) /* 5.12 */
#define BPF_LOAD_ACQ  0x100              /* 6.15 */
#define BPF_STORE_REL 0x110              /* 6.15 */

/* src_reg of a BPF_JMP | BPF_JCOND */
enum bpf_cond_pseudo_jmp {
	BPF_MAY_GOTO = 0,
};

/* off of a BPF_ALU64 | BPF_MOV | BPF_X that casts between address spaces (arenas, 6.9) */
enum bpf_addr_space_cast {
	BPF_ADDR_SPACE_CAST = 1,
};

enum {
	BPF_REG_0 = 0,
	BPF_REG_1 = 1,
	BPF_REG_2 = 2,
	BPF_REG_3 = 3,
	BPF_REG_4 = 4,
	BPF_REG_5 = 5,
	BPF_REG_6 = 6,
	BPF_REG_7 = 7,
	BPF_REG_8 = 8,
	BPF_REG_9 = 9,
	BPF_REG_10 = 10,
	__MAX_BPF_REG,
};
#define MAX_BPF_REG __MAX_BPF_REG

struct bpf_insn {
	__u8 code;
	__u8 dst_reg : 4;
	__u8 src_reg : 4;
	__s16 off;
	__s32 imm;
};

/* src_reg of a BPF_LD | BPF_IMM | BPF_DW */
#define BPF_PSEUDO_MAP_FD        1 /* imm: map descriptor */
#define BPF_PSEUDO_MAP_VALUE     2 /* 5.2: and the next imm: offset into its only value */
#define BPF_PSEUDO_BTF_ID        3 /* 5.10: imm: BTF id of a kernel variable; next imm: BTF descriptor */
#define BPF_PSEUDO_FUNC          4 /* 5.13: imm: distance to a subprogram */
#define BPF_PSEUDO_MAP_IDX       5 /* 5.14: as MAP_FD, through fd_array */
#define BPF_PSEUDO_MAP_IDX_VALUE 6 /* 5.14: as MAP_VALUE, through fd_array */

/* src_reg of a BPF_JMP | BPF_CALL; 0 is a helper */
#define BPF_PSEUDO_CALL       1 /* 4.16: imm: distance to a subprogram */
#define BPF_PSEUDO_KFUNC_CALL 2 /* 5.13: imm: BTF id; off: index into fd_array */

/* --- Commands ------------------------------------------------------------------------------ */

enum bpf_cmd {
	BPF_MAP_CREATE = 0,                   /* 3.18 */
	BPF_MAP_LOOKUP_ELEM = 1,              /* 3.18 */
	BPF_MAP_UPDATE_ELEM = 2,              /* 3.18 */
	BPF_MAP_DELETE_ELEM = 3,              /* 3.18 */
	BPF_MAP_GET_NEXT_KEY = 4,             /* 3.18 */
	BPF_PROG_LOAD = 5,                    /* 3.18 */
	BPF_OBJ_PIN = 6,                      /* 4.4 */
	BPF_OBJ_GET = 7,                      /* 4.4 */
	BPF_PROG_ATTACH = 8,                  /* 4.10 */
	BPF_PROG_DETACH = 9,                  /* 4.10 */
	BPF_PROG_TEST_RUN = 10,               /* 4.12 */
	BPF_PROG_RUN = 10,                    /* 5.14 */
	BPF_PROG_GET_NEXT_ID = 11,            /* 4.13 */
	BPF_MAP_GET_NEXT_ID = 12,             /* 4.13 */
	BPF_PROG_GET_FD_BY_ID = 13,           /* 4.13 */
	BPF_MAP_GET_FD_BY_ID = 14,            /* 4.13 */
	BPF_OBJ_GET_INFO_BY_FD = 15,          /* 4.13 */
	BPF_PROG_QUERY = 16,                  /* 4.15 */
	BPF_RAW_TRACEPOINT_OPEN = 17,         /* 4.17 */
	BPF_BTF_LOAD = 18,                    /* 4.18 */
	BPF_BTF_GET_FD_BY_ID = 19,            /* 4.18 */
	BPF_TASK_FD_QUERY = 20,               /* 4.18 */
	BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21,  /* 4.20 */
	BPF_MAP_FREEZE = 22,                  /* 5.2 */
	BPF_BTF_GET_NEXT_ID = 23,             /* 5.4 */
	BPF_MAP_LOOKUP_BATCH = 24,            /* 5.6 */
	BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25, /* 5.6 */
	BPF_MAP_UPDATE_BATCH = 26,            /* 5.6 */
	BPF_MAP_DELETE_BATCH = 27,            /* 5.6 */
	BPF_LINK_CREATE = 28,                 /* 5.7 */
	BPF_LINK_UPDATE = 29,                 /* 5.7 */
	BPF_LINK_GET_FD_BY_ID = 30,           /* 5.8 */
	BPF_LINK_GET_NEXT_ID = 31,            /* 5.8 */
	BPF_ENABLE_STATS = 32,                /* 5.8 */
	BPF_ITER_CREATE = 33,                 /* 5.8 */
	BPF_LINK_DETACH = 34,                 /* 5.9 */
	BPF_PROG_BIND_MAP = 35,               /* 5.10 */
	BPF_TOKEN_CREATE = 36,                /* 6.9 */
	BPF_PROG_STREAM_READ_BY_FD = 37,      /* 6.17 */
	__MAX_BPF_CMD,
};

/* --- Types ---------------------------------------------------------------------------------- */

enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC = 0,
	BPF_MAP_TYPE_HASH = 1,                              /* 3.19 */
	BPF_MAP_TYPE_ARRAY = 2,                             /* 3.19 */
	BPF_MAP_TYPE_PROG_ARRAY = 3,                        /* 4.2 */
	BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4,                  /* 4.3 */
	BPF_MAP_TYPE_PERCPU_HASH = 5,                       /* 4.6 */
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,                      /* 4.6 */
	BPF_MAP_TYPE_STACK_TRACE = 7,                       /* 4.6 */
	BPF_MAP_TYPE_CGROUP_ARRAY = 8,                      /* 4.8 */
	BPF_MAP_TYPE_LRU_HASH = 9,                          /* 4.10 */
	BPF_MAP_TYPE_LRU_PERCPU_HASH = 10,                  /* 4.10 */
	BPF_MAP_TYPE_LPM_TRIE = 11,                         /* 4.11 */
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,                    /* 4.12 */
	BPF_MAP_TYPE_HASH_OF_MAPS = 13,                     /* 4.12 */
	BPF_MAP_TYPE_DEVMAP = 14,                           /* 4.14 */
	BPF_MAP_TYPE_SOCKMAP = 15,                          /* 4.14 */
	BPF_MAP_TYPE_CPUMAP = 16,                           /* 4.15 */
	BPF_MAP_TYPE_XSKMAP = 17,                           /* 4.18 */
	BPF_MAP_TYPE_SOCKHASH = 18,                         /* 4.18 */
	BPF_MAP_TYPE_CGROUP_STORAGE_DEPRECATED = 19,        /* 4.19 */
	BPF_MAP_TYPE_CGROUP_STORAGE = 19,                   /* 4.19 */
	BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20,              /* 4.19 */
	BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE_DEPRECATED = 21, /* 4.20 */
	BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE = 21,            /* 4.20 */
	BPF_MAP_TYPE_QUEUE = 22,                            /* 4.20 */
	BPF_MAP_TYPE_STACK = 23,                            /* 4.20 */
	BPF_MAP_TYPE_SK_STORAGE = 24,                       /* 5.2 */
	BPF_MAP_TYPE_DEVMAP_HASH = 25,                      /* 5.4 */
	BPF_MAP_TYPE_STRUCT_OPS = 26,                       /* 5.6 */
	BPF_MAP_TYPE_RINGBUF = 27,                          /* 5.8 */
	BPF_MAP_TYPE_INODE_STORAGE = 28,                    /* 5.10 */
	BPF_MAP_TYPE_TASK_STORAGE = 29,                     /* 5.11 */
	BPF_MAP_TYPE_BLOOM_FILTER = 30,                     /* 5.16 */
	BPF_MAP_TYPE_USER_RINGBUF = 31,                     /* 6.1 */
	BPF_MAP_TYPE_CGRP_STORAGE = 32,                     /* 6.2 */
	BPF_MAP_TYPE_ARENA = 33,                            /* 6.9 */
	__MAX_BPF_MAP_TYPE,
};

enum bpf_prog_type {
	BPF_PROG_TYPE_UNSPEC = 0,
	BPF_PROG_TYPE_SOCKET_FILTER = 1,            /* 3.19 */
	BPF_PROG_TYPE_KPROBE = 2,                   /* 4.1 */
	BPF_PROG_TYPE_SCHED_CLS = 3,                /* 4.1 */
	BPF_PROG_TYPE_SCHED_ACT = 4,                /* 4.1 */
	BPF_PROG_TYPE_TRACEPOINT = 5,               /* 4.7 */
	BPF_PROG_TYPE_XDP = 6,                      /* 4.8 */
	BPF_PROG_TYPE_PERF_EVENT = 7,               /* 4.9 */
	BPF_PROG_TYPE_CGROUP_SKB = 8,               /* 4.10 */
	BPF_PROG_TYPE_CGROUP_SOCK = 9,              /* 4.10 */
	BPF_PROG_TYPE_LWT_IN = 10,                  /* 4.10 */
	BPF_PROG_TYPE_LWT_OUT = 11,                 /* 4.10 */
	BPF_PROG_TYPE_LWT_XMIT = 12,                /* 4.10 */
	BPF_PROG_TYPE_SOCK_OPS = 13,                /* 4.13 */
	BPF_PROG_TYPE_SK_SKB = 14,                  /* 4.14 */
	BPF_PROG_TYPE_CGROUP_DEVICE = 15,           /* 4.15 */
	BPF_PROG_TYPE_SK_MSG = 16,                  /* 4.17 */
	BPF_PROG_TYPE_RAW_TRACEPOINT = 17,          /* 4.17 */
	BPF_PROG_TYPE_CGROUP_SOCK_ADDR = 18,        /* 4.17 */
	BPF_PROG_TYPE_LWT_SEG6LOCAL = 19,           /* 4.18 */
	BPF_PROG_TYPE_LIRC_MODE2 = 20,              /* 4.18 */
	BPF_PROG_TYPE_SK_REUSEPORT = 21,            /* 4.19 */
	BPF_PROG_TYPE_FLOW_DISSECTOR = 22,          /* 4.20 */
	BPF_PROG_TYPE_CGROUP_SYSCTL = 23,           /* 5.2 */
	BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE = 24, /* 5.2 */
	BPF_PROG_TYPE_CGROUP_SOCKOPT = 25,          /* 5.3 */
	BPF_PROG_TYPE_TRACING = 26,                 /* 5.5 */
	BPF_PROG_TYPE_STRUCT_OPS = 27,              /* 5.6 */
	BPF_PROG_TYPE_EXT = 28,                     /* 5.6 */
	BPF_PROG_TYPE_LSM = 29,                     /* 5.7 */
	BPF_PROG_TYPE_SK_LOOKUP = 30,               /* 5.9 */
	BPF_PROG_TYPE_SYSCALL = 31,                 /* 5.14 */
	BPF_PROG_TYPE_NETFILTER = 32,               /* 6.4 */
	__MAX_BPF_PROG_TYPE,
};

enum bpf_attach_type {
	BPF_CGROUP_INET_INGRESS = 0,             /* 4.10 */
	BPF_CGROUP_INET_EGRESS = 1,              /* 4.10 */
	BPF_CGROUP_INET_SOCK_CREATE = 2,         /* 4.10 */
	BPF_CGROUP_SOCK_OPS = 3,                 /* 4.13 */
	BPF_SK_SKB_STREAM_PARSER = 4,            /* 4.14 */
	BPF_SK_SKB_STREAM_VERDICT = 5,           /* 4.14 */
	BPF_CGROUP_DEVICE = 6,                   /* 4.15 */
	BPF_SK_MSG_VERDICT = 7,                  /* 4.17 */
	BPF_CGROUP_INET4_BIND = 8,               /* 4.17 */
	BPF_CGROUP_INET6_BIND = 9,               /* 4.17 */
	BPF_CGROUP_INET4_CONNECT = 10,           /* 4.17 */
	BPF_CGROUP_INET6_CONNECT = 11,           /* 4.17 */
	BPF_CGROUP_INET4_POST_BIND = 12,         /* 4.17 */
	BPF_CGROUP_INET6_POST_BIND = 13,         /* 4.17 */
	BPF_CGROUP_UDP4_SENDMSG = 14,            /* 4.18 */
	BPF_CGROUP_UDP6_SENDMSG = 15,            /* 4.18 */
	BPF_LIRC_MODE2 = 16,                     /* 4.18 */
	BPF_FLOW_DISSECTOR = 17,                 /* 4.20 */
	BPF_CGROUP_SYSCTL = 18,                  /* 5.2 */
	BPF_CGROUP_UDP4_RECVMSG = 19,            /* 5.2 */
	BPF_CGROUP_UDP6_RECVMSG = 20,            /* 5.2 */
	BPF_CGROUP_GETSOCKOPT = 21,              /* 5.3 */
	BPF_CGROUP_SETSOCKOPT = 22,              /* 5.3 */
	BPF_TRACE_RAW_TP = 23,                   /* 5.5 */
	BPF_TRACE_FENTRY = 24,                   /* 5.5 */
	BPF_TRACE_FEXIT = 25,                    /* 5.5 */
	BPF_MODIFY_RETURN = 26,                  /* 5.7 */
	BPF_LSM_MAC = 27,                        /* 5.7 */
	BPF_TRACE_ITER = 28,                     /* 5.8 */
	BPF_CGROUP_INET4_GETPEERNAME = 29,       /* 5.8 */
	BPF_CGROUP_INET6_GETPEERNAME = 30,       /* 5.8 */
	BPF_CGROUP_INET4_GETSOCKNAME = 31,       /* 5.8 */
	BPF_CGROUP_INET6_GETSOCKNAME = 32,       /* 5.8 */
	BPF_XDP_DEVMAP = 33,                     /* 5.8 */
	BPF_CGROUP_INET_SOCK_RELEASE = 34,       /* 5.9 */
	BPF_XDP_CPUMAP = 35,                     /* 5.9 */
	BPF_SK_LOOKUP = 36,                      /* 5.9 */
	BPF_XDP = 37,                            /* 5.9 */
	BPF_SK_SKB_VERDICT = 38,                 /* 5.13 */
	BPF_SK_REUSEPORT_SELECT = 39,            /* 5.14 */
	BPF_SK_REUSEPORT_SELECT_OR_MIGRATE = 40, /* 5.14 */
	BPF_PERF_EVENT = 41,                     /* 5.15 */
	BPF_TRACE_KPROBE_MULTI = 42,             /* 5.18 */
	BPF_LSM_CGROUP = 43,                     /* 6.0 */
	BPF_STRUCT_OPS = 44,                     /* 6.4 */
	BPF_NETFILTER = 45,                      /* 6.4 */
	BPF_TCX_INGRESS = 46,                    /* 6.6 */
	BPF_TCX_EGRESS = 47,                     /* 6.6 */
	BPF_TRACE_UPROBE_MULTI = 48,             /* 6.6 */
	BPF_CGROUP_UNIX_CONNECT = 49,            /* 6.7 */
	BPF_CGROUP_UNIX_SENDMSG = 50,            /* 6.7 */
	BPF_CGROUP_UNIX_RECVMSG = 51,            /* 6.7 */
	BPF_CGROUP_UNIX_GETPEERNAME = 52,        /* 6.7 */
	BPF_CGROUP_UNIX_GETSOCKNAME = 53,        /* 6.7 */
	BPF_NETKIT_PRIMARY = 54,                 /* 6.7 */
	BPF_NETKIT_PEER = 55,                    /* 6.7 */
	BPF_TRACE_KPROBE_SESSION = 56,           /* 6.10 */
	BPF_TRACE_UPROBE_SESSION = 57,           /* 6.13 */
	__MAX_BPF_ATTACH_TYPE,
};
#define MAX_BPF_ATTACH_TYPE __MAX_BPF_ATTACH_TYPE

enum bpf_link_type {
	BPF_LINK_TYPE_UNSPEC = 0,
	BPF_LINK_TYPE_RAW_TRACEPOINT = 1, /* 5.8 */
	BPF_LINK_TYPE_TRACING = 2,        /* 5.8 */
	BPF_LINK_TYPE_CGROUP = 3,         /* 5.8 */
	BPF_LINK_TYPE_ITER = 4,           /* 5.8 */
	BPF_LINK_TYPE_NETNS = 5,          /* 5.8 */
	BPF_LINK_TYPE_XDP = 6,            /* 5.9 */
	BPF_LINK_TYPE_PERF_EVENT = 7,     /* 5.15 */
	BPF_LINK_TYPE_KPROBE_MULTI = 8,   /* 5.18 */
	BPF_LINK_TYPE_STRUCT_OPS = 9,     /* 5.19 */
	BPF_LINK_TYPE_NETFILTER = 10,     /* 6.4 */
	BPF_LINK_TYPE_TCX = 11,           /* 6.6 */
	BPF_LINK_TYPE_UPROBE_MULTI = 12,  /* 6.6 */
	BPF_LINK_TYPE_NETKIT = 13,        /* 6.7 */
	BPF_LINK_TYPE_SOCKMAP = 14,       /* 6.10 */
	__MAX_BPF_LINK_TYPE,
};
#define MAX_BPF_LINK_TYPE __MAX_BPF_LINK_TYPE

enum bpf_perf_event_type {
	BPF_PERF_EVENT_UNSPEC = 0,
	BPF_PERF_EVENT_UPROBE = 1,
	BPF_PERF_EVENT_URETPROBE = 2,
	BPF_PERF_EVENT_KPROBE = 3,
	BPF_PERF_EVENT_KRETPROBE = 4,
	BPF_PERF_EVENT_TRACEPOINT = 5,
	BPF_PERF_EVENT_EVENT = 6,
};

enum bpf_task_fd_type {
	BPF_FD_TYPE_RAW_TRACEPOINT = 0,
	BPF_FD_TYPE_TRACEPOINT = 1,
	BPF_FD_TYPE_KPROBE = 2,
	BPF_FD_TYPE_KRETPROBE = 3,
	BPF_FD_TYPE_UPROBE = 4,
	BPF_FD_TYPE_URETPROBE = 5,
};

enum bpf_stats_type {
	BPF_STATS_RUN_TIME = 0,
};

enum bpf_cgroup_iter_order {
	BPF_CGROUP_ITER_ORDER_UNSPEC = 0,
	BPF_CGROUP_ITER_SELF_ONLY = 1,
	BPF_CGROUP_ITER_DESCENDANTS_PRE = 2,
	BPF_CGROUP_ITER_DESCENDANTS_POST = 3,
	BPF_CGROUP_ITER_ANCESTORS_UP = 4,
};

/* --- Flags ---------------------------------------------------------------------------------- */

/* PROG_ATTACH, LINK_CREATE */
#define BPF_F_ALLOW_OVERRIDE (1U << 0)  /* 4.10 */
#define BPF_F_ALLOW_MULTI    (1U << 1)  /* 4.15 */
#define BPF_F_REPLACE        (1U << 2)  /* 5.6 */
#define BPF_F_BEFORE         (1U << 3)  /* 6.6 */
#define BPF_F_AFTER          (1U << 4)  /* 6.6 */
#define BPF_F_ID             (1U << 5)  /* 6.6 */
#define BPF_F_PREORDER       (1U << 6)  /* 6.15 */
#define BPF_F_LINK           BPF_F_LINK /* 6.4, in the enum of map flags below */

/* PROG_LOAD */
#define BPF_F_STRICT_ALIGNMENT    (1U << 0) /* 4.12 */
#define BPF_F_ANY_ALIGNMENT       (1U << 1) /* 5.0 */
#define BPF_F_TEST_RND_HI32       (1U << 2) /* 5.3 */
#define BPF_F_TEST_STATE_FREQ     (1U << 3) /* 5.4 */
#define BPF_F_SLEEPABLE           (1U << 4) /* 5.10 */
#define BPF_F_XDP_HAS_FRAGS       (1U << 5) /* 5.18 */
#define BPF_F_XDP_DEV_BOUND_ONLY  (1U << 6) /* 6.3 */
#define BPF_F_TEST_REG_INVARIANTS (1U << 7) /* 6.8 */

/* LINK_CREATE of a netfilter program */
#define BPF_F_NETFILTER_IP_DEFRAG (1U << 0) /* 6.6 */

/* PROG_QUERY */
#define BPF_F_QUERY_EFFECTIVE (1U << 0) /* 4.15 */

/* PROG_TEST_RUN */
#define BPF_F_TEST_RUN_ON_CPU            (1U << 0) /* 5.10 */
#define BPF_F_TEST_XDP_LIVE_FRAMES       (1U << 1) /* 5.18 */
#define BPF_F_TEST_SKB_CHECKSUM_COMPLETE (1U << 2) /* 6.16 */

/* LINK_CREATE of kprobe_multi, uprobe_multi */
enum {
	BPF_F_KPROBE_MULTI_RETURN = 1U << 0, /* 5.18 */
};

enum {
	BPF_F_UPROBE_MULTI_RETURN = 1U << 0, /* 6.6 */
};

/* MAP_UPDATE_ELEM */
enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_EXIST = 2,
	BPF_F_LOCK = 4, /* 5.1 */
};

/* MAP_CREATE, OBJ_GET, OBJ_PIN, LINK_CREATE */
enum {
	BPF_F_NO_PREALLOC = 1U << 0,       /* 4.6 */
	BPF_F_NO_COMMON_LRU = 1U << 1,     /* 4.10 */
	BPF_F_NUMA_NODE = 1U << 2,         /* 4.14 */
	BPF_F_RDONLY = 1U << 3,            /* 4.15 */
	BPF_F_WRONLY = 1U << 4,            /* 4.15 */
	BPF_F_STACK_BUILD_ID = 1U << 5,    /* 4.17 */
	BPF_F_ZERO_SEED = 1U << 6,         /* 5.0 */
	BPF_F_RDONLY_PROG = 1U << 7,       /* 5.2 */
	BPF_F_WRONLY_PROG = 1U << 8,       /* 5.2 */
	BPF_F_CLONE = 1U << 9,             /* 5.4 */
	BPF_F_MMAPABLE = 1U << 10,         /* 5.5 */
	BPF_F_PRESERVE_ELEMS = 1U << 11,   /* 5.10 */
	BPF_F_INNER_MAP = 1U << 12,        /* 5.10 */
	BPF_F_LINK = 1U << 13,             /* 6.4 */
	BPF_F_PATH_FD = 1U << 14,          /* 6.5 */
	BPF_F_VTYPE_BTF_OBJ_FD = 1U << 15, /* 6.9 */
	BPF_F_TOKEN_FD = 1U << 16,         /* 6.9 */
	BPF_F_SEGV_ON_FAULT = 1U << 17,    /* 6.9 */
	BPF_F_NO_USER_CONV = 1U << 18,     /* 6.9 */
};

/* Helpers that take flags, by helper */

/* skb_store_bytes */
enum {
	BPF_F_RECOMPUTE_CSUM = 1U << 0,  /* 4.5 */
	BPF_F_INVALIDATE_HASH = 1U << 1, /* 4.6 */
};

/* l3_csum_replace, l4_csum_replace: the size is in the low bits */
enum {
	BPF_F_HDR_FIELD_MASK = 0xf, /* 4.5 */
};

enum {
	BPF_F_PSEUDO_HDR = 1U << 4,     /* 4.5 */
	BPF_F_MARK_MANGLED_0 = 1U << 5, /* 4.6 */
	BPF_F_MARK_ENFORCE = 1U << 6,   /* 4.11 */
	BPF_F_IPV6 = 1U << 7,           /* 6.16 */
};

/* skb_get_tunnel_key, skb_set_tunnel_key */
enum {
	BPF_F_TUNINFO_IPV6 = 1U << 0, /* 4.5 */
};

enum {
	BPF_F_ZERO_CSUM_TX = 1U << 1,  /* 4.5 */
	BPF_F_DONT_FRAGMENT = 1U << 2, /* 4.6 */
	BPF_F_SEQ_NUMBER = 1U << 3,    /* 4.17 */
	BPF_F_NO_TUNNEL_KEY = 1U << 4, /* 6.3 */
};

enum {
	BPF_F_TUNINFO_FLAGS = 1U << 4, /* 6.1 */
};

/* get_stackid, get_stack: frames to skip are in the low bits */
enum {
	BPF_F_SKIP_FIELD_MASK = 0xff,   /* 4.6 */
	BPF_F_USER_STACK = 1U << 8,     /* 4.6 */
	BPF_F_FAST_STACK_CMP = 1U << 9, /* 4.6 */
	BPF_F_REUSE_STACKID = 1U << 10, /* 4.6 */
	BPF_F_USER_BUILD_ID = 1U << 11, /* 4.18 */
};

/* perf_event_output, perf_event_read and their kin */
enum {
	BPF_F_INDEX_MASK = 0xffffffffULL,     /* 4.7 */
	BPF_F_CURRENT_CPU = BPF_F_INDEX_MASK, /* 4.7 */
	BPF_F_CTXLEN_MASK = 0xfffffULL << 32, /* 4.8 */
};

/* sk_lookup_tcp and its kin: the netns argument */
enum {
	BPF_F_CURRENT_NETNS = -1L, /* 4.20 */
};

enum {
	BPF_CSUM_LEVEL_QUERY = 0,
	BPF_CSUM_LEVEL_INC = 1,
	BPF_CSUM_LEVEL_DEC = 2,
	BPF_CSUM_LEVEL_RESET = 3,
};

/* skb_adjust_room */
enum {
	BPF_F_ADJ_ROOM_FIXED_GSO = 1U << 0,     /* 5.2 */
	BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 = 1U << 1, /* 5.2 */
	BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 = 1U << 2, /* 5.2 */
	BPF_F_ADJ_ROOM_ENCAP_L4_GRE = 1U << 3,  /* 5.2 */
	BPF_F_ADJ_ROOM_ENCAP_L4_UDP = 1U << 4,  /* 5.2 */
	BPF_F_ADJ_ROOM_NO_CSUM_RESET = 1U << 5, /* 5.8 */
	BPF_F_ADJ_ROOM_ENCAP_L2_ETH = 1U << 6,  /* 5.13 */
	BPF_F_ADJ_ROOM_DECAP_L3_IPV4 = 1U << 7, /* 6.3 */
	BPF_F_ADJ_ROOM_DECAP_L3_IPV6 = 1U << 8, /* 6.3 */
};

enum {
	BPF_ADJ_ROOM_ENCAP_L2_MASK = 255,
	BPF_ADJ_ROOM_ENCAP_L2_SHIFT = 56,
};
#define BPF_F_ADJ_ROOM_ENCAP_L2(len) \
	(((__u64)(len)&BPF_ADJ_ROOM_ENCAP_L2_MASK) << BPF_ADJ_ROOM_ENCAP_L2_SHIFT)

enum {
	BPF_F_SYSCTL_BASE_NAME = 1U << 0, /* 5.2 */
};

enum {
	BPF_LOCAL_STORAGE_GET_F_CREATE = 1U << 0,                     /* 5.10 */
	BPF_SK_STORAGE_GET_F_CREATE = BPF_LOCAL_STORAGE_GET_F_CREATE, /* 5.2 */
};

enum {
	BPF_F_GET_BRANCH_RECORDS_SIZE = 1U << 0, /* 5.7 */
};

/* Ring buffers: wakeups, queries, the header in front of each record */
enum {
	BPF_RB_NO_WAKEUP = 1U << 0,
	BPF_RB_FORCE_WAKEUP = 1U << 1,
};

enum {
	BPF_RB_AVAIL_DATA = 0,
	BPF_RB_RING_SIZE = 1,
	BPF_RB_CONS_POS = 2,
	BPF_RB_PROD_POS = 3,
};

enum {
	BPF_RINGBUF_BUSY_BIT = 1U << 31,
	BPF_RINGBUF_DISCARD_BIT = 1U << 30,
	BPF_RINGBUF_HDR_SZ = 8,
};

enum {
	BPF_SK_LOOKUP_F_REPLACE = 1U << 0,
	BPF_SK_LOOKUP_F_NO_REUSEPORT = 1U << 1,
};

enum bpf_adj_room_mode {
	BPF_ADJ_ROOM_NET = 0,
	BPF_ADJ_ROOM_MAC = 1,
};

enum bpf_hdr_start_off {
	BPF_HDR_START_MAC = 0,
	BPF_HDR_START_NET = 1,
};

enum bpf_lwt_encap_mode {
	BPF_LWT_ENCAP_SEG6 = 0,
	BPF_LWT_ENCAP_SEG6_INLINE = 1,
	BPF_LWT_ENCAP_IP = 2,
};

enum {
	BPF_F_BPRM_SECUREEXEC = 1U << 0, /* 5.11 */
};

/* redirect, clone_redirect, redirect_map */
enum {
	BPF_F_INGRESS = 1U << 0,         /* 4.5 */
	BPF_F_BROADCAST = 1U << 3,       /* 5.14 */
	BPF_F_EXCLUDE_INGRESS = 1U << 4, /* 5.14 */
};
#define BPF_F_REDIRECT_FLAGS (BPF_F_INGRESS | BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS)

/* skb_set_tstamp; tstamp_type */
enum {
	BPF_SKB_TSTAMP_UNSPEC = 0,
	BPF_SKB_TSTAMP_DELIVERY_MONO = 1,
	BPF_SKB_CLOCK_REALTIME = 0,
	BPF_SKB_CLOCK_MONOTONIC = 1,
	BPF_SKB_CLOCK_TAI = 2,
};

/* snprintf_btf, seq_printf_btf */
enum {
	BTF_F_COMPACT = 1U << 0,
	BTF_F_NONAME = 1U << 1,
	BTF_F_PTR_RAW = 1U << 2,
	BTF_F_ZERO = 1U << 3,
};

/* timer_start */
enum {
	BPF_F_TIMER_ABS = 1U << 0,     /* 6.4 */
	BPF_F_TIMER_CPU_PIN = 1U << 1, /* 6.7 */
};

/* kfuncs that copy strings */
enum bpf_kfunc_flags {
	BPF_F_PAD_ZEROS = 1U << 0, /* 6.13 */
};

/* fib_lookup */
enum {
	BPF_FIB_LOOKUP_DIRECT = 1U << 0,     /* 4.18 */
	BPF_FIB_LOOKUP_OUTPUT = 1U << 1,     /* 4.18 */
	BPF_FIB_LOOKUP_SKIP_NEIGH = 1U << 2, /* 6.2 */
	BPF_FIB_LOOKUP_TBID = 1U << 3,       /* 6.6 */
	BPF_FIB_LOOKUP_SRC = 1U << 4,        /* 6.7 */
	BPF_FIB_LOOKUP_MARK = 1U << 5,       /* 6.10 */
};

enum {
	BPF_FIB_LKUP_RET_SUCCESS = 0,
	BPF_FIB_LKUP_RET_BLACKHOLE = 1,
	BPF_FIB_LKUP_RET_UNREACHABLE = 2,
	BPF_FIB_LKUP_RET_PROHIBIT = 3,
	BPF_FIB_LKUP_RET_NOT_FWDED = 4,
	BPF_FIB_LKUP_RET_FWD_DISABLED = 5,
	BPF_FIB_LKUP_RET_UNSUPP_LWT = 6,
	BPF_FIB_LKUP_RET_NO_NEIGH = 7,
	BPF_FIB_LKUP_RET_FRAG_NEEDED = 8,
	BPF_FIB_LKUP_RET_NO_SRC_ADDR = 9,
};

enum bpf_check_mtu_flags {
	BPF_MTU_CHK_SEGS = 1U << 0,
};

enum bpf_check_mtu_ret {
	BPF_MTU_CHK_RET_SUCCESS = 0,
	BPF_MTU_CHK_RET_FRAG_NEEDED = 1,
	BPF_MTU_CHK_RET_SEGS_TOOBIG = 2,
};

/* load_hdr_opt, write_hdr_opt */
enum {
	BPF_LOAD_HDR_OPT_TCP_SYN = 1U << 0,
};

enum {
	BPF_WRITE_HDR_TCP_CURRENT_MSS = 1,
	BPF_WRITE_HDR_TCP_SYNACK_COOKIE = 2,
};

/* sock_ops_cb_flags_set */
enum {
	BPF_SOCK_OPS_RTO_CB_FLAG = 1U << 0,
	BPF_SOCK_OPS_RETRANS_CB_FLAG = 1U << 1,
	BPF_SOCK_OPS_STATE_CB_FLAG = 1U << 2,
	BPF_SOCK_OPS_RTT_CB_FLAG = 1U << 3,
	BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG = 1U << 4,
	BPF_SOCK_OPS_PARSE_UNKNOWN_HDR_OPT_CB_FLAG = 1U << 5,
	BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG = 1U << 6,
	BPF_SOCK_OPS_ALL_CB_FLAGS = 0x7f,
};

/* bpf_sock_ops.op */
enum {
	BPF_SOCK_OPS_VOID = 0,
	BPF_SOCK_OPS_TIMEOUT_INIT = 1,
	BPF_SOCK_OPS_RWND_INIT = 2,
	BPF_SOCK_OPS_TCP_CONNECT_CB = 3,
	BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB = 4,
	BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB = 5,
	BPF_SOCK_OPS_NEEDS_ECN = 6,
	BPF_SOCK_OPS_BASE_RTT = 7,
	BPF_SOCK_OPS_RTO_CB = 8,
	BPF_SOCK_OPS_RETRANS_CB = 9,
	BPF_SOCK_OPS_STATE_CB = 10,
	BPF_SOCK_OPS_TCP_LISTEN_CB = 11,
	BPF_SOCK_OPS_RTT_CB = 12,
	BPF_SOCK_OPS_PARSE_HDR_OPT_CB = 13,
	BPF_SOCK_OPS_HDR_OPT_LEN_CB = 14,
	BPF_SOCK_OPS_WRITE_HDR_OPT_CB = 15,
	BPF_SOCK_OPS_TSTAMP_SCHED_CB = 16,
	BPF_SOCK_OPS_TSTAMP_SND_SW_CB = 17,
	BPF_SOCK_OPS_TSTAMP_SND_HW_CB = 18,
	BPF_SOCK_OPS_TSTAMP_ACK_CB = 19,
	BPF_SOCK_OPS_TSTAMP_SENDMSG_CB = 20,
};

/* The TCP states as programs see them */
enum {
	BPF_TCP_ESTABLISHED = 1,
	BPF_TCP_SYN_SENT = 2,
	BPF_TCP_SYN_RECV = 3,
	BPF_TCP_FIN_WAIT1 = 4,
	BPF_TCP_FIN_WAIT2 = 5,
	BPF_TCP_TIME_WAIT = 6,
	BPF_TCP_CLOSE = 7,
	BPF_TCP_CLOSE_WAIT = 8,
	BPF_TCP_LAST_ACK = 9,
	BPF_TCP_LISTEN = 10,
	BPF_TCP_CLOSING = 11,
	BPF_TCP_NEW_SYN_RECV = 12,
	BPF_TCP_BOUND_INACTIVE = 13,
	BPF_TCP_MAX_STATES = 14,
};

/* setsockopt, getsockopt: names only programs have */
enum {
	TCP_BPF_IW = 1001,
	TCP_BPF_SNDCWND_CLAMP = 1002,
	TCP_BPF_DELACK_MAX = 1003,
	TCP_BPF_RTO_MIN = 1004,
	TCP_BPF_SYN = 1005,
	TCP_BPF_SYN_IP = 1006,
	TCP_BPF_SYN_MAC = 1007,
	TCP_BPF_SOCK_OPS_CB_FLAGS = 1008,
	SK_BPF_CB_FLAGS = 1009,
};

enum {
	SK_BPF_CB_TX_TIMESTAMPING = 1U << 0,
	SK_BPF_CB_MASK = 1U << 0,
};

/* bpf_cgroup_dev_ctx.access_type: access in the upper 16 bits, device type in the lower */
enum {
	BPF_DEVCG_ACC_MKNOD = 1U << 0,
	BPF_DEVCG_ACC_READ = 1U << 1,
	BPF_DEVCG_ACC_WRITE = 1U << 2,
};

enum {
	BPF_DEVCG_DEV_BLOCK = 1U << 0,
	BPF_DEVCG_DEV_CHAR = 1U << 1,
};

enum {
	BPF_FLOW_DISSECTOR_F_PARSE_1ST_FRAG = 1U << 0,
	BPF_FLOW_DISSECTOR_F_STOP_AT_FLOW_LABEL = 1U << 1,
	BPF_FLOW_DISSECTOR_F_STOP_AT_ENCAP = 1U << 2,
};

/* PROG_STREAM_READ_BY_FD (6.17) */
enum bpf_stream_id {
	BPF_STDOUT = 1,
	BPF_STDERR = 2,
};

/* What programs return */
enum bpf_ret_code {
	BPF_OK = 0,
	BPF_DROP = 2,
	BPF_REDIRECT = 7,
	BPF_LWT_REROUTE = 128,
	BPF_FLOW_DISSECTOR_CONTINUE = 129,
};

enum xdp_action {
	XDP_ABORTED = 0,
	XDP_DROP = 1,
	XDP_PASS = 2,
	XDP_TX = 3,
	XDP_REDIRECT = 4,
};

enum sk_action {
	SK_DROP = 0,
	SK_PASS = 1,
};

enum tcx_action_base {
	TCX_NEXT = -1,
	TCX_PASS = 0,
	TCX_DROP = 2,
	TCX_REDIRECT = 7,
};

/* --- Constants and small layouts ------------------------------------------------------------ */

#define BPF_OBJ_NAME_LEN    16U
#define BPF_TAG_SIZE        8
#define BPF_BUILD_ID_SIZE   20
#define XDP_PACKET_HEADROOM 256

enum bpf_stack_build_id_status {
	BPF_STACK_BUILD_ID_EMPTY = 0,
	BPF_STACK_BUILD_ID_VALID = 1,
	BPF_STACK_BUILD_ID_IP = 2,
};

struct bpf_stack_build_id {
	__s32 status;
	unsigned char build_id[BPF_BUILD_ID_SIZE];
	union {
		__u64 offset;
		__u64 ip;
	};
};

/* An LPM key begins with this; `data` is prefixlen bits, most significant first. */
struct bpf_lpm_trie_key {
	__u32 prefixlen;
	__u8 data[0];
};

struct bpf_lpm_trie_key_hdr {
	__u32 prefixlen;
};

struct bpf_lpm_trie_key_u8 {
	union {
		struct bpf_lpm_trie_key_hdr hdr;
		__u32 prefixlen;
	};
	__u8 data[];
};

struct bpf_cgroup_storage_key {
	__u64 cgroup_inode_id;
	__u32 attach_type;
};

union bpf_iter_link_info {
	struct {
		__u32 map_fd;
	} map;
	struct {
		enum bpf_cgroup_iter_order order;
		__u32 cgroup_fd;
		__u64 cgroup_id;
	} cgroup;
	struct {
		__u32 tid;
		__u32 pid;
		__u32 pid_fd;
	} task;
};

/* --- union bpf_attr -------------------------------------------------------------------------- */

/*
 * In order: MAP_CREATE · element commands and MAP_FREEZE · batches · PROG_LOAD ·
 * OBJ_PIN, OBJ_GET · PROG_ATTACH, DETACH · PROG_TEST_RUN · *_GET_*_ID and
 * *_GET_FD_BY_ID · OBJ_GET_INFO_BY_FD · PROG_QUERY · RAW_TRACEPOINT_OPEN ·
 * BTF_LOAD · TASK_FD_QUERY · LINK_* · ENABLE_STATS · ITER_CREATE · PROG_BIND_MAP ·
 * TOKEN_CREATE · PROG_STREAM_READ_BY_FD.
 */
union bpf_attr {
	struct {
		__u32 map_type;
		__u32 key_size;
		__u32 value_size;
		__u32 max_entries;
		__u32 map_flags;
		__u32 inner_map_fd;
		__u32 numa_node;
		char map_name[BPF_OBJ_NAME_LEN];
		__u32 map_ifindex;
		__u32 btf_fd;
		__u32 btf_key_type_id;
		__u32 btf_value_type_id;
		__u32 btf_vmlinux_value_type_id;
		__aligned_u64 map_extra;
		__s32 value_type_btf_obj_fd;
		__s32 map_token_fd;
		__aligned_u64 excl_prog_hash;
		__u32 excl_prog_hash_size;
	};
	struct {
		__u32 map_fd;
		__aligned_u64 key;
		union {
			__aligned_u64 value;
			__aligned_u64 next_key;
		};
		__aligned_u64 flags;
	};
	struct {
		__aligned_u64 in_batch;
		__aligned_u64 out_batch;
		__aligned_u64 keys;
		__aligned_u64 values;
		__u32 count;
		__u32 map_fd;
		__aligned_u64 elem_flags;
		__aligned_u64 flags;
	} batch;
	struct {
		__u32 prog_type;
		__u32 insn_cnt;
		__aligned_u64 insns;
		__aligned_u64 license;
		__u32 log_level;
		__u32 log_size;
		__aligned_u64 log_buf;
		__u32 kern_version;
		__u32 prog_flags;
		char prog_name[BPF_OBJ_NAME_LEN];
		__u32 prog_ifindex;
		__u32 expected_attach_type;
		__u32 prog_btf_fd;
		__u32 func_info_rec_size;
		__aligned_u64 func_info;
		__u32 func_info_cnt;
		__u32 line_info_rec_size;
		__aligned_u64 line_info;
		__u32 line_info_cnt;
		__u32 attach_btf_id;
		union {
			__u32 attach_prog_fd;
			__u32 attach_btf_obj_fd;
		};
		__u32 core_relo_cnt;
		__aligned_u64 fd_array;
		__aligned_u64 core_relos;
		__u32 core_relo_rec_size;
		__u32 log_true_size;
		__s32 prog_token_fd;
		__u32 fd_array_cnt;
		__aligned_u64 signature;
		__u32 signature_size;
		__s32 keyring_id;
	};
	struct {
		__aligned_u64 pathname;
		__u32 bpf_fd;
		__u32 file_flags;
		__s32 path_fd;
	};
	struct {
		union {
			__u32 target_fd;
			__u32 target_ifindex;
		};
		__u32 attach_bpf_fd;
		__u32 attach_type;
		__u32 attach_flags;
		__u32 replace_bpf_fd;
		union {
			__u32 relative_fd;
			__u32 relative_id;
		};
		__aligned_u64 expected_revision;
	};
	struct {
		__u32 prog_fd;
		__u32 retval;
		__u32 data_size_in;
		__u32 data_size_out;
		__aligned_u64 data_in;
		__aligned_u64 data_out;
		__u32 repeat;
		__u32 duration;
		__u32 ctx_size_in;
		__u32 ctx_size_out;
		__aligned_u64 ctx_in;
		__aligned_u64 ctx_out;
		__u32 flags;
		__u32 cpu;
		__u32 batch_size;
	} test;
	struct {
		union {
			__u32 start_id;
			__u32 prog_id;
			__u32 map_id;
			__u32 btf_id;
			__u32 link_id;
		};
		__u32 next_id;
		__u32 open_flags;
		__s32 fd_by_id_token_fd;
	};
	struct {
		__u32 bpf_fd;
		__u32 info_len;
		__aligned_u64 info;
	} info;
	struct {
		union {
			__u32 target_fd;
			__u32 target_ifindex;
		};
		__u32 attach_type;
		__u32 query_flags;
		__u32 attach_flags;
		__aligned_u64 prog_ids;
		union {
			__u32 prog_cnt;
			__u32 count;
		};
		__aligned_u64 prog_attach_flags;
		__aligned_u64 link_ids;
		__aligned_u64 link_attach_flags;
		__aligned_u64 revision;
	} query;
	struct {
		__aligned_u64 name;
		__u32 prog_fd;
		__aligned_u64 cookie;
	} raw_tracepoint;
	struct {
		__aligned_u64 btf;
		__aligned_u64 btf_log_buf;
		__u32 btf_size;
		__u32 btf_log_size;
		__u32 btf_log_level;
		__u32 btf_log_true_size;
		__u32 btf_flags;
		__s32 btf_token_fd;
	};
	struct {
		__u32 pid;
		__u32 fd;
		__u32 flags;
		__u32 buf_len;
		__aligned_u64 buf;
		__u32 prog_id;
		__u32 fd_type;
		__aligned_u64 probe_offset;
		__aligned_u64 probe_addr;
	} task_fd_query;
	struct {
		union {
			__u32 prog_fd;
			__u32 map_fd;
		};
		union {
			__u32 target_fd;
			__u32 target_ifindex;
		};
		__u32 attach_type;
		__u32 flags;
		union {
			__u32 target_btf_id;
			struct {
				__aligned_u64 iter_info;
				__u32 iter_info_len;
			};
			struct {
				__aligned_u64 bpf_cookie;
			} perf_event;
			struct {
				__u32 flags;
				__u32 cnt;
				__aligned_u64 syms;
				__aligned_u64 addrs;
				__aligned_u64 cookies;
			} kprobe_multi;
			struct {
				__u32 target_btf_id;
				__aligned_u64 cookie;
			} tracing;
			struct {
				__u32 pf;
				__u32 hooknum;
				__s32 priority;
				__u32 flags;
			} netfilter;
			struct {
				union {
					__u32 relative_fd;
					__u32 relative_id;
				};
				__aligned_u64 expected_revision;
			} tcx;
			struct {
				__aligned_u64 path;
				__aligned_u64 offsets;
				__aligned_u64 ref_ctr_offsets;
				__aligned_u64 cookies;
				__u32 cnt;
				__u32 flags;
				__u32 pid;
			} uprobe_multi;
			struct {
				union {
					__u32 relative_fd;
					__u32 relative_id;
				};
				__aligned_u64 expected_revision;
			} netkit;
			struct {
				union {
					__u32 relative_fd;
					__u32 relative_id;
				};
				__aligned_u64 expected_revision;
			} cgroup;
		};
	} link_create;
	struct {
		__u32 link_fd;
		union {
			__u32 new_prog_fd;
			__u32 new_map_fd;
		};
		__u32 flags;
		union {
			__u32 old_prog_fd;
			__u32 old_map_fd;
		};
	} link_update;
	struct {
		__u32 link_fd;
	} link_detach;
	struct {
		__u32 type;
	} enable_stats;
	struct {
		__u32 link_fd;
		__u32 flags;
	} iter_create;
	struct {
		__u32 prog_fd;
		__u32 map_fd;
		__u32 flags;
	} prog_bind_map;
	struct {
		__u32 flags;
		__u32 bpffs_fd;
	} token_create;
	struct {
		__aligned_u64 stream_buf;
		__u32 stream_buf_len;
		__u32 stream_id;
		__u32 prog_fd;
	} prog_stream_read;
};

/* --- OBJ_GET_INFO_BY_FD ------------------------------------------------------------------------
 */

struct bpf_prog_info {
	__u32 type;
	__u32 id;
	__u8 tag[BPF_TAG_SIZE];
	__u32 jited_prog_len;
	__u32 xlated_prog_len;
	__aligned_u64 jited_prog_insns;
	__aligned_u64 xlated_prog_insns;
	__aligned_u64 load_time;
	__u32 created_by_uid;
	__u32 nr_map_ids;
	__aligned_u64 map_ids;
	char name[BPF_OBJ_NAME_LEN];
	__u32 ifindex;
	__u32 gpl_compatible : 1;
	__u32 : 31;
	__aligned_u64 netns_dev;
	__aligned_u64 netns_ino;
	__u32 nr_jited_ksyms;
	__u32 nr_jited_func_lens;
	__aligned_u64 jited_ksyms;
	__aligned_u64 jited_func_lens;
	__u32 btf_id;
	__u32 func_info_rec_size;
	__aligned_u64 func_info;
	__u32 nr_func_info;
	__u32 nr_line_info;
	__aligned_u64 line_info;
	__aligned_u64 jited_line_info;
	__u32 nr_jited_line_info;
	__u32 line_info_rec_size;
	__u32 jited_line_info_rec_size;
	__u32 nr_prog_tags;
	__aligned_u64 prog_tags;
	__aligned_u64 run_time_ns;
	__aligned_u64 run_cnt;
	__aligned_u64 recursion_misses;
	__u32 verified_insns;
	__u32 attach_btf_obj_id;
	__u32 attach_btf_id;
};

struct bpf_map_info {
	__u32 type;
	__u32 id;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 map_flags;
	char name[BPF_OBJ_NAME_LEN];
	__u32 ifindex;
	__u32 btf_vmlinux_value_type_id;
	__aligned_u64 netns_dev;
	__aligned_u64 netns_ino;
	__u32 btf_id;
	__u32 btf_key_type_id;
	__u32 btf_value_type_id;
	__u32 btf_vmlinux_id;
	__aligned_u64 map_extra;
	__aligned_u64 hash;
	__u32 hash_size;
};

struct bpf_btf_info {
	__aligned_u64 btf;
	__u32 btf_size;
	__u32 id;
	__aligned_u64 name;
	__u32 name_len;
	__u32 kernel_btf;
};

struct bpf_link_info {
	__u32 type;
	__u32 id;
	__u32 prog_id;
	union {
		struct {
			__aligned_u64 tp_name;
			__u32 tp_name_len;
			__aligned_u64 cookie;
		} raw_tracepoint;
		struct {
			__u32 attach_type;
			__u32 target_obj_id;
			__u32 target_btf_id;
			__aligned_u64 cookie;
		} tracing;
		struct {
			__aligned_u64 cgroup_id;
			__u32 attach_type;
		} cgroup;
		struct {
			__aligned_u64 target_name;
			__u32 target_name_len;
			union {
				struct {
					__u32 map_id;
				} map;
			};
			union {
				struct {
					__aligned_u64 cgroup_id;
					__u32 order;
				} cgroup;
				struct {
					__u32 tid;
					__u32 pid;
				} task;
			};
		} iter;
		struct {
			__u32 netns_ino;
			__u32 attach_type;
		} netns;
		struct {
			__u32 ifindex;
		} xdp;
		struct {
			__u32 map_id;
		} struct_ops;
		struct {
			__u32 pf;
			__u32 hooknum;
			__s32 priority;
			__u32 flags;
		} netfilter;
		struct {
			__aligned_u64 addrs;
			__u32 count;
			__u32 flags;
			__aligned_u64 missed;
			__aligned_u64 cookies;
		} kprobe_multi;
		struct {
			__aligned_u64 path;
			__aligned_u64 offsets;
			__aligned_u64 ref_ctr_offsets;
			__aligned_u64 cookies;
			__u32 path_size;
			__u32 count;
			__u32 flags;
			__u32 pid;
		} uprobe_multi;
		struct {
			__u32 type;
			union {
				struct {
					__aligned_u64 file_name;
					__u32 name_len;
					__u32 offset;
					__aligned_u64 cookie;
					__aligned_u64 ref_ctr_offset;
				} uprobe;
				struct {
					__aligned_u64 func_name;
					__u32 name_len;
					__u32 offset;
					__aligned_u64 addr;
					__aligned_u64 missed;
					__aligned_u64 cookie;
				} kprobe;
				struct {
					__aligned_u64 tp_name;
					__u32 name_len;
					__aligned_u64 cookie;
				} tracepoint;
				struct {
					__aligned_u64 config;
					__u32 type;
					__aligned_u64 cookie;
				} event;
			};
		} perf_event;
		struct {
			__u32 ifindex;
			__u32 attach_type;
		} tcx;
		struct {
			__u32 ifindex;
			__u32 attach_type;
		} netkit;
		struct {
			__u32 map_id;
			__u32 attach_type;
		} sockmap;
	};
};

struct bpf_token_info {
	__aligned_u64 allowed_cmds;
	__aligned_u64 allowed_maps;
	__aligned_u64 allowed_progs;
	__aligned_u64 allowed_attachs;
};

/* Records behind bpf_attr.func_info, .line_info, .core_relos */
struct bpf_func_info {
	__u32 insn_off;
	__u32 type_id;
};

struct bpf_line_info {
	__u32 insn_off;
	__u32 file_name_off;
	__u32 line_off;
	__u32 line_col;
};
#define BPF_LINE_INFO_LINE_NUM(line_col) ((line_col) >> 10)
#define BPF_LINE_INFO_LINE_COL(line_col) ((line_col)&0x3ff)

enum bpf_core_relo_kind {
	BPF_CORE_FIELD_BYTE_OFFSET = 0,
	BPF_CORE_FIELD_BYTE_SIZE = 1,
	BPF_CORE_FIELD_EXISTS = 2,
	BPF_CORE_FIELD_SIGNED = 3,
	BPF_CORE_FIELD_LSHIFT_U64 = 4,
	BPF_CORE_FIELD_RSHIFT_U64 = 5,
	BPF_CORE_TYPE_ID_LOCAL = 6,
	BPF_CORE_TYPE_ID_TARGET = 7,
	BPF_CORE_TYPE_EXISTS = 8,
	BPF_CORE_TYPE_SIZE = 9,
	BPF_CORE_ENUMVAL_EXISTS = 10,
	BPF_CORE_ENUMVAL_VALUE = 11,
	BPF_CORE_TYPE_MATCHES = 12,
};

struct bpf_core_relo {
	__u32 insn_off;
	__u32 type_id;
	__u32 access_str_off;
	enum bpf_core_relo_kind kind;
};

/* --- What programs are given and give -------------------------------------------------------- */

/* A pointer in a context: 8 bytes for programs and for 32-bit compilers alike. */
#define __bpf_md_ptr(type, name) \
	union {                  \
		type name;       \
		__u64 : 64;      \
	} __attribute__((aligned(8)))

struct bpf_flow_keys {
	__u16 nhoff;
	__u16 thoff;
	__u16 addr_proto;
	__u8 is_frag;
	__u8 is_first_frag;
	__u8 is_encap;
	__u8 ip_proto;
	__be16 n_proto;
	__be16 sport;
	__be16 dport;
	union {
		struct {
			__be32 ipv4_src;
			__be32 ipv4_dst;
		};
		struct {
			__u32 ipv6_src[4];
			__u32 ipv6_dst[4];
		};
	};
	__u32 flags;
	__be32 flow_label;
};

struct bpf_sock {
	__u32 bound_dev_if;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 mark;
	__u32 priority;
	__u32 src_ip4;
	__u32 src_ip6[4];
	__u32 src_port;
	__be16 dst_port;
	__u32 dst_ip4;
	__u32 dst_ip6[4];
	__u32 state;
	__s32 rx_queue_mapping;
};

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__bpf_md_ptr(struct bpf_flow_keys *, flow_keys);
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	__bpf_md_ptr(struct bpf_sock *, sk);
	__u32 gso_size;
	__u8 tstamp_type;
	__u64 hwtstamp;
};

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

struct bpf_devmap_val {
	__u32 ifindex;
	union {
		int fd;
		__u32 id;
	} bpf_prog;
};

struct bpf_cpumap_val {
	__u32 qsize;
	union {
		int fd;
		__u32 id;
	} bpf_prog;
};

struct sk_msg_md {
	__bpf_md_ptr(void *, data);
	__bpf_md_ptr(void *, data_end);
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 size;
	__bpf_md_ptr(struct bpf_sock *, sk);
};

struct sk_reuseport_md {
	__bpf_md_ptr(void *, data);
	__bpf_md_ptr(void *, data_end);
	__u32 len;
	__u32 eth_protocol;
	__u32 ip_protocol;
	__u32 bind_inany;
	__u32 hash;
	__bpf_md_ptr(struct bpf_sock *, sk);
	__bpf_md_ptr(struct bpf_sock *, migrating_sk);
};

struct bpf_sock_addr {
	__u32 user_family;
	__u32 user_ip4;
	__u32 user_ip6[4];
	__u32 user_port;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 msg_src_ip4;
	__u32 msg_src_ip6[4];
	__bpf_md_ptr(struct bpf_sock *, sk);
};

struct bpf_sock_ops {
	__u32 op;
	union {
		__u32 args[4];
		__u32 reply;
		__u32 replylong[4];
	};
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 is_fullsock;
	__u32 snd_cwnd;
	__u32 srtt_us;
	__u32 bpf_sock_ops_cb_flags;
	__u32 state;
	__u32 rtt_min;
	__u32 snd_ssthresh;
	__u32 rcv_nxt;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 mss_cache;
	__u32 ecn_flags;
	__u32 rate_delivered;
	__u32 rate_interval_us;
	__u32 packets_out;
	__u32 retrans_out;
	__u32 total_retrans;
	__u32 segs_in;
	__u32 data_segs_in;
	__u32 segs_out;
	__u32 data_segs_out;
	__u32 lost_out;
	__u32 sacked_out;
	__u32 sk_txhash;
	__u64 bytes_received;
	__u64 bytes_acked;
	__bpf_md_ptr(struct bpf_sock *, sk);
	__bpf_md_ptr(void *, skb_data);
	__bpf_md_ptr(void *, skb_data_end);
	__u32 skb_len;
	__u32 skb_tcp_flags;
	__u64 skb_hwtstamp;
};

struct bpf_sk_lookup {
	union {
		__bpf_md_ptr(struct bpf_sock *, sk);
		__u64 cookie;
	};
	__u32 family;
	__u32 protocol;
	__u32 remote_ip4;
	__u32 remote_ip6[4];
	__be16 remote_port;
	__u32 local_ip4;
	__u32 local_ip6[4];
	__u32 local_port;
	__u32 ingress_ifindex;
};

struct bpf_cgroup_dev_ctx {
	__u32 access_type;
	__u32 major;
	__u32 minor;
};

struct bpf_raw_tracepoint_args {
	__u64 args[0];
};

struct bpf_sysctl {
	__u32 write;
	__u32 file_pos;
};

struct bpf_sockopt {
	__bpf_md_ptr(struct bpf_sock *, sk);
	__bpf_md_ptr(void *, optval);
	__bpf_md_ptr(void *, optval_end);
	__s32 level;
	__s32 optname;
	__s32 optlen;
	__s32 retval;
};

struct bpf_tunnel_key {
	__u32 tunnel_id;
	union {
		__u32 remote_ipv4;
		__u32 remote_ipv6[4];
	};
	__u8 tunnel_tos;
	__u8 tunnel_ttl;
	union {
		__u16 tunnel_ext;
		__be16 tunnel_flags;
	};
	__u32 tunnel_label;
	union {
		__u32 local_ipv4;
		__u32 local_ipv6[4];
	};
};

struct bpf_xfrm_state {
	__u32 reqid;
	__u32 spi;
	__u16 family;
	__u16 ext;
	union {
		__u32 remote_ipv4;
		__u32 remote_ipv6[4];
	};
};

struct bpf_tcp_sock {
	__u32 snd_cwnd;
	__u32 srtt_us;
	__u32 rtt_min;
	__u32 snd_ssthresh;
	__u32 rcv_nxt;
	__u32 snd_nxt;
	__u32 snd_una;
	__u32 mss_cache;
	__u32 ecn_flags;
	__u32 rate_delivered;
	__u32 rate_interval_us;
	__u32 packets_out;
	__u32 retrans_out;
	__u32 total_retrans;
	__u32 segs_in;
	__u32 data_segs_in;
	__u32 segs_out;
	__u32 data_segs_out;
	__u32 lost_out;
	__u32 sacked_out;
	__u64 bytes_received;
	__u64 bytes_acked;
	__u32 dsack_dups;
	__u32 delivered;
	__u32 delivered_ce;
	__u32 icsk_retransmits;
};

struct bpf_sock_tuple {
	union {
		struct {
			__be32 saddr;
			__be32 daddr;
			__be16 sport;
			__be16 dport;
		} ipv4;
		struct {
			__be32 saddr[4];
			__be32 daddr[4];
			__be16 sport;
			__be16 dport;
		} ipv6;
	};
};

struct bpf_xdp_sock {
	__u32 queue_id;
};

struct bpf_fib_lookup {
	__u8 family;
	__u8 l4_protocol;
	__be16 sport;
	__be16 dport;
	union {
		__u16 tot_len;
		__u16 mtu_result;
	};
	__u32 ifindex;
	union {
		__u8 tos;
		__be32 flowinfo;
		__u32 rt_metric;
	};
	union {
		__be32 ipv4_src;
		__u32 ipv6_src[4];
	};
	union {
		__be32 ipv4_dst;
		__u32 ipv6_dst[4];
	};
	union {
		struct {
			__be16 h_vlan_proto;
			__be16 h_vlan_TCI;
		};
		__u32 tbid;
	};
	union {
		struct {
			__u32 mark;
		};
		struct {
			__u8 smac[6];
			__u8 dmac[6];
		};
	};
};

struct bpf_redir_neigh {
	__u32 nh_family;
	union {
		__be32 ipv4_nh;
		__u32 ipv6_nh[4];
	};
};

struct bpf_perf_event_value {
	__u64 counter;
	__u64 enabled;
	__u64 running;
};

struct bpf_pidns_info {
	__u32 pid;
	__u32 tgid;
};

struct btf_ptr {
	void *ptr;
	__u32 type_id;
	__u32 flags;
};

/* Fields of map values and of the stack whose bytes belong to the kernel */
struct bpf_spin_lock {
	__u32 val;
};

struct bpf_timer {
	__u64 __opaque[2];
};

struct bpf_task_work {
	__u64 __opaque;
};

struct bpf_wq {
	__u64 __opaque[2];
};

struct bpf_dynptr {
	__u64 __opaque[2];
};

struct bpf_list_head {
	__u64 __opaque[2];
};

struct bpf_list_node {
	__u64 __opaque[3];
};

struct bpf_rb_root {
	__u64 __opaque[2];
};

struct bpf_rb_node {
	__u64 __opaque[4];
};

struct bpf_refcount {
	__u32 __opaque[1];
};

struct bpf_iter_num {
	__u64 __opaque[1];
};

/* --- Helpers ---------------------------------------------------------------------------------- */

/* FN(name, number, ctx...) for each, with the kernel it appeared in. 211 is the last: since 6.2
 * kfuncs. */
#define ___BPF_FUNC_MAPPER(FN, ctx...)                            \
	FN(unspec, 0, ##ctx)                                      \
	FN(map_lookup_elem, 1, ##ctx)                  /* 3.18 */ \
	FN(map_update_elem, 2, ##ctx)                  /* 3.18 */ \
	FN(map_delete_elem, 3, ##ctx)                  /* 3.19 */ \
	FN(probe_read, 4, ##ctx)                       /* 4.1 */  \
	FN(ktime_get_ns, 5, ##ctx)                     /* 4.1 */  \
	FN(trace_printk, 6, ##ctx)                     /* 4.1 */  \
	FN(get_prandom_u32, 7, ##ctx)                  /* 4.1 */  \
	FN(get_smp_processor_id, 8, ##ctx)             /* 4.1 */  \
	FN(skb_store_bytes, 9, ##ctx)                  /* 4.1 */  \
	FN(l3_csum_replace, 10, ##ctx)                 /* 4.1 */  \
	FN(l4_csum_replace, 11, ##ctx)                 /* 4.1 */  \
	FN(tail_call, 12, ##ctx)                       /* 4.2 */  \
	FN(clone_redirect, 13, ##ctx)                  /* 4.2 */  \
	FN(get_current_pid_tgid, 14, ##ctx)            /* 4.2 */  \
	FN(get_current_uid_gid, 15, ##ctx)             /* 4.2 */  \
	FN(get_current_comm, 16, ##ctx)                /* 4.2 */  \
	FN(get_cgroup_classid, 17, ##ctx)              /* 4.3 */  \
	FN(skb_vlan_push, 18, ##ctx)                   /* 4.3 */  \
	FN(skb_vlan_pop, 19, ##ctx)                    /* 4.3 */  \
	FN(skb_get_tunnel_key, 20, ##ctx)              /* 4.3 */  \
	FN(skb_set_tunnel_key, 21, ##ctx)              /* 4.3 */  \
	FN(perf_event_read, 22, ##ctx)                 /* 4.3 */  \
	FN(redirect, 23, ##ctx)                        /* 4.4 */  \
	FN(get_route_realm, 24, ##ctx)                 /* 4.4 */  \
	FN(perf_event_output, 25, ##ctx)               /* 4.4 */  \
	FN(skb_load_bytes, 26, ##ctx)                  /* 4.5 */  \
	FN(get_stackid, 27, ##ctx)                     /* 4.6 */  \
	FN(csum_diff, 28, ##ctx)                       /* 4.6 */  \
	FN(skb_get_tunnel_opt, 29, ##ctx)              /* 4.6 */  \
	FN(skb_set_tunnel_opt, 30, ##ctx)              /* 4.6 */  \
	FN(skb_change_proto, 31, ##ctx)                /* 4.8 */  \
	FN(skb_change_type, 32, ##ctx)                 /* 4.8 */  \
	FN(skb_under_cgroup, 33, ##ctx)                /* 4.8 */  \
	FN(get_hash_recalc, 34, ##ctx)                 /* 4.8 */  \
	FN(get_current_task, 35, ##ctx)                /* 4.8 */  \
	FN(probe_write_user, 36, ##ctx)                /* 4.8 */  \
	FN(current_task_under_cgroup, 37, ##ctx)       /* 4.9 */  \
	FN(skb_change_tail, 38, ##ctx)                 /* 4.9 */  \
	FN(skb_pull_data, 39, ##ctx)                   /* 4.9 */  \
	FN(csum_update, 40, ##ctx)                     /* 4.9 */  \
	FN(set_hash_invalid, 41, ##ctx)                /* 4.9 */  \
	FN(get_numa_node_id, 42, ##ctx)                /* 4.10 */ \
	FN(skb_change_head, 43, ##ctx)                 /* 4.10 */ \
	FN(xdp_adjust_head, 44, ##ctx)                 /* 4.10 */ \
	FN(probe_read_str, 45, ##ctx)                  /* 4.11 */ \
	FN(get_socket_cookie, 46, ##ctx)               /* 4.12 */ \
	FN(get_socket_uid, 47, ##ctx)                  /* 4.12 */ \
	FN(set_hash, 48, ##ctx)                        /* 4.13 */ \
	FN(setsockopt, 49, ##ctx)                      /* 4.13 */ \
	FN(skb_adjust_room, 50, ##ctx)                 /* 4.13 */ \
	FN(redirect_map, 51, ##ctx)                    /* 4.14 */ \
	FN(sk_redirect_map, 52, ##ctx)                 /* 4.14 */ \
	FN(sock_map_update, 53, ##ctx)                 /* 4.14 */ \
	FN(xdp_adjust_meta, 54, ##ctx)                 /* 4.15 */ \
	FN(perf_event_read_value, 55, ##ctx)           /* 4.15 */ \
	FN(perf_prog_read_value, 56, ##ctx)            /* 4.15 */ \
	FN(getsockopt, 57, ##ctx)                      /* 4.15 */ \
	FN(override_return, 58, ##ctx)                 /* 4.16 */ \
	FN(sock_ops_cb_flags_set, 59, ##ctx)           /* 4.16 */ \
	FN(msg_redirect_map, 60, ##ctx)                /* 4.17 */ \
	FN(msg_apply_bytes, 61, ##ctx)                 /* 4.17 */ \
	FN(msg_cork_bytes, 62, ##ctx)                  /* 4.17 */ \
	FN(msg_pull_data, 63, ##ctx)                   /* 4.17 */ \
	FN(bind, 64, ##ctx)                            /* 4.17 */ \
	FN(xdp_adjust_tail, 65, ##ctx)                 /* 4.18 */ \
	FN(skb_get_xfrm_state, 66, ##ctx)              /* 4.18 */ \
	FN(get_stack, 67, ##ctx)                       /* 4.18 */ \
	FN(skb_load_bytes_relative, 68, ##ctx)         /* 4.18 */ \
	FN(fib_lookup, 69, ##ctx)                      /* 4.18 */ \
	FN(sock_hash_update, 70, ##ctx)                /* 4.18 */ \
	FN(msg_redirect_hash, 71, ##ctx)               /* 4.18 */ \
	FN(sk_redirect_hash, 72, ##ctx)                /* 4.18 */ \
	FN(lwt_push_encap, 73, ##ctx)                  /* 4.18 */ \
	FN(lwt_seg6_store_bytes, 74, ##ctx)            /* 4.18 */ \
	FN(lwt_seg6_adjust_srh, 75, ##ctx)             /* 4.18 */ \
	FN(lwt_seg6_action, 76, ##ctx)                 /* 4.18 */ \
	FN(rc_repeat, 77, ##ctx)                       /* 4.18 */ \
	FN(rc_keydown, 78, ##ctx)                      /* 4.18 */ \
	FN(skb_cgroup_id, 79, ##ctx)                   /* 4.18 */ \
	FN(get_current_cgroup_id, 80, ##ctx)           /* 4.18 */ \
	FN(get_local_storage, 81, ##ctx)               /* 4.19 */ \
	FN(sk_select_reuseport, 82, ##ctx)             /* 4.19 */ \
	FN(skb_ancestor_cgroup_id, 83, ##ctx)          /* 4.19 */ \
	FN(sk_lookup_tcp, 84, ##ctx)                   /* 4.20 */ \
	FN(sk_lookup_udp, 85, ##ctx)                   /* 4.20 */ \
	FN(sk_release, 86, ##ctx)                      /* 4.20 */ \
	FN(map_push_elem, 87, ##ctx)                   /* 4.20 */ \
	FN(map_pop_elem, 88, ##ctx)                    /* 4.20 */ \
	FN(map_peek_elem, 89, ##ctx)                   /* 4.20 */ \
	FN(msg_push_data, 90, ##ctx)                   /* 4.20 */ \
	FN(msg_pop_data, 91, ##ctx)                    /* 5.0 */  \
	FN(rc_pointer_rel, 92, ##ctx)                  /* 5.0 */  \
	FN(spin_lock, 93, ##ctx)                       /* 5.1 */  \
	FN(spin_unlock, 94, ##ctx)                     /* 5.1 */  \
	FN(sk_fullsock, 95, ##ctx)                     /* 5.1 */  \
	FN(tcp_sock, 96, ##ctx)                        /* 5.1 */  \
	FN(skb_ecn_set_ce, 97, ##ctx)                  /* 5.1 */  \
	FN(get_listener_sock, 98, ##ctx)               /* 5.1 */  \
	FN(skc_lookup_tcp, 99, ##ctx)                  /* 5.2 */  \
	FN(tcp_check_syncookie, 100, ##ctx)            /* 5.2 */  \
	FN(sysctl_get_name, 101, ##ctx)                /* 5.2 */  \
	FN(sysctl_get_current_value, 102, ##ctx)       /* 5.2 */  \
	FN(sysctl_get_new_value, 103, ##ctx)           /* 5.2 */  \
	FN(sysctl_set_new_value, 104, ##ctx)           /* 5.2 */  \
	FN(strtol, 105, ##ctx)                         /* 5.2 */  \
	FN(strtoul, 106, ##ctx)                        /* 5.2 */  \
	FN(sk_storage_get, 107, ##ctx)                 /* 5.2 */  \
	FN(sk_storage_delete, 108, ##ctx)              /* 5.2 */  \
	FN(send_signal, 109, ##ctx)                    /* 5.3 */  \
	FN(tcp_gen_syncookie, 110, ##ctx)              /* 5.4 */  \
	FN(skb_output, 111, ##ctx)                     /* 5.5 */  \
	FN(probe_read_user, 112, ##ctx)                /* 5.5 */  \
	FN(probe_read_kernel, 113, ##ctx)              /* 5.5 */  \
	FN(probe_read_user_str, 114, ##ctx)            /* 5.5 */  \
	FN(probe_read_kernel_str, 115, ##ctx)          /* 5.5 */  \
	FN(tcp_send_ack, 116, ##ctx)                   /* 5.6 */  \
	FN(send_signal_thread, 117, ##ctx)             /* 5.6 */  \
	FN(jiffies64, 118, ##ctx)                      /* 5.6 */  \
	FN(read_branch_records, 119, ##ctx)            /* 5.7 */  \
	FN(get_ns_current_pid_tgid, 120, ##ctx)        /* 5.7 */  \
	FN(xdp_output, 121, ##ctx)                     /* 5.7 */  \
	FN(get_netns_cookie, 122, ##ctx)               /* 5.7 */  \
	FN(get_current_ancestor_cgroup_id, 123, ##ctx) /* 5.7 */  \
	FN(sk_assign, 124, ##ctx)                      /* 5.7 */  \
	FN(ktime_get_boot_ns, 125, ##ctx)              /* 5.8 */  \
	FN(seq_printf, 126, ##ctx)                     /* 5.8 */  \
	FN(seq_write, 127, ##ctx)                      /* 5.8 */  \
	FN(sk_cgroup_id, 128, ##ctx)                   /* 5.8 */  \
	FN(sk_ancestor_cgroup_id, 129, ##ctx)          /* 5.8 */  \
	FN(ringbuf_output, 130, ##ctx)                 /* 5.8 */  \
	FN(ringbuf_reserve, 131, ##ctx)                /* 5.8 */  \
	FN(ringbuf_submit, 132, ##ctx)                 /* 5.8 */  \
	FN(ringbuf_discard, 133, ##ctx)                /* 5.8 */  \
	FN(ringbuf_query, 134, ##ctx)                  /* 5.8 */  \
	FN(csum_level, 135, ##ctx)                     /* 5.8 */  \
	FN(skc_to_tcp6_sock, 136, ##ctx)               /* 5.9 */  \
	FN(skc_to_tcp_sock, 137, ##ctx)                /* 5.9 */  \
	FN(skc_to_tcp_timewait_sock, 138, ##ctx)       /* 5.9 */  \
	FN(skc_to_tcp_request_sock, 139, ##ctx)        /* 5.9 */  \
	FN(skc_to_udp6_sock, 140, ##ctx)               /* 5.9 */  \
	FN(get_task_stack, 141, ##ctx)                 /* 5.9 */  \
	FN(load_hdr_opt, 142, ##ctx)                   /* 5.10 */ \
	FN(store_hdr_opt, 143, ##ctx)                  /* 5.10 */ \
	FN(reserve_hdr_opt, 144, ##ctx)                /* 5.10 */ \
	FN(inode_storage_get, 145, ##ctx)              /* 5.10 */ \
	FN(inode_storage_delete, 146, ##ctx)           /* 5.10 */ \
	FN(d_path, 147, ##ctx)                         /* 5.10 */ \
	FN(copy_from_user, 148, ##ctx)                 /* 5.10 */ \
	FN(snprintf_btf, 149, ##ctx)                   /* 5.10 */ \
	FN(seq_printf_btf, 150, ##ctx)                 /* 5.10 */ \
	FN(skb_cgroup_classid, 151, ##ctx)             /* 5.10 */ \
	FN(redirect_neigh, 152, ##ctx)                 /* 5.10 */ \
	FN(per_cpu_ptr, 153, ##ctx)                    /* 5.10 */ \
	FN(this_cpu_ptr, 154, ##ctx)                   /* 5.10 */ \
	FN(redirect_peer, 155, ##ctx)                  /* 5.10 */ \
	FN(task_storage_get, 156, ##ctx)               /* 5.11 */ \
	FN(task_storage_delete, 157, ##ctx)            /* 5.11 */ \
	FN(get_current_task_btf, 158, ##ctx)           /* 5.11 */ \
	FN(bprm_opts_set, 159, ##ctx)                  /* 5.11 */ \
	FN(ktime_get_coarse_ns, 160, ##ctx)            /* 5.11 */ \
	FN(ima_inode_hash, 161, ##ctx)                 /* 5.11 */ \
	FN(sock_from_file, 162, ##ctx)                 /* 5.11 */ \
	FN(check_mtu, 163, ##ctx)                      /* 5.12 */ \
	FN(for_each_map_elem, 164, ##ctx)              /* 5.13 */ \
	FN(snprintf, 165, ##ctx)                       /* 5.13 */ \
	FN(sys_bpf, 166, ##ctx)                        /* 5.14 */ \
	FN(btf_find_by_name_kind, 167, ##ctx)          /* 5.14 */ \
	FN(sys_close, 168, ##ctx)                      /* 5.14 */ \
	FN(timer_init, 169, ##ctx)                     /* 5.15 */ \
	FN(timer_set_callback, 170, ##ctx)             /* 5.15 */ \
	FN(timer_start, 171, ##ctx)                    /* 5.15 */ \
	FN(timer_cancel, 172, ##ctx)                   /* 5.15 */ \
	FN(get_func_ip, 173, ##ctx)                    /* 5.15 */ \
	FN(get_attach_cookie, 174, ##ctx)              /* 5.15 */ \
	FN(task_pt_regs, 175, ##ctx)                   /* 5.15 */ \
	FN(get_branch_snapshot, 176, ##ctx)            /* 5.16 */ \
	FN(trace_vprintk, 177, ##ctx)                  /* 5.16 */ \
	FN(skc_to_unix_sock, 178, ##ctx)               /* 5.16 */ \
	FN(kallsyms_lookup_name, 179, ##ctx)           /* 5.16 */ \
	FN(find_vma, 180, ##ctx)                       /* 5.17 */ \
	FN(loop, 181, ##ctx)                           /* 5.17 */ \
	FN(strncmp, 182, ##ctx)                        /* 5.17 */ \
	FN(get_func_arg, 183, ##ctx)                   /* 5.17 */ \
	FN(get_func_ret, 184, ##ctx)                   /* 5.17 */ \
	FN(get_func_arg_cnt, 185, ##ctx)               /* 5.17 */ \
	FN(get_retval, 186, ##ctx)                     /* 5.18 */ \
	FN(set_retval, 187, ##ctx)                     /* 5.18 */ \
	FN(xdp_get_buff_len, 188, ##ctx)               /* 5.18 */ \
	FN(xdp_load_bytes, 189, ##ctx)                 /* 5.18 */ \
	FN(xdp_store_bytes, 190, ##ctx)                /* 5.18 */ \
	FN(copy_from_user_task, 191, ##ctx)            /* 5.18 */ \
	FN(skb_set_tstamp, 192, ##ctx)                 /* 5.18 */ \
	FN(ima_file_hash, 193, ##ctx)                  /* 5.18 */ \
	FN(kptr_xchg, 194, ##ctx)                      /* 5.19 */ \
	FN(map_lookup_percpu_elem, 195, ##ctx)         /* 5.19 */ \
	FN(skc_to_mptcp_sock, 196, ##ctx)              /* 5.19 */ \
	FN(dynptr_from_mem, 197, ##ctx)                /* 5.19 */ \
	FN(ringbuf_reserve_dynptr, 198, ##ctx)         /* 5.19 */ \
	FN(ringbuf_submit_dynptr, 199, ##ctx)          /* 5.19 */ \
	FN(ringbuf_discard_dynptr, 200, ##ctx)         /* 5.19 */ \
	FN(dynptr_read, 201, ##ctx)                    /* 5.19 */ \
	FN(dynptr_write, 202, ##ctx)                   /* 5.19 */ \
	FN(dynptr_data, 203, ##ctx)                    /* 5.19 */ \
	FN(tcp_raw_gen_syncookie_ipv4, 204, ##ctx)     /* 6.0 */  \
	FN(tcp_raw_gen_syncookie_ipv6, 205, ##ctx)     /* 6.0 */  \
	FN(tcp_raw_check_syncookie_ipv4, 206, ##ctx)   /* 6.0 */  \
	FN(tcp_raw_check_syncookie_ipv6, 207, ##ctx)   /* 6.0 */  \
	FN(ktime_get_tai_ns, 208, ##ctx)               /* 6.1 */  \
	FN(user_ringbuf_drain, 209, ##ctx)             /* 6.1 */  \
	FN(cgrp_storage_get, 210, ##ctx)               /* 6.2 */  \
	FN(cgrp_storage_delete, 211, ##ctx)            /* 6.2 */

#define __BPF_FUNC_MAPPER_APPLY(name, value, FN) FN(name),
#define __BPF_FUNC_MAPPER(FN)                    ___BPF_FUNC_MAPPER(__BPF_FUNC_MAPPER_APPLY, FN)
#define __BPF_ENUM_FN(x, y)                      BPF_FUNC_##x = y,
enum bpf_func_id {
	___BPF_FUNC_MAPPER(__BPF_ENUM_FN) __BPF_FUNC_MAX_ID
};
#endif /* __LINUX_BPF_H__ */

/* --- BTF -------------------------------------------------------------------------------------- */

#ifndef __LINUX_BTF_H__
#define __LINUX_BTF_H__

#define BTF_MAGIC   0xeb9f
#define BTF_VERSION 1

/* The section offsets count from the end of the header. */
struct btf_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 type_off;
	__u32 type_len;
	__u32 str_off;
	__u32 str_len;
};

#define BTF_MAX_TYPE        0x000fffff
#define BTF_MAX_NAME_OFFSET 0x00ffffff
#define BTF_MAX_VLEN        0xffff

/* info: vlen in bits 0-15, kind in bits 24-28, kind flag in bit 31; all else is 0 */
struct btf_type {
	__u32 name_off;
	__u32 info;
	union {
		__u32 size;
		__u32 type;
	};
};

#define BTF_INFO_KIND(info)  (((info) >> 24) & 0x1f)
#define BTF_INFO_VLEN(info)  ((info)&0xffff)
#define BTF_INFO_KFLAG(info) ((info) >> 31)

enum {
	BTF_KIND_UNKN = 0,
	BTF_KIND_INT = 1,
	BTF_KIND_PTR = 2,
	BTF_KIND_ARRAY = 3,
	BTF_KIND_STRUCT = 4,
	BTF_KIND_UNION = 5,
	BTF_KIND_ENUM = 6,
	BTF_KIND_FWD = 7,
	BTF_KIND_TYPEDEF = 8,
	BTF_KIND_VOLATILE = 9,
	BTF_KIND_CONST = 10,
	BTF_KIND_RESTRICT = 11,
	BTF_KIND_FUNC = 12,       /* 5.0 */
	BTF_KIND_FUNC_PROTO = 13, /* 5.0 */
	BTF_KIND_VAR = 14,        /* 5.2 */
	BTF_KIND_DATASEC = 15,    /* 5.2 */
	BTF_KIND_FLOAT = 16,      /* 5.13 */
	BTF_KIND_DECL_TAG = 17,   /* 5.16 */
	BTF_KIND_TYPE_TAG = 18,   /* 5.17 */
	BTF_KIND_ENUM64 = 19,     /* 6.0 */
	NR_BTF_KINDS,
	BTF_KIND_MAX = NR_BTF_KINDS - 1,
};

/* The u32 behind an INT */
#define BTF_INT_ENCODING(val) (((val)&0x0f000000) >> 24)
#define BTF_INT_OFFSET(val)   (((val)&0x00ff0000) >> 16)
#define BTF_INT_BITS(val)     ((val)&0x000000ff)
#define BTF_INT_SIGNED        (1 << 0)
#define BTF_INT_CHAR          (1 << 1)
#define BTF_INT_BOOL          (1 << 2)

struct btf_enum {
	__u32 name_off;
	__s32 val;
};

struct btf_array {
	__u32 type;
	__u32 index_type;
	__u32 nelems;
};

/* offset: bits from the start; under the kind flag, its upper 8 bits are a bitfield's size */
struct btf_member {
	__u32 name_off;
	__u32 type;
	__u32 offset;
};
#define BTF_MEMBER_BITFIELD_SIZE(val) ((val) >> 24)
#define BTF_MEMBER_BIT_OFFSET(val)    ((val)&0xffffff)

struct btf_param {
	__u32 name_off;
	__u32 type;
};

enum {
	BTF_VAR_STATIC = 0,
	BTF_VAR_GLOBAL_ALLOCATED = 1,
	BTF_VAR_GLOBAL_EXTERN = 2,
};

enum btf_func_linkage {
	BTF_FUNC_STATIC = 0,
	BTF_FUNC_GLOBAL = 1,
	BTF_FUNC_EXTERN = 2,
};

struct btf_var {
	__u32 linkage;
};

struct btf_var_secinfo {
	__u32 type;
	__u32 offset;
	__u32 size;
};

struct btf_decl_tag {
	__s32 component_idx;
};

struct btf_enum64 {
	__u32 name_off;
	__u32 val_lo32;
	__u32 val_hi32;
};
#endif /* __LINUX_BTF_H__ */

#endif
