#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# net.sh [-m] [-r ROUNDS] [-s SECONDS] [-o FILE.svg] [CONTESTANT...] - what a
# director costs on real interfaces, beside what a user could have instead, in
# one run on one machine: `make bench-net`, as root.  With -m the table is
# Markdown.  By default it takes some five minutes.
#
# Client, director and real server are namespaces on veth pairs and share the
# machine's processors, so a figure is the cost of the whole way, and figures
# of two machines do not compare; ratios to kernel routing do.  All contestants
# have their turn in each round, so that what else goes on meets them alike.
#
# Round trips are measured twice.  With client and real server on a processor
# each, as on machines of their own, each packet has a processor woken; on one
# processor, as only namespaces can have it, a packet that the kernel forwards
# needs no other at all.
#
# lvsd is there twice: as it is installed, when the kernel forwards what is
# established (the fast path), and without that, all packets through user space.
# shellcheck disable=SC2317 # measurements are called by name
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

# CONTESTANT, where clients find the service, and what it is.
contestants='
route    10.3.0.11   kernel: IP routing, nothing else
nftables 10.1.0.201  kernel: DNAT by nftables
haproxy  10.1.0.202  HAProxy, mode tcp
nginx    10.1.0.203  nginx stream
nat      10.1.0.100  lvsd, NAT
dr       10.1.0.101  lvsd, DR
tun      10.1.0.102  lvsd, TUN
nat-user 10.1.0.100  lvsd, fast_path = no, NAT
dr-user  10.1.0.101  lvsd, fast_path = no, DR
tun-user 10.1.0.102  lvsd, fast_path = no, TUN
raw      10.1.0.100  lvsd, raw, NAT
'

# MEASUREMENT, its column's head, whether more is better, and which of several
# figures counts.  Round trips are in microseconds.
measurements='
gbit1  Gbit/s,1    more  median
gbit8  Gbit/s,8    more  median
reqs   requests/s  more  median
conns  conns/s     more  median
udp    UDP,kpkt/s  more  median
idle   RTT,idle    less  least
idle1  RTT,1,CPU   less  least
load   RTT,load    less  median
cpug   s/Gbit      cost  median
cpup   s/Mpkt      cost  median
'

# TCP: of nginx, iperf3, and of rtt on the last processor and on the first.
ports='80 5201 7000 7001'

rounds=3 seconds=2 form=text svg=
while getopts mr:s:o: option; do
	case $option in
	m) form=markdown ;;
	r) rounds=$OPTARG ;;
	s) seconds=$OPTARG ;;
	o) svg=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
rtt=$build/tests/bench/rtt
need_root_and "$lvsd" "$decap" "$rtt" nginx curl iperf3 jq wrk nft haproxy
stream_module=/usr/lib/nginx/modules/ngx_stream_module.so

column() { # TABLE COLUMN: of each line
	awk -v n="$2" 'NF { print $n }' <<<"$1"
}

target() { # CONTESTANT
	awk -v name="$1" '$1 == name { print $2 }' <<<"$contestants"
}

# ---- contestants: each leaves in $pids what works for it, and in $charged
# ---- what does all of the work that is done for it --------------------------

forwarding() { # 0 OR 1
	on director sysctl -qw net.ipv4.ip_forward="$1"
}

begin_route() {
	forwarding 1
	ip -n "$prefix-director" route add "$(target route)/32" via 10.2.0.11
}

end_route() {
	ip -n "$prefix-director" route del "$(target route)/32" via 10.2.0.11
}

begin_nftables() {
	forwarding 1
	ip -n "$prefix-director" addr add "$(target nftables)/32" dev front
	on director nft -f - <<-RULES
		table ip lvs {
			chain in {
				type nat hook prerouting priority dstnat
				ip daddr $(target nftables) dnat to 10.2.0.11
			}
		}
	RULES
}

end_nftables() {
	on director nft delete table ip lvs
	ip -n "$prefix-director" addr del "$(target nftables)/32" dev front
}

begin_haproxy() {
	local port
	ip -n "$prefix-director" addr add "$(target haproxy)/32" dev front
	{
		printf 'global\n maxconn 4000\n'
		printf 'defaults\n mode tcp\n timeout connect 5s\n'
		printf ' timeout client 1m\n timeout server 1m\n'
		for port in $ports; do
			printf 'listen p%d\n bind %s:%d\n server rs1 10.2.0.11:%d\n' \
				"$port" "$(target haproxy)" "$port" "$port"
		done
	} >"$work/haproxy.cfg"
	# In the background it says nothing: it is there when it has forked.
	on director haproxy -D -q -p "$work/haproxy.pid" -f "$work/haproxy.cfg"
	pids=$(cat "$work/haproxy.pid") charged=$pids
}

end_haproxy() {
	stop "$pids"
	ip -n "$prefix-director" addr del "$(target haproxy)/32" dev front
}

begin_nginx() {
	local port
	[ -e $stream_module ] || return
	ip -n "$prefix-director" addr add "$(target nginx)/32" dev front
	{
		printf 'load_module %s;\nuser root;\n' $stream_module
		printf 'worker_processes auto;\npid %s/stream.pid;\n' "$work"
		printf 'events { worker_connections 16384; }\nstream {\n'
		for port in $ports; do
			printf 'server { listen %s:%d backlog=4096; ' \
				"$(target nginx)" "$port"
			printf 'proxy_pass 10.2.0.11:%d; }\n' "$port"
		done
		printf '}\n'
	} >"$work/stream.conf"
	on director nginx -c "$work/stream.conf" -e "$work/stream.log"
	pids=$(pgrep -d ' ' -P "$(cat "$work/stream.pid")") charged=$pids
}

end_nginx() {
	stop "$(cat "$work/stream.pid")"
	ip -n "$prefix-director" addr del "$(target nginx)/32" dev front
}

begin_lvsd() { # FAST-PATH METHOD VIP [INTERFACE-OPTIONS]
	local port protocol
	start_lvsd "${4:-}" < <(
		echo "fast_path = $1"
		for port in $ports udp:9; do
			protocol=tcp
			[ "${port#udp:}" = "$port" ] || protocol=udp
			cat <<-CONF
				virtual_service "$protocol $3:${port#udp:}" {
					method = "$2"
					real_server "10.2.0.11:${port#udp:}" { }
				}
			CONF
		done
	) && pids=$started
}

# The kernel works for these, and does not say how long.
begin_nat() { begin_lvsd yes nat "$(target nat)"; }
begin_dr() { begin_lvsd yes dr "$(target dr)"; }
begin_tun() { begin_lvsd yes tun "$(target tun)"; }

begin_user() { # METHOD
	begin_lvsd no "$1" "$(target "$1")" && charged=$pids
}

begin_nat-user() { begin_user nat; }
begin_dr-user() { begin_user dr; }
begin_tun-user() { begin_user tun; }

# The way to a VIP that nobody answers ARP for.
begin_raw() {
	ip -n "$prefix-client" route add "$(target raw)/32" via 10.1.0.1
	begin_lvsd no nat "$(target raw)" 'backend = "raw"' && charged=$pids
}

end_raw() {
	ip -n "$prefix-client" route del "$(target raw)/32" via 10.1.0.1
	stop "$pids"
}

begin() { # CONTESTANT
	pids='' charged=''
	forwarding 0
	"begin_$1"
}

end() { # CONTESTANT
	if declare -F "end_$1" >/dev/null; then
		"end_$1"
	elif [ -n "$pids" ]; then
		stop "$pids"
	fi
}

# ---- measurements: print a figure, or nothing ------------------------------

# Seconds that $charged have worked so far.
worked() {
	local pid
	for pid in $charged; do
		cat "/proc/$pid/stat"
	done | awk -v hz="$(getconf CLK_TCK)" '{ n += $14 + $15 }
		END { printf "%.2f", n / hz }'
}

per() { # SECONDS AMOUNT
	awk -v s="$1" -v n="$2" 'BEGIN { if (n > 0) printf "%.3f", s / n }'
}

gbit() { # ADDRESS STREAMS
	on client iperf3 -c "$1" -t "$seconds" -P "$2" -J |
		jq '.end.sum_received.bits_per_second / 1e9 // empty'
}

wrk_rate() { # ADDRESS WRK-ARGUMENT...
	on client wrk -t 1 -c 64 -d "$seconds" "${@:2}" "http://$1/" |
		awk '/^Requests\/sec/ { print $2 }'
}

# The first processor asks; not for long if the machine has no time for it,
# when a round trip under load takes tens of milliseconds.
ask() { # ADDRESS PORT COUNT
	on client taskset -c 0 "$rtt" ask "$@" "$seconds"
}

load() { # ADDRESS
	local pid
	start client iperf3 -c "$1" -t 30 --forceflush || return
	pid=$started
	ask "$1" 7000 500
	stop "$pid" INT
}

# Thousands of packets a second that arrive, the median over the seconds.
udp() { # ADDRESS
	local before
	before=$(wc -l <"$work/drained")
	on client "$rtt" flood "$1" 9 "$seconds" || return
	tail -n +$((before + 1)) "$work/drained" | sort -n |
		awk '{ n[NR] = $1 } END { if (NR) print n[int((NR + 1) / 2)] / 1e3 }'
}

# All of CONTESTANT, as lines "CONTESTANT MEASUREMENT FIGURE [FIGURE]".
measure() { # CONTESTANT
	local address rate before
	address=$(target "$1")
	before=$(worked)
	rate=$(gbit "$address" 1)
	echo "$1 gbit1 $rate"
	[ -z "$charged" ] || echo "$1 cpug $(per "$(echo "$(worked) $before" |
		awk '{ print $1 - $2 }')" "$(echo "$rate" |
		awk -v s="$seconds" '{ print $1 * s }')")"
	echo "$1 gbit8 $(gbit "$address" 8)"
	echo "$1 reqs $(wrk_rate "$address")"
	echo "$1 conns $(wrk_rate "$address" -H 'Connection: close')"
	for _ in 1 2 3 4 5; do
		echo "$1 idle $(ask "$address" 7000 800)"
		echo "$1 idle1 $(ask "$address" 7001 800)"
	done
	echo "$1 load $(load "$address")"
	case $1 in haproxy | nginx) return ;; esac
	before=$(worked)
	rate=$(udp "$address")
	echo "$1 udp $rate"
	[ -z "$charged" ] || echo "$1 cpup $(per "$(echo "$(worked) $before" |
		awk '{ print $1 - $2 }')" "$(echo "$rate" |
		awk -v s="$seconds" '{ print $1 * s / 1e3 }')")"
}

# ---- what is shown ----------------------------------------------------------

show() { # FORM
	awk -v form="$1" -v contestants="$contestants" \
		-v measurements="$measurements" \
		-f "$top/tests/bench/figures.awk" "$work/figures"
}

machine() {
	printf '%s, %d processors, Linux %s, %s\n' \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" \
		"$(nproc)" "$(uname -r)" "$(date +%F)"
}

# The scheduler shares processors out to sessions (sched(7), autogroup).  The
# others are daemons, with one of their own; lvsd is started in the foreground.
cat >"$work/lvsd" <<-SCRIPT
	#!/bin/sh
	exec setsid $lvsd "\$@"
SCRIPT
chmod +x "$work/lvsd"
lvsd=$work/lvsd

add_network
ip -n "$prefix-rs1" addr add 10.3.0.11/32 dev lo
ip -n "$prefix-client" route add 10.3.0.0/24 via 10.1.0.1
for host in client director; do
	on $host sysctl -qw net.ipv4.ip_local_port_range='1024 65000'
done
start_nginx rs1
start_decap rs1 || exit 1
add_vips "$(target dr)" "$(target tun)" || exit 1
start rs1 iperf3 -s --forceflush
start rs1 taskset -c $(($(nproc) - 1)) "$rtt" serve 7000 || exit 1
start rs1 taskset -c 0 "$rtt" serve 7001 || exit 1
start rs1 "$rtt" drain 9 "$work/drained" || exit 1

[ $# -gt 0 ] || mapfile -t chosen < <(column "$contestants" 1)
[ $# -eq 0 ] || chosen=("$@")
machine
for ((round = 1; round <= rounds; round++)); do
	for contestant in "${chosen[@]}"; do
		echo "round $round: $contestant" >&2
		if begin "$contestant"; then
			measure "$contestant" >>"$work/figures"
			end "$contestant"
		else
			echo "cannot be had here" >&2
		fi
	done
done
echo
show "$form"
cat <<LEGEND

s/Gbit and s/Mpkt: processor seconds of the director's own programs.  The
kernel's part of the work is in no such figure, so where it forwards, as for lvsd
with its fast path, there is none.
LEGEND
[ -z "$svg" ] || show svg >"$svg"
