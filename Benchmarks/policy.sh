#!/usr/bin/env bash
# Decisions a second beside cedarpy, casbin and vakt (from PyPI, into a folder of the build), every decision compared.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
swift build -c release --product cedar-bench
peers=.build/policy-peers
[ -x "$peers/bin/python" ] || python3 -m venv "$peers"
"$peers/bin/python" -c 'import cedarpy, casbin, vakt' 2>/dev/null \
  || "$peers/bin/pip" -q install cedarpy casbin vakt || echo "some peers cannot be installed; they are left out" >&2
exec "$peers/bin/python" Benchmarks/policy.py .build/release/cedar-bench "${1:-2}"
