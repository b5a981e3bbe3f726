/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A client certificate in a file, as the plugin would see it on a
 * connection. */

#ifndef VMAUTHZ_CERT_CERT_FILE_H
#define VMAUTHZ_CERT_CERT_FILE_H

#include <stddef.h>
#include <time.h>

#include "cert/cert_name.h"

enum { CERT_SHA256_SIZE = 32 };	/* octets of a fingerprint */

struct cert_facts {
	char cn[CERT_CN_MAX];		/* "": none that can be used */
	char names[CERT_NAMES_MAX][CERT_NAME_MAX];
	size_t name_count;		/* 0: none that can be used */
	unsigned char sha256[CERT_SHA256_SIZE];	/* over its DER */
};

/* Reads the first certificate of a PEM file, or the one of a DER file.  Its
 * signature is not checked, but it has to be valid at the given time.  Returns
 * NULL, or one phrase that says what is wrong, with *facts_r cleared; the
 * phrase is static, or valid until the next strerror(3). */
const char *cert_file_read(const char *path, time_t when,
    struct cert_facts *facts_r);

#endif
