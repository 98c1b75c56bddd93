#!/usr/bin/env python3
"""How long policies take from their commit to the last acknowledgement, with real images on this machine.

usage: propagation.py TESTUDO POINTS [ROUNDS]

Brings up POINTS enforcement points (services of at most 250, of one tenant), applies policies to all of them ROUNDS times,
and reads the times out of the event log: from `policy-applied`, which is written when the version is stored, to the last
acknowledged push.
"""
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PER_SERVICE = 250


def template(count):
    names = [f"s{number}" for number in range(count)]
    lines = ["tosca_definitions_version: tosca_simple_yaml_1_3", "imports: [ sectosca/1.0 ]", "topology_template:"]
    lines.append("  node_templates:")
    for name in names:
        lines.append(f"    {name}: {{ type: sectosca.nodes.KeyValueService,"
                     " properties: { prefix: /, capacity: 64 KiB, memory: 1 MiB } }")
    lines.append("  policies:")
    lines.append("    - rules: { type: sectosca.policies.Authorization, targets: [ " + ", ".join(names)
                 + " ], properties: { policies: [ first.cedar ] } }")
    lines.append("    - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ rules ] } }")
    return "\n".join(lines) + "\n"


def milliseconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def main():
    program, points = sys.argv[1], int(sys.argv[2])
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        environment = dict(os.environ, TESTUDO_HOME=str(folder / "home"))

        def testudo(*arguments):
            return subprocess.run([program, *arguments], env=environment, text=True, capture_output=True)

        services = []
        try:
            start = time.monotonic()
            while points > 0:
                count = min(points, PER_SERVICE)
                name = f"many-{len(services)}"
                (folder / name).mkdir()
                (folder / name / "service.yaml").write_text(template(count))
                (folder / name / "first.cedar").write_text("permit (principal, action, resource);\n")
                (folder / name / "second.cedar").write_text(
                    'permit (principal, action == Action::"GET", resource);\n')
                outcome = testudo("up", str(folder / name))
                if outcome.returncode != 0:
                    sys.exit(f"{name} does not come up: {outcome.stderr[-500:]}")
                services.append((name, count))
                points -= count
            total = sum(count for _, count in services)
            print(f"{total} enforcement points ready in {time.monotonic() - start:.2f} s")
            pids = [unit["pid"] for unit in json.loads(testudo("ps", "--format", "json").stdout)]
            resident = []
            for pid in pids:
                for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                    if line.startswith("Pss:"):
                        resident.append(int(line.split()[1]))
            print(f"memory of each (proportional set size): {statistics.median(resident)} kB at the median")

            spans = []
            for number in range(rounds):
                policy = "second.cedar" if number % 2 == 0 else "first.cedar"
                named = [word for name, _ in services for word in ("--service", name)]
                outcome = testudo("policy", "apply", str(folder / services[0][0] / policy), *named, "--format", "json")
                acknowledged = json.loads(outcome.stdout or "[]")
                if outcome.returncode != 0 or len(acknowledged) != total:
                    sys.exit(f"they did not converge: {outcome.stderr[-500:]}")
                applied = [event for event in json.loads(testudo("events", "--format", "json").stdout)
                           if event["kind"] == "policy-applied"][-1]
                last = max(milliseconds(point["acknowledged"]) for point in acknowledged)
                whole = last - milliseconds(applied["time"])
                spans.append(whole)
            print(f"commit to last acknowledgement, {total} points: {statistics.median(spans):.1f} ms at the median of "
                  f"{rounds} rounds, {min(spans):.1f} to {max(spans):.1f} ms")
        finally:
            testudo("down", "--all")


main()
