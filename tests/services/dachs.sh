#!/usr/bin/env bash
# A real Virtual Observatory server (GAVO DaCHS over PostgreSQL) on loopback, for tests and for people.
#
#   dachs.sh [start]      install what is missing, load the data, start, wait until it answers
#   dachs.sh stop         stop everything, the database too; the data stay
#   dachs.sh status       say whether it answers
#   dachs.sh purge        stop, and remove the data
#   dachs.sh start spare | stop spare | kill spare | status spare
#                         a second server with a database of its own, to be stopped and killed by tests
#
# Ends with 0 (it answers), 69 (it cannot be had on this machine; one sentence on stderr says why), 3 (status: down),
# or 1 (it should work and does not).  Once everything is there, `start` takes a fraction of a second.
#
# Environment, with defaults:
#   DACHS_PORT=8642       the port on 127.0.0.1; the spare server has the next one
#   DACHS_ROOT            where the database and the files are: /var/lib/gnomon-test-vo for root, else in ~/.cache
#   DACHS_STARS=20000     rows of votest.stars
#
# Served, below http://127.0.0.1:$DACHS_PORT (tables in dachs.rd, rows in dachs_rows.py):
#   TAP /tap    SCS /votest/q/cone/scs.xml    SIAP 1 /votest/q/siap/siap.xml
#   SIAP 2 /__system__/siap2/sitewide/siap2.xml    SSAP /votest/q/ssap/ssap.xml    files /getproduct/...
#
# The system's own PostgreSQL cluster and DaCHS site, where there are any, are left alone: both programs run with
# folders, a socket and settings of their own, and the database cannot be reached over the network.
set -euo pipefail
cd "$(dirname "$0")"
HERE=$PWD

MAXREC=2000      # rows of a reply when the client says nothing
HARD=20000       # rows of a reply whatever the client says
SYNC_SECONDS=3   # what a synchronous query may take
ASYNC_SECONDS=60

BASE=${DACHS_PORT:-8642}
STARS=${DACHS_STARS:-20000}
OWNER=gnomon-test-vo
if [ "$(id -u)" = 0 ]; then
    ROOT=${DACHS_ROOT:-/var/lib/gnomon-test-vo}
else
    ROOT=${DACHS_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/gnomon-test-vo}
    OWNER=$(id -un)
fi

COMMAND=${1:-start}
INSTANCE=${2:-main}
case $INSTANCE in
    main)  PORT=$BASE ;;
    spare) PORT=$((BASE + 1)) ;;
    *)     echo "dachs.sh: there is no server named $INSTANCE, only main and spare" >&2; exit 2 ;;
esac
URL=http://127.0.0.1:$PORT
SITE=$ROOT/$INSTANCE

say() { printf '[dachs] %s\n' "$*"; }
unavailable() { printf '%s\n' "$*" >&2; exit 69; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# PostgreSQL refuses to run as root.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && HOME=$ROOT exec runuser -u "$OWNER" -- "$@")
    else
        (cd / && HOME=$ROOT exec "$@")
    fi
}
dachs_of() {  # INSTANCE COMMAND...
    as_owner env GAVOSETTINGS="$ROOT/$1.rc" GAVOCUSTOM=/dev/null LC_ALL=C.UTF-8 dachs "${@:2}"
}

# A full answer of its own, not only an open port or another server on it.
up() { curl -sf -m 5 "$URL/tap/availability" 2>/dev/null | grep -q 'available>true'; }
# A dead process leaves its number, which may go to another program, and an empty command line until it is reaped.
serves() { tr '\0' ' ' < "/proc/$1/cmdline" 2>/dev/null | grep -q 'dachs serve'; }
process() {
    local id
    id=$(cat "$SITE/state/web.pid" 2>/dev/null) || return 1
    [ -n "$id" ] && serves "$id" && echo "$id"
}
end_server() {  # SIGNAL
    local id
    id=$(process) || return 0
    kill "-$1" "$id" 2>/dev/null || true
    for _ in $(seq 160); do serves "$id" || break; sleep 0.05; done
    # in the middle of a long query it does not hear the gentle signal
    if serves "$id"; then kill -KILL "$id" 2>/dev/null || true; sleep 0.3; fi
    rm -f "$SITE/state/web.pid"
}

# The newest PostgreSQL that has both extensions for the sphere.
find_postgres() {
    local version
    for version in $(ls /usr/lib/postgresql 2>/dev/null | sort -rn); do
        if [ -x "/usr/lib/postgresql/$version/bin/initdb" ] && [ -x "/usr/lib/postgresql/$version/bin/postgres" ] \
            && [ -f "/usr/share/postgresql/$version/extension/q3c.control" ] \
            && [ -f "/usr/share/postgresql/$version/extension/pg_sphere.control" ]; then
            BIN=/usr/lib/postgresql/$version/bin
            return 0
        fi
    done
    return 1
}
installed() { command -v dachs >/dev/null && command -v curl >/dev/null && find_postgres; }
database_runs() { as_owner "$BIN/pg_ctl" -D "$ROOT/database" status >/dev/null 2>&1; }
start_database() {
    database_runs && return 0
    as_owner "$BIN/pg_ctl" -D "$ROOT/database" -l "$ROOT/database.log" -w -t 60 start </dev/null >/dev/null 2>&1 \
        || { tail -5 "$ROOT/database.log" >&2; fail "PostgreSQL did not start; its log is $ROOT/database.log."; }
}
stop_database() {
    [ -d "$ROOT/database" ] && find_postgres && database_runs || return 0
    as_owner "$BIN/pg_ctl" -D "$ROOT/database" -m fast -w -t 30 stop >/dev/null 2>&1 \
        || as_owner "$BIN/pg_ctl" -D "$ROOT/database" -m immediate -w stop >/dev/null
}
stop_all() {
    local which
    for which in main spare; do SITE=$ROOT/$which end_server TERM; done
    stop_database
}

# DaCHS without its package gavodachs2-server: that one only sets up a site in the system's own PostgreSQL cluster,
# which is not ours to change, and fails where that cluster is broken.
install_packages() {
    installed && return 0
    [ "$(id -u)" = 0 ] || unavailable "The test server of the Virtual Observatory cannot be installed without root; as root, run tests/services/dachs.sh once."
    command -v apt-get >/dev/null || unavailable "The test server of the Virtual Observatory is installed with apt-get, which this machine does not have."
    say "installing DaCHS and PostgreSQL (a minute or two)"
    local log why version
    log=$(mktemp)
    get() {
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" \
            </dev/null >>"$log" 2>&1
    }
    apt-get update -qq </dev/null >>"$log" 2>&1 || true  # an old list may do; if not, the next lines say so
    # What fails here may fail on the system's own cluster alone, with all that is needed unpacked: `installed` decides.
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || get postgresql || true
    version=$(cd /usr/lib/postgresql 2>/dev/null && printf '%s\n' * | sort -rn | head -1) || true
    get python3-gavo "postgresql-$version-q3c" "postgresql-$version-pgsphere" curl || true
    if ! installed; then
        why=$(grep -E '^E: ' "$log" | head -1) || true
        unavailable "The test server of the Virtual Observatory could not be installed: ${why:-$(tail -1 "$log")}"
    fi
    rm -f "$log"
}

make_owner() {
    [ "$(id -u)" = 0 ] || return 0
    getent passwd "$OWNER" >/dev/null || useradd --system --user-group --no-create-home --home-dir "$ROOT" \
        --shell /usr/sbin/nologin "$OWNER" 2>/dev/null || true
    getent passwd "$OWNER" >/dev/null || unavailable "The user $OWNER, as whom PostgreSQL would run, could not be made; see /etc/passwd."
}

settings() {  # INSTANCE PORT
    cat <<END
[general]
rootDir: $ROOT/$1
inputsDir: $ROOT/inputs
group: $(as_owner id -gn)
gavoGroup: $(as_owner id -gn)
maintainerAddress: nobody@localhost.localdomain
[web]
bindAddress: 127.0.0.1
serverPort: $2
serverURL: http://127.0.0.1:$2
sitename: Loopback Virtual Observatory
user: $OWNER
[ivoa]
authority: x-loopback
dalDefaultLimit: $MAXREC
dalHardLimit: $HARD
[async]
defaultMAXREC: $MAXREC
hardMAXREC: $HARD
defaultExecTimeSync: $SYNC_SECONDS
defaultExecTime: $ASYNC_SECONDS
maxTAPRunning: 4
END
}

run_step() {  # WHAT COMMAND...
    local log
    log=$(mktemp)
    "${@:2}" </dev/null >"$log" 2>&1 || { tail -20 "$log" >&2; fail "Setting up the test server failed: $1."; }
    rm -f "$log"
}

sql() {  # DATABASE ARGUMENTS...
    as_owner "$BIN/psql" -h "$ROOT/socket" -p 5432 -q -X -v ON_ERROR_STOP=1 "${@:2}" "$1"
}

# PostgreSQL 15.20 refuses (15.18 does not) two long unused operators of the pg_sphere of Debian 12, which name the
# partner of another operator as theirs (postgrespro/pgsphere issue 85).  There the extension's script is run without
# those lines, and the extension entered by hand.
make_pg_sphere() {
    local folder version
    sql votest -c 'CREATE EXTENSION pg_sphere' && return 0
    folder=${BIN%/bin}
    folder=/usr/share/postgresql/${folder##*/}/extension
    version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$folder/pg_sphere.control")
    sed -e '/^\\/d' -e "s/MODULE_PATHNAME/\$libdir\/pg_sphere/" \
        -e "/^CREATE OPERATOR @ (/,/);/{/COMMUTATOR *= '@>'/d;/NEGATOR *= '!<@'/d}" \
        "$folder/pg_sphere--$version.sql" | sql votest --single-transaction -f - &&
        sql votest -c "INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
            SELECT 90000, 'pg_sphere', datdba, 'public'::regnamespace, true, '$version'
            FROM pg_database WHERE datname = 'votest'"
}

load() {
    local step
    say "loading the data ($STARS stars)"
    # Nothing below is of any worth once the script or the rows have changed; but only what this script made goes.
    if [ -e "$ROOT" ]; then
        [ -f "$ROOT/made-by-dachs.sh" ] || [ -z "$(ls -A "$ROOT")" ] || fail "$ROOT holds something else; set DACHS_ROOT to a folder of its own."
        stop_all
        rm -rf "${ROOT:?}"/*
    fi
    mkdir -p "$ROOT"
    touch "$ROOT/made-by-dachs.sh"
    mkdir "$ROOT/socket" "$ROOT/main" "$ROOT/inputs" "$ROOT/inputs/votest"
    chmod 700 "$ROOT"
    cp "$HERE/dachs.rd" "$ROOT/inputs/votest/q.rd"
    cp "$HERE/dachs_rows.py" "$ROOT/dachs_rows.py"
    [ "$(id -u)" != 0 ] || chown -R "$OWNER:" "$ROOT"
    settings main "$BASE" | as_owner tee "$ROOT/main.rc" >/dev/null
    settings spare "$((BASE + 1))" | as_owner tee "$ROOT/spare.rc" >/dev/null

    run_step "the database" as_owner "$BIN/initdb" -D "$ROOT/database" --encoding=UTF8 --locale=C.UTF-8 --auth=trust --no-sync
    # No network, and no care for what a crash of the machine would lose.
    as_owner tee -a "$ROOT/database/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$ROOT/socket'
unix_socket_permissions = 0700
port = 5432
fsync = off
shared_buffers = 64MB
jit = off
END
    start_database
    run_step "the database" as_owner "$BIN/createdb" -h "$ROOT/socket" -p 5432 --encoding=UTF8 --template=template0 votest
    run_step "the extension pg_sphere" make_pg_sphere
    run_step "the rows" as_owner /usr/bin/python3 "$ROOT/dachs_rows.py" "$ROOT/inputs/votest" "$STARS"
    run_step "the site" dachs_of main init -d "host=$ROOT/socket port=5432 dbname=votest"
    for step in "imp //obscore" "imp votest/q" "pub votest/q" "pub //tap" "pub //siap2"; do
        # shellcheck disable=SC2086
        run_step "dachs $step" dachs_of main $step
    done

    # The spare server: a copy of the site and of the database.
    run_step "the spare site" as_owner cp -a "$ROOT/main" "$ROOT/spare"
    run_step "the spare site" as_owner sed -i 's/^database *=.*/database = votest_spare/' "$ROOT/spare/etc/dsn"
    run_step "the spare database" as_owner "$BIN/createdb" -h "$ROOT/socket" -p 5432 --template=votest votest_spare
    run_step "the spare database" sql votest_spare -c 'GRANT ALL ON DATABASE votest_spare TO gavoadmin'
    as_owner tee "$ROOT/loaded" >/dev/null <<< "$WANTED"
}

case $COMMAND in
    start) ;;
    stop)
        if [ "$INSTANCE" = main ]; then stop_all; else end_server TERM; fi
        say stopped; exit 0 ;;
    kill)   end_server KILL; say killed; exit 0 ;;
    status) if up; then say "up at $URL"; exit 0; else say down; exit 3; fi ;;
    purge)
        stop_all
        if [ -f "$ROOT/made-by-dachs.sh" ]; then rm -rf "${ROOT:?}"; fi
        say purged; exit 0 ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

# One at a time; what is started below does not inherit the lock.
mkdir -p "$(dirname "$ROOT")"
exec 9>"$ROOT.lock"
flock -w 900 9 || fail "Another dachs.sh has held $ROOT.lock for a quarter of an hour."
{
    WANTED=$(cat dachs.sh dachs.rd dachs_rows.py | sha256sum | cut -c -64)-$STARS-$BASE
    if [ "$(cat "$ROOT/loaded" 2>/dev/null)" != "$WANTED" ]; then
        install_packages
        make_owner
        load
    fi
    if ! { process >/dev/null && up; }; then
        install_packages
        make_owner
        end_server TERM
        start_database
        say "starting the server"
        dachs_of "$INSTANCE" serve start </dev/null >/dev/null 2>&1 || true
    fi
    for _ in $(seq 240); do
        if process >/dev/null && up; then say "up at $URL"; exit 0; fi
        sleep 0.25
    done
    tail -5 "$SITE"/logs/* >&2 || true
    fail "The test server was started and does not answer; its logs are in $SITE/logs."
} 9>&-
