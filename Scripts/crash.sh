#!/usr/bin/env bash
# Kills everything but the images (`kill -9`) again and again, at random moments and boundaries, while services come, change
# and go; and looks each time whether all is whole afterwards. Needs root.
#
#   Scripts/crash.sh [COUNT [SEED]]      200 crashes unless said otherwise; the seed is printed
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
swift build --product testudo-forwarder
export TESTUDO_CRASHES=${1:-200}
[ $# -lt 2 ] || export TESTUDO_CRASH_SEED=$2
swift test --filter EndToEndTests.CrashTests
