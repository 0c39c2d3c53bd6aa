/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - runs the cases in *.flow: packets in, packets out, in both families.
 *
 * A file holds cases.  Each begins with "case SENTENCE" ("case4", "case6": of
 * one family only), gets a director with an engine in the network of net.h,
 * and is a row of steps, one a line:
 *
 *	service tcp V:80 wlc        add; words behind: -p SECS (persistent),
 *	                            -o (one packet), -M PLEN, -S SECS (slow
 *start) service mark 7 rr dest R1:8000 nat 1          of the service named
 *last; nat, dr, tun, local weight R1:8000 0 [dr]       edit weight and method
 *	remove R1:8000
 *	unservice                   delete the service named last
 *	timeouts TCP FIN UDP        seconds; 0: as it is
 *	in c PACKET                 arrives by link c ("-": without link layer)
 *	queue c PACKET              will arrive with the next "in", before it
 *	other c PACKET              arrives, but was sent to another host
 *	mark N                      of packets from now on
 *	rule N tcp V/24:80-90       one more that gives mark N; V: all ports
 *	norules                     they are gone
 *	out s R1 PACKET             it (of several: the first, and so on) was
 *	                            sent by link s to R1
 *	made s R1 PACKET            the same by lvs_engine_output
 *	given PACKET                it leaves PACKET, put together, to the host
 *	none                        lvs_engine_output has nothing
 *	pass, host, held, drop REASON
 *	                            what else became of it
 *	counted REASON N            packets dropped for REASON so far
 *	wait SECS                   time goes on; engines are ticked
 *	later SECS                  the same, and they are not
 *	neigh R4 up                 or stale, or failed
 *	route F c C2                the route to F's network is by C2 now
 *	link s down                 or up, or its MTU
 *	own V s                     becomes an address of the host, on link s
 *	forgetnet                   nothing is known of the network
 *	wanted R4                   by lvs_net_wanted; none
 *	engine N [WORD VALUE]...    use the N-th engine, made if need be with
 *	                            limit N (connections),
 *	                            rate N, burst N (answers), resets 1,
 *	                            clamp 1 (MSS)
 *	conn C:1 V:80 R1:80 ST SECS is listed, in this state, with SECS left
 *	conns N                     are listed in all
 *	evicted HALF-OPEN CLOSING BARE
 *	                            connections that had to give way
 *	dest? R1:80 ACTIVE INACT TEMPLATES CONNS INPKTS OUTPKTS
 *
 * Packets are lines of packet.h.
 */
#include "net.h"
#include "steps.h"
#include <stdlib.h>
#include <string.h>

uint16_t read_endpoint(struct run *r, const char *word, struct lvs_addr *addr)
{
	char name[64];
	const char *colon = strrchr(word, ':');
	size_t len = colon ? (size_t)(colon - word) : strlen(word);

	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	if (!net_addr(name, r->af, addr))
		FAIL(r, "no such address: %s", word);
	return colon ? (uint16_t)atoi(colon + 1) : 0;
}

void must(struct run *r, int ret, const char *what)
{
	if (ret < 0)
		FAIL(r, "%s: %s", what, lvs_strerror(ret));
}

char *join(char **w, size_t n, char *text, size_t size)
{
	text[0] = '\0';
	for (size_t i = 0; i < n; i++)
		snprintf(text + strlen(text), size - strlen(text), "%s%s",
			 i ? " " : "", w[i]);
	return text;
}

static const struct step *find_step(const char *word)
{
	static const struct step *const lists[] = { conf_steps, packet_steps,
						    conn_steps };

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		for (const struct step *s = lists[i]; s->word; s++)
			if (strcmp(s->word, word) == 0)
				return s;
	return NULL;
}

static void step(struct run *r, char **w, size_t n)
{
	const struct step *s = find_step(w[0]);

	if (!s)
		FAIL(r, "no such step: %s", w[0]);
	if (n - 1 < s->least)
		FAIL(r, "%s: too few words", w[0]);
	s->run(r, w + 1, n - 1);
}

static void begin(struct run *r)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	opts.hash_key[0] = 0x0123456789abcdef;
	opts.hash_key[1] = 0xfedcba9876543210;
	/* Some days after the machine's start. */
	r->now = 1000000 * LVS_SEC;
	r->mark = 0;
	must(r, lvs_director_new(&opts, &r->dir), "lvs_director_new");
	net_fill(r->dir, r->af);
	must(r, lvs_engine_new(r->dir, NULL, &r->engines[0]), "engine");
	r->eng = r->engines[0];
}

static void finish(struct run *r)
{
	for (size_t i = 0; i < MAX_ENGINES; i++) {
		lvs_engine_free(r->engines[i]);
		r->engines[i] = NULL;
	}
	lvs_director_free(r->dir);
	r->dir = NULL;
}

/* Whether the case that LINE opens is of family AF. */
static bool is_of(const char *line, int af)
{
	return line[4] == ' ' || line[4] == (af == AF_INET ? '4' : '6');
}

static void run_file(const char *file, int af)
{
	char path[512], line[1024];
	struct run r = { .af = af, .file = file };
	bool skip = true;
	FILE *f;

	snprintf(path, sizeof(path), "%s/flow/cases/%s", TESTS_DIR, file);
	f = fopen(path, "r");
	if (!f)
		ck_abort_msg("%s: not there", path);
	r.bufs = malloc(MAX_PACKETS * BUFFER);
	while (fgets(line, sizeof(line), f)) {
		char *words[128], *save = NULL;
		size_t n = 0;

		r.line++;
		line[strcspn(line, "#\n")] = '\0';
		if (strncmp(line, "case", 4) == 0) {
			if (r.dir)
				finish(&r);
			skip = !is_of(line, af);
			if (!skip)
				begin(&r);
			continue;
		}
		for (char *w = strtok_r(line, " \t", &save); w && n < 128;
		     w = strtok_r(NULL, " \t", &save))
			words[n++] = w;
		if (n && !skip)
			step(&r, words, n);
	}
	if (r.dir)
		finish(&r);
	free(r.bufs);
	fclose(f);
}

static const char *const files[] = {
	"nat.flow",	 "dr.flow",	 "tunnel.flow", "errors.flow",
	"state.flow",	 "resolve.flow", "dest.flow",	"persist.flow",
	"fragment.flow", "limit.flow",	 "mss.flow",	"stray.flow",
	"ftp.flow",	 "mark.flow",
};

START_TEST(flow_v4)
{
	run_file(files[_i], AF_INET);
}
END_TEST

START_TEST(flow_v6)
{
	run_file(files[_i], AF_INET6);
}
END_TEST

int main(void)
{
	int count = sizeof(files) / sizeof(*files), failed;
	Suite *suite = suite_create("flow");
	TCase *tc = tcase_create("flow");
	SRunner *runner = srunner_create(suite);

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, flow_v4, 0, count);
	tcase_add_loop_test(tc, flow_v6, 0, count);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
