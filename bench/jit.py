#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""jit.py B REPS [WHERE:NS:NS...]: native code beside its peers. Runs bench/jit.c and bench/start.c as build.sh left them in B/bench,
prints the rows of bench.json on stdout and, on stderr, the same as tables with the summary of what is wanted.

WHERE, a kind of place in a traced process, comes with what a program there costs by default and in the checked interpreter.
Rows of the summary have "done" and "goal" beside "cygnet": smaller is better unless "more" is true.
"""
import glob
import json
import math
import os
import statistics
import subprocess
import sys

XDP_TOOLS = "/usr/lib/*/bpf/"
REAL = [("xdpfilt_dny_all.o", "xdpfilt_dny_all"), ("xdpfilt_alw_all.o", "xdpfilt_alw_all"),
        ("xdpfilt_dny_ip.o", "xdpfilt_dny_ip"), ("xdpfilt_alw_eth.o", "xdpfilt_alw_eth"),
        ("xdp-dispatcher.o", "xdp_dispatcher")]
COLUMNS = [("cygnet", "cygnet"), ("gpr", "gpr-only"), ("baseline", "baseline"), ("interp", "interp"),
           ("kernel", "kernel"), ("native", "gcc -O2"), ("clang", "clang -O3"), ("dpdk", "dpdk")]
LOOKUPS = 256  # of a program that looks up
CALLS = {"calls", "loop", "tail_calls", "ring_output", "ring_reserve"}  # beside lookups and real programs


def own_work(row):
    """Does the program what it does by itself, without maps, helpers and functions?"""
    name = row["name"]
    return not (name in CALLS or name.endswith("_lookup") or name + ".o" in {file for file, _ in REAL})


def told(command, **env):
    """The rows that a program prints; what it says on stderr is passed on."""
    out = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False,
                         env=dict(os.environ, **env)).stdout
    return [json.loads(line) for line in out.splitlines() if line.startswith(b"{")]


def run_suite(o, reps):
    command = [f"{o}/jit", "-r", str(reps)]
    for option, name in ("-g", "suite.gcc.so"), ("-c", "suite.clang.so"), ("-d", "dpdk.so"), ("-p", "suite.dpdk.o"):
        if os.path.exists(f"{o}/{name}"):
            command += [option, os.path.abspath(f"{o}/{name}")]
    command.append(f"{o}/suite.bpf.o")
    for name, program in REAL:
        for path in glob.glob(XDP_TOOLS + name)[:1]:
            command += [path, program]
    return told(command)


def run_start(b, o, reps):
    """The cache is the bench's own, so that the first run fills it with nothing else."""
    cache = os.path.abspath(f"{o}/cache")
    env = dict(os.environ, XDG_CACHE_HOME=cache)
    subprocess.run([f"{b}/cygnet", "test", f"{o}/start_core.bpf.o"], env=env, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    btf = sorted(glob.glob(f"{cache}/cygnet/core-*.btf"), key=os.path.getmtime)
    if not btf:
        return []
    return told([f"{o}/start", "-r", str(reps), f"{b}/cygnet", f"{o}/start_plain.bpf.o", f"{o}/start_core.bpf.o", btf[-1]],
                XDG_CACHE_HOME=cache)


def geomean(values):
    return math.exp(statistics.fmean(map(math.log, values)))


def ratios(rows, ours, theirs):
    """{program: ratio} of the rows that have both."""
    return {r["name"]: r[ours] / r[theirs] for r in rows if ours in r and theirs in r}


def fit(points):
    """(a, b) of time = a + b * instructions, each program weighing alike."""
    s = [sum(x ** k / y ** 2 for x, y in points) for k in range(3)]
    t = [sum(x ** k / y for x, y in points) for k in range(2)]
    d = s[0] * s[2] - s[1] ** 2
    return (t[0] * s[2] - t[1] * s[1]) / d, (s[0] * t[1] - s[1] * t[0]) / d


class Summary:
    """Rows of what is wanted."""

    def __init__(self):
        self.rows = []

    def add(self, name, unit, value, done, goal, note="", more=False):
        if value is None:
            return
        row = {"group": "jit", "name": name, "unit": unit, "cygnet": float(f"{value:.4g}"), "done": done, "goal": goal}
        if more:
            row["more"] = True
        if note:
            row["note"] = note
        self.rows.append(row)

    def ratio(self, name, found, done, goal, worst=None):
        """The geometric mean of {program: ratio}, and its worst when that has limits of its own."""
        if not found:
            return
        self.add(name + ", geomean", "ratio", geomean(found.values()), done, goal, f"{len(found)} programs")
        if worst:
            program = max(found, key=found.get)
            self.add(name + ", worst program", "ratio", found[program], *worst, program)


def split(rows):
    """Times of programs, {program: bytes row}, {program: compile row}."""
    times = [r for r in rows if r["unit"] == "ns" and "insns" in r]
    code = [dict(r, name=r["name"][len("code of "):]) for r in rows if r["unit"] == "bytes"]
    compiling = [dict(r, name=r["name"][len("compiling "):]) for r in rows if r["name"].startswith("compiling ")]
    return times, code, compiling


def add_compile_times(s, compiling):
    optimised = [(r["insns"], r["cygnet"]) for r in compiling if "cygnet" in r]
    once = [(r["insns"], r["baseline"]) for r in compiling if "baseline" in r]
    if optimised:
        s.add("compiling, optimised: per instruction, all programs", "us",
              sum(y for _, y in optimised) / sum(x for x, _ in optimised), 2, 1, f"{len(optimised)} programs")
        worst = max((r for r in compiling if "cygnet" in r), key=lambda r: r["cygnet"] / r["insns"])
        s.add("compiling, optimised: per instruction, worst program", "us", worst["cygnet"] / worst["insns"], None, None,
              f"{worst['name']}, {worst['insns']} instructions")
    if len(once) > 2:
        fixed, each = fit(once)
        s.add("compiling, baseline: for each instruction", "ns", each * 1000, 50, 25, "fit over the programs")
        s.add("compiling, baseline: for each program", "us", max(fixed, 0), 10, 3, "fit over the programs")


def add_lookups(s, times):
    by_name = {r["name"]: r for r in times}
    array, table = by_name.get("array_lookup", {}), by_name.get("hash_lookup", {})
    if "cygnet" in array and "kernel" in array:
        s.add("array lookup / kernel", "ratio", array["cygnet"] / array["kernel"], 1.0, 0.9,
              f"{array['cygnet'] / LOOKUPS:.2f} ns, kernel {array['kernel'] / LOOKUPS:.2f} ns")
    if "cygnet" in table:
        s.add("hash lookup, 8-byte key", "ns", table["cygnet"] / LOOKUPS, 9, 6,
              f"kernel {table['kernel'] / LOOKUPS:.1f} ns" if "kernel" in table else "")


def summarise(rows, traced):
    times, code, compiling = split(rows)
    by_name = {r["name"]: r for r in rows}
    s = Summary()
    s.ratio("run time / kernel", ratios(times, "cygnet", "kernel"), 0.75, 0.65, (1.10, 1.0))
    s.ratio("of those that call nothing", ratios([r for r in times if own_work(r)], "cygnet", "kernel"), None, None)
    s.ratio("run time / gcc -O2", ratios(times, "cygnet", "native"), 1.05, 0.95)
    s.ratio("run time without vector registers / kernel", ratios(times, "gpr", "kernel"), 0.85, 0.75)
    s.ratio("baseline / kernel", ratios(times, "baseline", "kernel"), None, None)
    s.ratio("interpreter / kernel", ratios(times, "interp", "kernel"), 12, 10)
    s.ratio("run time / clang -O3", ratios(times, "cygnet", "clang"), None, None)
    s.ratio("run time / DPDK", ratios(times, "cygnet", "dpdk"), None, None)
    add_compile_times(s, compiling)
    s.ratio("code size / kernel's", ratios(code, "cygnet", "kernel"), 0.8, 0.65)
    add_lookups(s, times)
    for kind, done, goal in ("first result", 2, 1), ("first result with CO-RE", 8, 5):
        for how in ", in a process", ", cygnet test":
            row = by_name.get(kind + how)
            s.add(f"object load to {kind}{how}", "ms", row and row["cygnet"], done, goal)
    for row in traced:
        s.add(f"{row['name']}: checked interpreter / what runs it", "ratio", row["checked"] / row["cygnet"], 5, 20,
              f"{row['cygnet']:.0f} ns", more=True)
    return s.rows


def cell(value):
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def table(head, lines):
    """Aligned: the first column to the left, the others to the right."""
    width = [max(len(r[i]) for r in [head] + lines) for i in range(len(head))]
    for row in [head] + lines:
        print("  ".join(c.ljust(w) if not i else c.rjust(w) for i, (c, w) in enumerate(zip(row, width))).rstrip(),
              file=sys.stderr)
    print(file=sys.stderr)


def quotient(row, ours, theirs):
    return cell(row[ours] / row[theirs]) if ours in row and theirs in row else "-"


def show_programs(rows):
    times, code, compiling = split(rows)
    size = {r["name"]: r for r in code}
    cost = {r["name"]: r for r in compiling}
    empty = [r for r in rows if r["name"] == "(empty program)"]
    there = [c for c in COLUMNS if any(c[0] in r for r in times)]
    lines = []
    for r in empty + times:
        name = r["name"] + (" *" if "by" in r else "")
        z, k = size.get(r["name"], {}), cost.get(r["name"], {})
        lines.append([name, str(r.get("insns", ""))] + [cell(r.get(c)) for c, _ in there] +
                     [quotient(r, "cygnet", "kernel"), quotient(r, "cygnet", "native"), str(z.get("cygnet", "-")),
                      quotient(z, "cygnet", "kernel"), cell(k.get("cygnet")), cell(k.get("baseline"))])
    table(["ns per run", "insns"] + [title for _, title in there] +
          ["/kernel", "/gcc", "bytes", "/kernel", "us to compile", "baseline"], lines)
    for how in sorted({r["by"] for r in times if "by" in r}):
        print(f"* the optimising compiler does not take it; cygnet is {how}: " +
              ", ".join(r["name"] for r in times if r.get("by") == how) + "\n", file=sys.stderr)


def verdict(row):
    if row["done"] is None:
        return ""

    def met(limit):
        return row["cygnet"] >= limit if row.get("more") else row["cygnet"] <= limit

    return "goal" if met(row["goal"]) else "done" if met(row["done"]) else "MISSED"


def show_summary(rows):
    def limit(row, which):
        return "" if row[which] is None else f"{row[which]:g}"

    table(["what is wanted", "unit", "measured", "done at", "goal", "", "of"],
          [[r["name"], r["unit"], cell(r["cygnet"]), limit(r, "done"), limit(r, "goal"), verdict(r), r.get("note", "")]
           for r in rows])


def main():
    b, reps = sys.argv[1], int(sys.argv[2])
    traced = []
    for where, cygnet, checked in (a.split(":") for a in sys.argv[3:]):
        if cygnet and checked:
            traced.append({"group": "jit", "name": f"program at a traced {where}", "unit": "ns", "cygnet": float(cygnet),
                           "checked": float(checked), "reps": reps})
    rows = run_suite(f"{b}/bench", reps) + run_start(b, f"{b}/bench", reps) + traced
    summary = summarise(rows, traced)
    show_programs(rows)
    show_summary(summary)
    for row in rows + [dict(r, reps=reps) for r in summary]:
        print(json.dumps(row))


if __name__ == "__main__":
    main()
