#!/usr/bin/env bash
# Applications that nobody changed, each behind a unikernel: Python's http.server, and Debian's PostgreSQL with its psql. Nothing
# here is simulated. Exit status 0 only if all of it was as it should be; 77 where something that it needs is not installed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
testudo=${TESTUDO:-.build/release/testudo}
gateway=Examples/gateway
export TESTUDO_HOME=${TESTUDO_HOME:-$(mktemp -d /tmp/testudo-demo.XXXXXX)}
work=$(mktemp -d)
failures=0
server=

finish() {
  "$testudo" down --all >/dev/null 2>&1
  [ -z "$server" ] || kill -INT "$server" 2>/dev/null
  [ -z "${pages:-}" ] || kill "$pages" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

step() { printf '\n\033[1m%s\033[0m\n' "$1"; }
good() { printf '  \033[32mok\033[0m    %s\n' "$1"; }
bad() { printf '  \033[31mWRONG\033[0m %s\n' "$1"; failures=$((failures + 1)); }
# check WHAT EXPECTED FOUND
check() { if [ "$2" = "$3" ]; then good "$1: $3"; else bad "$1: expected $2, found $3"; fi; }
# until_so COMMAND…: waits for it to succeed
until_so() { for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done; return 1; }

missing() { echo "the demo needs $1" >&2; exit 77; }
[ "$(id -u)" -eq 0 ] || missing "root: it makes network namespaces and TAPs"
command -v nft >/dev/null || missing "nftables"
command -v python3 >/dev/null || missing "python3"
command -v psql >/dev/null || missing "the package postgresql"
programs=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -x "$programs/postgres" ] || missing "the package postgresql"
as_nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

step "1. Two applications run, as ordinary users"
chmod 755 "$work"
mkdir "$work/pages" "$work/database"
echo "a page of the application" >"$work/pages/index.html"
python3 -m http.server 9000 --bind 127.0.0.1 --directory "$work/pages" >/dev/null 2>&1 &
pages=$!
echo harbour-light >"$work/database/password"
chown -R nobody:nogroup "$work/database"
"${as_nobody[@]}" "$programs/initdb" -D "$work/database/data" -U ada --pwfile="$work/database/password" -A scram-sha-256 \
  --no-sync --locale C >/dev/null || exit 1
(cd "$work/database" && exec "${as_nobody[@]}" "$programs/postgres" -D "$work/database/data" -p 5432 -k "$work/database" \
  -c listen_addresses=127.0.0.1 -c fsync=off >/dev/null 2>&1) &
server=$!
export PGPASSWORD=harbour-light PGCONNECT_TIMEOUT=5
database="host=127.0.0.1 port=5432 dbname=postgres user=ada"
ask() { psql -XqAt -d "$1" -c "$2" 2>&1; }
until_so psql -XqAt -d "$database" -c 'select 1' || { echo "PostgreSQL does not start" >&2; exit 1; }
until_so curl -s -o /dev/null http://127.0.0.1:9000/
check "PostgreSQL, asked directly" 1 "$(ask "$database" 'select 1')"

step "2. Unikernels in front of them"
certificate() { "$testudo" certificate "$@" >/dev/null || exit 1; }
certificate --authority --name "Example authority" --out "$work/authority"
certificate --issuer "$work/authority" --name localhost --out "$work/records"
certificate --issuer "$work/authority" --client --name reports --out "$work/reports"
certificate --issuer "$work/authority" --client --name olaf --out "$work/olaf"
inputs=(--set "accounts=@$gateway/accounts.yaml" --set "certificate=@$work/records.pem"
  --set "key=@$work/records-key.pem" --set "authority=@$work/authority.pem")
"$testudo" validate $gateway "${inputs[@]}" || exit 1
"$testudo" inspect $gateway "${inputs[@]}"
"$testudo" up $gateway --target "${TARGET:-process}" "${inputs[@]}" || exit 1
"$testudo" ps

step "3. Level normal: TLS, and the password is the database's to judge"
records="host=localhost port=5433 dbname=postgres user=ada sslmode=verify-full sslrootcert=$work/authority.pem"
anybody="$records sslcert=none sslkey=none"
check "psql over TLS" 1 "$(ask "$anybody" 'select 1')"
case $(PGPASSWORD=guess ask "$anybody" 'select 1') in
  *"password authentication failed"*) good "a wrong password is refused by PostgreSQL" ;;
  *) bad "a wrong password" ;;
esac
psql -XqAt -d "host=localhost port=5433 dbname=postgres user=ada sslmode=disable" -c 'select 1' >/dev/null 2>&1
check "psql in clear fails" 2 $?
ask "$anybody" 'create table words as select n, md5(n::text) as word from generate_series(1, 100000) n'
psql -XqAt -d "$anybody" -c "\\copy words to '$work/words'"
psql -XqAt -d "$anybody" -c 'create table copies (like words)' -c "\\copy copies from '$work/words'"
check "rows copied out and in, $(du -h "$work/words" | cut -f1)" 0 \
  "$(ask "$anybody" 'select count(*) from (select * from words except select * from copies) as missing')"
check "the page" "a page of the application" "$(curl -s --max-time 5 http://127.0.0.1:8090/)"

step "4. Nobody gets around the unikernels"
curl -s -o /dev/null --max-time 1 http://127.0.0.1:9000/
check "curl to the application itself times out" 28 $?
PGCONNECT_TIMEOUT=2 psql -XqAt -d "$database" -c 'select 1' >/dev/null 2>&1
check "psql to the database itself fails" 2 $?

step "5. The threat rises: only programs with a certificate that is named get to the database"
psql -XqAt -d "$anybody" -c "select pg_sleep(60)" >/dev/null 2>"$work/cut" &
open=$!
running="select count(*) from pg_stat_activity where query = 'select pg_sleep(60)'"
until_so sh -c "[ \"\$(psql -XqAt -d '$anybody' -c \"$running\")\" = 1 ]"
"$testudo" context set threat_level=high
wait "$open"
check "who was let in without one is cut off" 2 $?
psql -XqAt -d "$anybody" -c 'select 1' >/dev/null 2>&1
check "without a certificate" 2 $?
psql -XqAt -d "$records sslcert=$work/olaf.pem sslkey=$work/olaf-key.pem" -c 'select 1' >/dev/null 2>&1
check "with the certificate of another" 2 $?
check "with that of \`reports\`" 1 "$(ask "$records sslcert=$work/reports.pem sslkey=$work/reports-key.pem" 'select 1')"
check "the page, without a password" 401 "$(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8090/)"
check "the page, with it" 200 "$(curl -s -o /dev/null -w '%{http_code}' -u ada:harbour-light http://127.0.0.1:8090/)"
"$testudo" threats $gateway "${inputs[@]}" | head -40

step "6. And all is as before"
"$testudo" down gateway
check "PostgreSQL, asked directly" 1 "$(ask "$database" 'select 1')"
check "the page, asked directly" "a page of the application" "$(curl -s --max-time 5 http://127.0.0.1:9000/)"

[ $failures -eq 0 ] && printf '\nall as it should be\n' || printf '\n%s wrong\n' "$failures"
exit $((failures > 0))
