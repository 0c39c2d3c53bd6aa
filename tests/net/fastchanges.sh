#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# fastchanges.sh - the network and the configuration change under connections
# that the fast path forwards: they go on, or stop, as they would by lvsd.
#
# For each method in both families a stream goes both ways at 2 MiB/s.
# shellcheck disable=SC2317,SC2119,SC2120 # functions are called by check
# shellcheck source=tests/net/fastlib.sh
. "$(dirname "$0")/fastlib.sh"
# shellcheck source=tests/net/changeslib.sh
. "$(dirname "$0")/changeslib.sh"

need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" "$shape" "$stream" \
	nginx curl jq nft ss
exec 3>&1 # check has the output of what it runs
d=$prefix-director
dr_vips='10.1.0.101 fd01::101'

# ---- streams that go on -------------------------------------------------------

begin_all() {
	local way
	for way in $ways; do
		begin_stream "$way" 9 -e -r 2048 || return
	done
}

all_get_on() {
	local way
	for way in $ways; do
		gets_on "$way" 9 || return
	done
}

# By whom, which is seen in 0.3 s.
fast_again() {
	soon is_fast sleep 0.3
}

# COMMAND changes something, then all streams go on, and are fast again, also
# while the kernel has doubts of a neighbour, which is 5 s.
recovers() { # WHAT COMMAND...
	local begin taken until_fast
	"${@:2}" || return
	begin=${EPOCHREALTIME/./}
	all_get_on || return
	taken=$(((${EPOCHREALTIME/./} - begin) / 1000))
	fast_again || return
	cat "$work/soon"
	until_fast=$(((${EPOCHREALTIME/./} - begin) / 1000))
	echo "# figure: $1: all go on after $taken ms, fast after $until_fast ms" >&3
	[ "$taken" -lt 3000 ] && [ "$until_fast" -lt 4500 ]
}

check_change() { # WHAT COMMAND...
	check "$1: streams go on" recovers "$@"
}

# ---- the network ----------------------------------------------------------------

lladdr() { # HOST INTERFACE
	on "$1" cat "/sys/class/net/$2/address"
}

silently() { # HOST INTERFACE LLADDR
	ip -n "$prefix-$1" link set "$2" address "$3"
}

announced() { # HOST INTERFACE LLADDR
	on "$1" sysctl -q -w "net.ipv4.conf.$2.arp_notify=1" \
		"net.ipv6.conf.$2.ndisc_notify=1"
	silently "$@" || return
	on "$1" sysctl -q -w "net.ipv4.conf.$2.arp_notify=0" \
		"net.ipv6.conf.$2.ndisc_notify=0"
}

# How long the director's kernel believes in a neighbour of INTERFACE that it
# hears nothing of.
patience() { # INTERFACE REACHABLE-MS DELAY-S RETRANS-MS
	local family
	for family in $families; do
		on director sysctl -q -w \
			"net.ipv$family.neigh.$1.base_reachable_time_ms=$2" \
			"net.ipv$family.neigh.$1.gc_stale_time=1" \
			"net.ipv$family.neigh.$1.delay_first_probe_time=$3" \
			"net.ipv$family.neigh.$1.retrans_time_ms=$4" || return
	done
	ip -n "$d" neigh flush dev "$1"
}

stale_neighbours() {
	local host family
	for host in rs1:eth0:back:2:11 client:front:front:1:2; do
		IFS=: read -r host name link net part <<<"$host"
		for family in $families; do
			ip -n "$d" neigh replace \
				"$(address "$net" "$part" "$family")" dev "$link" \
				lladdr "$(lladdr "$host" "$name")" nud stale ||
				return
		done
	done
}

# Neighbours are asked again and again now, and found.
stays_fast() {
	is_fast sleep 3
}

# rs2, which knows the way to the VIPs too.
make_gateway() {
	local vip
	on rs2 sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 \
		net.ipv4.conf.eth0.send_redirects=0
	for vip in $dr_vips; do
		ip -n "$prefix-rs2" "$(family "$vip")" rule add \
			to "$vip" iif eth0 lookup 200 pref 0
	done
	# Its own VIPs come before all rules else.
	ip -n "$prefix-rs2" rule add pref 1 lookup local
	ip -n "$prefix-rs2" -6 rule add pref 1 lookup local
	ip -n "$prefix-rs2" rule del pref 0 lookup local
	ip -n "$prefix-rs2" -6 rule del pref 0 lookup local
	ip -n "$prefix-rs2" route add default via 10.2.0.11 table 200
	ip -n "$prefix-rs2" route add default via fd02::11 table 200
}

# Packets that left by INTERFACE.
sent_by() { # INTERFACE
	on director cat "/sys/class/net/$1/statistics/tx_packets"
}

# ARP and ND may.
none_by() { # INTERFACE
	local before
	before=$(sent_by "$1")
	all_get_on && [ "$(sent_by "$1")" -le $((before + 10)) ]
}

# The kernel has ADDRESS only a while after ip(8) gave it.
answers() { # ADDRESS
	until ip -n "$d" -6 route show table local "$1" | grep -q "$1"; do
		sleep 0.01
	done
}

# IPv6 addresses go with it, and come back by who had set them.
down_and_up() {
	director <<-END
		link set back down
		link set back up
		addr add fd02::1/64 dev back nodad
	END
	answers fd02::1
}

unplugged() {
	ip -n "$prefix-switch" link set director down &&
		ip -n "$prefix-switch" link set director up
}

# It keeps its address, which real servers have in their neighbour tables.
made_again() {
	local old
	old=$(lladdr director back)
	ip -n "$d" link del back &&
		add_cable director back switch director &&
		ip -n "$d" link set back address "$old" &&
		ip -n "$prefix-switch" link set director master back &&
		add_address director back 2 1 &&
		answers fd02::1
}

# Nobody tells the client, whose segments are larger than that; nor rs1, whose
# come by the front.
mtu() { # INTERFACE MTU
	ip -n "$d" link set "$1" mtu "$2" || return
	case $1 in
	front) ip -n "$prefix-client" link set front mtu "$2" ;;
	back) ip -n "$prefix-rs1" link set eth0 mtu "$2" ;;
	esac
}

# What HOST has learnt of the path to ADDRESS.
learnt() { # HOST ADDRESS MTU
	ip -n "$prefix-$1" route get "$2" | tee /dev/stderr |
		grep -q "mtu $3\b"
}

all_learnt() { # MTU
	local way less
	for way in $ways; do
		case $way in tun4) less=20 ;; tun6) less=40 ;; *) less=0 ;; esac
		learnt client "$(vip "$way")" $(($1 - less)) || return
	done
}

# ---- the configuration ------------------------------------------------------------

count_requests() {
	on rs1 nft -f - <<-RULES
		table inet seen {
			counter in {}
			chain in {
				type filter hook prerouting priority -300
				tcp dport 9 counter name in
			}
		}
	RULES
}

requests() {
	on rs1 nft list counter inet seen in | awk '/packets/ { print $2 }'
}

# From now on no request arrives, however often it is sent again.  A reply may,
# as in IPVS, by lvsd.
stands_still() {
	local before
	before=$(requests)
	takes 0 0 sleep 0.5 && same "$before" "$(requests)"
}

method_option() { # WAY
	case $1 in nat*) echo -m ;; dr*) echo -g ;; tun*) echo -i ;; esac
}

server() { # WAY
	echo "$(url "$(address 2 11 "${1: -1}")"):9"
}

# lvsadm's COMMAND for the service, or the server, of WAY.
service_cmd() { # WAY COMMAND...
	adm "$2" -t "$(url "$(vip "$1")"):9" "${@:3}"
}

server_cmd() { # WAY COMMAND WORD...
	service_cmd "$1" "$2" -r "$(server "$1")" "${@:3}"
}

# As the file says.
restore() {
	kill -HUP "$lvsd_pid"
	soon restored
}

restored() {
	same 24 "$(adm -Ln | grep -cE '^(TCP|UDP) ')" &&
		same 36 "$(adm -Ln | grep -c '^  -> .*[0-9] ')"
}

new_one() { # WAY
	on client timeout 10 "$stream" ask -u 1000000 -d 1000000 "$(vip "$1")" 9
}

# COMMAND while a stream of WAY goes, and it stops at once; new ones work when
# all is as it was.
stops_by() { # WAY COMMAND...
	begin_stream "$1" 9 -e -r 2048 && gets_on "$1" 9 || return
	is_fast sleep 0.3 && "${@:2}" && stands_still
	local status=$?
	kill_streams
	restore && is_fast new_one "$1" && return "$status"
}

goes_on_after() { # WAY COMMAND...
	begin_stream "$1" 9 -e -r 2048 && gets_on "$1" 9 && "${@:2}" &&
		gets_on "$1" 9 && is_fast sleep 0.3 && gets_on "$1" 9
	local status=$?
	end_stream "$1" && restore && is_fast new_one "$1" && return "$status"
}

edit_method() { # WAY
	local method=-g
	[[ $1 != dr* ]] || method=-i
	server_cmd "$1" -e "$method"
}

# ---- the tests ------------------------------------------------------------------------

add_network
add_cable director side switch side
ip -n "$prefix-switch" link set side master back
add_servers || exit 1
make_gateway
impatient || exit 1
need_director 'interface "side" { }'

begin_all
check "a stream through each VIP" all_get_on
check "they are fast" fast_again
check_change "an announced MAC address of the server" \
	announced rs1 eth0 02:00:00:00:0b:01
check_change "an announced MAC address of the client" \
	announced client front 02:00:00:00:0a:01
check_change "stale neighbours" stale_neighbours
check_change "no neighbours" no_neighbours
check_change "the kernel is to notice soon who has gone from the back" \
	patience back 200 0 20
check_change "and from the front" patience front 200 0 20
check "neighbours that are asked often: streams are fast" stays_fast
check_change "a server that moved silently" \
	silently rs1 eth0 02:00:00:00:0b:02
check_change "a client that moved silently" \
	silently client front 02:00:00:00:0a:02
check_change "the kernel has patience again" patience back 30000 5 1000
check_change "in front too" patience front 30000 5 1000

check_change "a route moved to a gateway" through_gateway
seen=$(sent_by side)
check_change "a route moved to another interface" through_side
check "their packets go there" test "$(sent_by side)" -ge $((seen + 100))
check_change "a route moved back" straight_again
check "no packet goes there any more" none_by side

check_change "an interface down and up" down_and_up
check_change "a cable unplugged and plugged in" unplugged
check_change "an interface deleted and made again" made_again
check_change "another link address of the director's" \
	ip -n "$d" link set front address 02:00:00:00:0c:01
check_change "a smaller MTU behind" mtu back 1400
check "the client was told" all_learnt 1400
check_change "a smaller MTU in front" mtu front 1300
for way in nat4 nat6; do
	check "$way: the server was told" \
		learnt rs1 "$(address 1 2 "${way: -1}")" 1300
done
check_change "the first MTU again" mtu front 1500
check_change "and behind" mtu back 1500
for way in $ways; do
	check "$way: ends, all bytes right" end_stream "$way"
done

keep_neighbours || exit 1
count_requests || exit 1
for way in $ways; do
	check "$way: a server of weight 0" goes_on_after "$way" \
		server_cmd "$way" -e "$(method_option "$way")" -w 0
	check "$way: another forwarding method" goes_on_after "$way" \
		edit_method "$way"
	check "$way: another scheduler" goes_on_after "$way" \
		service_cmd "$way" -E -s rr
	check "$way: a server deleted" stops_by "$way" server_cmd "$way" -d
	check "$way: a service deleted" stops_by "$way" service_cmd "$way" -D
	check "$way: all deleted" stops_by "$way" adm -C
done
finish
