/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags.c - put VLAN tags into the frames of an interface, or take them out.
 *
 *	tags OBJECT INTERFACE ingress|egress [WORD...]
 *
 * OBJECT is tags.bpf.o.  What hangs there then, in place of what hung there for
 * the same frames, does in this order what is said by
 *	of none|VLAN       only frames without a tag, or of that VLAN
 *	pop                their outer tag is taken out
 *	push TYPE:VLAN:PRIORITY
 *	                   a tag is put in, outside of what is there; TYPE is
 *	                   hexadecimal
 *	to INTERFACE       they leave by it
 *	into INTERFACE     it receives them
 *
 * A filter at the interface's clsact: what hangs there by tcx links, or at a
 * lower number, comes first.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tags.h"

#define FILTER_HANDLE	1
#define FILTER_PRIORITY 10 /* and more by the VLAN */

static uint32_t link_of(const char *name)
{
	uint32_t link = if_nametoindex(name);

	if (!link)
		err(1, "%s", name);
	return link;
}

static void add_push(struct tags *tags, const char *text)
{
	unsigned type, id, priority;

	if (tags->count == TAGS_PUSH_MAX ||
	    sscanf(text, "%x:%u:%u", &type, &id, &priority) != 3)
		errx(2, "push %s: two of TYPE:VLAN:PRIORITY", text);
	tags->push[tags->count].type = (uint16_t)type;
	tags->push[tags->count].tci = (uint16_t)(priority << 13 | id);
	tags->count++;
}

/* What word KEY says, of VALUE. */
static void read_pair(struct tags *tags, const char *key, const char *value)
{
	if (strcmp(key, "of") == 0) {
		tags->of = strcmp(value, "none") == 0 ? TAGS_UNTAGGED
						      : (uint32_t)atoi(value);
	} else if (strcmp(key, "push") == 0) {
		add_push(tags, value);
	} else if (strcmp(key, "to") == 0 || strcmp(key, "into") == 0) {
		tags->to = link_of(value);
		tags->in = strcmp(key, "into") == 0;
	} else {
		errx(2, "%s?", key);
	}
}

static void read_words(struct tags *tags, char **words)
{
	for (; words[0]; words++) {
		if (strcmp(words[0], "pop") == 0) {
			tags->pop = 1;
			continue;
		}
		if (!words[1])
			errx(2, "%s: what?", words[0]);
		read_pair(tags, words[0], words[1]);
		words++;
	}
}

/* The descriptor of the program, which does what TAGS says. */
static int load(const char *path, const struct tags *tags)
{
	struct bpf_object *obj = bpf_object__open_file(path, NULL);
	uint32_t zero = 0;

	if (!obj || bpf_object__load(obj) < 0 ||
	    bpf_map_update_elem(bpf_object__find_map_fd_by_name(obj, "config"),
				&zero, tags, 0) < 0)
		err(1, "%s", path);
	return bpf_program__fd(bpf_object__find_program_by_name(obj, "tags"));
}

int main(int argc, char **argv)
{
	LIBBPF_OPTS(bpf_tc_hook, at);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = FILTER_HANDLE,
		    .flags = BPF_TC_F_REPLACE);
	struct tags tags = { .of = TAGS_ANY };
	int error;

	if (argc < 4)
		errx(2,
		     "usage: tags OBJECT INTERFACE ingress|egress [WORD...]");
	at.ifindex = (int)link_of(argv[2]);
	at.attach_point = strcmp(argv[3], "ingress") == 0 ? BPF_TC_INGRESS
							  : BPF_TC_EGRESS;
	read_words(&tags, argv + 4);
	opts.prog_fd = load(argv[1], &tags);
	opts.priority = FILTER_PRIORITY;
	if (tags.of < TAGS_UNTAGGED)
		opts.priority += tags.of;
	/* Says so in a line of its own if it is there already. */
	libbpf_set_print(NULL);
	error = bpf_tc_hook_create(&at);
	if (!error || error == -EEXIST)
		error = bpf_tc_attach(&at, &opts);
	if (error) {
		errno = -error;
		err(1, "%s", argv[2]);
	}
	return 0;
}
