/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/tls_peer.h"

#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/error.h"

/* An SSL object, from its making to its end.  It is read only on the thread
 * that made it, since other threads use theirs without a lock of this file. */
struct connection {
	SSL *ssl;
	pthread_t thread;
	bool settled;			/* its handshake has begun */
	bool known;			/* the addresses are set */
	char local[TLS_ADDRESS_MAX];
	char remote[TLS_ADDRESS_MAX];
	LIST_ENTRY(connection) link;
};

/* OpenSSL calls the callbacks for every SSL object of the process, so the
 * registry is the process's. */
static struct {
	pthread_mutex_t mutex;
	int index;			/* of our ex_data in an SSL, or -1 */
	enum tls_peer_mode mode;
	LIST_HEAD(, connection) connections;
} registry = { .mutex = PTHREAD_MUTEX_INITIALIZER, .index = -1 };

static void
tls_peer_ssl_new_cb(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	struct connection *connection;

	(void)ptr;
	(void)argl;
	(void)argp;
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL)
		return;
	/* OpenSSL calls this before the object is whole: nothing is read. */
	connection->ssl = parent;
	connection->thread = pthread_self();
	if (!CRYPTO_set_ex_data(data, index, connection)) {
		free(connection);
		return;
	}
	pthread_mutex_lock(&registry.mutex);
	LIST_INSERT_HEAD(&registry.connections, connection, link);
	pthread_mutex_unlock(&registry.mutex);
}

static void
tls_peer_ssl_free_cb(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	struct connection *connection = ptr;

	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	if (connection == NULL)
		return;
	pthread_mutex_lock(&registry.mutex);
	LIST_REMOVE(connection, link);
	pthread_mutex_unlock(&registry.mutex);
	free(connection);
}

static bool
tls_peer_write_address(const struct sockaddr_storage *address, socklen_t length,
    char out[TLS_ADDRESS_MAX])
{
	char host[TLS_ADDRESS_MAX - 8], port[8];

	if (getnameinfo((const struct sockaddr *)address, length, host,
	    sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return false;
	return snprintf(out, TLS_ADDRESS_MAX, "%s;%s", host, port) <
	    TLS_ADDRESS_MAX;
}

static bool
tls_peer_read_addresses(struct connection *connection)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int fd = SSL_get_fd(connection->ssl);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&address,
	    &length) != 0 ||
	    !tls_peer_write_address(&address, length, connection->local))
		return false;
	length = sizeof(address);
	return getpeername(fd, (struct sockaddr *)&address, &length) == 0 &&
	    tls_peer_write_address(&address, length, connection->remote);
}

static bool
tls_peer_reads_hello(const SSL *ssl)
{
	return SSL_get_state(ssl) == TLS_ST_SR_CLNT_HELLO;
}

static bool
tls_peer_has_finished(const SSL *ssl)
{
	return SSL_is_init_finished(ssl);
}

/* Settles this thread's new connections in a state: stores their addresses,
 * and requests a certificate with the flags verify, if there are any.  The
 * addresses are stored at the handshake: by the end of a login the number of
 * the descriptor may belong to another connection.  The verification itself is
 * OpenSSL's, with the authorities that spice-server has loaded. */
static void
tls_peer_settle(bool (*in_state)(const SSL *ssl), int verify)
{
	struct connection *connection;

	LIST_FOREACH(connection, &registry.connections, link) {
		if (connection->settled ||
		    !pthread_equal(connection->thread, pthread_self()) ||
		    !SSL_is_server(connection->ssl) ||
		    !in_state(connection->ssl))
			continue;
		if (verify != SSL_VERIFY_NONE)
			SSL_set_verify(connection->ssl, verify, NULL);
		connection->known = tls_peer_read_addresses(connection);
		connection->settled = true;
	}
}

/* OpenSSL makes a session object (or decodes one from a ticket) while a server
 * handles the ClientHello, before it decides whether to request a certificate.
 * The callback doesn't get the connection; it is the one of this thread in
 * that state. */
static void
tls_peer_session_new_cb(void *parent, void *ptr, CRYPTO_EX_DATA *data,
    int index, long argl, void *argp)
{
	static const int verify[] = {
		[TLS_PEER_OFF] = SSL_VERIFY_NONE,
		[TLS_PEER_REQUEST] = SSL_VERIFY_PEER,
		[TLS_PEER_REQUIRE] = SSL_VERIFY_PEER |
		    SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
	};

	(void)parent;
	(void)ptr;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	pthread_mutex_lock(&registry.mutex);
	tls_peer_settle(tls_peer_reads_hello, verify[registry.mode]);
	pthread_mutex_unlock(&registry.mutex);
}

int
tls_peer_watch(enum tls_peer_mode mode)
{
	int rc = ERROR_NONE;

	pthread_mutex_lock(&registry.mutex);
	registry.mode = mode;
	if (registry.index < 0) {
		registry.index = SSL_get_ex_new_index(0, NULL,
		    tls_peer_ssl_new_cb, NULL, tls_peer_ssl_free_cb);
		if (registry.index < 0 || SSL_SESSION_get_ex_new_index(0, NULL,
		    tls_peer_session_new_cb, NULL, NULL) < 0)
			rc = ERROR_CRYPTO;
	}
	pthread_mutex_unlock(&registry.mutex);
	return rc;
}

/* References to a client's certificate and to what it was verified with.  They
 * allow the check of revocation, which may read a file, to run without the
 * registry's lock. */
struct tls_peer_shown {
	X509 *certificate;	/* NULL: none, or not a valid one */
	STACK_OF(X509) *chain;	/* what came with it, or NULL */
	X509_STORE *trust;
};

static void
tls_peer_acquire_shown(SSL *ssl, struct tls_peer_shown *shown)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	X509_STORE *trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));

	/* An application's verify callback may let any certificate pass. */
	if (SSL_get_verify_result(ssl) != X509_V_OK)
		return;
	shown->certificate = SSL_get1_peer_certificate(ssl);
	if (shown->certificate == NULL)
		return;
	if (chain != NULL)
		shown->chain = X509_chain_up_ref(chain);
	if (X509_STORE_up_ref(trust))
		shown->trust = trust;
}

static void
tls_peer_release_shown(struct tls_peer_shown *shown)
{
	X509_free(shown->certificate);
	sk_X509_pop_free(shown->chain, X509_free);
	X509_STORE_free(shown->trust);
}

static void
tls_peer_check_revocation(const struct tls_peer_shown *shown,
    struct revocation *revocation, const struct timespec *now,
    struct tls_peer *peer)
{
	static const char *const refusals[] = {
		[REVOCATION_UNKNOWN] =
		    "the CRL can't judge the client certificate",
		[REVOCATION_REVOKED] = "client certificate revoked",
		[REVOCATION_GOOD] = NULL,
	};

	peer->refusal = refusals[revocation_check(revocation, shown->trust,
	    shown->certificate, shown->chain, now, peer->detail)];
}

/* The marks remove this function's errors from OpenSSL's queue: spice-server
 * calls SSL_get_error(), which would take them for its connection's. */
static void
tls_peer_read_certificate(const struct tls_peer_shown *shown,
    struct revocation *revocation, const struct timespec *now,
    struct tls_peer *peer)
{
	if (shown->certificate == NULL ||
	    !cert_name_is_current(shown->certificate, now->tv_sec))
		return;
	ERR_set_mark();
	if (X509_digest(shown->certificate, EVP_sha256(), peer->sha256,
	    NULL)) {
		peer->certificate = true;
		cert_name_cn(shown->certificate, peer->cn);
		peer->name_count = cert_name_alternatives(shown->certificate,
		    peer->names);
	}
	ERR_pop_to_mark();
	if (revocation != NULL)
		tls_peer_check_revocation(shown, revocation, now, peer);
}

bool
tls_peer_find(const char *local, const char *remote,
    struct revocation *revocation, const struct timespec *now,
    struct tls_peer *peer_r)
{
	struct connection *connection, *found = NULL;
	struct tls_peer_shown shown = { NULL, NULL, NULL };
	unsigned int count = 0;

	memset(peer_r, 0, sizeof(*peer_r));
	pthread_mutex_lock(&registry.mutex);
	/* For a session of the server's own cache OpenSSL makes no session
	 * object, so no callback came: settled now, after the handshake. */
	tls_peer_settle(tls_peer_has_finished, SSL_VERIFY_NONE);
	LIST_FOREACH(connection, &registry.connections, link) {
		if (connection->known &&
		    strcmp(connection->remote, remote) == 0 &&
		    strcmp(connection->local, local) == 0) {
			found = connection;
			count++;
		}
	}
	/* Of several connections with these addresses none is known to be the
	 * login's. */
	if (count == 1 && pthread_equal(found->thread, pthread_self()))
		tls_peer_acquire_shown(found->ssl, &shown);
	pthread_mutex_unlock(&registry.mutex);
	tls_peer_read_certificate(&shown, revocation, now, peer_r);
	tls_peer_release_shown(&shown);
	return count == 1;
}
