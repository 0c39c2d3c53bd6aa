/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - a capture through an engine, at the capture's own pace.
 */
#include <lvs/port.h>

int lvs_replay(struct lvs_director *dir, struct lvs_engine *eng,
	       struct lvs_port *port)
{
	lvs_tstamp now, due = 0;
	struct lvs_pkt *pkt;
	int got;

	while ((got = lvs_port_rx(port, &pkt, 1)) > 0) {
		now = lvs_pcap_time(port);
		if (now >= due) {
			due = lvs_engine_tick(eng, now);
			lvs_director_tick(dir, now);
		}
		lvs_engine_input(eng, &pkt, 1, now);
		if (pkt->verdict == LVS_SEND)
			lvs_port_tx(port, &pkt, 1);
		lvs_port_release(port, &pkt, 1);
		lvs_forward_output(eng, &port, 1, now);
	}
	return got;
}
