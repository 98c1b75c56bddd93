#!/usr/bin/env bash
# Fuzzes what reads other people's input, for some seconds (60 unless given). Inputs that crash, hang or use too much
# memory are left in .build/fuzzing/found, and the script fails. What was found worth keeping goes on from run to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:-60}
# The sanitizers' runtime comes with some toolchains only.
runtime=$(find "$(dirname "$(readlink -f "$(command -v swiftc)")")/.." -name 'libclang_rt.fuzzer*' -print -quit)
if [ -z "$runtime" ]; then
  echo "== skipped fuzzing: this toolchain has no libFuzzer"
  exit 0
fi
echo "== fuzzing templates and archives, $seconds s"
swift build --package-path Fuzzing --scratch-path .build/fuzzing -c release --product FuzzTemplates
mkdir -p .build/fuzzing/corpus .build/fuzzing/found
export TESTUDO_PROFILES=$PWD/Profiles
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
nice -n 19 .build/fuzzing/release/FuzzTemplates -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
  -max_len=16384 -dict=Fuzzing/templates.dict -artifact_prefix=.build/fuzzing/found/ -print_final_stats=1 -verbosity=0 \
  .build/fuzzing/corpus Fuzzing/Seeds
