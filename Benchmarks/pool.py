"""Changes of level of one resource, and how long each took until all that is due was in force (see pool.sh)."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

TEMPLATE = """tosca_definitions_version: tosca_simple_yaml_1_3
imports: [ sectosca/1.0 ]
topology_template:
  node_templates:
    notes:
      type: sectosca.nodes.KeyValueService
      properties: { prefix: /notes, capacity: 1 MiB }
      capabilities: { endpoint: { properties: { port: 80, network_name: PUBLIC } } }
  policies:
    - flows: { type: sectosca.policies.Filtering, targets: [ notes ] }
    - calm:
        type: sectosca.policies.RateLimit
        targets: [ notes ]
        properties: { per_source: 1000 per 1 s, burst: 1000 }
    - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ flows ] } }
    - elevated: { type: sectosca.policies.Level, properties: { rank: 1, requires: [ flows, calm ] } }
    - follow:
        type: sectosca.policies.Adaptation
        targets: [ notes ]
        triggers:
          threat:
            event: sectosca.events.ContextChanged
            condition: { constraint: { threat_level: [ { equal: high } ] } }
            action:
              - call_operation: { operation: SecurityControl.set_level, inputs: { level: elevated } }
"""


class Bench:
    def __init__(self, program, folder):
        self.program = os.path.abspath(program)
        self.environment = dict(os.environ, TESTUDO_HOME=os.path.join(folder, "home"), NO_COLOR="1")

    def run(self, *arguments):
        done = subprocess.run([self.program, *arguments], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"benchmark: testudo {' '.join(arguments)}: {done.stderr or done.stdout}")
        return done.stdout

    def pool(self):
        return json.loads(self.run("pool", "status", "--format", "json"))

    def until(self, is_so):
        end = time.monotonic() + 60
        while not is_so(self.pool()):
            if time.monotonic() > end:
                sys.exit(f"benchmark: the pool did not come to be as it should: {self.pool()}")
            time.sleep(0.05)

    def change(self, level):
        return json.loads(self.run("context", "set", f"threat_level={level}", "--format", "json"))[0]


def filled(status):
    return all(entry.get("image") for entry in status["images"])


def measure(bench, kind, count):
    times = []
    for number in range(count):
        # The pool is as this kind has it before each change.
        if kind == "linked on demand":
            bench.until(filled)
            bench.run("pool", "drain")
        elif kind == "image from the pool":
            bench.until(filled)
        else:
            bench.until(lambda status: filled(status) and len(status["instances"]) == 1)
        before = bench.pool()
        change = bench.change("high" if number % 2 == 0 else "low")
        after = bench.pool()
        # It was what it is called.
        if kind == "linked on demand":
            assert after["misses"] == before["misses"] + 1, (before, after)
        elif kind == "image from the pool":
            assert after["hits"] == before["hits"] + 1 and after["instanceHits"] == before["instanceHits"]
        else:
            assert after["instanceHits"] == before["instanceHits"] + 1, (before, after)
        times.append(change["enforcedMilliseconds"])
    if count % 2:
        bench.change("low")
    times.sort()
    print(
        f"{kind}: {statistics.median(times):.1f} ms at the median"
        f" ({times[0]:.1f} to {times[-1]:.1f}, n = {len(times)})",
        flush=True,
    )


def main(program, count):
    with tempfile.TemporaryDirectory() as folder:
        template = os.path.join(folder, "notes")
        os.mkdir(template)
        with open(os.path.join(template, "service.yaml"), "w") as file:
            file.write(TEMPLATE)
        bench = Bench(program, folder)
        bench.run("up", template)
        try:
            measure(bench, "linked on demand", count)
            measure(bench, "image from the pool", count)
            bench.run("pool", "set", "--memory", "64MiB")
            measure(bench, "instance from the pool", count)
        finally:
            bench.run("down", "--all")


main(sys.argv[1], int(sys.argv[2]))
