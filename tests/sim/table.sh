#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# table.sh - lvs-sched(7) has the table that the simulation prints, and says
# something about every scheduler in it.  table.sh -w puts the table there.
set -u
export LC_ALL=C
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
page=$top/man/lvs-sched.7
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The page with FILE for its table; the table is a display behind a comment.
with_table() { # FILE
	awk -v file="$1" '
		/^\.Ed/ { inside = 0 }
		!inside { print }
		/^\.\\" Printed by tests\/sim/ { marked = 1; next }
		marked && /^\.Bd/ {
			while ((getline line < file) > 0)
				print line
			inside = 1
		}
		{ marked = 0 }' "$page"
}

number=0 failed=0
result() { # STATUS WHAT
	number=$((number + 1))
	[ "$1" -eq 0 ] || { failed=1 && printf 'not '; }
	echo "ok $number - $2"
}

"${top_builddir:-.}/tests/sim/sim" >"$work/table" || exit 1
with_table "$work/table" >"$work/page"

if [ "${1:-}" = -w ]; then
	cat "$work/page" >"$page"
	cat "$work/table"
	exit
fi

echo 1..3
diff "$page" "$work/page" >"$work/why" 2>&1
result $? "lvs-sched(7) has the table of the simulation (make sim)"
sed 's/^/# /' "$work/why"

echo nothing >"$work/other"
with_table "$work/other" | diff "$page" - >"$work/why" 2>&1
[ $? -eq 1 ] && ! grep -q '^> [^n]' "$work/why"
result $? "another table would be noticed"

sed -n 's/^\([a-z0-9]*\)  *[0-9].*/\1/p' "$work/table" | sort >"$work/rows"
sed -n 's/^\.It Cm \([a-z0-9]*\)$/\1/p' "$page" | sort >"$work/entries"
comm -23 "$work/rows" "$work/entries" >"$work/why"
[ -s "$work/rows" ] && [ ! -s "$work/why" ]
result $? "every scheduler has an entry in lvs-sched(7)"
sed 's/^/# /' "$work/why"
exit "$failed"
