/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.c - rtnetlink(7) messages as the structs of lvs/net.h.
 */
#include "rtnl/decode.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>

/* From <linux/if.h>, which <net/if.h> does not get along with. */
#define LOWER_UP (1u << 16)

/* <linux/if_arp.h> has these, <net/if_arp.h> has not. */
#define ARPHRD_RAW_IP 519
#define ARPHRD_IP6GRE 823

#define ATTR_MAX 63

struct attrs {
	const struct nlattr *at[ATTR_MAX + 1];
};

static int note(const struct nlattr *attr, void *data)
{
	struct attrs *attrs = data;

	if (mnl_attr_get_type(attr) <= ATTR_MAX)
		attrs->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

/* The attributes after a HEAD of so many bytes; false: too short for it. */
static bool read_attrs(const struct nlmsghdr *nlh, size_t head,
		       struct attrs *attrs)
{
	memset(attrs, 0, sizeof(*attrs));
	if (mnl_nlmsg_get_payload_len(nlh) < head)
		return false;
	return mnl_attr_parse(nlh, (unsigned)head, note, attrs) >= 0;
}

static void read_nested(const struct nlattr *nest, struct attrs *attrs)
{
	memset(attrs, 0, sizeof(*attrs));
	if (nest)
		mnl_attr_parse_nested(nest, note, attrs);
}

static uint32_t number(const struct nlattr *attr)
{
	if (!attr || mnl_attr_get_payload_len(attr) < sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(attr);
}

/* AF_UNSPEC if there is none, or not one of FAMILY. */
static struct lvs_addr address(uint16_t family, const struct nlattr *attr)
{
	size_t len = lvs_family_bits(family) / 8;
	struct lvs_addr none = { 0 };

	if (!attr || len == 0 || mnl_attr_get_payload_len(attr) != len)
		return none;
	return lvs_addr_from_bytes(family, mnl_attr_get_payload(attr));
}

/* Zero if there is none, or it is not one of Ethernet. */
static void copy_lladdr(uint8_t *lladdr, const struct nlattr *attr)
{
	memset(lladdr, 0, LVS_LLADDR_LEN);
	if (attr && mnl_attr_get_payload_len(attr) == LVS_LLADDR_LEN)
		memcpy(lladdr, mnl_attr_get_payload(attr), LVS_LLADDR_LEN);
}

/* Whether frames of such a link begin with the IP header. */
static bool is_headerless(unsigned type)
{
	switch (type) {
	case ARPHRD_NONE:
	case ARPHRD_RAW_IP:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
	case ARPHRD_LOOPBACK:
		return true;
	default:
		return false;
	}
}

bool lvs_rtnl_link(const struct nlmsghdr *nlh, struct lvs_link *link)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const unsigned needed = IFF_UP | IFF_RUNNING | LOWER_UP;
	const struct nlattr *name;
	struct attrs attrs;

	/* AF_BRIDGE tells of a link as a port: its end is not the link's. */
	if (!read_attrs(nlh, sizeof(*ifi), &attrs) ||
	    ifi->ifi_family != AF_UNSPEC || ifi->ifi_index <= 0)
		return false;
	memset(link, 0, sizeof(*link));
	link->index = (uint32_t)ifi->ifi_index;
	link->mtu = number(attrs.at[IFLA_MTU]);
	link->ethernet = ifi->ifi_type == ARPHRD_ETHER;
	link->loopback = ifi->ifi_type == ARPHRD_LOOPBACK;
	copy_lladdr(link->lladdr, attrs.at[IFLA_ADDRESS]);
	/* A kind whose link header we cannot write is no way out. */
	link->up = (ifi->ifi_flags & needed) == needed &&
		   (link->ethernet || is_headerless(ifi->ifi_type));
	name = attrs.at[IFLA_IFNAME];
	if (name)
		strncpy(link->name, mnl_attr_get_str(name),
			sizeof(link->name) - 1);
	return true;
}

bool lvs_rtnl_addr(const struct nlmsghdr *nlh, struct lvs_rtnl_addr *addr)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	struct attrs attrs;
	uint32_t flags;

	if (!read_attrs(nlh, sizeof(*ifa), &attrs))
		return false;
	/* On a point-to-point link IFA_ADDRESS is the other end's. */
	addr->addr = address(ifa->ifa_family, attrs.at[IFA_LOCAL]
						      ? attrs.at[IFA_LOCAL]
						      : attrs.at[IFA_ADDRESS]);
	addr->link = ifa->ifa_index;
	addr->plen = ifa->ifa_prefixlen;
	flags = attrs.at[IFA_FLAGS] ? number(attrs.at[IFA_FLAGS])
				    : ifa->ifa_flags;
	addr->refused = (flags & IFA_F_DADFAILED) != 0;
	return addr->addr.family != AF_UNSPEC;
}

/* False: not for ordinary packets to one host. */
static bool route_type(uint8_t rtm_type, uint8_t *type)
{
	switch (rtm_type) {
	case RTN_UNICAST:
		*type = LVS_ROUTE_UNICAST;
		return true;
	case RTN_LOCAL:
	case RTN_ANYCAST:
		*type = LVS_ROUTE_LOCAL;
		return true;
	case RTN_BROADCAST: /* a network's own: no host to forward to */
	case RTN_BLACKHOLE:
	case RTN_UNREACHABLE:
	case RTN_PROHIBIT:
	case RTN_THROW:
		*type = LVS_ROUTE_UNREACHABLE;
		return true;
	default:
		return false;
	}
}

/* RTA_GATEWAY is of the route's family, RTA_VIA names its own. */
static struct lvs_addr gateway(uint8_t family, const struct attrs *attrs)
{
	const struct nlattr *via = attrs->at[RTA_VIA];
	const struct rtvia *rtvia;
	struct lvs_addr none = { 0 };
	size_t len, want;

	if (!via)
		return address(family, attrs->at[RTA_GATEWAY]);
	rtvia = mnl_attr_get_payload(via);
	len = mnl_attr_get_payload_len(via);
	if (len < sizeof(*rtvia))
		return none;
	want = lvs_family_bits(rtvia->rtvia_family) / 8;
	if (want == 0 || len - sizeof(*rtvia) < want)
		return none;
	return lvs_addr_from_bytes(rtvia->rtvia_family, rtvia->rtvia_addr);
}

/*
 * One next hop into ROUTE: LINK by the gateway in ATTRS.  What the kernel
 * would put around the packet (RTA_ENCAP) is beyond us.
 */
static bool next_hop(struct lvs_route *route, uint32_t link,
		     const struct attrs *attrs)
{
	route->link = link;
	route->gateway = gateway((uint8_t)route->dst.family, attrs);
	if (attrs->at[RTA_ENCAP] && route->type == LVS_ROUTE_UNICAST)
		route->type = LVS_ROUTE_UNREACHABLE;
	return link != 0 || route->type != LVS_ROUTE_UNICAST;
}

static size_t multipath(const struct lvs_route *common,
			const struct nlattr *attr,
			struct lvs_route routes[LVS_RTNL_HOPS])
{
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr), count = 0;

	while (count < LVS_RTNL_HOPS && left >= sizeof(*hop) &&
	       hop->rtnh_len >= sizeof(*hop) && hop->rtnh_len <= left) {
		size_t size = MNL_ALIGN(hop->rtnh_len);
		struct attrs attrs = { 0 };

		mnl_attr_parse_payload(hop + 1, hop->rtnh_len - sizeof(*hop),
				       note, &attrs);
		routes[count] = *common;
		if (next_hop(&routes[count], (uint32_t)hop->rtnh_ifindex,
			     &attrs))
			count++;
		if (size >= left)
			break;
		left -= size;
		hop = (const void *)((const char *)hop + size);
	}
	return count;
}

/* What all next hops of a route share. */
static bool common_part(const struct rtmsg *rtm, const struct attrs *attrs,
			struct lvs_route *route)
{
	uint32_t table = attrs->at[RTA_TABLE] ? number(attrs->at[RTA_TABLE])
					      : rtm->rtm_table;
	struct attrs metrics;

	if (lvs_family_bits(rtm->rtm_family) == 0 ||
	    (table != RT_TABLE_MAIN && table != RT_TABLE_LOCAL) ||
	    (rtm->rtm_flags & RTM_F_CLONED) || rtm->rtm_tos ||
	    rtm->rtm_src_len || !route_type(rtm->rtm_type, &route->type))
		return false;
	route->dst = address(rtm->rtm_family, attrs->at[RTA_DST]);
	route->dst.family = rtm->rtm_family; /* no RTA_DST: all zero */
	route->plen = rtm->rtm_dst_len;
	route->metric = number(attrs->at[RTA_PRIORITY]);
	route->prefsrc = address(rtm->rtm_family, attrs->at[RTA_PREFSRC]);
	read_nested(attrs->at[RTA_METRICS], &metrics);
	route->mtu = number(metrics.at[RTAX_MTU]);
	return true;
}

size_t lvs_rtnl_route(const struct nlmsghdr *nlh,
		      struct lvs_route routes[LVS_RTNL_HOPS])
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	struct lvs_route common = { 0 };
	struct attrs attrs;

	if (!read_attrs(nlh, sizeof(*rtm), &attrs) ||
	    !common_part(rtm, &attrs, &common))
		return 0;
	if (attrs.at[RTA_MULTIPATH])
		return multipath(&common, attrs.at[RTA_MULTIPATH], routes);
	routes[0] = common;
	return next_hop(&routes[0], number(attrs.at[RTA_OIF]), &attrs);
}

static uint8_t neigh_state(uint16_t nud)
{
	if (nud & NUD_STALE)
		return LVS_NEIGH_STALE;
	if (nud &
	    (NUD_REACHABLE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP))
		return LVS_NEIGH_REACHABLE;
	return nud & NUD_FAILED ? LVS_NEIGH_FAILED : LVS_NEIGH_INCOMPLETE;
}

bool lvs_rtnl_neigh(const struct nlmsghdr *nlh, struct lvs_neigh *neigh,
		    bool *known)
{
	const struct ndmsg *ndm = mnl_nlmsg_get_payload(nlh);
	struct attrs attrs;

	if (!read_attrs(nlh, sizeof(*ndm), &attrs) || ndm->ndm_ifindex <= 0 ||
	    (ndm->ndm_flags & NTF_PROXY))
		return false;
	memset(neigh, 0, sizeof(*neigh));
	neigh->addr = address(ndm->ndm_family, attrs.at[NDA_DST]);
	neigh->link = (uint32_t)ndm->ndm_ifindex;
	neigh->state = neigh_state(ndm->ndm_state);
	copy_lladdr(neigh->lladdr, attrs.at[NDA_LLADDR]);
	*known = ndm->ndm_state != NUD_NONE;
	return neigh->addr.family != AF_UNSPEC &&
	       lvs_addr_is_unicast(&neigh->addr);
}
