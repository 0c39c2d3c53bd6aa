/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - a client's connection: one request, one answer, blocking.
 *
 * One request is under way at a time; its answer is read to the end before
 * the call returns, so nothing of it meets the next one.  An error of the
 * server's comes back as the call's own.
 */
#include "config.h"

#include "ctl/attr.h"
#include "ctl/client.h"
#include <linux/ip_vs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

/* As long as a kernel makes a datagram of a dump. */
#define RECEIVE_MAX 32768

struct lvs_ctl {
	int fd; /* -1: lost, and could not be had again */
	struct sockaddr_un addr;
	uint16_t family; /* number of the family IPVS */
	uint32_t seq;
	union {
		struct nlmsghdr header; /* for its alignment */
		uint8_t bytes[LVS_CTL_OBJECT_MAX];
	} out;
	union {
		struct nlmsghdr header;
		uint8_t bytes[RECEIVE_MAX];
	} in;
};

/* ---- one request, one answer --------------------------------------------- */

static struct nlmsghdr *request(struct lvs_ctl *ctl, uint16_t family,
				uint8_t command, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(ctl->out.bytes);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = ++ctl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = IPVS_GENL_VERSION;
	return nlh;
}

struct nlmsghdr *lvs_ctl_ask(struct lvs_ctl *ctl, uint8_t command)
{
	return request(ctl, ctl->family, command, NLM_F_ACK);
}

struct nlmsghdr *lvs_ctl_ask_dump(struct lvs_ctl *ctl, uint8_t command)
{
	return request(ctl, ctl->family, command, NLM_F_DUMP);
}

static int send_request(struct lvs_ctl *ctl)
{
	ssize_t n;

	if (ctl->fd < 0)
		return -ENOTCONN;
	do
		n = send(ctl->fd, ctl->out.bytes, ctl->out.header.nlmsg_len,
			 MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static int receive(struct lvs_ctl *ctl, size_t *len)
{
	ssize_t n;

	do
		n = recv(ctl->fd, ctl->in.bytes, sizeof(ctl->in.bytes),
			 MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ECONNRESET;
	if ((size_t)n > sizeof(ctl->in.bytes))
		return LVS_ERR_MSGSIZE;
	*len = (size_t)n;
	return 0;
}

static int error_of(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *body = mnl_nlmsg_get_payload(nlh);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(body->error))
		return LVS_ERR_PROTO;
	return body->error > 0 ? LVS_ERR_PROTO : body->error;
}

/* 0 to go on; *DONE when the answer ends with NLH. */
static int take_message(struct lvs_ctl *ctl, const struct nlmsghdr *nlh,
			lvs_ctl_answer_fn each, void *ctx, bool *done)
{
	if (nlh->nlmsg_seq != ctl->seq)
		return LVS_ERR_PROTO;
	*done = nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return error_of(nlh);
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return 0;
	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return LVS_ERR_PROTO;
	return each ? each(ctx, nlh) : 0;
}

/* The messages of one datagram of LEN bytes. */
static int take_messages(struct lvs_ctl *ctl, size_t len,
			 lvs_ctl_answer_fn each, void *ctx, bool *done)
{
	size_t at = 0;
	int err = 0;

	while (!err && !*done && at < len) {
		const struct nlmsghdr *nlh =
			lvs_message_at(ctl->in.bytes + at, len - at);

		if (!nlh)
			return LVS_ERR_PROTO;
		err = take_message(ctl, nlh, each, ctx, done);
		at += lvs_attr_align(nlh->nlmsg_len);
	}
	return err;
}

static int dial(struct lvs_ctl *ctl);

/*
 * Send what stands in ctl->out and take its answer.  An answer that is broken
 * off leaves messages in the socket; a new connection has none.
 */
int lvs_ctl_answer(struct lvs_ctl *ctl, lvs_ctl_answer_fn each, void *ctx)
{
	bool done = false;
	size_t len = 0;
	int err = send_request(ctl);

	while (!err && !done) {
		err = receive(ctl, &len);
		if (!err)
			err = take_messages(ctl, len, each, ctx, &done);
	}
	if (!done && ctl->fd >= 0) {
		close(ctl->fd);
		ctl->fd = -1;
		dial(ctl);
	}
	return err;
}

/* ---- open and close ------------------------------------------------------ */

static int family_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr =
		lvs_attr_find(nlh, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	uint16_t *family = ctx;

	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*family))
		return LVS_ERR_PROTO;
	*family = mnl_attr_get_u16(attr);
	return 0;
}

static int dial(struct lvs_ctl *ctl)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (connect(fd, (const void *)&ctl->addr, sizeof(ctl->addr))) {
		err = -errno;
		close(fd);
		return err;
	}
	ctl->fd = fd;
	return 0;
}

/* Which number has IPVS here?  Tells too whether the other side is one. */
static int resolve(struct lvs_ctl *ctl)
{
	struct nlmsghdr *nlh =
		request(ctl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	int err;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
	err = lvs_ctl_answer(ctl, family_answer, &ctl->family);
	return !err && ctl->family == 0 ? LVS_ERR_PROTO : err;
}

int lvs_ctl_open(const char *path, struct lvs_ctl **ctl)
{
	struct lvs_ctl *new;
	int err;

	if (!path)
		path = LVS_CTL_SOCKET;
	if (!path[0] || strlen(path) >= sizeof(new->addr.sun_path))
		return LVS_ERR_INVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return LVS_ERR_NOMEM;
	new->fd = -1;
	new->addr.sun_family = AF_UNIX;
	strcpy(new->addr.sun_path, path);
	err = dial(new);
	if (!err)
		err = resolve(new);
	if (err) {
		lvs_ctl_close(new);
		return err == -EACCES ? LVS_ERR_PERM : err;
	}
	*ctl = new;
	return 0;
}

void lvs_ctl_close(struct lvs_ctl *ctl)
{
	if (!ctl)
		return;
	if (ctl->fd >= 0)
		close(ctl->fd);
	free(ctl);
}
