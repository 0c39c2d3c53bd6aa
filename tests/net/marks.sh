#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# marks.sh - services by mark, whose packets lvsd.conf marks: two ports are one
# service, on which a client has one real server, and a network and a range of
# ports another one; beside a kernel that forwards, wherever the VIPs are.
# shellcheck disable=SC2317,SC2119 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$lvsadm" nginx curl nft nstat tcpdump

d=$prefix-director
clients=6 # addresses of the client, each a client of its own

# ---- who is where -----------------------------------------------------------

vip() { # METHOD FAMILY
	case $1$2 in
	nat4) echo 10.1.0.100 ;;
	nat6) echo fd01::100 ;;
	dr4) echo 10.1.0.101 ;;
	dr6) echo fd01::101 ;;
	esac
}

# An address of the network that is a service by itself, routed to the director.
routed() { # FAMILY
	case $1 in 4) echo 10.9.0.77 ;; 6) echo fd09::77 ;; esac
}

client() { # FAMILY NUMBER
	case $1 in 4) echo "10.1.0.$((50 + $2))" ;; 6) echo "fd01::$((50 + $2))" ;; esac
}

add_clients() {
	local i
	for ((i = 0; i < clients; i++)); do
		ip -n "$prefix-client" addr add "$(client 4 $i)/24" dev front
		ip -n "$prefix-client" addr add "$(client 6 $i)/64" dev front nodad
	done
	ip -n "$prefix-client" route add 10.9.0.0/24 via 10.1.0.1
	ip -n "$prefix-client" route add fd09::/64 via fd01::1
	on director sysctl -q -w net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

place_vips() { # lo|nowhere
	local vip
	for vip in 10.1.0.10{0,1}/32 fd01::10{0,1}/128; do
		case $1 in
		lo) ip -n "$d" addr add "$vip" dev lo preferred_lft 0 ;;
		nowhere) ip -n "$d" addr del "$vip" dev lo 2>/dev/null ;;
		esac
	done
	ip -n "$prefix-client" neigh flush all
}

# ---- lvsd -------------------------------------------------------------------

one_service() { # METHOD MARK FAMILY
	local i net
	case $3 in 4) net=10.2.0. ;; 6) net=fd02:: ;; esac
	printf 'virtual_service "fwmark %d inet%s" {\n' "$2" "${3/4/}"
	printf '\tscheduler = rr\n\tpersistence_timeout = 300\n\tmethod = %s\n' "$1"
	for i in 1 2 3; do
		printf '\treal_server "%s1%d" { }\n' "$net" $i
	done
	echo '}'
}

configuration() { # MATCHES-OF-MARK-1
	local f
	printf 'fwmark 1 { match = { %s } }\n' "$1"
	cat <<-CONF
		fwmark 2 {
			match = { "tcp 10.1.0.101:80", "tcp 10.1.0.101:8080",
				"tcp [fd01::101]:80", "tcp [fd01::101]:8080" }
		}
		fwmark 3 {
			match = { "tcp 10.9.0.0/24:80-8080", "tcp [fd09::/64]:80-8080" }
		}
		fwmark 4 {
			match = { "tcp 10.1.0.102:80", "tcp 10.1.0.102:8080",
				"tcp [fd01::102]:80", "tcp [fd01::102]:8080" }
		}
		virtual_service "fwmark 4 inet" {
			scheduler = rr
			persistence_timeout = 300
			method = dr
			real_server "10.2.0.11" { }
			real_server "10.2.0.1" { }
		}
		virtual_service "fwmark 4 inet6" {
			scheduler = rr
			persistence_timeout = 300
			method = dr
			real_server "fd02::11" { }
			real_server "fd02::1" { }
		}
	CONF
	for f in 4 6; do
		one_service nat 1 $f
		one_service dr 2 $f
		one_service nat 3 $f
	done
}

both='"tcp 10.1.0.100:80", "tcp 10.1.0.100:8080",
	"tcp [fd01::100]:80", "tcp [fd01::100]:8080"'

# Wait until lvsd's log has TEXT after its first LINES.
logged() { # TEXT LINES
	timeout 20 tail -n "+$(($2 + 1))" -F "$work/lvsd.log" 2>/dev/null |
		grep -qm1 -F -e "$1"
}

reload() { # MATCHES-OF-MARK-1
	local seen
	seen=$(wc -l <"$work/lvsd.log")
	{
		sed '/^fwmark/,$d' "$work/lvsd.conf"
		configuration "$1"
	} >"$work/lvsd.new"
	mv "$work/lvsd.new" "$work/lvsd.conf"
	kill -HUP "$lvsd_pid" && logged "lvsd.conf applied:" "$seen"
}

# ---- what is tried ----------------------------------------------------------

# Connections begun, as the real servers see them.
count_syns() {
	local host
	for host in rs1 rs2 rs3; do
		on "$host" nft -f - <<-RULES || return
			table inet seen {
				counter syns {}
				chain in {
					type filter hook prerouting priority -300
					tcp dport { 80, 8080 } tcp flags & (syn | ack) == syn counter name syns
				}
			}
		RULES
	done
}

syns() {
	local host
	for host in rs1 rs2 rs3; do
		on "$host" nft list counter inet seen syns
	done | awk '$1 == "packets" { sum += $2 } END { print sum }'
}

# Who answers the client's address NUMBER at ADDRESS, by port 80 and 8080 in
# turn: one name if it is always the same.
who_serves() { # FAMILY NUMBER ADDRESS
	local i
	for i in 80 8080 8080 80; do
		try client "$3" "$i" --interface "$(client "$1" "$2")"
	done | sort -u
}

# Each client has one real server on both ports, all have some, and the kernel
# has no part in it.
persists() { # FAMILY ADDRESS
	local i before syns who all=''
	before=$(kernel_did) syns=$(syns)
	for ((i = 0; i < clients; i++)); do
		who=$(who_serves "$1" "$i" "$2")
		case $who in
		rs[123]) all+=$who$'\n' ;;
		*) same "one real server" "client $i: $who" || return ;;
		esac
	done
	same "rs1 rs2 rs3" "$(printf %s "$all" | sort -u | paste -sd ' ')" &&
		same "$((syns + 4 * clients))" "$(syns)" &&
		same "$before" "$(kernel_did)"
}

# The director's host is one of two real servers of the service at ADDRESS.
shares() { # FAMILY ADDRESS
	local i all=''
	for ((i = 0; i < clients; i++)); do
		all+="$(who_serves "$1" "$i" "$2" | paste -sd +)"$'\n'
	done
	same "director rs1" "$(printf %s "$all" | sort -u | paste -sd ' ')"
}

# A reload to MATCHES-OF-MARK-1 makes lvsd tell the client's link of ADDRESS.
announces() { # ADDRESS MATCHES-OF-MARK-1
	local tap pid line told=1
	exec {tap}< <(exec ip netns exec "$prefix-client" tcpdump -Z root -l -n \
		--immediate-mode -i front "arp host $1" 2>&1)
	pid=$!
	while read -r -t 20 line <&"$tap"; do
		case $line in
		listening*) reload "$2" || break ;;
		*"ARP, "*"$1"*) told=0 && break ;;
		esac
	done
	stop "$pid"
	exec {tap}<&-
	return "$told"
}

lists_marks() {
	adm -Ln | grep -E '^FWM' | LC_ALL=C sort >"$work/listed"
	same "$(printf 'FWM  %d IPv6 rr persistent 300\nFWM  %d rr persistent 300\n' \
		1 1 2 2 3 3 4 4)" "$(sed 's/ *$//' "$work/listed")"
}

# ---- the tests --------------------------------------------------------------

add_network
add_clients
start_nginxes
start_nginx director
add_vips 10.1.0.101 fd01::101 10.1.0.102 fd01::102
ip -n "$d" addr add 10.1.0.102/32 dev lo
ip -n "$d" addr add fd01::102/128 dev lo preferred_lft 0
count_syns
start_lvsd < <(configuration "$both")
lvsd_pid=$started

check "services by mark are listed as ipvsadm does" lists_marks
for place in nowhere lo; do
	place_vips $place
	for f in 4 6; do
		for method in nat dr; do
			check "IPv$f, $method, VIP on $place: a client has one real server on both ports" \
				persists $f "$(vip $method $f)"
		done
		check "IPv$f, VIP on $place: a network and a range" \
			persists $f "$(routed $f)"
	done
done
for f in 4 6; do
	check "IPv$f: a port that nothing marks is the host's" \
		connects refused client "$(vip nat $f)" 81
done
check "IPv4: this host is one of its real servers" shares 4 10.1.0.102
check "IPv6: this host is one of its real servers" shares 6 fd01::102
check "a reload without one of the ports" \
	reload '"tcp 10.1.0.100:80", "tcp [fd01::100]:80"'
for f in 4 6; do
	check "IPv$f: it is the host's again" \
		connects director client "$(vip nat $f)" 8080
	check "IPv$f: a client keeps its real server by the other" \
		same "$(try client "$(vip nat $f)" 80)" \
		"$(try client "$(vip nat $f)" 80)"
done
check "a reload with both" reload "$both"
for f in 4 6; do
	check "IPv$f: a client has one real server on both again" \
		persists $f "$(vip nat $f)"
done
check "no service is said to get no packets" \
	same "" "$(grep -F 'gets none' "$work/lvsd.log")"
check "nor that the kernel is not kept off" \
	same "" "$(grep -F 'cannot be kept' "$work/lvsd.log")"
check "the address of a new match is announced" \
	announces 10.1.0.200 '"tcp 10.1.0.200:80"'
check "there is a warning for the family that has no match now" \
	logged 'fwmark 1: no IPv6 match gives packets this mark' 0
check "and only for that" same 1 "$(grep -cF 'gets none' "$work/lvsd.log")"
check "in one line" same "" "$(grep -F 'no rule gives it' "$work/lvsd.log")"
finish
