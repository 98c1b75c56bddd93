"""Malformed packets, from a host beside the images."""

import os
import random
import re
import time
import unittest

from testbed import AttackCase, ask, in_namespace, needs, note

try:
    import logging

    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    from scapy.all import ARP, ICMP, IP, TCP, UDP, Ether, Raw, conf, fragment, raw, wrpcap
except ImportError:
    conf = None


@unittest.skipIf(conf is None, "missing: python3-scapy (Scripts/install-attack-tools.sh installs it)")
class PacketTests(AttackCase):
    def setUp(self):
        self.address = self.portal.unikernel("storefront")["address"]
        links = self.portal.inside("ip", "-o", "-4", "addr", "show").stdout
        self.link, self.source = re.search(r"\d+: (\S+)\s+inet (10\.77\.0\.\d+)/", links).groups()
        self.portal.inside("ping", "-c", "1", "-W", "5", self.address)
        ask_hardware = self.portal.inside("ip", "neigh", "show", self.address).stdout
        found = re.search(r"lladdr (\S+)", ask_hardware)
        if not found:
            with in_namespace(self.portal.namespace):
                import socket

                with socket.create_connection((self.address, 80), timeout=10):
                    pass
            found = re.search(r"lladdr (\S+)", self.portal.inside("ip", "neigh", "show", self.address).stdout)
        self.hardware = found.group(1)
        self.own = re.search(r"link/ether (\S+)", self.portal.inside("ip", "link", "show", self.link).stdout).group(1)

    def frame(self, packet):
        return Ether(src=self.own, dst=self.hardware) / packet

    def send(self, name, frames):
        """Hands frames to the link as they are."""
        import socket

        frames = [frame if isinstance(frame, bytes) else raw(frame) for frame in frames]
        with self.attack(name, "scapy", least_served=3) as figures:
            with in_namespace(self.portal.namespace):
                link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                link.bind((self.link, 0))
            for number, frame in enumerate(frames):
                try:
                    link.send(frame)
                except OSError:
                    pass  # Too long or too short for the link: it never leaves.
                if number % 64 == 63:
                    time.sleep(0.005)
            link.close()
            figures["packets"] = len(frames)

    def syn(self, port=40000, **fields):
        return IP(src=self.source, dst=self.address) / TCP(sport=port, dport=80, flags="S", seq=1000, **fields)

    def test_truncated(self):
        """Every header cut off at every byte, with lengths that tell the truth and that do not."""
        frames = []
        for packet in (
            self.frame(self.syn(options=[("MSS", 1460), ("SAckOK", b""), ("WScale", 7)])),
            self.frame(IP(src=self.source, dst=self.address) / ICMP() / b"echo"),
            self.frame(IP(src=self.source, dst=self.address) / UDP(sport=1, dport=53) / b"question"),
            Ether(src=self.own, dst="ff:ff:ff:ff:ff:ff") / ARP(psrc=self.source, pdst=self.address),
        ):
            whole = raw(packet)
            frames += [whole[:count] for count in range(14, len(whole))]
            for count in range(34, len(whole)):
                if packet.haslayer(IP):
                    cut = packet[IP].copy()
                    del cut.chksum
                    cut.len = count - 14
                    frames.append(raw(self.frame(cut))[:count])
        self.send("headers cut off at every byte", frames)

    def test_altered(self):
        """Every byte of the headers set to values at the edges, with checksums that are right again."""
        frames = []
        base = self.frame(self.syn(options=[("MSS", 1460), ("Timestamp", (1, 0)), ("WScale", 7)]) / b"data")
        whole = raw(base)
        for place in range(14, min(len(whole), 14 + 20 + 40)):
            for value in (0, 1, 0x0F, 0x40, 0x7F, 0x80, 0xF0, 0xFF):
                altered = bytearray(whole)
                altered[place] = value
                frames.append(bytes(altered))
                with_checksum = Ether(bytes(altered))
                if with_checksum.haslayer(IP):
                    del with_checksum[IP].chksum
                    if with_checksum.haslayer(TCP):
                        del with_checksum[TCP].chksum
                    try:
                        frames.append(raw(with_checksum))
                    except Exception:
                        pass
        self.send("each header byte at its edges", frames)

    def test_fragments(self):
        """Fragments that overlap, that are empty, that end beyond 64 KiB, and those of which the rest never comes."""
        packet = IP(src=self.source, dst=self.address, id=77)
        payload = os.urandom(1480)
        frames = []
        # Teardrop: the second lies inside the first, or goes back before it.
        for first, second, length in ((36, 3, 4), (1000, 8, 16), (800, 1, 1400), (64, 0, 64)):
            frames += [
                packet.copy() / Raw(payload[:first]), packet.copy() / Raw(payload[:length]),
            ]
            frames[-2].flags, frames[-2].frag, frames[-2].proto = "MF", 0, 17
            frames[-1].flags, frames[-1].frag, frames[-1].proto = 0, second, 17
        # Ping of death: the last fragment ends beyond the longest datagram.
        for offset in (8189, 8100, 8191):
            death = packet.copy() / Raw(payload[:1400])
            death.flags, death.frag, death.proto = 0, offset, 1
            frames.append(death)
        # First fragments of thousands of datagrams, and middles without a beginning.
        for number in range(3000):
            part = IP(src=self.source, dst=self.address, id=number, flags="MF", frag=number % 3, proto=6) / Raw(
                payload[: 8 * (1 + number % 100)])
            frames.append(part)
        # A SYN in tiny fragments, which a filter could not see in one piece.
        frames += fragment(self.syn(), fragsize=8)
        frames += reversed(fragment(self.syn(port=40001) / Raw(payload[:64]), fragsize=24))
        self.send("fragments: teardrop, ping of death, never ending", [self.frame(each) for each in frames])

    def test_land(self):
        """From the image's own address and port to itself, from loopback, broadcast, multicast and nowhere."""
        frames = []
        for source in (self.address, "127.0.0.1", "255.255.255.255", "224.0.0.1", "0.0.0.0", "10.77.0.255"):
            for flags in ("S", "SA", "A", "R", "F"):
                frames.append(
                    self.frame(IP(src=source, dst=self.address) / TCP(sport=80, dport=80, flags=flags, seq=1)))
            frames.append(self.frame(IP(src=source, dst=self.address) / ICMP() / b"x"))
            frames.append(self.frame(IP(src=source, dst=self.address) / UDP(sport=7, dport=7) / b"x"))
        self.send("LAND, and senders that cannot be", frames * 10)

    def test_options(self):
        """IP and TCP options of wrong lengths, unknown kinds, source routes, endless no-operations."""
        chance = random.Random(7)
        frames = []
        for length in range(41):
            for kind in (2, 3, 4, 5, 8, 19, 28, 253):
                block = bytes([kind, length]) + bytes(chance.randrange(256) for _ in range(38))
                packet = self.syn()
                packet[TCP].options = []
                content = raw(packet)
                segment = content[20:32] + bytes([0xF2 & 0xF0, 0x02]) + content[34:40] + block[:40]
                rebuilt = IP(src=self.source, dst=self.address, proto=6) / Raw(segment)
                frames.append(self.frame(rebuilt))
                checked = IP(raw(rebuilt))
                if checked.haslayer(TCP):
                    del checked[TCP].chksum
                    try:
                        frames.append(self.frame(IP(raw(checked))))
                    except Exception:
                        pass
        for options in (b"\x07\x04\x00\x00", b"\x83\x07\x04\x0a\x4d\x00\x02\x00", b"\x89\x00", b"\x01" * 40,
                        b"\x44\x28\x05\x00" + bytes(36), b"\x94\x04\x00\x00", b"\xff\xff\xff\xff"):
            header = bytes([0x40 | 5 + len(options) // 4]) + raw(self.syn())[1:20] + options
            frames.append(raw(Ether(src=self.own, dst=self.hardware)) + header + raw(self.syn())[20:])
            fixed = IP(header + raw(self.syn())[20:])
            del fixed.chksum, fixed.len
            frames.append(raw(self.frame(fixed)))
        self.send("IP and TCP options", frames)

    def test_checksums(self):
        frames = []
        for number in range(500):
            packet = self.syn(port=41000 + number)
            packet[TCP].chksum = number
            frames.append(self.frame(packet))
            broken = self.syn(port=41000 + number)
            broken.chksum = number
            frames.append(self.frame(broken))
            frames.append(self.frame(IP(src=self.source, dst=self.address) / ICMP(chksum=number) / b"x"))
        self.send("wrong checksums", frames)

    def test_random(self):
        """Random content after headers that are right, and neighbours that claim to be others."""
        chance = random.Random(11)
        frames = []
        for _ in range(3000):
            kind = chance.randrange(4)
            content = chance.randbytes(chance.randrange(200))
            if kind == 0:
                frames.append(raw(Ether(src=self.own, dst=self.hardware, type=chance.choice([0x800, 0x806, 0x86DD])) / content))
            elif kind == 1:
                packet = IP(src=self.source, dst=self.address, proto=chance.randrange(256)) / Raw(content)
                frames.append(raw(self.frame(packet)))
            elif kind == 2:
                packet = IP(src=self.source, dst=self.address) / TCP(
                    sport=chance.randrange(65536), dport=80, flags=chance.randrange(256), seq=chance.randrange(2**32),
                    ack=chance.randrange(2**32), window=chance.randrange(65536)) / Raw(content)
                frames.append(raw(self.frame(packet)))
            else:
                frames.append(raw(self.frame(ARP(
                    op=chance.randrange(4), psrc=f"10.77.0.{chance.randrange(100, 250)}", hwsrc=self.own,
                    pdst=self.address))))
        self.send("random content", frames)


class ReplayTests(PacketTests if conf else AttackCase):
    """A capture of honest traffic, played again and again at another speed."""

    for _name in [each for each in dir(PacketTests if conf else AttackCase) if each.startswith("test_")]:
        locals()[_name] = None

    @needs("tcpdump", "tcpreplay")
    def test_replay(self):
        import subprocess

        capture = os.path.join(self.portal.folder, "honest.pcap")
        dump = subprocess.Popen(
            ["ip", "netns", "exec", self.portal.namespace, "tcpdump", "-i", self.link, "-w", capture, "-U", "-Z", "root",
             "tcp port 80"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in dump.stderr:
            if "listening on" in line:
                break
        for number in range(50):
            ask(self.url + "/", headers={"Connection": "close"})
        time.sleep(1)
        dump.terminate()
        dump.wait(10)
        with self.attack("honest traffic played again", "tcpreplay", least_served=3) as figures:
            outcome = self.portal.inside(
                "tcpreplay", "-q", "-i", self.link, "--loop", "20", "--mbps", "50", capture)
            self.assertEqual(outcome.returncode, 0, outcome.stderr)
            figures["packets"] = int(re.search(r"Actual: (\d+) packets", outcome.stdout).group(1))
            self.assertGreater(figures["packets"], 1000)
