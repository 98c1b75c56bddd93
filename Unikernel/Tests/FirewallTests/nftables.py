"""Asks nftables what becomes of packets: reads batches of rules and packets as JSON, and prints which packets passed.

A router in a network namespace of its own has the rules in its forward hook; the packets are put on the link on one side of
it, and those that pass come out on the other. Nobody answers them, so that what comes next is what the batch says.
"""

import ctypes
import json
import os
import socket
import struct
import subprocess
import sys
import time

ADDRESSES = {"or": "02:00:00:00:00:01", "ir": "02:00:00:00:00:02", "oe": "02:00:00:00:00:03", "ie": "02:00:00:00:00:04"}
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*words, input=None):
    done = subprocess.run(words, input=input, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: {done.stderr.strip()}")


def enter(path):
    with open(path) as space:
        if LIBC.setns(space.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter {path}")


def mac(name):
    return bytes.fromhex(ADDRESSES[name].replace(":", ""))


class Router:
    """A router between two links, `o` outside and `i` inside; `r` is its end of each, `e` the other."""

    def __init__(self, number, ruleset):
        self.name = f"tfw{os.getpid()}-{number}"
        run("ip", "netns", "add", self.name + "r")
        run("ip", "netns", "add", self.name + "e")
        for link in "oi":
            inside = ["ip", "-n", self.name + "r"]
            run(*inside, "link", "add", link + "r", "address", ADDRESSES[link + "r"], "type", "veth", "peer", "name",
                link + "e", "address", ADDRESSES[link + "e"], "netns", self.name + "e")
        self.inside("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1",
                    "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0",
                    "net.ipv4.conf.or.rp_filter=0", "net.ipv4.conf.ir.rp_filter=0",
                    "net.ipv6.conf.or.accept_dad=0", "net.ipv6.conf.ir.accept_dad=0",
                    # As the firewall of images: connections begin with SYN, and sequence numbers are left to TCP.
                    "net.netfilter.nf_conntrack_tcp_loose=0", "net.netfilter.nf_conntrack_tcp_be_liberal=1",
                    "net.netfilter.nf_conntrack_checksum=0")
        for link in "oi":
            run("ip", "-n", self.name + "r", "link", "set", link + "r", "up")
            run("ip", "-n", self.name + "e", "link", "set", link + "e", "up")
        router = ["ip", "-n", self.name + "r"]
        run(*router, "addr", "add", "169.254.9.1/32", "dev", "or")
        run(*router, "neigh", "replace", "169.254.9.2", "lladdr", ADDRESSES["oe"], "dev", "or", "nud", "permanent")
        run(*router, "route", "add", "default", "via", "169.254.9.2", "dev", "or", "onlink")
        run(*router, "neigh", "replace", "10.99.0.2", "lladdr", ADDRESSES["ie"], "dev", "ir", "nud", "permanent")
        run(*router, "route", "add", "10.99.0.2/32", "dev", "ir")
        run(*router, "neigh", "replace", "fe80::9", "lladdr", ADDRESSES["oe"], "dev", "or", "nud", "permanent")
        run(*router, "-6", "route", "add", "default", "via", "fe80::9", "dev", "or")
        run(*router, "neigh", "replace", "fd99::2", "lladdr", ADDRESSES["ie"], "dev", "ir", "nud", "permanent")
        run(*router, "-6", "route", "add", "fd99::2/128", "dev", "ir")
        run("ip", "netns", "exec", self.name + "r", "nft", "-f", "-", input=ruleset)
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        enter("/run/netns/" + self.name + "e")
        self.links = {}
        for link in "oi":
            end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            end.bind((link + "e", 3))
            end.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
            end.setblocking(False)
            self.links[link] = end
        LIBC.setns(own, 0)
        os.close(own)

    def inside(self, *words):
        run("ip", "netns", "exec", self.name + "r", *words)

    def send(self, link, packet):
        kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
        self.links[link].send(mac(link + "r") + mac(link + "e") + kind + packet)

    def arrived(self):
        """The tags of what came out: the identification of IPv4, the flow label of IPv6."""
        tags = set()
        for end in self.links.values():
            while True:
                try:
                    frame, origin = end.recvfrom(2048)
                except BlockingIOError:
                    break
                if origin[2] == socket.PACKET_OUTGOING:
                    continue
                if frame[12:14] == b"\x08\x00" and frame[6:12] in (mac("or"), mac("ir")):
                    tags.add(struct.unpack("!H", frame[18:20])[0])
                elif frame[12:14] == b"\x86\xdd" and frame[6:12] in (mac("or"), mac("ir")):
                    tags.add(struct.unpack("!I", frame[14:18])[0] & 0xFFFFF)
        return tags

    def close(self):
        for end in self.links.values():
            end.close()
        for side in "re":
            run("ip", "netns", "del", self.name + side)


def passed(number, batch):
    router = Router(number, batch["ruleset"])
    try:
        tags = set()
        for index, (link, packet) in enumerate(batch["packets"]):
            router.send(link, bytes.fromhex(packet))
            if index % 32 == 31:
                tags |= router.arrived()
        # Both links are quiet when what was sent last has come out of each.
        marks = {0xFFF0: "o", 0xFFF1: "i"}
        for tag, link in marks.items():
            router.send(link, bytes.fromhex(batch["marks"][link]))
        patience = time.monotonic() + 20
        while not marks.keys() <= tags:
            if time.monotonic() > patience:
                sys.exit("the packets that mark the end did not come out")
            tags |= router.arrived()
        return [index + 1 in tags for index in range(len(batch["packets"]))]
    finally:
        router.close()


if __name__ == "__main__":
    # Packets stay in order where one processor takes them all.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    json.dump([passed(number, batch) for number, batch in enumerate(json.load(sys.stdin))], sys.stdout)
