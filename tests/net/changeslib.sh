# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# changeslib.sh - changes of the director's network that several tests make.  To
# be sourced after lib.sh.
# shellcheck disable=SC2154 # prefix is network.sh's

# Lines of ip(8), from standard input.
director() {
	ip -n "$prefix-director" -batch -
}

# TCP sends what is lost again after 20 ms, 40 more, 80 more and so on: with its
# 200 ms all that can be told apart is how often it tried.
impatient() {
	ip -n "$prefix-client" route change 10.1.0.0/24 dev front \
		src 10.1.0.2 rto_min 20ms &&
		ip -n "$prefix-client" route change fd01::/64 dev front \
			metric 256 rto_min 20ms
}

no_neighbours() {
	ip -n "$prefix-director" neigh flush all
}

through_gateway() {
	director <<-END
		route add 10.2.0.11/32 via 10.2.0.12
		route add fd02::11/128 via fd02::12
	END
}

through_side() {
	director <<-END
		route del 10.2.0.11/32
		route del fd02::11/128
		route add 10.2.0.11/32 dev side
		route add fd02::11/128 dev side
	END
}

straight_again() {
	director <<-END
		route del 10.2.0.11/32
		route del fd02::11/128
	END
}
