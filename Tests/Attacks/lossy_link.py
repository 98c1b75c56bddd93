"""A link that loses frames: a host of its own in a network namespace, and a relay between it and a service's bridge.

Used where the kernel has no `netem`, and everywhere, so that all machines test the same. Run as a program it is the
relay; it prints `ready` and ends when its standard input does.
"""

import fcntl
import os
import random
import select
import struct
import subprocess
import sys

from testbed import in_namespace

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000


def tap(name):
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return descriptor


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def relay(service, bridge, loss, seed):
    """Between the bridge in the service's namespace and a namespace made for this."""
    client = f"lossy-{os.getpid()}"
    ip("netns", "add", client)
    try:
        with in_namespace(service):
            near = tap("lossy0")
        with in_namespace(client):
            far = tap("lossy1")
        ip("-n", service, "link", "set", "lossy0", "master", bridge, "up")
        ip("-n", client, "addr", "add", "10.77.0.250/24", "dev", "lossy1")
        ip("-n", client, "link", "set", "lossy1", "up")
        print("ready", client, flush=True)
        chance = random.Random(seed)
        carried = lost = 0
        other = {near: far, far: near}
        while True:
            readable, _, _ = select.select([near, far, sys.stdin], [], [])
            if sys.stdin in readable:
                break
            for source in readable:
                for _ in range(64):
                    try:
                        frame = os.read(source, 65536)
                    except BlockingIOError:
                        break
                    if chance.random() < loss:
                        lost += 1
                        continue
                    carried += 1
                    try:
                        os.write(other[source], frame)
                    except OSError:
                        lost += 1
        print(carried, lost, flush=True)
    finally:
        ip("netns", "delete", client)


if __name__ == "__main__":
    relay(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
