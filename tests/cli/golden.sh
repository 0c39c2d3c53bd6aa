#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# golden.sh [DIRECTORY] - lvsadm against recordings of ipvsadm on a real
# kernel: same standard output, error and exit status, same state after it.
#
# DIRECTORY has errors/ and text/ as tests/golden has them (the default).  jq
# turns a recording into calls of the functions below.  What is different and
# why is listed in tests/golden/differences; what is listed must differ.
# shellcheck disable=SC2317 # the functions are called from recordings
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$here/../..}" "${top_builddir:=$here/../..}"
golden=${1:-$top_srcdir/tests/golden}
lvsadm=$top_builddir/bin/lvsadm/lvsadm
# Without libtool's wrapper, which is a script, a run takes a tenth.
if [ -x "$top_builddir/bin/lvsadm/.libs/lvsadm" ]; then
	lvsadm=$top_builddir/bin/lvsadm/.libs/lvsadm
	export LD_LIBRARY_PATH="$top_builddir/lib/.libs"
fi

command -v jq >/dev/null || {
	echo "1..0 # SKIP jq is not there"
	exit 77
}
# Some recordings have ports by name.
getent services http/tcp >/dev/null || {
	echo "1..0 # SKIP /etc/services is not there (netbase)"
	exit 77
}
if [ -z "${GOLDEN_WORK:-}" ]; then
	GOLDEN_WORK=$(mktemp -d) || exit 1
	export GOLDEN_WORK
	trap 'rm -rf "$GOLDEN_WORK"' EXIT
	"$top_builddir/tests/cli/server" "$GOLDEN_WORK/socket" sh "$0" "$@"
	exit
fi
cd "$GOLDEN_WORK" || exit 1
number=0 failed=0

# Result of the case called NAME: FILE was found to be other than wanted if
# it is not empty.
result() { # NAME FILE
	number=$((number + 1))
	reason=$(awk -F '\t' -v name="$1" '$1 == name { print $2 }' \
		"$top_srcdir/tests/golden/differences")
	if [ -n "$reason" ] && [ -s "$2" ]; then
		echo "ok $number - $1 (different: $reason)"
	elif [ -n "$reason" ]; then
		echo "not ok $number - $1 (listed as different, and is not)"
		failed=1
	elif [ -s "$2" ]; then
		echo "not ok $number - $1"
		sed 's/^/# /' "$2"
		failed=1
	else
		echo "ok $number - $1"
	fi
}

# Run lvsadm with ARGS (parted at blanks), standard input from FILE.
run() { # ARGS [FILE]
	set -f
	# shellcheck disable=SC2086 # they are to be parted
	"$lvsadm" $1 <"${2:-/dev/null}" >stdout 2>stderr
	echo $? >rc
	set +f
}

# What the last run left, against RC STDOUT STDERR; differences to `differs`.
compare() { # RC STDOUT STDERR
	{
		echo "$1" | diff -u --label rc --label "our rc" - rc
		printf %s "$2" | diff -u --label stdout --label "our stdout" \
			- stdout
		printf %s "$3" | sed 's/ipvsadm/lvsadm/g' |
			diff -u --label stderr --label "our stderr" - stderr
	} >differs
}

# Make LINES, commands, all that is configured.
configure() { # LINES
	"$lvsadm" -C && printf '%s\n' "$1" | "$lvsadm" -R
}

errors_case() { # BASE ARGS RC STDOUT STDERR ADDED REMOVED
	configure "$1"
	"$lvsadm" -Sn | sort >before
	run "$2"
	compare "$3" "$4" "$5"
	"$lvsadm" -Sn | sort >after
	comm -13 before after >added
	comm -23 before after >removed
	{
		printf %s "$6" | sort |
			diff -u --label added --label "we added" - added
		printf %s "$7" | sort |
			diff -u --label removed --label "we removed" - removed
	} >>differs
	result "errors: $2" differs
}

# Cases go on where the one before ended.
restore_case() { # STDIN RC STDOUT STDERR STATE
	printf %s "$1" >stdin
	run -R stdin
	compare "$2" "$3" "$4"
	"$lvsadm" -Sn >state
	printf %s "$5" | diff -u --label state --label "our state" - state \
		>>differs
	result "restore: $(printf %s "$1" | tr '\n' '|')" differs
}

text_setup() { # SETUP
	configure "$1"
	"$lvsadm" --set 900 120 300
}

text_case() { # SET ARGS RC STDOUT STDERR
	run "$2"
	compare "$3" "$4" "$5"
	result "$1: $2" differs
}

timeouts_case() { # ARGS RC STDOUT STDERR THEN
	run "$1"
	compare "$2" "$3" "$4"
	"$lvsadm" -L --timeout >later
	printf %s "$5" | diff -u --label later --label "our later" - later \
		>>differs
	result "timeouts: $1" differs
}

# Read calls of the functions above and make them.
play() {
	# shellcheck disable=SC1090
	. "$1"
}

lines='def lines: map(. + "\n") | add // "";'
jq -r "$lines"' ["errors_case", (.base | lines), .args, (.rc | tostring),
	.stdout, .stderr, (.added | lines), (.removed | lines)] | @sh' \
	"$golden"/errors/errors.jsonl >errors
play ./errors
"$lvsadm" -C
jq -r '.[] | ["restore_case", .stdin, (.rc | tostring), .stdout, .stderr,
	.state] | @sh' "$golden"/errors/restore.json >restore
play ./restore
for set in "$golden"/text/*.jsonl; do
	name=$(basename "$set" .jsonl)
	case $name in
	timeouts)
		text_setup ''
		jq -r '["timeouts_case", .args, (.rc | tostring), .stdout,
			.stderr, .then] | @sh' "$set" >text
		;;
	empty | small | rich)
		text_setup "$(jq -rn 'input | .setup[]' "$set")"
		jq -r 'select(.args) | ["text_case", .set, .args,
			(.rc | tostring), .stdout, .stderr] | @sh' "$set" >text
		;;
	*)
		continue
		;;
	esac
	play ./text
done
echo "1..$number"
exit $failed
