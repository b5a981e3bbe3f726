/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "saslauthd-ext/monitor/privilege.h"

#include <err.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

/* no kernel knows more: a capability set is 64 bits wide */
enum { PRIVILEGE_CAPABILITIES_MAX = 64 };

/* capabilities(7): an execve(2) as uid 0 gives no capabilities any more, and
 * these flags can't be cleared again. */
static const unsigned long locked_bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
    SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

/* Ends with _exit(2): exit(3) would run the monitor's atexit(3) functions. */
static void
privilege_must(bool holds, const char *what)
{
	if (holds)
		return;
	warn("can't give up privileges: %s", what);
	_exit(EX_OSERR);
}

/* --- dropping privileges -------------------------------------------------- */

static void
privilege_drop_bounding_set(void)
{
	for (unsigned long i = 0; i < PRIVILEGE_CAPABILITIES_MAX; i++) {
		int set = prctl(PR_CAPBSET_READ, i, 0, 0, 0);

		/* EINVAL: the running kernel knows no more */
		if (set < 0)
			return;
		privilege_must(set == 0 ||
		    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0,
		    "capability bounding set");
	}
}

static void
privilege_drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	privilege_must(syscall(SYS_capset, &head, none) == 0, "capset");
	privilege_must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0,
	    0) == 0,
	    "ambient capabilities");
}

/* The user id comes last: after it, the process may not change its groups. */
static void
privilege_drop_identity(uid_t uid, gid_t gid)
{
	privilege_must(setgroups(0, NULL) == 0, "setgroups");
	privilege_must(setresgid(gid, gid, gid) == 0, "setresgid");
	privilege_must(setresuid(uid, uid, uid) == 0, "setresuid");
}

static void
privilege_lock(void)
{
	const struct rlimit none = { 0, 0 };

	privilege_must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
	    "no_new_privs");
	privilege_must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
	privilege_must(setrlimit(RLIMIT_CORE, &none) == 0, "core dumps");
}

/* --- checking the result -------------------------------------------------- */

static void
privilege_check_identity(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3];

	privilege_must(getresuid(&uids[0], &uids[1], &uids[2]) == 0,
	    "getresuid");
	privilege_must(getresgid(&gids[0], &gids[1], &gids[2]) == 0,
	    "getresgid");
	for (size_t i = 0; i < 3; i++)
		privilege_must(uids[i] == uid && gids[i] == gid,
		    "the ids did not change");
	privilege_must(getgroups(0, NULL) == 0, "groups are left");
}

static void
privilege_check_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* a call that fills in nothing must not look like empty sets */
	memset(data, 0xff, sizeof(data));
	privilege_must(syscall(SYS_capget, &head, data) == 0, "capget");
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		privilege_must(data[i].effective == 0 &&
		    data[i].permitted == 0 && data[i].inheritable == 0,
		    "capabilities are left");
	for (unsigned long i = 0; i < PRIVILEGE_CAPABILITIES_MAX; i++) {
		privilege_must(prctl(PR_CAPBSET_READ, i, 0, 0, 0) <= 0,
		    "the bounding set is not empty");
		privilege_must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i,
		    0, 0) <= 0,
		    "an ambient capability is left");
	}
}

static void
privilege_check_lock(gid_t gid)
{
	privilege_must(setuid(0) != 0, "setuid(0) succeeded");
	privilege_must(seteuid(0) != 0, "seteuid(0) succeeded");
	privilege_must(setgid(0) != 0, "setgid(0) succeeded");
	privilege_must(setgroups(1, &gid) != 0, "setgroups() succeeded");
	privilege_must(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    "no_new_privs is not set");
	privilege_must(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0,
	    "still dumpable");
}

void
privilege_drop(uid_t uid, gid_t gid)
{
	errno = EINVAL;
	privilege_must(uid != 0 && gid != 0, "the worker must not be root");
	privilege_must(uid != (uid_t)-1 && gid != (gid_t)-1, "no such user");

	/* Not required, for a container may forbid it: without capabilities
	 * and with no_new_privs the worker can't become root anyway. */
	(void)prctl(PR_SET_SECUREBITS, locked_bits, 0, 0, 0);
	privilege_drop_bounding_set();
	privilege_drop_identity(uid, gid);
	privilege_drop_capabilities();
	privilege_lock();

	privilege_check_identity(uid, gid);
	privilege_check_capabilities();
	privilege_check_lock(gid);
}
