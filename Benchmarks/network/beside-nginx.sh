# What benches beside nginx share, sourced by them: `start_image` puts an image and nginx on one bridge and one core, and the
# client behind a third port on another core; `in_turns` measures both alternately. Before: `programs`, `rounds`, `seconds`.
# The template that `start_image` takes images from is `$work/service.yaml`, nginx's configuration `$work/nginx.conf`.
service=benchnet client=benchclient web=benchweb
image=10.77.0.2 nginx=10.77.0.3
for needed in nginx wrk python3 curl ip tc taskset; do
  command -v "$needed" >/dev/null || { echo "$0 needs $needed" >&2; exit 1; }
done
server_core=0
client_core=$(($(nproc) > 1 ? 1 : 0))
work=$(mktemp -d)
served= serving=

stop_image() {
  [ -z "${nginx_master:-}" ] || { kill "$nginx_master"; nginx_master=; }
  [ -z "$serving" ] || { exec {feed}>&-; wait "$serving" || true; }
  serving=
  ip netns del "$client" 2>/dev/null || true
  ip netns del "$web" 2>/dev/null || true
}
trap 'stop_image; rm -rf "$work"' EXIT

# start_image RESOURCE: the image, nginx and the client on the bridge of one service network.
start_image() {
  rm -f "$work/feed"
  mkfifo "$work/feed"
  taskset -c "$server_core" "$programs/testudo-bench" serve "$work" "$1" "$service" 20000 <"$work/feed" >"$work/served" &
  serving=$!
  exec {feed}>"$work/feed"
  for _ in $(seq 100); do
    [ -s "$work/served" ] && break
    sleep 0.1
  done
  served=$(cat "$work/served")
  [ -n "$served" ] || { echo "the image did not start" >&2; exit 1; }
  local number=3
  for place in "$web" "$client"; do
    ip netns add "$place"
    ip -n "$service" link add "to-$place" type veth peer name eth0 netns "$place"
    ip -n "$service" link set "to-$place" master br0 up
    ip -n "$place" addr add "10.77.0.$number/24" dev eth0
    ip -n "$place" link set eth0 up
    ip -n "$place" link set lo up
    number=$((number + 1))
  done
  ip netns exec "$web" taskset -c "$server_core" nginx -c "$work/nginx.conf" {feed}>&-
  nginx_master=$(cat "$work/nginx.pid")
  worker=$(pgrep -P "$nginx_master")
}

at_client() { ip netns exec "$client" taskset -c "$client_core" "$@"; }
median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }

# in_turns NAME UNIT BETTER COMMAND: runs COMMAND ADDRESS for both in turn; it prints one number.
in_turns() {
  local name=$1 unit=$2 better=$3
  shift 3
  : >"$work/ours" >"$work/theirs"
  for _ in $(seq "$rounds"); do
    "$@" "$image" >>"$work/ours"
    "$@" "$nginx" >>"$work/theirs"
  done
  local ours theirs
  ours=$(median <"$work/ours") theirs=$(median <"$work/theirs")
  awk -v name="$name" -v ours="$ours" -v theirs="$theirs" -v unit="$unit" -v better="$better" -v n="$rounds" 'BEGIN {
    ratio = (theirs > 0) ? ours / theirs : 0
    printf("%-42s %9.6g against %9.6g %s: ratio %.2f (%s is better, n = %d)\n", name, ours, theirs, unit, ratio, better, n)
  }'
}

requests() { at_client timeout 30 wrk -t1 -c64 -d"$seconds" "${@:2}" "http://$1/" | awk '/Requests\/sec/ { print $2 }'; }
