#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# forward.sh - NAT, DR and TUN, in IPv4 and IPv6, with real clients and servers:
# bytes arrive as they went, connections go where the scheduler promises, and
# what is not the director's works as if it were not there.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" \
	nginx curl iperf3 tcpdump tshark ethtool jq

methods='nat dr tun'
families='4 6'

# Each method has a VIP of its own.
vip() { # METHOD FAMILY
	local part
	case $1 in nat) part=100 ;; dr) part=101 ;; tun) part=102 ;; esac
	case $2 in 4) echo 10.1.0.$part ;; 6) echo fd01::$part ;; esac
}

rip() { # HOST-NUMBER FAMILY
	case $2 in 4) echo "10.2.0.1$1" ;; 6) echo "fd02::1$1" ;; esac
}

# A service of METHOD over the real servers of SERVERS ("NUMBER:WEIGHT ...").
service() { # METHOD FAMILY PROTOCOL PORT SERVER-PORT SERVERS
	local server
	printf 'virtual_service "%s %s:%d" {\n' "$3" "$(url "$(vip "$1" "$2")")" "$4"
	printf '\tscheduler = "wrr"\n\tmethod = "%s"\n' "$1"
	for server in $6; do
		printf '\treal_server "%s:%d" { weight = %d }\n' \
			"$(url "$(rip "${server%:*}" "$2")")" "$5" "${server#*:}"
	done
	printf '}\n'
}

configuration() {
	local method family web
	for method in $methods; do
		# Only NAT can change a port.
		if [ "$method" = nat ]; then web=8080; else web=80; fi
		for family in $families; do
			service "$method" "$family" tcp 80 $web '1:3 2:2 3:1'
			service "$method" "$family" udp 7 7 '1:1 2:1'
			service "$method" "$family" tcp 5201 5201 1:1
		done
	done
}

download() { # ADDRESS
	same "$sum" "$(get "http://$1/files/big")"
}

upload() { # ADDRESS NAME
	on client curl -sS --fail --max-time 120 -T "$work/files/big" \
		"http://$1/put/$2" || return
	same "$sum" "$(cat "$work"/rs?/put/"$2" | sha256sum)"
}

distribution() { # ADDRESS
	same 'rs1:600 rs2:400 rs3:200' "$(spread "$1" 1200)"
}

udp_echo() { # ADDRESS
	on client "$echo_udp" ask "$1" 7 3000
}

figure() { # ADDRESS WHAT IPERF3-ARGUMENT...
	local bits
	bits=$(on client iperf3 -c "$1" -t 2 -J "${@:3}" |
		jq '.end.sum_received.bits_per_second')
	awk -v bits="$bits" -v what="$2" \
		'BEGIN { printf "# figure: %s: %.2f Gbit/s\n", what, bits / 1e9 }'
	awk -v bits="$bits" 'BEGIN { exit !(bits > 1e6) }'
}

# Everything whose checksum is wrong in the packets of FILE; at least MIN
# packets must be there to have been looked at.
no_bad_checksum() { # FILE MIN
	local bad
	bad=$(tshark -r "$1" -o ip.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y 'ip.checksum.status == 0 || tcp.checksum.status == 0 ||
			udp.checksum.status == 0' 2>/dev/null | head -5)
	same '' "$bad" || return
	[ "$(tshark -r "$1" 2>/dev/null | wc -l)" -ge "$2" ]
}

# With sums finished by who sends, each packet shows what the director made of
# it: at the real server, and back at the client.
finished_checksums() { # METHOD FAMILY
	local address at_rs at_client
	address=$(vip "$1" "$2")
	capture rs1 eth0 "$work/rs1.pcap" 'tcp or udp or proto 4 or proto 41 or ip6'
	at_rs=$started
	capture client front "$work/client.pcap" 'tcp or udp'
	at_client=$started
	get "http://$(url "$address")/files/small" &&
		on client "$echo_udp" ask "$address" 7 64
	spread "$(url "$address")" 6
	stop "$at_rs" INT
	stop "$at_client" INT
	no_bad_checksum "$work/rs1.pcap" 20 &&
		no_bad_checksum "$work/client.pcap" 20
}

# What a host that is no director does too.
rest_works() {
	local family
	for family in $families; do
		on client ping -c 3 -i 0.01 -W 5 -q "${front[$family]}" || return
		on rs2 ping -c 3 -i 0.01 -W 5 -q "${back[$family]}" || return
		same director "$(on client curl -sS --max-time 10 \
			"http://$(url "${front[$family]}")/")" || return
	done
}

front=([4]=10.1.0.1 [6]=fd01::1)
back=([4]=10.2.0.1 [6]=fd02::1)

add_network
start_nginxes
start_nginx director
for host in rs1 rs2 rs3; do
	start_decap $host || exit 1
done
for host in rs1 rs2; do
	start $host "$echo_udp" serve 7 || exit 1
done
start rs1 iperf3 -s --forceflush
add_vips "$(vip dr 4)" "$(vip dr 6)" "$(vip tun 4)" "$(vip tun 6)" || exit 1
mkdir "$work/files"
head -c 64M /dev/urandom >"$work/files/big"
head -c 300K /dev/urandom >"$work/files/small"
sum=$(sha256sum <"$work/files/big")
# shellcheck disable=SC2119 # no more options
configuration | start_lvsd || exit 1

for method in $methods; do
	for family in $families; do
		name="$method, IPv$family"
		address=$(vip "$method" "$family")
		web=$(url "$address")
		check "$name: 64 MiB to the client, as they were" download "$web"
		check "$name: 64 MiB to a real server, as they were" \
			upload "$web" "$method$family"
		check "$name: 1,200 connections by weight 3, 2, 1" \
			distribution "$web"
		check "$name: 3,000 datagrams come back" udp_echo "$address"
		check "$name: iperf3 to the client" \
			figure "$address" "$name to the client" -R
		grep '^# figure' "$work/check.log"
		check "$name: iperf3 to the server" \
			figure "$address" "$name to the server"
		grep '^# figure' "$work/check.log"
	done
done
check "the director's own addresses answer ping and HTTP" rest_works

for host in client:front client:back rs1:eth0 rs2:eth0 rs3:eth0; do
	on "${host%:*}" ethtool -K "${host#*:}" tx off >/dev/null
done
for method in $methods; do
	for family in $families; do
		check "$method, IPv$family: no wrong checksum on the wire" \
			finished_checksums "$method" "$family"
	done
done
finish
