#!/usr/bin/env bash
# Reads TOSCA templates beside tosca-parser, puccini and unfurl (from PyPI, into folders of the build).
# A peer may take LIMIT seconds (120) for a template.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
swift build -c release --product tosca-bench
peers=.build/tosca-peers
# Each has an environment of its own, because they ask for different versions of the same packages.
for peer in tosca-parser puccini unfurl; do
  [ -e "$peers/$peer/installed" ] && continue
  if python3 -m venv "$peers/$peer" && "$peers/$peer/bin/pip" -q install "$peer"; then
    touch "$peers/$peer/installed"
  else
    rm -rf "${peers:?}/$peer"
    echo "$peer cannot be installed from PyPI; it is left out" >&2
  fi
done
program=.build/release/testudo
[ -x "$program" ] || program=
exec python3 Benchmarks/tosca.py .build/release/tosca-bench Profiles "$peers" ${program:+"$program"}
