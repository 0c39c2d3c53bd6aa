/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * oracle.h - packets for tests, and a judge that shares no code with lib/pkt.
 *
 * The judge reads headers byte by byte and sums as RFC 1071 defines it, slowly.
 * Recordings (tests/golden/pcap) are read here too.
 */
#ifndef LVS_TESTS_ORACLE_H
#define LVS_TESTS_ORACLE_H

#include <lvs/addr.h>
#include <lvs/pkt.h>
#include <netinet/in.h>

/* What is wrong with the IP packet of LEN bytes at IP, headers inside it
 * (IPIP) included; NULL: lengths and all checksums are right. */
const char *oracle_judge(const unsigned char *ip, size_t len);

/* CRC32c bit by bit. */
uint32_t oracle_crc32c(const unsigned char *buf, size_t len);

/* A packet to be built; what is 0 is the usual. */
struct oracle_spec {
	const char *what;
	int family;	   /* AF_INET, AF_INET6 */
	int protocol;	   /* IPPROTO_* */
	unsigned link;	   /* bytes: 0, 14, or 18 with a VLAN tag */
	unsigned options;  /* bytes: IPv4 options or IPv6 headers */
	unsigned payload;  /* bytes behind the transport header */
	unsigned tos, ttl; /* ttl 0: 64 */
	bool df;
	bool no_csum;	  /* UDP */
	unsigned flags;	  /* TCP */
	unsigned frag;	  /* IPv4 field, IPv6 fragment header's */
	unsigned padding; /* behind the IP packet */
	unsigned icmp;	  /* type << 8 | code */
	int quoted;	  /* ICMP error: protocol of the quoted packet */
	unsigned quote;	  /* bytes of it; 0: all */
};

/* Addresses and ports of every packet built: client to VIP. */
extern const struct lvs_addr oracle_client[2], oracle_vip[2], oracle_rs[2];
#define ORACLE_CPORT 40000u
#define ORACLE_VPORT 80u
#define ORACLE_RPORT 8080u

static inline int oracle_index(int family)
{
	return family == AF_INET6;
}

/* Build SPEC into BUF; returns the frame's length. */
size_t oracle_build(unsigned char *buf, const struct oracle_spec *spec);

/*
 * The same as a packet in an allocation of its own with LVS_PKT_HEADROOM bytes
 * before it and none behind; for oracle_free.
 */
struct lvs_pkt *oracle_pkt(const struct oracle_spec *spec);
/* LEN bytes as such a packet; LINK is 14 or 0. */
struct lvs_pkt *oracle_pkt_of(const void *frame, size_t len, uint16_t link);
void oracle_free(struct lvs_pkt *pkt);

/* A packet of all kinds, both families; ends in one without a sentence. */
extern const struct oracle_spec oracle_specs[];

/* Make the transport checksum of PROTO at offset L4 of PKT, whose IP header is
 * at L3, one that is still to be completed. */
void oracle_make_partial(struct lvs_pkt *pkt, unsigned l3, unsigned l4,
			 unsigned proto);

#define ORACLE_FRAMES 16

struct oracle_capture {
	size_t count;
	size_t len[ORACLE_FRAMES];
	unsigned char frame[ORACLE_FRAMES][2048];
};

/* The recording NAME of tests/golden/pcap, or exit(3) with what is missing. */
void oracle_read(const char *name, struct oracle_capture *cap);

#endif
