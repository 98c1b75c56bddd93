#!/usr/bin/env python3
"""Reading TOSCA templates beside tosca-parser, puccini and unfurl, each as a whole process.

usage: tosca.py TOSCA-BENCH PROFILES PEERS [TESTUDO]

TOSCA-BENCH is the program of that name, PEERS a folder with a virtual environment for each peer, TESTUDO the command
line, if it is built. Prints CPU time, wall time and peak memory (medians) and the ratio of CPU times to the peers', for
templates of 15 lines, 1,000 and 10,000 nodes. Every program checks the same Simple Profile 1.3 template; what it does
besides differs, and the start of Python counts for those that run in it.
"""
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

# The longest that a program may take, in seconds; what takes longer is shown as such and not tried on larger templates.
LIMIT = float(os.environ.get("LIMIT", "120"))

SMALL = """\
tosca_definitions_version: tosca_simple_yaml_1_3
description: One server, sized by an input.
topology_template:
  inputs:
    cpus: { type: integer, default: 2 }
  node_templates:
    server:
      type: tosca.nodes.Compute
      capabilities:
        host:
          properties:
            num_cpus: { get_input: cpus }
            mem_size: 1 GB
  outputs:
    address: { value: { get_attribute: [ server, private_address ] } }
"""

TYPES = """\
tosca_definitions_version: tosca_simple_yaml_1_3
node_types:
  bench.Service:
    derived_from: tosca.nodes.SoftwareComponent
    interfaces:
      Standard:
        type: tosca.interfaces.node.lifecycle.Standard
        operations:
          configure:
            inputs:
              address: { type: string }
topology_template:
  node_templates:
"""


def template(count):
    """A server for every nine services, which depend on each other in a chain."""
    parts = [TYPES]
    for index in range(count):
        if index % 10 == 0:
            server, earlier = f"server{index}", None
            parts.append(f"""\
    {server}:
      type: tosca.nodes.Compute
      capabilities:
        host:
          properties: {{ num_cpus: {1 + index % 8}, mem_size: {1 + index % 64} GB }}
""")
            continue
        dependency = f"\n        - dependency: {earlier}" if earlier else ""
        parts.append(f"""\
    service{index}:
      type: bench.Service
      properties:
        component_version: 1.{index % 9}.0
      requirements:
        - host: {server}{dependency}
      interfaces:
        Standard:
          operations:
            create: scripts/create{index % 7}.sh
            configure:
              implementation: scripts/configure{index % 7}.sh
              inputs:
                address: {{ get_attribute: [ {server}, private_address ] }}
""")
        earlier = f"service{index}"
    return "".join(parts)


def measured(command, folder):
    """CPU and wall seconds and peak megabytes of a run; a text where it did not end well."""
    environment = {**os.environ, "UNFURL_HOME": "", "UNFURL_LOGGING": "error"}
    with open(os.path.join(folder, "output"), "w+b") as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment,
            start_new_session=True)
        timer = threading.Timer(LIMIT, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        wall = time.perf_counter() - start
        # Popen must not wait for it again.
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode == -signal.SIGKILL:
            return f"more than {LIMIT:.0f} s, {usage.ru_utime + usage.ru_stime:.0f} s CPU, {usage.ru_maxrss / 1024:,.0f} MB"
        output.seek(0)
        text = output.read().decode(errors="replace").strip()
        # The command line asks more of a template than TOSCA does; for the others a failure means no result.
        if process.returncode != 0 and not (command[0].endswith("testudo") and process.returncode == 1):
            return f"status {process.returncode}: {text.splitlines()[-1][:100] if text else 'no output'}"
        return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def subjects(arguments):
    """The programs by name, each with the arguments before the template's path, or why it is missing."""
    bench, profiles, peers = arguments[:3]
    found = {"testudo's reader": [bench, profiles]}
    if len(arguments) > 3:
        found["testudo validate"] = [arguments[3], "validate"]
    scripts = {
        "tosca-parser": "import sys; from toscaparser.tosca_template import ToscaTemplate; ToscaTemplate(sys.argv[1])",
        "puccini": "import sys, puccini.tosca; puccini.tosca.compile(sys.argv[1])",
    }
    for name, script in scripts.items():
        found[name] = [os.path.join(peers, name, "bin", "python"), "-c", script]
    found["unfurl"] = [os.path.join(peers, "unfurl", "bin", "unfurl"), "validate"]
    return {
        name: command if os.path.exists(command[0]) else f"{command[0]} is missing" for name, command in found.items()}


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    programs = subjects(sys.argv[1:])
    sizes = [("15 lines", SMALL, 9), ("1,000 nodes", template(1000), 3), ("10,000 nodes", template(10000), 3)]
    gone = set()
    with tempfile.TemporaryDirectory() as folder:
        for title, text, runs in sizes:
            path = os.path.join(folder, "template.yaml")
            with open(path, "w") as file:
                file.write(text)
            print(f"\n{title} ({text.count(chr(10)):,} lines)")
            print(f"  {'':18} {'CPU':>9} {'wall':>9} {'peak':>9}   CPU against testudo's reader")
            own = None
            for name, command in programs.items():
                if isinstance(command, str):
                    print(f"  {name:18} {command}")
                    continue
                if name in gone:
                    print(f"  {name:18} not tried, because the smaller template took too long")
                    continue
                first = measured(command + ([path, "1"] if name == "testudo's reader" else [path]), folder)
                if isinstance(first, str):
                    print(f"  {name:18} {first}")
                    gone.add(name)
                    continue
                # What takes long is run once: the ratio is what counts, not its last digit.
                results = [first] + [
                    measured(command + ([path, "1"] if name == "testudo's reader" else [path]), folder)
                    for _ in range(runs - 1 if first[1] < 10 else 0)]
                results = [result for result in results if not isinstance(result, str)]
                cpu, wall, peak = (statistics.median(column) for column in zip(*results))
                own = own or cpu
                print(
                    f"  {name:18} {cpu * 1000:6.0f} ms {wall * 1000:6.0f} ms {peak:6.0f} MB   {cpu / own:8.1f} times"
                    + ("" if len(results) > 1 else " (one run)"))
                if name == "testudo's reader":
                    inside = subprocess.run(command + [path, "200" if own < 0.05 else "5"], capture_output=True, text=True)
                    print(f"  {'':18} in the process: {inside.stdout.strip()}")


main()
