"""Writes what protection.sh measures into a folder: python3 prepare.py FOLDER

The same page in two images, one of them with filter, rate limit, Basic authentication and 1,000 policies; and the accounts
and rules with which nginx does the same as far as it can. Every rule has to be looked at before the one that lets the
client in: that of nginx is the last of its list, and the policies name other users and paths but one.
"""
import base64
import hashlib
import os
import sys

folder = sys.argv[1]
POLICIES = 1000
PASSWORD = "reading-room"
SALT = b"sixteen bytes ok"
ITERATIONS = 20000

key = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), SALT, ITERATIONS)
encoded = {"salt": base64.b64encode(SALT).decode(), "hash": base64.b64encode(key).decode()}

TEMPLATE = """tosca_definitions_version: tosca_simple_yaml_1_3
description: What protection.sh measures, a page of 612 bytes, protected and not.
imports: [ sectosca/1.0 ]
topology_template:
  node_templates:
    page: &page
      type: sectosca.nodes.StaticSite
      properties: {{ memory: 128 MiB }}
      artifacts:
        site: {{ type: sectosca.artifacts.StaticSite, file: page }}
      capabilities:
        endpoint: {{ properties: {{ port: 80 }} }}
    protected: *page
  policies:
    - flows: {{ type: sectosca.policies.Filtering, targets: [ protected ] }}
    - passwords:
        type: sectosca.policies.Authentication
        targets: [ protected ]
        properties:
          scheme: basic
          realm: bench
          credentials:
            rita: {{ salt: "{salt}", iterations: {iterations}, hash: "{hash}", roles: [ reader ] }}
    - at_most:
        type: sectosca.policies.RateLimit
        targets: [ protected ]
        properties: {{ per_source: 1000000 per 1 s, burst: 1000000 }}
    - rules:
        type: sectosca.policies.Authorization
        targets: [ protected ]
        properties: {{ policies: [ orders.cedar ] }}
    - normal:
        type: sectosca.policies.Level
        properties: {{ rank: 0, requires: [ flows, passwords, at_most, rules ] }}
"""

with open(os.path.join(folder, "service.yaml"), "w") as file:
    file.write(TEMPLATE.format(iterations=ITERATIONS, **encoded))
with open(os.path.join(folder, "orders.cedar"), "w") as file:
    for number in range(POLICIES - 1):
        file.write(
            f'@id("p{number}") permit (principal in Role::"role{number}", action == Action::"GET",'
            f' resource in Path::"/part{number}");\n')
    file.write('@id("readers") permit (principal in Role::"reader", action == Action::"GET", resource);\n')
# What nginx knows of hashes and is not slow by intention for each request: salted SHA-1. It does not remember whom it has
# let in; with a hash that is slow, it would answer some tens of requests a second.
digest = hashlib.sha1(PASSWORD.encode() + SALT).digest() + SALT
with open(os.path.join(folder, "accounts"), "w") as file:
    file.write("rita:{SSHA}" + base64.b64encode(digest).decode() + "\n")
with open(os.path.join(folder, "rules.conf"), "w") as file:
    for number in range(POLICIES - 1):
        file.write(f"deny 10.{100 + number // 250}.{number % 250}.0/24;\n")
    file.write("allow 10.77.0.0/24; deny all;\n")
