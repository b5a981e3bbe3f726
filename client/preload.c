/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* libvmauthz-client.so, which vmauthz-viewer preloads into a SPICE viewer: it
 * gives the TLS contexts that libspice-client-glib makes, and no others, a
 * client certificate and its key. */

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/handover.h"
#include "client/tls_calls.h"

/* What the constructor received, for SSL_CTX_new(), which any thread of the
 * viewer may call.  The objects are made by the viewer's own OpenSSL. */
static struct {
	pthread_mutex_t lock;
	char *text;		/* PEM as received; NULL after the first use */
	size_t size;
	bool ready;		/* the next three can be used */
	EVP_PKEY *key;
	X509 *cert;
	STACK_OF(X509) *chain;
	struct tls_calls calls;
} handed = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static void __attribute__((format(printf, 1, 2)))
preload_warn(const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(stderr, "vmauthz-viewer: %s\n", line);
}

/* The version behind ".so" may be any. */
static bool
preload_is_spice_library(const char *path)
{
	static const char name[] = "libspice-client-glib-2.0.so";
	const char *slash = strrchr(path, '/');
	const char *base = slash != NULL ? slash + 1 : path;
	size_t length = sizeof(name) - 1;

	return strncmp(base, name, length) == 0 &&
	    (base[length] == '\0' || base[length] == '.');
}

/* The viewer may have other TLS connections, to a server that lists VMs for
 * example; those must not show the certificate. */
static bool
preload_is_spice_code(const void *address)
{
	Dl_info info;

	return dladdr(address, &info) != 0 && info.dli_fname != NULL &&
	    preload_is_spice_library(info.dli_fname);
}

static int
preload_find_spice_cb(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	return info->dlpi_name != NULL &&
	    preload_is_spice_library(info->dlpi_name);
}

/* Removes this library from LD_PRELOAD, where vmauthz-viewer has put it in
 * front: programs that the viewer starts must not load it. */
static void
preload_restore_environment(void)
{
	const char *now = getenv("LD_PRELOAD");
	size_t length;
	char *before;
	Dl_info self;

	if (now == NULL || dladdr(&handed, &self) == 0)
		return;
	length = strlen(self.dli_fname);
	if (strncmp(now, self.dli_fname, length) != 0 ||
	    (now[length] != '\0' && now[length] != ':'))
		return;
	before = now[length] == ':' ? strdup(now + length + 1) : NULL;
	if (before == NULL || setenv("LD_PRELOAD", before, 1) != 0)
		unsetenv("LD_PRELOAD");
	free(before);
}

static int
preload_receive(const char *number)
{
	char *end;
	long fd = strtol(number, &end, 10);

	/* The number comes from the environment.  handover_send() never
	 * returns a standard stream, so such a number is not its own. */
	if (end == number || *end != '\0' || fd <= STDERR_FILENO ||
	    fd > 0xffffff) {
		errno = EBADF;
		return -1;
	}
	return handover_receive((int)fd, &handed.text, &handed.size);
}

/* Before main(), so that the descriptor and both variables are gone before
 * the viewer can start a program that would inherit them. */
static void __attribute__((constructor))
preload_begin(void)
{
	const char *number = secure_getenv(HANDOVER_VARIABLE);

	if (number == NULL)
		return;
	if (preload_receive(number) != 0) {
		preload_warn("the certificate and key that were handed to this"
		    " viewer can't be read (%s); going on without them",
		    strerror(errno));
	} else if (dl_iterate_phdr(preload_find_spice_cb, NULL) == 0) {
		preload_warn("%s hasn't loaded libspice-client-glib, so it may"
		    " be a script or no SPICE viewer at all; what it starts"
		    " gets no certificate", program_invocation_short_name);
	}
	unsetenv(HANDOVER_VARIABLE);
	preload_restore_environment();
}

static void
preload_free_credential(void)
{
	struct tls_calls *calls = &handed.calls;
	OPENSSL_STACK *chain = (OPENSSL_STACK *)handed.chain;
	X509 *cert;

	while (chain != NULL && (cert = calls->OPENSSL_sk_pop(chain)) != NULL)
		calls->X509_free(cert);
	calls->OPENSSL_sk_free(chain);
	calls->X509_free(handed.cert);
	calls->EVP_PKEY_free(handed.key);
	handed.chain = NULL;
	handed.cert = NULL;
	handed.key = NULL;
}

/* The key that is handed over is not encrypted.  OpenSSL's default callback
 * would prompt on the viewer's terminal for any other. */
static int
preload_no_passphrase_cb(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

static bool
preload_parse_credential(void)
{
	struct tls_calls *calls = &handed.calls;
	OPENSSL_STACK *chain = calls->OPENSSL_sk_new_null();
	BIO *bio = calls->BIO_new_mem_buf(handed.text, (int)handed.size);
	X509 *cert;

	handed.chain = (STACK_OF(X509) *)chain;
	if (bio == NULL || chain == NULL)
		goto out;
	handed.key = calls->PEM_read_bio_PrivateKey(bio, NULL,
	    preload_no_passphrase_cb, NULL);
	handed.cert = calls->PEM_read_bio_X509(bio, NULL,
	    preload_no_passphrase_cb, NULL);
	while ((cert = calls->PEM_read_bio_X509(bio, NULL,
	    preload_no_passphrase_cb, NULL)) != NULL) {
		if (calls->OPENSSL_sk_push(chain, cert) > 0)
			continue;
		calls->X509_free(cert);
		goto out;
	}
	/* credential_write() wrote whole blocks: the end is the only reason
	 * to stop. */
	handed.ready = handed.key != NULL && handed.cert != NULL;
out:
	calls->BIO_free(bio);
	if (!handed.ready)
		preload_free_credential();
	return handed.ready;
}

/* Parses the PEM text at the first call and not in the constructor, because
 * only a caller of SSL_CTX_new() shows which OpenSSL the viewer uses.  The
 * marks keep our errors out of the viewer's error queue. */
static bool
preload_load_credential(tls_ctx_new ctx_new)
{
	if (handed.text == NULL)
		return handed.ready;
	if (!tls_calls_open(&handed.calls, ctx_new))
		preload_warn("the viewer's TLS library isn't OpenSSL %d; going"
		    " on without a client certificate", OPENSSL_VERSION_MAJOR);
	else {
		handed.calls.ERR_set_mark();
		if (!preload_parse_credential())
			preload_warn("the certificate and key that were handed"
			    " to this viewer are broken; going on without"
			    " them");
		handed.calls.ERR_pop_to_mark();
	}
	explicit_bzero(handed.text, handed.size);
	free(handed.text);
	handed.text = NULL;
	return handed.ready;
}

/* The context takes references, so a channel costs no copy of the key.  After
 * a refusal the next channel would be refused, too: the credential is freed,
 * and the warning is printed once. */
static void
preload_set_certificate(SSL_CTX *ctx)
{
	struct tls_calls *calls = &handed.calls;
	const char *reason;

	calls->ERR_set_mark();
	if (calls->SSL_CTX_use_cert_and_key(ctx, handed.cert, handed.key,
	    handed.chain, 1) != 1) {
		reason = calls->ERR_reason_error_string(
		    calls->ERR_peek_last_error());
		preload_warn("the viewer's TLS library refuses the certificate"
		    " (%s); going on without it",
		    reason != NULL ? reason : "no reason given");
		preload_free_credential();
		handed.ready = false;
	}
	calls->ERR_pop_to_mark();
}

/* Interposes OpenSSL's function, which it calls.  The return address is the
 * only sign by which a SPICE channel differs from the viewer's other TLS. */
__attribute__((visibility("default"))) SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
	const void *caller = __builtin_return_address(0);
	tls_ctx_new ctx_new = tls_calls_ctx_new(caller);
	SSL_CTX *ctx = ctx_new != NULL ? ctx_new(method) : NULL;

	if (ctx == NULL || !preload_is_spice_code(caller))
		return ctx;
	pthread_mutex_lock(&handed.lock);
	if (preload_load_credential(ctx_new))
		preload_set_certificate(ctx);
	pthread_mutex_unlock(&handed.lock);
	return ctx;
}
