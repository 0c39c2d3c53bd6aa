#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# embed.sh - examples/embed.c, the program with an event loop of its own,
# balances what real clients send over real servers.
# shellcheck disable=SC2317 # functions are called by check
# shellcheck source=tests/net/lib.sh
. "$(dirname "$0")/lib.sh"

embed=$build/examples/embed
need_root_and "$embed" nginx curl

small_file() { # ADDRESS
	same "$sum" "$(get "http://$1/files/small")"
}

balanced() { # ADDRESS
	same 'rs1:30 rs2:30' "$(spread "$1" 60)"
}

ends_well() {
	stop "$pid"
	same 0 "$(wc -l <"$work/embed.log")"
}

add_network
start_nginxes
mkdir "$work/files"
head -c 5M /dev/urandom >"$work/files/small"
sum=$(sha256sum <"$work/files/small")

for vip in 10.1.0.100 '[fd01::100]'; do
	case $vip in 10*) rs=10.2.0.1 ;; *) rs=fd02::1 ;; esac
	check "ready: $vip" start director "$embed" front back "$vip:80" \
		"$(url "${rs}1"):80" "$(url "${rs}2"):8080"
	pid=$started
	check "5 MiB through $vip, as they were" small_file "$vip"
	check "60 connections to $vip, half to each" balanced "$vip"
	check "it ends on SIGTERM without complaint" ends_well
done
finish
