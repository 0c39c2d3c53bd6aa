/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook.c - a program at the tc ingress of an interface.
 */
#include "bpf/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

/* Our filter among those of others: "LVS", before what has a usual priority. */
#define FILTER_HANDLE	0x4c5653
#define FILTER_PRIORITY 1

/* A BPF link; what the kernel does not know it calls invalid. */
static int hang_tcx(uint32_t link, int prog, enum bpf_attach_type where)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = LVS_TCX_BEFORE);
	int fd;

	fd = bpf_link_create(prog, (int)link, where, &opts);
	return fd == -EINVAL ? LVS_ERR_NOTSUP : fd;
}

int lvs_hook_tcx(struct lvs_hook *hook, uint32_t link, int prog)
{
	int fd = hang_tcx(link, prog, LVS_TCX_INGRESS);

	if (fd < 0)
		return fd;
	hook->link = link;
	hook->fd = fd;
	return 0;
}

int lvs_hook_egress(uint32_t link, int prog)
{
	return hang_tcx(link, prog, LVS_TCX_EGRESS);
}

int lvs_hook_clsact(struct lvs_hook *hook, uint32_t link, int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)link,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY, .prog_fd = prog,
		    .flags = BPF_TC_F_REPLACE);
	int err = bpf_tc_hook_create(&at);

	if (err && err != -EEXIST)
		return err;
	err = bpf_tc_attach(&at, &opts);
	if (err)
		return err;
	hook->link = link;
	hook->fd = -1;
	return 0;
}

void lvs_hook_remove(struct lvs_hook *hook)
{
	LIBBPF_OPTS(bpf_tc_hook, at, .ifindex = (int)hook->link,
		    .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .priority = FILTER_PRIORITY);

	/* The qdisc stays: others may have come to use it. */
	if (hook->fd < 0)
		bpf_tc_detach(&at, &opts);
	else
		close(hook->fd);
}
