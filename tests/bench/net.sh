#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# net.sh [-s SECONDS] [-o FILE.svg] [CONTESTANT...] - what a director costs on
# real interfaces, beside what a user could have instead, in one run on one
# machine: `make bench-net`, as root.
#
# Client, director and real server are namespaces on veth pairs and share the
# machine's processors, so a figure is the cost of the whole way, and figures
# of two machines do not compare; ratios to kernel routing do.
# shellcheck disable=SC2317 # measurements are called by name
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/../net/lib.sh"

# CONTESTANT, where clients find the service, and what it is.
contestants='
route    10.3.0.11   kernel: IP routing, nothing else
nftables 10.1.0.201  kernel: DNAT by nftables
haproxy  10.1.0.202  HAProxy, mode tcp
nginx    10.1.0.203  nginx stream
nat      10.1.0.100  lvsd, af_packet, NAT
dr       10.1.0.101  lvsd, af_packet, DR
tun      10.1.0.102  lvsd, af_packet, TUN (user-space decapsulator)
raw      10.1.0.100  lvsd, raw, NAT
'

# MEASUREMENT, its column's head, and whether more is better.
measurements='
gbit1  Gbit/s,1    more
gbit8  Gbit/s,8    more
reqs   requests/s  more
conns  conns/s     more
udp    UDP,kpkt/s  more
idle   RTT,idle    less
load   RTT,load    less
cpug   s/Gbit      less
cpup   s/Mpkt      less
'

seconds=5 svg=
while getopts s:o: option; do
	case $option in
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

# ---- contestants: each leaves in $pids what works for it --------------------

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
		for port in 80 5201 7000; do
			printf 'listen p%d\n bind %s:%d\n server rs1 10.2.0.11:%d\n' \
				$port "$(target haproxy)" $port $port
		done
	} >"$work/haproxy.cfg"
	# In the background it says nothing: it is there when it has forked.
	on director haproxy -D -q -p "$work/haproxy.pid" -f "$work/haproxy.cfg"
	pids=$(cat "$work/haproxy.pid")
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
		for port in 80 5201 7000; do
			printf 'server { listen %s:%d backlog=4096; ' \
				"$(target nginx)" $port
			printf 'proxy_pass 10.2.0.11:%d; }\n' $port
		done
		printf '}\n'
	} >"$work/stream.conf"
	on director nginx -c "$work/stream.conf" -e "$work/stream.log"
	pids=$(pgrep -d ' ' -P "$(cat "$work/stream.pid")")
}

end_nginx() {
	stop "$(cat "$work/stream.pid")"
	ip -n "$prefix-director" addr del "$(target nginx)/32" dev front
}

begin_lvsd() { # METHOD VIP [INTERFACE-OPTIONS]
	local port
	start_lvsd "${3:-}" < <(
		for port in 'tcp 80' 'tcp 5201' 'tcp 7000' 'udp 9'; do
			cat <<-CONF
				virtual_service "${port% *} $2:${port#* }" {
					method = "$1"
					real_server "10.2.0.11:${port#* }" { }
				}
			CONF
		done
	) && pids=$started
}

begin_nat() { begin_lvsd nat "$(target nat)"; }
begin_dr() { begin_lvsd dr "$(target dr)"; }
begin_tun() { begin_lvsd tun "$(target tun)"; }

# The way to a VIP that nobody answers ARP for.
begin_raw() {
	ip -n "$prefix-client" route add "$(target raw)/32" via 10.1.0.1
	begin_lvsd nat "$(target raw)" 'backend = "raw"'
}

end_raw() {
	ip -n "$prefix-client" route del "$(target raw)/32" via 10.1.0.1
	stop "$pids"
}

begin() { # CONTESTANT
	pids=
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

# Seconds that the director's programs have worked so far.
worked() {
	local pid
	for pid in $pids; do
		cat "/proc/$pid/stat"
	done | awk -v hz="$(getconf CLK_TCK)" '{ n += $14 + $15 }
		END { printf "%.2f", n / hz }'
}

per() { # SECONDS AMOUNT
	awk -v s="$1" -v n="$2" 'BEGIN { if (n > 0) printf "%.3f", s / n }'
}

gbit() { # ADDRESS STREAMS
	on client iperf3 -c "$1" -t "$seconds" -O 1 -P "$2" -J |
		jq '.end.sum_received.bits_per_second / 1e9 // empty'
}

wrk_rate() { # ADDRESS WRK-ARGUMENT...
	on client wrk -t 1 -c 64 -d "$seconds" "${@:2}" "http://$1/" |
		awk '/^Requests\/sec/ { print $2 }'
}

idle() { # ADDRESS
	on client "$rtt" ask "$1" 7000 3000
}

load() { # ADDRESS
	local pid
	start client iperf3 -c "$1" -t 30 --forceflush || return
	pid=$started
	on client "$rtt" ask "$1" 7000 1000
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
	[ -z "$pids" ] || echo "$1 cpug $(per "$(echo "$(worked) $before" |
		awk '{ print $1 - $2 }')" "$(echo "$rate" |
		awk -v s="$((seconds + 1))" '{ print $1 * s }')")"
	echo "$1 gbit8 $(gbit "$address" 8)"
	echo "$1 reqs $(wrk_rate "$address")"
	echo "$1 conns $(wrk_rate "$address" -H 'Connection: close')"
	echo "$1 idle $(idle "$address")"
	echo "$1 load $(load "$address")"
	case $1 in haproxy | nginx) return ;; esac
	before=$(worked)
	rate=$(udp "$address")
	echo "$1 udp $rate"
	[ -z "$pids" ] || echo "$1 cpup $(per "$(echo "$(worked) $before" |
		awk '{ print $1 - $2 }')" "$(echo "$rate" |
		awk -v s="$seconds" '{ print $1 * s / 1e3 }')")"
}

# ---- what is shown ----------------------------------------------------------

# Figures (median and 99th percentile of round trips, in microseconds), and
# under each its ratio to kernel routing.
table() {
	awk -v heads="$measurements" '
	function show(text) { printf " %12s", text }
	BEGIN {
		n = split(heads, line, "\n")
		for (i = 1; i <= n; i++) {
			if (split(line[i], word, " ") < 3)
				continue
			name[++columns] = word[1]
			head[columns] = word[2]
			gsub(",", " ", head[columns])
		}
		printf "%-10s", ""
		for (c = 1; c <= columns; c++)
			show(head[c])
		print ""
	}
	NF >= 3 {
		if (!($1 in seen)) {
			seen[$1] = 1
			order[++rows] = $1
		}
		figure[$1, $2] = $3
		if (NF > 3)
			worst[$1, $2] = $4
	}
	function number(x) {
		return sprintf(x >= 1000 ? "%.0f" : x >= 10 ? "%.1f" : "%.2f", x)
	}
	END {
		for (r = 1; r <= rows; r++) {
			who = order[r]
			printf "%-10s", who
			for (c = 1; c <= columns; c++) {
				x = figure[who, name[c]]
				text = x == "" ? "-" : number(x)
				if ((who, name[c]) in worst)
					text = text "/" number(worst[who, name[c]])
				show(text)
			}
			printf "\n%-10s", ""
			for (c = 1; c <= columns; c++) {
				x = figure[who, name[c]]
				base = figure["route", name[c]]
				show(x != "" && base > 0 ? sprintf("%.2fx", x / base) : "")
			}
			print ""
		}
	}'
}

# Bars of the ratios to kernel routing, one group for each measurement.
picture() {
	awk -v heads="$measurements" '
	BEGIN {
		n = split(heads, line, "\n")
		for (i = 1; i <= n; i++)
			if (split(line[i], word, " ") == 3 && word[3] == "more") {
				name[++groups] = word[1]
				head[groups] = word[2]
				gsub(",", " ", head[groups])
			}
		split("#9aa0a6 #5f6368 #e8a33d #c5221f #1a73e8 #4e9af1 " \
			"#8ab4f8 #188038", colour, " ")
	}
	NF >= 3 {
		if (!($1 in seen)) {
			seen[$1] = 1
			order[++rows] = $1
		}
		figure[$1, $2] = $3
	}
	END {
		wide = rows * 14 + 24
		printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" " \
			"height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n",
			groups * wide + 150, 260
		print "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
		print "<text x=\"10\" y=\"16\">1 is kernel routing; more is better" \
			"</text>"
		for (g = 1; g <= groups; g++) {
			left = 20 + (g - 1) * wide
			for (r = 1; r <= rows; r++) {
				base = figure["route", name[g]]
				x = figure[order[r], name[g]]
				if (x == "" || !(base > 0))
					continue
				tall = x / base * 100
				tall = tall > 200 ? 200 : tall
				printf "<rect x=\"%d\" y=\"%.1f\" width=\"12\" " \
					"height=\"%.1f\" fill=\"%s\"><title>%s: " \
					"%.2f</title></rect>\n", left + r * 14,
					230 - tall, tall, colour[r], order[r],
					x / base
			}
			printf "<text x=\"%d\" y=\"246\">%s</text>\n", left + 14,
				head[g]
		}
		printf "<line x1=\"20\" x2=\"%d\" y1=\"130\" y2=\"130\" " \
			"stroke=\"#888\" stroke-dasharray=\"3\"/>\n",
			groups * wide + 20
		for (r = 1; r <= rows; r++)
			printf "<rect x=\"%d\" y=\"%d\" width=\"10\" height=\"10\" " \
				"fill=\"%s\"/><text x=\"%d\" y=\"%d\">%s</text>\n",
				groups * wide + 40, r * 18, colour[r],
				groups * wide + 56, r * 18 + 9, order[r]
		print "</svg>"
	}'
}

machine() {
	printf '%s, %d processors, Linux %s, %s\n' \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)" \
		"$(nproc)" "$(uname -r)" "$(date +%F)"
}

add_network
ip -n "$prefix-rs1" addr add 10.3.0.11/32 dev lo
ip -n "$prefix-client" route add 10.3.0.0/24 via 10.1.0.1
on client sysctl -qw net.ipv4.ip_local_port_range='1024 65000'
start_nginx rs1
start_decap rs1 || exit 1
add_vips "$(target dr)" "$(target tun)" || exit 1
start rs1 iperf3 -s --forceflush
start rs1 "$rtt" serve 7000 || exit 1
start rs1 "$rtt" drain 9 "$work/drained" || exit 1

[ $# -gt 0 ] || mapfile -t chosen < <(column "$contestants" 1)
[ $# -eq 0 ] || chosen=("$@")
machine
for contestant in "${chosen[@]}"; do
	printf '  %-9s %s\n' "$contestant" "$(sed -n \
		"s/^$contestant  *[^ ]*  *//p" <<<"$contestants")"
	begin "$contestant" || {
		echo "  cannot be had here"
		continue
	}
	measure "$contestant" >>"$work/figures"
	end "$contestant"
done
echo
table <"$work/figures"
[ -z "$svg" ] || picture <"$work/figures" >"$svg"
