/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_service.c - virtual_service and real_server sections.
 *
 * Checked here is what can be said better with the file at hand than by the
 * director, which has the last word (conf_trial.c).
 */
#include "conf_reader.h"
#include <lvs/sched.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PERSISTENCE_MAX (31u * 24 * 60 * 60) /* seconds, as IPVS */
#define SLOW_START_MAX	(31u * 24 * 60 * 60) /* seconds */
#define WEIGHT_MAX	65535u
#define THRESHOLD_MAX	2147483647u

static const struct conf_choice protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
	{ NULL, 0 },
};

static const struct conf_choice families[] = {
	{ "inet", AF_INET },
	{ "inet6", AF_INET6 },
	{ NULL, 0 },
};

static const struct conf_choice methods[] = {
	{ "nat", LVS_METHOD_NAT },
	{ "dr", LVS_METHOD_DR },
	{ "tun", LVS_METHOD_TUN },
	{ NULL, 0 },
};

static const struct conf_choice tunnels[] = {
	{ "ipip", LVS_TUN_IPIP },
	{ "gue", LVS_TUN_GUE },
	{ "gre", LVS_TUN_GRE },
	{ NULL, 0 },
};

static const struct conf_choice checksums[] = {
	{ "nocsum", LVS_TUN_NOCSUM },
	{ "csum", LVS_TUN_CSUM },
	{ "remcsum", LVS_TUN_REMCSUM },
	{ NULL, 0 },
};

/* "tcp 10.0.0.100:80", "udp [2001:db8::1]:53" */
static bool read_address(struct conf_reader *rd, int line, const char *title,
			 const char *endpoint, struct lvs_service_id *id)
{
	size_t len = strcspn(title, " \t");

	for (const struct conf_choice *p = protocols; p->name; p++)
		if (strlen(p->name) == len &&
		    strncasecmp(p->name, title, len) == 0)
			id->protocol = (uint8_t)p->value;
	if (id->protocol &&
	    lvs_endpoint_parse(endpoint, &id->addr, &id->port) == 0)
		return true;
	conf_error(rd, line,
		   "virtual_service \"%s\": \"tcp ADDRESS:PORT\" is expected, "
		   "with tcp, udp or sctp, numbers only and an IPv6 address "
		   "in brackets; or \"fwmark NUMBER\"",
		   title);
	return false;
}

/* Its family: a second word of the title TEXT, or ip_family's, or IPv4. */
static bool read_mark_family(struct conf_reader *rd, cfg_t *sec,
			     const char *text, uint32_t *family)
{
	const struct conf_word *word = conf_word(sec, "ip_family");
	uint32_t other;

	*family = AF_INET;
	conf_choice(rd, sec, "ip_family", families, family);
	if (!*text)
		return true;
	for (const struct conf_choice *f = families; f->name; f++) {
		if (strcasecmp(f->name, text) != 0)
			continue;
		other = *family;
		*family = f->value;
		if (word && other != *family)
			conf_error(rd, word->line,
				   "ip_family = %s: its title says %s",
				   word->text, text);
		return true;
	}
	return false;
}

/* "fwmark 7", "fwmark 7 inet6". */
static bool read_fwmark(struct conf_reader *rd, cfg_t *sec, const char *text,
			struct lvs_service_id *id)
{
	size_t len = strcspn(text, " \t");
	uint32_t family;
	char number[32];

	snprintf(number, sizeof(number), "%.*s", (int)len, text);
	text += len + strspn(text + len, " \t");
	if (len >= sizeof(number) || !conf_mark_number(number, &id->fwmark) ||
	    !read_mark_family(rd, sec, text, &family)) {
		conf_error(rd, conf_line(sec),
			   "virtual_service \"%s\": a mark from 1 to %u is "
			   "expected, and inet or inet6 behind it or nothing",
			   cfg_title(sec), UINT32_MAX);
		return false;
	}
	id->addr.family = (uint16_t)family;
	return true;
}

static bool read_title(struct conf_reader *rd, cfg_t *sec,
		       struct lvs_service_id *id)
{
	const char *title = cfg_title(sec);
	size_t len = strcspn(title, " \t");
	const char *rest = title + len + strspn(title + len, " \t");
	const struct conf_word *word = conf_word(sec, "ip_family");

	if (len == strlen("fwmark") && strncasecmp(title, "fwmark", len) == 0)
		return read_fwmark(rd, sec, rest, id);
	if (word)
		conf_error(rd, word->line,
			   "ip_family: only for a fwmark service; this one's "
			   "address says it");
	return read_address(rd, conf_line(sec), title, rest, id);
}

/* The INDEX-th that has all traits of *CTX, which may be none. */
static const char *scheduler_at(const void *ctx, size_t index)
{
	const uint32_t traits = *(const uint32_t *)ctx;
	const struct lvs_scheduler *sched;

	for (size_t i = 0; (sched = lvs_scheduler_at(i)); i++)
		if ((sched->traits & traits) == traits && index-- == 0)
			return sched->name;
	return NULL;
}

static void read_scheduler(struct conf_reader *rd, cfg_t *sec,
			   struct lvs_service_conf *conf)
{
	const struct conf_word *word = conf_word(sec, "scheduler");
	const char *name = word ? word->text : "wlc";
	const uint32_t any = 0;
	char allowed[400];

	if (lvs_scheduler_find(name)) {
		snprintf(conf->scheduler, sizeof(conf->scheduler), "%s", name);
		return;
	}
	conf_list_names(allowed, sizeof(allowed), scheduler_at, &any);
	conf_error(rd, word ? word->line : conf_line(sec),
		   "scheduler = %s: one of %s is expected", name, allowed);
}

static const char *flag_at(const void *ctx, size_t index)
{
	const struct lvs_sched_flag *flag = lvs_sched_flag_at(index);

	(void)ctx;
	return flag ? flag->name : NULL;
}

static void read_flag(struct conf_reader *rd, const struct conf_word *word,
		      struct lvs_service_conf *conf)
{
	const struct lvs_sched_flag *flag;
	char allowed[200];

	for (size_t i = 0; (flag = lvs_sched_flag_at(i)); i++) {
		if (strcmp(flag->name, word->text) != 0)
			continue;
		if (flag->scheduler && conf->scheduler[0] &&
		    strcmp(flag->scheduler, conf->scheduler) != 0)
			conf_error(rd, word->line,
				   "flags: %s is for scheduler %s only, and "
				   "this service has %s",
				   word->text, flag->scheduler,
				   conf->scheduler);
		conf->flags |= flag->flag;
		return;
	}
	conf_list_names(allowed, sizeof(allowed), flag_at, NULL);
	conf_error(rd, word->line, "flags: %s: one of %s is expected",
		   word->text, allowed);
}

/* A prefix length, or an IPv4 netmask without holes, into *PLEN. */
static bool parse_granularity(const char *text, uint16_t family, uint32_t *plen)
{
	unsigned bits = lvs_family_bits(family);
	struct lvs_addr mask;
	unsigned long number;
	char *end;

	if (family == AF_INET && lvs_addr_parse(text, &mask) == 0 &&
	    mask.family == AF_INET) {
		uint32_t host = ~ntohl(mask.ip.v4_be);

		*plen = host ? (uint32_t)__builtin_clz(host) : 32;
		return (host & (host + 1)) == 0 && *plen > 0;
	}
	if (*text < '1' || *text > '9')
		return false;
	number = strtoul(text, &end, 10);
	*plen = (uint32_t)number;
	return !*end && number <= bits;
}

static void read_persistence(struct conf_reader *rd, cfg_t *sec,
			     struct lvs_service_conf *conf)
{
	const struct conf_word *mask, *engine;

	conf->plen = lvs_family_bits(conf->id.addr.family);
	if (conf_number(rd, sec, "persistence_timeout", 1, PERSISTENCE_MAX,
			&conf->timeout))
		conf->flags |= LVS_SVC_PERSISTENT;
	mask = conf_word(sec, "persistence_granularity");
	engine = conf_word(sec, "persistence_engine");
	if (!conf_word(sec, "persistence_timeout")) {
		if (mask || engine)
			conf_error(rd, mask ? mask->line : engine->line,
				   "%s: only together with persistence_timeout",
				   mask ? "persistence_granularity"
					: "persistence_engine");
		return;
	}
	if (mask &&
	    !parse_granularity(mask->text, conf->id.addr.family, &conf->plen))
		conf_error(rd, mask->line,
			   "persistence_granularity = %s: a prefix length "
			   "from 1 to %u%s is expected",
			   mask->text, lvs_family_bits(conf->id.addr.family),
			   conf->id.addr.family == AF_INET ? ", or a netmask,"
							   : "");
	if (engine && strlen(engine->text) >= sizeof(conf->pe))
		conf_error(rd, engine->line,
			   "persistence_engine = %s: no such engine",
			   engine->text);
	else if (engine)
		snprintf(conf->pe, sizeof(conf->pe), "%s", engine->text);
}

static bool is_prime(uint32_t number)
{
	for (uint32_t d = 2; d * d <= number; d++)
		if (number % d == 0)
			return false;
	return number > 1;
}

/* The largest number that is allowed is one. */
static void check_prime(struct conf_reader *rd, cfg_t *sec, uint32_t size)
{
	uint32_t prime = size;

	while (!is_prime(prime))
		prime++;
	if (prime != size)
		conf_error(rd, conf_word(sec, "table_size")->line,
			   "table_size = %u: a prime is expected; the next "
			   "one is %u",
			   size, prime);
}

/* What not every scheduler can do. */
static void read_traits(struct conf_reader *rd, cfg_t *sec,
			struct lvs_service_conf *conf)
{
	static const struct {
		const char *name;
		uint32_t max, trait;
	} words[] = {
		{ "table_size", LVS_TABLE_SIZE_MAX, LVS_SCHED_SIZED },
		{ "slow_start", SLOW_START_MAX, LVS_SCHED_SLOW_START },
	};
	uint32_t *const values[] = { &conf->table_size, &conf->slow_start };
	const struct lvs_scheduler *sched = lvs_scheduler_find(conf->scheduler);
	char able[200];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!conf_number(rd, sec, words[i].name, 1, words[i].max,
				 values[i]) ||
		    !sched || sched->traits & words[i].trait)
			continue;
		conf_list_names(able, sizeof(able), scheduler_at,
				&words[i].trait);
		conf_error(rd, conf_word(sec, words[i].name)->line,
			   "%s: not for scheduler %s, only for one of %s",
			   words[i].name, sched->name, able);
	}
	if (conf->table_size)
		check_prime(rd, sec, conf->table_size);
}

static void read_service_options(struct conf_reader *rd, cfg_t *sec,
				 struct lvs_service_conf *conf)
{
	bool one_packet = false;

	read_scheduler(rd, sec, conf);
	for (unsigned i = 0; i < cfg_size(sec, "flags"); i++)
		read_flag(rd, cfg_getnptr(sec, "flags", i), conf);
	read_traits(rd, sec, conf);
	read_persistence(rd, sec, conf);
	conf_bool(rd, sec, "one_packet", &one_packet);
	if (one_packet && !conf->id.fwmark && conf->id.protocol != IPPROTO_UDP)
		conf_error(rd, conf_word(sec, "one_packet")->line,
			   "one_packet: only for udp and fwmark services");
	if (one_packet)
		conf->flags |= LVS_SVC_ONEPACKET;
	if (!conf->id.fwmark && !conf->id.port &&
	    !(conf->flags & LVS_SVC_PERSISTENT))
		conf_error(rd, conf_line(sec),
			   "virtual_service \"%s\": a service for all ports "
			   "needs persistence_timeout",
			   cfg_title(sec));
}

/* What SEC says of a real server, over what CONF says already. */
static void read_dest_options(struct conf_reader *rd, cfg_t *sec,
			      struct lvs_dest_conf *conf)
{
	uint32_t value;

	if (conf_number(rd, sec, "weight", 0, WEIGHT_MAX, &value))
		conf->weight = (int32_t)value;
	if (conf_choice(rd, sec, "method", methods, &value))
		conf->method = (uint8_t)value;
	conf_number(rd, sec, "upper_threshold", 0, THRESHOLD_MAX,
		    &conf->u_threshold);
	conf_number(rd, sec, "lower_threshold", 0, THRESHOLD_MAX,
		    &conf->l_threshold);
	if (conf_choice(rd, sec, "tunnel", tunnels, &value))
		conf->tun_type = (uint8_t)value;
	if (conf_number(rd, sec, "tunnel_port", 1, 65535, &value))
		conf->tun_port = (uint16_t)value;
	if (conf_choice(rd, sec, "tunnel_checksum", checksums, &value))
		conf->tun_flags = (uint16_t)value;
}

/*
 * As ipvsadm has it: NAT may change the port; DR and tunnels cannot, so they
 * have the service's.  Of a fwmark service every packet may have its own.
 */
static void settle_port(struct conf_reader *rd, cfg_t *sec,
			const struct lvs_service_id *svc,
			struct lvs_dest_conf *conf)
{
	bool keeps = conf->method != LVS_METHOD_NAT;

	if (svc->fwmark) {
		if (keeps)
			conf->id.port = 0;
		return;
	}
	if (keeps && conf->id.port && conf->id.port != svc->port)
		conf_error(rd, conf_line(sec),
			   "real_server \"%s\": only method nat can change "
			   "the port; leave it out",
			   cfg_title(sec));
	if (keeps || !conf->id.port)
		conf->id.port = svc->port;
}

static void check_dest(struct conf_reader *rd, cfg_t *sec,
		       const struct lvs_service_id *svc,
		       const struct lvs_dest_conf *conf)
{
	const char *title = cfg_title(sec);
	int line = conf_line(sec);

	if (!lvs_addr_is_unicast(&conf->id.addr))
		conf_error(rd, line,
			   "real_server \"%s\": not an address of a single "
			   "host",
			   title);
	if (conf->id.addr.family != svc->addr.family &&
	    conf->method != LVS_METHOD_TUN)
		conf_error(rd, line,
			   "real_server \"%s\": an %s address is expected, as "
			   "the service has; only method tun can mix families",
			   title,
			   svc->addr.family == AF_INET ? "IPv4" : "IPv6");
	if (conf->l_threshold > conf->u_threshold)
		conf_error(rd, line,
			   "real_server \"%s\": lower_threshold %u is above "
			   "upper_threshold %u",
			   title, conf->l_threshold, conf->u_threshold);
	if (conf->method != LVS_METHOD_TUN)
		return;
	if (conf->tun_type == LVS_TUN_GUE && !conf->tun_port)
		conf_error(rd, line,
			   "real_server \"%s\": tunnel = gue needs tunnel_port",
			   title);
	if (conf->tun_type == LVS_TUN_IPIP && conf->tun_flags)
		conf_error(rd, line,
			   "real_server \"%s\": tunnel = ipip has no checksum",
			   title);
}

static void read_dest(struct conf_reader *rd, cfg_t *sec,
		      const struct lvs_service_id *svc,
		      const struct lvs_dest_conf *defaults,
		      struct conf_dest *dest)
{
	struct lvs_dest_conf *conf = &dest->conf;
	unsigned before = rd->errors;

	dest->line = conf_line(sec);
	*conf = *defaults;
	if (lvs_endpoint_parse(cfg_title(sec), &conf->id.addr,
			       &conf->id.port) != 0)
		conf_error(rd, dest->line,
			   "real_server \"%s\": \"ADDRESS:PORT\" or "
			   "\"ADDRESS\" is expected, numbers only, an IPv6 "
			   "address with a port in brackets",
			   cfg_title(sec));
	read_dest_options(rd, sec, conf);
	if (rd->errors != before)
		return;
	settle_port(rd, sec, svc, conf);
	check_dest(rd, sec, svc, conf);
}

void conf_service(struct conf_reader *rd, cfg_t *sec, struct conf_service *svc)
{
	struct lvs_dest_conf defaults = LVS_OPTS(struct lvs_dest_conf);
	unsigned count = cfg_size(sec, "real_server");

	svc->line = conf_line(sec);
	svc->conf = LVS_OPTS(struct lvs_service_conf);
	if (!read_title(rd, sec, &svc->conf.id))
		return;
	read_service_options(rd, sec, &svc->conf);
	defaults.weight = 1;
	defaults.method = LVS_METHOD_NAT;
	read_dest_options(rd, sec, &defaults);
	svc->dests = calloc(count ? count : 1, sizeof(*svc->dests));
	if (!svc->dests) {
		conf_error(rd, 0, "%s", lvs_strerror(LVS_ERR_NOMEM));
		return;
	}
	svc->num_dests = count;
	for (unsigned i = 0; i < count; i++)
		read_dest(rd, cfg_getnsec(sec, "real_server", i), &svc->conf.id,
			  &defaults, &svc->dests[i]);
}
