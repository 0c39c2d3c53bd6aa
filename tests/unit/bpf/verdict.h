/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.h - what the claim's program says of a packet.
 *
 * The kernel runs it on packets that we make (BPF_PROG_TEST_RUN), in a network
 * namespace of our own in which the host forwards and has the addresses DC and
 * DS.  Packets are written as in tests/flow/packet.h; "@unreach" and "@echo"
 * are the ICMP type and code of either family.
 */
#ifndef LVS_TESTS_BPF_VERDICT_H
#define LVS_TESTS_BPF_VERDICT_H

#include "config.h"

#include "check.h"

#include "bpf/claim.h"
#include "flow/net.h"
#include "flow/packet.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/pkt_cls.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ETH_LEN 14

static const char *const kinds[] = { "pass", "request", "reply", "error",
				     "fragment" };

static inline bool on_host(const char *command)
{
	return system(command) == 0;
}

/* Everybody but DC and DS is reached through lo: it is forwarded. */
static inline bool make_host(void)
{
	return unshare(CLONE_NEWNET) == 0 &&
	       on_host("ip link set lo up && "
		       "sysctl -qw net.ipv4.conf.all.forwarding=1 "
		       "net.ipv6.conf.all.forwarding=1 && "
		       "ip addr add 10.0.0.1/32 dev lo && "
		       "ip addr add 172.16.0.1/32 dev lo && "
		       "ip addr add fd00:c::1/128 dev lo && "
		       "ip addr add fd00:16::1/128 dev lo && "
		       "ip route add default dev lo && "
		       "ip -6 route add default dev lo");
}

/* ---- one packet ---------------------------------------------------------- */

/* ROW with the words that differ by family put in. */
static inline void spell(const char *row, int af, char *text, size_t size)
{
	const struct {
		const char *word, *v4, *v6;
	} words[] = {
		{ "@unreach", "3/3", "1/4" },
		{ "@echo", "8/0", "128/0" },
	};

	snprintf(text, size, "%s", row);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char *at = strstr(text, words[i].word);
		char rest[256];

		if (!at)
			continue;
		snprintf(rest, sizeof(rest), "%s", at + strlen(words[i].word));
		snprintf(at, size - (size_t)(at - text), "%s%s",
			 af == AF_INET6 ? words[i].v6 : words[i].v4, rest);
	}
}

/* The frame around TEXT's packet; dst 0 is lo's own address. */
static inline size_t frame_of(const char *text, int af, unsigned char *frame,
			      size_t size)
{
	struct lvs_offload off;
	int len = packet_build(text, af, frame + ETH_LEN, size - ETH_LEN, &off);

	ck_assert_msg(len > 0, "%s", text);
	memset(frame, 0, ETH_LEN);
	frame[12] = af == AF_INET6 ? 0x86 : 0x08;
	frame[13] = af == AF_INET6 ? 0xdd : 0x00;
	return (size_t)len + ETH_LEN;
}

static inline uint64_t count_of(struct lvs_claim *claim, size_t kind)
{
	struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);

	lvs_claim_stats(claim, &stats);
	return kind == 1   ? stats.requests
	       : kind == 2 ? stats.replies
	       : kind == 3 ? stats.errors
			   : stats.fragments;
}

/* What becomes of the frame, as one of `kinds`. */
static inline const char *verdict(struct lvs_claim *claim,
				  const unsigned char *frame, size_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = (uint32_t)len);
	uint64_t before[5];

	for (size_t i = 1; i < 5; i++)
		before[i] = count_of(claim, i);
	ck_assert_int_eq(bpf_prog_test_run_opts(lvs_claim_program(claim),
						&opts),
			 0);
	for (size_t i = 1; i < 5; i++)
		if (count_of(claim, i) != before[i])
			return opts.retval == TC_ACT_SHOT ? kinds[i]
							  : "counted only";
	return (int)opts.retval == TC_ACT_UNSPEC ? "pass" : "not counted";
}

static const int families[] = { AF_INET, AF_INET6 };

/* Claim what is CONFIGURED for each family in turn; skip without BPF. */
static inline struct lvs_claim *open_claim(struct lvs_director *dir)
{
	struct lvs_claim *claim;

	ck_assert_int_eq(lvs_claim_open(NULL, &claim), 0);
	ck_assert_int_eq(lvs_claim_sync(claim, dir), 0);
	return claim;
}

/* NULL: all of this can run here. */
static inline const char *missing(void)
{
	struct lvs_claim *claim;
	int err;

	if (geteuid() != 0 || !make_host())
		return "needs root, a network namespace and ip(8)";
	err = lvs_claim_open(NULL, &claim);
	if (err == LVS_ERR_PERM || err == LVS_ERR_NOTSUP)
		return "needs BPF";
	if (!err)
		lvs_claim_close(claim);
	return NULL;
}

#endif
