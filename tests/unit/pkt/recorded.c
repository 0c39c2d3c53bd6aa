/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * recorded.c - what we do to a packet against what a kernel's IPVS did to it.
 *
 * tests/golden/pcap has each case twice: as it was on the client's side of the
 * director (NAME.dir-c1) and on the real servers' (NAME.dir-br0).
 */
#include "config.h"

#include "check.h"
#include "pkt/encap.h"
#include "pkt/frag.h"
#include "pkt/icmp.h"
#include "unit/pkt/oracle.h"

#include <stdio.h>

static struct oracle_capture client_side, server_side;

static void read_both(const char *name)
{
	char path[100];

	snprintf(path, sizeof(path), "%s.dir-c1", name);
	oracle_read(path, &client_side);
	snprintf(path, sizeof(path), "%s.dir-br0", name);
	oracle_read(path, &server_side);
}

static struct lvs_pkt *recorded(const struct oracle_capture *cap, size_t i,
				struct lvs_parsed *p)
{
	struct lvs_pkt *pkt = oracle_pkt_of(cap->frame[i], cap->len[i], 14);

	lvs_parse(pkt, p);
	return pkt;
}

/* From the IP header on, as the recording has it. */
static void check_same(const char *name, size_t i, const struct lvs_pkt *pkt,
		       const struct oracle_capture *cap)
{
	ck_assert_msg(pkt->len == cap->len[i], "%s, frame %zu: %u, not %zu",
		      name, i, pkt->len, cap->len[i]);
	for (size_t at = 12; at < pkt->len; at++)
		ck_assert_msg(pkt->data[at] == cap->frame[i][at],
			      "%s, frame %zu: byte %zu is %02x, not %02x", name,
			      i, at, pkt->data[at], cap->frame[i][at]);
}

static const char *const all[] = {
	"nat-tcp",	  "nat-udp",	   "nat-udp-closed",
	"v6-nat-tcp",	  "v6-nat-udp",	   "v6-nat-udp-closed",
	"ipip-tcp",	  "v6-ipip-tcp",   "v6in4-ipip-udp",
	"v4in6-ipip-udp", "ipip-udp-nodf", "dr-udp-client-closed",
};

START_TEST(every_frame_is_understood)
{
	for (size_t n = 0; n < sizeof(all) / sizeof(*all); n++) {
		read_both(all[n]);
		ck_assert_uint_ge(client_side.count, 1);
		for (size_t i = 0; i < client_side.count; i++) {
			struct lvs_parsed p;
			struct lvs_pkt *pkt = recorded(&client_side, i, &p);

			ck_assert_uint_ne(p.kind, LVS_PKT_BAD);
			ck_assert_uint_ne(p.kind, LVS_PKT_OTHER);
			ck_assert(p.ip_csum_ok);
			ck_assert_pstr_eq(oracle_judge(pkt->data + p.l3,
						       p.l3_len),
					  NULL);
			oracle_free(pkt);
		}
	}
}
END_TEST

/* The service and its server in a recording by NAT. */
struct pair {
	uint16_t family;
	union lvs_ip vip, rs;
	uint16_t vport_be, rport_be;
};

static struct pair pair_of_first(void)
{
	struct lvs_parsed in, out;
	struct pair pair;

	oracle_free(recorded(&client_side, 0, &in));
	oracle_free(recorded(&server_side, 0, &out));
	pair.family = in.flow.family;
	pair.vip = in.flow.dst;
	pair.rs = out.flow.dst;
	pair.vport_be = in.flow.dport_be;
	pair.rport_be = out.flow.dport_be;
	return pair;
}

/* A frame of CAP as the director would send it on to the other side. */
static struct lvs_pkt *nat(const struct oracle_capture *cap, size_t i,
			   const struct pair *pair)
{
	struct lvs_parsed p;
	struct lvs_pkt *pkt = recorded(cap, i, &p);
	bool request = cap == &client_side;
	bool error = p.kind == LVS_PKT_ICMP_ERROR;
	struct lvs_rewrite rw;
	enum lvs_reason reason;

	if (request) {
		lvs_rewrite_init(&rw, pair->family, &pair->vip, pair->vport_be,
				 &pair->rs, pair->rport_be);
		reason = error ? lvs_icmp_rewrite_dst(pkt, &p, &rw)
			       : lvs_rewrite_dst(pkt, &p, &rw);
	} else {
		lvs_rewrite_init(&rw, pair->family, &pair->rs, pair->rport_be,
				 &pair->vip, pair->vport_be);
		reason = error ? lvs_icmp_rewrite_src(pkt, &p, &rw)
			       : lvs_rewrite_src(pkt, &p, &rw);
	}
	ck_assert_uint_eq(reason, LVS_REASON_NONE);
	lvs_ttl_decrement(pkt->data + p.l3, p.flow.family);
	return pkt;
}

static bool is_from(const struct oracle_capture *cap, size_t i,
		    const union lvs_ip *addr)
{
	struct lvs_parsed p;

	oracle_free(recorded(cap, i, &p));
	return lvs_ip_equal(&p.flow.src, addr);
}

START_TEST(nat_in_both_directions)
{
	for (size_t n = 0; n < 6; n++) {
		struct pair pair;

		read_both(all[n]);
		ck_assert_uint_eq(client_side.count, server_side.count);
		pair = pair_of_first();
		for (size_t i = 0; i < client_side.count; i++) {
			bool reply = is_from(&server_side, i, &pair.rs);
			struct lvs_pkt *pkt =
				nat(reply ? &server_side : &client_side, i,
				    &pair);

			check_same(all[n], i, pkt,
				   reply ? &client_side : &server_side);
			oracle_free(pkt);
		}
	}
}
END_TEST

/* A tunnel as the recording's first packet has it. */
static struct lvs_encap tunnel_of_first(uint16_t *id)
{
	struct lvs_parsed p;
	struct lvs_pkt *pkt = recorded(&server_side, 0, &p);
	struct lvs_encap enc;

	lvs_encap_init(&enc, p.flow.family, &p.flow.src, &p.flow.dst, true);
	*id = lvs_get16(pkt->data + 14 + 4);
	oracle_free(pkt);
	return enc;
}

START_TEST(tunnels_of_all_families)
{
	for (size_t n = 6; n < 10; n++) {
		struct lvs_encap enc;
		uint16_t id;

		read_both(all[n]);
		ck_assert_uint_eq(client_side.count, server_side.count);
		enc = tunnel_of_first(&id);
		for (size_t i = 0; i < client_side.count; i++) {
			struct lvs_parsed p;
			struct lvs_pkt *pkt = recorded(&client_side, i, &p);

			lvs_ttl_decrement(pkt->data + p.l3, p.flow.family);
			ck_assert_uint_eq(lvs_encap(pkt, &p, &enc, id),
					  LVS_REASON_NONE);
			check_same(all[n], i, pkt, &server_side);
			oracle_free(pkt);
		}
	}
}
END_TEST

START_TEST(a_tunnel_packet_in_fragments)
{
	static unsigned char buf[2048];

	read_both("ipip-udp-nodf");
	for (size_t i = 0; i < client_side.count; i++) {
		struct lvs_parsed p;
		struct lvs_pkt *pkt = recorded(&client_side, i, &p), piece;
		uint16_t id = lvs_get16(server_side.frame[2 * i] + 14 + 4);
		struct lvs_frag_how how = { .mtu = 1500 };
		struct lvs_encap enc;
		struct lvs_frag frag;
		uint16_t unused;
		size_t count = 0;

		enc = tunnel_of_first(&unused);
		lvs_ttl_decrement(pkt->data + p.l3, p.flow.family);
		lvs_encap(pkt, &p, &enc, id);
		ck_assert_int_eq(lvs_frag_init(&frag, pkt, p.l3, &how), 0);
		lvs_pkt_init(&piece, buf, sizeof(buf), 0, 0, 14);
		while (lvs_frag_next(&frag, &piece))
			check_same("ipip-udp-nodf", 2 * i + count++, &piece,
				   &server_side);
		ck_assert_uint_eq(count, 2);
		oracle_free(pkt);
	}
}
END_TEST

static const struct {
	const char *name;
	enum lvs_icmp_error error;
} errors[] = {
	{ "nat-udp-nodest", LVS_ICMP_PORT },
	{ "dr-tcp-nodest", LVS_ICMP_PORT },
	{ "v6-nat-udp-nodest", LVS_ICMP_PORT },
	{ "nat-udp-ttl1", LVS_ICMP_TTL },
	{ "v6-dr-udp-ttl1", LVS_ICMP_TTL },
	{ "nat-udp-df-br1400", LVS_ICMP_BIG },
	{ "ipip-udp-df", LVS_ICMP_BIG },
	{ "v6-ipip-udp-df", LVS_ICMP_BIG },
};

/* The kernel gives its own IPv6 packets a flow label; ours have none. */
static void forget_flow_label(unsigned char *frame)
{
	if (frame[14] >> 4 == 6) {
		frame[15] &= 0xf0;
		memset(frame + 16, 0, 2);
	}
}

/* Frame 0 asked, frame 1 is the director's answer to it. */
START_TEST(errors_to_the_sender)
{
	char path[100];

	for (size_t n = 0; n < sizeof(errors) / sizeof(*errors); n++) {
		struct lvs_parsed p, q;
		struct lvs_pkt *pkt, *answer;
		struct lvs_icmp_args args = { 0 };

		snprintf(path, sizeof(path), "%s.dir-c1", errors[n].name);
		oracle_read(path, &client_side);
		ck_assert_uint_ge(client_side.count, 2);
		pkt = recorded(&client_side, 0, &p);
		answer = recorded(&client_side, 1, &q);
		args.src = &q.flow.src;
		args.mtu = lvs_get32(answer->data + q.l4 + 4);
		args.id = lvs_get16(answer->data + 14 + 4);
		/* Sizes are looked at after the TTL. */
		if (errors[n].error == LVS_ICMP_BIG)
			lvs_ttl_decrement(pkt->data + p.l3, p.flow.family);
		ck_assert_msg(lvs_icmp_make(pkt, pkt, &p, errors[n].error,
					    &args),
			      "%s", errors[n].name);
		forget_flow_label(client_side.frame[1]);
		check_same(errors[n].name, 1, pkt, &client_side);
		oracle_free(pkt);
		oracle_free(answer);
	}
}
END_TEST

LVS_TEST_MAIN("pkt/recorded", every_frame_is_understood, nat_in_both_directions,
	      tunnels_of_all_families, a_tunnel_packet_in_fragments,
	      errors_to_the_sender)
