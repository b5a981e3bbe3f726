/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Real handshakes over loopback between a server that, like spice-server,
 * never asks for a certificate, and clients of all kinds. */

#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugin/tls_peer.h"
#include "tests/unit/pki.h"

static struct pair ca, other_ca, server, alice, bob, stranger, expired,
    wrong_use;
static SSL_CTX *server_ctx;
static struct revocation *revocation;	/* NULL: nobody asks */

/* --- certificates ---------------------------------------------------------- */

static struct pair
issue(const char *cn, const struct pair *issuer, const char *usage,
    long lifetime)
{
	return pki_issue(&(struct pki_request){ .cn = cn, .issuer = issuer,
	    .authority = issuer == NULL, .usage = usage,
	    .lifetime = lifetime });
}

static int
set_up(void **state)
{
	(void)state;
	assert_int_equal(tls_peer_watch(TLS_PEER_REQUEST), 0);
	ca = issue("ca", NULL, NULL, 86400);
	other_ca = issue("ca", NULL, NULL, 86400);
	server = issue("server", &ca, "serverAuth", 86400);
	alice = pki_issue(&(struct pki_request){ .cn = "alice-laptop",
	    .issuer = &ca, .usage = "clientAuth", .lifetime = 86400,
	    .names = "DNS:laptop.example.org,IP:192.0.2.1,"
	    "email:alice@example.org,URI:spiffe://example.org/alice" });
	bob = issue("bob-laptop", &ca, "clientAuth", 86400);
	stranger = issue("alice-laptop", &other_ca, "clientAuth", 86400);
	expired = issue("alice-laptop", &ca, "clientAuth", -60);
	wrong_use = issue("alice-laptop", &ca, "serverAuth", 86400);

	server_ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(server_ctx, server.certificate);
	SSL_CTX_use_PrivateKey(server_ctx, server.key);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(server_ctx),
	    ca.certificate);
	SSL_CTX_set_session_id_context(server_ctx,
	    (const unsigned char *)"SPICE", 5);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	SSL_CTX_free(server_ctx);
	pki_discard(&ca);
	pki_discard(&other_ca);
	pki_discard(&server);
	pki_discard(&alice);
	pki_discard(&bob);
	pki_discard(&stranger);
	pki_discard(&expired);
	pki_discard(&wrong_use);
	return 0;
}

/* --- connections ------------------------------------------------------------ */

struct client {
	int fd;
	int version;		/* 0: any */
	const struct pair *identity;
	SSL_SESSION *session;	/* in: to resume; out: the new one */
	bool no_tickets;
	bool connected;
};

static void *
run_client(void *context)
{
	struct client *client = context;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;
	char byte;

	if (client->version != 0)
		SSL_CTX_set_max_proto_version(ctx, client->version);
	if (client->no_tickets)
		SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
	if (client->identity != NULL) {
		SSL_CTX_use_certificate(ctx, client->identity->certificate);
		SSL_CTX_use_PrivateKey(ctx, client->identity->key);
	}
	ssl = SSL_new(ctx);
	SSL_set_fd(ssl, client->fd);
	if (client->session != NULL)
		SSL_set_session(ssl, client->session);
	/* reading gets the tickets and, in TLS 1.3, the server's refusal */
	client->connected = SSL_connect(ssl) == 1 &&
	    SSL_read(ssl, &byte, 1) == 1;
	SSL_SESSION_free(client->session);
	client->session = SSL_get1_session(ssl);
	SSL_shutdown(ssl);
	SSL_free(ssl);
	SSL_CTX_free(ctx);
	close(client->fd);
	return NULL;
}

static void
address_of(int fd, bool remote, char out[TLS_ADDRESS_MAX])
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);

	if (remote)
		getpeername(fd, (struct sockaddr *)&address, &length);
	else
		getsockname(fd, (struct sockaddr *)&address, &length);
	snprintf(out, TLS_ADDRESS_MAX, "127.0.0.1;%d", ntohs(address.sin_port));
}

/* A connected pair of TCP sockets on loopback. */
static void
connect_pair(int *server_fd, int *client_fd)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&address, &length);
	*client_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*client_fd, (struct sockaddr *)&address,
	    length), 0);
	*server_fd = accept(listener, NULL, NULL);
	assert_true(*server_fd >= 0);
	close(listener);
}

struct result {
	bool accepted;
	bool reused;
	bool found;
	struct tls_peer peer;
};

static struct result
handshake(struct client *client)
{
	struct result result = { 0 };
	char local[TLS_ADDRESS_MAX], remote[TLS_ADDRESS_MAX];
	pthread_t thread;
	int fd;
	SSL *ssl;

	connect_pair(&fd, &client->fd);
	pthread_create(&thread, NULL, run_client, client);
	ssl = SSL_new(server_ctx);
	SSL_set_fd(ssl, fd);
	result.accepted = SSL_accept(ssl) == 1;
	result.reused = SSL_session_reused(ssl) == 1;
	address_of(fd, false, local);
	address_of(fd, true, remote);
	if (result.accepted) {
		ERR_clear_error();
		result.found = tls_peer_find(local, remote, revocation,
		    &result.peer);
		assert_int_equal(ERR_peek_error(), 0);
		SSL_write(ssl, "x", 1);
		SSL_shutdown(ssl);	/* else the session is forgotten */
	} else {
		shutdown(fd, SHUT_RDWR);
	}
	SSL_free(ssl);
	close(fd);
	pthread_join(thread, NULL);
	ERR_clear_error();
	return result;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void
reads_a_certificate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct client client = { .version = versions[i],
		    .identity = &alice };
		struct result result = handshake(&client);

		assert_true(result.accepted && client.connected);
		assert_true(result.found);
		assert_true(result.peer.certificate);
		assert_string_equal(result.peer.cn, "alice-laptop");
		assert_int_equal(result.peer.name_count, 3);
		assert_string_equal(result.peer.names[0],
		    "DNS:laptop.example.org");
		assert_string_equal(result.peer.names[1],
		    "email:alice@example.org");
		assert_string_equal(result.peer.names[2],
		    "URI:spiffe://example.org/alice");
		assert_null(result.peer.refusal);
		assert_string_equal(result.peer.detail, "");
		SSL_SESSION_free(client.session);
	}
}

/* The digest over the octets that the client sent. */
static void
reads_the_fingerprint(void **state)
{
	struct client client = { .identity = &alice };
	struct result result = handshake(&client);
	unsigned char *der = NULL, digest[EVP_MAX_MD_SIZE];
	int size = i2d_X509(alice.certificate, &der);

	(void)state;
	assert_true(size > 0);
	assert_int_equal(EVP_Digest(der, (size_t)size, digest, NULL,
	    EVP_sha256(), NULL), 1);
	assert_memory_equal(result.peer.sha256, digest, TLS_SHA256_SIZE);
	OPENSSL_free(der);
	SSL_SESSION_free(client.session);
}

static void
goes_on_without(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct client client = { .version = versions[i] };
		struct result result = handshake(&client);

		assert_true(result.accepted && client.connected);
		assert_true(result.found);
		assert_false(result.peer.certificate);
		assert_string_equal(result.peer.cn, "");
		assert_int_equal(result.peer.name_count, 0);
		SSL_SESSION_free(client.session);
	}
}

static void
refuses_bad_certificates(void **state)
{
	const struct pair *const bad[] = { &stranger, &expired, &wrong_use };

	(void)state;
	for (size_t i = 0; i < COUNT(bad) * COUNT(versions); i++) {
		struct client client = { .version = versions[i % 2],
		    .identity = bad[i / 2] };
		struct result result = handshake(&client);

		assert_false(result.accepted);
		assert_false(client.connected);
		SSL_SESSION_free(client.session);
	}
}

static void
requires_one(void **state)
{
	(void)state;
	tls_peer_watch(TLS_PEER_REQUIRE);
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct client without = { .version = versions[i] };
		struct client with = { .version = versions[i],
		    .identity = &alice };

		assert_false(handshake(&without).accepted);
		assert_false(without.connected);
		assert_true(handshake(&with).peer.certificate);
		SSL_SESSION_free(without.session);
		SSL_SESSION_free(with.session);
	}
	tls_peer_watch(TLS_PEER_REQUEST);
}

static void
stays_off(void **state)
{
	struct client client = { .identity = &alice };
	struct result result;

	(void)state;
	tls_peer_watch(TLS_PEER_OFF);
	result = handshake(&client);
	assert_true(result.accepted && result.found);
	assert_false(result.peer.certificate);
	SSL_SESSION_free(client.session);
	tls_peer_watch(TLS_PEER_REQUEST);
}

/* By ticket in both versions, and from the server's cache in TLS 1.2. */
static const struct {
	int version;
	bool no_tickets;
} ways[] = {
	{ TLS1_2_VERSION, false }, { TLS1_3_VERSION, false },
	{ TLS1_2_VERSION, true },
};

static void
resumes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ways) * 2; i++) {
		bool with = i % 2 == 0;
		struct client client = { .version = ways[i / 2].version,
		    .no_tickets = ways[i / 2].no_tickets,
		    .identity = with ? &alice : NULL };
		struct result result;

		assert_false(handshake(&client).reused);
		client.identity = NULL;
		result = handshake(&client);
		assert_true(result.reused);
		assert_true(result.found);
		assert_int_equal(result.peer.certificate, with);
		assert_string_equal(result.peer.cn, with ? "alice-laptop" : "");
		SSL_SESSION_free(client.session);
	}
}

/* The session outlives the certificate that it was made with. */
static void
forgets_the_expired(void **state)
{
	struct pair brief = issue("alice-laptop", &ca, "clientAuth", 2);
	struct client client = { .identity = &brief };
	struct result result;

	(void)state;
	assert_true(handshake(&client).peer.certificate);
	sleep(3);
	result = handshake(&client);
	assert_true(result.reused && result.found);
	assert_false(result.peer.certificate);
	assert_string_equal(result.peer.cn, "");
	SSL_SESSION_free(client.session);
	pki_discard(&brief);
}

/* --- revocation --------------------------------------------------------------- */

static char crl_path[] = "/tmp/vmauthz-crl-XXXXXX";

static void
write_crl(const struct pki_crl_request *request)
{
	X509_CRL *crl = pki_crl(request);
	FILE *file = fopen(crl_path, "w");

	assert_non_null(file);
	PEM_write_X509_CRL(file, crl);
	fclose(file);
	X509_CRL_free(crl);
}

static int
begin_revocation(void **state)
{
	int fd = mkstemp(crl_path);

	(void)state;
	if (fd < 0)
		return -1;
	close(fd);
	return revocation_new(&revocation, crl_path);
}

static int
end_revocation(void **state)
{
	(void)state;
	revocation_free(&revocation);
	unlink(crl_path);
	memset(strchr(crl_path, '\0') - 6, 'X', 6);
	return 0;
}

/* The certificate stays known, so that a log can name it. */
static void
refusal_is(struct client *client, const char *refusal, const char *why)
{
	struct result result = handshake(client);

	assert_true(result.accepted && result.found);
	assert_int_equal(result.peer.certificate, client->identity != NULL ||
	    result.reused);
	if (refusal == NULL) {
		assert_null(result.peer.refusal);
		assert_string_equal(result.peer.detail, "");
		return;
	}
	assert_string_equal(result.peer.refusal, refusal);
	assert_ptr_equal(strstr(result.peer.detail, crl_path),
	    result.peer.detail);
	assert_non_null(strstr(result.peer.detail, why));
}

static const char is_revoked[] = "client certificate revoked";
static const char no_judgement[] = "the CRL can't judge the client certificate";

static void
refuses_the_revoked(void **state)
{
	const struct pki_crl_request lists_bob = { .issuer = &ca, .from = -60,
	    .to = 60, .revoked = &bob };
	const struct pki_crl_request stale = { .issuer = &ca, .from = -60,
	    .to = -30 };

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct client with = { .version = versions[i],
		    .identity = &alice };
		struct client revoked = { .version = versions[i],
		    .identity = &bob };
		struct client without = { .version = versions[i] };

		write_crl(&lists_bob);
		refusal_is(&with, NULL, NULL);
		refusal_is(&revoked, is_revoked, "serial number");
		refusal_is(&without, NULL, NULL);
		SSL_SESSION_free(with.session);
		SSL_SESSION_free(revoked.session);
		SSL_SESSION_free(without.session);
		with.session = without.session = NULL;
		write_crl(&stale);
		refusal_is(&with, no_judgement, "expired on");
		refusal_is(&without, NULL, NULL);
		SSL_SESSION_free(with.session);
		SSL_SESSION_free(without.session);
	}
}

/* A session that began before does not save its certificate. */
static void
refuses_the_revoked_on_resumption(void **state)
{
	struct pki_crl_request list = { .issuer = &ca, .from = -60, .to = 60 };

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct client client = { .version = ways[i].version,
		    .no_tickets = ways[i].no_tickets, .identity = &bob };

		list.revoked = NULL;
		write_crl(&list);
		refusal_is(&client, NULL, NULL);
		client.identity = NULL;		/* so it can but resume */
		refusal_is(&client, NULL, NULL);
		list.revoked = &bob;
		write_crl(&list);
		refusal_is(&client, is_revoked, "serial number");
		unlink(crl_path);
		refusal_is(&client, no_judgement, "No such file");
		SSL_SESSION_free(client.session);
	}
}

/* Connections that never speak, of servers and of clients, and ones that are
 * made and thrown away do not disturb the one that counts. */
static void
tells_connections_apart(void **state)
{
	SSL_CTX *client_ctx = SSL_CTX_new(TLS_client_method());
	struct client client = { .identity = &alice };
	struct tls_peer peer;
	struct result result;
	SSL *idle[200];

	(void)state;
	for (size_t i = 0; i < COUNT(idle); i++) {
		idle[i] = SSL_new(i % 2 == 0 ? server_ctx : client_ctx);
		if (i % 4 == 0)
			SSL_set_accept_state(idle[i]);
		if (i % 4 == 1)
			SSL_set_connect_state(idle[i]);
	}
	result = handshake(&client);
	assert_true(result.found);
	assert_string_equal(result.peer.cn, "alice-laptop");
	for (size_t i = 0; i < COUNT(idle); i++) {
		assert_int_equal(SSL_get_verify_mode(idle[i]), SSL_VERIFY_NONE);
		SSL_free(idle[i]);
	}
	assert_false(tls_peer_find("127.0.0.1;1", "127.0.0.1;2", NULL, &peer));
	assert_false(peer.certificate);
	SSL_SESSION_free(client.session);
	SSL_CTX_free(client_ctx);
}

/* --- threads ----------------------------------------------------------------- */

static void *
free_later(void *ssl)
{
	SSL_free(ssl);
	return NULL;
}

static void *
foreign_handshakes(void *context)
{
	(void)context;
	for (int i = 0; i < 40; i++) {
		struct client client = { .identity = &alice };

		handshake(&client);
		SSL_SESSION_free(client.session);
	}
	return NULL;
}

/* spice-server frees a stream on a worker thread while the main loop takes
 * the next login; and another part of the process speaks TLS on its own. */
static void
lives_with_threads(void **state)
{
	pthread_t foreign, freeing[40];

	(void)state;
	pthread_create(&foreign, NULL, foreign_handshakes, NULL);
	for (size_t i = 0; i < COUNT(freeing); i++) {
		struct client client = { .identity = &alice };
		struct result result = handshake(&client);

		assert_string_equal(result.peer.cn, "alice-laptop");
		SSL_SESSION_free(client.session);
		pthread_create(&freeing[i], NULL, free_later,
		    SSL_new(server_ctx));
	}
	for (size_t i = 0; i < COUNT(freeing); i++)
		pthread_join(freeing[i], NULL);
	pthread_join(foreign, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_certificate),
		cmocka_unit_test(reads_the_fingerprint),
		cmocka_unit_test(goes_on_without),
		cmocka_unit_test(refuses_bad_certificates),
		cmocka_unit_test(requires_one),
		cmocka_unit_test(stays_off),
		cmocka_unit_test(resumes),
		cmocka_unit_test(forgets_the_expired),
		cmocka_unit_test_setup_teardown(refuses_the_revoked,
		    begin_revocation, end_revocation),
		cmocka_unit_test_setup_teardown(
		    refuses_the_revoked_on_resumption, begin_revocation,
		    end_revocation),
		cmocka_unit_test(tells_connections_apart),
		cmocka_unit_test(lives_with_threads),
	};

	return cmocka_run_group_tests_name("tls_peer", tests, set_up,
	    tear_down);
}
