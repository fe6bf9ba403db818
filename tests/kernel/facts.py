# SPDX-License-Identifier: BSD-2-Clause
"""The kernels' answers as facts in tests/data/kernel-verdicts/SUITE.json, and both sides of a run.

A fact is verdict, errno, return values, whether the text that the test expects was in the log, and a few words of
the last message. A test is known by file, number or program name, and a hash of what it is, so that a changed test
is not compared with an old answer. The matrix of helpers is kept by program type and attach type, a string of
answers for all of them that answer alike, and read as one test for each helper."""
import gzip, json, os, platform, re, subprocess

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FACTS = os.path.join(TREE, "tests/data/kernel-verdicts")
EPERM, ENOENT, ENOTSUPP = 1, 2, 524
WORDS = {"y": "may be called", "n": "not by programs of this type", "i": "no such helper",
         "s": "only by one that may sleep", "c": "not here", "e": "no answer"}
# What some helpers need of the kernel's configuration: without it nobody may call them.
NEEDS = {"override_return": "CONFIG_BPF_KPROBE_OVERRIDE", "skb_get_xfrm_state": "CONFIG_XFRM",
         "get_cgroup_classid": "CONFIG_CGROUP_NET_CLASSID", "skb_cgroup_classid": "CONFIG_CGROUP_NET_CLASSID",
         "tcp_raw_gen_syncookie_ipv4": "CONFIG_SYN_COOKIES", "tcp_raw_gen_syncookie_ipv6": "CONFIG_SYN_COOKIES",
         "tcp_raw_check_syncookie_ipv4": "CONFIG_SYN_COOKIES", "tcp_raw_check_syncookie_ipv6": "CONFIG_SYN_COOKIES",
         "lwt_seg6_store_bytes": "CONFIG_IPV6_SEG6_BPF", "lwt_seg6_adjust_srh": "CONFIG_IPV6_SEG6_BPF",
         "lwt_seg6_action": "CONFIG_IPV6_SEG6_BPF", "get_route_realm": "CONFIG_IP_ROUTE_CLASSID",
         "skb_cgroup_id": "CONFIG_SOCK_CGROUP_DATA", "skb_ancestor_cgroup_id": "CONFIG_SOCK_CGROUP_DATA",
         "sk_cgroup_id": "CONFIG_SOCK_CGROUP_DATA", "sk_ancestor_cgroup_id": "CONFIG_SOCK_CGROUP_DATA",
         "ima_inode_hash": "CONFIG_IMA", "ima_file_hash": "CONFIG_IMA", "rc_repeat": "CONFIG_BPF_LIRC_MODE2",
         "rc_keydown": "CONFIG_BPF_LIRC_MODE2", "rc_pointer_rel": "CONFIG_BPF_LIRC_MODE2"}


# ... and some program types.
TYPE_NEEDS = {"lirc_mode2": "CONFIG_BPF_LIRC_MODE2"}


# Program types that BPF_PROG_TEST_RUN is asked of here: socket filters, sched_cls, XDP, cgroup_skb, raw
# tracepoints, syscall.
RUN_TYPES = (1, 3, 6, 8, 17, 31)


def series_of(suite):
    """The kernel a suite's answers are of: None is the running one."""
    return suite.rsplit("-on-", 1)[1] if "-on-" in suite else None


def is_unprivileged(suite):
    return "-unprivileged" in suite


def is_matrix(suite):
    return suite.startswith("matrix")


def helper_names():
    """Numbers to names, from the table of the public header."""
    with open(os.path.join(TREE, "include/cygnet/abi.h")) as f:
        return {int(n): name for name, n in re.findall(r"\bFN\(([a-z0-9_]+), (\d+)", f.read()) if int(n)}


def keyword(message):
    """A few words that tell one cause from another, without instruction numbers, registers or values."""
    message = re.sub(r"^\d+: \([0-9a-f]{2}\).*", "", message or "")
    words = re.findall(r"[A-Za-z_]{2,}", re.sub(r"\b[Rr]\d+\w*|0x[0-9a-f]+|'[^']*'", " ", message))
    return " ".join(words[:5])[:48]


def answer(line):
    """One line of the harness in the form of a fact."""
    runs = [[r["errno"]] if "errno" in r else [0, r["retval"], int(r["right"])] for r in line.get("runs", [])]
    return {"verdict": line["verdict"], "errno": line.get("errno", 0), "words": keyword(line.get("message")),
            "text": line.get("text"), "runs": runs, "hash": line["hash"], "expect": line.get("expect"),
            "message": line.get("message", ""), "type": line.get("type"), "name": line.get("name") or "", "log": line.get("log")}


def cells(file, test, errno, string, names):
    """One row of the matrix as tests: the load of a program without calls, then a call of each helper."""
    blank = {"words": "", "text": None, "runs": [], "hash": "0", "expect": None, "message": "", "type": None, "name": "",
             "log": None}
    yield (file, f"{test} load"), {**blank, "verdict": "accept" if string else "reject", "errno": errno}
    for i, c in enumerate(string):
        yield (file, f"{test} {names.get(i + 1, i + 1)}"), {
            **blank, "verdict": "accept" if c == "y" else "reject", "errno": 0, "words": WORDS[c], "message": WORDS[c]}


def read_lines(build, side, suite):
    path = f"{build}/verdicts/{side}.{suite}.jsonl"
    if not os.path.exists(path):
        return None
    with open(path) as f:
        return [json.loads(line) for line in f]


def read_side(build, side, suite):
    lines = read_lines(build, side, suite)
    if lines is None:
        return None
    if is_matrix(suite):
        names = helper_names()
        return {k: a for line in lines
                for k, a in cells(line["file"], line["test"], line.get("errno", 0), line.get("answers", ""), names)}
    return {(line["file"], line["test"]): answer(line) for line in lines if line["verdict"] != "none"}


def read_facts(suite):
    path = f"{FACTS}/{suite}.json"
    if not os.path.exists(path):
        return {}
    with open(path) as f:
        data = json.load(f)
    if is_matrix(suite):
        names = helper_names()
        return {k: a for file, test, errno, i in data["rows"]
                for k, a in cells(file, test, errno, "" if i is None else data["answers"][i], names)}
    columns = data["columns"][2:]
    return {(r[0], r[1]): dict(zip(columns, r[2:])) for r in data["tests"]}


def store_matrix(lines, suite):
    answers = sorted({line["answers"] for line in lines if "answers" in line})
    rows = [[line["file"], line["test"], line["errno"],
             answers.index(line["answers"]) if "answers" in line else None] for line in lines]
    with open(f"{FACTS}/{suite}.json", "w") as f:
        f.write('{"suite":%s,"answers":[\n' % json.dumps(suite))
        f.write(",\n".join(json.dumps(a) for a in answers))
        f.write('\n],"columns":["type","attach","errno","answers"],"rows":[\n')
        f.write(",\n".join(json.dumps(r, separators=(",", ":")) for r in rows))
        f.write("\n]}\n")


def store_answers(lines, suite):
    with open(f"{FACTS}/{suite}.json", "w") as f:
        f.write('{"suite":%s,"columns":["file","test","hash","verdict","errno","words","text","runs"],"tests":[\n'
                % json.dumps(suite))
        rows = []
        for line in lines:
            a = answer(line)
            if a["verdict"] != "none":
                rows.append([line["file"], line["test"]] + [a[k] for k in ("hash", "verdict", "errno", "words", "text", "runs")])
        f.write(",\n".join(json.dumps(r, separators=(",", ":")) for r in rows))
        f.write("\n]}\n")


def lockdown():
    """What a locked down kernel forbids even root; the file may have to be mounted to be seen."""
    path = "/sys/kernel/security"
    text = subprocess.run(["unshare", "-m", "sh", "-c", f"mount -t securityfs none {path}; cat {path}/lockdown"],
                          capture_output=True, text=True).stdout
    m = re.search(r"\[(\w+)\]", text)
    return m[1] if m else "none"


def environment(series):
    """The kernel that answered, what it is configured with, and the packages whose tests it was asked."""
    prep, config, versions = os.environ.get("KERNEL_PREP", ""), {}, {}
    names = "|".join(sorted({n.removeprefix("CONFIG_") for n in NEEDS.values()}))
    wanted = re.compile(r"(CONFIG_(?:\w*(?:BPF|BTF|KPROBE|UPROBE|FTRACE|FUNCTION_TRACER|CFI|NETKIT)\w*|MODULES|LSM|"
                        rf"{names}))=(.*)")
    try:
        with (open(f"{prep}/image-{series}/config") if series else gzip.open("/proc/config.gz", "rt")) as f:
            config = {m[1]: m[2] for m in map(wanted.match, f) if m}
    except OSError:
        pass
    if not series:
        config["lockdown"] = lockdown()
    for p in ("linux-source-6.1", "linux-source-6.12", "clang-19", "libbpf-tools", "xdp-tools", "ir-keytable"):
        versions[p] = subprocess.run(["dpkg-query", "-W", "-f=${Version}", p], capture_output=True, text=True).stdout
    release = platform.release()
    if series:
        with open(f"{prep}/image-{series}/release") as f:
            release = f.read().strip()
    return {"kernel": release, "machine": platform.machine(), "config": config, "packages": versions}


def environment_path(series):
    return f"{FACTS}/environment{f'-on-{series}' if series else ''}.json"


def read_environment(series):
    try:
        with open(environment_path(series)) as f:
            return json.load(f)
    except OSError:
        return {"kernel": series or "?", "machine": "", "config": {}}


def store(build, suite):
    lines = read_lines(build, "kernel", suite)
    if lines is None:
        return
    os.makedirs(FACTS, exist_ok=True)
    with open(environment_path(series_of(suite)), "w") as f:
        json.dump(environment(series_of(suite)), f, indent=1, sort_keys=True)
        f.write("\n")
    (store_matrix if is_matrix(suite) else store_answers)(lines, suite)


def says_nothing(key, fact, suite, config):
    """Why the kernel's answer is no verdict of its verifier; None: it is one."""
    if fact["verdict"] not in ("accept", "reject"):
        return fact["verdict"]
    if fact["errno"] == ENOTSUPP:
        return "not supported"
    if fact["errno"] == EPERM and not is_unprivileged(suite):
        return "not configured"
    if is_matrix(suite):
        helper = key[1].split()[-1]
        need = TYPE_NEEDS.get(key[0]) if helper == "load" else NEEDS.get(helper)
        if helper == "load" and need and fact["verdict"] == "reject" and config.get(need) not in ("y", "m"):
            return "not configured"
        if helper == "probe_write_user" and config.get("lockdown", "none") != "none":
            return "not configured"
        if fact["errno"] == ENOENT or (need and fact["words"] == WORDS["n"] and config.get(need) not in ("y", "m")):
            return "not configured"
    return None
