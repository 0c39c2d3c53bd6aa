/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fastpath.c - load the program of fast.bpf.c and give away its table.
 *
 * The table is two maps, of which this process has the kernel's own memory: who
 * writes there tells the program, and no system call is needed.
 */
#include "bpf/fastpath.h"
#include "base/opts.h"
#include "bpf/hook.h"
#include "bpf/object.h"
#include "bpf/voice.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_FLOWS 65536
#define MAX_FLOWS     (1u << 24)

/* Memory of a map. */
struct shared {
	void *at; /* NULL: not there */
	size_t size;
};

struct lvs_fastpath {
	struct lvs_log log;
	struct bpf_object *obj;
	int prog; /* descriptor, of obj */
	uint32_t flows;
	struct shared state_memory, flows_memory;
	struct lvs_fast_table table;
	struct lvs_hooks hooks;
};

/* ---- open and close ------------------------------------------------------ */

static int share(const struct lvs_fastpath *fast, const char *name, size_t size,
		 struct shared *memory)
{
	int fd = bpf_object__find_map_fd_by_name(fast->obj, name);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	size = (size + page - 1) / page * page;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*memory = (struct shared){ at, size };
	return 0;
}

static int make_table(struct lvs_fastpath *fast)
{
	int err = share(fast, "fast_state", sizeof(struct lvs_fast_state),
			&fast->state_memory);

	if (!err)
		err = share(fast, "fast_flows",
			    fast->flows * sizeof(struct lvs_fast_flow),
			    &fast->flows_memory);
	fast->table = (struct lvs_fast_table){
		.state = fast->state_memory.at,
		.flows = fast->flows_memory.at,
		.buckets = fast->flows / LVS_FAST_WAYS,
	};
	return err;
}

/* How large the table is, before the program is loaded. */
static int set_size(const struct lvs_fastpath *fast)
{
	struct bpf_map *flows =
		bpf_object__find_map_by_name(fast->obj, "fast_flows");
	struct bpf_map *constants =
		bpf_object__find_map_by_name(fast->obj, ".rodata");
	const uint32_t mask = fast->flows / LVS_FAST_WAYS - 1;
	int err = bpf_map__set_max_entries(flows, fast->flows);

	return err ? err
		   : bpf_map__set_initial_value(constants, &mask, sizeof(mask));
}

static int load(struct lvs_fastpath *fast)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lvs_fast");
	int err;

	fast->obj = bpf_object__open_mem(lvs_fast_object, lvs_fast_object_size,
					 &opts);
	if (!fast->obj)
		return -errno;
	err = set_size(fast);
	if (err)
		return err;
	err = bpf_object__load(fast->obj);
	fast->prog = bpf_program__fd(
		bpf_object__find_program_by_name(fast->obj, "lvs_fast"));
	/* ENOSYS: no bpf(2); EINVAL: it has no such program type or call. */
	return err == -ENOSYS || err == -EINVAL ? LVS_ERR_NOTSUP : err;
}

static uint32_t round_up(uint32_t flows)
{
	uint32_t size = LVS_FAST_WAYS;

	while (size < flows)
		size *= 2;
	return size;
}

static int read_opts(struct lvs_fastpath *fast,
		     const struct lvs_fastpath_opts *opts)
{
	struct lvs_fastpath_opts own = LVS_OPTS(struct lvs_fastpath_opts);
	int err = opts ? lvs_opts_read(&own, sizeof(own), opts) : 0;

	if (!err && own.flows > MAX_FLOWS)
		err = LVS_ERR_INVAL;
	fast->log = own.log;
	if (!err)
		fast->flows = round_up(own.flows ? own.flows : DEFAULT_FLOWS);
	return err;
}

int lvs_fastpath_open(const struct lvs_fastpath_opts *opts,
		      struct lvs_fastpath **out)
{
	struct lvs_fastpath *fast = calloc(1, sizeof(*fast));
	libbpf_print_fn_t voice;
	int err;

	if (!fast)
		return LVS_ERR_NOMEM;
	err = read_opts(fast, opts);
	voice = lvs_bpf_listen(&fast->log);
	if (!err)
		err = load(fast);
	if (!err)
		err = make_table(fast);
	libbpf_set_print(voice);
	if (err) {
		lvs_fastpath_close(fast);
		return err;
	}
	*out = fast;
	return 0;
}

static void unshare_memory(const struct shared *memory)
{
	if (memory->at)
		munmap(memory->at, memory->size);
}

void lvs_fastpath_close(struct lvs_fastpath *fast)
{
	libbpf_print_fn_t voice;

	if (!fast)
		return;
	voice = lvs_bpf_listen(&fast->log);
	lvs_hooks_clear(&fast->hooks);
	unshare_memory(&fast->state_memory);
	unshare_memory(&fast->flows_memory);
	bpf_object__close(fast->obj);
	libbpf_set_print(voice);
	free(fast);
}

const struct lvs_fast_table *lvs_fastpath_table(struct lvs_fastpath *fast)
{
	return &fast->table;
}

int lvs_fastpath_program(const struct lvs_fastpath *fast)
{
	return fast->prog;
}

/* ---- interfaces ---------------------------------------------------------- */

/* The program reads what is behind an Ethernet header: 0 if LINK has one. */
static int check_link(uint32_t link)
{
	struct ifreq req = { 0 };
	int fd, err = 0;

	if (!link || !if_indextoname(link, req.ifr_name))
		return LVS_ERR_NODEV;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, SIOCGIFHWADDR, &req) < 0)
		err = -errno;
	else if (req.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
		 req.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		err = LVS_ERR_INVAL;
	close(fd);
	return err;
}

int lvs_fastpath_add_link(struct lvs_fastpath *fast, uint32_t link)
{
	libbpf_print_fn_t voice = lvs_bpf_listen(&fast->log);
	struct lvs_hook hook = { .link = link };
	int err = check_link(link);

	if (!err)
		err = lvs_hook_tcx(&hook, link, LVS_HOOK_INGRESS, fast->prog);
	err = lvs_hooks_add(&fast->hooks, &hook, err);
	libbpf_set_print(voice);
	return err;
}

int lvs_fastpath_del_link(struct lvs_fastpath *fast, uint32_t link)
{
	return lvs_hooks_del(&fast->hooks, link);
}
