#!/usr/bin/env bash
# Runs the tests that are built, and tells at the end what failed. Arguments go to `swift test`.
#
# A dozen at once, or WIDTH: all of them at once start more daemons than a user has inotify instances (128 by default).
set -uo pipefail

log=$(mktemp)
trap 'rm -f "$log"' EXIT

swift test --skip-build --disable-xctest --experimental-maximum-parallelization-width "${WIDTH:-12}" "$@" 2>&1 | tee "$log"
status=$?
if [ "$status" -ne 0 ]; then
    printf '\nWhat failed:\n'
    grep -aE 'recorded an issue|^✘|^↳|Fatal error|crashed' "$log" | cut -c1-500 | tail -60
fi
exit "$status"
