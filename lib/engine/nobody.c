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
 * The service that alone has FLOW's destination: the host can have nothing
 * there itself, but as a real server.  MARK is a packet's own.  NULL: none.
 */
static struct lvs_service *owner(const struct lvs_engine *eng,
				 const struct lvs_flow *flow, uint32_t mark)
{
	struct lvs_service *svc;

	svc = lvs_director_service(eng->dir, flow->family, flow->protocol,
				   &flow->dst, flow->dport_be, mark);
	return svc && lvs_service_owns(&svc->conf.id, flow->dport_be, mark)
		       ? svc
		       : NULL;
}

static bool host_serves(const struct lvs_engine *eng, struct lvs_service *svc,
			const struct lvs_flow *flow)
{
	struct lvs_addr virt = { .family = flow->family, .ip = flow->dst };

	return lvs_fwd_serves(eng->dir->net, svc, &virt);
}

bool lvs_engine_host_knows(const struct lvs_engine *eng,
			   const struct lvs_flow *flow)
{
	struct lvs_service *svc = owner(eng, flow, 0);

	return svc && host_serves(eng, svc, flow);
}

void lvs_engine_stray(struct lvs_engine *eng, struct lvs_pkt *pkt,
		      const struct lvs_parsed *p)
{
	struct lvs_service *svc = NULL;

	lvs_pkt_pass(pkt);
	if (p->kind == LVS_PKT_FLOW)
		svc = owner(eng, &p->flow, pkt->mark);
	if (!svc)
		return;
	if (host_serves(eng, svc, &p->flow))
		pkt->verdict = LVS_HOST;
	else if (eng->resets && lvs_reset_may_answer(pkt, p))
		lvs_engine_reset(eng, pkt, p);
}
