/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commands.c - what each command does, as one list.
 *
 * A command takes its arguments out of the request's nests, does one call of
 * lvs/director.h and puts what that gave into a reply.  An empty reply is the
 * acknowledgement that the session adds.
 */
#include "ctl/codec.h"
#include "ctl/session.h"
#include <linux/ip_vs.h>
#include <string.h>

/* ---- services ------------------------------------------------------------ */

static int want_service(const struct lvs_request *req,
			enum lvs_ctl_detail detail,
			struct lvs_service_conf *conf, uint32_t *mask)
{
	const struct nlattr *nest = req->attr[IPVS_CMD_ATTR_SERVICE];

	if (!nest)
		return LVS_ERR_INVAL;
	return lvs_ctl_get_service(nest, detail, conf, mask);
}

static int service_new(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_conf conf;
	int err = want_service(req, LVS_CTL_FULL, &conf, NULL);

	return err ? err : lvs_service_add(s->dir, &conf);
}

/* Flags that the sender's mask leaves out stay as they are. */
static int service_set(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_conf conf;
	struct lvs_service_info old;
	uint32_t mask;
	int err = want_service(req, LVS_CTL_FULL, &conf, &mask);

	if (!err)
		err = lvs_service_get(s->dir, &conf.id, &old);
	if (err)
		return err;
	conf.flags |= old.conf.flags & ~mask;
	lvs_ctl_keep_own(req->attr[IPVS_CMD_ATTR_SERVICE], &old.conf, &conf);
	return lvs_service_edit(s->dir, &conf);
}

static int service_del(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_conf conf;
	int err = want_service(req, LVS_CTL_ID, &conf, NULL);

	return err ? err : lvs_service_del(s->dir, &conf.id);
}

static int service_get(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_conf conf;
	struct lvs_service_info info;
	struct nlmsghdr *nlh;
	int err = want_service(req, LVS_CTL_ID, &conf, NULL);

	if (!err)
		err = lvs_service_get(s->dir, &conf.id, &info);
	if (err)
		return err;
	nlh = lvs_session_begin(s, req->nlh, IPVS_CMD_NEW_SERVICE, 0);
	lvs_ctl_put_service_info(nlh, &info);
	lvs_session_end(s, nlh);
	return 0;
}

static int no_arguments(struct lvs_session *s, const struct lvs_request *req)
{
	(void)s;
	(void)req;
	return 0;
}

/* Entries that certainly find room in a datagram. */
#define PIECE (LVS_SESSION_OUT_MAX / LVS_CTL_OBJECT_MAX)

static struct nlmsghdr *dump_begin(struct lvs_session *s)
{
	return lvs_session_begin(s, &s->dump.request, s->dump.command->reply,
				 NLM_F_MULTI);
}

static bool service_more(struct lvs_session *s)
{
	struct lvs_service_info info[PIECE];

	while (lvs_session_room(s)) {
		size_t all = lvs_service_list(s->dir, (size_t)s->dump.cursor,
					      info, PIECE);

		for (size_t i = 0; i < PIECE && lvs_session_room(s); i++) {
			struct nlmsghdr *nlh;

			if (s->dump.cursor >= all)
				return false;
			nlh = dump_begin(s);
			lvs_ctl_put_service_info(nlh, &info[i]);
			lvs_session_end(s, nlh);
			s->dump.cursor++;
		}
	}
	return true;
}

/* ---- destinations -------------------------------------------------------- */

static int want_dest(const struct lvs_request *req, enum lvs_ctl_detail detail,
		     struct lvs_service_id *id, struct lvs_dest_conf *conf)
{
	const struct nlattr *nest = req->attr[IPVS_CMD_ATTR_DEST];
	struct lvs_service_conf svc;
	int err = want_service(req, LVS_CTL_ID, &svc, NULL);

	if (err)
		return err;
	if (!nest)
		return LVS_ERR_INVAL;
	*id = svc.id;
	return lvs_ctl_get_dest(nest, detail, svc.id.addr.family, conf);
}

static int dest_new(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_id id;
	struct lvs_dest_conf conf;
	int err = want_dest(req, LVS_CTL_FULL, &id, &conf);

	return err ? err : lvs_dest_add(s->dir, &id, &conf);
}

static int dest_set(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_id id;
	struct lvs_dest_conf conf;
	int err = want_dest(req, LVS_CTL_FULL, &id, &conf);

	return err ? err : lvs_dest_edit(s->dir, &id, &conf);
}

static int dest_del(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_id id;
	struct lvs_dest_conf conf;
	int err = want_dest(req, LVS_CTL_ID, &id, &conf);

	return err ? err : lvs_dest_del(s->dir, &id, &conf.id);
}

/* Of a service that does not exist IPVS lists nothing, without an error. */
static int dest_list(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_conf conf;
	int err = want_service(req, LVS_CTL_ID, &conf, NULL);

	if (!err)
		s->dump.service = conf.id;
	return err;
}

static bool dest_more(struct lvs_session *s)
{
	struct lvs_dest_info info[PIECE];

	while (lvs_session_room(s)) {
		size_t all = lvs_dest_list(s->dir, &s->dump.service,
					   (size_t)s->dump.cursor, info, PIECE);

		for (size_t i = 0; i < PIECE && lvs_session_room(s); i++) {
			struct nlmsghdr *nlh;

			if (s->dump.cursor >= all)
				return false;
			nlh = dump_begin(s);
			lvs_ctl_put_dest_info(nlh, &info[i]);
			lvs_session_end(s, nlh);
			s->dump.cursor++;
		}
	}
	return true;
}

/* ---- everything else ----------------------------------------------------- */

static int flush(struct lvs_session *s, const struct lvs_request *req)
{
	(void)req;
	lvs_service_flush(s->dir);
	return 0;
}

static int zero(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_service_conf conf;
	int err;

	if (!req->attr[IPVS_CMD_ATTR_SERVICE])
		return lvs_director_zero(s->dir, NULL);
	err = want_service(req, LVS_CTL_ID, &conf, NULL);
	return err ? err : lvs_director_zero(s->dir, &conf.id);
}

static uint32_t timeout(const struct lvs_request *req, int type)
{
	return req->attr[type] ? mnl_attr_get_u32(req->attr[type]) : 0;
}

static int config_set(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_timeouts t = {
		.tcp = timeout(req, IPVS_CMD_ATTR_TIMEOUT_TCP),
		.tcp_fin = timeout(req, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN),
		.udp = timeout(req, IPVS_CMD_ATTR_TIMEOUT_UDP),
	};

	return lvs_director_set_timeouts(s->dir, &t);
}

static int config_get(struct lvs_session *s, const struct lvs_request *req)
{
	struct nlmsghdr *nlh =
		lvs_session_begin(s, req->nlh, IPVS_CMD_SET_CONFIG, 0);
	struct lvs_timeouts t;

	lvs_director_timeouts(s->dir, &t);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_TCP, t.tcp);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, t.tcp_fin);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_UDP, t.udp);
	lvs_session_end(s, nlh);
	return 0;
}

/*
 * IPVS's table has a fixed number of rows, 4096 unless changed.  Ours grows,
 * so the answer is how many rows it would need now.
 */
static uint32_t conn_tab_size(const struct lvs_engine_stats *engine)
{
	uint32_t size = 4096;

	while (size < engine->conns && size < 1u << 31)
		size *= 2;
	return size;
}

static int info_get(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_engine_stats engine = LVS_OPTS(struct lvs_engine_stats);
	struct nlmsghdr *nlh =
		lvs_session_begin(s, req->nlh, IPVS_CMD_SET_INFO, 0);

	lvs_director_engine_stats(s->dir, &engine);
	mnl_attr_put_u32(nlh, IPVS_INFO_ATTR_VERSION, IP_VS_VERSION_CODE);
	mnl_attr_put_u32(nlh, IPVS_INFO_ATTR_CONN_TAB_SIZE,
			 conn_tab_size(&engine));
	lvs_session_end(s, nlh);
	return 0;
}

static int status_get(struct lvs_session *s, const struct lvs_request *req)
{
	struct lvs_engine_stats engine = LVS_OPTS(struct lvs_engine_stats);
	struct nlmsghdr *nlh =
		lvs_session_begin(s, req->nlh, LVS_CMD_SET_STATUS, 0);
	struct lvs_stats stats;

	lvs_director_stats(s->dir, &stats);
	lvs_director_engine_stats(s->dir, &engine);
	lvs_ctl_put_status(nlh, lvs_version(), &stats, &engine);
	lvs_session_end(s, nlh);
	return 0;
}

/* A connection takes less than an object in general: 30 go in a datagram. */
#define CONN_MAX   256
#define CONN_PIECE (LVS_SESSION_OUT_MAX / CONN_MAX - 1)

static bool conn_more(struct lvs_session *s)
{
	struct lvs_conn_info conn[CONN_PIECE];
	size_t n = lvs_director_conns(s->dir, &s->dump.cursor, conn, CONN_PIECE,
				      s->now(s->now_ctx));

	for (size_t i = 0; i < n; i++) {
		struct nlmsghdr *nlh = dump_begin(s);

		lvs_ctl_put_conn(nlh, &conn[i]);
		lvs_session_end(s, nlh);
	}
	return n > 0;
}

static bool interface_more(struct lvs_session *s)
{
	struct lvs_ctl_interface ifc;

	while (lvs_session_room(s)) {
		struct nlmsghdr *nlh;

		if (!s->interface ||
		    !s->interface(s->interface_ctx, (size_t)s->dump.cursor,
				  &ifc))
			return false;
		nlh = dump_begin(s);
		lvs_ctl_put_interface(nlh, &ifc);
		lvs_session_end(s, nlh);
		s->dump.cursor++;
	}
	return true;
}

static bool mark_more(struct lvs_session *s)
{
	struct lvs_mark_rule rules[PIECE];
	size_t from = (size_t)s->dump.cursor;
	size_t count = lvs_marks_list(s->dir, from, rules, PIECE);

	for (size_t i = 0; i < PIECE && from + i < count; i++) {
		struct nlmsghdr *nlh = dump_begin(s);

		lvs_ctl_put_mark(nlh, &rules[i]);
		lvs_session_end(s, nlh);
		s->dump.cursor++;
	}
	return s->dump.cursor < count;
}

/* ---- the list ------------------------------------------------------------ */

/*
 * There is no synchronisation to start, so none runs that could be stopped;
 * but what is asked for wrongly is that in the first place.
 */
static int daemon_del(struct lvs_session *s, const struct lvs_request *req)
{
	const struct nlattr *nest = req->attr[IPVS_CMD_ATTR_DAEMON];
	struct lvs_sync_conf conf;
	int err = nest ? lvs_ctl_get_sync(nest, &conf) : LVS_ERR_INVAL;

	(void)s;
	return err ? err : LVS_ERR_SRCH;
}

static bool nothing_more(struct lvs_session *s)
{
	(void)s;
	return false;
}

static const struct lvs_command commands[] = {
	{ .number = IPVS_CMD_NEW_SERVICE, .changes = true, .run = service_new },
	{ .number = IPVS_CMD_SET_SERVICE, .changes = true, .run = service_set },
	{ .number = IPVS_CMD_DEL_SERVICE, .changes = true, .run = service_del },
	{ .number = IPVS_CMD_GET_SERVICE,
	  .reply = IPVS_CMD_NEW_SERVICE,
	  .run = service_get,
	  .begin = no_arguments,
	  .more = service_more },
	{ .number = IPVS_CMD_NEW_DEST, .changes = true, .run = dest_new },
	{ .number = IPVS_CMD_SET_DEST, .changes = true, .run = dest_set },
	{ .number = IPVS_CMD_DEL_DEST, .changes = true, .run = dest_del },
	{ .number = IPVS_CMD_GET_DEST,
	  .reply = IPVS_CMD_NEW_DEST,
	  .begin = dest_list,
	  .more = dest_more },
	{ .number = IPVS_CMD_NEW_DAEMON, .changes = true },
	{ .number = IPVS_CMD_DEL_DAEMON, .changes = true, .run = daemon_del },
	{ .number = IPVS_CMD_GET_DAEMON,
	  .reply = IPVS_CMD_NEW_DAEMON,
	  .begin = no_arguments,
	  .more = nothing_more },
	{ .number = IPVS_CMD_SET_CONFIG, .changes = true, .run = config_set },
	{ .number = IPVS_CMD_GET_CONFIG, .run = config_get },
	{ .number = IPVS_CMD_GET_INFO, .run = info_get },
	{ .number = IPVS_CMD_ZERO, .changes = true, .run = zero },
	{ .number = IPVS_CMD_FLUSH, .changes = true, .run = flush },
	{ .number = LVS_CMD_GET_CONN,
	  .reply = LVS_CMD_NEW_CONN,
	  .begin = no_arguments,
	  .more = conn_more },
	{ .number = LVS_CMD_GET_STATUS, .run = status_get },
	{ .number = LVS_CMD_GET_INTERFACE,
	  .reply = LVS_CMD_NEW_INTERFACE,
	  .begin = no_arguments,
	  .more = interface_more },
	{ .number = LVS_CMD_GET_MARK,
	  .reply = LVS_CMD_NEW_MARK,
	  .begin = no_arguments,
	  .more = mark_more },
};

const struct lvs_command *lvs_command_find(uint8_t number)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (commands[i].number == number)
			return &commands[i];
	}
	return NULL;
}
