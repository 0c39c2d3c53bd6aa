/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rtnl.c - the kernel's picture of the network, kept up by one netlink socket.
 *
 * The same socket brings the answers to dump requests and the news that the
 * kernel multicasts.  A dump runs beside the news and never empties anything:
 * what it reads is set again, and what was not set again by its end is swept.
 *
 * What the kernel does not tell is read anew as well: it drops a link's IPv4
 * routes without a word when the link goes down or loses an address, and those
 * of a next hop object that is changed.
 */
#include "base/log.h"
#include "base/mem.h"
#include "base/opts.h"
#include "rtnl/decode.h"
#include "rtnl/tell.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <lvs/net.h>
#include <lvs/rtnl.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* The kernel cuts dumps to at most 32 KiB; news are shorter. */
#define BUFFER_SIZE 65536

/* Messages that a burst of changes may pile up before some are lost. */
#define RECEIVE_BUFFER (4 << 20)

/* Datagrams taken in by one lvs_rtnl_process, which is not to hog a loop. */
#define MAX_DATAGRAMS 256

/* A dump that the news overtook is read again, but not for ever. */
#define MAX_REPEATS 8

/* The kernel answers a dump at once; so long at the worst, in milliseconds. */
#define OPEN_TIMEOUT 10000

/* What is read, in this order: nothing is known of a link that isn't. */
enum dump {
	DUMP_LINKS,
	DUMP_ADDRS,
	DUMP_ROUTES4,
	DUMP_ROUTES6,
	DUMP_NEIGHS,
	DUMP_NONE,
};

static const struct {
	uint16_t type;
	uint8_t family;
	unsigned kind;
	bool first, last; /* of its kind */
} dumps[] = {
	[DUMP_LINKS] = { RTM_GETLINK, AF_UNSPEC, LVS_NET_LINKS, true, true },
	[DUMP_ADDRS] = { RTM_GETADDR, AF_UNSPEC, LVS_NET_ADDRS, true, true },
	[DUMP_ROUTES4] = { RTM_GETROUTE, AF_INET, LVS_NET_ROUTES, true, false },
	[DUMP_ROUTES6] = { RTM_GETROUTE, AF_INET6, LVS_NET_ROUTES, false,
			   true },
	[DUMP_NEIGHS] = { RTM_GETNEIGH, AF_UNSPEC, LVS_NET_NEIGHS, true, true },
};

#define ALL_KINDS                                                              \
	(LVS_NET_LINKS | LVS_NET_ADDRS | LVS_NET_ROUTES | LVS_NET_NEIGHS)

struct lvs_rtnl {
	struct lvs_director *dir;
	struct lvs_rtnl_tell tell;
	struct mnl_socket *nl;
	uint32_t portid;
	uint32_t seq;

	enum dump dump; /* under way, or DUMP_NONE */
	uint32_t dump_seq;
	bool overtaken;	  /* news of the kind came, or it was interrupted */
	unsigned repeats; /* of the kind */
	unsigned due;	  /* kinds to be read (again) */
	bool denied;	  /* asking needs CAP_NET_ADMIN */
	lvs_tstamp now;	  /* of the last lvs_rtnl_process */

	struct lvs_route routes[LVS_RTNL_HOPS];
	char buf[BUFFER_SIZE];
};

static int send_dump(struct lvs_rtnl *rtnl)
{
	char buf[NLMSG_HDRLEN + 64];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtgenmsg *gen;

	nlh->nlmsg_type = dumps[rtnl->dump].type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = rtnl->dump_seq = ++rtnl->seq;
	gen = mnl_nlmsg_put_extra_header(nlh, sizeof(*gen));
	gen->rtgen_family = dumps[rtnl->dump].family;
	if (mnl_socket_sendto(rtnl->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
}

static int start_dump(struct lvs_rtnl *rtnl, enum dump dump)
{
	int err;

	rtnl->dump = dump;
	if (dumps[dump].first) {
		rtnl->due &= ~dumps[dump].kind;
		rtnl->overtaken = false;
		lvs_net_mark(rtnl->dir, dumps[dump].kind);
	}
	err = send_dump(rtnl);
	if (err) {
		rtnl->dump = DUMP_NONE;
		rtnl->due |= dumps[dump].kind;
	}
	return err;
}

/* The next dump that is due, if none is under way. */
static int next_dump(struct lvs_rtnl *rtnl)
{
	if (rtnl->dump != DUMP_NONE || rtnl->due == 0)
		return 0;
	for (enum dump d = DUMP_LINKS; d < DUMP_NONE; d++)
		if (dumps[d].first && (rtnl->due & dumps[d].kind))
			return start_dump(rtnl, d);
	return 0;
}

static int end_dump(struct lvs_rtnl *rtnl)
{
	enum dump dump = rtnl->dump;
	unsigned kind = dumps[dump].kind;

	if (!dumps[dump].last)
		return start_dump(rtnl, dump + 1);
	rtnl->dump = DUMP_NONE;
	lvs_net_sweep(rtnl->dir, kind);
	if (rtnl->overtaken && ++rtnl->repeats <= MAX_REPEATS)
		rtnl->due |= kind;
	else
		rtnl->repeats = 0;
	return 0;
}

/* ---- what a message changes ------------------------------------------- */

static int take_link(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh)
{
	struct lvs_link link, was;
	bool known;

	if (!lvs_rtnl_link(nlh, &link))
		return 0;
	known = lvs_net_link_get(rtnl->dir, link.index, &was) == 0;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		lvs_net_link_del(rtnl->dir, link.index);
		lvs_log_line(&rtnl->tell.log, LVS_LOG_INFO, "%s: gone",
			     link.name);
		return 0;
	}
	if (known && was.up && !link.up)
		rtnl->due |= LVS_NET_ROUTES;
	lvs_rtnl_tell_link(&rtnl->tell, known ? &was : NULL, &link);
	return lvs_net_link_set(rtnl->dir, &link);
}

static int take_addr(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh)
{
	struct lvs_rtnl_addr addr;
	bool known;

	if (!lvs_rtnl_addr(nlh, &addr))
		return 0;
	known = lvs_net_is_local(rtnl->dir, &addr.addr);
	if (nlh->nlmsg_type == RTM_NEWADDR && !addr.refused) {
		if (!known)
			lvs_rtnl_tell_addr(&rtnl->tell, &addr, "added");
		return lvs_net_addr_set(rtnl->dir, addr.link, &addr.addr,
					addr.plen);
	}
	if (known)
		lvs_rtnl_tell_addr(&rtnl->tell, &addr, "gone");
	rtnl->due |= LVS_NET_ROUTES;
	return lvs_net_addr_del(rtnl->dir, addr.link, &addr.addr);
}

static int take_route(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh)
{
	size_t count = lvs_rtnl_route(nlh, rtnl->routes);
	bool replace = (nlh->nlmsg_flags & NLM_F_REPLACE) != 0;
	int err = 0;

	for (size_t i = 0; i < count && err >= 0; i++) {
		const struct lvs_route *route = &rtnl->routes[i];

		if (nlh->nlmsg_type == RTM_DELROUTE) {
			err = lvs_net_route_del(rtnl->dir, route);
		} else if (replace && i == 0) {
			err = lvs_net_route_replace(rtnl->dir, route);
			/* Only one was replaced, but which? */
			if (err > 1)
				rtnl->due |= LVS_NET_ROUTES;
		} else {
			err = lvs_net_route_set(rtnl->dir, route);
		}
	}
	return err;
}

/*
 * One that does not answer comes without link address; whoever answers next
 * is to be compared with the last who did.
 */
static void keep_lladdr(const struct lvs_neigh *was, struct lvs_neigh *now)
{
	if (now->state == LVS_NEIGH_FAILED ||
	    now->state == LVS_NEIGH_INCOMPLETE)
		memcpy(now->lladdr, was->lladdr, LVS_LLADDR_LEN);
}

static int take_neigh(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh)
{
	struct lvs_neigh neigh, was;
	bool known;

	if (!lvs_rtnl_neigh(nlh, &neigh, &known))
		return 0;
	if (nlh->nlmsg_type == RTM_DELNEIGH || !known)
		return lvs_net_neigh_del(rtnl->dir, neigh.link, &neigh.addr);
	if (!lvs_net_neigh_get(rtnl->dir, neigh.link, &neigh.addr, &was)) {
		lvs_rtnl_tell_neigh(&rtnl->tell, &was, &neigh, rtnl->now);
		keep_lladdr(&was, &neigh);
	}
	return lvs_net_neigh_set(rtnl->dir, &neigh);
}

/* What kind NLH tells of, 0 if of none, having taken it in. */
static unsigned take(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh,
		     int *err)
{
	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		*err = take_link(rtnl, nlh);
		return LVS_NET_LINKS;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		*err = take_addr(rtnl, nlh);
		return LVS_NET_ADDRS;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		*err = take_route(rtnl, nlh);
		return LVS_NET_ROUTES;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		*err = take_neigh(rtnl, nlh);
		return LVS_NET_NEIGHS;
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		rtnl->due |= LVS_NET_ROUTES;
		return 0;
	default:
		return 0;
	}
}

/* ---- answers to what was asked ---------------------------------------- */

/* ADDR was asked about in vain: who goes there next is to ask again. */
static void not_asked(struct lvs_rtnl *rtnl, uint32_t link,
		      const struct lvs_addr *addr)
{
	struct lvs_neigh neigh = {
		.addr = *addr,
		.link = link,
		.state = LVS_NEIGH_FAILED,
	};

	/* One that is known, though stale, stays what it is. */
	(void)lvs_net_neigh_get(rtnl->dir, link, addr, &neigh);
	lvs_net_neigh_set(rtnl->dir, &neigh);
}

/* The kernel refused to resolve a neighbour.  REQUEST is ours, quoted by it. */
static void not_resolved(struct lvs_rtnl *rtnl, int error,
			 const struct nlmsghdr *request)
{
	struct lvs_neigh neigh;
	bool known;

	if (error == LVS_ERR_PERM) {
		if (!rtnl->denied)
			lvs_log_line(&rtnl->tell.log, LVS_LOG_WARNING,
				     "no CAP_NET_ADMIN: only neighbours that "
				     "the host itself talks to are known");
		rtnl->denied = true;
		return;
	}
	lvs_rtnl_tell_refused(&rtnl->tell, error, rtnl->now);
	if (lvs_rtnl_neigh(request, &neigh, &known))
		not_asked(rtnl, neigh.link, &neigh.addr);
}

static int take_error(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	unsigned kind;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err) || err->error == 0)
		return 0;
	if (nlh->nlmsg_seq != rtnl->dump_seq) {
		if (mnl_nlmsg_get_payload_len(nlh) >=
		    sizeof(err->error) + err->msg.nlmsg_len)
			not_resolved(rtnl, err->error, &err->msg);
		return 0;
	}
	if (rtnl->dump == DUMP_NONE)
		return 0;
	/* Without IPv6 in the kernel there is none of it to read. */
	if (err->error == -EAFNOSUPPORT || err->error == -EOPNOTSUPP)
		return end_dump(rtnl);
	kind = dumps[rtnl->dump].kind;
	rtnl->dump = DUMP_NONE;
	rtnl->due |= kind;
	return err->error;
}

static int take_message(struct lvs_rtnl *rtnl, const struct nlmsghdr *nlh)
{
	bool answer = nlh->nlmsg_pid == rtnl->portid &&
		      nlh->nlmsg_seq == rtnl->dump_seq &&
		      rtnl->dump != DUMP_NONE;
	unsigned kind;
	int err = 0;

	if (nlh->nlmsg_type == NLMSG_ERROR)
		return take_error(rtnl, nlh);
	if (answer && (nlh->nlmsg_flags & NLM_F_DUMP_INTR))
		rtnl->overtaken = true;
	if (nlh->nlmsg_type == NLMSG_DONE)
		return answer ? end_dump(rtnl) : 0;

	kind = take(rtnl, nlh, &err);
	/* The kernel queues an answer after the news that came meanwhile. */
	if (!answer && rtnl->dump != DUMP_NONE &&
	    kind == dumps[rtnl->dump].kind)
		rtnl->overtaken = true;
	/* All but memory is a matter of a link that has gone by now. */
	return err == LVS_ERR_NOMEM ? err : 0;
}

static int take_datagram(struct lvs_rtnl *rtnl, int len)
{
	const struct nlmsghdr *nlh = (const void *)rtnl->buf;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		int err = take_message(rtnl, nlh);

		if (err)
			return err;
	}
	return 0;
}

static void lost(struct lvs_rtnl *rtnl)
{
	lvs_log_line(&rtnl->tell.log, LVS_LOG_WARNING,
		     "changes came faster than they were read: "
		     "reading links, addresses, routes and neighbours again");
	rtnl->due = ALL_KINDS;
	rtnl->overtaken = true;
}

int lvs_rtnl_process(struct lvs_rtnl *rtnl, lvs_tstamp now)
{
	int err = 0;

	rtnl->now = now;
	for (int i = 0; i < MAX_DATAGRAMS && !err; i++) {
		ssize_t len = mnl_socket_recvfrom(rtnl->nl, rtnl->buf,
						  sizeof(rtnl->buf));

		if (len > 0)
			err = take_datagram(rtnl, (int)len);
		else if (len == 0 || errno == EAGAIN)
			break;
		else if (errno == ENOBUFS)
			lost(rtnl);
		else if (errno != EINTR)
			err = -errno;
	}
	return err ? err : next_dump(rtnl);
}

/* ---- open and close ----------------------------------------------------- */

static int subscribe(struct lvs_rtnl *rtnl)
{
	static const int groups[] = {
		RTNLGRP_LINK,	     RTNLGRP_NEIGH,	 RTNLGRP_IPV4_IFADDR,
		RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
		RTNLGRP_NEXTHOP, /* last: a kernel before 5.3 has none */
	};
	const size_t count = sizeof(groups) / sizeof(*groups);

	for (size_t i = 0; i < count; i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(rtnl->nl, NETLINK_ADD_MEMBERSHIP,
					  &group, sizeof(group)) < 0 &&
		    group != RTNLGRP_NEXTHOP)
			return -errno;
	}
	return 0;
}

static int open_socket(struct lvs_rtnl *rtnl)
{
	int size = RECEIVE_BUFFER, fd;

	rtnl->nl =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!rtnl->nl)
		return -errno;
	if (mnl_socket_bind(rtnl->nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	rtnl->portid = mnl_socket_get_portid(rtnl->nl);
	fd = mnl_socket_get_fd(rtnl->nl);
	/* Beyond the system's limit, or as much of it as anybody may have. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return subscribe(rtnl);
}

/* Until everything was read once.  No line that time limits is due yet. */
static int first_read(struct lvs_rtnl *rtnl)
{
	struct pollfd fd = { lvs_rtnl_fd(rtnl), POLLIN, 0 };
	int err;

	rtnl->due = ALL_KINDS;
	err = next_dump(rtnl);
	while (!err && rtnl->dump != DUMP_NONE) {
		int n = poll(&fd, 1, OPEN_TIMEOUT);

		if (n > 0)
			err = lvs_rtnl_process(rtnl, 0);
		else if (n == 0)
			err = LVS_ERR_IO;
		else if (errno != EINTR)
			err = -errno;
	}
	return err;
}

int lvs_rtnl_open(struct lvs_director *dir, const struct lvs_rtnl_opts *opts,
		  struct lvs_rtnl **out)
{
	const struct lvs_allocator *mem = &lvs_mem_default;
	struct lvs_rtnl *rtnl = lvs_mem_alloc(mem, sizeof(*rtnl));
	struct lvs_rtnl_opts own = LVS_OPTS(struct lvs_rtnl_opts);
	int err = 0;

	if (!rtnl)
		return LVS_ERR_NOMEM;
	if (opts)
		err = lvs_opts_read(&own, sizeof(own), opts);
	rtnl->dir = dir;
	rtnl->dump = DUMP_NONE;
	lvs_rtnl_tell_init(&rtnl->tell, dir, &own.log);
	if (!err)
		err = open_socket(rtnl);
	if (!err)
		err = first_read(rtnl);
	if (err) {
		lvs_rtnl_close(rtnl);
		return err;
	}
	rtnl->tell.opened = true;
	*out = rtnl;
	return 0;
}

void lvs_rtnl_close(struct lvs_rtnl *rtnl)
{
	if (!rtnl)
		return;
	if (rtnl->nl)
		mnl_socket_close(rtnl->nl);
	lvs_mem_free(&lvs_mem_default, rtnl, sizeof(*rtnl));
}

int lvs_rtnl_fd(struct lvs_rtnl *rtnl)
{
	return mnl_socket_get_fd(rtnl->nl);
}

uint32_t lvs_rtnl_ifindex(const char *name)
{
	return if_nametoindex(name);
}

/* ---- asking ------------------------------------------------------------- */

/*
 * NTF_USE has the kernel do what it does when it sends a packet there: begin
 * to resolve, or confirm what is stale.  Only refusals are answered.
 */
static int ask(struct lvs_rtnl *rtnl, uint32_t link,
	       const struct lvs_addr *addr)
{
	char buf[NLMSG_HDRLEN + 128];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ndmsg *ndm;

	nlh->nlmsg_type = RTM_NEWNEIGH;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE;
	nlh->nlmsg_seq = ++rtnl->seq;
	ndm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ndm));
	ndm->ndm_family = (uint8_t)addr->family;
	ndm->ndm_ifindex = (int)link;
	ndm->ndm_flags = NTF_USE;
	mnl_attr_put(nlh, NDA_DST, lvs_family_bits(addr->family) / 8,
		     addr->ip.b);
	if (mnl_socket_sendto(rtnl->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return 0;
}

int lvs_rtnl_resolve(struct lvs_rtnl *rtnl)
{
	struct lvs_addr addr;
	uint32_t link;
	int count = 0, err = 0;

	while (lvs_net_wanted(rtnl->dir, &link, &addr)) {
		int now = rtnl->denied ? LVS_ERR_PERM : ask(rtnl, link, &addr);

		if (now)
			err = now;
		else
			count++;
		if (now && !rtnl->denied)
			not_asked(rtnl, link, &addr);
	}
	return err ? err : count;
}
