#!/usr/bin/env bash
# Every test of every package. End-to-end tests run real unikernels out of .build/library with the program just built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
echo "== testing Interchange"
swift test --package-path Interchange --scratch-path .build/interchange-tests
echo "== testing the library OS, as ordinary code on this host"
swift test --package-path Unikernel --scratch-path .build/unikernel-tests
echo "== testing the host's part, and everything end to end"
swift build --product testudo
swift build --product testudo-forwarder
swift test --skip EndToEndTests
swift test --skip-build --filter EndToEndTests
