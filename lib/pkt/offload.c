/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * offload.c - in software what an interface cannot do.
 */
#include "config.h"

#include "pkt/csum.h"
#include "pkt/offload.h"
#include "pkt/piece.h"
#include "pkt/wire.h"
#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5 /* since Linux 6.2 */
#endif

/* No other transport has its checksum there; a CRC is 4 bytes long. */
static bool is_sctp(const struct lvs_pkt *pkt)
{
	return pkt->off.csum_offset == offsetof(struct lvs_sctp, crc_le) &&
	       pkt->off.csum_start + (uint32_t)LVS_SCTP_LEN <= pkt->len;
}

bool lvs_offload_fits(const struct lvs_pkt *pkt, bool can_csum, bool can_gso)
{
	bool csum = (pkt->off.flags & LVS_OFF_CSUM) != 0;
	bool encap = (pkt->off.flags & LVS_OFF_ENCAP) != 0;

	if (pkt->off.gso != LVS_GSO_NONE)
		return can_gso && can_csum && csum && !encap;
	return !csum || (can_csum && !encap && !is_sctp(pkt));
}

void lvs_csum_complete(struct lvs_pkt *pkt)
{
	uint32_t start = pkt->off.csum_start;
	unsigned char *field = pkt->data + start + pkt->off.csum_offset;
	size_t len = pkt->len - start;
	uint16_t csum;

	if (!(pkt->off.flags & LVS_OFF_CSUM))
		return;
	pkt->off.flags &= (uint8_t) ~(LVS_OFF_CSUM | LVS_OFF_ENCAP);
	if (is_sctp(pkt)) {
		lvs_store32(field, 0);
		lvs_store32(field,
			    lvs_crc32c_le(
				    lvs_crc32c(0, pkt->data + start, len)));
		return;
	}
	csum = lvs_csum_of(pkt->data + start, len);
	/* 0 would mean "none" in UDP; elsewhere both are the same. */
	lvs_store16(field, csum ? csum : 0xffff);
}

uint32_t lvs_seg_max_len(const struct lvs_pkt *pkt, const struct lvs_parsed *p)
{
	uint32_t head = (uint32_t)(p->payload - p->l3);

	if (pkt->off.gso == LVS_GSO_NONE ||
	    p->l3_len - head <= pkt->off.gso_size)
		return p->l3_len;
	return head + pkt->off.gso_size;
}

/* PKT from the IP header at L3 on, as a packet without link layer. */
static bool view_from(struct lvs_pkt *view, const struct lvs_pkt *pkt,
		      uint16_t l3)
{
	*view = *pkt;
	if ((pkt->off.flags & LVS_OFF_CSUM) && pkt->off.csum_start < l3)
		return false;
	view->data += l3;
	view->len -= l3;
	view->l2_len = 0;
	view->off.flags &= (uint8_t)~LVS_OFF_ENCAP;
	view->off.csum_start = (uint16_t)(view->off.csum_start - l3);
	return true;
}

int lvs_seg_init(struct lvs_seg *seg, const struct lvs_pkt *pkt)
{
	struct lvs_parsed p;
	struct lvs_pkt view;
	int32_t type;

	memset(seg, 0, sizeof(*seg));
	type = lvs_parse_link(pkt, &seg->outer);
	if (type != LVS_ETH_IPV4 && type != LVS_ETH_IPV6)
		return LVS_ERR_PROTO;
	seg->l3 = seg->outer;
	/* The outer length may have been too large for its field. */
	if (pkt->off.flags & LVS_OFF_ENCAP)
		seg->l3 = (uint16_t)(seg->l3 + (type == LVS_ETH_IPV4
							? LVS_IPV4_LEN
							: LVS_IPV6_LEN));
	if (pkt->off.gso == LVS_GSO_NONE || pkt->len <= seg->l3 ||
	    !view_from(&view, pkt, seg->l3))
		return LVS_ERR_PROTO;
	lvs_parse(&view, &p);
	if (p.kind != LVS_PKT_FLOW)
		return LVS_ERR_PROTO;
	seg->pkt = pkt;
	seg->l4 = (uint16_t)(seg->l3 + p.l4);
	seg->head = (uint16_t)(seg->l3 + p.payload);
	seg->payload = seg->head;
	seg->end = seg->l3 + p.l3_len;
	seg->protocol = p.flow.protocol;
	return 0;
}

uint32_t lvs_seg_bytes(const struct lvs_seg *seg)
{
	uint32_t payload = seg->end - seg->head;
	uint16_t size = seg->pkt->off.gso_size;

	return seg->head + (payload < size ? payload : size);
}

/* The IP header at L3 of the COUNT-th segment, LEN bytes with all behind. */
static void fix_ip(unsigned char *l3, uint32_t len, uint16_t count)
{
	struct lvs_ipv4 *ip = (struct lvs_ipv4 *)l3;
	struct lvs_ipv6 *ip6 = (struct lvs_ipv6 *)l3;

	if (l3[0] >> 4 == 6) {
		ip6->len_be = lvs_swap16((uint16_t)(len - LVS_IPV6_LEN));
		return;
	}
	ip->len_be = lvs_swap16((uint16_t)len);
	ip->id_be = lvs_swap16((uint16_t)(lvs_swap16(ip->id_be) + count));
	ip->csum = 0;
	ip->csum = lvs_csum_of(l3, (ip->version_ihl & 15) * 4u);
}

/* Checksum of LEN bytes at L4, whose field is 0; never 0 (see UDP). */
static uint16_t l4_csum(const struct lvs_seg *seg, const unsigned char *data,
			uint32_t len)
{
	const unsigned char *l3 = data + seg->l3;
	uint16_t family = l3[0] >> 4 == 6 ? AF_INET6 : AF_INET;
	uint32_t sum = lvs_csum_pseudo(l3, family, seg->protocol, len);
	uint16_t csum;

	sum = lvs_csum_add(sum, lvs_csum_bytes(data + seg->l4, len));
	csum = (uint16_t)~lvs_csum_fold(sum);
	return csum ? csum : 0xffff;
}

static void fix_tcp(const struct lvs_seg *seg, unsigned char *data,
		    uint32_t len)
{
	struct lvs_tcp *tcp = (struct lvs_tcp *)(data + seg->l4);

	tcp->seq_be = lvs_swap32(lvs_swap32(tcp->seq_be) + seg->seq);
	if (!seg->done)
		tcp->flags &= (uint8_t) ~(LVS_TCP_FIN | LVS_TCP_PSH);
	if (seg->count && (seg->pkt->off.flags & LVS_OFF_ECN))
		tcp->flags &= (uint8_t)~LVS_TCP_CWR;
	tcp->csum = 0;
	tcp->csum = l4_csum(seg, data, len);
}

static void fix_udp(const struct lvs_seg *seg, unsigned char *data,
		    uint32_t len)
{
	struct lvs_udp *udp = (struct lvs_udp *)(data + seg->l4);
	bool none = !udp->csum && !(seg->pkt->off.flags & LVS_OFF_CSUM);

	udp->len_be = lvs_swap16((uint16_t)len);
	udp->csum = 0;
	if (!none)
		udp->csum = l4_csum(seg, data, len);
}

bool lvs_seg_next(struct lvs_seg *seg, struct lvs_pkt *out)
{
	uint32_t left = seg->end - seg->payload;
	uint32_t size = seg->pkt->off.gso_size;

	if (seg->done)
		return false;
	seg->done = left <= size;
	if (seg->done)
		size = left;
	lvs_piece_copy(out, seg->pkt, seg->head, seg->payload, size);
	if (seg->outer != seg->l3)
		fix_ip(out->data + seg->outer, out->len - seg->outer,
		       seg->count);
	fix_ip(out->data + seg->l3, out->len - seg->l3, seg->count);
	if (seg->protocol == IPPROTO_TCP)
		fix_tcp(seg, out->data, out->len - seg->l4);
	else
		fix_udp(seg, out->data, out->len - seg->l4);
	seg->payload += size;
	seg->seq += size;
	seg->count++;
	return true;
}

int lvs_offload_from_vnet(struct lvs_offload *off,
			  const struct virtio_net_hdr *vnet, uint32_t len)
{
	struct lvs_offload new = { 0 };

	switch (vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		new.gso = LVS_GSO_NONE;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		new.gso = LVS_GSO_TCPV4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		new.gso = LVS_GSO_TCPV6;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		new.gso = LVS_GSO_UDP_L4;
		break;
	default:
		return LVS_ERR_NOTSUP;
	}
	if (new.gso != LVS_GSO_NONE) {
		if (!vnet->gso_size)
			return LVS_ERR_PROTO;
		new.gso_size = vnet->gso_size;
		if (vnet->gso_type & VIRTIO_NET_HDR_GSO_ECN)
			new.flags |= LVS_OFF_ECN;
	}
	if (vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((uint32_t)vnet->csum_start + vnet->csum_offset + 2 > len)
			return LVS_ERR_PROTO;
		new.flags |= LVS_OFF_CSUM;
		new.csum_start = vnet->csum_start;
		new.csum_offset = vnet->csum_offset;
	} else if (vnet->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		new.flags |= LVS_OFF_VALID;
	}
	*off = new;
	return 0;
}

/* Bytes of PKT up to the payload; its transport header is at csum_start. */
static uint16_t header_len(const struct lvs_pkt *pkt)
{
	const unsigned char *l4 = pkt->data + pkt->off.csum_start;
	uint32_t len = LVS_UDP_LEN;

	if (pkt->off.gso != LVS_GSO_UDP_L4)
		len = (((const struct lvs_tcp *)l4)->offset >> 4) * 4u;
	return (uint16_t)(pkt->off.csum_start + len);
}

void lvs_offload_to_vnet(struct virtio_net_hdr *vnet, const struct lvs_pkt *pkt)
{
	static const uint8_t gso[] = {
		[LVS_GSO_NONE] = VIRTIO_NET_HDR_GSO_NONE,
		[LVS_GSO_TCPV4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[LVS_GSO_TCPV6] = VIRTIO_NET_HDR_GSO_TCPV6,
		[LVS_GSO_UDP_L4] = VIRTIO_NET_HDR_GSO_UDP_L4,
	};

	memset(vnet, 0, sizeof(*vnet));
	if (pkt->off.flags & LVS_OFF_CSUM) {
		vnet->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		vnet->csum_start = pkt->off.csum_start;
		vnet->csum_offset = pkt->off.csum_offset;
	}
	if (pkt->off.gso == LVS_GSO_NONE)
		return;
	vnet->gso_type = gso[pkt->off.gso];
	if (pkt->off.flags & LVS_OFF_ECN)
		vnet->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	vnet->gso_size = pkt->off.gso_size;
	vnet->hdr_len = header_len(pkt);
}

bool lvs_vlan_push(struct lvs_pkt *pkt)
{
	if (!pkt->vlan)
		return true;
	if (pkt->headroom < LVS_VLAN_LEN || pkt->l2_len < LVS_ETH_LEN)
		return false;
	pkt->data -= LVS_VLAN_LEN;
	pkt->headroom -= LVS_VLAN_LEN;
	pkt->len += LVS_VLAN_LEN;
	memmove(pkt->data, pkt->data + LVS_VLAN_LEN, 12);
	lvs_put16(pkt->data + 12, LVS_ETH_VLAN);
	lvs_put16(pkt->data + 14, pkt->vlan & 0xefff);
	pkt->vlan = 0;
	if (pkt->off.flags & LVS_OFF_CSUM)
		pkt->off.csum_start += LVS_VLAN_LEN;
	return true;
}
