# shellcheck shell=bash disable=SC2034 # sourced, and its variables are used there
# Functions that bring a machine to where the project runs: sourced by the scripts beside this
# file, from the project's folder. As root on Debian they install what is missing; otherwise they
# say in a sentence what to install.

DRIVER_PACKAGES="libmariadb-dev pkg-config gcc python3-dev"

say() { printf '%s\n' "$*" >&2; }

stop() {
    say "$*"
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

may_install() { [ "$(id -u)" = 0 ] && has apt-get; }

install_packages() {
    say "Installing $* ..."
    # An outdated list may still do, so a failure here is not the end.
    apt-get -qq update || true
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@" \
        </dev/null >/dev/null
}

# The first Python that is new enough; $PYTHON may name one.
find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    stop "Python 3.11 or newer is needed and was not found: install it, or name it in PYTHON."
}

# .venv with pip in it. One that was copied from elsewhere does not start, and is made again.
make_venv() {
    .venv/bin/python -c 'import pip' 2>/dev/null && return
    local python
    python=$(find_python)
    # Debian's python3 comes without the part of the standard library that puts pip into a venv.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        may_install || stop "Python's venv module is missing: install python3-venv (as root)."
        install_packages python3-venv
    fi
    rm -rf .venv
    "$python" -m venv .venv
}

# mysqlclient has no wheel for Linux: building it takes a compiler and three sets of headers.
driver_builds() {
    has pkg-config && { has gcc || has cc; } || return 1
    pkg-config --exists libmariadb || pkg-config --exists mysqlclient || return 1
    local python=.venv/bin/python
    [ -x $python ] || python=$(find_python)
    "$python" -c 'import os, sysconfig
os.stat(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null
}

driver_works() { .venv/bin/python -c 'import MySQLdb' 2>/dev/null; }

# The value that .env gives a variable, if any.
from_dotenv() {
    [ ! -f .env ] || sed -n "s/^\(export \)\{0,1\}$1=[\"']\{0,1\}\([^\"']*\).*/\2/p" .env | tail -n 1
}

# requirements FILE DRIVER: the file's lines, less mysqlclient with its hashes when DRIVER is no.
requirements() {
    if [ "$2" = yes ]; then
        cat "$1"
    else
        awk '/^[^ ]/ { left_out = /^mysqlclient==/ } !left_out' "$1"
    fi
}

# make_environment FILE: .venv with the requirements of FILE, as pinned there. Quick when they are
# in it already; without the driver where it cannot be built.
make_environment() {
    make_venv
    local driver=no stamp=.venv/installed-$1 wanted
    if driver_works || driver_builds; then driver=yes; fi
    wanted="$(cksum <"$1") driver: $driver"
    [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
    say "Installing what $1 lists ..."
    requirements "$1" $driver >.venv/requirements.txt
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
        -r .venv/requirements.txt
    printf '%s' "$wanted" >"$stamp"
}
