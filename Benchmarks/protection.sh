#!/usr/bin/env bash
# Measures what protection costs: requests that pass packet filter, rate limit, Basic authentication and authorization with
# 1,000 policies, against the same page without any of it, and against Debian's nginx with `limit_req`, `auth_basic` and
# 1,000 rules of `allow` and `deny`; everything in turns on the same core. Arguments and needs are those of network.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
programs=${1:-.build/release}
rounds=${ROUNDS:-5} seconds=${SECONDS_EACH:-3}
source Benchmarks/network/beside-nginx.sh

mkdir "$work/page"
printf '%-611s\n' '<!DOCTYPE html><title>A page</title>' >"$work/page/index.html"
python3 Benchmarks/protection/prepare.py "$work"
cat >"$work/nginx.conf" <<NGINX
worker_processes 1;
worker_rlimit_nofile 65536;
pid $work/nginx.pid;
error_log $work/nginx.log;
events { worker_connections 20000; }
http {
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=100;
  keepalive_requests 1000000000; keepalive_timeout 600;
  types { text/html html; }
  limit_req_zone \$binary_remote_addr zone=sources:10m rate=1000000r/s;
  server { listen 80 backlog=4096; root $work/page; }
  server {
    listen 81 backlog=4096; root $work/page;
    limit_req zone=sources burst=1000000 nodelay;
    auth_basic bench; auth_basic_user_file $work/accounts;
    include $work/rules.conf;
  }
}
NGINX
chmod -R a+rX "$work"

credentials=$(printf 'rita:reading-room' | base64)
as_rita() { requests "$@" -H "Authorization: Basic $credentials"; }
# The ratio of what in_turns measured last.
ratio() { awk -v ours="$(median <"$work/ours")" -v theirs="$(median <"$work/theirs")" 'BEGIN { print ours / theirs }'; }
# Nothing counts but pages: an image that refused would be faster.
expect_page() { # expect_page ADDRESS
  local status
  status=$(at_client curl -s -o "$work/answer" -w '%{http_code}' -u rita:reading-room "http://$1/")
  [ "$status" = 200 ] && cmp -s "$work/answer" "$work/page/index.html" ||
    { echo "$1 answered $status, where 200 and the page were expected" >&2; exit 1; }
}

start_image protected
expect_page "$image"
expect_page "$nginx:81"
without=$(at_client curl -s -o "$work/answer" -w '%{http_code}' "http://$image/")
[ "$without" = 401 ] || { echo "without credentials, $image answered $without, where 401 was expected" >&2; exit 1; }
unprotected=$nginx nginx=$nginx:81
in_turns "protected requests, beside nginx" "a second" more as_rita
nginx=$unprotected
in_turns "protected requests, beside bare nginx" "a second" more as_rita
protected=$(ratio)
stop_image

# Two images cannot be at one address at once: bare nginx, in the same rounds, is the measure that both are held against.
start_image page
in_turns "unprotected requests, beside bare nginx" "a second" more as_rita
bare=$(ratio)
stop_image
awk -v protected="$protected" -v bare="$bare" 'BEGIN {
  printf("%-42s ratio %.2f\n", "protected against unprotected image", protected / bare) }'
