"""What a scanner of TLS says of the example `encrypted`."""

import os
import re
import subprocess
import unittest

from testbed import REPOSITORY, Service, lacking, needs, note, resident


class TLSTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        cls.service = service = Service(os.path.join(REPOSITORY, "Examples/encrypted"), "encrypted")
        cls.addClassCleanup(service.down)
        folder = os.path.join(service.folder, "tls")
        service.testudo("certificate", "--authority", "--name", "Test authority", "--out", f"{folder}/authority")
        service.testudo(
            "certificate", "--issuer", f"{folder}/authority", "--name", "127.0.0.1", "--out", f"{folder}/page")
        service.up(
            "--set", f"certificate=@{folder}/page.pem", "--set", f"key=@{folder}/page-key.pem", "--set",
            f"authority=@{folder}/authority.pem")
        cls.authority = f"{folder}/authority.pem"
        cls.address = service.url("page").removeprefix("https://")

    def serves(self):
        outcome = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "15", "--cacert", self.authority,
             f"https://{self.address}/"], capture_output=True, text=True)
        self.assertEqual(outcome.stdout, "200")

    @needs("sslscan")
    def test_sslscan(self):
        """TLS 1.2 alone, only authenticated encryption with forward secrecy, none of the known holes."""
        pid = self.service.unikernel("page")["pid"]
        before = resident(pid)
        scan = subprocess.run(
            ["sslscan", "--no-colour", "--no-sigs", self.address], capture_output=True, text=True, timeout=120).stdout
        for version in ("SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.3"):
            self.assertRegex(scan, rf"{re.escape(version)}\s+disabled", scan)
        self.assertRegex(scan, r"TLSv1\.2\s+enabled", scan)
        suites = re.findall(r"^(?:Accepted|Preferred)\s+(\S+)\s+\d+ bits\s+(\S+)", scan, re.M)
        self.assertTrue(suites, scan)
        for version, suite in suites:
            self.assertEqual(version, "TLSv1.2")
            self.assertRegex(suite, r"^ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)$", scan)
        self.assertNotRegex(scan, r"(?<!not )vulnerable to heartbleed", scan)
        self.assertNotIn("Insecure", scan)
        self.serves()
        pid_after = self.service.unikernel("page")["pid"]
        self.assertEqual(pid, pid_after)
        note(
            "TLS: versions, suites, known holes", "sslscan", ", ".join(sorted({suite for _, suite in suites})),
            growth_kib=resident(pid) - before)

    @needs("testssl")
    def test_testssl(self):
        """ROBOT, CRIME, BREACH, POODLE, SWEET32, FREAK, DROWN, LOGJAM, BEAST, LUCKY13, RC4 and so on."""
        pid = self.service.unikernel("page")["pid"]
        outcome = subprocess.run(
            ["testssl", "--color", "0", "--quiet", "--warnings", "off", "-H", "-I", "-R", "-C", "-O", "-Z", "-F", "-A",
             "-BB", f"https://{self.address}"], capture_output=True, text=True, timeout=200, stdin=subprocess.DEVNULL)
        text = outcome.stdout
        self.assertIn("Heartbleed", text, outcome.stderr)
        found = [line for line in text.splitlines() if re.search(r"(?<!not )\bVULNERABLE\b", line)]
        self.assertEqual(found, [], text)
        self.serves()
        self.assertEqual(pid, self.service.unikernel("page")["pid"])
        note("TLS: attacks by name", "testssl", f"{text.count('not vulnerable')} times not vulnerable, none vulnerable")
