#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# soak.sh [SECONDS] - mixed load for so long (30): short and long connections
# and datagrams by every method in both families, while real servers come, go
# and change their weight.  Every byte must be right, lvsd's memory must not
# grow without reason, and its sanitizers, if it was built with them, must have
# nothing to say at its end.
#
# As a test of tests/net; top_builddir is what to soak.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/net/lib.sh"

seconds=${1:-30}
need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" nginx curl

# METHOD and its VIP in either family.
vips='nat 10.1.0.100 fd01::100
dr 10.1.0.101 fd01::101
tun 10.1.0.102 fd01::102'

service() { # METHOD PROTOCOL VIP FAMILY PORT HOST...
	local host
	printf 'virtual_service "%s %s:%d" {\n' "$2" "$(url "$3")" "$5"
	printf '\tscheduler = "wlc"\n\tmethod = "%s"\n' "$1"
	for host in "${@:6}"; do
		case $4 in
		4) printf '\treal_server "10.2.0.1%d:%d" { }\n' "$host" "$5" ;;
		6) printf '\treal_server "[fd02::1%d]:%d" { }\n' "$host" "$5" ;;
		esac
	done
	printf '}\n'
}

configuration() {
	local method four six
	while read -r method four six; do
		service "$method" tcp "$four" 4 80 1 2 3
		service "$method" tcp "$six" 6 80 1 2 3
		service "$method" udp "$four" 4 7 1 2
		service "$method" udp "$six" 6 7 1 2
	done <<<"$vips"
}

running() {
	[ "$SECONDS" -lt "$end" ]
}

wrong() { # WHAT
	echo "$1" >>"$work/wrong"
}

did() { # WHAT: for the summary
	echo "$1" >>"$work/did"
}

short_connections() { # VIP
	local got
	while running; do
		got=$(on client curl -sS --max-time 60 -H 'Connection: close' \
			"http://$(url "$1")/?[1-100]" 2>&1)
		if [ "$(echo "$got" | grep -c '^rs[123]$')" -ne 100 ]; then
			wrong "short connections to $1: $(echo "$got" |
				grep -v '^rs[123]$' | head -2)"
		fi
		did short
	done
}

long_connections() { # VIP
	while running; do
		[ "$(get "http://$(url "$1")/files/big")" = "$sum" ] ||
			wrong "a long connection to $1"
		did long
	done
}

# Under such a load a datagram may be lost, anywhere; none may come back wrong.
datagrams() { # VIP
	local status
	while running; do
		on client "$echo_udp" ask "$1" 7 2000 >>"$work/udp.log" 2>&1
		status=$?
		case $status in
		0) did 'datagrams, all back' ;;
		1) did 'datagrams, some lost' ;;
		*) wrong "datagrams to $1: $(tail -1 "$work/udp.log")" ;;
		esac
	done
}

# The third real server of the web services: quiesced, removed and taken back
# with the connections it still has, weighed anew.
churn() {
	local method four six pair vip rip option
	while running; do
		while read -r method four six; do
			case $method in
			nat) option=-m ;; dr) option=-g ;; tun) option=-i ;;
			esac
			for pair in "$four 10.2.0.13" "$(url "$six") [fd02::13]"; do
				vip=${pair% *}:80 rip=${pair#* }:80
				{
					adm -e -t "$vip" -r "$rip" $option -w 0 &&
						adm -d -t "$vip" -r "$rip" &&
						adm -a -t "$vip" -r "$rip" $option -w 2 &&
						adm -e -t "$vip" -r "$rip" $option -w 1
				} >>"$work/adm.log" 2>&1 ||
					wrong "lvsadm: $(tail -1 "$work/adm.log")"
				did change
			done
		done <<<"$vips"
		adm -Ln --stats >/dev/null || wrong 'lvsadm -Ln --stats'
		adm -Lnc >/dev/null || wrong 'lvsadm -Lnc'
	done
}

# lvsd's resident memory in KiB and the connections it holds, once a second.
watch_memory() {
	local rss connections
	while running; do
		rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$daemon/status")
		connections=$(adm -Lnc | wc -l)
		echo "$rss $connections" >>"$work/memory"
		sleep 1
	done
}

memory_flat() {
	awk -v long=$((seconds >= 600)) '
	{ rss[NR] = $1; conns[NR] = $2; if ($2 > most) most = $2 }
	function peak(from, to, i, max) {
		for (i = int(from) + 1; i <= to; i++)
			if (rss[i] > max)
				max = rss[i]
		return max
	}
	END {
		middle = peak(NR / 3, 2 * NR / 3); last = peak(2 * NR / 3, NR)
		printf "# figure: %d KiB at first, %d in the second third, ",
			rss[1], middle
		printf "%d in the last; %d connections at most\n", last, most
		# Connections live on for 2 minutes after their end, so a short
		# run never stands still: then each may cost 2 KiB, sanitizers
		# and all.
		if (long)
			exit last > middle * 1.05 + 4096
		exit last > rss[1] + 2 * most + 65536
	}' "$work/memory"
}

nothing_wrong() {
	sort "$work/did" | uniq -c | sed 's/^ *\([0-9]*\) /# figure: \1 x /'
	[ ! -s "$work/wrong" ] || { sort "$work/wrong" | uniq -c | head -20; false; }
}

ends_well() {
	kill -TERM "$daemon"
	wait "$daemon"
	local status=$?
	if grep -E 'AddressSanitizer|LeakSanitizer|runtime error' "$work/lvsd.log"; then
		cat "$work/lvsd.log"
		return 1
	fi
	[ "$status" -eq 0 ]
}

export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=16:${ASAN_OPTIONS:-}
add_network
start_nginxes
for host in rs1 rs2 rs3; do
	start_decap $host || exit 1
done
for host in rs1 rs2; do
	start $host "$echo_udp" serve 7 || exit 1
done
add_vips 10.1.0.101 10.1.0.102 fd01::101 fd01::102 || exit 1
mkdir "$work/files"
head -c 16M /dev/urandom >"$work/files/big"
sum=$(sha256sum <"$work/files/big")
# shellcheck disable=SC2119 # no more options
start_lvsd < <(configuration) || exit 1
daemon=$started
end=$((SECONDS + seconds))

watch_memory &
loops=($!)
churn &
loops+=($!)
while read -r _ four six; do
	for vip in "$four" "$six"; do
		for load in short_connections long_connections datagrams; do
			$load "$vip" &
			loops+=($!)
		done
	done
done <<<"$vips"
wait "${loops[@]}"

check "$seconds s: every byte arrived as it went" nothing_wrong
grep '^# figure' "$work/check.log"
check "memory does not grow without reason" memory_flat
grep '^# figure' "$work/check.log"
check "lvsd ends well, and no sanitizer has a word to say" ends_well
finish
