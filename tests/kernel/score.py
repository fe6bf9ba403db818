#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""score.py check|store|baseline BUILD [SUITE...]: compares what an instance said with what the kernel said.

BUILD/verdicts/{kernel,cygnet}.SUITE.jsonl are the two sides of this run; facts.py has the stored answers."""
import errno, json, os, re, sys
from facts import (ENOTSUPP, RUN_TYPES, TREE, is_matrix, is_unprivileged, read_environment, read_facts, read_side,
                   says_nothing, series_of, store)

BASELINE = os.path.join(TREE, "tests/kernel/baseline.json")
DOCUMENT = os.path.join(TREE, "docs/verdicts.md")
REASONS = os.path.join(TREE, "tests/kernel/reasons.txt")
# A few programs draw random numbers and end this way or that.
NOISE = 3
SUITES = 21 # a whole run
TITLES = {
    "arrays-6.1": "6.1 `struct bpf_test` arrays",
    "arrays-6.12": "6.12 `struct bpf_test` arrays",
    "progs-6.12": "6.12 `progs/verifier_*.c`",
    "examples": "our examples by clang 14, clang 19 and gcc-bpf",
    "packages": "packaged objects (libbpf-tools, xdp-tools, pcp, qemu, ir-keytable)",
    "matrix": "helpers by program and attach type",
}


def title(suite):
    base = suite.rsplit("-on-", 1)[0].removesuffix("-unprivileged")
    return TITLES[base] + (", unprivileged" if is_unprivileged(suite) else "") + \
        (f", as {series_of(suite)}" if series_of(suite) else "")


def same_runs(fact, ours):
    """Return values: equal, or both what the test expects (pointers). What the kernel did not run is not asked,
    nor what programs of other types would return: we run those of RUN_TYPES."""
    for i, run in enumerate(fact["runs"]):
        if run[0]:
            continue
        mine = ours["runs"][i] if i < len(ours["runs"]) else [-1]
        if mine[0] == ENOTSUPP and ours["type"] not in RUN_TYPES:
            continue
        if mine[0] or not (mine[1] == run[1] or (mine[2] and run[2])):
            return False
    return True


def judge(fact, ours, suite):
    """'same', or what differs."""
    if is_matrix(suite) and fact["words"] != ours["words"] and fact["verdict"] == ours["verdict"]:
        return "other reason"
    if ours["verdict"] not in ("accept", "reject"):
        return ours["verdict"]
    if ours["verdict"] != fact["verdict"]:
        return "accepted" if ours["verdict"] == "accept" else "rejected"
    return "same" if same_runs(fact, ours) else "return value"


def compare(build, suite):
    ours, live, facts = read_side(build, "cygnet", suite) or {}, read_side(build, "kernel", suite), read_facts(suite)
    config = read_environment(series_of(suite))["config"]
    r = {"name": suite, "tests": len(ours), "same": 0, "skipped": 0, "accepted_unsafe": 0}
    more = {"errno": 0, "rejects": 0, "stale": 0, "contradicted": 0, "differences": [], "crashed": 0, "all": [], "gaps": {}}
    texts = matched = 0
    for key, mine in ours.items():
        fact, now = facts.get(key), (live or {}).get(key)
        if not fact or fact["hash"] != mine["hash"]:
            # A call is not asked where the kernel takes no program of that kind at all.
            more["stale"] += not (is_matrix(suite) and (key[0], f"{str(key[1]).split()[0]} load") in facts)
            fact = now
        elif now and (now["verdict"], now["errno"]) != (fact["verdict"], fact["errno"]):
            more["contradicted"] += 1
        why = fact and says_nothing(key, fact, suite, config)
        if why and is_matrix(suite) and judge(fact, mine, suite) == "same":
            why = None
        if not fact or why:
            r["skipped"] += 1
            if why == "not configured":
                what, where = (key[1].split()[-1], key[0]) if is_matrix(suite) else key
                more["gaps"].setdefault(what, set()).add(str(where))
            continue
        what = judge(fact, mine, suite)
        r["same"] += what == "same"
        r["accepted_unsafe"] += what == "accepted"
        more["crashed"] += what in ("crash", "hang")
        if fact["verdict"] == "reject" and mine["verdict"] == "reject":
            more["rejects"] += 1
            more["errno"] += fact["errno"] == mine["errno"]
        if fact["text"]:
            texts += 1
            matched += mine["text"] is True
        if what != "same":
            more["differences"].append((key, what, fact, mine))
        more["all"].append((key, what, now or fact, mine))
    r["messages"] = round(100 * matched / texts, 1) if texts else None
    try:
        with open(f"{build}/verdicts/cygnet.{suite}.jsonl.ms") as f:
            r["seconds"] = int(f.read()) / 1000
    except OSError:
        r["seconds"] = None
    return r, more


def kernel_words(what, fact):
    if what == "rejected" or fact["verdict"] == "accept":
        return "(accepts)"
    return fact["words"] or f"errno {fact['errno']}"


def read_reasons():
    """Lines SUITE-PATTERN, FILE, TEST-PATTERN, REASON by tabs: why a difference remains."""
    try:
        with open(REASONS) as f:
            rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and line[0] != "#"]
    except OSError:
        return []
    return [(re.compile(r[0]), re.compile(r[1]), re.compile(r[2]), r[3]) for r in rows]


def reason_of(suite, key, reasons):
    for s, f, t, reason in reasons:
        if s.fullmatch(suite) and f.fullmatch(key[0]) and t.fullmatch(str(key[1])):
            return reason
    return ""


def group(suite, differences, reasons):
    """(what, kernel's words, our words, reason) -> tests, most first."""
    groups = {}
    for key, what, fact, mine in differences:
        why = mine["words"] if what in ("rejected", "missing", "skip", "other reason") else ""
        if what == "missing" or what == "skip":
            why = mine["message"][:60]
        groups.setdefault((what, kernel_words(what, fact), why, reason_of(suite, key, reasons)), []).append(key)
    return sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))


def write_gaps(results):
    """What the kernels asked cannot answer, for want of configuration."""
    lines = []
    for r, more in results:
        if more["gaps"]:
            lines += ["", f"## {title(r['name'])}: not configured in that kernel", ""]
            lines += [f"- {what}: {', '.join(sorted(where))}" for what, where in sorted(more["gaps"].items())]
    return lines


def write_differences(build, results):
    with open(f"{build}/verdicts/differences.txt", "w") as f:
        for r, more in results:
            for (name, test), what, fact, mine in more["differences"]:
                f.write(f"{r['name']}\t{name}\t{test}\t{what}\tkernel: {fact['verdict']} {fact['errno']} "
                        f"{fact.get('message') or fact['words']} {fact['runs']}\tours: {mine['verdict']} {mine['errno']} "
                        f"{mine['message']} {mine['runs']}\n")


def write_document(results):
    reasons = read_reasons()
    kernels = ", ".join(f"{read_environment(v)['kernel'].split()[-1]}" for v in ("6.1", "6.12"))
    lines = ["# Verdicts: the kernel's and ours", "",
             "<!-- Generated by `make check-kernel` from build/verdicts.json and the stored answers; do not edit. -->", "",
             f"The kernel is Linux {read_environment(None)['kernel']}; where a suite says as 6.1 or as 6.12 the instance imitates",
             f"that version and is compared with Debian's kernel of that series, booted ({kernels}). Configurations and",
             "packages are in tests/data/kernel-verdicts/environment*.json. `same`: same verdict and same return values.",
             "`skipped`: the kernel has no verdict (a feature or a kfunc that it was built without). `accepted_unsafe`: the",
             "kernel refuses, we do not. `messages`: of the tests in whose log the kernel shows the expected text, the",
             "percentage where we do. `errno`: of what both refuse, how many with the same errno. Other versions, from 4.19",
             "on, are modelled by dated tables and not compared with any kernel.", "",
             "| suite | tests | same | of compared | skipped | accepted_unsafe | messages | errno |",
             "|---|---|---|---|---|---|---|---|"]
    for r, more in results:
        compared = r["tests"] - r["skipped"]
        share = f"{100 * r['same'] / compared:.1f} %" if compared else "-"
        messages = "-" if r["messages"] is None else f"{r['messages']} %"
        lines.append(f"| {title(r['name'])} | {r['tests']} | {r['same']} | {share} | {r['skipped']} | "
                     f"{r['accepted_unsafe']} | {messages} | {more['errno']}/{more['rejects']} |")
    for r, more in results:
        if more["differences"]:
            lines += ["", f"## {title(r['name'])}: {len(more['differences'])} differ", "",
                      "| we | the kernel says | we say | tests | for example | reason |", "|---|---|---|---|---|---|"]
        for (what, kernel, why, reason), keys in group(r["name"], more["differences"], reasons):
            show = keys if len(more["differences"]) <= 40 else keys[:2]
            lines.append(f"| {what} | {kernel} | {why.replace('|', '/')} | {len(keys)} | "
                         f"{', '.join(f'{a} {b}' for a, b in show)} | {reason} |")
    lines += write_gaps(results)
    try:
        with open(DOCUMENT, "w") as f:
            f.write("\n".join(lines) + "\n")
    except OSError as e:
        print(f"check-kernel: {DOCUMENT}: {e.strerror}", file=sys.stderr)


def report(results, baseline):
    lost = False
    print(f"{'suite':36} {'tests':>6} {'same':>6} {'':>7} {'skipped':>8} {'accepted_unsafe':>16} {'messages':>9} "
          f"{'errno':>10} {'seconds':>8}")
    for r, more in results:
        compared = r["tests"] - r["skipped"] or 1
        print(f"{r['name']:36} {r['tests']:6} {r['same']:6} {100 * r['same'] / compared:6.1f}% {r['skipped']:8} "
              f"{r['accepted_unsafe']:16} {r['messages'] if r['messages'] is not None else '-':>8}{'%' if r['messages'] is not None else ' '} "
              f"{more['errno']:5}/{more['rejects']:<4} {r['seconds'] or 0:8.1f}")
        for k, text in (("crashed", "tests crashed or hung"), ("stale", "tests have no stored answer"),
                        ("contradicted", "stored answers that the running kernel contradicts")):
            if more[k]:
                print(f"    {more[k]} {text}")
        if baseline is None:
            continue
        held = baseline.get(r["name"], {}).get("same", 0)
        # What changed since its answer was stored is not lost, only unknown.
        if r["same"] + more["stale"] < held - NOISE:
            lost = True
            print(f"    LOST: {held} were the same")
        elif r["same"] > held:
            print(f"    {r['same'] - held} more than the baseline's {held}: `make kernel-baseline` keeps them")
    return lost


def tell_side(who, a):
    verdict = a["verdict"] + (f" {errno.errorcode.get(a['errno'], a['errno'])}" if a["errno"] else "")
    runs = f" runs {a['runs']}" if a["runs"] else ""
    text = "" if a["text"] is None else " text expected: " + ("there" if a["text"] else "MISSING")
    print(f"    {who:7} {verdict}: {a.get('message') or a['words']}{runs}{text}")
    for line in (a.get("log") or "").split("\n"):
        if line:
            print(f"        {line}")


def tell_each(results):
    """The loop of those who write the verifier: each picked test that differs (SAME=1: every one)."""
    for r, more in results:
        for (name, test), what, fact, mine in more["all"]:
            if what == "same" and not os.environ.get("SAME"):
                continue
            print(f"{r['name']} {name} {test} {mine['name']}: {what.upper()}, expected {mine['expect']}")
            tell_side("kernel", fact)
            tell_side("cygnet", mine)


def read_json(path):
    try:
        with open(path) as f:
            return json.load(f)
    except OSError:
        return {}


def keep_baseline(build):
    baseline = read_json(BASELINE)
    for r in read_json(f"{build}/verdicts.json").get("suites", []):
        held = baseline.setdefault(r["name"], {"same": 0})
        held["same"] = max(held["same"], r["same"])
    with open(BASELINE, "w") as f:
        json.dump(baseline, f, indent=1, sort_keys=True)
        f.write("\n")


def main(mode, build, *suites):
    if mode == "baseline":
        keep_baseline(build)
        return 0
    if mode == "store":
        for s in suites:
            store(build, s)
    results = [compare(build, s) for s in suites]
    if os.environ.get("FILTER"):
        tell_each(results)
        report(results, None)
        return 0
    with open(f"{build}/verdicts.json", "w") as f:
        json.dump({"suites": [r for r, _ in results]}, f, indent=1)
        f.write("\n")
    write_differences(build, results)
    # What ran in part does not speak for the whole.
    if len(suites) >= SUITES and all(r["tests"] for r, _ in results):
        write_document(results)
    lost = report(results, read_json(BASELINE))
    return 1 if lost and mode == "check" else 0


sys.exit(main(*sys.argv[1:]))
