#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# lvsd.sh - lvsd as a daemon: what it needs to start and says if it lacks it,
# what it keeps of its privileges, how it tells that it is ready, how it stops.
# shellcheck source=tests/net/lib.sh disable=SC2317,SC2119,SC2120
. "$(dirname "$0")/lib.sh" # functions are called by check

need_root_and "$lvsd" "$lvsadm" setpriv socat nginx curl nstat
log=$work/env.log
socket=$work/lvsd.sock

service='virtual_service "tcp 10.1.0.100:80" {
	real_server "10.2.0.11:80" { }
}'

# It does not start, exits with STATUS and says TEXT.
refuses() { # STATUS TEXT COMMAND...
	local wanted=$1 text=$2 status
	shift 2
	on director timeout 10 "$@" >"$work/out" 2>&1
	status=$?
	cat "$work/out"
	same "$wanted" "$status" && grep -qF -e "$text" "$work/out"
}

configure() { # LINE...
	printf 'socket = "%s"\n' "$socket" >"$work/lvsd.conf"
	printf '%s\n' "$@" >>"$work/lvsd.conf"
}

# lvsd, already configured, by COMMAND; as start.
launch() { # [COMMAND...]
	start director env "$@" "$lvsd" -c "$work/lvsd.conf" --ready-fd 1
}

stops() { # SIGNAL
	kill "-$1" "$started" && wait "$started"
	same 0 $? && [ ! -e "$socket" ]
}

# Wait until the log has a line with TEXT after its first LINES.
logged() { # TEXT [LINES]
	timeout 20 tail -n "+$((${2:-0} + 1))" -F "$log" 2>/dev/null |
		grep -qm1 -F -e "$1"
}

lines() {
	wc -l <"$log"
}

status_of() { # FIELD
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$started/status"
}

keeps_two() {
	# CAP_NET_ADMIN is bit 12, CAP_NET_RAW 13.
	same "0000000000003000 0000000000003000" "$(status_of CapPrm) $(status_of CapEff)" &&
		same "0000000000000000 0000000000000000" \
			"$(status_of CapInh) $(status_of CapAmb)" &&
		same 1 "$(status_of NoNewPrivs)"
}

root_keeps_two() {
	keeps_two && same 0000000000000000 "$(status_of CapBnd)"
}

threads_too() {
	local task
	for task in "/proc/$started/task"/*; do
		same "$(grep ^Cap "/proc/$started/status")" \
			"$(grep ^Cap "$task/status")" || return
	done
	same 2 "$(find "/proc/$started/task" -mindepth 1 -maxdepth 1 | wc -l)"
}

becomes_nobody() {
	same "65534 65534 65534 65534" "$(status_of Uid | tr '\t' ' ')" &&
		same "" "$(status_of Groups | tr -d ' 0123456789')" &&
		keeps_two && same 65534 "$(stat -c %u "$socket")"
}

add_network

# ---- starting and stopping ------------------------------------------------

configure 'interface "front" { }' 'interface "back" { }' "$service"
check "starts, and --ready-fd gets a line" launch
check "answers on its socket" adm -Ln
check "keeps CAP_NET_ADMIN and CAP_NET_RAW, nothing else" root_keeps_two
check "every thread does" threads_too
check "a second one on the same socket is refused" refuses 1 \
	"another lvsd answers there" "$lvsd" -c "$work/lvsd.conf"
check "and the first goes on" adm -Ln
check "SIGTERM: status 0, socket gone" stops TERM
check "starts again" launch
check "SIGINT: status 0, socket gone" stops INT
check "starts to be killed" launch
kill -KILL "$started" && wait "$started" 2>/dev/null
check "takes over the socket of one that was killed" launch
check "and stops" stops TERM

# ---- systemd --------------------------------------------------------------

start_notified() {
	socat -u "UNIX-RECV:$work/notify" "CREATE:$work/notified" &
	systemd=$!
	until [ -S "$work/notify" ]; do sleep 0.01; done
	NOTIFY_SOCKET=$work/notify launch
}

notified() {
	kill "$systemd"
	wait "$systemd" 2>/dev/null
	tr '\n' ' ' <"$work/notified"
	[[ $(tr -d '\n' <"$work/notified") =~ ^READY=1RELOADING=1MONOTONIC_USEC=[0-9]+READY=1STOPPING=1$ ]]
}

check "starts under systemd" start_notified
kill -HUP "$started"
check "reloads" logged "applied: virtual services 0 added, 0 changed"
check "stops" stops TERM
check "systemd was told of all of it" notified

# ---- other users ----------------------------------------------------------

chmod 755 "$work"
mkdir -m 777 "$work/run"
socket=$work/run/control
configure 'user = "nobody"' 'interface "front" { }' "$service"
chmod 644 "$work/lvsd.conf"
check "user = nobody: starts" launch
check "is nobody with two capabilities, and so is its socket" becomes_nobody
seen=$(lines)
kill -HUP "$started"
check "can reload" logged "applied" "$seen"
check "and stops, socket gone" stops TERM
configure 'interface "front" { }' "$service"
check "an ordinary user is told what is missing" refuses 1 \
	"CAP_NET_ADMIN and CAP_NET_RAW are needed" \
	setpriv --reuid 65534 --regid 65534 --clear-groups \
	"$lvsd" -c "$work/lvsd.conf"
seen=$(lines)
check "with both capabilities it starts" launch setpriv --reuid 65534 \
	--regid 65534 --clear-groups --inh-caps=+net_admin,+net_raw \
	--ambient-caps=+net_admin,+net_raw
check "and keeps those" keeps_two
check "and says that there is no fast path" logged "no fast path: " "$seen"
check "and stops" stops TERM
configure "$service"
check "without an interface it needs none" launch setpriv --reuid 65534 \
	--regid 65534 --clear-groups
check "and says that nothing is forwarded" \
	logged "names no interface: nothing will be forwarded"
check "and stops" stops TERM
socket=$work/lvsd.sock

# ---- what it cannot have --------------------------------------------------

configure 'interface "nonesuch" { }'
check "an interface that is not there" refuses 1 \
	':2: interface "nonesuch": no such network interface' \
	"$lvsd" -c "$work/lvsd.conf"
configure 'user = "no-such-user"'
check "a user that does not exist" refuses 1 \
	'user "no-such-user" does not exist' "$lvsd" -c "$work/lvsd.conf"
configure 'interface "front" { }'
check "a socket in a directory that cannot be made" refuses 1 \
	"$work/no/such, for the control socket, cannot be made" \
	"$lvsd" -c "$work/lvsd.conf" --socket "$work/no/such/control"
check "a socket whose path is too long" refuses 1 "at most 107 bytes" \
	"$lvsd" -c "$work/lvsd.conf" \
	--socket "$work/$(printf '%0120d' 0)"
configure 'fast_path = yes' 'interface "front" { }'
check "a fast path without CAP_BPF, if it must be" refuses 1 \
	"fast_path = yes: permission denied; it takes CAP_BPF" \
	setpriv --bounding-set=-bpf,-sys_admin "$lvsd" -c "$work/lvsd.conf"
configure 'interface "front" { '
check "a configuration with a mistake" refuses 2 \
	"lvsd.conf:2: this { is never closed" "$lvsd" -c "$work/lvsd.conf"
check "it left no socket" [ ! -e "$socket" ]

# ---- what the kernel would do as well, unless it is kept off ---------------

set_forwarding() { # FAMILY VALUE
	case $1 in
	4) on director sysctl -q -w net.ipv4.ip_forward="$2" ;;
	6) on director sysctl -q -w net.ipv6.conf.all.forwarding="$2" ;;
	esac
}

for family in 4 6; do
	case $family in
	4) vip=10.1.0.100 vip_net=$vip/32 setting=net/ipv4/conf/front/forwarding ;;
	6) vip=fd01::100 vip_net=$vip/128 setting=net/ipv6/conf/all/forwarding ;;
	esac
	configure 'kernel_conflicts = refuse' 'interface "front" { }' \
		"virtual_service \"tcp $(url "$vip"):80\" { }"
	ip -n "$prefix-director" addr add "$vip_net" dev lo
	check "IPv$family: a VIP that the host has" refuses 1 \
		"ip address del $vip_net" "$lvsd" -c "$work/lvsd.conf"
	configure 'kernel_conflicts = refuse' 'interface "front" { }' \
		"fwmark 1 { match = \"tcp $(url "$vip"):80\" }" \
		"virtual_service \"fwmark 1 inet${family/4/}\" { }"
	check "IPv$family: an address of a match that the host has" refuses 1 \
		"conf:4: fwmark 1: $vip is an address of this host" \
		"$lvsd" -c "$work/lvsd.conf"
	ip -n "$prefix-director" addr del "$vip_net" dev lo
	configure 'kernel_conflicts = refuse' 'interface "front" { }' \
		'fwmark 1 { match = { "udp 10.9.0.0/24", "udp fd09::/64" } }' \
		"virtual_service \"fwmark 1 inet${family/4/}\" { }"
	check "IPv$family: a network of a match" refuses 1 \
		"without the claim, this host would answer" \
		"$lvsd" -c "$work/lvsd.conf"
	configure 'kernel_conflicts = refuse' 'interface "front" { }' \
		"virtual_service \"tcp $(url "$vip"):80\" { }"
	set_forwarding $family 1
	check "IPv$family: a kernel that forwards" refuses 1 \
		"sysctl -w $setting=0" "$lvsd" -c "$work/lvsd.conf"
	sed -i 's/refuse/warn/' "$work/lvsd.conf"
	check "IPv$family: with kernel_conflicts = warn it starts" launch
	check "and warns" logged "warning: the kernel forwards IPv$family as well"
	check "and stops" stops TERM
	set_forwarding $family 0
done

# ---- services by mark --------------------------------------------------------

# MARKS' services are said to get no packets, each once in the log.
warned_of_marks() { # MARK...
	local mark text
	for mark; do
		text="fwmark $mark: no IPv"
		logged "$text" && same 1 "$(grep -cF -e "$text" "$log")" || return
	done
}

adds_marks() {
	adm -A -f 8 -s rr && adm -A -f 9 -6 -s rr && adm -E -f 8 -s wrr
}

configure 'interface "front" { }' 'virtual_service "fwmark 7" { }'
check "a service by mark in the file: it starts" launch
check "lvsadm adds others, and edits one" adds_marks
check "for each there is a warning, once" warned_of_marks 7 9 8
check "and stops" stops TERM

# ---- the kernel kept off ----------------------------------------------------

# What the kernel of the director answered or forwarded.
kernel_did() {
	on director nstat -asz TcpOutRsts IpForwDatagrams Ip6OutForwDatagrams |
		awk 'NR > 1 { sum += $2 } END { print sum }'
}

# A page by each of VIPS, none of which the kernel answers or forwards too.
serves() { # VIP...
	local vip before
	before=$(kernel_did)
	for vip; do
		same rs1 "$(on client curl -sS --max-time 10 "http://$(url "$vip")/")" ||
			return
	done
	same "$before" "$(kernel_did)"
}

vips='10.1.0.100 fd01::100'
claim_services() { # PORT
	printf 'virtual_service "tcp %s:80" { real_server "%s:80" { } }\n' \
		10.1.0.100 10.2.0.11 '[fd01::100]' '[fd02::11]'
}

# shellcheck disable=SC2086 # several VIPs
with_claim() {
	local seen lladdr from fast=
	from=$(lines)

	# With no more than lvsd.service lets it have.
	check "the host has the VIPs and forwards: it starts" launch setpriv \
		"--bounding-set=-all$(sed -n 's/^CapabilityBoundingSet=//p' \
			"$top/bin/lvsd/lvsd.service.in" | tr '[:upper:]' '[:lower:]' |
			sed 's/\(^\| \)cap_/,+/g')"
	check "and keeps two capabilities" root_keeps_two
	has_fast_path "$from"
	check "the kernel neither answers nor forwards" serves $vips
	[ -z "$fast" ] || check "and takes packets" takes_fast_path 10.1.0.100
	check "nor for what lvsadm adds" added_service_serves
	lladdr=$(on director cat /sys/class/net/back/address)
	seen=$(lines)
	ip -n "$prefix-director" link del back
	add_cable director back switch director
	ip -n "$prefix-director" link set back address "$lladdr"
	ip -n "$prefix-switch" link set director master back
	add_address director back 2 1
	check "an interface is made anew" logged "back: back, open" "$seen"
	check "the kernel is kept off there too" serves $vips
	[ -z "$fast" ] || check "the fast path is there too" \
		takes_fast_path 10.1.0.100
	check "and stops" stops TERM
}

# The kernel decides whether, and lvsd says which.
has_fast_path() { # LINES
	local why
	why=$(tail -n "+$(($1 + 1))" "$log" | sed -n 's/.*no fast path: //p')
	[ -z "$why" ] || { skip "a fast path" "$why" && return; }
	check "there is a fast path" logged "fast path: up to 65536 flows" "$1"
	fast=yes
}

fast_packets() {
	adm --status | awk '/^Fast path/ { print $3 }'
}

# 8 MiB from a real server, 128 packets of 64 KiB at the least that come in by
# back.  Whether the client is known well enough is not left to chance.
takes_fast_path() { # VIP
	local before
	ip -n "$prefix-director" neigh replace 10.1.0.2 dev front nud permanent \
		lladdr "$(on client cat /sys/class/net/front/address)"
	before=$(fast_packets)
	on client curl -sS --max-time 10 "http://$1/files/some" |
		cmp - "$work/files/some" || return
	echo "$before to $(fast_packets)"
	[ $(($(fast_packets) - before)) -gt 120 ]
}

added_service_serves() {
	ip -n "$prefix-director" addr add 10.1.0.101/32 dev lo
	adm -A -t 10.1.0.101:80 -s rr &&
		adm -a -t 10.1.0.101:80 -r 10.2.0.11:80 -m &&
		serves 10.1.0.101
}

start_nginx rs1
mkdir "$work/files"
head -c 8M /dev/urandom >"$work/files/some"
for vip in 10.1.0.100/32 fd01::100/128; do
	ip -n "$prefix-director" addr add "$vip" dev lo
done
set_forwarding 4 1
set_forwarding 6 1
seen=$(lines)
configure 'interface "front" { }' 'interface "back" { }' "$(claim_services)"
if launch 2>"$work/why" && stops TERM; then
	with_claim
else
	skip "the kernel kept off" "$(tail -n "+$((seen + 1))" "$log" | grep -o 'the kernel cannot be.*')"
fi
finish
