/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * late.c - late ports of af_packet and raw behind a program at tc ingress: what
 * they see of what it does, and how several sockets are one port.
 *
 * That they are ports like others is the matter of af_packet.c and raw.c.
 */
#define _GNU_SOURCE /* unshare(2) */
#include "check.h"

#include "late.h"
#include "pkt/mark.h"
#include "veth.h"
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <lvs/port.h>

#define BUFFERS 64

static const char *const backends[] = { "af_packet", "raw" };
static const int families[] = { AF_INET, AF_INET6 };

#define EACH(i, of) for (size_t i = 0; (i) < sizeof(of) / sizeof(*(of)); (i)++)

/* The near end of the pair, and what hangs there. */
struct rig {
	struct lvs_port *late, *normal;
	struct bpf_object *program;
	int far;
};

static struct lvs_port *open_port(const char *backend, bool late)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port;

	opts.ifname = "near";
	opts.buffers = BUFFERS;
	opts.late = late;
	ck_assert_int_eq(lvs_port_open(backend, &opts, &port), 0);
	return port;
}

/* The program, which does nothing yet; NULL: this system has none. */
static struct bpf_object *load(void)
{
	struct bpf_object *obj = bpf_object__open_file(LATE_OBJECT, NULL);

	if (obj && bpf_object__load(obj) < 0) {
		bpf_object__close(obj);
		return NULL;
	}
	return obj;
}

static void hang(const struct bpf_object *obj)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts);

	at.ifindex = (int)if_nametoindex("near");
	opts.prog_fd =
		bpf_program__fd(bpf_object__find_program_by_name(obj, "late"));
	ck_assert_int_eq(bpf_tc_hook_create(&at), 0);
	ck_assert_int_eq(bpf_tc_attach(&at, &opts), 0);
}

static void rig_open(struct rig *rig, const char *backend)
{
	make_pair();
	rig->far = open_far();
	rig->late = open_port(backend, true);
	rig->normal = open_port(backend, false);
	rig->program = load();
	ck_assert_ptr_nonnull(rig->program);
	hang(rig->program);
}

static void rig_close(struct rig *rig)
{
	lvs_port_close(rig->late);
	lvs_port_close(rig->normal);
	bpf_object__close(rig->program);
	close(rig->far);
}

static void treat(const struct rig *rig, const struct treatment *t)
{
	int fd = bpf_object__find_map_fd_by_name(rig->program, "config");
	const uint32_t zero = 0;

	ck_assert_int_eq(bpf_map_update_elem(fd, &zero, t, BPF_ANY), 0);
}

/* Wait until PORT has something; lends up to MAX. */
static size_t rx(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max)
{
	struct pollfd fd = { .fd = lvs_port_fd(port), .events = POLLIN };
	int got;

	while ((got = lvs_port_rx(port, pkts, max)) == 0)
		ck_assert_msg(poll(&fd, 1, 5000) == 1, "nothing comes");
	ck_assert_int_gt(got, 0);
	return (size_t)got;
}

/* The payload's first byte says which it is. */
static unsigned number_of(const struct lvs_pkt *pkt)
{
	const unsigned char *l3 = pkt->data + pkt->l2_len;

	return l3[l3[0] >> 4 == 4 ? 40 : 60];
}

static int family_of(const struct lvs_pkt *pkt)
{
	return pkt->data[pkt->l2_len] >> 4 == 4 ? AF_INET : AF_INET6;
}

static void make(struct frame *f, int family, size_t payload,
		 unsigned char number)
{
	frame_tcp(f, family, payload);
	f->bytes[f->payload] = number;
	if (payload <= FRAME_MSS)
		frame_finish(f);
}

/* ---- what the program does ------------------------------------------------
 */

#define TREATED 1 /* numbers of frames */
#define PLAIN	2

/*
 * Whether PORT lends the treated frame, that is before the plain one, which was
 * sent behind it.
 */
static bool lends_treated(struct lvs_port *port)
{
	bool seen = false;

	for (;;) {
		struct lvs_pkt *pkt;
		unsigned number;

		rx(port, &pkt, 1);
		number = number_of(pkt);
		lvs_port_release(port, &pkt, 1);
		if (number == PLAIN)
			return seen;
		ck_assert_uint_eq(number, TREATED);
		seen = true;
	}
}

static const struct row {
	const char *what;
	struct treatment t;
	bool back; /* it is sent where it came from */
	bool late; /* lent by the late port */
} rows[] = {
	{ "left as it is", .t = { .type = PACKET_HOST }, .late = true },
	{ "dropped", .t = { .drop = 1 } },
	{ "redirected", .t = { .type = PACKET_HOST }, .back = true },
	{ "claimed",
	  .t = { .mark = LVS_CLAIMED_MARK, .type = PACKET_OTHERHOST },
	  .late = true },
	{ "marked, but not made another's",
	  .t = { .mark = LVS_CLAIMED_MARK, .type = PACKET_HOST },
	  .late = true },
	{ "made another's", .t = { .type = PACKET_OTHERHOST } },
	{ "made another's, with a mark of somebody else",
	  .t = { .mark = 7, .type = PACKET_OTHERHOST } },
	{ "with a mark of somebody else",
	  .t = { .mark = 7, .type = PACKET_HOST }, .late = true },
	{ "handed back",
	  .t = { .mark = LVS_HANDED_MARK, .type = PACKET_HOST } },
	{ "handed back, to another",
	  .t = { .mark = LVS_HANDED_MARK, .type = PACKET_OTHERHOST } },
};

static void try_row(struct rig *rig, const struct row *row, int family,
		    const char *backend)
{
	static struct frame f;
	struct treatment t = row->t;

	make(&f, family, 100, TREATED);
	t.len = (uint32_t)f.len;
	t.to = row->back ? if_nametoindex("near") : 0;
	treat(rig, &t);
	veth_put(rig->far, &f);
	make(&f, family, 50, PLAIN);
	veth_put(rig->far, &f);
	ck_assert_msg(lends_treated(rig->normal), "%s, normal: %s", backend,
		      row->what);
	ck_assert_msg(lends_treated(rig->late) == row->late, "%s, late: %s",
		      backend, row->what);
}

START_TEST(is_seen_by_late_ports_only)
{
	EACH(b, backends)
	{
		struct rig rig;

		rig_open(&rig, backends[b]);
		EACH(r, rows)
		EACH(f, families)
		try_row(&rig, &rows[r], families[f], backends[b]);
		rig_close(&rig);
	}
}
END_TEST

/* ---- several sockets ------------------------------------------------------
 */

/* ARP request, or neighbour solicitation, as routers send them to groups. */
static void make_question(struct frame *f, bool arp)
{
	frame_tcp(f, AF_INET6, 24);
	frame_finish(f);
	if (arp) {
		memset(f->bytes, 0xff, 6);
		frame_put16(f->bytes + 12, ETH_P_ARP);
	} else {
		memcpy(f->bytes, "\x33\x33\xff\0\0\x02", 6);
	}
}

static void expect_question(struct rig *rig, bool arp)
{
	static struct frame f;
	struct lvs_pkt *pkt;

	make_question(&f, arp);
	veth_put(rig->far, &f);
	rx(rig->late, &pkt, 1);
	ck_assert_uint_eq(pkt->len, f.len);
	ck_assert_mem_eq(pkt->data, f.bytes, f.len);
	ck_assert_uint_eq(pkt->to_host, 0);
	lvs_port_release(rig->late, &pkt, 1);
}

START_TEST(questions_to_groups_are_lent)
{
	struct rig rig;

	rig_open(&rig, "af_packet");
	expect_question(&rig, true);
	expect_question(&rig, false);
	rig_close(&rig);
}
END_TEST

static int protocol_of(const struct lvs_pkt *pkt)
{
	return pkt->data[12] << 8 | pkt->data[13];
}

START_TEST(much_of_one_protocol_is_not_all)
{
	static struct frame f;
	struct lvs_pkt *pkts[BUFFERS];
	bool arp = false, v6 = false;
	struct rig rig;

	rig_open(&rig, "af_packet");
	make(&f, AF_INET, 50, 0);
	for (int i = 0; i < 500; i++)
		veth_put(rig.far, &f);
	make(&f, AF_INET6, 50, 0);
	veth_put(rig.far, &f);
	make_question(&f, true);
	veth_put(rig.far, &f);
	/* Each burst is full, and among the first three are all. */
	for (int i = 0; i < 3; i++) {
		size_t got = rx(rig.late, pkts, 8);

		ck_assert_uint_eq(got, 8);
		for (size_t p = 0; p < got; p++) {
			arp = arp || protocol_of(pkts[p]) == ETH_P_ARP;
			v6 = v6 || protocol_of(pkts[p]) == ETH_P_IPV6;
		}
		lvs_port_release(rig.late, pkts, got);
	}
	ck_assert(arp);
	ck_assert(v6);
	rig_close(&rig);
}
END_TEST

/* Some that come by the ring and some by the queue. */
static size_t size_of(unsigned number)
{
	static const size_t sizes[] = { 50, 60000, 900, 1, 30000, 1460 };

	return sizes[number * 7 / 3 % 6];
}

static void make_mixed(struct frame *f, size_t family, unsigned number)
{
	make(f, families[family], size_of(number), (unsigned char)number);
}

/* Lends up to MAX, each of which is the NEXT of its family. */
static size_t expect_next(struct rig *rig, unsigned next[2], size_t max)
{
	static struct frame f;
	struct lvs_pkt *pkts[BUFFERS];
	size_t got = rx(rig->late, pkts, max);

	for (size_t i = 0; i < got; i++) {
		size_t family = family_of(pkts[i]) == AF_INET6;

		make_mixed(&f, family, next[family]++);
		ck_assert_uint_eq(pkts[i]->len, f.len);
		ck_assert_mem_eq(pkts[i]->data, f.bytes, f.len);
	}
	lvs_port_release(rig->late, pkts, got);
	return got;
}

START_TEST(each_family_comes_in_order)
{
	static struct frame f;
	unsigned put = 0, next[2] = { 0, 0 };
	struct rig rig;

	rig_open(&rig, "af_packet");
	for (unsigned round = 0; round < 200; round++) {
		size_t waiting = 0;

		for (unsigned i = 0; i < round % 7 + 1; i++, put++)
			EACH(v, families)
			{
				make_mixed(&f, v, put);
				veth_put(rig.far, &f);
				waiting++;
			}
		while (waiting > 0)
			waiting -= expect_next(&rig, next, round % 8 + 1);
		ck_assert(!lvs_port_pending(rig.late));
	}
	ck_assert_uint_eq(next[0], put);
	ck_assert_uint_eq(next[1], put);
	rig_close(&rig);
}
END_TEST

START_TEST(whatever_is_there_is_pending)
{
	static struct frame f;
	struct lvs_pkt *pkt;

	EACH(b, backends)
	EACH(v, families)
	{
		struct pollfd fd = { .events = POLLIN };
		struct rig rig;

		rig_open(&rig, backends[b]);
		fd.fd = lvs_port_fd(rig.late);
		ck_assert(!lvs_port_pending(rig.late));
		ck_assert_int_eq(poll(&fd, 1, 0), 0);
		make(&f, families[v], 50, 0);
		veth_put(rig.far, &f);
		ck_assert_int_eq(poll(&fd, 1, 5000), 1);
		ck_assert(lvs_port_pending(rig.late));
		rx(rig.late, &pkt, 1);
		ck_assert(!lvs_port_pending(rig.late));
		ck_assert_int_eq(poll(&fd, 1, 0), 0);
		lvs_port_release(rig.late, &pkt, 1);
		rig_close(&rig);
	}
}
END_TEST

START_TEST(what_all_sockets_had_no_room_for_adds_up)
{
	static struct frame f;
	struct lvs_port_stats stats;
	uint64_t lent = 0, bytes = 0;
	struct rig rig;

	rig_open(&rig, "af_packet");
	EACH(v, families)
	{
		make(&f, families[v], 50, 0);
		for (int i = 0; i < 5000; i++)
			veth_put(rig.far, &f);
	}
	while (lvs_port_pending(rig.late)) {
		struct lvs_pkt *pkts[BUFFERS];
		size_t got = rx(rig.late, pkts, BUFFERS);

		for (size_t i = 0; i < got; i++)
			bytes += pkts[i]->len;
		lent += got;
		lvs_port_release(rig.late, pkts, got);
	}
	lvs_port_stats(rig.late, &stats);
	ck_assert_uint_eq(stats.rx_packets, lent);
	ck_assert_uint_eq(stats.rx_bytes, bytes);
	ck_assert_uint_eq(stats.rx_dropped, 10000 - lent);
	/* Of both, as each has a ring. */
	ck_assert_uint_gt(lent, 2500);
	ck_assert_uint_gt(stats.rx_dropped, 5000);
	rig_close(&rig);
}
END_TEST

/* Down is said by each socket, and heard when nothing has come. */
START_TEST(an_interface_that_is_down_is_heard_of_once)
{
	EACH(b, backends)
	{
		struct pollfd fd = { .events = POLLIN };
		struct lvs_pkt *pkt;
		struct rig rig;

		rig_open(&rig, backends[b]);
		fd.fd = lvs_port_fd(rig.late);
		run("ip link set near down");
		ck_assert_int_eq(poll(&fd, 1, 5000), 1);
		ck_assert_int_eq(lvs_port_rx(rig.late, &pkt, 1), 0);
		ck_assert_int_eq(poll(&fd, 1, 0), 0);
		run("ip link del near");
		ck_assert_int_eq(lvs_port_rx(rig.late, &pkt, 1), LVS_ERR_NODEV);
		rig_close(&rig);
	}
}
END_TEST

/*
 * Of an interface on top of this one the kernel shows them here again, behind
 * tc, when they are that one's.
 */
START_TEST(packets_of_an_interface_on_top_are_not_lent)
{
	static struct frame f;
	struct lvs_pkt *pkt;

	EACH(b, backends)
	{
		struct rig rig;

		rig_open(&rig, backends[b]);
		if (system("ip link add top link near address "
			   "02:00:00:00:00:77 type macvlan 2>/dev/null") != 0) {
			rig_close(&rig);
			return;
		}
		run("ip link set top up");
		make(&f, AF_INET, 50, TREATED);
		f.bytes[5] = 0x77;
		veth_put(rig.far, &f);
		make(&f, AF_INET, 50, PLAIN);
		veth_put(rig.far, &f);
		rx(rig.late, &pkt, 1);
		ck_assert_uint_eq(number_of(pkt), PLAIN);
		lvs_port_release(rig.late, &pkt, 1);
		rig_close(&rig);
	}
}
END_TEST

static const char *why_no_program(void)
{
	struct bpf_object *obj;

	if (why_not())
		return why_not();
	if (geteuid() != 0)
		return "needs root";
	libbpf_set_print(NULL);
	obj = load();
	if (!obj)
		return "no BPF programs";
	bpf_object__close(obj);
	return NULL;
}

LVS_TEST_MAIN_UNLESS(why_no_program(), "io/late", is_seen_by_late_ports_only,
		     questions_to_groups_are_lent,
		     much_of_one_protocol_is_not_all,
		     each_family_comes_in_order, whatever_is_there_is_pending,
		     what_all_sockets_had_no_room_for_adds_up,
		     an_interface_that_is_down_is_heard_of_once,
		     packets_of_an_interface_on_top_are_not_lent)
