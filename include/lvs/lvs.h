/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/lvs.h - all of liblvs at once.
 */
#ifndef LVS_LVS_H
#define LVS_LVS_H

#include <lvs/addr.h>
#include <lvs/base.h>
#include <lvs/ctl.h>
#include <lvs/director.h>
#include <lvs/engine.h>
#include <lvs/mark.h>
#include <lvs/net.h>
#include <lvs/pages.h>
#include <lvs/pkt.h>
#include <lvs/port.h>
#include <lvs/rtnl.h>
#include <lvs/sched.h>
#include <lvs/stats.h>

#endif
