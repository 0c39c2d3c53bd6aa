/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * attr.c - attributes that are what they should be, and some that are not.
 *
 * The bytes are written by hand (little-endian hosts: netlink has the host's
 * byte order), not by the builder that the library uses.
 */
#include "check.h"

#include "ctl/attr.h"

#include <endian.h>
#include <string.h>

enum {
	NUMBER = 1,
	NAME = 2,
	NEST = 3,
	COUNT
};

static const struct lvs_attr_rule rules[COUNT] = {
	[NUMBER] = LVS_ATTR_U32,
	[NAME] = LVS_ATTR_STRING(4),
	[NEST] = LVS_ATTR_NEST,
};

static const struct {
	const char *what;
	size_t len;
	const char *bytes;
	int error;
	bool number, name; /* found */
} rows[] = {
	{ "nothing", 0, "", 0, false, false },
	{ "a number", 8, "\x08\0\x01\0\x2a\0\0\0", 0, true, false },
	{ "a number with the flag of a nest", 8, "\x08\0\x01\x80\x2a\0\0\0", 0,
	  true, false },
	{ "a number and a string without padding at the end", 14,
	  "\x08\0\x01\0\x2a\0\0\0\x06\0\x02\0a\0", 0, true, true },
	{ "a string and a number after its padding", 16,
	  "\x06\0\x02\0a\0\xff\xff\x08\0\x01\0\x2a\0\0\0", 0, true, true },
	{ "a string that ends before its attribute does", 8,
	  "\x08\0\x02\0a\0bc", 0, false, true },
	{ "an attribute nobody knows", 8, "\x08\0\x11\0\x2a\0\0\0", 0, false,
	  false },
	{ "one of a type without a rule", 8, "\x08\0\0\0\x2a\0\0\0", 0, false,
	  false },
	{ "the second of two counts", 16,
	  "\x08\0\x01\0\x2b\0\0\0\x08\0\x01\0\x2a\0\0\0", 0, true, false },
	{ "a number that is too short", 6, "\x06\0\x01\0\x2a\0", LVS_ERR_RANGE,
	  false, false },
	{ "a number that is too long", 12, "\x0c\0\x01\0\x2a\0\0\0\0\0\0\0",
	  LVS_ERR_RANGE, false, false },
	{ "a string that is too long", 9, "\x09\0\x02\0abcd\0", LVS_ERR_RANGE,
	  false, false },
	{ "a string without end", 8, "\x08\0\x02\0abcd", LVS_ERR_INVAL, false,
	  false },
	{ "an empty string without end", 4, "\x04\0\x02\0", LVS_ERR_RANGE,
	  false, false },
	{ "three bytes", 3, "\x08\0\x01", LVS_ERR_INVAL, false, false },
	{ "a length below the header's", 4, "\x03\0\x01\0", LVS_ERR_INVAL,
	  false, false },
	{ "a length of 0", 4, "\0\0\x01\0", LVS_ERR_INVAL, false, false },
	{ "a length beyond the end", 8, "\x09\0\x01\0\x2a\0\0\0", LVS_ERR_INVAL,
	  false, false },
	{ "a good one, and two bytes more", 10, "\x08\0\x01\0\x2a\0\0\0\x08\0",
	  LVS_ERR_INVAL, false, false },
};

START_TEST(parse)
{
	if (htole16(1) != 1)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		/* As long as it is, for a sanitizer to see what is beyond. */
		char *bytes = malloc(rows[i].len ? rows[i].len : 1);
		const struct nlattr *tb[COUNT];
		int err;

		memcpy(bytes, rows[i].bytes, rows[i].len);
		err = lvs_attr_parse(bytes, rows[i].len, rules, tb, COUNT);
		ck_assert_msg(err == rows[i].error, "%s: %d instead of %d",
			      rows[i].what, err, rows[i].error);
		if (!err) {
			ck_assert_msg(!!tb[NUMBER] == rows[i].number,
				      "%s: number", rows[i].what);
			ck_assert_msg(!!tb[NAME] == rows[i].name, "%s: name",
				      rows[i].what);
		}
		if (!err && tb[NUMBER])
			ck_assert_msg(mnl_attr_get_u32(tb[NUMBER]) == 42, "%s",
				      rows[i].what);
		free(bytes);
	}
}
END_TEST

START_TEST(find)
{
	char bytes[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(bytes);
	struct nlattr *nest;
	const struct nlattr *attr;

	mnl_nlmsg_put_extra_header(nlh, 4);
	mnl_attr_put_u32(nlh, NUMBER, 1);
	nest = mnl_attr_nest_start(nlh, 0x1000);
	mnl_attr_put_u32(nlh, NUMBER, 2);
	mnl_attr_put_u32(nlh, 0x1001, 3);
	mnl_attr_nest_end(nlh, nest);
	attr = lvs_attr_find(nlh, 4, 0x1000);
	ck_assert_ptr_eq(attr, nest);
	ck_assert_ptr_null(lvs_attr_find(nlh, 4, 0x1001));
	attr = lvs_attr_find_nested(nest, 0x1001);
	ck_assert_ptr_nonnull(attr);
	ck_assert_uint_eq(mnl_attr_get_u32(attr), 3);
	ck_assert_ptr_null(lvs_attr_next(nest, attr));
	ck_assert_ptr_null(lvs_attr_find_nested(nest, 0x1000));
}
END_TEST

LVS_TEST_MAIN("ctl/attr", parse, find)
