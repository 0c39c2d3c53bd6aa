/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_mark.c - fwmark sections: which packets get which mark.
 */
#include "conf_reader.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct conf_choice protocols[] = {
	{ "tcp", IPPROTO_TCP },
	{ "udp", IPPROTO_UDP },
	{ "sctp", IPPROTO_SCTP },
	{ NULL, 0 },
};

/* A match in pieces, cut out of a copy. */
struct pieces {
	char text[128];
	char *protocol;
	char *addr;
	char *plen;  /* NULL: there is none */
	char *ports; /* NULL: all */
};

/* "[ADDRESS/LENGTH]:PORTS", "ADDRESS/LENGTH:PORTS"; the ends may be missing. */
static bool cut_endpoint(struct pieces *p)
{
	char *colon = strchr(p->addr, ':'), *end;

	if (*p->addr == '[') {
		p->addr++;
		end = strchr(p->addr, ']');
		if (!end || (end[1] && end[1] != ':'))
			return false;
		colon = end[1] ? end + 1 : NULL;
		*end = '\0';
	} else if (colon && strchr(colon + 1, ':')) {
		/* Several are all the address's. */
		colon = NULL;
	}
	if (colon) {
		*colon = '\0';
		p->ports = colon + 1;
	}
	p->plen = strchr(p->addr, '/');
	if (p->plen)
		*p->plen++ = '\0';
	return true;
}

static bool cut(const char *text, struct pieces *p)
{
	size_t len = strcspn(text, " \t");

	*p = (struct pieces){ .protocol = p->text };
	if (!text[len] || strlen(text) >= sizeof(p->text))
		return false;
	memcpy(p->text, text, strlen(text) + 1);
	p->text[len] = '\0';
	p->addr = p->text + len + 1;
	p->addr += strspn(p->addr, " \t");
	return cut_endpoint(p);
}

/* All of TEXT as a number up to MAX. */
static bool read_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return !errno && *out <= max && (!*end || *end == '-');
}

/* "80", "5000-5999". */
static bool read_ports(const char *text, struct lvs_mark_rule *rule)
{
	const char *dash = strchr(text, '-');
	unsigned long min, max;

	if (!read_number(text, UINT16_MAX, &min))
		return false;
	max = min;
	if (dash &&
	    (!read_number(dash + 1, UINT16_MAX, &max) || strchr(dash + 1, '-')))
		return false;
	rule->port_min = (uint16_t)min;
	rule->port_max = (uint16_t)max;
	return min > 0 && min <= max;
}

static bool read_match(const char *text, struct lvs_mark_rule *rule)
{
	unsigned long plen;
	struct pieces p;

	if (!cut(text, &p) || lvs_addr_parse(p.addr, &rule->addr) != 0)
		return false;
	for (const struct conf_choice *c = protocols; c->name; c++)
		if (strcasecmp(c->name, p.protocol) == 0)
			rule->protocol = (uint8_t)c->value;
	plen = lvs_family_bits(rule->addr.family);
	if (p.plen &&
	    (strchr(p.plen, '-') || !read_number(p.plen, plen, &plen)))
		return false;
	rule->plen = (uint8_t)plen;
	rule->port_max = UINT16_MAX;
	return rule->protocol && (!p.ports || read_ports(p.ports, rule));
}

/* What is well-formed and does not make sense. */
static void check_address(struct conf_reader *rd, const struct conf_word *word,
			  const struct lvs_mark_rule *rule)
{
	struct lvs_addr net = lvs_addr_mask(&rule->addr, rule->plen);
	char name[LVS_ADDR_STRLEN], right[LVS_ADDR_STRLEN];

	if (!lvs_addr_equal(&net, &rule->addr))
		conf_error(rd, word->line,
			   "match \"%s\": %s/%u is an address in a network: "
			   "%s/%u is expected, or the address alone",
			   word->text,
			   lvs_addr_format(&rule->addr, name, sizeof(name)),
			   rule->plen,
			   lvs_addr_format(&net, right, sizeof(right)),
			   rule->plen);
	else if (rule->plen == lvs_family_bits(net.family) &&
		 !lvs_addr_is_unicast(&net))
		conf_error(rd, word->line,
			   "match \"%s\": not an address of a single host",
			   word->text);
}

static bool covers(const struct lvs_mark_rule *wide,
		   const struct lvs_mark_rule *rule)
{
	struct lvs_addr net = lvs_addr_mask(&rule->addr, wide->plen);

	return wide->protocol == rule->protocol && wide->plen <= rule->plen &&
	       lvs_addr_equal(&net, &wide->addr) &&
	       wide->port_min <= rule->port_min &&
	       rule->port_max <= wide->port_max;
}

/* The first one that fits counts, so one behind another is never asked. */
static void check_order(struct conf_reader *rd, const struct conf *cfg,
			const struct conf_word *word,
			const struct lvs_mark_rule *rule)
{
	for (size_t i = 0; i < cfg->num_matches; i++) {
		const struct conf_match *before = &cfg->matches[i];

		if (!covers(&before->rule, rule))
			continue;
		conf_error(rd, word->line,
			   "match \"%s\": never reached, as the match on line "
			   "%d has all of it: put it before that one",
			   word->text, before->line);
		return;
	}
}

static void read_word(struct conf_reader *rd, const struct conf_word *word,
		      uint32_t mark, struct conf *cfg)
{
	struct conf_match match = { .line = word->line, .rule.mark = mark };
	unsigned before = rd->errors;

	if (!read_match(word->text, &match.rule)) {
		conf_error(rd, word->line,
			   "match \"%s\": \"tcp ADDRESS:PORT\" is expected, "
			   "with tcp, udp or sctp, and numbers only; "
			   "networks and ranges as \"udp "
			   "10.0.0.0/24:5000-5999\", IPv6 as \"tcp "
			   "[2001:db8::/64]:80\"",
			   word->text);
		return;
	}
	check_address(rd, word, &match.rule);
	if (rd->errors == before)
		check_order(rd, cfg, word, &match.rule);
	if (rd->errors == before)
		cfg->matches[cfg->num_matches++] = match;
}

static bool read_title(struct conf_reader *rd, cfg_t *sec, uint32_t *mark)
{
	const char *title = cfg_title(sec);

	if (conf_mark_number(title, mark))
		return true;
	conf_error(rd, conf_line(sec),
		   "fwmark \"%s\": a mark from 1 to %u is expected", title,
		   UINT32_MAX);
	return false;
}

void conf_fwmark(struct conf_reader *rd, cfg_t *sec, struct conf *cfg)
{
	unsigned count = cfg_size(sec, "match");
	struct conf_match *matches;
	uint32_t mark;

	if (!read_title(rd, sec, &mark))
		return;
	if (count == 0)
		conf_error(
			rd, conf_line(sec),
			"fwmark %u: match = { \"tcp ADDRESS:PORT\", ... } is "
			"expected",
			mark);
	matches = realloc(cfg->matches,
			  (cfg->num_matches + count + 1) * sizeof(*matches));
	if (!matches) {
		conf_error(rd, 0, "%s", lvs_strerror(LVS_ERR_NOMEM));
		return;
	}
	cfg->matches = matches;
	for (unsigned i = 0; i < count; i++)
		read_word(rd, cfg_getnptr(sec, "match", i), mark, cfg);
}
