"""Shows that each mechanism is guarded: switched off by hand in the code, it makes a named end-to-end test fail.

`switches.json` has the mechanisms: the file that is changed, the text in it and what takes its place, what has to be
built again, and the test that must fail. Each change is made in an overlay over the working copy, in a mount namespace
of its own, so that the working copy stays as it is and nothing has to be put back.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LIBRARY = "Unikernel/build-library.sh .build/guest .build/library"
BUILDS = {"image": LIBRARY, "host": "swift build --product testudo"}
BUNDLE = ".build/debug/TestudoPackageTests.xctest"
# Where what was seen is kept, one folder per mechanism.
LOGS = ROOT / ".build/guards"
# What a row must have, and nothing else.
KEYS = {"mechanism", "page", "part", "file", "find", "replace", "test"}


def rows():
    """The table, read strictly."""
    found = json.loads((HERE / "switches.json").read_text())
    for row in found:
        if set(row) != KEYS or row["part"] not in BUILDS:
            sys.exit(f"switches.json: expected {sorted(KEYS)} with part image or host, found {row}")
    return found


def test_names():
    """All end-to-end tests, as SUITE/FUNCTION."""
    names = set()
    for file in (ROOT / "Tests/EndToEndTests").glob("*.swift"):
        suite = None
        for line in file.read_text().splitlines():
            if match := re.match(r"(?:extension|struct) (\w+)", line):
                suite = match[1]
            elif match := re.match(r"  func (\w+)\(", line):
                names.add(f"{suite}/{match[1]}")
    return names


def check(table):
    """What is wrong with the table as the code stands now."""
    faults = []
    tests = test_names()
    for row in table:
        path = ROOT / row["file"]
        count = path.read_text().count(row["find"]) if path.exists() else None
        if count != 1:
            what = "is missing" if count is None else f"has the text {count} times"
            faults.append(f"{row['mechanism']}: {row['file']} {what}, expected once: {row['find']!r}")
        if row["test"] not in tests:
            faults.append(f"{row['mechanism']}: there is no test {row['test']} in Tests/EndToEndTests")
    pages = {p.name for p in (ROOT / "Documentation/Mechanisms").glob("*.md")} - {"README.md"}
    guarded = {row["page"] for row in table}
    faults += [f"Documentation/Mechanisms/{page}: no row says what guards it" for page in sorted(pages - guarded)]
    faults += [f"{page}: there is no such page of a mechanism" for page in sorted(guarded - pages - {None})]
    return faults


def run_tests(names):
    """The command that runs tests which are built already."""
    pattern = "|".join(f"EndToEndTests\\.{name}\\(" for name in sorted(names))
    return f"timeout -k 10 300 {BUNDLE} --testing-library swift-testing --filter '{pattern}'"


def build(row, whole):
    """The command that builds what a change concerns: of the library OS one archive, unless it is to be the whole."""
    if row["file"].startswith("Unikernel/Tender/"):
        return f"{LIBRARY} tender"
    module = re.match(r"Unikernel/Sources/(\w+)/", row["file"])
    return BUILDS[row["part"]] + (f" {module[1]}" if module and not whole else "")


def switched_off(row, whole=False):
    """Builds with the mechanism switched off, runs its test, and gives the verdict and what it rests on."""
    logs = LOGS / re.sub(r"\W+", "-", row["mechanism"].lower())
    logs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="guards-") as scratch:
        for name in ["upper", "work"]:
            os.mkdir(f"{scratch}/{name}")
        change = pathlib.Path(scratch) / "change.py"
        change.write_text(
            "import pathlib, sys\n"
            f"path = pathlib.Path({row['file']!r})\n"
            f"path.write_text(path.read_text().replace({row['find']!r}, {row['replace']!r}))\n"
        )
        script = (
            f"set -e; mount -t overlay overlay -o lowerdir={ROOT},upperdir={scratch}/upper,workdir={scratch}/work {ROOT}; "
            f"cd {ROOT}; python3 {change}; {build(row, whole)} >{scratch}/build.log 2>&1 || exit 99; "
            f"{run_tests([row['test']])} >{scratch}/test.log 2>&1 || exit 1"
        )
        status = subprocess.run(["unshare", "--mount", "bash", "-c", script], check=False).returncode
        log = {}
        for name in ["build", "test"]:
            path = pathlib.Path(scratch) / f"{name}.log"
            log[name] = path.read_text(errors="replace") if path.exists() else ""
            (logs / path.name).write_text(log[name])
    return judge(status, log)


def judge(status, log):
    """The verdict on what was built and run, and what it rests on."""
    if status == 99:
        return "does not build", log["build"].strip().splitlines()[-3:]
    if status == 0 and re.search(r"^. Test run with [1-9]", log["test"], re.MULTILINE):
        return "NOT GUARDED", []
    # An issue goes on until the next line that begins with a sign.
    issues = re.findall(r"recorded an issue(?: with .*?)? at (\S+): (.*(?:\n(?:↳| ).*)*)", log["test"])
    if not issues:
        return "did not run", log["test"].strip().splitlines()[-3:]
    # What a program that failed says comes last.
    grounds = [f"{place.rstrip(':')}: {' '.join((re.findall(r'error: .*', what) or [what])[-1].split())}" for place, what in issues]
    # Seen before the test could: the orchestrator asked the instance, and led nobody to it.
    if any("does not enforce what is due" in line for line in grounds):
        return "found by a probe", grounds
    # The service was not there to be tested: that shows nothing of the mechanism.
    if any("timed out" in line.lower() or "time limit" in line.lower() for line in grounds):
        return "TIMED OUT", grounds
    return "found by the test", grounds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only hold the table against the code")
    parser.add_argument("--unchanged", action="store_true", help="only run the tests with nothing switched off")
    parser.add_argument("--switched-only", action="store_true", help="leave out the run with nothing switched off")
    parser.add_argument("mechanism", nargs="*", help="parts of names; all unless given")
    options = parser.parse_args()
    table = rows()
    faults = check(table)
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if faults or options.check:
        sys.exit(1 if faults else 0)
    chosen = [
        row for row in table
        if not options.mechanism or any(part.lower() in row["mechanism"].lower() for part in options.mechanism)
    ]
    if not chosen:
        sys.exit("no mechanism has such a name")
    if os.geteuid() != 0 or not shutil.which("unshare"):
        sys.exit("overlays and unikernels need root and `unshare`")
    # Everything is built once; what is switched off is built upon it.
    if not options.switched_only:
        print("== with nothing switched off, all tests must pass", flush=True)
        steps = [BUILDS["image"], BUILDS["host"], "swift build --product testudo-forwarder", "swift build --build-tests"]
        command = " && ".join([f"{step} >/dev/null" for step in steps] + [run_tests({row["test"] for row in chosen})])
        outcome = subprocess.run(["bash", "-c", command], cwd=ROOT, text=True, capture_output=True, check=False)
        if outcome.returncode != 0:
            print("\n".join(line for line in outcome.stdout.splitlines() if line.startswith("✘") or "error:" in line))
            sys.exit("the tests do not pass, so that their failing would show nothing")
    if options.unchanged:
        return
    print("| mechanism, switched off | test that must fail | verdict | seconds |\n|---|---|---|---|", flush=True)
    unguarded = 0
    for row in chosen:
        began = time.monotonic()
        verdict, grounds = switched_off(row)
        # Other archives may have the mechanism's code inlined.
        if verdict == "NOT GUARDED" and build(row, False) != build(row, True):
            verdict, grounds = switched_off(row, whole=True)
        unguarded += not verdict.startswith("found")
        print(f"| {row['mechanism']} | `{row['test']}` | {verdict} | {time.monotonic() - began:.0f} |", flush=True)
        for line in grounds[:3]:
            print(f"    {line[:500]}", flush=True)
    sys.exit(1 if unguarded else 0)


main()
