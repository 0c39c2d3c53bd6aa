/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * port.c - the list of backends, and ports as the public header has them.
 *
 * A new backend is a file with one const struct, a line in io.h and one in
 * the list here.
 */
#include "base/opts.h"
#include "io/io.h"
#include <string.h>

static const struct lvs_backend *const backends[] = {
	&lvs_backend_af_packet, &lvs_backend_raw,  &lvs_backend_pcap,
	&lvs_backend_memory,	&lvs_backend_host,
};

const struct lvs_backend *lvs_backend_at(size_t index)
{
	if (index >= sizeof(backends) / sizeof(*backends))
		return NULL;
	return backends[index];
}

const struct lvs_backend *lvs_backend_find(const char *name)
{
	const struct lvs_backend *backend;

	for (size_t i = 0; (backend = lvs_backend_at(i)); i++)
		if (strcmp(backend->name, name) == 0)
			return backend;
	return NULL;
}

int lvs_port_open(const char *name, const struct lvs_port_opts *opts,
		  struct lvs_port **port)
{
	const struct lvs_backend *backend = lvs_backend_find(name);
	struct lvs_port_opts own;
	int error;

	if (!backend)
		return LVS_ERR_NOENT;
	error = lvs_opts_read(&own, sizeof(own), opts);
	if (error)
		return error;
	if (own.buffers == 0)
		own.buffers = 64;
	return backend->open(&own, port);
}

void lvs_port_close(struct lvs_port *port)
{
	if (port)
		port->backend->close(port);
}

int lvs_port_fd(struct lvs_port *port)
{
	return port->backend->fd(port);
}

uint32_t lvs_port_link(struct lvs_port *port)
{
	return port->backend->link(port);
}

int lvs_port_rx(struct lvs_port *port, struct lvs_pkt *pkts[], size_t max)
{
	return port->backend->rx(port, pkts, max);
}

bool lvs_port_pending(struct lvs_port *port)
{
	return port->backend->pending && port->backend->pending(port);
}

size_t lvs_port_tx(struct lvs_port *port, struct lvs_pkt *const pkts[],
		   size_t count)
{
	return port->backend->tx(port, pkts, count);
}

void lvs_port_release(struct lvs_port *port, struct lvs_pkt *const pkts[],
		      size_t count)
{
	port->backend->release(port, pkts, count);
}

void lvs_port_stats(struct lvs_port *port, struct lvs_port_stats *stats)
{
	port->backend->stats(port, stats);
}
