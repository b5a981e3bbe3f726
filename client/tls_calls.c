/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "client/tls_calls.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#define CALL(name) { #name, offsetof(struct tls_calls, name) }

static const struct {
	const char *name;
	size_t offset;
} call_table[] = {
	CALL(BIO_free),
	CALL(BIO_new_mem_buf),
	CALL(ERR_peek_last_error),
	CALL(ERR_pop_to_mark),
	CALL(ERR_reason_error_string),
	CALL(ERR_set_mark),
	CALL(EVP_PKEY_free),
	CALL(OPENSSL_sk_free),
	CALL(OPENSSL_sk_new_null),
	CALL(OPENSSL_sk_pop),
	CALL(OPENSSL_sk_push),
	CALL(OPENSSL_version_major),
	CALL(PEM_read_bio_PrivateKey),
	CALL(PEM_read_bio_X509),
	CALL(SSL_CTX_use_cert_and_key),
	CALL(X509_free),
};

enum { CALLS = sizeof(call_table) / sizeof(call_table[0]) };

_Static_assert(CALLS * sizeof(void *) == sizeof(struct tls_calls),
    "every call has its row");
_Static_assert(sizeof(void *) == sizeof(tls_ctx_new),
    "dlsym can return functions");

/* A handle on the object that the address lies in; NULL for the program. */
static void *
open_object(const void *address)
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
	/* RTLD_NEXT alone would miss the libssl of an object that was
	 * dlopened RTLD_LOCAL, and mistake one version for another. */
	void *object = open_object(caller);
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

bool
tls_calls_open(struct tls_calls *calls_r, tls_ctx_new ctx_new)
{
	size_t found = 0;
	void *libssl;
	void *address;

	memset(calls_r, 0, sizeof(*calls_r));
	memcpy(&address, &ctx_new, sizeof(address));
	libssl = open_object(address);
	if (libssl == NULL)
		return false;
	for (; found < CALLS; found++) {
		address = dlsym(libssl, call_table[found].name);
		if (address == NULL)
			break;
		memcpy((char *)calls_r + call_table[found].offset, &address,
		    sizeof(address));
	}
	dlclose(libssl);
	if (found == CALLS &&
	    calls_r->OPENSSL_version_major() == OPENSSL_VERSION_MAJOR)
		return true;
	memset(calls_r, 0, sizeof(*calls_r));
	return false;
}
