/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nobody.c - packets that nobody takes: the service has no real server for
 * them, or they are of no connection and begin none.
 */
#include "base/log.h"
#include "engine/engine.h"
#include "pkt/reset.h"
#include <arpa/inet.h>
#include <stdio.h>

/* FTP's control connection; its data connections go to any port above. */
#define FTP_PORT 21

static void describe(const struct lvs_service_id *id, char *text, size_t size)
{
	const struct lvs_proto *proto = lvs_proto_find(id->protocol);
	char endpoint[LVS_ENDPOINT_STRLEN];

	if (id->fwmark)
		snprintf(text, size, "FWM %u", id->fwmark);
	else
		snprintf(text, size, "%s %s", proto ? proto->name : "?",
			 lvs_endpoint_format(&id->addr, id->port, endpoint,
					     sizeof(endpoint)));
}

static void complain(struct lvs_engine *eng, struct lvs_service *svc)
{
	char what[LVS_ENDPOINT_STRLEN + 16];
	bool due;

	pthread_mutex_lock(&svc->lock);
	due = lvs_limit_take(&svc->complaints, eng->now);
	pthread_mutex_unlock(&svc->lock);
	if (!due)
		return;
	describe(&svc->conf.id, what, sizeof(what));
	lvs_log_line(&eng->dir->log, LVS_LOG_ERR,
		     "%s: %s - no destination available",
		     svc->sched ? svc->sched->name : "none", what);
}

void lvs_engine_nobody(struct lvs_engine *eng, struct lvs_pkt *pkt,
		       const struct lvs_parsed *p, struct lvs_service *svc)
{
	/* A port that FTP might have agreed on may as well be the host's. */
	if (svc->conf.id.port == FTP_PORT &&
	    p->flow.dport_be != htons(FTP_PORT)) {
		lvs_pkt_pass(pkt);
		return;
	}
	complain(eng, svc);
	lvs_engine_answer(eng, pkt, p, LVS_ICMP_PORT, 0, LVS_REASON_NO_DEST);
}

/*
 * Whether P can only have been for a connection over SVC: the host cannot have
 * one there itself, as it has on ports that FTP data might come to, on what a
 * packet's own mark stands for, and if it is a real server.  What a rule of
 * ours marks is SVC's like an address.
 */
static bool is_only_for(const struct lvs_service *svc,
			const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	uint16_t port = svc->conf.id.port;

	if (svc->num_local > 0)
		return false;
	if (lvs_service_by_mark(svc))
		return !pkt->mark;
	return port == 0 || p->flow.dport_be == htons(port);
}

void lvs_engine_stray(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p)
{
	const struct lvs_flow *flow = &p->flow;
	const struct lvs_service *svc = NULL;

	lvs_pkt_pass(pkt);
	if (!eng->resets || p->kind != LVS_PKT_FLOW ||
	    flow->protocol != IPPROTO_TCP)
		return;
	svc = lvs_director_service(eng->dir, flow->family, flow->protocol,
				   &flow->dst, flow->dport_be, pkt->mark);
	if (svc && is_only_for(svc, pkt, p) && lvs_reset_may_answer(pkt, p))
		lvs_engine_reset(eng, pkt, p);
}
