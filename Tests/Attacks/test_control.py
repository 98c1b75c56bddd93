"""Messages to a running image over its real control channel, by somebody who can open the socket: beside the control plane,
in its place without its key, and with it; played again, out of order, cut short, altered, of another instance, with another key; and a state that was tampered with."""

import base64
import hashlib
import hmac
import json
import os
import select
import signal
import socket
import struct
import subprocess
import time
import unittest

from testbed import CLERK, REPOSITORY, HonestClient, Service, ask, eventually, lacking, note

BOOT, APPLY, DRAIN, QUERY, ENTROPY = 1, 2, 3, 4, 5


def body_of(magic, kind, audience, version, payload):
    return magic + bytes([kind]) + audience + struct.pack("<Q", version) + struct.pack("<I", len(payload)) + payload


def code(key, body, label=b"testudo control message"):
    derived = hmac.digest(key, label + b"\1", hashlib.sha256)
    return hmac.digest(derived, body, hashlib.sha256)


def sealed(kind, audience, version, payload, key):
    """A control message with the code that the channel's key gives it (ControlChannel.md)."""
    body = body_of(b"TSD2", kind, audience, version, payload)
    return body + code(key, body)


def signed(kind, audience, version, payload, key):
    """A control message as the boot message is, signed with the key in a file."""
    body = body_of(b"TSD1", kind, audience, version, payload)
    der = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=body, capture_output=True, check=True).stdout
    # SEQUENCE of two INTEGERs to fixed width.
    numbers, place = [], 2
    for _ in range(2):
        length = der[place + 1]
        numbers.append(int.from_bytes(der[place + 2 : place + 2 + length], "big").to_bytes(32, "big"))
        place += 2 + length
    return body + b"".join(numbers)


def has_ended(pid):
    """Whether a process has closed all that it had open, though nobody may have waited for it yet."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z" and len(os.listdir(f"/proc/{pid}/task")) == 1
    except FileNotFoundError:
        return True


def text(content):
    return struct.pack("<I", len(content)) + content


def parameters(*settings):
    """Parameters in their binary form; empty ones are left out."""
    given = [setting for setting in settings if setting]
    return struct.pack("<I", len(given)) + b"".join(given)


def empty_bundle():
    return text(b"authorization") + text(b"bundle") + b"\x04" + text(b"TPB1" + bytes(20))


def policy_version(tenant, number):
    fields = text(b"tenant") + b"\x03" + text(tenant) + text(b"number") + b"\x01" + struct.pack("<q", number)
    fields += text(b"digest") + b"\x04" + text(bytes(32))
    return text(b"authorization") + text(b"version") + b"\x06" + struct.pack("<I", 3) + fields


class Channel:
    """A connection to the control channel of an instance."""

    def __init__(self, folder):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self.socket.connect(os.path.join(folder, "control.sock"))
        self.buffer = b""

    def send(self, message):
        self.socket.sendall(struct.pack("<I", len(message)) + message)

    def report(self):
        while len(self.buffer) < 4 or len(self.buffer) < 4 + struct.unpack("<I", self.buffer[:4])[0]:
            piece = self.socket.recv(65536)
            if not piece:
                raise ConnectionError("the channel was closed")
            self.buffer += piece
        length = struct.unpack("<I", self.buffer[:4])[0]
        frame, self.buffer = self.buffer[4 : 4 + length], self.buffer[4 + length :]
        return frame

    def answer(self):
        """The next acknowledgement (2) or refusal (3): its kind, version and reason."""
        while True:
            report = self.report()
            if report[0] in (2, 3):
                text = report[13:] if report[0] == 2 else report[13:].decode(errors="replace")
                return report[0], struct.unpack("<Q", report[1:9])[0], text

    def ask(self, message):
        self.send(message)
        return self.answer()

    def is_silent(self):
        """Whether nothing has come, not even an end."""
        self.socket.setblocking(False)
        try:
            return self.buffer == b"" and self.socket.recv(1, socket.MSG_PEEK) is None
        except BlockingIOError:
            return self.buffer == b""
        finally:
            self.socket.settimeout(10)

    def close(self):
        self.socket.close()


class ControlTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        cls.portal = portal = Service(os.path.join(REPOSITORY, "Examples/portal"), "portal")
        cls.addClassCleanup(portal.down)
        accounts = os.path.join(REPOSITORY, "Examples/portal/accounts.yaml")
        portal.up("--set", f"credentials=@{accounts}")
        cls.url = portal.url("storefront")

    def folders(self):
        """The folder of each resource's instance."""
        found = {}
        parent = os.path.join(self.portal.home, "instances")
        for name in os.listdir(parent):
            path = os.path.join(parent, name)
            with open(os.path.join(path, "instance.json")) as file:
                found[json.load(file)["resource"]] = path
        return found

    def channel_key(self, folder):
        """The key that an instance shares with the orchestrator. Nobody else can read it."""
        path = os.path.join(folder, "instance.json")
        for each in (path, os.path.join(folder, "boot")):
            self.assertEqual(os.stat(each).st_mode & 0o077, 0)
        with open(path) as file:
            return base64.b64decode(json.load(file)["metadata"]["channelKey"])

    def serves(self):
        self.assertEqual(ask(self.url + "/")[0], 200)
        self.assertEqual(ask(self.url, "GET", "/orders/1")[0], 401)
        self.assertIn(ask(self.url, "GET", "/orders/1", CLERK)[0], (200, 404))

    def let_in(self, folder):
        """A channel, once the tender has seen that the control plane is gone: until then it closes every other at once."""
        for _ in range(200):
            channel = Channel(folder)
            # Who has shown no key hears nothing: what can be read is the end.
            if not select.select([channel.socket], [], [], 0.3)[0]:
                return channel
            channel.close()
            time.sleep(0.05)
        self.fail("the tender lets nobody in although the control plane is gone")

    def test_messages(self):
        before = {each["resource"]: each for each in self.portal.unikernels()}
        folders = self.folders()
        control_key = os.path.join(self.portal.home, "keys/control.pem")
        key, other_key = self.channel_key(folders["storefront"]), self.channel_key(folders["orders"])
        self.assertNotEqual(key, other_key)
        stranger = os.urandom(32)
        with open(os.path.join(folders["storefront"], "boot"), "rb") as file:
            boot = file.read()
        with open(os.path.join(folders["orders"], "boot"), "rb") as file:
            other_boot = file.read()
        audience, other_audience = boot[5:21], other_boot[5:21]
        now = time.time_ns() // 1000
        nothing = struct.pack("<I", 0)
        honest = HonestClient(self.url + "/")
        honest.start()
        # Beside the control plane nobody is let in, and it is told of each.
        intruder = Channel(folders["storefront"])
        with self.assertRaises(ConnectionError):
            intruder.ask(sealed(QUERY, audience, now, b"", key))
        intruder.close()
        self.assertTrue(
            eventually(lambda: any(event["kind"] == "control.turned-away" for event in self.portal.events())),
            "nobody is told of the intruder")
        # In its place, who does not have the key hears nothing, and what was sent is not carried out.
        with open(os.path.join(self.portal.home, "run/control-plane.pid")) as file:
            control_plane = int(file.read())
        os.kill(control_plane, signal.SIGKILL)
        self.assertTrue(eventually(lambda: has_ended(control_plane)), "it does not end")
        channel = self.let_in(folders["storefront"])
        now = time.time_ns() // 1000
        channel.send(boot)
        channel.send(sealed(QUERY, audience, now + 1000, b"", stranger))
        channel.send(sealed(QUERY, other_audience, now + 1000, b"", key))
        self.serves()
        self.assertTrue(channel.is_silent(), "the image talks to strangers")
        # A frame that only the tender may send closes the connection.
        forger = Channel(folders["storefront"])
        forger.send(b"\1")
        with self.assertRaises(ConnectionError):
            forger.report()
        forger.close()
        channel.close()
        channel = Channel(folders["storefront"])
        refusals = 0

        def refused(message, reason):
            nonlocal refusals
            kind, _, text = channel.ask(message)
            self.assertEqual(kind, 3, f"accepted: {text}")
            self.assertIn(reason, text)
            refusals += 1

        # As it must be: a genuine change, so that refusals below mean something.
        now = time.time_ns() // 1000
        genuine = sealed(APPLY, audience, now, nothing, key)
        kind, version, proof = channel.ask(genuine)
        self.assertEqual((kind, version), (2, now))
        self.assertEqual(proof, code(key, genuine[-32:], b"testudo acknowledgement"))
        # Played again, and out of order.
        refused(genuine, "not newer")
        refused(sealed(APPLY, audience, now - 1, nothing, key), "not newer")
        refused(sealed(DRAIN, audience, 0, struct.pack("<I", 0), key), "not newer")
        # Signed by the orchestrator, but nothing is signed after the boot message.
        refused(boot, "not a control message")
        refused(signed(DRAIN, audience, now + 1, struct.pack("<I", 0), control_key), "not a control message")
        # Of another instance, and of nobody.
        refused(other_boot, "not a control message")
        refused(sealed(DRAIN, other_audience, now + 1, struct.pack("<I", 0), other_key), "another instance")
        refused(sealed(DRAIN, bytes(16), now + 1, struct.pack("<I", 0), key), "another instance")
        refused(sealed(DRAIN, audience, now + 1, struct.pack("<I", 0), other_key), "wrong authentication code")
        # With another key, or without one.
        refused(sealed(DRAIN, audience, now + 1, struct.pack("<I", 0), stranger), "wrong authentication code")
        unsealed = genuine[:21] + struct.pack("<Q", now + 1) + genuine[29:]
        refused(unsealed, "wrong authentication code")
        refused(unsealed[:-32] + bytes(32), "wrong authentication code")
        refused(unsealed[:-32] + b"\xff" * 32, "wrong authentication code")
        # What an image says is nothing that can be said to it.
        refused(unsealed[:-32] + code(key, unsealed[:-32], b"testudo acknowledgement"), "wrong authentication code")
        # The largest version must not shut the door: it has no code.
        refused(genuine[:21] + b"\xff" * 8 + genuine[29:], "wrong authentication code")
        # Altered at every byte, and cut short at every length.
        fresh = sealed(DRAIN, audience, now + 1, struct.pack("<I", 0), key)
        for place in range(len(fresh)):
            altered = bytearray(fresh)
            altered[place] ^= 0x10
            refused(bytes(altered), "")
        for count in range(2, len(fresh)):
            refused(fresh[:count], "not a control message")
        refused(fresh + b"\0", "not a control message")
        # A second boot, and settings that modules refuse, have their code and still nothing that is carried out.
        refused(sealed(BOOT, audience, now + 2, nothing, key), "started already")
        refused(sealed(APPLY, audience, now + 3, b"\xff\xff\xff\xff", key), "parameters cannot be read")
        bundle = struct.pack("<I", 1)
        for text in (b"authorization", b"policies"):
            bundle += struct.pack("<I", len(text)) + text
        for content in (b"", b"TPB1", b"TPB1" + b"\xff" * 20, b"\0" * 64):
            now += 1
            refused(
                sealed(APPLY, audience, now + 3, bundle + b"\x04" + struct.pack("<I", len(content)) + content, key),
                "authorization")
        # Policies of another tenant, and policies that do not say whose they are.
        for version, reason in ((policy_version(b"bank", 99), "not of another tenant"), (b"", "together with its bundle")):
            now += 10
            refused(sealed(APPLY, audience, now, parameters(empty_bundle(), version), key), reason)
        channel.close()
        self.serves()
        # A control plane that is started again takes the channel: a change of policy still gets through.
        policies = os.path.join(self.portal.template, "orders.cedar")
        applied = self.portal.testudo("policy", "apply", policies, "--service", "portal", check=False)
        self.assertEqual(applied.returncode, 0, applied.stderr)
        honest.is_over.set()
        honest.join(20)
        self.assertEqual(honest.failures, [])
        after = {each["resource"]: each for each in self.portal.unikernels()}
        self.assertEqual(after["orders"]["pid"], before["orders"]["pid"])
        note(
            "control messages: replayed, reordered, truncated, altered, forged, of another instance", "sockets",
            f"a second connection turned away and reported; {refusals} messages refused; the control plane's next change is in force", served=honest.served,
            failed=len(honest.failures))
        self.serves()

    def test_state(self):
        """A boot message that was tampered with starts nothing, and a state that cannot be read is said to be so."""
        portal = Service(os.path.join(REPOSITORY, "Examples/portal"), "portal")
        self.addCleanup(portal.down)
        accounts = os.path.join(REPOSITORY, "Examples/portal/accounts.yaml")
        portal.up("--set", f"credentials=@{accounts}")
        images = os.path.join(portal.home, "images/images")
        altered = 0
        portal.testudo("down", "portal")
        for digest in os.listdir(images):
            path = os.path.join(images, digest, "image.elf")
            with open(path, "rb") as file:
                content = bytearray(file.read())
            # The stored image's own papers are right; its code is not.
            content[len(content) // 3] ^= 1
            os.remove(path)
            with open(path, "wb") as file:
                file.write(content)
            altered += 1
        refused = portal.testudo("up", portal.template, "--set", f"credentials=@{accounts}", check=False)
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertEqual(portal.unikernels(), [])
        # With its last service the control plane ends, and with it what it knows of the state.
        pid = os.path.join(portal.home, "run/control-plane.pid")
        self.assertTrue(eventually(lambda: not os.path.exists(pid)), "the control plane does not end")
        with open(os.path.join(portal.home, "state.sqlite"), "r+b") as file:
            file.seek(0)
            file.write(b"not a database" * 300)
        for suffix in ("-wal", "-shm"):
            if os.path.exists(os.path.join(portal.home, "state.sqlite" + suffix)):
                os.remove(os.path.join(portal.home, "state.sqlite" + suffix))
        broken = portal.testudo("up", portal.template, "--set", f"credentials=@{accounts}", check=False)
        self.assertNotEqual(broken.returncode, 0)
        self.assertNotIn("Fatal error", broken.stderr)
        note(
            "tampered images, tampered state", "files", f"{altered} altered images not started; the altered state: "
            + broken.stderr.strip().splitlines()[-1].replace(portal.folder, "")[:120])
