#!/usr/bin/env bash
# Every test of every package. End-to-end tests run real unikernels out of .build/library with the program just built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
logs=.build/test-logs
mkdir -p "$logs"

# run NAME ARGUMENT…: one run of tests; where it fails, what failed is said once more at the end.
run() {
  try "$@" || exit 1
}

# twice NAME ARGUMENT…: tests of running processes, sockets and a solver with a time limit, which a machine that stands
# still for some seconds can fail. What failed the first time is said in any case, and must pass the second time.
twice() {
  try "$@" && return
  echo "== $1 is tried once more"
  run "$@"
}

try() {
  local log=$logs/$1.log
  shift
  swift test "$@" 2>&1 | tee "$log" && return
  echo "== what failed, of $log"
  grep -E '^(✘|.*error:)' "$log" | head -n 60
  return 1
}

echo "== testing Interchange"
run interchange --package-path Interchange --scratch-path .build/interchange-tests
echo "== testing the library OS, as ordinary code on this host"
run unikernel --package-path Unikernel --scratch-path .build/unikernel-tests
echo "== testing the host's part"
swift build --product testudo
swift build --product testudo-forwarder
twice host --skip EndToEndTests --skip HostingTests
# Apart, because what they start has deadlines of its own, which a machine that is busy with other tests may miss.
twice hosting --skip-build --filter HostingTests
echo "== testing everything end to end"
twice end-to-end --skip-build --filter EndToEndTests
Scripts/check-api.sh
Scripts/guard-mechanisms.sh --check
# The attacks mostly wait; the fuzzers are compiled meanwhile, which keeps one core busy for some minutes.
nice -n 10 Scripts/fuzz.sh 0 >"$logs/fuzzers.log" 2>&1 &
fuzzers=$!
trap 'kill "$fuzzers" 2>/dev/null || true' EXIT
Scripts/attack.sh || { echo "== the attacks are tried once more"; Scripts/attack.sh; }
wait "$fuzzers" || { cat "$logs/fuzzers.log"; exit 1; }
Scripts/fuzz.sh 60
