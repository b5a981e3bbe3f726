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

#include "policy/error.h"

/* An SSL object, from its making to its end.  Other threads use theirs
 * without a lock of ours, so one is looked into only on the thread that made
 * it. */
struct connection {
	SSL *ssl;
	pthread_t thread;
	bool known;			/* the addresses are set */
	char local[TLS_ADDRESS_MAX];
	char remote[TLS_ADDRESS_MAX];
	LIST_ENTRY(connection) link;
};

LIST_HEAD(connections, connection);

/* OpenSSL's callbacks are the process's, so this is, too. */
static struct {
	pthread_mutex_t mutex;
	int index;			/* of our ex_data in an SSL, or -1 */
	enum tls_peer_mode mode;
	struct connections fresh;	/* before their handshake */
	struct connections settled;
} registry = { .mutex = PTHREAD_MUTEX_INITIALIZER, .index = -1 };

static void
on_ssl_new(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	struct connection *connection;

	(void)ptr;
	(void)argl;
	(void)argp;
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL)
		return;
	connection->ssl = parent;	/* not usable yet */
	connection->thread = pthread_self();
	if (!CRYPTO_set_ex_data(data, index, connection)) {
		free(connection);
		return;
	}
	pthread_mutex_lock(&registry.mutex);
	LIST_INSERT_HEAD(&registry.fresh, connection, link);
	pthread_mutex_unlock(&registry.mutex);
}

static void
on_ssl_free(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
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
write_address(const struct sockaddr_storage *address, socklen_t length,
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
learn_addresses(struct connection *connection)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int fd = SSL_get_fd(connection->ssl);

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&address,
	    &length) != 0 ||
	    !write_address(&address, length, connection->local))
		return false;
	length = sizeof(address);
	return getpeername(fd, (struct sockaddr *)&address, &length) == 0 &&
	    write_address(&address, length, connection->remote);
}

/* Addresses are kept from the handshake on: a descriptor's number may be
 * another connection's by the time that a login ends. */
static void
settle(struct connection *connection)
{
	connection->known = learn_addresses(connection);
	LIST_REMOVE(connection, link);
	LIST_INSERT_HEAD(&registry.settled, connection, link);
}

static void
ask_for_certificate(SSL *ssl)
{
	int verify = SSL_VERIFY_PEER;

	if (registry.mode == TLS_PEER_REQUIRE)
		verify |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_set_verify(ssl, verify, NULL);
}

/* A session object is made (or decoded from a ticket) while a server handles
 * the ClientHello and has not yet decided what to ask of the client.  Which
 * connection it is for is not said; it is the one of this thread in that
 * state. */
static void
on_session_new(void *parent, void *ptr, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	struct connection *connection, *next;

	(void)parent;
	(void)ptr;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	pthread_mutex_lock(&registry.mutex);
	for (connection = LIST_FIRST(&registry.fresh); connection != NULL;
	    connection = next) {
		next = LIST_NEXT(connection, link);
		if (!pthread_equal(connection->thread, pthread_self()) ||
		    !SSL_is_server(connection->ssl) ||
		    SSL_get_state(connection->ssl) != TLS_ST_SR_CLNT_HELLO)
			continue;
		if (registry.mode != TLS_PEER_OFF)
			ask_for_certificate(connection->ssl);
		settle(connection);
	}
	pthread_mutex_unlock(&registry.mutex);
}

int
tls_peer_watch(enum tls_peer_mode mode)
{
	int rc = POLICY_OK;

	pthread_mutex_lock(&registry.mutex);
	registry.mode = mode;
	if (registry.index < 0) {
		registry.index = SSL_get_ex_new_index(0, NULL, on_ssl_new,
		    NULL, on_ssl_free);
		if (registry.index < 0 || SSL_SESSION_get_ex_new_index(0, NULL,
		    on_session_new, NULL, NULL) < 0)
			rc = POLICY_E_CRYPTO;
	}
	pthread_mutex_unlock(&registry.mutex);
	return rc;
}

/* A session that comes out of the server's own cache is announced by nobody:
 * its connection is settled here, once its handshake is over. */
static void
settle_finished(void)
{
	struct connection *connection, *next;

	for (connection = LIST_FIRST(&registry.fresh); connection != NULL;
	    connection = next) {
		next = LIST_NEXT(connection, link);
		if (pthread_equal(connection->thread, pthread_self()) &&
		    SSL_is_server(connection->ssl) &&
		    SSL_is_init_finished(connection->ssl))
			settle(connection);
	}
}

/* What a client showed and what it was verified with, ours to look at when
 * the registry is free for others again. */
struct shown {
	X509 *certificate;	/* NULL: none, or not a valid one */
	STACK_OF(X509) *chain;	/* what came with it, or NULL */
	X509_STORE *trust;
};

static void
take(SSL *ssl, struct shown *shown)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	X509_STORE *trust = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));

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
put_back(struct shown *shown)
{
	X509_free(shown->certificate);
	sk_X509_pop_free(shown->chain, X509_free);
	X509_STORE_free(shown->trust);
}

static void
judge(const struct shown *shown, struct revocation *revocation,
    const struct timespec *now, struct tls_peer *peer)
{
	static const char *const refusals[] = {
		[REVOCATION_UNJUDGED] =
		    "the CRL can't judge the client certificate",
		[REVOCATION_REVOKED] = "client certificate revoked",
		[REVOCATION_GOOD] = NULL,
	};

	peer->refusal = refusals[revocation_judge(revocation, shown->trust,
	    shown->certificate, shown->chain, now, peer->detail)];
}

/* SSL_get_error() of whoever called us looks at the error queue, so nothing
 * may stay in it. */
static void
read_peer(const struct shown *shown, struct revocation *revocation,
    const struct timespec *now, struct tls_peer *peer)
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
		judge(shown, revocation, now, peer);
}

bool
tls_peer_find(const char *local, const char *remote,
    struct revocation *revocation, const struct timespec *now,
    struct tls_peer *peer_r)
{
	struct connection *connection, *found = NULL;
	struct shown shown = { NULL, NULL, NULL };
	unsigned int count = 0;

	memset(peer_r, 0, sizeof(*peer_r));
	pthread_mutex_lock(&registry.mutex);
	settle_finished();
	LIST_FOREACH(connection, &registry.settled, link) {
		if (connection->known &&
		    strcmp(connection->remote, remote) == 0 &&
		    strcmp(connection->local, local) == 0) {
			found = connection;
			count++;
		}
	}
	if (count == 1 && pthread_equal(found->thread, pthread_self()))
		take(found->ssl, &shown);
	pthread_mutex_unlock(&registry.mutex);
	read_peer(&shown, revocation, now, peer_r);
	put_back(&shown);
	return count == 1;
}
