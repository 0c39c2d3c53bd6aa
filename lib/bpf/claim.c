/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claim.c - load the program of claim.bpf.c and keep its map as a director is
 * configured.
 */
#include "bpf/claim.h"
#include "base/log.h"
#include "base/opts.h"
#include "bpf/claim_set.h"
#include "bpf/count.h"
#include "bpf/hook.h"
#include "bpf/object.h"
#include "bpf/table.h"
#include "bpf/voice.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_LIMIT 65536

/* The number of lo, which it has in every network namespace. */
#define LOOPBACK 1

/* Descriptors, of the object file's. */
struct program {
	int prog;
	int gate; /* by which a tc filter calls it */
};

struct lvs_claim {
	struct lvs_log log;
	uint8_t attach;
	uint32_t limit;
	struct bpf_object *obj;
	struct program entrance, door;
	int claimed, nets, config, dropped; /* maps */
	struct lvs_claim_set set;	    /* what `claimed` and `nets` have */
	struct lvs_hooks hooks;
	bool hands_back, late;
	struct lvs_hook door_hook; /* if it does; link 0: not there yet */
};

/* ---- open and close ------------------------------------------------------ */

static int find_program(const struct lvs_claim *claim, const char *name)
{
	return bpf_program__fd(
		bpf_object__find_program_by_name(claim->obj, name));
}

static int find_programs(struct lvs_claim *claim)
{
	const struct {
		struct program *program;
		const char *name, *gate;
		uint32_t place; /* behind the gate */
	} programs[] = {
		{ &claim->entrance, "lvs_claim", "lvs_claim_gate",
		  LVS_CLAIM_ENTRANCE },
		{ &claim->door, "lvs_door", "lvs_door_gate", LVS_CLAIM_DOOR },
	};
	int behind = bpf_object__find_map_fd_by_name(claim->obj, "behind_gate");
	int err = 0;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs) && !err;
	     i++) {
		struct program *p = programs[i].program;

		p->prog = find_program(claim, programs[i].name);
		p->gate = find_program(claim, programs[i].gate);
		err = bpf_map_update_elem(behind, &programs[i].place, &p->prog,
					  BPF_ANY);
	}
	return err;
}

static void find_maps(struct lvs_claim *claim)
{
	const struct {
		const char *name;
		int *fd;
	} maps[] = {
		{ "claimed", &claim->claimed },
		{ "nets", &claim->nets },
		{ "config", &claim->config },
		{ "dropped", &claim->dropped },
	};

	for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++)
		*maps[i].fd = bpf_object__find_map_fd_by_name(claim->obj,
							      maps[i].name);
}

static int limit_map(struct lvs_claim *claim, const char *name)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(claim->obj,
								     name),
					claim->limit);
}

/* What is worth a look-up: all that ONE or OTHER (NULL: nothing) has. */
static int set_config(struct lvs_claim *claim, const struct lvs_claim_set *one,
		      const struct lvs_claim_set *other)
{
	struct lvs_claim_config config = {
		.any_port = one->any_port || (other && other->any_port),
		.nets = one->nets.count || (other && other->nets.count),
		.late = claim->late,
	};
	uint32_t zero = 0;

	return bpf_map_update_elem(claim->config, &zero, &config, BPF_ANY);
}

static int load(struct lvs_claim *claim)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lvs_claim");
	int err;

	claim->obj = bpf_object__open_mem(lvs_claim_object,
					  lvs_claim_object_size, &opts);
	if (!claim->obj)
		return -errno;
	err = limit_map(claim, "claimed");
	if (!err)
		err = limit_map(claim, "nets");
	if (!err)
		err = bpf_object__load(claim->obj);
	if (!err) {
		find_maps(claim);
		err = find_programs(claim);
	}
	if (!err)
		err = set_config(claim, &claim->set, NULL);
	/* ENOSYS: no bpf(2); EINVAL: it has no such map or program type. */
	return err == -ENOSYS || err == -EINVAL ? LVS_ERR_NOTSUP : err;
}

static int hang(struct lvs_claim *claim, uint32_t link, enum lvs_hook_side side,
		const struct program *program, struct lvs_hook *hook)
{
	int err = LVS_ERR_NOTSUP;

	if (claim->attach != LVS_CLAIM_CLSACT)
		err = lvs_hook_tcx(hook, link, side, program->prog);
	if (err == LVS_ERR_NOTSUP && claim->attach != LVS_CLAIM_TCX)
		err = lvs_hook_clsact(hook, link, side, program->gate);
	return err;
}

int lvs_claim_open(const struct lvs_claim_opts *opts, struct lvs_claim **out)
{
	struct lvs_claim *claim = calloc(1, sizeof(*claim));
	struct lvs_claim_opts own = LVS_OPTS(struct lvs_claim_opts);
	libbpf_print_fn_t voice;
	int err = 0;

	if (!claim)
		return LVS_ERR_NOMEM;
	if (opts)
		err = lvs_opts_read(&own, sizeof(own), opts);
	claim->log = own.log;
	claim->attach = own.attach;
	claim->limit = own.limit ? own.limit : DEFAULT_LIMIT;
	claim->hands_back = own.hand_back != 0;
	claim->late = own.late != 0;
	voice = lvs_bpf_listen(&claim->log);
	if (!err)
		err = load(claim);
	if (!err && claim->hands_back)
		err = hang(claim, LOOPBACK, LVS_HOOK_EGRESS, &claim->door,
			   &claim->door_hook);
	libbpf_set_print(voice);
	if (err) {
		lvs_claim_close(claim);
		return err;
	}
	*out = claim;
	return 0;
}

void lvs_claim_close(struct lvs_claim *claim)
{
	libbpf_print_fn_t voice;

	if (!claim)
		return;
	voice = lvs_bpf_listen(&claim->log);
	lvs_hooks_clear(&claim->hooks);
	if (claim->door_hook.link)
		lvs_hook_remove(&claim->door_hook);
	bpf_object__close(claim->obj);
	libbpf_set_print(voice);
	lvs_claim_set_free(&claim->set);
	free(claim);
}

int lvs_claim_program(const struct lvs_claim *claim)
{
	return claim->entrance.prog;
}

/* ---- interfaces ---------------------------------------------------------- */

int lvs_claim_add_link(struct lvs_claim *claim, uint32_t link)
{
	libbpf_print_fn_t voice = lvs_bpf_listen(&claim->log);
	struct lvs_hook hook = { .link = link };
	int err = LVS_ERR_NODEV;

	if (link)
		err = hang(claim, link, LVS_HOOK_INGRESS, &claim->entrance,
			   &hook);
	err = lvs_hooks_add(&claim->hooks, &hook, err);
	libbpf_set_print(voice);
	return err;
}

int lvs_claim_del_link(struct lvs_claim *claim, uint32_t link)
{
	libbpf_print_fn_t voice = lvs_bpf_listen(&claim->log);
	int err = lvs_hooks_del(&claim->hooks, link);

	libbpf_set_print(voice);
	return err;
}

/* ---- what is claimed ----------------------------------------------------- */

static struct lvs_bpf_list entries_of(const struct lvs_claim_set *set)
{
	return (struct lvs_bpf_list){
		.items = set->entries,
		.count = set->count,
		.size = sizeof(*set->entries),
		.key = sizeof(set->entries->key),
	};
}

static struct lvs_bpf_list areas_of(const struct lvs_claim_set *set)
{
	return (struct lvs_bpf_list){
		.items = set->nets.areas,
		.count = set->nets.count,
		.size = sizeof(*set->nets.areas),
		.key = sizeof(set->nets.areas->net),
	};
}

/* Whose marks come from elsewhere knows it; lvsd has a warning of its own. */
static void log_left_out(const struct lvs_claim *claim,
			 const struct lvs_service_id *id)
{
	char name[LVS_ENDPOINT_STRLEN];

	if (id->fwmark)
		lvs_log_line(&claim->log, LVS_LOG_DEBUG,
			     "mark %u: cannot be kept from the host's own "
			     "stack, as no rule gives it; its virtual "
			     "addresses must not be local, nor be forwarded",
			     id->fwmark);
	else
		lvs_log_line(&claim->log, LVS_LOG_WARNING,
			     "%s: has a destination on this host, which "
			     "therefore sees all of its packets",
			     lvs_endpoint_format(&id->addr, id->port, name,
						 sizeof(name)));
}

static int change(struct lvs_claim *claim, const struct lvs_claim_set *set)
{
	const struct lvs_bpf_list entries = entries_of(set),
				  areas = areas_of(set),
				  old_entries = entries_of(&claim->set),
				  old_areas = areas_of(&claim->set);
	int err;

	if (set->count > claim->limit || set->nets.count > claim->limit)
		return LVS_ERR_NOSPC;
	err = set_config(claim, &claim->set, set);
	if (!err)
		err = lvs_bpf_put(claim->claimed, &old_entries, &entries);
	if (err)
		return err;
	err = lvs_bpf_put(claim->nets, &old_areas, &areas);
	if (err) {
		lvs_bpf_undo(claim->claimed, &old_entries, &entries);
		return err;
	}
	lvs_bpf_trim(claim->claimed, &old_entries, &entries);
	lvs_bpf_trim(claim->nets, &old_areas, &areas);
	return set_config(claim, set, NULL);
}

int lvs_claim_sync(struct lvs_claim *claim, struct lvs_director *dir)
{
	struct lvs_claim_set set = { 0 };
	int err = lvs_claim_set_read(&set, dir, claim->hands_back);

	if (!err)
		err = change(claim, &set);
	if (err) {
		lvs_claim_set_free(&set);
		return err;
	}
	for (size_t i = 0; i < set.num_left_out; i++)
		if (!lvs_claim_set_leaves_out(&claim->set, &set.left_out[i]))
			log_left_out(claim, &set.left_out[i]);
	lvs_claim_set_free(&claim->set);
	claim->set = set;
	return (int)set.num_left_out;
}

void lvs_claim_stats(struct lvs_claim *claim, struct lvs_claim_stats *stats)
{
	struct lvs_claim_stats out = {
		.sz = sizeof(out),
		.requests = lvs_bpf_count(claim->dropped, LVS_CLAIM_REQUEST),
		.replies = lvs_bpf_count(claim->dropped, LVS_CLAIM_REPLY),
		.errors = lvs_bpf_count(claim->dropped, LVS_CLAIM_ERROR),
		.fragments = lvs_bpf_count(claim->dropped, LVS_CLAIM_FRAGMENT),
		.entries = (uint32_t)(claim->set.count + claim->set.nets.count),
		.links = claim->hooks.count,
	};

	lvs_opts_write(stats, &out, sizeof(out));
}
