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
#define FILTER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FILTER_SANITIZED 1
#endif
#endif
#ifndef FILTER_SANITIZED
#define FILTER_SANITIZED 0
#endif

/* Names that an architecture doesn't have are passed over. */
static const char *const allowed[] = {
	/* sockets; only what socket() below gives out */
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
	/* itself and others, as far as that tells nothing */
	"capget", "exit_group", "getegid", "geteuid", "getgid", "getgroups",
	"getpgrp", "getpid", "getppid", "getresgid", "getresuid", "getrlimit",
	"getrusage", "getuid", "pidfd_open", "sysinfo", "times", "uname",
};

/* What no slip of ours asks for: a program, another process, the kernel. */
static const char *const deadly[] = {
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

/* glibc takes clone() and friends instead, whose flags a filter can see. */
static const char *const not_there[] = { "clone3", "openat2" };

/* Names that may be called with certain arguments alone; a name that stands
 * here several times is allowed with any of them. */
struct rule {
	const char *name;
	unsigned int count;
	struct scmp_arg_cmp when[2];
};

#define NUMBER(value) ((scmp_datum_t)(value))
#define EQUAL(argument, value) \
	{ (argument), SCMP_CMP_EQ, NUMBER(value), 0 }
#define MASKED(argument, mask, value) \
	{ (argument), SCMP_CMP_MASKED_EQ, NUMBER(mask), NUMBER(value) }
/* an int is the lower half of its register, whatever the upper one holds */
#define IS(argument, value) MASKED(argument, 0xffffffff, value)

static const struct rule rules[] = {
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

/* More than that is what the sanitizers' runtime asks for. */
static const char *const sanitizer_allowed[] = { "prctl" };

/* Returns 0 or a negative errno, as libseccomp does. */
static int
add(scmp_filter_ctx filter, uint32_t action, const char *name,
    unsigned int count, const struct scmp_arg_cmp *when)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number < 0)
		return 0;
	return seccomp_rule_add_array(filter, action, number, count, when);
}

static int
add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names,
    size_t count)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < count; i++)
		error = add(filter, action, names[i], 0, NULL);
	return error;
}

static int
add_rules(scmp_filter_ctx filter)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < COUNT(rules); i++)
		error = add(filter, SCMP_ACT_ALLOW, rules[i].name,
		    rules[i].count, rules[i].when);
	return error;
}

/* Signals to itself alone, as abort(3) sends them. */
static int
add_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp self[] = { IS(0, getpid()) };
	int error = add(filter, SCMP_ACT_ALLOW, "kill", 1, self);

	return error != 0 ? error :
	    add(filter, SCMP_ACT_ALLOW, "tgkill", 1, self);
}

static int
fill(scmp_filter_ctx filter)
{
	int error;

	if ((error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) != 0 ||
	    (error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) != 0 ||
	    (error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0)
		return error;
	if ((error = add_names(filter, SCMP_ACT_ALLOW, allowed,
	    COUNT(allowed))) != 0 ||
	    (error = add_names(filter, SCMP_ACT_KILL_PROCESS, deadly,
	    COUNT(deadly))) != 0 ||
	    (error = add_names(filter, SCMP_ACT_ERRNO(ENOSYS), not_there,
	    COUNT(not_there))) != 0)
		return error;
	if (FILTER_SANITIZED && (error = add_names(filter, SCMP_ACT_ALLOW,
	    sanitizer_allowed, COUNT(sanitizer_allowed))) != 0)
		return error;
	return (error = add_rules(filter)) != 0 ? error : add_signals(filter);
}

static int
load_filter(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int error;

	if (filter == NULL)
		return ENOMEM;
	if ((error = fill(filter)) == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return -error;
}

/* _exit(): what the monitor registered to be done at its end is not ours. */
void
seccomp_install(void)
{
	errno = load_filter();
	if (errno == 0 && prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2)
		return;
	warn("can't give up privileges: system call filter");
	_exit(EX_OSERR);
}
