#!/usr/bin/env bash
# Attacks running images with other people's tools (Tests/Attacks), all of them or those named: attack.sh test_scan
# What was seen is written to .build/attacks/report.json.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
Scripts/install-attack-tools.sh || echo "== some tools could not be installed; their tests are skipped"
# Debian's packages of Python modules are for Debian's Python.
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || { echo "== skipped the attacks: no python3"; exit 0; }
echo "== attacking running images"
rm -f .build/attacks/report.json
cd Tests/Attacks
if [ $# -eq 0 ]; then
  exec "$python" -B -W ignore -m unittest discover
fi
exec "$python" -B -W ignore -m unittest "$@"
