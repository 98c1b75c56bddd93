#!/usr/bin/env bash
# Decisions a second over HTTP, each a request of its own on 16 kept connections: 1,000 policies, 2,000 entities,
# properties with each question, every decision logged. PROGRAM is the built program; needs wrk.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
program=${1:-.build/release/testudo} seconds=${2:-10} port=${3:-18080}
command -v wrk >/dev/null || { echo "wrk is missing: apt-get install wrk" >&2; exit 3; }
TESTUDO_HOME=$(mktemp -d); export TESTUDO_HOME
"$program" serve --listen "127.0.0.1:$port" 2>/dev/null &
server=$!
trap 'kill $server; wait $server || true; rm -rf "$TESTUDO_HOME"' EXIT
until "$program" decision show >/dev/null 2>&1; do sleep 0.1; done
python3 - "$TESTUDO_HOME" <<'P'
import json, sys
home = sys.argv[1]
with open(home + "/p.cedar", "w") as file:
    for i in range(1000):
        file.write('@id("team-%d") permit (principal in Team::"t%d", action == Action::"read", resource)\n'
                   'when { resource.team == "t%d" && principal.risk < 5 };\n' % (i, i, i))
users = [{"uid": {"type": "User", "id": "u%d" % i},
          "parents": [{"type": "Team", "id": "t%d" % ((i * 7 + k) % 1000)} for k in range(3)]} for i in range(1000)]
records = [{"uid": {"type": "Record", "id": "r%d" % i}, "attrs": {"team": "t%d" % i}} for i in range(1000)]
json.dump(users + records, open(home + "/e.json", "w"))
P
"$program" decision set --policies "$TESTUDO_HOME/p.cedar" --entities "$TESTUDO_HOME/e.json"
wrk -t 1 -c 16 -d "${seconds}s" -s Benchmarks/access.lua "http://127.0.0.1:$port" | grep -E 'Requests/sec|Latency|Non-2xx'
curl -s --unix-socket "$TESTUDO_HOME/run/api.sock" http://testudo/metrics | grep '^testudo_decisions'
