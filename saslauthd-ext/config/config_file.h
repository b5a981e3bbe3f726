/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reads vmauthzd.conf(5) strictly: an unknown key, a repeated key, a section
 * with no key and a value out of bounds are errors.  A daemon that decides who
 * gets in does not start with half of what its administrator wrote. */

#ifndef VMAUTHZD_CONFIG_CONFIG_FILE_H
#define VMAUTHZD_CONFIG_CONFIG_FILE_H

#include "saslauthd-ext/config/config.h"

enum { CONFIG_ERROR_MAX = 512 };	/* octets of an error, with NUL */

/* Reads and checks a whole file, of at most 64 KiB.  The file has to belong to
 * root or the caller's account, and no one else may write to it.  Returns 0, or
 * a code of base/error.h with error set to one sentence that names file, line
 * and remedy, and *config_r NULL.  The caller frees *config_r with
 * config_free(). */
int config_file_load(struct config **config_r, const char *path,
    char error[CONFIG_ERROR_MAX]);

#endif
