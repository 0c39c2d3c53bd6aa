#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# coexist.sh - lvsd beside the host's own kernel, wherever the VIPs are, whether
# the host forwards or not, with one interface or two, with real servers that
# answer through the director or past it.
#
# In each combination every packet arrives exactly as often as it was sent, the
# kernel neither answers nor forwards what the director took, and the host does
# everything else as if there were no director.
#
# The network is that of examples/network.sh, with rs1 as the only real server;
# it and one lvsd serve all rows.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$lvsadm" "$decap" nginx curl nft nstat setpriv

d=$prefix-director
methods='nat dr tun'
families='4 6'

# What the client gets.  With NAT only the director can make the server's reply
# one of the VIP's: a server that answers past it is heard, and refused, as
# somebody the client never spoke to.
rows='
# arms  VIP on   forwarding  replies by  nat      dr   tun
  two   front    off         director    rs1      rs1  rs1
  two   front    off         server      silence  rs1  rs1
  two   front    on          director    rs1      rs1  rs1
  two   front    on          server      silence  rs1  rs1
  two   lo       off         director    rs1      rs1  rs1
  two   lo       off         server      silence  rs1  rs1
  two   lo       on          director    rs1      rs1  rs1
  two   lo       on          server      silence  rs1  rs1
  two   nowhere  off         director    rs1      rs1  rs1
  two   nowhere  off         server      silence  rs1  rs1
  two   nowhere  on          director    rs1      rs1  rs1
  two   nowhere  on          server      silence  rs1  rs1
  one   back     off         director    rs1      rs1  rs1
  one   back     off         server      silence  rs1  rs1
  one   back     on          director    rs1      rs1  rs1
  one   back     on          server      silence  rs1  rs1
  one   lo       off         director    rs1      rs1  rs1
  one   lo       off         server      silence  rs1  rs1
  one   lo       on          director    rs1      rs1  rs1
  one   lo       on          server      silence  rs1  rs1
  one   nowhere  off         director    rs1      rs1  rs1
  one   nowhere  off         server      silence  rs1  rs1
  one   nowhere  on          director    rs1      rs1  rs1
  one   nowhere  on          server      silence  rs1  rs1
'

# ---- who is where -----------------------------------------------------------

# VIPs are in the network that the client comes by: front with two arms, back
# with one.
address() { # NET HOST-PART FAMILY
	case $3 in 4) echo "10.$1.0.$2" ;; 6) echo "fd0$1::$2" ;; esac
}

net_of() { # ARMS
	case $1 in two) echo 1 ;; one) echo 2 ;; esac
}

vip() { # ARMS METHOD FAMILY
	local part
	case $2 in nat) part=100 ;; dr) part=101 ;; tun) part=102 ;; esac
	address "$(net_of "$1")" $part "$3"
}

bits() { # FAMILY
	case $1 in 4) echo 32 ;; 6) echo 128 ;; esac
}

# Whatever the row, one table decides by whom rs1 answers: the director, or the
# client itself as if it were a router.
add_routes() {
	local f
	for f in $families; do
		ip -n "$prefix-rs1" "-$f" rule add \
			from "$(address 2 11 "$f")" lookup 100
		ip -n "$prefix-rs1" route add "$(address 2 1 "$f")" dev eth0 \
			table 100
		# Reached through the director, and no business of its.
		ip -n "$prefix-rs1" addr add "$(address 9 2 "$f")" dev lo
		ip -n "$d" route add "$(address 9 2 "$f")" \
			via "$(address 2 11 "$f")"
		ip -n "$prefix-client" route add "$(address 9 2 "$f")" \
			via "$(address 1 1 "$f")"
	done
}

set_replies() { # director|server
	local f part
	case $1 in director) part=1 ;; server) part=2 ;; esac
	for f in $families; do
		ip -n "$prefix-rs1" "-$f" route replace default \
			via "$(address 2 "$part" "$f")" table 100
	done
}

set_forwarding() { # on|off
	local value=0
	[ "$1" = off ] || value=1
	# The settings of single interfaces follow these two.
	on director sysctl -q -w net.ipv4.ip_forward="$value" \
		net.ipv6.conf.all.forwarding="$value"
}

# All VIPs of ARMS on interface PLACE of the director, and on no other.  What the
# host itself begins does not come from them: of two IPv6 addresses it would
# else take the one with the longer prefix.
place_vips() { # ARMS PLACE|nowhere
	local method f where
	for where in "${placed[@]}"; do
		ip -n "$d" addr del "${where%@*}" dev "${where#*@}" || return
	done
	placed=()
	[ "$2" != nowhere ] || return 0
	for method in $methods; do
		for f in $families; do
			where=$(vip "$1" "$method" "$f")/$(bits "$f")
			ip -n "$d" addr add "$where" dev "$2" preferred_lft 0 ||
				return
			placed+=("$where@$2")
		done
	done
}
placed=()

# ---- lvsd -------------------------------------------------------------------

configuration() { # INTERFACE... -- [LINE...]
	local arms method f port
	printf 'socket = "%s"\n' "$work/lvsd.sock"
	while [ "$1" != -- ]; do
		printf 'interface "%s" { }\n' "$1"
		shift
	done
	shift
	printf '%s\n' "$@"
	for arms in one two; do
		for method in $methods; do
			if [ "$method" = nat ]; then port=8080; else port=80; fi
			for f in $families; do
				printf 'virtual_service "tcp %s:80" {\n' \
					"$(url "$(vip $arms "$method" "$f")")"
				printf '\tmethod = %s\n\treal_server "%s:%d" { }\n}\n' \
					"$method" "$(url "$(address 2 11 "$f")")" $port
			done
		done
	done
}

interfaces_of() { # ARMS
	case $1 in two) echo front back ;; one) echo back ;; esac
}

# Wait until lvsd's log has TEXT after its first LINES.
logged() { # TEXT LINES
	timeout 20 tail -n "+$(($2 + 1))" -F "$work/lvsd.log" 2>/dev/null |
		grep -qm1 -F -e "$1"
}

set_arms() { # ARMS
	local seen
	[ "$1" != "$arms_now" ] || return 0
	arms_now=$1
	seen=$(wc -l <"$work/lvsd.log")
	# shellcheck disable=SC2046 # one word an interface
	configuration $(interfaces_of "$1") -- >"$work/lvsd.conf"
	kill -HUP "$lvsd_pid" && logged applied: "$seen"
}

# What the kernel tells of addresses reaches lvsd before what lvsadm asks.
set_row() { # ARMS VIP-ON FORWARDING REPLIES-BY
	set_arms "$1" && place_vips "$1" "$2" && set_forwarding "$3" &&
		set_replies "$4" && adm -Ln >/dev/null &&
		ip -n "$prefix-client" neigh flush all
}

# ---- what is tried ----------------------------------------------------------

pings() { # HOST ADDRESS
	on "$1" ping -q -c 1 -W 5 "$2"
}

# TCP packets of the services as rs1 and the client count them themselves.
count_packets() {
	local host side
	for host in rs1 client; do
		case $host in rs1) side=d ;; client) side=s ;; esac
		on $host nft -f - <<-RULES || return
			table inet seen {
				counter in {}
				counter out {}
				counter resets {}
				chain in {
					type filter hook prerouting priority -300
					tcp ${side}port { 80, 8080 } counter name in
					tcp sport { 80, 8080 } tcp flags rst counter name resets
				}
				chain out {
					type filter hook output priority -300
					tcp $([ $side = s ] && echo d || echo s)port { 80, 8080 } counter name out
				}
			}
		RULES
	done
}

# "in=3 out=4 resets=0" of HOST; then all are 0 if COMMAND is reset.
counted() { # list|reset HOST
	on "$2" nft "$1" counters table inet seen |
		awk '/counter/ { name = $2 }
			/packets/ { printf "%s%s=%d", sep, name, $2; sep = " " }'
}

# What the one sent came to the other as often, and is all there.
counts_agree() {
	local client rs1 began=$SECONDS
	while [ $((SECONDS - began)) -lt 3 ]; do
		client=$(counted list client) rs1=$(counted list rs1)
		# Theirs: in=A out=B; ours: in=B out=A.
		[[ "$client;$rs1" =~ ^in=([0-9]+)\ out=([0-9]+)\ resets=0\;in=([0-9]+)\ out=([0-9]+)\  ]] &&
			[ "${BASH_REMATCH[1]}" -eq "${BASH_REMATCH[4]}" ] &&
			[ "${BASH_REMATCH[2]}" -eq "${BASH_REMATCH[3]}" ] &&
			[ "${BASH_REMATCH[1]}" -gt 0 ] && return
	done
	echo "client: $client; rs1: $rs1"
	return 1
}

# One connection to the VIP of METHOD.
serves() { # EXPECTED ARMS METHOD FAMILY
	local before patience=2
	before=$(kernel_did)
	[ "$1" != silence ] || patience=0.2
	counted reset client >/dev/null
	counted reset rs1 >/dev/null
	connects "$1" client "$(vip "$2" "$3" "$4")" 80 || return
	[ "$1" = silence ] || counts_agree || return
	same "$before" "$(kernel_did)"
}

# A VIP answers ping, once and whole, whoever has it: of the director's replies
# those to fragments are fragments.
ping_of_any_size() { # ARMS FAMILY
	local before said size
	before=$(kernel_did)
	for size in 56 1400 4000; do
		said=$(on client ping -n -c 3 -i 0.01 -W 5 -s "$size" \
			"$(vip "$1" dr "$2")") || {
			echo "$said"
			return 1
		}
		echo "$said"
		grep -q '3 received, 0% packet loss' <<<"$said" || return
	done
	same "$before" "$(kernel_did)"
}

# What has nothing to do with the services.
host_works() { # ARMS VIP-ON FORWARDING
	local f net vip
	net=$(net_of "$1")
	for f in $families; do
		vip=$(vip "$1" nat "$f")
		connects director client "$(address "$net" 1 "$f")" 80 || return
		connects rs1 director "$(address 2 11 "$f")" 8080 || return
		if [ "$2" != nowhere ]; then
			connects director client "$vip" 8080 || return
			connects refused client "$vip" 81 || return
		fi
		ping_of_any_size "$1" "$f" || return
		if [ "$1-$3" = two-on ]; then
			connects rs1 client "$(address 9 2 "$f")" 8080 || return
			pings client "$(address 9 2 "$f")" || return
		fi
	done
}

# ---- the tests --------------------------------------------------------------

try_row() { # ARMS VIP-ON FORWARDING REPLIES-BY NAT DR TUN
	local name="$1-armed, VIP on $2, forwarding $3, replies by the $4"
	local method f expected
	check "$name" set_row "$@"
	for method in $methods; do
		case $method in nat) expected=$5 ;; dr) expected=$6 ;; tun) expected=$7 ;; esac
		for f in $families; do
			check "$name: $method, IPv$f: $expected" \
				serves "$expected" "$1" "$method" "$f"
		done
	done
	check "$name: the rest works" host_works "$1" "$2" "$3"
}

add_network
add_routes
start_nginx rs1
start_nginx director
start_decap rs1 || exit 1
# shellcheck disable=SC2046 # several
add_vips $(for arms in one two; do
	for f in $families; do
		vip $arms dr "$f"
		vip $arms tun "$f"
	done
done) || exit 1
count_packets || exit 1
arms_now=two
configuration front back -- >"$work/lvsd.conf"
start director "$lvsd" -c "$work/lvsd.conf" --ready-fd 1 || exit 1
lvsd_pid=$started

while read -r -a row <&3; do
	case ${row[0]:-#} in '#') continue ;; esac
	try_row "${row[@]}"
done 3<<<"$rows"

# ---- an end without a word --------------------------------------------------

kernel_is_back() {
	local f
	for f in $families; do
		connects director client "$(vip two nat "$f")" 80 || return
	done
}

check "a row with VIPs on the host" set_row two front off director
kill -KILL "$lvsd_pid" && wait "$lvsd_pid" 2>/dev/null
check "lvsd killed: the host answers again" kernel_is_back

# ---- no claim ---------------------------------------------------------------

# What goes wrong without one, and what to change.
without='
# VIP on   IPv4 forwards  IPv6 forwards  refused for
  front    0              0              4a 6a
  lo       0              0              4a 6a
  nowhere  0              0              -
  nowhere  1              0              4f
  nowhere  0              1              6f
  front    1              1              4a 6a 4f 6f
'

# Without what BPF needs.
powerless='setpriv --bounding-set=-bpf,-sys_admin,-perfmon'

remedy() { # CODE VIP-ON
	case $1 in
	4a) echo "is an address of this host, which would answer as well: ip address del $(vip two nat 4)/32" ;;
	6a) echo "is an address of this host, which would answer as well: ip address del $(vip two nat 6)/128" ;;
	4f) echo "sysctl -w net/ipv4/conf/front/forwarding=0" ;;
	6f) echo "sysctl -w net/ipv6/conf/all/forwarding=0" ;;
	esac
}

# lvsd by COMMAND names what is to change, and that only; or it starts.
refused() { # EXPECTED [COMMAND...]
	local code log=$work/env.log
	: >"$log"
	if start director env "${@:2}" "$lvsd" -c "$work/lvsd.conf" \
		--ready-fd 1; then
		kill "$started" && wait "$started"
		same "$1" -
		return
	fi
	wait "$started"
	same 1 $? || return
	for code in 4a 6a 4f 6f; do
		case " $1 " in
		*" $code "*) grep -qF -e "$(remedy "$code")" "$log" || return ;;
		*) ! grep -qF -e "$(remedy "$code")" "$log" || return ;;
		esac
	done
}

start_without() { # VIP-ON IPV4 IPV6
	place_vips two "$1" && on director sysctl -q -w \
		net.ipv4.ip_forward="$2" net.ipv6.conf.all.forwarding="$3"
}

while read -r vips v4 v6 expected <&3; do
	case ${vips:-#} in '#') continue ;; esac
	name="VIP on $vips, forwarding IPv4 $v4, IPv6 $v6"
	start_without "$vips" "$v4" "$v6"
	configuration front back -- 'kernel_conflicts = refuse' >"$work/lvsd.conf"
	check "no claim wanted: $name: $expected" refused "$expected"
	configuration front back -- >"$work/lvsd.conf"
	# shellcheck disable=SC2086 # several words
	check "no claim to be had: $name: $expected" refused "$expected" \
		$powerless
done 3<<<"$without"

# ---- real servers that are the host --------------------------------------------

# With METHOD, one of the host beside one that is not, lvsd says TEXT and ends.
half_on_host() { # METHOD TEXT [LINE...]
	local out
	place_vips two front && on director sysctl -q -w \
		net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	{
		configuration front back -- "${@:3}"
		printf 'virtual_service "tcp %s:8080" {\n\tmethod = %s\n' \
			"$(vip two dr 4)" "$1"
		printf '\treal_server "%s" { }\n' 10.1.0.1 10.2.0.11
		printf '}\n'
	} >"$work/lvsd.conf"
	out=$(on director timeout 10 "$lvsd" -c "$work/lvsd.conf" 2>&1)
	same 1 $? || return
	echo "$out"
	grep -qF "$2" <<<"$out"
}

check "a service half on the host is refused without a claim" half_on_host dr \
	"$(vip two dr 4):8080: $(vip two dr 4) is an address of this host" \
	'kernel_conflicts = refuse'
check "the host as a real server by NAT is refused" half_on_host nat \
	"10.1.0.1:8080 is this host, which can't be a real server by NAT: method = dr, with the virtual address on this host"
finish
