/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lvs/base.h - what every other header needs: time, errors, memory, log.
 *
 * liblvs never prints, exits, installs a signal handler or reads the
 * environment.  What it has to say it says in a return value, or to the log
 * that its caller gave it.
 *
 * Words used everywhere, each with one meaning:
 *   copied    yours again when the call returns
 *   borrowed  must outlive the object it was given to
 *   lent      given back by exactly one later call
 *   owned     freed with the object
 */
#ifndef LVS_BASE_H
#define LVS_BASE_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LVS_API __attribute__((visibility("default")))
#define LVS_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* Nanoseconds of a monotonic clock of the caller's; never runs backwards. */
typedef uint64_t lvs_tstamp;

#define LVS_USEC ((lvs_tstamp)1000)
#define LVS_MSEC ((lvs_tstamp)1000000)
#define LVS_SEC ((lvs_tstamp)1000000000)

/*
 * Options grow at the end only.  A struct that starts with `sz` is set up with
 * LVS_OPTS, which zeroes it and writes down the size it was compiled with:
 *
 *	struct lvs_engine_opts opts = LVS_OPTS(struct lvs_engine_opts);
 */
#ifdef __cplusplus
#define LVS_OPTS(type)               \
	([] {                        \
		type o_{};           \
		o_.sz = sizeof(type); \
		return o_;           \
	}())
#else
#define LVS_OPTS(type) ((type){ .sz = sizeof(type) })
#endif

/*
 * Errors of calls that configure, open or list something.  The value is the
 * negative errno(3) that IPVS gives for the same mistake, so that an answer of
 * lvsd and one of the kernel read the same.  X(name, errno, sentence)
 */
#define LVS_ERRORS(X)                                                          \
	X(PERM, EPERM, "permission denied")                                    \
	X(NOENT, ENOENT, "no such thing, or no such scheduler")                \
	X(SRCH, ESRCH, "no such service")                                      \
	X(IO, EIO, "input/output error")                                       \
	X(AGAIN, EAGAIN, "nothing there now; try again later")                 \
	X(NOMEM, ENOMEM, "out of memory")                                      \
	X(EXIST, EEXIST, "already exists")                                     \
	X(NODEV, ENODEV, "no such network interface")                          \
	X(INVAL, EINVAL, "invalid argument")                                   \
	X(NOSPC, ENOSPC, "a limit is reached")                                 \
	X(RANGE, ERANGE, "value out of range")                                 \
	X(MSGSIZE, EMSGSIZE, "message too long, or truncated")                 \
	X(NOTSUP, EOPNOTSUPP, "not supported")                                 \
	X(AFNOSUPPORT, EAFNOSUPPORT, "address family not supported here")      \
	X(ADDRINUSE, EADDRINUSE, "address already in use")                     \
	X(CONNREFUSED, ECONNREFUSED, "nobody is listening there")              \
	X(PROTO, EPROTO, "malformed message")

enum lvs_error {
#define LVS_ERROR_ENUM(name, number, sentence) LVS_ERR_##name = -(number),
	LVS_ERRORS(LVS_ERROR_ENUM)
#undef LVS_ERROR_ENUM
};

/* A sentence for ERROR (0, or any negative errno); static, never NULL. */
LVS_API const char *lvs_strerror(int error);

/* The version of the library that runs, "MAJOR.MINOR.PATCH"; static. */
LVS_API const char *lvs_version(void);

/*
 * Where memory comes from.  alloc gives SIZE zeroed bytes aligned for any type
 * (64 bytes if SIZE is a multiple of 64), or NULL; free takes back what alloc
 * gave, with the same SIZE.
 */
struct lvs_allocator {
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *ptr, size_t size);
	void *ctx;
};

enum lvs_level {
	LVS_LOG_ERR,     /* something the user wanted does not work */
	LVS_LOG_WARNING, /* something may not work as wanted */
	LVS_LOG_INFO,    /* a change of state worth knowing */
	LVS_LOG_DEBUG,
};

/* Takes one line without newline; TEXT is borrowed for the call only. */
struct lvs_log {
	void (*emit)(void *ctx, enum lvs_level level, const char *text);
	void *ctx;
};

#ifdef __cplusplus
}
#endif

#endif
