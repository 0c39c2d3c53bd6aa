#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# lvsadm.sh - lvsadm beyond the recordings: odd spellings (each was tried with
# ipvsadm 1.31, which does the same), sockets, saving and restoring.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$here/../..}" "${top_builddir:=$here/../..}"
lvsadm=$top_builddir/bin/lvsadm/lvsadm
if [ -x "$top_builddir/bin/lvsadm/.libs/lvsadm" ]; then
	lvsadm=$top_builddir/bin/lvsadm/.libs/lvsadm
	export LD_LIBRARY_PATH="$top_builddir/lib/.libs"
fi
if [ -z "${LVSADM_WORK:-}" ]; then
	LVSADM_WORK=$(mktemp -d) || exit 1
	export LVSADM_WORK
	trap 'rm -rf "$LVSADM_WORK"' EXIT
	"$top_builddir/tests/cli/server" "$LVSADM_WORK/socket" sh "$0"
	exit
fi
command -v jq >/dev/null || {
	echo "1..0 # SKIP jq is not there"
	exit 77
}
cd "$LVSADM_WORK" || exit 1
number=0 failed=0

check() { # WHAT WANTED GOT
	number=$((number + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $number - $1"
	else
		echo "not ok $number - $1"
		printf 'wanted: %s\ngot: %s\n' "$2" "$3" | sed 's/^/# /'
		failed=1
	fi
}

# What is said (standard error and output, the exit status last) or, if that
# is nothing and 0, the state that came of it; as one line.
said() { # ARGUMENT...
	"$lvsadm" -C
	said=$("$lvsadm" "$@" 2>&1 && "$lvsadm" -Sn || echo "($?)")
	printf '%s\n' "$said" | tr '\n' ' ' | sed 's/ *$//'
}

# ---- spellings: WHAT, then the arguments, then "=" and what is said ---------

spelled() { # WHAT WANTED ARGUMENT...
	what=$1 wanted=$2
	shift 2
	check "$what" "$wanted" "$(said "$@")"
}

A='-A -t 1.2.3.4:80 -s wlc'
spelled "a value in the same word" "$A" -At1.2.3.4:80
spelled "a value after = behind a letter" "$A" -A -t=1.2.3.4:80
spelled "a value after = behind a word" "$A" -A --tcp-service=1.2.3.4:80
spelled "words are not abbreviated" \
	"--tcp-serv: unknown option (255)" -A --tcp-serv 1.2.3.4:80
spelled "an unknown letter is told with its group" \
	"-nq: unknown option (255)" -L -nq
spelled "a missing value is told with its group" \
	"-At: missing argument (255)" -At
spelled "a word that takes no value" \
	"--numeric=5: option does not take an argument (255)" -L --numeric=5
spelled "nothing is an option after --" \
	"unexpected argument -s (2)" -A -t 1.2.3.4:80 -- -s rr
spelled "a single - is a word" "unexpected argument - (2)" -L -
spelled "an optional value may be left out" \
	"-A -t 1.2.3.4:80 -s rr -p 360" -A -t 1.2.3.4:80 -p -s rr
spelled "an optional value in the same word" \
	"$A -p 300" -A -t 1.2.3.4:80 -p300
spelled "an optional value after =" "$A -p 300" -A -t 1.2.3.4:80 -p=300
spelled "an empty optional value is one" \
	"invalid timeout value \`' specified (2)" \
	-A -t 1.2.3.4:80 --persistent=
spelled "numbers may have blanks and a sign before" \
	"$A -p 300" -A -t 1.2.3.4:80 -p ' +300'
spelled "numbers are decimal" "-A -f 10 -s wlc" -A -f 010
spelled "a mark above 2^31" "-A -f 4294967295 -s wlc" -A -f 4294967295
spelled "a mark of IPv6" "-A -f 7 -6 -s wlc" -A -f 7 -6
spelled "-6 without -f" "-6 used before -f  (2)" -L -6
spelled "the command must be first" "Try \`lvsadm -h' or 'lvsadm --help' for\
 more information. (255)" -nL
spelled "two commands" "invalid option \`-D' (2)" -A -D
spelled "a command that has only a word, too" \
	"invalid option \`--set' (2)" -L --set
spelled "the same option twice" \
	"multiple 'numeric' options specified (2)" -L -n -n
spelled "an address in few parts" "-A -t 1.2.0.3:80 -s wlc" -A -t 1.2.3:80
spelled "digits alone are no address" \
	"illegal virtual server address[:port] specified (2)" -A -t 80
spelled "no address" \
	"illegal virtual server address[:port] specified (2)" -A -t :80
spelled "IPv6 in brackets without port" \
	"illegal virtual server address[:port] specified (2)" -A -t '[::1]'
spelled "IPv6 without brackets" \
	"-A -t [2001:db8::1]:0 -s wlc -p 360" -A -t 2001:db8::1 -p
spelled "a length as IPv6's mask, before the service" \
	"-A -t [2001:db8::1]:80 -s wlc -p 3 -M 64" \
	-A -M 64 -t '[2001:db8::1]:80' -p 3
spelled "flags before the scheduler they belong to" \
	"-A -t 1.2.3.4:80 -s sh -b sh-fallback,sh-port" \
	-A -t 1.2.3.4:80 -b sh-port,,sh-fallback, -s sh
spelled "flags of any scheduler" \
	"-A -t 1.2.3.4:80 -s rr -b flag-1,flag-3" \
	-A -t 1.2.3.4:80 -s rr -b flag-3,flag-1
spelled "a flag of no scheduler" "invalid scheduler flag \`flag-4' (2)" \
	-A -t 1.2.3.4:80 -b flag-4
spelled "a table of another size" \
	"-A -t 1.2.3.4:80 -s mh --table-size 4093" \
	-A -t 1.2.3.4:80 -s mh --table-size 4093
spelled "the largest table" \
	"-A -t 1.2.3.4:80 -s chbl --table-size 16777213" \
	-A -t 1.2.3.4:80 --table-size=16777213 -s chbl
spelled "a table of the scheduler's own size" "-A -t 1.2.3.4:80 -s mh" \
	-A -t 1.2.3.4:80 -s mh --table-size 0
spelled "a table size that is not a prime" "--table-size 4096: a prime is\
 expected, for example 4093, 65537 or 1000003 (255)" \
	-A -t 1.2.3.4:80 -s mh --table-size 4096
spelled "a table that is too large" "illegal table size specified (2)" \
	-A -t 1.2.3.4:80 -s mh --table-size 16777259
spelled "a table size that is no number" "illegal table size specified (2)" \
	-A -t 1.2.3.4:80 -s mh --table-size 4093x
spelled "a table size without a table" "--table-size is not for scheduler\
 wlc, only for one of mh, mh64k, chbl (255)" \
	-A -t 1.2.3.4:80 --table-size 4093
spelled "slow start, of the scheduler by default" "$A --slow-start 30" \
	-A -t 1.2.3.4:80 --slow-start 30
spelled "the longest slow start" "-A -f 1 -s p2c --slow-start 2678400" \
	-A -f 1 --slow-start 2678400 -s p2c
spelled "slow start at once is none" "$A" -A -t 1.2.3.4:80 --slow-start 0
spelled "a slow start that is too long" "illegal slow start specified (2)" \
	-A -t 1.2.3.4:80 --slow-start 2678401
spelled "slow start where weights are not heeded" "--slow-start is not for\
 scheduler rr, only for one of wrr, wlc, sed, nq, twos, p2c (255)" \
	-A -t 1.2.3.4:80 -s rr --slow-start 30
spelled "slow start of a real server" "Illegal 'slow-start' option with the\
 'add-server' command (2)" -a -t 1.2.3.4:80 -r 5.6.7.8 --slow-start 30
spelled "a scheduler of no name is the default" "$A" -A -s= -t 1.2.3.4:80
spelled "two kinds of listing" "The option 'timeout' conflicts with the\
 'connection' option in the 'list' command (2)" -L -c --timeout --stats
spelled "a tunnel's options without tunnel" \
	"Tunnel options conflict with forward method (2)" \
	-a -t 1.2.3.4:80 -r 5.6.7.8 --tun-csum
spelled "gue needs a port" "You need to supply the 'tun-port' option for the\
 'gue' tunnel type (2)" -a -t 1.2.3.4:80 -r 5.6.7.8 -i --tun-type gue
spelled "two kinds of checksum" "The option 'tun-csum' conflicts with the\
 'tun-nocsum' option in the 'gue' tunnel type (2)" \
	-a -t 1.2.3.4:80 -r 5.6.7.8 -i --tun-type gue --tun-port 5 \
	--tun-csum --tun-nocsum
spelled "no such tunnel" "illegal tunnel type specified (2)" \
	-a -t 1.2.3.4:80 -r 5.6.7.8 -i --tun-type vxlan
spelled "no multicast group" "invalid IPv6 mcast-group \`fe80::1' (2)" \
	--start-daemon master --mcast-group fe80::1
spelled "no such role" "illegal start_daemon specified (2)" \
	--stop-daemon slave
spelled "three words and an option too many" \
	"Illegal 'numeric' option with the 'set' command (2)" --set 1 -n 2 3
spelled "help for whoever asks, whatever follows" \
	"$("$lvsadm" -v)" -v --nosuch

# ---- real servers: ports ----------------------------------------------------

server() { # WHAT WANTED ARGUMENT...
	what=$1 wanted=$2
	shift 2
	"$lvsadm" -C
	"$lvsadm" -A -t 1.2.3.4:80
	"$lvsadm" -A -f 1
	"$lvsadm" -a "$@"
	check "$what" "$wanted" "$("$lvsadm" -Sn | grep -e '^-a')"
}

server "without port: the service's" \
	"-a -t 1.2.3.4:80 -r 5.6.7.8:80 -m -w 1" -t 1.2.3.4:80 -r 5.6.7.8 -m
server "also if it is named first" \
	"-a -t 1.2.3.4:80 -r 5.6.7.8:80 -m -w 1" -r 5.6.7.8 -t 1.2.3.4:80 -m
server "another port with NAT only" \
	"-a -t 1.2.3.4:80 -r 5.6.7.8:80 -g -w 0" \
	-t 1.2.3.4:80 -r 5.6.7.8:81 -gw 0
server "port 0 if that is asked for" \
	"-a -t 1.2.3.4:80 -r 5.6.7.8:0 -m -w 1" -t 1.2.3.4:80 -r 5.6.7.8:0 -m
server "a service by mark leaves the port" \
	"-a -f 1 -r 5.6.7.8:81 -g -w 1" -f 1 -r 5.6.7.8:81 -g

# ---- changing a service ------------------------------------------------------

edited() { # WHAT WANTED ARGUMENT...
	what=$1 wanted=$2
	shift 2
	"$lvsadm" -C
	"$lvsadm" -A -t 1.2.3.4:80 -s mh --table-size 4093
	"$lvsadm" -A -t 1.2.3.4:81 -s wlc --slow-start 30
	check "$what" "$wanted" "$("$lvsadm" -E "$@" 2>&1
		"$lvsadm" -Sn | grep -F -e "-t $2 ")"
}

edited "another size of the table" \
	"-A -t 1.2.3.4:80 -s mh --table-size 65537" \
	-t 1.2.3.4:80 -s mh --table-size 65537
edited "what is not given goes back to its default" "-A -t 1.2.3.4:80 -s mh" \
	-t 1.2.3.4:80 -s mh
edited "another slow start" "-A -t 1.2.3.4:81 -s wrr --slow-start 5" \
	-t 1.2.3.4:81 -s wrr --slow-start 5
edited "what the new scheduler cannot do changes nothing" \
	"--slow-start is not for scheduler rr, only for one of wrr, wlc, sed,\
 nq, twos, p2c
-A -t 1.2.3.4:81 -s wlc --slow-start 30" \
	-t 1.2.3.4:81 -s rr --slow-start 30

# ---- saving and restoring ---------------------------------------------------

cat >rules <<'END'
-A -t 10.9.0.1:80 -s rr
-a -t 10.9.0.1:80 -r 172.16.0.11:8080 -m -w 3
-a -t 10.9.0.1:80 -r 172.16.0.12:80 -g -w 0
-a -t 10.9.0.1:80 -r 172.16.0.13:80 -i -w 2147483647 --tun-type ipip
-a -t 10.9.0.1:80 -r [fd00:16::11]:80 -i -w 1 --tun-type ipip
-A -t 10.9.0.2:443 -s wlc -p 360 -M 255.255.255.0
-A -t 10.9.0.3:443 -s wlc -p 360 -M 0.0.0.0
-A -u 10.9.0.1:53 -s sh -o -b sh-fallback,sh-port
-A --sctp-service 10.9.0.1:80 -s mh -b mh-port --table-size 1000003
-A -t 10.9.0.4:80 -s sed --slow-start 60
-A -t [fd00:9::1]:80 -s lc -p 60 -M 64
-a -t [fd00:9::1]:80 -r [fd00:16::11]:80 -g -w 1
-A -f 1 -s rr
-a -f 1 -r 172.16.0.11:0 -m -w 1
-A -f 2 -6 -s rr
-A -f 4294967295 -s rr
END
"$lvsadm" -C
"$lvsadm" -R <rules
"$lvsadm" -Sn >saved
check "what is restored is saved again" "$(sort rules)" "$(sort saved)"
"$lvsadm" -C
"$lvsadm" -R <saved
check "and restored again" "$(cat saved)" "$("$lvsadm" -Sn)"
{
	echo "# ipvsadm.rules"
	echo
	sed 's/^/ipvsadm /' rules
} >commented
"$lvsadm" -C
"$lvsadm" -R <commented
check "comments and a program's name before each line" \
	"$(cat saved)" "$("$lvsadm" -Sn)"
"$lvsadm" -C
printf '%s\n' '-A -t 1.2.3.4:80' '-A -t 1.2.3.4:80' '-A -t 1.2.3.4:81' |
	"$lvsadm" -R 2>said
check "restoring goes on after what lvsd refuses" \
	"0 Service already exists 2" "$? $(cat said) $("$lvsadm" -Sn | wc -l)"
"$lvsadm" -C
printf '%s\n' '-A -t 1.2.3.4:80' '-A -t 1.2.3.4:81 -w 3' '-A -t 1.2.3.4:82' |
	"$lvsadm" -R 2>said
check "and ends at what makes no sense" "2 1" "$? $("$lvsadm" -Sn | wc -l)"
printf -- '-Sn\n-R\n-A -t 1.2.3.4:82\n' | "$lvsadm" -R >said 2>&1
check "restoring does not restore" "255 2" "$? $(wc -l <said)"
"$lvsadm" -C
i=0
while [ $i -lt 300 ]; do
	i=$((i + 1))
	echo "-A -t 10.0.$((i / 100)).$((i % 100)):80 -s rr"
	echo "-a -t 10.0.0.1:80 -r 172.16.$((i / 100)).$((i % 100 + 1)):80"
done | "$lvsadm" -R 2>said
check "a listing of many datagrams" "600" \
	"$(($("$lvsadm" -Sn | wc -l) + $(wc -l <said)))"

# ---- for programs -----------------------------------------------------------

json() { # WHAT WANTED FILTER ARGUMENT...
	what=$1 wanted=$2 filter=$3
	shift 3
	if "$lvsadm" "$@" --json >said 2>&1; then
		check "$what" "$wanted" "$(jq -c "$filter" <said 2>&1)"
	elif grep -q 'built without' said; then
		number=$((number + 1))
		echo "ok $number - $what # SKIP built without jansson"
	else
		check "$what" "$wanted" "$(cat said)"
	fi
}

"$lvsadm" -C
json "an empty list" '{"services":[]}' . -L
"$lvsadm" -R <rules
json "all services" 10 '.services | length' -L
json "a destination" '["172.16.0.11",8080,"nat",3]' \
	'.destinations[0] | [.address, .port, .method, .weight]' \
	-L -t 10.9.0.1:80
json "IPv6, with its mask" '["fd00:9::1",{"timeout":60,"netmask":"64"}]' \
	'[.address, .persistence]' -L -t '[fd00:9::1]:80'
json "a mark" '[4294967295,"ipv4"]' '[.mark, .family]' -L -f 4294967295
json "the size of a table" '[1000003,0]' '[.table_size, .slow_start]' \
	-L --sctp-service 10.9.0.1:80
json "a slow start" '[0,60]' '[.table_size, .slow_start]' -L -t 10.9.0.4:80
json "no connections" '{"connections":[]}' . -L -c
json "timeouts" '{"tcp":900,"tcp_fin":120,"udp":300}' . -L --timeout
json "daemons" '{"daemons":[]}' . -L --daemon
json "status" 0 '.dropped["no-dest"]' --status
json "status: evictions" 0 '.evicted["half-open"]' --status
json "status: the fast path" '{"packets":0,"flows":0}' .fast_path --status
json "status: interfaces" \
	'["eth0","af_packet",[1,123456789012,3,4],[5,6,7,8]]' \
	'.interfaces[0] | [.name, .backend,
		(.received, .sent | [.packets, .bytes, .dropped, .errors])]' \
	--status
check "status: interfaces for people" \
	'Interface       Backend     InPkts  InBytes  Dropped   Errors  OutPkts OutBytes  Dropped   Errors
eth0            af_packet        1     123G        3        4        5        6        7        8
a-name-of-15-ch raw              0        0        0        0        0        0        0        0' \
	"$("$lvsadm" --status | tail -n 3)"
check "status: interfaces, in full" "eth0 123456789012" \
	"$("$lvsadm" --status --exact | awk '/^eth0/ { print $1, $4 }')"
json "status: no rules for marks" '[]' .marks --status
check "status for people" "lvsd yes" "$("$lvsadm" --status |
	awk 'NR == 1 { v = $1 } /^Packets +0$/ { p = "yes" } END { print v, p }')"

# ---- the socket -------------------------------------------------------------

socket=$LVSD_SOCKET
check "--socket after the command" "" "$(LVSD_SOCKET=none "$lvsadm" -C \
	--socket "$socket" 2>&1)"
check "--socket before the command" "" "$(LVSD_SOCKET=none "$lvsadm" \
	--socket="$socket" -C 2>&1)"
LVSD_SOCKET=none "$lvsadm" -Ln >said 2>&1
check "no lvsd is said, with the remedy" "2 yes" "$? $(
	grep -q 'no lvsd at none: No such file' said &&
		grep -q -e '--socket PATH' said && echo yes)"
LVSD_SOCKET=none "$lvsadm" -h >said 2>&1
check "-h works without lvsd" "0 yes" "$? $(
	grep -q -e '-A, --add-service' said && echo yes)"
check "a bad command line is told without lvsd" \
	"Illegal 'weight' option with the 'list' command" \
	"$(LVSD_SOCKET=none "$lvsadm" -L -w 3 2>&1)"
"$lvsadm" -Ln >/dev/full 2>said
check "standard output that is full is an error" 1 $?
echo "1..$number"
exit $failed
