#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# rtnl.sh - what a director has learnt from the kernel is what ip(8) says,
# after every kind of change, after too many changes, and never nothing.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

mirror=$build/tests/net/mirror
need_root_and "$mirror" jq capsh

hosts='director peer'
d=$prefix-director
p=$prefix-peer

# ---- the mirror -------------------------------------------------------------

stop_mirror() {
	echo quit >&"$to"
	wait "$MIRROR_PID"
}

start_mirror() {
	coproc MIRROR {
		exec ip netns exec "$d" "$mirror" 2>"$work/mirror.log"
	}
	# Bash keeps the coprocess's own descriptors from subshells.
	# shellcheck disable=SC2093 # nothing is executed
	exec {to}>&"${MIRROR[1]}" {from}<&"${MIRROR[0]}"
	ask sync
}

ask() { # COMMAND...
	local line
	echo "$*" >&"$to" || return
	while read -r -t 60 line <&"$from"; do
		[ "$line" = . ] && return
		echo "$line"
	done
	echo "no answer to $*"
	return 1
}

# ---- what it should show ----------------------------------------------------

links() {
	ip -n "$d" -j link show | jq -r '.[] |
		(.operstate == "UP" or .operstate == "UNKNOWN") as $oper |
		(.flags | index("UP") and index("LOWER_UP")) as $flags |
		{ether: "ether", loopback: "loopback"} as $types |
		"link \(.ifindex) \(.ifname) " +
		(if $oper and $flags then "up" else "down" end) +
		" \($types[.link_type] // "none") mtu \(.mtu) " +
		(if .link_type == "ether" then .address else "-" end)'
}

addresses() {
	ip -n "$d" -j addr show | jq -r '.[] | .ifindex as $i | .addr_info[] |
		"addr \($i) \(.local)/\(.prefixlen)"'
}

routes() { # FAMILY TABLE
	local numbers
	numbers=$(ip -n "$d" -j link show |
		jq -c 'map({(.ifname): .ifindex}) | add')
	ip -n "$d" "-$1" -j route show table "$2" |
		jq -r --argjson numbers "$numbers" --arg family "$1" '
		def prefix: if . == "default"
			then if $family == "4" then "0.0.0.0/0" else "::/0" end
			elif contains("/") then .
			elif $family == "4" then . + "/32" else . + "/128" end;
		{unicast: "unicast", local: "local", anycast: "local",
		 broadcast: "unreachable", unreachable: "unreachable",
		 blackhole: "unreachable", prohibit: "unreachable",
		 throw: "unreachable"} as $types |
		.[] | . as $r | $types[.type // "unicast"] as $type |
		select($type) | (.nexthops // [.])[] |
		"route \($r.dst | prefix) \($type) dev " +
		(if $type == "unicast" then "\($numbers[.dev])" else "0" end) +
		" via \(.via.host // .gateway // "-")" +
		" metric \($r.metric // 0) mtu \($r.metrics[0].mtu // 0)" +
		" src \($r.prefsrc // "-")"'
}

neighbours() {
	local numbers
	numbers=$(ip -n "$d" -j link show |
		jq -c 'map({(.ifname): .ifindex}) | add')
	ip -n "$d" -j neigh show nud all |
		jq -r --argjson numbers "$numbers" '
		{INCOMPLETE: "incomplete", FAILED: "failed", STALE: "stale"}
			as $states |
		.[] | select(.state != ["NONE"]) |
		select(.dst | test("^(ff|22[4-9]|23|::$|0.0.0.0$)") | not) |
		"neigh \($numbers[.dev]) \(.dst) " +
		"\($states[.state[0]] // "reachable") " +
		"\(.lladdr // "00:00:00:00:00:00")"'
}

everything() {
	{
		links
		addresses
		for table in main local; do
			routes 4 "$table"
			routes 6 "$table"
		done
		neighbours
	} | LC_ALL=C sort
}

# Both see the same.  The kernel's timers move neighbours between two looks.
agree() {
	local _
	for _ in {1..5}; do
		ask show >"$work/shown"
		everything >"$work/expected"
		cmp -s "$work/expected" "$work/shown" && return
	done
	diff "$work/expected" "$work/shown"
}

# ip(8) does each of COMMANDS on the director.
# shellcheck disable=SC2086 # commands are words
after() { # COMMANDS
	local line
	while read -r line; do
		[ -z "$line" ] || ip -n "$d" $line || return
	done <<<"$1"
	agree
}

# The line of a hop: NEIGHBOUR STATE MAC.
hop() { # COMMAND ADDRESS
	ask "$@" | awk '{ print $1, $(NF - 1), $NF }'
}

# ---- many changes -----------------------------------------------------------

# More than a socket holds, while nobody reads; the last ones stay.
flood() {
	ask sleep || return
	{
		for i in {0..255}; do
			for j in {0..99}; do
				echo "route add 10.$i.$j.0/24 via 192.0.2.2"
			done
		done
		for i in {0..199}; do
			for j in {0..99}; do
				echo "route del 10.$i.$j.0/24 via 192.0.2.2"
			done
		done
		echo 'addr add 192.0.2.77/32 dev v0'
		echo 'neigh add 192.0.2.78 lladdr 02:00:00:00:00:78 dev v0'
		echo 'route del 203.0.113.0/24'
		echo 'link del w0'
	} >"$work/flood"
	ip -n "$d" -batch "$work/flood" || return
	agree
}

flood_was_noticed() {
	grep -q 'changes came faster' "$work/mirror.log"
}

# Changes in one process, and the mirror awake in another.
churn() {
	local i
	for i in {1..15}; do
		sed 's/add/replace/' "$work/churn" |
			ip -n "$d" -batch - || return
		sed 's/add/del/; s/via.*//' "$work/churn" |
			ip -n "$d" -batch - || return
	done
	agree
}

# ---- resolving --------------------------------------------------------------

mac_of() { # NAMESPACE NAME
	ip -n "$1" -j link show "$2" | jq -r '.[].address'
}

resolves() { # ADDRESS
	ask use "$1" >/dev/null
	same "$1 ready $(mac_of "$p" p0)" "$(hop await "$1")"
}

fails() { # ADDRESS
	ask use "$1" >/dev/null
	same "$1 failed -" "$(hop await "$1")"
}

# Nobody but the mirror's packets confirms it.
confirms_stale() { # ADDRESS
	local mac
	mac=$(mac_of "$p" p0)
	ip -n "$d" neigh change "$1" dev v0 lladdr "$mac" nud stale || return
	same "$1 stale $mac" "$(hop hop "$1")" || return
	ask use "$1" >/dev/null
	same "$1 ready $mac" "$(hop await "$1")"
}

answers_again() { # ADDRESS
	ip -n "$p" addr add "$1/24" dev p0 || return
	resolves "$1"
}

without_privilege() {
	printf '%s\n' 'hop 192.0.2.2' 'use 192.0.2.91' 'use 192.0.2.92' |
		on director capsh --drop=cap_net_admin -- -c "exec $mirror" \
			>"$work/unprivileged" 2>"$work/unprivileged.log"
	grep -q 'no CAP_NET_ADMIN' "$work/unprivileged.log" &&
		grep -q 'resolve: permission denied' "$work/unprivileged" &&
		grep -q '^192.0.2.2 .* ready' "$work/unprivileged"
}

# ---- the tests --------------------------------------------------------------

add_host director
add_host peer
add_cable director v0 peer p0
ip -n "$d" addr add 192.0.2.1/24 dev v0
ip -n "$d" addr add 2001:db8::1/64 dev v0 nodad
ip -n "$p" addr add 192.0.2.2/24 dev p0
ip -n "$p" addr add 2001:db8::2/64 dev p0 nodad
ip -n "$d" route add 203.0.113.0/24 via 192.0.2.2
start_mirror || exit 1

check 'what was there at the start' after ''
check 'a new link with addresses' after \
	'link add w0 type veth peer name w1
	link set w0 up
	link set w1 up
	addr add 198.51.100.1/24 dev w0
	addr add 198.51.100.2/24 dev w0
	addr add 2001:db8:1::1/64 dev w0 nodad'
check 'IPv4 routes' after \
	'route add 10.0.0.0/8 via 192.0.2.2 metric 5 mtu 1400
	route add 10.0.0.0/8 via 192.0.2.3 metric 6
	route add 10.1.0.0/16 dev w0 src 198.51.100.2
	route add default via 192.0.2.2'
check 'IPv6 routes' after \
	'route add 2001:db8:a::/48 via 2001:db8::2 metric 5 mtu 1400
	route add 2001:db8:b::/48 dev w0
	route add default via fe80::99 dev v0'
check 'IPv4 by an IPv6 gateway' after \
	'route add 10.2.0.0/16 via inet6 fe80::99 dev v0'
check 'routes that lead nowhere' after \
	'route add unreachable 10.3.0.0/16
	route add blackhole 10.4.0.0/16
	route add prohibit 10.5.0.0/16
	route add throw 10.6.0.0/16
	route add blackhole 2001:db8:c::/48'
check 'another table is left out' after \
	'route add 10.7.0.0/16 via 192.0.2.2 table 100
	route add 2001:db8:d::/48 via 2001:db8::2 table 100'
check 'several next hops' after \
	'route add 10.8.0.0/16 nexthop via 192.0.2.2 nexthop via 198.51.100.9
	route add 2001:db8:e::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3
	route append 2001:db8:e::/48 via 2001:db8::4'
check 'one of several IPv6 next hops goes' after \
	'route del 2001:db8:e::/48 via 2001:db8::2'
check 'routes are replaced' after \
	'route replace 10.0.0.0/8 via 192.0.2.4 metric 5
	route replace 10.8.0.0/16 via 192.0.2.5
	route replace 2001:db8:a::/48 via 2001:db8::5 metric 5
	route replace 2001:db8:e::/48 via 2001:db8::6'
check 'next hop objects' after \
	'nexthop add id 1 via 192.0.2.2 dev v0
	nexthop add id 2 via 192.0.2.3 dev v0
	nexthop add id 3 group 1/2
	nexthop add id 4 via 2001:db8::2 dev v0
	route add 10.9.0.0/16 nhid 1
	route add 10.10.0.0/16 nhid 3
	route add 2001:db8:f::/48 nhid 4'
check 'a next hop object is replaced' after \
	'nexthop replace id 1 via 192.0.2.6 dev v0
	nexthop replace id 4 via 2001:db8::6 dev v0'
check 'next hop objects are deleted' after \
	'nexthop del id 1
	nexthop del id 4'
check 'neighbours' after \
	'neigh add 192.0.2.7 lladdr 02:00:00:00:00:07 dev v0
	neigh add 192.0.2.8 lladdr 02:00:00:00:00:08 dev v0 nud stale
	neigh add 2001:db8::7 lladdr 02:00:00:00:00:07 dev v0
	neigh add 2001:db8::8 lladdr 02:00:00:00:00:08 dev v0 nud stale'
check 'neighbours change' after \
	'neigh change 192.0.2.7 lladdr 02:00:00:00:00:17 dev v0
	neigh change 2001:db8::7 lladdr 02:00:00:00:00:17 dev v0'
check 'neighbours go' after \
	'neigh del 192.0.2.7 dev v0
	neigh del 2001:db8::7 dev v0'
check 'an address goes, and the routes that used it' after \
	'addr del 198.51.100.2/24 dev w0
	addr del 2001:db8:1::1/64 dev w0'
check 'the last address goes' after \
	'route add 10.11.0.0/16 via 198.51.100.9
	addr del 198.51.100.1/24 dev w0'
check 'a link gets another MTU, MAC address and name' after \
	'link set w1 down
	link set w1 mtu 1300
	link set w1 address 02:00:00:00:00:99
	link set w1 name w9
	link set w9 up'
check 'a link becomes the port of a bridge, and no more' after \
	'link add br0 type bridge
	link set br0 up
	link set w9 master br0
	link set w9 nomaster'
check 'a link without link layer' after \
	'tuntap add dev t0 mode tun
	link set t0 up
	addr add 198.51.100.65/26 dev t0'
check 'a link down, and its routes' after \
	'addr add 198.51.100.1/24 dev w0
	route add 10.12.0.0/16 via 198.51.100.9
	link set w0 down'
check 'a link up again' after 'link set w0 up'
check "a link's other end down" after 'link set w9 down'
check "a link's other end up" after 'link set w9 up'
check 'a link deleted' after 'link del br0'

check 'an IPv4 neighbour is resolved' resolves 192.0.2.2
check 'an IPv6 neighbour is resolved' resolves 2001:db8::2
check 'an IPv4 neighbour that is not there' fails 192.0.2.90
check 'an IPv6 neighbour that is not there' fails 2001:db8::90
check 'one that failed is there when asked again' answers_again 192.0.2.90
check 'a stale IPv4 neighbour in use is confirmed' confirms_stale 192.0.2.2
check 'a stale IPv6 neighbour in use is confirmed' confirms_stale 2001:db8::2
check 'without CAP_NET_ADMIN it knows what the host knows' without_privilege

ask watch 192.0.2.2 >/dev/null
check 'more changes than the socket holds' flood
check 'they were noticed' flood_was_noticed
printf 'route add 10.%d.0.0/16 via 192.0.2.2\n' {50..250} >"$work/churn"
check 'changes while it reads' churn
check 'at no time was a neighbour on link without route' \
	same 0 "$(ask gaps)"
check 'the mirror ends well' stop_mirror

finish
