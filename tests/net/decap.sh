#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# decap.sh - a real server that takes tunnels apart by lvs-decap, as
# lvs-realserver -t sets it up where the kernel has no tunnel devices: IPv4 and
# IPv6 in either, with a strict reverse path filter, for its directors only;
# and nothing of it after stop.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

lvs_decap=$build/bin/decap/lvs-decap
shape=$build/tests/net/shape
need_root_and "$lvsd" "$lvs_decap" "$echo_udp" "$shape" \
	nginx curl nft tcpdump tshark ethtool
hosts="$hosts far"
ip link show tunl0 >/dev/null 2>&1 &&
	skip_all "this kernel has tunnel devices of its own"
export PATH=$build/bin/decap:$PATH

# What is inside and what is outside, and the VIP that has such a tunnel.
mixes='4:4:10.1.0.101 4:6:10.1.0.102 6:4:fd01::101 6:6:fd01::102'
vips='10.1.0.101 10.1.0.102 fd01::101 fd01::102'
# Of a host behind the real server, as a container on it would be.
far_vips='10.1.0.103 10.1.0.104 fd01::103 fd01::104'

rip() { # FAMILY
	case $1 in 4) echo 10.2.0.11 ;; 6) echo fd02::11 ;; esac
}

configuration() {
	local mix inner outer vip service
	for mix in $mixes 4:4:10.1.0.103 4:6:10.1.0.104 \
		6:4:fd01::103 6:6:fd01::104; do
		IFS=: read -r inner outer vip <<<"$mix"
		for service in tcp:80 udp:7; do
			printf 'virtual_service "%s %s:%d" { method = "tun"\n' \
				"${service%:*}" "$(url "$vip")" "${service#*:}"
			printf '\treal_server "%s:%d" { }\n}\n' \
				"$(url "$(rip "$outer")")" "${service#*:}"
		done
	done
}

realserver() { # ARGUMENT...
	on rs1 "$top/bin/realserver/lvs-realserver" "$@"
}

# Everything of rs1 that start may change, as text.
picture() {
	ip -n "$prefix-rs1" -o addr | awk '{ print $2, $4 }'
	on rs1 sysctl net.ipv4.conf | grep -E 'arp_|rp_filter'
	on rs1 tc qdisc show
	on rs1 tc filter show dev eth0 ingress
}

counted() { # WHAT: of status, how many
	on rs1 "$lvs_decap" status | awk -v what="$1" \
		'$1 ~ /^[0-9]+$/ && index($0, what) { n = $1 } END { print n + 0 }'
}

# ---- what is asked ---------------------------------------------------------

starts() { # OPTION...
	# shellcheck disable=SC2086 # several
	realserver start -t "$@" $vips >"$work/said" || return
	realserver status >"$work/status" || return
	grep -q 'eth0: tunnels are taken' "$work/status"
}

download() { # ADDRESS
	same "$sum" "$(get "http://$1/files/big")"
}

# What the client sends comes through the tunnel, in packets that stay large.
upload() { # ADDRESS NAME
	local before
	before=$(counted taken)
	on client curl -sS --fail --max-time 120 -T "$work/files/big" \
		"http://$1/put/$2" || return
	same "$sum" "$(sha256sum <"$work/rs1/put/$2")" || return
	echo "$(($(counted taken) - before)) packets"
	[ $(($(counted taken) - before)) -lt $((64 * 1024 * 1024 / 1400)) ]
}

# Behind tc ingress; each counter's name says what must never come by.
watch() {
	on rs1 nft -f - <<-'RULES'
		table inet watch {
			counter outer { }
			counter inner { }
			chain in {
				type filter hook prerouting priority raw
				meta l4proto { 4, 41 } counter name outer
				ip daddr { 10.1.0.101, 10.1.0.102 } counter name inner
				ip6 daddr { fd01::101, fd01::102 } counter name inner
			}
		}
	RULES
}

seen() { # COUNTER
	on rs1 nft list counter inet watch "$1" |
		awk '$1 == "packets" { print $2 }'
}

no_outer_header() {
	echo "outer $(seen outer), inner $(seen inner)"
	[ "$(seen outer)" -eq 0 ] && [ "$(seen inner)" -gt 1000 ]
}

# On the wire there was one to every request, and none to any reply.
wire() { # VIP PROTOCOLS
	local at_rs what
	capture rs1 eth0 "$work/rs1.pcap" 'ip or ip6'
	at_rs=$started
	same rs1 "$(on client curl -sS --max-time 10 "http://$(url "$1")/")" &&
		on client "$echo_udp" ask "$1" 7 64
	what=$?
	stop "$at_rs" INT
	[ "$what" -eq 0 ] || return
	for what in 'tcp.dstport == 80 || udp.dstport == 7' \
		'tcp.srcport == 80 || udp.srcport == 7'; do
		tshark -r "$work/rs1.pcap" -Y "$what" -T fields -e frame.protocols \
			2>/dev/null | sed -E 's/:(tcp|udp).*//; s/.*ethertype://' |
			sort -u
	done >"$work/protocols"
	same "$2" "$(paste -sd ' ' "$work/protocols")"
}

datagrams() { # VIP
	on client "$echo_udp" ask "$1" 7 3000
}

answers() { # VIP
	same rs1 "$(on client curl -sS --max-time 5 "http://$(url "$1")/")"
}

strict() { # 0, 1, 2
	on rs1 sysctl -qw net.ipv4.conf.all.rp_filter="$1" \
		net.ipv4.conf.eth0.rp_filter="$1"
}

delivered() {
	on rs1 nstat -asz UdpInDatagrams | awk '/^Udp/ { print $2 }'
}

# To the host it is a packet of eth0, and replies would leave elsewhere.
strict_elsewhere() {
	local before
	ip -n "$prefix-rs1" link add aside type bridge
	ip -n "$prefix-rs1" link set aside up
	ip -n "$prefix-rs1" route add 10.1.0.2/32 dev aside table 100
	before=$(delivered)
	on client "$shape" 10.1.0.101 7 100
	same "$before" "$(delivered)" || return
	strict 2
	on client "$shape" 10.1.0.101 7 100
	[ "$(delivered)" -gt "$before" ]
}

says_strict() {
	realserver stop || return
	strict 1
	starts && grep 'eth0: rp_filter is 1' "$work/said"
}

# The host puts it together, and knows no tunnels.
fragments_are_left() {
	local before
	before=$(counted fragments)
	! on client "$shape" 10.1.0.101 7 4000 || return
	[ "$(counted fragments)" -ge $((before + 2)) ]
}

fragments_are_joined() {
	start rs1 "$decap" tun0 || return
	on client "$shape" 10.1.0.101 7 4000
	set -- $?
	stop "$started"
	return "$1"
}

strangers_are_left() {
	realserver stop && starts -p 10.2.0.77 -p fd02::77 || return
	! answers 10.1.0.101 || return
	! answers 10.1.0.102 || return
	[ "$(counted 'others than')" -ge 2 ] && same 0 "$(counted taken)"
}

directors_are_believed() {
	local mix
	realserver stop && starts -p 10.2.0.1 -p fd02::1 || return
	for mix in $mixes; do
		answers "${mix#*:*:}" || return
	done
}

# An interface that is made anew gets it when it is asked for.
comes_and_goes_with_an_interface() {
	ip -n "$prefix-rs1" link add brief type bridge
	ip -n "$prefix-rs1" addr add 10.8.0.1/24 dev brief
	on rs1 "$lvs_decap" start -i brief || return
	on rs1 "$lvs_decap" status | grep -q brief: || return
	ip -n "$prefix-rs1" link del brief
	! on rs1 "$lvs_decap" status | grep -q brief: && answers 10.1.0.101
}

add_far() {
	local vip
	add_cable rs1 far far eth0
	add_address rs1 far 3 1
	add_address far eth0 3 2
	on rs1 sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n "$prefix-far" route add default via 10.3.0.1
	ip -n "$prefix-far" route add default via fd03::1
	for vip in $far_vips; do
		case $vip in
		*:*) ip -n "$prefix-rs1" route add "$vip" via fd03::2 ;;
		*) ip -n "$prefix-rs1" route add "$vip" via 10.3.0.2 ;;
		esac
		ip -n "$prefix-rs1" "$(family "$vip")" rule add \
			from "$vip" lookup 100
		ip -n "$prefix-far" addr add "$vip" dev lo
	done
}

# Packets that were large in the tunnel are cut for a link that cuts nothing.
is_forwarded() { # OFFLOADS (on, off)
	local vip
	on rs1 ethtool -K far tx "$1" tso "$1" gso "$1" >/dev/null || return
	for vip in $far_vips; do
		on client curl -sS --fail --max-time 60 -T "$work/files/some" \
			"http://$(url "$vip")/put/some" || return
		same "$(sha256sum <"$work/files/some")" \
			"$(sha256sum <"$work/far/put/some")" || return
		rm "$work/far/put/some"
	done
}

status_sees() {
	on rs1 "$lvs_decap" stop
	realserver status | grep 'NOT taken apart'
	[ "${PIPESTATUS[0]}" -eq 1 ]
}

nothing_is_left() {
	realserver stop || return
	same "$(cat "$work/before")" "$(picture)" || return
	on rs1 "$lvs_decap" status
	same 3 $?
}

# ---- the tests -------------------------------------------------------------

add_network
add_far
start_nginx rs1
start_nginx far
start rs1 "$echo_udp" serve 7 || exit 1
for vip in $vips; do
	ip -n "$prefix-rs1" "$(family "$vip")" rule add from "$vip" lookup 100
done
mkdir "$work/files"
head -c 64M /dev/urandom >"$work/files/big"
head -c 4M /dev/urandom >"$work/files/some"
sum=$(sha256sum <"$work/files/big")
# shellcheck disable=SC2119 # no more options
configuration | start_lvsd || exit 1
picture >"$work/before"

check "lvs-realserver start -t, and status" starts
# shellcheck disable=SC2119 # it takes none
watch
for mix in $mixes; do
	IFS=: read -r inner outer vip <<<"$mix"
	name="IPv$inner in IPv$outer"
	check "$name: 64 MiB to the client, as they were" \
		download "$(url "$vip")"
	check "$name: 64 MiB to the real server, as they were" \
		upload "$(url "$vip")" "$inner$outer"
	check "$name: 3,000 datagrams come back" datagrams "$vip"
done
check "no outer header goes further than the interface" no_outer_header
check "on the wire: IPv4 in IPv4" wire 10.1.0.101 'ip:ip ip'
check "on the wire: IPv4 in IPv6" wire 10.1.0.102 'ipv6:ip ip'
check "on the wire: IPv6 in IPv4" wire fd01::101 'ip:ipv6 ipv6'
check "on the wire: IPv6 in IPv6" wire fd01::102 'ipv6:ipv6 ipv6'
check "what is for a host behind goes there" is_forwarded on
check "and where the link cuts nothing" is_forwarded off
check "fragments of a tunnel are left to the host, and counted" \
	fragments_are_left
check "and taken by who puts them together" fragments_are_joined
on rs1 nft delete table inet watch

check "start says where rp_filter is strict" says_strict
check "rp_filter=1: IPv4 in IPv4" answers 10.1.0.101
check "rp_filter=1: IPv4 in IPv6" answers 10.1.0.102
check "rp_filter=1 drops what would be answered elsewhere, 2 does not" \
	strict_elsewhere
ip -n "$prefix-rs1" link del aside
strict 0

check "with -p only directors are believed" strangers_are_left
check "these are" directors_are_believed
check "an interface that goes takes it along" comes_and_goes_with_an_interface
check "status sees that somebody took it away" status_sees
check "stop leaves everything as it was" nothing_is_left
finish
