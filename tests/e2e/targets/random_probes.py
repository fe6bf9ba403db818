# SPDX-License-Identifier: BSD-2-Clause
# random_probes.py SEED FILE COUNT [FILE COUNT]...: BPF C with a probe or a return probe on random functions of each file.
import random, subprocess, sys

random.seed(int(sys.argv[1]))
print('#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>')
print("struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1024); __type(key, u32); __type(value, u64); } "
      'hits SEC(".maps");')
n = 0
for path, count in zip(sys.argv[2::2], map(int, sys.argv[3::2])):
    text = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True).stdout
    at = {}
    for line in text.splitlines():
        f = line.split()
        if len(f) == 3 and f[1] in "TW":
            at.setdefault(f[2].split("@")[0], []).append(f[0])
    names = sorted(name for name in at if len(at[name]) == 1)  # libbpf refuses names of several versions
    for name in random.sample(names, min(count, len(names))):
        kind = random.choice(["uprobe", "uretprobe"])
        print(f'SEC("{kind}/{path}:{name}") int p{n}(void *ctx) {{ u32 k = {n}; u64 *v = bpf_map_lookup_elem(&hits, &k); '
              "if (v) __sync_fetch_and_add(v, 1); return 0; }")
        n += 1
print('char LICENSE[] SEC("license") = "GPL";')
