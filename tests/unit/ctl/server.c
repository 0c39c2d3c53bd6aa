/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server.c - who may connect, who may do what, whose turn it is, and the
 * socket's file.
 */
#include "config.h"

#include "serving.h"

#include "ctl/session.h"

#include <linux/ip_vs.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

/* ---- clients that are in the way ----------------------------------------- */

static int raw_client(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, path);
	ck_assert_int_eq(connect(fd, (void *)&addr, sizeof(addr)), 0);
	return fd;
}

static void raw_dump(int fd)
{
	union {
		struct nlmsghdr nlh;
		char bytes[64];
	} buf;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(&buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = LVS_CTL_FAMILY_ID;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = IPVS_CMD_GET_SERVICE;
	ck_assert_int_eq(send(fd, nlh, nlh->nlmsg_len, 0), nlh->nlmsg_len);
}

/* Messages until NLMSG_DONE. */
static size_t raw_count(int fd)
{
	union {
		struct nlmsghdr nlh;
		char bytes[LVS_SESSION_OUT_MAX];
	} buf;
	size_t count = 0;

	for (;;) {
		int len = (int)recv(fd, &buf, sizeof(buf), 0);
		const struct nlmsghdr *nlh = &buf.nlh;

		ck_assert_int_gt(len, 0);
		for (; mnl_nlmsg_ok(nlh, len);
		     nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_type == NLMSG_DONE)
				return count;
			count++;
		}
	}
}

#define MANY 5000

/* Each of them asks for 2 MB and reads nothing; the socket holds 200 kB. */
START_TEST(slow_clients)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_service_conf svc = service(0, AF_INET);
	struct lvs_service_info *list;
	struct lvs_ctl *ctl;
	int slow[8];
	size_t count;

	make_director();
	for (svc.id.fwmark = 1; svc.id.fwmark <= MANY; svc.id.fwmark++)
		ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
	start(&opts);
	for (size_t i = 0; i < 8; i++) {
		slow[i] = raw_client();
		raw_dump(slow[i]);
	}
	ctl = client();
	ck_assert_int_eq(lvs_ctl_service_list(ctl, &list, &count), 0);
	ck_assert_uint_eq(count, MANY);
	free(list);
	ck_assert_uint_eq(raw_count(slow[0]), MANY);
	for (size_t i = 0; i < 8; i++)
		close(slow[i]);
	ck_assert_int_eq(lvs_ctl_flush(ctl), 0);
	lvs_ctl_close(ctl);
	finish();
	drop_director();
}
END_TEST

START_TEST(too_many_clients)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_ctl *two[2], *third = NULL;
	struct lvs_timeouts t;

	make_director();
	opts.clients = 2;
	start(&opts);
	two[0] = client();
	two[1] = client();
	ck_assert_int_ne(lvs_ctl_open(path, &third), 0);
	ck_assert_ptr_null(third);
	ck_assert_int_eq(lvs_ctl_timeouts(two[0], &t), 0);
	lvs_ctl_close(two[1]);
	/* There is room again as soon as the server has seen that it is gone. */
	while (lvs_ctl_open(path, &two[1]) != 0)
		ck_assert_int_eq(lvs_ctl_timeouts(two[0], &t), 0);
	ck_assert_int_eq(lvs_ctl_timeouts(two[1], &t), 0);
	lvs_ctl_close(two[0]);
	lvs_ctl_close(two[1]);
	finish();
	drop_director();
}
END_TEST

/* ---- who may ------------------------------------------------------------- */

static void only_reading(void)
{
	struct lvs_service_conf svc = service(1, AF_INET);
	struct lvs_service_info *list;
	struct lvs_ctl *ctl = client();
	size_t count;

	ck_assert_int_eq(lvs_ctl_service_add(ctl, &svc), LVS_ERR_PERM);
	ck_assert_int_eq(lvs_ctl_flush(ctl), LVS_ERR_PERM);
	ck_assert_int_eq(lvs_ctl_service_list(ctl, &list, &count), 0);
	free(list);
	lvs_ctl_close(ctl);
}

START_TEST(read_only)
{
	struct lvs_ctl_server_opts opts = options();

	make_director();
	opts.read_only = true;
	start(&opts);
	only_reading();
	finish();
	drop_director();
}
END_TEST

/* As nobody, with the socket open to everybody. */
START_TEST(another_user)
{
	struct lvs_ctl_server_opts opts = options();
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	make_director();
	ck_assert_int_eq(chmod(folder, 0755), 0);
	opts.mode = 0666;
	start(&opts);
	pid = fork();
	if (pid == 0) {
		if (setuid(65534))
			_exit(1);
		only_reading();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	finish();
	drop_director();
}
END_TEST

/* ---- the socket's file --------------------------------------------------- */

START_TEST(socket_file)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_ctl_server *second = NULL;
	struct stat st;
	mode_t umask_before = umask(077);

	make_director();
	opts.mode = 0620;
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), 0);
	umask(umask_before);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0620);
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &second),
			 LVS_ERR_ADDRINUSE);
	ck_assert_ptr_null(second);
	lvs_ctl_server_close(srv);
	ck_assert_int_eq(stat(path, &st), -1);
	drop_director();
}
END_TEST

/* A server that was killed leaves its file. */
START_TEST(stale_socket)
{
	struct lvs_ctl_server_opts opts = options();
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	make_director();
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	ck_assert_int_eq(bind(fd, (void *)&addr, sizeof(addr)), 0);
	close(fd);
	start(&opts);
	lvs_ctl_close(client());
	finish();
	drop_director();
}
END_TEST

START_TEST(not_a_socket)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_ctl *ctl;
	FILE *file;

	make_director();
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), LVS_ERR_EXIST);
	ck_assert_int_eq(lvs_ctl_open(path, &ctl), LVS_ERR_CONNREFUSED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(lvs_ctl_open(path, &ctl), LVS_ERR_NOENT);
	drop_director();
}
END_TEST

/* A server that finds its file replaced leaves the new one alone. */
START_TEST(replaced_socket)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_ctl_server *second;

	make_director();
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &second), 0);
	lvs_ctl_server_close(srv);
	ck_assert_int_eq(access(path, F_OK), 0);
	lvs_ctl_server_close(second);
	ck_assert_int_eq(access(path, F_OK), -1);
	drop_director();
}
END_TEST

/* A program that was compiled when the options ended with the clock. */
START_TEST(shorter_options)
{
	struct lvs_ctl_server_opts opts = options();

	make_director();
	opts.sz = offsetof(struct lvs_ctl_server_opts, changed);
	memset((char *)&opts + opts.sz, 0xff, sizeof(opts) - opts.sz);
	start(&opts);
	lvs_ctl_close(client());
	finish();
	drop_director();
}
END_TEST

START_TEST(bad_options)
{
	static const char long_path[200] = { [0 ... 198] = 'x' };
	struct lvs_ctl_server_opts good = options(), opts;
	struct lvs_ctl *ctl;

	make_director();
	good.path = path;
	opts = good;
	opts.sz = 0;
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), LVS_ERR_INVAL);
	opts = good;
	opts.now = NULL;
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), LVS_ERR_INVAL);
	opts = good;
	opts.path = "";
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), LVS_ERR_INVAL);
	opts.path = long_path;
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), LVS_ERR_INVAL);
	opts.path = "/nonexistent/socket";
	ck_assert_int_eq(lvs_ctl_server_open(dir, &opts, &srv), LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_ctl_open(long_path, &ctl), LVS_ERR_INVAL);
	drop_director();
}
END_TEST

LVS_TEST_MAIN("ctl/server", slow_clients, too_many_clients, read_only,
	      another_user, socket_file, stale_socket, not_a_socket,
	      replaced_socket, shorter_options, bad_options)
