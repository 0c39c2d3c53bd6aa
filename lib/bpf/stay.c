/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stay.c - a program at the tc ingress of an interface that stays there.
 */
#include "bpf/stay.h"
#include "bpf/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <string.h>
#include <unistd.h>

/* Programs looked through at one interface. */
#define MAX_PROGRAMS 64

/* Beside the claim's filter, "LVS". */
#define FILTER_HANDLE	0x4c5654
#define FILTER_PRIORITY 1

static struct bpf_tc_hook ingress_of(uint32_t link)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)link,
		    .attach_point = BPF_TC_INGRESS);

	return at;
}

int lvs_stay_tcx(uint32_t link, int prog)
{
	int err = bpf_prog_attach(prog, (int)link, LVS_TCX_INGRESS,
				  LVS_TCX_BEFORE);

	/* What the kernel does not know it calls invalid. */
	return err == -EINVAL ? LVS_ERR_NOTSUP : err;
}

int lvs_stay_clsact(uint32_t link, int prog)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY, .prog_fd = prog);
	struct bpf_tc_hook at = ingress_of(link);
	int err = bpf_tc_hook_create(&at);

	return err && err != -EEXIST ? err : bpf_tc_attach(&at, &opts);
}

/* The program with this ID, if that is its name. */
static int open_named(uint32_t id, const char *name)
{
	struct bpf_prog_info info = { 0 };
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
	    strcmp(info.name, name) == 0)
		return fd;
	close(fd);
	return LVS_ERR_NOENT;
}

static int find_tcx(uint32_t link, const char *name)
{
	uint32_t ids[MAX_PROGRAMS], count = MAX_PROGRAMS;
	int fd = LVS_ERR_NOENT;

	if (bpf_prog_query((int)link, LVS_TCX_INGRESS, 0, NULL, ids, &count))
		return LVS_ERR_NOENT;
	for (uint32_t i = 0; i < count && fd == LVS_ERR_NOENT; i++)
		fd = open_named(ids[i], name);
	return fd;
}

static int find_clsact(uint32_t link, const char *name)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY);
	struct bpf_tc_hook at = ingress_of(link);

	if (bpf_tc_query(&at, &opts))
		return LVS_ERR_NOENT;
	return open_named(opts.prog_id, name);
}

int lvs_stay_find(uint32_t link, const char *name)
{
	int fd = find_tcx(link, name);

	return fd == LVS_ERR_NOENT ? find_clsact(link, name) : fd;
}

int lvs_stay_remove(uint32_t link, const char *name)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY);
	struct bpf_tc_hook at = ingress_of(link);
	int fd = find_tcx(link, name), err;

	if (fd >= 0) {
		err = bpf_prog_detach2(fd, (int)link, LVS_TCX_INGRESS);
		close(fd);
		return err;
	}
	if (fd != LVS_ERR_NOENT)
		return fd;
	fd = find_clsact(link, name);
	if (fd < 0)
		return fd;
	close(fd);
	return bpf_tc_detach(&at, &opts);
}
