#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# replay.sh - lvsd --replay on captures of tests/golden/pcap: what it says went
# where, that what it writes is what it sent, and the same every time.
# shellcheck source=tests/cli/lib.sh disable=SC2154 # what lib.sh sets
. "$(dirname "$0")/lib.sh"
captures=$top/tests/golden/pcap

configure() { # SERVICE METHOD REAL-SERVER
	printf 'virtual_service "%s" { method = %s\nreal_server "%s" { } }\n' \
		"$1" "$2" "$3" >"$work/conf"
}

# A replay of CAPTURE says TOTAL and REAL-SERVER; a second one writes the same.
replays() { # WHAT CAPTURE TOTAL REAL-SERVER
	run -c "$work/conf" --replay "$captures/$2" -o "$work/sent" &&
		[ "$(sed -n 1p "$work/out")" = "$3" ] &&
		[ "$(sed -n 2p "$work/out")" = "$4" ]
	result $? "$1"
	run -c "$work/conf" --replay "$captures/$2" -o "$work/again" &&
		cmp "$work/sent" "$work/again" >>"$work/out"
	result $? "$1: the same bytes again"
}

echo "1..19"
configure 'tcp 10.9.0.1:7001' nat 172.16.0.11:8001
replays 'NAT, on the client'"'"'s side' nat-tcp.dir-c1.pcap \
	"10 packets: 5 sent, 5 not the director's" \
	'tcp 10.9.0.1:7001, real server 172.16.0.11:8001: connections 1, packets in 5 out 0, bytes in 286 out 0'
cp "$work/sent" "$work/translated"
says 0 "5 packets: 0 sent, 5 not the director's" \
	'what was sent is for nobody when it is replayed' \
	-c "$work/conf" --replay "$work/translated"
configure 'tcp [fd00:9::1]:7063' nat '[fd00:16::11]:8063'
replays 'NAT, IPv6' v6-nat-tcp.dir-c1.pcap \
	"10 packets: 5 sent, 5 not the director's" \
	'tcp [fd00:9::1]:7063, real server [fd00:16::11]:8063: connections 1, packets in 5 out 0, bytes in 386 out 0'
configure 'tcp 10.9.0.1:7014' dr 172.16.0.11
replays 'DR' dr-tcp.dir-c1.pcap \
	"5 packets: 5 sent, 0 not the director's" \
	'tcp 10.9.0.1:7014, real server 172.16.0.11:7014: connections 1, packets in 5 out 0, bytes in 286 out 0'
configure 'udp [fd00:9::1]:7074' tun fd00:16::11
replays 'TUN, IPv6' v6-ipip-udp.dir-c1.pcap \
	"1 packets: 1 sent, 0 not the director's" \
	'udp [fd00:9::1]:7074, real server [fd00:16::11]:7074: connections 1, packets in 1 out 0, bytes in 52 out 0'
says 1 "$work/nothing: " 'a capture that is not there' \
	-c "$work/conf" --replay "$work/nothing"
says 1 "$work/conf: " 'a file that is no capture' \
	-c "$work/conf" --replay "$work/conf"
says 2 '--output: only together with --replay' \
	'-o without --replay' -c "$work/conf" -o "$work/sent"
says 2 '--vlan: only together with --replay' \
	'--vlan without --replay' -c "$work/conf" --vlan 5
for vlan in 0 4095 5x; do
	says 2 "--vlan $vlan: not from 1 to 4094" "no such VLAN: $vlan" \
		-c "$work/conf" --replay "$captures/nat-tcp.dir-c1.pcap" --vlan $vlan
done
configure 'tcp 10.9.0.1:7001' nat 172.16.0.11:8001
says 0 "0 packets: 0 sent, 0 not the director's" \
	'frames without a tag are of no VLAN' -c "$work/conf" \
	--replay "$captures/nat-tcp.dir-c1.pcap" --vlan 5
printf 'virtual_service "tcp 10.9.0.1:7001" {
	real_server "10.0.0.1" { }\nreal_server "10.0.0.2" { }\n}\n' >"$work/conf"
run -c "$work/conf" --replay "$captures/nat-tcp.dir-c1.pcap" &&
	[ "$(sed -n 's/.*real server \(.*\): conn.*/\1/p' "$work/out" |
		tr '\n' ' ')" = '10.0.0.1:7001 10.0.0.2:7001 ' ]
result $? "real servers in the order of the file"
printf 'virtual_service { }\n' >"$work/conf"
says 2 "$work/conf:1:" 'a configuration with a mistake' \
	-c "$work/conf" --replay "$captures/nat-tcp.dir-c1.pcap"
finish 19
