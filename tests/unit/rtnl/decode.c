/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decode.c - rtnetlink messages decoded; malformed ones too.
 *
 * What a kernel really sends is compared with ip(8) in tests/net/rtnl.sh; here
 * are the cases that are hard to bring about, and that no length is trusted.
 */
#include "check.h"

#include "rtnl/decode.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#define LOWER_UP (1u << 16)

static char buf[2048];

static struct nlmsghdr *message(uint16_t type, const void *head, size_t len)
{
	struct nlmsghdr *nlh;

	memset(buf, 0, sizeof(buf));
	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = type;
	memcpy(mnl_nlmsg_put_extra_header(nlh, len), head, len);
	return nlh;
}

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const char *text)
{
	struct lvs_addr addr;

	ck_assert_int_eq(lvs_addr_parse(text, &addr), 0);
	mnl_attr_put(nlh, type, lvs_family_bits(addr.family) / 8, addr.ip.b);
}

static const struct {
	const char *what;
	unsigned flags;
	unsigned short type;
	unsigned char family;
	bool taken, up, ethernet;
} links[] = {
	{ "an Ethernet link with carrier", IFF_UP | IFF_RUNNING | LOWER_UP,
	  ARPHRD_ETHER, AF_UNSPEC, true, true, true },
	{ "without carrier", IFF_UP, ARPHRD_ETHER, AF_UNSPEC, true, false,
	  true },
	{ "dormant: carrier, but not running", IFF_UP | LOWER_UP, ARPHRD_ETHER,
	  AF_UNSPEC, true, false, true },
	{ "administratively down", LOWER_UP | IFF_RUNNING, ARPHRD_ETHER,
	  AF_UNSPEC, true, false, true },
	{ "a tunnel", IFF_UP | IFF_RUNNING | LOWER_UP, ARPHRD_NONE, AF_UNSPEC,
	  true, true, false },
	{ "a link header that we cannot write", IFF_UP | IFF_RUNNING | LOWER_UP,
	  ARPHRD_INFINIBAND, AF_UNSPEC, true, false, false },
	{ "a link as a bridge's port", IFF_UP | IFF_RUNNING | LOWER_UP,
	  ARPHRD_ETHER, AF_BRIDGE, false, false, false },
};

START_TEST(link_kinds)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++) {
		struct ifinfomsg ifi = {
			.ifi_family = links[i].family,
			.ifi_type = links[i].type,
			.ifi_index = 7,
			.ifi_flags = links[i].flags,
		};
		struct nlmsghdr *nlh = message(RTM_NEWLINK, &ifi, sizeof(ifi));
		struct lvs_link link;
		bool taken;

		mnl_attr_put_strz(nlh, IFLA_IFNAME, "eth0");
		mnl_attr_put_u32(nlh, IFLA_MTU, 1500);
		mnl_attr_put(nlh, IFLA_ADDRESS, 6, "\2\0\0\0\0\7");
		taken = lvs_rtnl_link(nlh, &link);
		ck_assert_msg(taken == links[i].taken, "%s", links[i].what);
		if (!taken)
			continue;
		ck_assert_msg(link.up == links[i].up &&
				      link.ethernet == links[i].ethernet,
			      "%s: up %d, ethernet %d", links[i].what, link.up,
			      link.ethernet);
		ck_assert_uint_eq(link.index, 7);
		ck_assert_uint_eq(link.mtu, 1500);
		ck_assert_uint_eq(link.lladdr[5], 7);
		ck_assert_str_eq(link.name, "eth0");
	}
}
END_TEST

START_TEST(long_link_name_and_address)
{
	struct ifinfomsg ifi = { .ifi_index = 7 };
	struct nlmsghdr *nlh = message(RTM_NEWLINK, &ifi, sizeof(ifi));
	struct lvs_link link;

	mnl_attr_put_strz(nlh, IFLA_IFNAME, "a-name-that-is-too-long");
	mnl_attr_put(nlh, IFLA_ADDRESS, 20, "01234567890123456789");
	ck_assert(lvs_rtnl_link(nlh, &link));
	ck_assert_str_eq(link.name, "a-name-that-is-");
	ck_assert_uint_eq(link.lladdr[0], 0);
}
END_TEST

static const struct {
	const char *what;
	const char *local, *address;
	uint32_t flags;
	const char *expected;
	bool refused;
} addrs[] = {
	{ "an IPv4 address", "10.0.0.1", "10.0.0.1", 0, "10.0.0.1", false },
	{ "the near end of a point-to-point link", "10.0.0.1", "10.0.0.2", 0,
	  "10.0.0.1", false },
	{ "an IPv6 address", NULL, "2001:db8::1", 0, "2001:db8::1", false },
	{ "the near end in IPv6", "2001:db8::1", "2001:db8::2", 0,
	  "2001:db8::1", false },
	{ "not yet found to be ours alone", NULL, "2001:db8::1",
	  IFA_F_TENTATIVE, "2001:db8::1", false },
	{ "found to be another's", NULL, "2001:db8::1",
	  IFA_F_TENTATIVE | IFA_F_DADFAILED, "2001:db8::1", true },
};

START_TEST(address_kinds)
{
	for (size_t i = 0; i < sizeof(addrs) / sizeof(*addrs); i++) {
		bool v4 = strchr(addrs[i].address, '.') != NULL;
		struct ifaddrmsg ifa = {
			.ifa_family = v4 ? AF_INET : AF_INET6,
			.ifa_prefixlen = 24,
			.ifa_index = 7,
		};
		struct nlmsghdr *nlh = message(RTM_NEWADDR, &ifa, sizeof(ifa));
		struct lvs_rtnl_addr addr;
		char text[LVS_ADDR_STRLEN];

		if (addrs[i].local)
			put_addr(nlh, IFA_LOCAL, addrs[i].local);
		put_addr(nlh, IFA_ADDRESS, addrs[i].address);
		mnl_attr_put_u32(nlh, IFA_FLAGS, addrs[i].flags);
		ck_assert_msg(lvs_rtnl_addr(nlh, &addr), "%s", addrs[i].what);
		lvs_addr_format(&addr.addr, text, sizeof(text));
		ck_assert_msg(strcmp(text, addrs[i].expected) == 0, "%s: %s",
			      addrs[i].what, text);
		ck_assert_uint_eq(addr.link, 7);
		ck_assert_uint_eq(addr.plen, 24);
		ck_assert_msg(addr.refused == addrs[i].refused, "%s",
			      addrs[i].what);
	}
}
END_TEST

static const struct {
	const char *what;
	struct rtmsg rtm;
	uint32_t table;
	size_t count;
	uint8_t type;
} routes[] = {
	{ "unicast, main table",
	  { .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST },
	  0,
	  1,
	  LVS_ROUTE_UNICAST },
	{ "local table",
	  { .rtm_table = RT_TABLE_LOCAL, .rtm_type = RTN_LOCAL },
	  0,
	  1,
	  LVS_ROUTE_LOCAL },
	{ "anycast is local",
	  { .rtm_table = RT_TABLE_LOCAL, .rtm_type = RTN_ANYCAST },
	  0,
	  1,
	  LVS_ROUTE_LOCAL },
	{ "a network's broadcast address is no host",
	  { .rtm_table = RT_TABLE_LOCAL, .rtm_type = RTN_BROADCAST },
	  0,
	  1,
	  LVS_ROUTE_UNREACHABLE },
	{ "multicast is left out",
	  { .rtm_table = RT_TABLE_LOCAL, .rtm_type = RTN_MULTICAST },
	  0,
	  0,
	  0 },
	{ "another table",
	  { .rtm_table = 100, .rtm_type = RTN_UNICAST },
	  0,
	  0,
	  0 },
	{ "a table whose number needs the attribute",
	  { .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST },
	  RT_TABLE_MAIN + 0x10000,
	  0,
	  0 },
	{ "a copy in the kernel's cache",
	  { .rtm_table = RT_TABLE_MAIN,
	    .rtm_type = RTN_UNICAST,
	    .rtm_flags = RTM_F_CLONED },
	  0,
	  0,
	  0 },
	{ "one type of service only",
	  { .rtm_table = RT_TABLE_MAIN,
	    .rtm_type = RTN_UNICAST,
	    .rtm_tos = 0x10 },
	  0,
	  0,
	  0 },
	{ "one source network only",
	  { .rtm_table = RT_TABLE_MAIN,
	    .rtm_type = RTN_UNICAST,
	    .rtm_src_len = 8 },
	  0,
	  0,
	  0 },
};

START_TEST(route_kinds)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		struct lvs_route out[LVS_RTNL_HOPS];
		struct rtmsg rtm = routes[i].rtm;
		struct nlmsghdr *nlh;
		size_t count;

		rtm.rtm_family = AF_INET;
		rtm.rtm_dst_len = 8;
		nlh = message(RTM_NEWROUTE, &rtm, sizeof(rtm));
		put_addr(nlh, RTA_DST, "10.0.0.0");
		mnl_attr_put_u32(nlh, RTA_OIF, 7);
		if (routes[i].table)
			mnl_attr_put_u32(nlh, RTA_TABLE, routes[i].table);
		count = lvs_rtnl_route(nlh, out);
		ck_assert_msg(count == routes[i].count, "%s: %zu",
			      routes[i].what, count);
		ck_assert_msg(!count || out[0].type == routes[i].type, "%s",
			      routes[i].what);
	}
}
END_TEST

static struct nlmsghdr *route_message(unsigned char family)
{
	struct rtmsg rtm = { .rtm_family = family,
			     .rtm_table = RT_TABLE_MAIN,
			     .rtm_type = RTN_UNICAST };

	return message(RTM_NEWROUTE, &rtm, sizeof(rtm));
}

START_TEST(route_through_a_tunnel_of_its_own)
{
	struct lvs_route out[LVS_RTNL_HOPS];
	struct nlmsghdr *nlh = route_message(AF_INET6);

	mnl_attr_put_u32(nlh, RTA_OIF, 7);
	mnl_attr_put_u32(nlh, RTA_ENCAP, 0);
	ck_assert_uint_eq(lvs_rtnl_route(nlh, out), 1);
	ck_assert_uint_eq(out[0].type, LVS_ROUTE_UNREACHABLE);
	ck_assert_uint_eq(out[0].dst.family, AF_INET6);
	ck_assert_uint_eq(out[0].plen, 0);
}
END_TEST

START_TEST(route_without_a_link)
{
	struct lvs_route out[LVS_RTNL_HOPS];
	struct nlmsghdr *nlh = route_message(AF_INET);

	mnl_attr_put_u32(nlh, RTA_NH_ID, 1);
	ck_assert_uint_eq(lvs_rtnl_route(nlh, out), 0);
}
END_TEST

/* COUNT next hops of SIZE bytes each, the last of which says LAST. */
static size_t next_hops(size_t count, size_t size, unsigned short last,
			struct lvs_route *out)
{
	struct nlmsghdr *nlh = route_message(AF_INET);
	struct rtnexthop hops[LVS_RTNL_HOPS + 8];

	memset(hops, 0, sizeof(hops));
	for (size_t i = 0; i < count; i++) {
		hops[i].rtnh_len = sizeof(*hops);
		hops[i].rtnh_ifindex = (int)i + 1;
	}
	hops[count - 1].rtnh_len = last;
	mnl_attr_put(nlh, RTA_MULTIPATH, count * size, hops);
	return lvs_rtnl_route(nlh, out);
}

START_TEST(several_next_hops)
{
	const unsigned short size = sizeof(struct rtnexthop);
	struct lvs_route out[LVS_RTNL_HOPS];

	ck_assert_uint_eq(next_hops(3, size, size, out), 3);
	ck_assert_uint_eq(out[2].link, 3);
	/* Lengths that are too short, or reach beyond the attribute. */
	ck_assert_uint_eq(next_hops(3, size, 0, out), 2);
	ck_assert_uint_eq(next_hops(3, size, size - 1, out), 2);
	ck_assert_uint_eq(next_hops(3, size, size + 1, out), 2);
	ck_assert_uint_eq(next_hops(LVS_RTNL_HOPS + 8, size, size, out),
			  LVS_RTNL_HOPS);
}
END_TEST

static const struct {
	const char *what;
	uint16_t nud;
	uint8_t state;
	bool known;
} neighs[] = {
	{ "reachable", NUD_REACHABLE, LVS_NEIGH_REACHABLE, true },
	{ "permanent", NUD_PERMANENT, LVS_NEIGH_REACHABLE, true },
	{ "in need of no resolution", NUD_NOARP, LVS_NEIGH_REACHABLE, true },
	{ "stale", NUD_STALE, LVS_NEIGH_STALE, true },
	{ "being confirmed, at first by waiting", NUD_DELAY,
	  LVS_NEIGH_REACHABLE, true },
	{ "being confirmed by probes", NUD_PROBE, LVS_NEIGH_REACHABLE, true },
	{ "being resolved", NUD_INCOMPLETE, LVS_NEIGH_INCOMPLETE, true },
	{ "not there", NUD_FAILED, LVS_NEIGH_FAILED, true },
	{ "nothing yet", NUD_NONE, LVS_NEIGH_INCOMPLETE, false },
};

static struct nlmsghdr *neigh_message(unsigned char family, uint16_t nud,
				      unsigned char flags)
{
	struct ndmsg ndm = { .ndm_family = family,
			     .ndm_ifindex = 7,
			     .ndm_state = nud,
			     .ndm_flags = flags };

	return message(RTM_NEWNEIGH, &ndm, sizeof(ndm));
}

START_TEST(neighbour_states)
{
	for (size_t i = 0; i < sizeof(neighs) / sizeof(*neighs); i++) {
		struct nlmsghdr *nlh = neigh_message(AF_INET, neighs[i].nud, 0);
		struct lvs_neigh neigh;
		bool known;

		put_addr(nlh, NDA_DST, "10.0.0.1");
		mnl_attr_put(nlh, NDA_LLADDR, 6, "\2\0\0\0\0\7");
		ck_assert(lvs_rtnl_neigh(nlh, &neigh, &known));
		ck_assert_msg(neigh.state == neighs[i].state &&
				      known == neighs[i].known,
			      "%s: %u, %d", neighs[i].what, neigh.state, known);
		ck_assert_uint_eq(neigh.link, 7);
		ck_assert_uint_eq(neigh.lladdr[5], 7);
	}
}
END_TEST

START_TEST(no_neighbour)
{
	struct lvs_neigh neigh;
	struct nlmsghdr *nlh;
	bool known;

	nlh = neigh_message(AF_INET, NUD_REACHABLE, NTF_PROXY);
	put_addr(nlh, NDA_DST, "10.0.0.1");
	ck_assert(!lvs_rtnl_neigh(nlh, &neigh, &known));

	nlh = neigh_message(AF_BRIDGE, NUD_REACHABLE, 0);
	mnl_attr_put(nlh, NDA_LLADDR, 6, "\2\0\0\0\0\7");
	ck_assert(!lvs_rtnl_neigh(nlh, &neigh, &known));

	nlh = neigh_message(AF_INET6, NUD_NOARP, 0);
	put_addr(nlh, NDA_DST, "ff02::1");
	ck_assert(!lvs_rtnl_neigh(nlh, &neigh, &known));
}
END_TEST

/*
 * Cut after every byte and with every byte turned over: no read beyond the
 * message (AddressSanitizer looks), whatever the answer.  As in any netlink
 * buffer a message takes a multiple of four bytes.
 */
START_TEST(malformed)
{
	struct nlmsghdr *nlh = route_message(AF_INET);
	struct lvs_route out[LVS_RTNL_HOPS];
	struct lvs_rtnl_addr addr;
	struct lvs_neigh neigh;
	struct lvs_link link;
	uint32_t whole;
	bool known;

	put_addr(nlh, RTA_DST, "10.0.0.0");
	mnl_attr_put_u32(nlh, RTA_OIF, 7);
	mnl_attr_put(nlh, RTA_VIA, 1, "");
	mnl_attr_put(nlh, RTA_MULTIPATH, 3, "123");
	whole = nlh->nlmsg_len;
	for (uint32_t len = NLMSG_HDRLEN; len <= whole; len++) {
		size_t size = (len + 3u) / 4u * 4u;

		for (uint32_t at = NLMSG_HDRLEN; at <= len; at++) {
			struct nlmsghdr *copy = malloc(size);

			ck_assert_ptr_nonnull(copy);
			memcpy(copy, nlh, size);
			copy->nlmsg_len = len;
			if (at < len)
				((char *)copy)[at] ^= (char)0xff;
			lvs_rtnl_route(copy, out);
			lvs_rtnl_link(copy, &link);
			lvs_rtnl_addr(copy, &addr);
			lvs_rtnl_neigh(copy, &neigh, &known);
			free(copy);
		}
	}
}
END_TEST

LVS_TEST_MAIN("rtnl/decode", link_kinds, long_link_name_and_address,
	      address_kinds, route_kinds, route_through_a_tunnel_of_its_own,
	      route_without_a_link, several_next_hops, neighbour_states,
	      no_neighbour, malformed)
