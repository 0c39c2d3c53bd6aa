/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.h - one client's conversation, without its socket.
 *
 * A datagram with requests goes in, datagrams with answers come out, one at a
 * time and each when it is asked for: so a dump is made as fast as its client
 * reads it, and a session needs no more memory than its struct has.
 *
 *      lvs_session_take(s, len)        s->in holds a datagram of LEN bytes
 *      lvs_session_answer(s, buf) > 0  send that many bytes of buf; go on
 *                                == 0  all is answered; take the next one
 */
#ifndef LVS_CTL_SESSION_H
#define LVS_CTL_SESSION_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <lvs/ctl.h>

/*
 * The longest datagrams, in and out.  Ours fit the buffer that programs of
 * libmnl read with; no request that makes sense is near the other.
 */
#define LVS_SESSION_IN_MAX  4096
#define LVS_SESSION_OUT_MAX 8192

/* The number of our only family; a kernel gives it at run time. */
#define LVS_CTL_FAMILY_ID 0x20

/* Top-level attributes of IPVS that a request may have. */
#define LVS_REQUEST_ATTRS 7

struct lvs_command;

struct lvs_session {
	struct lvs_director *dir; /* borrowed */
	lvs_tstamp (*now)(void *ctx);
	void *now_ctx;
	bool may_change; /* or LVS_ERR_PERM for what changes something */
	void (*changed)(void *ctx); /* after it did; may be NULL */
	void *changed_ctx;
	/* The INDEX-th interface; may be NULL, as if there were none. */
	bool (*interface)(void *ctx, size_t index,
			  struct lvs_ctl_interface *ifc);
	void *interface_ctx;

	bool cut;               /* the datagram was longer than `in` */
	uint32_t in_len, in_at; /* of the datagram; what is answered */
	uint32_t out_len;       /* of the datagram under construction */
	uint8_t *out;

	/* Whose reply goes out now; its acknowledgement is the next datagram.
	 */
	bool ack_due;
	struct nlmsghdr replied;

	/* The dump under way; command NULL: none. */
	struct {
		const struct lvs_command *command;
		struct nlmsghdr request;
		struct lvs_service_id service;
		uint64_t cursor;
	} dump;

	union {
		struct nlmsghdr header; /* for its alignment */
		uint8_t bytes[LVS_SESSION_IN_MAX];
	} in;
};

/* A request whose outer attributes are checked. */
struct lvs_request {
	const struct nlmsghdr *nlh;
	const struct nlattr *attr[LVS_REQUEST_ATTRS];
};

/* Commands are const structs in one list, commands.c. */
struct lvs_command {
	uint8_t number;
	uint8_t reply; /* number in what it answers with */
	bool changes;  /* not on a read-only socket */
	/* Both NULL: a command we know and do not carry out. */
	int (*run)(struct lvs_session *s, const struct lvs_request *req);
	/* As a dump: begin, which may refuse; then once a datagram. */
	int (*begin)(struct lvs_session *s, const struct lvs_request *req);
	bool (*more)(struct lvs_session *s); /* false: that was all */
};

/* NULL: no such command. */
const struct lvs_command *lvs_command_find(uint8_t number);

/* s->in holds a datagram of LEN bytes; one longer than s->in was cut off. */
void lvs_session_take(struct lvs_session *s, size_t len);

/* The next answer into OUT (LVS_SESSION_OUT_MAX bytes, aligned as int). */
size_t lvs_session_answer(struct lvs_session *s, void *out);

/*
 * For commands: begin a message of COMMAND in answer to REQUEST, and end it.
 * There is room for LVS_CTL_OBJECT_MAX bytes if lvs_session_room says so; in
 * run and at the start of more there always is.
 */
struct nlmsghdr *lvs_session_begin(struct lvs_session *s,
				   const struct nlmsghdr *request,
				   uint8_t command, uint16_t flags);
void lvs_session_end(struct lvs_session *s, const struct nlmsghdr *nlh);
bool lvs_session_room(const struct lvs_session *s);

#endif
