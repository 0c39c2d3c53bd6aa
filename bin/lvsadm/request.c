/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * request.c - a command line becomes a request, and is done.
 *
 * The first option is the command; --socket alone may come before it.  What
 * is wrong is told in the order in which it stands there: each option's value
 * as it is read, words that belong to nothing, and then what does not go
 * together.
 */
#include "lvsadm.h"
#include "options.h"
#include <stdio.h>
#include <string.h>

enum status try_help(void)
{
	return fail(STATUS_FAILED, "Try `lvsadm -h' or 'lvsadm --help' for "
				   "more information.");
}

/* ---- options ------------------------------------------------------------- */

static enum status take_option(struct request *req, struct scan *scan,
			       const struct spelled *spelled,
			       const struct option *option)
{
	const char *value;
	const char *wrong = scan_value(scan, spelled, option->takes, &value);

	if (wrong)
		return fail(STATUS_FAILED, "%s: %s", scan_argument(scan),
			    wrong);
	if (option->bit != BIT_NONE) {
		uint64_t opt = UINT64_C(1) << option->bit;

		if (req->seen & opt)
			return fail(STATUS_INVALID,
				    "multiple '%s' options specified",
				    option_name(option->bit));
		req->seen |= opt;
	}
	return option->take ? option->take(req, option, value) : STATUS_OK;
}

static const struct option *option_spelled(const struct spelled *spelled)
{
	return spelled->word ? option_find(spelled->word, spelled->word_len)
			     : option_letter(spelled->letter);
}

static const struct command *command_spelled(const struct spelled *spelled)
{
	return spelled->word ? command_find(spelled->word, spelled->word_len)
			     : command_letter(spelled->letter);
}

static enum status unknown(const struct scan *scan,
			   const struct spelled *spelled)
{
	const struct command *second = command_spelled(spelled);

	if (second && second->letter)
		return fail(STATUS_INVALID, "invalid option `-%c'",
			    spelled->word ? second->letter : spelled->letter);
	if (second)
		return fail(STATUS_INVALID, "invalid option `--%s'",
			    second->word);
	return fail(STATUS_FAILED, "%s: unknown option", scan_argument(scan));
}

static enum status read_options(struct request *req, struct scan *scan)
{
	const size_t room = sizeof(req->words) / sizeof(*req->words);
	enum status status = STATUS_OK;
	struct spelled spelled;
	enum scanned what;

	while (!status && (what = scan_next(scan, &spelled)) != SCAN_END) {
		const struct option *option;

		if (what == SCAN_PLAIN) {
			if (req->num_words < room)
				req->words[req->num_words] = spelled.value;
			req->num_words++;
			continue;
		}
		option = option_spelled(&spelled);
		status = option ? take_option(req, scan, &spelled, option)
				: unknown(scan, &spelled);
	}
	return status;
}

/* ---- the command --------------------------------------------------------- */

static enum status read_command(struct request *req, struct scan *scan)
{
	struct spelled spelled;
	enum scanned what;

	for (;;) {
		const struct option *option;
		enum status status;

		what = scan_next(scan, &spelled);
		if (what != SCAN_LETTER && what != SCAN_WORD)
			return try_help();
		option = option_spelled(&spelled);
		if (!option || option->bit != BIT_SOCKET)
			break;
		status = take_option(req, scan, &spelled, option);
		if (status)
			return status;
	}
	req->command = command_spelled(&spelled);
	if (!req->command ||
	    scan_value(scan, &spelled,
		       req->command->takes ? TAKES_VALUE : TAKES_NOTHING,
		       &req->value))
		return try_help();
	return STATUS_OK;
}

/* Only --set has arguments of its own: three. */
static enum status check_words(const struct request *req)
{
	size_t want = strcmp(req->command->name, "set") == 0 ? 3 : 0;

	if (req->num_words < want)
		return fail(STATUS_INVALID,
			    "--set option requires 3 timeout values");
	if (req->num_words > want)
		return fail(STATUS_INVALID, "unexpected argument %s",
			    req->words[want]);
	return STATUS_OK;
}

enum status request_run(struct app *app, int argc, char **argv)
{
	struct scan scan = { .argv = argv, .argc = argc, .next = 1 };
	struct request req = {
		.app = app,
		.svc = LVS_OPTS(struct lvs_service_conf),
		.dest = LVS_OPTS(struct lvs_dest_conf),
		.sync = LVS_OPTS(struct lvs_sync_conf),
	};
	enum status status;

	req.dest.method = LVS_METHOD_DR;
	req.dest.weight = 1;
	status = read_command(&req, &scan);
	if (status)
		return status;
	/* Whoever asks for help gets it, whatever comes after. */
	if (req.command->run == help_run || req.command->run == version_run)
		return req.command->run(&req);
	status = read_options(&req, &scan);
	if (!status)
		status = check_words(&req);
	if (!status)
		status = request_check(&req);
	return status ? status : req.command->run(&req);
}
