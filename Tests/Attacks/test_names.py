"""Backends that are names: a DNS server of somebody else's, dnsmasq, beside the images; and a backend there."""

import http.server
import os
import socket
import subprocess
import threading
import unittest

from testbed import CLERK, REPOSITORY, Service, ask, eventually, in_namespace, lacking, needs, note, stop

# What a chain of these takes does not fit into the 512 bytes of a datagram.
LONG = [".".join([letter * 60] * 4) for letter in "abc"]


def with_servers(text):
    """The storefront passes requests on to servers by their names."""
    return text.replace(
        "          - { path: /orders, backend: orders }\n",
        "          - { path: /orders, server: 'orders:80' }\n"
        "          - { path: /api, server: 'api.example:8081' }\n"
        "          - { path: /long, server: 'long.example:8081' }\n"
        "          - { path: /away, server: 'away.example:8081' }\n"
        "          - { path: /nothing, server: 'nothing.example:8081' }\n"
        "        resolver: { servers: [ 10.77.0.1 ], networks: [ 10.77.0.1/32 ] }\n")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{self.path} for {self.headers['Host']}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class NameTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        cls.portal = Service(os.path.join(REPOSITORY, "Examples/portal"), "portal-names", edit=with_servers)
        cls.addClassCleanup(cls.portal.down)
        cls.portal.up("--set", f"credentials=@{REPOSITORY}/Examples/portal/accounts.yaml")
        with in_namespace(cls.portal.namespace):
            cls.backend = http.server.ThreadingHTTPServer(("10.77.0.1", 8081), Page)
        cls.addClassCleanup(cls.backend.server_close)
        threading.Thread(target=cls.backend.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.backend.shutdown)

    def is_truncated(self, name):
        with in_namespace(self.portal.namespace):
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asking:
            asking.settimeout(10)
            asking.sendto(b"\0\7\1\0\0\1\0\0\0\0\0\0" + name + b"\0\1\0\1", ("10.77.0.1", 53))
            return asking.recv(512)[2] & 2 != 0

    @needs("dnsmasq")
    def test_names(self):
        url = self.portal.url("storefront")
        # A resource's name needs no server.
        self.assertEqual(ask(url, "PUT", "/orders/7", CLERK, b"seven")[0] // 100, 2)
        self.assertEqual(ask(url, "GET", "/orders/7", CLERK)[1], b"seven")
        # Nobody answers yet: the client hears of it, and the image goes on.
        self.assertEqual(ask(url, path="/api/1", timeout=30)[0], 502)
        log = os.path.join(self.portal.folder, "dnsmasq.log")
        server = subprocess.Popen(
            ["ip", "netns", "exec", self.portal.namespace, "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
             "--no-resolv", "--no-hosts", "--listen-address=10.77.0.1", "--bind-interfaces", "--user=root",
             "--pid-file=", "--log-queries=extra", f"--log-facility={log}", "--local=/example/", "--local-ttl=5",
             "--host-record=api.example,10.77.0.1", "--host-record=away.example,10.77.0.2",
             f"--host-record={LONG[2]},10.77.0.1", f"--cname=long.example,{LONG[0]}", f"--cname={LONG[0]},{LONG[1]}",
             f"--cname={LONG[1]},{LONG[2]}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.addCleanup(stop, server)
        self.assertTrue(eventually(lambda: ask(url, path="/api/1", timeout=30)[0] == 200), "the name is not found")
        status, body, _ = ask(url, path="/api/2")
        self.assertEqual(status, 200)
        self.assertTrue(body.startswith(b"/api/2 for 127.0.0.1:"), body)
        # Too long for a datagram, and so found over TCP.
        self.assertTrue(self.is_truncated(b"\4long\7example\0"))
        self.assertFalse(self.is_truncated(b"\3api\7example\0"))
        status, body, _ = ask(url, path="/long/3", timeout=30)
        self.assertEqual((status, body[:7]), (200, b"/long/3"))
        # An answer may not lead to other places, such as the image itself; what does not exist has no address.
        self.assertEqual(ask(url, path="/away/4", timeout=30)[0], 502)
        self.assertEqual(ask(url, path="/nothing/5", timeout=30)[0], 502)
        # Remembered for a while: not every request is a question.
        def questions():
            with open(log) as file:
                return sum("query[A]" in line and "api.example" in line.lower() for line in file)

        before = questions()
        for _ in range(50):
            self.assertEqual(ask(url, path="/api/6")[0], 200)
        asked = questions() - before
        self.assertLess(asked, 50)
        note("backends with names", "dnsmasq", "found, also over TCP; not led elsewhere", questions=asked)


if __name__ == "__main__":
    unittest.main()
