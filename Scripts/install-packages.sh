#!/usr/bin/env bash
# Installs the Debian packages that building and running need and that are missing; with the argument `tests`, those of
# tests too.
set -euo pipefail
# procps: the demonstration looks for processes that were left behind. z3: policies are compared with it.
wanted=(libbearssl-dev libyaml-dev zlib1g-dev libsqlite3-dev pkg-config iproute2 curl procps z3)
# nftables: external services are enclosed with it. postgresql: a server and a client that nobody changed, behind a unikernel.
[ "${1:-}" != tests ] || wanted+=(nftables postgresql)
missing=()
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "testudo: this is not a Debian system; install the equivalents of ${wanted[*]} by hand" >&2
  exit 3
fi
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if ! command -v swift >/dev/null; then
  echo "testudo: Swift 6.3 or later is needed and is not on the PATH (https://swift.org/install/linux)" >&2
  exit 3
fi
# Without what QEMU recommends, which is several times its size.
lean=()
if [ "${1:-}" = tests ]; then
  dpkg-query -W -f '${Status}' qemu-system-x86 2>/dev/null | grep -q 'ok installed' || lean+=(qemu-system-x86)
fi
[ ${#missing[@]} -eq 0 ] && [ ${#lean[@]} -eq 0 ] && exit 0
echo "== installing ${missing[*]} ${lean[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "testudo: run as root, or install these packages: ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
[ ${#missing[@]} -eq 0 ] || "${as_root[@]}" apt-get -qq install -y "${missing[@]}" >/dev/null
[ ${#lean[@]} -eq 0 ] || "${as_root[@]}" apt-get -qq install -y --no-install-recommends "${lean[@]}" >/dev/null
