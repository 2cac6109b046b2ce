#!/bin/bash
# throng beside its peers: redis-server, nats-server and ngircd, as Debian
# packages them, each given the same work by the same generator, in turns. They
# listen on loopback, with what would slow or stop a load switched off:
# persistence, logs, flood control, limits of queues and of clients. Prints a
# table of medians, one of ratios to Redis, and what it ran on. Everything that
# it starts it stops again; it writes to a temporary folder only.
#
# usage: bench/peers.sh [ROUNDS]     from the top of the tree, after `make`
#        (default 3 rounds, five to six minutes)
set -eu
export LC_ALL=C PATH="$PATH:/usr/sbin:/sbin"

rounds=${1:-3}
throng=${THRONG_BIN:-build/throng}
bench=${THRONG_BENCH:-build/throng-bench}
servers='redis nats ngircd throng-uring throng-epoll'
folder=$(mktemp -d)
results=$folder/results
declare -A pid port
failed=0

# Each work: its name, and what the generator is told.
works=(
    'fan-out 100|fanout --members 100 --seconds 1.2'
    'fan-out 1,000|fanout --members 1000 --seconds 1.2'
    'fan-out 5,000|fanout --members 5000 --seconds 2'
    'fan-out 1,000 at 100/s|fanout --members 1000 --rate 100 --seconds 1.5'
    'echo 50|echo --clients 50 --seconds 1.2'
    'echo 1,000|echo --clients 1000 --seconds 1.2'
    'echo 1,000 x 16|echo --clients 1000 --depth 16 --seconds 1.2'
)

has_ended() {
    for _ in $(seq 100); do
        kill -0 "$1" 2>/dev/null || return 0
        sleep 0.1
    done
    return 1
}

# One that does not go within ten seconds is not asked again.
stop() {
    local it=${pid[$1]:-}

    [ -n "$it" ] || return 0
    kill "$it" 2>/dev/null || true
    has_ended "$it" || kill -9 "$it" 2>/dev/null || true
    wait "$it" 2>/dev/null || true
    unset "pid[$1]"
}

# shellcheck disable=SC2317 # the trap comes here
stop_all() {
    for it in generator $servers; do
        stop "$it"
    done
    rm -rf "$folder"
}
trap stop_all EXIT
trap 'exit 130' HUP INT TERM

is_open() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

free_port() {
    local candidate

    for _ in $(seq 100); do
        candidate=$((20000 + RANDOM % 10000))
        if ! is_open "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "peers.sh: no free port" >&2
    exit 1
}

nats_config() {
    cat <<END
host: 127.0.0.1
port: $1
log_file: "/dev/null"
max_connections: 20000
max_pending: 1073741824
write_deadline: "60s"
ping_interval: "10m"
END
}

ngircd_config() {
    cat <<END
[Global]
    Name = irc.bench
    Info = bench
    AdminInfo1 = bench
    MotdPhrase = bench
    Listen = 127.0.0.1
    Ports = $1
[Limits]
    MaxConnections = 0
    MaxConnectionsIP = 0
    MaxJoins = 0
    MaxNickLength = 16
    MaxPenaltyTime = 0
    PingTimeout = 3600
    PongTimeout = 3600
[Options]
    DNS = no
    Ident = no
    PAM = no
END
}

# Becomes the server: called in the background.
serve() {
    case $1 in
    redis)
        exec redis-server --bind 127.0.0.1 --port "$2" --dir "$folder" \
            --daemonize no --save '' --appendonly no --loglevel warning \
            --maxclients 15000 --tcp-backlog 4096 --tcp-keepalive 0 \
            --client-output-buffer-limit 'normal 0 0 0 pubsub 0 0 0'
        ;;
    nats)
        nats_config "$2" >"$folder/nats.conf"
        exec nats-server -c "$folder/nats.conf"
        ;;
    ngircd)
        ngircd_config "$2" >"$folder/ngircd.conf"
        exec ngircd -n -f "$folder/ngircd.conf"
        ;;
    throng-*)
        exec "$throng" --listen "tcp://127.0.0.1:$2" --io "${1#throng-}" \
            --accounts "$folder/$1.accounts" --argon2 t=1,m=8 \
            --log-level warn
        ;;
    esac
}

start() {
    port[$1]=$(free_port)
    serve "$1" "${port[$1]}" </dev/null >"$folder/$1.log" 2>&1 &
    pid[$1]=$!
    for _ in $(seq 100); do
        is_open "${port[$1]}" && return
        sleep 0.1
    done
    echo "peers.sh: $1 did not start:" >&2
    cat "$folder/$1.log" >&2
    exit 1
}

# How the generator is to talk to a server. ngircd's backlog takes ten.
peer_options() {
    echo "--connect tcp://127.0.0.1:${port[$1]} --pid ${pid[$1]}"
    case $1 in
    redis | nats) echo "--peer $1" ;;
    ngircd) echo '--peer irc --at-once 8' ;;
    esac
}

# Until a server has done nothing for 0.2 s, ten seconds at most: it has clients
# to part from, and the next one measured is not to pay for that.
settle() {
    local before after=-1

    for _ in $(seq 50); do
        before=$after
        after=$(sed 's/.*) //' "/proc/${pid[$1]}/stat" |
            awk '{ print $12 + $13 }')
        [ "$before" = "$after" ] && return
        sleep 0.2
    done
}

# measure WORK SERVER ARGUMENTS...: one line of results, of key=value pairs.
measure() {
    local work=$1 server=$2
    local log=$folder/run.log
    local status=0

    shift 2
    # In the background, so that a signal is heard at once.
    # shellcheck disable=SC2046 # they are words
    timeout 60 "$bench" "$@" $(peer_options "$server") >"$log" 2>&1 &
    pid[generator]=$!
    wait "${pid[generator]}" || status=$?
    unset "pid[generator]"
    if [ "$status" -ne 0 ]; then
        echo "peers.sh: $server, $work:" >&2
        grep -E '^(failure|verdict|throng-bench):' "$log" >&2 || tail "$log" >&2
        failed=1
        return
    fi
    echo "$work|$server|$(grep '^scenario=.* peer=' "$log")" >>"$results"
    settle "$server"
}

# Memory is asked of servers that have done nothing before.
measure_idle() {
    local server

    for server in $servers; do
        stop "$server"
        start "$server"
        measure idle "$server" idle --clients 5000
    done
}

measure_all() {
    local work server arguments

    for work in "${works[@]}"; do
        read -ra arguments <<<"${work#*|}"
        for _ in $(seq "$rounds"); do
            for server in $servers; do
                # Every join is told to all who are in: 12 million lines.
                [ "$server ${work%|*}" = 'ngircd fan-out 5,000' ] && continue
                measure "${work%|*}" "$server" "${arguments[@]}" --warmup 0.4
            done
        done
        echo "peers.sh: ${work%|*} done after $SECONDS s" >&2
    done
}

# table WORKS KEY FORMAT [BASE]: a row for each work that matches, a column for
# each server, with the median of KEY; divided by that of BASE, if it is given.
table() {
    awk -F '|' -v works="^($1)" -v key=" $2=" -v format="$3" -v base="${4:-}" \
        -v servers="$servers" '
    function median(list,    n, i, j, all, swap) {
        n = split(list, all, " ")
        for (i = 2; i <= n; i++)
            for (j = i; j > 1 && all[j - 1] + 0 > all[j] + 0; j--) {
                swap = all[j]; all[j] = all[j - 1]; all[j - 1] = swap
            }
        return n % 2 ? all[(n + 1) / 2] : (all[n / 2] + all[n / 2 + 1]) / 2
    }
    BEGIN {
        count = split(servers, server, " ")
        printf "%-24s", ""
        for (i = 1; i <= count; i++)
            printf " %13s", server[i]
        print ""
    }
    $1 ~ works && index($3, key) {
        value = substr($3, index($3, key) + length(key))
        sub(/ .*/, "", value)
        if (!($1 in seen)) {
            seen[$1] = 1
            work[++rows] = $1
        }
        if (value != "-")
            values[$1, $2] = values[$1, $2] " " value
    }
    END {
        for (w = 1; w <= rows; w++) {
            printf "%-24s", work[w]
            for (i = 1; i <= count; i++) {
                list = values[work[w], server[i]]
                below = base ? median(values[work[w], base]) : 1
                if (list == "" || below == 0)
                    printf " %13s", "-"
                else
                    printf " " format, median(list) / below
            }
            print ""
        }
    }' "$results"
}

report() {
    local cpu

    cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    echo "machine: $(nproc) cpus, $cpu, $(uname -sr)"
    echo "servers: $(redis-server --version | grep -o 'v=[^ ]*')" \
        "$(nats-server --version) $(ngircd --version | head -n 1)" \
        "$("$throng" --version)"
    printf '\nserver CPU, us an operation (user + system), median of %s\n' \
        "$rounds"
    table 'fan-out|echo' server_cpu_us '%13.3f'
    printf '\nthe same, of what Redis takes\n'
    table 'fan-out|echo' server_cpu_us '%13.3f' redis
    printf '\ndeliveries or requests a second\n'
    table fan-out deliveries_per_s '%13.0f'
    table echo requests_per_s '%13.0f'
    printf '\nlatency, p50 us\n'
    table 'fan-out|echo' p50_us '%13.0f'
    printf '\nlatency, p99 us\n'
    table 'fan-out|echo' p99_us '%13.0f'
    printf '\nidle: user-space bytes a client\n'
    table idle bytes_per_client '%13.0f'
    printf '\nconnecting and logging in: clients a second\n'
    table idle clients_per_s '%13.0f'
    printf '\ngenerator CPU, us an operation\n'
    table 'fan-out|echo' bench_cpu_us '%13.3f'
}

.ci/install redis-server nats-server ngircd
ulimit -n "$(ulimit -H -n)"
touch "$results"
measure_idle
measure_all
report
exit "$failed"
