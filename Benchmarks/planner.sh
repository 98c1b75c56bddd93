#!/usr/bin/env bash
# Measures planning by itself: plans for services of up to 10,000 resources, and finding that nothing is to be done.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
swiftc -O -swift-version 6 -o "$folder/planner-bench" Sources/Orchestration/Planning/*.swift Benchmarks/planner-bench/main.swift
"$folder/planner-bench"
