#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# claim.sh - what is claimed does not reach the host's own stack, all else
# does.  No director runs: a claimed packet that gets an answer, or comes out
# on the other side, got there by the kernel.
#
# The claim hangs on both interfaces of the director, which forwards.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

claimer=$build/tests/net/claimer
patience=1 # seconds until a claimed port is silent
need_root_and "$claimer" nginx curl socat tcpdump tc

d=$prefix-director

# ---- the claim --------------------------------------------------------------

start_claimer() { # tcx|clsact
	coproc CLAIMER {
		exec ip netns exec "$d" "$claimer" "$1" front back \
			2>>"$work/claimer.log"
	}
	# Bash keeps the coprocess's own descriptors from subshells.
	# shellcheck disable=SC2093 # nothing is executed
	exec {to}>&"${CLAIMER[1]}" {from}<&"${CLAIMER[0]}"
	ask hello
}

kill_claimer() {
	kill -KILL "$CLAIMER_PID"
	wait "$CLAIMER_PID" 2>/dev/null
	exec {to}>&- {from}<&-
}

ask() { # COMMAND...
	local line
	echo "$*" >&"$to" || return
	while read -r -t 20 line <&"$from"; do
		[ "$line" = . ] && return
		echo "$line"
	done
	echo "no answer to $*"
	return 1
}

# ---- who is there -----------------------------------------------------------

# vip: of the host itself; away: of rs1, reached through the host.
address() { # NAME FAMILY
	case $1$2 in
	vip4) echo 10.9.0.1 ;;
	vip6) echo fd09::1 ;;
	away4) echo 10.9.0.2 ;;
	away6) echo fd09::2 ;;
	client4) echo 10.1.0.2 ;;
	client6) echo fd01::2 ;;
	rs4) echo 10.2.0.11 ;;
	rs6) echo fd02::11 ;;
	esac
}

url() { # ADDRESS
	case $1 in *:*) echo "[$1]" ;; *) echo "$1" ;; esac
}

add_routes() {
	local f
	on director sysctl -q -w net.ipv4.conf.all.forwarding=1 \
		net.ipv6.conf.all.forwarding=1
	for f in 4 6; do
		ip -n "$d" addr add "$(address vip $f)" dev lo
		ip -n "$prefix-rs1" addr add "$(address away $f)" dev lo
		ip -n "$d" route add "$(address away $f)" via "$(address rs $f)"
	done
	ip -n "$prefix-client" route add 10.9.0.0/24 via 10.1.0.1
	ip -n "$prefix-client" route add 10.2.0.11 via 10.1.0.1
	ip -n "$prefix-client" route add fd09::/64 via fd01::1
	ip -n "$prefix-client" route add fd02::11 via fd01::1
}

claim_all() {
	local f rs
	ask flush || return
	for f in 4 6; do
		rs=$(url "$(address rs $f)")
		ask service tcp "$(url "$(address vip $f)"):80" nat "$rs:8080"
		ask service udp "$(url "$(address vip $f)"):53" nat "$rs:53"
		ask service tcp "$(url "$(address away $f)"):80" dr "$rs:80"
		ask service udp "$(url "$(address away $f)"):53" dr "$rs:53"
	done
}

# ---- what is tried ----------------------------------------------------------

pings() { # ADDRESS
	on client ping -q -c 1 -W 5 "$1"
}

# Nobody answers, as there is no director, and the host does not send it on.
is_silent_to_ping() { # ADDRESS
	! on client ping -q -c 1 -W 1 "$1"
}

# How many packets HOST's interface NAME sees of one UDP datagram of SIZE bytes.
# A second datagram, which nobody claims, tells when there is no more to wait
# for.
seen() { # HOST NAME SENDER SOURCE-PORT ADDRESS PORT SIZE
	local tap pid line count=0 udp
	case $5 in *:*) udp=UDP6 ;; *) udp=UDP4 ;; esac
	exec {tap}< <(exec ip netns exec "$prefix-$1" tcpdump -Z root -l -n \
		--immediate-mode -i "$2" \
		'ip proto 17 or ip6 proto 17 or ip6 proto 44' 2>&1)
	pid=$!
	while read -r -t 20 line <&"$tap"; do
		case $line in
		listening*)
			head -c "$7" /dev/zero | on "$3" socat -b 65536 -u - \
				"$udp-SENDTO:$(url "$5"):$6,sourceport=$4"
			echo end | on "$3" socat -u - \
				"$udp-SENDTO:$(url "$5"):9999"
			;;
		*.9999:*) break ;;
		*' > '*) count=$((count + 1)) ;;
		esac
	done
	stop "$pid"
	exec {tap}<&-
	echo "$count"
}

sees() { # COUNT HOST NAME SENDER SOURCE-PORT ADDRESS PORT SIZE
	same "$1" "$(seen "${@:2}")"
}

# The program finds the interface again that was deleted and made anew.
comes_back() {
	ip -n "$d" link del front
	add_cable client front director front
	add_address client front 1 2
	add_address director front 1 1
	ip -n "$prefix-client" route add 10.9.0.0/24 via 10.1.0.1
	ip -n "$prefix-client" route add fd09::/64 via fd01::1
	ip -n "$prefix-client" route add 10.2.0.11 via 10.1.0.1
	ip -n "$prefix-client" route add fd02::11 via fd01::1
	connects director client "$(address vip 4)" 80 || return
	same '' "$(ask link front)" || return
	connects silence client "$(address vip 4)" 80
}

leaves_out() { # COMMAND LOG-LINE
	ask flush
	same "${1%% *}: 1 not claimed" "$(ask "$1")" || return
	grep -q "$2" "$work/claimer.log"
}

no_filter_left() {
	same '' "$(on director tc filter show dev front ingress)"
}

no_filter_works() {
	connects director client "$(address vip 4)" 80 &&
		connects rs1 client "$(address away 6)" 80
}

# ---- the tests --------------------------------------------------------------

add_network
add_routes
start_nginx director
start_nginx rs1

one_family() { # ATTACH FAMILY
	local as="$1, IPv$2" vip away rs client
	vip=$(address vip "$2") away=$(address away "$2")
	rs=$(address rs "$2") client=$(address client "$2")

	ask flush
	check "$as: unclaimed, the host answers for its address" \
		connects director client "$vip" 80
	check "$as: unclaimed, the host forwards to another's" \
		connects rs1 client "$away" 80
	claim_all
	check "$as: a claimed port of the host's address is silent" \
		connects silence client "$vip" 80
	check "$as: another port answers" connects director client "$vip" 8080
	check "$as: a closed port refuses" connects refused client "$vip" 81
	check "$as: the address answers ping" pings "$vip"
	check "$as: a claimed port is not forwarded" \
		connects silence client "$away" 80
	check "$as: another port is" connects rs1 client "$away" 8080
	check "$as: ping of an address elsewhere is not" \
		is_silent_to_ping "$away"
	check "$as: ping of a real server is" pings "$rs"
	check "$as: the host reaches a real server" \
		connects rs1 director "$rs" 8080
	check "$as: a client reaches a real server past the service" \
		connects rs1 client "$rs" 8080
	check "$as: no fragment of a claimed datagram is forwarded" \
		sees 0 rs1 eth0 client 7000 "$away" 53 4000
	check "$as: those of another are" \
		sees 3 rs1 eth0 client 7000 "$away" 54 4000
	check "$as: packet sockets see what is claimed" \
		sees 3 director front client 7000 "$away" 53 4000
	check "$as: a real server's reply is not forwarded" \
		sees 0 client front rs1 53 "$client" 7000 100
	check "$as: what it says from another port is" \
		sees 1 client front rs1 54 "$client" 7000 100
}

for attach in tcx clsact; do
	start_claimer $attach >"$work/hello"
	if [ -s "$work/hello" ]; then
		skip "$attach" "$(tail -1 "$work/claimer.log")"
		continue
	fi
	for f in 4 6; do
		one_family $attach $f
	done
	check "$attach: an interface made anew" comes_back
	check "$attach: services by mark are named" \
		leaves_out 'mark 7 4 10.2.0.11:80' 'mark 7: cannot'
	check "$attach: services with a server on the host are named" \
		leaves_out 'service tcp 10.9.0.7:80 local 10.9.0.1:80' \
		'10.9.0.7:80: has a destination on this host'
	kill_claimer
	check "$attach: killed, nothing is claimed any more" no_filter_works
done

start_claimer clsact
exec {to}>&- {from}<&-
eval "exec ${CLAIMER[1]}>&-"
wait "$CLAIMER_PID"
check 'clsact: ended in order, no filter is left' no_filter_left

finish
