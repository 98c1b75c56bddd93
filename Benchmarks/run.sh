#!/usr/bin/env bash
# Prints the figures of Documentation/Performance.md, measured on this machine. Needs root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
swift build -c release --product testudo-bench
echo "$(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2- | xargs), Linux $(uname -r)"
.build/release/testudo-bench
echo
echo "the network, beside nginx"
Benchmarks/network.sh .build/release
echo
echo "what protection costs, beside nginx"
Benchmarks/protection.sh .build/release
echo
echo "policies inside images"
Benchmarks/bundle.sh
echo
echo "policy decisions, beside peers"
Benchmarks/policy.sh
echo
echo "changes of level, with the pool and without"
Benchmarks/pool.sh
echo
echo "planning"
Benchmarks/planner.sh
echo
echo "reading TOSCA, beside peers"
Benchmarks/tosca.sh
echo
echo "adaptation, end to end"
Benchmarks/adaptation.sh
