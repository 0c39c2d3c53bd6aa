/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_syntax.c - lvsd.conf's grammar for libconfuse.
 *
 * Every option's value is kept as a word with its line, so that what is wrong
 * with it can be said later, together with what else is wrong.
 */
#include "conf_reader.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * libconfuse forgets where a section began.  An option of this name, which is
 * not in any file, has a default; that is parsed, and its line kept, when the
 * section begins.
 */
#define BEGIN_NAME "(begin)"

/* Whose errors libconfuse reports: it hands on no pointer of ours. */
static struct conf_reader *reader;

/*
 * A second assignment frees the first without a word.  So the line of the
 * first is kept where an option of this type has nothing: its number.
 */
static int keep_word(cfg_t *cfg, cfg_opt_t *opt, const char *value,
		     void *result)
{
	struct conf_word *word;
	size_t size = strlen(value) + 1;

	if (opt->nvalues == 1 && opt->def.number) {
		cfg_error(cfg, "%s: given before, on line %ld", opt->name,
			  opt->def.number);
		return -1;
	}
	opt->def.number = cfg->line;
	word = malloc(sizeof(*word) + size);
	if (!word) {
		cfg_error(cfg, "%s", lvs_strerror(LVS_ERR_NOMEM));
		return -1;
	}
	word->line = cfg->line;
	memcpy(word->text, value, size);
	*(void **)result = word;
	return 0;
}

#define WORD(name)  CFG_PTR_CB(name, 0, CFGF_NODEFAULT, keep_word, free)
#define WORDS(name) CFG_PTR_LIST_CB(name, 0, CFGF_NODEFAULT, keep_word, free)
#define BEGIN()	    CFG_PTR_CB(BEGIN_NAME, "here", CFGF_NONE, keep_word, free)
#define TITLED(name, opts)                                                     \
	CFG_SEC(name, opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)

/* What a real server says, or its virtual service for all of them. */
#define DEST_WORDS                                                             \
	WORD("weight"), WORD("method"), WORD("upper_threshold"),               \
		WORD("lower_threshold"), WORD("tunnel"), WORD("tunnel_port"),  \
		WORD("tunnel_checksum")

static cfg_opt_t real_server[] = {
	DEST_WORDS,
	BEGIN(),
	CFG_END(),
};

static cfg_opt_t virtual_service[] = {
	WORD("scheduler"),
	WORDS("flags"),
	WORD("table_size"),
	WORD("slow_start"),
	WORD("ip_family"),
	WORD("one_packet"),
	WORD("persistence_timeout"),
	WORD("persistence_granularity"),
	WORD("persistence_engine"),
	DEST_WORDS,
	TITLED("real_server", real_server),
	BEGIN(),
	CFG_END(),
};

static cfg_opt_t interface[] = {
	WORD("backend"),
	BEGIN(),
	CFG_END(),
};

static cfg_opt_t fwmark[] = {
	WORDS("match"),
	BEGIN(),
	CFG_END(),
};

static cfg_opt_t timeouts[] = {
	WORD("tcp"),
	WORD("tcp_fin"),
	WORD("udp"),
	CFG_END(),
};

static cfg_opt_t top[] = {
	WORD("socket"),
	WORD("user"),
	WORD("connection_limit"),
	WORD("busy_poll"),
	WORD("huge_pages"),
	WORD("mss_clamp"),
	WORD("kernel_conflicts"),
	WORD("fast_path"),
	WORD("fast_flows"),
	WORD("announce"),
	CFG_SEC("timeouts", timeouts, CFGF_NONE),
	TITLED("interface", interface),
	TITLED("fwmark", fwmark),
	TITLED("virtual_service", virtual_service),
	CFG_END(),
};

/* The INDEX-th name that a file may use, of section options CTX. */
static const char *allowed_at(const void *ctx, size_t index)
{
	const cfg_opt_t *opt = ctx;

	for (; opt->name; opt++)
		if (strcmp(opt->name, BEGIN_NAME) != 0 && index-- == 0)
			return opt->name;
	return NULL;
}

/* What libconfuse found, and for an unknown name which ones there are. */
static void report(cfg_t *cfg, const char *fmt, va_list ap)
{
	static const char unknown[] = "no such option";
	char what[256], allowed[512];

	vsnprintf(what, sizeof(what), fmt, ap);
	if (strncmp(fmt, unknown, sizeof(unknown) - 1) != 0) {
		conf_error(reader, cfg->line, "%s", what);
		return;
	}
	conf_list_names(allowed, sizeof(allowed), allowed_at, cfg->opts);
	conf_error(reader, cfg->line, "%s: one of %s is expected", what,
		   allowed);
}

cfg_t *conf_syntax(struct conf_reader *rd, const char *text)
{
	cfg_t *cfg = cfg_init(top, CFGF_NONE);
	int err;

	if (!cfg) {
		conf_error(rd, 0, "%s", lvs_strerror(LVS_ERR_NOMEM));
		return NULL;
	}
	reader = rd;
	cfg_set_error_function(cfg, report);
	err = cfg_parse_buf(cfg, text);
	reader = NULL;
	if (err == CFG_SUCCESS && !rd->errors)
		return cfg;
	if (!rd->errors)
		conf_error(rd, 0, "cannot be parsed");
	cfg_free(cfg);
	return NULL;
}

const struct conf_word *conf_word(cfg_t *sec, const char *name)
{
	return cfg_size(sec, name) ? cfg_getnptr(sec, name, 0) : NULL;
}

int conf_line(cfg_t *sec)
{
	const struct conf_word *begin = conf_word(sec, BEGIN_NAME);

	return begin ? begin->line : 0;
}
