#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# reload.sh - SIGHUP applies the difference, and a connection that both
# configurations carry notices nothing; nor that an interface was away.
# shellcheck source=tests/net/lib.sh disable=SC2317
. "$(dirname "$0")/lib.sh" # functions are called by check

need_root_and "$lvsd" "$lvsadm" socat
log=$work/lvsd.log
interfaces='front back' backend=af_packet

# The configuration: WEIGHT of rs1, then what else.
configuration() { # WEIGHT [LINE...]
	local weight=$1 family
	shift
	printf 'timeouts { udp = 77 }\n'
	for family in 10.1.0.100=10.2.0.11 fd01::100=fd02::11; do
		printf 'virtual_service "tcp %s:7" {\n\tmethod = nat\n' \
			"$(url "${family%=*}")"
		printf '\treal_server "%s:7" { weight = %d }\n}\n' \
			"$(url "${family#*=}")" "$weight"
	done
	printf '%s\n' "$@"
}

logged() { # TEXT LINES
	timeout 20 tail -n "+$(($2 + 1))" -F "$log" 2>/dev/null |
		grep -qm1 -F -e "$1"
}

lines() {
	wc -l <"$log"
}

# Reload with the configuration on standard input; the log then says TEXT.
reload() { # TEXT
	local seen name
	seen=$(lines)
	{
		printf 'socket = "%s"\n' "$work/lvsd.sock"
		for name in $interfaces; do
			printf 'interface "%s" { backend = %s }\n' "$name" \
				"$backend"
		done
		cat
	} >"$work/lvsd.conf"
	kill -HUP "$lvsd_pid" && logged "$1" "$seen"
}

# A connection of its own to each VIP, that stays open: a line goes in by one
# descriptor and comes back by the other.
connect() { # FAMILY ADDRESS
	local to from
	mkfifo "$work/to$1" "$work/from$1"
	ip netns exec "$prefix-client" socat - "TCP:$(url "$2"):7" <"$work/to$1" >"$work/from$1" &
	disown
	exec {to}>"$work/to$1" {from}<"$work/from$1"
	case $1 in 4) to4=$to from4=$from ;; 6) to6=$to from6=$from ;; esac
}

echoes() { # TEXT
	local fd line
	for fd in "$to4 $from4" "$to6 $from6"; do
		echo "$1" >&"${fd% *}"
		read -r -t 30 line <&"${fd#* }" && same "$1" "$line" || return
	done
}

saved() {
	adm -Sn | sort
}

# PATTERN stands (or not) in what lvsadm saves.
has() { # PATTERN
	saved | grep -qE -e "$1" || { saved && return 1; }
}

has_not() { # PATTERN
	! saved | grep -qE -e "$1" || { saved && return 1; }
}

start_servers() {
	local host
	for host in rs1 rs2; do
		ip netns exec "$prefix-$host" socat TCP6-LISTEN:7,ipv6only=0,fork,reuseaddr EXEC:cat &
		disown
		until on $host socat -u OPEN:/dev/null TCP:127.0.0.1:7 \
			2>/dev/null; do
			sleep 0.01
		done
	done
}

established() {
	adm -Lnc | grep -c ESTABLISHED
}

# Ten rounds in which no next hop is known, client or server, take less than
# 150 ms each, on a machine that does other things too.
finds_hops() {
	local begin=${EPOCHREALTIME/./} round taken
	for round in {1..10}; do
		ip -n "$prefix-director" neigh flush all
		echoes "hop $round" || return
	done
	taken=$(((${EPOCHREALTIME/./} - begin) / 1000))
	echo "$taken ms"
	[ "$taken" -lt 1500 ]
}

add_network
start_servers
check "lvsd starts" start_lvsd < <(configuration 1)
lvsd_pid=$started
connect 4 10.1.0.100
connect 6 fd01::100
check "a connection through each VIP" echoes one
check "lvsd has them" same 2 "$(established)"

check "next hops are found at once" finds_hops

check "nothing changed: nothing is done" reload \
	"services 0 added, 0 changed, 0 removed; real servers 0 added, 0 changed, 0 removed" \
	< <(configuration 1)
check "a weight, a service and a real server more" reload \
	"services 1 added, 0 changed, 0 removed; real servers 1 added, 2 changed, 0 removed" \
	< <(configuration 5 'virtual_service "tcp 10.1.0.101:7" {' \
		'real_server "10.2.0.12:7" { } }')
check "the weight is there" has '10\.1\.0\.100:7 -r 10\.2\.0\.11:7 -m -w 5'
check "so is the service" has '10\.1\.0\.101:7 -r 10\.2\.0\.12:7 -m'
check "the connections go on" echoes two

adm -a -t 10.1.0.100:7 -r 10.2.0.13:7 -m
adm -A -u 10.1.0.100:53 -s rr
adm -e -t 10.1.0.100:7 -r 10.2.0.11:7 -m -w 9
check "without the service again, after lvsadm" reload \
	"services 0 added, 0 changed, 1 removed; real servers 0 added, 1 changed, 0 removed" \
	< <(configuration 5)
check "what the file no longer has is gone" has_not '10\.1\.0\.101'
check "what only lvsadm added is there" has '10\.2\.0\.13:7'
check "a service of lvsadm's too" has '-u 10\.1\.0\.100:53 -s rr'
check "what the file names is as it says" has '10\.2\.0\.11:7 -m -w 5'

check "rs1 removed" reload "real servers 0 added, 0 changed, 2 removed" \
	< <(configuration 5 | grep -v real_server)
check "rs1 added again" reload "real servers 2 added, 0 changed, 0 removed" \
	< <(configuration 5)
check "the connections go on" echoes three

check "what takes a restart is said" reload \
	"fast_path takes effect when lvsd is started again" \
	< <(configuration 5 'fast_path = no')
check "the size too" reload "fast_flows = 7 takes effect when" \
	< <(configuration 5 'fast_flows = 7')

before=$(saved)
check "a file with a mistake is refused" reload \
	"lvsd.conf not applied: everything stays as it was" \
	< <(configuration 5 'virtual_service "tcp 10.1.0.102:7" {')
check "a file that names a missing interface too" reload \
	"lvsd.conf not applied: everything stays as it was" \
	< <(configuration 7 'interface "nonesuch" { }')
check "and nothing has changed" same "$before" "$(saved)"
check "the connections go on" echoes four

# ---- interfaces -----------------------------------------------------------

seen=$(lines)
ip -n "$prefix-director" link set back down
check "an interface goes down" logged "back: down" "$seen"
ip -n "$prefix-director" link set back up
ip -n "$prefix-director" addr add fd02::1/64 dev back nodad
check "and up: the connections go on" echoes five

# It keeps its address, which real servers have in their neighbour tables.
lladdr=$(on director cat /sys/class/net/back/address)
seen=$(lines)
ip -n "$prefix-director" link del back
check "an interface is deleted" \
	logged "waiting for it to come back" "$seen"
seen=$(lines)
add_cable director back switch director
ip -n "$prefix-director" link set back address "$lladdr"
ip -n "$prefix-switch" link set director master back
add_address director back 2 1
check "and made again: it is opened" logged "back: back, open" "$seen"
check "the connections go on" echoes six
check "lvsd still has them" same 2 "$(established)"

interfaces=front
check "an interface less" reload "back: closed" < <(configuration 5)
interfaces='front back'
check "and one more" reload "back: open" < <(configuration 5)
check "the connections go on" echoes seven

# The host has the addresses, as raw does not answer for them, and would reset
# the connections if it saw their packets.
ip -n "$prefix-director" addr add 10.1.0.100/32 dev lo
ip -n "$prefix-director" addr add fd01::100/128 dev front nodad
backend=raw
check "another backend" reload "back: closed" < <(configuration 5)
check "the kernel is kept off as before: the connections go on" echoes eight
backend=af_packet
check "and the former one" reload "back: closed" < <(configuration 5)
check "the connections go on" echoes nine

kill -TERM "$lvsd_pid"
wait "$lvsd_pid"
check "SIGTERM: status 0" same 0 $?
finish
