#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# changes.sh - the network changes under live connections, by NAT and DR in
# both families: each answers again within a second of every change, by what
# the director's kernel tells and nothing else.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/net/changeslib.sh
. "$(dirname "$0")/changeslib.sh"

need_root_and "$lvsd" "$lvsadm" socat
exec 3>&1 # check has the output of what it runs
log=$work/lvsd.log
d=$prefix-director
text=

# Name, VIP, real server of each connection.
flows='nat4=10.1.0.100=10.2.0.11 nat6=fd01::100=fd02::11
	dr4=10.1.0.101=10.2.0.11 dr6=fd01::101=fd02::11'
rips='10.2.0.11 fd02::11'
dr_vips='10.1.0.101 fd01::101'

configuration() {
	local flow name vip rip
	printf 'interface "side" { }\n'
	for flow in $flows; do
		IFS='=' read -r name vip rip <<<"$flow"
		printf 'virtual_service "tcp %s:7" {\n\tmethod = %s\n' \
			"$(url "$vip")" "${name%?}"
		printf '\treal_server "%s:7" { }\n}\n' "$(url "$rip")"
	done
}

# ---- connections that stay --------------------------------------------------

declare -A to from

# A line goes in by one descriptor and comes back by the other.
connect() { # NAME VIP
	local in out
	mkfifo "$work/to.$1" "$work/from.$1"
	ip netns exec "$prefix-client" socat - "TCP:$(url "$2"):7" \
		<"$work/to.$1" >"$work/from.$1" &
	disown
	exec {in}>"$work/to.$1" {out}<"$work/from.$1"
	to[$1]=$in from[$1]=$out
}

connect_all() {
	local flow name vip
	for flow in $flows; do
		IFS='=' read -r name vip _ <<<"$flow"
		connect "$name" "$vip"
	done
}

# TEXT through all connections at once.
echoes() { # TEXT
	local name line
	for name in "${!to[@]}"; do
		echo "$1" >&"${to[$name]}"
	done
	for name in "${!to[@]}"; do
		IFS= read -r -t 5 line <&"${from[$name]}"
		[ "$1" = "$line" ] || {
			echo "$name: no echo"
			return 1
		}
	done
}

# COMMAND changes something; the time from its end on until all have answered.
recovers() { # WHAT COMMAND...
	local begin taken
	"${@:2}" || return
	begin=${EPOCHREALTIME/./}
	echoes "$1 $text" || return
	taken=$(((${EPOCHREALTIME/./} - begin) / 1000))
	echo "# figure: $1: answers after $taken ms" >&3
	[ "$taken" -lt 1000 ]
}

check_change() { # WHAT COMMAND...
	check "$1: connections go on" recovers "$@"
}

# TEXT is in a line of the log after the first LINES.
logged() { # TEXT LINES
	timeout 5 tail -n "+$(($2 + 1))" -F "$log" 2>/dev/null |
		grep -qm1 -e "$1" || {
		cat "$log"
		return 1
	}
}

lines() {
	wc -l <"$log"
}

# ---- changes ----------------------------------------------------------------

server_address() { # LLADDR
	ip -n "$prefix-rs1" link set eth0 address "$1"
}

announced() { # LLADDR
	on rs1 sysctl -q -w net.ipv4.conf.eth0.arp_notify=1 \
		net.ipv6.conf.eth0.ndisc_notify=1
	server_address "$1" || return
	on rs1 sysctl -q -w net.ipv4.conf.eth0.arp_notify=0 \
		net.ipv6.conf.eth0.ndisc_notify=0
}

# What the kernel has told until now, lvsd has heard: its main thread reads all
# that is there before it waits again, and so before the second question.
heard() {
	adm -Ln >/dev/null && adm -Ln >/dev/null
}

lladdr() {
	on rs1 cat /sys/class/net/eth0/address
}

# The director's kernel has the real server at LLADDR, in STATE.
neighbours() { # STATE LLADDR
	local address
	for address in $rips; do
		ip -n "$d" neigh replace "$address" dev back \
			lladdr "$2" nud reachable &&
			ip -n "$d" neigh change "$address" dev back nud "$1" ||
			return
	done
	heard
}

# The first packet to a stale neighbour has the kernel asked for it, thrice: had
# that to wait for a timer's tick, the second time would begin with a tick.
asked_at_once() {
	local round begin taken most=0
	for round in 1 2 3; do
		neighbours stale "$(lladdr)" || return
		begin=${EPOCHREALTIME/./}
		echoes "stale $round" || return
		while ip -n "$d" neigh show dev back nud stale | grep -q lladdr; do
			[ "${EPOCHREALTIME/./}" -lt $((begin + 5000000)) ] ||
				return 1
		done
		taken=$(((${EPOCHREALTIME/./} - begin) / 1000))
		most=$((taken > most ? taken : most))
	done
	echo "# figure: a stale neighbour: asked for after $most ms" >&3
	[ "$most" -lt 500 ]
}

# Nobody tells; then the old one is made stale, lest it be confirmed before.
silently() { # LLADDR
	local old
	old=$(lladdr)
	server_address "$1" && neighbours stale "$old"
}

# How long the kernel believes in a neighbour that it hears nothing of is the
# administrator's to say; half a minute by default.
patience() { # REACHABLE-MS DELAY-S RETRANS-MS
	local family
	for family in 4 6; do
		on director sysctl -q -w \
			"net.ipv$family.neigh.back.base_reachable_time_ms=$1" \
			"net.ipv$family.neigh.back.delay_first_probe_time=$2" \
			"net.ipv$family.neigh.back.retrans_time_ms=$3" || return
	done
	no_neighbours && echoes "patience $1"
}

# rs2, which knows the way to the VIPs too.
make_gateway() {
	local vip
	on rs2 sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	for vip in $dr_vips; do
		case $vip in
		*:*) ip -n "$prefix-rs2" route add "$vip" via fd02::11 ;;
		*) ip -n "$prefix-rs2" route add "$vip" via 10.2.0.11 ;;
		esac
	done
}

# Packets that left by the side.
sent() {
	on director cat /sys/class/net/side/statistics/tx_packets
}

# The kernel has ADDRESS only a while after ip(8) gave it: who asks for it in
# between asks again in a second.
answers() { # ADDRESS
	until ip -n "$d" -6 route show table local "$1" | grep -q "$1"; do
		sleep 0.01
	done
}

# The real server's way out goes along.
source_address() { # OLD NEW
	director <<-END &&
		addr del 10.2.0.$1/24 dev back
		addr del fd02::$1/64 dev back
		addr add 10.2.0.$2/24 dev back
		addr add fd02::$2/64 dev back nodad
	END
		answers "fd02::$2" &&
		ip -n "$prefix-rs1" route replace default via "10.2.0.$2" &&
		ip -n "$prefix-rs1" route replace default via "fd02::$2"
}

# IPv6 addresses go with it, and come back by who had set them.
down_and_up() {
	director <<-END
		link set back down
		link set back up
		addr add fd02::1/64 dev back nodad
	END
	answers fd02::1
}

# It keeps its address, which real servers have in their neighbour tables.
made_again() {
	local lladdr
	lladdr=$(on director cat /sys/class/net/back/address)
	ip -n "$d" link del back &&
		add_cable director back switch director &&
		ip -n "$d" link set back address "$lladdr" &&
		ip -n "$prefix-switch" link set director master back &&
		add_address director back 2 1 &&
		answers fd02::1
}

# Nobody tells the client, whose lines are longer than that.
mtu() { # MTU
	ip -n "$d" link set back mtu "$1" &&
		ip -n "$prefix-rs1" link set eth0 mtu "$1"
}

# More than the socket holds, and what matters comes last.
storm() { # LLADDR
	local status
	kill -STOP "$lvsd_pid"
	ip -n "$d" -batch "$work/storm" && announced "$1"
	status=$?
	kill -CONT "$lvsd_pid"
	return "$status"
}

write_storm() {
	local i j
	for i in {0..199}; do
		for j in {0..99}; do
			echo "route add 10.99.$i.$j/32 dev lo"
		done
	done >"$work/storm"
}

add_network
add_cable director side switch side
ip -n "$prefix-switch" link set side master back
make_gateway
# shellcheck disable=SC2086 # several
on rs1 "$top/bin/realserver/lvs-realserver" start $dr_vips >"$work/rs.log"
for vip in $dr_vips; do
	ip -n "$prefix-rs1" "$(family "$vip")" rule add from "$vip" lookup 100
done
ip netns exec "$prefix-rs1" \
	socat TCP6-LISTEN:7,ipv6only=0,fork,reuseaddr EXEC:cat &
disown
until on rs1 socat -u OPEN:/dev/null TCP:127.0.0.1:7 2>/dev/null; do
	sleep 0.01
done
check "lvsd starts" start_lvsd < <(configuration)
lvsd_pid=$started
check "a client that soon tries again" impatient
connect_all
check "a connection through each VIP" echoes one

seen=$(lines)
check_change "an announced MAC address" announced 02:00:00:00:0b:01
check "it is in the log" logged \
	'back: 10.2.0.11 is at 02:00:00:00:0b:01 now' "$seen"
check "the kernel is to notice soon who has gone" patience 100 0 20
check_change "a MAC address that nobody announces" \
	server_address 02:00:00:00:0b:02
# With the defaults it asks the old address for 5 s + 3 * 1 s first; with these
# for 3 * 20 ms, and the rest is TCP's, until it sends again, and ours.
seen=$(lines)
check "the kernel asks at once who is stale" patience 30000 0 20
check_change "a MAC address of a stale neighbour that nobody announces" \
	silently 02:00:00:00:0b:04
check "it is in the log" logged \
	'back: 10.2.0.11 is at 02:00:00:00:0b:04 now' "$seen"
check "the kernel has patience again" patience 30000 5 1000
check "the kernel is asked at once for who is stale" asked_at_once

check_change "a route moved to a gateway" through_gateway
seen=$(sent)
check_change "a route moved to another interface" through_side
check "their packets go there" test "$(sent)" -ge $((seen + 4))
check_change "a route moved back" straight_again

seen=$(lines)
check_change "another source address" source_address 1 9
check "the one is in the log" logged 'back: address 10.2.0.1 gone' "$seen"
check "the other is too" logged 'back: address fd02::9 added' "$seen"
check_change "the first source address again" source_address 9 1

check_change "no neighbours" no_neighbours
check_change "neighbours that failed" neighbours failed "$(lladdr)"

seen=$(lines)
check_change "an interface down and up" down_and_up
check "the one is in the log" logged 'back: down' "$seen"
check "the other is too" logged 'back: up' "$seen"
seen=$(lines)
check_change "an interface deleted and made again" made_again
check "the one is in the log" logged 'back: gone' "$seen"
check "the other is too" logged 'back: back, open through' "$seen"

seen=$(lines)
check_change "another link address of the director's" \
	ip -n "$d" link set front address 02:00:00:00:0a:01
check "it is in the log" logged 'front: link address 02:00:00:00:0a:01' "$seen"

text=$(printf '%3000s' '' | tr ' ' x)
seen=$(lines)
check_change "a smaller MTU" mtu 1400
check "it is in the log" logged 'back: mtu 1400' "$seen"
check_change "the first MTU again" mtu 1500
text=

write_storm
seen=$(lines)
check_change "more changes than are read, and a MAC address" \
	storm 02:00:00:00:0b:03
check "it is in the log" logged 'changes came faster' "$seen"

check "few lines for many changes" test "$(lines)" -lt 100
kill -TERM "$lvsd_pid"
wait "$lvsd_pid"
check "SIGTERM: status 0" same 0 $?
finish
