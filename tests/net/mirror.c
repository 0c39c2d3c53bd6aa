/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mirror.c - shows what a director has learnt from the kernel, for rtnl.sh.
 *
 * Commands come on standard input, a line each; the answer to each ends in a
 * line with a dot.  Before any answer all that the kernel told is taken in.
 *
 *	show           every link, address, route and neighbour, sorted
 *	hop ADDRESS    the next hop to it
 *	use ADDRESS    the same, and have it resolved as a packet would
 *	await ADDRESS  the same until the neighbour is known or has failed
 *	watch ADDRESS  from now on count the times that it has no hop
 *	gaps           that count
 *	sleep          take nothing in until the next command
 *	quit
 *
 * What goes to the log goes to standard error.
 */
#include "model/director.h"
#include "net/parts.h"

#include <lvs/rtnl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINES_MAX 200000

static struct lvs_director *dir;
static struct lvs_rtnl *rtnl;
static char *lines[LINES_MAX];
static size_t num_lines;
static struct lvs_addr watched;
static unsigned gaps;

static void log_line(void *ctx, enum lvs_level level, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%d %s\n", (int)level, text);
}

static void fail(const char *what, int err)
{
	fprintf(stderr, "mirror: %s: %s\n", what, lvs_strerror(err));
	exit(1);
}

static bool readable(int fd, int timeout)
{
	struct pollfd poller = { fd, POLLIN, 0 };

	return poll(&poller, 1, timeout) > 0;
}

static lvs_tstamp clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (lvs_tstamp)ts.tv_sec * LVS_SEC + (lvs_tstamp)ts.tv_nsec;
}

static void process(void)
{
	int err = lvs_rtnl_process(rtnl, clock_now());

	if (err)
		fail("process", err);
	if (watched.family && lvs_net_hop(dir->net, &watched) == LVS_HOP_NONE)
		gaps++;
}

static const char *text(const struct lvs_addr *addr)
{
	static char bufs[4][LVS_ADDR_STRLEN];
	static unsigned turn;

	if (addr->family == AF_UNSPEC)
		return "-";
	turn = (turn + 1) % 4;
	return lvs_addr_format(addr, bufs[turn], sizeof(bufs[turn]));
}

static const char *mac(const uint8_t *b)
{
	static char buf[18];

	snprintf(buf, sizeof(buf), "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5]);
	return buf;
}

static void add(const char *format, ...) LVS_PRINTF(1, 2);

static void add(const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (num_lines == LINES_MAX || !(lines[num_lines++] = strdup(line)))
		abort();
}

static bool add_link(void *ctx, struct lvs_net_node *node)
{
	const struct lvs_link *link = &((struct link *)(void *)node)->conf;

	(void)ctx;
	add("link %u %s %s %s mtu %u %s", link->index, link->name,
	    link->up ? "up" : "down",
	    link->ethernet   ? "ether"
	    : link->loopback ? "loopback"
			     : "none",
	    link->mtu, link->ethernet ? mac(link->lladdr) : "-");
	return false;
}

static bool add_addr(void *ctx, struct lvs_net_node *node)
{
	const struct host_addr *ha = (const void *)node;

	(void)ctx;
	add("addr %u %s/%u", ha->link, text(&ha->addr), ha->plen);
	return false;
}

static bool add_prefix(void *ctx, struct lvs_net_node *node)
{
	static const char *const types[] = { "unicast", "local",
					     "unreachable" };
	const struct prefix *pfx = (const void *)node;

	(void)ctx;
	for (const struct route *r = pfx->first; r; r = r->next) {
		bool way = r->conf.type == LVS_ROUTE_UNICAST;

		add("route %s/%u %s dev %u via %s metric %u mtu %u src %s",
		    text(&pfx->dst), pfx->plen, types[r->conf.type],
		    way ? r->conf.link : 0, text(&r->conf.gateway),
		    r->conf.metric, r->conf.mtu, text(&r->conf.prefsrc));
	}
	return false;
}

static bool add_neigh(void *ctx, struct lvs_net_node *node)
{
	static const char *const states[] = { "incomplete", "reachable",
					      "failed", "stale" };
	const struct lvs_neigh *neigh = &((struct neigh *)(void *)node)->conf;

	(void)ctx;
	add("neigh %u %s %s %s", neigh->link, text(&neigh->addr),
	    states[neigh->state], mac(neigh->lladdr));
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void show(void)
{
	lvs_net_table_filter(&dir->net->links, add_link, NULL);
	lvs_net_table_filter(&dir->net->addrs, add_addr, NULL);
	lvs_net_table_filter(&dir->net->prefixes, add_prefix, NULL);
	lvs_net_table_filter(&dir->net->neighs, add_neigh, NULL);
	qsort(lines, num_lines, sizeof(*lines), by_text);
	for (size_t i = 0; i < num_lines; i++) {
		puts(lines[i]);
		free(lines[i]);
	}
	num_lines = 0;
}

static const struct lvs_hop *hop(const struct lvs_addr *addr, uint16_t *number)
{
	*number = lvs_net_hop(dir->net, addr);
	return lvs_net_hop_at(dir->net, *number);
}

static void show_hop(const struct lvs_addr *addr)
{
	uint16_t number;
	const struct lvs_hop *h = hop(addr, &number);

	if (number == LVS_HOP_NONE)
		puts("none");
	else if (h->local)
		puts("local");
	else
		printf("%s dev %u mtu %u src %s %s %s %s\n", text(&h->addr),
		       h->link, h->mtu, text(&h->src), h->up ? "up" : "down",
		       h->stale	     ? "stale"
		       : h->resolved ? "ready"
		       : h->failed   ? "failed"
				     : "waiting",
		       h->resolved && h->l2_len ? mac(h->l2) : "-");
}

static void use(const struct lvs_addr *addr)
{
	uint16_t number;
	int err;

	hop(addr, &number);
	lvs_net_want(dir->net, number);
	err = lvs_rtnl_resolve(rtnl);
	if (err < 0)
		printf("resolve: %s\n", lvs_strerror(err));
}

/* At most for so long as three probes take, and then some. */
static void await(const struct lvs_addr *addr)
{
	uint16_t number;
	const struct lvs_hop *h = hop(addr, &number);

	while ((!h->resolved || h->stale) && !h->failed) {
		if (!readable(lvs_rtnl_fd(rtnl), 15000))
			return;
		process();
	}
}

static void command(const char *verb, const char *object)
{
	struct lvs_addr addr = { 0 };

	while (readable(lvs_rtnl_fd(rtnl), 0))
		process();
	if (object && lvs_addr_parse(object, &addr) < 0)
		fail(object, LVS_ERR_INVAL);
	if (strcmp(verb, "show") == 0)
		show();
	else if (strcmp(verb, "gaps") == 0)
		printf("%u\n", gaps);
	else if (strcmp(verb, "watch") == 0)
		watched = addr;
	else if (strcmp(verb, "use") == 0)
		use(&addr);
	else if (strcmp(verb, "await") == 0)
		await(&addr);
	if (addr.family)
		show_hop(&addr);
}

/* Commands until there are no more; between them, what the kernel tells. */
static void serve(void)
{
	char line[128];
	bool asleep = false;

	for (;;) {
		struct pollfd fds[] = {
			{ STDIN_FILENO, POLLIN, 0 },
			{ asleep ? -1 : lvs_rtnl_fd(rtnl), POLLIN, 0 },
		};
		char *verb, *save;

		if (poll(fds, 2, -1) < 0)
			return;
		if (fds[1].revents)
			process();
		if (!fds[0].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin) ||
		    strcmp(line, "quit\n") == 0)
			return;
		verb = strtok_r(line, " \n", &save);
		asleep = verb && strcmp(verb, "sleep") == 0;
		if (verb && !asleep)
			command(verb, strtok_r(NULL, " \n", &save));
		puts(".");
		fflush(stdout);
	}
}

int main(void)
{
	struct lvs_director_opts dir_opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_rtnl_opts opts = LVS_OPTS(struct lvs_rtnl_opts);
	int err = lvs_director_new(&dir_opts, &dir);

	opts.log.emit = log_line;
	if (!err)
		err = lvs_rtnl_open(dir, &opts, &rtnl);
	if (err)
		fail("open", err);
	setvbuf(stdin, NULL, _IONBF, 0);
	serve();
	lvs_rtnl_close(rtnl);
	lvs_director_free(dir);
	return 0;
}
