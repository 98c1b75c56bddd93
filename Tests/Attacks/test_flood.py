"""Floods, and clients that take their time."""

import os
import random
import re
import socket
import subprocess
import time

from testbed import AttackCase, in_namespace, needs, stop


class FloodTests(AttackCase):
    def flood(self, name, *words, seconds=4, failures=0):
        address = self.portal.unikernel("storefront")["address"]
        with self.attack(name, "hping3", least_served=5, failures=failures) as figures:
            process = subprocess.Popen(
                ["ip", "netns", "exec", self.portal.namespace, "nice", "hping3", "-q", "-n", *words, address],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
                stdin=subprocess.DEVNULL)
            time.sleep(seconds)
            process.send_signal(2)
            try:
                output, _ = process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                stop(process)
                output = ""
            sent = re.search(r"(\d+) packets t", output)
            self.assertTrue(sent, output)
            figures["packets"] = int(sent.group(1))
            self.assertGreater(figures["packets"], 1000)

    @needs("hping3")
    def test_syn(self):
        """A million half-open connections, from addresses that do not exist."""
        self.flood("SYN flood, random sources", "-S", "-p", "80", "--rand-source", "-i", "u40")

    @needs("hping3")
    def test_syn_one_source(self):
        """From one address that nobody has; not the forwarder's, whose connections it would meet with its own."""
        self.flood("SYN flood, one source", "-S", "-p", "80", "-a", "10.77.0.200", "-i", "u40")

    @needs("hping3")
    def test_syn_admitted(self):
        """From the forwarder's own address, which the firewall admits: these get as far as TCP. Where the flood uses a
        port of the forwarder's, an honest connection may be reset by its own kernel."""
        self.flood("SYN flood, admitted by the firewall", "-S", "-p", "80", "-i", "u40", failures=1000)

    @needs("hping3")
    def test_udp(self):
        self.flood("UDP flood", "--udp", "-p", "53", "-d", "512", "-i", "u40")

    @needs("hping3")
    def test_icmp(self):
        self.flood("ICMP flood", "--icmp", "-d", "1000", "-i", "u40")

    @needs("hping3")
    def test_reset(self):
        self.flood("segments with odd flags", "-F", "-P", "-U", "-p", "80", "-i", "u40")

    def test_connections(self):
        """Connections from the forwarder's address that are opened and say nothing, not even for whom: more than there are
        places for. A header of the forwarder's that comes very late may find its connection gone."""
        address = self.portal.unikernel("storefront")["address"]
        with self.attack("connections that say nothing", "sockets", failures=5) as figures:
            held = []
            with in_namespace(self.portal.namespace):
                for _ in range(1500):
                    connection = socket.socket()
                    connection.setblocking(False)
                    connection.connect_ex((address, 80))
                    held.append(connection)
            time.sleep(2)
            figures["connections"] = len(held)
            for connection in held:
                connection.close()


    def test_hoarding(self):
        """One client outside opens more connections than there are places, says nothing, and opens again what it loses.
        Another is served all the time: none of its requests fails."""
        with self.attack("one client holds all it can", "sockets", least_served=20) as figures:
            held, opened = {}, 0
            end = time.monotonic() + 4
            while time.monotonic() < end:
                for number in range(1500):
                    if number in held and not ended(held[number]):
                        continue
                    connection = socket.socket()
                    # All of 127.0.0.0/8 is this host: a source of its own.
                    connection.bind(("127.0.0.66", 0))
                    connection.setblocking(False)
                    connection.connect_ex(self.published)
                    if number in held:
                        held[number].close()
                    held[number] = connection
                    opened += 1
                time.sleep(0.2)
            figures["opened"] = opened
            figures["held"] = sum(not ended(connection) for connection in held.values())
            for connection in held.values():
                connection.close()
        self.assertGreater(figures["held"], 500)
        told = [event for event in self.portal.events() if event["kind"] == "http.place-yielded"]
        self.assertTrue(told, "that places were taken from it is among the events")
        self.assertTrue(all("127.0.0.66" in str(event) for event in told), told[:3])


def ended(connection):
    """Whether the other side has ended a connection on which it never says anything."""
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class SlowTests(AttackCase):
    def slow(self, name, *words):
        with self.attack(name, "slowhttptest", least_served=5, failures=10_000) as figures:
            outcome = subprocess.run(
                ["slowhttptest", "-c", "300", "-i", "2", "-r", "150", "-l", "8", "-p", "3", *words, "-u",
                 f"{self.url}/"], capture_output=True, text=True, timeout=60, cwd=self.portal.folder)
            status = re.findall(r"Exit status:\s*(.*)", outcome.stdout + outcome.stderr)
            figures["seen"] = re.sub(r"\x1b\[[0-9;]*m", "", status[0]) if status else "ended"

    @needs("slowhttptest")
    def test_headers(self):
        """Slowloris: a header line every other second, from 300 connections."""
        self.slow("slow headers", "-H")

    @needs("slowhttptest")
    def test_body(self):
        self.slow("slow body", "-B", "-s", "8192")

    @needs("slowhttptest")
    def test_read(self):
        self.slow("slow read", "-X", "-w", "1", "-y", "16", "-n", "2", "-z", "8", "-k", "3")
