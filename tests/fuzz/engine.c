/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.c - a fuzz target: a script of time, packets and administration.
 *
 * The first engine may have a table of flows, and a program that forwards by
 * it. After each step what is counted must be what a walk finds, nothing may
 * point to what is not there, and what was sent must be right, unless what came
 * in was not.  Allocations fail when the script says so; in the end no byte of
 * memory may be left.
 */
#include "config.h"

#include "script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STEPS_MAX 300

static void pass_time(struct script *s)
{
	uint8_t how = script_byte(s);

	s->now += (LVS_MSEC << (how & 31)) / 16;
	if (how & 0x80)
		return;
	for (unsigned i = 0; i < SCRIPT_ENGINES; i++)
		if (s->engines[i])
			while (lvs_engine_tick(s->engines[i], s->now) <= s->now)
				;
	if (how & 0x40)
		lvs_director_tick(s->dir, s->now);
	script_output(s);
}

/* An engine comes, is used, or goes; the first one stays. */
static void change_engine(struct script *s)
{
	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
	uint8_t how = script_byte(s);

	opts.conn_limit = how >> 2;
	opts.resets = how & 2;
	if (!s->engines[1]) {
		if (lvs_engine_new(s->dir, &opts, &s->engines[1]) < 0)
			s->engines[1] = NULL;
	} else if ((how & 3) == 3) {
		lvs_engine_free(s->engines[1]);
		s->engines[1] = NULL;
	}
	s->eng = s->engines[how & 1] ? s->engines[how & 1] : s->engines[0];
}

static void bring(struct script *s, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		script_lay(s, i);
	script_input(s, count);
	script_output(s);
}

static void step(struct script *s)
{
	uint8_t what = script_byte(s);

	switch (what & 7) {
	case 0:
		script_administer(s);
		break;
	case 1:
		pass_time(s);
		break;
	case 2:
		bring(s, 1 + (what >> 3) % LVS_BURST);
		break;
	case 3:
		change_engine(s);
		break;
	default:
		bring(s, 1);
	}
}

static void begin(struct script *s)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);
	struct lvs_engine_opts limits = LVS_OPTS(struct lvs_engine_opts);
	uint8_t how = script_byte(s);

	counted_init(&s->counted);
	opts.mem = &s->counted.mem;
	s->af = how & 1 ? AF_INET6 : AF_INET;
	s->now = 1000 * LVS_SEC;
	need(lvs_director_new(&opts, &s->dir) == 0);
	net_fill(s->dir, s->af);
	limits.conn_limit = how >> 4;
	limits.resets = how & 2;
	if (how & 4) {
		program_open(&s->prog, 1u << (how >> 3 & 3));
		limits.fast = &s->prog.table;
	}
	need(lvs_engine_new(s->dir, &limits, &s->engines[0]) == 0);
	s->eng = s->engines[0];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct script s;

	memset(&s, 0, sizeof(s));
	s.at = data;
	s.end = data + size;
	begin(&s);
	for (int i = 0; i < STEPS_MAX && s.at < s.end; i++) {
		step(&s);
		script_check(&s);
	}
	for (unsigned i = 0; i < SCRIPT_ENGINES; i++)
		lvs_engine_free(s.engines[i]);
	lvs_director_free(s.dir);
	program_close(&s.prog);
	need(s.counted.bytes == 0);
	return 0;
}
