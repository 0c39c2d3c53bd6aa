/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lookup.c - the service that a packet is for.
 *
 * Two tables of chains under one secret key: services by (protocol, address,
 * port) or by (family, mark), and services by address alone.
 */
#include "model/director.h"

#include "base/hash.h"
#include "base/mem.h"
#include <arpa/inet.h>
#include <netinet/in.h>

#define FTP_PORT      21
#define FTP_DATA_PORT 20
/* Where ports begin that programs may take without privileges. */
#define UNPRIVILEGED 1024

static uint32_t bucket(const struct lvs_director *dir, const union lvs_ip *ip,
		       uint64_t rest)
{
	struct lvs_hash hash;

	lvs_hash_begin(&hash, dir->hash_key);
	lvs_hash_add(&hash, ip->d[0]);
	lvs_hash_add(&hash, ip->d[1]);
	lvs_hash_add(&hash, rest);
	return (uint32_t)lvs_hash_end(&hash) & (dir->num_buckets - 1);
}

/* A mark and a (protocol, port) may meet in a bucket; they stay different. */
static uint32_t bucket_of(const struct lvs_director *dir,
			  const struct lvs_service_id *id)
{
	return bucket(dir, &id->addr.ip,
		      (uint64_t)id->fwmark << 32 | (uint32_t)id->port << 8 |
			      id->protocol);
}

static uint32_t vip_bucket_of(const struct lvs_director *dir,
			      const struct lvs_addr *addr)
{
	return bucket(dir, &addr->ip, 0);
}

static bool id_equal(const struct lvs_service_id *a,
		     const struct lvs_service_id *b)
{
	return a->fwmark == b->fwmark && a->port == b->port &&
	       a->protocol == b->protocol && lvs_addr_equal(&a->addr, &b->addr);
}

struct lvs_service *lvs_director_exact(const struct lvs_director *dir,
				       const struct lvs_service_id *id)
{
	struct lvs_service *svc = dir->buckets[bucket_of(dir, id)];

	while (svc && !id_equal(&svc->conf.id, id))
		svc = svc->hash_next;
	return svc;
}

/* To where a client in passive mode, or a server, opens FTP's data port. */
static bool may_be_ftp_data(uint8_t protocol, uint16_t port)
{
	return protocol == IPPROTO_TCP &&
	       (port == FTP_DATA_PORT || port >= UNPRIVILEGED);
}

struct lvs_service *lvs_director_service(const struct lvs_director *dir,
					 uint16_t family, uint8_t protocol,
					 const union lvs_ip *addr,
					 uint16_t port_be, uint32_t mark)
{
	struct lvs_service_id id = { .addr.family = family };
	struct lvs_service *svc;

	if (!mark && dir->marks)
		mark = lvs_marks_find(dir->marks, family, protocol, addr,
				      port_be);
	if (mark) {
		id.fwmark = mark;
		svc = lvs_director_exact(dir, &id);
		if (svc)
			return svc;
	}
	id = (struct lvs_service_id){
		.addr = { .family = family, .ip = *addr },
		.port = ntohs(port_be),
		.protocol = protocol,
	};
	svc = lvs_director_exact(dir, &id);
	if (!svc && dir->num_ftp && may_be_ftp_data(protocol, id.port)) {
		id.port = FTP_PORT;
		svc = lvs_director_exact(dir, &id);
	}
	if (svc || !dir->num_any_port)
		return svc;
	id.port = 0;
	return lvs_director_exact(dir, &id);
}

bool lvs_director_is_vip(const struct lvs_director *dir,
			 const struct lvs_addr *addr)
{
	const struct lvs_service *svc = dir->vips[vip_bucket_of(dir, addr)];

	while (svc && !lvs_addr_equal(&svc->conf.id.addr, addr))
		svc = svc->vip_next;
	return svc || (dir->marks && lvs_director_marks(dir, addr, false));
}

static void chain(struct lvs_director *dir, struct lvs_service *svc)
{
	struct lvs_service **head =
		&dir->buckets[bucket_of(dir, &svc->conf.id)];

	svc->hash_next = *head;
	*head = svc;
	if (lvs_service_by_mark(svc))
		return;
	head = &dir->vips[vip_bucket_of(dir, &svc->conf.id.addr)];
	svc->vip_next = *head;
	*head = svc;
}

static void unchain(struct lvs_director *dir, struct lvs_service *svc)
{
	struct lvs_service **link =
		&dir->buckets[bucket_of(dir, &svc->conf.id)];

	while (*link != svc)
		link = &(*link)->hash_next;
	*link = svc->hash_next;
	if (lvs_service_by_mark(svc))
		return;
	link = &dir->vips[vip_bucket_of(dir, &svc->conf.id.addr)];
	while (*link != svc)
		link = &(*link)->vip_next;
	*link = svc->vip_next;
}

/* Twice the buckets. */
static int tables_grow(struct lvs_director *dir)
{
	size_t old_bytes = dir->num_buckets * sizeof(struct lvs_service *);
	uint32_t num = dir->num_buckets * 2;
	struct lvs_service **buckets, **vips;

	buckets = lvs_mem_array(&dir->mem, num, sizeof(*buckets));
	vips = lvs_mem_array(&dir->mem, num, sizeof(*vips));
	if (!buckets || !vips) {
		lvs_mem_free(&dir->mem, buckets, num * sizeof(*buckets));
		lvs_mem_free(&dir->mem, vips, num * sizeof(*vips));
		return LVS_ERR_NOMEM;
	}
	lvs_mem_free(&dir->mem, dir->buckets, old_bytes);
	lvs_mem_free(&dir->mem, dir->vips, old_bytes);
	dir->buckets = buckets;
	dir->vips = vips;
	dir->num_buckets = num;
	for (struct lvs_service *s = dir->first; s; s = s->next)
		chain(dir, s);
	return 0;
}

/* SVC comes (1) or goes (-1): is it of those that other ports lead to? */
static void count_port(struct lvs_director *dir, const struct lvs_service *svc,
		       int services)
{
	if (lvs_service_by_mark(svc))
		return;
	if (svc->conf.id.port == 0)
		dir->num_any_port += (uint32_t)services;
	if (svc->conf.id.port == FTP_PORT)
		dir->num_ftp += (uint32_t)services;
}

int lvs_director_insert(struct lvs_director *dir, struct lvs_service *svc)
{
	if (dir->num_services >= dir->num_buckets) {
		int err = tables_grow(dir);

		if (err)
			return err;
	}
	svc->prev = NULL;
	svc->next = dir->first;
	if (dir->first)
		dir->first->prev = svc;
	dir->first = svc;
	dir->num_services++;
	count_port(dir, svc, 1);
	chain(dir, svc);
	return 0;
}

void lvs_director_remove(struct lvs_director *dir, struct lvs_service *svc)
{
	unchain(dir, svc);
	if (svc->prev)
		svc->prev->next = svc->next;
	else
		dir->first = svc->next;
	if (svc->next)
		svc->next->prev = svc->prev;
	dir->num_services--;
	count_port(dir, svc, -1);
}
