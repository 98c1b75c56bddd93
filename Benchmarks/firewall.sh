#!/usr/bin/env bash
# How long the firewall of images takes to decide about first packets, for 10 to 10,000 rules: the code of images compiled for
# this machine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
swift build -c release --package-path Unikernel --scratch-path .build/unikernel-bench --product firewall-bench >&2
.build/unikernel-bench/release/firewall-bench
