#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# install.sh - what `make install` gives: a program of ten lines outside the
# tree builds against it with pkg-config alone, shared and static, and runs.
set -u
: "${top_builddir:=.}" "${MAKE:=make}" "${CC:=cc}"
number=0 failed=0

result() { # STATUS WHAT
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		echo "not ok $number - $2"
		failed=1
	fi
}

# Such a library wants its sanitizers in the program too; nobody installs it.
if objdump -p "$top_builddir/lib/.libs/liblvs.so" |
	grep -qE 'NEEDED +lib(asan|tsan|ubsan)'; then
	echo "1..0 # SKIP built with sanitizers"
	exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 1..8

(unset MAKEFLAGS MFLAGS MAKELEVEL
	"$MAKE" -s -C "$top_builddir" install DESTDIR="$work/root") \
	>"$work/log" 2>&1
status=$?
[ "$status" -eq 0 ] || sed 's/^/# /' "$work/log"
result "$status" "make install DESTDIR="

pc=$(find "$work/root" -name liblvs.pc)
libdir=$(dirname "$(dirname "$pc")")
result "$([ -n "$pc" ]; echo $?)" "liblvs.pc is installed"

PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$work/root
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR

cat >"$work/ten.c" <<'C'
#include <lvs/lvs.h>
#include <stdio.h>

int main(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;
	if (lvs_director_new(&opts, &dir) < 0)
		return 1;
	printf("liblvs %s: %zu services\n", lvs_version(),
	       lvs_service_list(dir, 0, NULL, 0));
	lvs_director_free(dir);
	return 0;
}
C
# shellcheck disable=SC2046 # words of pkg-config
$CC -std=c11 -Wall -Werror -o "$work/shared" "$work/ten.c" \
	$(pkg-config --cflags --libs liblvs) 2>"$work/log"
result $? "ten lines build with pkg-config --cflags --libs liblvs"
sed 's/^/# /' "$work/log"
said=$(LD_LIBRARY_PATH=$libdir "$work/shared")
result "$(echo "$said" | grep -q '^liblvs .*: 0 services$'; echo $?)" \
	"and say: $said"

# shellcheck disable=SC2046
$CC -o "$work/static" "$work/ten.c" $(pkg-config --cflags liblvs) \
	"$libdir/liblvs.a" $(unset PKG_CONFIG_SYSROOT_DIR
		PKG_CONFIG_PATH='' pkg-config --libs libmnl) -lpthread \
	2>"$work/log" && "$work/static" >/dev/null
result $? "the same with liblvs.a"
sed 's/^/# /' "$work/log"

soname=$(objdump -p "$libdir/liblvs.so" | awk '$1 == "SONAME" { print $2 }')
result "$([ "$soname" = liblvs.so.0 ]; echo $?)" "SONAME is $soname"

needed=$(objdump -p "$libdir/liblvs.so" | awk '$1 == "NEEDED" { print $2 }' |
	grep -v '^ld-linux' |
	sort | tr '\n' ' ')
result "$([ "$needed" = "libc.so.6 libmnl.so.0 " ]; echo $?)" \
	"liblvs.so needs $needed"

missing=
for file in include/lvs/lvs.h include/lvs/engine.h sbin/lvsadm \
	share/man/man3/liblvs.3 share/man/man8/lvsadm.8; do
	find "$work/root" -path "*/$file" | grep -q . || missing="$missing $file"
done
[ -z "$missing" ] || echo "# missing:$missing"
result "$([ -z "$missing" ]; echo $?)" "headers, programs and manual are there"
exit "$failed"
