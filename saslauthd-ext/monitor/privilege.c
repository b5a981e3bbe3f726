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

/* as many as the kernel can ever know: a set is 64 bits wide */
enum { CAPABILITIES_MAX = 64 };

static const unsigned long locked_bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED |
    SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
    SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

/* _exit(): what the monitor registered to be done at its end is not ours. */
_Noreturn static void
give_up(const char *what)
{
	warn("can't give up privileges: %s", what);
	_exit(EX_OSERR);
}

static void
must(bool holds, const char *what)
{
	if (!holds)
		give_up(what);
}

/* --- giving up ------------------------------------------------------------ */

static void
drop_bounding_set(void)
{
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++) {
		int set = prctl(PR_CAPBSET_READ, i, 0, 0, 0);

		if (set < 0)
			return;
		must(set == 0 || prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0,
		    "capability bounding set");
	}
}

static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];

	memset(none, 0, sizeof(none));
	must(syscall(SYS_capset, &head, none) == 0, "capset");
	must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0,
	    "ambient capabilities");
}

static void
drop_identity(uid_t uid, gid_t gid)
{
	must(setgroups(0, NULL) == 0, "setgroups");
	must(setresgid(gid, gid, gid) == 0, "setresgid");
	must(setresuid(uid, uid, uid) == 0, "setresuid");
}

static void
close_ways_back(void)
{
	const struct rlimit none = { 0, 0 };

	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
	must(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0, "dumpable");
	must(setrlimit(RLIMIT_CORE, &none) == 0, "core dumps");
}

/* --- the proof ------------------------------------------------------------ */

static void
prove_identity(uid_t uid, gid_t gid)
{
	uid_t uids[3];
	gid_t gids[3];

	must(getresuid(&uids[0], &uids[1], &uids[2]) == 0, "getresuid");
	must(getresgid(&gids[0], &gids[1], &gids[2]) == 0, "getresgid");
	for (size_t i = 0; i < 3; i++)
		must(uids[i] == uid && gids[i] == gid, "the ids are others");
	must(getgroups(0, NULL) == 0, "groups are left");
}

static void
prove_capabilities(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	memset(data, 0xff, sizeof(data));
	must(syscall(SYS_capget, &head, data) == 0, "capget");
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		must(data[i].effective == 0 && data[i].permitted == 0 &&
		    data[i].inheritable == 0, "capabilities are left");
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++) {
		must(prctl(PR_CAPBSET_READ, i, 0, 0, 0) <= 0,
		    "the bounding set is not empty");
		must(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0) <= 0,
		    "an ambient capability is left");
	}
}

static void
prove_no_way_back(gid_t gid)
{
	must(setuid(0) != 0, "setuid(0) succeeded");
	must(seteuid(0) != 0, "seteuid(0) succeeded");
	must(setgid(0) != 0, "setgid(0) succeeded");
	must(setgroups(1, &gid) != 0, "setgroups() succeeded");
	must(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    "no_new_privs is not set");
	must(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0, "still dumpable");
}

void
privilege_drop(uid_t uid, gid_t gid)
{
	errno = EINVAL;
	must(uid != 0 && gid != 0, "root is no user for that");
	must(uid != (uid_t)-1 && gid != (gid_t)-1, "no such user");

	/* More than is needed: a container may forbid it. */
	(void)prctl(PR_SET_SECUREBITS, locked_bits, 0, 0, 0);
	drop_bounding_set();
	drop_identity(uid, gid);
	drop_capabilities();
	close_ways_back();

	prove_identity(uid, gid);
	prove_capabilities();
	prove_no_way_back(gid);
}
