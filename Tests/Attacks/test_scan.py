"""A port scanner's view of an image: what is open is what was declared."""

import json
import re

from testbed import AttackCase, needs


class ScanTests(AttackCase):
    @needs("nmap")
    def test_ports(self):
        """Open ports are those of the image's own report."""
        with self.attack("port scan", "nmap -sS -sV -O") as figures:
            for resource in ("storefront", "orders"):
                image = self.portal.unikernel(resource)
                report = json.loads(
                    self.portal.testudo("image", "report", image["image"], "--format", "json").stdout)
                declared = {listener["port"] for listener in report["listeners"]}
                ports = "1-1024,3306,5432,8000-8100,49152"
                scan = self.portal.inside(
                    "nmap", "-n", "-Pn", "-sS", "-p", ports, "--min-rate", "500", "--max-retries", "2",
                    "--host-timeout", "60s", image["address"])
                found = {int(port) for port in re.findall(r"^(\d+)/tcp\s+open\s", scan.stdout, re.M)}
                # Nobody but the storefront may reach the orders: to others they show nothing at all.
                self.assertEqual(found, declared if resource == "storefront" else set(), scan.stdout)
                udp = self.portal.inside(
                    "nmap", "-n", "-Pn", "-sU", "-p", "53,67,123,161,500", "--max-retries", "1", "--host-timeout",
                    "30s", image["address"])
                self.assertNotRegex(udp.stdout, r"\d+/udp\s+open\s", udp.stdout)
                figures[resource] = sorted(found)

    @needs("nmap")
    def test_services(self):
        """Its guesses at what serves there, and at the system, do no harm."""
        with self.attack("service and system detection", "nmap -sV -O") as figures:
            address = self.portal.unikernel("storefront")["address"]
            scan = self.portal.inside(
                "nmap", "-n", "-Pn", "-sS", "-sV", "--version-intensity", "5", "-O", "--osscan-limit",
                "--max-os-tries", "1", "-p", "79-81", "--host-timeout", "90s", address, timeout=150)
            self.assertRegex(scan.stdout, r"80/tcp\s+open", scan.stdout)
            service = re.search(r"80/tcp\s+open\s+(.*)", scan.stdout).group(1).strip()
            figures["seen"] = f"port 80 is `{service}`"
