/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reading vmauthzd.conf(5), strictly. */

#ifndef VMAUTHZD_CONFIG_CONFIG_FILE_H
#define VMAUTHZD_CONFIG_CONFIG_FILE_H

#include "saslauthd-ext/config/config.h"

enum { CONFIG_ERROR_MAX = 512 };	/* octets of an error, with NUL */

/* Reads and checks all of a file.  Returns 0, or a code of base/error.h with
 * error set to one sentence that names file, line and remedy, and *config_r
 * NULL.  Free with config_free(). */
int config_file_load(struct config **config_r, const char *path,
    char error[CONFIG_ERROR_MAX]);

#endif
