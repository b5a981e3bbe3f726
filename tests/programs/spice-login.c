/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A stock SPICE client without a window: logs in as remote-viewer would,
 * prints one line about what came of it and exits with 0 (opened), 1
 * (authentication failed) or 2 (anything else). */

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <spice-client.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/programs/outcome.h"

enum { SETTLE_MS = 1000 };

struct attempt {
	GMainLoop *loop;
	SpiceSession *session;
	unsigned int announced;		/* channels, main included */
	unsigned int opened;
	unsigned int left;		/* opened and gone since */
	unsigned int patience;		/* milliseconds left to settle */
	enum outcome outcome;
	char detail[256];
	gint64 duration;		/* microseconds until the outcome */
};

static struct {
	char *host, *ca, *user, *password, *subject, *cert, *key, *tls_max;
	int port, tls_port, password_fd, timeout, channels, hold, repeat;
	gboolean resume;
} options = {
	.password_fd = -1, .timeout = 20, .repeat = 1,
};

static const GOptionEntry option_entries[] = {
	{ "host", 0, 0, G_OPTION_ARG_STRING, &options.host,
	  "where to connect to (127.0.0.1)", "ADDRESS" },
	{ "port", 0, 0, G_OPTION_ARG_INT, &options.port,
	  "port without TLS", "PORT" },
	{ "tls-port", 0, 0, G_OPTION_ARG_INT, &options.tls_port,
	  "port with TLS", "PORT" },
	{ "ca", 0, 0, G_OPTION_ARG_FILENAME, &options.ca,
	  "certificate authority of the host", "FILE" },
	{ "host-subject", 0, 0, G_OPTION_ARG_STRING, &options.subject,
	  "expected subject of the host's certificate", "SUBJECT" },
	{ "user", 0, 0, G_OPTION_ARG_STRING, &options.user,
	  "user name", "NAME" },
	{ "password", 0, 0, G_OPTION_ARG_STRING, &options.password,
	  "password", "PASSWORD" },
	{ "password-fd", 0, 0, G_OPTION_ARG_INT, &options.password_fd,
	  "descriptor whose first line is the password", "N" },
	{ "cert", 0, 0, G_OPTION_ARG_FILENAME, &options.cert,
	  "client certificate (chain, PEM)", "FILE" },
	{ "key", 0, 0, G_OPTION_ARG_FILENAME, &options.key,
	  "its private key (PEM)", "FILE" },
	{ "tls-max", 0, 0, G_OPTION_ARG_STRING, &options.tls_max,
	  "highest TLS version to offer", "1.2|1.3" },
	{ "resume", 0, 0, G_OPTION_ARG_NONE, &options.resume,
	  "resume the first channel's TLS session in all others, which have"
	  " no certificate then; says so in a second line", NULL },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
	  "give up after so long (20)", "SECONDS" },
	{ "channels", 0, 0, G_OPTION_ARG_INT, &options.channels,
	  "count as opened with N channels (all that are announced)", "N" },
	{ "hold", 0, 0, G_OPTION_ARG_INT, &options.hold,
	  "stay, and say \"disconnected\" if that ends", "SECONDS" },
	{ "repeat", 0, 0, G_OPTION_ARG_INT, &options.repeat,
	  "log in N times and print how long it took", "N" },
	{ .long_name = NULL }
};

/* --- the client certificate --------------------------------------------- */

static char last_alert[64];	/* the last fatal alert that the host sent */

static void
note_alert(const SSL *ssl, int where, int value)
{
	(void)ssl;
	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT &&
	    value >> 8 == SSL3_AL_FATAL)
		g_strlcpy(last_alert, SSL_alert_desc_string_long(value),
		    sizeof(last_alert));
}

/* --resume: the session to resume, once there is one */
static SSL_SESSION *kept_session;
static unsigned int resumed;		/* handshakes */

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	if (kept_session == NULL)
		kept_session = SSL_SESSION_dup(session);
	return 0;
}

static void
count_resumed(const SSL *ssl, int where, int value)
{
	note_alert(ssl, where, value);
	if ((where & SSL_CB_HANDSHAKE_DONE) != 0 && SSL_session_reused(ssl))
		resumed++;
}

/* Takes the place of OpenSSL's function of that name, as SSL_CTX_new does. */
__attribute__((visibility("default"))) int
SSL_connect(SSL *ssl)
{
	int (*next)(SSL *);

	*(void **)&next = dlsym(RTLD_NEXT, "SSL_connect");
	if (next == NULL)
		return -1;
	/* a copy, for OpenSSL spoils a TLS 1.3 session by resuming it */
	if (kept_session != NULL && SSL_get_session(ssl) == NULL) {
		SSL_SESSION *copy = SSL_SESSION_dup(kept_session);

		SSL_set_session(ssl, copy);
		SSL_SESSION_free(copy);
	}
	return next(ssl);
}

static void
die(const char *what)
{
	ERR_print_errors_fp(stderr);
	fprintf(stderr, "spice-login: %s\n", what);
	exit(2);
}

/* spice-gtk has no option for a client certificate, so this takes the place
 * of OpenSSL's function of that name and adds one. */
__attribute__((visibility("default"))) SSL_CTX *
SSL_CTX_new(const SSL_METHOD *method)
{
	SSL_CTX *(*next)(const SSL_METHOD *);
	SSL_CTX *ctx;

	*(void **)&next = dlsym(RTLD_NEXT, "SSL_CTX_new");
	if (next == NULL || (ctx = next(method)) == NULL)
		return NULL;
	SSL_CTX_set_info_callback(ctx, note_alert);
	if (g_strcmp0(options.tls_max, "1.2") == 0)
		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
	if (options.resume) {
		SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
		SSL_CTX_sess_set_new_cb(ctx, keep_session);
		SSL_CTX_set_info_callback(ctx, count_resumed);
	}
	if (options.cert == NULL || kept_session != NULL)
		return ctx;
	if (SSL_CTX_use_certificate_chain_file(ctx, options.cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, options.key,
	    SSL_FILETYPE_PEM) != 1)
		die("cannot use the client certificate or its key");
	return ctx;
}

/* --- logging in --------------------------------------------------------- */

static void
conclude(struct attempt *attempt, enum outcome outcome, const char *detail)
{
	if (attempt->outcome != OUTCOME_NONE)
		return;
	attempt->outcome = outcome;
	g_strlcpy(attempt->detail, detail != NULL ? detail : "",
	    sizeof(attempt->detail));
	g_main_loop_quit(attempt->loop);
}

static gulong
octets_read(SpiceChannel *channel)
{
	gulong octets;

	g_object_get(channel, "total-read-bytes", &octets, NULL);
	return octets;
}

static void
channel_opened(struct attempt *attempt, SpiceChannel *channel)
{
	unsigned int wanted = (unsigned int)options.channels;

	attempt->opened++;
	g_object_set_data(G_OBJECT(channel), "read-when-opened",
	    GSIZE_TO_POINTER(octets_read(channel)));
	/* The list of channels comes over main, so main alone says nothing;
	 * once any other opened, all of the list have been announced. */
	if (wanted == 0)
		wanted = attempt->announced > 1 ? attempt->announced : 2;
	if (attempt->opened >= wanted)
		conclude(attempt, OUTCOME_OPENED, NULL);
}

static const char *
tls_detail(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	if (last_alert[0] != '\0')
		return last_alert;
	return text != NULL ? text : "no reason given";
}

static void
channel_failed(struct attempt *attempt, SpiceChannel *channel,
    SpiceChannelEvent event)
{
	const GError *error = spice_channel_get_error(channel);

	/* From TLS 1.3 on the host judges a client certificate only after
	 * the handshake has ended for the client; its alert can get lost when
	 * it closes a connection on which we have written already. */
	if (last_alert[0] != '\0')
		conclude(attempt, OUTCOME_TLS, last_alert);
	else if (options.port == 0 && event == SPICE_CHANNEL_ERROR_LINK &&
	    octets_read(channel) == 0)
		conclude(attempt, OUTCOME_TLS, "closed after the handshake");
	else
		conclude(attempt, OUTCOME_CONNECTION,
		    error != NULL ? error->message :
		    event == SPICE_CHANNEL_ERROR_LINK ? "link" :
		    "cannot connect");
}

static void
channel_left(struct attempt *attempt)
{
	attempt->left++;
	if (attempt->outcome == OUTCOME_OPENED)
		g_main_loop_quit(attempt->loop);	/* while holding */
	conclude(attempt, OUTCOME_DISCONNECTED, NULL);
}

static void
on_channel_event(SpiceChannel *channel, SpiceChannelEvent event, gpointer data)
{
	struct attempt *attempt = data;

	switch (event) {
	case SPICE_CHANNEL_OPENED:
		channel_opened(attempt, channel);
		break;
	case SPICE_CHANNEL_ERROR_AUTH:
		conclude(attempt, OUTCOME_REFUSED, NULL);
		break;
	case SPICE_CHANNEL_ERROR_TLS:
		conclude(attempt, OUTCOME_TLS, tls_detail());
		break;
	case SPICE_CHANNEL_ERROR_CONNECT:
	case SPICE_CHANNEL_ERROR_LINK:
		channel_failed(attempt, channel, event);
		break;
	case SPICE_CHANNEL_ERROR_IO:
	case SPICE_CHANNEL_CLOSED:
		channel_left(attempt);
		break;
	default:
		break;
	}
}

static void
on_channel_new(SpiceSession *session, SpiceChannel *channel, gpointer data)
{
	struct attempt *attempt = data;

	(void)session;
	attempt->announced++;
	g_signal_connect(channel, "channel-event",
	    G_CALLBACK(on_channel_event), attempt);
	/* main is connected by the session itself */
	if (!SPICE_IS_MAIN_CHANNEL(channel))
		spice_channel_connect(channel);
}

static gboolean
on_timeout(gpointer data)
{
	conclude(data, OUTCOME_TIMEOUT, NULL);
	return G_SOURCE_REMOVE;
}

static SpiceSession *
make_session(struct attempt *attempt)
{
	SpiceSession *session = spice_session_new();
	char text[16];

	g_object_set(session,
	    "host", options.host != NULL ? options.host : "127.0.0.1",
	    "username", options.user, "password", options.password, NULL);
	snprintf(text, sizeof(text), "%d", options.port);
	g_object_set(session, "port", options.port != 0 ? text : NULL, NULL);
	snprintf(text, sizeof(text), "%d", options.tls_port);
	g_object_set(session, "tls-port", options.tls_port != 0 ? text : NULL,
	    NULL);
	if (options.ca != NULL)
		g_object_set(session, "ca-file", options.ca, NULL);
	if (options.subject != NULL)
		g_object_set(session, "cert-subject", options.subject,
		    "verify", SPICE_SESSION_VERIFY_SUBJECT, NULL);
	g_signal_connect(session, "channel-new", G_CALLBACK(on_channel_new),
	    attempt);
	return session;
}

static void
attempt_begin(struct attempt *attempt)
{
	gint64 start = g_get_monotonic_time();
	guint timer = g_timeout_add_seconds((guint)options.timeout, on_timeout,
	    attempt);

	last_alert[0] = '\0';
	ERR_clear_error();
	attempt->loop = g_main_loop_new(NULL, FALSE);
	attempt->session = make_session(attempt);
	if (!spice_session_connect(attempt->session))
		conclude(attempt, OUTCOME_CONNECTION, "cannot start");
	else
		g_main_loop_run(attempt->loop);
	attempt->duration = g_get_monotonic_time() - start;
	if (attempt->outcome != OUTCOME_TIMEOUT)
		g_source_remove(timer);
}

/* Whether the host's own thread for display and cursor has said a word. */
static bool
host_has_spoken(gpointer channel)
{
	gpointer before = g_object_get_data(channel, "read-when-opened");

	if (!SPICE_IS_DISPLAY_CHANNEL(channel) &&
	    !SPICE_IS_CURSOR_CHANNEL(channel))
		return true;
	return octets_read(channel) > GPOINTER_TO_SIZE(before);
}

static gboolean
check_settled(gpointer data)
{
	struct attempt *attempt = data;
	GList *channels = spice_session_get_channels(attempt->session);
	bool settled = attempt->announced > 1 &&
	    attempt->opened >= attempt->announced;

	for (GList *it = channels; it != NULL; it = it->next)
		settled = settled && host_has_spoken(it->data);
	g_list_free(channels);
	if (settled || attempt->left > 0 || attempt->patience-- == 0) {
		g_main_loop_quit(attempt->loop);
		return G_SOURCE_REMOVE;
	}
	return G_SOURCE_CONTINUE;
}

/* spice-server 0.15 crashes if a client leaves while its thread for display
 * and cursor is still taking over their connections. */
static void
settle(struct attempt *attempt)
{
	attempt->patience = SETTLE_MS;
	g_timeout_add(1, check_settled, attempt);
	g_main_loop_run(attempt->loop);
}

static void
attempt_end(struct attempt *attempt)
{
	GList *channels;

	if (attempt->outcome == OUTCOME_OPENED)
		settle(attempt);
	channels = spice_session_get_channels(attempt->session);
	for (GList *it = channels; it != NULL; it = it->next)
		g_signal_handlers_disconnect_by_data(it->data, attempt);
	g_list_free(channels);
	g_signal_handlers_disconnect_by_data(attempt->session, attempt);
	spice_session_disconnect(attempt->session);
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_clear_object(&attempt->session);
	g_clear_pointer(&attempt->loop, g_main_loop_unref);
}

static void
print_outcome(const struct attempt *attempt)
{
	if (attempt->outcome != OUTCOME_OPENED) {
		outcome_print(attempt->outcome, attempt->detail);
		return;
	}
	printf("opened %u channels\n", attempt->opened);
	fflush(stdout);
}

static gboolean
end_hold(gpointer data)
{
	g_main_loop_quit(data);
	return G_SOURCE_REMOVE;
}

static void
hold(struct attempt *attempt)
{
	g_timeout_add_seconds((guint)options.hold, end_hold, attempt->loop);
	if (attempt->left == 0)
		g_main_loop_run(attempt->loop);
	if (attempt->left > 0) {
		attempt->outcome = OUTCOME_DISCONNECTED;
		print_outcome(attempt);
	}
}

static int
login_once(void)
{
	struct attempt attempt = { .outcome = OUTCOME_NONE };

	attempt_begin(&attempt);
	print_outcome(&attempt);
	if (options.resume)
		printf("resumed %u sessions\n", resumed);
	if (attempt.outcome == OUTCOME_OPENED && options.hold > 0)
		hold(&attempt);
	attempt_end(&attempt);
	return outcome_status(attempt.outcome);
}

static enum outcome
login_again(gint64 *duration_r)
{
	struct attempt attempt = { .outcome = OUTCOME_NONE };

	attempt_begin(&attempt);
	attempt_end(&attempt);
	*duration_r = attempt.duration;
	return attempt.outcome;
}

static void
read_password(void)
{
	g_free(options.password);
	options.password = outcome_read_password(options.password_fd);
	if (options.password == NULL)
		die("cannot read the password");
}

static bool
options_make_sense(void)
{
	if (options.port == 0 && options.tls_port == 0)
		return false;
	if ((options.cert == NULL) != (options.key == NULL))
		return false;
	if (options.tls_max != NULL && strcmp(options.tls_max, "1.2") != 0 &&
	    strcmp(options.tls_max, "1.3") != 0)
		return false;
	return options.repeat > 0 && options.timeout > 0 &&
	    options.channels >= 0 && options.hold >= 0;
}

int
main(int argc, char **argv)
{
	GOptionContext *context = g_option_context_new(NULL);
	GError *error = NULL;

	g_option_context_add_main_entries(context, option_entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		die(error->message);
	g_option_context_free(context);
	if (argc > 1 || !options_make_sense())
		die("these options make no sense; see --help");
	if (options.password_fd >= 0)
		read_password();
	return options.repeat > 1 ?
	    outcome_repeat((size_t)options.repeat, login_again) : login_once();
}
