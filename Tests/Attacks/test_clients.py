"""Clients that others wrote: whatever they speak is understood."""

import os
import re
import subprocess

from testbed import AttackCase, needs


class ClientTests(AttackCase):
    @needs("curl")
    def test_curl(self):
        """curl's ways to ask: versions, methods, ranges, conditions, expectations, long lines, many at once."""
        published = f"{self.url}/"
        user = ["-u", "carl:counting-house"]
        large = os.path.join(self.portal.folder, "large")
        with open(large, "wb") as file:
            file.write(os.urandom(64 * 1024))
        matrix = [
            (["--http1.1", published], "200"),
            (["--http1.0", published], "200"),
            (["--http0.9", "--http2", published], "200"),
            (["-I", published], "200"),
            (["-X", "OPTIONS", published], "401"),
            (["-X", "POST", "-d", "x=y", published], "401"),
            (["-r", "0-9", published], "206"),
            (["-r", "999999-", published], "416"),
            (["-z", "2099-01-01", published], "(200|304)"),
            (["-H", "If-None-Match: *", published], "304"),
            (["--compressed", published], "200"),
            (["-H", "Connection: close", published], "200"),
            (["-H", "Host:", published], "400"),
            (["-H", "X-Long: " + "x" * 15000, published], "200"),
            (["-H", "X-Long: " + "x" * 20000, published], "431"),
            (["--path-as-is", f"{self.url}/../../etc/passwd"], "404"),
            ([f"{self.url}/" + "a" * 9000], "(414|404)"),
            ([*user, "-T", large, f"{self.url}/orders/curl"], "20[14]"),
            ([*user, "-T", large, "-H", "Expect: 100-continue", f"{self.url}/orders/curl"], "204"),
            ([*user, "-T", large, "-H", "Transfer-Encoding: chunked", f"{self.url}/orders/curl"], "204"),
            ([*user, f"{self.url}/orders/curl"], "200"),
            ([*user, "-X", "DELETE", f"{self.url}/orders/curl"], "204"),
            (["-u", "carl:wrong", f"{self.url}/orders/curl"], "401"),
            (["--digest", "-u", "carl:counting-house", f"{self.url}/orders/1"], "401"),
            (["-H", "Upgrade: websocket", "-H", "Connection: Upgrade", published], "200"),
            (["-X", "TRACE", published], "501"),
            (["-X", "CONNECT", published], "501"),
            (["-X", "BREW", published], "401"),
        ]
        with self.attack("client matrix", "curl") as figures:
            for words, expected in matrix:
                outcome = subprocess.run(
                    ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--max-time", "20", *words],
                    capture_output=True, text=True, timeout=30)
                with self.subTest(words=" ".join(words)[:100]):
                    self.assertRegex(outcome.stdout, f"^{expected}$")
            many = subprocess.run(
                ["curl", "-s", "-Z", "--parallel-max", "50", "-o", "/dev/null", "-w", "%{http_code}\n",
                 f"{self.url}/[1-200]?x"], capture_output=True, text=True, timeout=60)
            self.assertEqual(many.stdout.count("404"), 200)
            figures["requests"] = len(matrix) + 200

    @needs("ab")
    def test_ab(self):
        with self.attack("load, HTTP/1.0 with and without keep-alive", "ab") as figures:
            for words in (["-k"], []):
                outcome = subprocess.run(
                    ["ab", "-q", *words, "-n", "3000", "-c", "32", "-s", "30", f"{self.url}/"], capture_output=True,
                    text=True, timeout=120)
                self.assertRegex(outcome.stdout, r"Complete requests:\s+3000", outcome.stderr)
                self.assertRegex(outcome.stdout, r"Failed requests:\s+0\b")
                self.assertNotIn("Non-2xx", outcome.stdout)
            figures["requests"] = 6000

    @needs("h2load")
    def test_h2load(self):
        with self.attack("load, pipelined", "h2load --h1") as figures:
            outcome = subprocess.run(
                ["h2load", "--h1", "-n", "5000", "-c", "20", "-m", "8", f"{self.url}/"], capture_output=True, text=True,
                timeout=120)
            self.assertRegex(outcome.stdout, r"5000 succeeded, 0 failed, 0 errored, 0 timeout", outcome.stderr)
            self.assertRegex(outcome.stdout, r"status codes: 5000 2xx")
            figures["requests"] = 5000

    @needs("wrk")
    def test_wrk(self):
        with self.attack("load, 64 connections", "wrk") as figures:
            outcome = subprocess.run(
                ["wrk", "-t1", "-c64", "-d3s", "--timeout", "20s", f"{self.url}/"], capture_output=True, text=True,
                timeout=60)
            self.assertNotIn("Non-2xx", outcome.stdout)
            self.assertNotIn("Socket errors", outcome.stdout)
            figures["requests"] = int(re.search(r"(\d+) requests in", outcome.stdout).group(1))
            self.assertGreater(figures["requests"], 0)
