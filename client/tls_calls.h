/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The functions of the libssl and libcrypto that a given caller uses, found at
 * run time.  The preloaded library isn't linked with OpenSSL: it would load
 * one into programs that have none, or a second one beside another version. */

#ifndef VMAUTHZ_CLIENT_TLS_CALLS_H
#define VMAUTHZ_CLIENT_TLS_CALLS_H

#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/stack.h>
#include <openssl/x509.h>

typedef SSL_CTX *(*tls_ctx_new)(const SSL_METHOD *method);

struct tls_calls {
	__typeof__(BIO_free) *BIO_free;
	__typeof__(BIO_new_mem_buf) *BIO_new_mem_buf;
	__typeof__(ERR_peek_last_error) *ERR_peek_last_error;
	__typeof__(ERR_pop_to_mark) *ERR_pop_to_mark;
	__typeof__(ERR_reason_error_string) *ERR_reason_error_string;
	__typeof__(ERR_set_mark) *ERR_set_mark;
	__typeof__(EVP_PKEY_free) *EVP_PKEY_free;
	__typeof__(OPENSSL_sk_free) *OPENSSL_sk_free;
	__typeof__(OPENSSL_sk_new_null) *OPENSSL_sk_new_null;
	__typeof__(OPENSSL_sk_pop) *OPENSSL_sk_pop;
	__typeof__(OPENSSL_sk_push) *OPENSSL_sk_push;
	__typeof__(OPENSSL_version_major) *OPENSSL_version_major;
	__typeof__(PEM_read_bio_PrivateKey) *PEM_read_bio_PrivateKey;
	__typeof__(PEM_read_bio_X509) *PEM_read_bio_X509;
	__typeof__(SSL_CTX_use_cert_and_key) *SSL_CTX_use_cert_and_key;
	__typeof__(X509_free) *X509_free;
};

/* The SSL_CTX_new() that code at the address caller would call if this library
 * were not preloaded; NULL if there is none. */
tls_ctx_new tls_calls_ctx_new(const void *caller);

/* Fills *calls_r from the library that contains ctx_new.  Returns false, with
 * *calls_r cleared, unless that is an OpenSSL of the major version of the
 * headers at build time: only those have the same prototypes. */
bool tls_calls_open(struct tls_calls *calls_r, tls_ctx_new ctx_new);

#endif
