#!/usr/bin/env bash
# How long a change of level takes until all that is due is in force: the image linked on demand, the image from the pool, the
# instance from the pool. One resource with real images. Needs root. `TESTUDO` names the program (a release build by default);
# the argument is the number of changes of each kind.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${TESTUDO:-.build/release/testudo}
[ -x "$program" ] || { echo "benchmark: build first, with \`make build\`" >&2; exit 3; }
exec python3 Benchmarks/pool.py "$program" "${1:-30}"
