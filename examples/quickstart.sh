#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# quickstart.sh [--shell] - see a director at work, in two minutes.
#
# Builds liblvs in a temporary directory and balances connections of curl over
# three nginx by NAT, direct routing and tunnelling, in IPv4 and IPv6, in
# network namespaces of its own.  Installs the Debian packages it needs and
# leaves nothing else behind, also when interrupted.  With --shell it ends in a
# shell on the director, for as long as you like.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
packages='autoconf automake libtool make gcc pkg-config libc6-dev
linux-libc-dev libmnl-dev libcap-dev libconfuse-dev iproute2 procps curl'

die() { # MESSAGE [REMEDY]
	echo "quickstart: $1" >&2
	[ $# -lt 2 ] || echo "  $2" >&2
	exit 1
}

case ${1:-} in
'' | --shell) ;;
*) die "$1: not an option" "usage: quickstart.sh [--shell]" ;;
esac
[ "$(id -u)" -eq 0 ] ||
	die "network namespaces and packet sockets need root" "sudo $0"

# ---- what is needed -------------------------------------------------------

missing_packages() {
	local package
	for package in $packages; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q 'ok installed' || echo "$package"
	done
	command -v nginx >/dev/null || echo nginx-light
}

# Whoever installs a Debian server starts it: not here, nor at the next boot.
policy=/usr/sbin/policy-rc.d made_policy=
no_services() {
	[ -e $policy ] && return
	made_policy=1
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod +x $policy
}

services_again() {
	[ -z "$made_policy" ] || rm -f $policy
	made_policy=
}

get_packages() {
	local missing log=$work/apt.log status
	missing=$(missing_packages | tr '\n' ' ')
	if [ -z "$missing" ]; then
		echo "all there"
		return
	fi
	echo "installing with apt: $missing"
	no_services
	# shellcheck disable=SC2086 # several
	{
		apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy \
			--no-install-recommends install $missing
	} >"$log" 2>&1 </dev/null
	status=$?
	case " $missing " in
	*' nginx-light '*) systemctl disable nginx >>"$log" 2>&1 ;;
	esac
	services_again
	[ $status -eq 0 ] || {
		tail -5 "$log" >&2
		die "apt-get could not install them" "is this Debian 12, and online?"
	}
}

# Out of the tree, and from a copy: the clone stays as it is.
build_it() {
	local log=$work/build.log
	mkdir -p "$work/source" "$build"
	tar -C "$top" --exclude=./.git --exclude='./build*' \
		--exclude=./autom4te.cache --exclude=./config.status -cf - . |
		tar -C "$work/source" -xf -
	{
		cd "$work/source" && autoreconf -fi &&
			cd "$build" && "$work/source/configure" --disable-shared &&
			make -j"$(nproc)"
	} >"$log" 2>&1 </dev/null && return
	tail -20 "$log" >&2
	die "the build failed; the end of its output is above"
}

# ---- what is shown --------------------------------------------------------

heading() { # TEXT
	printf '\n\033[1m%s\033[0m\n\n' "$1"
}
[ -t 1 ] || heading() { printf '\n%s\n%s\n\n' "$1" "${1//?/-}"; }

picture() {
	cat <<-'PICTURE'
		   client                director              real servers
		  +--------+    +--------------------+        +-----------+
		  |  curl  |--->| lvsd               |---+--->| rs1 nginx |  weight 3
		  +--------+    | NAT  10.1.0.100    |   |    +-----------+
		      ^         |      fd01::100     |   +--->| rs2 nginx |  weight 2
		      |         | DR   10.1.0.101    |   |    +-----------+
		      |         |      fd01::101     |   +--->| rs3 nginx |  weight 1
		      |         | TUN  10.1.0.102    |        +-----------+
		      |         |      fd01::102     |              |
		      |         +--------------------+              |
		      +---- DR, TUN: replies go straight back ------+
	PICTURE
}

# "METHOD VIP SCHEDULER": the virtual services that there are.
services='nat 10.1.0.100 wrr
nat fd01::100 wlc
dr 10.1.0.101 wrr
dr fd01::101 wlc
tun 10.1.0.102 wrr
tun fd01::102 wlc'

# lvsd.conf for all of them.
configuration() {
	local method vip scheduler net n
	while read -r method vip scheduler; do
		case $vip in *:*) net=fd02::1 ;; *) net=10.2.0.1 ;; esac
		printf 'virtual_service "tcp %s:80" {\n' "$(url "$vip")"
		printf '\tscheduler = "%s"\n\tmethod = "%s"\n' \
			"$scheduler" "$method"
		for n in 1 2 3; do
			printf '\treal_server "%s:80" { weight = %d }\n' \
				"$(url $net$n)" $((4 - n))
		done
		printf '}\n'
	done <<<"$services"
}

# The number of SERVER in SPREAD, which is "rs1:30 rs2:20".
share() { # SERVER SPREAD
	case " $2 " in
	*" $1:"*) echo " $2 " | sed "s/.* $1:\([0-9]*\) .*/\1/" ;;
	*) echo 0 ;;
	esac
}

columns() { # SERVICE METHOD SCHEDULER RS1 RS2 RS3
	printf '  %-22s %-7s %-9s %5s %5s %5s\n' "$@"
}

# How many of COUNT connections to VIP went where, as a row of the table.
row() { # METHOD VIP SCHEDULER COUNT
	local went
	went=$(spread "$(url "$2")" "$4")
	columns "http://$(url "$2")/" "${1^^}" "$3" "$(share rs1 "$went")" \
		"$(share rs2 "$went")" "$(share rs3 "$went")"
}

table() { # COUNT
	local method vip scheduler
	columns 'virtual service' method scheduler rs1 rs2 rs3
	while read -r method vip scheduler; do
		row "$method" "$vip" "$scheduler" "$1"
	done <<<"$services"
}

show() { # LVSADM-ARGUMENT...
	printf '$ lvsadm %s\n' "$*"
	adm "$@" | sed 's/^/  /'
}

# ---- from here on ---------------------------------------------------------

# shellcheck source=examples/network.sh
. "$top/examples/network.sh" || die "examples/network.sh is missing"
trap 'services_again; clean_up' EXIT
build=$work/build
began=$SECONDS

echo "liblvs balances connections over real servers, as LVS does in the kernel."
echo "Here is all of it on one machine, in namespaces; nothing of yours is touched."

heading "1. Packages"
printf '  '
get_packages
answer=$({
	ip netns add "$prefix-client" && ip netns exec "$prefix-client" true
} 2>&1) ||
	die "network namespaces cannot be used here: $answer" \
		"a container needs --privileged, a chroot to be a mount: mount --rbind DIR DIR"
ip netns del "$prefix-client"

heading "2. Build"
printf '  in a temporary directory, your clone stays as it is ... '
at=$SECONDS
build_it
echo "done in $((SECONDS - at)) s"

heading "3. A small network of namespaces"
picture
add_network
start_nginxes || die "nginx does not start"
for host in rs1 rs2 rs3; do
	start_decap $host || exit 1
done
add_vips 10.1.0.101 10.1.0.102 fd01::101 fd01::102 || exit 1
# shellcheck disable=SC2119 # no more options
configuration | start_lvsd || exit 1
printf '\n  The VIPs are configured on no interface of the director: lvsd answers for them.\n'

heading "4. 60 connections of curl to each virtual service"
table 60
printf '\n  wrr deals them out by weight, 3 to 2 to 1; wlc looks at who has few connections.\n'

heading "5. What the director counted"
show -Ln --stats
printf '\n'
show -Lnc | head -8
printf '  ...\n'

heading "6. rs1 goes into maintenance: weight 0, no new connections"
show -e -t 10.1.0.100:80 -r 10.2.0.11:80 -m -w 0
echo
columns 'virtual service' method scheduler rs1 rs2 rs3
row nat 10.1.0.100 wrr 60

if [ "${1:-}" = --shell ]; then
	heading "7. A shell on the director"
	echo "  Try lvsadm -Ln, curl from the client with"
	echo "  ip netns exec $prefix-client curl http://10.1.0.100/"
	echo "  and leave with exit: then everything is taken down."
	LVSD_SOCKET=$work/lvsd.sock PATH=$build/bin/lvsadm:$PATH \
		on director "${SHELL:-bash}"
fi

heading "That was it, in $((SECONDS - began)) s"
cat <<-'NEXT'
	  Everything is taken down again.  What to try next:

	    sudo ./examples/quickstart.sh --shell   the same, and then a shell to play in
	    README.md                               a first lvsd.conf, for a real network
	    examples/min.c, examples/embed.c        the library in your own program
	    sudo ./tests/run.sh                     everything that must pass
NEXT
