#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""image.py SERIES DIR: the newest cloud kernel of a series (6.1, 6.12) from Debian into DIR: vmlinuz, config,
release, and vmlinux.btf, its type information, cut out of the image. Nothing is installed."""
import os, re, shutil, struct, subprocess, sys, tempfile

PATTERNS = {"6.1": r"^linux-image-6\.1\.0-[0-9]+-cloud-amd64-unsigned$",
            "6.12": r"^linux-image-6\.12\.[0-9]+(\+deb12)?-cloud-amd64-unsigned$"}
# How a kernel may be packed: magic, and what unpacks it from standard input.
PACKERS = [(b"\x28\xb5\x2f\xfd", ["zstd", "-dcq"]), (b"\x02\x21\x4c\x18", ["lz4", "-dc"]),
           (b"\xfd7zXZ\x00", ["xz", "-dc", "--single-stream"]), (b"\x1f\x8b\x08", ["gzip", "-dc"])]


def natural(name):
    return [int(n) for n in re.findall(r"[0-9]+", name)]


def newest(series):
    out = subprocess.run(["apt-cache", "search", "--names-only", PATTERNS[series]], capture_output=True, text=True,
                         check=True).stdout
    names = [line.split()[0] for line in out.splitlines()]
    if not names:
        sys.exit(f"image.py: no kernel of {series} to be had")
    return max(names, key=natural)


def download(package, into):
    subprocess.run(["apt-get", "download", package], cwd=into, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    deb = next(f for f in os.listdir(into) if f.startswith(package + "_"))
    subprocess.run(["dpkg-deb", "-x", deb, "x"], cwd=into, check=True)
    version = subprocess.run(["dpkg-deb", "-f", deb, "Version"], cwd=into, capture_output=True, text=True,
                             check=True).stdout.strip()
    return os.path.join(into, "x/boot"), version


def unpacked(image):
    """The ELF file within a bzImage."""
    for magic, tool in PACKERS:
        at = image.find(magic)
        while at >= 0:
            # Trailing bytes are not an error for us: what came out counts.
            elf = subprocess.run(tool, input=image[at:], capture_output=True).stdout
            if elf[:4] == b"\x7fELF":
                return elf
            at = image.find(magic, at + 1)
    sys.exit("image.py: cannot unpack the kernel")


def section(elf, name):
    at, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    heads = [struct.unpack_from("<IIQQQQ", elf, at + i * size) for i in range(count)]
    strings = heads[names][4]
    for h in heads:
        s = strings + h[0]
        if elf[s:elf.index(b"\0", s)] == name:
            return elf[h[4]:h[4] + h[5]]
    sys.exit("image.py: the kernel has no BTF")


def main(series, out):
    with tempfile.TemporaryDirectory(prefix="cygnet-image-") as tmp:
        os.chmod(tmp, 0o777)
        package = newest(series)
        boot, version = download(package, tmp)
        files = {f.split("-")[0]: os.path.join(boot, f) for f in os.listdir(boot)}
        with open(files["vmlinuz"], "rb") as f:
            btf = section(unpacked(f.read()), b".BTF")
        os.makedirs(out + ".tmp", exist_ok=True)
        shutil.copy(files["vmlinuz"], out + ".tmp/vmlinuz")
        shutil.copy(files["config"], out + ".tmp/config")
        with open(out + ".tmp/vmlinux.btf", "wb") as f:
            f.write(btf)
        with open(out + ".tmp/release", "w") as f:
            f.write(f"{package} {version}\n")
        shutil.rmtree(out, ignore_errors=True)
        os.rename(out + ".tmp", out)


main(*sys.argv[1:])
