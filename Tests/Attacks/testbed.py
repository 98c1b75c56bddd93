"""What the attacks need: a service of real unikernels, honest clients, and what must hold after each attack."""

import base64
import contextlib
import functools
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

REPOSITORY = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
PROGRAM = os.environ.get("TESTUDO_PROGRAM", os.path.join(REPOSITORY, ".build/debug/testudo"))
REPORT = os.environ.get("TESTUDO_ATTACK_REPORT", os.path.join(REPOSITORY, ".build/attacks/report.json"))
os.environ["PATH"] += ":/usr/sbin:/sbin"

# How much larger an image may be after an attack than before the first one, in KiB. Its tables and buffers are bounded
# (the network's receive memory alone is 4 MiB); what is not bounded grows far beyond this in the attacks below.
GROWTH = 24 * 1024

# How long an answer to an honest client may take on a machine that is busy with the attack as well.
NORMAL = 10.0


def lacking():
    """What is missing here, or None where attacks can be carried out."""
    if os.geteuid() != 0:
        return "network namespaces and TAPs can be made by root only"
    if not os.access(PROGRAM, os.X_OK):
        return f"the program under test is missing: {PROGRAM}"
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return "this host has no /dev/net/tun"
    return None


def needs(*tools):
    """Skips a test where a tool is missing, and says which."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return unittest.skipIf(missing, f"missing: {', '.join(missing)} (Scripts/install-attack-tools.sh installs them)")


def note(attack, tool, seen, **figures):
    """Keeps what was seen, for the report."""
    os.makedirs(os.path.dirname(REPORT), exist_ok=True)
    entries = []
    if os.path.exists(REPORT):
        with open(REPORT) as file:
            entries = json.load(file)
    entries = [entry for entry in entries if entry["attack"] != attack]
    entries.append({"attack": attack, "tool": tool, "seen": seen, **figures})
    with open(REPORT, "w") as file:
        json.dump(entries, file, indent=2)
    print(f"   {attack} ({tool}): {seen}" + (f" {figures}" if figures else ""), flush=True)


def eventually(is_so, within=30.0):
    """Looks again and again until something is so; gives whether it came to be so."""
    end = time.monotonic() + within
    while True:
        if is_so():
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(0.1)


class Service:
    """An example of the repository, brought up in a home folder of its own."""

    def __init__(self, example, name, edit=lambda text: text):
        self.folder = tempfile.mkdtemp(prefix="testudo-attack-")
        self.home = os.path.join(self.folder, "home")
        self.template = os.path.join(self.folder, name)
        self.name = name
        shutil.copytree(example, self.template)
        path = os.path.join(self.template, "service.yaml")
        with open(path) as file:
            text = file.read()
        # Any free port is used then, so that runs side by side do not meet there.
        text = re.sub(r"\n +published_port: [0-9]+", "", text)
        text = re.sub(r", published_port: [0-9]+", "", text)
        with open(path, "w") as file:
            file.write(edit(text))

    def testudo(self, *words, check=True, timeout=120):
        outcome = subprocess.run(
            [PROGRAM, *words], env={**os.environ, "TESTUDO_HOME": self.home, "NO_COLOR": "1"}, timeout=timeout,
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if check and outcome.returncode != 0:
            raise AssertionError(f"testudo {' '.join(words)}: {outcome.stderr}")
        return outcome

    def up(self, *words):
        self.testudo("up", self.template, *words)
        self.namespace = next(
            file[:-5] for file in os.listdir(os.path.join(self.home, "networks")) if file.endswith(".json"))
        return self

    def down(self):
        with contextlib.suppress(Exception):
            self.testudo("down", "--all", check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def unikernels(self):
        return json.loads(self.testudo("ps", "--format", "json").stdout)

    def unikernel(self, resource):
        found = [each for each in self.unikernels() if each["resource"] == resource and each["state"] == "ready"]
        assert len(found) == 1, f"of `{resource}` there should be one: {found}"
        return found[0]

    def events(self):
        return json.loads(self.testudo("events", "--format", "json").stdout)

    def url(self, resource):
        return self.unikernel(resource)["urls"][0].rstrip("/")

    def inside(self, *words, **options):
        """Runs a tool in the service's network namespace, beside the images."""
        options = {"timeout": 120, "capture_output": True, "text": True, "stdin": subprocess.DEVNULL, **options}
        return subprocess.run(["ip", "netns", "exec", self.namespace, *words], **options)


def resident(pid):
    """The resident memory of a process, in KiB."""
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))


@contextlib.contextmanager
def in_namespace(name):
    """What the calling thread opens meanwhile is in that network namespace."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        if libc.setns(other, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        libc.setns(own, 0x40000000)
        os.close(own)
        os.close(other)


class HonestClient(threading.Thread):
    """Asks for a page again and again, as somebody would who knows nothing of the attack."""

    def __init__(self, url, pause=0.05):
        super().__init__(daemon=True)
        self.url = urllib.parse.urlsplit(url)
        self.pause = pause
        self.served = 0
        self.failures = []
        self.slowest = 0.0
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.is_set():
            start = time.monotonic()
            try:
                connection = http.client.HTTPConnection(self.url.hostname, self.url.port, timeout=NORMAL)
                connection.request("GET", self.url.path or "/", headers={"Connection": "close"})
                answer = connection.getresponse()
                body = answer.read()
                connection.close()
                if answer.status == 200 and body:
                    self.served += 1
                else:
                    self.failures.append(f"status {answer.status}")
            except OSError as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            except http.client.HTTPException as error:
                self.failures.append(f"{type(error).__name__}: {error}")
            self.slowest = max(self.slowest, time.monotonic() - start)
            self.is_over.wait(self.pause)


def ask(url, method="GET", path=None, headers=(), body=None, timeout=NORMAL, source=None):
    """One request, from that address of this machine; the status and the content."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(
        parts.hostname, parts.port, timeout=timeout, source_address=source and (source, 0))
    connection.request(method, path or parts.path or "/", body=body, headers=dict(headers))
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content, dict((name.lower(), value) for name, value in answer.getheaders())


def raw(address, data, timeout=NORMAL, half_close=False, pieces=None):
    """Sends bytes as they are and gives everything that comes back until the connection ends, or stays silent."""
    with socket.create_connection(address, timeout=timeout) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces or [data]:
                connection.sendall(piece)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        received = b""
        try:
            while piece := connection.recv(65536):
                received += piece
        except OSError:
            pass
        return received


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


CLERK = basic("carl", "counting-house")
READER = basic("rita", "reading-room")


class AttackCase(unittest.TestCase):
    """Attacks on the portal, which all classes of a run on the same target share."""

    target = "process"
    growth = GROWTH
    portal = None
    baseline = {}

    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        cls.portal = shared_portal(cls.target)
        cls.url = cls.portal.url("storefront")
        parts = urllib.parse.urlsplit(cls.url)
        cls.published = (parts.hostname, parts.port)

    def images(self):
        return {each["resource"]: each for each in self.portal.unikernels()}

    @contextlib.contextmanager
    def attack(self, name, tool, least_served=1, failures=0):
        """Runs an attack beside honest clients, and asks of the images afterwards what must hold.

        `failures` is how many requests of honest clients may fail. Where an attack fills what is bounded, new work is
        refused for as long as it lasts, and what must hold is that enough of it is served, and all of it afterwards.
        """
        before = self.images()
        for resource, image in before.items():
            AttackCase.baseline.setdefault(image["pid"], resident(image["pid"]))
        events = len(self.portal.events())
        honest = HonestClient(self.url + "/")
        honest.start()
        figures = {}
        try:
            yield figures
        finally:
            # An attack may be over before a slow machine has served anybody once.
            eventually(lambda: honest.served >= least_served, within=20)
            honest.is_over.set()
            honest.join(NORMAL + 5)
        self.assertGreaterEqual(honest.served, least_served, f"honest clients: {honest.failures[:5]}")
        self.assertLessEqual(len(honest.failures), failures, f"honest clients failed: {honest.failures[:5]}")
        start = time.monotonic()
        status, content, _ = ask(self.url + "/")
        self.assertEqual(status, 200)
        self.assertLess(time.monotonic() - start, NORMAL)
        growth = {}
        for resource, image in self.images().items():
            self.assertEqual(image["pid"], before[resource]["pid"], f"`{resource}` was replaced during the attack")
            growth[resource] = resident(image["pid"]) - AttackCase.baseline[image["pid"]]
            self.assertLess(growth[resource], self.growth, f"`{resource}` has grown")
        told = [event for event in self.portal.events()[events:] if event["kind"] in ("instance-failed", "failed")]
        self.assertEqual(told, [], "an image failed")
        note(
            name if self.target == "process" else f"{name}, {self.target}", tool, figures.pop("seen", "as it must be"), **figures, served=honest.served,
            failed=len(honest.failures), slowest=round(honest.slowest, 2),
            growth_kib=max(growth.values()))


@functools.cache
def shared_portal(target):
    """The example `portal` on a target, up for the whole run."""
    import atexit

    portal = Service(os.path.join(REPOSITORY, "Examples/portal"), "portal")
    atexit.register(portal.down)
    accounts = os.path.join(REPOSITORY, "Examples/portal/accounts.yaml")
    return portal.up("--set", f"credentials=@{accounts}", "--target", target)


def stop(process):
    """Ends a tool that was started in the background, and its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
