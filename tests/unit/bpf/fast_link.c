/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast_link.c - the fast path on an interface: packets as neighbours on the
 * same machine send them, with checksums still to be completed and of 64 KiB,
 * go in by near and must come out of another veth pair as the engine would have
 * sent them.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"

#include "unit/bpf/flows.h"
#include "unit/io/veth.h"

#include "pkt/offload.h"

#include <linux/if_tun.h>
#include <lvs/claim.h>

static const int families[] = { AF_INET, AF_INET6 };

#define NUM(array) (sizeof(array) / sizeof(*(array)))

struct rig {
	struct lvs_fastpath *fast;
	const struct lvs_fast_table *table;
	int far, sink;
};

/* ---- the scene ----------------------------------------------------------- */

/* far - near, where the program is; out, by which flows leave - sink */
static void open_rig(struct rig *rig)
{
	make_pair();
	run("ip link add out type veth peer name sink");
	run("ip link set sink up && ip link set out up");
	while (!is_running("out") || !is_running("sink"))
		sched_yield();
	run("ip link set sink up");
	ck_assert_int_eq(lvs_fastpath_open(NULL, &rig->fast), 0);
	rig->table = lvs_fastpath_table(rig->fast);
	rig->table->state->generation = 1;
	ck_assert_int_eq(lvs_fastpath_add_link(rig->fast,
					       if_nametoindex("near")),
			 0);
	rig->far = open_at("far");
	rig->sink = open_at("sink");
}

static void close_rig(struct rig *rig)
{
	close(rig->far);
	close(rig->sink);
	lvs_fastpath_close(rig->fast);
}

/* ---- packets ------------------------------------------------------------- */

static unsigned char sent_buf[LVS_PKT_BUFSIZE + 64];
static unsigned char got_buf[LVS_PKT_BUFSIZE];

static void send_pkt(int fd, const struct lvs_pkt *pkt)
{
	struct virtio_net_hdr vnet = { 0 };
	struct iovec iov[2] = { { &vnet, sizeof(vnet) },
				{ pkt->data, pkt->len } };

	lvs_offload_to_vnet(&vnet, pkt);
	ck_assert_int_eq(writev(fd, iov, 2),
			 (ssize_t)(sizeof(vnet) + pkt->len));
}

static void take_pkt(int fd, const char *what, struct lvs_pkt *pkt)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct virtio_net_hdr vnet;
	struct iovec iov[2] = {
		{ &vnet, sizeof(vnet) },
		{ got_buf, sizeof(got_buf) },
	};
	ssize_t got;

	ck_assert_msg(poll(&poll_fd, 1, 5000) == 1, "%s: nothing came", what);
	got = readv(fd, iov, 2);
	ck_assert_int_gt(got, (ssize_t)sizeof(vnet));
	lvs_pkt_init(pkt, got_buf, sizeof(got_buf), 0,
		     (uint32_t)got - (uint32_t)sizeof(vnet), ETH_LEN);
	ck_assert_int_eq(lvs_offload_from_vnet(&pkt->off, &vnet, pkt->len), 0);
}

static void expect_same(const char *what, const struct lvs_pkt *got,
			const struct lvs_pkt *pkt)
{
	ck_assert_msg(got->len == pkt->len, "%s: %u bytes, not %u", what,
		      got->len, pkt->len);
	for (uint32_t i = 0; i < pkt->len; i++)
		ck_assert_msg(got->data[i] == pkt->data[i],
			      "%s: byte %u is %02x, not %02x", what, i,
			      got->data[i], pkt->data[i]);
}

/* The identification of an outer header, which is the program's to choose. */
static uint16_t outer_id(const struct rule *rule, const struct lvs_pkt *got)
{
	const unsigned char *at = got->data + ETH_LEN + 4;

	return rule->outer == AF_INET ? (uint16_t)(at[0] << 8 | at[1]) : 0;
}

/* TEXT's packet goes in, and what RULE makes of it comes out. */
static void pass(struct rig *rig, const struct rule *rule, int af,
		 const char *text)
{
	struct lvs_pkt pkt, got;

	make_pkt(&pkt, text, af, sent_buf, sizeof(sent_buf));
	send_pkt(rig->far, &pkt);
	take_pkt(rig->sink, text, &got);
	rule_apply(rule, af, &pkt, outer_id(rule, &got));
	expect_same(text, &got, &pkt);
	ck_assert_msg(got.off.gso == pkt.off.gso, "%s: GSO %u", text,
		      got.off.gso);
	ck_assert_uint_eq(got.off.gso_size, pkt.off.gso_size);
	ck_assert_uint_eq(got.off.flags & LVS_OFF_CSUM,
			  pkt.off.flags & LVS_OFF_CSUM);
	if (pkt.off.flags & LVS_OFF_CSUM)
		ck_assert_uint_eq(got.off.csum_start, pkt.off.csum_start);
}

/* ---- rewritten ----------------------------------------------------------- */

static struct rule out_by(struct rule rule)
{
	rule.link = if_nametoindex("out");
	return rule;
}

static const struct rule request = {
	.from = "C:1000",
	.to = "V:80",
	.steps = LVS_FAST_DST,
	.write = "R1:8080",
};
static const struct rule reply = {
	.from = "R1:8080",
	.to = "C:1000",
	.steps = LVS_FAST_SRC,
	.write = "V:80",
};
static const struct rule datagram = {
	.from = "C:1000",
	.to = "V:53",
	.protocol = IPPROTO_UDP,
	.steps = LVS_FAST_DST,
	.write = "R1:5353",
};
static const struct rule direct = {
	.from = "C:1000",
	.to = "V:80",
};

static const struct {
	const struct rule *rule;
	const char *packet;
} rows[] = {
	{ &request, "C:1000 > V:80 tcp A len 9" },
	{ &request, "C:1000 > V:80 tcp A len 9 partial" },
	{ &request, "C:1000 > V:80 tcp A len 1460 partial" },
	{ &request, "C:1000 > V:80 tcp A len 60000 partial gso 1000" },
	{ &reply, "R1:8080 > C:1000 tcp A len 9 partial" },
	{ &reply, "R1:8080 > C:1000 tcp A len 60000 partial gso 1000" },
	{ &datagram, "C:1000 > V:53 udp len 9 partial" },
	{ &datagram, "C:1000 > V:53 udp len 30000 partial gso 1000" },
	{ &direct, "C:1000 > V:80 tcp A len 9 partial" },
	{ &direct, "C:1000 > V:80 tcp A len 60000 partial gso 1000" },
};

START_TEST(rewritten_as_the_engine_does)
{
	struct rig rig;

	open_rig(&rig);
	for (size_t i = 0; i < 2 * NUM(rows); i++) {
		struct rule rule = out_by(*rows[i / 2].rule);
		struct lvs_fast_flow *flow;

		rule.mtu = 1500;
		flow = flow_put(rig.table, &rule, families[i % 2]);
		pass(&rig, &rule, families[i % 2],
		     strstr(rows[i / 2].packet, "1460") && i % 2
			     ? "C:1000 > V:80 tcp A len 1440 partial"
			     : rows[i / 2].packet);
		ck_assert_uint_eq(flow->packets, 1);
		flow->version++;
	}
	close_rig(&rig);
}
END_TEST

/* ---- tunnels ------------------------------------------------------------- */

static const char *const tunnelled[] = {
	"C:1000 > V:80 tcp A len 9",
	"C:1000 > V:80 tcp A len 9 partial",
	"C:1000 > V:80 tcp A len 9 pad 6",
	"C:1000 > V:80 tcp A len 3007 partial gso 1000",
	"C:1000 > V:80 tcp A len 60000 partial gso 1000",
};

static struct rule tunnel(int outer)
{
	return out_by((struct rule){
		.from = "C:1000",
		.to = "V:80",
		.steps = LVS_FAST_OUTER | LVS_FAST_DF,
		.outer = outer,
		.mtu = 1460,
	});
}

START_TEST(whole_through_tunnels)
{
	struct rig rig;

	open_rig(&rig);
	for (size_t i = 0; i < 4 * NUM(tunnelled); i++) {
		struct rule rule = tunnel(families[i % 2]);
		int af = families[i / 2 % 2];

		flow_put(rig.table, &rule, af);
		pass(&rig, &rule, af, tunnelled[i / 4]);
	}
	close_rig(&rig);
}
END_TEST

/* What the kernel has cut, against what the engine's ports would have. */
static void expect_segments(struct rig *rig, const struct rule *rule, int af,
			    const char *text)
{
	static unsigned char seg_buf[4096];
	struct lvs_pkt pkt, got, want;
	struct lvs_seg seg;
	unsigned count = 0;

	make_pkt(&pkt, text, af, sent_buf, sizeof(sent_buf));
	send_pkt(rig->far, &pkt);
	take_pkt(rig->sink, "a segment", &got);
	rule_apply(rule, af, &pkt, outer_id(rule, &got));
	ck_assert_int_eq(lvs_seg_init(&seg, &pkt), 0);
	lvs_pkt_init(&want, seg_buf, sizeof(seg_buf), 0, 0, ETH_LEN);
	while (lvs_seg_next(&seg, &want)) {
		if (count++)
			take_pkt(rig->sink, "another segment", &got);
		lvs_csum_complete(&got);
		expect_same("a segment", &got, &want);
	}
	ck_assert_uint_gt(count, 3);
}

START_TEST(cut_where_the_interface_does_not)
{
	struct rig rig;

	open_rig(&rig);
	run("ip link set out gso_max_size 1400 gso_ipv4_max_size 1400 "
	    "2>/dev/null || ip link set out gso_max_size 1400");
	for (size_t i = 0; i < 4; i++) {
		struct rule rule = tunnel(families[i % 2]);
		int af = families[i / 2];

		flow_put(rig.table, &rule, af);
		expect_segments(
			&rig, &rule, af,
			"C:1000 > V:80 tcp A len 3007 partial gso 1000");
	}
	for (size_t f = 0; f < 2; f++) {
		struct rule rule = out_by(request);

		flow_put(rig.table, &rule, families[f]);
		expect_segments(
			&rig, &rule, families[f],
			"C:1000 > V:80 tcp A len 3007 partial gso 1000");
	}
	close_rig(&rig);
}
END_TEST

/* The kernel cuts what a header cannot tell of. */
START_TEST(longer_than_a_packet_can_be)
{
	struct rig rig;

	open_rig(&rig);
	for (size_t f = 0; f < 2; f++) {
		struct rule rule = tunnel(families[f]);

		flow_put(rig.table, &rule, AF_INET);
		expect_segments(
			&rig, &rule, AF_INET,
			"C:1000 > V:80 tcp A len 65490 partial gso 1000");
	}
	close_rig(&rig);
}
END_TEST

/* Not twice within as many packets as there are numbers. */
START_TEST(identification_counts_segments)
{
	struct lvs_pkt pkt, got;
	struct rule rule;
	struct rig rig;
	uint16_t id;

	open_rig(&rig);
	rule = tunnel(AF_INET);
	flow_put(rig.table, &rule, AF_INET);
	make_pkt(&pkt, "C:1000 > V:80 tcp A len 3007 partial gso 1000", AF_INET,
		 sent_buf, sizeof(sent_buf));
	send_pkt(rig.far, &pkt);
	take_pkt(rig.sink, "the first", &got);
	id = outer_id(&rule, &got);
	send_pkt(rig.far, &pkt);
	take_pkt(rig.sink, "the second", &got);
	ck_assert_uint_eq(outer_id(&rule, &got), (uint16_t)(id + 4));
	close_rig(&rig);
}
END_TEST

/* ---- what is no hit ------------------------------------------------------ */

/* With a tag in the frame, which the kernel takes out of it. */
static void send_tagged(struct rig *rig, const char *text, const char *tag)
{
	struct lvs_pkt pkt;

	make_pkt(&pkt, text, AF_INET, sent_buf, sizeof(sent_buf));
	memmove(pkt.data - 4, pkt.data, 12);
	pkt.data -= 4;
	pkt.len += 4;
	memcpy(pkt.data + 12, tag, 4);
	send_pkt(rig->far, &pkt);
}

static void set_mtu(const char *mtu)
{
	static const char *const links[] = { "near", "far", "out", "sink" };
	char command[100];

	for (size_t i = 0; i < NUM(links); i++) {
		snprintf(command, sizeof(command), "ip link set %s mtu %s",
			 links[i], mtu);
		run(command);
	}
}

/* Headers that do not lie in one piece: only the link header is in front. */
START_TEST(packets_in_pieces)
{
	static const char *const packets[] = {
		"C:1000 > V:80 tcp A len 8000",
		"C:1000 > V:53 udp len 8000",
	};
	struct rig rig;

	open_rig(&rig);
	set_mtu("9000");
	for (size_t i = 0; i < 4; i++) {
		struct rule rule = out_by(i / 2 ? datagram : request);
		struct virtio_net_hdr vnet = { .hdr_len = ETH_LEN };
		int af = families[i % 2];
		struct lvs_pkt pkt, got;
		struct iovec iov[2] = { { &vnet, sizeof(vnet) } };

		rule.mtu = 9000;
		flow_put(rig.table, &rule, af);
		make_pkt(&pkt, packets[i / 2], af, sent_buf, sizeof(sent_buf));
		iov[1] = (struct iovec){ pkt.data, pkt.len };
		ck_assert_int_gt(writev(rig.far, iov, 2), 0);
		take_pkt(rig.sink, packets[i / 2], &got);
		rule_apply(&rule, af, &pkt, 0);
		expect_same(packets[i / 2], &got, &pkt);
	}
	close_rig(&rig);
}
END_TEST

static void put(struct rig *rig, int af, const char *text)
{
	struct lvs_pkt pkt;

	make_pkt(&pkt, text, af, sent_buf, sizeof(sent_buf));
	send_pkt(rig->far, &pkt);
}

/* Nothing may come out before a packet that is a hit; all links would take it.
 */
START_TEST(no_outer_header_for_these)
{
	struct rig rig;

	open_rig(&rig);
	set_mtu("65535");
	for (size_t f = 0; f < 2; f++) {
		struct rule rule = tunnel(families[f]);
		struct lvs_fast_flow *flow;

		rule.mtu = 65535;
		flow = flow_put(rig.table, &rule, AF_INET);
		/* Padding behind segments. */
		put(&rig, AF_INET,
		    "C:1000 > V:80 tcp A len 3007 partial gso 1000 pad 6");
		/* More than the kernel makes room in. */
		put(&rig, AF_INET, "C:1000 > V:80 tcp A len 16050");
		pass(&rig, &rule, AF_INET, "C:1000 > V:80 tcp A len 9000");
		ck_assert_uint_eq(flow->packets, 1);
	}
	close_rig(&rig);
}
END_TEST

/* Nothing may come out before a packet that is a hit. */
START_TEST(frames_of_a_vlan_are_left_alone)
{
	struct rig rig;
	struct rule rule;

	open_rig(&rig);
	rule = out_by(request);
	flow_put(rig.table, &rule, AF_INET);
	send_tagged(&rig, "C:1000 > V:80 tcp A len 1", "\x81\x00\x00\x64");
	send_tagged(&rig, "C:1000 > V:80 tcp A len 2", "\x81\x00\x60\x00");
	pass(&rig, &rule, AF_INET, "C:1000 > V:80 tcp A len 9");
	close_rig(&rig);
}
END_TEST

/* ---- beside a claim ------------------------------------------------------ */

static struct lvs_director *configured(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	struct lvs_director *dir;

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	svc.id.protocol = IPPROTO_TCP;
	svc.id.port = 80;
	ck_assert(net_addr("V", AF_INET, &svc.id.addr));
	ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
	dest.id.port = 8080;
	dest.weight = 1;
	ck_assert(net_addr("R1", AF_INET, &dest.id.addr));
	ck_assert_int_eq(lvs_dest_add(dir, &svc.id, &dest), 0);
	return dir;
}

static struct lvs_claim *open_claim(struct lvs_director *dir)
{
	struct lvs_claim_opts opts = LVS_OPTS(struct lvs_claim_opts);
	struct lvs_claim *claim;

	opts.late = 1;
	ck_assert_int_eq(lvs_claim_open(&opts, &claim), 0);
	ck_assert_int_eq(lvs_claim_sync(claim, dir), 0);
	ck_assert_int_eq(lvs_claim_add_link(claim, if_nametoindex("near")), 0);
	return claim;
}

static uint64_t claimed(struct lvs_claim *claim)
{
	struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);

	lvs_claim_stats(claim, &stats);
	return stats.requests;
}

START_TEST(before_a_claim_and_behind)
{
	struct lvs_director *dir = configured();
	struct lvs_claim *claim;
	struct rule rule;
	struct rig rig;

	open_rig(&rig);
	rule = out_by(request);
	flow_put(rig.table, &rule, AF_INET);
	claim = open_claim(dir);
	pass(&rig, &rule, AF_INET, "C:1000 > V:80 tcp A len 9");
	ck_assert_uint_eq(claimed(claim), 1);
	lvs_claim_close(claim);

	ck_assert_int_eq(lvs_fastpath_del_link(rig.fast,
					       if_nametoindex("near")),
			 0);
	claim = open_claim(dir);
	ck_assert_int_eq(lvs_fastpath_add_link(rig.fast,
					       if_nametoindex("near")),
			 0);
	pass(&rig, &rule, AF_INET, "C:1000 > V:80 tcp A len 9");
	ck_assert_uint_eq(claimed(claim), 0);
	lvs_claim_close(claim);
	lvs_director_free(dir);
	close_rig(&rig);
}
END_TEST

/* ---- interfaces ---------------------------------------------------------- */

/* Packets that have no link header. */
static int open_tun(void)
{
	struct ifreq req = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	strcpy(req.ifr_name, "bare");
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &req) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* near goes, and comes again with the number that it had. */
static void make_anew(uint32_t number)
{
	char command[200];

	run("ip link del near");
	snprintf(command, sizeof(command),
		 "ip link add near index %u address 02:00:00:00:00:01 "
		 "type veth peer name far address 02:00:00:00:00:02",
		 number);
	run(command);
	pair_up();
}

START_TEST(adding_and_deleting)
{
	uint32_t near;
	struct rule rule;
	struct rig rig;
	int tun;

	open_rig(&rig);
	near = if_nametoindex("near");
	rule = out_by(request);
	flow_put(rig.table, &rule, AF_INET);
	ck_assert_int_eq(lvs_fastpath_add_link(rig.fast, near), 0);
	ck_assert_int_eq(lvs_fastpath_add_link(rig.fast, 0), LVS_ERR_NODEV);
	ck_assert_int_eq(lvs_fastpath_add_link(rig.fast, 4711), LVS_ERR_NODEV);
	ck_assert_int_eq(lvs_fastpath_del_link(rig.fast, 4711), LVS_ERR_NOENT);
	tun = open_tun();
	if (tun >= 0) {
		ck_assert_int_eq(lvs_fastpath_add_link(rig.fast,
						       if_nametoindex("bare")),
				 LVS_ERR_INVAL);
		close(tun);
	}

	close(rig.far);
	make_anew(near);
	rig.far = open_at("far");
	ck_assert_int_eq(lvs_fastpath_add_link(rig.fast, near), 0);
	pass(&rig, &rule, AF_INET, "C:1000 > V:80 tcp A len 9");
	ck_assert_int_eq(lvs_fastpath_del_link(rig.fast, near), 0);
	ck_assert_int_eq(lvs_fastpath_del_link(rig.fast, near), LVS_ERR_NOENT);
	run("! ip -d link show near | grep -q tcx");
	close_rig(&rig);
}
END_TEST

static const char *missing(void)
{
	struct lvs_fastpath *fast;
	int err;

	if (why_not())
		return why_not();
	if (geteuid() != 0)
		return "needs root";
	err = lvs_fastpath_open(NULL, &fast);
	if (err)
		return lvs_strerror(err);
	err = lvs_fastpath_add_link(fast, if_nametoindex("lo"));
	lvs_fastpath_close(fast);
	return err ? lvs_strerror(err) : NULL;
}

LVS_TEST_MAIN_UNLESS(missing(), "bpf/fast_link", rewritten_as_the_engine_does,
		     whole_through_tunnels, cut_where_the_interface_does_not,
		     longer_than_a_packet_can_be,
		     identification_counts_segments, packets_in_pieces,
		     no_outer_header_for_these, frames_of_a_vlan_are_left_alone,
		     before_a_claim_and_behind, adding_and_deleting)
