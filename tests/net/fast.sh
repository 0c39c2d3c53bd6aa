#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# fast.sh - the fast path, on interfaces with their offloads: what it forwards
# arrives as it would by lvsd, counts and keeps connections alive as if lvsd had
# seen it.  What it should not take is in fastleaves.sh.
#
# Judges are the kernels at both ends, tshark, and lvsd without the fast path,
# for which all of this holds too (fastlib.sh).
# shellcheck disable=SC2317,SC2119,SC2120 # functions are called by check
# shellcheck source=tests/net/fastlib.sh
. "$(dirname "$0")/fastlib.sh"

need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" "$shape" "$stream" \
	nginx curl jq nft nstat tcpdump tshark ethtool
exec 3>&1 # check has the output of what it runs
files=$work/files

# ---- bulk -------------------------------------------------------------------

download() { # WAY
	same "$sum" "$(get "http://$(url "$(vip "$1")")/files/big")"
}

upload() { # WAY
	on client curl -sS --fail --max-time 120 -T "$files/big" \
		"http://$(url "$(vip "$1")")/put/$1" || return
	same "$sum" "$(sha256sum <"$work/rs1/put/$1")"
}

# Segments that were sent again, that came out of order, and that came twice.
tcp_troubles() {
	local host
	for host in client rs1; do
		on "$host" nstat -asz TcpRetransSegs TcpExtTCPOFOQueue \
			TcpExtTCPDSACKOldSent TcpExtTCPDSACKOfoSent
	done | awk '/^Tcp/ { sum[$1] += $2 } END {
		print sum["TcpRetransSegs"], sum["TcpExtTCPOFOQueue"],
			sum["TcpExtTCPDSACKOldSent"] + sum["TcpExtTCPDSACKOfoSent"] }'
}

# Hardly anything is sent again, and nothing doubled.  Out of order is what
# overtakes lvsd when its flow is entered, but also what a sender sent before it
# changed the processor, by kernel routing too.
smooth() { # WHAT COMMAND...
	local before after again
	read -r -a before < <(tcp_troubles)
	is_fast "${@:2}" || return
	read -r -a after < <(tcp_troubles)
	again=$((after[0] - before[0]))
	echo "# figure: $1: $again sent again," \
		"$((after[1] - before[1])) out of order, of $fast and $slow" >&3
	[ "$fast_path" = no ] || [ "$fast" -gt $((slow * 9)) ] || return
	[ "$again" -le 4000 ] && [ $((after[2] - before[2])) -le "$again" ]
}

# What is sent in one piece arrives in one, in both directions of WAY that pass
# the director.
stays_whole() { # WAY
	local pieces='ip.len > 20000 || ipv6.plen > 20000'
	watch rs1:eth0 client:front -- is_fast \
		on client "$stream" ask -u 8000000 -d 8000000 "$(vip "$1")" 9 ||
		return
	some rs1:eth0 "$pieces" || return
	[[ $1 != nat* ]] || some client:front "$pieces"
}

# Everything that is wrong in the packets of FILE, which are MIN at least.
nothing_wrong() { # FILE MIN
	local bad
	bad=$(tshark -r "$1" -o ip.check_checksum:TRUE \
		-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y 'ip.checksum.status == 0 || tcp.checksum.status == 0 ||
			udp.checksum.status == 0 || _ws.malformed' \
		2>/dev/null | head -5)
	same '' "$bad" || return
	[ "$(tshark -r "$1" 2>/dev/null | wc -l)" -ge "$2" ]
}

some_of_each() {
	local way
	for way in $ways; do
		on client "$stream" ask -u 500000 -d 500000 "$(vip "$way")" 9 &&
			ask_often "$way" 20100 20 || return
	done
}

# Who finishes sums is each sender, or the director: either way none is left
# when a packet is seen.
right_sums() { # HOST:NAME...
	local cable status
	for cable; do
		on "${cable%:*}" ethtool -K "${cable#*:}" tx off >/dev/null
	done
	watch rs1:eth0 client:front client:back -- is_fast some_of_each
	status=$?
	for cable; do
		on "${cable%:*}" ethtool -K "${cable#*:}" tx on >/dev/null
	done
	[ "$status" -eq 0 ] || return
	nothing_wrong "$work/rs1-eth0.pcap" 2000 &&
		nothing_wrong "$work/client-front.pcap" 500
}

# ---- what packets look like ---------------------------------------------------

# The client's datagrams have this in their headers.
marked() { # DSCP ECN DF
	on client nft -f - <<-RULES
		table inet look
		delete table inet look
		table inet look {
			chain out {
				type filter hook output priority 0
				meta l4proto udp ip dscp set $1
				meta l4proto udp ip ecn set $2
				meta l4proto udp ip6 dscp set $1
				meta l4proto udp ip6 ecn set $2
			}
		}
	RULES
	on client sysctl -q -w net.ipv4.ip_no_pmtu_disc="$3"
}

fields='eth.src eth.dst ip.src ip.dst ip.ttl ip.dsfield ip.flags.df ip.len
	ipv6.src ipv6.dst ipv6.hlim ipv6.tclass ipv6.plen ipv6.flow
	udp.srcport udp.dstport'

# Whole headers but for what differs by packet, each once.
looks() { # FILE FILTER
	local field arguments=()
	for field in $fields; do
		arguments+=(-e "$field")
	done
	tshark -r "$1" -Y "$2" -T fields "${arguments[@]}" 2>/dev/null |
		sort | uniq -c
}

# The first of a flow is lvsd's, the others are not; at its end they are the
# same.
looks_the_same() { # WAY PORT
	watch rs1:eth0 client:front -- takes 5 20 ask_often "$1" "$2" 9 || return
	looks "$work/rs1-eth0.pcap" "udp.srcport == $2" | tee "$work/looks"
	same 1 "$(wc -l <"$work/looks")" && same 9 "$(awk '{ print $1 }' "$work/looks")" ||
		return
	[[ $1 == nat* ]] || return 0
	looks "$work/client-front.pcap" "udp.dstport == $2" | tee "$work/looks"
	same 1 "$(wc -l <"$work/looks")" && same 9 "$(awk '{ print $1 }' "$work/looks")"
}

# ---- counters -----------------------------------------------------------------

# COUNT datagrams of the echo, as it makes them, with their headers.
bytes_of_echo() { # FAMILY COUNT
	awk -v header=$(($1 == 4 ? 28 : 48)) -v n="$2" 'BEGIN {
		for (i = 0; i < n; i++)
			sum += header + 4 + i % 1396
		print sum
	}'
}

counts_datagrams() { # WAY
	local bytes
	bytes=$(bytes_of_echo "${1: -1}" 300)
	adm -Z
	is_fast on client "$echo_udp" ask "$(vip "$1")" 7 300 || return
	case $1 in
	nat*) same "1 300 300 $bytes $bytes" "$(counters "$1" 7)" ;;
	*) same "1 300 0 $bytes 0" "$(counters "$1" 7)" ;;
	esac
}

# IP packets of FILE that FILTER selects, and their bytes.
sum_of() { # FILE FILTER
	tshark -r "$1" -Y "$2" -T fields -e ip.len -e ipv6.plen 2>/dev/null |
		awk -F'\t' '{ sum += $1 ? $1 : $2 + 40 } END { print NR, sum + 0 }'
}

closed() { # WAY PORT
	[[ $(conn "$1" "$2") != ESTABLISHED* ]]
}

counts_bytes() { # WAY
	local cap up down
	adm -Z
	capture client front "$work/wire.pcap" 'tcp port 9' || return
	cap=$started
	is_fast on client "$stream" ask -u 3000000 -d 2000000 -p 30400 \
		"$(vip "$1")" 9 || return
	# The last packets may be on their way still.
	soon closed "$1" 30400 || return
	stop "$cap" INT
	read -r -a up < <(sum_of "$work/wire.pcap" 'tcp.dstport == 9')
	read -r -a down < <(sum_of "$work/wire.pcap" 'tcp.srcport == 9')
	[ "${up[1]}" -gt 3000000 ] || return
	same "1 ${up[0]} ${down[0]} ${up[1]} ${down[1]}" "$(counters "$1" 9)"
}

# ---- timers -------------------------------------------------------------------

# More than thrice its timeout, and it is the same connection still; then it
# ends in time.
udp_flows_last() {
	local way pids=() pid end
	adm --set 2 2 2 && adm -Z
	for way in $ways; do
		ask_often "$way" 20200 14 500 &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || return
	done
	end=${EPOCHREALTIME/./}
	for way in $ways; do
		same "$way 1" "$way $(counters "$way" 7 | sed 's/ .*//')" || return
	done
	while adm -Lnc | grep -q :20200; do
		[ $((${EPOCHREALTIME/./} - end)) -lt 5000000 ] || return
	done
	end=$((${EPOCHREALTIME/./} - end))
	echo "# figure: with a timeout of 2 s forgotten after $((end / 1000)) ms" >&3
	[ "$end" -gt 1000000 ] && [ "$end" -lt 4000000 ]
}

tcp_flows_last() {
	local way status=0 left
	adm --set 2 2 2 && adm -Z
	for way in $ways; do
		begin_stream "$way" 9 -e -r 64 -p 30200 || return
	done
	sleep 5
	for way in $ways; do
		gets_on "$way" 9 8192 || status=1
		same "$way 1" "$way $(counters "$way" 9 | sed 's/ .*//')" || status=1
	done
	adm --set 20 0 0
	for way in $ways; do
		gets_on "$way" 9 8192 || status=1
	done
	sleep 3
	for way in $ways; do
		left=$(conn "$way" 30200 | sed 's/.* //')
		echo "$way expires in $left s"
		[ "$left" -ge 18 ] || status=1
	done
	return "$status"
}

streams_close() {
	local way status=0
	for way in $ways; do
		end_stream "$way" || status=1
	done
	adm --set 900 120 300
	return "$status"
}

# ---- ends of connections --------------------------------------------------------------

# A connection that ends as WORDs say, and its state then.
ends_in() { # STATE WAY STATUS OPTION...
	adm -Z
	on client timeout 20 "$stream" ask -u 300000 -d 300000 "${@:4}" \
		-p 30000 "$(vip "$2")" 9
	same "$3" $? && soon state_is "$1" "$2" 30000
}

ends_of() { # WAY
	# Of DR and TUN the director sees the client's part.
	local closed=TIME_WAIT reset=CLOSE
	[[ $1 == nat* ]] || closed=FIN_WAIT reset=ESTABLISHED
	check "$1: both close" ends_in $closed "$1" 0
	check "$1: the same port again, the client resets" \
		ends_in CLOSE "$1" 0 -k
	check "$1: the same port again, the server resets" \
		ends_in $reset "$1" 1 -q
}

half_closed() { # WAY
	on client "$stream" ask -u 10000 -d 8000000 -l "$(vip "$1")" 9 &&
		on client "$stream" ask -u 8000000 -d 1 "$(vip "$1")" 9
}

# The client has forgotten its connection, and begins anew from its port.
port_again() { # WAY
	begin_stream "$1" 9 -e -r 256 -p 30100 && gets_on "$1" 9 || return
	on client nft -f - <<-RULES
		table inet mute {
			chain out {
				type filter hook output priority 0
				tcp sport 30100 tcp flags & (fin | rst) != 0 drop
			}
		}
	RULES
	stop "${streams[$1]}" KILL
	unset "streams[$1]"
	on client ss -K sport = 30100 >/dev/null
	on client nft delete table inet mute
	same '' "$(on client ss -Htn state established sport = 30100)" || return
	on client "$stream" ask -u 500000 -d 500000 -p 30100 "$(vip "$1")" 9
}

# ---- many -----------------------------------------------------------------------------

# 1,200 connections of two clients, all at once, by weight.
crowd() { # WAY
	local family=${1: -1} pid status
	on client "$stream" ask -c 600 -p 31000 -u 20000 -d 30000 \
		-b "$(address 1 2 "$family")" "$(vip "$1")" 90 \
		>"$work/crowd1" 2>&1 &
	pid=$!
	on client "$stream" ask -c 600 -p 31000 -u 30000 -d 20000 \
		-b "$(address 1 3 "$family")" "$(vip "$1")" 90 \
		>"$work/crowd2" 2>&1
	status=$?
	wait "$pid" || status=1
	cat "$work"/crowd?
	[ "$status" -eq 0 ] || return
	same '1:600 2:400 3:200' "$(tail -qn 1 "$work"/crowd? | tr ' ' '\n' |
		awk -F: '{ n[$1] += $2 } END {
			printf "1:%d 2:%d 3:%d", n[1], n[2], n[3] }')"
}

flows() {
	adm --status --json | jq .fast_path.flows
}

has_flows() { # FEWEST MOST
	local now
	now=$(flows)
	echo "$now flows"
	[ "$now" -ge "$1" ] && [ "$now" -le "$2" ]
}

# More than it holds: 240 connections, most of two flows.
table_is_full() {
	local way
	for way in $ways; do
		begin_stream "$way" 90 -e -c 40 -r 8 || return
	done
	[ "$fast_path" = no ] || soon has_flows 48 64
}

# Closed connections leave none.
table_is_empty() {
	[ "$fast_path" = no ] || soon has_flows 0 0
}

# ---- the host -----------------------------------------------------------------------------

host_is_kept_off() { # WAY
	local before
	before=$(kernel_did)
	is_fast download "$1" && is_fast upload "$1" &&
		ask_often "$1" 20500 20 &&
		connects rs1 client "$(vip "$1")" 80 || return
	same "$before" "$(kernel_did)"
}

# The host and rs1, and each has both ways of 4 MB.
shares_with_host() { # FAMILY
	adm -Z
	same 'd:10 1:30' "$(on client "$stream" ask -c 40 -u 100000 -d 100000 \
		"$(address 1 101 "$1")" 91 | tail -1 | tr ' ' '\n' | sort -r | xargs)"
}

give_vips_to_host() {
	local way
	for way in $ways; do
		ip -n "$prefix-director" addr add "$(vip "$way")/$(bits "$way")" \
			dev lo preferred_lft 0 || return
	done
	on director sysctl -q -w net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
}

host_services() {
	local family
	for family in $families; do
		printf 'virtual_service "tcp %s:91" { scheduler = wrr method = dr\n' \
			"$(url "$(address 1 101 "$family")")"
		printf '\treal_server "%s" { weight = 1 }\n' \
			"$(address 2 1 "$family")"
		printf '\treal_server "%s" { weight = 3 }\n}\n' \
			"$(address 2 11 "$family")"
	done
}

# Killed, it leaves no program: nothing is forwarded from then on, and the host
# refuses what it now gets.
leaves_nothing() { # WAY
	begin_stream "$1" 9 -e -r 2048 && gets_on "$1" 9 || return
	stop "$lvsd_pid" KILL
	! ends_well "$1" || return
	grep -q 'reset by peer' "$work/stream.$1" || return
	! command -v bpftool >/dev/null ||
		same '' "$(on director bpftool net list | grep -e tcx -e clsact)"
}

# ---- the tests ------------------------------------------------------------------------------

add_network
ip -n "$prefix-client" addr add 10.1.0.3/24 dev front
ip -n "$prefix-client" addr add fd01::3/64 dev front nodad preferred_lft 0
mkdir "$files"
head -c 64M /dev/urandom >"$files/big"
sum=$(sha256sum <"$files/big")
add_servers || exit 1
keep_neighbours || exit 1
need_director

for way in $ways; do
	check "$way: 64 MiB to the client" \
		smooth "$way to the client" download "$way"
	check "$way: 64 MiB to the server" \
		smooth "$way to the server" upload "$way"
	check "$way: large packets stay whole" stays_whole "$way"
done
check "sums finished by who sends" \
	right_sums client:front rs1:eth0
check "sums finished by the director" \
	right_sums director:front director:back

port=20000
for mark in '0 not-ect 0' '46 ect0 0' '10 ce 1'; do
	# shellcheck disable=SC2086 # three words
	marked $mark
	for way in $ways; do
		port=$((port + 1))
		check "$way: one packet looks like another (DSCP, ECN, DF: $mark)" \
			looks_the_same "$way" $port
	done
done
marked 0 not-ect 0

for way in $ways; do
	check "$way: datagrams are counted" counts_datagrams "$way"
	check "$way: bytes are counted as on the wire" counts_bytes "$way"
done

check "a flow in use outlives its timeout, and ends in time" udp_flows_last
check "connections in use outlive their timeout" tcp_flows_last
check "they close" streams_close

for way in $ways; do
	ends_of "$way"
	check "$way: half closed" half_closed "$way"
	check "$way: a port used again without a word" port_again "$way"
	check "$way: 1,200 connections at once by weight 3, 2, 1" crowd "$way"
	check "$way: UDP echo" is_fast on client "$echo_udp" ask "$(vip "$way")" 7 2000
done

# ---- a table too small ------------------------------------------------------------------------

stop "$lvsd_pid"
check "64 flows: lvsd starts" start_director 'fast_flows = 64'
check "64 flows: 240 connections" table_is_full
check "64 flows: they close" streams_close
check "64 flows: none is left" table_is_empty
for way in $ways; do
	check "64 flows, $way: 1,200 connections at once" crowd "$way"
done
check "64 flows: none is left" table_is_empty
stop "$lvsd_pid"

# ---- VIPs on a host that forwards ---------------------------------------------------------------

start_nginx director
start director "$stream" serve 91 d || exit 1
start rs1 "$stream" serve 91 1 || exit 1
give_vips_to_host
if start_director "$(host_services)"; then
	for way in $ways; do
		check "$way: the host is kept off its VIP" host_is_kept_off "$way"
		check "$way: the rest of it is the host's" \
			connects director client "$(vip "$way")" 8080
	done
	for f in $families; do
		check "IPv$f: the host is a real server too" shares_with_host "$f"
	done
	check "lvsd is killed, and nothing is forwarded" leaves_nothing nat4
	check "the host answers" connects director client "$(vip nat4)" 80
	check "lvsd is started again" start_director "$(host_services)"
	for way in $ways; do
		check "$way: the next connections are fast" is_fast download "$way"
	done
else
	skip "VIPs on a host that forwards" "no claim here"
fi
finish
