/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * no_fast.c - in place of fast.c where there is no liblvs-bpf.
 */
#include "fast.h"
#include <lvs/base.h>

int fast_open(uint32_t flows, struct lvs_fastpath **fast)
{
	(void)flows;
	(void)fast;
	return LVS_ERR_NOTSUP;
}

void fast_close(struct lvs_fastpath *fast)
{
	(void)fast;
}

const struct lvs_fast_table *fast_table(struct lvs_fastpath *fast)
{
	(void)fast;
	return NULL;
}

const char *fast_remedy(int err)
{
	(void)err;
	return "; this lvsd was built without liblvs-bpf";
}

int fast_try(struct lvs_fastpath *fast, const char *ifname)
{
	(void)fast;
	(void)ifname;
	return LVS_ERR_NOTSUP;
}

int fast_add_link(struct lvs_fastpath *fast, uint32_t link)
{
	(void)fast;
	(void)link;
	return 0;
}

void fast_del_link(struct lvs_fastpath *fast, uint32_t link)
{
	(void)fast;
	(void)link;
}
