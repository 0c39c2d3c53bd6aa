#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# replay.sh - examples/replay.c, given what a running director received, sends
# what that director sent.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

replay=$build/examples/replay
need_root_and "$replay" "$build/examples/embed" nginx curl tcpdump \
	mergecap tshark ethtool

# What is to be the same of each packet; not when it was sent.
essence() { # CAPTURE
	tshark -r "$1" -T fields -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst \
		-e ip.ttl -e ipv6.hlim -e ip.len -e ipv6.plen -e tcp.srcport \
		-e tcp.dstport -e tcp.seq_raw -e tcp.ack_raw -e tcp.flags \
		-e tcp.checksum -Y tcp 2>"$work/tshark.log" | sort
}

# What the director's interfaces see in DIRECTION of TCP port 80, into FILE,
# until the captures are stopped.
see() { # DIRECTION FILE
	local name
	for name in front back; do
		capture director "$name" "$work/$1-$name.pcap" \
			'tcp port 80 or icmp' "$1"
		captures+=("$started")
	done
}

# What tcpdump has not written yet when it is stopped is lost: so there is a
# ping after all that matters, and a wait until it is in every file.
all_seen() {
	local file
	on client ping -q -c 1 -W 5 10.1.0.1 && on rs1 ping -q -c 1 -W 5 10.2.0.1
	for file in "$work"/{in,out}-{front,back}.pcap; do
		until tcpdump -r "$file" icmp 2>/dev/null | grep -q .; do
			[ $((SECONDS - began)) -lt 60 ] || return
		done
	done
}

merged() { # DIRECTION
	mergecap -F pcap -w "$work/$1.pcap" "$work/$1-front.pcap" \
		"$work/$1-back.pcap"
}

record() { # VIP REAL-SERVER
	local director began=$SECONDS
	captures=()
	see in
	see out
	start director "$build/examples/embed" front back "$1:80" "$2:80" ||
		return
	director=$started
	same 'rs1:3' "$(spread "$1" 3)" || return
	get "http://$1/files/some" && all_seen || return
	for pid in "$director" "${captures[@]}"; do
		stop "$pid"
	done
	merged in && merged out
}

as_it_was() { # VIP REAL-SERVER
	"$replay" "$work/in.pcap" "$work/replayed.pcap" "$1:80" "$2:80" || return
	[ "$(essence "$work/out.pcap" | wc -l)" -gt 30 ] || return
	diff <(essence "$work/out.pcap") <(essence "$work/replayed.pcap")
}

every_time() { # VIP REAL-SERVER
	"$replay" "$work/in.pcap" "$work/again.pcap" "$1:80" "$2:80" &&
		cmp "$work/replayed.pcap" "$work/again.pcap"
}

add_network
start_nginxes
mkdir "$work/files"
head -c 100K /dev/urandom >"$work/files/some"
# Packets as they are on a wire: whole, and no longer than the MTU.
for host in client:front rs1:eth0; do
	on "${host%:*}" ethtool -K "${host#*:}" tx off >/dev/null
done

for pair in 10.1.0.100,10.2.0.11 '[fd01::100],[fd02::11]'; do
	vip=${pair%,*} server=${pair#*,}
	check "a director and its interfaces, recorded: $vip" \
		record "$vip" "$server"
	check "the replay sends what was sent" as_it_was "$vip" "$server"
	check "and the same bytes again" every_time "$vip" "$server"
done
finish
