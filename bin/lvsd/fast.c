/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fast.c - established connections forwarded inside the kernel, by liblvs-bpf.
 */
#include "fast.h"
#include "log.h"
#include <lvs/fastpath.h>
#include <lvs/rtnl.h>

int fast_open(uint32_t flows, struct lvs_fastpath **fast)
{
	struct lvs_fastpath_opts opts = LVS_OPTS(struct lvs_fastpath_opts);

	opts.log = log_sink();
	opts.flows = flows;
	return lvs_fastpath_open(&opts, fast);
}

void fast_close(struct lvs_fastpath *fast)
{
	lvs_fastpath_close(fast);
}

const struct lvs_fast_table *fast_table(struct lvs_fastpath *fast)
{
	return fast ? lvs_fastpath_table(fast) : NULL;
}

const char *fast_remedy(int err)
{
	switch (err) {
	case LVS_ERR_PERM:
		return "; it takes CAP_BPF and CAP_NET_ADMIN";
	case LVS_ERR_NOTSUP:
		return "; it takes Linux 6.6";
	case LVS_ERR_NOMEM:
		return "; fewer fast_flows take less";
	case LVS_ERR_INVAL:
		return "; it takes an Ethernet interface";
	default:
		return "";
	}
}

int fast_try(struct lvs_fastpath *fast, const char *ifname)
{
	uint32_t link = lvs_rtnl_ifindex(ifname);
	int err = link ? lvs_fastpath_add_link(fast, link) : 0;

	if (!err && link)
		lvs_fastpath_del_link(fast, link);
	return err;
}

int fast_add_link(struct lvs_fastpath *fast, uint32_t link)
{
	return fast ? lvs_fastpath_add_link(fast, link) : 0;
}

/* An interface that is gone has taken it along. */
void fast_del_link(struct lvs_fastpath *fast, uint32_t link)
{
	if (fast)
		lvs_fastpath_del_link(fast, link);
}
