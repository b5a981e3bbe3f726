/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A stock VNC client without a window, the sibling of spice-login: logs in
 * with SASL as remote-viewer would, prints one line about what came of it and
 * exits with 0 (opened: part of the screen was there), 1 (authentication
 * failed) or 2 (anything else). */

#include <dlfcn.h>
#include <gnutls/gnutls.h>
#include <gvnc.h>
#include <sasl/sasl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/programs/outcome.h"

enum { PIXEL_OCTETS_MAX = 4 };

struct attempt {
	GMainLoop *loop;
	VncConnection *connection;
	guint8 *pixels;
	bool connected;			/* TCP */
	bool ended;
	enum outcome outcome;
	char detail[256];
	gint64 duration;		/* microseconds until the outcome */
};

static struct {
	char *host, *ca, *user, *password, *cert, *key, *mechanism;
	int port, tls_port, password_fd, timeout, hold, repeat;
} options = {
	.password_fd = -1, .timeout = 20, .repeat = 1,
};

static const GOptionEntry option_entries[] = {
	{ "host", 0, 0, G_OPTION_ARG_STRING, &options.host,
	  "where to connect to (127.0.0.1)", "ADDRESS" },
	{ "port", 0, 0, G_OPTION_ARG_INT, &options.port,
	  "port, to be used without TLS or with anonymous TLS", "PORT" },
	{ "tls-port", 0, 0, G_OPTION_ARG_INT, &options.tls_port,
	  "port, to be used with TLS and certificates (x509)", "PORT" },
	{ "ca", 0, 0, G_OPTION_ARG_FILENAME, &options.ca,
	  "certificate authority of the host", "FILE" },
	{ "user", 0, 0, G_OPTION_ARG_STRING, &options.user,
	  "user name", "NAME" },
	{ "password", 0, 0, G_OPTION_ARG_STRING, &options.password,
	  "password", "PASSWORD" },
	{ "password-fd", 0, 0, G_OPTION_ARG_INT, &options.password_fd,
	  "descriptor whose first line is the password", "N" },
	{ "cert", 0, 0, G_OPTION_ARG_FILENAME, &options.cert,
	  "client certificate (PEM)", "FILE" },
	{ "key", 0, 0, G_OPTION_ARG_FILENAME, &options.key,
	  "its private key (PEM)", "FILE" },
	{ "mechanism", 0, 0, G_OPTION_ARG_STRING, &options.mechanism,
	  "use this one, offered or not (the strongest offered)", "NAME" },
	{ "timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout,
	  "give up after so long (20)", "SECONDS" },
	{ "hold", 0, 0, G_OPTION_ARG_INT, &options.hold,
	  "stay, and say \"disconnected\" if that ends", "SECONDS" },
	{ "repeat", 0, 0, G_OPTION_ARG_INT, &options.repeat,
	  "log in N times and print how long it took", "N" },
	{ .long_name = NULL }
};

static void
die(const char *what)
{
	fprintf(stderr, "vnc-login: %s\n", what);
	exit(2);
}

/* --- what the library has no option for ---------------------------------- */

/* It takes certificates from /etc/pki and ~/.pki alone, so these two take the
 * place of GnuTLS's functions of that name. */
static int
set_certificates(gnutls_certificate_credentials_t credentials)
{
	int (*next)(gnutls_certificate_credentials_t, const char *,
	    gnutls_x509_crt_fmt_t);
	int count;

	*(void **)&next = dlsym(RTLD_NEXT,
	    "gnutls_certificate_set_x509_trust_file");
	if (next == NULL || options.ca == NULL)
		die("TLS needs --ca");
	count = next(credentials, options.ca, GNUTLS_X509_FMT_PEM);
	if (count <= 0)
		die("cannot use the certificate authority");
	if (options.cert != NULL && gnutls_certificate_set_x509_key_file(
	    credentials, options.cert, options.key, GNUTLS_X509_FMT_PEM) < 0)
		die("cannot use the client certificate or its key");
	return count;
}

__attribute__((visibility("default"))) int
gnutls_certificate_set_x509_trust_file(
    gnutls_certificate_credentials_t credentials, const char *file,
    gnutls_x509_crt_fmt_t format)
{
	(void)file;
	(void)format;
	return set_certificates(credentials);
}

__attribute__((visibility("default"))) int
gnutls_certificate_set_x509_system_trust(
    gnutls_certificate_credentials_t credentials)
{
	return set_certificates(credentials);
}

/* Whether the host has offered mechanisms: what fails later is a login. */
static bool offered;

/* Takes the place of libsasl2's function of that name: the library chooses the
 * mechanism itself. */
__attribute__((visibility("default"))) int
sasl_client_start(sasl_conn_t *connection, const char *mechanisms,
    sasl_interact_t **prompts, const char **out, unsigned int *length,
    const char **mechanism)
{
	int (*next)(sasl_conn_t *, const char *, sasl_interact_t **,
	    const char **, unsigned int *, const char **);

	*(void **)&next = dlsym(RTLD_NEXT, "sasl_client_start");
	if (next == NULL)
		return SASL_FAIL;
	offered = true;
	return next(connection, options.mechanism != NULL ?
	    options.mechanism : mechanisms, prompts, out, length, mechanism);
}

/* --- logging in ---------------------------------------------------------- */

static void
conclude(struct attempt *attempt, enum outcome outcome, const char *detail)
{
	if (attempt->outcome != OUTCOME_NONE)
		return;
	attempt->outcome = outcome;
	/* detail may be where it belongs already */
	if (detail != attempt->detail)
		g_strlcpy(attempt->detail, detail, sizeof(attempt->detail));
	g_main_loop_quit(attempt->loop);
}

/* What the library says when it was the host that ended a login. */
static bool
host_said_no(const char *detail)
{
	static const char *const details[] = {
		"Authentication failed",
		"Server closed the connection",
		"Unable to read from server",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(details); i++) {
		if (strcmp(details[i], detail) == 0)
			return true;
	}
	return false;
}

static void
connection_failed(struct attempt *attempt)
{
	if (offered && host_said_no(attempt->detail))
		conclude(attempt, OUTCOME_REFUSED, "");
	else if (attempt->connected && !offered && options.tls_port != 0)
		conclude(attempt, OUTCOME_TLS, attempt->detail);
	else
		conclude(attempt, OUTCOME_CONNECTION, attempt->detail);
}

static void
on_connected(VncConnection *connection, gpointer data)
{
	struct attempt *attempt = data;

	(void)connection;
	attempt->connected = true;
}

/* The first of several errors is the one that others follow from. */
static void
on_error(VncConnection *connection, const char *message, gpointer data)
{
	struct attempt *attempt = data;

	(void)connection;
	if (attempt->outcome == OUTCOME_NONE && attempt->detail[0] == '\0')
		g_strlcpy(attempt->detail, message, sizeof(attempt->detail));
}

static void
on_disconnected(VncConnection *connection, gpointer data)
{
	struct attempt *attempt = data;

	(void)connection;
	attempt->ended = true;
	if (attempt->outcome == OUTCOME_OPENED)
		g_main_loop_quit(attempt->loop);	/* while holding */
	connection_failed(attempt);
}

static bool
among(const GValueArray *types, int type)
{
	for (guint i = 0; i < types->n_values; i++) {
		if (g_value_get_enum(&types->values[i]) == type)
			return true;
	}
	return false;
}

static void
on_choose_type(VncConnection *connection, GValueArray *types, gpointer data)
{
	int wanted = VNC_CONNECTION_AUTH_VENCRYPT;

	if (options.tls_port == 0 && among(types, VNC_CONNECTION_AUTH_SASL))
		wanted = VNC_CONNECTION_AUTH_SASL;
	if (among(types, wanted)) {
		vnc_connection_set_auth_type(connection, (unsigned int)wanted);
		return;
	}
	conclude(data, OUTCOME_CONNECTION, "the type is not offered");
	vnc_connection_shutdown(connection);
}

static void
on_choose_subtype(VncConnection *connection, unsigned int type,
    GValueArray *types, gpointer data)
{
	int wanted = options.tls_port != 0 ?
	    VNC_CONNECTION_AUTH_VENCRYPT_X509SASL :
	    VNC_CONNECTION_AUTH_VENCRYPT_TLSSASL;

	(void)type;
	if (among(types, wanted)) {
		vnc_connection_set_auth_subtype(connection,
		    (unsigned int)wanted);
		return;
	}
	conclude(data, OUTCOME_CONNECTION, "the subtype is not offered");
	vnc_connection_shutdown(connection);
}

/* Who is let in has a screen: ask for it, in the one encoding that needs
 * nothing else. */
static void
on_initialized(VncConnection *connection, gpointer data)
{
	struct attempt *attempt = data;
	gint32 encoding = VNC_CONNECTION_ENCODING_RAW;
	int width = vnc_connection_get_width(connection);
	int height = vnc_connection_get_height(connection);
	const VncPixelFormat *format =
	    vnc_connection_get_pixel_format(connection);
	VncBaseFramebuffer *screen;

	attempt->pixels = g_malloc0((gsize)width * (gsize)height *
	    PIXEL_OCTETS_MAX);
	screen = vnc_base_framebuffer_new(attempt->pixels, (guint16)width,
	    (guint16)height, width * format->bits_per_pixel / 8, format,
	    format);
	if (!vnc_connection_set_framebuffer(connection,
	    VNC_FRAMEBUFFER(screen)) ||
	    !vnc_connection_set_encodings(connection, 1, &encoding) ||
	    !vnc_connection_framebuffer_update_request(connection, FALSE, 0,
	    0, (guint16)width, (guint16)height))
		conclude(attempt, OUTCOME_DISCONNECTED, "");
	g_object_unref(screen);
}

static void
on_framebuffer_update(VncConnection *connection, int x, int y, int width,
    int height, gpointer data)
{
	(void)connection;
	(void)x;
	(void)y;
	if (width > 0 && height > 0)
		conclude(data, OUTCOME_OPENED, "");
}

static gboolean
on_timeout(gpointer data)
{
	conclude(data, OUTCOME_TIMEOUT, "");
	return G_SOURCE_REMOVE;
}

static VncConnection *
make_connection(struct attempt *attempt)
{
	static const struct {
		const char *signal;
		GCallback callback;
	} handlers[] = {
		{ "vnc-connected", G_CALLBACK(on_connected) },
		{ "vnc-error", G_CALLBACK(on_error) },
		{ "vnc-disconnected", G_CALLBACK(on_disconnected) },
		{ "vnc-auth-choose-type", G_CALLBACK(on_choose_type) },
		{ "vnc-auth-choose-subtype", G_CALLBACK(on_choose_subtype) },
		{ "vnc-initialized", G_CALLBACK(on_initialized) },
		{ "vnc-framebuffer-update", G_CALLBACK(on_framebuffer_update) },
	};
	VncConnection *connection = vnc_connection_new();

	for (size_t i = 0; i < G_N_ELEMENTS(handlers); i++)
		g_signal_connect(connection, handlers[i].signal,
		    handlers[i].callback, attempt);
	vnc_connection_set_credential(connection,
	    VNC_CONNECTION_CREDENTIAL_USERNAME,
	    options.user != NULL ? options.user : "");
	vnc_connection_set_credential(connection,
	    VNC_CONNECTION_CREDENTIAL_PASSWORD,
	    options.password != NULL ? options.password : "");
	/* only says that certificates may be looked for */
	vnc_connection_set_credential(connection,
	    VNC_CONNECTION_CREDENTIAL_CLIENTNAME, "vnc-login");
	return connection;
}

static void
attempt_begin(struct attempt *attempt)
{
	gint64 start = g_get_monotonic_time();
	guint timer = g_timeout_add_seconds((guint)options.timeout, on_timeout,
	    attempt);
	char port[16];

	offered = false;
	attempt->loop = g_main_loop_new(NULL, FALSE);
	attempt->connection = make_connection(attempt);
	snprintf(port, sizeof(port), "%d",
	    options.tls_port != 0 ? options.tls_port : options.port);
	vnc_connection_open_host(attempt->connection,
	    options.host != NULL ? options.host : "127.0.0.1", port);
	g_main_loop_run(attempt->loop);
	attempt->duration = g_get_monotonic_time() - start;
	if (attempt->outcome != OUTCOME_TIMEOUT)
		g_source_remove(timer);
}

static void
attempt_end(struct attempt *attempt)
{
	g_object_add_weak_pointer(G_OBJECT(attempt->connection),
	    (gpointer *)&attempt->connection);
	vnc_connection_shutdown(attempt->connection);
	g_object_unref(attempt->connection);
	/* the library's coroutine holds the connection until it has ended */
	while (attempt->connection != NULL)
		g_main_context_iteration(NULL, TRUE);
	g_free(attempt->pixels);
	g_clear_pointer(&attempt->loop, g_main_loop_unref);
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
	guint timer = g_timeout_add_seconds((guint)options.hold, end_hold,
	    attempt->loop);

	if (!attempt->ended)
		g_main_loop_run(attempt->loop);
	if (attempt->ended) {
		g_source_remove(timer);
		attempt->outcome = OUTCOME_DISCONNECTED;
		outcome_print(attempt->outcome, "");
	}
}

static int
login_once(void)
{
	struct attempt attempt = { .outcome = OUTCOME_NONE };

	attempt_begin(&attempt);
	outcome_print(attempt.outcome, attempt.detail);
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
	if ((options.port == 0) == (options.tls_port == 0))
		return false;
	if ((options.cert == NULL) != (options.key == NULL))
		return false;
	return options.repeat > 0 && options.timeout > 0 && options.hold >= 0;
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
