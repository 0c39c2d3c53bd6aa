/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c - conversations, byte for byte: requests as netlink has them,
 * answers taken apart by libmnl.
 */
#include "check.h"

#include "ctl/attr.h"
#include "ctl/codec.h"
#include "ctl/session.h"

#include <linux/ip_vs.h>
#include <netinet/in.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct lvs_director *dir;
static struct lvs_session session;
static struct nlmsghdr *at; /* the message being written */
static size_t length;       /* of the datagram so far */

static lvs_tstamp now(void *ctx)
{
	(void)ctx;
	return LVS_SEC;
}

static void setup(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	memset(&session, 0, sizeof(session));
	session.dir = dir;
	session.now = now;
	session.may_change = true;
	length = 0;
}

static void teardown(void)
{
	lvs_director_free(dir);
}

/* ---- asking -------------------------------------------------------------- */

/* A message behind those that are there; SEQ is 100, 101 and so on. */
static void message(uint16_t type, uint16_t flags, int command)
{
	struct genlmsghdr *genl;

	at = mnl_nlmsg_put_header(session.in.bytes + length);
	at->nlmsg_type = type;
	at->nlmsg_flags = flags;
	at->nlmsg_seq = 100;
	at->nlmsg_pid = 77;
	if (command >= 0) {
		genl = mnl_nlmsg_put_extra_header(at, sizeof(*genl));
		genl->cmd = (uint8_t)command;
	}
}

static void message_end(void)
{
	length += lvs_attr_align(at->nlmsg_len);
}

static void take(void)
{
	lvs_session_take(&session, length);
	length = 0;
}

/* ---- the answer ---------------------------------------------------------- */

struct answer {
	size_t datagrams, messages, services, dests;
	int error; /* of the last NLMSG_ERROR; 1: there was none */
	size_t errors;
	bool done;
	uint8_t command; /* of the last reply */
	uint16_t family; /* told by the controller */
};

static void look(struct answer *a, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *body = mnl_nlmsg_get_payload(nlh);
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	ck_assert(!a->done);
	a->messages++;
	ck_assert_uint_eq(nlh->nlmsg_pid, 77);
	if (nlh->nlmsg_type == NLMSG_DONE) {
		a->done = true;
		return;
	}
	if (nlh->nlmsg_type == NLMSG_ERROR) {
		a->error = body->error;
		a->errors++;
		return;
	}
	a->command = genl->cmd;
	a->services += genl->cmd == IPVS_CMD_NEW_SERVICE &&
		       lvs_attr_find(nlh, GENL_HDRLEN, IPVS_CMD_ATTR_SERVICE);
	a->dests += genl->cmd == IPVS_CMD_NEW_DEST &&
		    lvs_attr_find(nlh, GENL_HDRLEN, IPVS_CMD_ATTR_DEST);
	attr = lvs_attr_find(nlh, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	if (nlh->nlmsg_type == GENL_ID_CTRL && attr)
		a->family = mnl_attr_get_u16(attr);
}

static struct answer answer(void)
{
	union {
		struct nlmsghdr header;
		uint8_t bytes[LVS_SESSION_OUT_MAX];
	} out;
	struct answer a = { .error = 1 };
	size_t len;

	while ((len = lvs_session_answer(&session, &out)) > 0) {
		const struct nlmsghdr *nlh = &out.header;
		int left = (int)len;

		ck_assert_uint_le(len, sizeof(out));
		a.datagrams++;
		for (; mnl_nlmsg_ok(nlh, left);
		     nlh = mnl_nlmsg_next(nlh, &left))
			look(&a, nlh);
		ck_assert_int_eq(left, 0);
	}
	return a;
}

static struct answer ask(uint8_t command, uint16_t flags)
{
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | flags, command);
	message_end();
	take();
	return answer();
}

static void add_services(int count)
{
	for (int i = 0; i < count; i++) {
		struct lvs_service_conf conf =
			LVS_OPTS(struct lvs_service_conf);

		conf.id.fwmark = (uint32_t)i + 1;
		conf.id.addr.family = i % 2 ? AF_INET : AF_INET6;
		ck_assert_int_eq(lvs_service_add(dir, &conf), 0);
	}
}

/* ---- what is not a request ----------------------------------------------- */

static const struct {
	const char *what;
	size_t len;
	const char *bytes; /* the last row's stand for any */
	int error;         /* 1: no answer at all */
} malformed[] = {
	{ "nothing", 0, "", 1 },
	{ "one byte", 1, "\x10", LVS_ERR_INVAL },
	{ "all but one byte of a header", 15,
	  "\x10\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0", LVS_ERR_INVAL },
	{ "a length below the header's", 16,
	  "\x0f\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0", LVS_ERR_INVAL },
	{ "a length beyond the end", 16,
	  "\x11\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0", LVS_ERR_INVAL },
	{ "a length of 4 GiB", 16,
	  "\xff\xff\xff\xff\x20\0\x05\0\x64\0\0\0\x4d\0\0\0", LVS_ERR_INVAL },
	{ "no second header", 16, "\x10\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0",
	  LVS_ERR_INVAL },
	{ "half a second header", 18,
	  "\x12\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0\x0f\x01", LVS_ERR_INVAL },
	{ "no request: acknowledged and nothing done", 16,
	  "\x10\0\0\0\x20\0\x04\0\x64\0\0\0\x4d\0\0\0", 0 },
	{ "no request, and nothing asked for", 16,
	  "\x10\0\0\0\x20\0\0\0\x64\0\0\0\x4d\0\0\0", 1 },
	{ "a control message", 16, "\x10\0\0\0\x03\0\x05\0\x64\0\0\0\x4d\0\0\0",
	  0 },
	{ "a family that is not here", 20,
	  "\x14\0\0\0\x21\0\x05\0\x64\0\0\0\x4d\0\0\0\x0f\x01\0\0",
	  LVS_ERR_NOENT },
	{ "no such command", 20,
	  "\x14\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0\xff\x01\0\0",
	  LVS_ERR_NOTSUP },
	{ "bytes that are no attribute", 23,
	  "\x17\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0\x0f\x01\0\0\x08\0\x01",
	  LVS_ERR_INVAL },
	{ "an attribute of impossible length", 26,
	  "\x1a\0\0\0\x20\0\x05\0\x64\0\0\0\x4d\0\0\0\x0c\x01\0\0"
	  "\x06\0\x04\0\x01\0",
	  LVS_ERR_RANGE },
};

START_TEST(malformed_messages)
{
	setup();
	for (size_t i = 0; i < COUNT(malformed); i++) {
		struct answer a;

		memset(&session.in, 0xff, sizeof(session.in));
		memcpy(session.in.bytes, malformed[i].bytes, malformed[i].len);
		/* A short header is answered as far as it is there. */
		lvs_session_take(&session, malformed[i].len);
		if (malformed[i].len > 0 && malformed[i].len < 16) {
			uint8_t out[LVS_SESSION_OUT_MAX]
				__attribute__((aligned(8)));

			ck_assert_uint_eq(lvs_session_answer(&session, out),
					  36);
			ck_assert_uint_eq(lvs_session_answer(&session, out), 0);
			continue;
		}
		a = answer();
		ck_assert_msg(a.error == malformed[i].error,
			      "%s: %d instead of %d", malformed[i].what,
			      a.error, malformed[i].error);
		ck_assert_msg(a.errors == (malformed[i].error != 1), "%s",
			      malformed[i].what);
	}
	teardown();
}
END_TEST

START_TEST(too_long)
{
	struct answer a;

	setup();
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST, IPVS_CMD_FLUSH);
	lvs_session_take(&session, LVS_SESSION_IN_MAX + 1);
	a = answer();
	ck_assert_int_eq(a.error, LVS_ERR_MSGSIZE);
	ck_assert_uint_eq(a.datagrams, 1);
	ck_assert_int_eq(ask(IPVS_CMD_FLUSH, NLM_F_ACK).error, 0);
	teardown();
}
END_TEST

/* ---- requests ------------------------------------------------------------ */

static const struct {
	const char *what;
	uint8_t command;
	uint16_t flags;
	int error; /* with nothing but the headers; 1: no error, no ack */
	uint8_t reply;
	int read_only; /* the same where nothing may be changed */
} plain[] = {
	{ "add nothing", IPVS_CMD_NEW_SERVICE, NLM_F_ACK, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "edit nothing", IPVS_CMD_SET_SERVICE, NLM_F_ACK, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "delete nothing", IPVS_CMD_DEL_SERVICE, NLM_F_ACK, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "get no service", IPVS_CMD_GET_SERVICE, NLM_F_ACK, LVS_ERR_INVAL, 0,
	  LVS_ERR_INVAL },
	{ "add no destination", IPVS_CMD_NEW_DEST, 0, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "edit no destination", IPVS_CMD_SET_DEST, 0, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "delete no destination", IPVS_CMD_DEL_DEST, 0, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "get one destination: there is only a dump", IPVS_CMD_GET_DEST, 0,
	  LVS_ERR_NOTSUP, 0, LVS_ERR_NOTSUP },
	{ "dump destinations of no service", IPVS_CMD_GET_DEST, NLM_F_DUMP,
	  LVS_ERR_INVAL, 0, LVS_ERR_INVAL },
	{ "start a daemon", IPVS_CMD_NEW_DAEMON, NLM_F_ACK, LVS_ERR_NOTSUP, 0,
	  LVS_ERR_NOTSUP },
	{ "stop nothing", IPVS_CMD_DEL_DAEMON, NLM_F_ACK, LVS_ERR_INVAL, 0,
	  LVS_ERR_PERM },
	{ "set no timeout", IPVS_CMD_SET_CONFIG, NLM_F_ACK, 0, 0,
	  LVS_ERR_PERM },
	{ "get timeouts", IPVS_CMD_GET_CONFIG, NLM_F_ACK, 0,
	  IPVS_CMD_SET_CONFIG, 0 },
	{ "get timeouts, unacknowledged", IPVS_CMD_GET_CONFIG, 0, 1,
	  IPVS_CMD_SET_CONFIG, 1 },
	{ "set info: a reply only", IPVS_CMD_SET_INFO, NLM_F_ACK,
	  LVS_ERR_NOTSUP, 0, LVS_ERR_NOTSUP },
	{ "get info", IPVS_CMD_GET_INFO, NLM_F_ACK, 0, IPVS_CMD_SET_INFO, 0 },
	{ "dump info: there is no dump", IPVS_CMD_GET_INFO, NLM_F_DUMP,
	  LVS_ERR_NOTSUP, 0, LVS_ERR_NOTSUP },
	{ "zero all", IPVS_CMD_ZERO, NLM_F_ACK, 0, 0, LVS_ERR_PERM },
	{ "flush", IPVS_CMD_FLUSH, NLM_F_ACK, 0, 0, LVS_ERR_PERM },
	{ "our status", LVS_CMD_GET_STATUS, NLM_F_ACK, 0, LVS_CMD_SET_STATUS,
	  0 },
	{ "our interfaces: there is only a dump", LVS_CMD_GET_INTERFACE,
	  NLM_F_ACK, LVS_ERR_NOTSUP, 0, LVS_ERR_NOTSUP },
	{ "command 0", IPVS_CMD_UNSPEC, NLM_F_ACK, LVS_ERR_NOTSUP, 0,
	  LVS_ERR_NOTSUP },
};

START_TEST(plain_requests)
{
	setup();
	for (int read_only = 0; read_only < 2; read_only++) {
		session.may_change = !read_only;
		for (size_t i = 0; i < COUNT(plain); i++) {
			int error =
				read_only ? plain[i].read_only : plain[i].error;
			struct answer a = ask(plain[i].command, plain[i].flags);

			ck_assert_msg(a.error == error, "%s: %d instead of %d",
				      plain[i].what, a.error, error);
			ck_assert_msg(error < 0 || a.command == plain[i].reply,
				      "%s: reply %u", plain[i].what, a.command);
		}
	}
	teardown();
}
END_TEST

/* libnl looks for the acknowledgement in a datagram of its own. */
START_TEST(reply_then_acknowledgement)
{
	struct answer a;

	setup();
	a = ask(IPVS_CMD_GET_INFO, NLM_F_ACK);
	ck_assert_uint_eq(a.datagrams, 2);
	ck_assert_uint_eq(a.messages, 2);
	teardown();
}
END_TEST

static const struct {
	const char *what, *name;
	int id, error;
} families[] = {
	{ "by name", "IPVS", -1, 1 },
	{ "by number", NULL, LVS_CTL_FAMILY_ID, 1 },
	{ "by both", "IPVS", LVS_CTL_FAMILY_ID, 1 },
	{ "another name", "nl80211", -1, LVS_ERR_NOENT },
	{ "another number", NULL, LVS_CTL_FAMILY_ID + 1, LVS_ERR_NOENT },
	{ "by nothing", NULL, -1, LVS_ERR_INVAL },
	{ "a name that is too long", "0123456789012345", -1, LVS_ERR_RANGE },
};

START_TEST(family)
{
	setup();
	for (size_t i = 0; i < COUNT(families); i++) {
		struct answer a;

		message(GENL_ID_CTRL, NLM_F_REQUEST, CTRL_CMD_GETFAMILY);
		if (families[i].name)
			mnl_attr_put_strz(at, CTRL_ATTR_FAMILY_NAME,
					  families[i].name);
		if (families[i].id >= 0)
			mnl_attr_put_u16(at, CTRL_ATTR_FAMILY_ID,
					 (uint16_t)families[i].id);
		message_end();
		take();
		a = answer();
		ck_assert_msg(a.error == families[i].error, "%s: %d",
			      families[i].what, a.error);
		if (a.error == 1)
			ck_assert_uint_eq(a.family, LVS_CTL_FAMILY_ID);
	}
	teardown();
}
END_TEST

/* ---- dumps --------------------------------------------------------------- */

START_TEST(dump_of_services)
{
	static const int counts[] = { 0, 1, 3, 4, 5, 20, 21, 500 };

	setup();
	for (size_t i = 0; i < COUNT(counts); i++) {
		struct answer a;

		lvs_service_flush(dir);
		add_services(counts[i]);
		a = ask(IPVS_CMD_GET_SERVICE, NLM_F_DUMP | NLM_F_ACK);
		ck_assert_uint_eq(a.services, (size_t)counts[i]);
		ck_assert(a.done);
		ck_assert_uint_eq(a.errors, 0);
	}
	teardown();
}
END_TEST

START_TEST(dump_of_destinations)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	struct answer a;

	setup();
	svc.id.fwmark = 1;
	svc.id.addr.family = AF_INET;
	ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
	dest.weight = 1;
	for (uint32_t i = 0; i < 333; i++) {
		dest.id.addr = lvs_addr_v4(htonl(0x0a000001 + i));
		ck_assert_int_eq(lvs_dest_add(dir, &svc.id, &dest), 0);
	}
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | NLM_F_DUMP,
		IPVS_CMD_GET_DEST);
	lvs_ctl_put_service_id(at, &svc.id);
	message_end();
	take();
	a = answer();
	ck_assert_uint_eq(a.dests, 333);
	ck_assert(a.done);
	svc.id.fwmark = 2;
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | NLM_F_DUMP,
		IPVS_CMD_GET_DEST);
	lvs_ctl_put_service_id(at, &svc.id);
	message_end();
	take();
	a = answer();
	ck_assert_msg(a.done && a.dests == 0 && a.errors == 0,
		      "an unknown service has an empty list");
	teardown();
}
END_TEST

/* What goes away while it is listed is not listed twice, nor awaited. */
START_TEST(dump_of_what_changes)
{
	uint8_t out[LVS_SESSION_OUT_MAX] __attribute__((aligned(8)));
	struct answer a;

	setup();
	add_services(100);
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | NLM_F_DUMP,
		IPVS_CMD_GET_SERVICE);
	message_end();
	take();
	ck_assert_uint_gt(lvs_session_answer(&session, out), 0);
	lvs_service_flush(dir);
	a = answer();
	ck_assert(a.done);
	ck_assert_uint_eq(a.services, 0);
	teardown();
}
END_TEST

/* The second request waits for the dump; the third is still done. */
START_TEST(several_requests)
{
	struct answer a;

	setup();
	add_services(50);
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST, IPVS_CMD_GET_INFO);
	message_end();
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | NLM_F_ACK, IPVS_CMD_FLUSH);
	message_end();
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | NLM_F_DUMP,
		IPVS_CMD_GET_SERVICE);
	message_end();
	take();
	a = answer();
	ck_assert(a.done);
	ck_assert_uint_eq(a.datagrams, 3);
	ck_assert_uint_eq(a.services, 0);
	teardown();
}
END_TEST

/* One mistake does not end the others. */
START_TEST(a_mistake_among_requests)
{
	struct answer a;

	setup();
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST, 99);
	message_end();
	message(LVS_CTL_FAMILY_ID, NLM_F_REQUEST | NLM_F_ACK, IPVS_CMD_FLUSH);
	message_end();
	take();
	a = answer();
	ck_assert_uint_eq(a.errors, 2);
	ck_assert_int_eq(a.error, 0);
	teardown();
}
END_TEST

static void count(void *ctx)
{
	++*(unsigned *)ctx;
}

START_TEST(changes_are_told)
{
	unsigned told = 0;

	setup();
	session.changed = count;
	session.changed_ctx = &told;
	for (size_t i = 0; i < COUNT(plain); i++) {
		unsigned before = told;
		struct answer a = ask(plain[i].command, plain[i].flags);
		bool changes = plain[i].read_only == LVS_ERR_PERM;

		ck_assert_msg((told - before == 1) == (changes && a.error == 0),
			      "%s", plain[i].what);
	}
	ck_assert_uint_gt(told, 0);
	session.changed = NULL;
	teardown();
}
END_TEST

LVS_TEST_MAIN("ctl/session", malformed_messages, too_long, plain_requests,
	      changes_are_told, reply_then_acknowledgement, family,
	      dump_of_services, dump_of_destinations, dump_of_what_changes,
	      several_requests, a_mistake_among_requests)
