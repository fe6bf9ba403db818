#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
# engines.py DIR: the runnable tests of the kernel's suites, as each engine ran them: DIR/ENGINE.SUITE.jsonl.
# Verdicts and results must be equal; a result that the test itself calls right may differ (semi-random
# programs). TAP, one line per engine and suite.
import glob, json, os, sys

REFERENCE = "checked"
# The checked interpreter ends what runs for too long; the kernel and the others do not.
TOO_LONG = {"cond_break5"}


def read(path):
    tests = {}
    for line in open(path):
        t = json.loads(line)
        tests[(t["file"], t["test"], t["hash"])] = t
    return tests


def result(run):
    if "errno" in run:
        return "errno %d" % run["errno"]
    return "right" if run["right"] else str(run["retval"])


def differences(ours, reference):
    for key, want in reference.items():
        have = ours.get(key)
        if have is None:
            yield key, "missing"
        elif have["verdict"] != want["verdict"]:
            yield key, "%s, not %s" % (have["verdict"], want["verdict"])
        elif key[1] not in TOO_LONG:
            a = [result(r) for r in have.get("runs", [])]
            b = [result(r) for r in want.get("runs", [])]
            if a != b:
                yield key, "%s, not %s" % (a, b)


def main():
    at, n, failed = sys.argv[1], 0, 0
    for path in sorted(glob.glob(os.path.join(at, REFERENCE + ".*.jsonl"))):
        suite = os.path.basename(path).split(".", 1)[1][:-6]
        reference = read(path)
        runs = sum(1 for t in reference.values() if t.get("runs"))
        for other in ("interp", "baseline", "jit"):
            found = list(differences(read(os.path.join(at, "%s.%s.jsonl" % (other, suite))), reference))
            n += 1
            failed += bool(found)
            print("%sok %d - %s: %s, %d programs run" % ("not " if found else "", n, suite, other, runs))
            for key, why in found:
                print("#   %s %s: %s" % (key[0], key[1], why))
    print("1..%d" % n)
    return failed or not n


sys.exit(1 if main() else 0)
