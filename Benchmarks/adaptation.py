#!/usr/bin/env python3
"""How long adaptation takes end to end, with real images on this machine.

usage: adaptation.py TESTUDO [FIGURE]…

push       a changed attribute until the last acknowledgement of a pushed parameter, for 1 and 100 instances
image      a changed attribute until traffic goes to another image, which is in the pool, or is linked on demand
load       requests that fail, or are served with less than is due, during 50 changes of level under load
many       500 protected instances at once: how long until all are ready, and the memory of each
idle       processor time of a control plane that finds nothing to do for 1,000 instances
alert      an answer of an image until the orchestrator tells of the image's security event
integrity  the 99th percentile with memory checks every second, against without

Without a figure, all.
"""
import contextlib
import datetime
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

PER_SERVICE = 250


class Home:
    """A home folder that goes away with everything in it."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)
        self.environment = dict(os.environ, TESTUDO_HOME=str(self.folder / "home"), NO_COLOR="1")

    def run(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment, text=True, capture_output=True)

    def testudo(self, *arguments):
        outcome = self.run(*arguments)
        if outcome.returncode != 0:
            sys.exit(f"testudo {' '.join(arguments)}: {outcome.stderr[-800:]}")
        return outcome.stdout

    def document(self, *arguments):
        return json.loads(self.testudo(*arguments, "--format", "json"))

    def up(self, name, template):
        (self.folder / name).mkdir(exist_ok=True)
        (self.folder / name / "service.yaml").write_text(template)
        self.testudo("up", str(self.folder / name))

    def control_plane(self):
        return int((self.folder / "home/run/control-plane.pid").read_text())

    def events(self, after=0):
        return self.document("events", "--after", str(after))

    def last_event(self):
        events = self.events()
        while len(events) == 10_000:
            events = self.events(events[-1]["number"])
        return events[-1]["number"] if events else 0


@contextlib.contextmanager
def home(program):
    with tempfile.TemporaryDirectory() as folder:
        made = Home(program, folder)
        try:
            yield made
        finally:
            made.run("down", "--all")


def milliseconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


def shown(values, digits=1):
    return (f"{statistics.median(values):.{digits}f} ms at the median of {len(values)}, "
            f"{min(values):.{digits}f} to {max(values):.{digits}f}")


FOLLOW = """
    - follow:
        type: sectosca.policies.Adaptation
        targets: [ {names} ]
        triggers:
          rises:
            event: sectosca.events.ContextChanged
            condition: {{ constraint: {{ threat_level: [ {{ equal: high }} ] }} }}
            action: [ {{ call_operation: {{ operation: SecurityControl.set_level, inputs: {{ level: elevated }} }} }} ]
"""


def service(count, requirements, normal, elevated, public=False, follows=True):
    """A template with so many key-value services, and two levels."""
    names = [f"s{number}" for number in range(count)]
    lines = ["tosca_definitions_version: tosca_simple_yaml_1_3", "imports: [ sectosca/1.0 ]", "topology_template:",
             "  node_templates:"]
    endpoint = ", capabilities: { endpoint: { properties: { port: 80, network_name: PUBLIC } } }" if public else ""
    for name in names:
        lines.append(f"    {name}: {{ type: sectosca.nodes.KeyValueService, properties: {{ prefix: /, "
                     f"capacity: 64 KiB, memory: 1 MiB }}{endpoint} }}")
    lines.append("  policies:")
    for name, text in requirements.items():
        lines.append(f"    - {name}: {{ {text}, targets: [ {', '.join(names)} ] }}")
    for rank, (level, due) in enumerate([("normal", normal), ("elevated", elevated)]):
        lines.append(f"    - {level}: {{ type: sectosca.policies.Level, "
                     f"properties: {{ rank: {rank}, requires: [ {', '.join(due)} ] }} }}")
    return "\n".join(lines) + (FOLLOW.format(names=", ".join(names)) if follows else "\n")


FLOWS = {"flows": "type: sectosca.policies.Filtering"}
RATES = {
    **FLOWS,
    "many": "type: sectosca.policies.RateLimit, properties: { per_source: 1000 per 1 s, burst: 2000 }",
    "few": "type: sectosca.policies.RateLimit, properties: { per_source: 10 per 1 s, burst: 20 }",
}


def measure_push(program):
    for count in (1, 100):
        with home(program) as place:
            place.up("service", service(count, RATES, ["flows", "many"], ["flows", "few"]))
            spans = []
            for number in range(20 if count == 1 else 10):
                last = place.last_event()
                place.testudo("context", "set", f"threat_level={'high' if number % 2 == 0 else 'low'}")
                events = place.events(last)
                begun = next(event for event in events if event["kind"] == "context-changed")
                pushes = [event for event in events if event.get("details", {}).get("step") == "push"]
                if len(pushes) != count:
                    sys.exit(f"{len(pushes)} pushes for {count} instances")
                changed = next(event for event in events if event["kind"] == "level-changed")
                spans.append(float(changed["details"]["milliseconds"]))
                if milliseconds(changed["time"]) < milliseconds(begun["time"]):
                    sys.exit("the clock was set meanwhile")
            print(f"a changed attribute until the last acknowledgement, {count} instances: {shown(spans)}")


def measure_image(program):
    keys = {**FLOWS, "names": "type: sectosca.policies.RateLimit, properties: { per_source: 1000 per 1 s, burst: 2000 }"}
    with home(program) as place:
        place.up("service", service(1, keys, ["flows"], ["flows", "names"], public=True))

        def change(level):
            last = place.last_event()
            place.testudo("context", "set", f"threat_level={level}")
            events = place.events(last)
            begun = next(event for event in events if event["kind"] == "context-changed")
            routed = next(event for event in events if event.get("details", {}).get("step") == "route")
            made = [event for event in events if event["kind"] == "image-generated"]
            steps = {event["details"]["step"]: float(event["details"]["milliseconds"]) for event in events
                     if event["kind"] == "action"}
            return milliseconds(routed["time"]) - milliseconds(begun["time"]), len(made), steps

        place.testudo("pool", "fill")
        pooled, demanded = [], []
        for number in range(20):
            span, made, steps = change("high" if number % 2 == 0 else "low")
            if made != 0:
                sys.exit("an image was linked that should be in the pool")
            pooled.append(span)
        print(f"a changed attribute until traffic goes to another image, from the pool: {shown(pooled)}; "
              + ", ".join(f"{name} {span:.1f}" for name, span in steps.items()))
        for number in range(10):
            # Whatever is made in the background has been made by then.
            place.testudo("pool", "fill")
            place.testudo("pool", "drain")
            span, made, steps = change("high" if number % 2 == 0 else "low")
            if made == 1:
                demanded.append(span)
        print(f"the same, linked on demand: {shown(demanded)}; "
              + ", ".join(f"{name} {span:.1f}" for name, span in steps.items()))


STATUSES = """
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() counts = {} end
function response(status) counts[status] = (counts[status] or 0) + 1 end
function done(summary)
  local all = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("counts")) do all[status] = (all[status] or 0) + count end
  end
  local errors = summary.errors
  io.write(string.format("errors=%d\\n", errors.connect + errors.read + errors.write + errors.timeout))
  for status, count in pairs(all) do io.write(string.format("status=%d count=%d\\n", status, count)) end
end
"""


def statuses(output):
    counts, errors = {}, 0
    for line in output.splitlines():
        if line.startswith("errors="):
            errors = int(line[7:])
        elif line.startswith("status="):
            words = dict(word.split("=") for word in line.split())
            counts[int(words["status"])] = int(words["count"])
    return counts, errors


def measure_load(program, changes=50):
    repository = pathlib.Path(__file__).resolve().parent.parent
    portal = repository / "Examples/portal"
    with home(program) as place:
        script = place.folder / "statuses.lua"
        script.write_text(STATUSES)
        place.testudo("up", str(portal), "--set", f"credentials=@{portal / 'accounts.yaml'}")
        place.testudo("pool", "fill")
        url = next(unit["urls"][0] for unit in place.document("ps") if unit["urls"])

        def load(path):
            return subprocess.Popen(["wrk", "-t1", "-c4", "-d600s", "-s", str(script), url + path], text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        pages, orders = load(""), load("orders/17")
        time.sleep(0.5)
        for number in range(changes):
            place.testudo("context", "set", f"threat_level={'high' if number % 2 == 0 else 'low'}")
        time.sleep(0.5)
        found = []
        for client in (pages, orders):
            client.send_signal(2)
            found.append(statuses(client.communicate()[0]))
        (public, failures), (private, broken) = found
        total = sum(public.values()) + sum(private.values())
        wrong = sum(count for status, count in public.items() if status != 200) + failures + broken
        less = sum(count for status, count in private.items() if status not in (401, 429))
        print(f"during {changes} changes of level, of {total} requests: {wrong} failed, "
              f"{less} were served with less than is due ({public}, {private}, {failures + broken} broken connections)")


def measure_many(program, count=500):
    with home(program) as place:
        start = time.monotonic()
        for number in range(count // PER_SERVICE):
            place.up(f"many-{number}", service(PER_SERVICE, RATES, ["flows", "many"], ["flows", "few"]))
        print(f"{count} protected instances ready in {time.monotonic() - start:.1f} s")
        sizes = []
        for unit in place.document("ps"):
            for line in pathlib.Path(f"/proc/{unit['pid']}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    sizes.append(int(line.split()[1]))
        print(f"memory of each (proportional set size): {statistics.median(sizes)} kB at the median, {max(sizes)} at most")


def processor_milliseconds(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    # schedstat counts nanoseconds, but of one thread; the ticks of all are summed here.
    total = 0
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e6 if total else (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measure_idle(program, count=1000):
    with home(program) as place:
        for number in range(count // PER_SERVICE):
            place.up(f"many-{number}", service(PER_SERVICE, RATES, ["flows", "many"], ["flows", "few"]))
        time.sleep(3)
        process = place.control_plane()
        spans = []
        for number in range(11):
            before = processor_milliseconds(process)
            # An attribute that no trigger asks for: every service is looked at, and nothing is due.
            place.testudo("context", "set", f"season={number}")
            spans.append(processor_milliseconds(process) - before)
        print(f"processor time to find nothing to do for {count} instances: {shown(spans[1:])}")


def unix_stream(place, path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(place.folder / "home/run/api.sock"))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: testudo\r\nAccept: text/event-stream\r\n\r\n".encode())
    return connection


def measure_alert(program):
    once = {**FLOWS, "once": "type: sectosca.policies.RateLimit, properties: { per_source: 1 per 1 s, burst: 1 }"}
    with home(program) as place:
        place.up("service", service(1, once, ["flows", "once"], ["flows", "once"], public=True, follows=False))
        url = next(unit["urls"][0] for unit in place.document("ps") if unit["urls"])
        host, port = url.split("/")[2].split(":")
        stream = unix_stream(place, f"/api/v1/events?after={place.last_event()}")
        stream.settimeout(10)
        spans = []
        for _ in range(20):
            answer = b" 200 "
            while b" 429 " not in answer.split(b"\r\n")[0]:
                with socket.create_connection((host, int(port))) as client:
                    client.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    answer = client.recv(4096)
                    start = time.monotonic()
            told = b""
            while b'"rate-limit.' not in told:
                told += stream.recv(65536)
            spans.append((time.monotonic() - start) * 1000)
            # An image tells of so many a second at most, and of a source once in a while.
            time.sleep(1.2)
        print(f"an image's answer until the orchestrator tells of the event: {shown(spans, 2)}")


def measure_integrity(program, rounds=5):
    checked = {**FLOWS, "checks": "type: sectosca.policies.RuntimeIntegrity, properties: { interval: 1 s }"}
    with home(program) as place:
        urls = {}
        for name, requirements, due in (("without", FLOWS, ["flows"]), ("checked", checked, ["flows", "checks"])):
            place.up(name, service(1, requirements, due, due, public=True, follows=False))
        for unit in place.document("ps"):
            urls[unit["service"]] = unit["urls"][0]
        figures = {name: [] for name in urls}
        for _ in range(rounds):
            for name, url in urls.items():
                output = subprocess.run(["wrk", "-t1", "-c8", "-d4s", "--latency", url + "x"], text=True,
                                        capture_output=True).stdout
                text = next(line.split()[1] for line in output.splitlines() if line.strip().startswith("99%"))
                scale = {"us": 0.001, "ms": 1, "s": 1000}
                unit = next(unit for unit in ("us", "ms", "s") if text.endswith(unit))
                figures[name].append(float(text[:-len(unit)]) * scale[unit])
        for name, spans in figures.items():
            print(f"99th percentile, {'memory checked every second' if name == 'checked' else 'without checks'}: "
                  f"{shown(spans, 2)}")


FIGURES = {"push": measure_push, "image": measure_image, "load": measure_load, "many": measure_many,
           "idle": measure_idle, "alert": measure_alert, "integrity": measure_integrity}


def main():
    if len(sys.argv) < 2 or any(name not in FIGURES for name in sys.argv[2:]):
        sys.exit(__doc__)
    for name in sys.argv[2:] or FIGURES:
        FIGURES[name](sys.argv[1])
        sys.stdout.flush()


if __name__ == "__main__":
    main()
