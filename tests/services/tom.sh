#!/usr/bin/env bash
# A real TOM Toolkit server over SQLite on loopback, for tests and for people.
#
#   tom.sh [start]   install what is missing, make the project and its user, start, wait until it answers
#   tom.sh stop      stop it; the data stay
#   tom.sh reset     stop it and forget all targets and observations
#   tom.sh status    say whether it answers
#   tom.sh purge     stop, and remove everything
#
# Ends with 0 (it answers), 69 (it cannot be had on this machine; one sentence on stderr says why), 3 (status: down),
# or 1 (it should work and does not).
#
# Environment, with defaults:
#   TOM_PORT=8652   the port on 127.0.0.1
#   TOM_ROOT        where environment, project and data are: ~/.cache/gnomon-test-tom
#   TOM_TOKEN       of the user `astronomer`; a fixed one, as nothing but this machine reaches it
#
# The toolkit lives in an environment of its own, since its pins and Gnomon's contradict each other.
set -euo pipefail
cd "$(dirname "$0")"

PORT=${TOM_PORT:-8652}
ROOT=${TOM_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/gnomon-test-tom}
TOKEN=${TOM_TOKEN:-7f3a5b0c9d1e2f40718293a4b5c6d7e8f9011223}
URL=http://127.0.0.1:$PORT
WANTED="tomtoolkit==3.1.*"
PYTHON=$ROOT/environment/bin/python

say() { printf '[tom] %s\n' "$*"; }
unavailable() { printf '%s\n' "$*" >&2; exit 69; }
fail() { printf '%s\n' "$*" >&2; exit 1; }
up() { "${PYTHON:-python3}" - "$URL" <<'END' 2>/dev/null
import sys, urllib.request
sys.exit(0 if b'"targets"' in urllib.request.urlopen(sys.argv[1] + "/api/?format=json", timeout=5).read() else 1)
END
}
serves() { tr '\0' ' ' < "/proc/$1/cmdline" 2>/dev/null | grep -q 'manage.py runserver'; }
stop() {
    local id
    id=$(cat "$ROOT/server.pid" 2>/dev/null) || return 0
    if [ -n "$id" ] && serves "$id"; then
        kill "$id" 2>/dev/null || true
        for _ in $(seq 100); do serves "$id" || break; sleep 0.05; done
        if serves "$id"; then kill -KILL "$id"; fi
    fi
    rm -f "$ROOT/server.pid"
}

install_toolkit() {
    [ -f "$ROOT/installed" ] && return 0
    say "installing $WANTED (a minute or two)"
    mkdir -p "$ROOT"
    touch "$ROOT/made-by-tom.sh"
    python3 -m venv "$ROOT/environment" || unavailable "The TOM Toolkit needs python3 with venv."
    "$PYTHON" -m pip install -q "$WANTED" >"$ROOT/pip.log" 2>&1 \
        || unavailable "The TOM Toolkit could not be installed: $(grep -i error "$ROOT/pip.log" | tail -1)"
    touch "$ROOT/installed"
}

make_project() {
    mkdir -p "$ROOT/project/loopback"
    cp tom_settings.py "$ROOT/project/loopback/settings.py"
    printf 'from django.urls import include, path\n\nurlpatterns = [path("", include("tom_common.urls"))]\n' >"$ROOT/project/loopback/urls.py"
    touch "$ROOT/project/loopback/__init__.py"
    cp tom_facility.py "$ROOT/project/loopback/facility.py"
    cat >"$ROOT/project/manage.py" <<'END'
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loopback.settings")
from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)
END
}

manage() { (cd "$ROOT/project" && "$PYTHON" manage.py "$@"); }

make_data() {
    [ -f "$ROOT/project/db.sqlite3" ] && return 0
    say "making the database"
    manage migrate -v 0 >"$ROOT/migrate.log" 2>&1 || { tail -5 "$ROOT/migrate.log" >&2; fail "The database could not be made."; }
    manage shell -c "
from django.contrib.auth.models import User
from rest_framework.authtoken.models import Token
user = User.objects.create_superuser('astronomer', 'astronomer@localhost.localdomain', '$TOKEN')
Token.objects.filter(user=user).delete()
Token.objects.create(user=user, key='$TOKEN')
" >"$ROOT/user.log" 2>&1 || { tail -5 "$ROOT/user.log" >&2; fail "The user could not be made."; }
}

case ${1:-start} in
    start) ;;
    stop) stop; say stopped; exit 0 ;;
    status) if up; then say "up at $URL"; exit 0; else say down; exit 3; fi ;;
    reset) stop; rm -f "$ROOT/project/db.sqlite3" ;;
    purge)
        stop
        if [ -f "$ROOT/made-by-tom.sh" ]; then rm -rf "${ROOT:?}"; fi
        say purged; exit 0 ;;
    *) sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac

mkdir -p "$ROOT"
exec 9>"$ROOT.lock"
flock -w 900 9 || fail "Another tom.sh has held $ROOT.lock for a quarter of an hour."
{
    install_toolkit
    make_project
    make_data
    if ! up; then
        stop
        say "starting the server"
        (cd "$ROOT/project" && exec setsid "$PYTHON" manage.py runserver --noreload "127.0.0.1:$PORT" </dev/null >"$ROOT/server.log" 2>&1 & echo $! >"$ROOT/server.pid")
    fi
    for _ in $(seq 240); do
        if up; then say "up at $URL"; exit 0; fi
        sleep 0.25
    done
    tail -5 "$ROOT/server.log" >&2 || true
    fail "The TOM was started and does not answer; its log is $ROOT/server.log."
} 9>&-
