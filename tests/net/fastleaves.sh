#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# fastleaves.sh - what the fast path leaves to lvsd, and to others: packets that
# take more than it does, frames that are not the director's, ICMP errors.
#
# All of it holds without the fast path too (fastlib.sh).
# shellcheck disable=SC2317,SC2119,SC2120 # functions are called by check
# shellcheck source=tests/net/fastlib.sh
. "$(dirname "$0")/fastlib.sh"

need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" "$shape" "$stream" \
	nginx curl jq nft nstat tcpdump tshark ethtool
tags=$build/tests/net/tags

# ---- what it leaves to lvsd -----------------------------------------------------

time_exceeded() { # WAY
	local answer
	answer=$(ask "$1" 20300 100 ttl 1)
	case $1 in
	*4) same "ICMP 11/0 from $(vip "$1")" "$answer" ;;
	*6) same "ICMP 3/0 from fd01::1" "$answer" ;;
	esac
}

# One datagram larger than the way; both methods need no more than Ethernet has.
too_big() { # WAY
	local answer
	case $1 in
	tun4) answer=$(ask "$1" 20300 1472 df) ;;
	tun6) answer=$(ask "$1" 20300 1452 df) ;;
	*) return 0 ;;
	esac
	same "MTU $((1500 - (${1: -1} == 4 ? 20 : 40)))" "$answer"
}

# ROWS: what is sent, how many packets of it the fast path takes by NAT, where
# the answer is one too, and by DR or TUN.
rows='
100 plain       2 1
2000 segments   5 1
100 nosum       1 1
100 options     1 0
4000 plain      0 0
4000 shuffled   0 0
'

taken() { # WAY SIZE HOW NAT OTHERS
	local most=$5
	[[ $1 != nat* ]] || most=$4
	# A host takes no IPv6 datagram without (RFC 8200 8.1).
	[[ $3$1 != nosum?*6 ]] || { [[ $1 == nat* ]] || return 0; }
	# Fragments of IPv6 are not to be cut again for a tunnel, and
	# lvs-decap leaves fragments to tunnel devices.
	[[ $2$1 != 4000tun* ]] || return 0
	takes "$most" "$most" ask "$1" 20300 "$2" "$3"
}

left_alone() { # WAY
	local size how nat others
	check "$1: a flow that is used" takes 5 20 ask_often "$1" 20300 10
	while read -r size how nat others; do
		[ -n "$size" ] || continue
		check "$1: then $size bytes, $how" \
			taken "$1" "$size" "$how" "$nat" "$others"
	done <<<"$rows"
	check "$1: then four in padded frames" takes 4 8 padded "$1"
	check "$1: then the last hop of a datagram" takes 0 0 time_exceeded "$1"
	check "$1: then one that is too big" takes 0 0 too_big "$1"
}

# In frames with something behind the packet, as all are that are very small.
padded() { # WAY
	on client "$shape" -p 20300 -n 4 "$(vip "$1")" 7 10 padded "$front_mac"
}

# A sum of 0 would be none.
no_sum_is_zero() { # WAY
	local zero
	on client ethtool -K front tx off >/dev/null
	on rs1 nft -f - <<-RULES
		table inet zero {
			counter zero {}
			chain in {
				type filter hook prerouting priority -300
				udp dport 7007 udp checksum 0 counter name zero
			}
		}
	RULES
	is_fast on client "$shape" "$(vip "$1")" 7 2 sweep
	local status=$?
	zero=$(on rs1 nft list counter inet zero zero |
		awk '/packets/ { print $2 }')
	on rs1 nft delete table inet zero
	on client ethtool -K front tx on >/dev/null
	[ "$status" -eq 0 ] && same 0 "$zero"
}

# ---- frames of others -------------------------------------------------------------

count_at_rs1() {
	on rs1 nft -f - <<-RULES
		table netdev seen {
			counter in {}
			chain in {
				type filter hook ingress device eth0 priority 0
				udp sport 20300 counter name in
			}
		}
	RULES
}

seen_at_rs1() {
	on rs1 nft list counter netdev seen in | awk '/packets/ { print $2 }'
}

# Nothing of it arrives, by whomever.
unheard() { # WAY
	local before patience_ms=200
	before=$(seen_at_rs1)
	takes 0 0 ask "$1" 20300 100
	same 1 $? && same "$before" "$(seen_at_rs1)"
}

# Flows that are not used leave after a while.
known() {
	ask_all && takes 8 8 ask_all
}

all_unheard() {
	local way
	for way in $ways; do
		echo "$way:"
		unheard "$way" || return
	done
}

ask_all() {
	local way
	for way in $ways; do
		ask "$way" 20300 100 || return
	done
}

to_link_address() { # MAC COMMAND...
	local way status
	for way in $ways; do
		ip -n "$prefix-client" neigh replace "$(vip "$way")" dev front \
			lladdr "$1" nud permanent
	done
	"${@:2}"
	status=$?
	for way in $ways; do
		ip -n "$prefix-client" neigh replace "$(vip "$way")" dev front \
			lladdr "$front_mac" nud reachable
	done
	return "$status"
}

tag() { # HOST INTERFACE ingress|egress WORD...
	on "$1" "$tags" "$tags.bpf.o" "${@:2}"
}

# ---- errors about it ----------------------------------------------------------------

# Nobody listens any more.
port_closed() { # WAY
	local answer
	answer=$(ask "$1" 20400 100)
	case $1 in
	nat4) same "ICMP 3/3 from $(vip "$1")" "$answer" ;;
	nat6) same "ICMP 1/4 from $(vip "$1")" "$answer" ;;
	esac
}

# Of what the server sends the client, which has gone, it is told by the client.
client_gone() { # WAY
	local answer client
	client=$(address 1 2 "${1: -1}")
	answer=$(on rs1 "$shape" -p 7007 "$client" 20400 100)
	case $1 in
	nat4) same "ICMP 3/3 from $client" "$answer" ;;
	nat6) same "ICMP 1/4 from $client" "$answer" ;;
	esac
}

# ---- the tests ------------------------------------------------------------------------------

add_network
add_servers || exit 1
keep_neighbours || exit 1
need_director

front_mac=$(on director cat /sys/class/net/front/address)
for way in $ways; do
	left_alone "$way"
done
for way in nat4 nat6; do
	check "$way: every checksum" no_sum_is_zero "$way"
done
count_at_rs1 || exit 1
check "the flows are known" known
check "frames to another host" \
	to_link_address 02:00:00:00:00:99 all_unheard
if [ -x "$tags" ]; then
	check "the flows are known" known
	tag client front egress of none push 8100:30:0
	check "frames of a VLAN" to_link_address "$front_mac" all_unheard
	on client tc filter del dev front egress
	tag client front egress of none push 8100:0:5
	for way in $ways; do
		check "$way: frames with a priority" \
			takes 0 1 ask "$way" 20300 100
	done
	on client tc filter del dev front egress
else
	skip "frames of a VLAN" "no tc programs"
fi
check "without it they are known" known

for way in nat4 nat6; do
	check "$way: a flow that is used" takes 5 20 ask_often "$way" 20400 10
done
stop "$echo_pid"
for way in nat4 nat6; do
	check "$way: its server is gone, and the client told" port_closed "$way"
	check "$way: the client is gone, and the server told" client_gone "$way"
done
start rs1 "$echo_udp" serve 7007
finish
