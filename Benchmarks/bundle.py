#!/usr/bin/env python3
"""How long a running image takes to put a bundle in force, as it measures itself, and how long its host waits for it.

usage: bundle.py TESTUDO BUNDLE-BENCH COUNT [ROUNDS]

Brings up one image, applies COUNT policies ROUNDS times, and asks the image over its control channel (ControlChannel.md) for
its counter `control.change-microseconds`: from the whole message to the last setting in force, without the time the
message took to arrive.
"""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

TEMPLATE = """tosca_definitions_version: tosca_simple_yaml_1_3
imports: [ sectosca/1.0 ]
topology_template:
  node_templates:
    store: { type: sectosca.nodes.KeyValueService, properties: { prefix: /, capacity: 64 KiB, memory: 64 MiB } }
  policies:
    - rules: { type: sectosca.policies.Authorization, targets: [ store ], properties: { policies: [ first.cedar ] } }
    - normal: { type: sectosca.policies.Level, properties: { rank: 0, requires: [ rules ] } }
"""
QUERY, STATUS = 4, 5


def counters(folder):
    """The counters of an instance, asked for over its control channel, which nobody else may have now."""
    record = json.loads((folder / "instance.json").read_text())
    key = base64.b64decode(record["metadata"]["channelKey"])
    audience = bytes.fromhex(record["id"])
    body = b"TSD2" + bytes([QUERY]) + audience + struct.pack("<QI", time.time_ns() // 1000, 0)
    derived = hmac.digest(key, b"testudo control message\x01", hashlib.sha256)
    message = body + hmac.digest(derived, body, hashlib.sha256)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(10)
        channel.connect(str(folder / "control.sock"))
        channel.sendall(struct.pack("<I", len(message)) + message)
        stream = channel.makefile("rb")
        while True:
            report = stream.read(struct.unpack("<I", stream.read(4))[0])
            if report[0] == STATUS:
                break
    found, place = {}, 13
    for _ in range(struct.unpack("<I", report[9:13])[0]):
        length = struct.unpack("<I", report[place:place + 4])[0]
        name = report[place + 4:place + 4 + length].decode()
        found[name] = struct.unpack("<Q", report[place + 4 + length:place + 12 + length])[0]
        place += 12 + length
    return found


def main():
    program, bench, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        environment = dict(os.environ, TESTUDO_HOME=str(folder / "home"), NO_COLOR="1")

        def testudo(*arguments):
            outcome = subprocess.run([program, *arguments], env=environment, text=True, capture_output=True)
            if outcome.returncode != 0:
                sys.exit(f"testudo {' '.join(arguments)}: {outcome.stderr[-500:]}")
            return outcome.stdout

        service = folder / "one"
        service.mkdir()
        (service / "service.yaml").write_text(TEMPLATE)
        (service / "first.cedar").write_text("permit (principal, action, resource);\n")
        text = subprocess.run([bench, str(count)], text=True, capture_output=True, check=True).stdout.splitlines(True)
        files = []
        for number in range(0, len(text), 8000):
            path = folder / f"many-{number}.cedar"
            path.write_text("".join(text[number:number + 8000]))
            files.append(str(path))
        try:
            testudo("up", str(service))
            inside, outside = [], []
            for _ in range(rounds):
                testudo("policy", "apply", *files, "--service", "one")
                plane = int((folder / "home/run/control-plane.pid").read_text())
                pushed = [event for event in json.loads(testudo("events", "--format", "json"))
                          if event["kind"] == "action" and event["message"].startswith("pushed")][-1]
                outside.append(float(pushed["details"]["milliseconds"]))
                # Whoever has the channel keeps it: the control plane must end, and is started again by the next command.
                os.kill(plane, signal.SIGKILL)
                while pathlib.Path(f"/proc/{plane}").exists():
                    time.sleep(0.01)
                instance = next((folder / "home/instances").iterdir())
                inside.append(counters(instance)["control.change-microseconds"] / 1000)
                testudo("ps")
                testudo("policy", "rollback", "--to", "1")
            print(f"{count} policies in force in a running image: {statistics.median(inside):.1f} ms at the median of {rounds}"
                  f" as the image measures, {min(inside):.1f} to {max(inside):.1f} ms; "
                  f"{statistics.median(outside):.1f} ms until the host has the acknowledgement")
        finally:
            subprocess.run([program, "down", "--all"], env=environment, capture_output=True)


main()
