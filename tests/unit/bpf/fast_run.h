/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_run.h - a packet through the program of the fast path.
 *
 * The kernel runs it on what we make (BPF_PROG_TEST_RUN), on lo, whose address
 * is 0; nothing is sent.
 */
#ifndef LVS_TESTS_BPF_FAST_RUN_H
#define LVS_TESTS_BPF_FAST_RUN_H

#include "check.h"

#include "unit/bpf/flows.h"

#include "bpf/fastpath.h"

#include <bpf/bpf.h>
#include <linux/pkt_cls.h>
#include <unistd.h>

#define NUM(array) (sizeof(array) / sizeof(*(array)))

/* Of Linux 6.11: the sum of all bytes comes along, and is checked at the end.
 */
#define SUM_OF_ALL (1u << 2)

static const int families[] = { AF_INET, AF_INET6 };

static const struct rule request = {
	.from = "C:1000",
	.to = "V:80",
	.steps = LVS_FAST_DST,
	.write = "R1:8080",
	.link = 1,
};
static inline struct lvs_fastpath *open_fast(uint32_t flows)
{
	struct lvs_fastpath_opts opts = LVS_OPTS(struct lvs_fastpath_opts);
	struct lvs_fastpath *fast;
	const struct lvs_fast_table *table;

	opts.flows = flows;
	ck_assert_int_eq(lvs_fastpath_open(&opts, &fast), 0);
	table = lvs_fastpath_table(fast);
	table->state->seed = 0x1234567890abcdef;
	table->state->generation = 7;
	return fast;
}

/* What is known of a packet besides its bytes. */
struct about {
	uint32_t mark, gso_size, gso_segs;
	uint32_t flags; /* SUM_OF_ALL */
};

struct result {
	int action;
	uint32_t mark;
	uint32_t len;
	unsigned char bytes[4096];
};

/* False: the kernel does not know one of the flags. */
static inline bool run(struct lvs_fastpath *fast, const struct lvs_pkt *pkt,
		       const struct about *about, struct result *result)
{
	struct __sk_buff in = {
		.mark = about->mark,
		.gso_size = about->gso_size,
		.gso_segs = about->gso_segs,
	};
	struct __sk_buff out = { 0 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = pkt->data,
		    .data_size_in = pkt->len, .data_out = result->bytes,
		    .data_size_out = sizeof(result->bytes), .ctx_in = &in,
		    .ctx_size_in = sizeof(in), .ctx_out = &out,
		    .ctx_size_out = sizeof(out), .flags = about->flags);
	int err = bpf_prog_test_run_opts(lvs_fastpath_program(fast), &opts);

	if (err == -EINVAL && about->flags)
		return false;
	ck_assert_msg(err == 0, "%u bytes: %s", pkt->len, strerror(-err));
	result->action = (int)opts.retval;
	result->len = opts.data_size_out;
	result->mark = out.mark;
	return true;
}

static unsigned char buf[8192];

static inline void make(struct lvs_pkt *pkt, const char *text, int af)
{
	make_pkt(pkt, text, af, buf, sizeof(buf));
	memset(pkt->data, 0, 6); /* to lo */
}

static inline uint16_t outer_id(const struct rule *rule,
				const struct result *result)
{
	if (rule->outer != AF_INET)
		return 0;
	return (uint16_t)(result->bytes[ETH_LEN + 4] << 8 |
			  result->bytes[ETH_LEN + 5]);
}

static inline void expect_forwarded(const char *what, const struct rule *rule,
				    int af, struct lvs_pkt *pkt,
				    const struct result *result)
{
	ck_assert_msg(result->action == TC_ACT_REDIRECT, "%s (%d): %d", what,
		      af, result->action);
	rule_apply(rule, af, pkt, outer_id(rule, result));
	ck_assert_msg(result->len == pkt->len, "%s (%d): %u bytes, not %u",
		      what, af, result->len, pkt->len);
	for (uint32_t i = 0; i < pkt->len; i++)
		ck_assert_msg(result->bytes[i] == pkt->data[i],
			      "%s (%d): byte %u is %02x, not %02x", what, af, i,
			      result->bytes[i], pkt->data[i]);
}

static inline void expect_left(const char *what, int af,
			       const struct lvs_pkt *pkt,
			       const struct result *result)
{
	ck_assert_msg(result->action == TC_ACT_UNSPEC, "%s (%d): %d", what, af,
		      result->action);
	ck_assert_msg(result->len == pkt->len &&
			      memcmp(result->bytes, pkt->data, pkt->len) == 0,
		      "%s (%d): not as it was", what, af);
}

static inline const char *missing(void)
{
	struct lvs_fastpath *fast;
	int err;

	if (geteuid() != 0)
		return "needs root";
	err = lvs_fastpath_open(NULL, &fast);
	if (err)
		return lvs_strerror(err);
	lvs_fastpath_close(fast);
	return NULL;
}

#endif
