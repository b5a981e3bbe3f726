/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/worker/seccomp.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SECCOMP_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SECCOMP_SANITIZED 1
#endif
#endif
#ifndef SECCOMP_SANITIZED
#define SECCOMP_SANITIZED 0
#endif

/* Names of calls that the architecture does not have are ignored. */
static const char *const allowed[] = {
	/* sockets; socket() below allows local ones alone */
	"accept", "accept4", "connect", "getpeername", "getsockname",
	"getsockopt", "listen", "recvfrom", "recvmsg", "sendmsg", "sendto",
	"setsockopt", "shutdown",
	/* the event loop */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait",
	"epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "pipe", "pipe2",
	"poll", "ppoll", "pselect6", "select", "signalfd4", "timerfd_create",
	"timerfd_gettime", "timerfd_settime",
	/* files: SQLite, GLib's time zones, /proc */
	"access", "close", "close_range", "dup", "dup2", "dup3", "faccessat",
	"faccessat2", "fallocate", "fchmod", "fdatasync", "flock", "fstat",
	"fstatfs", "fsync", "ftruncate", "getcwd", "getdents", "getdents64",
	"lseek", "lstat", "mkdir", "mkdirat", "newfstatat", "open", "openat",
	"pread64", "preadv", "pwrite64", "pwritev", "read", "readlink",
	"readlinkat", "readv", "rename", "renameat", "renameat2", "stat",
	"statfs", "statx", "umask", "unlink", "unlinkat", "write", "writev",
	/* memory; mmap and mprotect are below */
	"brk", "madvise", "mremap", "msync", "munmap",
	/* threads */
	"exit", "futex", "get_robust_list", "getcpu", "gettid", "membarrier",
	"rseq", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"sched_yield", "set_robust_list", "set_tid_address",
	/* signals */
	"restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask",
	"rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sigaltstack",
	/* time and chance */
	"clock_getres", "clock_gettime", "clock_nanosleep", "getrandom",
	"gettimeofday", "nanosleep", "time",
	/* its own process; pidfd_open is for vm/peer.c */
	"capget", "exit_group", "getegid", "geteuid", "getgid", "getgroups",
	"getpgrp", "getpid", "getppid", "getresgid", "getresuid", "getrlimit",
	"getrusage", "getuid", "pidfd_open", "sysinfo", "times", "uname",
};

/* Calls that no error in the worker leads to: they start programs, or reach
 * into other processes or the kernel.  An attempt means that foreign code runs
 * in the worker, so it is killed. */
static const char *const killing[] = {
	"add_key", "bpf", "chroot", "delete_module", "execve", "execveat",
	"finit_module", "fsconfig", "fsmount", "fsopen", "init_module",
	"io_uring_enter", "io_uring_register", "io_uring_setup", "kcmp",
	"kexec_file_load", "kexec_load", "keyctl", "mount", "mount_setattr",
	"move_mount", "open_by_handle_at", "open_tree", "perf_event_open",
	"personality", "pidfd_getfd", "pivot_root", "process_madvise",
	"process_vm_readv", "process_vm_writev", "ptrace", "reboot",
	"request_key", "setns", "swapoff", "swapon", "umount2", "unshare",
	"userfaultfd",
};

/* ENOSYS makes glibc use clone() and openat() instead.  Their flags are in
 * registers, where a filter sees them, and not in memory behind a pointer. */
static const char *const unimplemented[] = { "clone3", "openat2" };

/* Calls that are allowed with certain arguments only.  Several rows of a name
 * allow any of them. */
struct seccomp_call_rule {
	const char *name;
	unsigned int count;
	struct scmp_arg_cmp when[2];
};

#define NUMBER(value) ((scmp_datum_t)(value))
#define EQUAL(argument, value) \
	{ (argument), SCMP_CMP_EQ, NUMBER(value), 0 }
#define MASKED(argument, mask, value) \
	{ (argument), SCMP_CMP_MASKED_EQ, NUMBER(mask), NUMBER(value) }
/* For int arguments: the upper half of the register may hold anything. */
#define IS(argument, value) MASKED(argument, 0xffffffff, value)

static const struct seccomp_call_rule rules[] = {
	{ "socket", 1, { IS(0, AF_UNIX) } },
	{ "socketpair", 1, { IS(0, AF_UNIX) } },
	{ "mmap", 1, { MASKED(2, PROT_EXEC, 0) } },
	{ "mprotect", 1, { MASKED(2, PROT_EXEC, 0) } },
	{ "clone", 1, { MASKED(0, CLONE_THREAD, CLONE_THREAD) } },
	{ "pidfd_send_signal", 1, { IS(1, 0) } },
	{ "prlimit64", 2, { IS(0, 0), EQUAL(2, 0) } },
	{ "prctl", 1, { IS(0, PR_SET_NAME) } },
	{ "prctl", 1, { IS(0, PR_GET_NAME) } },
	{ "prctl", 1, { IS(0, PR_GET_DUMPABLE) } },
	{ "prctl", 1, { IS(0, PR_GET_SECCOMP) } },
	{ "prctl", 1, { IS(0, PR_GET_NO_NEW_PRIVS) } },
	{ "ioctl", 1, { IS(1, FIONREAD) } },
	{ "ioctl", 1, { IS(1, FIONBIO) } },
	{ "ioctl", 1, { IS(1, TCGETS) } },
	{ "fcntl", 1, { IS(1, F_DUPFD) } },
	{ "fcntl", 1, { IS(1, F_DUPFD_CLOEXEC) } },
	{ "fcntl", 1, { IS(1, F_GETFD) } },
	{ "fcntl", 1, { IS(1, F_SETFD) } },
	{ "fcntl", 1, { IS(1, F_GETFL) } },
	{ "fcntl", 1, { IS(1, F_SETFL) } },
	{ "fcntl", 1, { IS(1, F_GETLK) } },
	{ "fcntl", 1, { IS(1, F_SETLK) } },
	{ "fcntl", 1, { IS(1, F_SETLKW) } },
	{ "fcntl", 1, { IS(1, F_OFD_GETLK) } },
	{ "fcntl", 1, { IS(1, F_OFD_SETLK) } },
	{ "fcntl", 1, { IS(1, F_OFD_SETLKW) } },
};

/* Allowed in builds with sanitizers, whose runtime needs it. */
static const char *const sanitizer_allowed[] = { "prctl" };

/* Returns 0 or a negative errno, as libseccomp and the functions below do. */
static int
seccomp_add(scmp_filter_ctx filter, uint32_t action, const char *name,
    unsigned int count, const struct scmp_arg_cmp *when)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, action, number, count, when);
}

static int
seccomp_add_names(scmp_filter_ctx filter, uint32_t action,
    const char *const *names, size_t count)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < count; i++)
		error = seccomp_add(filter, action, names[i], 0, NULL);
	return error;
}

static int
seccomp_add_rules(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < COUNT(rules); i++)
		error = seccomp_add(filter, SCMP_ACT_ALLOW, rules[i].name,
		    rules[i].count, rules[i].when);
	return error;
}

/* Signals to the own process, which abort(3) sends. */
static int
seccomp_add_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self[] = { IS(0, getpid()) };
	int error = seccomp_add(filter, SCMP_ACT_ALLOW, "kill", 1, self);

	return error != 0 ? error :
	    seccomp_add(filter, SCMP_ACT_ALLOW, "tgkill", 1, self);
}

static int
seccomp_fill(scmp_filter_ctx filter)
{
	int error;

	/* TSYNC: all threads.  BADARCH: 32-bit calls have other numbers.
	 * OPTIMIZE 2: a binary tree instead of a comparison for each call. */
	if ((error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) != 0 ||
	    (error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) != 0 ||
	    (error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE,
	    2)) != 0)
		return error;
	if ((error = seccomp_add_names(filter, SCMP_ACT_ALLOW, allowed,
	    COUNT(allowed))) != 0 ||
	    (error = seccomp_add_names(filter, SCMP_ACT_KILL_PROCESS, killing,
	    COUNT(killing))) != 0 ||
	    (error = seccomp_add_names(filter, SCMP_ACT_ERRNO(ENOSYS),
	    unimplemented, COUNT(unimplemented))) != 0)
		return error;
	if (SECCOMP_SANITIZED && (error = seccomp_add_names(filter,
	    SCMP_ACT_ALLOW, sanitizer_allowed, COUNT(sanitizer_allowed))) != 0)
		return error;
	if ((error = seccomp_add_rules(filter)) != 0)
		return error;
	return seccomp_add_signals(filter);
}

static int
seccomp_load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error;

	if (filter == NULL)
		return ENOMEM;
	if ((error = seccomp_fill(filter)) == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return -error;
}

/* Ends with _exit(2): exit(3) would run the monitor's atexit(3) functions. */
void
seccomp_install(void)
{
	errno = seccomp_load_filter();
	if (errno == 0 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2)
		return;
	warn("can't give up privileges: system call filter");
	_exit(EX_OSERR);
}
