/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listings.c - a client's calls that list: services, destinations, interfaces,
 * connections, synchronisation daemons.
 */
#include "config.h"

#include "ctl/attr.h"
#include "ctl/client.h"
#include <linux/ip_vs.h>
#include <stdlib.h>
#include <string.h>

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

	lvs_ctl_put_service_id(lvs_ctl_ask(ctl, IPVS_CMD_GET_SERVICE), id);
	err = lvs_ctl_answer(ctl, service_answer, &got);
	if (!err)
		*info = got;
	return err;
}

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

static int list(struct lvs_ctl *ctl, struct listing *l, lvs_ctl_answer_fn each)
{
	int err = lvs_ctl_answer(ctl, each, l);

	if (err)
		free(l->items);
	return err;
}

int lvs_ctl_service_list(struct lvs_ctl *ctl, struct lvs_service_info **items,
			 size_t *count)
{
	struct listing l = { .size = sizeof(**items) };
	int err;

	lvs_ctl_ask_dump(ctl, IPVS_CMD_GET_SERVICE);
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

	lvs_ctl_put_service_id(lvs_ctl_ask_dump(ctl, IPVS_CMD_GET_DEST), id);
	err = list(ctl, &l, dests_answer);
	if (err)
		return err;
	*items = l.items;
	*count = l.count;
	return 0;
}

static int interfaces_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, LVS_CMD_ATTR_INTERFACE);
	struct listing *l = ctx;
	struct lvs_ctl_interface *item = listing_next(l);

	if (!item)
		return LVS_ERR_NOMEM;
	if (!nest || lvs_ctl_get_interface(nest, item))
		return LVS_ERR_PROTO;
	l->count++;
	return 0;
}

int lvs_ctl_interface_list(struct lvs_ctl *ctl,
			   struct lvs_ctl_interface **items, size_t *count)
{
	struct listing l = { .size = sizeof(**items) };
	int err;

	lvs_ctl_ask_dump(ctl, LVS_CMD_GET_INTERFACE);
	err = list(ctl, &l, interfaces_answer);
	if (err)
		return err;
	*items = l.items;
	*count = l.count;
	return 0;
}

static int marks_answer(void *ctx, const struct nlmsghdr *nlh)
{
	const struct nlattr *nest =
		lvs_attr_find(nlh, GENL_HDRLEN, LVS_CMD_ATTR_MARK);
	struct listing *l = ctx;
	struct lvs_mark_rule *item = listing_next(l);

	if (!item)
		return LVS_ERR_NOMEM;
	if (!nest || lvs_ctl_get_mark(nest, item))
		return LVS_ERR_PROTO;
	l->count++;
	return 0;
}

int lvs_ctl_mark_list(struct lvs_ctl *ctl, struct lvs_mark_rule **items,
		      size_t *count)
{
	struct listing l = { .size = sizeof(**items) };
	int err;

	lvs_ctl_ask_dump(ctl, LVS_CMD_GET_MARK);
	err = list(ctl, &l, marks_answer);
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

	lvs_ctl_ask_dump(ctl, IPVS_CMD_GET_DAEMON);
	err = lvs_ctl_answer(ctl, sync_answer, &l);
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

	lvs_ctl_ask_dump(ctl, LVS_CMD_GET_CONN);
	return lvs_ctl_answer(ctl, conn_answer, &walk);
}
