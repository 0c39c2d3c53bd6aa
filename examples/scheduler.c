/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduler.c - a scheduler from outside the library.
 *
 *	cc scheduler.c $(pkg-config --cflags --libs liblvs) && ./a.out
 *
 * "night" sends a new connection to the real server with the most room left,
 * where a weight says how many connections a server is good for; a server that
 * is full takes none.  It is a const struct, handed to the director, and then
 * has a name like all others.  Twelve clients are placed, and it is printed who
 * got them.
 */
#include <lvs/lvs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS 12

static int64_t room(const struct lvs_dest *dest)
{
	return (int64_t)lvs_dest_weight(dest) - lvs_dest_total(dest);
}

static struct lvs_dest *night_pick(struct lvs_service *svc,
				   const struct lvs_sched_flow *flow)
{
	struct lvs_dest *best = NULL;

	(void)flow; /* who asks makes no difference */
	for (struct lvs_dest *d = lvs_service_first(svc); d;
	     d = lvs_dest_next(d))
		if (lvs_dest_usable(d) && room(d) > 0 &&
		    (!best || room(d) > room(best)))
			best = d;
	return best;
}

static const struct lvs_scheduler night = {
	.name = "night",
	.summary = "whoever has most room left",
	.pick = night_pick,
};

static const struct lvs_scheduler *const own_schedulers[] = { &night, NULL };

/* A UDP datagram of client NUMBER to 10.0.0.100:53, without payload. */
static void make_datagram(struct lvs_pkt *pkt, void *buf, unsigned char number)
{
	const unsigned char datagram[] = {
		0x45, 0,      0,  28, 0, 0,   0,    0,	  64, 17, 0, 0, 10, 0,
		1,    number, 10, 0,  0, 100, 0x0f, 0xa0, 0,  53, 0, 8, 0,  0,
	};
	uint32_t sum = 0;

	lvs_pkt_init(pkt, buf, LVS_PKT_BUFSIZE, LVS_PKT_HEADROOM,
		     sizeof(datagram), 0);
	memcpy(pkt->data, datagram, sizeof(datagram));
	for (size_t i = 0; i < 20; i += 2)
		sum += (uint32_t)(datagram[i] << 8 | datagram[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	pkt->data[10] = (unsigned char)(sum >> 8);
	pkt->data[11] = (unsigned char)sum;
}

static int add_server(struct lvs_director *dir,
		      const struct lvs_service_id *svc, const char *address,
		      int32_t weight)
{
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	lvs_endpoint_parse(address, &dest.id.addr, &dest.id.port);
	dest.weight = weight;
	return lvs_dest_add(dir, svc, &dest);
}

static void print_servers(struct lvs_director *dir,
			  const struct lvs_service_id *svc)
{
	struct lvs_dest_info info[3];
	size_t count = lvs_dest_list(dir, svc, 0, info, 3);
	char text[LVS_ENDPOINT_STRLEN];

	for (size_t i = 0; i < count; i++)
		printf("%s has %u of %d\n",
		       lvs_endpoint_format(&info[i].conf.id.addr,
					   info[i].conf.id.port, text,
					   sizeof(text)),
		       info[i].active + info[i].inact, info[i].conf.weight);
}

int main(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	static unsigned char buf[LVS_PKT_BUFSIZE];
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_pkt pkt, *burst[] = { &pkt };

	opts.hash_key[0] = 1; /* a real program asks getrandom(2) */
	opts.schedulers = own_schedulers;
	svc.id.protocol = IPPROTO_UDP;
	lvs_endpoint_parse("10.0.0.100:53", &svc.id.addr, &svc.id.port);
	strcpy(svc.scheduler, "night");
	if (lvs_director_new(&opts, &dir) < 0 ||
	    lvs_service_add(dir, &svc) < 0 ||
	    add_server(dir, &svc.id, "10.0.1.1:53", 8) < 0 ||
	    add_server(dir, &svc.id, "10.0.1.2:53", 2) < 0 ||
	    add_server(dir, &svc.id, "10.0.1.3:53", 1) < 0 ||
	    lvs_engine_new(dir, NULL, &eng) < 0)
		return 1;

	for (unsigned char i = 1; i <= CLIENTS; i++) {
		make_datagram(&pkt, buf, i);
		lvs_engine_input(eng, burst, 1, LVS_SEC);
		/* With nobody to take it, the packet has become an error. */
		if (pkt.data[9] == IPPROTO_ICMP)
			printf("client %d: every server is full\n", i);
	}
	print_servers(dir, &svc.id);

	lvs_engine_free(eng);
	lvs_director_free(dir);
	return 0;
}
