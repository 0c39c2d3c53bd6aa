/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.h - hosts, ports, numbers and flags as people write them.
 */
#ifndef LVSADM_NAMES_H
#define LVSADM_NAMES_H

#include <lvs/director.h>
#include <lvs/mark.h>
#include <netdb.h>

/* Longest "[host]:port", with the final 0. */
#define NAME_ENDPOINT_MAX (NI_MAXHOST + NI_MAXSERV + 4)

/* A decimal number, all of TEXT, from LOW to HIGH. */
bool name_to_number(const char *text, int64_t low, int64_t high, int64_t *n);

/*
 * "host:port", "host" (port 0), "[v6]:port" or "v6".  Names of hosts mean
 * their first IPv4 address; ports are numbers or known to services(5) for
 * PROTOCOL.
 */
bool name_to_endpoint(const char *text, uint8_t protocol, struct lvs_addr *addr,
		      uint16_t *port);

/* An IPv4 address or the name of a host that has one. */
bool name_to_ipv4(const char *text, struct lvs_addr *addr);
/* A multicast address. */
bool name_to_group(const char *text, struct lvs_addr *addr);

/* ADDR:PORT into BUF; as names where there are any and unless NUMERIC. */
void name_endpoint(char buf[NAME_ENDPOINT_MAX], const struct lvs_addr *addr,
		   uint16_t port, uint8_t protocol, bool numeric);

/* Longest match, with the final 0. */
#define NAME_MATCH_MAX (LVS_ADDR_STRLEN + 32)

/* What RULE fits, as lvsd.conf(5) has it: "tcp [2001:db8::/64]:80-90". */
void name_match(char buf[NAME_MATCH_MAX], const struct lvs_mark_rule *rule);

/* "TCP", "UDP", "SCTP", "IP" for 0, or "?". */
const char *name_protocol(uint8_t protocol);

/*
 * The network of clients that CONF's persistence takes for one: a mask for
 * IPv4, the length of a prefix for IPv6.  False: each client for itself, and
 * the text says that.
 */
bool name_netmask(char buf[LVS_ADDR_STRLEN],
		  const struct lvs_service_conf *conf);

/* "ipip", "gue", "gre"; -1 and NULL for no such type. */
int name_to_tunnel(const char *text);
const char *name_tunnel(uint8_t type);
/* "nocsum", "csum" or "remcsum" of LVS_TUN_* flags. */
const char *name_tunnel_csum(uint16_t flags);

enum flag_answer {
	FLAG_OK,
	FLAG_UNKNOWN,
	FLAG_OF_ANOTHER, /* scheduler */
};

/*
 * Flags of SCHEDULER, as -b has them, into *FLAGS (LVS_SVC_SCHED1 and so on);
 * or which one it was not, into BAD.
 */
enum flag_answer name_to_sched_flags(const char *text, const char *scheduler,
				     uint32_t *flags, char bad[64]);
/* The same back: "sh-fallback,sh-port" into BUF; "" for none. */
void name_sched_flags(char buf[64], const char *scheduler, uint32_t flags);

#endif
