#!/usr/bin/env python3
"""A client of the OpenID AuthZEN Authorization API 1.0, written from the specification and nothing else.

    client.py BASE [--token TOKEN] [--cacert PEM]

Finds the endpoints by the metadata (section 11), asks the questions of Examples/decisions and compares the answers, then
sends what is no request and expects 400 each time. Prints what differs; exit status 1 if anything does.
"""
import argparse
import json
import ssl
import sys
import urllib.error
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("base")
parser.add_argument("--token")
parser.add_argument("--cacert")
options = parser.parse_args()
context = ssl.create_default_context(cafile=options.cacert) if options.cacert else None
checked, failures = 0, []


def send(url, body=None, media_type="application/json", headers=None, token=options.token):
    """Status, headers and body of one request; a POST where there is a body."""
    request = urllib.request.Request(url, data=body)
    request.add_header("Content-Type", media_type) if body is not None else None
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    if token:
        request.add_header("Authorization", "Bearer " + token)
    try:
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def expect(what, found, wanted):
    global checked
    checked += 1
    if found != wanted:
        failures.append(f"{what}: found {found!r}, expected {wanted!r}")


def ask(endpoint, question):
    status, headers, body = send(endpoint, json.dumps(question).encode(), headers={"X-Request-ID": "bfe9eb29"})
    expect(f"status of {question}", status, 200)
    expect(f"content type of {question}", headers.get_content_type(), "application/json")
    expect(f"X-Request-ID of {question}", headers["X-Request-ID"], "bfe9eb29")
    return json.loads(body) if status == 200 else {}


# 11: what there is, and where.
status, headers, body = send(options.base + "/.well-known/authzen-configuration", token=None)
expect("status of the metadata", status, 200)
expect("content type of the metadata", headers.get_content_type(), "application/json")
metadata = json.loads(body)
expect("policy_decision_point", metadata["policy_decision_point"], options.base)
evaluation, evaluations = metadata["access_evaluation_endpoint"], metadata["access_evaluations_endpoint"]


def user(name, **properties):
    return {"type": "user", "id": name, **({"properties": properties} if properties else {})}


def record(name, **properties):
    return {"type": "record", "id": name, **({"properties": properties} if properties else {})}


def action(name, **properties):
    return {"name": name, **({"properties": properties} if properties else {})}


# 6: one question.
for subject, verb, resource, decision in [
    (user("alice"), action("read"), record("record-1"), True),
    (user("alice"), action("write"), record("record-1"), True),
    (user("bob"), action("read"), record("record-1"), True),
    (user("bob"), action("write"), record("record-1"), False),
    (user("alice"), action("write"), record("record-2", status="archived"), False),
    (user("bob", role="admin"), action("write"), record("record-2", status="archived"), True),
    (user("alice"), action("delete", soft=True), record("record-1"), True),
    (user("alice"), action("delete", soft=False), record("record-1"), False),
    (user("nobody"), action("read"), record("record-1"), False),
]:
    question = {"subject": subject, "action": verb, "resource": resource}
    expect(f"decision of {question}", ask(evaluation, question).get("decision"), decision)
    more = {**question, "context": {"time": "2025-06-27T18:03-07:00"}, "unknown": [1, {"a": None}]}
    expect(f"decision of {more}", ask(evaluation, more).get("decision"), decision)
    # 7.1: without evaluations, as one question.
    expect(f"several, none: {question}", ask(evaluations, question).get("decision"), decision)
    expect(f"several, empty: {question}", ask(evaluations, {**question, "evaluations": []}).get("decision"), decision)

# 7: several questions, with defaults and the three semantics.
base = {"subject": user("bob"), "resource": record("record-1")}
items = [{"action": action("write")}, {"action": action("read")}, {"action": action("write")}]
for semantic, wanted in [
    (None, [False, True, False]), ("execute_all", [False, True, False]), ("deny_on_first_deny", [False]),
    ("permit_on_first_permit", [False, True]),
]:
    question = {**base, "evaluations": items}
    if semantic:
        question["options"] = {"evaluations_semantic": semantic}
    found = [item["decision"] for item in ask(evaluations, question).get("evaluations", [])]
    expect(f"decisions with {semantic}", found, wanted)
# A default is replaced whole: alice of the item has no properties.
question = {
    "subject": user("alice", role="admin"), "action": action("write"), "resource": record("record-2", status="archived"),
    "evaluations": [{}, {"subject": user("alice")}],
}
found = [item["decision"] for item in ask(evaluations, question).get("evaluations", [])]
expect("a default is replaced, not merged", found, [True, False])
# An item that is wrong is denied; the others are decided.
question = {**base, "evaluations": [{"action": {}}, {"action": action("read")}]}
found = [item["decision"] for item in ask(evaluations, question).get("evaluations", [])]
expect("an item that is wrong", found, [False, True])


def search(endpoint, question):
    """All pages, one result at a time."""
    results, token = [], None
    for _ in range(100):
        page = {"limit": 1, **({"token": token} if token else {})}
        answer = ask(metadata[endpoint], {**question, "page": page})
        results += [item.get("id", item.get("name")) for item in answer.get("results", [])]
        token = answer.get("page", {}).get("next_token")
        if not token:
            return sorted(results)
    return results


# 8: searches.
expect(
    "who reads", search(
        "search_subject_endpoint",
        {"subject": {"type": "user"}, "action": action("read"), "resource": record("record-1")}), ["alice", "bob"])
expect(
    "what alice writes", search(
        "search_resource_endpoint", {"subject": user("alice"), "action": action("write"), "resource": {"type": "record"}}),
    ["record-1"])
expect(
    "what alice does", search("search_action_endpoint", {"subject": user("alice"), "resource": record("record-1")}),
    ["read", "write"])
expect(
    "who of none reads", search(
        "search_subject_endpoint",
        {"subject": {"type": "spaceship"}, "action": action("read"), "resource": record("record-1")}), [])

# 10.1: what is no request is 400.
good = {"subject": user("alice"), "action": action("read"), "resource": record("record-1")}
bad = [b"", b" ", b"{", b"[]", b"null", b"1", b'"a"', b"\xff\xfe", json.dumps(good).encode() + b"}", b"[" * 10_000]
for field in good:
    bad.append(json.dumps({name: value for name, value in good.items() if name != field}).encode())
    for value in [None, 1, "x", [], True]:
        bad.append(json.dumps({**good, field: value}).encode())
for field, part in [("subject", "type"), ("subject", "id"), ("resource", "type"), ("resource", "id"), ("action", "name")]:
    bad.append(json.dumps({**good, field: {n: v for n, v in good[field].items() if n != part}}).encode())
    for value in [None, 1, {}, []]:
        bad.append(json.dumps({**good, field: {**good[field], part: value}}).encode())
for field in good:
    bad.append(json.dumps({**good, field: {**good[field], "properties": "x"}}).encode())
bad.append(json.dumps({**good, "context": "x"}).encode())
for body in bad:
    for endpoint in [evaluation, evaluations]:
        status, headers, answer = send(endpoint, body, headers={"X-Request-ID": "17"})
        expect(f"status of {body[:80]!r} to {endpoint}", status, 400)
        expect(f"X-Request-ID of {body[:80]!r}", headers["X-Request-ID"], "17")
        expect(f"what is wrong with {body[:80]!r}", len(answer) > 20, True)
for wrong in ["text/plain", "application/x-www-form-urlencoded", "application/json-seq"]:
    expect(f"status of {wrong}", send(evaluation, json.dumps(good).encode(), wrong)[0], 400)
for value in [1, "x", {}, [1]]:
    # An item that is no object is denied or refused, never permitted; a value that is no list is refused.
    status, _, answer = send(evaluations, json.dumps({**good, "evaluations": value}).encode())
    permitted = b'"decision":true' in answer.replace(b" ", b"")
    expect(f"evaluations {value!r}", status == 400 or (isinstance(value, list) and not permitted), True)
expect(
    "an unknown semantic", send(
        evaluations, json.dumps({**base, "evaluations": items, "options": {"evaluations_semantic": "x"}}).encode())[0], 400)

# 10.1.1: 401 is about the caller.
if options.token:
    for token in [None, "x", options.token + "x"]:
        status, headers, _ = send(evaluation, json.dumps(good).encode(), token=token)
        expect(f"status with the token {token!r}", status, 401)
        expect("a challenge", (headers["WWW-Authenticate"] or "").startswith("Bearer"), True)

for failure in failures:
    print(failure)
print(f"{checked} checks, {len(failures)} failures")
sys.exit(1 if failures else 0)
