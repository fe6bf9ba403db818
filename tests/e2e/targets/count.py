# SPDX-License-Identifier: BSD-2-Clause
"""System calls by number: from syscount's table, or from strace's lines without each image's loader.

The loader ends where it unmaps the library cache it mapped first."""
import collections
import re
import sys

count = collections.Counter()


def numbers():
    table = {}
    for line in open("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"):
        m = re.match(r"#define __NR_(\w+) (\d+)", line)
        if m:
            table[m[1]] = int(m[2])
    return table


def from_strace(path):
    nr, loading, cache = numbers(), {}, {}
    for line in open(path):
        m = re.match(r"(\d+) +(\w+)\((.*)", line)
        if not m:
            continue
        pid, name, rest = m.groups()
        if name == "execve" and "= -1" not in line:
            loading[pid] = True
            continue
        if loading.get(pid):
            if name == "mmap" and re.search(r"MAP_PRIVATE, \d+, 0\)", line) and pid not in cache:
                cache[pid] = re.search(r"= (0x\w+)", line)[1]
            if name == "munmap" and pid in cache and rest.startswith(cache[pid]):
                loading[pid] = False
                del cache[pid]
            continue
        count[nr[name]] += 1


def from_table(path):
    for line in open(path):
        m = re.match(r"\s+(\S+)\s+(\d+)\s+(\d+)$", line)
        if m and m[1] != "cygnet":
            count[int(m[2])] += int(m[3])


(from_strace if sys.argv[1] == "strace" else from_table)(sys.argv[2])
print(" ".join(f"{k}:{v}" for k, v in sorted(count.items())))
