/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "client/credential.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

struct credential {
	X509 *cert;
	STACK_OF(X509) *chain;
	EVP_PKEY *key;
};

/* What credential_passphrase_cb() needs and reports.  OpenSSL says only that
 * the key could not be read; this tells a wrong passphrase from none. */
struct passphrase {
	const char *file;	/* named in the prompt */
	bool asked;		/* the key is encrypted */
	const char *failure;	/* why there is no passphrase, or NULL */
};

static bool
credential_key_is_private(const char *file, const struct stat *st)
{
	if (st->st_uid != geteuid() && st->st_uid != 0) {
		warnx("%s: a private key must belong to you or to root, this"
		    " one belongs to user %lu", file,
		    (unsigned long)st->st_uid);
		return false;
	}
	if ((st->st_mode & (S_IRWXG | S_IRWXO)) != 0) {
		warnx("%s: others may use this private key; run: chmod 600 %s",
		    file, file);
		return false;
	}
	return true;
}

/* Opens a file, and checks it if it holds the private key.  The descriptor is
 * checked and not the path, which could change in between.  O_NOCTTY: a path
 * that names a terminal must not become the controlling one. */
static BIO *
credential_open_file(const char *file, bool private)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	BIO *bio = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		warn("%s", file);
	else if (S_ISDIR(st.st_mode))
		warnx("%s: %s", file, strerror(EISDIR));
	else if (!private || credential_key_is_private(file, &st)) {
		bio = BIO_new_fd(fd, BIO_CLOSE);
		if (bio == NULL)
			warnx("out of memory");
	}
	if (bio == NULL && fd >= 0)
		close(fd);
	return bio;
}

/* A pem_password_cb(3ssl), since OpenSSL's own doesn't name the file. */
static int
credential_passphrase_cb(char *buffer, int size, int writing, void *arg)
{
	struct passphrase *pass = arg;
	char prompt[256];
	int tty;

	(void)writing;
	/* OpenSSL calls once more after a call that returned nothing. */
	if (pass->failure != NULL)
		return -1;
	pass->asked = true;
	/* Without a terminal EVP_read_pw_string_min() would read standard
	 * input. */
	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (tty < 0) {
		pass->failure = "and there is no terminal to ask on";
		return -1;
	}
	close(tty);
	snprintf(prompt, sizeof(prompt), "Passphrase for %s: ", pass->file);
	if (EVP_read_pw_string_min(buffer, 0, size - 1, prompt, 0) != 0) {
		OPENSSL_cleanse(buffer, (size_t)size);
		pass->failure = "and none was given";
		return -1;
	}
	return (int)strlen(buffer);
}

static int
credential_read_key(struct credential *cred, const char *file)
{
	struct passphrase pass = { .file = file };
	BIO *in = credential_open_file(file, true);

	if (in == NULL)
		return -1;
	cred->key = PEM_read_bio_PrivateKey(in, NULL, credential_passphrase_cb,
	    &pass);
	BIO_free(in);
	if (cred->key != NULL)
		return 0;
	if (pass.failure != NULL)
		warnx("%s: the private key has a passphrase, %s", file,
		    pass.failure);
	else if (pass.asked)
		warnx("%s: wrong passphrase", file);
	else
		warnx("%s: no private key in PEM form", file);
	return -1;
}

static int
credential_read_chain(struct credential *cred, BIO *in)
{
	X509 *cert;

	cred->chain = sk_X509_new_null();
	if (cred->chain == NULL)
		return -1;
	while ((cert = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
		if (sk_X509_push(cred->chain, cert) > 0)
			continue;
		X509_free(cert);
		return -1;
	}
	/* OpenSSL has no other sign for the end of the file than a block that
	 * doesn't start.  Any other error is a damaged certificate. */
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ?
	    0 : -1;
}

static int
credential_read_certificates(struct credential *cred, const char *file)
{
	BIO *in = credential_open_file(file, false);
	int result = -1;

	if (in == NULL)
		return -1;
	cred->cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
	if (cred->cert == NULL)
		warnx("%s: no certificate in PEM form", file);
	else if (credential_read_chain(cred, in) != 0)
		warnx("%s: what follows the first certificate is damaged",
		    file);
	else
		result = 0;
	BIO_free(in);
	return result;
}

/* Only warnings, since the server decides by its own clock. */
static void
credential_warn_if_unfit(X509 *cert, const char *file)
{
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		warnx("warning: %s: the certificate has expired", file);
	else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		warnx("warning: %s: the certificate isn't valid yet", file);
	if (X509_check_purpose(cert, X509_PURPOSE_SSL_CLIENT, 0) != 1)
		warnx("warning: %s: the certificate isn't meant for TLS"
		    " clients", file);
}

int
credential_open(struct credential **cred_r, const char *cert_file,
    const char *key_file)
{
	struct credential *cred = calloc(1, sizeof(*cred));

	if (cred == NULL) {
		warn(NULL);
		return -1;
	}
	if (credential_read_certificates(cred, cert_file) != 0 ||
	    credential_read_key(cred, key_file) != 0)
		goto fail;
	/* A file that begins with an issuer is refused here, and not by every
	 * server. */
	if (X509_check_private_key(cred->cert, cred->key) != 1) {
		warnx("the first certificate in %s and the key in %s don't"
		    " belong together", cert_file, key_file);
		goto fail;
	}
	credential_warn_if_unfit(cred->cert, cert_file);
	*cred_r = cred;
	return 0;
fail:
	credential_close(&cred);
	return -1;
}

/* preload_parse_credential() reads in this order. */
int
credential_write(const struct credential *cred, BIO *out)
{
	if (PEM_write_bio_PrivateKey(out, cred->key, NULL, NULL, 0, NULL,
	    NULL) != 1 || PEM_write_bio_X509(out, cred->cert) != 1)
		return -1;
	for (int i = 0; i < sk_X509_num(cred->chain); i++) {
		if (PEM_write_bio_X509(out, sk_X509_value(cred->chain, i)) != 1)
			return -1;
	}
	return 0;
}

void
credential_close(struct credential **cred)
{
	if (*cred == NULL)
		return;
	X509_free((*cred)->cert);
	sk_X509_pop_free((*cred)->chain, X509_free);
	EVP_PKEY_free((*cred)->key);
	free(*cred);
	*cred = NULL;
}
