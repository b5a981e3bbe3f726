/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A certificate with its chain and private key, read from PEM files. */

#ifndef VMAUTHZ_CLIENT_CREDENTIAL_H
#define VMAUTHZ_CLIENT_CREDENTIAL_H

#include <openssl/bio.h>

struct credential;

/* Reads a certificate (followed by its chain, the issuer of the first one
 * next) and its private key.  The key's file must belong to the caller or to
 * root, and its mode must give nothing to group and others.  The passphrase of
 * an encrypted key is read from the terminal.  A certificate that isn't valid
 * now, or not meant for TLS clients, gets a warning only: the server decides.
 * Returns 0 and *cred_r, to be closed by the caller, or -1 after one sentence
 * on stderr. */
int credential_open(struct credential **cred_r, const char *cert_file,
    const char *key_file);

/* Writes the key in clear, the certificate and the chain to out, in PEM.
 * Returns 0, or -1. */
int credential_write(const struct credential *cred, BIO *out);

/* Frees and wipes *cred; accepts NULL and leaves NULL. */
void credential_close(struct credential **cred);

#endif
