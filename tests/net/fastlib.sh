# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# fastlib.sh - what the tests of the fast path share: services of each method
# and family, traffic through them, and who carried it.  To be sourced.
#
# With fast_path=no in the environment lvsd runs without: all must pass then
# too, but for who carried it, which is not asked.  So they are tested
# themselves.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

shape=$build/tests/net/shape
stream=$build/tests/net/stream
fast_path=${fast_path:-yes}
# shellcheck disable=SC2034 # for the scripts
families='4 6'
ways='nat4 nat6 dr4 dr6 tun4 tun6'
lvsd_pid='' echo_pid=''

# A way is a method and a family.  Each has a VIP of its own.
vip() { # WAY
	local part
	case $1 in nat*) part=100 ;; dr*) part=101 ;; tun*) part=102 ;; esac
	address 1 $part "${1: -1}"
}

address() { # NET HOST-PART FAMILY
	case $3 in 4) echo "10.$1.0.$2" ;; 6) echo "fd0$1::$2" ;; esac
}

bits() { # WAY
	case ${1: -1} in 4) echo 32 ;; 6) echo 128 ;; esac
}

# A service of WAY, whose real servers are rs1 and more, by their weights.
service() { # WAY PROTOCOL PORT SERVER-PORT WEIGHT...
	local host=1 weight
	printf 'virtual_service "%s %s:%d" {\n\tscheduler = wrr\n\tmethod = %s\n' \
		"$2" "$(url "$(vip "$1")")" "$3" "${1%?}"
	for weight in "${@:5}"; do
		printf '\treal_server "%s:%d" { weight = %d }\n' \
			"$(url "$(address 2 1$host "${1: -1}")")" "$4" "$weight"
		host=$((host + 1))
	done
	printf '}\n'
}

# Port 7 is UDP echo, 9 and 90 stream, of one and of three real servers.  Only
# NAT can change a port.
configuration() { # [LINE...]
	local way web ask
	printf 'fast_path = %s\n' "$fast_path"
	printf '%s\n' "$@"
	for way in $ways; do
		web=80 ask=7
		[[ $way != nat* ]] || web=8080 ask=7007
		service "$way" tcp 80 $web 1
		service "$way" tcp 9 9 1
		service "$way" tcp 90 90 3 2 1
		service "$way" udp 7 $ask 1
	done
}

# As start_lvsd, with the configuration and these LINEs.
start_director() { # [LINE...]
	# shellcheck disable=SC2119 # no more options
	start_lvsd < <(configuration "$@") || return
	# shellcheck disable=SC2034 # for the scripts
	lvsd_pid=$started
}

# The same, for the first time.
need_director() { # [LINE...]
	start_director "$@" && return
	grep -q 'fast_path = yes: ' "$work/lvsd.log" && skip_all "no fast path here"
	exit 1
}

add_servers() {
	local host way vips=()
	start_nginxes || return
	for host in rs1 rs2 rs3; do
		start_decap $host &&
			start $host "$stream" serve 90 "${host#rs}" || return
	done
	start rs1 "$stream" serve 9 1 && start rs1 "$echo_udp" serve 7 &&
		start rs1 "$echo_udp" serve 7007 || return
	# shellcheck disable=SC2034 # for the scripts
	echo_pid=$started
	for way in dr4 dr6 tun4 tun6; do
		vips+=("$(vip $way)")
	done
	add_vips "${vips[@]}"
}

# A neighbour that is to be asked again has lvsd look at packets for a moment;
# not from now on.
keep_neighbours() {
	local family link
	for family in $families; do
		for link in front back; do
			on director sysctl -q -w \
				"net.ipv$family.neigh.$link.base_reachable_time_ms=3600000" ||
				return
		done
	done
}

# ---- who carried it ---------------------------------------------------------

# Packets that the fast path forwarded, and that lvsd received.
carried() {
	adm --status --json | jq -r '"\(.fast_path.packets // 0) \(
		[.interfaces[].received.packets] | add)"'
}

# COMMAND; then $fast and $slow are how many packets went each way.
fast=0 slow=0
count_carried() { # COMMAND...
	local before after status
	read -r -a before < <(carried)
	"$@"
	status=$?
	read -r -a after < <(carried)
	fast=$((after[0] - before[0])) slow=$((after[1] - before[1]))
	echo "fast path: $fast, lvsd: $slow"
	return "$status"
}

# COMMAND, most of whose packets the fast path has: on a busy machine lvsd may
# not come to enter a flow at once.
is_fast() { # COMMAND...
	count_carried "$@" || return
	[ "$fast_path" = no ] || [ "$fast" -gt "$slow" ]
}

# COMMAND, of whose packets the fast path takes FEWEST at least and MOST at most.
takes() { # FEWEST MOST COMMAND...
	count_carried "${@:3}" || return
	[ "$fast_path" = no ] || [ "$fast" -ge "$1" ] && [ "$fast" -le "$2" ]
}

# ---- traffic ------------------------------------------------------------------

# A datagram to the echo and back, by PORT of the client.
ask() { # WAY PORT SIZE [HOW...]
	on client "$shape" -p "$2" -w "${patience_ms:-5000}" "$(vip "$1")" 7 \
		"${@:3}"
}

# TIMES of them.
ask_often() { # WAY PORT TIMES [INTERVAL-MS]
	on client "$shape" -p "$2" -n "$3" -i "${4:-0}" "$(vip "$1")" 7 100
}

# An end of the stream to PORT in the background, which stays as it is asked to;
# ${streams[WAY]} is its process.  What it says goes to $work/stream.WAY.
declare -A streams
begin_stream() { # WAY PORT OPTION...
	local said=$work/stream.$1
	: >"$said"
	ip netns exec "$prefix-client" "$stream" ask "${@:3}" "$(vip "$1")" \
		"$2" >"$said" 2>&1 &
	streams[$1]=$!
	timeout 10 tail -s 0.02 -n +1 -F "$said" 2>/dev/null | grep -qm1 ready
}

# It closes, and all that came was right.
end_stream() { # WAY
	kill -TERM "${streams[$1]}"
	ends_well "$1"
}

ends_well() { # WAY
	local status
	wait "${streams[$1]}"
	status=$?
	unset "streams[$1]"
	cat "$work/stream.$1"
	return $status
}

kill_streams() {
	local way
	for way in "${!streams[@]}"; do
		stop "${streams[$way]}" KILL
		unset "streams[$way]"
	done
}

# Bytes that the stream of WAY to PORT has sent and had acknowledged, and
# received.
progress() { # WAY PORT
	on client ss -tinH state established dst "$(url "$(vip "$1")")" \
		dport = "$2" |
		awk '{
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^bytes_acked:/)
					up += substr($i, 13)
				if ($i ~ /^bytes_received:/)
					down += substr($i, 16)
			}
		} END { print up + 0, down + 0 }'
}

# It gets on both ways, by this many bytes.
gets_on() { # WAY PORT [BYTES]
	local first now most=${3:-65536} end=$((SECONDS + 6))
	read -r -a first < <(progress "$1" "$2")
	while [ $SECONDS -lt $end ]; do
		read -r -a now < <(progress "$1" "$2")
		[ $((now[0] - first[0])) -ge "$most" ] &&
			[ $((now[1] - first[1])) -ge "$most" ] && return
		sleep 0.01
	done
	echo "$1: up ${first[0]} to ${now[0]}, down ${first[1]} to ${now[1]}"
	return 1
}

# What the director says of WAY's connection from PORT: its state, and in how
# many seconds it expires.
conn() { # WAY PORT
	adm -Lnc | awk -v to="$(url "$(vip "$1")"):" -v from=":$2\$" \
		'index($5, to) == 1 && $4 ~ from {
			split($2, left, ":")
			print $3, left[1] * 60 + left[2]
		}'
}

state_is() { # STATE WAY PORT
	same "$1" "$(conn "$2" "$3" | sed 's/ .*//')"
}

soon() { # COMMAND...
	local end=$((SECONDS + 12))
	until "$@" >"$work/soon" 2>&1; do
		[ $SECONDS -lt $end ] || { cat "$work/soon" && return 1; }
		sleep 0.01
	done
}

# What -Ln --stats says of WAY's service PORT: connections, packets in and out,
# bytes in and out.
counters() { # WAY PORT
	local kind=TCP
	[ "$2" != 7 ] || kind=UDP
	adm -Ln --stats --exact | awk -v first=$kind \
		-v to="$(url "$(vip "$1")"):$2" \
		'$1 == first && $2 == to { print $3, $4, $5, $6, $7 }'
}
