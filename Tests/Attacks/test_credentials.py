"""Forged tokens, and passwords that are tried out."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
import unittest

from testbed import (CLERK, READER, REPOSITORY, HonestClient, Service, ask, basic, lacking, note, resident)


def encoded(value):
    if not isinstance(value, (bytes, str)):
        value = json.dumps(value)
    if isinstance(value, str):
        value = value.encode()
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def es256(message, key):
    der = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", key], input=message.encode(), capture_output=True, check=True).stdout
    numbers, place = b"", 2
    for _ in range(2):
        length = der[place + 1]
        numbers += int.from_bytes(der[place + 2 : place + 2 + length], "big").to_bytes(32, "big")
        place += 2 + length
    return numbers, der


class CredentialTests(unittest.TestCase):
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

    def test_1_stuffing(self):
        """Passwords tried out for one account are slowed down; others are served meanwhile."""
        self.assertIn(ask(self.url, "PUT", "/orders/1", CLERK, b"x")[0], (201, 204))
        self.assertEqual(ask(self.url, "GET", "/orders/1", READER)[0], 200)
        pid = self.portal.unikernel("storefront")["pid"]
        before = resident(pid)
        honest = HonestClient(self.url + "/")
        honest.start()
        statuses = {}
        for number in range(40):
            status, _, headers = ask(self.url, "GET", "/orders/1", basic("carl", f"guess-{number}"))
            statuses[status] = statuses.get(status, 0) + 1
            if status == 429:
                self.assertGreater(int(headers["retry-after"]), 0)
        self.assertEqual(set(statuses), {401, 429}, statuses)
        # Five failures in a minute; on a machine that takes minutes for this, some more.
        self.assertLess(statuses[401], 20)
        # Others go on: visitors, and readers from the same address.
        self.assertEqual(ask(self.url, "GET", "/orders/1", READER)[0], 200)
        # Many accounts, of which none exists: the source is slowed down.
        for number in range(100):
            status, _, _ = ask(self.url, "GET", "/orders/1", basic(f"user{number}", "123456"))
            statuses[status] = statuses.get(status, 0) + 1
        honest.is_over.set()
        honest.join(20)
        self.assertEqual(honest.failures, [])
        self.assertGreater(honest.served, 3)
        self.assertEqual(pid, self.portal.unikernel("storefront")["pid"])
        note(
            "credential stuffing", "http.client", ", ".join(f"{key}: {value}" for key, value in sorted(statuses.items())),
            served=honest.served, failed=0, growth_kib=resident(pid) - before)

    def test_2_tokens(self):
        self.portal.testudo("context", "set", "threat_level=high")
        self.url = self.portal.url("storefront")
        key = os.path.join(self.portal.template, "token-key.pem")
        genuine = self.portal.testudo(
            "token", "--key", key, "--key-id", "portal-2026", "--issuer", "https://id.example", "--audience", "portal",
            "--subject", "carl", "--role", "clerk").stdout.strip()
        first, second, third = genuine.split(".")
        header = json.loads(base64.urlsafe_b64decode(first + "=="))
        claims = json.loads(base64.urlsafe_b64decode(second + "=="))
        stranger = os.path.join(self.portal.folder, "stranger.pem")
        subprocess.run(
            ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", stranger], check=True,
            capture_output=True)
        with open(os.path.join(self.portal.template, "keys.json")) as file:
            published = json.load(file)["keys"][0]
        secret = subprocess.run(
            ["openssl", "ec", "-in", key, "-pubout"], capture_output=True, check=True).stdout

        def token(head=None, body=None, signer=key):
            message = encoded(header if head is None else head) + "." + encoded(claims if body is None else body)
            return message + "." + encoded(es256(message, signer)[0])

        def changed(**more):
            return {name: value for name, value in {**claims, **more}.items() if value is not ...}

        def mac(secret, **more):
            message = encoded({"alg": "HS256", **more}) + "." + second
            return message + "." + encoded(hmac.new(secret, message.encode(), hashlib.sha256).digest())

        def unsigned(algorithm):
            return encoded({"alg": algorithm, "kid": "portal-2026"}) + "." + second + "."

        now = int(time.time())
        message = first + "." + second
        x, y = (base64.urlsafe_b64decode(published[name] + "=") for name in ("x", "y"))
        order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        forged = {
            "nothing": "", "one part": first, "two parts": message, "four parts": genuine + ".x", "only dots": "..",
            "no header": f".{second}.{third}", "no claims": f"{first}..{third}", "no signature": message + ".",
            "alg none": unsigned("none"), "alg None": unsigned("None"), "alg NONE": unsigned("NONE"),
            "alg nOnE, with the genuine signature": unsigned("nOnE") + third,
            "alg empty": unsigned(""), "alg es256": token({**header, "alg": "es256"}),
            "alg ES384": token({**header, "alg": "ES384"}), "alg RS256": token({**header, "alg": "RS256"}),
            "alg a list": token({**header, "alg": ["ES256"]}), "no alg": token({"kid": "portal-2026"}),
            "HS256 with the public key in PEM": mac(secret, kid="portal-2026"),
            "HS256 with the public point": mac(b"\x04" + x + y, kid="portal-2026"),
            "HS256 with x": mac(x, kid="portal-2026"), "HS256 with an empty secret": mac(b"", kid="portal-2026"),
            "HS256 with x in base64": mac(published["x"].encode()),
            "another key": token(signer=stranger), "another key, its own in jwk": token(
                {**header, "jwk": {"kty": "EC", "crv": "P-256", "x": published["x"], "y": published["y"]}}, signer=stranger),
            "a jku": token({**header, "jku": "http://127.0.0.1/keys"}, signer=stranger),
            "an x5u": token({**header, "x5u": "http://127.0.0.1/key"}, signer=stranger),
            "an unknown key": token({**header, "kid": "portal-2027"}),
            "a key of a path": token({**header, "kid": "../../../../dev/null"}, signer=stranger),
            "a key of SQL": token({**header, "kid": "' OR 1=1 --"}, signer=stranger),
            "a key that is a number": token({**header, "kid": 1}),
            "crit": token({**header, "crit": ["exp"]}),
            "other claims": f"{first}.{encoded(changed(sub='root'))}.{third}",
            "expired": token(body=changed(exp=now - 3600)), "not valid yet": token(body=changed(nbf=now + 3600)),
            "no end": token(body=changed(exp=...)), "an end as text": token(body=changed(exp="2099-01-01")),
            "an end beyond all": token(body=changed(exp=-1)),
            "another issuer": token(body=changed(iss="https://id.example.evil")), "no issuer": token(body=changed(iss=...)),
            "another audience": token(body=changed(aud="portal2")), "no audience": token(body=changed(aud=...)),
            "an audience that contains it": token(body=changed(aud=["xportal", "portal "])),
            "claims twice": f"{first}.{encoded(json.dumps(claims)[:-1] + ', ' + json.dumps(claims)[1:])}.{third}",
            "claims a list": token(body=[claims]), "claims no JSON": token(body="hello"),
            "a zero signature": message + "." + encoded(bytes(64)),
            "r and s of the order": message + "." + encoded(order.to_bytes(32, "big") * 2),
            "r zero": message + "." + encoded(bytes(32) + (1).to_bytes(32, "big")),
            "a short signature": message + "." + encoded(b"\1" * 63), "a long signature": message + "." + third + "AA",
            "a signature in DER": message + "." + encoded(es256(message, key)[1]),
            "padding": genuine + "==", "a space": genuine.replace(".", ". ", 1), "a letter changed": genuine[:-6] + (
                "A" if genuine[-6] != "A" else "B") + genuine[-5:],
            "nested too deep": token({**header, "x": json.loads("[" * 200 + "]" * 200)}),
            "larger than allowed": token(body=changed(x="y" * 9000)),
        }
        pid = self.portal.unikernel("storefront")["pid"]
        before = resident(pid)
        honest = HonestClient(self.url + "/")
        honest.start()
        path = "/orders/1"
        for number, (name, value) in enumerate(forged.items()):
            # Slower than the limit of requests, so that it is the token that is refused.
            time.sleep(0.07)
            # Each from an address of its own: a source that shows many has to wait (see below).
            status, _, headers = ask(
                self.url, "GET", path, {"Authorization": f"Bearer {value}"}, source=f"127.0.0.{10 + number}")
            self.assertIn(status, (400, 401), name)
            if status == 401:
                self.assertTrue(headers["www-authenticate"].startswith("Bearer"), name)
        time.sleep(0.2)
        for value in (f"Basic {genuine}", f"Bearer{genuine}", f"bearer  {genuine} x", genuine):
            self.assertIn(ask(self.url, "GET", path, {"Authorization": value})[0], (400, 401), value[:20])
        time.sleep(0.2)
        self.assertIn(ask(self.url, "PUT", path, {"Authorization": f"Bearer {genuine}"}, b"x")[0], (201, 204))
        self.assertEqual(ask(self.url, "GET", path, {"Authorization": f"Bearer {genuine}"})[0], 200)
        slowed = set()
        for _ in range(40):
            time.sleep(0.07)
            status, _, _ = ask(
                self.url, "GET", path, {"Authorization": f"Bearer {forged['another key']}"}, source="127.0.0.9")
            slowed.add(status)
        self.assertEqual(slowed, {401, 429})
        # Neither others nor who is known are slowed down with it.
        self.assertEqual(ask(self.url, "GET", path, {"Authorization": f"Bearer {genuine}"}, source="127.0.0.9")[0], 200)
        honest.is_over.set()
        honest.join(20)
        self.assertEqual(honest.failures, [])
        note(
            "forged tokens", "http.client", f"{len(forged) + 4} refused, the genuine one accepted before and after",
            served=honest.served, failed=0, growth_kib=resident(pid) - before)
