/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claimer.c - a claim without a director behind it, for claim.sh: what it
 * drops is lost, so whatever still comes through has come by the kernel.
 *
 *	claimer tcx|clsact INTERFACE...
 *
 * Commands come on standard input, a line each; the answer to each ends in a
 * line with a dot.
 *
 *	service PROTOCOL VIRTUAL nat|dr|tun|local REAL
 *	mark NUMBER FAMILY REAL     a service by mark
 *	flush                       no services
 *	link INTERFACE              hang on it (again)
 *	unlink INTERFACE
 *	show                        what was dropped, by kind
 */
#include <lvs/lvs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lvs/claim.h>

static struct lvs_director *dir;
static struct lvs_claim *claim;

static void log_line(void *ctx, enum lvs_level level, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%d %s\n", (int)level, text);
}

static void say(const char *what, int err)
{
	if (err < 0)
		printf("%s: %s\n", what, lvs_strerror(err));
	else if (err > 0)
		printf("%s: %d not claimed\n", what, err);
}

static uint8_t protocol_of(const char *word)
{
	return strcmp(word, "tcp") == 0	  ? IPPROTO_TCP
	       : strcmp(word, "udp") == 0 ? IPPROTO_UDP
					  : IPPROTO_SCTP;
}

static uint8_t method_of(const char *word)
{
	static const char *const words[] = { "nat", "local", "tun", "dr" };

	for (uint8_t i = 0; i < 4; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	return LVS_METHOD_NAT;
}

static int add(const struct lvs_service_conf *svc, const char *method,
	       const char *real)
{
	struct lvs_dest_conf dest = LVS_OPTS(struct lvs_dest_conf);
	int err = lvs_service_add(dir, svc);

	dest.method = method_of(method);
	dest.weight = 1;
	if (!err)
		err = lvs_endpoint_parse(real, &dest.id.addr, &dest.id.port);
	if (!err)
		err = lvs_dest_add(dir, &svc->id, &dest);
	return err ? err : lvs_claim_sync(claim, dir);
}

static int add_service(char **words)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	int err = lvs_endpoint_parse(words[1], &svc.id.addr, &svc.id.port);

	svc.id.protocol = protocol_of(words[0]);
	if (svc.id.port == 0) {
		svc.flags = LVS_SVC_PERSISTENT;
		svc.timeout = 60;
	}
	return err ? err : add(&svc, words[2], words[3]);
}

static int add_mark(char **words)
{
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);

	svc.id.fwmark = (uint32_t)atoi(words[0]);
	svc.id.addr.family = strcmp(words[1], "6") == 0 ? AF_INET6 : AF_INET;
	return add(&svc, "nat", words[2]);
}

static void show(void)
{
	struct lvs_claim_stats stats = LVS_OPTS(struct lvs_claim_stats);

	lvs_claim_stats(claim, &stats);
	printf("requests %llu replies %llu errors %llu fragments %llu "
	       "entries %u links %u\n",
	       (unsigned long long)stats.requests,
	       (unsigned long long)stats.replies,
	       (unsigned long long)stats.errors,
	       (unsigned long long)stats.fragments, stats.entries, stats.links);
}

static void command(char *line)
{
	char *words[6] = { "", "", "", "", "", "" }, *save;
	size_t count = 0;

	for (char *w = strtok_r(line, " \n", &save); w && count < 6;
	     w = strtok_r(NULL, " \n", &save))
		words[count++] = w;
	if (strcmp(words[0], "service") == 0) {
		say("service", add_service(words + 1));
	} else if (strcmp(words[0], "mark") == 0) {
		say("mark", add_mark(words + 1));
	} else if (strcmp(words[0], "flush") == 0) {
		lvs_service_flush(dir);
		say("flush", lvs_claim_sync(claim, dir));
	} else if (strcmp(words[0], "link") == 0) {
		say("link",
		    lvs_claim_add_link(claim, if_nametoindex(words[1])));
	} else if (strcmp(words[0], "unlink") == 0) {
		say("unlink",
		    lvs_claim_del_link(claim, if_nametoindex(words[1])));
	} else if (strcmp(words[0], "show") == 0) {
		show();
	}
	puts(".");
	fflush(stdout);
}

static int set_up(int argc, char **argv)
{
	struct lvs_director_opts dir_opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_claim_opts opts = LVS_OPTS(struct lvs_claim_opts);
	int err = lvs_director_new(&dir_opts, &dir);

	opts.log.emit = log_line;
	opts.attach =
		strcmp(argv[1], "tcx") == 0 ? LVS_CLAIM_TCX : LVS_CLAIM_CLSACT;
	if (!err)
		err = lvs_claim_open(&opts, &claim);
	for (int i = 2; i < argc && !err; i++)
		err = lvs_claim_add_link(claim, if_nametoindex(argv[i]));
	return err;
}

int main(int argc, char **argv)
{
	char line[256];
	int err;

	if (argc < 2)
		return 2;
	err = set_up(argc, argv);
	if (err) {
		fprintf(stderr, "claimer: %s\n", lvs_strerror(err));
		return err == LVS_ERR_NOTSUP ? 77 : 1;
	}
	while (fgets(line, sizeof(line), stdin))
		command(line);
	lvs_claim_close(claim);
	lvs_director_free(dir);
	return 0;
}
