/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * embed.c - a director inside a program that has an event loop of its own.
 *
 *	embed CLIENT-IF SERVER-IF VIP:PORT SERVER:PORT...
 *
 * Balances the TCP service VIP:PORT by NAT over the servers, whose way back to
 * the clients must lead through this host; an IPv6 VIP:PORT is [VIP]:PORT.
 * The VIP needs no interface: the director answers ARP and neighbour
 * solicitations for it.  Needs CAP_NET_RAW and CAP_NET_ADMIN; ends on SIGINT.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <lvs/lvs.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>

static volatile sig_atomic_t stopped;

static void stop(int signo)
{
	(void)signo;
	stopped = 1;
}

/* The library reads no clock: it is told the time. */
static lvs_tstamp now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (lvs_tstamp)ts.tv_sec * LVS_SEC + (lvs_tstamp)ts.tv_nsec;
}

/* The library prints nothing: it hands lines over. */
static void print(void *ctx, enum lvs_level level, const char *text)
{
	(void)ctx;
	if (level <= LVS_LOG_INFO)
		fprintf(stderr, "embed: %s\n", text);
}

static void check(int error, const char *what)
{
	if (error < 0)
		errx(1, "%s: %s", what, lvs_strerror(error));
}

static struct lvs_director *new_director(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	if (getrandom(opts.hash_key, sizeof(opts.hash_key), 0) < 0)
		err(1, "getrandom");
	opts.log.emit = print;
	check(lvs_director_new(&opts, &dir), "director");
	return dir;
}

/* One virtual service, and a real server of weight 1 per argument. */
static void configure(struct lvs_director *dir, const char *vip,
		      char *const servers[])
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);

	svc.id.protocol = IPPROTO_TCP;
	check(lvs_endpoint_parse(vip, &svc.id.addr, &svc.id.port), vip);
	check(lvs_service_add(dir, &svc), vip);
	for (; *servers; servers++) {
		struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

		dest.method = LVS_METHOD_NAT;
		dest.weight = 1;
		check(lvs_endpoint_parse(*servers, &dest.id.addr,
					 &dest.id.port),
		      *servers);
		check(lvs_dest_add(dir, &svc.id, &dest), *servers);
	}
}

static struct lvs_port *open_port(const char *ifname)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port;

	opts.ifname = ifname;
	opts.log.emit = print;
	check(lvs_port_open("af_packet", &opts, &port), ifname);
	return port;
}

/*
 * The loop.  What is readable is taken up a burst at a time; whatever is left
 * makes poll return again at once.
 */
static void run(struct lvs_director *dir, struct lvs_engine *eng,
		struct lvs_rtnl *rtnl, struct lvs_port *ports[2])
{
	struct pollfd fds[3] = {
		{ .fd = lvs_port_fd(ports[0]), .events = POLLIN },
		{ .fd = lvs_port_fd(ports[1]), .events = POLLIN },
		{ .fd = lvs_rtnl_fd(rtnl), .events = POLLIN },
	};
	lvs_tstamp due = now(), second = due;

	while (!stopped) {
		lvs_tstamp t = now();
		int wait = due > t ? (int)((due - t) / LVS_MSEC) + 1 : 0;

		if (poll(fds, 3, wait) < 0 && errno != EINTR)
			err(1, "poll");
		t = now();
		if (fds[2].revents)
			check(lvs_rtnl_process(rtnl, t), "netlink");
		for (size_t i = 0; i < 2; i++)
			if (fds[i].revents)
				check(lvs_forward(eng, ports, 2, i, t),
				      "receive");
		if (t >= due) {
			due = lvs_engine_tick(eng, t);
			lvs_forward_output(eng, ports, 2, t);
		}
		if (t - second >= LVS_SEC) {
			lvs_director_tick(dir, t);
			second = t;
		}
		/* Next hops that packets wait for: the kernel finds them. */
		check(lvs_rtnl_resolve(rtnl), "resolve");
	}
}

int main(int argc, char *argv[])
{
	struct sigaction action = { .sa_handler = stop };
	struct lvs_director *dir;
	struct lvs_engine *eng;
	struct lvs_rtnl *rtnl;
	struct lvs_port *ports[2];
	struct lvs_stats stats;

	if (argc < 5) {
		fprintf(stderr, "usage: embed CLIENT-IF SERVER-IF VIP:PORT "
				"SERVER:PORT...\n");
		return 2;
	}
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	dir = new_director();
	check(lvs_engine_new(dir, NULL, &eng), "engine");
	check(lvs_rtnl_open(dir, NULL, &rtnl), "netlink");
	ports[0] = open_port(argv[1]);
	ports[1] = open_port(argv[2]);
	configure(dir, argv[3], argv + 4);
	puts("ready");
	fflush(stdout);

	run(dir, eng, rtnl, ports);

	lvs_director_stats(dir, &stats);
	printf("%" PRIu64 " connections, %" PRIu64 " packets in, %" PRIu64
	       " out\n",
	       stats.conns, stats.inpkts, stats.outpkts);
	lvs_port_close(ports[0]);
	lvs_port_close(ports[1]);
	lvs_rtnl_close(rtnl);
	lvs_engine_free(eng);
	lvs_director_free(dir);
	return 0;
}
