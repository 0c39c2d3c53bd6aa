/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - the calls of lvs/director.h through a control socket, blocking.
 *
 * One request is under way at a time; its answer is read to the end before
 * the call returns, so nothing of it meets the next one.  An error of the
 * server's comes back as the call's own.
 */
#include "config.h"

#include "ctl/attr.h"
#include "ctl/codec.h"
#include "ctl/session.h"
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

/*
 * What to do with one message of the answer: 0 to go on, a negative error or
 * what a caller's own function returned to end it.
 */
typedef int (*answer_fn)(void *ctx, const struct nlmsghdr *nlh);

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

static struct nlmsghdr *ask(struct lvs_ctl *ctl, uint8_t command)
{
	return request(ctl, ctl->family, command, NLM_F_ACK);
}

static struct nlmsghdr *ask_dump(struct lvs_ctl *ctl, uint8_t command)
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
			answer_fn each, void *ctx, bool *done)
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
static int take_messages(struct lvs_ctl *ctl, size_t len, answer_fn each,
			 void *ctx, bool *done)
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
static int transact(struct lvs_ctl *ctl, answer_fn each, void *ctx)
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
	err = transact(ctl, family_answer, &ctl->family);
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

/* ---- changes ------------------------------------------------------------- */

static int service_conf(struct lvs_ctl *ctl, uint8_t command,
			const struct lvs_service_conf *conf)
{
	lvs_ctl_put_service(ask(ctl, command), conf);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_service_add(struct lvs_ctl *ctl,
			const struct lvs_service_conf *conf)
{
	return service_conf(ctl, IPVS_CMD_NEW_SERVICE, conf);
}

int lvs_ctl_service_edit(struct lvs_ctl *ctl,
			 const struct lvs_service_conf *conf)
{
	return service_conf(ctl, IPVS_CMD_SET_SERVICE, conf);
}

int lvs_ctl_service_del(struct lvs_ctl *ctl, const struct lvs_service_id *id)
{
	lvs_ctl_put_service_id(ask(ctl, IPVS_CMD_DEL_SERVICE), id);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_flush(struct lvs_ctl *ctl)
{
	ask(ctl, IPVS_CMD_FLUSH);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_zero(struct lvs_ctl *ctl, const struct lvs_service_id *id)
{
	struct nlmsghdr *nlh = ask(ctl, IPVS_CMD_ZERO);

	if (id)
		lvs_ctl_put_service_id(nlh, id);
	return transact(ctl, NULL, NULL);
}

static int dest_conf(struct lvs_ctl *ctl, uint8_t command,
		     const struct lvs_service_id *id,
		     const struct lvs_dest_conf *conf)
{
	struct nlmsghdr *nlh = ask(ctl, command);

	lvs_ctl_put_service_id(nlh, id);
	lvs_ctl_put_dest(nlh, conf);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_dest_add(struct lvs_ctl *ctl, const struct lvs_service_id *id,
		     const struct lvs_dest_conf *conf)
{
	return dest_conf(ctl, IPVS_CMD_NEW_DEST, id, conf);
}

int lvs_ctl_dest_edit(struct lvs_ctl *ctl, const struct lvs_service_id *id,
		      const struct lvs_dest_conf *conf)
{
	return dest_conf(ctl, IPVS_CMD_SET_DEST, id, conf);
}

int lvs_ctl_dest_del(struct lvs_ctl *ctl, const struct lvs_service_id *id,
		     const struct lvs_dest_id *dest)
{
	struct nlmsghdr *nlh = ask(ctl, IPVS_CMD_DEL_DEST);

	lvs_ctl_put_service_id(nlh, id);
	lvs_ctl_put_dest_id(nlh, dest);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_set_timeouts(struct lvs_ctl *ctl, const struct lvs_timeouts *t)
{
	struct nlmsghdr *nlh = ask(ctl, IPVS_CMD_SET_CONFIG);

	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_TCP, t->tcp);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, t->tcp_fin);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_UDP, t->udp);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_sync_start(struct lvs_ctl *ctl, const struct lvs_sync_conf *conf)
{
	lvs_ctl_put_sync(ask(ctl, IPVS_CMD_NEW_DAEMON), conf);
	return transact(ctl, NULL, NULL);
}

int lvs_ctl_sync_stop(struct lvs_ctl *ctl, enum lvs_sync_role role)
{
	struct lvs_sync_conf conf = LVS_OPTS(struct lvs_sync_conf);

	conf.role = role;
	lvs_ctl_put_sync(ask(ctl, IPVS_CMD_DEL_DAEMON), &conf);
	return transact(ctl, NULL, NULL);
}

/* ---- one thing asked for ------------------------------------------------- */

static int timeouts_answer(void *ctx, const struct nlmsghdr *nlh)
{
	static const struct lvs_attr_rule rules[LVS_REQUEST_ATTRS] = {
		[IPVS_CMD_ATTR_TIMEOUT_TCP] = LVS_ATTR_U32,
		[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] = LVS_ATTR_U32,
		[IPVS_CMD_ATTR_TIMEOUT_UDP] = LVS_ATTR_U32,
	};
	const struct nlattr *tb[LVS_REQUEST_ATTRS];
	struct lvs_timeouts *t = ctx;
	int err = lvs_attr_parse(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
				 mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN,
				 rules, tb, LVS_REQUEST_ATTRS);

	if (err || !tb[IPVS_CMD_ATTR_TIMEOUT_TCP] ||
	    !tb[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] ||
	    !tb[IPVS_CMD_ATTR_TIMEOUT_UDP])
		return LVS_ERR_PROTO;
	t->tcp = mnl_attr_get_u32(tb[IPVS_CMD_ATTR_TIMEOUT_TCP]);
	t->tcp_fin = mnl_attr_get_u32(tb[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN]);
	t->udp = mnl_attr_get_u32(tb[IPVS_CMD_ATTR_TIMEOUT_UDP]);
	return 0;
}

int lvs_ctl_timeouts(struct lvs_ctl *ctl, struct lvs_timeouts *t)
{
	struct lvs_timeouts got = { 0 };
	int err;

	ask(ctl, IPVS_CMD_GET_CONFIG);
	err = transact(ctl, timeouts_answer, &got);
	if (!err)
		*t = got;
	return err;
}

static int service_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, IPVS_CMD_ATTR_SERVICE);

	if (!nest || lvs_ctl_get_service_info(nest, ctx))
		return LVS_ERR_PROTO;
	return 0;
}

int lvs_ctl_service_get(struct lvs_ctl *ctl, const struct lvs_service_id *id,
			struct lvs_service_info *info)
{
	struct lvs_service_info got = { .num_dests = 0 };
	int err;

	lvs_ctl_put_service_id(ask(ctl, IPVS_CMD_GET_SERVICE), id);
	err = transact(ctl, service_answer, &got);
	if (!err)
		*info = got;
	return err;
}

static int info_answer(void *ctx, const struct nlmsghdr *nlh)
{
	static const struct lvs_attr_rule rules[IPVS_INFO_ATTR_MAX + 1] = {
		[IPVS_INFO_ATTR_VERSION] = LVS_ATTR_U32,
		[IPVS_INFO_ATTR_CONN_TAB_SIZE] = LVS_ATTR_U32,
	};
	const struct nlattr *tb[IPVS_INFO_ATTR_MAX + 1];
	struct lvs_ctl_info *info = ctx;
	int err = lvs_attr_parse(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
				 mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN,
				 rules, tb, IPVS_INFO_ATTR_MAX + 1);

	if (err || !tb[IPVS_INFO_ATTR_VERSION] ||
	    !tb[IPVS_INFO_ATTR_CONN_TAB_SIZE])
		return LVS_ERR_PROTO;
	info->version = mnl_attr_get_u32(tb[IPVS_INFO_ATTR_VERSION]);
	info->conn_tab_size =
		mnl_attr_get_u32(tb[IPVS_INFO_ATTR_CONN_TAB_SIZE]);
	return 0;
}

static int status_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, LVS_CMD_ATTR_STATUS);

	return nest && !lvs_ctl_get_status(nest, ctx) ? 0 : LVS_ERR_PROTO;
}

/* A kernel does not know our status; it then stays empty. */
int lvs_ctl_info(struct lvs_ctl *ctl, struct lvs_ctl_info *info)
{
	struct lvs_ctl_info got = LVS_OPTS(struct lvs_ctl_info);
	int err;

	ask(ctl, IPVS_CMD_GET_INFO);
	err = transact(ctl, info_answer, &got);
	if (err)
		return err;
	ask(ctl, LVS_CMD_GET_STATUS);
	err = transact(ctl, status_answer, &got);
	if (err && err != LVS_ERR_NOTSUP)
		return err;
	got.sz = info->sz;
	memcpy(info, &got, info->sz < sizeof(got) ? info->sz : sizeof(got));
	return 0;
}

/* ---- listings ------------------------------------------------------------ */

/* An array that grows as the answer comes in. */
struct listing {
	void *items;
	size_t size; /* of an item */
	size_t count, room;
	uint16_t family; /* of the service whose destinations these are */
};

static void *listing_next(struct listing *l)
{
	if (l->count == l->room) {
		size_t room = l->room ? 2 * l->room : 16;
		void *items = reallocarray(l->items, room, l->size);

		if (!items)
			return NULL;
		l->items = items;
		l->room = room;
	}
	return (char *)l->items + l->size * l->count;
}

static int services_answer(void *ctx, const struct nlmsghdr *nlh)
{
	struct listing *l = ctx;
	struct lvs_service_info *item = listing_next(l);
	int err = item ? service_answer(item, nlh) : LVS_ERR_NOMEM;

	l->count += !err;
	return err;
}

static int dests_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, IPVS_CMD_ATTR_DEST);
	struct listing *l = ctx;
	struct lvs_dest_info *item = listing_next(l);

	if (!item)
		return LVS_ERR_NOMEM;
	if (!nest || lvs_ctl_get_dest_info(nest, l->family, item))
		return LVS_ERR_PROTO;
	l->count++;
	return 0;
}

static int list(struct lvs_ctl *ctl, struct listing *l, answer_fn each)
{
	int err = transact(ctl, each, l);

	if (err)
		free(l->items);
	return err;
}

int lvs_ctl_service_list(struct lvs_ctl *ctl, struct lvs_service_info **items,
			 size_t *count)
{
	struct listing l = { .size = sizeof(**items) };
	int err;

	ask_dump(ctl, IPVS_CMD_GET_SERVICE);
	err = list(ctl, &l, services_answer);
	if (err)
		return err;
	*items = l.items;
	*count = l.count;
	return 0;
}

int lvs_ctl_dest_list(struct lvs_ctl *ctl, const struct lvs_service_id *id,
		      struct lvs_dest_info **items, size_t *count)
{
	struct listing l = { .size = sizeof(**items),
			     .family = id->addr.family };
	int err;

	lvs_ctl_put_service_id(ask_dump(ctl, IPVS_CMD_GET_DEST), id);
	err = list(ctl, &l, dests_answer);
	if (err)
		return err;
	*items = l.items;
	*count = l.count;
	return 0;
}

struct sync_listing {
	struct lvs_sync_conf list[2];
	size_t count;
};

static int sync_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, IPVS_CMD_ATTR_DAEMON);
	struct sync_listing *l = ctx;

	if (!nest || l->count == 2 ||
	    lvs_ctl_get_sync(nest, &l->list[l->count]))
		return LVS_ERR_PROTO;
	l->count++;
	return 0;
}

int lvs_ctl_sync_list(struct lvs_ctl *ctl, struct lvs_sync_conf items[2],
		      size_t *count)
{
	struct sync_listing l = { .count = 0 };
	int err;

	ask_dump(ctl, IPVS_CMD_GET_DAEMON);
	err = transact(ctl, sync_answer, &l);
	if (err)
		return err;
	memcpy(items, l.list, sizeof(l.list));
	*count = l.count;
	return 0;
}

struct conn_walk {
	int (*each)(void *ctx, const struct lvs_conn_info *conn);
	void *ctx;
};

static int conn_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, LVS_CMD_ATTR_CONN);
	const struct conn_walk *walk = ctx;
	struct lvs_conn_info conn;

	if (!nest || lvs_ctl_get_conn(nest, &conn))
		return LVS_ERR_PROTO;
	return walk->each(walk->ctx, &conn);
}

int lvs_ctl_conn_each(struct lvs_ctl *ctl,
		      int (*each)(void *ctx, const struct lvs_conn_info *conn),
		      void *ctx)
{
	struct conn_walk walk = { each, ctx };

	ask_dump(ctl, LVS_CMD_GET_CONN);
	return transact(ctl, conn_answer, &walk);
}
