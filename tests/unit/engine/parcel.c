/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packets of the engine's own: copies, and the order in which they go.
 */
#include "check.h"

#include "engine/parcel.h"
#include "unit/counted.h"

START_TEST(first_in_first_out)
{
	struct lvs_parcels queue;
	struct counted counted;

	counted_init(&counted);
	lvs_parcels_init(&queue);
	ck_assert_ptr_null(lvs_parcels_take(&queue));
	for (uint16_t round = 0; round < 3; round++) {
		for (uint16_t i = 0; i < 10; i++) {
			struct lvs_parcel *p =
				lvs_parcel_new(&counted.mem, 100);

			p->hop = i;
			lvs_parcels_put(&queue, p);
		}
		ck_assert_uint_eq(queue.count, 10);
		for (uint16_t i = 0; i < 10; i++) {
			struct lvs_parcel *p = lvs_parcels_take(&queue);

			ck_assert_uint_eq(p->hop, i);
			lvs_parcel_free(p, &counted.mem);
		}
		ck_assert_ptr_null(lvs_parcels_take(&queue));
	}
	ck_assert_uint_eq(counted.bytes, 0);
}
END_TEST

START_TEST(a_queue_is_freed_with_all_in_it)
{
	struct lvs_parcels queue;
	struct counted counted;

	counted_init(&counted);
	lvs_parcels_init(&queue);
	for (uint32_t i = 0; i < 10; i++)
		lvs_parcels_put(&queue, lvs_parcel_new(&counted.mem, 77 * i));
	lvs_parcels_free(&queue, &counted.mem);
	ck_assert_uint_eq(counted.bytes, 0);
	ck_assert_uint_eq(queue.count, 0);
}
END_TEST

START_TEST(a_copy_is_the_ip_packet_with_its_offload_state)
{
	unsigned char buf[256];
	struct lvs_pkt pkt;
	struct lvs_parcel *p;
	struct counted counted;

	counted_init(&counted);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (unsigned char)i;
	lvs_pkt_init(&pkt, buf, sizeof(buf), 32, 114, 14);
	pkt.link_in = 5;
	pkt.mark = 6;
	pkt.off = (struct lvs_offload){ .flags = LVS_OFF_CSUM,
					.gso = LVS_GSO_TCPV4,
					.gso_size = 1400,
					.csum_start = 34,
					.csum_offset = 16 };
	p = lvs_parcel_copy(&counted.mem, &pkt, 14);
	ck_assert_ptr_nonnull(p);
	ck_assert_uint_eq(p->pkt.len, 100);
	ck_assert_uint_eq(p->pkt.l2_len, 0);
	ck_assert_uint_eq(p->pkt.headroom, LVS_PKT_HEADROOM);
	ck_assert_int_eq(memcmp(p->pkt.data, buf + 46, 100), 0);
	ck_assert_uint_eq(p->pkt.off.csum_start, 20);
	ck_assert_uint_eq(p->pkt.off.gso_size, 1400);
	ck_assert_uint_eq(p->pkt.link_in, 5);
	ck_assert_uint_eq(p->pkt.mark, 6);
	lvs_parcel_free(p, &counted.mem);

	counted.fail_at = counted.calls + 1;
	ck_assert_ptr_null(lvs_parcel_copy(&counted.mem, &pkt, 14));
	ck_assert_uint_eq(counted.bytes, 0);
}
END_TEST

LVS_TEST_MAIN("engine/parcel", first_in_first_out,
	      a_queue_is_freed_with_all_in_it,
	      a_copy_is_the_ip_packet_with_its_offload_state)
