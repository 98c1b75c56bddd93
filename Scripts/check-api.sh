#!/usr/bin/env bash
# Holds a control plane that runs against its own description, with schemathesis: requests as described and others, to
# every route, as the administrator of everything. Some 20 s, 90 at most; left out where schemathesis cannot be installed.
# Arguments go to schemathesis.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=$PWD/.build/tools/schemathesis
skip() { echo "== skipped holding the API against its description: $1"; exit 0; }
if [ ! -x "$tools/bin/schemathesis" ]; then
  command -v python3 >/dev/null || skip "there is no python3"
  echo "== installing schemathesis into .build/tools"
  rm -rf "$tools"
  mkdir -p .build/tools
  { python3 -m venv "$tools" && timeout 180 "$tools/bin/pip" -q install 'schemathesis>=4,<5'; } \
    >.build/tools/schemathesis.log 2>&1 || { rm -rf "$tools"; skip "it cannot be installed (.build/tools/schemathesis.log)"; }
fi
program=${TESTUDO_PROGRAM:-$PWD/.build/debug/testudo}
[ -x "$program" ] || skip "$program is missing"
TESTUDO_HOME=$(mktemp -d)
export TESTUDO_HOME
"$program" serve --listen 127.0.0.1:0 --tokens 2>"$TESTUDO_HOME.log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$TESTUDO_HOME" "$TESTUDO_HOME.log"' EXIT
for _ in $(seq 300); do
  address=$(grep -o 'http://127.0.0.1:[0-9]*' "$TESTUDO_HOME.log" || true)
  [ -n "$address" ] && break
  kill -0 "$server" 2>/dev/null || { cat "$TESTUDO_HOME.log"; exit 1; }
  sleep 0.1
done
token=$("$program" token create --name schemathesis --role administrator --all-tenants)
echo "== holding the API against its description"
# Streams of events do not end, so that only their documents are looked at. What is random is the same each time.
configuration=$PWD/Scripts/schemathesis.toml
cd "$TESTUDO_HOME"
timeout 88 "$tools/bin/schemathesis" --config-file "$configuration" run "$address/openapi.json" --header "Authorization: Bearer $token" \
  --phases examples,coverage,fuzzing --max-examples 12 --seed 7 --generation-deterministic \
  --request-timeout 20 --no-color --workers 1 --warnings off "$@"
kill -0 "$server" || { echo "== the control plane ended"; exit 1; }
