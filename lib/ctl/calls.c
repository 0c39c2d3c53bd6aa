/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - a client's calls that change something, or ask for one thing.
 */
#include "config.h"

#include "ctl/attr.h"
#include "ctl/client.h"
#include <linux/ip_vs.h>
#include <string.h>

#define TIMEOUT_ATTRS (IPVS_CMD_ATTR_TIMEOUT_UDP + 1)

/* ---- changes ------------------------------------------------------------- */

static int service_conf(struct lvs_ctl *ctl, uint8_t command,
			const struct lvs_service_conf *conf)
{
	lvs_ctl_put_service(lvs_ctl_ask(ctl, command), conf);
	return lvs_ctl_answer(ctl, NULL, NULL);
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
	lvs_ctl_put_service_id(lvs_ctl_ask(ctl, IPVS_CMD_DEL_SERVICE), id);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

int lvs_ctl_flush(struct lvs_ctl *ctl)
{
	lvs_ctl_ask(ctl, IPVS_CMD_FLUSH);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

int lvs_ctl_zero(struct lvs_ctl *ctl, const struct lvs_service_id *id)
{
	struct nlmsghdr *nlh = lvs_ctl_ask(ctl, IPVS_CMD_ZERO);

	if (id)
		lvs_ctl_put_service_id(nlh, id);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

static int dest_conf(struct lvs_ctl *ctl, uint8_t command,
		     const struct lvs_service_id *id,
		     const struct lvs_dest_conf *conf)
{
	struct nlmsghdr *nlh = lvs_ctl_ask(ctl, command);

	lvs_ctl_put_service_id(nlh, id);
	lvs_ctl_put_dest(nlh, conf);
	return lvs_ctl_answer(ctl, NULL, NULL);
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
	struct nlmsghdr *nlh = lvs_ctl_ask(ctl, IPVS_CMD_DEL_DEST);

	lvs_ctl_put_service_id(nlh, id);
	lvs_ctl_put_dest_id(nlh, dest);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

int lvs_ctl_set_timeouts(struct lvs_ctl *ctl, const struct lvs_timeouts *t)
{
	struct nlmsghdr *nlh = lvs_ctl_ask(ctl, IPVS_CMD_SET_CONFIG);

	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_TCP, t->tcp);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_TCP_FIN, t->tcp_fin);
	mnl_attr_put_u32(nlh, IPVS_CMD_ATTR_TIMEOUT_UDP, t->udp);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

int lvs_ctl_sync_start(struct lvs_ctl *ctl, const struct lvs_sync_conf *conf)
{
	lvs_ctl_put_sync(lvs_ctl_ask(ctl, IPVS_CMD_NEW_DAEMON), conf);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

int lvs_ctl_sync_stop(struct lvs_ctl *ctl, enum lvs_sync_role role)
{
	struct lvs_sync_conf conf = LVS_OPTS(struct lvs_sync_conf);

	conf.role = role;
	lvs_ctl_put_sync(lvs_ctl_ask(ctl, IPVS_CMD_DEL_DAEMON), &conf);
	return lvs_ctl_answer(ctl, NULL, NULL);
}

/* ---- one thing asked for ------------------------------------------------- */

static int timeouts_answer(void *ctx, const struct nlmsghdr *nlh)
{
	static const struct lvs_attr_rule rules[TIMEOUT_ATTRS] = {
		[IPVS_CMD_ATTR_TIMEOUT_TCP] = LVS_ATTR_U32,
		[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] = LVS_ATTR_U32,
		[IPVS_CMD_ATTR_TIMEOUT_UDP] = LVS_ATTR_U32,
	};
	const struct nlattr *tb[TIMEOUT_ATTRS];
	struct lvs_timeouts *t = ctx;
	int err = lvs_attr_parse(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
				 mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN,
				 rules, tb, TIMEOUT_ATTRS);

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

	lvs_ctl_ask(ctl, IPVS_CMD_GET_CONFIG);
	err = lvs_ctl_answer(ctl, timeouts_answer, &got);
	if (!err)
		*t = got;
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

	lvs_ctl_ask(ctl, IPVS_CMD_GET_INFO);
	err = lvs_ctl_answer(ctl, info_answer, &got);
	if (err)
		return err;
	lvs_ctl_ask(ctl, LVS_CMD_GET_STATUS);
	err = lvs_ctl_answer(ctl, status_answer, &got);
	if (err && err != LVS_ERR_NOTSUP)
		return err;
	got.sz = info->sz;
	memcpy(info, &got, info->sz < sizeof(got) ? info->sz : sizeof(got));
	return 0;
}
