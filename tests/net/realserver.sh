#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# realserver.sh - lvs-realserver: the VIP is taken and not answered for; stop
# leaves everything as it was.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
if [ "$(id -u)" -ne 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 77
fi

ns=lvs-rs-$$ peer=lvs-rsp-$$
state=$(mktemp -d)
export LVS_REALSERVER_STATE=$state
trap 'ip netns del $ns 2>/dev/null; ip netns del $peer 2>/dev/null; rm -rf "$state"' EXIT
trap 'exit 130' INT TERM
number=0 failed=0

result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

rs() {
	ip netns exec "$ns" "$top/bin/realserver/lvs-realserver" "$@"
}

# Everything that start may change, as text.
picture() {
	ip -n "$ns" -o addr | awk '!/scope link/ { print $2, $4 }'
	ip netns exec "$ns" sysctl net.ipv4.conf | grep -E 'arp_|rp_filter'
}

answers() { # VIP: does the network hear of it?
	ip netns exec "$peer" ping -c 1 -W 1 "$1" >/dev/null 2>&1
}

echo 1..19
ip netns add $ns
ip netns add $peer
ip -n $ns link set lo up
ip -n $ns link add eth0 type veth peer name eth0 netns $peer
ip -n $ns link set eth0 up
ip -n $peer link set eth0 up
ip -n $ns addr add 10.0.0.1/24 dev eth0
ip -n $peer addr add 10.0.0.2/24 dev eth0
ip -n $ns addr add fd00::1/64 dev eth0 nodad
ip -n $peer addr add fd00::2/64 dev eth0 nodad

picture >"$state.before"
answers 10.0.0.1
result $? "the peer reaches the real server's own address"

rs status >/dev/null
result $(($? == 3 ? 0 : 1)) "status before start is 3"
rs start 10.0.0.100 fd00::100 | sed 's/^/# /'
rs status >"$state.out"
result $? "status after start is 0"
sed 's/^/# /' "$state.out"
ip -n $ns addr show dev lo | grep -q '10.0.0.100/32'
result $? "the IPv4 VIP is on lo"
ip -n $ns addr show dev lo | grep -q 'fd00::100/128'
result $? "the IPv6 VIP is on lo"
! answers 10.0.0.100
result $? "nobody hears ARP for the IPv4 VIP"
! answers fd00::100
result $? "nobody hears a neighbour advertisement for the IPv6 VIP"
answers 10.0.0.1 && answers fd00::1
result $? "the host's own addresses still answer"

! rs start 10.0.0.101 2>"$state.out"
result $? "a second start is refused: $(head -1 "$state.out")"

ip -n $ns addr del 10.0.0.100/32 dev lo
! rs status >/dev/null
result $? "status sees a VIP that somebody took away"

rs stop | sed 's/^/# /'
picture | diff "$state.before" - | sed 's/^/# /'
picture | diff "$state.before" - >/dev/null
result $? "stop leaves everything as it was"

! rs start 10.0.0.1 2>"$state.out" >/dev/null
result $? "an address of an interface is refused: $(head -1 "$state.out")"
picture | diff "$state.before" - >/dev/null && ! rs stop 2>/dev/null
result $? "and nothing has changed"

# Tunnels, by what the kernel has; decap.sh has what lvs-decap does.
without_decap() {
	PATH=/usr/sbin:/usr/bin:/sbin:/bin rs "$@"
}

! rs start -p 10.0.0.9 10.0.0.100 2>"$state.out"
result $? "a director without -t is refused: $(head -1 "$state.out")"
if ip -n $ns link show tunl0 >/dev/null 2>&1 ||
	[ -x /usr/sbin/lvs-decap ]; then
	for what in "no tunnels" "nothing has changed"; do
		number=$((number + 1))
		echo "ok $number - $what # SKIP they can be taken apart here"
	done
else
	! without_decap start -t 10.0.0.100 >/dev/null 2>"$state.out"
	result $? "no tunnels: $(head -1 "$state.out")"
	picture | diff "$state.before" - >/dev/null && ! rs stop 2>/dev/null
	result $? "and nothing has changed"
	# Bridges by such names: what is set up, and put back, is the same.
	for device in tunl0 sit0 ip6tnl0; do
		ip -n $ns link add $device type bridge
	done
fi
ip netns exec $ns sysctl -qw net.ipv4.conf.tunl0.rp_filter=1
picture >"$state.before"
without_decap start -t 10.0.0.100 | sed 's/^/# /'
without_decap status >"$state.out" && grep -q 'sit0 up' "$state.out" &&
	ip netns exec $ns sysctl -n net.ipv4.conf.tunl0.rp_filter | grep -qx 0
result $? "tunnel devices are set up"
ip -n $ns link set sit0 down
! without_decap status >"$state.out" && grep -q 'sit0 is NOT up' "$state.out"
result $? "status sees one that somebody took down"
without_decap stop | sed 's/^/# /'
picture | diff "$state.before" - | sed 's/^/# /'
picture | diff "$state.before" - >/dev/null &&
	! ip -n $ns link show ip6tnl0 | grep -q '[<,]UP[,>]'
result $? "stop leaves them as they were"
rm -f "$state.before" "$state.out"
exit "$failed"
