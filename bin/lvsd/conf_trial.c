/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * conf_trial.c - a configuration tried in a director that forwards nothing.
 *
 * What the director takes and what not is the library's to know; asking it
 * beforehand is how a file that cannot be applied changes nothing.
 */
#include "apply.h"
#include "conf_reader.h"
#include "name.h"

static void refused_service(struct conf_reader *rd, const struct conf *cfg,
			    const struct conf_service *svc, int err)
{
	char name[NAME_STRLEN];

	name_of(&svc->conf.id, NULL, name, sizeof(name));
	if (err == LVS_ERR_EXIST)
		conf_error(rd, svc->line, "%s: given before, on line %d", name,
			   conf_find_service(cfg, &svc->conf.id)->line);
	else if (err == LVS_ERR_NOENT)
		conf_error(rd, svc->line,
			   "%s: persistence_engine = %s: no such engine", name,
			   svc->conf.pe);
	else
		conf_error(rd, svc->line, "%s: %s", name, lvs_strerror(err));
}

static void refused_dest(struct conf_reader *rd, const struct conf_service *svc,
			 const struct conf_dest *dest, int err)
{
	char name[NAME_STRLEN];

	name_of(&svc->conf.id, &dest->conf.id, name, sizeof(name));
	if (err == LVS_ERR_EXIST)
		conf_error(rd, dest->line, "%s: given before, on line %d", name,
			   conf_find_dest(svc, &dest->conf.id)->line);
	else
		conf_error(rd, dest->line, "%s: %s", name, lvs_strerror(err));
}

static void try_service(struct conf_reader *rd, const struct conf *cfg,
			const struct conf_service *svc,
			struct lvs_director *dir)
{
	int err = lvs_service_add(dir, &svc->conf);

	if (err) {
		refused_service(rd, cfg, svc, err);
		return;
	}
	for (size_t i = 0; i < svc->num_dests; i++) {
		err = lvs_dest_add(dir, &svc->conf.id, &svc->dests[i].conf);
		if (err)
			refused_dest(rd, svc, &svc->dests[i], err);
	}
}

static void try_matches(struct conf_reader *rd, const struct conf *cfg,
			struct lvs_director *dir)
{
	int err = apply_matches(dir, cfg);

	if (err == LVS_ERR_NOSPC)
		conf_error(rd, cfg->matches[LVS_MARK_RULES_MAX].line,
			   "match: this one is one more than the %d that there "
			   "may be; networks and ranges of ports make one of "
			   "several",
			   LVS_MARK_RULES_MAX);
	else if (err)
		conf_error(rd, 0, "fwmark: %s", lvs_strerror(err));
}

void conf_trial(struct conf_reader *rd, const struct conf *cfg)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_director *dir;
	int err = lvs_director_new(&opts, &dir);

	if (err) {
		conf_error(rd, 0, "%s", lvs_strerror(err));
		return;
	}
	for (size_t i = 0; i < cfg->num_services; i++)
		try_service(rd, cfg, &cfg->services[i], dir);
	try_matches(rd, cfg, dir);
	err = lvs_director_set_timeouts(dir, &cfg->timeouts);
	if (err)
		conf_error(rd, 0, "timeouts: %s", lvs_strerror(err));
	lvs_director_free(dir);
}
