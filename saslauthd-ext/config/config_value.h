/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reads the values of vmauthzd.conf(5), a function for each kind of value.
 * Private to config_file.c. */

#ifndef VMAUTHZD_CONFIG_CONFIG_VALUE_H
#define VMAUTHZD_CONFIG_CONFIG_VALUE_H

#include "saslauthd-ext/config/config.h"

struct config_value {
	const char *text;
	void *place;		/* the struct config itself, for a kind that has
				 * its own members */
	unsigned int min, max;	/* of the number, of a text's octets, or of the
				 * count of names */
};

/* Reads the text into place.  Returns NULL, or what to write instead, as the
 * end of an error message; that text is valid until the next call. */
typedef const char *config_value_cb(const struct config_value *value);

/* The default value of a kind whose default depends on the host: the account
 * of QEMU for config_value_users, else the host's name.  "" if the host has
 * none.  The text is valid until the next call. */
const char *config_value_preset(config_value_cb *kind);

config_value_cb config_value_path;	/* char[max + 1] */
config_value_cb config_value_realm_name;	/* char[max + 1] */
config_value_cb config_value_service;	/* char[CONFIG_SERVICE_MAX + 1] */
config_value_cb config_value_number;	/* unsigned int */
config_value_cb config_value_users;
config_value_cb config_value_groups;
config_value_cb config_value_operators;
config_value_cb config_value_identify;
config_value_cb config_value_audit_full;

/* The values of a realm's keys.  Each returns what a config_value_cb does. */
const char *config_value_source(enum config_source *source_r,
    const char *value);
const char *config_value_pam_name(bool *full_name_r, const char *value);

#endif
