/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * session.c - one client's conversation, without its socket.
 *
 * Framing, errors, acknowledgements and dumps as netlink has them; what a
 * command does is in commands.c.  Here strangers' bytes arrive, so nothing is
 * read of a message before lvs_message_at, of an attribute before
 * lvs_attr_parse.
 */
#include "ctl/session.h"
#include "ctl/attr.h"
#include "ctl/codec.h"
#include <linux/ip_vs.h>
#include <string.h>

_Static_assert(LVS_REQUEST_ATTRS == IPVS_CMD_ATTR_TIMEOUT_UDP + 1,
	       "LVS_REQUEST_ATTRS is one above the last attribute");

static const struct lvs_attr_rule request_rules[LVS_REQUEST_ATTRS] = {
	[IPVS_CMD_ATTR_SERVICE] = LVS_ATTR_NEST,
	[IPVS_CMD_ATTR_DEST] = LVS_ATTR_NEST,
	[IPVS_CMD_ATTR_DAEMON] = LVS_ATTR_NEST,
	[IPVS_CMD_ATTR_TIMEOUT_TCP] = LVS_ATTR_U32,
	[IPVS_CMD_ATTR_TIMEOUT_TCP_FIN] = LVS_ATTR_U32,
	[IPVS_CMD_ATTR_TIMEOUT_UDP] = LVS_ATTR_U32,
};

/* ---- messages out -------------------------------------------------------- */

static struct nlmsghdr *put_header(struct lvs_session *s,
				   const struct nlmsghdr *request,
				   uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(s->out + s->out_len);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	nlh->nlmsg_seq = request->nlmsg_seq;
	nlh->nlmsg_pid = request->nlmsg_pid;
	return nlh;
}

struct nlmsghdr *lvs_session_begin(struct lvs_session *s,
				   const struct nlmsghdr *request,
				   uint8_t command, uint16_t flags)
{
	struct nlmsghdr *nlh =
		put_header(s, request, request->nlmsg_type, flags);
	struct genlmsghdr *genl =
		mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = command;
	genl->version = IPVS_GENL_VERSION;
	return nlh;
}

void lvs_session_end(struct lvs_session *s, const struct nlmsghdr *nlh)
{
	s->out_len += (uint32_t)lvs_attr_align(nlh->nlmsg_len);
}

bool lvs_session_room(const struct lvs_session *s)
{
	return LVS_SESSION_OUT_MAX - s->out_len >= LVS_CTL_OBJECT_MAX;
}

/*
 * ERROR, or 0 as acknowledgement, for REQUEST.  Its header only is sent back
 * with it, which is what NLM_F_CAPPED says.
 */
static void put_error(struct lvs_session *s, const struct nlmsghdr *request,
		      int error)
{
	struct nlmsghdr *nlh =
		put_header(s, request, NLMSG_ERROR, NLM_F_CAPPED);
	struct nlmsgerr *body = mnl_nlmsg_put_extra_header(nlh, sizeof(*body));

	body->error = error;
	body->msg = *request;
	lvs_session_end(s, nlh);
}

/* ---- the controller: which number has the family "IPVS"? ----------------- */

static const struct lvs_attr_rule ctrl_rules[CTRL_ATTR_FAMILY_NAME + 1] = {
	[CTRL_ATTR_FAMILY_ID] = LVS_ATTR_U16,
	[CTRL_ATTR_FAMILY_NAME] = LVS_ATTR_STRING(GENL_NAMSIZ),
};

static bool is_ours(const struct nlattr *const *tb)
{
	if (tb[CTRL_ATTR_FAMILY_ID] &&
	    mnl_attr_get_u16(tb[CTRL_ATTR_FAMILY_ID]) != LVS_CTL_FAMILY_ID)
		return false;
	if (tb[CTRL_ATTR_FAMILY_NAME] &&
	    strcmp(mnl_attr_get_str(tb[CTRL_ATTR_FAMILY_NAME]),
		   IPVS_GENL_NAME) != 0)
		return false;
	return true;
}

static int answer_ctrl(struct lvs_session *s, const struct nlmsghdr *request)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(request);
	const struct nlattr *tb[CTRL_ATTR_FAMILY_NAME + 1];
	struct nlmsghdr *nlh;
	int err;

	if (genl->cmd != CTRL_CMD_GETFAMILY)
		return LVS_ERR_NOTSUP;
	err = lvs_attr_parse(mnl_nlmsg_get_payload_offset(request, GENL_HDRLEN),
			     mnl_nlmsg_get_payload_len(request) - GENL_HDRLEN,
			     ctrl_rules, tb, CTRL_ATTR_FAMILY_NAME + 1);
	if (err)
		return err;
	if (!tb[CTRL_ATTR_FAMILY_ID] && !tb[CTRL_ATTR_FAMILY_NAME])
		return LVS_ERR_INVAL;
	if (!is_ours(tb))
		return LVS_ERR_NOENT;
	nlh = lvs_session_begin(s, request, CTRL_CMD_NEWFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, IPVS_GENL_NAME);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, LVS_CTL_FAMILY_ID);
	mnl_attr_put_u32(nlh, CTRL_ATTR_VERSION, IPVS_GENL_VERSION);
	mnl_attr_put_u32(nlh, CTRL_ATTR_HDRSIZE, 0);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MAXATTR, IPVS_CMD_ATTR_MAX);
	lvs_session_end(s, nlh);
	return 0;
}

/* ---- requests in --------------------------------------------------------- */

static int run(struct lvs_session *s, const struct lvs_command *command,
	       const struct lvs_request *req)
{
	int err = command->run(s, req);

	if (!err && command->changes && s->changed)
		s->changed(s->changed_ctx);
	return err;
}

static int answer_ipvs(struct lvs_session *s, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct lvs_command *command = lvs_command_find(genl->cmd);
	bool dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct lvs_request req = { .nlh = nlh };
	int err;

	if (!command || !(dump ? command->begin != NULL : command->run != NULL))
		return LVS_ERR_NOTSUP;
	if (command->changes && !s->may_change)
		return LVS_ERR_PERM;
	err = lvs_attr_parse(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
			     mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN,
			     request_rules, req.attr, LVS_REQUEST_ATTRS);
	if (err)
		return err;
	if (!dump)
		return run(s, command, &req);
	memset(&s->dump, 0, sizeof(s->dump));
	err = command->begin(s, &req);
	if (err)
		return err;
	s->dump.command = command;
	s->dump.request = *nlh;
	return 0;
}

static int answer_message(struct lvs_session *s, const struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE ||
	    !(nlh->nlmsg_flags & NLM_F_REQUEST))
		return 0; /* netlink acknowledges these and does nothing */
	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return LVS_ERR_INVAL;
	if (nlh->nlmsg_type == GENL_ID_CTRL)
		return answer_ctrl(s, nlh);
	if (nlh->nlmsg_type == LVS_CTL_FAMILY_ID)
		return answer_ipvs(s, nlh);
	return LVS_ERR_NOENT;
}

/* What is not even a message: an error for as much of it as is there. */
static void refuse_rest(struct lvs_session *s, int error)
{
	struct nlmsghdr header = { 0 };
	size_t left = s->in_len - s->in_at;

	if (left > sizeof(header))
		left = sizeof(header);
	memcpy(&header, s->in.bytes + s->in_at, left);
	s->in_at = s->in_len;
	put_error(s, &header, error);
}

static void answer_next(struct lvs_session *s)
{
	size_t left = s->in_len - s->in_at, step;
	const struct nlmsghdr *nlh =
		lvs_message_at(s->in.bytes + s->in_at, left);
	int err;

	if (s->cut || !nlh) {
		refuse_rest(s, s->cut ? LVS_ERR_MSGSIZE : LVS_ERR_INVAL);
		return;
	}
	step = lvs_attr_align(nlh->nlmsg_len);
	s->in_at += (uint32_t)(step < left ? step : left);
	err = answer_message(s, nlh);
	if (err) {
		s->out_len = 0;
		put_error(s, nlh, err);
		return;
	}
	/* A kernel sends it apart from the reply, and libnl waits for that. */
	s->ack_due = (nlh->nlmsg_flags & NLM_F_ACK) && !s->dump.command;
	s->replied = *nlh;
}

static void acknowledge(struct lvs_session *s)
{
	s->ack_due = false;
	put_error(s, &s->replied, 0);
}

static void dump_next(struct lvs_session *s)
{
	struct nlmsghdr *nlh;
	int *status;

	if (s->dump.command->more(s))
		return;
	nlh = put_header(s, &s->dump.request, NLMSG_DONE, NLM_F_MULTI);
	status = mnl_nlmsg_put_extra_header(nlh, sizeof(*status));
	*status = 0;
	lvs_session_end(s, nlh);
	s->dump.command = NULL;
}

void lvs_session_take(struct lvs_session *s, size_t len)
{
	s->cut = len > sizeof(s->in.bytes);
	s->in_len = (uint32_t)(s->cut ? sizeof(s->in.bytes) : len);
	s->in_at = 0;
}

size_t lvs_session_answer(struct lvs_session *s, void *out)
{
	s->out = out;
	s->out_len = 0;
	while (s->out_len == 0) {
		if (s->ack_due)
			acknowledge(s);
		else if (s->dump.command)
			dump_next(s);
		else if (s->in_at < s->in_len)
			answer_next(s);
		else
			break;
	}
	return s->out_len;
}
