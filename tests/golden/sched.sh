#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# sched.sh - replay the recordings in tests/golden/sched through the engine.
set -u

run=${top_builddir:-.}/tests/golden/run
recordings=${top_srcdir:-.}/tests/golden/sched

skip() {
	echo "1..0 # SKIP $1"
	exit 77
}

[ -x "$run" ] || skip "built without jansson (Debian: libjansson-dev)"
command -v xz >/dev/null || skip "no xz (Debian: xz-utils)"

work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT
trap 'exit 99' INT TERM HUP
for file in "$recordings"/*.xz; do
	xz -dc "$file" >"$work/$(basename "$file" .xz)" || exit 99
done
"$run" "$work"
