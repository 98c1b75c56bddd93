#!/usr/bin/env bash
# Switches each mechanism off in the code, in an overlay over this working copy, and expects a named end-to-end test to
# fail; all of them or those named: guard-mechanisms.sh Firewall quota. Needs root. With --check, only holds the table
# against the code.
set -euo pipefail
exec python3 "$(dirname "${BASH_SOURCE[0]}")/../Tests/Guards/guards.py" "$@"
