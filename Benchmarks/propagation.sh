#!/usr/bin/env bash
# How long policies take to reach 100 and 1,000 enforcement points, and how much memory each takes: real images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${TESTUDO:-.build/release/testudo}
[ -x "$program" ] || { echo "benchmark: build first, with \`make build\`" >&2; exit 3; }
for points in "${@:-100 1000}"; do
  for count in $points; do python3 Benchmarks/propagation.py "$program" "$count"; done
done
