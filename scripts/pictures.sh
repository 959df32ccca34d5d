#!/usr/bin/env bash
# pictures.sh BIN: makes the pictures in docs/pictures with the programs in BIN. Plays the demo's alerts, several times over a
# week of false time, through the daemon and the stand-ins; nothing goes out. Runs as root in name spaces of its own, so that
# the pictures show the paths of a real manager and the machine stays as it is.
# STEPS=4 plays half a day only. Needs: faketime jq tmux python3 chromium pngquant (Debian packages).
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${VTENRICHD_PICTURES:-}" ]; then
    bin=$(cd "${1:?usage: pictures.sh BIN}" && pwd)
    VTENRICHD_PICTURES=1 exec unshare --mount --uts --ipc "$0" "$bin"
fi
bin=$1
work=$(mktemp -d /tmp/vtenrichd-pictures.XXXXXX)
chmod 755 "$work"
processes=()
finish() {
    [ $? = 0 ] || tail -n 5 "$work"/*.err >&2
    for socket in "$work"/tmux-*; do tmux -S "$socket" kill-server 2>/dev/null || true; done
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# A manager of our own.
hostname wazuh-1
mkdir "$work/etc"
cp -a /etc/. "$work/etc"
mount --bind "$work/etc" /etc
mount -t tmpfs tmpfs /var
mount -t tmpfs tmpfs /run
mkdir -p /var/ossec/{logs/alerts,queue/sockets,etc/rules,ruleset/rules} /var/lib/vtenrichd /run/vtenrichd /etc/vtenrichd /var/tmp
grep -q ^wazuh: /etc/group || echo wazuh:x:990: >>/etc/group
grep -q ^vtenrichd: /etc/group || echo vtenrichd:x:991: >>/etc/group
grep -q ^wazuh: /etc/passwd || echo wazuh:x:990:990::/var/ossec:/usr/sbin/nologin >>/etc/passwd
grep -q ^vtenrichd: /etc/passwd || echo vtenrichd:x:991:991::/var/lib/vtenrichd:/usr/sbin/nologin >>/etc/passwd
sed -i 's/^wazuh:x:\([0-9]*\):.*/wazuh:x:\1:vtenrichd/' /etc/group
install -o wazuh -g wazuh -m 0660 "$root/rules/vtenrich_rules.xml" /var/ossec/etc/rules/
echo '<ossec_config><global><jsonout_output>yes</jsonout_output></global></ossec_config>' >/var/ossec/etc/ossec.conf
echo '<group name="virustotal"><rule id="87100" level="0"></rule></group>' >/var/ossec/ruleset/rules/0490-virustotal_rules.xml
chown -R wazuh:wazuh /var/ossec
chown vtenrichd:vtenrichd /var/lib/vtenrichd /run/vtenrichd
chmod 0750 /var/lib/vtenrichd
printf 0123456789abcdef0123456789abcdef >/etc/vtenrichd/virustotal.key
chown root:vtenrichd /etc/vtenrichd/virustotal.key
chmod 0640 /etc/vtenrichd/virustotal.key
mkdir -p "$work/bin"
ln -s "$bin/vtenrichd" "$work/bin/vtenrichd"
export PATH=$work/bin:$PATH TZ=UTC LC_ALL=C.UTF-8
alerts=/var/ossec/logs/alerts/alerts.json

until_true() {
    local deadline=$((SECONDS + 60))
    until "$@"; do
        ((SECONDS < deadline)) || { echo "pictures: not within a minute: $*" >&2; cat "$work"/*.err >&2; exit 1; }
        sleep 0.1
    done
}
start() {
    local name=$1
    shift
    "$@" >"$work/$name.out" 2>>"$work/$name.err" &
    processes+=($!)
}
gone() { ! kill -0 "$1" 2>/dev/null; }
status() { vtenrichd status --json 2>/dev/null | jq -e "$1" >/dev/null; }
# Run as the service, at a false time ($1 seconds from now).
daemon() {
    local now=()
    (($1 == 0)) || now=(env NO_FAKE_STAT=1 faketime --exclude-monotonic -f "$1s")
    start vtenrichd setpriv --reuid vtenrichd --regid vtenrichd --groups vtenrichd,wazuh "${now[@]}" vtenrichd run
    until_true status '.pid'
    daemon=$(vtenrichd status --json | jq .pid)
}
settings() {
    cat >/etc/vtenrichd/vtenrichd.yaml <<YAML
alerts: {start: beginning}
exclude:
  - location: virustotal_ip
virustotal:
  url: $url
  pivot: off
  quota: {per_minute: $1, per_day: $2}
YAML
}

# The alerts that are played, each line once more with an id of its own.
zcat "$root/demo/sample-alerts.json.gz" | sed 's/"manager":{"name":"vm"}/"manager":{"name":"wazuh-1"}/; s/"name":"vm"/"name":"wazuh-1"/' \
    >"$work/sample"
serial=0
# play COUNT TIME: some of them, as if they came at this time.
play() {
    local stamp
    stamp=$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%S.000+0000)
    shuf -n "$1" --random-source=<(yes "$serial") "$work/sample" |
        awk -v s="$serial" -v at="$2" -v stamp="$stamp" '{
            sub(/"timestamp":"[^"]*"/, "\"timestamp\":\"" stamp "\"")
            sub(/"id":"[0-9]+\.[0-9]+"/, "\"id\":\"" at "." (s * 1000 + NR) "\"")
            print
        }' >>"$alerts"
    serial=$((serial + 1))
}

start virustotal "$bin/standins" virustotal --latency 0.02
start analysisd setpriv --reuid wazuh --regid wazuh --clear-groups \
    "$bin/standins" analysisd --socket /var/ossec/queue/sockets/queue --alerts-file "$alerts"
until_true test -s "$work/virustotal.out"
until_true test -s "$work/analysisd.out"
url=$(cat "$work/virustotal.out")
: >>"$alerts"
chown wazuh:wazuh "$alerts"
chmod 0640 "$alerts"

# A week of days and nights, in steps of three hours.
now=$(date +%s)
settings 600 60
for ((step = -${STEPS:-63}; step < 0; step++)); do
    hour=$((step * 3 + 24 * 8))
    busy=$((12 + 10 * ((hour / 3) % 8) * (8 - (hour / 3) % 8) / 4))
    ((hour / 24 == 4)) && busy=$((busy * 3))
    play "$busy" $((now + step * 10800))
    daemon $((step * 10800))
    # Until all is answered, or the day's quota is spent.
    for _ in $(seq 12); do
        status '.follower.lag_bytes == 0 and (.queue.pending == 0 or .quota.day.used >= 54) and
            .output.analysisd.confirmed == .output.analysisd.sent' && break
        sleep 0.1
    done
    kill "$daemon"
    until_true gone "$daemon"
    # The false time is the wall clock's alone: else each step would look like a clock that was set, within one minute.
    setpriv --reuid vtenrichd --regid vtenrichd --clear-groups /usr/bin/python3 - <<'PYTHON'
import sqlite3
state = sqlite3.connect("/var/lib/vtenrichd/state.db")
state.execute("DELETE FROM meta WHERE key = 'clock_seen'")
state.execute("DELETE FROM request")
state.commit()
PYTHON
done

# page NAME HEIGHT [OPTION]: what a browser shows of the report.
page() {
    HOME=$work chromium --headless --no-sandbox --disable-gpu --hide-scrollbars "${@:3}" --window-size=1160,"$2" \
        --screenshot="$work/$1.png" "file://$work/report.html" 2>/dev/null
    pngquant --force --output "$root/docs/pictures/$1.png" 64 "$work/$1.png"
}
vtenrichd report --since 7d --output "$work/report.html"
page report 3180
page report-dark 1360 --blink-settings=preferredColorScheme=0
[ -z "${KEEP_REPORT:-}" ] || cp "$work/report.html" "$KEEP_REPORT"

# Now, with the quota of a public key and more than it allows.
settings 4 500
vtenrichd cache purge --all >/dev/null
daemon 0
play 160 "$now"
until_true status '.queue.pending > 20 and .quota.minute.used == 4'

# terminal NAME COLUMNS LINES COMMAND [SECONDS]: what a terminal of this size shows of a command.
terminal() {
    tmux -S "$work/tmux-$1" -f /dev/null new-session -d -x "$2" -y "$3" \
        "printf '\033[1;34m#\033[0m %s\n' '$4'; $4; sleep 60"
    sleep "${5:-3}"
    tmux -S "$work/tmux-$1" capture-pane -e -p | /usr/bin/python3 "$root/scripts/terminal-picture.py" "$4" "$2" >"$root/docs/pictures/$1.svg"
    tmux -S "$work/tmux-$1" kill-server
}
terminal status 80 50 'vtenrichd status'
(for _ in 1 2 3 4 5 6; do sleep 1; play 9 "$(date +%s)"; done) &
terminal status-watch 80 50 'vtenrichd status --watch' 7
terminal simulate 80 50 "vtenrichd simulate $alerts" 15
chmod 0644 /etc/vtenrichd/virustotal.key
terminal doctor 100 60 'vtenrichd doctor' 4

kill "$daemon"
ls -l "$root/docs/pictures"
