/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctl.c - a fuzz target: any bytes as datagrams to the control server, and as
 * answers to its clients.
 *
 *      0  bit 0: the peer may change things
 *      1  datagrams, each behind its length (2 bytes, little-endian)
 *
 * All go to one director.  Each answer must be whole messages with whole
 * attributes, and answers must come to an end; what the director then has must
 * still be listed.  Each datagram is also read as a client reads nests.
 */
#include "config.h"

#include "ctl/attr.h"
#include "ctl/codec.h"
#include "ctl/session.h"

#include <linux/ip_vs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* More services and destinations than that no input makes. */
#define ANSWERS_MAX 4096

#define MUST(what)                                                             \
	do {                                                                   \
		if (!(what))                                                   \
			fail(#what, __LINE__);                                 \
	} while (0)

static void fail(const char *what, int line)
{
	fprintf(stderr, "ctl.c:%d: not so: %s\n", line, what);
	abort();
}

static lvs_tstamp now(void *ctx)
{
	(void)ctx;
	return LVS_SEC;
}

static void judge_message(const struct nlmsghdr *nlh)
{
	static const struct lvs_attr_rule rules[1];
	const struct nlattr *tb[1];

	if (nlh->nlmsg_type == NLMSG_DONE) {
		MUST(mnl_nlmsg_get_payload_len(nlh) == sizeof(int));
	} else if (nlh->nlmsg_type == NLMSG_ERROR) {
		const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

		MUST(mnl_nlmsg_get_payload_len(nlh) == sizeof(*err));
		MUST(err->error <= 0);
	} else {
		MUST(mnl_nlmsg_get_payload_len(nlh) >= GENL_HDRLEN);
		MUST(lvs_attr_parse(
			     mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
			     mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN,
			     rules, tb, 1) == 0);
	}
}

static void judge_answers(struct lvs_session *s)
{
	static uint8_t out[LVS_SESSION_OUT_MAX] __attribute__((aligned(8)));
	size_t len;

	for (int i = 0; (len = lvs_session_answer(s, out)) > 0; i++) {
		size_t at = 0;

		MUST(i < ANSWERS_MAX);
		MUST(len <= sizeof(out));
		while (at < len) {
			const struct nlmsghdr *nlh =
				lvs_message_at(out + at, len - at);

			MUST(nlh);
			judge_message(nlh);
			at += lvs_attr_align(nlh->nlmsg_len);
		}
	}
}

/* Nests as a client gets them; alone in their memory. */
static void read_nest(const uint8_t *data, size_t size)
{
	struct lvs_ctl_info info = LVS_OPTS(struct lvs_ctl_info);
	struct lvs_service_info svc;
	struct lvs_dest_info dest;
	struct lvs_conn_info conn;
	struct lvs_sync_conf sync;
	struct lvs_ctl_interface ifc;
	struct nlattr *nest;

	if (size + 4 > UINT16_MAX)
		return;
	nest = malloc(size + 4);
	nest->nla_len = (uint16_t)(size + 4);
	nest->nla_type = 1;
	memcpy(nest + 1, data, size);
	lvs_ctl_get_service_info(nest, &svc);
	lvs_ctl_get_dest_info(nest, AF_INET6, &dest);
	if (lvs_ctl_get_conn(nest, &conn) == 0)
		MUST(strlen(conn.state) < size);
	lvs_ctl_get_sync(nest, &sync);
	lvs_ctl_get_interface(nest, &ifc);
	lvs_ctl_get_status(nest, &info);
	free(nest);
}

/* What is behind the datagram in its buffer must not be looked at. */
static void give(struct lvs_session *s, const uint8_t *data, size_t len)
{
	size_t there = len < sizeof(s->in) ? len : sizeof(s->in);

	memcpy(s->in.bytes, data, there);
	ASAN_POISON_MEMORY_REGION(s->in.bytes + there, sizeof(s->in) - there);
	lvs_session_take(s, len);
	judge_answers(s);
	ASAN_UNPOISON_MEMORY_REGION(s->in.bytes, sizeof(s->in));
}

static void play(struct lvs_session *s, const uint8_t *data, size_t size)
{
	while (size >= 2) {
		size_t len = data[0] | (size_t)data[1] << 8;
		size_t there;

		data += 2;
		size -= 2;
		there = len < size ? len : size;
		read_nest(data, there);
		give(s, data, there);
		data += there;
		size -= there;
	}
}

static void dump(struct lvs_session *s, uint8_t command)
{
	struct genlmsghdr *genl;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(s->in.bytes);

	nlh->nlmsg_type = LVS_CTL_FAMILY_ID;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	lvs_session_take(s, nlh->nlmsg_len);
	judge_answers(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_session *s;

	if (size < 1)
		return 0;
	s = calloc(1, sizeof(*s));
	MUST(s && lvs_director_new(&opts, &s->dir) == 0);
	s->now = now;
	s->may_change = data[0] & 1;
	play(s, data + 1, size - 1);
	dump(s, IPVS_CMD_GET_SERVICE);
	dump(s, LVS_CMD_GET_CONN);
	lvs_director_free(s->dir);
	free(s);
	return 0;
}
