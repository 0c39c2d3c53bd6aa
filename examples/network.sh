# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# network.sh - a network of namespaces to try a director in.  To be sourced,
# with $top (the source) and $build (what was built from it) set.
#
#	     front: 10.1.0.0/24           back: 10.2.0.0/24
#	client .2 ----------- .1 director .1 ------+--- .11 rs1
#	   `---- .2 -------------------------------+--- .12 rs2
#	        (replies of DR and TUN come here)  `--- .13 rs3
#
# In IPv6 the networks are fd01::/64 and fd02::/64 with the same host parts.
# A real server's way out is the director, but for what comes from a VIP of
# its own (DR, TUN): that goes straight to the client, as through a router.
#
# Everything has the shell's pid in its name; whatever way the script ends, no
# namespace, process or file of it is left.
# shellcheck disable=SC2154 # top and build
set -u

prefix=lvs-$$
hosts='client director switch rs1 rs2 rs3'
work=$(mktemp -d "${TMPDIR:-/tmp}/$prefix.XXXXXX")
export LVS_REALSERVER_STATE=$work/realserver

clean_up() {
	local host pids
	for host in $hosts; do
		pids=$(ip netns pids "$prefix-$host" 2>/dev/null)
		[ -n "$pids" ] || continue
		# shellcheck disable=SC2086 # several
		{
			kill -KILL $pids
			wait $pids
		} 2>/dev/null
	done
	for host in $hosts; do
		ip netns del "$prefix-$host" 2>/dev/null
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# ---- the network ----------------------------------------------------------

on() { # HOST COMMAND...
	ip netns exec "$prefix-$1" "${@:2}"
}

# ip(8)'s option for the family of ADDRESS.
family() { # ADDRESS
	case $1 in *:*) echo -6 ;; *) echo -4 ;; esac
}

add_host() { # HOST
	local ns=$prefix-$1
	ip netns add "$ns"
	ip -n "$ns" link set lo up
	# Addresses are there at once, and packets may come by any way.
	on "$1" sysctl -q -w net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.router_solicitations=0
}

# A cable from HOST's interface NAME to PEER's.
add_cable() { # HOST NAME PEER PEER-NAME
	ip -n "$prefix-$1" link add "$2" type veth peer name "$4" \
		netns "$prefix-$3"
	ip -n "$prefix-$1" link set "$2" up
	ip -n "$prefix-$3" link set "$4" up
}

add_address() { # HOST NAME NET HOST-PART
	ip -n "$prefix-$1" addr add "10.$3.0.$4/24" dev "$2"
	ip -n "$prefix-$1" addr add "fd0$3::$4/64" dev "$2" nodad
}

add_network() {
	local host
	for host in $hosts; do
		add_host "$host"
	done
	ip -n "$prefix-switch" link add back type bridge
	ip -n "$prefix-switch" link set back up
	add_cable client front director front
	add_address client front 1 2
	add_address director front 1 1
	for host in client director rs1 rs2 rs3; do
		case $host in
		rs*) add_cable $host eth0 switch $host ;;
		*) add_cable $host back switch $host ;;
		esac
		ip -n "$prefix-switch" link set $host master back
	done
	add_address client back 2 2
	add_address director back 2 1
	for host in 1 2 3; do
		add_address rs$host eth0 2 1$host
		ip -n "$prefix-rs$host" route add default via 10.2.0.1
		ip -n "$prefix-rs$host" route add default via fd02::1
		ip -n "$prefix-rs$host" route add default via 10.2.0.2 table 100
		ip -n "$prefix-rs$host" route add default via fd02::2 table 100
	done
}

# The VIPs that real servers have themselves, for DR and TUN.
add_vips() { # VIP...
	local host vip
	for host in rs1 rs2 rs3; do
		on $host "$top/bin/realserver/lvs-realserver" start "$@" \
			>"$work/realserver.log" 2>&1 || {
			cat "$work/realserver.log" >&2
			return 1
		}
		for vip; do
			ip -n "$prefix-$host" "$(family "$vip")" rule add \
				from "$vip" lookup 100
		done
	done
}

# ---- what runs in it ------------------------------------------------------

# Start COMMAND in the background, and wait until it prints a first line.  Its
# process number is then in $started.  What else it prints somebody has to read,
# or it would wait for that when the pipe is full.
start() { # HOST COMMAND...
	local fd
	exec {fd}< <(exec ip netns exec "$prefix-$1" "${@:2}" \
		2>>"$work/$(basename "$2").log")
	# shellcheck disable=SC2034 # for the caller
	started=$!
	if ! read -r -t 20 _ <&"$fd"; then
		echo "$2 does not start:" >&2
		cat "$work/$(basename "$2").log" >&2
		stop "$started" KILL
		return 1
	fi
	cat <&"$fd" >/dev/null &
	exec {fd}<&-
}

# End the process PID, and wait until it is gone.
stop() { # PID [SIGNAL]
	kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
	# 127: it is no child of this shell.
	[ $? -ne 127 ] || tail -s 0.02 --pid="$1" -f /dev/null
}

# Take tunnels apart on HOST: tunnel devices where the kernel has them, or the
# BPF program where that is built, or a program in user space.  That is also
# needed beside the BPF program if tunnels come in FRAGMENTS.
start_decap() { # HOST [fragments]
	local device
	if ip -n "$prefix-$1" link show tunl0 >/dev/null 2>&1; then
		for device in tunl0 ip6tnl0 sit0; do
			ip -n "$prefix-$1" link set $device up 2>/dev/null
		done
		return 0
	fi
	on "$1" "$build/bin/decap/lvs-decap" start \
		>"$work/lvs-decap.log" 2>&1 && [ $# -eq 1 ] && return
	start "$1" "$build/examples/decap" tun0
}

# An nginx on HOST; it answers / with the name of the host.  It puts itself in
# the background when it listens.
start_nginx() { # HOST
	mkdir -p "$work/$1"
	cat >"$work/$1/nginx.conf" <<-CONF
		user root;
		worker_processes 1;
		pid $work/$1/nginx.pid;
		error_log $work/$1/nginx.log;
		events { worker_connections 4096; }
		http {
			access_log off;
			sendfile on;
			keepalive_requests 1000000;
			client_body_temp_path $work/$1;
			proxy_temp_path $work/$1;
			fastcgi_temp_path $work/$1;
			uwsgi_temp_path $work/$1;
			scgi_temp_path $work/$1;
			server {
				listen 80 backlog=4096;
				listen [::]:80 backlog=4096;
				listen 8080 backlog=4096;
				listen [::]:8080 backlog=4096;
				location / { return 200 "$1\n"; }
				location /files/ { alias $work/files/; }
				location /put/ {
					root $work/$1;
					dav_methods PUT;
					create_full_put_path on;
					client_max_body_size 0;
				}
			}
		}
	CONF
	on "$1" nginx -c "$work/$1/nginx.conf" -e "$work/$1/nginx.log"
}

start_nginxes() {
	local host
	for host in rs1 rs2 rs3; do
		start_nginx $host || return
	done
}

# lvsd on the director with the configuration on standard input, to which the
# interfaces (each with what OPTIONS say) and the socket are added.  As start;
# the program is $lvsd, if that is set.
start_lvsd() { # [OPTIONS]
	{
		printf 'socket = "%s"\n' "$work/lvsd.sock"
		printf 'interface "%s" { %s }\n' front "${1:-}" back "${1:-}"
		cat
	} >"$work/lvsd.conf"
	start director "${lvsd:-$build/bin/lvsd/lvsd}" -c "$work/lvsd.conf" \
		--ready-fd 1
}

adm() { # ARGUMENT...
	"$build/bin/lvsadm/lvsadm" --socket "$work/lvsd.sock" "$@"
}

# ---- clients --------------------------------------------------------------

# ADDRESS as it stands in a URL or before a port.
url() { # ADDRESS
	case $1 in
	*:*) echo "[$1]" ;;
	*) echo "$1" ;;
	esac
}

# The first of COUNT ports that no client has been given yet.
take_ports() { # COUNT
	local port=20000
	[ ! -e "$work/port" ] || port=$(cat "$work/port")
	[ $((port + $1)) -lt 65000 ] || port=20000
	echo $((port + $1)) >"$work/port"
	echo "$port"
}

# COUNT connections one after the other: how many each real server answered,
# as "rs1:600 rs2:400".  Each has a port of its own: of the ports that a kernel
# picks some come again soon, and such a connection may go where the one before
# it went.
spread() { # ADDRESS:PORT COUNT
	awk -v url="http://$1/?" -v n="$2" -v port="$(take_ports "$2")" 'BEGIN {
		for (i = 0; i < n; i++) {
			if (i > 0)
				print "next"
			printf "url = %s%d\nlocal-port = %d\n", url, i, port + i
			print "header = \"Connection: close\"\nmax-time = 60"
			print "silent\nshow-error"
		}
	}' | on client curl -K - | sort | uniq -c |
		awk '{ printf "%s%s:%d", sep, $2, $1; sep = " " }'
}
