#!/usr/bin/env bash
# How fast policies inside images are: the code of images compiled for this machine, then a bundle put in force in a running
# image, as the image itself measures it. Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${TESTUDO:-.build/release/testudo}
bench=${BUNDLE_BENCH:-.build/release/bundle-bench}
[ -x "$bench" ] || swift build -c release --product bundle-bench
[ -x "$program" ] || { echo "benchmark: build first, with \`make build\`" >&2; exit 3; }
"$bench"
python3 Benchmarks/bundle.py "$program" "$bench" "${1:-10000}"
