/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * name.c - services and real servers as messages name them.
 */
#include "name.h"
#include <netinet/in.h>
#include <stdio.h>

static const char *protocol_name(uint8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	default:
		return "?";
	}
}

const char *name_of(const struct lvs_service_id *svc,
		    const struct lvs_dest_id *dest, char *buf, size_t size)
{
	char endpoint[LVS_ENDPOINT_STRLEN];
	int len;

	if (svc->fwmark)
		len = snprintf(buf, size, "fwmark %u", svc->fwmark);
	else
		len = snprintf(buf, size, "%s %s", protocol_name(svc->protocol),
			       lvs_endpoint_format(&svc->addr, svc->port,
						   endpoint, sizeof(endpoint)));
	if (dest && len >= 0 && (size_t)len < size)
		snprintf(buf + len, size - (size_t)len, ", real server %s",
			 lvs_endpoint_format(&dest->addr, dest->port, endpoint,
					     sizeof(endpoint)));
	return buf;
}
