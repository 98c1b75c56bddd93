#!/usr/bin/env bash
# How long adaptation takes end to end, and what clients see of it: real images. Needs root. Figures: see adaptation.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${TESTUDO:-.build/release/testudo}
[ -x "$program" ] || { echo "benchmark: build first, with \`make build\`" >&2; exit 3; }
python3 Benchmarks/adaptation.py "$program" "$@"
