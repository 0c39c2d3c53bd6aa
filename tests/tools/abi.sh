#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# abi.sh - public headers = symbol map = what the shared library exports.
#
# A function that stands in one and not in the others is a promise that can't
# be kept, or a thing that leaked.  Planted differences must be found.
set -u
: "${top_builddir:=.}" "${NM:=nm}"
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0 failed=0

# The functions that the LVS_API declarations of the headers name.
declared() {
	grep -hv '^[[:space:]]*#' "$@" | tr '\n\t' '  ' | sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/||g' |
		tr ';' '\n' | grep -E '(^|[^A-Z_])LVS_API ' |
		sed -E 's/.*LVS_API ([^(]*[ *])?(lvs_[a-z0-9_]+) *\(.*/\2/' | sort -u
}

mapped() { # the global names of version script FILE
	sed -n '/global:/,/local:/p' "$1" | tr -d '\t ;' |
		grep -E '^lvs_' | sort -u
}

exported() { # the functions that shared library FILE defines
	$NM -D --defined-only "$1" | awk '$2 ~ /[TDBRWi]/ { print $3 }' |
		sed 's/@.*//' | grep -v '^LVS_' | sort -u
}

same() { # WHAT FILE FILE
	number=$((number + 1))
	if [ -s "$2" ] && diff "$2" "$3" >"$work/diff"; then
		echo "ok $number - $1"
	else
		sed 's/^/# /' "$work/diff"
		echo "not ok $number - $1"
		failed=1
	fi
}

differs() { # WHAT FILE FILE
	number=$((number + 1))
	if diff "$2" "$3" >/dev/null; then
		echo "not ok $number - $1"
		failed=1
	else
		echo "ok $number - $1"
	fi
}

check() { # NAME MAP LIBRARY HEADER...
	name=$1 map=$2 lib=$3
	shift 3
	declared "$@" >"$work/headers"
	mapped "$map" >"$work/map"
	exported "$lib" >"$work/exports"
	same "$name: the headers declare what the map lists" \
		"$work/headers" "$work/map"
	same "$name: the library exports what the map lists" \
		"$work/exports" "$work/map"
}

bpf_map=$top/lib/bpf/liblvs-bpf.map
bpf_lib=$top_builddir/lib/.libs/liblvs-bpf.so
with_bpf=false
[ -f "$bpf_map" ] && [ -f "$bpf_lib" ] && with_bpf=true
if $with_bpf; then echo 1..6; else echo 1..4; fi

headers=$(find "$top/include/lvs" -name '*.h' ! -name claim.h \
	! -name decap.h ! -name fastpath.h ! -name tunnel.h)
# shellcheck disable=SC2086 # one word a header
check liblvs "$top/lib/liblvs.map" "$top_builddir/lib/.libs/liblvs.so" $headers

sed 1d "$work/headers" >"$work/less"
differs "a function missing from a header is found" "$work/less" "$work/map"
{ cat "$work/exports"; echo lvs_zz; } >"$work/more"
differs "a function that leaked is found" "$work/more" "$work/map"

if $with_bpf; then
	check liblvs-bpf "$bpf_map" "$bpf_lib" "$top/include/lvs/claim.h" \
		"$top/include/lvs/decap.h" "$top/include/lvs/fastpath.h" \
		"$top/include/lvs/tunnel.h"
fi
exit "$failed"
