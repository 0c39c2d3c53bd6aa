/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook.c - a program at the tc ingress, or egress, of an interface.
 */
#include "bpf/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

/* Our filter among those of others: "LVS", before what has a usual priority. */
#define FILTER_HANDLE	0x4c5653
#define FILTER_PRIORITY 1

static enum bpf_tc_attach_point tc_point(enum lvs_hook_side side)
{
	return side == LVS_HOOK_INGRESS ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

/* A BPF link; what the kernel does not know it calls invalid. */
int lvs_hook_tcx(struct lvs_hook *hook, uint32_t link, enum lvs_hook_side side,
		 int prog)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = LVS_TCX_BEFORE);
	enum bpf_attach_type type =
		side == LVS_HOOK_INGRESS ? LVS_TCX_INGRESS : LVS_TCX_EGRESS;
	int fd;

	fd = bpf_link_create(prog, (int)link, type, &opts);
	if (fd < 0)
		return fd == -EINVAL ? LVS_ERR_NOTSUP : fd;
	*hook = (struct lvs_hook){ .link = link, .fd = fd, .side = side };
	return 0;
}

int lvs_hook_clsact(struct lvs_hook *hook, uint32_t link,
		    enum lvs_hook_side side, int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)link,
		    .attach_point = tc_point(side));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY, .prog_fd = prog,
		    .flags = BPF_TC_F_REPLACE);
	int err = bpf_tc_hook_create(&at);

	if (err && err != -EEXIST)
		return err;
	err = bpf_tc_attach(&at, &opts);
	if (err)
		return err;
	*hook = (struct lvs_hook){ .link = link, .fd = -1, .side = side };
	return 0;
}

void lvs_hook_remove(struct lvs_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)hook->link,
		    .attach_point = tc_point(hook->side));
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY);

	/* The qdisc stays: others may have come to use it. */
	if (hook->fd < 0)
		bpf_tc_detach(&at, &opts);
	else
		close(hook->fd);
}
