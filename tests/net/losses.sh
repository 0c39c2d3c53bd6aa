#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# losses.sh - what lvsd says of its interfaces: what they carried in
# lvsadm --status, what they lost there and in the log.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$lvsadm" jq tc ping

configuration() {
	cat <<-CONF
		virtual_service "udp 10.1.9.100:9" {
			method = nat
			real_server "10.2.0.11:9" { }
		}
	CONF
}

counter() { # INTERFACE COUNTER
	adm --status --json |
		jq ".interfaces[] | select(.name == \"$1\") | .$2"
}

until_true() { # COMMAND...
	for _ in {1..200}; do
		"$@" && return
		sleep 0.05
	done
	echo "not soon enough: $*"
	return 1
}

send() { # COUNT
	on client bash -c "exec dd if=/dev/zero bs=1000 count=$1 \
		>/dev/udp/10.1.9.100/9 2>/dev/null"
}

backend_is() { # INTERFACE BACKEND
	same "\"$2\"" "$(counter "$1" backend)"
}

at_least() { # COUNT INTERFACE COUNTER
	local got
	got=$(counter "$2" "$3")
	[ "$got" -ge "$1" ] || { echo "$2: $3 $got, not $1" && return 1; }
}

# More than the kernel keeps while lvsd does not look.
flood_asleep() {
	kill -STOP "$started"
	send 60000
	kill -CONT "$started"
	until_true logged 'front: [0-9]* packets lost, the receive queue was full'
}

logged() { # PATTERN
	grep -q "$1" "$work/lvsd.log"
}

# The line says as many as there are, if it was the first of its kind.
log_agrees() {
	local said
	said=$(sed -n 's/.*front: \([0-9]*\) packets lost, the rec.*/\1/p' \
		"$work/lvsd.log")
	same "$(counter front received.dropped)" "$said"
}

# Not more often than once a minute, however much is lost.
is_quiet() {
	local before
	before=$(counter front received.dropped)
	kill -STOP "$started"
	send 60000
	kill -CONT "$started"
	until_true eval "[ \"\$(counter front received.dropped)\" -gt $before ]"
	same 1 "$(grep -c 'front: .*the receive queue was full' \
		"$work/lvsd.log")"
}

slow_interface() {
	on director tc qdisc add dev back root tbf rate 8kbit burst 2000 \
		limit 3000
	send 100
	until_true logged \
		'\(front\|back\): [0-9]* packets lost, the interface did not'
	on director tc qdisc del dev back root
}

no_route() {
	ip -n "$prefix-director" route add unreachable 10.2.0.11
	send 10
	until_true logged 'front: [0-9]* packets lost, the host refused'
	ip -n "$prefix-director" route del unreachable 10.2.0.11
}

add_network
ip -n "$prefix-client" route add 10.1.9.0/24 via 10.1.0.1
ip -n "$prefix-director" route add blackhole 10.1.9.0/24
# The client is not told that nobody listens: it would send no more.
ip -n "$prefix-rs1" route add blackhole 10.1.0.0/24
# A next hop that is known: nothing has to wait for it.
until_true on director ping -q -c 1 -W 5 10.2.0.11 >/dev/null || exit 1
for backend in af_packet raw; do
	start_lvsd "backend = \"$backend\"" < <(configuration) || exit 1
	check "$backend: the name of the backend" backend_is front $backend
	send 10
	check "$backend: what came is counted" \
		until_true at_least 10 front received.packets
	check "$backend: with its bytes" at_least 10000 front received.bytes
	case $backend in af_packet) out=back ;; raw) out=front ;; esac
	check "$backend: so is what was sent" \
		until_true at_least 10 "$out" sent.packets
	check "$backend: nothing is lost" \
		same '0 0 0 0' "$(for port in front back; do
			counter $port received.dropped
			counter $port sent.dropped
		done | xargs)"
	check "$backend: a full receive queue is logged" flood_asleep
	check "$backend: with as many as are counted" log_agrees
	check "$backend: and once a minute at most" is_quiet
	check "$backend: so is an interface that is slow" slow_interface
	check "$backend: its ports stay open" \
		eval '! logged "waiting for it to come back"'
	[ $backend = raw ] && check "raw: what has no route is logged" no_route
	stop "$started"
	rm "$work/lvsd.log"
done
finish
