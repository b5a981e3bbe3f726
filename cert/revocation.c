/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "cert/revocation.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file_check.h"
#include "base/file_read.h"
#include "base/file_stamp.h"

enum {
	REVOCATION_WHY_MAX = 160,	/* octets of a reason, with NUL */
	REVOCATION_DATE_MAX = 32,
	REVOCATION_SERIAL_MAX = 48,	/* octets of hexadecimal digits; RFC
					 * 5280, 4.1.2.2, allows 40 */
};

static const char no_memory[] = "out of memory";

/* The contents of the file at one time.  They don't change once they are
 * loaded, so that OpenSSL can verify without a lock. */
struct content {
	unsigned int references;	/* guarded by the revocation's mutex */
	struct stat seen;		/* of the file, before it was read */
	bool settled;			/* a later change will show in seen */
	STACK_OF(X509_CRL) *crls;	/* NULL: the file is unusable */
	char why[REVOCATION_WHY_MAX];	/* the reason; else "" */
};

struct revocation {
	char *path;
	pthread_mutex_t mutex;
	struct content *content;	/* NULL: not read yet */
};

static void
content_fail(struct content *content, const char *why)
{
	snprintf(content->why, sizeof(content->why), "%s", why);
}

/* --- the contents of the file -------------------------------------------- */

/* Without a callback, OpenSSL would ask for the password of an encrypted PEM
 * block at QEMU's terminal. */
static int
revocation_password_cb(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

/* Owns crl from then on; NULL is accepted. */
static bool
crls_push(STACK_OF(X509_CRL) *crls, X509_CRL *crl)
{
	if (crl == NULL)
		return false;
	if (sk_X509_CRL_push(crls, crl) > 0)
		return true;
	X509_CRL_free(crl);
	return false;
}

static bool
crls_parse_der(STACK_OF(X509_CRL) *crls, const unsigned char *octets,
    size_t size)
{
	const unsigned char *end = octets;
	X509_CRL *crl = d2i_X509_CRL(NULL, &end, (long)size);

	if (crl != NULL && end != octets + size) {
		X509_CRL_free(crl);
		return false;
	}
	return crls_push(crls, crl);
}

/* Reads CRLs up to the end of the text.  If anything else follows, all of them
 * are refused: the missing one may be the one that revokes. */
static bool
crls_parse_pem(STACK_OF(X509_CRL) *crls, const unsigned char *octets,
    size_t size)
{
	BIO *bio = BIO_new_mem_buf(octets, (int)size);
	unsigned long error;

	if (bio == NULL)
		return false;
	while (crls_push(crls, PEM_read_bio_X509_CRL(bio, NULL,
	    revocation_password_cb, NULL)))
		continue;
	BIO_free(bio);
	error = ERR_peek_last_error();
	return sk_X509_CRL_num(crls) > 0 && ERR_GET_LIB(error) == ERR_LIB_PEM &&
	    ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

/* A delta CRL lists changes alone (RFC 5280, section 5.2.4); OpenSSL would use
 * it as a complete one, and accept what the base revokes. */
static bool
crls_have_delta(STACK_OF(X509_CRL) *crls)
{
	for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
		if (X509_CRL_get_ext_by_NID(sk_X509_CRL_value(crls, i),
		    NID_delta_crl, -1) != -1)
			return true;
	}
	return false;
}

static void
content_parse(struct content *content, const unsigned char *octets, size_t size)
{
	STACK_OF(X509_CRL) *crls = sk_X509_CRL_new_null();

	if (crls == NULL)
		content_fail(content, no_memory);
	else if (!crls_parse_der(crls, octets, size) &&
	    !crls_parse_pem(crls, octets, size))
		content_fail(content, "not a CRL in PEM or DER, or cut short");
	else if (crls_have_delta(crls))
		content_fail(content, "a delta CRL, write the complete one");
	else
		content->crls = crls;
	if (content->crls == NULL)
		sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

/* --- reading the file ---------------------------------------------------- */

/* Errors that are not the file's leave settled false: the next call reads the
 * file again. */
static void
content_read(struct content *content, int fd, const struct timespec *now)
{
	size_t size, wanted = (size_t)content->seen.st_size;
	char *octets = file_read_all(fd, wanted, &size);

	if (octets == NULL && errno == ENOMEM) {
		content_fail(content, no_memory);
	} else if (octets == NULL && errno != EFBIG) {
		content_fail(content, strerror(errno));
	} else if (size != wanted) {
		content_fail(content, "changed while it was being read");
	} else {
		content_parse(content, (const unsigned char *)octets, size);
		content->settled = content->crls != NULL &&
		    file_stamp_settled(&content->seen, now);
	}
	free(octets);
}

/* Anyone who can edit the CRL can make a revoked certificate valid again. */
static struct content *
content_load(const char *path, const struct timespec *now)
{
	static const char *const faults[FILE_VERDICTS] = {
		[FILE_WRONG_TYPE] = "not a regular file",
		[FILE_WRONG_OWNER] = "its owner should be root",
		[FILE_WRONG_MODE] =
		    "everybody may write it, see chmod(1): o-w",
	};
	const struct file_rule rule = {
		.type = S_IFREG,
		.owner = geteuid(),
		.or_root = true,
		.denied = S_IWOTH,
	};
	struct content *content = calloc(1, sizeof(*content));
	enum file_verdict verdict;
	int fd;

	if (content == NULL)
		return NULL;
	content->references = 1;
	fd = file_open(AT_FDCWD, path, O_RDONLY, &rule, &content->seen,
	    &verdict);
	if (verdict != FILE_TRUSTED)
		content_fail(content, faults[verdict] != NULL ?
		    faults[verdict] : strerror(errno));
	else if (content->seen.st_size > REVOCATION_FILE_MAX)
		content_fail(content, "larger than 1 MiB");
	else
		content_read(content, fd, now);
	if (fd >= 0)
		close(fd);
	return content;
}

/* --- one content for all threads ----------------------------------------- */

/* Drops one reference; NULL is accepted. */
static void
content_release(struct revocation *revocation, struct content *content)
{
	bool last;

	if (content == NULL)
		return;
	pthread_mutex_lock(&revocation->mutex);
	last = --content->references == 0;
	pthread_mutex_unlock(&revocation->mutex);
	if (last) {
		sk_X509_CRL_pop_free(content->crls, X509_CRL_free);
		free(content);
	}
}

static struct content *
content_acquire_known(struct revocation *revocation)
{
	struct content *content;

	pthread_mutex_lock(&revocation->mutex);
	content = revocation->content;
	if (content != NULL)
		content->references++;
	pthread_mutex_unlock(&revocation->mutex);
	return content;
}

/* Of two threads that read at once, the later one's content is stored.  If it
 * is the older one, the time stamps of the file differ, and the next call reads
 * the file again. */
static void
content_store(struct revocation *revocation, struct content *content)
{
	struct content *old;

	pthread_mutex_lock(&revocation->mutex);
	old = revocation->content;
	revocation->content = content;
	content->references++;
	pthread_mutex_unlock(&revocation->mutex);
	content_release(revocation, old);
}

/* The content of the file as it is now; NULL: out of memory. */
static struct content *
content_acquire(struct revocation *revocation, const struct timespec *now)
{
	struct content *content = content_acquire_known(revocation);
	struct stat st;

	if (content != NULL && content->settled &&
	    stat(revocation->path, &st) == 0 &&
	    file_stamp_same(&st, &content->seen))
		return content;
	content_release(revocation, content);
	content = content_load(revocation->path, now);
	if (content != NULL)
		content_store(revocation, content);
	return content;
}

int
revocation_new(struct revocation **revocation_r, const char *path)
{
	struct revocation *revocation = calloc(1, sizeof(*revocation));

	*revocation_r = NULL;
	if (revocation == NULL)
		return ERROR_MEMORY;
	revocation->path = strdup(path);
	if (revocation->path == NULL) {
		free(revocation);
		return ERROR_MEMORY;
	}
	pthread_mutex_init(&revocation->mutex, NULL);
	*revocation_r = revocation;
	return ERROR_NONE;
}

void
revocation_free(struct revocation **revocation)
{
	if (*revocation == NULL)
		return;
	content_release(*revocation, (*revocation)->content);
	pthread_mutex_destroy(&(*revocation)->mutex);
	free((*revocation)->path);
	free(*revocation);
	*revocation = NULL;
}

/* --- the verdict --------------------------------------------------------- */

static void
revocation_write_date(const ASN1_TIME *when, char out[REVOCATION_DATE_MAX])
{
	struct tm tm;

	if (when == NULL || !ASN1_TIME_to_tm(when, &tm) ||
	    strftime(out, REVOCATION_DATE_MAX, "%Y-%m-%d %H:%M:%S UTC",
	    &tm) == 0)
		strcpy(out, "an unknown date");
}

static void
revocation_explain(X509_CRL *crl, X509 *certificate,
    char why[REVOCATION_WHY_MAX])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	char number[REVOCATION_SERIAL_MAX] = "?", date[REVOCATION_DATE_MAX];
	X509_REVOKED *entry = NULL;

	OPENSSL_buf2hexstr_ex(number, sizeof(number), NULL,
	    ASN1_STRING_get0_data(serial),
	    (size_t)ASN1_STRING_length(serial), '\0');
	X509_CRL_get0_by_cert(crl, &entry, certificate);
	revocation_write_date(entry != NULL ?
	    X509_REVOKED_get0_revocationDate(entry) : NULL, date);
	snprintf(why, REVOCATION_WHY_MAX, "serial number %s, revoked on %s",
	    number, date);
}

/* OpenSSL's callback: the CRL of an error can only be found during the call. */
static int
revocation_verify_cb(int good, X509_STORE_CTX *ctx)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);
	int error = X509_STORE_CTX_get_error(ctx);
	char *why = X509_STORE_CTX_get_app_data(ctx);
	char date[REVOCATION_DATE_MAX];

	if (good)
		return good;
	if (crl != NULL && error == X509_V_ERR_CRL_HAS_EXPIRED) {
		revocation_write_date(X509_CRL_get0_nextUpdate(crl), date);
		snprintf(why, REVOCATION_WHY_MAX, "expired on %s", date);
	} else if (crl != NULL && error == X509_V_ERR_CRL_NOT_YET_VALID) {
		revocation_write_date(X509_CRL_get0_lastUpdate(crl), date);
		snprintf(why, REVOCATION_WHY_MAX, "not valid before %s", date);
	} else if (crl != NULL && error == X509_V_ERR_CERT_REVOKED) {
		revocation_explain(crl, X509_STORE_CTX_get_current_cert(ctx),
		    why);
	} else if (error == X509_V_ERR_UNABLE_TO_GET_CRL) {
		snprintf(why, REVOCATION_WHY_MAX,
		    "no CRL of the authority that issued the certificate");
	} else {
		snprintf(why, REVOCATION_WHY_MAX, "%s",
		    X509_verify_cert_error_string(error));
	}
	return good;
}

static enum revocation_verdict
revocation_verify(STACK_OF(X509_CRL) *crls, X509_STORE *trust,
    X509 *certificate, STACK_OF(X509) *chain, time_t now,
    char why[REVOCATION_WHY_MAX])
{
	enum revocation_verdict verdict = REVOCATION_UNKNOWN;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int error;

	strcpy(why, no_memory);		/* what the calls below fail of */
	if (ctx == NULL ||
	    !X509_STORE_CTX_init(ctx, trust, certificate, chain) ||
	    !X509_STORE_CTX_set_default(ctx, "ssl_client") ||
	    !X509_STORE_CTX_set_app_data(ctx, why))
		goto out;
	X509_STORE_CTX_set0_crls(ctx, crls);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK);
	X509_STORE_CTX_set_time(ctx, 0, now);
	X509_STORE_CTX_set_verify_cb(ctx, revocation_verify_cb);
	if (X509_verify_cert(ctx) == 1)
		verdict = REVOCATION_GOOD;
	error = X509_STORE_CTX_get_error(ctx);
	if (error == X509_V_ERR_CERT_REVOKED)
		verdict = REVOCATION_REVOKED;
	else if (error != X509_V_OK)
		verdict = REVOCATION_UNKNOWN;
out:
	X509_STORE_CTX_free(ctx);
	return verdict;
}

enum revocation_verdict
revocation_check(struct revocation *revocation, X509_STORE *trust,
    X509 *certificate, STACK_OF(X509) *chain, const struct timespec *now,
    char detail_r[REVOCATION_DETAIL_MAX])
{
	enum revocation_verdict verdict = REVOCATION_UNKNOWN;
	struct content *content;
	char why[REVOCATION_WHY_MAX];

	ERR_set_mark();
	content = content_acquire(revocation, now);
	if (content == NULL)
		strcpy(why, no_memory);
	else if (content->crls == NULL)
		strcpy(why, content->why);
	else
		verdict = revocation_verify(content->crls, trust, certificate,
		    chain, now->tv_sec, why);
	content_release(revocation, content);
	ERR_pop_to_mark();
	detail_r[0] = '\0';
	if (verdict != REVOCATION_GOOD)
		snprintf(detail_r, REVOCATION_DETAIL_MAX, "%s: %s",
		    revocation->path, why);
	return verdict;
}
