/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.c - as much of ipvsadm's grammar as recordings use.
 *
 * Its defaults are kept: wlc, weight 1, a real server without port has the
 * service's, thresholds that are not named are off.
 */
#include "command.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct command {
	char verb;
	struct lvs_service_conf svc;
	struct lvs_dest_conf dest;
};

struct lvs_service_id golden_service(const struct golden *g)
{
	if (g->fwmark)
		return (struct lvs_service_id){ .addr.family = g->family,
						.fwmark = g->fwmark };
	return (struct lvs_service_id){
		.addr = g->vip.addr,
		.port = g->vip.port,
		.protocol = g->protocol,
	};
}

static uint32_t number(const char *word)
{
	return word ? (uint32_t)strtoul(word, NULL, 0) : 0;
}

static int service(const struct golden *g, struct command *cmd, char opt,
		   const char *word)
{
	struct lvs_service_id *id = &cmd->svc.id;

	if (!strcmp(word, "@SVC")) {
		*id = golden_service(g);
		return 0;
	}
	if (opt == 'f') {
		id->addr.family = g->family;
		id->fwmark = number(word);
		return 0;
	}
	id->protocol = opt == 't' ? IPPROTO_TCP : IPPROTO_UDP;
	return lvs_endpoint_parse(word, &id->addr, &id->port);
}

static int real_server(const struct golden *g, struct command *cmd,
		       const char *word)
{
	struct lvs_dest_id *id = &cmd->dest.id;
	int err = 0;

	if (!strncmp(word, "@RS", 3) && word[3] > '0' && word[3] < '6') {
		id->addr = g->rs[word[3] - '0'].addr;
		id->port = g->rs[word[3] - '0'].port;
	} else {
		err = lvs_endpoint_parse(word, &id->addr, &id->port);
	}
	if (!id->port)
		id->port = cmd->svc.id.port;
	return err;
}

static int flags(struct command *cmd, const char *list)
{
	if (strstr(list, "-fallback"))
		cmd->svc.flags |= LVS_SVC_SCHED1;
	if (strstr(list, "-port"))
		cmd->svc.flags |= LVS_SVC_SCHED2;
	return 0;
}

/* "255.255.255.0" or "125". */
static uint32_t prefix(const char *word)
{
	struct lvs_addr mask;
	uint32_t bits = 0;

	if (lvs_addr_parse(word, &mask) || mask.family != AF_INET)
		return number(word);
	for (uint32_t m = ntohl(mask.ip.v4_be); m; m <<= 1)
		bits++;
	return bits;
}

/* An option with its argument. */
static int option(const struct golden *g, struct command *cmd, char opt,
		  const char *word)
{
	switch (opt) {
	case 't':
	case 'u':
	case 'f':
		return service(g, cmd, opt, word);
	case 'r':
		return real_server(g, cmd, word);
	case 's':
		strncpy(cmd->svc.scheduler, word, LVS_NAME_MAX - 1);
		return 0;
	case 'b':
		return flags(cmd, word);
	case 'p':
		cmd->svc.flags |= LVS_SVC_PERSISTENT;
		cmd->svc.timeout = number(word);
		return 0;
	case 'M':
		cmd->svc.plen = prefix(word);
		return 0;
	case 'w':
		cmd->dest.weight = (int32_t)number(word);
		return 0;
	case 'x':
		cmd->dest.u_threshold = number(word);
		return 0;
	case 'y':
		cmd->dest.l_threshold = number(word);
		return 0;
	default:
		return LVS_ERR_PROTO;
	}
}

/* An option without argument; false: it is not one. */
static bool bare(struct command *cmd, char opt)
{
	switch (opt) {
	case 'A':
	case 'E':
	case 'D':
	case 'a':
	case 'e':
	case 'd':
		cmd->verb = opt;
		return true;
	case 'm':
		cmd->dest.method = LVS_METHOD_NAT;
		return true;
	case 'g':
		cmd->dest.method = LVS_METHOD_DR;
		return true;
	case 'i':
		cmd->dest.method = LVS_METHOD_TUN;
		return true;
	case 'o':
		cmd->svc.flags |= LVS_SVC_ONEPACKET;
		return true;
	default:
		return opt == '6';
	}
}

static int parse(const struct golden *g, char *line, struct command *cmd)
{
	char *rest, *word = strtok_r(line, " ", &rest);

	for (; word; word = strtok_r(NULL, " ", &rest)) {
		const char *arg;
		int err;

		if (!strcmp(word, "@SVC")) {
			service(g, cmd, 't', word);
			continue;
		}
		if (word[0] != '-' || !word[1] || word[2])
			return LVS_ERR_PROTO;
		if (bare(cmd, word[1]))
			continue;
		arg = strtok_r(NULL, " ", &rest);
		err = arg ? option(g, cmd, word[1], arg) : LVS_ERR_PROTO;
		if (err)
			return err;
	}
	return 0;
}

static int execute(const struct command *cmd, struct lvs_director *dir)
{
	const struct lvs_service_id *id = &cmd->svc.id;

	switch (cmd->verb) {
	case 'A':
		return lvs_service_add(dir, &cmd->svc);
	case 'E':
		return lvs_service_edit(dir, &cmd->svc);
	case 'D':
		return lvs_service_del(dir, id);
	case 'a':
		return lvs_dest_add(dir, id, &cmd->dest);
	case 'e':
		return lvs_dest_edit(dir, id, &cmd->dest);
	case 'd':
		return lvs_dest_del(dir, id, &cmd->dest.id);
	default:
		return LVS_ERR_PROTO;
	}
}

int golden_command(const struct golden *g, struct lvs_director *dir,
		   const char *line)
{
	struct command cmd = {
		.svc = LVS_OPTS(struct lvs_service_conf),
		.dest = LVS_OPTS(struct lvs_dest_conf),
	};
	char *copy = strdup(line);
	int err;

	if (!copy)
		return LVS_ERR_NOMEM;
	cmd.dest.weight = 1;
	err = parse(g, copy, &cmd);
	free(copy);
	return err ? err : execute(&cmd, dir);
}
