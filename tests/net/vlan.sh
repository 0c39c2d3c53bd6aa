#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# vlan.sh - VLAN tags on the director's interfaces.
#
# Behind the client, and between director and rs1, are switches that put a
# priority (802.1p: tag 0) into every frame.  What has it is the interface's own
# traffic, on a real server too (lvs-decap).  A VLAN of the same wire is an interface of its own, "front.10".  No
# kernel need have such: BPF programs (tags.bpf.c) do here what a VLAN device
# does, where it does it, after the claim.
#
#	client front ------> front director back <------ eth0 rs1
#	    front.10 ------- front.10
#	    front.20 ------- front.20    back.20 ------- eth0.20
#
# lvsd listens on all but front.10, which is the host's own.  Networks are 1, 9
# and 8 in front, 2 and 7 behind (10.1.0.0/24, fd01::/64).
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

tags=$build/tests/net/tags
shape=$build/tests/net/shape
need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" "$shape" "$tags" \
	nginx curl socat tcpdump tshark ethtool tc

methods='nat dr tun'
families='4 6'

# Each method has a VIP of its own, on each network.
vip() { # METHOD FAMILY [NET]
	local part
	case $1 in nat) part=100 ;; dr) part=101 ;; tun) part=102 ;; esac
	case $2 in
	4) echo "10.${3:-1}.0.$part" ;;
	6) echo "fd0${3:-1}::$part" ;;
	esac
}

service() { # METHOD FAMILY NET PROTOCOL PORT
	local rs port=$5 net=2
	[ "$3" = 8 ] && net=7
	case $2 in 4) rs=10.$net.0.11 ;; 6) rs="[fd0$net::11]" ;; esac
	[ "$1$5" = nat80 ] && port=8080
	printf 'virtual_service "%s %s:%d" {\n\tmethod = "%s"\n' \
		"$4" "$(url "$(vip "$1" "$2" "$3")")" "$5" "$1"
	printf '\treal_server "%s:%d" { }\n}\n' "$rs" "$port"
}

configuration() {
	local method family net
	printf 'interface "%s" { }\n' front.20 back.20
	for family in $families; do
		for method in $methods; do
			for net in 1 8; do
				service "$method" "$family" $net tcp 80
				service "$method" "$family" $net udp 7
			done
		done
		service nat "$family" 9 tcp 80
	done
}

# ---- switches and VLAN devices ----------------------------------------------

tag() { # HOST INTERFACE ingress|egress WORD...
	on "$1" "$tags" "$tags.bpf.o" "${@:2}"
}

# A switch puts what WORDs say into frames without a tag.
put_in() { # HOST INTERFACE WORD...
	tag "$1" "$2" egress of none "${@:3}"
}

mac_of() { # HOST INTERFACE
	on "$1" cat "/sys/class/net/$2/address"
}

# An end of a veth pair whose other end nobody uses.
add_device() { # HOST NAME MAC
	local ns=$prefix-$1
	ip -n "$ns" link add "$2" type veth peer name "$2-end" &&
		on "$1" sysctl -q -w "net/ipv6/conf/$2-end/disable_ipv6=1" &&
		ip -n "$ns" link set "$2-end" up &&
		ip -n "$ns" link set "$2" up address "$3"
}

# It has the address of the interface below it.
add_vlan() { # HOST INTERFACE VLAN
	add_device "$1" "$2.$3" "$(mac_of "$1" "$2")" &&
		tag "$1" "$2.$3" egress push "8100:$3:0" to "$2" &&
		tag "$1" "$2" ingress of "$3" pop into "$2.$3"
}

# ---- what is tried -----------------------------------------------------------

download() { # ADDRESS
	same "$sum" "$(get "http://$(url "$1")/files/some")"
}

upload() { # ADDRESS
	on client curl -sS --fail --max-time 60 -T "$work/files/some" \
		"http://$(url "$1")/put/some" || return
	same "$sum" "$(sha256sum <"$work/rs1/put/some")"
}

both_ways() { # ADDRESS
	download "$1" && upload "$1"
}

ask() { # ADDRESS SIZE
	on client "$shape" "$1" 7 "$2"
}

# In fragments, which lvs-decap leaves to a host that has not got a tunnel.
ask_much() { # METHOD FAMILY [NET]
	local size=4000
	[ "$1" != tun ] || size=1000
	ask "$(vip "$@")" "$size"
}

# Who asks for ADDRESS, and who answers, as filters.
asks() { # ADDRESS
	case $1 in
	*:*) echo "icmpv6.type == 135 && icmpv6.nd.ns.target_address == $1" ;;
	*) echo "arp.opcode == 1 && arp.dst.proto_ipv4 == $1" ;;
	esac
}

answers() { # ADDRESS
	case $1 in
	*:*) echo "icmpv6.type == 136 && icmpv6.nd.na.target_address == $1" ;;
	*) echo "arp.opcode == 2 && arp.src.proto_ipv4 == $1" ;;
	esac
}

# ---- a priority ----------------------------------------------------------------

# The test itself: all that the director gets has its tag, also what asks for
# the VIP, and packets of many segments.  The VLANs of the same wires have
# frames of their own: their hosts look for routers and listeners by themselves.
has_tags() { # FAMILY
	local address
	address=$(vip nat "$1")
	ip -n "$prefix-client" neigh flush dev front
	watch director:front director:back client:front -- \
		both_ways "$address" || return
	none director:front '!vlan || vlan.id == 0 && vlan.priority != 5' &&
		none director:back '!vlan || vlan.id == 0 && vlan.priority != 3' &&
		none client:front 'vlan.id == 0' &&
		some director:front "vlan.priority == 5 && $(asks "$address")" &&
		some client:front "$(answers "$address")" &&
		some director:front 'vlan.priority == 5 && frame.len > 20000' &&
		some director:back 'vlan.priority == 3 && frame.len > 20000'
}

# ---- frames of others ------------------------------------------------------------

# One VIP is spoken to, one is asked for; of a third's service all are known to
# be through.
counts() { # FAMILY
	adm -Ln --stats --exact | grep -FA1 \
		-e " $(url "$(vip nat "$1")"):" -e " $(url "$(vip tun "$1")"):"
	losses
}

speak() { # FAMILY WORD...
	local address other
	address=$(vip nat "$1") other=$(vip tun "$1")
	put_in client front "${@:2}" || return
	echo | on client socat -u - \
		"UDP$1-SENDTO:$(url "$address"):7,sourceport=7000"
	on client socat -u /dev/null \
		"TCP$1:$(url "$address"):80,sourceport=7000,connect-timeout=0.1"
	on client ping -q -c 1 -W 0.1 "$other"
	ip -n "$prefix-client" neigh del "$other" dev front
	put_in client front push 8100:0:5
}

# What comes by another interface than the director's own is there, and only
# there: not taken, nor answered, nor dropped by the claim.
is_of_others() { # FAMILY VLAN WORD...
	local address before other
	address=$(vip nat "$1") other=$(vip tun "$1")
	ip -n "$prefix-client" neigh replace "$address" nud permanent \
		dev front lladdr "$front_mac"
	ip -n "$prefix-client" neigh flush to "$other" dev front
	before=$(counts "$1")
	tag director front ingress of "$2" into other || return
	watch director:other rs1:eth0 client:front -- speak "$1" "${@:3}"
	on director tc filter del dev front ingress pref $((10 + $2))
	ip -n "$prefix-client" neigh del "$address" dev front
	ask "$(vip dr "$1")" 100 || return
	same "$before" "$(counts "$1")" || return
	same 1 "$(seen director:other 'udp.srcport == 7000')" &&
		some director:other 'tcp.srcport == 7000' &&
		some director:other "$(asks "$other")" &&
		none rs1:eth0 'udp.port == 7000 || tcp.port == 7000' &&
		none client:front 'udp.port == 7000 || tcp.port == 7000' &&
		none client:front "$(answers "$other")"
}

# ---- interfaces of VLANs -----------------------------------------------------------

# Of one VIP: what comes by the VLAN is the host's, by the wire the director's.
hosts_own() { # FAMILY
	local address
	address=$(vip nat "$1" 9)
	connects director client "$address" 80 --interface front.10 &&
		connects rs1 client "$address" 80 --interface front
}

add_hosts_own() { # FAMILY
	local net=10.9.0.0/24 via=10.1.0.1
	[ "$1" = 4 ] || net=fd09::/64 via=fd01::1
	ip -n "$prefix-director" addr add "$(vip nat "$1" 9)/$((2 ** (3 + $1 / 2)))" \
		dev front.10 || return
	ip -n "$prefix-client" route add $net via $via dev front metric 2000
}

# rs1's way to the director, and back, is a VLAN.
add_server_vlan() {
	add_vlan director back 20 && add_vlan rs1 eth0 20 || return
	add_address director back.20 7 1
	add_address rs1 eth0.20 7 11
	ip -n "$prefix-rs1" rule add from 10.7.0.11 lookup 101
	ip -n "$prefix-rs1" -6 rule add from fd07::11 lookup 101
	ip -n "$prefix-rs1" route add default via 10.7.0.1 table 101
	ip -n "$prefix-rs1" route add default via fd07::1 table 101
}

# One datagram and one connection, each packet once.
exchange() { # ADDRESS
	connects rs1 client "$1" 80 && ask "$1" 100
}

again='tcp.analysis.retransmission || tcp.analysis.duplicate_ack'

nothing_twice() { # METHOD FAMILY
	local at=client:front.20
	[ "$1" = nat ] || at=client:back
	watch rs1:eth0.20 "$at" -- exchange "$(vip "$1" "$2" 8)" || return
	none rs1:eth0.20 "$again" && none "$at" "$again" &&
		same 1 "$(seen rs1:eth0.20 'udp.dstport == 7')" &&
		same 1 "$(seen "$at" 'udp.srcport == 7')"
}

# What the client sends in one piece also crosses both VLANs so.
stays_whole() { # METHOD FAMILY
	watch rs1:eth0.20 -- upload "$(vip "$1" "$2" 8)" &&
		some rs1:eth0.20 'tcp.len > 20000'
}

side_by_side() { # FAMILY
	local wire status
	download "$(vip nat "$1")" &
	wire=$!
	download "$(vip nat "$1" 8)"
	status=$?
	wait "$wire" && return "$status"
}

# ---- a host that has the VIP and forwards -------------------------------------------

host_is_kept_off() { # METHOD FAMILY
	local before
	before=$(kernel_did)
	connects rs1 client "$(vip "$1" "$2")" 80 &&
		both_ways "$(vip "$1" "$2")" &&
		ask_much "$1" "$2" &&
		same "$before" "$(kernel_did)"
}

give_vips_to_host() {
	local family method bits
	for family in $families; do
		[ "$family" = 4 ] && bits=32 || bits=128
		for method in $methods; do
			ip -n "$prefix-director" addr add dev lo \
				"$(vip "$method" "$family")/$bits" || return
		done
	done
	on director sysctl -q -w net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

# ---- the tests ------------------------------------------------------------------------

add_network
for vlan in 10:9 20:8; do
	for host in client:2 director:1; do
		add_vlan ${host%:*} front ${vlan%:*} || skip_all 'no tc programs'
		add_address ${host%:*} front.${vlan%:*} ${vlan#*:} ${host#*:}
	done
done
add_server_vlan || exit 1
put_in client front push 8100:0:5 || exit 1
put_in switch director push 8100:0:3 || exit 1
put_in switch rs1 push 8100:0:3 || exit 1
front_mac=$(mac_of director front)
add_device director other "$front_mac"
start_nginx rs1
start_nginx director
start_decap rs1 || exit 1
start rs1 "$echo_udp" serve 7 || exit 1
# shellcheck disable=SC2046 # several
add_vips $(for family in $families; do
	for net in 1 8; do
		vip dr "$family" $net
		vip tun "$family" $net
	done
done) || exit 1
mkdir "$work/files"
head -c 1M /dev/urandom >"$work/files/some"
sum=$(sha256sum <"$work/files/some")
# shellcheck disable=SC2119 # no more options
configuration | start_lvsd || exit 1

one_way_of_tagging() { # WHERE
	local method family
	for family in $families; do
		check "a priority $1, IPv$family: the wire has it" \
			has_tags "$family"
		for method in $methods; do
			check "a priority $1, IPv$family, $method: 1 MiB both ways" \
				both_ways "$(vip "$method" "$family")"
			check "a priority $1, IPv$family, $method: datagrams" \
				ask_much "$method" "$family"
		done
	done
}

one_way_of_tagging 'beside the frame'
on client ethtool -K front txvlan off >/dev/null
on switch ethtool -K director txvlan off >/dev/null
on switch ethtool -K rs1 txvlan off >/dev/null
one_way_of_tagging 'in the frame'

for family in $families; do
	check "a VLAN, IPv$family" \
		is_of_others "$family" 30 push 8100:30:0
	check "a VLAN with a priority, IPv$family" \
		is_of_others "$family" 30 push 8100:30:5
	check "a VLAN of 802.1ad, IPv$family" \
		is_of_others "$family" 30 push 88a8:30:0
	check "a VLAN in a VLAN, IPv$family" \
		is_of_others "$family" 30 push 8100:10:0 push 88a8:30:0
	check "a VLAN behind a priority, IPv$family" \
		is_of_others "$family" 0 push 8100:30:0 push 8100:0:5
done

for family in $families; do
	add_hosts_own "$family" || exit 1
	check "IPv$family: the VIP on a VLAN that is the host's" \
		hosts_own "$family"
	for method in $methods; do
		name="a VLAN of the director's, IPv$family, $method"
		check "$name: 1 MiB both ways" \
			both_ways "$(vip "$method" "$family" 8)"
		check "$name: datagrams" ask_much "$method" "$family" 8
		check "$name: in one piece" stays_whole "$method" "$family"
		check "$name: nothing twice" nothing_twice "$method" "$family"
	done
	check "wire and VLAN at once, IPv$family" side_by_side "$family"
done

give_vips_to_host || exit 1
for family in $families; do
	for method in $methods; do
		check "a priority, VIP on the host, IPv$family, $method" \
			host_is_kept_off "$method" "$family"
	done
done
finish
