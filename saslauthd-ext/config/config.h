/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthzd.conf(5). */

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

/* Who vouches for the passwords of a realm. */
enum config_source {
	SOURCE_NOBODY = 0,
	SOURCE_PAM,
	SOURCE_POLICY,		/* the policy database's verifiers */
};

struct config_realm {
	char name[IDENTITY_MAX + 1];	/* lower case */
	enum config_source source;
	bool full_name;		/* PAM gets name@realm, not the bare name; only
				 * one realm may do without */
};

/* What to do when a decision can't be written to audit.db. */
enum config_audit_full { AUDIT_FULL_REFUSE = 0, AUDIT_FULL_GO_ON };

struct config {
	char policy[PATH_MAX];			/* policy.db */
	char state[PATH_MAX];			/* folder of state.db, audit.db */
	char default_realm[IDENTITY_MAX + 1];
	char pam_service[CONFIG_SERVICE_MAX + 1];
	struct config_realm realms[CONFIG_REALMS_MAX];
	size_t realm_count;
	uid_t users[CONFIG_IDS_MAX];		/* who may connect */
	size_t user_count;
	gid_t groups[CONFIG_IDS_MAX];		/* by primary group */
	size_t group_count;
	uid_t operators[CONFIG_IDS_MAX];	/* who may issue tickets */
	size_t operator_count;
	bool identify_libvirt, identify_cgroup, identify_command_line;
	unsigned int session_window;		/* seconds */
	unsigned int pam_helpers;		/* processes, at most */
	unsigned int pam_helpers_per_vm;
	unsigned int pam_timeout;		/* seconds a module may take */
	unsigned int guess_limit;		/* failures by user and address */
	unsigned int guess_address_limit;	/* failures by address alone */
	unsigned int guess_forget;		/* seconds */
	unsigned int ticket_max;		/* longest life, seconds */
	unsigned int audit_size;		/* MiB, then the file is rotated */
	unsigned int audit_age;			/* days, likewise */
	unsigned int audit_keep;		/* rotated files that are kept */
	enum config_audit_full audit_full;
};

/* Frees what config_file_load() made; accepts NULL and leaves NULL. */
void config_free(struct config **config);

/* Who vouches for a realm (lower case); NULL: nobody. */
const struct config_realm *config_realm(const struct config *config,
    const char *realm);

/* Whether a process of that account and primary group may connect as a VM, or
 * as an operator. */
bool config_is_user(const struct config *config, uid_t uid, gid_t gid);
bool config_is_operator(const struct config *config, uid_t uid);

#endif
