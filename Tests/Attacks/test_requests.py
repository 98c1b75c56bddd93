"""Requests that two recipients could understand differently."""

import os
import random
import re
import subprocess
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from testbed import CLERK, READER, AttackCase, ask, needs, raw

try:
    import h11
except ImportError:
    h11 = None

# Statuses by which the server says that it did not understand, or does not go along.
REFUSED = {400, 408, 411, 413, 414, 417, 431, 501, 505}


def judged_by_h11(data):
    """What h11 makes of a request as a server: its method and content, or None where it refuses or waits for more."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=65536)
    connection.receive_data(data)
    connection.receive_data(b"")
    method, content = None, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                method = event.method
            elif isinstance(event, h11.Data):
                content += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return method, content
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None


# Where h11 accepts and we refuse: what is stricter here, and why. The first that matches explains a difference.
STRICTER = [
    ("bare LF ends a line", lambda data: re.search(rb"(?<!\r)\n", head(data) + b"\r\n\r\n")
     or chunked(data) and re.search(rb"(?<!\r)\n", data), "RFC 9112, 2.2 lets a recipient accept it; intermediaries differ"),
    ("obs-fold", lambda data: re.search(rb"\r\n[ \t]", head(data)), "RFC 9112, 5.2: a server must refuse it or unfold it"),
    ("length and chunked", lambda data: chunked(data) and re.search(rb"(?i)\ncontent-length:", head(data)),
     "RFC 9112, 6.3: ought to be handled as an error"),
    ("several lengths that agree", lambda data: len(re.findall(rb"(?i)\ncontent-length:", head(data))) > 1
     or re.search(rb"(?i)\ncontent-length:[^\r\n]*,", head(data)), "RFC 9112, 6.3 lets them be refused"),
    ("coding in HTTP/1.0", lambda data: b"HTTP/1.0" in data.split(b"\n")[0] and chunked(data),
     "RFC 9112, 6.1: its framing is faulty"),
    ("another method", lambda data: data.lstrip(b"\r\n").split(b" ")[0] in (b"TRACE", b"CONNECT"), "not implemented: 501"),
    ("target", lambda data: not is_plain_target(data), "only paths and absolute targets that are well-formed"),
    ("host", lambda data: re.search(rb"(?i)\nhost:(?!\s*[a-z0-9.:-]+\s*\r?$)", head(data), re.M),
     "a Host that is no host and port"),
    ("expectation", lambda data: re.search(rb"(?i)\nexpect:(?!\s*100-continue\s*$)", head(data), re.M), "417"),
    ("chunk line", lambda data: chunked(data), "no white space around a chunk's size, at most 8 digits, extensions of "
     "visible characters only"),
    ("length with signs or blanks", lambda data: re.search(rb"(?i)\ncontent-length:\s*[^0-9\s]", head(data)), "digits only"),
    ("too large", lambda data: len(head(data)) > 16384, "431 and 413"),
    ("empty lines before", lambda data: data.startswith((b"\r\n\r\n", b"\n")), "one is skipped, no more"),
    ("version", lambda data: not re.search(rb" HTTP/1\.[01]\r?$", data.split(b"\n")[0]), "505"),
]

# Where we accept and h11 refuses.
LAXER = [
    ("later minor version", lambda data: re.search(rb" HTTP/1\.[2-9]\r?$", first_line(data)),
     "RFC 9110, 2.5: a minor version that is not known is processed as the highest that is"),
    ("empty line before", lambda data: data.startswith(b"\r\n"), "RFC 9112, 2.2: a server should ignore one"),
    ("bytes behind the message", lambda data: True if b"\r\n\r\n" in data and not chunked(data)
     and not re.search(rb"(?i)content-length", head(data)) and data.split(b"\r\n\r\n", 1)[1] else False,
     "the start of a next request, which was never complete"),
    ("trailer section", lambda data: chunked(data), "fields after the last chunk are checked and dropped"),
]


def first_line(data):
    return data.lstrip(b"\r\n").split(b"\n")[0]


def head(data):
    return re.split(rb"\r\n\r\n|\n\n", data, maxsplit=1)[0]


def chunked(data):
    return re.search(rb"(?i)\ntransfer-encoding:", head(data)) is not None


def is_plain_target(data):
    words = first_line(data).rstrip(b"\r").split(b" ")
    if len(words) < 3:
        return False
    target = words[1]
    return re.fullmatch(rb"(/|http://[a-z0-9.:-]+/?)([A-Za-z0-9/._~!$&'()*+,;=:@?-]|%[0-9A-Fa-f]{2})*", target) \
        is not None and not re.search(rb"%(2[fF]|5[cC]|0|1|7[fF]|[89a-fA-F])", target)


def generated(count, seed=20260101):
    """Requests, most of them with one or two things that are not as they should be."""
    chance = random.Random(seed)
    methods = [b"GET"] * 40 + [b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"get", b"G@T", b"", b"GET ", b"TRACE"]
    targets = [b"/"] * 40 + [b"/a?b=c", b"/%41", b"/%zz", b"*", b"foo", b"http://h/", b"//x", b"/\xff", b"/a b", b"/a#b",
                            b"/..", b"/%2e%2e/", b"/;x", b"/%00"]
    versions = [b"HTTP/1.1"] * 40 + [b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"HTTP/0.9", b"http/1.1", b"HTTP/1.1 ", b""]
    ends = [b"\r\n"] * 40 + [b"\n", b"\r", b"\r\r\n"]
    fields = [
        b"Host: h", b"Host: h", b"Host: a b", b"Host:", b"hOsT:h:80", b"X-A: b", b"X-A : b", b" X-A: b", b"X-A: b\r\n c",
        b"X-A: \x00", b"X-A: \x80", b"X-A: a\rb", b": b", b"X-A", b"X(A: b", b"Connection: keep-alive", b"Connection: close",
        b"Expect: 100-continue", b"Expect: x", b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: 5, 5",
        b"Content-Length: +5", b"Content-Length: 5 ", b"Content-Length: 0x5", b"Content-Length: -1", b"Content-Length: 6",
        b"Content-Length: 99999999999999999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: Chunked",
        b"Transfer-Encoding: identity", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, chunked",
        b"Transfer-Encoding:\x0bchunked", b"Transfer-Encoding : chunked", b"X: " + b"y" * 3000,
        b"Upgrade: h2c", b"TE: trailers", b"Cookie: a=b; c=d",
    ]
    bodies = [b""] * 12 + [
        b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"5;x=y\r\nhello\r\n0\r\n\r\n", b"5 \r\nhello\r\n0\r\n\r\n",
        b"5\nhello\n0\n\n", b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"FFFFFFFFFFFFFFFF\r\n", b"-5\r\n", b"5\r\nhelloX\r\n0\r\n\r\n",
        b"05\r\nhello\r\n000\r\n\r\n", b"5\r\nhel",
    ]
    for _ in range(count):
        end = chance.choice(ends)
        lines = [chance.choice(methods) + b" " + chance.choice(targets) + b" " + chance.choice(versions)]
        if chance.random() < 0.9:
            lines.append(b"Host: h")
        lines += chance.sample(fields, chance.choice([0, 1, 1, 1, 1, 1, 2, 3]))
        data = b"".join(line + (end if chance.random() < 0.8 else b"\r\n") for line in lines) + b"\r\n"
        yield chance.choice([b""] * 60 + [b"\r\n", b"\r\n\r\n", b" ", b"\n"]) + data + chance.choice(bodies)


@unittest.skipIf(h11 is None, "missing: python3-h11 (Scripts/install-attack-tools.sh installs it)")
class DifferentialTests(AttackCase):
    def test_h11(self):
        """Thousands of requests, read by us and by h11. Each kind of difference is listed above, with its reason."""
        samples = list(dict.fromkeys(generated(3000)))
        with self.attack("3,000 generated requests, read by h11 too", "h11") as figures:
            with ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda data: raw(self.published, data, half_close=True, timeout=20), samples))
            counts = {"both accept": 0, "both refuse": 0}
            unexplained = []
            for data, answer in zip(samples, answers):
                status = re.match(rb"HTTP/1\.1 (\d+)", re.sub(rb"^HTTP/1.1 100[^\n]*\n\r?\n", b"", answer))
                ours = status is not None and int(status.group(1)) not in REFUSED
                theirs = judged_by_h11(data) is not None
                if ours == theirs:
                    counts["both accept" if ours else "both refuse"] += 1
                    continue
                kinds = LAXER if ours else STRICTER
                kind = next((name for name, matches, _ in kinds if matches(data)), None)
                if kind is None:
                    unexplained.append(("we accept" if ours else "we refuse", data, answer[:60]))
                else:
                    counts[("laxer: " if ours else "stricter: ") + kind] = \
                        counts.get(("laxer: " if ours else "stricter: ") + kind, 0) + 1
            self.assertEqual(unexplained[:20], [], f"{len(unexplained)} differences that nobody explained")
            self.assertGreater(counts["both accept"], 100)
            figures["seen"] = ", ".join(f"{name} {count}" for name, count in counts.items())


class SmugglingTests(AttackCase):
    """Requests that hide another one, from a reader to the proxy; only clerks may write, and the backend must never see
    what the proxy did not decide about."""

    def cases(self, number):
        path = f"/orders/smuggled-{number}".encode()
        hidden = b"PUT " + path + b" HTTP/1.1\r\nHost: orders\r\nContent-Length: 3\r\n\r\nbad"
        user = READER["Authorization"].encode()
        base = b"GET /orders/known HTTP/1.1\r\nHost: h\r\nAuthorization: " + user + b"\r\n"
        length = str(len(hidden)).encode()
        zero = b"0\r\n\r\n" + hidden
        total = str(len(zero)).encode()
        return {
            "CL.TE": base + b"Content-Length: " + total + b"\r\nTransfer-Encoding: chunked\r\n\r\n" + zero,
            "TE.CL": base + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n%x\r\n" % len(hidden) + hidden
            + b"\r\n0\r\n\r\n",
            "TE.TE": base + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + zero,
            "TE.TE, case": base + b"Transfer-Encoding: xchunked\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "TE, tab": base + b"Transfer-Encoding:\tchunked\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "TE, vertical tab": base + b"Transfer-Encoding:\x0bchunked\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "TE, space before colon": base + b"Transfer-Encoding : chunked\r\nContent-Length: " + total + b"\r\n\r\n"
            + zero,
            "TE, quoted": base + b"Transfer-Encoding: \"chunked\"\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "TE, list": base + b"Transfer-Encoding: chunked, identity\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "TE, bare LF": base + b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "TE, bare CR": base + b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "obs-fold": base + b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: " + total + b"\r\n\r\n" + zero,
            "two lengths": base + b"Content-Length: 0\r\nContent-Length: " + length + b"\r\n\r\n" + hidden,
            "two lengths in one": base + b"Content-Length: 0, " + length + b"\r\n\r\n" + hidden,
            "length with plus": base + b"Content-Length: +" + length + b"\r\n\r\n" + hidden,
            "length with zero byte": base + b"Content-Length: 0\x00" + length + b"\r\n\r\n" + hidden,
            "length of none": base + b"Content-Length: \r\n\r\n" + hidden,
            "length in hexadecimal": base + b"Content-Length: 0x" + b"%x" % len(hidden) + b"\r\n\r\n" + hidden,
            "CL.0": base + b"Content-Length: " + length + b"\r\n\r\n" + hidden,
            "Connection: Content-Length": base + b"Connection: Content-Length\r\nContent-Length: " + length + b"\r\n\r\n"
            + hidden,
            "Connection: Transfer-Encoding": base + b"Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n",
            "chunk with bare LF": base + b"Transfer-Encoding: chunked\r\n\r\n%x\n" % len(hidden) + hidden + b"\n0\n\n",
            "chunk extension with LF": base + b"Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n" + zero,
            "chunk size overflow": base + b"Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n" + hidden,
            "chunk size negative": base + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n" + zero,
            "trailer that is a length": base + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: " + length
            + b"\r\n\r\n" + hidden,
            "CR LF in the target": b"GET /orders/known%0d%0aX:%20y HTTP/1.1\r\nHost: h\r\nAuthorization: " + user
            + b"\r\n\r\n" + hidden,
            "CR in the target": b"GET /orders/known\rX HTTP/1.1\r\nHost: h\r\nAuthorization: " + user + b"\r\n\r\n" + hidden,
            "HTTP/1.0 with TE": base.replace(b"HTTP/1.1", b"HTTP/1.0") + b"Transfer-Encoding: chunked\r\n\r\n" + zero,
            "Expect and content": base + b"Expect: 100-continue\r\nContent-Length: " + length + b"\r\n\r\n" + hidden,
            "Upgrade: h2c": base + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n\r\n"
            + hidden,
            "Host with a line": b"GET /orders/known HTTP/1.1\r\nHost: h\nContent-Length: " + length
            + b"\r\nAuthorization: " + user + b"\r\n\r\n" + hidden,
        }

    def capture(self):
        file = os.path.join(self.portal.folder, "orders.pcap")
        process = subprocess.Popen(
            ["ip", "netns", "exec", self.portal.namespace, "tcpdump", "-i", "any", "--immediate-mode", "-U", "-Z", "root", "-s", "0", "-w", file,
             f"dst host {self.portal.unikernel('orders')['address']} and tcp"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if "listening on" in line:
                break
        return process, file

    @needs("tcpdump")
    def test_smuggling(self):
        try:
            import scapy.all
        except ImportError:
            self.skipTest("missing: python3-scapy (Scripts/install-attack-tools.sh installs it)")
        tap = self.capture()
        self.assertIn(ask(self.url, "PUT", "/orders/known", CLERK, b"known")[0], (201, 204))
        names = list(self.cases(0))
        answered = {}
        with self.attack("request smuggling through the proxy", "sockets", least_served=3) as figures:
            for number, name in enumerate(names):
                for pieces in (1, 3):
                    data = self.cases(number)[name]
                    cut = len(data) // 2
                    answer = raw(
                        self.published, data, half_close=True, timeout=20,
                        pieces=[data] if pieces == 1 else [data[:cut], data[cut : cut + 40], data[cut + 40 :]])
                    statuses = [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]
                    answered.setdefault(name, statuses)
                    # What is hidden is decided about as what it is: a write by nobody in particular.
                    self.assertNotIn(201, statuses, name)
                    self.assertNotIn(204, statuses, name)
                # The next client gets its own answer.
                status, content, _ = ask(self.url, "GET", "/orders/known", READER)
                self.assertEqual((status, content), (200, b"known"), f"after {name}")
            for number, name in enumerate(names):
                self.assertEqual(ask(self.url, "GET", f"/orders/smuggled-{number}", READER)[0], 404, name)
            refused = sum(1 for statuses in answered.values() if statuses and statuses[0] in REFUSED)
            figures["seen"] = f"{refused} of {len(names)} refused, the others read as one request; none arrived"
        process, file = tap
        time.sleep(1)
        process.terminate()
        process.wait(10)
        process.stderr.close()
        seen = requests_in(file)
        self.assertIn(b"PUT /orders/known", seen, "the capture at the backend is empty")
        self.assertIn(b"GET /orders/known", seen)
        # What is hidden is content of a request at most, never a request.
        written = {line for line in seen if not line.startswith(b"GET ")}
        self.assertEqual(written, {b"PUT /orders/known"})


def requests_in(file):
    """Method and target of each request in a capture, as a recipient reads them that knows lengths only: the proxy sends
    no others."""
    from scapy.all import IP, TCP, rdpcap

    flows = {}
    for packet in rdpcap(file):
        if packet.haslayer(TCP):
            # The capture has each packet once for each device that it passes.
            content = bytes(packet[TCP].payload)[: packet[IP].len - 4 * packet[IP].ihl - 4 * packet[TCP].dataofs]
            if content:
                flows.setdefault(packet[TCP].sport, {})[packet[TCP].seq] = content
    lines = []
    for flow in flows.values():
        rest = b"".join(flow[sequence] for sequence in sorted(flow))
        while b"\r\n\r\n" in rest:
            header, rest = rest.split(b"\r\n\r\n", 1)
            lines.append(b" ".join(header.split(b" ")[:2]))
            length = re.search(rb"(?i)\ncontent-length: *(\d+)", header)
            rest = rest[int(length.group(1)) :] if length else rest
    return lines


class PathTests(AttackCase):
    """Ways to write a path. What is decided about must be what is served: nobody without credentials sees an order."""

    SECRET = b"three amphorae"

    def targets(self):
        spellings = [
            "/orders/secret", "//orders/secret", "/orders//secret", "/./orders/secret", "/x/../orders/secret",
            "/%6frders/secret", "/%6Frders/secret", "/o%72ders/%73ecret", "/orders/./secret", "/orders/x/../secret",
            "/%2e/orders/secret", "/%2e%2e/orders/secret", "/x/%2e%2e/orders/secret", "/x/.%2e/orders/secret",
            "/..%2forders/secret", "/%2forders/secret", "/orders%2fsecret", "/orders%2Fsecret", "/orders;/secret",
            "/orders;x=y/secret", "/;/orders/secret", "/orders/secret;", "/orders\\secret", "\\orders\\secret",
            "/x\\..\\orders/secret", "/orders%5csecret", "/%5corders/secret", "/orders/secret/", "/orders/secret/.",
            "/orders/secret%00", "/orders/secret%20", "/orders/secret.", "/ORDERS/secret", "/orders/secret?",
            "/orders/secret?/../..", "/?/orders/secret", "/%256frders/secret", "/orders%252fsecret",
            "/%c0%afrders/secret", "/%c0%aforders/secret", "/%e0%80%aforders/secret", "/%c1%afrders/secret",
            "/o\u0433ders/secret", "/\uff0forders/secret", "/orders/secret#", "/index.html/../orders/secret",
            "/about.html%2f..%2forders/secret", "/..;/orders/secret", "/.;/orders/secret", "/../orders/secret",
            "/../../../orders/secret", "/%u006frders/secret", "/%%36frders/secret", "/orders/%2e%2e/orders/secret",
            "http://h/orders/secret", "http://h//orders/secret", "http://h/./orders/secret", "HTTP://H/orders/secret",
            "http://orders/secret", "http://10.77.0.3/orders/secret", "http:///orders/secret", "http://@/orders/secret",
            "http://a@h/orders/secret", "https://h/orders/secret", "ftp://h/orders/secret", "//h/orders/secret",
            "orders/secret", "*", "/orders/secret\t", "/orders/\tsecret", "h:80", "/orders/secret HTTP/1.1\r\nX: y",
        ]
        hosts = ["h", "orders", "10.77.0.3", "localhost", "h:80", "h, orders", "orders:80", "..", "/orders", "h/orders"]
        for spelling in spellings:
            yield spelling, "h"
        for host in hosts:
            yield "/orders/secret", host
            yield "http://h/orders/secret", host

    def test_paths(self):
        self.assertIn(ask(self.url, "PUT", "/orders/secret", CLERK, self.SECRET)[0], (201, 204))
        with self.attack("spellings of a protected path", "sockets") as figures:
            counts = {}
            samples = list(self.targets())
            for target, host in samples:
                for method in ("GET", "HEAD", "get", "GET/"):
                    data = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
                    answer = raw(self.published, data, half_close=True, timeout=20)
                    self.assertNotIn(self.SECRET, answer, f"{method} {target} ({host})")
                    status = re.match(rb"HTTP/1\.1 (\d+)", answer)
                    status = int(status.group(1)) if status else 0
                    self.assertLess(status, 500 if status not in (501, 505) else 600, f"{method} {target}")
                    counts[status] = counts.get(status, 0) + 1
                # A reader may not write, however the path is spelled.
                data = (f"PUT {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {READER['Authorization']}\r\n"
                        "Content-Length: 3\r\nConnection: close\r\n\r\nbad").encode()
                answer = raw(self.published, data, half_close=True, timeout=20)
                self.assertNotRegex(answer, rb"^HTTP/1\.1 20[14]", f"PUT {target} ({host})")
            self.assertEqual(ask(self.url, "GET", "/orders/secret", READER)[1], self.SECRET)
            figures["seen"] = ", ".join(f"{status}: {count}" for status, count in sorted(counts.items()))
