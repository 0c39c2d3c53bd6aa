/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pieces.c - packets whose headers do not lie in one piece, as some interfaces
 * deliver large ones: only the link header is at the beginning.
 *
 * A packet socket makes such packets if it is told that a packet's headers end
 * there.  What programs have done with them, sockets bound to one protocol see:
 * they are served behind tc ingress.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"

#include "unit/bpf/decap.h"

#include <lvs/claim.h>

#define PAYLOAD 8000 /* more than a page: less is always in one piece */

static const int families[] = { AF_INET, AF_INET6 };

#define NUM_FAMILIES (sizeof(families) / sizeof(*families))

struct rig {
	int far;
	int near[NUM_FAMILIES];
};

static int open_near(uint16_t protocol)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = (int)if_nametoindex("near"),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), on = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on,
				    sizeof(on)),
			 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void open_rig(struct rig *rig)
{
	make_pair();
	run("ip link set near mtu 9000 && ip link set far mtu 9000");
	rig->far = open_far();
	rig->near[0] = open_near(ETH_P_IP);
	rig->near[1] = open_near(ETH_P_IPV6);
}

static void close_rig(struct rig *rig)
{
	close(rig->far);
	close(rig->near[0]);
	close(rig->near[1]);
}

static void make(struct frame *f, int family, size_t payload)
{
	frame_tcp(f, family, payload);
	frame_finish(f);
}

static void put_in_pieces(const struct rig *rig, struct frame *f)
{
	memset(&f->off, 0, sizeof(f->off));
	f->payload = FRAME_L2;
	veth_put(rig->far, f);
}

static struct lvs_addr addr(const char *text)
{
	struct lvs_addr a;

	ck_assert_int_eq(lvs_addr_parse(text, &a), 0);
	return a;
}

/* frame.h's packets are requests to it. */
static void add_service(struct lvs_director *dir, const char *virt)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);

	svc.id.protocol = 6;
	svc.id.port = 80;
	svc.id.addr = addr(virt);
	ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
}

/* What is not claimed comes behind, and alone. */
static void expect_claimed(struct rig *rig, size_t i)
{
	static struct frame f, got;

	make(&f, families[i], PAYLOAD);
	put_in_pieces(rig, &f);
	make(&f, families[i], 100);
	f.bytes[f.payload - 17] ^= 1; /* port 81; a sum that nobody looks at */
	put_in_pieces(rig, &f);
	veth_take(rig->near[i], &got);
	ck_assert_uint_eq(got.len, f.len);
}

START_TEST(are_claimed)
{
	struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;
	struct lvs_claim *claim;
	struct rig rig;

	open_rig(&rig);
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	add_service(dir, "10.9.0.2");
	add_service(dir, "fd00::2");
	ck_assert_int_eq(lvs_claim_open(NULL, &claim), 0);
	ck_assert_int_eq(lvs_claim_sync(claim, dir), 0);
	ck_assert_int_eq(lvs_claim_add_link(claim, if_nametoindex("near")), 0);
	for (size_t i = 0; i < NUM_FAMILIES; i++)
		expect_claimed(&rig, i);
	lvs_claim_stats(claim, &stats);
	ck_assert_uint_eq(stats.requests, NUM_FAMILIES);
	lvs_claim_close(claim);
	lvs_director_free(dir);
	close_rig(&rig);
}
END_TEST

static void expect_inner(struct rig *rig, size_t inner, size_t outer)
{
	static struct frame f, plain, got;

	make(&f, families[inner], PAYLOAD);
	if (families[outer] == AF_INET)
		frame_encap(&f);
	else
		frame_encap6(&f);
	put_in_pieces(rig, &f);
	make(&plain, families[inner], PAYLOAD);
	veth_take(rig->near[inner], &got);
	ck_assert_uint_eq(got.len, plain.len);
	ck_assert_mem_eq(got.bytes, plain.bytes, plain.len);
}

START_TEST(are_taken_apart)
{
	struct lvs_addr own4 = addr("10.9.0.2"), own6 = addr("fd00::");
	struct lvs_decap *decap;
	struct rig rig;

	open_rig(&rig);
	ck_assert_int_eq(lvs_decap_open(NULL, &decap), 0);
	ck_assert_int_eq(lvs_decap_add_own(decap, &own4), 0);
	ck_assert_int_eq(lvs_decap_add_own(decap, &own6), 0);
	ck_assert_int_eq(lvs_decap_add_link(decap, if_nametoindex("near")), 0);
	for (size_t inner = 0; inner < NUM_FAMILIES; inner++)
		for (size_t outer = 0; outer < NUM_FAMILIES; outer++)
			expect_inner(&rig, inner, outer);
	lvs_decap_close(decap);
	close_rig(&rig);
}
END_TEST

LVS_TEST_MAIN_UNLESS(why_no_program(), "bpf/pieces", are_claimed,
		     are_taken_apart)
