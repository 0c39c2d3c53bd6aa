# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# lib.sh - what the tests of this folder share: the network that they run in
# (examples/network.sh, where it is drawn) and results as TAP.  To be sourced.
set -u

top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-$top}
# shellcheck source=examples/network.sh
. "$top/examples/network.sh"

# shellcheck disable=SC2034 # not every script starts all of them
{
	lvsd=$build/bin/lvsd/lvsd
	lvsadm=$build/bin/lvsadm/lvsadm
	decap=$build/examples/decap
	echo_udp=$build/tests/net/echo
}
number=0 failures=0

skip_all() { # WHY
	echo "1..0 # SKIP $1"
	exit 77
}

need_root_and() { # PROGRAM...
	local program
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
	for program; do
		[ -x "$program" ] || command -v "$program" >/dev/null ||
			skip_all "needs $program"
	done
}

# One test: ok if COMMAND ends well; what it said if it does not.
check() { # DESCRIPTION COMMAND...
	local what=$1
	shift
	number=$((number + 1))
	if "$@" >"$work/check.log" 2>&1; then
		echo "ok $number - $what"
	else
		echo "not ok $number - $what"
		sed 's/^/# /' "$work/check.log" | tail -40
		failures=$((failures + 1))
	fi
}

skip() { # DESCRIPTION WHY
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

same() { # EXPECTED GOT
	[ "$1" = "$2" ] && return
	printf 'expected:\n%s\ngot:\n%s\n' "$1" "$2"
	return 1
}

finish() {
	echo "1..$number"
	[ "$failures" -eq 0 ]
	exit
}

# ---- traffic --------------------------------------------------------------

# Packets of HOST's interface NAME that FILTER selects, of one DIRECTION (in,
# out) or both, go to FILE from now on, until the process $started is stopped.
capture() { # HOST NAME FILE FILTER [DIRECTION]
	# shellcheck disable=SC2016 # the inner shell's arguments
	start "$1" sh -c 'exec tcpdump -Z root --immediate-mode -U -s 70000 -B 65536 \
		-Q "$3" -i "$0" -w "$1" "$2" 2>&1' "$2" "$3" "$4" "${5:-inout}"
}

# Frames that HOST's interface NAME receives go to $work/HOST-NAME.pcap, while
# COMMAND runs.
watch() { # HOST:NAME... -- COMMAND...
	local captures=() pid status
	while [ "$1" != -- ]; do
		capture "${1%:*}" "${1#*:}" "$work/${1/:/-}.pcap" '' in || return
		captures+=("$started")
		shift
	done
	"${@:2}"
	status=$?
	for pid in "${captures[@]}"; do
		stop "$pid" INT
	done
	return "$status"
}

# How many of them FILTER selects.
seen() { # HOST:NAME FILTER
	tshark -r "$work/${1/:/-}.pcap" -Y "$2" 2>/dev/null | wc -l
}

none() { # HOST:NAME FILTER
	local count
	count=$(seen "$@")
	[ "$count" -eq 0 ] && return
	echo "$count of $2 at $1"
	tshark -r "$work/${1/:/-}.pcap" -Y "$2" 2>/dev/null | head
	return 1
}

some() { # HOST:NAME FILTER
	[ "$(seen "$@")" -gt 0 ] && return
	echo "no $2 at $1"
	return 1
}

# The checksum of the file that comes from URL.
get() { # URL
	on client curl -sS --fail --max-time 120 "$1" | sha256sum
}

# How a connection of HOST to ADDRESS:PORT ends: who answers, "refused", or,
# after $patience seconds, "silence".
try() { # HOST ADDRESS PORT [CURL-ARGUMENT...]
	local said
	said=$(on "$1" curl -sS --connect-timeout "${patience:-2}" \
		--max-time 5 "${@:4}" "http://$(url "$2"):$3/" 2>&1)
	case $?:$said in
	0:*) echo "$said" ;;
	7:*) echo refused ;;
	28:*) echo silence ;;
	*) echo "$said" ;;
	esac
}

connects() { # EXPECTED HOST ADDRESS PORT [CURL-ARGUMENT...]
	same "$1" "$(try "${@:2}")"
}

# What lvsd dropped, by reason, and what its interfaces did.
losses() {
	adm --status | awk '
		/^Dropped/ { on = 1 }
		/^ *Interface/ { on = 0; interfaces = 1; next }
		on { sub(/^Dropped/, ""); print }
		interfaces { print $1, $5, $6, $9, $10 }'
}

# What the director's kernel answered, refused or forwarded.
kernel_did() {
	on director nstat -asz | awk '/^(TcpOutRsts|Icmp6?Out(Redirects|DestUnreachs|TimeExcds)|IpForwDatagrams|Ip6OutForwDatagrams|IpOutNoRoutes|TcpExtIPReversePathFilter) / { printf "%s=%s ", $1, $2 }'
}
