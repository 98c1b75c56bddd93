#!/usr/bin/env bash
# Runs the library OS's tests with the address sanitizer, as ordinary code of this host. Some minutes, most of them for
# compiling, so that it is not part of `make test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
echo "== testing the library OS with the address sanitizer"
# What Swift's own library copies between objects of its own is not looked at: `#expect` of an optional number is taken
# for an overflow there. An image's objects live as long as it does, so that leaks are not looked for.
export ASAN_OPTIONS=detect_leaks=0:replace_intrin=0 SWIFT_BACKTRACE=enable=no
swift test --sanitize=address --package-path Unikernel --scratch-path .build/unikernel-asan
