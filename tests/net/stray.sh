#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# stray.sh - a connection that lvsd has forgotten, since it was started again:
# under the claim the kernel sees nothing of it, so lvsd has to refuse what the
# client goes on to send.  The clients' kernel judges the resets.
#
# The VIPs are the director's own addresses, and it forwards.
# shellcheck source=tests/net/lib.sh disable=SC2317,SC2119
. "$(dirname "$0")/lib.sh" # functions are called by check

need_root_and "$lvsd" "$lvsadm" socat curl nginx

vip4=10.1.0.100 vip6=fd01::100

configuration() {
	local family
	for family in $vip4=10.2.0.11 $vip6=fd02::11; do
		printf 'virtual_service "tcp %s:80" {\n\tmethod = nat\n' \
			"$(url "${family%=*}")"
		printf '\treal_server "%s:80" { }\n}\n' \
			"$(url "${family#*=}")"
	done
}

# A client of its own at ADDRESS that stays: what is written to a descriptor
# goes there, and the rest is in files called by the family.
connect() { # FAMILY ADDRESS
	local to
	mkfifo "$work/to$1"
	ip netns exec "$prefix-client" socat -d -d - "TCP:$(url "$2"):80" \
		<"$work/to$1" >"$work/from$1" 2>"$work/error$1" &
	case $1 in 4) client4=$! ;; 6) client6=$! ;; esac
	exec {to}>"$work/to$1"
	case $1 in 4) to4=$to ;; 6) to6=$to ;; esac
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&"$to"
	timeout 20 tail -F "$work/from$1" 2>/dev/null | grep -qm1 rs1
}

# It ends at once, as one whose connection was reset.
is_reset() { # FAMILY
	local to pid
	case $1 in 4) to=$to4 pid=$client4 ;; 6) to=$to6 pid=$client6 ;; esac
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&"$to"
	timeout 10 tail -s 0.02 --pid="$pid" -f /dev/null || return
	cat "$work/error$1"
	grep -qi 'connection reset by peer' "$work/error$1"
}

resets() {
	adm --status | awk '$3 == "no-conn:" { print $2 }'
}

add_network
start_nginx rs1
ip -n "$prefix-director" addr add $vip4/32 dev lo
ip -n "$prefix-director" addr add $vip6/128 dev lo
on director sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
if ! start_lvsd < <(configuration); then
	grep -q 'cannot be kept off' "$work/lvsd.log" && skip_all "no claim here"
	exit 1
fi
check "IPv4: a connection" connect 4 $vip4
check "IPv6: a connection" connect 6 $vip6
stop "$started"
check "lvsd is started again" start_lvsd < <(configuration)
check "IPv4: it is reset" is_reset 4
check "IPv6: it is reset" is_reset 6
check "both were counted" same 2 "$(resets)"
check "IPv4: the next one works" on client curl -sS "http://$vip4/"
check "IPv6: the next one works" on client curl -sS "http://[$vip6]/"
finish
