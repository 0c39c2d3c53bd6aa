#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# neighbours.sh - where a client's kernel thinks that VIPs are which the
# director answers for: it is told when that changes, and when it asks.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$lvsadm" nginx curl tcpdump tshark

families='4 6'
another=02:00:00:00:00:99 # who had the VIPs before

vip() { # NUMBER FAMILY
	case $2 in 4) echo "10.1.0.10$1" ;; 6) echo "fd01::10$1" ;; esac
}

configuration() { # NUMBER-OF-VIPS [LINE...]
	local number f rip
	printf 'socket = "%s"\ninterface "front" { }\ninterface "back" { }\n' \
		"$work/lvsd.sock"
	for ((number = 0; number < $1; number++)); do
		for f in $families; do
			case $f in 4) rip=10.2.0.11 ;; 6) rip=fd02::11 ;; esac
			printf 'virtual_service "tcp %s:80" { real_server "%s:80" { } }\n' \
				"$(url "$(vip $number "$f")")" "$(url $rip)"
		done
	done
	printf '%s\n' "${@:2}"
}

run_lvsd() {
	start director "$lvsd" -c "$work/lvsd.conf" --ready-fd 1 || return
	lvsd_pid=$started
}

stop_lvsd() {
	kill "$lvsd_pid" && wait "$lvsd_pid"
}

director_lladdr() {
	on director cat /sys/class/net/front/address
}

# The client has heard of the VIPs of NUMBER from somebody else.
mislead() { # NUMBER
	local f
	for f in $families; do
		ip -n "$prefix-client" neigh replace "$(vip "$1" "$f")" \
			lladdr $another dev front nud stale || return
	done
}

lladdr_of() { # ADDRESS
	ip -n "$prefix-client" neigh show "$1" dev front |
		sed -n 's/^[^ ]* lladdr \([^ ]*\).*/\1/p'
}

# What the client's kernel learns from now on, until $watcher is stopped.
watch_neighbours() {
	: >"$work/learnt"
	ip -n "$prefix-client" monitor neigh >>"$work/learnt" &
	watcher=$!
	# It listens when it tells of an entry made for it to tell.
	until grep -q 10.1.0.200 "$work/learnt"; do
		ip -n "$prefix-client" neigh replace 10.1.0.200 \
			lladdr "$another" dev front nud stale
		ip -n "$prefix-client" neigh del 10.1.0.200 dev front
	done
}

# Both VIPs of NUMBER are learnt to be the director's.
learns() { # NUMBER
	local f lladdr
	lladdr=$(director_lladdr)
	for f in $families; do
		timeout 10 tail -n +1 -F "$work/learnt" 2>/dev/null |
			grep -qm1 -e "^$(vip "$1" "$f") .*lladdr $lladdr" || {
			cat "$work/learnt"
			return 1
		}
		same "$lladdr" "$(lladdr_of "$(vip "$1" "$f")")" || return
	done
}

unchanged() { # NUMBER
	local f
	for f in $families; do
		same "$another" "$(lladdr_of "$(vip "$1" "$f")")" || return
	done
}

# COMMAND, and the client learns of the VIPs of NUMBER.
tells() { # NUMBER COMMAND...
	local status
	mislead "$1" || return
	watch_neighbours
	"${@:2}" && learns "$1"
	status=$?
	stop "$watcher"
	return "$status"
}

add_by_lvsadm() {
	adm -A -t "$(vip 1 4):80" -s rr && adm -A -t "[$(vip 1 6)]:80" -s rr
}

link_down_and_up() {
	ip -n "$prefix-director" link set front down &&
		mislead 0 &&
		ip -n "$prefix-director" link set front up
}

# Three announcements of each VIP that tshark finds in order, and no fourth
# before those of a VIP that is added then.
three_times() {
	local seen
	capture client front "$work/said.pcap" 'arp or icmp6' in
	seen=$started
	run_lvsd || return
	until [ "$(said "$(vip 0 4)")" -ge 3 ] && [ "$(said "$(vip 0 6)")" -ge 3 ]; do
		[ $((SECONDS - began)) -lt 20 ] || break
	done
	add_by_lvsadm
	until [ "$(said "$(vip 1 4)")" -ge 2 ] && [ "$(said "$(vip 1 6)")" -ge 2 ]; do
		[ $((SECONDS - began)) -lt 20 ] || break
	done
	stop "$seen" INT
	same 3 "$(said "$(vip 0 4)")" && same 3 "$(said "$(vip 0 6)")" &&
		same 0 "$(said "$(vip 2 4)")" && same 0 "$(said "$(vip 2 6)")"
}

# How often ADDRESS was announced.
said() { # ADDRESS
	tshark -r "$work/said.pcap" -Y "(arp.isgratuitous == 1 &&
		arp.src.proto_ipv4 == ${1/*:*/0.0.0.0}) || (icmpv6.type == 136 &&
		icmpv6.nd.na.flag.o == 1 && icmpv6.nd.na.flag.s == 0 &&
		icmpv6.checksum.status == 1 && ipv6.hlim == 255 &&
		icmpv6.nd.na.target_address == ${1/*.*/::} &&
		eth.dst == 33:33:00:00:00:01)" 2>/dev/null | wc -l
}

add_network
start_nginx rs1
began=$SECONDS

configuration 1 >"$work/lvsd.conf"
check "lvsd starts: an old entry is replaced" tells 0 run_lvsd
check "lvsadm adds a service: an old entry is replaced" tells 1 add_by_lvsadm
check "a link goes down and up: an old entry is replaced" \
	tells 0 link_down_and_up
check "lvsd stops" stop_lvsd

for f in $families; do
	ip -n "$prefix-director" addr add "$(vip 2 "$f")" dev front
done
configuration 1 "$(configuration 3 | tail -2)" >"$work/lvsd.conf"
check "each is announced three times, the host's own never" three_times
check "lvsd stops" stop_lvsd

reloaded() {
	configuration 1 >"$work/lvsd.conf"
	kill -HUP "$lvsd_pid"
}

configuration 1 'announce = no' >"$work/lvsd.conf"
mislead 0
check "announce = no: lvsd starts" run_lvsd
check "and lists" adm -Ln
check "and has told nobody" unchanged 0
check "reloaded without it, it tells" tells 0 reloaded
check "lvsd stops" stop_lvsd

# A macvlan passes multicast only to groups that it was told of, as NICs do.
ip -n "$prefix-director" link set front name wire
ip -n "$prefix-director" addr flush dev wire
ip -n "$prefix-director" link add front link wire type macvlan mode private
ip -n "$prefix-director" link set front up
add_address director front 1 1
configuration 1 'announce = no' >"$work/lvsd.conf"
ip -n "$prefix-client" neigh flush all

asks() { # FAMILY
	same rs1 "$(on client curl -sS --max-time 10 "http://$(url "$(vip 0 "$1")")/")" &&
		same "$(director_lladdr)" "$(lladdr_of "$(vip 0 "$1")")"
}

check "an interface that filters groups: lvsd starts" run_lvsd
for f in $families; do
	check "IPv$f: it hears who asks for a VIP" asks "$f"
done
groups() {
	on director sed -n 's/^Allmulti: *//p' /proc/net/dev_mcast
	ip -n "$prefix-director" -d link show front | grep -o 'allmulti [0-9]*'
}
check "it receives all groups" same "allmulti 1" "$(groups)"
check "lvsd stops" stop_lvsd
check "then no more" same "allmulti 0" "$(groups)"
finish
