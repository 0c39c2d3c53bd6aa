/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list.c - listings: what is asked of lvsd, and in which order it is written.
 */
#include "format.h"
#include "lvsadm.h"
#include "sort.h"
#include <stdlib.h>

/* ---- services ------------------------------------------------------------ */

struct listing {
	struct request *req;
	struct lvs_ctl *ctl;
	const struct format *format;
	struct view view;
};

static enum status refused(const struct listing *l, int error)
{
	return server_says(STATUS_LIST, l->req, error);
}

static enum status put_service(struct listing *l,
			       const struct lvs_service_info *svc)
{
	struct lvs_dest_info *dests;
	size_t count;
	int err = lvs_ctl_dest_list(l->ctl, &svc->conf.id, &dests, &count);

	if (err)
		return refused(l, err);
	if (!(l->req->seen & OPT(NOSORT)))
		sort_dests(dests, count);
	l->format->service(&l->view, svc, dests, count);
	l->view.before++;
	free(dests);
	return STATUS_OK;
}

static enum status put_services(struct listing *l,
				const struct lvs_service_info *services,
				size_t count)
{
	enum status status = STATUS_OK;
	struct lvs_ctl_info info = LVS_OPTS(struct lvs_ctl_info);
	int err = lvs_ctl_info(l->ctl, &info);

	if (err)
		return refused(l, err);
	if (l->format->begin)
		l->format->begin(&l->view, &info);
	for (size_t i = 0; i < count && !status; i++)
		status = put_service(l, &services[i]);
	if (l->format->end)
		l->format->end(&l->view);
	return status;
}

static enum status list_services(struct listing *l)
{
	struct lvs_service_info *services;
	enum status status;
	size_t count;
	int err = lvs_ctl_service_list(l->ctl, &services, &count);

	if (err)
		return refused(l, err);
	if (!(l->req->seen & OPT(NOSORT)))
		sort_services(services, count);
	l->view.whole = true;
	status = put_services(l, services, count);
	free(services);
	return status;
}

static enum status list_service(struct listing *l)
{
	struct lvs_service_info svc;
	int err = lvs_ctl_service_get(l->ctl, &l->req->svc.id, &svc);

	return err ? refused(l, err) : put_services(l, &svc, 1);
}

/* ---- everything else ----------------------------------------------------- */

static int put_conn(void *ctx, const struct lvs_conn_info *conn)
{
	struct listing *l = ctx;

	l->format->conn(&l->view, conn);
	l->view.before++;
	return 0;
}

static enum status list_conns(struct listing *l)
{
	int err;

	l->view.whole = true;
	if (l->format->conns_begin)
		l->format->conns_begin(&l->view);
	err = lvs_ctl_conn_each(l->ctl, put_conn, l);
	if (l->format->conns_end)
		l->format->conns_end(&l->view);
	return err ? refused(l, err) : STATUS_OK;
}

static enum status list_timeouts(struct listing *l)
{
	struct lvs_timeouts timeouts;
	int err = lvs_ctl_timeouts(l->ctl, &timeouts);

	if (err)
		return refused(l, err);
	l->format->timeouts(&timeouts);
	return STATUS_OK;
}

static enum status list_sync(struct listing *l)
{
	struct lvs_sync_conf sync[2];
	size_t count;
	int err = lvs_ctl_sync_list(l->ctl, sync, &count);

	if (err)
		return refused(l, err);
	l->format->sync(sync, count);
	return STATUS_OK;
}

/* A kernel, and an older lvsd, has none to tell of. */
static int optional(int err)
{
	return err == LVS_ERR_NOTSUP ? 0 : err;
}

static enum status list_status(struct listing *l)
{
	struct daemon_status s = {
		.info = LVS_OPTS(struct lvs_ctl_info),
	};
	int err = lvs_ctl_info(l->ctl, &s.info);

	if (!err)
		err = optional(lvs_ctl_interface_list(l->ctl, &s.interfaces,
						      &s.num_interfaces));
	if (!err)
		err = optional(
			lvs_ctl_mark_list(l->ctl, &s.marks, &s.num_marks));
	if (!err)
		l->format->status(&l->view, &s);
	free(s.interfaces);
	free(s.marks);
	return err ? refused(l, err) : STATUS_OK;
}

/* Options for columns may come together; the first in this order counts. */
static enum columns columns_of(uint64_t seen)
{
	return seen & OPT(STATS)            ? COLUMNS_STATS
	       : seen & OPT(RATE)           ? COLUMNS_RATE
	       : seen & OPT(THRESHOLDS)     ? COLUMNS_THRESHOLDS
	       : seen & OPT(PERSISTENTCONN) ? COLUMNS_PERSISTENT
	       : seen & OPT(TUNINFO)        ? COLUMNS_TUNNEL
					    : COLUMNS_PLAIN;
}

static enum status list_as(struct request *req, const struct format *format)
{
	struct listing l = {
		.req = req,
		.format = format,
		.view = { .columns = columns_of(req->seen),
			  .numeric = req->seen & OPT(NUMERIC),
			  .exact = req->seen & OPT(EXACT),
			  .pe = req->seen & OPT(PERSISTENTCONN) },
	};

	l.ctl = app_connect(req->app);
	if (!l.ctl)
		return STATUS_INVALID;
	return req->command->operation == DO_STATUS ? list_status(&l)
	       : req->seen & OPT(CONNECTION)        ? list_conns(&l)
	       : req->seen & OPT(TIMEOUT)           ? list_timeouts(&l)
	       : req->seen & OPT(DAEMON)            ? list_sync(&l)
	       : req->seen & OPT(SERVICE)           ? list_service(&l)
						    : list_services(&l);
}

enum status list_run(struct request *req)
{
	return list_as(req, req->format ? req->format : format_at(0));
}

enum status save_run(struct request *req)
{
	return list_as(req, &format_save);
}
