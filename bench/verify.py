#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""verify.py B REPS OBJECT...: how long verification takes, here and in the running kernel (as root).

Every program of every object is loaded on each side, 2 times to warm up and REPS times more by the same
process; the time is what the log's statistics say ("verification time"), the median. Prints one row of bench.json per program that both accept, and on
stderr the ratios. Peak memory is cygnet's, by `cygnet verify --json`.
"""
import json
import math
import os
import re
import statistics
import subprocess
import sys

PROCESSED = re.compile(r"processed (\d+) insns")
WARM_UP = 2


def ask(b, side, objects, reps):
    """{(file, program): (usec, insns)} of what was accepted."""
    env = dict(os.environ, LOGS="4", TIMES=str(WARM_UP + reps))
    out = subprocess.run([f"{b}/tests/kernel/objects", side, *objects], env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    found = {}
    for line in out.splitlines():
        answer = json.loads(line)
        stats = PROCESSED.search(answer.get("log", ""))
        times = answer.get("usec", [])[WARM_UP:]
        if answer["verdict"] == "accept" and stats and times:
            found[answer["file"], str(answer["test"])] = statistics.median(times), int(stats[1])
    return found


def peaks(b, objects):
    """{(file, program): bytes}"""
    found = {}
    for path in objects:
        try:
            out = subprocess.run([f"{b}/cygnet", "verify", "--json", path], stdin=subprocess.DEVNULL, timeout=30,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        except subprocess.TimeoutExpired:
            continue  # it looks for what reaches a fault, of programs that are refused
        for line in out.splitlines():
            try:
                told = json.loads(line)
            except ValueError:
                continue
            if "peak_bytes" in told:
                found[os.path.basename(path), told.get("program")] = told["peak_bytes"]
    return found


def summary(rows):
    ratios = [max(r["cygnet"], 0.5) / max(r["kernel"], 0.5) for r in rows if "kernel" in r]
    if not ratios:
        return "no kernel to compare with"
    worst = max(rows, key=lambda r: r["cygnet"] / max(r["kernel"], 0.5))
    same = sum(r["insns"] == r["kernel_insns"] for r in rows)
    return (f"{len(rows)} programs: geometric mean {math.exp(statistics.fmean(map(math.log, ratios))):.3f} "
            f"of the kernel's time, worst {max(ratios):.2f} ({worst['name']}), "
            f"{same} with the same number of instructions")


def main():
    b, reps, objects = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    ours = ask(b, "cygnet", objects, reps)
    theirs = ask(b, "kernel", objects, reps) if os.geteuid() == 0 else {}
    memory = peaks(b, objects)
    rows = []
    for name, (usec, insns) in sorted(ours.items()):
        row = {"group": "verify", "name": ":".join(name), "unit": "us", "cygnet": usec, "insns": insns}
        if theirs and name not in theirs:
            continue
        if theirs:
            row["kernel"], row["kernel_insns"] = theirs[name]
        if name in memory:
            row["peak_bytes"] = memory[name]
        rows.append(dict(row, reps=reps))
    for row in rows:
        print(json.dumps(row))
    print("verify   " + summary(rows), file=sys.stderr)


if __name__ == "__main__":
    main()
