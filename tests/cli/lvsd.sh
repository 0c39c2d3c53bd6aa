#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# lvsd.sh - lvsd -n: each lvsd/NAME.in is a configuration, NAME.ok what is said
# of it.  good-* are taken; the others are refused, with exit status 2.
set -u
: "${top_builddir:=.}"
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
lvsd=$(cd "$top_builddir" && pwd)/bin/lvsd/lvsd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0

if [ ! -x "$lvsd" ]; then
	echo "1..0 # SKIP lvsd is not built"
	exit 77
fi

result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# The exit status of lvsd ARGUMENT..., its output in $work/out.
run() {
	"$lvsd" "$@" >"$work/out" 2>&1
}

says() { # STATUS TEXT WHAT ARGUMENT...
	wanted=$1 text=$2 what=$3
	shift 3
	run "$@"
	[ $? -eq "$wanted" ] && grep -qF -e "$text" "$work/out"
	status=$?
	[ $status -eq 0 ] || sed 's/^/# /' "$work/out"
	result $status "$what"
}

cd "$top/tests/cli/lvsd" || exit 1
set -- *.in
echo "1..$(($# + 10))"
for in in "$@"; do
	case $in in good-*) wanted=0 ;; *) wanted=2 ;; esac
	run -n -c "$in"
	status=$?
	diff "${in%.in}.ok" "$work/out" >"$work/diff" && [ $status -eq $wanted ]
	same=$?
	[ $same -eq 0 ] || { echo "# exit status $status" && sed 's/^/# /' "$work/diff"; }
	result $same "${in%.in}"
done

cd "$work" || exit 1
says 2 'none.conf: No such file' 'a file that is not there' -n -c none.conf
says 2 '/: Is a directory' 'a directory' --check --config /
printf 'socket = /a\000b\n' >zero.conf
says 2 'zero.conf: not a text file' 'a file with a 0 byte' -n -c zero.conf
says 2 'lvsd --help' 'an unknown option' --bogus
says 2 'stray: not an option' 'a word that is no option' -n stray
says 2 'not a descriptor' '--ready-fd of nothing' --ready-fd 99
says 2 'not a descriptor' '--ready-fd of no number' --ready-fd one
says 0 "lvsd " '--version' --version
says 0 '--ready-fd N' '--help lists the options' --help

grep -q '^ExecStart=/.*/lvsd$' "$(dirname "$lvsd")/lvsd.service"
result $? 'the systemd unit has the path of the program'
exit "$failed"
