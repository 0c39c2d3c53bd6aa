/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interfaces.c - ports opened, given to the worker, closed and opened again.
 */
#include "interfaces.h"
#include "log.h"
#include "losses.h"
#include <lvs/net.h>
#include <lvs/rtnl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry {
	char name[IFNAMSIZ];
	const struct lvs_backend *backend;
	struct lvs_port *port; /* NULL: to be opened when it can be */
	uint32_t link;	       /* it had when it was opened; the claim's */
	bool handed_on;	       /* the claim there, to one that is kept */
	int tunnel_fd;	       /* keeps tunnel.h's program there; -1: none */
	int error;	       /* last of opening it again; said once */
	bool up;	       /* its link, at the last look */
	uint8_t lladdr[LVS_LLADDR_LEN]; /* then */
	struct lvs_port_stats past;	/* of ports that it had before */
	struct losses losses;
};

struct interfaces {
	struct lvs_director *dir;
	struct worker *worker;
	const struct programs *programs;
	struct entry *entries;
	size_t count;
};

struct interfaces *interfaces_new(struct lvs_director *dir,
				  struct worker *worker,
				  const struct programs *programs)
{
	struct interfaces *ifs = calloc(1, sizeof(*ifs));

	if (ifs) {
		ifs->dir = dir;
		ifs->worker = worker;
		ifs->programs = programs;
	}
	return ifs;
}

/*
 * Where the kernel is to be kept off packets: the raw backend has no link of
 * its own and hears an interface all the same.  A capture is no interface.
 */
static uint32_t claimed_link(const struct entry *e)
{
	uint32_t link = lvs_port_link(e->port);

	return link != LVS_LINK_NONE ? link : lvs_rtnl_ifindex(e->name);
}

static void close_port(struct entry *e)
{
	lvs_port_close(e->port);
	e->port = NULL;
	if (e->tunnel_fd >= 0)
		close(e->tunnel_fd);
}

static void add_stats(struct lvs_port_stats *sum,
		      const struct lvs_port_stats *stats)
{
	sum->rx_packets += stats->rx_packets;
	sum->rx_bytes += stats->rx_bytes;
	sum->rx_dropped += stats->rx_dropped;
	sum->rx_errors += stats->rx_errors;
	sum->tx_packets += stats->tx_packets;
	sum->tx_bytes += stats->tx_bytes;
	sum->tx_dropped += stats->tx_dropped;
	sum->tx_errors += stats->tx_errors;
}

/* The worker has it no more. */
static void drop_port(struct interfaces *ifs, struct entry *e)
{
	struct lvs_port_stats stats;

	lvs_port_stats(e->port, &stats);
	add_stats(&e->past, &stats);
	if (conf_is_af_packet(e->backend))
		fast_del_link(ifs->programs->fast, e->link);
	if (e->link != LVS_LINK_NONE && !e->handed_on)
		claim_del_link(ifs->programs->claim, e->link);
	close_port(e);
}

static void close_entry(struct interfaces *ifs, struct entry *e)
{
	if (!e->port)
		return;
	worker_remove_port(ifs->worker, e->port);
	drop_port(ifs, e);
}

void interfaces_free(struct interfaces *ifs)
{
	if (!ifs)
		return;
	for (size_t i = 0; i < ifs->count; i++)
		close_entry(ifs, &ifs->entries[i]);
	free(ifs->entries);
	free(ifs);
}

/* Only the ports of this backend know what to do with it. */
static int open_tunnel(struct interfaces *ifs, const struct entry *e)
{
	if (!conf_is_af_packet(e->backend))
		return -1;
	return tunnel_add_link(ifs->programs->tunnel,
			       lvs_rtnl_ifindex(e->name));
}

static int open_port(struct interfaces *ifs, struct entry *e)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	int err;

	e->tunnel_fd = open_tunnel(ifs, e);
	opts.ifname = e->name;
	opts.log = log_sink();
	opts.tunnels = e->tunnel_fd >= 0;
	/* All alike: they have one claim. */
	opts.late = ifs->programs->fast != NULL;
	err = lvs_port_open(e->backend->name, &opts, &e->port);
	if (err)
		e->port = NULL;
	else if (lvs_port_fd(e->port) < 0)
		err = LVS_ERR_NOTSUP;
	if (err)
		close_port(e);
	return err;
}

static const char *port_remedy(int err)
{
	switch (err) {
	case LVS_ERR_NODEV:
		return "; `ip link` lists those that there are";
	case LVS_ERR_PERM:
		return "; it takes CAP_NET_RAW: start lvsd as root";
	case LVS_ERR_NOTSUP:
		return "; choose another backend for it";
	case LVS_ERR_NOSPC:
		return "; a worker takes 64 interfaces";
	default:
		return "";
	}
}

/*
 * Behind the claim in time, it is before it in order: each goes before what
 * hangs there already.
 */
static int add_fast(struct interfaces *ifs, const struct entry *e)
{
	int err;

	if (!conf_is_af_packet(e->backend))
		return 0;
	err = fast_add_link(ifs->programs->fast, e->link);
	if (!err || ifs->programs->insist)
		return err;
	log_warn("%s: no fast path: %s%s", e->name, lvs_strerror(err),
		 fast_remedy(err));
	return 0;
}

/* Where the kernel's part is, with *REMEDY if it cannot be. */
static int add_programs(struct interfaces *ifs, const struct entry *e,
			const char **remedy)
{
	int err = claim_add_link(ifs->programs->claim, e->link);

	if (err) {
		*remedy = ", to keep the kernel off its packets; "
			  "kernel_conflicts = refuse does without that";
		return err;
	}
	err = add_fast(ifs, e);
	if (err)
		*remedy = ", for the fast path; fast_path = auto does without "
			  "where it cannot be had";
	return err;
}

/*
 * The kernel is kept off before the first packet is forwarded.  An error comes
 * with *REMEDY.
 */
static int open_entry(struct interfaces *ifs, struct entry *e,
		      const char **remedy)
{
	int err = open_port(ifs, e);

	*remedy = port_remedy(err);
	if (err)
		return err;
	e->link = claimed_link(e);
	if (e->link != LVS_LINK_NONE)
		err = add_programs(ifs, e, remedy);
	if (!err)
		err = worker_add_port(ifs->worker, e->port);
	if (err)
		drop_port(ifs, e);
	return err;
}

static struct entry *find(const struct interfaces *ifs,
			  const struct conf_interface *conf)
{
	for (size_t i = 0; i < ifs->count; i++)
		if (strcmp(ifs->entries[i].name, conf->name) == 0 &&
		    ifs->entries[i].backend == conf->backend)
			return &ifs->entries[i];
	return NULL;
}

/* NEXT as CFG lists them, with the ports that are open already. */
static int open_all(struct interfaces *ifs, const struct conf *cfg,
		    struct entry *next)
{
	for (size_t i = 0; i < cfg->num_interfaces; i++) {
		const struct conf_interface *conf = &cfg->interfaces[i];
		const struct entry *old = find(ifs, conf);
		const char *remedy;
		int err;

		if (old) {
			next[i] = *old;
			continue;
		}
		memcpy(next[i].name, conf->name, sizeof(next[i].name));
		next[i].backend = conf->backend;
		err = open_entry(ifs, &next[i], &remedy);
		if (err) {
			log_err("%s:%d: interface \"%s\": %s%s", cfg->path,
				conf->line, conf->name, lvs_strerror(err),
				remedy);
			return -1;
		}
		log_info("%s: open through %s", conf->name,
			 conf->backend->name);
	}
	return 0;
}

static bool has_port(const struct entry *entries, size_t count,
		     const struct lvs_port *port)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].port == port)
			return true;
	return false;
}

/* One has, whose interface gets another backend. */
static bool has_link(const struct entry *entries, size_t count, uint32_t link)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].port && entries[i].link == link)
			return true;
	return false;
}

/* Close the ports of FROM that are not also in KEPT. */
static void close_others(struct interfaces *ifs, struct entry *from,
			 size_t count, const struct entry *kept,
			 size_t num_kept)
{
	for (size_t i = 0; i < count; i++) {
		if (!from[i].port || has_port(kept, num_kept, from[i].port))
			continue;
		log_info("%s: closed", from[i].name);
		from[i].handed_on = has_link(kept, num_kept, from[i].link);
		close_entry(ifs, &from[i]);
	}
}

int interfaces_apply(struct interfaces *ifs, const struct conf *cfg)
{
	size_t count = cfg->num_interfaces;
	struct entry *next = calloc(count ? count : 1, sizeof(*next));

	if (!next) {
		log_err("%s", lvs_strerror(LVS_ERR_NOMEM));
		return -1;
	}
	if (open_all(ifs, cfg, next)) {
		close_others(ifs, next, count, ifs->entries, ifs->count);
		free(next);
		return -1;
	}
	close_others(ifs, ifs->entries, ifs->count, next, count);
	free(ifs->entries);
	ifs->entries = next;
	ifs->count = count;
	return 0;
}

size_t interfaces_ports(const struct interfaces *ifs, struct lvs_port *ports[],
			size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < ifs->count && n < max; i++) {
		struct lvs_port *port = ifs->entries[i].port;

		if (port && lvs_port_link(port) != LVS_LINK_NONE)
			ports[n++] = port;
	}
	return n;
}

bool interfaces_stats(struct interfaces *ifs, size_t index,
		      struct lvs_ctl_interface *ifc)
{
	struct lvs_port_stats stats;
	const struct entry *e;

	if (index >= ifs->count)
		return false;
	e = &ifs->entries[index];
	memset(ifc, 0, sizeof(*ifc));
	memcpy(ifc->name, e->name, sizeof(ifc->name));
	strncpy(ifc->backend, e->backend->name, sizeof(ifc->backend) - 1);
	ifc->stats = e->past;
	if (!e->port)
		return true;
	worker_port_stats(ifs->worker, &e->port, 1, &stats);
	add_stats(&ifc->stats, &stats);
	return true;
}

void interfaces_tell_losses(struct interfaces *ifs, lvs_tstamp now)
{
	struct lvs_port *ports[WORKER_PORTS_MAX];
	struct lvs_port_stats stats[WORKER_PORTS_MAX];
	size_t open = 0, at = 0;

	for (size_t i = 0; i < ifs->count; i++)
		if (ifs->entries[i].port)
			ports[open++] = ifs->entries[i].port;
	worker_port_stats(ifs->worker, ports, open, stats);
	for (size_t i = 0; i < ifs->count; i++) {
		struct entry *e = &ifs->entries[i];
		struct lvs_port_stats sum = e->past;

		if (e->port)
			add_stats(&sum, &stats[at++]);
		losses_look(&e->losses, e->name, &sum, now);
	}
}

static void close_failed(struct interfaces *ifs)
{
	struct lvs_port *port;
	int error;

	while ((port = worker_failed_port(ifs->worker, &error))) {
		for (size_t i = 0; i < ifs->count; i++) {
			struct entry *e = &ifs->entries[i];

			if (e->port != port)
				continue;
			log_warn("%s: %s; waiting for it to come back", e->name,
				 lvs_strerror(error));
			drop_port(ifs, e);
		}
	}
}

/* Whether LINK, which E has, is another than at the last look. */
static bool is_news(struct entry *e, const struct lvs_link *link)
{
	bool same = e->up == link->up &&
		    memcmp(e->lladdr, link->lladdr, LVS_LLADDR_LEN) == 0;

	e->up = link->up;
	memcpy(e->lladdr, link->lladdr, LVS_LLADDR_LEN);
	return !same;
}

static bool look_at(struct interfaces *ifs, struct entry *e)
{
	uint32_t index = lvs_rtnl_ifindex(e->name);
	struct lvs_link link = { 0 };
	const char *remedy;
	bool news;
	int err;

	if (e->port && e->link != index) {
		log_warn("%s: %s; waiting for it to come back", e->name,
			 lvs_strerror(LVS_ERR_NODEV));
		close_entry(ifs, e);
	}
	if (index)
		(void)lvs_net_link_get(ifs->dir, index, &link);
	news = is_news(e, &link);
	if (e->port || !link.up)
		return news;
	err = open_entry(ifs, e, &remedy);
	if (err && err != e->error)
		log_warn("%s: %s%s", e->name, lvs_strerror(err), remedy);
	else if (!err)
		log_info("%s: back, open through %s", e->name,
			 e->backend->name);
	e->error = err;
	return news || !err;
}

bool interfaces_look(struct interfaces *ifs)
{
	bool news = false;

	close_failed(ifs);
	for (size_t i = 0; i < ifs->count; i++)
		news |= look_at(ifs, &ifs->entries[i]);
	return news;
}
