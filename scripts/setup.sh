#!/usr/bin/env bash
# setup.sh: installs the Debian packages that building and testing need, those that are missing and no others.
set -euo pipefail

packages=()
# need PACKAGE COMMAND...: the package is missing when the command fails.
need() {
    "${@:2}" >/dev/null 2>&1 || packages+=("$1")
}

need pkg-config command -v pkg-config
need libcurl4-openssl-dev pkg-config --exists libcurl
need libssl-dev pkg-config --exists libcrypto
need libsqlite3-dev pkg-config --exists sqlite3
need zlib1g-dev pkg-config --exists zlib
need libhiredis-dev pkg-config --exists hiredis
need openssl test -x /usr/bin/openssl # the tests make certificates with it
# The tests start servers of their own with it; the package redis-server would start one for the machine.
need redis-tools command -v redis-check-rdb
need git command -v git               # fetches the Swift packages
need gzip command -v gzip
need python3 test -x /usr/bin/python3
need python3-aiosmtpd /usr/bin/python3 -c 'import aiosmtpd' # the mail server of the tests
need valgrind command -v valgrind     # the tests count instructions with it
need binutils command -v strip

if [ ${#packages[@]} -gt 0 ]; then
    echo "missing packages: ${packages[*]}"
    become_root=()
    if [ "$(id -u)" != 0 ]; then
        # Without a terminal nobody can type a password.
        become_root=(sudo)
        [ -t 0 ] || become_root=(sudo -n)
    fi
    if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
        echo "install them (the names are Debian's and Ubuntu's), then run make again:" >&2
        echo "  apt-get install ${packages[*]}" >&2
        exit 1
    fi
    "${become_root[@]}" apt-get update
    "${become_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}"
fi

if ! command -v swift >/dev/null; then
    echo "swift is not in PATH: install Swift 6.2 or newer, see https://www.swift.org/install/linux/" >&2
    exit 1
fi
