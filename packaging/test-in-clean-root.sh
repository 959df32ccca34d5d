#!/usr/bin/env bash
# test-in-clean-root.sh [DEB]: installs the package in a Debian that debootstrap makes (SUITE, default bookworm), runs it
# there against the stand-ins, upgrades, removes and purges it. Needs root, debootstrap, Debian's packages, and the
# stand-ins (`swift build --product standins`); the alerts and lookups stay on this machine. BASE names a tree that
# debootstrap made already.
set -euo pipefail
cd "$(dirname "$0")/.."

deb=$(realpath "${1:-$(ls -t dist/vtenrichd_*.deb | head -n 1)}")
standins=$(realpath .build/debug/standins)
[ "$(id -u)" = 0 ] || { echo "test-in-clean-root.sh: must run as root" >&2; exit 1; }

# Directly below /tmp: the path of a socket has at most 107 bytes.
root=$(mktemp -d /tmp/vtenrichd-root.XXXXXX)
processes=()
finish() {
    [ ${#processes[@]} = 0 ] || kill "${processes[@]}" 2>/dev/null || true
    wait
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap finish EXIT
trap 'exit 130' INT TERM

step() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    cat "$root"/tmp/*.err >&2 2>/dev/null || true
    exit 1
}

# check WHAT COMMAND...
check() {
    "${@:2}" 2>&1 | sed 's/^/    | /' || fail "$1"
    printf '    ok: %s\n' "$1"
}

# until_true WHAT COMMAND...: at most two minutes.
until_true() {
    local deadline=$((SECONDS + 120))
    until "${@:2}" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || fail "not within two minutes: $1"
        sleep 0.2
    done
    printf '    ok: %s\n' "$1"
}

into=(chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
# inside COMMAND...: in the clean root.
inside() { "${into[@]}" "$@"; }
apt() {
    inside apt-get -qq -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef "$@" >"$root/tmp/apt.log" 2>&1 ||
        { cat "$root/tmp/apt.log"; fail "apt-get $*"; }
    grep -iE '^(setting up|removing|purging|vtenrichd|/usr|configuration)' "$root/tmp/apt.log" | grep -i vtenrichd | sed 's/^/    | /' || true
}
has() { grep -q "$1" <<<"$2"; }
gone() { [ ! -e "$root$1" ]; }
lines() { wc -l <"$root$1"; }
no_user() { ! inside getent passwd vtenrichd >/dev/null && ! inside getent group vtenrichd >/dev/null; }
files() { (cd "$root" && find etc usr var/lib run -xdev | sort); }

# number KEY: the first value of this name in the daemon's status.
number() { inside vtenrichd status --json | tr -d ' \n' | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

# Everything written so far was read, answered and sent.
is_drained() {
    [ "$(number lines_read)" = "$(lines /var/ossec/logs/alerts/alerts.json)" ] && [ "$(number pending)" = 0 ] &&
        [ "$(number waiting)" = 0 ] && [ "$(lines /tmp/events)" = "$(number sent)" ]
}

# alerts RANGE [SED]: writes these lines of the sample, changed by SED, and waits for their events.
alerts() {
    gzip -dc demo/sample-alerts.json.gz | sed -n "$1p" | sed "${2:-}" >>"$root/var/ossec/logs/alerts/alerts.json"
    until_true "alerts $1 are read, answered and sent" is_drained
    echo "    $(number lines_read) alerts, $(lines /tmp/requests) lookups, $(lines /tmp/events) events"
}

# start_service: as the unit does, which makes the two folders.
start_service() {
    inside install -d -o vtenrichd -g vtenrichd -m 750 /var/lib/vtenrichd /run/vtenrichd
    "${into[@]}" setpriv --reuid vtenrichd --regid vtenrichd --init-groups vtenrichd run 2>>"$root/tmp/vtenrichd.err" &
    daemon=$!
    processes+=("$daemon")
    until_true "run follows alerts.json" inside vtenrichd status
}

stop_service() {
    kill -TERM "$daemon"
    wait "$daemon" || fail "run ended with status $?"
    echo "    ok: run ended with status 0"
}

step "A clean Debian with the traces of a manager"
if [ -n "${BASE:-}" ]; then
    cp -a "$BASE/." "$root"
else
    debootstrap --variant=minbase "${SUITE:-bookworm}" "$root" http://deb.debian.org/debian >"$root.log" 2>&1 ||
        { tail "$root.log"; fail debootstrap; }
    rm "$root.log"
fi
chmod 755 "$root"
mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod 755 "$root/usr/sbin/policy-rc.d"
inside groupadd --system wazuh
inside install -d -g wazuh -m 750 /var/ossec /var/ossec/logs /var/ossec/logs/alerts /var/ossec/queue /var/ossec/queue/sockets
inside install -g wazuh -m 640 /dev/null /var/ossec/logs/alerts/alerts.json
# The least that doctor looks for.
inside install -d -g wazuh -m 750 /var/ossec/etc /var/ossec/etc/rules /var/ossec/ruleset /var/ossec/ruleset/rules
echo '<ossec_config><global><jsonout_output>yes</jsonout_output></global></ossec_config>' >"$root/var/ossec/etc/ossec.conf"
echo '<group name="virustotal,"><rule id="87100" level="0"><decoded_as>json</decoded_as></rule></group>' \
    >"$root/var/ossec/ruleset/rules/0490-virustotal_rules.xml"
check "it has no Swift" test -z "$(find "$root" -xdev \( -name 'libswift*' -o -name swift \) -print -quit)"

step "Install"
apt update
cp "$deb" "$root/tmp/vtenrichd.deb"
apt install -y --no-install-recommends /tmp/vtenrichd.deb
inside dpkg-query -W -f '    ${Package} ${Version} ${Architecture} ${Status}\n' vtenrichd
check "the user is there, in the group wazuh" has wazuh "$(inside id vtenrichd)"
check "the service is enabled" test -L "$root/etc/systemd/system/multi-user.target.wants/vtenrichd.service"
check "check takes the shipped configuration" inside vtenrichd check

step "Run against the stand-ins"
"$standins" virustotal --key key-of-the-test --log "$root/tmp/requests" >"$root/tmp/virustotal.out" &
processes+=($!)
"$standins" analysisd --socket "$root/var/ossec/queue/sockets/queue" --out "$root/tmp/events" >"$root/tmp/analysisd.out" &
processes+=($!)
until_true "the stand-ins are ready" test -s "$root/tmp/virustotal.out" -a -s "$root/tmp/analysisd.out"
inside chgrp wazuh /var/ossec/queue/sockets/queue
inside chmod 660 /var/ossec/queue/sockets/queue
: >"$root/tmp/events"
cat >"$root/etc/vtenrichd/vtenrichd.yaml" <<YAML
# The administrator's.
virustotal: {url: "$(cat "$root/tmp/virustotal.out")", pivot: off, quota: {per_minute: 6000, per_day: 100000, per_month: 1000000}}
YAML
inside install -o root -g vtenrichd -m 640 /dev/null /etc/vtenrichd/virustotal.key
echo key-of-the-test >"$root/etc/vtenrichd/virustotal.key"
check "check finds configuration and key good" inside vtenrichd check
start_service
alerts 1,200
check "status is healthy" inside vtenrichd status
inside install -m 644 /usr/share/vtenrichd/rules/vtenrich_rules.xml /var/ossec/etc/rules/
check "doctor finds nothing that fails" inside vtenrichd doctor
stop_service

step "Upgrade to a version with another shipped configuration"
old=$(inside vtenrichd status --json 2>/dev/null || true)
cp "$root/etc/vtenrichd/vtenrichd.yaml" "$root/tmp/administrators.yaml"
dpkg-deb -R "$deb" "$root/tmp/next"
sed -i 's/^Version: .*/&+next/' "$root/tmp/next/DEBIAN/control"
echo "# The next version's." >>"$root/tmp/next/etc/vtenrichd/vtenrichd.yaml"
dpkg-deb --root-owner-group -Znone -b "$root/tmp/next" "$root/tmp/next.deb" >/dev/null
apt install -y /tmp/next.deb
inside dpkg-query -W -f '    ${Package} ${Version} ${Status}\n' vtenrichd
check "the administrator's configuration is as it was" cmp "$root/etc/vtenrichd/vtenrichd.yaml" "$root/tmp/administrators.yaml"
check "the next version's lies beside it" grep -q "next version" "$root/etc/vtenrichd/vtenrichd.yaml.dpkg-dist"
check "the key is as it was" grep -q key-of-the-test "$root/etc/vtenrichd/virustotal.key"
check "the state is as it was" test "$old" = "$(inside vtenrichd status --json 2>/dev/null || true)"
requests=$(lines /tmp/requests)
events=$(lines /tmp/events)
start_service
alerts 1,200 's/"id":"\([0-9]*\.[0-9]*\)"/"id":"\10"/'
check "new alerts are enriched" test "$(lines /tmp/events)" = $((2 * events))
check "the same addresses cost no lookup" test "$requests" = "$(lines /tmp/requests)"
stop_service

step "Remove"
inside systemctl enable --quiet vtenrichd-metrics.timer
apt remove -y vtenrichd
check "the program is gone" gone /usr/bin/vtenrichd
check "configuration, key and state stay" test -s "$root/etc/vtenrichd/vtenrichd.yaml" -a \
    -s "$root/etc/vtenrichd/virustotal.key" -a -s "$root/var/lib/vtenrichd/state.db"

step "Purge"
apt purge -y vtenrichd
check "user and group are gone" no_user
left=$(files | grep -i vtenrich || true)
[ -z "$left" ] || echo "$left"
check "no file is left" test -z "$left"
check "the manager's group is still there" inside getent group wazuh
printf '\nPassed.\n'
