#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# run.sh [STAGE...] - everything that must pass; `run.sh -l` lists the stages.
#
# Does its own set-up on a fresh Debian 12 (as root), works on a copy of the
# tree in a temporary directory, and leaves no file, process or namespace
# behind.  The last line counts every test of every stage.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)

# STAGE, and what it proves.  Each is a function stage_NAME below.
stages='
shell     shellcheck has nothing to say about any script
gcc       builds with gcc, warnings are errors; make check
clang     the same with clang
sanitize  make check under AddressSanitizer and UBSan
threads   several engines on one director, under ThreadSanitizer
net       real traffic between network namespaces
dist      make distcheck: from a tarball, in and out of the source tree
soak      30 seconds of mixed load, with the sanitizers watching
start     examples/quickstart.sh, as a new user types it
'

packages='autoconf automake libtool make gcc g++ clang pkg-config libc6-dev
linux-libc-dev libmnl-dev libcap-dev libconfuse-dev check binutils xz-utils
libjansson-dev libbpf-dev mandoc shellcheck jq iproute2 iputils-ping
nginx-light curl iperf3 socat tshark tcpdump nftables ethtool procps
ca-certificates libcap2-bin netbase'

if [ "${1:-}" = -l ]; then
	echo "$stages"
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "run.sh: namespaces, packet sockets and apt need root: sudo $0" >&2
	exit 2
fi

sanitize='-g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined'
passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/liblvs-tests.XXXXXX")
chmod 755 "$work" # lvsd is also run as a user without privileges
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# Install what is missing, without starting any service on this host: not now,
# nor at its next boot.
install_packages() {
	local package missing=()
	for package in $packages; do
		dpkg-query -W -f '${Status}' "$package" 2>/dev/null |
			grep -q 'ok installed' || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return
	echo "installing: ${missing[*]}"
	local policy=/usr/sbin/policy-rc.d made=
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy
		chmod +x $policy
		made=1
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >"$work/apt.log" 2>&1
	apt-get -qy --no-install-recommends install "${missing[@]}" \
		>>"$work/apt.log" 2>&1
	local status=$?
	case " ${missing[*]} " in
	*' nginx-light '*) systemctl disable nginx >>"$work/apt.log" 2>&1 ;;
	esac
	[ -z "$made" ] || rm -f $policy
	if [ $status -ne 0 ]; then
		tail -5 "$work/apt.log"
		echo "run.sh: apt-get could not install the packages" >&2
		exit 2
	fi
}

# Add the results that LOG of one test tells (TAP, or check's own summary; else
# the test counts as one) and print what failed.
count() { # NAME STATUS LOG
	local name=$1 status=$2 log=$3 ok no skip
	if grep -qE '^(not )?ok |^1\.\.[0-9]' "$log"; then
		skip=$(grep -cE '^ok .*# SKIP' "$log")
		ok=$(($(grep -cE '^ok ' "$log") - skip))
		no=$(grep -cE '^not ok ' "$log")
	elif grep -qE '^[0-9]+%: Checks: ' "$log"; then
		read -r ok no < <(sed -nE 's/^[0-9]+%: Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/p' \
			"$log" | awk '{ all += $1; bad += $2 + $3 } END { print all - bad, bad }')
		skip=0
	else
		ok=0 no=0 skip=0
		case $status in 0) ok=1 ;; 77) skip=1 ;; esac
	fi
	if [ "$status" -eq 77 ] && [ $((ok + no)) -eq 0 ]; then
		skip=1
	elif [ "$status" -ne 0 ] && [ "$no" -eq 0 ]; then
		no=1 # died before it could say so
	fi
	passed=$((passed + ok)) failed=$((failed + no)) skipped=$((skipped + skip))
	if [ "$no" -gt 0 ]; then
		echo "  FAILED: $name (exit status $status)"
		{
			grep -A 12 '^not ok' "$log" | head -60
			echo ...
			tail -20 "$log"
		} | sed 's/^/    | /'
	elif [ "$skip" -gt 0 ]; then
		grep -E '# SKIP|^1\.\.0' "$log" | sed "s|^|  skipped: $name: |"
	fi
}

# One test that is one command.
single() { # NAME COMMAND...
	local name=$1 status
	shift
	"$@" >"$work/single.log" 2>&1 </dev/null
	status=$?
	if [ $status -eq 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "  FAILED: $name (exit status $status)"
		tail -40 "$work/single.log" | sed 's/^/    | /'
	fi
	return $status
}

# Add up what `make check` left in BUILD.
count_check() { # BUILD LABEL
	local trs result status name
	while read -r trs; do
		result=$(sed -n 's/^:global-test-result: //p' "$trs")
		case $result in PASS) status=0 ;; SKIP) status=77 ;; *) status=1 ;; esac
		name=${trs#"$1"/}
		count "$2: ${name%.trs}" $status "${trs%.trs}.log"
	done < <(find "$1" -name '*.trs' | sort)
}

configure_and_check() { # LABEL CONFIGURE-ARGUMENT...
	local label=$1 build=$work/build-$1
	shift
	mkdir "$build"
	cd "$build" || exit 2
	single "$label: configure" "$work/src/configure" "$@" ||
		return
	single "$label: make" make -j"$(nproc)" || return
	make -k -j"$(nproc)" check >"$work/check.log" 2>&1
	local status=$?
	count_check "$build" "$label"
	if [ $status -ne 0 ] && ! find "$build" -name '*.trs' | grep -q .; then
		failed=$((failed + 1))
		echo "  FAILED: $label: make check ran no test"
		tail -20 "$work/check.log"
	fi
}

# Scripts by their first line, or by their name if they are to be sourced.
stage_shell() {
	local script
	while read -r script; do
		case $script in
		*.sh) ;;
		*) head -n 1 "$script" | grep -qE '^#!.*sh$' || continue ;;
		esac
		single "shellcheck $script" shellcheck -x "$script"
	done < <(find bin examples tests -type f -size +0 | sort)
}

stage_gcc() {
	configure_and_check gcc --enable-werror CC=gcc
}

stage_clang() {
	configure_and_check clang --enable-werror CC=clang
}

# Without --enable-werror: instrumented code has gcc guess at more than there is.
stage_sanitize() {
	ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 \
		UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
		configure_and_check sanitize CC=gcc CFLAGS="$sanitize"
}

# Only the test that has threads: they all would take ten minutes.
stage_threads() {
	local build=$work/build-threads
	mkdir "$build"
	cd "$build" || exit 2
	single "threads: configure" "$work/src/configure" CC=gcc \
		CFLAGS='-g -O1 -fsanitize=thread' || return
	single "threads: make" make -j"$(nproc)" tests/flow/threads || return
	TSAN_OPTIONS=halt_on_error=1 tests/flow/threads \
		>"$work/threads.log" 2>&1 </dev/null
	count "threads: tests/flow/threads" $? "$work/threads.log"
}

# The programs that namespace tests and quickstart use.
need_build() {
	[ -f "$work/build-gcc/Makefile" ] && return
	mkdir -p "$work/build-gcc"
	(cd "$work/build-gcc" && "$work/src/configure" CC=gcc && make -j"$(nproc)") \
		>"$work/build.log" 2>&1
}

stage_net() {
	local script status
	need_build
	make -C "$work/build-gcc" check TESTS= >>"$work/build.log" 2>&1
	for script in "$work"/src/tests/net/*.sh; do
		case $script in *lib.sh) continue ;; esac
		top_srcdir=$work/src top_builddir=$work/build-gcc \
			bash "$script" >"$work/net.log" 2>&1 </dev/null
		status=$?
		count "net: $(basename "$script")" $status "$work/net.log"
		grep -E '^# (figure|Gbit)' "$work/net.log" | sed 's/^#/ /'
	done
}

stage_soak() {
	local build=$work/build-sanitize status
	if [ ! -f "$build/Makefile" ]; then
		single "soak: configure" mkdir "$build" || return
		(cd "$build" && "$work/src/configure" CC=gcc CFLAGS="$sanitize") \
			>"$work/build.log" 2>&1
	fi
	make -C "$build" -j"$(nproc)" all >>"$work/build.log" 2>&1
	make -C "$build" check TESTS= >>"$work/build.log" 2>&1
	top_srcdir=$work/src top_builddir=$build \
		bash "$work/src/tests/soak.sh" 30 >"$work/soak.log" 2>&1 </dev/null
	status=$?
	count soak.sh $status "$work/soak.log"
	sed -n 's/^# figure/  figure/p' "$work/soak.log"
}

stage_dist() {
	need_build
	cd "$work/build-gcc" || exit 2
	single "make distcheck" make -s distcheck \
		DISTCHECK_CONFIGURE_FLAGS=--enable-werror
}

# Namespaces are named lvs-PID-HOST (examples/network.sh).
no_orphans() {
	ip netns list | sed -n 's/^lvs-\([0-9]*\)-.*/\1/p' | sort -u |
		while read -r pid; do
			[ -e "/proc/$pid" ] || echo "lvs-$pid is left"
		done | if grep .; then return 1; fi
}

stage_start() {
	single "examples/quickstart.sh" "$work/src/examples/quickstart.sh"
	single "nothing has left a namespace" no_orphans
}

install_packages
mkdir "$work/src"
tar -C "$top" --exclude=./.git --exclude='./build*' --exclude=./autom4te.cache \
	--exclude=./configure --exclude=./config.h --exclude=./config.status \
	--exclude=./Makefile -cf - . | tar -C "$work/src" -xf -
cd "$work/src" || exit 2
single autoreconf autoreconf -fi

if [ $# -eq 0 ]; then
	mapfile -t chosen < <(echo "$stages" | awk 'NF { print $1 }')
	set -- "${chosen[@]}"
fi
for stage in "$@"; do
	if ! declare -F "stage_$stage" >/dev/null; then
		echo "run.sh: no stage '$stage'; there are:$stages" >&2
		exit 2
	fi
	started=$SECONDS before="$passed $failed $skipped"
	echo "== $stage: $(echo "$stages" | sed -n "s/^$stage  *//p")"
	"stage_$stage"
	read -r p f s <<<"$before"
	printf '   %d passed, %d failed, %d skipped in %d s\n' \
		$((passed - p)) $((failed - f)) $((skipped - s)) \
		$((SECONDS - started))
done

echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
