"""Bulk data both ways over a link that loses frames: everything arrives, as it was sent."""

import hashlib
import http.client
import os
import re
import subprocess
import sys
import time
import unittest

from testbed import CLERK, REPOSITORY, AttackCase, Service, in_namespace, lacking

LOSSES = [0, 0.001, 0.01, 0.05]


class BulkTests(AttackCase):
    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        # Without the firewall, which takes nothing from a host that no flow is declared for.
        cls.portal = Service(
            os.path.join(REPOSITORY, "Examples/portal"), "portal",
            lambda text: text.replace("requires: [ declared_flows, passwords", "requires: [ passwords"))
        cls.addClassCleanup(cls.portal.down)
        cls.portal.up("--set", f"credentials=@{REPOSITORY}/Examples/portal/accounts.yaml")
        cls.url = cls.portal.url("storefront")

    def test_bulk(self):
        address = self.portal.unikernel("storefront")["address"]
        bridge = re.search(r"\d+: ([^:@\s]+)[:@]", self.portal.inside("ip", "-o", "link", "show", "type", "bridge").stdout)
        program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lossy_link.py")
        for loss in LOSSES:
            with self.attack(f"bulk both ways, {loss * 100:g} % loss", "own relay", least_served=3) as figures:
                relay = subprocess.Popen(
                    [sys.executable, "-B", program, self.portal.namespace, bridge.group(1), str(loss), "7"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                try:
                    word, client = relay.stdout.readline().split()
                    self.assertEqual(word, "ready")
                    start = time.monotonic()
                    moved = self.exchange(client, address, rounds=6 if loss < 0.05 else 2)
                    took = time.monotonic() - start
                finally:
                    relay.stdin.close()
                    carried, lost = map(int, relay.stdout.readline().split())
                    relay.wait(20)
                if loss > 0.001:
                    self.assertGreater(lost, 0)
                figures["seen"] = f"{moved / took / 125000:.0f} Mbit/s, {lost} of {carried + lost} frames lost"

    def exchange(self, namespace, address, rounds):
        """Puts and gets half a megabyte again and again, on one connection."""
        moved = 0
        with in_namespace(namespace):
            connection = http.client.HTTPConnection(address, 80, timeout=90)
            connection.connect()
        for number in range(rounds):
            content = os.urandom(512 * 1024)
            connection.request("PUT", "/orders/bulk", body=content, headers=CLERK)
            answer = connection.getresponse()
            answer.read()
            self.assertIn(answer.status, (201, 204))
            connection.request("GET", "/orders/bulk", headers=CLERK)
            answer = connection.getresponse()
            received = answer.read()
            self.assertEqual(hashlib.sha256(received).digest(), hashlib.sha256(content).digest())
            moved += 2 * len(content)
        connection.request("DELETE", "/orders/bulk", headers=CLERK)
        connection.getresponse().read()
        connection.close()
        return moved
