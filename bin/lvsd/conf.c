/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf.c - lvsd.conf(5) from file to struct conf: what stands outside of
 * virtual services, and the order of the steps.
 */
#include "conf.h"
#include "conf_reader.h"
#include <lvs/ctl.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MAX    (31u * 24 * 60 * 60) /* seconds, as IPVS */
#define BUSY_POLL      50		    /* microseconds */
#define BUSY_POLL_MAX  1000000
#define FAST_FLOWS     65536
#define FAST_FLOWS_MAX (1u << 24) /* as lvs/fastpath.h */

static const struct conf_choice conflicts[] = {
	{ "claim", CONFLICTS_CLAIM },
	{ "refuse", CONFLICTS_REFUSE },
	{ "warn", CONFLICTS_WARN },
	{ NULL, 0 },
};

static const struct conf_choice fast_paths[] = {
	{ "auto", FAST_PATH_AUTO },
	{ "yes", FAST_PATH_YES },
	{ "no", FAST_PATH_NO },
	{ NULL, 0 },
};

static char *copy_text(struct conf_reader *rd, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		conf_error(rd, 0, "%s", lvs_strerror(LVS_ERR_NOMEM));
	return copy;
}

static void *new_array(struct conf_reader *rd, size_t count, size_t size)
{
	void *array = calloc(count ? count : 1, size);

	if (!array)
		conf_error(rd, 0, "%s", lvs_strerror(LVS_ERR_NOMEM));
	return array;
}

static void read_timeouts(struct conf_reader *rd, cfg_t *sec,
			  struct lvs_timeouts *timeouts)
{
	/* What a new director has; a file that lost a line goes back to it. */
	*timeouts = (struct lvs_timeouts){
		.tcp = 900,
		.tcp_fin = 120,
		.udp = 300,
	};
	conf_number(rd, sec, "tcp", 1, TIMEOUT_MAX, &timeouts->tcp);
	conf_number(rd, sec, "tcp_fin", 1, TIMEOUT_MAX, &timeouts->tcp_fin);
	conf_number(rd, sec, "udp", 1, TIMEOUT_MAX, &timeouts->udp);
}

/* Those of lvs/port.h that an interface of a host can be opened through. */
static const char *const backends[] = { "af_packet", "raw", NULL };

static const char *backend_at(const void *ctx, size_t index)
{
	(void)ctx;
	return backends[index];
}

static const struct lvs_backend *find_backend(const char *name)
{
	for (size_t i = 0; backends[i]; i++)
		if (strcmp(backends[i], name) == 0)
			return lvs_backend_find(name);
	return NULL;
}

static void read_interface(struct conf_reader *rd, cfg_t *sec,
			   struct conf_interface *ifc)
{
	const struct conf_word *word = conf_word(sec, "backend");
	const char *name = word ? word->text : "af_packet";
	const char *title = cfg_title(sec);
	size_t len = strlen(title);
	char allowed[200];

	ifc->line = conf_line(sec);
	ifc->backend = find_backend(name);
	if (!ifc->backend) {
		conf_list_names(allowed, sizeof(allowed), backend_at, NULL);
		conf_error(rd, word ? word->line : ifc->line,
			   "backend = %s: one of %s is expected", name,
			   allowed);
	}
	if (len == 0 || len >= sizeof(ifc->name) || strpbrk(title, "/ \t"))
		conf_error(rd, ifc->line,
			   "interface \"%s\": a name of 1 to %zu bytes "
			   "without space or slash is expected",
			   title, sizeof(ifc->name) - 1);
	else
		memcpy(ifc->name, title, len + 1);
}

static void read_top(struct conf_reader *rd, cfg_t *top, struct conf *cfg)
{
	const struct conf_word *socket = conf_word(top, "socket");
	const struct conf_word *user = conf_word(top, "user");
	uint32_t value;

	cfg->path = copy_text(rd, rd->path);
	cfg->socket = copy_text(rd, socket ? socket->text : LVS_CTL_SOCKET);
	if (socket && socket->text[0] != '/')
		conf_error(rd, socket->line,
			   "socket = %s: a path that begins with / is expected",
			   socket->text);
	if (user)
		cfg->user = copy_text(rd, user->text);
	conf_number(rd, top, "connection_limit", 0, UINT32_MAX,
		    &cfg->connection_limit);
	cfg->busy_poll = BUSY_POLL;
	conf_number(rd, top, "busy_poll", 0, BUSY_POLL_MAX, &cfg->busy_poll);
	cfg->huge_pages = true;
	conf_bool(rd, top, "huge_pages", &cfg->huge_pages);
	conf_bool(rd, top, "mss_clamp", &cfg->mss_clamp);
	if (conf_choice(rd, top, "kernel_conflicts", conflicts, &value))
		cfg->conflicts = (enum conf_conflicts)value;
	if (conf_choice(rd, top, "fast_path", fast_paths, &value))
		cfg->fast_path = (enum conf_fast_path)value;
	cfg->fast_flows = FAST_FLOWS;
	conf_number(rd, top, "fast_flows", 1, FAST_FLOWS_MAX, &cfg->fast_flows);
	cfg->announce = true;
	conf_bool(rd, top, "announce", &cfg->announce);
	read_timeouts(rd, cfg_getsec(top, "timeouts"), &cfg->timeouts);
}

static void read_sections(struct conf_reader *rd, cfg_t *top, struct conf *cfg)
{
	unsigned interfaces = cfg_size(top, "interface");
	unsigned services = cfg_size(top, "virtual_service");

	cfg->interfaces = new_array(rd, interfaces, sizeof(*cfg->interfaces));
	cfg->services = new_array(rd, services, sizeof(*cfg->services));
	if (!cfg->interfaces || !cfg->services)
		return;
	cfg->num_interfaces = interfaces;
	for (unsigned i = 0; i < interfaces; i++)
		read_interface(rd, cfg_getnsec(top, "interface", i),
			       &cfg->interfaces[i]);
	for (unsigned i = 0; i < cfg_size(top, "fwmark"); i++)
		conf_fwmark(rd, cfg_getnsec(top, "fwmark", i), cfg);
	cfg->num_services = services;
	for (unsigned i = 0; i < services; i++)
		conf_service(rd, cfg_getnsec(top, "virtual_service", i),
			     &cfg->services[i]);
}

/* What fast_path = yes takes, as far as the file says. */
static void check_fast_path(struct conf_reader *rd, cfg_t *top,
			    const struct conf *cfg)
{
	int line;

	if (cfg->fast_path != FAST_PATH_YES || cfg->num_interfaces == 0)
		return;
	line = conf_word(top, "fast_path")->line;
	if (cfg->conflicts != CONFLICTS_CLAIM)
		conf_error(rd, line,
			   "fast_path = yes: kernel_conflicts = claim is "
			   "expected with it");
	if (!conf_has_af_packet(cfg))
		conf_error(rd, line,
			   "fast_path = yes: an interface with backend = "
			   "af_packet is expected with it");
}

static struct conf *read_tree(struct conf_reader *rd, cfg_t *top)
{
	struct conf *cfg = new_array(rd, 1, sizeof(*cfg));

	if (!cfg)
		return NULL;
	read_top(rd, top, cfg);
	read_sections(rd, top, cfg);
	check_fast_path(rd, top, cfg);
	if (!rd->errors)
		conf_trial(rd, cfg);
	if (!rd->errors)
		return cfg;
	conf_free(cfg);
	return NULL;
}

struct conf *conf_load(const char *path, const struct lvs_log *log)
{
	struct conf_reader rd = { .path = path, .log = log };
	struct conf *cfg = NULL;
	char *text = conf_text(&rd);
	cfg_t *top = text ? conf_syntax(&rd, text) : NULL;

	if (top) {
		cfg = read_tree(&rd, top);
		cfg_free(top);
	}
	free(text);
	return cfg;
}

void conf_free(struct conf *cfg)
{
	if (!cfg)
		return;
	for (size_t i = 0; i < cfg->num_services; i++)
		free(cfg->services[i].dests);
	free(cfg->services);
	free(cfg->matches);
	free(cfg->interfaces);
	free(cfg->user);
	free(cfg->socket);
	free(cfg->path);
	free(cfg);
}

static bool same_service(const struct lvs_service_id *a,
			 const struct lvs_service_id *b)
{
	return lvs_addr_equal(&a->addr, &b->addr) && a->fwmark == b->fwmark &&
	       a->port == b->port && a->protocol == b->protocol;
}

const struct conf_service *conf_find_service(const struct conf *cfg,
					     const struct lvs_service_id *id)
{
	for (size_t i = 0; i < cfg->num_services; i++)
		if (same_service(&cfg->services[i].conf.id, id))
			return &cfg->services[i];
	return NULL;
}

const struct conf_dest *conf_find_dest(const struct conf_service *svc,
				       const struct lvs_dest_id *id)
{
	for (size_t i = 0; i < svc->num_dests; i++)
		if (lvs_addr_equal(&svc->dests[i].conf.id.addr, &id->addr) &&
		    svc->dests[i].conf.id.port == id->port)
			return &svc->dests[i];
	return NULL;
}

bool conf_is_af_packet(const struct lvs_backend *backend)
{
	return strcmp(backend->name, "af_packet") == 0;
}

bool conf_has_af_packet(const struct conf *cfg)
{
	for (size_t i = 0; i < cfg->num_interfaces; i++)
		if (conf_is_af_packet(cfg->interfaces[i].backend))
			return true;
	return false;
}

bool conf_match_is_for(const struct conf_match *match,
		       const struct lvs_service_id *id)
{
	return match->rule.mark == id->fwmark &&
	       match->rule.addr.family == id->addr.family;
}

bool conf_has_match(const struct conf *cfg, const struct lvs_service_id *id)
{
	for (size_t i = 0; i < cfg->num_matches; i++)
		if (conf_match_is_for(&cfg->matches[i], id))
			return true;
	return false;
}
