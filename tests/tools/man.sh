#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# man.sh - the manual says what the tree has: every function, header, option
# and drop reason is in it, its examples are the programs in examples/, and
# mandoc finds nothing to say about any page.
set -u
export LC_ALL=C
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0

result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		[ ! -s "$work/why" ] || sed 's/^/# /' "$work/why"
		echo "not ok $number - $2"
		failed=1
	fi
	: >"$work/why"
}

# Lines of FILE that are not in OTHER, both sorted, as the reason of a failure.
none_missing() { # FILE OTHER
	comm -23 "$1" "$2" >"$work/why"
	[ -s "$1" ] && [ ! -s "$work/why" ]
}

# The names of pages DIRECTORY/*.3.
named() { # DIRECTORY
	sed -nE 's/^\.Nm (lvs_[a-z0-9_]+).*/\1/p' "$1"/*.3 | sort -u
}

# PROGRAM's text from a line like FIRST to one like LAST, as mdoc has it.
excerpt() { # PROGRAM FIRST LAST
	sed -n "/$2/,/$3/p" "$1" | sed -e 's/\\/\\e/g' -e "s/^[.']/\\\\\&&/"
}

contains() { # PAGE TEXT-FILE
	awk 'NR == FNR { text = text $0 "\n"; next } { page = page $0 "\n" }
		END { exit !(text != "" && index(page, text)) }' "$2" "$1"
}

man=$top/man
set -- "$man"/*.[1-8]
echo "1..$(($# + 10))"

# ---- the library -----------------------------------------------------------

sed -nE 's/^[[:space:]]*(lvs_[a-z0-9_]+);.*/\1/p' "$top"/lib/liblvs.map \
	"$top"/lib/bpf/liblvs-bpf.map | sort -u >"$work/functions"
named "$man" >"$work/named"
none_missing "$work/functions" "$work/named"
result $? "every function that the libraries export has a page"

mkdir "$work/less"
cp "$man"/*.3 "$work/less"
grep -v '^\.Nm lvs_strerror' "$man/lvs_base.3" >"$work/less/lvs_base.3"
named "$work/less" >"$work/less/named"
! none_missing "$work/functions" "$work/less/named"
result $? "a function without a page is found"

for header in "$top"/include/lvs/*.h; do
	name=$(basename "$header" .h)
	[ "$name" = lvs ] || [ -f "$man/lvs_$name.3" ] ||
		echo "lvs_$name.3" >>"$work/why"
done
[ ! -s "$work/why" ]
result $? "every public header has a page"

sed -nE 's/^[[:space:]]*X\([A-Z_]+, *"([a-z-]+)".*/\1/p' \
	"$top/include/lvs/stats.h" | grep -vx none | sort >"$work/reasons"
sed -nE 's/^\.It Li ([a-z-]+) Ta.*/\1/p' "$man/lvs_stats.3" | sort >"$work/listed"
none_missing "$work/reasons" "$work/listed"
result $? "every drop reason is in lvs_stats(3)"

excerpt "$top/examples/min.c" '^#include <lvs' '^}$' >"$work/min"
contains "$man/liblvs.3" "$work/min"
result $? "liblvs(3) has examples/min.c as it is"
excerpt "$top/examples/embed.c" '^static void run' '^}$' >"$work/embed"
contains "$man/liblvs.3" "$work/embed"
result $? "liblvs(3) has the loop of examples/embed.c as it is"

# ---- lvsd --------------------------------------------------------------------

grep -oE 'WORDS?\("[a-z_]+"\)|(TITLED|CFG_SEC)\("[a-z_]+"' \
	"$top/bin/lvsd/conf_syntax.c" | sed 's/.*"\(.*\)".*/\1/' |
	sort -u >"$work/words"
sed -nE 's/^\.(It Cm|Ss) ([a-z_]+).*/\2/p' "$man/lvsd.conf.5" |
	sort -u >"$work/documented"
none_missing "$work/words" "$work/documented"
result $? "every word of lvsd's grammar is in lvsd.conf(5)"
sed 's/^socket$/sockets/' "$work/words" >"$work/wrong"
! none_missing "$work/wrong" "$work/documented"
result $? "a word that is not is found"

sed -nE "s/^\t\{ ('.'|KEY_[A-Z_]+), \"([a-z-]+)\".*/\2/p" \
	"$top/bin/lvsd/options.c" | sort >"$work/options"
sed -nE 's/^\.It .*Fl -([a-z-]+).*/\1/p' "$man/lvsd.8" | sort >"$work/documented"
none_missing "$work/options" "$work/documented"
result $? "every option of lvsd is in lvsd(8)"

# ---- all pages ---------------------------------------------------------------

sed -nE 's/^\.Xr ((lib)?lvs[a-z0-9_.-]*) ([1-8]).*/\1/p' "$@" |
	sort -u >"$work/referred"
{ named "$man" && basename -a "$@" | sed 's/\.[1-8]$//'; } | sort -u >"$work/known"
none_missing "$work/referred" "$work/known"
result $? "every reference to a page of ours leads to one"

for page in "$@"; do
	name=$(basename "$page")
	if command -v mandoc >/dev/null; then
		mandoc -Tlint -Wwarning "$page" >"$work/why" 2>&1
		result $? "mandoc has nothing to say about $name"
	else
		number=$((number + 1))
		echo "ok $number - $name # SKIP no mandoc"
	fi
done
exit "$failed"
