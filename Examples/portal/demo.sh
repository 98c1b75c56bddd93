#!/usr/bin/env bash
# The main job, end to end: from a SecTOSCA template to protected unikernels that adapt. Nothing here is simulated; every
# line says what was asked and what came back. Exit status 0 only if all of it was as it should be. TARGET=microvm runs each
# unikernel as a virtual machine.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
testudo=${TESTUDO:-.build/release/testudo}
portal=Examples/portal
export TESTUDO_HOME=${TESTUDO_HOME:-$(mktemp -d /tmp/testudo-demo.XXXXXX)}
work=$(mktemp -d)
failures=0
began=$(date +%s%N)

finish() {
  # Whatever happened, nothing is left behind.
  "$testudo" down --all >/dev/null 2>&1
  rm -rf "$work"
}
trap finish EXIT

step() { printf '\n\033[1m%s\033[0m  (%s s)\n' "$1" "$((($(date +%s%N) - began) / 1000000000))"; }
good() { printf '  \033[32mok\033[0m    %s\n' "$1"; }
bad() { printf '  \033[31mWRONG\033[0m %s\n' "$1"; failures=$((failures + 1)); }
# check WHAT EXPECTED FOUND
check() { if [ "$2" = "$3" ]; then good "$1: $3"; else bad "$1: expected $2, found $3"; fi; }
# status CURL-ARGUMENTS: the HTTP status
status() { curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$@"; }
milliseconds() { echo "$((($(date +%s%N) - $1) / 1000000))"; }

if [ "$(id -u)" -ne 0 ]; then
  echo "the demo makes network namespaces and TAPs: run it as root" >&2
  exit 3
fi

step "1. The template is read and checked"
"$testudo" validate "$portal" --set credentials=@$portal/accounts.yaml || exit 1
"$testudo" inspect "$portal" --set credentials=@$portal/accounts.yaml

step "2. What is due is worked out, modules are selected, images are linked and started"
"$testudo" plan "$portal" --set credentials=@$portal/accounts.yaml
"$testudo" up "$portal" --target "${TARGET:-process}" --set credentials=@$portal/accounts.yaml || exit 1
"$testudo" ps
url=$("$testudo" ps --format json | grep -o 'http://127[^"]*' | head -1)
url=${url%/}
image=$("$testudo" ps --format json | tr -d '\n' | grep -o '"image" : "[^"]*"' | tail -1 | cut -d'"' -f4)
"$testudo" image inspect "$image"
"$testudo" image report "$image"

step "3. Requests, as clients make them"
check "GET / is public" 200 "$(status "$url/")"
check "GET /orders without credentials" 401 "$(status "$url/orders")"
challenge=$(curl -s -i "$url/orders" | tr -d '\r' | grep -i '^www-authenticate:')
case $challenge in *Basic*) good "$challenge" ;; *) bad "no WWW-Authenticate: $challenge" ;; esac
check "PUT /orders/17 as carl, a clerk" 201 "$(status -u carl:counting-house -X PUT -d 'three amphorae' "$url/orders/17")"
check "GET /orders/17 as rita, a reader" 200 "$(status -u rita:reading-room "$url/orders/17")"
check "PUT /orders/17 as rita" 403 "$(status -u rita:reading-room -X PUT -d 'none' "$url/orders/17")"
check "GET /orders/17 with a wrong password" 401 "$(status -u rita:wrong "$url/orders/17")"
orders=$("$testudo" ps --format json | tr -d '\n' | grep -o '"address" : "[^"]*"' | head -1 | cut -d'"' -f4)
namespace=$(basename "$(ls "$TESTUDO_HOME"/networks/*.json)" .json)
ip netns exec "$namespace" curl -s -o /dev/null --max-time 1 "http://$orders/orders/17"
check "a packet to orders ($orders) from anywhere but storefront is not answered (curl: timed out)" 28 $?
dropped=$("$testudo" events --format json | grep -c '"kind" : "firewall.dropped"')
if [ "$dropped" -gt 0 ]; then good "the firewall in the image reported $dropped dropped packet(s)"; else bad "no report of a drop"; fi

step "4. A rule changes, in the running image"
before=$("$testudo" ps --format json | grep -o '"pid" : [0-9]*' | tr '\n' ' ')
"$testudo" policy apply "$portal/readers-may-write.cedar" || bad "policy apply"
check "PUT /orders/17 as rita, now permitted" 204 "$(status -u rita:reading-room -X PUT -d 'two amphorae' "$url/orders/17")"
after=$("$testudo" ps --format json | grep -o '"pid" : [0-9]*' | tr '\n' ' ')
check "no unikernel was restarted" "$before" "$after"
"$testudo" policy status

# client NAME CURL-ARGUMENTS: requests without pause until told to stop; one status a line.
client() {
  local name=$1
  shift
  while [ ! -e "$work/stop" ]; do curl -s -o /dev/null -w '%{http_code}\n' "$@" >>"$work/$name" 2>/dev/null || echo "curl failed: $?" >>"$work/$name"; done
}

step "5. The threat level rises: other requirements, another image, no interruption"
token=$("$testudo" token --key $portal/token-key.pem --key-id portal-2026 --issuer https://id.example --audience portal \
  --subject carl --role clerk)
check "before: GET /orders/17 with a token is not accepted" 401 "$(status -H "Authorization: Bearer $token" "$url/orders/17")"
client public "$url/?[1-500]" &
client public2 "$url/about.html?[1-500]" &
client anonymous "$url/orders/17?[1-500]" &
sleep 0.5
start=$(date +%s%N)
"$testudo" context set threat_level=high || bad "context set"
swap=$(milliseconds "$start")
sleep 0.5
touch "$work/stop"
wait
good "level elevated is in force after $swap ms (the command as a whole)"
cat "$work/public" "$work/public2" >"$work/all"
total=$(wc -l <"$work/all")
failed=$(grep -vc '^200$' "$work/all")
check "requests of clients without pause that failed, of $total" 0 "$failed"
served=$(grep -vcE '^(401|429)$' "$work/anonymous")
check "requests served with less than is due, of $(wc -l <"$work/anonymous")" 0 "$served"
# The client without credentials has used up what the rate limit grants this address: 20 a second, 40 at most.
sleep 2.2
check "a password no longer opens /orders" 401 "$(status -u carl:counting-house "$url/orders/17")"
check "GET /orders/17 with a token" 200 "$(status -H "Authorization: Bearer $token" "$url/orders/17")"
# In one process, since sixty would take longer on a busy machine than the limit takes to grant as many.
limited=$(status -H "Authorization: Bearer $token" "$url/orders/17?[1-60]" | grep -o 429 | wc -l)
if [ "$limited" -gt 0 ]; then good "of 60 requests at once, $limited are over the rate limit: 429"; else bad "no rate limit"; fi
"$testudo" ps
rm -f "$work/stop"

step "   The threat is over"
"$testudo" context set threat_level=low || bad "context set"
check "GET /orders/17 as rita, by password again" 200 "$(status -u rita:reading-room "$url/orders/17")"

step "6. It is taken down"
"$testudo" down portal || bad "down"
# Tenders and the forwarder name the home in their arguments, the control plane in its environment; images end with their
# tenders.
left=$(pgrep -fc "(tender|forwarder) $TESTUDO_HOME" || true)
for process in $(pgrep -x testudo || true); do
  # One that ends just now is not left.
  { tr '\0' '\n' <"/proc/$process/environ"; } 2>/dev/null | grep -qx "TESTUDO_HOME=$TESTUDO_HOME" && left=$((left + 1))
done
check "processes left" 0 "$left"
check "network namespaces left" 0 "$(ip netns list 2>/dev/null | grep -c "^$namespace" || true)"
check "files of instances, networks and sockets left" 0 \
  "$(find "$TESTUDO_HOME/instances" "$TESTUDO_HOME/networks" "$TESTUDO_HOME/run" "$TESTUDO_HOME/services" -type f -o -type s 2>/dev/null | grep -vc control-plane.log)"
case $TESTUDO_HOME in /tmp/testudo-demo.*) rm -rf "$TESTUDO_HOME" ;; esac

printf '\n'
if [ "$failures" -eq 0 ]; then
  echo "everything as it should be, in $((($(date +%s%N) - began) / 1000000000)) s"
else
  echo "$failures step(s) were not as they should be" >&2
  exit 1
fi
