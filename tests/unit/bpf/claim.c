/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.c - the program's verdict on packets, one after the other.
 */
#include "unit/bpf/verdict.h"

/* ---- the scene ----------------------------------------------------------- */

static void add_service(struct lvs_director *dir, int af, uint8_t protocol,
			const char *virt, uint16_t port, uint8_t method,
			const char *real, uint16_t rport)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);

	svc.id.protocol = protocol;
	svc.id.port = port;
	if (port == 0) {
		svc.flags = LVS_SVC_PERSISTENT;
		svc.timeout = 60;
		svc.plen = lvs_family_bits((uint16_t)af);
	}
	ck_assert(net_addr(virt, af, &svc.id.addr));
	ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
	dest.id.port = rport;
	dest.method = method;
	dest.weight = 1;
	ck_assert(net_addr(real, af, &dest.id.addr));
	ck_assert_int_eq(lvs_dest_add(dir, &svc.id, &dest), 0);
}

static struct lvs_director *configured(int af)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;

	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
	add_service(dir, af, IPPROTO_TCP, "V", 80, LVS_METHOD_NAT, "R1", 8080);
	add_service(dir, af, IPPROTO_UDP, "V", 53, LVS_METHOD_NAT, "R1", 0);
	add_service(dir, af, IPPROTO_SCTP, "V", 9, LVS_METHOD_NAT, "R1", 9);
	add_service(dir, af, IPPROTO_TCP, "V", 443, LVS_METHOD_DR, "R2", 443);
	add_service(dir, af, IPPROTO_TCP, "V", 81, LVS_METHOD_TUN, "R2", 81);
	add_service(dir, af, IPPROTO_TCP, "V2", 0, LVS_METHOD_NAT, "R3", 0);
	return dir;
}

/* ---- tables -------------------------------------------------------------- */

/* In order: some rows teach the program what later ones rely on. */
static const struct {
	const char *what;
	const char *packet;
	const char *kind;
} rows[] = {
	{ "a connection is opened", "C:1000 > V:80 tcp S", "request" },
	{ "and goes on", "C:1000 > V:80 tcp A len 9", "request" },
	{ "UDP", "C:1000 > V:53 udp", "request" },
	{ "SCTP", "C:1000 > V:9 sctp init", "request" },
	{ "to a service by DR", "C:1000 > V:443 tcp S", "request" },
	{ "to a service by a tunnel", "C:1000 > V:81 tcp S", "request" },
	{ "another port of the virtual address", "C:1000 > V:22 tcp S",
	  "pass" },
	{ "the port of another protocol", "C:1000 > V:80 udp", "pass" },
	{ "another address", "C:1000 > DC:80 tcp S", "pass" },
	{ "ping of the virtual address", "C > V icmp @echo len 8", "request" },
	{ "its first fragment", "C > V icmp @echo frag 0+ id 6 len 8",
	  "request" },
	{ "its second fragment", "C > V icmp @echo frag 16 id 6 len 8",
	  "fragment" },
	{ "ping of the host", "C > DC icmp @echo len 8", "pass" },
	{ "ping of a real server", "C > R1 icmp @echo len 8", "pass" },
	{ "another protocol altogether", "C > V proto 47", "pass" },
	{ "cut short in the ports", "C:1000 > V:80 tcp S cut 17", "pass" },

	{ "a real server's reply", "R1:8080 > C:1000 tcp SA", "reply" },
	{ "its UDP reply, from the service's port", "R1:53 > C:1000 udp",
	  "reply" },
	{ "another port of the real server", "R1:22 > C:1000 tcp SA", "pass" },
	{ "the port of another protocol", "R1:8080 > C:1000 udp", "pass" },
	{ "what it says to the host itself", "R1:8080 > DS:4000 tcp SA",
	  "pass" },
	{ "a real server by DR, as itself", "R2:443 > C:1000 tcp SA", "pass" },
	{ "a DR reply that comes by here", "V:443 > C:1000 tcp SA", "reply" },
	{ "a tunnel's reply that comes by here", "V:81 > C:1000 tcp SA",
	  "reply" },
	{ "something else from a virtual address", "V:22 > C:1000 tcp SA",
	  "pass" },

	{ "a real server's own port is asked for", "C2:5 > R1:8080 tcp S",
	  "pass" },
	{ "and it answers", "R1:8080 > C2:5 tcp SA", "pass" },
	{ "the next port was not asked from", "R1:8080 > C2:6 tcp SA",
	  "reply" },

	{ "an error about a reply",
	  "G > V icmp @unreach ( V:80 > C:1000 tcp A )", "error" },
	{ "an error about a request",
	  "R1 > C icmp @unreach ( C:1000 > R1:53 udp )", "error" },
	{ "a router's error about a request",
	  "G > C icmp @unreach ( C:1000 > R1:53 udp )", "error" },
	{ "an error about a request by DR",
	  "G > C icmp @unreach ( C:1000 > V:443 tcp A )", "error" },
	{ "an error about what passed by the director",
	  "R1 > C2 icmp @unreach ( C2:5 > R1:8080 tcp A )", "pass" },
	{ "an error about what the host sent",
	  "R1 > DS icmp @unreach ( DS:4000 > R1:53 udp )", "pass" },
	{ "an error about another port",
	  "G > V icmp @unreach ( V:22 > C:1000 tcp A )", "pass" },
	{ "an error that quotes too little",
	  "G > V icmp @unreach ( V:80 > C:1000 tcp A cut 17 )", "pass" },
	{ "an echo that quotes a packet",
	  "G > R1 icmp @echo ( V:80 > C:1000 tcp A )", "pass" },

	{ "an error about what a real server said",
	  "G > R1 icmp @unreach ( R1:8080 > C2:7 tcp A )", "pass" },
	{ "which asks for nothing", "R1:8080 > C2:7 tcp A", "reply" },
	{ "an error that quotes a later fragment",
	  "G > V2 icmp @unreach ( V2 > C tcp A frag 16 id 3 len 8 )", "pass" },

	{ "every port of a service for all", "C:1000 > V2:12345 tcp S",
	  "request" },
	{ "but not every protocol", "C:1000 > V2:12345 udp", "pass" },
	{ "its replies", "R3:12345 > C:1000 tcp SA", "reply" },
	{ "its real server opens a connection", "R3:40000 > C:25 tcp S",
	  "pass" },
	{ "and is answered", "C:25 > R3:40000 tcp SA", "pass" },
	{ "and goes on", "R3:40000 > C:25 tcp A", "pass" },

	{ "the first fragment of a request",
	  "C:7 > V:53 udp frag 0+ id 7 len 8", "request" },
	{ "its second fragment", "C > V udp frag 16+ id 7 len 8", "fragment" },
	{ "its last fragment", "C > V udp frag 24 id 7 len 8", "fragment" },
	{ "another datagram's fragment", "C > V udp frag 16 id 8 len 8",
	  "pass" },
	{ "another sender's fragment", "C2 > V udp frag 16 id 7 len 8",
	  "pass" },
	{ "the first fragment of something else",
	  "C:7 > V:22 udp frag 0+ id 9 len 8", "pass" },
	{ "its second fragment", "C > V udp frag 16 id 9 len 8", "pass" },
	{ "the first fragment of a reply", "R1:53 > C:7 udp frag 0+ id 7 len 8",
	  "reply" },
	{ "its second fragment", "R1 > C udp frag 16 id 7 len 8", "fragment" },
};

START_TEST(verdicts)
{
	for (size_t f = 0; f < 2; f++) {
		int af = families[f];
		struct lvs_director *dir = configured(af);
		struct lvs_claim *claim = open_claim(dir);

		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			unsigned char frame[1024];
			char text[256];
			const char *got;
			size_t len;

			spell(rows[i].packet, af, text, sizeof(text));
			len = frame_of(text, af, frame, sizeof(frame));
			got = verdict(claim, frame, len);
			ck_assert_msg(strcmp(got, rows[i].kind) == 0,
				      "%s (%s): %s", rows[i].what, text, got);
		}
		lvs_claim_close(claim);
		lvs_director_free(dir);
	}
}
END_TEST

/* Where packets are forwarded to is remembered: for nobody else. */
START_TEST(many_destinations)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_director *dir = configured(families[f]);
		struct lvs_claim *claim = open_claim(dir);
		unsigned char frame[1024],
			*last = frame + ETH_LEN + (f ? 40 : 20) - 1;
		size_t len = frame_of("R1:8080 > C:1000 tcp SA", families[f],
				      frame, sizeof(frame));

		for (unsigned i = 0; i < 8192; i++) {
			last[0] = (unsigned char)(2 + i % 250);
			last[-1] = (unsigned char)(i / 250);
			ck_assert_str_eq(verdict(claim, frame, len), "reply");
		}
		len = frame_of("R1:8080 > DS:4000 tcp SA", families[f], frame,
			       sizeof(frame));
		ck_assert_str_eq(verdict(claim, frame, len), "pass");
		lvs_claim_close(claim);
		lvs_director_free(dir);
	}
}
END_TEST

/* Bytes put in between header and transport header, and what then leads on. */
static const struct {
	const char *what;
	const char *hex; /* first byte: type of the header; NULL: a VLAN tag */
	const char *kind;
} extensions[] = {
	{ "hop-by-hop options", "00 0600010400000000", "request" },
	{ "destination options, sixteen bytes",
	  "3c 0601010c000000000000000000000000", "request" },
	{ "two headers", "00 3c00010400000000 0600010400000000", "request" },
	{ "a routing header that has been gone through", "2b 0600000000000000",
	  "request" },
	{ "a routing header with an address left", "2b 0600000100000000",
	  "pass" },
	{ "an atomic fragment", "2c 0600000000000007", "request" },
	{ "options longer than the packet", "00 06ff010400000000", "pass" },
	{ "authentication", "33 0604000000000000", "pass" },
};

static size_t read_hex(const char *hex, unsigned char *out)
{
	size_t len = 0;
	unsigned byte;
	int used;

	while (sscanf(hex, " %2x%n", &byte, &used) == 1) {
		out[len++] = (unsigned char)byte;
		hex += used;
	}
	return len;
}

START_TEST(extension_headers)
{
	struct lvs_director *dir = configured(AF_INET6);
	struct lvs_claim *claim = open_claim(dir);

	for (size_t i = 0; i < sizeof(extensions) / sizeof(*extensions); i++) {
		unsigned char frame[1024], ext[64];
		unsigned char *ip = frame + ETH_LEN;
		size_t len, ext_len = read_hex(extensions[i].hex, ext) - 1;
		const char *got;

		len = frame_of("C:1000 > V:80 tcp S", AF_INET6, frame,
			       sizeof(frame) - sizeof(ext));
		memmove(ip + 40 + ext_len, ip + 40, len - ETH_LEN - 40);
		memcpy(ip + 40, ext + 1, ext_len);
		ip[6] = ext[0];
		ip[5] = (unsigned char)(ip[5] + ext_len);
		got = verdict(claim, frame, len + ext_len);
		ck_assert_msg(strcmp(got, extensions[i].kind) == 0, "%s: %s",
			      extensions[i].what, got);
	}
	lvs_claim_close(claim);
	lvs_director_free(dir);
}
END_TEST

START_TEST(ipv4_options)
{
	struct lvs_director *dir = configured(AF_INET);
	struct lvs_claim *claim = open_claim(dir);
	unsigned char frame[1024], *ip = frame + ETH_LEN;
	size_t len = frame_of("C:1000 > V:80 tcp S", AF_INET, frame,
			      sizeof(frame) - 40);

	memmove(ip + 24, ip + 20, len - ETH_LEN - 20);
	memset(ip + 20, 1, 4);
	ip[0] = 0x46;
	ck_assert_str_eq(verdict(claim, frame, len + 4), "request");
	ip[0] = 0x44; /* shorter than a header can be */
	ck_assert_str_eq(verdict(claim, frame, len + 4), "pass");
	lvs_claim_close(claim);
	lvs_director_free(dir);
}
END_TEST

/* Neither the packet socket nor the interface itself gets that. */
START_TEST(second_vlan_tag)
{
	for (size_t f = 0; f < 2; f++) {
		struct lvs_director *dir = configured(families[f]);
		struct lvs_claim *claim = open_claim(dir);
		unsigned char frame[1024];
		size_t len = frame_of("C:1000 > V:80 tcp S", families[f], frame,
				      sizeof(frame) - 4);

		memmove(frame + 16, frame + 12, len - 12);
		memcpy(frame + 12, "\x81\x00\x00\x64", 4);
		ck_assert_str_eq(verdict(claim, frame, len + 4), "pass");
		lvs_claim_close(claim);
		lvs_director_free(dir);
	}
}
END_TEST

START_TEST(for_another_host)
{
	struct lvs_director *dir = configured(AF_INET);
	struct lvs_claim *claim = open_claim(dir);
	unsigned char frame[1024];
	size_t len =
		frame_of("C:1000 > V:80 tcp S", AF_INET, frame, sizeof(frame));

	frame[5] = 1;
	ck_assert_str_eq(verdict(claim, frame, len), "pass");
	lvs_claim_close(claim);
	lvs_director_free(dir);
}
END_TEST

/* What is configured later is claimed later, and what is deleted no more. */
START_TEST(syncing)
{
	struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);
	struct lvs_director *dir = configured(AF_INET);
	struct lvs_claim *claim = open_claim(dir);
	unsigned char frame[1024];
	size_t len =
		frame_of("C:1 > N:80 tcp S", AF_INET, frame, sizeof(frame));

	ck_assert_str_eq(verdict(claim, frame, len), "pass");
	add_service(dir, AF_INET, IPPROTO_TCP, "N", 80, LVS_METHOD_NAT, "R1",
		    8080);
	ck_assert_int_eq(lvs_claim_sync(claim, dir), 0);
	ck_assert_str_eq(verdict(claim, frame, len), "request");
	lvs_claim_stats(claim, &stats);
	ck_assert_uint_eq(stats.entries, 11 + 3);
	lvs_service_flush(dir);
	ck_assert_int_eq(lvs_claim_sync(claim, dir), 0);
	ck_assert_str_eq(verdict(claim, frame, len), "pass");
	lvs_claim_stats(claim, &stats);
	ck_assert_uint_eq(stats.entries, 0);
	lvs_claim_close(claim);
	lvs_director_free(dir);
}
END_TEST

START_TEST(limit)
{
	struct lvs_claim_opts opts = LVS_OPTS(struct lvs_claim_opts);
	struct lvs_director *dir = configured(AF_INET);
	unsigned char frame[1024];
	size_t len =
		frame_of("C:1 > V:80 tcp S", AF_INET, frame, sizeof(frame));
	struct lvs_claim *claim;

	opts.limit = 4;
	ck_assert_int_eq(lvs_claim_open(&opts, &claim), 0);
	ck_assert_int_eq(lvs_claim_sync(claim, dir), LVS_ERR_NOSPC);
	ck_assert_str_eq(verdict(claim, frame, len), "pass");
	lvs_claim_close(claim);
	lvs_director_free(dir);
}
END_TEST

LVS_TEST_MAIN_UNLESS(missing(), "bpf/claim", verdicts, many_destinations,
		     extension_headers, ipv4_options, second_vlan_tag,
		     for_another_host, syncing, limit)
