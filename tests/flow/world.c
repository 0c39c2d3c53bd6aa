/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - a director, an engine, a service, and packets as lines of text.
 */
#include "world.h"

#include "packet.h"
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#define ETH 14u

void world_open(struct world *w, int af, const struct lvs_allocator *mem)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	memset(w, 0, sizeof(*w));
	w->af = af;
	w->now = 1000 * LVS_SEC;
	opts.mem = mem;
	need(lvs_director_new(&opts, &w->dir) == 0);
	net_fill(w->dir, af);
}

void world_engine(struct world *w, uint32_t limit)
{
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);

	opts.conn_limit = limit;
	opts.fast = w->table;
	need(lvs_engine_new(w->dir, &opts, &w->eng) == 0);
}

void world_service(struct world *w, const char *scheduler, uint32_t flags)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	conf.id.protocol = IPPROTO_TCP;
	conf.id.port = 80;
	conf.flags = flags;
	conf.timeout = 300;
	need(net_addr("V", w->af, &conf.id.addr));
	snprintf(conf.scheduler, sizeof(conf.scheduler), "%s", scheduler);
	need(lvs_service_add(w->dir, &conf) == 0);
	w->svc = conf.id;
}

void world_dest(struct world *w, const char *name, uint16_t port,
		uint8_t method)
{
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	dest.id.port = port;
	dest.weight = 1;
	dest.method = method;
	need(net_addr(name, w->af, &dest.id.addr));
	need(lvs_dest_add(w->dir, &w->svc, &dest) == 0);
}

void world_close(struct world *w)
{
	lvs_engine_free(w->eng);
	lvs_director_free(w->dir);
}

unsigned char *world_ip(struct world *w)
{
	return w->buf + LVS_PKT_HEADROOM + ETH;
}

enum lvs_verdict world_hand_in(struct world *w, int len, uint32_t link)
{
	struct lvs_pkt pkt, *pkts[] = { &pkt };

	lvs_pkt_init(&pkt, w->buf, sizeof(w->buf), LVS_PKT_HEADROOM,
		     ETH + (uint32_t)len, ETH);
	memset(pkt.data, 0, 12);
	pkt.data[12] = w->af == AF_INET ? 0x08 : 0x86;
	pkt.data[13] = w->af == AF_INET ? 0x00 : 0xdd;
	pkt.link_in = link;
	lvs_engine_input(w->eng, pkts, 1, w->now);
	return pkt.verdict;
}

bool world_sends(struct world *w, uint32_t link, const char *format, ...)
{
	struct lvs_offload off;
	char text[128];
	va_list args;
	int len;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	len = packet_build(text, w->af, world_ip(w),
			   sizeof(w->buf) - LVS_PKT_HEADROOM - ETH, &off);
	need(len > 0);
	return world_hand_in(w, len, link) == LVS_SEND;
}
