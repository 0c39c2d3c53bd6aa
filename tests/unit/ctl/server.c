/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * server.c - server and client over a real socket: the client's calls in this
 * thread, the server in another.
 */
#include "config.h"

#include "check.h"

#include "ctl/session.h"

#include <arpa/inet.h>
#include <linux/ip_vs.h>
#include <lvs/ctl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/liblvs-ctl-XXXXXX";
static char path[64];
static struct lvs_director *dir;
static struct lvs_ctl_server *srv;
static pthread_t thread;
static int stop; /* eventfd */

static lvs_tstamp now(void *ctx)
{
	(void)ctx;
	return 10 * LVS_SEC;
}

static struct lvs_ctl_server_opts options(void)
{
	struct lvs_ctl_server_opts opts = LVS_OPTS(struct lvs_ctl_server_opts);

	opts.path = path;
	opts.now = now;
	return opts;
}

static void *serve(void *arg)
{
	struct pollfd fds[] = {
		{ .fd = lvs_ctl_server_fd(srv), .events = POLLIN },
		{ .fd = stop, .events = POLLIN },
	};

	(void)arg;
	while (poll(fds, 2, -1) >= 0 && !fds[1].revents)
		lvs_ctl_server_process(srv);
	return NULL;
}

static void make_director(void)
{
	struct lvs_director_opts opts = LVS_OPTS(struct lvs_director_opts);

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/control", folder);
	ck_assert_int_eq(lvs_director_new(&opts, &dir), 0);
}

static void drop_director(void)
{
	lvs_director_free(dir);
	ck_assert_int_eq(rmdir(folder), 0);
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
}

static void start(const struct lvs_ctl_server_opts *opts)
{
	ck_assert_int_eq(lvs_ctl_server_open(dir, opts, &srv), 0);
	stop = eventfd(0, 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void finish(void)
{
	ck_assert_int_eq(eventfd_write(stop, 1), 0);
	pthread_join(thread, NULL);
	close(stop);
	lvs_ctl_server_close(srv);
}

static struct lvs_ctl *client(void)
{
	struct lvs_ctl *ctl;

	ck_assert_int_eq(lvs_ctl_open(path, &ctl), 0);
	return ctl;
}

static struct lvs_service_conf service(uint32_t mark, uint16_t family)
{
	struct lvs_service_conf conf = LVS_OPTS(struct lvs_service_conf);

	conf.id.fwmark = mark;
	conf.id.addr.family = family;
	strcpy(conf.scheduler, "rr");
	return conf;
}

static struct lvs_dest_conf destination(const char *text)
{
	struct lvs_dest_conf conf = LVS_OPTS(struct lvs_dest_conf);

	ck_assert_int_eq(lvs_endpoint_parse(text, &conf.id.addr, &conf.id.port),
			 0);
	conf.weight = 1;
	return conf;
}

/* ---- every call ---------------------------------------------------------- */

START_TEST(services)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_service_conf v4 = service(1, AF_INET);
	struct lvs_service_conf v6 = service(1, AF_INET6);
	struct lvs_service_info info, *list;
	struct lvs_ctl *ctl;
	size_t count;

	make_director();
	start(&opts);
	ctl = client();
	ck_assert_int_eq(lvs_ctl_service_add(ctl, &v4), 0);
	ck_assert_int_eq(lvs_ctl_service_add(ctl, &v6), 0);
	ck_assert_int_eq(lvs_ctl_service_add(ctl, &v6), LVS_ERR_EXIST);
	strcpy(v6.scheduler, "wlc");
	ck_assert_int_eq(lvs_ctl_service_edit(ctl, &v6), 0);
	strcpy(v6.scheduler, "nosuch");
	ck_assert_int_eq(lvs_ctl_service_edit(ctl, &v6), LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_ctl_service_get(ctl, &v6.id, &info), 0);
	ck_assert_str_eq(info.conf.scheduler, "wlc");
	ck_assert_int_eq(lvs_ctl_service_list(ctl, &list, &count), 0);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(list[0].conf.id.addr.family, AF_INET6);
	ck_assert_str_eq(list[1].conf.scheduler, "rr");
	free(list);
	ck_assert_int_eq(lvs_ctl_zero(ctl, &v4.id), 0);
	ck_assert_int_eq(lvs_ctl_zero(ctl, NULL), 0);
	ck_assert_int_eq(lvs_ctl_service_del(ctl, &v4.id), 0);
	ck_assert_int_eq(lvs_ctl_service_del(ctl, &v4.id), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_ctl_zero(ctl, &v4.id), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_ctl_flush(ctl), 0);
	ck_assert_int_eq(lvs_ctl_service_get(ctl, &v6.id, &info), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_ctl_service_list(ctl, &list, &count), 0);
	ck_assert_uint_eq(count, 0);
	free(list);
	lvs_ctl_close(ctl);
	finish();
	drop_director();
}
END_TEST

static void one_destination(struct lvs_ctl *ctl, uint16_t family,
			    const char *text)
{
	struct lvs_service_conf svc = service(1, family);
	struct lvs_dest_conf dest = destination(text);
	struct lvs_dest_info *list;
	size_t count;

	ck_assert_int_eq(lvs_ctl_dest_add(ctl, &svc.id, &dest), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_ctl_service_add(ctl, &svc), 0);
	ck_assert_int_eq(lvs_ctl_dest_edit(ctl, &svc.id, &dest), LVS_ERR_NOENT);
	ck_assert_int_eq(lvs_ctl_dest_add(ctl, &svc.id, &dest), 0);
	ck_assert_int_eq(lvs_ctl_dest_add(ctl, &svc.id, &dest), LVS_ERR_EXIST);
	dest.weight = -1;
	ck_assert_int_eq(lvs_ctl_dest_edit(ctl, &svc.id, &dest), LVS_ERR_RANGE);
	dest.weight = 7;
	ck_assert_int_eq(lvs_ctl_dest_edit(ctl, &svc.id, &dest), 0);
	ck_assert_int_eq(lvs_ctl_dest_list(ctl, &svc.id, &list, &count), 0);
	ck_assert_uint_eq(count, 1);
	ck_assert_int_eq(list[0].conf.weight, 7);
	ck_assert(lvs_addr_equal(&list[0].conf.id.addr, &dest.id.addr));
	free(list);
	ck_assert_int_eq(lvs_ctl_dest_del(ctl, &svc.id, &dest.id), 0);
	ck_assert_int_eq(lvs_ctl_dest_del(ctl, &svc.id, &dest.id),
			 LVS_ERR_NOENT);
}

START_TEST(destinations)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_ctl *ctl;

	make_director();
	start(&opts);
	ctl = client();
	one_destination(ctl, AF_INET, "172.16.0.1:80");
	one_destination(ctl, AF_INET6, "[fd00:16::1]:80");
	lvs_ctl_close(ctl);
	finish();
	drop_director();
}
END_TEST

START_TEST(the_rest)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_ctl_info info = LVS_OPTS(struct lvs_ctl_info);
	struct lvs_sync_conf sync = LVS_OPTS(struct lvs_sync_conf), list[2];
	struct lvs_timeouts t = { .tcp = 1, .udp = 3 };
	struct lvs_ctl *ctl;
	size_t count = 9;

	make_director();
	start(&opts);
	ctl = client();
	ck_assert_int_eq(lvs_ctl_set_timeouts(ctl, &t), 0);
	ck_assert_int_eq(lvs_ctl_timeouts(ctl, &t), 0);
	ck_assert_uint_eq(t.tcp, 1);
	ck_assert_uint_eq(t.tcp_fin, 120);
	ck_assert_uint_eq(t.udp, 3);
	t.tcp = 2678401;
	ck_assert_int_eq(lvs_ctl_set_timeouts(ctl, &t), LVS_ERR_INVAL);
	ck_assert_int_eq(lvs_ctl_info(ctl, &info), 0);
	ck_assert_uint_eq(info.version, 0x010201);
	ck_assert_str_eq(info.daemon, lvs_version());
	/* A program that was compiled with a shorter struct. */
	info.sz = offsetof(struct lvs_ctl_info, daemon);
	info.daemon[0] = '!';
	ck_assert_int_eq(lvs_ctl_info(ctl, &info), 0);
	ck_assert_int_eq(info.daemon[0], '!');
	sync.role = LVS_SYNC_MASTER;
	ck_assert_int_eq(lvs_ctl_sync_start(ctl, &sync), LVS_ERR_NOTSUP);
	ck_assert_int_eq(lvs_ctl_sync_stop(ctl, LVS_SYNC_MASTER), LVS_ERR_SRCH);
	ck_assert_int_eq(lvs_ctl_sync_list(ctl, list, &count), 0);
	ck_assert_uint_eq(count, 0);
	lvs_ctl_close(ctl);
	finish();
	drop_director();
}
END_TEST

/* ---- connections --------------------------------------------------------- */

/* 10.0.0.2:PORT > 10.0.0.100:53, IPv4 and UDP without checksum. */
static void datagram(struct lvs_engine *eng, uint16_t port)
{
	static const unsigned char bytes[] = {
		0x45, 0, 0,  28, 0, 0,   0, 0, 64, 17, 0x66, 0x6c, 10, 0,
		0,    2, 10, 0,  0, 100, 0, 0, 0,  53, 0,    8,    0,  0,
	};
	unsigned char buf[LVS_PKT_HEADROOM + 256];
	struct lvs_pkt pkt, *burst[] = { &pkt };

	lvs_pkt_init(&pkt, buf, sizeof(buf), LVS_PKT_HEADROOM, sizeof(bytes),
		     0);
	memcpy(pkt.data, bytes, sizeof(bytes));
	pkt.data[20] = (unsigned char)(port >> 8);
	pkt.data[21] = (unsigned char)port;
	lvs_engine_input(eng, burst, 1, LVS_SEC);
	ck_assert_uint_eq(pkt.verdict, LVS_SEND);
}

#define CONNS 1000
#define PORT  40000 /* of the first client */

struct seen {
	size_t count;
	uint64_t ports; /* their sum */
	size_t stop_at;
};

static int each(void *ctx, const struct lvs_conn_info *conn)
{
	struct seen *seen = ctx;

	ck_assert_str_eq(conn->state, "UDP");
	ck_assert_uint_eq(conn->virt_port, 53);
	ck_assert_uint_eq(conn->dest_port, 5353);
	ck_assert_uint_eq(conn->dest.ip.v4_be, htonl(0x0a000101));
	ck_assert_uint_eq(conn->protocol, IPPROTO_UDP);
	seen->count++;
	seen->ports += conn->client_port;
	return seen->count == seen->stop_at ? 42 : 0;
}

START_TEST(connections)
{
	struct lvs_ctl_server_opts opts = options();
	struct lvs_service_conf svc = LVS_OPTS(struct lvs_service_conf);
	struct lvs_ctl_info info = LVS_OPTS(struct lvs_ctl_info);
	struct seen all = { 0 }, some = { .stop_at = 50 };
	struct lvs_dest_conf dest;
	struct lvs_engine *eng;
	struct lvs_ctl *ctl;

	make_director();
	svc.id.protocol = IPPROTO_UDP;
	lvs_endpoint_parse("10.0.0.100:53", &svc.id.addr, &svc.id.port);
	dest = destination("10.0.1.1:5353");
	ck_assert_int_eq(lvs_service_add(dir, &svc), 0);
	ck_assert_int_eq(lvs_dest_add(dir, &svc.id, &dest), 0);
	ck_assert_int_eq(lvs_engine_new(dir, NULL, &eng), 0);
	for (uint16_t i = 0; i < CONNS; i++)
		datagram(eng, PORT + i);
	start(&opts);
	ctl = client();
	ck_assert_int_eq(lvs_ctl_conn_each(ctl, each, &all), 0);
	ck_assert_uint_eq(all.count, CONNS);
	ck_assert_uint_eq(all.ports, CONNS * PORT + CONNS * (CONNS - 1) / 2);
	/* Broken off; nothing of it is left for the next call. */
	ck_assert_int_eq(lvs_ctl_conn_each(ctl, each, &some), 42);
	ck_assert_uint_eq(some.count, 50);
	ck_assert_int_eq(lvs_ctl_info(ctl, &info), 0);
	ck_assert_uint_eq(info.engine.conns, CONNS);
	ck_assert_uint_eq(info.stats.inpkts, CONNS);
	ck_assert_int_eq(lvs_ctl_zero(ctl, NULL), 0);
	ck_assert_int_eq(lvs_ctl_info(ctl, &info), 0);
	ck_assert_uint_eq(info.stats.inpkts, 0);
	ck_assert_uint_eq(info.engine.conns, CONNS);
	lvs_ctl_close(ctl);
	finish();
	lvs_engine_free(eng);
	drop_director();
}
END_TEST

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
	/* That it is gone the server sees before this answer. */
	ck_assert_int_eq(lvs_ctl_timeouts(two[0], &t), 0);
	ck_assert_int_eq(lvs_ctl_timeouts(two[0], &t), 0);
	two[1] = client();
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

LVS_TEST_MAIN("ctl/server", services, destinations, the_rest, connections,
	      slow_clients, too_many_clients, read_only, another_user,
	      socket_file, stale_socket, not_a_socket, replaced_socket,
	      bad_options)
