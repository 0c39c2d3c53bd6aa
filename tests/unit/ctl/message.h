/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * message.h - a message being made, for the tests of what goes into it.
 */
#ifndef TESTS_UNIT_CTL_MESSAGE_H
#define TESTS_UNIT_CTL_MESSAGE_H

#include "check.h"

#include "ctl/codec.h"

#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static union {
	struct nlmsghdr header;
	char bytes[LVS_CTL_OBJECT_MAX];
} buf;

static inline struct nlmsghdr *begin(void)
{
	memset(&buf, 0xaa, sizeof(buf));
	return mnl_nlmsg_put_header(&buf);
}

/* The first attribute of the message just made. */
static inline struct nlattr *nest(void)
{
	ck_assert_uint_le(buf.header.nlmsg_len, sizeof(buf));
	return mnl_nlmsg_get_payload(&buf.header);
}

/* The attribute of TYPE in the message just made. */
static inline void *payload(uint16_t type)
{
	struct nlattr *attr = mnl_attr_get_payload(nest());

	while (mnl_attr_get_type(attr) != type)
		attr = mnl_attr_next(attr);
	return mnl_attr_get_payload(attr);
}

static inline struct lvs_addr addr(const char *text)
{
	struct lvs_addr a;

	ck_assert_int_eq(lvs_addr_parse(text, &a), 0);
	return a;
}

static const struct lvs_stats stats = {
	.conns = 1,
	.inpkts = 2,
	.outpkts = 3,
	.inbytes = UINT64_C(1) << 40,
	.outbytes = 5,
	.cps = 6,
	.inpps = 7,
	.outpps = 8,
	.inbps = 9,
	.outbps = 10,
};

static inline void same_stats(const char *what, const struct lvs_stats *got)
{
	ck_assert_msg(memcmp(got, &stats, sizeof(stats)) == 0, "%s: counters",
		      what);
}

#endif
