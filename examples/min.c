/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * min.c - the least that liblvs does: one service, one packet.
 *
 *	cc min.c $(pkg-config --cflags --libs liblvs) && ./a.out
 *
 * A UDP datagram to 10.0.0.100:53 becomes one to the real server
 * 10.0.1.1:5353.  No interface is opened and no clock read: bytes and time are
 * handed in, and what became of the packet is printed.
 */
#include <lvs/lvs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* IPv4 and UDP, without payload: 10.0.0.2:4000 > 10.0.0.100:53. */
static const unsigned char datagram[] = {
	0x45, 0, 0,  28, 0, 0,	 0,    0,    64, 17, 0x66, 0x6c, 10, 0,
	0,    2, 10, 0,	 0, 100, 0x0f, 0xa0, 0,	 53, 0,	   8,	 0,  0,
};

static const char *const verdicts[] = { "passed", "sent", "dropped", "held" };

int main(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	static unsigned char buf[LVS_PKT_BUFSIZE];
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_pkt pkt, *burst[] = { &pkt };
	char to[LVS_ENDPOINT_STRLEN];
	struct lvs_addr addr;

	svc.id.protocol = IPPROTO_UDP;
	lvs_endpoint_parse("10.0.0.100:53", &svc.id.addr, &svc.id.port);
	strcpy(svc.scheduler, "rr");
	lvs_endpoint_parse("10.0.1.1:5353", &dest.id.addr, &dest.id.port);
	dest.method = LVS_METHOD_NAT;
	dest.weight = 1;

	opts.hash_key[0] = 1; /* a real program asks getrandom(2) */
	if (lvs_director_new(&opts, &dir) < 0 ||
	    lvs_service_add(dir, &svc) < 0 ||
	    lvs_dest_add(dir, &svc.id, &dest) < 0 ||
	    lvs_engine_new(dir, NULL, &eng) < 0)
		return 1;

	/* No link layer: where the packet goes then is the caller's routing. */
	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, sizeof(datagram),
		     0);
	memcpy(pkt.data, datagram, sizeof(datagram));
	lvs_engine_input(eng, burst, 1, LVS_SEC);

	addr = lvs_addr_from_bytes(AF_INET, pkt.data + 16);
	lvs_endpoint_format(&addr, (uint16_t)(pkt.data[22] << 8 | pkt.data[23]),
			    to, sizeof(to));
	printf("%s to %s\n", verdicts[pkt.verdict], to);

	lvs_engine_free(eng);
	lvs_director_free(dir);
	return pkt.verdict == LVS_SEND ? 0 : 1;
}
