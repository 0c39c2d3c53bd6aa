#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# raw.sh - the raw backend under lvsd: NAT and TUN where the host routes what
# is sent and the VIPs are routed to it.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$decap" nginx curl

download() { # ADDRESS
	same "$sum" "$(get "http://$1/files/some")"
}

upload() { # ADDRESS NAME
	on client curl -sS --fail --max-time 120 -T "$work/files/some" \
		"http://$1/put/$2" || return
	same "$sum" "$(cat "$work"/rs?/put/"$2" | sha256sum)"
}

distribution() { # ADDRESS
	same 'rs1:60 rs2:30' "$(spread "$1" 90)"
}

add_network
start_nginxes
for host in rs1 rs2; do
	start_decap $host || exit 1
done
add_vips 10.1.9.102 fd09::102 || exit 1
ip -n "$prefix-client" route add 10.1.9.0/24 via 10.1.0.1
ip -n "$prefix-client" route add fd09::/64 via fd01::1
# The host itself has nothing to say to them.
ip -n "$prefix-director" route add blackhole 10.1.9.0/24
ip -n "$prefix-director" route add blackhole fd09::/64
mkdir "$work/files"
head -c 8M /dev/urandom >"$work/files/some"
sum=$(sha256sum <"$work/files/some")

for method in nat tun; do
	case $method in nat) part=100 ;; tun) part=102 ;; esac
	for vip in 10.1.9.$part fd09::$part; do
		case $vip in *:*) net=fd02::1 ;; *) net=10.2.0.1 ;; esac
		cat <<-CONF
			virtual_service "tcp $(url "$vip"):80" {
				scheduler = "wrr"
				method = "$method"
				real_server "$(url ${net}1):80" { weight = 2 }
				real_server "$(url ${net}2):80" { weight = 1 }
			}
		CONF
	done
done | start_lvsd 'backend = "raw"' || exit 1

for method in nat tun; do
	case $method in nat) part=100 ;; tun) part=102 ;; esac
	for vip in 10.1.9.$part "[fd09::$part]"; do
		check "$method, $vip: 8 MiB to the client, as they were" \
			download "$vip"
		check "$method, $vip: 8 MiB to a real server, as they were" \
			upload "$vip" "$method-${#vip}"
		check "$method, $vip: 90 connections by weight 2, 1" \
			distribution "$vip"
	done
done
finish
