/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The values in vmauthzd.conf(5), by kind.  Private to
 * config_file.c. */

#ifndef VMAUTHZD_CONFIG_CONFIG_VALUE_H
#define VMAUTHZD_CONFIG_CONFIG_VALUE_H

#include "saslauthd-ext/config/config.h"

/* Reads value into place, or where in config it belongs.  Returns NULL, or
 * what would be right; what it returns lasts until the next call. */
typedef const char *config_take(struct config *config, void *place,
    const char *value, unsigned int min, unsigned int max);

/* What it is if it isn't named, for those that depend on the host: accounts of
 * QEMU, the host's name. */
const char *config_preset(config_take *take);

config_take config_path;		/* char[max + 1] */
config_take config_realm_name;		/* char[max + 1] */
config_take config_service;		/* char[max + 1] */
config_take config_number;		/* unsigned int */
config_take config_users, config_groups, config_operators;
config_take config_identify;
config_take config_audit_full;

/* The keys of a realm. */
const char *config_source(enum config_source *source_r, const char *value);
const char *config_pam_name(bool *full_name_r, const char *value);

#endif
