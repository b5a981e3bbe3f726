/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The configuration of vmauthzd, as vmauthzd.conf(5) describes it.  The worker
 * reads it; a reload reads the whole file into another struct, which replaces
 * the one before only if there was no error. */

#ifndef VMAUTHZD_CONFIG_CONFIG_H
#define VMAUTHZD_CONFIG_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "decide/identity.h"

enum {
	CONFIG_IDS_MAX = 32,		/* users, groups or operators */
	CONFIG_REALMS_MAX = 32,
	CONFIG_SERVICE_MAX = 63,	/* octets of a PAM service name */
};

/* What checks the passwords of a realm.  Zero is nothing: a realm that was not
 * filled in has no password that is right. */
enum config_source {
	CONFIG_SOURCE_NOBODY = 0,
	CONFIG_SOURCE_PAM,
	CONFIG_SOURCE_POLICY,	/* the policy database's verifiers */
};

struct config_realm {
	char name[IDENTITY_MAX + 1];	/* lower case */
	enum config_source source;
	bool full_name;		/* PAM gets name@realm, not the bare name; at
				 * most one realm may have false */
};

/* What happens to a login that would be allowed but whose decision can't be
 * written to audit.db. */
enum config_audit_full {
	CONFIG_AUDIT_FULL_REFUSE = 0,
	CONFIG_AUDIT_FULL_GO_ON,	/* allowed, and a line is logged */
};

/* Durations, sizes and limits have the bounds of the table in config_file.c. */
struct config {
	char policy[PATH_MAX];			/* policy.db */
	char state[PATH_MAX];		/* folder of state.db, audit.db */
	char default_realm[IDENTITY_MAX + 1];
	char pam_service[CONFIG_SERVICE_MAX + 1];
	struct config_realm realms[CONFIG_REALMS_MAX];
	size_t realm_count;
	uid_t users[CONFIG_IDS_MAX];		/* may connect as a VM */
	size_t user_count;
	gid_t groups[CONFIG_IDS_MAX];		/* likewise, primary group */
	size_t group_count;
	uid_t operators[CONFIG_IDS_MAX];	/* may issue tickets */
	size_t operator_count;
	bool identify_libvirt, identify_cgroup, identify_command_line;
	unsigned int session_window;		/* seconds */
	unsigned int pam_helpers;		/* processes, at most */
	unsigned int pam_helpers_per_vm;
	unsigned int pam_timeout;		/* seconds until an answer */
	unsigned int guess_limit;	/* failures by user and address */
	unsigned int guess_address_limit;	/* by address alone */
	unsigned int guess_forget;		/* seconds */
	unsigned int ticket_max;		/* longest life, seconds */
	unsigned int audit_size;	/* MiB, then the file is rotated */
	unsigned int audit_age;			/* days, likewise */
	unsigned int audit_keep;		/* rotated files, at most */
	enum config_audit_full audit_full;
};

/* Frees what config_file_load() made; accepts NULL and leaves NULL. */
void config_free(struct config **config);

/* The entry of a realm, whose name is in lower case, as identity_parse() leaves
 * it.  Returns NULL if the configuration has none: nothing checks its
 * passwords then.  The entry is owned by config. */
const struct config_realm *config_realm(const struct config *config,
    const char *realm);

/* Whether text is the name of a PAM service: a plain file name, not too long.
 * libpam appends it to the path of pam.d, so one with a '/' would name a file
 * elsewhere. */
bool config_is_service(const char *text);

/* Whether a process of that account and primary group may connect as a VM, or
 * as an operator.  Supplementary groups don't count: the kernel passes only
 * these two with the socket (SO_PEERCRED, unix(7)). */
bool config_is_user(const struct config *config, uid_t uid, gid_t gid);
bool config_is_operator(const struct config *config, uid_t uid);

#endif
