#!/usr/bin/env bash
# Fuzzes what reads other people's input, for some seconds each (60 unless given), two at a time: fuzz.sh 600 Network
# With 0 seconds, only builds the fuzzers.
# Inputs that crash, hang or use too much memory are left in .build/fuzzing/found, and the script fails. What was found
# worth keeping goes on from run to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
shift || true
fuzzers=("$@")
[ ${#fuzzers[@]} -gt 0 ] || fuzzers=(Templates Network HTTP Control)
# The sanitizers' runtime comes with some toolchains only.
runtime=$(find "$(dirname "$(readlink -f "$(command -v swiftc)")")/.." -name 'libclang_rt.fuzzer*' -print -quit)
if [ -z "$runtime" ]; then
  echo "== skipped fuzzing: this toolchain has no libFuzzer"
  exit 0
fi
for name in "${fuzzers[@]}"; do
  swift build --package-path Fuzzing --scratch-path .build/fuzzing -c release --product "Fuzz$name"
done
[ "$seconds" != 0 ] || exit 0
echo "== fuzzing ${fuzzers[*]}, $seconds s each"
mkdir -p .build/fuzzing/found
export TESTUDO_PROFILES=$PWD/Profiles
# A backtrace of Swift's own beside libFuzzer's takes long, and says no more.
export SWIFT_BACKTRACE=enable=no
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

# one NAME: runs a fuzzer to its end; its last words are kept.
one() {
  local name=$1 length=4096 words=()
  mkdir -p ".build/fuzzing/corpus/$name"
  # Leaks are looked for where nothing is meant to stay: a server stays as long as its image.
  case $name in
    Templates) length=16384 words=(-dict=Fuzzing/templates.dict) ;;
    HTTP) words=(-dict=Fuzzing/http.dict -detect_leaks=0) ;;
  esac
  nice -n 19 ".build/fuzzing/release/Fuzz$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -max_len=$length "${words[@]}" -artifact_prefix=".build/fuzzing/found/$name-" -print_final_stats=1 -verbosity=0 \
    ".build/fuzzing/corpus/$name" "Fuzzing/Seeds/$name" >"$TMPDIR/$name.log" 2>&1
}

failed=()
for ((first = 0; first < ${#fuzzers[@]}; first += 2)); do
  jobs=()
  for name in "${fuzzers[@]:first:2}"; do
    one "$name" &
    jobs+=("$!:$name")
  done
  for job in "${jobs[@]}"; do
    name=${job#*:}
    if wait "${job%%:*}"; then
      echo "   $name: $(grep -o 'number_of_executed_units: *[0-9]*' "$TMPDIR/$name.log" | grep -o '[0-9]*$') inputs"
    else
      tail -n 60 "$TMPDIR/$name.log"
      failed+=("$name")
    fi
  done
done
[ ${#failed[@]} -eq 0 ] || { echo "== found something: ${failed[*]} (.build/fuzzing/found)"; exit 1; }
