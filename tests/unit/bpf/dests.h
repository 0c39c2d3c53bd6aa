/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dests.h - destinations with their methods, in one line each.
 */
#ifndef LVS_TESTS_BPF_DESTS_H
#define LVS_TESTS_BPF_DESTS_H

#include "check.h"

#include <lvs/director.h>
#include <string.h>

/* TEXT: "nat ADDRESS:PORT", or "local", "tun", "dr". */
static inline void add_dest(struct lvs_director *dir,
			    const struct lvs_service_id *id, const char *text)
{
	static const char *const methods[] = { "nat", "local", "tun", "dr" };
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);
	const char *space = strchr(text, ' ');

	conf.weight = 1;
	for (uint8_t i = 0; i < 4; i++)
		if (strncmp(text, methods[i], (size_t)(space - text)) == 0)
			conf.method = i;
	ck_assert_int_eq(lvs_endpoint_parse(space + 1, &conf.id.addr,
					    &conf.id.port),
			 0);
	ck_assert_int_eq(lvs_dest_add(dir, id, &conf), 0);
}

#endif
