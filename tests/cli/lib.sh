# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
#
# lib.sh - what the tests of the program lvsd that need no network share: where
# it is, a folder $work that goes with the script, and results as TAP.  To be
# sourced.
set -u
: "${top_builddir:=.}"
# shellcheck disable=SC2034 # not every script has a use for it
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
lvsd=$(cd "$top_builddir" && pwd)/bin/lvsd/lvsd
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0

if [ ! -x "$lvsd" ]; then
	echo "1..0 # SKIP lvsd is not built"
	exit 77
fi

# With what a failed test has left in $work/out.
result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		sed 's/^/# /' "$work/out"
		failed=1
	fi
}

# The exit status of lvsd ARGUMENT..., its output in $work/out.
run() {
	"$lvsd" "$@" >"$work/out" 2>&1
}

# lvsd ARGUMENT... ends with STATUS and says TEXT.
says() { # STATUS TEXT WHAT ARGUMENT...
	wanted=$1 text=$2 what=$3
	shift 3
	run "$@"
	[ $? -eq "$wanted" ] && grep -qF -e "$text" "$work/out"
	result $? "$what"
}

# As many as the plan says, and all of them good.
finish() { # PLANNED
	[ "$number" -eq "$1" ] && [ "$failed" -eq 0 ]
	exit
}
