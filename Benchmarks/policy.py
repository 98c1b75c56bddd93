#!/usr/bin/env python3
"""Decisions a second beside cedarpy, casbin and vakt, on the same policies, entities and requests.

usage: policy.py CEDAR-BENCH [SECONDS]

Every decision is compared with cedarpy's; a difference ends the run with status 1. casbin and vakt have no language for
hierarchies of resources and are given what they can express of the same rules.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time

SUBJECTS, ROLES, FOLDERS, ACTIONS, DEPARTMENTS = 1000, 100, 200, 5, 100


def rbac(count, rng):
    seen, policies = set(), []
    while len(policies) < count:
        rule = (rng.randrange(ROLES), rng.randrange(ACTIONS), rng.randrange(FOLDERS))
        if rule in seen:
            continue
        seen.add(rule)
        policies.append(rule)
    text = "\n".join(
        f'permit(principal in Role::"r{r}", action == Action::"a{a}", resource in Folder::"f{f}");' for r, a, f in policies)
    return policies, text


def abac(count, rng):
    policies = [
        (rng.randrange(ACTIONS), rng.randrange(DEPARTMENTS), rng.randrange(1, 6), rng.randrange(DEPARTMENTS))
        for _ in range(count)]
    text = "\n".join(
        f'permit(principal, action == Action::"a{a}", resource) when {{ principal.department == "d{d}" && '
        f'principal.clearance >= {c} && resource.department == "d{e}" && resource.public == false }};'
        for a, d, c, e in policies)
    return policies, text


def uid(kind, name):
    return {"type": kind, "id": name}


def world(rng):
    users = [{
        "uid": uid("User", f"u{i}"),
        "attrs": {"department": f"d{rng.randrange(DEPARTMENTS)}", "clearance": rng.randrange(1, 8)},
        "parents": [uid("Role", f"r{r}") for r in rng.sample(range(ROLES), 3)]} for i in range(SUBJECTS)]
    files = [{
        "uid": uid("File", f"x{i}"), "attrs": {"department": f"d{rng.randrange(DEPARTMENTS)}", "public": False},
        "parents": [uid("Folder", f"f{rng.randrange(FOLDERS)}")]} for i in range(SUBJECTS)]
    return users, files


def requests(policies, kind, users, files, rng, count=2000):
    """Half of the requests are made to fit some policy, as far as the entities allow."""
    by_role, by_folder, by_department = {}, {}, {}
    for user in users:
        for parent in user["parents"]:
            by_role.setdefault(parent["id"], []).append(user)
    for file in files:
        by_folder.setdefault(file["parents"][0]["id"], []).append(file)
        by_department.setdefault(file["attrs"]["department"], []).append(file)
    result = []
    for number in range(count):
        user, file, action = rng.choice(users), rng.choice(files), rng.randrange(ACTIONS)
        if number % 2:
            rule = rng.choice(policies)
            if kind == "rbac":
                user = rng.choice(by_role.get(f"r{rule[0]}", [user]))
                action, file = rule[1], rng.choice(by_folder.get(f"f{rule[2]}", [file]))
            else:
                user = rng.choice([u for u in users if u["attrs"]["department"] == f"d{rule[1]}"] or [user])
                action, file = rule[0], rng.choice(by_department.get(f"d{rule[3]}", [file]))
        result.append((user, f"a{action}", file))
    return result


def timed(call, items, seconds):
    """Calls a second, and the results of the first round."""
    results, count, start = [], 0, time.perf_counter()
    while True:
        for item in items:
            outcome = call(item)
            if len(results) < len(items):
                results.append(outcome)
            count += 1
            if count % 16 == 0 and time.perf_counter() - start > seconds:
                return count / (time.perf_counter() - start), results


def main():
    bench, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
    import cedarpy
    rows, differences = [], 0
    for kind in ("rbac", "abac"):
        for count in (10, 1000, 10000):
            rng = random.Random(count)
            users, files = world(rng)
            policies, text = (rbac if kind == "rbac" else abac)(count, rng)
            asked = requests(policies, kind, users, files, rng)
            with tempfile.TemporaryDirectory() as folder:
                def write(name, content):
                    path = os.path.join(folder, name)
                    with open(path, "w") as file:
                        file.write(content)
                    return path
                ours = json.loads(subprocess.run([
                    bench, write("policies.cedar", text), write("entities.json", json.dumps(users + files)),
                    write("requests.json", json.dumps([
                        {"principal": u["uid"], "action": uid("Action", a), "resource": f["uid"], "context": {}}
                        for u, a, f in asked])), str(seconds)], check=True, capture_output=True, text=True).stdout)

            def ask_cedarpy(item):
                user, action, file = item
                # Only what this request needs, which is the fastest way to use it.
                return cedarpy.is_authorized({
                    "principal": f'User::"{user["uid"]["id"]}"', "action": f'Action::"{action}"',
                    "resource": f'File::"{file["uid"]["id"]}"', "context": {}}, text, [user, file]).allowed
            theirs, answers = timed(ask_cedarpy, asked[:200 if count > 1000 else 2000], seconds)
            wrong = sum(ours["decisions"][i] != ("a" if answer else "d") for i, answer in enumerate(answers))
            differences += wrong
            rows.append((kind, count, ours, theirs, len(answers), wrong, others(kind, policies, users, files, asked, seconds)))
    print(f'{"":6}{"policies":>9}{"ours/s":>12}{"no index/s":>12}{"cedarpy/s":>11}{"ratio":>9}{"casbin/s":>10}{"vakt/s":>9}'
          f'{"allowed":>9}{"checked":>9}{"arranged":>10}{"memory":>9}')
    for kind, count, ours, theirs, checked, wrong, (casbin_rate, vakt_rate) in rows:
        def shown(rate):
            return f"{rate:,.0f}" if rate else "-"
        allowed = ours["decisions"].count("a") / len(ours["decisions"])
        print(f'{kind:6}{count:9,}{ours["indexed"]:12,.0f}{ours["plain"]:12,.0f}{theirs:11,.0f}'
              f'{ours["indexed"] / theirs:9,.0f}{shown(casbin_rate):>10}{shown(vakt_rate):>9}{allowed:9.0%}'
              f'{checked - wrong:5}/{checked}{ours["arrangedInSeconds"] * 1000:7.0f} ms{ours["policyBytes"] / 1e6:6.0f} MB')
    for kind in ("rbac", "abac"):
        few, many = [row[2]["indexed"] for row in rows if row[0] == kind and row[1] in (10, 10000)]
        print(f"{kind}: at 10,000 policies {few / many:.2f} times slower than at 10")
    sys.exit(1 if differences else 0)


def others(kind, policies, users, files, asked, seconds):
    """Decisions a second of casbin and vakt, where they are installed and can express the rules."""
    rates = [None, None]
    if len(policies) > 1000:
        return rates  # minutes for a handful of decisions
    try:
        import casbin
        folder = tempfile.mkdtemp()
        model, table = os.path.join(folder, "model.conf"), os.path.join(folder, "policy.csv")
        with open(model, "w") as file:
            file.write("[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n"
                       "[role_definition]\ng = _, _\ng2 = _, _\n[policy_effect]\ne = some(where (p.eft == allow))\n"
                       "[matchers]\nm = g(r.sub, p.sub) && g2(r.obj, p.obj) && r.act == p.act\n")
        if kind == "rbac":
            with open(table, "w") as file:
                for role, action, folder_number in policies:
                    file.write(f"p, r{role}, f{folder_number}, a{action}\n")
                for user in users:
                    for parent in user["parents"]:
                        file.write(f'g, {user["uid"]["id"]}, {parent["id"]}\n')
                for item in files:
                    file.write(f'g2, {item["uid"]["id"]}, {item["parents"][0]["id"]}\n')
            enforcer = casbin.Enforcer(model, table)
            rates[0], _ = timed(lambda r: enforcer.enforce(r[0]["uid"]["id"], r[2]["uid"]["id"], r[1]), asked, seconds)
    except ImportError:
        pass
    try:
        import vakt
        from vakt.rules import Eq, GreaterOrEqual
        storage = vakt.MemoryStorage()
        if kind == "abac":
            for number, (action, department, clearance, other) in enumerate(policies):
                storage.add(vakt.Policy(
                    number, subjects=[{"department": Eq(f"d{department}"), "clearance": GreaterOrEqual(clearance)}],
                    resources=[{"department": Eq(f"d{other}"), "public": Eq(False)}], actions=[Eq(f"a{action}")],
                    effect=vakt.ALLOW_ACCESS))
            guard = vakt.Guard(storage, vakt.RulesChecker())
            rates[1], _ = timed(
                lambda r: guard.is_allowed(vakt.Inquiry(subject=r[0]["attrs"], resource=r[2]["attrs"], action=r[1])),
                asked, seconds)
    except ImportError:
        pass
    return rates


main()
