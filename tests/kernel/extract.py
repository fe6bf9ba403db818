#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""extract.py DIR: every BPF object of the packages into DIR, also those that sit inside programs
(skeletons: an ELF file within the read-only data). What cannot be installed without pulling in half a
distribution is only downloaded and unpacked."""
import hashlib, os, struct, subprocess, sys, tempfile

INSTALLED = ["libbpf-tools", "xdp-tools", "libxdp1", "ir-keytable"]
UNPACKED = ["pcp", "qemu-system-x86"]
EM_BPF = 247
MAGIC = b"\x7fELF\x02\x01\x01"


def objects(data):
    """Every 64-bit little-endian BPF ELF within data: it ends with its section headers or last section."""
    at = data.find(MAGIC)
    while at >= 0:
        head = data[at : at + 64]
        if len(head) == 64 and struct.unpack_from("<H", head, 18)[0] == EM_BPF:
            off, = struct.unpack_from("<Q", head, 40)
            size, count = struct.unpack_from("<HH", head, 58)
            end = off + size * count
            for i in range(count):
                section = data[at + off + i * size : at + off + (i + 1) * size]
                if len(section) == 64 and struct.unpack_from("<I", section, 4)[0] != 8:
                    start, length = struct.unpack_from("<QQ", section, 24)
                    end = max(end, start + length)
            yield data[at : at + end]
        at = data.find(MAGIC, at + 1)


def files(package):
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True).stdout
    return [f for f in listing.split("\n") if os.path.isfile(f) and not os.path.islink(f)]


def unpack(package, into):
    # As root apt-get wants to fetch as another user, which may not write here: that is only a note.
    if subprocess.run(["apt-get", "download", package], cwd=into, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode:
        print(f"{package}: cannot be downloaded", file=sys.stderr)
        return []
    for deb in os.listdir(into):
        if deb.startswith(package + "_"):
            subprocess.run(["dpkg-deb", "-x", os.path.join(into, deb), os.path.join(into, package)], check=True)
    found = (os.path.join(d, f) for d, _, names in os.walk(os.path.join(into, package)) for f in names)
    return [f for f in found if os.path.isfile(f) and not os.path.islink(f)]


def extract(package, paths, out, seen):
    n = 0
    for path in sorted(paths):
        with open(path, "rb") as f:
            data = f.read()
        for i, obj in enumerate(objects(data)):
            digest = hashlib.sha256(obj).digest()
            if digest in seen:
                continue
            seen.add(digest)
            name = os.path.basename(path).removesuffix(".o")
            with open(os.path.join(out, f"{package}.{name}{f'-{i}' if i else ''}.o"), "wb") as f:
                f.write(obj)
            n += 1
    print(f"{package}: {n} objects", file=sys.stderr)


def main(out):
    os.makedirs(out, exist_ok=True)
    seen = set()
    for package in INSTALLED:
        extract(package, files(package), out, seen)
    with tempfile.TemporaryDirectory(prefix="cygnet-packages-") as tmp:
        os.chmod(tmp, 0o755)
        for package in UNPACKED:
            extract(package, unpack(package, tmp), out, seen)


main(sys.argv[1])
