/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opts.h - structs that begin with their size (LVS_OPTS), across versions.
 */
#ifndef LVS_BASE_OPTS_H
#define LVS_BASE_OPTS_H

#include <lvs/base.h>
#include <string.h>

/*
 * GIVEN, of whatever size it says, as the SIZE bytes that we know, in KNOWN:
 * what it lacks is 0.  LVS_ERR_INVAL if it says no size, or if it is longer
 * and has set something there that we would not carry out.
 */
static inline int lvs_opts_read(void *known, size_t size, const void *given)
{
	const unsigned char *bytes = given;
	size_t sz;

	memcpy(&sz, given, sizeof(sz));
	if (sz < sizeof(sz))
		return LVS_ERR_INVAL;
	for (size_t i = size; i < sz; i++)
		if (bytes[i])
			return LVS_ERR_INVAL;
	memset(known, 0, size);
	memcpy(known, given, sz < size ? sz : size);
	memcpy(known, &size, sizeof(size));
	return 0;
}

/* KNOWN into TAKEN, as much as the size that TAKEN says; that stays. */
static inline void lvs_opts_write(void *taken, const void *known, size_t size)
{
	size_t sz;

	memcpy(&sz, taken, sizeof(sz));
	if (sz > size)
		memset((unsigned char *)taken + size, 0, sz - size);
	if (sz > sizeof(sz))
		memcpy((unsigned char *)taken + sizeof(sz),
		       (const unsigned char *)known + sizeof(sz),
		       (sz < size ? sz : size) - sizeof(sz));
}

#endif
