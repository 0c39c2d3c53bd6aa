/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sort.h - the order of listings.
 */
#ifndef LVSADM_SORT_H
#define LVSADM_SORT_H

#include <lvs/director.h>

/* By mark, family, protocol, address, port; by address, port. */
void sort_services(struct lvs_service_info *services, size_t count);
void sort_dests(struct lvs_dest_info *dests, size_t count);

#endif
