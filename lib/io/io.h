/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.h - the backends; port.c has them in a list.
 */
#ifndef LVS_IO_IO_H
#define LVS_IO_IO_H

#include <lvs/port.h>

extern const struct lvs_backend lvs_backend_af_packet;
extern const struct lvs_backend lvs_backend_host;
extern const struct lvs_backend lvs_backend_memory;
extern const struct lvs_backend lvs_backend_pcap;
extern const struct lvs_backend lvs_backend_raw;

#endif
