#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# headers.sh - each public header compiles alone, as C11 and as C++17, with
# every warning an error; LVS_OPTS is the same in both; and a header that leans on
# another one is found out.
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
: "${CC:=cc}"
failed=0 number=0

as_c() {
	$CC -std=c11 -pedantic -Wall -Wextra -Wshadow -Wconversion \
		-Wstrict-prototypes -Werror -I"$top/include" -x c -fsyntax-only "$1"
}

as_cxx() {
	c++ -std=c++17 -pedantic -Wall -Wextra -Werror -I"$top/include" -x c++ \
		-fsyntax-only "$1"
}

result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What is in $work/one compiles as either.
as_both() { # WHAT
	as_c "$work/one"
	result $? "$1 as C11"
	if command -v c++ >/dev/null; then
		as_cxx "$work/one"
		result $? "$1 as C++17"
	else
		number=$((number + 1))
		echo "ok $number - # SKIP no C++ compiler"
	fi
}

set -- "$top"/include/lvs/*.h
echo "1..$(($# * 2 + 3))"
for header in "$@"; do
	name=lvs/$(basename "$header")
	printf '#include <%s>\n' "$name" >"$work/one"
	as_both "<$name> alone"
done
cat >"$work/one" <<'C'
#include <lvs/director.h>
size_t size(void);
size_t size(void)
{
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	return dest.sz;
}
C
as_both "options set up with LVS_OPTS"
echo 'struct lvs_engine *f(uint32_t);' >"$work/leans"
! as_c "$work/leans" 2>/dev/null
result $? "a header that leans on another is found"
exit "$failed"
