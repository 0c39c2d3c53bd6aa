/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decap.c - load the program of decap.bpf.c, hang it on interfaces, and find it
 * there again.
 */
#include "base/opts.h"
#include "bpf/count.h"
#include "bpf/decap_map.h"
#include "bpf/object.h"
#include "bpf/stay.h"
#include "bpf/voice.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <lvs/decap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "lvs_decap"

enum {
	ADDRS,
	CONFIG,
	COUNTS,
	NUM_MAPS
};

static const char *const map_names[NUM_MAPS] = {
	[ADDRS] = "decap_addrs",
	[CONFIG] = "decap_config",
	[COUNTS] = "decap_counts",
};

/* All descriptors are its own: the program is there without an object. */
struct lvs_decap {
	struct lvs_log log;
	uint8_t attach;
	int prog;
	int maps[NUM_MAPS];
};

/* ---- open, find, close --------------------------------------------------- */

static int make(const struct lvs_decap_opts *opts, struct lvs_decap **out)
{
	struct lvs_decap_opts own = LVS_OPTS(struct lvs_decap_opts);
	struct lvs_decap *decap = calloc(1, sizeof(*decap));
	int err = 0;

	if (!decap)
		return LVS_ERR_NOMEM;
	if (opts)
		err = lvs_opts_read(&own, sizeof(own), opts);
	decap->log = own.log;
	decap->attach = own.attach;
	decap->prog = -1;
	for (size_t i = 0; i < NUM_MAPS; i++)
		decap->maps[i] = -1;
	*out = decap;
	return err;
}

static int keep(int fd, int *kept)
{
	*kept = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *kept < 0 ? -errno : 0;
}

static int keep_parts(struct lvs_decap *decap, struct bpf_object *obj)
{
	struct bpf_program *prog =
		bpf_object__find_program_by_name(obj, PROGRAM);
	int err = keep(bpf_program__fd(prog), &decap->prog);

	for (size_t i = 0; i < NUM_MAPS && !err; i++)
		err = keep(bpf_object__find_map_fd_by_name(obj, map_names[i]),
			   &decap->maps[i]);
	return err;
}

static int load(struct lvs_decap *decap)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = PROGRAM);
	struct bpf_object *obj =
		bpf_object__open_mem(lvs_decap_object, lvs_decap_object_size,
				     &opts);
	int err;

	if (!obj)
		return -errno;
	err = bpf_object__load(obj);
	if (!err)
		err = keep_parts(decap, obj);
	bpf_object__close(obj);
	/* ENOSYS: no bpf(2); EINVAL: it has no such program type or helper. */
	return err == -ENOSYS || err == -EINVAL ? LVS_ERR_NOTSUP : err;
}

/* Which of our maps FD is; NUM_MAPS: none. */
static size_t which_map(int fd)
{
	struct bpf_map_info info = { 0 };
	uint32_t len = sizeof(info);
	size_t i = 0;

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return NUM_MAPS;
	while (i < NUM_MAPS && strcmp(info.name, map_names[i]) != 0)
		i++;
	return i;
}

static int open_map(struct lvs_decap *decap, uint32_t id)
{
	int fd = bpf_map_get_fd_by_id(id);
	size_t which;

	if (fd < 0)
		return fd;
	which = which_map(fd);
	if (which == NUM_MAPS || decap->maps[which] >= 0)
		close(fd);
	else
		decap->maps[which] = fd;
	return 0;
}

/* The maps that DECAP's program has. */
static int open_maps(struct lvs_decap *decap)
{
	uint32_t ids[2 * NUM_MAPS];
	struct bpf_prog_info info = {
		.nr_map_ids = 2 * NUM_MAPS,
		.map_ids = (uintptr_t)ids,
	};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(decap->prog, &info, &len);

	for (uint32_t i = 0; i < info.nr_map_ids && !err; i++)
		err = i < 2 * NUM_MAPS ? open_map(decap, ids[i]) : 0;
	for (size_t i = 0; i < NUM_MAPS && !err; i++)
		if (decap->maps[i] < 0)
			err = LVS_ERR_NOENT;
	return err;
}

static int find(struct lvs_decap *decap, uint32_t link)
{
	decap->prog = lvs_stay_find(link, PROGRAM);
	return decap->prog < 0 ? decap->prog : open_maps(decap);
}

static int finish(struct lvs_decap *decap, int err, struct lvs_decap **out)
{
	if (err)
		lvs_decap_close(decap);
	else
		*out = decap;
	return err;
}

int lvs_decap_open(const struct lvs_decap_opts *opts, struct lvs_decap **out)
{
	struct lvs_decap *decap = NULL;
	int err = make(opts, &decap);
	libbpf_print_fn_t voice;

	if (!err) {
		voice = lvs_bpf_listen(&decap->log);
		err = load(decap);
		libbpf_set_print(voice);
	}
	return finish(decap, err, out);
}

int lvs_decap_find(const struct lvs_decap_opts *opts, uint32_t link,
		   struct lvs_decap **out)
{
	struct lvs_decap *decap = NULL;
	int err = make(opts, &decap);
	libbpf_print_fn_t voice;

	if (!err) {
		voice = lvs_bpf_listen(&decap->log);
		err = find(decap, link);
		libbpf_set_print(voice);
	}
	return finish(decap, err, out);
}

void lvs_decap_close(struct lvs_decap *decap)
{
	if (!decap)
		return;
	for (size_t i = 0; i < NUM_MAPS; i++)
		if (decap->maps[i] >= 0)
			close(decap->maps[i]);
	if (decap->prog >= 0)
		close(decap->prog);
	free(decap);
}

/* ---- interfaces ---------------------------------------------------------- */

static bool hangs_on(uint32_t link)
{
	int fd = lvs_stay_find(link, PROGRAM);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int hang(const struct lvs_decap *decap, uint32_t link)
{
	int err = LVS_ERR_NOTSUP;

	if (hangs_on(link))
		return LVS_ERR_EXIST;
	if (decap->attach != LVS_DECAP_CLSACT)
		err = lvs_stay_tcx(link, decap->prog);
	if (err == LVS_ERR_NOTSUP && decap->attach != LVS_DECAP_TCX)
		err = lvs_stay_clsact(link, decap->prog);
	return err;
}

int lvs_decap_add_link(struct lvs_decap *decap, uint32_t link)
{
	libbpf_print_fn_t voice = lvs_bpf_listen(&decap->log);
	int err = link ? hang(decap, link) : LVS_ERR_NODEV;

	libbpf_set_print(voice);
	return err;
}

int lvs_decap_del_link(struct lvs_decap *decap, uint32_t link)
{
	libbpf_print_fn_t voice = lvs_bpf_listen(&decap->log);
	int err = link ? lvs_stay_remove(link, PROGRAM) : LVS_ERR_NOENT;

	libbpf_set_print(voice);
	return err;
}

/* ---- addresses ----------------------------------------------------------- */

static int add(struct lvs_decap *decap, const struct lvs_addr *addr,
	       uint32_t what)
{
	struct lvs_decap_key key = { .family = addr->family };
	uint32_t known = 0;
	int err;

	if (!lvs_addr_is_unicast(addr))
		return LVS_ERR_INVAL;
	memcpy(key.word_be, &addr->ip, sizeof(key.word_be));
	/* An address may be both; none is known yet, or this has it. */
	(void)bpf_map_lookup_elem(decap->maps[ADDRS], &key, &known);
	known |= what;
	err = bpf_map_update_elem(decap->maps[ADDRS], &key, &known, BPF_ANY);
	return err == -E2BIG ? LVS_ERR_NOSPC : err;
}

int lvs_decap_add_own(struct lvs_decap *decap, const struct lvs_addr *addr)
{
	return add(decap, addr, LVS_DECAP_OWN);
}

int lvs_decap_add_peer(struct lvs_decap *decap, const struct lvs_addr *addr)
{
	struct lvs_decap_config config = { .has_peers = 1 };
	uint32_t zero = 0;
	int err = add(decap, addr, LVS_DECAP_PEER);

	return err ? err
		   : bpf_map_update_elem(decap->maps[CONFIG], &zero, &config,
					 BPF_ANY);
}

void lvs_decap_stats(struct lvs_decap *decap, struct lvs_decap_stats *stats)
{
	int counts = decap->maps[COUNTS];
	struct lvs_decap_stats out = {
		.sz = sizeof(out),
		.taken = lvs_bpf_count(counts, LVS_DECAP_TAKEN),
		.fragments = lvs_bpf_count(counts, LVS_DECAP_FRAGMENT),
		.strangers = lvs_bpf_count(counts, LVS_DECAP_STRANGER),
		.odd = lvs_bpf_count(counts, LVS_DECAP_ODD),
		.congested = lvs_bpf_count(counts, LVS_DECAP_CONGESTED),
	};

	lvs_opts_write(stats, &out, sizeof(out));
}
