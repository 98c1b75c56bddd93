#!/usr/bin/env bash
# Installs the tools that Tests/Attacks uses and that are missing. Tests whose tool is missing are skipped.
set -euo pipefail
wanted=(apache2-utils dnsmasq-base hping3 nghttp2-client nmap openssl python3 python3-h11 python3-scapy python3-websockets
  slowhttptest sslscan tcpdump
  tcpreplay testssl.sh wrk)
command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || exit 0
missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
echo "== installing ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "testudo: run as root, or install these packages: ${missing[*]}" >&2; exit 3; }
  as_root=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
