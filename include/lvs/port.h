/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/port.h - ports: packets in and out of an interface through a backend.
 *
 * A backend is a const struct; a port is one interface opened through it.  rx
 * lends packets, the engine rewrites them where they lie, and tx or drop ends
 * each loan exactly once.  What a packet still has to have done to it (its
 * offload state) and the interface cannot do, the port finishes in software.
 *
 * A port belongs to one thread at a time.  It opens descriptors but starts no
 * thread and reads no clock: wait for the descriptor with poll(2) or epoll(7).
 */
#ifndef LVS_PORT_H
#define LVS_PORT_H

#include <lvs/base.h>
#include <lvs/engine.h>
#include <lvs/pkt.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lvs_port;

struct lvs_port_opts {
	size_t sz;
	const char *ifname; /* interface; pcap: file to read, or NULL; copied */
	uint32_t link;	    /* memory, pcap: the link number it plays */
	uint32_t buffers;   /* packets on loan at most; 0: 64 */
	struct lvs_log log; /* copied */
	/* memory backend: what it can send as it is; 0: nothing */
	bool can_csum, can_gso;
	const char *output; /* pcap: file to write, or NULL; copied */
	/* af_packet: the interface has the program of lvs/tunnel.h */
	bool tunnels;
	/*
	 * af_packet, raw: see packets after the programs at tc ingress, and not
	 * those that a program forwarded; the claim, if there is one, must be
	 * `late` too.
	 */
	bool late;
	/*
	 * pcap: take frames of this VLAN; 0: those without a tag, or with a
	 * priority alone (tag 0), as an interface does that has VLANs on it.
	 */
	uint16_t vlan;
};

struct lvs_port_stats {
	uint64_t rx_packets, rx_bytes; /* lent */
	/* Sent; what is cut here is one packet, and its segments' bytes. */
	uint64_t tx_packets, tx_bytes;
	uint64_t rx_dropped; /* there was no room for them to wait for us */
	uint64_t tx_dropped; /* no room to wait in, or the interface is down */
	uint64_t rx_errors;  /* cut off, or of a kind that cannot be lent */
	uint64_t tx_errors; /* refused: no route to them, too long, no packet */
};

/* What a backend provides; PORT is its own struct. */
struct lvs_backend {
	const char *name;
	const char *summary;
	int (*open)(const struct lvs_port_opts *opts, struct lvs_port **port);
	void (*close)(struct lvs_port *port);
	/* Readable when rx may have something; -1: no descriptor. */
	int (*fd)(struct lvs_port *port);
	uint32_t (*link)(struct lvs_port *port);
	/* Lends up to MAX packets; returns how many, or LVS_ERR_*. */
	int (*rx)(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max);
	/*
	 * Send COUNT packets, of this port's or any other's loan or of the
	 * caller's; ends no loan.  Returns how many the interface took.
	 */
	size_t (*tx)(struct lvs_port *port, struct lvs_pkt *const pkts[],
		     size_t count);
	/* Ends the loan of packets that this port's rx lent. */
	void (*release)(struct lvs_port *port, struct lvs_pkt *const pkts[],
			size_t count);
	void (*stats)(struct lvs_port *port, struct lvs_port_stats *stats);
	/*
	 * Would rx lend something, as far as that can be told without asking
	 * the system?  NULL: it cannot.
	 */
	bool (*pending)(struct lvs_port *port);
};

/* Every backend's port begins with this. */
struct lvs_port {
	const struct lvs_backend *backend;
};

/* The library's backends: the INDEX-th, or NULL past the last. */
LVS_API const struct lvs_backend *lvs_backend_at(size_t index);
LVS_API const struct lvs_backend *lvs_backend_find(const char *name);

/*
 * Open OPTS->ifname through the backend NAMEd so; *PORT is owned by the
 * caller, who closes it.  LVS_ERR_NOENT (no such backend), LVS_ERR_NODEV (no
 * such interface), LVS_ERR_PERM (CAP_NET_RAW is missing), LVS_ERR_NOMEM,
 * LVS_ERR_NOTSUP (not an interface that the backend can use), LVS_ERR_INVAL
 * (no such VLAN).
 */
LVS_API int lvs_port_open(const char *name, const struct lvs_port_opts *opts,
			  struct lvs_port **port);
LVS_API void lvs_port_close(struct lvs_port *port);
LVS_API int lvs_port_fd(struct lvs_port *port);
LVS_API uint32_t lvs_port_link(struct lvs_port *port);
LVS_API int lvs_port_rx(struct lvs_port *port, struct lvs_pkt *pkts[],
			size_t max);
LVS_API size_t lvs_port_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
			   size_t count);
/*
 * Would lvs_port_rx lend something, as far as PORT can tell without a system
 * call?  For looking again and again at little cost; false says nothing of a
 * port that has failed, which its descriptor does.
 */
LVS_API bool lvs_port_pending(struct lvs_port *port);
LVS_API void lvs_port_release(struct lvs_port *port,
			      struct lvs_pkt *const pkts[], size_t count);
LVS_API void lvs_port_stats(struct lvs_port *port,
			    struct lvs_port_stats *stats);

/*
 * One burst through: receive from PORTS[IN], hand to ENG, send what it says
 * on the port of PORTS (COUNT of them) whose link it says, and what the
 * engine made or held.  If one of them is of backend "host", it gets what has
 * verdict LVS_HOST.  Returns how many packets were received, or LVS_ERR_*
 * of receiving.
 */
LVS_API int lvs_forward(struct lvs_engine *eng, struct lvs_port *const ports[],
			size_t count, size_t in, lvs_tstamp now);

/* Send what ENG has made or held; for use after lvs_engine_tick. */
LVS_API void lvs_forward_output(struct lvs_engine *eng,
				struct lvs_port *const ports[], size_t count,
				lvs_tstamp now);

/*
 * The memory backend's other side: put a frame of LEN bytes (copied) where
 * rx finds it, LVS_ERR_NOSPC when the queue is full; take one that was sent,
 * as it was sent (copied to BUF of SIZE bytes; returns its length, 0 if there
 * is none, LVS_ERR_MSGSIZE if SIZE is too small).  OFF may be NULL.
 */
LVS_API int lvs_memory_put(struct lvs_port *port, const void *frame, size_t len,
			   const struct lvs_offload *off);
LVS_API int lvs_memory_take(struct lvs_port *port, void *buf, size_t size,
			    struct lvs_offload *off);

/*
 * The pcap backend without a link (LVS_LINK_NONE) lends IP packets without
 * link header, whatever the capture has, and writes such ones: a replay needs
 * no network to know about.
 *
 * Returns when the packet that rx lent last was captured, in nanoseconds since
 * 1970, or 0 before the first; never runs backwards.  What is sent is written
 * with this time.  rx gives 0 at the end of the file,
 * LVS_ERR_MSGSIZE if it ends within a packet, LVS_ERR_PROTO for what cannot
 * be.  Opening gives LVS_ERR_PROTO (no capture, or pcapng), LVS_ERR_NOTSUP
 * (neither Ethernet nor IP), or what open(2) said.
 */
LVS_API lvs_tstamp lvs_pcap_time(struct lvs_port *port);

/*
 * All packets of PORT, a pcap one without link, through ENG of DIR, one by one,
 * each at the time it was captured at, which drives both; what is sent goes out
 * by PORT.  0 at the end of the capture, or why it cannot be read any further.
 */
LVS_API int lvs_replay(struct lvs_director *dir, struct lvs_engine *eng,
		       struct lvs_port *port);

#ifdef __cplusplus
}
#endif

#endif
