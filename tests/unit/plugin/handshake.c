/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/plugin/handshake.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void *
run_client(void *context)
{
	struct handshake_client *client = context;
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
	assert_int_equal(bind(listener, (struct sockaddr *)&address,
	    length), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&address, &length);
	*client_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*client_fd, (struct sockaddr *)&address,
	    length), 0);
	*server_fd = accept(listener, NULL, NULL);
	assert_true(*server_fd >= 0);
	close(listener);
}

struct handshake_result
handshake_take(SSL_CTX *server_ctx, struct revocation *revocation,
    struct handshake_client *client)
{
	struct handshake_result result = { 0 };
	char local[TLS_ADDRESS_MAX], remote[TLS_ADDRESS_MAX];
	struct timespec now;
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
		clock_gettime(CLOCK_REALTIME, &now);
		now.tv_sec += client->later;
		result.found = tls_peer_find(local, remote, revocation, &now,
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
