#!/usr/bin/env bash
# demo.sh BIN: plays the sample alerts through the daemon in BIN, against the stand-ins for VirusTotal and analysisd that
# lie beside it. Needs no network, no key and no root; leaves nothing behind.
set -euo pipefail

bin=$1
sample=$(dirname "$0")/../demo/sample-alerts.json.gz
# Directly below /tmp: the path of a socket has at most 107 bytes.
work=$(mktemp -d /tmp/vtenrichd-demo.XXXXXX)
config=$work/vtenrichd.yaml
processes=()

finish() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'demo: %s\n' "$*" >&2
    cat "$work"/*.err >&2
    exit 1
}

# until_true WHAT COMMAND...: waits for COMMAND to succeed, at most a minute, and only while every process runs.
until_true() {
    local what=$1 deadline=$((SECONDS + 60)) process
    shift
    until "$@"; do
        for process in "${processes[@]}"; do kill -0 "$process" 2>/dev/null || fail "a process ended before $what"; done
        ((SECONDS < deadline)) || fail "not within a minute: $what"
        sleep 0.1
    done
}

# start NAME COMMAND...: in the background; output and messages go to NAME.out and NAME.err.
start() {
    local name=$1
    shift
    "$@" >"$work/$name.out" 2>"$work/$name.err" &
    processes+=($!)
}

# number KEY: the first value of this name in the daemon's status.
number() { tr -d ' \n' <"$work/status.json" | grep -o "\"$1\":[0-9]*" | head -n 1 | cut -d : -f 2; }

lines() { wc -l <"$1" | tr -d ' '; }

# Everything written so far was read, answered and sent.
is_drained() {
    "$bin/vtenrichd" status --json --config "$config" >"$work/status.json" 2>/dev/null || return 1
    [ "$(number lines_read)" = "$(lines "$work/alerts.json")" ] && [ "$(number pending)" = 0 ] &&
        [ "$(number waiting)" = 0 ] && [ "$(lines "$work/events")" = "$(number sent)" ]
}

follows() { "$bin/vtenrichd" status --config "$config" >/dev/null 2>&1; }

# One line for each kind of event.
table() {
    awk '
        function field(name) {
            if (!match($0, "\"" name "\":(\"([^\"\\\\]|\\\\.)*\"|[^,}]*)")) return "-"
            value = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
            gsub(/^"|"$/, "", value)
            return value
        }
        function agent() {
            if (!match($0, /\) [^>]*->virustotal_ip:\{/)) return "(manager)"
            name = substr($0, index($0, "(") + 1, RSTART - index($0, "(") - 1)
            gsub(/\|:/, ":", name)
            gsub(/\|\|/, "|", name)
            return name
        }
        function row(verdict, ip, engines, severity, block, cached, rule, name) {
            printf "  %-10s %-15s %-7s %-8s %-5s %-6s %-6s %s\n", verdict, ip, engines, severity, block, cached, rule, name
        }
        BEGIN { row("VERDICT", "SOURCE", "ENGINES", "SEVERITY", "BLOCK", "CACHED", "RULE", "AGENT") }
        {
            kind = field("verdict") field("found") field("severity_label") field("block") field("hit")
            if (kind in seen) next
            seen[kind] = 1
            row(field("verdict"), field("srcip"), field("detections"), field("severity_label"), field("block"),
                field("hit"), field("rule"), agent())
        }' "$work/events"
}

mkdir -m 750 "$work/state"
(umask 077 && echo key-of-the-demo >"$work/key")
: >"$work/alerts.json"
: >"$work/events"

start virustotal "$bin/standins" virustotal --key key-of-the-demo --latency 0.05 --log "$work/requests"
start analysisd "$bin/standins" analysisd --socket "$work/queue" --out "$work/events"
until_true "VirusTotal's stand-in is ready" test -s "$work/virustotal.out"
until_true "analysisd's stand-in is ready" test -s "$work/analysisd.out"
url=$(cat "$work/virustotal.out")

# A quota that lets the sample through at once. No pivots: they would use up what is left of it.
cat >"$config" <<YAML
alerts: {path: $work/alerts.json, start: beginning}
virustotal:
  url: $url
  api_key_file: $work/key
  pivot: off
  quota: {per_minute: 6000, per_day: 100000, per_month: 1000000}
output: {analysisd: {socket: $work/queue}}
state_dir: $work/state
control_socket: $work/control.sock
YAML

start vtenrichd "$bin/vtenrichd" run --config "$config"
daemon=$!
until_true "vtenrichd follows alerts.json" follows
say "vtenrichd follows $work/alerts.json"
echo "    VirusTotal is a stand-in at $url, analysisd one at $work/queue"

gzip -dc "$sample" >"$work/sample"
total=$(lines "$work/sample")
say "$total alerts of a real Wazuh manager are written to it, in two halves"
half=$((total / 2))
for range in "1,${half}p" "$((half + 1)),\$p"; do
    sed -n "$range" "$work/sample" >>"$work/alerts.json"
    until_true "every alert is answered" is_drained
    echo "    $(number lines_read) alerts read: $(number sent) events sent after $(lines "$work/requests") lookups"
done
[ "$(number sent)" = $(($(number matched) - $(number without_address))) ] || fail "an alert got no event"

say "One event of each kind, as analysisd received them"
table
say "One in full: a datagram that analysisd takes for an event of the agent"
grep -m 1 '^1:\[.*"block":"yes"' "$work/events" | fold -w 100 | sed 's/^/  /'
say "vtenrichd status"
"$bin/vtenrichd" status --config "$config"

say "Stopping"
kill -TERM "$daemon"
wait "$daemon" || fail "vtenrichd ended with status $?"
echo "    vtenrichd stopped with exit status 0"

# An empty configuration: the quota of a public key.
: >"$work/public.yaml"
say "vtenrichd simulate: the same alerts on a virtual clock with a public key, 4 lookups a minute and 500 a day"
"$bin/vtenrichd" simulate --config "$work/public.yaml" "$sample"

cat <<TEXT

$total alerts needed $(lines "$work/requests") lookups: those of one address share one, and $(number without_address) had no public source address.
This demo may ask 6000 times a minute. A public key may not: then alerts wait in the daemon's database, serious ones are
asked about first, and none is lost, also not over a restart.
TEXT
