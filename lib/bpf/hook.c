/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hook.c - a program at the tc ingress, or egress, of an interface.
 */
#include "bpf/hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
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

static struct lvs_hook *find(const struct lvs_hooks *hooks, uint32_t link)
{
	for (uint32_t i = 0; i < hooks->count; i++)
		if (hooks->all[i].link == link)
			return &hooks->all[i];
	return NULL;
}

int lvs_hooks_add(struct lvs_hooks *hooks, struct lvs_hook *hook, int err)
{
	struct lvs_hook *old = find(hooks, hook->link), *all;

	if (old && err == LVS_ERR_EXIST)
		return 0;
	if (err)
		return err;
	if (old) {
		if (old->fd >= 0)
			lvs_hook_remove(old);
		*old = *hook;
		return 0;
	}
	all = realloc(hooks->all, (hooks->count + 1) * sizeof(*all));
	if (!all) {
		lvs_hook_remove(hook);
		return LVS_ERR_NOMEM;
	}
	hooks->all = all;
	hooks->all[hooks->count++] = *hook;
	return 0;
}

int lvs_hooks_del(struct lvs_hooks *hooks, uint32_t link)
{
	struct lvs_hook *hook = find(hooks, link);

	if (!hook)
		return LVS_ERR_NOENT;
	lvs_hook_remove(hook);
	*hook = hooks->all[--hooks->count];
	return 0;
}

void lvs_hooks_clear(struct lvs_hooks *hooks)
{
	for (uint32_t i = 0; i < hooks->count; i++)
		lvs_hook_remove(&hooks->all[i]);
	free(hooks->all);
	*hooks = (struct lvs_hooks){ 0 };
}
