#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# layers.sh [TREE] - which folder may include which (DESIGN in HACKING.md).
#
# A quoted include names a file from lib/, so its first component is the layer
# it reaches into; bin/ and examples/ see <lvs/...> and their own folder only.
# Without TREE it checks the project, then a tree with planted faults, which
# it must find: a check that can't fail checks nothing.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}

allowed() { # the layers that FOLDER may include
	case $1 in
	base) echo base ;;
	pkt) echo base pkt ;;
	stats) echo base stats ;;
	net) echo base pkt stats net ;;
	model) echo base pkt stats net model ;;
	sched | proto | fwd | persist) echo base pkt stats net model "$1" ;;
	engine) echo base pkt stats net model sched proto fwd persist engine ;;
	sync) echo base pkt stats net model sched proto fwd persist engine sync ;;
	rtnl | io | bpf | ctl)
		echo base pkt stats net model sched proto fwd persist engine \
			sync "$1"
		;;
	esac
}

# Prints each include of TREE that its place does not allow.
violations() {
	tree=$1
	for dir in "$tree"/lib/*/; do
		layer=$(basename "$dir")
		may=" $(allowed "$layer") config.h "
		grep -rHnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' \
			--include='*.c' --include='*.h' "$dir" 2>/dev/null |
			while IFS= read -r line; do
				want=$(printf '%s\n' "$line" |
					sed 's/.*"\([^"]*\)".*/\1/')
				case $may in
				*" ${want%%/*} "*) ;;
				*) printf '%s\n' "$line" ;;
				esac
			done
	done
	for dir in "$tree"/bin/*/ "$tree"/examples/; do
		grep -rHnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' \
			--include='*.c' --include='*.h' "$dir" 2>/dev/null |
			while IFS= read -r line; do
				want=$(printf '%s\n' "$line" |
					sed 's/.*"\([^"]*\)".*/\1/')
				if [ "$want" != config.h ] && [ ! -f "$dir$want" ]; then
					printf '%s\n' "$line"
				fi
			done
	done
}

if [ $# -gt 0 ]; then
	violations "$1"
	exit
fi

echo 1..4
found=$(violations "$top")
if [ -z "$found" ]; then
	echo "ok 1 - every include points down"
else
	printf '%s\n' "$found" | sed "s|^$top/|# |"
	echo "not ok 1 - every include points down"
fi

plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
mkdir -p "$plant/lib/base" "$plant/lib/io" "$plant/bin/x" "$plant/examples"
expect() { # NUMBER WHAT FILE: the fault planted in FILE is found
	if [ "$(violations "$plant" | grep -c "$3")" -eq 1 ]; then
		echo "ok $1 - finds $2"
	else
		echo "not ok $1 - finds $2"
	fi
	rm -f "$plant/$3"
}
echo '#include "io/memory.h"' >"$plant/lib/base/up.c"
expect 2 "a look upwards" lib/base/up.c
echo '#include "model/conn.h"' >"$plant/bin/x/in.c"
expect 3 "a program that looks inside" bin/x/in.c
echo '#include "ctl/codec.h"' >"$plant/lib/io/aside.c"
expect 4 "a look aside" lib/io/aside.c
[ -z "$found" ]
