#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""score.py check|store|baseline BUILD [SUITE...]: compares what an instance said with what the kernel said.

The kernel's answers are kept as facts in tests/data/kernel-verdicts/SUITE.json: verdict, errno, return
values, whether the text that the test expects was in the log, and a few words of the last message. A test
is known by file, number or program name, and a hash of what it is, so that a changed test is not compared
with an old answer. BUILD/verdicts/{kernel,cygnet}.SUITE.jsonl are the two sides of this run."""
import errno, json, os, platform, re, subprocess, sys, gzip

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FACTS = os.path.join(TREE, "tests/data/kernel-verdicts")
BASELINE = os.path.join(TREE, "tests/kernel/baseline.json")
DOCUMENT = os.path.join(TREE, "docs/verdicts.md")
EPERM, ENOTSUPP = 1, 524
# A few programs draw random numbers and end this way or that.
NOISE = 3
TITLES = {
    "arrays-6.1": "6.1 `struct bpf_test` arrays",
    "arrays-6.12": "6.12 `struct bpf_test` arrays",
    "progs-6.12": "6.12 `progs/verifier_*.c`",
    "examples": "our examples by clang 14, clang 19 and gcc-bpf",
    "packages": "packaged objects (libbpf-tools, xdp-tools, pcp, qemu, ir-keytable)",
}


def title(suite):
    base = suite.removesuffix("-unprivileged")
    return TITLES[base] + (", unprivileged" if base != suite else "")


def keyword(message):
    """A few words that tell one cause from another, without instruction numbers, registers or values."""
    message = re.sub(r"^\d+: \([0-9a-f]{2}\).*", "", message or "")
    words = re.findall(r"[A-Za-z_]{2,}", re.sub(r"\b[Rr]\d+\w*|0x[0-9a-f]+|'[^']*'", " ", message))
    return " ".join(words[:5])[:48]


def answer(line):
    """One line of the harness in the form of a fact."""
    runs = [[r["errno"]] if "errno" in r else [0, r["retval"], int(r["right"])] for r in line.get("runs", [])]
    verdict = line["verdict"]
    # A privileged EPERM or ENOTSUPP says that something is not configured, not that a program is bad.
    return {"verdict": verdict, "errno": line.get("errno", 0), "words": keyword(line.get("message")),
            "text": line.get("text"), "runs": runs, "hash": line["hash"], "expect": line.get("expect"),
            "message": line.get("message", ""), "name": line.get("name") or "", "log": line.get("log")}


def read_side(build, side, suite):
    path = f"{build}/verdicts/{side}.{suite}.jsonl"
    if not os.path.exists(path):
        return None
    answers = {}
    with open(path) as f:
        for line in map(json.loads, f):
            if line["verdict"] != "none":
                answers[line["file"], line["test"]] = answer(line)
    return answers


def says_nothing(fact, suite):
    """Why the kernel's answer is no verdict of its verifier; None: it is one."""
    if fact["verdict"] not in ("accept", "reject"):
        return fact["verdict"]
    if fact["errno"] == ENOTSUPP:
        return "not supported"
    if fact["errno"] == EPERM and not suite.endswith("-unprivileged"):
        return "not configured"
    return None


def environment():
    config = {}
    try:
        with gzip.open("/proc/config.gz", "rt") as f:
            for line in f:
                m = re.match(r"(CONFIG_\w*(?:BPF|BTF|KPROBE|UPROBE|FTRACE|FUNCTION_TRACER|MODULES|CFI|NETKIT)\w*)=(.*)", line)
                if m:
                    config[m[1]] = m[2]
    except OSError:
        pass
    versions = {}
    for p in ("linux-source-6.1", "linux-source-6.12", "clang-19", "libbpf-tools", "xdp-tools", "ir-keytable"):
        versions[p] = subprocess.run(["dpkg-query", "-W", "-f=${Version}", p], capture_output=True, text=True).stdout
    return {"kernel": platform.release(), "machine": platform.machine(), "config": config, "packages": versions}


def store(build, suite):
    answers = read_side(build, "kernel", suite)
    if answers is None:
        return
    os.makedirs(FACTS, exist_ok=True)
    with open(f"{FACTS}/environment.json", "w") as f:
        json.dump(environment(), f, indent=1, sort_keys=True)
        f.write("\n")
    with open(f"{FACTS}/{suite}.json", "w") as f:
        f.write('{"suite":%s,"columns":["file","test","hash","verdict","errno","words","text","runs"],"tests":[\n'
                % json.dumps(suite))
        rows = [[*k, a["hash"], a["verdict"], a["errno"], a["words"], a["text"], a["runs"]] for k, a in answers.items()]
        f.write(",\n".join(json.dumps(r, separators=(",", ":")) for r in rows))
        f.write("\n]}\n")


def read_facts(suite):
    path = f"{FACTS}/{suite}.json"
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        data = json.load(f)
    names = data["columns"][2:]
    return {(r[0], r[1]): dict(zip(names, r[2:])) for r in data["tests"]}


def same_runs(fact, ours):
    """Return values: equal, or both what the test expects (pointers). What the kernel did not run is not asked."""
    for i, run in enumerate(fact["runs"]):
        if run[0]:
            continue
        mine = ours["runs"][i] if i < len(ours["runs"]) else [-1]
        if mine[0] or not (mine[1] == run[1] or (mine[2] and run[2])):
            return False
    return True


def judge(fact, ours):
    """'same', or what differs."""
    if ours["verdict"] not in ("accept", "reject"):
        return ours["verdict"]
    if ours["verdict"] != fact["verdict"]:
        return "accepted" if ours["verdict"] == "accept" else "rejected"
    return "same" if same_runs(fact, ours) else "return value"


def compare(build, suite):
    ours, live, facts = read_side(build, "cygnet", suite) or {}, read_side(build, "kernel", suite), read_facts(suite)
    r = {"name": suite, "tests": len(ours), "same": 0, "skipped": 0, "accepted_unsafe": 0}
    more = {"errno": 0, "rejects": 0, "stale": 0, "contradicted": 0, "differences": [], "crashed": 0, "all": []}
    texts = matched = 0
    for key, mine in ours.items():
        fact, now = facts.get(key), (live or {}).get(key)
        if not fact or fact["hash"] != mine["hash"]:
            more["stale"] += 1
            fact = now
        elif now and (now["verdict"], now["errno"]) != (fact["verdict"], fact["errno"]):
            more["contradicted"] += 1
        if not fact or says_nothing(fact, suite):
            r["skipped"] += 1
            continue
        what = judge(fact, mine)
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


def group(differences):
    """(what, kernel's words, our words) -> tests, most first."""
    groups = {}
    for key, what, fact, mine in differences:
        why = mine["words"] if what in ("rejected", "missing", "skip") else ""
        if what == "missing" or what == "skip":
            why = mine["message"][:60]
        groups.setdefault((what, kernel_words(what, fact), why), []).append(key)
    return sorted(groups.items(), key=lambda g: (-len(g[1]), g[0]))


def write_differences(build, results):
    with open(f"{build}/verdicts/differences.txt", "w") as f:
        for r, more in results:
            for (name, test), what, fact, mine in more["differences"]:
                f.write(f"{r['name']}\t{name}\t{test}\t{what}\tkernel: {fact['verdict']} {fact['errno']} "
                        f"{fact.get('message') or fact['words']} {fact['runs']}\tours: {mine['verdict']} {mine['errno']} "
                        f"{mine['message']} {mine['runs']}\n")


def write_document(results):
    with open(f"{FACTS}/environment.json") as f:
        env = json.load(f)
    lines = ["# Verdicts: the kernel's and ours", "",
             "<!-- Generated by `make check-kernel` from build/verdicts.json and the stored answers; do not edit. -->", "",
             f"The kernel is Linux {env['kernel']} ({env['machine']}); its configuration and the packages are in",
             "tests/data/kernel-verdicts/environment.json. `same`: same verdict and same return values. `skipped`: the",
             "kernel has no verdict (a feature or a kfunc that it was built without). `accepted_unsafe`: the kernel refuses,",
             "we do not. `messages`: of the tests in whose log the kernel shows the expected text, the percentage where we do.",
             "`errno`: of what both refuse, how many with the same errno.", "",
             "| suite | tests | same | of compared | skipped | accepted_unsafe | messages | errno |",
             "|---|---|---|---|---|---|---|---|"]
    for r, more in results:
        compared = r["tests"] - r["skipped"]
        share = f"{100 * r['same'] / compared:.1f} %" if compared else "-"
        messages = "-" if r["messages"] is None else f"{r['messages']} %"
        lines.append(f"| {title(r['name'])} | {r['tests']} | {r['same']} | {share} | {r['skipped']} | "
                     f"{r['accepted_unsafe']} | {messages} | {more['errno']}/{more['rejects']} |")
    for r, more in results:
        if not more["differences"]:
            continue
        lines += ["", f"## {title(r['name'])}: {len(more['differences'])} differ", "",
                  "| we | the kernel says | we say | tests | for example |", "|---|---|---|---|---|"]
        for (what, kernel, why), keys in group(more["differences"]):
            show = keys if len(more["differences"]) <= 40 else keys[:2]
            lines.append(f"| {what} | {kernel} | {why.replace('|', '/')} | {len(keys)} | "
                         f"{', '.join(f'{a} {b}' for a, b in show)} |")
    try:
        with open(DOCUMENT, "w") as f:
            f.write("\n".join(lines) + "\n")
    except OSError as e:
        print(f"check-kernel: {DOCUMENT}: {e.strerror}", file=sys.stderr)


def report(results, baseline):
    lost = False
    print(f"{'suite':28} {'tests':>6} {'same':>6} {'':>7} {'skipped':>8} {'accepted_unsafe':>16} {'messages':>9} "
          f"{'errno':>10} {'seconds':>8}")
    for r, more in results:
        compared = r["tests"] - r["skipped"] or 1
        print(f"{r['name']:28} {r['tests']:6} {r['same']:6} {100 * r['same'] / compared:6.1f}% {r['skipped']:8} "
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
    if len(suites) == 8 and all(r["tests"] for r, _ in results):
        write_document(results)
    lost = report(results, read_json(BASELINE))
    return 1 if lost and mode == "check" else 0


sys.exit(main(*sys.argv[1:]))
