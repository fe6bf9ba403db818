#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes src/event/syscalls.def: what the format files of tracefs say about every x86-64 syscall.

    mount -t tracefs none DIR && tools/syscalls.py DIR /usr/include/x86_64-linux-gnu/asm/unistd_64.h

Only facts are taken: names, argument types, numbers.
"""
import os
import re
import sys

# Where the tracepoint's name is not the header's.
RENAMED = {"stat": "newstat", "fstat": "newfstat", "lstat": "newlstat", "uname": "newuname",
           "sendfile": "sendfile64", "umount2": "umount"}
# Younger than the distribution's header.
YOUNGER = {"uretprobe": 335, "uprobe": 336, "cachestat": 451, "fchmodat2": 452,
           "map_shadow_stack": 453, "futex_wake": 454, "futex_wait": 455, "futex_requeue": 456,
           "statmount": 457, "listmount": 458, "lsm_get_self_attr": 459, "lsm_set_self_attr": 460,
           "lsm_list_modules": 461, "mseal": 462, "setxattrat": 463, "getxattrat": 464,
           "listxattrat": 465, "removexattrat": 466, "open_tree_attr": 467, "file_getattr": 468,
           "file_setattr": 469}
# Missing from a kernel without modules, kexec and shadow stacks.
CONFIGURED_OUT = {
    "init_module": ["void * umod", "unsigned long len", "const char * uargs"],
    "finit_module": ["int fd", "const char * uargs", "int flags"],
    "delete_module": ["const char * name_user", "unsigned int flags"],
    "kexec_load": ["unsigned long entry", "unsigned long nr_segments",
                   "struct kexec_segment * segments", "unsigned long flags"],
    "kexec_file_load": ["int kernel_fd", "int initrd_fd", "unsigned long cmdline_len",
                        "const char * cmdline_ptr", "unsigned long flags"],
    "map_shadow_stack": ["unsigned long addr", "unsigned long size", "unsigned int flags"],
}


def arguments(path):
    fields = re.findall(r"field:([^;]*);\toffset:(\d+);\tsize:(\d+);\tsigned:(\d);", open(path).read())
    for i, (text, offset, size, signed) in enumerate(fields[5:]):
        if (offset, size, signed) != (str(16 + 8 * i), "8", "0"):
            sys.exit(f"{path}: an argument that is no plain 8-byte slot: {text}")
        yield text


def main(tracefs, header):
    numbers = dict(YOUNGER)
    for name, nr in re.findall(r"#define __NR_(\w+) (\d+)", open(header).read()):
        numbers[RENAMED.get(name, name)] = int(nr)
    rows = dict(CONFIGURED_OUT)
    events = os.path.join(tracefs, "events/syscalls")
    for entry in os.listdir(events):
        if entry.startswith("sys_enter_"):
            rows[entry[10:]] = list(arguments(os.path.join(events, entry, "format")))
    unknown = sorted(set(rows) - set(numbers))
    if unknown:
        sys.exit("no number known for: " + " ".join(unknown))
    print("/* SPDX-License-Identifier: BSD-2-Clause */")
    print("/* SYSCALL(number, tracepoint, arguments...): written by tools/syscalls.py from Linux "
          + os.uname().release.split("-")[0] + ". */")
    for name in sorted(rows, key=numbers.get):
        print(f"SYSCALL({', '.join([str(numbers[name]), name] + [chr(34) + a + chr(34) for a in rows[name]])})")


main(*sys.argv[1:])
