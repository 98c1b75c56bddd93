"""WebSockets through an image, with another implementation at both ends: Python's websockets."""

import asyncio
import contextlib
import logging
import os
import re
import socket
import threading
import unittest

from testbed import REPOSITORY, Service, lacking, note, resident

try:
    import websockets
except ImportError:
    websockets = None

# Connections that end without a farewell are what some of these tests are about.
logging.getLogger("websockets").setLevel(logging.CRITICAL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def echo(connection, _path=None):
    async for message in connection:
        await connection.send(message)


class EchoServer:
    """Sends back what it gets, in a thread of its own."""

    def __init__(self, port):
        self.loop = asyncio.new_event_loop()
        self.port = port
        is_up = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(is_up,), daemon=True)
        self.thread.start()
        is_up.wait(10)

    def run(self, is_up):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(
            websockets.serve(echo, "127.0.0.1", self.port, max_size=None, ping_interval=None))
        self.loop.call_soon(is_up.set)
        self.loop.run_forever()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


@unittest.skipIf(websockets is None, "missing: python3-websockets (Scripts/install-attack-tools.sh installs it)")
class WebSocketTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        reason = lacking()
        if reason:
            raise unittest.SkipTest(reason)
        port = free_port()
        cls.server = EchoServer(port)

        def edit(text):
            text = text.replace("port: 9001", f"port: {port}").replace("port: 9000", "port: 1")
            # The test is no flood to be held back.
            text = text.replace("50 per 1 s, burst: 200", "10000 per 1 s, burst: 10000")
            return text.replace(", exclusive: true", "")

        example = os.path.join(REPOSITORY, "Examples/gateway")
        cls.gateway = Service(example, "gateway", edit)
        authority, shown = (os.path.join(cls.gateway.folder, name) for name in ("authority", "records"))
        cls.gateway.testudo("certificate", "--authority", "--name", "Attacks", "--out", authority)
        cls.gateway.testudo("certificate", "--issuer", authority, "--name", "localhost", "--out", shown)
        cls.gateway.up(
            "--set", f"accounts=@{example}/accounts.yaml", "--set", f"certificate=@{shown}.pem",
            "--set", f"key=@{shown}-key.pem", "--set", f"authority=@{authority}.pem")
        cls.url = re.sub("^http", "ws", cls.gateway.url("front")) + "/live"

    @classmethod
    def tearDownClass(cls):
        cls.gateway.down()
        cls.server.stop()

    def connect(self):
        return websockets.connect(self.url, max_size=None, open_timeout=20, ping_interval=None)

    def test_messages(self):
        """Texts, large binary messages and pings cross, in both directions at once, and nothing is left behind."""

        async def talk():
            async with self.connect() as connection:
                await connection.send("héllo")
                self.assertEqual(await connection.recv(), "héllo")
                for size in (0, 1, 125, 126, 65535, 65536, 5_000_000):
                    data = os.urandom(size)
                    await connection.send(data)
                    self.assertEqual(await connection.recv(), data)
                await (await connection.ping())

        asyncio.run(talk())

    def test_many(self):
        """Two hundred at once, each with what it sent; afterwards the image has not grown for good."""
        process = self.gateway.unikernel("front")["pid"]

        async def one(number):
            async with self.connect() as connection:
                for turn in range(20):
                    await connection.send(f"{number}/{turn}")
                    self.assertEqual(await connection.recv(), f"{number}/{turn}")

        async def many():
            await asyncio.gather(*(one(number) for number in range(200)))

        asyncio.run(many())
        before = resident(process)
        asyncio.run(many())
        growth = resident(process) - before
        self.assertLess(growth, 4096)
        note("WebSockets", "websockets", "8,000 messages on 400 connections, each answered", growth_kib=growth)

    def test_level(self):
        """A change of level ends what was allowed before, and the new level judges the next one."""

        async def across():
            async with self.connect() as connection:
                await connection.send("before")
                self.assertEqual(await connection.recv(), "before")
                change = asyncio.get_running_loop().run_in_executor(
                    None, lambda: self.gateway.testudo("context", "set", "threat_level=high"))
                with self.assertRaises(websockets.exceptions.ConnectionClosed):
                    await asyncio.wait_for(connection.recv(), 30)
                await change
            with self.assertRaises(websockets.exceptions.InvalidStatusCode) as refusal:
                async with self.connect():
                    pass
            self.assertEqual(refusal.exception.status_code, 401)

        try:
            asyncio.run(across())
        finally:
            with contextlib.suppress(Exception):
                self.gateway.testudo("context", "set", "threat_level=low")


if __name__ == "__main__":
    unittest.main()
