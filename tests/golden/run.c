/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - replays recordings of a real kernel's IPVS through the engine.
 *
 *	run DIRECTORY
 *
 * Every *.jsonl file in DIRECTORY is one test (TAP): all its cases choose
 * exactly the recorded real servers, and count their connections as IPVS did.
 * A case that asks for what this version does not do is not applicable, and
 * said to be so.
 */
#include "command.h"
#include "drive.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum outcome {
	PASSED,
	FAILED,
	NOT_APPLICABLE,
	OUTCOMES
};

/* A case being replayed, and the first thing that went wrong. */
struct replay {
	const struct golden *g;
	struct drive *drive;
	int counts[RS_MAX]; /* of choices, by real server */
	size_t conns;
	char why[200];
};

#define COMPLAIN(r, ...) snprintf((r)->why, sizeof((r)->why), __VA_ARGS__)

static json_int_t member(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool info_of(struct replay *r, const struct endpoint *rs,
		    struct lvs_dest_info *info)
{
	struct lvs_service_id svc = golden_service(r->g);
	struct lvs_dest_id id = { .addr = rs->addr, .port = rs->port };

	return lvs_dest_get(drive_director(r->drive), &svc, &id, info) == 0;
}

/* Active and other connections of every destination, -1 for a deleted one. */
static bool check_trace(struct replay *r, const json_t *row)
{
	size_t i;
	json_t *dest;

	json_array_foreach(r->g->dests, i, dest)
	{
		const struct endpoint *rs = &r->g->rs[member(dest, "rs")];
		const json_t *pair = json_array_get(row, i + 1);
		int active = (int)json_integer_value(json_array_get(pair, 0));
		int inact = (int)json_integer_value(json_array_get(pair, 1));
		struct lvs_dest_info info = { .conf.weight = 0 };
		bool there = info_of(r, rs, &info);

		if (there != (active >= 0) ||
		    (there && ((int)info.active != active ||
			       (int)info.inact != inact))) {
			COMPLAIN(r,
				 "after %zu connections rs %d has %d+%d, "
				 "not %d+%d",
				 r->conns, golden_rs(r->g, &rs->addr),
				 there ? (int)info.active : -1,
				 there ? (int)info.inact : -1, active, inact);
			return false;
		}
	}
	return true;
}

static const json_t *trace_row(const struct replay *r)
{
	size_t i;
	json_t *row;

	json_array_foreach(
		r->g->trace, i,
		row) if ((size_t)json_integer_value(json_array_get(row, 0)) ==
			 r->conns) return row;
	return NULL;
}

static bool do_conn(struct replay *r, size_t index)
{
	int expected = r->g->conns[index].chosen;
	int got = drive_conn(r->drive, index);
	const json_t *row;

	r->counts[got]++;
	r->conns++;
	if (r->g->random)
		return true;
	if (got != expected) {
		COMPLAIN(r, "connection %zu went to rs %d, not %d", index, got,
			 expected);
		return false;
	}
	row = trace_row(r);
	return !row || check_trace(r, row);
}

static bool do_cmd(struct replay *r, const char *cmd)
{
	int err = golden_command(r->g, drive_director(r->drive), cmd);

	if (!err)
		return true;
	COMPLAIN(r, "%s: %s", cmd, lvs_strerror(err));
	return false;
}

static bool do_step(struct replay *r, const struct step *step)
{
	switch (step->kind) {
	case STEP_CONN:
		return do_conn(r, step->index);
	case STEP_CLOSE:
		drive_close(r->drive, step->index);
		return true;
	case STEP_RST:
		drive_rst(r->drive, step->index);
		return true;
	case STEP_SLEEP:
		drive_sleep(r->drive, step->index);
		return true;
	case STEP_CMD:
		return do_cmd(r, step->cmd);
	}
	return false;
}

/* Destinations in the kernel's order, with their counts, at the end. */
static bool check_final(struct replay *r)
{
	struct lvs_service_id svc = golden_service(r->g);
	struct lvs_dest_info info[RS_MAX];
	size_t count =
		lvs_dest_list(drive_director(r->drive), &svc, 0, info, RS_MAX);
	size_t i;
	json_t *want;

	if (count != json_array_size(r->g->final)) {
		COMPLAIN(r, "%zu destinations at the end, not %zu", count,
			 json_array_size(r->g->final));
		return false;
	}
	json_array_foreach(r->g->final, i, want)
	{
		char addr[LVS_ADDR_STRLEN];

		lvs_addr_format(&info[i].conf.id.addr, addr, sizeof(addr));
		if (!strcmp(addr,
			    json_string_value(json_object_get(want, "addr"))) &&
		    info[i].conf.weight == member(want, "weight") &&
		    info[i].active == member(want, "active") &&
		    info[i].inact == member(want, "inact"))
			continue;
		COMPLAIN(r, "at the end %s has weight %d, %u+%u, not %d+%d",
			 addr, info[i].conf.weight, info[i].active,
			 info[i].inact, (int)member(want, "active"),
			 (int)member(want, "inact"));
		return false;
	}
	return true;
}

/*
 * Whether the recorded counts and ours can be two samples of one distribution:
 * chi-square with one degree of freedom less than there are real servers,
 * rejected where chance alone would be so far off once in a thousand times.
 */
static bool check_counts(struct replay *r)
{
	static const double limit[RS_MAX] = { 0,     10.83, 13.82, 16.27,
					      18.47, 20.52, 22.46, 24.32 };
	double sum = 0;
	size_t used = 0, i;
	json_t *count;

	json_array_foreach(r->g->counts, i, count)
	{
		double want = (double)json_integer_value(count);
		double got = i < RS_MAX ? r->counts[i] : 0;

		if (want + got <= 0)
			continue;
		used++;
		sum += (want - got) * (want - got) / (want + got);
	}
	if (used && sum <= limit[used - 1])
		return true;
	COMPLAIN(r, "distribution is off: chi-square %.1f", sum);
	return false;
}

static enum outcome set_up(struct replay *r)
{
	size_t i;
	json_t *line;

	json_array_foreach(r->g->setup, i, line)
	{
		const char *cmd = json_string_value(line);
		int err = golden_command(r->g, drive_director(r->drive), cmd);

		if (!err)
			continue;
		COMPLAIN(r, "%s: %s", cmd, lvs_strerror(err));
		return err == LVS_ERR_NOTSUP || err == LVS_ERR_NOENT
			       ? NOT_APPLICABLE
			       : FAILED;
	}
	return PASSED;
}

static enum outcome play(struct replay *r)
{
	enum outcome outcome = set_up(r);

	for (size_t i = 0; outcome == PASSED && i < r->g->num_steps; i++)
		if (!do_step(r, &r->g->steps[i]))
			outcome = FAILED;
	if (outcome != PASSED)
		return outcome;
	if (r->g->random)
		return check_counts(r) ? PASSED : FAILED;
	return check_final(r) ? PASSED : FAILED;
}

static enum outcome play_line(const char *line)
{
	struct golden g;
	struct replay r = { .g = &g };
	enum outcome outcome = FAILED;

	if (golden_parse(line, &g, r.why, sizeof(r.why)) == 0) {
		r.drive = drive_new(&g);
		if (!r.drive)
			COMPLAIN(&r, "out of memory");
		else
			outcome = play(&r);
		drive_free(r.drive);
	}
	if (outcome != PASSED)
		printf("# %s %s: %s\n", g.id ? g.id : "?",
		       outcome == FAILED ? "failed" : "not applicable", r.why);
	golden_free(&g);
	return outcome;
}

/* All cases of one file; true if none failed and there are some. */
static bool play_file(const char *dir, const char *name, int number)
{
	size_t count[OUTCOMES] = { 0 };
	char path[4096], *line = NULL;
	size_t size = 0;
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "r");
	while (file && getline(&line, &size, file) > 0)
		count[play_line(line)]++;
	free(line);
	if (file)
		fclose(file);
	ok = !count[FAILED] && count[PASSED] + count[NOT_APPLICABLE];
	printf("%sok %d - %s: %zu passed, %zu failed, %zu not applicable\n",
	       ok ? "" : "not ", number, name, count[PASSED], count[FAILED],
	       count[NOT_APPLICABLE]);
	fflush(stdout);
	return ok;
}

static int is_recording(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 6 && !strcmp(entry->d_name + len - 6, ".jsonl");
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int count, failed = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s DIRECTORY\n", argv[0]);
		return 2;
	}
	count = scandir(argv[1], &entries, is_recording, alphasort);
	if (count <= 0) {
		fprintf(stderr, "%s: no recording (*.jsonl) there\n", argv[1]);
		return 2;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		if (!play_file(argv[1], entries[i]->d_name, i + 1))
			failed++;
		free(entries[i]);
	}
	free(entries);
	return failed ? 1 : 0;
}
