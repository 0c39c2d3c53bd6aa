#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# lvsd.sh - lvsd -n: each lvsd/NAME.in is a configuration, NAME.ok what is said
# of it.  good-* are taken; the others are refused, with exit status 2.
# shellcheck source=tests/cli/lib.sh disable=SC2154 # what lib.sh sets
. "$(dirname "$0")/lib.sh"

cd "$top/tests/cli/lvsd" || exit 1
set -- *.in
planned=$(($# + 10))
echo "1..$planned"
for in in "$@"; do
	case $in in good-*) wanted=0 ;; *) wanted=2 ;; esac
	run -n -c "$in"
	status=$?
	diff "${in%.in}.ok" "$work/out" >"$work/diff" && [ $status -eq $wanted ]
	same=$?
	{ echo "exit status $status" && cat "$work/diff"; } >"$work/out"
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
finish "$planned"
