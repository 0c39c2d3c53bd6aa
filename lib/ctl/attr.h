/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attr.h - taking netlink messages apart, with every length checked.
 *
 * libmnl steps from attribute to attribute; here stands what it leaves to its
 * caller: whether a message is all there, whether an attribute is as long as
 * its type says, and whether something is left over at the end.  After
 * lvs_attr_parse the getters of libmnl may be used on what is in the table
 * without another check.
 */
#ifndef LVS_CTL_ATTR_H
#define LVS_CTL_ATTR_H

#include <libmnl/libmnl.h>
#include <lvs/base.h>

/* MNL_ALIGN for sizes; libmnl's own is one of int. */
static inline size_t lvs_attr_align(size_t len)
{
	return (len + MNL_ALIGNTO - 1) & ~(size_t)(MNL_ALIGNTO - 1);
}

/*
 * The message that LEN bytes at DATA begin with, or NULL if it is not all
 * there.  mnl_nlmsg_ok takes a length of 2^31 or more for a negative one.
 */
const struct nlmsghdr *lvs_message_at(const void *data, size_t len);

/* What payload an attribute may have; a table of them is indexed by type. */
struct lvs_attr_rule {
	uint16_t min, max; /* bytes; max 0: an unknown attribute, passed over */
	bool string;       /* max counts the final 0, which must be there */
};

#define LVS_ATTR_U8                                                            \
	{                                                                      \
		.min = 1, .max = 1                                             \
	}
#define LVS_ATTR_U16                                                           \
	{                                                                      \
		.min = 2, .max = 2                                             \
	}
#define LVS_ATTR_U32                                                           \
	{                                                                      \
		.min = 4, .max = 4                                             \
	}
#define LVS_ATTR_U64                                                           \
	{                                                                      \
		.min = 8, .max = 8                                             \
	}
#define LVS_ATTR_NEST                                                          \
	{                                                                      \
		.min = 0, .max = UINT16_MAX                                    \
	}
/* An IPv4 address may come in 4 bytes or in the 16 of any address. */
#define LVS_ATTR_ADDR                                                          \
	{                                                                      \
		.min = 4, .max = 16                                            \
	}
#define LVS_ATTR_STRING(size)                                                  \
	{                                                                      \
		.min = 1, .max = (size), .string = true                        \
	}

/*
 * The attributes in LEN bytes at DATA into TB, by type; NULL where there is
 * none, the last where there are several.  TB and RULES have COUNT entries;
 * types beyond are passed over, as netlink does for attributes of the future.
 *
 * LVS_ERR_RANGE: one has a length that its type cannot have; LVS_ERR_INVAL:
 * bytes that are no attribute, a string without end.
 */
int lvs_attr_parse(const void *data, size_t len,
		   const struct lvs_attr_rule *rules, const struct nlattr **tb,
		   size_t count);

/* The same for what is inside of NEST. */
int lvs_attr_parse_nest(const struct nlattr *nest,
			const struct lvs_attr_rule *rules,
			const struct nlattr **tb, size_t count);

/*
 * The first attribute of TYPE, or NULL: in NLH, after the EXTRA bytes (that
 * are there) of its second header; and in NEST.  For types too large for a
 * table; the length of the payload is not checked.
 */
const struct nlattr *lvs_attr_find(const struct nlmsghdr *nlh, size_t extra,
				   uint16_t type);
const struct nlattr *lvs_attr_find_nested(const struct nlattr *nest,
					  uint16_t type);

/* The attribute after ATTR in NEST, the first for NULL; NULL at the end. */
const struct nlattr *lvs_attr_next(const struct nlattr *nest,
				   const struct nlattr *attr);

#endif
