/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "client/tls_calls.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#define TLS_CALL(name) { #name, offsetof(struct tls_calls, name) }

static const struct {
	const char *name;
	size_t offset;
} call_table[] = {
	TLS_CALL(BIO_free),
	TLS_CALL(BIO_new_mem_buf),
	TLS_CALL(ERR_peek_last_error),
	TLS_CALL(ERR_pop_to_mark),
	TLS_CALL(ERR_reason_error_string),
	TLS_CALL(ERR_set_mark),
	TLS_CALL(EVP_PKEY_free),
	TLS_CALL(OPENSSL_sk_free),
	TLS_CALL(OPENSSL_sk_new_null),
	TLS_CALL(OPENSSL_sk_pop),
	TLS_CALL(OPENSSL_sk_push),
	TLS_CALL(OPENSSL_version_major),
	TLS_CALL(PEM_read_bio_PrivateKey),
	TLS_CALL(PEM_read_bio_X509),
	TLS_CALL(SSL_CTX_use_cert_and_key),
	TLS_CALL(X509_free),
};

enum { TLS_CALLS_COUNT = sizeof(call_table) / sizeof(call_table[0]) };

_Static_assert(TLS_CALLS_COUNT * sizeof(void *) == sizeof(struct tls_calls),
    "every call has its row");
_Static_assert(sizeof(void *) == sizeof(tls_ctx_new),
    "dlsym can return functions");

/* A handle on the loaded object that contains the address, to be closed; NULL
 * for the program itself, whose name is empty.  RTLD_NOLOAD: the object is
 * loaded already, and a file of that name must not be loaded instead. */
static void *
tls_calls_open_object(const void *address)
{
	void *extra = NULL;
	const struct link_map *map;
	Dl_info info;

	if (dladdr1(address, &info, &extra, RTLD_DL_LINKMAP) == 0)
		return NULL;
	map = extra;
	if (map == NULL || map->l_name == NULL || map->l_name[0] == '\0')
		return NULL;
	return dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
}

tls_ctx_new
tls_calls_ctx_new(const void *caller)
{
	/* dlsym(3) on the caller's object searches its own dependencies.
	 * RTLD_NEXT alone would miss the libssl of an object that was loaded
	 * with RTLD_LOCAL, and could find one of another version. */
	void *object = tls_calls_open_object(caller);
	void *found = NULL;
	tls_ctx_new ctx_new;

	if (object != NULL) {
		found = dlsym(object, "SSL_CTX_new");
		dlclose(object);
	}
	if (found == NULL)
		found = dlsym(RTLD_NEXT, "SSL_CTX_new");
	memcpy(&ctx_new, &found, sizeof(ctx_new));
	return ctx_new;
}

/* All calls come from one libssl and the libcrypto that it is linked with:
 * objects of two OpenSSLs in one process must not be mixed. */
bool
tls_calls_open(struct tls_calls *calls_r, tls_ctx_new ctx_new)
{
	size_t found = 0;
	void *libssl;
	void *address;

	memset(calls_r, 0, sizeof(*calls_r));
	memcpy(&address, &ctx_new, sizeof(address));
	libssl = tls_calls_open_object(address);
	if (libssl == NULL)
		return false;
	for (; found < TLS_CALLS_COUNT; found++) {
		address = dlsym(libssl, call_table[found].name);
		if (address == NULL)
			break;
		memcpy((char *)calls_r + call_table[found].offset, &address,
		    sizeof(address));
	}
	/* The viewer keeps it loaded; the addresses stay valid. */
	dlclose(libssl);
	if (found == TLS_CALLS_COUNT &&
	    calls_r->OPENSSL_version_major() == OPENSSL_VERSION_MAJOR)
		return true;
	memset(calls_r, 0, sizeof(*calls_r));
	return false;
}
