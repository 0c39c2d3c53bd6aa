/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tunnel.c - load the program of tunnel.bpf.c and hang it on interfaces.
 */
#include "base/opts.h"
#include "bpf/hook.h"
#include "bpf/object.h"
#include "bpf/voice.h"

#include <bpf/libbpf.h>
#include <lvs/tunnel.h>
#include <stdlib.h>

struct lvs_tunnel {
	struct lvs_log log;
	struct bpf_object *obj;
	int prog; /* descriptor, of obj */
};

static int load(struct lvs_tunnel *tunnel)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "lvs_tunnel");
	int err;

	tunnel->obj = bpf_object__open_mem(lvs_tunnel_object,
					   lvs_tunnel_object_size, &opts);
	if (!tunnel->obj)
		return -errno;
	err = bpf_object__load(tunnel->obj);
	tunnel->prog = bpf_program__fd(
		bpf_object__find_program_by_name(tunnel->obj, "lvs_tunnel"));
	/* ENOSYS: no bpf(2); EINVAL: it has no such program type. */
	return err == -ENOSYS || err == -EINVAL ? LVS_ERR_NOTSUP : err;
}

int lvs_tunnel_open(const struct lvs_tunnel_opts *opts, struct lvs_tunnel **out)
{
	struct lvs_tunnel_opts own = LVS_OPTS(struct lvs_tunnel_opts);
	struct lvs_tunnel *tunnel = calloc(1, sizeof(*tunnel));
	libbpf_print_fn_t voice;
	int err = 0;

	if (!tunnel)
		return LVS_ERR_NOMEM;
	if (opts)
		err = lvs_opts_read(&own, sizeof(own), opts);
	tunnel->log = own.log;
	voice = lvs_bpf_listen(&tunnel->log);
	if (!err)
		err = load(tunnel);
	libbpf_set_print(voice);
	if (err) {
		lvs_tunnel_close(tunnel);
		return err;
	}
	*out = tunnel;
	return 0;
}

void lvs_tunnel_close(struct lvs_tunnel *tunnel)
{
	if (!tunnel)
		return;
	bpf_object__close(tunnel->obj);
	free(tunnel);
}

int lvs_tunnel_add_link(struct lvs_tunnel *tunnel, uint32_t link)
{
	libbpf_print_fn_t voice = lvs_bpf_listen(&tunnel->log);
	struct lvs_hook hook;
	int err = LVS_ERR_NODEV;

	if (link)
		err = lvs_hook_tcx(&hook, link, LVS_HOOK_EGRESS, tunnel->prog);
	libbpf_set_print(voice);
	return err ? err : hook.fd;
}
