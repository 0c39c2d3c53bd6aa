#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# local.sh - a real server that is the director's own host, beside one that is
# not: two directors that are real servers too are half of all small clusters.
#
# The claim keeps the host from its VIPs, so lvsd hands back what the host is to
# serve.  That must come in as if it had never been away: by the interface it
# came by, past a reverse path filter that would drop it anywhere else, once.
# shellcheck disable=SC2317,SC2119 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

need_root_and "$lvsd" "$lvsadm" "$decap" "$echo_udp" nginx curl nft nstat \
	socat

d=$prefix-director
files=$work/files
methods='nat dr tun'
families='4 6'

# ---- who is where -------------------------------------------------------------

address() { # NET HOST-PART FAMILY
	case $3 in 4) echo "10.$1.0.$2" ;; 6) echo "fd0$1::$2" ;; esac
}

bits() { # FAMILY
	case $1 in 4) echo 32 ;; 6) echo 128 ;; esac
}

# One for each way of reaching rs1.
vip() { # METHOD FAMILY
	case $1 in
	nat) address 1 100 "$2" ;;
	dr) address 1 101 "$2" ;;
	tun) address 1 102 "$2" ;;
	esac
}

# By NAT the host can only be a real server by another method: what it is to
# get, it gets as it is.
configuration() { # METHOD...
	local method f
	for f in $families; do
		for method; do
			printf 'virtual_service "tcp %s:80" {\n\tscheduler = wrr\n' \
				"$(url "$(vip "$method" "$f")")"
			printf '\treal_server "%s" { method = dr weight = 1 }\n' \
				"$(address 2 1 "$f")"
			printf '\treal_server "%s" { method = %s weight = 3 }\n}\n' \
				"$(address 2 11 "$f")" "$method"
		done
		# What only the host serves.
		printf 'virtual_service "tcp %s:8080" { method = tun\n' \
			"$(url "$(vip nat "$f")")"
		printf '\treal_server "%s" { }\n}\n' \
			"$(address 2 1 "$f")"
		printf 'virtual_service "udp %s:7" { method = dr\n' \
			"$(url "$(vip nat "$f")")"
		printf '\treal_server "%s" { }\n}\n' \
			"$(vip nat "$f")"
	done
}

# All VIPs on interface PLACE of the director, and on no other.  What the host
# begins does not come from them.
place_vips() { # PLACE
	local where method f
	for where in "${placed[@]}"; do
		ip -n "$d" addr del "${where%@*}" dev "${where#*@}" || return
	done
	placed=()
	for method in $methods; do
		for f in $families; do
			where=$(vip "$method" "$f")/$(bits "$f")
			ip -n "$d" addr add "$where" dev "$1" preferred_lft 0 ||
				return
			placed+=("$where@$1")
		done
	done
}
placed=()

set_row() { # VIP-ON FORWARDING RP-FILTER
	local value=0
	[ "$2" = off ] || value=1
	place_vips "$1" && on director sysctl -q -w \
		net.ipv4.ip_forward="$value" net.ipv6.conf.all.forwarding="$value" \
		net.ipv4.conf.all.rp_filter="$3" &&
		adm -Ln >/dev/null && ip -n "$prefix-client" neigh flush all
}

# ---- what is tried ------------------------------------------------------------

# TCP packets of the services: all that the client sends must come to one of
# the two servers, once; to the director by the interface it came by.
count_packets() {
	on client nft -f - <<-RULES || return
		table inet seen {
			counter out {}
			counter resets {}
			chain out {
				type filter hook output priority -300
				tcp dport 80 counter name out
			}
			chain in {
				type filter hook prerouting priority -300
				tcp flags rst counter name resets
			}
		}
	RULES
	on rs1 nft -f - <<-RULES || return
		table inet seen {
			counter in {}
			chain in {
				type filter hook prerouting priority -300
				tcp dport 80 counter name in
			}
		}
	RULES
	on director nft -f - <<-RULES
		table inet seen {
			counter in {}
			counter elsewhere {}
			chain in {
				type filter hook prerouting priority -300
				iifname front tcp dport 80 counter name in
				iifname != front tcp dport 80 counter name elsewhere
			}
		}
	RULES
}

count_of() { # HOST NAME
	on "$1" nft list counter inet seen "$2" | awk '/packets/ { print $2 }'
}

reset_counters() {
	local host
	for host in client director rs1; do
		on "$host" nft reset counters table inet seen >/dev/null || return
	done
}

counts_agree() {
	local out in began=$SECONDS
	while [ $((SECONDS - began)) -lt 3 ]; do
		out=$(count_of client out)
		in=$(($(count_of director in) + $(count_of rs1 in)))
		[ "$out" -gt 0 ] && [ "$out" -eq "$in" ] &&
			same 0 "$(count_of director elsewhere)" &&
			same 0 "$(count_of client resets)" && return
	done
	echo "the client sent $out, the servers received $in"
	return 1
}

# Forty connections to VIP: a quarter is the host's.
shares() { # VIP
	local before
	before=$(kernel_did)
	reset_counters || return
	same "director:10 rs1:30" \
		"$(spread "$(url "$1"):80" 40)" || return
	counts_agree && same "$before" "$(kernel_did)"
}

download() { # VIP
	same "$sum" "$(get "http://$(url "$1"):8080/files/big")"
}

upload() { # VIP
	rm -f "$work/director/put/it"
	on client curl -sS --fail --max-time 120 -T "$files/big" \
		"http://$(url "$1"):8080/put/it" || return
	same "$sum" "$(sha256sum <"$work/director/put/it")"
}

datagrams() { # VIP
	on client "$echo_udp" ask "$1" 7 64
}

# Larger than the MTU: its fragments are one datagram when the host gets it.
large_datagram() { # VIP
	local text
	text=$(head -c 3000 /dev/zero | tr '\0' x)
	same "$text" "$(printf %s "$text" | on client timeout 20 \
		socat -b 9000 -t 5 - "UDP:$(url "$1"):7,readbytes=3000")"
}

other_ports() { # VIP
	local said
	same director "$(on client curl -sS --max-time 5 \
		"http://$(url "$1"):8080/")" || return
	said=$(on client curl -sS --max-time 5 "http://$(url "$1"):81/" 2>&1)
	same 7 $? || return
	echo "$said"
	on client ping -q -c 1 -W 5 "$1"
}

# ---- the tests ----------------------------------------------------------------

rows='
# VIP on  forwarding  rp_filter
  front   off         0
  front   on          1
  lo      off         1
  lo      on          2
'

try_row() { # VIP-ON FORWARDING RP-FILTER
	local name="VIP on $1, forwarding $2, rp_filter $3" method f vip
	check "$name" set_row "$@"
	for f in $families; do
		for method in $methods; do
			check "$name: IPv$f: $method beside the host, by weight" \
				shares "$(vip "$method" "$f")"
		done
		vip=$(vip nat "$f")
		check "$name: IPv$f: 64 MiB from the host" download "$vip"
		check "$name: IPv$f: 64 MiB to the host" upload "$vip"
		check "$name: IPv$f: datagrams" datagrams "$vip"
		check "$name: IPv$f: a datagram in fragments" \
			large_datagram "$vip"
		check "$name: IPv$f: the rest of a VIP is the host's own" \
			other_ports "$(vip dr "$f")"
	done
}

add_network
mkdir -p "$files"
head -c 64M /dev/urandom >"$files/big"
sum=$(sha256sum <"$files/big")
start_nginx rs1
start_nginx director
start director "$echo_udp" serve 7 || exit 1
start_decap rs1 || exit 1
# shellcheck disable=SC2046 # several
add_vips $(for f in $families; do vip dr "$f" && vip tun "$f"; done) || exit 1
count_packets || exit 1
place_vips front || exit 1
# shellcheck disable=SC2086 # several words
if ! start_lvsd < <(configuration $methods); then
	grep -q 'cannot be kept off' "$work/lvsd.log" && skip_all "no claim here"
	exit 1
fi
lvsd_pid=$started

while read -r -a row <&3; do
	case ${row[0]:-#} in '#') continue ;; esac
	try_row "${row[@]}"
done 3<<<"$rows"

# ---- a connection that lvsd does not know ----------------------------------------

# What is written to descriptor $to goes to the host's server, which answers
# into a file.
connect() {
	mkfifo "$work/to"
	ip netns exec "$prefix-client" socat - \
		"TCP:$(url "$(vip nat 6)"):8080" <"$work/to" >"$work/from" &
	exec {to}>"$work/to"
	ask 1
}

# The N-th request has its answer.
ask() { # N
	printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >&"$to"
	timeout 20 tail -n +1 -F "$work/from" 2>/dev/null | grep -qm"$1" '^director'
}

check "a connection to the host" connect
stop "$lvsd_pid"
check "it goes on without lvsd" ask 2
# shellcheck disable=SC2086 # several words
check "lvsd is started again" start_lvsd < <(configuration $methods)
check "it goes on" ask 3
lvsd_pid=$started

# ---- without link layer ---------------------------------------------------------

# What the host gets comes by lo then, as all that the raw backend sends to it.
stop "$lvsd_pid"
on director sysctl -q -w net.ipv4.conf.all.rp_filter=1
check "raw: lvsd starts" start_lvsd 'backend = raw' < <(configuration nat)
for f in $families; do
	vip=$(vip nat "$f")
	check "raw: IPv$f: beside the host, by weight" same \
		"director:10 rs1:30" "$(spread "$(url "$vip"):80" 40)"
	check "raw: IPv$f: 64 MiB from the host" download "$vip"
	check "raw: IPv$f: 64 MiB to the host" upload "$vip"
	check "raw: IPv$f: a datagram in fragments" large_datagram "$vip"
done
finish
