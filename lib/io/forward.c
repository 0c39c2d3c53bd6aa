/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forward.c - a burst from a port through an engine to the ports it says.
 *
 * For every program whose ports are what it forwards between; one that does
 * more between the steps calls them itself.
 */
#include <lvs/port.h>

static struct lvs_port *port_of_link(struct lvs_port *const ports[],
				     size_t count, uint32_t link)
{
	for (size_t i = 0; i < count; i++)
		if (lvs_port_link(ports[i]) == link)
			return ports[i];
	return NULL;
}

/*
 * Where PKT goes, by `link_out` from now on; false: nowhere.  What is the
 * host's it has already, unless it is kept from it: then a port leads there.
 * Without link layer it comes there by the same raw socket as any other place.
 */
static bool is_to_go(struct lvs_port *const ports[], size_t count,
		     struct lvs_pkt *pkt)
{
	if (pkt->verdict != LVS_HOST ||
	    !port_of_link(ports, count, LVS_LINK_HOST))
		return pkt->verdict == LVS_SEND;
	pkt->link_out =
		pkt->link_in == LVS_LINK_NONE ? LVS_LINK_NONE : LVS_LINK_HOST;
	return true;
}

/* Send N packets that all leave by the same link. */
static void send_group(struct lvs_engine *eng, struct lvs_port *const ports[],
		       size_t count, struct lvs_pkt *const pkts[], size_t n)
{
	struct lvs_port *port = port_of_link(ports, count, pkts[0]->link_out);
	size_t sent = port ? lvs_port_tx(port, pkts, n) : 0;

	if (sent < n)
		lvs_engine_count_tx_drop(eng, n - sent);
}

/*
 * Send N packets, at most LVS_BURST, grouped by link.  Those of one link stay
 * in order, which is all that a connection needs.
 */
static void send_burst(struct lvs_engine *eng, struct lvs_port *const ports[],
		       size_t count, struct lvs_pkt *const pkts[], size_t n)
{
	struct lvs_pkt *left[LVS_BURST], *group[LVS_BURST];

	for (size_t i = 0; i < n; i++)
		left[i] = pkts[i];
	while (n > 0) {
		uint32_t link = left[0]->link_out;
		size_t in_group = 0, others = 0;

		for (size_t i = 0; i < n; i++) {
			if (left[i]->link_out == link)
				group[in_group++] = left[i];
			else
				left[others++] = left[i];
		}
		send_group(eng, ports, count, group, in_group);
		n = others;
	}
}

void lvs_forward_output(struct lvs_engine *eng, struct lvs_port *const ports[],
			size_t count, lvs_tstamp now)
{
	struct lvs_pkt *pkts[LVS_BURST];
	size_t n, to_send;

	while ((n = lvs_engine_output(eng, pkts, LVS_BURST, now)) > 0) {
		to_send = 0;
		for (size_t i = 0; i < n; i++)
			if (is_to_go(ports, count, pkts[i]))
				pkts[to_send++] = pkts[i];
		send_burst(eng, ports, count, pkts, to_send);
	}
}

int lvs_forward(struct lvs_engine *eng, struct lvs_port *const ports[],
		size_t count, size_t in, lvs_tstamp now)
{
	struct lvs_pkt *pkts[LVS_BURST], *sent[LVS_BURST];
	size_t n, to_send = 0;
	int got;

	got = lvs_port_rx(ports[in], pkts, LVS_BURST);
	if (got <= 0)
		return got;
	n = (size_t)got;
	lvs_engine_input(eng, pkts, n, now);
	for (size_t i = 0; i < n; i++)
		if (is_to_go(ports, count, pkts[i]))
			sent[to_send++] = pkts[i];
	send_burst(eng, ports, count, sent, to_send);
	lvs_port_release(ports[in], pkts, n);
	lvs_forward_output(eng, ports, count, now);
	return got;
}
