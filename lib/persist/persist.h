/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * persist.h - persistence: a client comes back to the real server it had.
 *
 * What is remembered is a template: client network, virtual endpoint, and the
 * destination.  Templates are one director's and shared by its engines, so
 * each call takes their lock; they are looked up only where a persistent
 * service gets a new connection.
 *
 * A template lives on while a connection that was made by it does ("controls"
 * it), and then for its service's timeout.
 */
#ifndef LVS_PERSIST_PERSIST_H
#define LVS_PERSIST_PERSIST_H

#include "model/conn.h"
#include "model/director.h"

struct lvs_persist;

/*
 * An engine comes and will use DIR's templates (dir->persist), and goes.  They
 * are made with the first and freed with the last.  There are at most as many
 * as all engines may have connections (CONN_LIMIT; 0 from any: no limit).
 * LVS_ERR_NOMEM.
 */
int lvs_persist_join(struct lvs_director *dir, uint32_t conn_limit);
void lvs_persist_leave(struct lvs_director *dir, uint32_t conn_limit);

/* What a persistent service decides. */
struct lvs_persist_choice {
	struct lvs_dest *dest; /* bound for one connection; NULL: none */
	uint16_t dport_be;     /* port of the real server */
	struct lvs_conn *by;   /* the template: it controls one more; NULL */
};

/*
 * Who takes a packet to SVC with FLOW: the destination of its template; if
 * there is none, or its destination was removed, the scheduler's choice, which
 * becomes the template's.
 */
void lvs_persist_choose(struct lvs_persist *per, struct lvs_service *svc,
			const struct lvs_flow *flow, lvs_tstamp now,
			struct lvs_persist_choice *choice);

/* A connection that template BY controlled is gone. */
void lvs_persist_release(struct lvs_persist *per, struct lvs_conn *by);

/*
 * The same, and it had to give way: if BY controls no other and was never
 * assured, it goes too (spec 3.13).
 */
void lvs_persist_drop(struct lvs_persist *per, struct lvs_conn *by);

/* A connection that template BY controls was established. */
void lvs_persist_assure(struct lvs_persist *per, struct lvs_conn *by);

/* Let templates expire: as lvs_conn_table_advance. */
bool lvs_persist_advance(struct lvs_persist *per, lvs_tstamp now, size_t max,
			 lvs_tstamp *next);

/* Call EACH with up to MAX templates; as lvs_conn_walk. */
size_t lvs_persist_walk(struct lvs_persist *per, uint64_t *cursor, size_t max,
			void (*each)(void *ctx, const struct lvs_conn *conn),
			void *ctx);

#endif
