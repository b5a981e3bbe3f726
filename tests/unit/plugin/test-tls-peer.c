/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Real handshakes over loopback between a server that, like spice-server,
 * never asks for a certificate, and clients of all kinds. */

#include "tests/unit/unit.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <unistd.h>

#include "plugin/tls_peer.h"
#include "tests/unit/plugin/handshake.h"
#include "tests/unit/pki.h"

static struct pair ca, other_ca, server, alice, bob, stranger, expired,
    wrong_use;
static SSL_CTX *server_ctx;
static struct revocation *revocation;	/* NULL: nobody asks */

/* --- certificates -------------------------------------------------------- */

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

static struct handshake_result
handshake(struct handshake_client *client)
{
	return handshake_take(server_ctx, revocation, client);
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void
reads_a_certificate(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct handshake_client client = { .version = versions[i],
		    .identity = &alice };
		struct handshake_result result = handshake(&client);

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
	struct handshake_client client = { .identity = &alice };
	struct handshake_result result = handshake(&client);
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
		struct handshake_client client = { .version = versions[i] };
		struct handshake_result result = handshake(&client);

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
		struct handshake_client client = { .version = versions[i % 2],
		    .identity = bad[i / 2] };
		struct handshake_result result = handshake(&client);

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
		struct handshake_client without = { .version = versions[i] };
		struct handshake_client with = { .version = versions[i],
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
	struct handshake_client client = { .identity = &alice };
	struct handshake_result result;

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
		struct handshake_client client = {
		    .version = ways[i / 2].version,
		    .no_tickets = ways[i / 2].no_tickets,
		    .identity = with ? &alice : NULL };
		struct handshake_result result;

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
	struct pair brief = issue("alice-laptop", &ca, "clientAuth", 60);
	struct handshake_client client = { .identity = &brief };
	struct handshake_result result;

	(void)state;
	assert_true(handshake(&client).peer.certificate);
	client.later = 120;
	result = handshake(&client);
	assert_true(result.reused && result.found);
	assert_false(result.peer.certificate);
	assert_string_equal(result.peer.cn, "");
	SSL_SESSION_free(client.session);
	pki_discard(&brief);
}

/* --- revocation ---------------------------------------------------------- */

static char crl_path[] = "/tmp/vmauthz-crl-XXXXXX";

static void
write_crl(const struct pki_crl_request *crls)
{
	unsigned char octets[PKI_CRLS_SIZE];

	pki_write(crl_path, octets, pki_crls(crls, PKI_PEM, octets));
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
refusal_is(struct handshake_client *client, const char *refusal,
    const char *why)
{
	struct handshake_result result = handshake(client);

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
static const char no_judgement[] =
    "the CRL can't judge the client certificate";

static void
refuses_the_revoked(void **state)
{
	const struct pki_crl_request lists_bob[PKI_CRLS_MAX] = {
	    { .issuer = &ca, .from = -60, .to = 60, .revoked = &bob } };
	const struct pki_crl_request stale[PKI_CRLS_MAX] = {
	    { .issuer = &ca, .from = -60, .to = -30 } };

	(void)state;
	for (size_t i = 0; i < COUNT(versions); i++) {
		struct handshake_client with = { .version = versions[i],
		    .identity = &alice };
		struct handshake_client revoked = { .version = versions[i],
		    .identity = &bob };
		struct handshake_client without = { .version = versions[i] };

		write_crl(lists_bob);
		refusal_is(&with, NULL, NULL);
		refusal_is(&revoked, is_revoked, "serial number");
		refusal_is(&without, NULL, NULL);
		SSL_SESSION_free(with.session);
		SSL_SESSION_free(revoked.session);
		SSL_SESSION_free(without.session);
		with.session = without.session = NULL;
		write_crl(stale);
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
	struct pki_crl_request list[PKI_CRLS_MAX] = {
	    { .issuer = &ca, .from = -60, .to = 60 } };

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct handshake_client client = { .version = ways[i].version,
		    .no_tickets = ways[i].no_tickets, .identity = &bob };

		list[0].revoked = NULL;
		write_crl(list);
		refusal_is(&client, NULL, NULL);
		client.identity = NULL;		/* so it can but resume */
		refusal_is(&client, NULL, NULL);
		list[0].revoked = &bob;
		write_crl(list);
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
	struct handshake_client client = { .identity = &alice };
	const struct timespec now = { .tv_sec = time(NULL) };
	struct tls_peer peer;
	struct handshake_result result;
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
	assert_false(tls_peer_find("127.0.0.1;1", "127.0.0.1;2", NULL, &now,
	    &peer));
	assert_false(peer.certificate);
	SSL_SESSION_free(client.session);
	SSL_CTX_free(client_ctx);
}

/* --- threads ------------------------------------------------------------- */

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
		struct handshake_client client = { .identity = &alice };

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
		struct handshake_client client = { .identity = &alice };
		struct handshake_result result = handshake(&client);

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
