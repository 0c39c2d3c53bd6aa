#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# shapes.sh - packets of every shape that a network has, through NAT, DR and
# TUN, in IPv4 and IPv6: fragments in and out of order, without checksum, with
# options, at the end of their life, of 9,000 bytes, too large for a path
# further on. Judges are the kernels at both ends, and tshark.
#
# Behind rs1 is one more real server, "far"; rs1 is the router to it, and its
# link there takes 1,400 bytes.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

shape=$build/tests/net/shape
need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" "$shape" \
	nginx curl socat tcpdump tshark ethtool
hosts="$hosts far"

methods='nat dr tun'
families='4 6'

# Each method has a VIP of its own; those on the way to far have others.
vip() { # METHOD FAMILY
	local part
	case $1 in
	nat) part=100 ;; dr) part=101 ;; tun) part=102 ;;
	far-nat) part=103 ;; far-tun) part=104 ;;
	esac
	case $2 in 4) echo 10.1.0.$part ;; 6) echo fd01::$part ;; esac
}

service() { # NAME FAMILY PROTOCOL PORT SERVER:PORT [WORD...]
	printf 'virtual_service "%s %s:%d" {\n' "$3" \
		"$(url "$(vip "$1" "$2")")" "$4"
	printf '\tscheduler = "rr"\n\tmethod = "%s"\n%s\n' "${1#far-}" "${*:6}"
	printf '\treal_server "%s" { }\n}\n' "$5"
}

configuration() {
	local method family rs far web
	for family in $families; do
		case $family in
		4) rs=10.2.0.11 far=10.3.0.2 ;;
		6) rs='[fd02::11]' far='[fd03::2]' ;;
		esac
		for method in $methods; do
			if [ "$method" = nat ]; then web=8080; else web=80; fi
			service "$method" "$family" tcp 80 "$rs:$web"
			service "$method" "$family" udp 7 "$rs:7"
		done
		service far-nat "$family" tcp 80 "$far:8080"
		service far-tun "$family" tcp 80 "$far:80"
	done
}

add_far() {
	add_cable rs1 far far eth0
	add_address rs1 far 3 1
	add_address far eth0 3 2
	on rs1 sysctl -q -w net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	ip -n "$prefix-rs1" route add 10.3.0.2/32 dev far mtu lock 1400
	ip -n "$prefix-rs1" route add fd03::2/128 dev far mtu lock 1400
	ip -n "$prefix-director" route add 10.3.0.0/24 via 10.2.0.11
	ip -n "$prefix-director" route add fd03::/64 via fd02::11
	ip -n "$prefix-far" route add default via 10.3.0.1
	ip -n "$prefix-far" route add default via fd03::1
	ip -n "$prefix-far" addr add "$(vip far-tun 4)/32" dev lo
	ip -n "$prefix-far" addr add "$(vip far-tun 6)/128" dev lo nodad
}

# ---- what is asked ---------------------------------------------------------

ask() { # METHOD FAMILY SIZE [HOW...]
	on client "$shape" "$(vip "$1" "$2")" 7 "${@:3}"
}

nothing_comes_back() { # METHOD FAMILY SIZE HOW
	ask "$@"
	[ $? -eq 1 ]
}

is_told() { # WHAT METHOD FAMILY SIZE HOW...
	local answer
	answer=$(ask "${@:2}")
	same "$1" "$answer"
}

time_exceeded() { # METHOD FAMILY
	case $2 in
	4) is_told "ICMP 11/0 from $(vip "$1" 4)" "$1" 4 100 ttl 1 ;;
	6) is_told 'ICMP 3/0 from fd01::1' "$1" 6 100 ttl 1 ;;
	esac
}

download() { # ADDRESS
	same "$sum" "$(get "http://$(url "$1")/files/some")"
}

upload() { # ADDRESS HOST
	on client curl -sS --fail --max-time 60 -T "$work/files/some" \
		"http://$(url "$1")/put/some" || return
	same "$sum" "$(sha256sum <"$work/$2/put/some")"
}

# The same, and each packet has options.
upload_with_options() { # ADDRESS HOST
	local options=ip-options=x94040000
	[[ $1 != *:* ]] || options=setsockopt-bin=41:59:x0000010400000000
	{
		printf 'PUT /put/some HTTP/1.0\r\nContent-Length: %d\r\n\r\n' \
			"$(stat -c %s "$work/files/some")"
		cat "$work/files/some"
	} | on client timeout 60 socat -t 20 - "TCP:$(url "$1"):80,$options" || return
	same "$sum" "$(sha256sum <"$work/$2/put/some")"
}

# The test itself: they are there, also in packets of many segments.
has_options() { # FAMILY
	local filter='ip.hdr_len == 24 && ip.len > 20000'
	[ "$1" = 4 ] || filter='ipv6.nxt == 60 && ipv6.plen > 20000'
	watch rs1:eth0 -- upload_with_options "$(vip dr "$1")" rs1 &&
		some rs1:eth0 "$filter"
}

# What the client has learnt of the path to ADDRESS.
learnt() { # ADDRESS MTU
	ip -n "$prefix-client" route get "$1" | tee /dev/stderr |
		grep -q "mtu $2\b"
}

path_mtu() { # NAME FAMILY MTU HOST
	local address
	address=$(vip "$1" "$2")
	upload "$address" "$4" && learnt "$address" "$3"
}

# Fragments put together by tshark have right checksums, at both ends.
right_on_the_wire() { # METHOD FAMILY
	local at_rs at_client host bad
	capture rs1 eth0 "$work/rs1.pcap" 'ip or ip6'
	at_rs=$started
	capture client front "$work/client.pcap" 'ip or ip6'
	at_client=$started
	ask "$1" "$2" 4000 && ask "$1" "$2" 30000 shuffled
	bad=$?
	stop "$at_rs" INT
	stop "$at_client" INT
	[ "$bad" -eq 0 ] || return
	for host in rs1 client; do
		same '' "$(tshark -r "$work/$host.pcap" \
			-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE \
			-Y 'ip.checksum.status == 0 || udp.checksum.status == 0 ||
				_ws.malformed || ip.fragment.error ||
				ipv6.fragment.error' 2>/dev/null | head -5)" ||
			return
		# Two large datagrams each way.
		[ "$(tshark -r "$work/$host.pcap" -Y 'udp.length > 2000' \
			2>/dev/null | wc -l)" -ge 2 ] || return
	done
}

# First fragments alone, and all that is said of them: six errors, for which
# the director waits as long as for the rest, 30 s and in IPv6 60.
send_lone() {
	local method family
	# shellcheck disable=SC2016 # the inner shell's arguments
	start client sh -c 'exec timeout 75 tcpdump -Z root --immediate-mode \
		-U -c 6 -i front -Q in -w "$0" "$1" 2>&1' "$work/lone.pcap" \
		'icmp[0:2] == 0x0b01 or (ip6[6] == 58 and ip6[40:2] == 0x0301)'
	at_client=$started
	for method in $methods; do
		for family in $families; do
			ask "$method" "$family" 3000 lone || return
		done
	done
}

# How often tshark finds that the time for a fragment to VIP was over, which is
# quoted as far as an error may, with right checksums, from ADDRESS.
over() { # VIP FAMILY ADDRESS
	local filter
	case $2 in
	4) filter="icmp.type == 11 && icmp.code == 1 && ip.src == $3 &&
		ip.dst == $1 && ip.len == 576 && icmp.checksum.status == 1 &&
		ip.flags.mf == 1 && udp.dstport == 7" ;;
	6) filter="icmpv6.type == 3 && icmpv6.code == 1 && ipv6.src == $3 &&
		ipv6.dst == $1 && ipv6.plen == 1056 &&
		icmpv6.checksum.status == 1 && ipv6.fraghdr.more == 1 &&
		ipv6.fraghdr.offset == 0" ;;
	esac
	tshark -r "$work/lone.pcap" -o ip.check_checksum:TRUE -Y "$filter" \
		2>/dev/null | wc -l
}

time_is_over() {
	local family method from
	tail -s 0.1 --pid="$at_client" -f /dev/null
	for family in $families; do
		for method in $methods; do
			from=$(vip "$method" 4)
			[ "$family" = 4 ] || from=fd01::1
			same "$method 1" "$method $(over \
				"$(vip "$method" "$family")" "$family" "$from")" ||
				return
		done
	done
}

# ---- the tests -------------------------------------------------------------

cables='client:front director:front client:back director:back rs1:eth0
	switch:client switch:director switch:rs1 switch:back'

each_cable() { # COMMAND...: %h is the host, %i the interface
	local cable words
	for cable in $cables; do
		words=("${@//%i/${cable#*:}}")
		"${words[@]//%h/${cable%:*}}" >/dev/null || return
	done
}

set_mtu() { # HOST INTERFACE MTU
	ip -n "$prefix-$1" link set "$2" mtu "$3"
}

set_offloads() { # HOST INTERFACE on|off
	# The bridge itself has none of its own.
	[ "$1:$2" = switch:back ] && return
	on "$1" ethtool -K "$2" tx "$3" tso "$3" gso "$3" gro "$3"
}

add_network
add_far
start_nginxes
start_nginx far
start_decap far fragments || exit 1
started=
start_decap rs1 fragments || exit 1
rs1_decap=$started # nothing: the kernel has tunnel devices
start rs1 "$echo_udp" serve 7 || exit 1
add_vips "$(vip dr 4)" "$(vip dr 6)" "$(vip tun 4)" "$(vip tun 6)" || exit 1
mkdir "$work/files"
head -c 4M /dev/urandom >"$work/files/some"
sum=$(sha256sum <"$work/files/some")
# shellcheck disable=SC2119 # no more options
configuration | start_lvsd || exit 1
check "first fragments without the rest are sent" send_lone

for method in $methods; do
	for family in $families; do
		name="$method, IPv$family"
		# Fragments of IPv6 are not to be cut again, nor to be put
		# into a packet that has to be.
		[ "$method$family" != tun6 ] ||
			check "$name: the tunnel's MTU" \
				is_told 'MTU 1460' tun 6 4000
		check "$name: 4,000 bytes, in fragments both ways" \
			ask "$method" "$family" 4000
		check "$name: 60,000 bytes" ask "$method" "$family" 60000
		check "$name: fragments from last to first" \
			ask "$method" "$family" 4000 shuffled
		check "$name: 60,000 bytes from last to first" \
			ask "$method" "$family" 60000 shuffled
		check "$name: fragments that overlap are dropped" \
			nothing_comes_back "$method" "$family" 3000 overlap
		# An IPv6 host takes no datagram without (RFC 8200 8.1); by
		# NAT it gets one on the way.
		[ "$method$family" = dr6 ] || [ "$method$family" = tun6 ] ||
			check "$name: no checksum" \
				ask "$method" "$family" 100 nosum
		check "$name: options" ask "$method" "$family" 100 options
		check "$name: options in fragments" \
			ask "$method" "$family" 5000 options
		check "$name: time exceeded" time_exceeded "$method" "$family"
		check "$name: the wire has it right" \
			right_on_the_wire "$method" "$family"
	done
done

# rs1's program would take apart what rs1 is to send on, as well.
[ -z "$rs1_decap" ] || stop "$rs1_decap"
for family in $families; do
	less=$((family == 4 ? 20 : 40))
	check "nat, IPv$family: a smaller path behind the real server" \
		path_mtu far-nat "$family" 1400 far
	check "tun, IPv$family: a smaller path inside the tunnel" \
		path_mtu far-tun "$family" $((1400 - less)) far
done
[ -z "$rs1_decap" ] || start rs1 "$decap" tun0 || exit 1

# But for what is meant to be.
lost() {
	losses | grep -v -e too-big -e frag-timeout
}

streams() { # NAME
	local method family name address
	local before
	before=$(lost)
	for method in $methods; do
		for family in $families; do
			name="$method, IPv$family, $1" address=$(vip "$method" "$family")
			check "$name: 4 MiB to the client" download "$address"
			check "$name: 4 MiB to the server" upload "$address" rs1
			check "$name: 4 MiB with options" \
				upload_with_options "$address" rs1
		done
	done
	check "$1: nothing was lost" same "$before" "$(lost)"
}

for family in $families; do
	check "IPv$family: options go out in large packets" has_options "$family"
done
streams 'offloads'
each_cable set_offloads %h %i off
streams 'no offloads'

# What was learnt of paths through the tunnel is not true any more.
each_cable set_mtu %h %i 9000
ip -n "$prefix-client" route flush cache
ip -n "$prefix-client" -6 route flush cache
check 'tun, IPv4, MTU 9000: the path is found' path_mtu tun 4 8980 rs1
check 'tun, IPv6, MTU 9000: the path is found' path_mtu tun 6 8960 rs1
streams 'no offloads, MTU 9000'
for method in $methods; do
	for family in $families; do
		name="$method, IPv$family, MTU 9000"
		check "$name: 8,900 bytes in one packet" \
			ask "$method" "$family" 8900 df
		check "$name: 60,000 bytes" ask "$method" "$family" 60000
		check "$name: options" ask "$method" "$family" 8700 options
		check "$name: options in fragments" \
			ask "$method" "$family" 60000 options
	done
done
each_cable set_offloads %h %i on
streams 'offloads, MTU 9000'

check "the time for the rest is over, and the sender told" time_is_over
finish
