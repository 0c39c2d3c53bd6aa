/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs-decap - take tunnels apart in the kernel, without a tunnel device.
 *
 * Hangs the program of lvs/decap.h on interfaces, says how it fares, takes it
 * away.  There is no daemon and no file: the interfaces themselves say whether
 * it is started.
 */
#include <errno.h>
#include <ifaddrs.h>
#include <lvs/decap.h>
#include <lvs/lvs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOT_STARTED 3

static const char usage_text[] =
	"usage: lvs-decap start [-i INTERFACE]... [-p PEER]... [ADDRESS...]\n"
	"       lvs-decap stop\n"
	"       lvs-decap status\n"
	"\n"
	"start   take apart what comes to ADDRESSes in IPv4 or IPv6 with "
	"either\n"
	"        inside; of both INTERFACEs and ADDRESSes, by default all "
	"that\n"
	"        the host has\n"
	"        -p: only what comes from these directors\n"
	"stop    do so no longer, on any interface\n"
	"status  where, and how many packets; exit status 0 if anywhere\n";

static void fail(const char *remedy, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* REMEDY may be NULL. */
static void fail(const char *remedy, const char *format, ...)
{
	va_list args;

	fputs("lvs-decap: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (remedy)
		fprintf(stderr, "  %s\n", remedy);
	exit(1);
}

static const char *remedy_of(int err)
{
	if (err == LVS_ERR_PERM)
		return "run it as root";
	return err == LVS_ERR_NOTSUP ? "it takes a kernel with BPF" : NULL;
}

/* ---- the host's interfaces and addresses --------------------------------- */

struct host {
	struct ifaddrs *addrs;
	struct if_nameindex *links;
};

static struct host read_host(void)
{
	struct host host = { 0 };

	host.links = if_nameindex();
	if (!host.links || getifaddrs(&host.addrs) < 0)
		fail(NULL, "the host's interfaces: %s", strerror(errno));
	return host;
}

static void free_host(struct host *host)
{
	if_freenameindex(host->links);
	freeifaddrs(host->addrs);
}

/* Whether tunnels may end at what A says; then it is in *ADDR. */
static bool is_end(const struct ifaddrs *a, struct lvs_addr *addr)
{
	const void *raw;

	if (!a->ifa_addr)
		return false;
	if (a->ifa_addr->sa_family == AF_INET)
		raw = &((const struct sockaddr_in *)(const void *)a->ifa_addr)
			       ->sin_addr;
	else if (a->ifa_addr->sa_family == AF_INET6)
		raw = &((const struct sockaddr_in6 *)(const void *)a->ifa_addr)
			       ->sin6_addr;
	else
		return false;
	*addr = lvs_addr_from_bytes(a->ifa_addr->sa_family, raw);
	if (addr->family == AF_INET && *(const unsigned char *)raw == 127)
		return false;
	if (addr->family == AF_INET6 &&
	    IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)raw))
		return false;
	return !lvs_addr_is_linklocal(addr);
}

/* ---- start --------------------------------------------------------------- */

/* What the command line names; each list has room for all of its words. */
struct wishes {
	const char **links;
	struct lvs_addr *peers, *own;
	size_t num_links, num_peers, num_own;
};

static void parse(const char *text, struct lvs_addr *list, size_t *count)
{
	if (lvs_addr_parse(text, &list[*count]))
		fail(NULL, "'%s' is no address", text);
	++*count;
}

/* False: wrong usage.  What else is wrong is said before anything is done. */
static bool read_wishes(struct wishes *w, int argc, char *argv[])
{
	size_t room = (size_t)argc;
	int option;

	w->links = calloc(room, sizeof(*w->links));
	w->peers = calloc(room, sizeof(*w->peers));
	w->own = calloc(room, sizeof(*w->own));
	if (!w->links || !w->peers || !w->own)
		fail(NULL, "no memory");
	while ((option = getopt(argc, argv, "i:p:")) != -1) {
		if (option == '?')
			return false;
		if (option == 'p') {
			parse(optarg, w->peers, &w->num_peers);
			continue;
		}
		if (!if_nametoindex(optarg))
			fail(NULL, "%s: no such interface", optarg);
		w->links[w->num_links++] = optarg;
	}
	while (optind < argc)
		parse(argv[optind++], w->own, &w->num_own);
	return true;
}

static void free_wishes(struct wishes *w)
{
	free(w->links);
	free(w->peers);
	free(w->own);
}

static void add_link(struct lvs_decap *decap, const char *name)
{
	int err = lvs_decap_add_link(decap, if_nametoindex(name));

	if (err == LVS_ERR_EXIST)
		printf("  %s: there already\n", name);
	else if (err)
		fail(remedy_of(err), "%s: %s", name, lvs_strerror(err));
	else
		printf("  %s: tunnels are taken apart\n", name);
}

static void add_addr(struct lvs_decap *decap, const struct lvs_addr *addr,
		     bool peer)
{
	int err = peer ? lvs_decap_add_peer(decap, addr)
		       : lvs_decap_add_own(decap, addr);
	char text[LVS_ADDR_STRLEN];

	lvs_addr_format(addr, text, sizeof(text));
	if (err)
		fail(remedy_of(err), "%s: %s", text, lvs_strerror(err));
	printf("  %s %s\n", peer ? "from" : "to", text);
}

static void add_own_addrs(struct lvs_decap *decap, const struct host *host)
{
	struct lvs_addr addr;

	for (const struct ifaddrs *a = host->addrs; a; a = a->ifa_next)
		if (is_end(a, &addr))
			add_addr(decap, &addr, false);
}

static bool has_address(const struct host *host, const char *name)
{
	struct lvs_addr addr;

	for (const struct ifaddrs *a = host->addrs; a; a = a->ifa_next)
		if (strcmp(a->ifa_name, name) == 0 &&
		    !(a->ifa_flags & IFF_LOOPBACK) && is_end(a, &addr))
			return true;
	return false;
}

static void add_own_links(struct lvs_decap *decap, const struct host *host)
{
	bool any = false;

	for (struct if_nameindex *l = host->links; l->if_index; l++)
		if (has_address(host, l->if_name)) {
			add_link(decap, l->if_name);
			any = true;
		}
	if (!any)
		fail("name one with -i", "no interface has an address");
}

/* The one that hangs somewhere on the host already, or a new one. */
static struct lvs_decap *get_decap(const struct host *host)
{
	struct lvs_decap *decap;
	int err;

	for (struct if_nameindex *l = host->links; l->if_index; l++)
		if (!lvs_decap_find(NULL, l->if_index, &decap))
			return decap;
	err = lvs_decap_open(NULL, &decap);
	if (err)
		fail(remedy_of(err), "the program cannot be loaded: %s",
		     lvs_strerror(err));
	return decap;
}

/* Addresses first: whatever comes by an interface is judged by all of them. */
static int start(int argc, char *argv[])
{
	struct wishes w = { 0 };
	struct lvs_decap *decap;
	struct host host;

	if (!read_wishes(&w, argc, argv)) {
		fputs(usage_text, stderr);
		return 2;
	}
	host = read_host();
	decap = get_decap(&host);
	for (size_t i = 0; i < w.num_own; i++)
		add_addr(decap, &w.own[i], false);
	if (w.num_own == 0)
		add_own_addrs(decap, &host);
	for (size_t i = 0; i < w.num_peers; i++)
		add_addr(decap, &w.peers[i], true);
	for (size_t i = 0; i < w.num_links; i++)
		add_link(decap, w.links[i]);
	if (w.num_links == 0)
		add_own_links(decap, &host);
	lvs_decap_close(decap);
	free_host(&host);
	free_wishes(&w);
	return 0;
}

/* ---- stop, status -------------------------------------------------------- */

static int stop(void)
{
	struct host host = read_host();
	struct lvs_decap *decap;
	int status = NOT_STARTED;

	for (struct if_nameindex *l = host.links; l->if_index; l++) {
		int err = lvs_decap_find(NULL, l->if_index, &decap);

		if (err == LVS_ERR_NOENT)
			continue;
		if (!err) {
			err = lvs_decap_del_link(decap, l->if_index);
			lvs_decap_close(decap);
		}
		if (err)
			fail(remedy_of(err), "%s: %s", l->if_name,
			     lvs_strerror(err));
		printf("  %s: tunnels are left alone\n", l->if_name);
		status = 0;
	}
	free_host(&host);
	if (status)
		puts("not started");
	return status;
}

static void print_stats(struct lvs_decap *decap)
{
	struct lvs_decap_stats stats = LVS_OPTS(struct lvs_decap_stats);
	const struct {
		const char *what;
		const uint64_t *count;
	} lines[] = {
		{ "packets taken apart", &stats.taken },
		{ "fragments left to the host", &stats.fragments },
		{ "from others than directors, left to the host",
		  &stats.strangers },
		{ "with options or faults, left to the host", &stats.odd },
		{ "dropped for congestion", &stats.congested },
	};

	lvs_decap_stats(decap, &stats);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (i == 0 || *lines[i].count)
			printf("  %llu %s\n",
			       (unsigned long long)*lines[i].count,
			       lines[i].what);
}

/* It is the same on all interfaces, so its counts are shown once. */
static int show_status(void)
{
	struct host host = read_host();
	struct lvs_decap *decap = NULL, *next;

	for (struct if_nameindex *l = host.links; l->if_index; l++) {
		int err = lvs_decap_find(NULL, l->if_index, &next);

		if (err == LVS_ERR_NOENT)
			continue;
		if (err)
			fail(remedy_of(err), "%s: %s", l->if_name,
			     lvs_strerror(err));
		printf("  %s: tunnels are taken apart\n", l->if_name);
		lvs_decap_close(decap);
		decap = next;
	}
	free_host(&host);
	if (!decap) {
		puts("not started");
		return NOT_STARTED;
	}
	print_stats(decap);
	lvs_decap_close(decap);
	return 0;
}

int main(int argc, char *argv[])
{
	const char *command = argc > 1 ? argv[1] : "";

	if (strcmp(command, "start") == 0)
		return start(argc - 1, argv + 1);
	if (argc == 2 && strcmp(command, "stop") == 0)
		return stop();
	if (argc == 2 && strcmp(command, "status") == 0)
		return show_status();
	if (argc == 2 &&
	    (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0)) {
		fputs(usage_text, stdout);
		return 0;
	}
	fputs(usage_text, stderr);
	return 2;
}
