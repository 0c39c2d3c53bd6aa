#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# pure.sh - the engine has no I/O, clock or thread of its own, and the rest of the
# library no clock.
#
# What an object file needs from outside is what it can do: every undefined
# symbol of the pure layers must be one of ours or stand on the short list.
# The check is shown a planted object first, which must fail it.
set -u
: "${top_builddir:=.}" "${NM:=nm}" "${CC:=cc}"

pure="base pkt stats model sched proto fwd persist net engine sync"
known='^(mem(cpy|move|set|cmp|chr)|bcmp|str(len|cmp|ncmp|chr|rchr|nlen|cspn|spn|tol|toul|toull)'
known=$known'|calloc|free|aligned_alloc|malloc|realloc|posix_memalign|qsort|bsearch'
known=$known'|v?snprintf|__v?snprintf_chk|__mem(cpy|set|move)_chk|__str(cpy|ncpy|cat)_chk'
known=$known'|strn?cpy|strcat|inet_(pton|ntop)|pthread_mutex_(init|destroy|lock|unlock|trylock)'
known=$known'|mmap|munmap|madvise|__errno_location|__stack_chk_fail|abort|__assert_fail'
known=$known'|_GLOBAL_OFFSET_TABLE_|__ctype_b_loc|__isoc99_sscanf|__isoc23_strtoul'
known=$known'|__(asan|ubsan|sanitizer|tsan|llvm|gcov|sancov|start|stop)_.*|_ITM_.*|__gmon_start__'
known=$known'|atomic_.*|__atomic_.*|__cpu_(model|indicator_init)|__popcountdi2|lvs_.*)$'

undefined() { # the symbols that FILE needs and that are not allowed
	$NM -u "$@" 2>/dev/null | awk '$1 == "U" { print $2 }' | sort -u |
		grep -vE "$known"
}

echo 1..3
plant=$(mktemp -d)
trap 'rm -rf "$plant"' EXIT
cat >"$plant/clock.c" <<'C'
#include <time.h>
long f(void);
long f(void) { return (long)time(0); }
C
if $CC -c -o "$plant/clock.o" "$plant/clock.c" &&
	[ "$(undefined "$plant/clock.o")" = time ]; then
	echo "ok 1 - finds a look at the clock"
else
	echo "not ok 1 - finds a look at the clock"
	exit 1
fi

failed=0 seen=0
for layer in $pure; do
	for object in "$top_builddir/lib/$layer"/*.o; do
		[ -f "$object" ] || continue
		seen=$((seen + 1))
		bad=$(undefined "$object")
		[ -z "$bad" ] && continue
		printf '# %s needs %s\n' "${object##*/lib/}" \
			"$(printf '%s' "$bad" | tr '\n' ' ')"
		failed=1
	done
done
if [ "$failed" -eq 0 ] && [ "$seen" -gt 10 ]; then
	echo "ok 2 - $seen pure objects do nothing on their own"
else
	echo "not ok 2 - $seen pure objects do nothing on their own"
	exit 1
fi

clock='^(clock_gettime|clock_gettime64|gettimeofday|time|timespec_get|clock|times)$'
read_by=$(for object in "$top_builddir"/lib/*/*.o; do
	$NM -u "$object" 2>/dev/null | awk '{ print $2 }' | grep -qE "$clock" &&
		echo "# ${object##*/lib/} reads the clock"
done)
if [ -z "$read_by" ]; then
	echo "ok 3 - time is an argument everywhere in the library"
else
	echo "$read_by"
	echo "not ok 3 - time is an argument everywhere in the library"
	exit 1
fi
