/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcap.c - the pcap backend: the contract, and captures good and bad.
 *
 * Captures are written and read here byte by byte.
 */
#include "check.h"
#include "contract.h"
#include <stdio.h>
#include <unistd.h>

#define SEC 1700000000u

/* A file with no name but its descriptor's. */
struct file {
	FILE *file;
	char path[32];
};

static void file_new(struct file *f)
{
	f->file = tmpfile();
	ck_assert_ptr_nonnull(f->file);
	snprintf(f->path, sizeof(f->path), "/dev/fd/%d", fileno(f->file));
}

static void put32(FILE *file, uint32_t value, bool swapped)
{
	value = swapped ? __builtin_bswap32(value) : value;
	ck_assert_uint_eq(fwrite(&value, 4, 1, file), 1);
}

static void put_head(FILE *file, uint32_t magic, uint32_t link, bool swapped)
{
	const uint32_t words[] = { magic, 0x00040002, 0, 0, 65535, link };

	for (size_t i = 0; i < 6; i++)
		put32(file, words[i], swapped);
	fflush(file);
}

static void put_packet(FILE *file, uint32_t fraction, const void *bytes,
		       size_t len, bool swapped)
{
	const uint32_t words[] = { SEC, fraction, (uint32_t)len,
				   (uint32_t)len };

	for (size_t i = 0; i < 4; i++)
		put32(file, words[i], swapped);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	fflush(file);
}

static int open_pcap(const char *in, const char *out, uint32_t buffers,
		     struct lvs_port **port)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);

	opts.ifname = in;
	opts.output = out;
	opts.link = 5;
	opts.buffers = buffers;
	return lvs_port_open("pcap", &opts, port);
}

/* In and out of the one port that a test has. */
static struct file in, out;
static FILE *out_reader;

static void rig_open(struct rig *rig, uint32_t buffers)
{
	file_new(&in);
	file_new(&out);
	put_head(in.file, 0xa1b2c3d4, 1, false);
	rig->link = 5;
	ck_assert_int_eq(open_pcap(in.path, out.path, buffers, &rig->port), 0);
	out_reader = fopen(out.path, "rb");
	ck_assert_ptr_nonnull(out_reader);
	ck_assert_int_eq(fseek(out_reader, 24, SEEK_SET), 0);
	rig->other = open_other();
}

static void rig_close(struct rig *rig)
{
	lvs_port_close(rig->port);
	lvs_port_close(rig->other);
	fclose(out_reader);
	fclose(in.file);
	fclose(out.file);
}

static void rig_put(struct rig *rig, const struct frame *f)
{
	(void)rig;
	put_packet(in.file, 0, f->bytes, f->len, false);
}

static void rig_take(struct rig *rig, struct frame *f)
{
	uint32_t head[4];

	(void)rig;
	clearerr(out_reader);
	ck_assert_uint_eq(fread(head, sizeof(head), 1, out_reader), 1);
	ck_assert_uint_le(head[2], sizeof(f->bytes));
	ck_assert_uint_eq(head[2], head[3]);
	f->len = head[2];
	memset(&f->off, 0, sizeof(f->off));
	ck_assert_uint_eq(fread(f->bytes, 1, f->len, out_reader), f->len);
}

START_TEST(reads_every_kind_of_capture)
{
	static const struct {
		const char *what;
		uint32_t magic, link;
		bool swapped;
		uint32_t fraction;
		lvs_tstamp nsec;
		uint16_t l2_len;
	} rows[] = {
		{ "microseconds", 0xa1b2c3d4, 1, false, 5, 5000, 14 },
		{ "nanoseconds", 0xa1b23c4d, 1, false, 5, 5, 14 },
		{ "the other byte order", 0xa1b2c3d4, 1, true, 7, 7000, 14 },
		{ "both", 0xa1b23c4d, 1, true, 7, 7, 14 },
		{ "IP without link header", 0xa1b2c3d4, 101, false, 1, 1000,
		  0 },
		{ "with a note on the FCS", 0xa1b2c3d4, 0x44000001, false, 0, 0,
		  14 },
	};
	static struct frame f;

	frame_tcp(&f, AF_INET, 30);
	frame_finish(&f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t skip = FRAME_L2 - rows[i].l2_len;
		struct lvs_port *port;
		struct lvs_pkt *pkt;

		file_new(&in);
		put_head(in.file, rows[i].magic, rows[i].link, rows[i].swapped);
		put_packet(in.file, rows[i].fraction, f.bytes + skip,
			   f.len - skip, rows[i].swapped);
		ck_assert_int_eq(open_pcap(in.path, NULL, 1, &port), 0);
		ck_assert_uint_eq(lvs_pcap_time(port), 0);
		ck_assert_msg(lvs_port_rx(port, &pkt, 1) == 1, "%s",
			      rows[i].what);
		ck_assert_uint_eq(pkt->l2_len, rows[i].l2_len);
		ck_assert_uint_eq(pkt->len, f.len - skip);
		ck_assert_mem_eq(pkt->data, f.bytes + skip, pkt->len);
		ck_assert_msg(lvs_pcap_time(port) ==
				      SEC * LVS_SEC + rows[i].nsec,
			      "%s: time", rows[i].what);
		lvs_port_release(port, &pkt, 1);
		ck_assert_int_eq(lvs_port_rx(port, &pkt, 1), 0);
		lvs_port_close(port);
		fclose(in.file);
	}
}
END_TEST

START_TEST(says_what_is_no_capture)
{
	static const struct {
		const char *what;
		uint32_t magic, link;
		int error;
	} rows[] = {
		{ "pcapng", 0x0a0d0d0a, 1, LVS_ERR_PROTO },
		{ "Linux cooked", 0xa1b2c3d4, 113, LVS_ERR_NOTSUP },
	};
	struct lvs_port *port = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		file_new(&in);
		put_head(in.file, rows[i].magic, rows[i].link, false);
		ck_assert_msg(open_pcap(in.path, NULL, 1, &port) ==
				      rows[i].error,
			      "%s", rows[i].what);
		fclose(in.file);
	}
	file_new(&in);
	ck_assert_int_eq(open_pcap(in.path, NULL, 1, &port), LVS_ERR_PROTO);
	fclose(in.file);
	ck_assert_int_eq(open_pcap("/nonesuch", NULL, 1, &port), LVS_ERR_NOENT);
	ck_assert_int_eq(open_pcap(NULL, "/nonesuch/out", 1, &port),
			 LVS_ERR_NOENT);
	ck_assert_ptr_null(port);
}
END_TEST

/* What is good before it is lent; the error comes then, and stays. */
START_TEST(says_where_a_capture_breaks_off)
{
	static struct frame f;
	static const struct {
		const char *what;
		uint32_t len;  /* that the header says */
		size_t header; /* bytes of it that are there */
		int error;
	} rows[] = {
		{ "within a packet", 100, 16, LVS_ERR_MSGSIZE },
		{ "within a header", 100, 7, LVS_ERR_MSGSIZE },
		{ "longer than any packet", 1u << 20, 16, LVS_ERR_PROTO },
		{ "the longest length there is", UINT32_MAX, 16,
		  LVS_ERR_PROTO },
	};

	frame_tcp(&f, AF_INET, 30);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint32_t head[] = { SEC, 0, rows[i].len, rows[i].len };
		struct lvs_pkt *pkts[2];
		struct lvs_port *port;

		file_new(&in);
		put_head(in.file, 0xa1b2c3d4, 1, false);
		put_packet(in.file, 0, f.bytes, f.len, false);
		fwrite(head, 1, rows[i].header, in.file);
		fflush(in.file);
		ck_assert_int_eq(open_pcap(in.path, NULL, 2, &port), 0);
		ck_assert_int_eq(lvs_port_rx(port, pkts, 2), 1);
		lvs_port_release(port, pkts, 1);
		for (int again = 0; again < 2; again++)
			ck_assert_msg(lvs_port_rx(port, pkts, 2) ==
					      rows[i].error,
				      "%s", rows[i].what);
		lvs_port_close(port);
		fclose(in.file);
	}
}
END_TEST

START_TEST(time_never_runs_backwards)
{
	static struct frame f;
	struct lvs_port *port;
	struct lvs_pkt *pkt;

	frame_tcp(&f, AF_INET, 30);
	file_new(&in);
	put_head(in.file, 0xa1b23c4d, 1, false);
	put_packet(in.file, 9, f.bytes, f.len, false);
	put_packet(in.file, 3, f.bytes, f.len, false);
	ck_assert_int_eq(open_pcap(in.path, NULL, 2, &port), 0);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(lvs_port_rx(port, &pkt, 1), 1);
		ck_assert_uint_eq(lvs_pcap_time(port), SEC * LVS_SEC + 9);
		lvs_port_release(port, &pkt, 1);
	}
	lvs_port_close(port);
	fclose(in.file);
}
END_TEST

START_TEST(what_is_too_short_is_counted)
{
	static const unsigned char bytes[13];
	struct lvs_port_stats stats;
	struct lvs_port *port;
	struct lvs_pkt *pkt;

	file_new(&in);
	put_head(in.file, 0xa1b2c3d4, 1, false);
	put_packet(in.file, 0, bytes, sizeof(bytes), false);
	put_packet(in.file, 0, bytes, 0, false);
	ck_assert_int_eq(open_pcap(in.path, NULL, 2, &port), 0);
	ck_assert_int_eq(lvs_port_rx(port, &pkt, 1), 0);
	lvs_port_stats(port, &stats);
	ck_assert_uint_eq(stats.rx_errors, 2);
	lvs_port_close(port);
	fclose(in.file);
}
END_TEST

START_TEST(without_a_link_there_are_no_link_headers)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	static struct frame f, got;
	struct lvs_port *port;
	struct lvs_pkt *pkt;
	uint32_t link;
	struct rig rig;

	rig_open(&rig, 1);
	frame_tcp(&f, AF_INET6, 50);
	frame_finish(&f);
	put_packet(in.file, 0, f.bytes, f.len, false);
	opts.ifname = in.path;
	opts.output = out.path;
	ck_assert_int_eq(lvs_port_open("pcap", &opts, &port), 0);
	ck_assert_int_eq(lvs_port_rx(port, &pkt, 1), 1);
	ck_assert_uint_eq(pkt->l2_len, 0);
	ck_assert_uint_eq(pkt->link_in, LVS_LINK_NONE);
	ck_assert_uint_eq(pkt->len, f.len - FRAME_L2);
	ck_assert_mem_eq(pkt->data, f.bytes + FRAME_L2, pkt->len);
	ck_assert_uint_eq(lvs_port_tx(port, &pkt, 1), 1);
	lvs_port_release(port, &pkt, 1);
	ck_assert_int_eq(fseek(out_reader, 20, SEEK_SET), 0);
	ck_assert_uint_eq(fread(&link, 4, 1, out_reader), 1);
	ck_assert_uint_eq(link, 101);
	rig_take(&rig, &got);
	ck_assert_uint_eq(got.len, f.len - FRAME_L2);
	lvs_port_close(port);
	rig_close(&rig);
}
END_TEST

/* Where a VLAN is an interface of its own, its frames are not another's. */
static const struct {
	const char *what;
	uint16_t type, tci; /* of the tag; type 0: without one */
	bool taken[3];	    /* by a port of VLAN 0 (none), 5, 4094 */
} tags[] = {
	{ "without a tag", 0, 0, { true, false, false } },
	{ "a priority", 0x8100, 0xe000, { true, false, false } },
	{ "VLAN 5", 0x8100, 5, { false, true, false } },
	{ "VLAN 5 with a priority", 0x8100, 0xe005, { false, true, false } },
	{ "VLAN 5 of 802.1ad", 0x88a8, 5, { false, true, false } },
	{ "VLAN 4094", 0x8100, 4094, { false, false, true } },
	{ "VLAN 261, which ends in the byte 5", 0x8100, 261, { false } },
};
static const uint16_t vlans[] = { 0, 5, 4094 };

static void put_tagged(const struct frame *f, uint16_t type, uint16_t tci)
{
	unsigned char bytes[200];
	const unsigned char tag[] = { (uint8_t)(type >> 8), (uint8_t)type,
				      (uint8_t)(tci >> 8), (uint8_t)tci };
	size_t len = type ? sizeof(tag) : 0;

	memcpy(bytes, f->bytes, 12);
	memcpy(bytes + 12, tag, len);
	memcpy(bytes + 12 + len, f->bytes + 12, f->len - 12);
	put_packet(in.file, 0, bytes, f->len + len, false);
}

/* Of VLANS[V], lent with link number LINK. */
static void only_of(size_t v, uint32_t link)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	static struct frame f;
	struct lvs_port_stats stats;
	struct lvs_port *port;
	struct lvs_pkt *pkt;

	frame_tcp(&f, AF_INET, 50);
	frame_finish(&f);
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		file_new(&in);
		put_head(in.file, 0xa1b2c3d4, 1, false);
		put_tagged(&f, tags[i].type, tags[i].tci);
		opts.ifname = in.path;
		opts.link = link;
		opts.vlan = vlans[v];
		ck_assert_int_eq(lvs_port_open("pcap", &opts, &port), 0);
		ck_assert_msg(lvs_port_rx(port, &pkt, 1) == tags[i].taken[v],
			      "%s, port of VLAN %u", tags[i].what, vlans[v]);
		lvs_port_stats(port, &stats);
		ck_assert_uint_eq(stats.rx_packets, tags[i].taken[v]);
		ck_assert_uint_eq(stats.rx_errors, 0);
		if (tags[i].taken[v])
			lvs_port_release(port, &pkt, 1);
		lvs_port_close(port);
		fclose(in.file);
	}
}

START_TEST(frames_of_one_vlan)
{
	struct lvs_port_opts opts = LVS_OPTS(struct lvs_port_opts);
	struct lvs_port *port;

	for (size_t v = 0; v < sizeof(vlans) / sizeof(*vlans); v++) {
		only_of(v, LVS_LINK_NONE);
		only_of(v, 5);
	}
	opts.vlan = 4095;
	ck_assert_int_eq(lvs_port_open("pcap", &opts, &port), LVS_ERR_INVAL);
}
END_TEST

LVS_TEST_MAIN("io/pcap", CONTRACT_TESTS, reads_every_kind_of_capture,
	      says_what_is_no_capture, says_where_a_capture_breaks_off,
	      time_never_runs_backwards, what_is_too_short_is_counted,
	      without_a_link_there_are_no_link_headers, frames_of_one_vlan)
