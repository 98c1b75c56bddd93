#!/usr/bin/env bash
# Measures the library OS's network beside Debian's nginx with one worker on the same core: both are ports of one bridge,
# the image through its TAP, nginx through a veth pair, and the client is a third port. Rounds alternate between the two,
# and ratios are those of medians. Everything is in network namespaces of its own. Needs root, and the packages nginx-light,
# wrk, python3, iproute2 and, where the kernel has no netem, iptables. Arguments: the folder of the built programs, and the
# parts to measure, all by default. ROUNDS and SECONDS_EACH shorten or lengthen.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=${1:-.build/release}
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-3}
source Benchmarks/network/beside-nginx.sh

cp Benchmarks/network/service.yaml "$work/"
mkdir "$work/page" "$work/bulk"
printf '%-611s\n' '<!DOCTYPE html><title>A page</title>' >"$work/page/index.html"
cp "$work/page/index.html" "$work/bulk/"
head -c 1048576 /dev/urandom >"$work/bulk/file"
cat >"$work/nginx.conf" <<NGINX
worker_processes 1;
worker_rlimit_nofile 65536;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 20000; }
http {
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=100;
  keepalive_requests 1000000000; keepalive_timeout 600; client_max_body_size 16m;
  types { text/html html; application/octet-stream file; }
  server { listen 80 backlog=4096; root $work/bulk; }
}
NGINX
chmod -R a+rX "$work"

keep_alive() { requests "$1"; }
connections() { requests "$1" -H 'Connection: close'; }
# Time of a processor that the server spends on one request, in microseconds: the work that others do on this machine at
# the same time does not show in it.
processor_time() {
  local process=$served before after count
  [ "$1" = "$image" ] || process=$worker
  before=$(awk '{ print $14 + $15 }' "/proc/$process/stat")
  count=$(at_client timeout 30 wrk -t1 -c64 -d"$seconds" "${@:2}" "http://$1/" | awk '/requests in/ { print $1 }')
  after=$(awk '{ print $14 + $15 }' "/proc/$process/stat")
  awk -v ticks=$((after - before)) -v count="$count" -v hertz="$(getconf CLK_TCK)" \
    'BEGIN { print ticks * 1e6 / hertz / count }'
}
processor_time_of_connections() { processor_time "$1" -H 'Connection: close'; }
# wrk keeps 64 connections, and each waits before it asks again: together they ask at half of what nginx can answer.
half_load() {
  at_client timeout 30 wrk -t1 -c64 -d"$seconds" --latency -s "$work/pause.lua" "http://$1/" | awk '/^ +99%/ {
    value = $2 + 0
    if ($2 ~ /ms$/) value *= 1000
    else if ($2 !~ /us$/) value *= 1000000
    print value }'
}
transfer() { at_client python3 Benchmarks/network/client.py "$1" "$2" "$seconds"; }
# Loses one packet in a hundred between the client and the servers, each way: with netem where the kernel has it, else with
# netfilter on the bridge.
lose() {
  if ip netns exec "$service" tc qdisc replace dev "to-$client" root netem loss 1% 2>/dev/null &&
    ip netns exec "$client" tc qdisc replace dev eth0 root netem loss 1% 2>/dev/null; then
    return
  fi
  ip netns exec "$service" sysctl -qw net.bridge.bridge-nf-call-iptables=1
  ip netns exec "$service" iptables-legacy -A FORWARD -m statistic --mode random --probability 0.01 -j DROP
}
hold() { # hold COUNT
  ulimit -n 65536 2>/dev/null || true
  for pair in "image $image $served" "nginx $nginx $worker"; do
    read -r name address process <<<"$pair"
    read -r memory answered <<<"$(at_client python3 Benchmarks/network/client.py hold "$address" "$1" "$process")"
    printf '%-42s %s: %d answered twice, %d kB resident\n' "$1 open connections" "$name" "$answered" "$memory"
  done
}

echo "congestion control of the kernel's TCP: $(sysctl -n net.ipv4.tcp_congestion_control)"
measure_page() {
  printf '%-42s %d kB\n' "resident memory, idle" "$(awk '/VmRSS/ { print $2 }' "/proc/$served/status")"
  hold 1000
  in_turns "keep-alive requests, 612 bytes" "a second" more keep_alive
  in_turns "processor time of one" "µs" less processor_time
  in_turns "new connections with one request" "a second" more connections
  in_turns "processor time of one" "µs" less processor_time_of_connections
  rate=$(keep_alive "$nginx")
  awk -v rate="$rate" 'BEGIN { pause = int(64 * 2000 / rate + 0.5); print "function delay() return " (pause < 1 ? 1 : pause) " end" }' \
    >"$work/pause.lua"
  in_turns "99th percentile at half load" "µs" less half_load
  hold 10000
}

measure_guarded() {
  in_turns "keep-alive requests, with the firewall" "a second" more keep_alive
}

measure_bulk() {
  in_turns "bulk out, 1 connection" "Mbit/s" more transfer out
  in_turns "bulk in, 1 connection" "Mbit/s" more transfer in
  lose
  in_turns "bulk out at 1 % loss" "Mbit/s" more transfer out
  in_turns "bulk in at 1 % loss" "Mbit/s" more transfer in
}

for part in ${2:-page guarded bulk}; do
  start_image "$part"
  "measure_$part"
  stop_image
done
