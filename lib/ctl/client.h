/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.h - one request and its answer, for the calls of a client.
 *
 *      nlh = lvs_ctl_ask(ctl, IPVS_CMD_...);   begins a request
 *      mnl_attr_put...(nlh, ...);              room: LVS_CTL_OBJECT_MAX bytes
 *      return lvs_ctl_answer(ctl, each, ctx);  sends it, reads what comes back
 */
#ifndef LVS_CTL_CLIENT_H
#define LVS_CTL_CLIENT_H

#include "ctl/codec.h"
#include <linux/genetlink.h>

struct nlmsghdr *lvs_ctl_ask(struct lvs_ctl *ctl, uint8_t command);
struct nlmsghdr *lvs_ctl_ask_dump(struct lvs_ctl *ctl, uint8_t command);

/*
 * What to do with one message of the answer (its second header is there): 0 to
 * go on, a negative error or what a caller's own function returned to end it.
 */
typedef int (*lvs_ctl_answer_fn)(void *ctx, const struct nlmsghdr *nlh);

/*
 * EACH may be NULL: only whether it was done counts.  Returns 0, the server's
 * error, what EACH returned, or what is wrong with the way (-errno).
 */
int lvs_ctl_answer(struct lvs_ctl *ctl, lvs_ctl_answer_fn each, void *ctx);

#endif
