/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload.h - what holds besides for every backend that knows of offloads.
 */
#ifndef LVS_TESTS_UNIT_IO_OFFLOAD_H
#define LVS_TESTS_UNIT_IO_OFFLOAD_H

#include "contract.h"

START_TEST(unfinished_packets_cross_as_they_are)
{
	static struct frame f, got;
	static const size_t payloads[] = { 200, 60000 };
	struct rig rig;

	rig_open(&rig, 4);
	EACH_FAMILY(family)
	{
		for (size_t i = 0; i < 2; i++) {
			struct lvs_pkt *pkt;

			frame_tcp(&f, (int)family, payloads[i]);
			rig_put(&rig, &f);
			pkt = rx_one(&rig);
			expect_same(pkt, &f);
			ck_assert_uint_eq(lvs_port_tx(rig.port, &pkt, 1), 1);
			lvs_port_release(rig.port, &pkt, 1);
			rig_take(&rig, &got);
			ck_assert_uint_eq(got.len, f.len);
			ck_assert_mem_eq(got.bytes, f.bytes, got.len);
			ck_assert_uint_eq(got.off.gso, f.off.gso);
			ck_assert_uint_eq(got.off.gso_size, f.off.gso_size);
			ck_assert_uint_eq(got.off.flags & LVS_OFF_CSUM,
					  LVS_OFF_CSUM);
		}
	}
	rig_close(&rig);
}
END_TEST

#define OFFLOAD_TESTS unfinished_packets_cross_as_they_are

#endif
