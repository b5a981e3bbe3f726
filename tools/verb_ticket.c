/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz ticket: makes a password for one session on one VM, and registers its
 * verifiers with vmauthzd. */

#include <err.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/client.h"
#include "decide/network.h"
#include "scram/scram.h"
#include "tools/cli.h"
#include "tools/verbs.h"
#include "tools/viewer_file.h"

#define DEFAULT_BROKER RUNSTATEDIR "/vmauthz/broker"

enum {
	TICKET_SECONDS_DEFAULT = 120,
	TICKET_SECONDS_MAX = 24 * 3600,
	TICKET_TIMEOUT_MS = 3000,	/* of vmauthzd's answer */
	TICKET_PASSWORD_SIZE = 26,	/* characters of 5 bits each */
};

/* The command line as given, and what was made of it. */
struct ticket {
	const char *user_text, *vm, *realm;
	const char *lasts, *from, *broker, *tls_port;
	struct identity user;
	unsigned int seconds;
	char password[TICKET_PASSWORD_SIZE + 1];
	struct viewer_file file;	/* path NULL: none is written */
};

/* --- reading the command line -------------------------------------------- */

/* Parses "90", "90s", "2m" or "1h"; NULL: the default. */
static bool
ticket_read_seconds(const char *text, unsigned int *seconds_r)
{
	static const struct {
		char unit;
		unsigned int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	char number[16];
	size_t length = text != NULL ? strlen(text) : 0;
	unsigned int unit = 1;

	*seconds_r = TICKET_SECONDS_DEFAULT;
	if (text == NULL)
		return true;
	for (size_t i = 0; i < 3; i++) {
		if (length > 1 && text[length - 1] == units[i].unit) {
			unit = units[i].seconds;
			length--;
			break;
		}
	}
	if (length == 0 || length >= sizeof(number)) {
		warnx("--for: '%s' is no time like 120s, 5m or 1h", text);
		return false;
	}
	memcpy(number, text, length);
	number[length] = '\0';
	/* The limit is divided, as the product could overflow. */
	if (!cli_number("--for", number, 1, TICKET_SECONDS_MAX / unit,
	    seconds_r))
		return false;
	*seconds_r *= unit;
	return true;
}

/* The options of the connection file go together: none of them without --vv,
 * and --vv not without those that a viewer needs. */
static bool
ticket_check_file_options(struct ticket *ticket)
{
	struct viewer_file *file = &ticket->file;

	if (file->path == NULL) {
		if (file->host == NULL && ticket->tls_port == NULL &&
		    file->ca == NULL && file->title == NULL)
			return true;
		warnx("--host, --tls-port, --ca and --title are for --vv; see "
		    "--help");
		return false;
	}
	if (file->host == NULL || ticket->tls_port == NULL ||
	    file->ca == NULL) {
		warnx("--vv needs --host, --tls-port and --ca; see --help");
		return false;
	}
	return cli_number("--tls-port", ticket->tls_port, 1, 65535,
	    &file->tls_port);
}

/* Checks what can be checked here, so that its message names the option. */
static bool
ticket_check_options(struct ticket *ticket)
{
	struct network from;

	if (!cli_identity(ticket->user_text, ticket->realm, &ticket->user) ||
	    !ticket_read_seconds(ticket->lasts, &ticket->seconds))
		return false;
	if (ticket->from != NULL && !network_parse(&from, ticket->from)) {
		warnx("--from: '%s' is neither an address nor a network like "
		    "192.0.2.0/24", ticket->from);
		return false;
	}
	return ticket_check_file_options(ticket);
}

static bool
ticket_parse(struct ticket *ticket, int argc, char **argv, int *status_r)
{
	const struct cli_option options[] = {
		{ .name = "broker", .values = &ticket->broker },
		{ .name = "ca", .values = &ticket->file.ca },
		{ .name = "for", .values = &ticket->lasts },
		{ .name = "from", .values = &ticket->from },
		{ .name = "host", .values = &ticket->file.host },
		{ .letter = 'r', .name = "realm", .values = &ticket->realm },
		{ .name = "title", .values = &ticket->file.title },
		{ .name = "tls-port", .values = &ticket->tls_port },
		{ .name = "vv", .values = &ticket->file.path },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz ticket USER VM [-r REALM]"
		    " [--for TIME] [--from NETWORK]\n"
		    "           [--broker SOCKET] [--vv FILE --host HOST"
		    " --tls-port PORT --ca FILE\n"
		    "           [--title TEXT]]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};

	return cli_parse_user_vm(&command, argc, argv, &ticket->user_text,
	    &ticket->vm, status_r);
}

/* --- the ticket ---------------------------------------------------------- */

/* Draws from letters and digits that are not mistaken for each other when read
 * or typed.  There are 32, so that the remainder of an octet has each
 * with the same probability. */
static bool
ticket_make_password(char password[TICKET_PASSWORD_SIZE + 1])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char random[TICKET_PASSWORD_SIZE];

	_Static_assert(sizeof(letters) == 32 + 1, "five bits each");
	if (RAND_bytes(random, sizeof(random)) != 1) {
		warnx("no random numbers");
		return false;
	}
	for (size_t i = 0; i < TICKET_PASSWORD_SIZE; i++)
		password[i] = letters[random[i] % 32];
	password[TICKET_PASSWORD_SIZE] = '\0';
	OPENSSL_cleanse(random, sizeof(random));
	return true;
}

/* A password of 130 random bits can't be guessed, so it needs no more rounds of
 * PBKDF2 than clients insist on. */
static bool
ticket_make_verifiers(const struct ticket *ticket,
    struct broker_message *message)
{
	for (size_t i = 0; scram_mechanisms[i] != NULL &&
	    i < BROKER_TICKET_MECHANISMS; i++) {
		int rc = scram_verifier_make(scram_mechanisms[i],
		    ticket->password, SCRAM_ITERATIONS_MIN,
		    &message->ticket.verifiers[i].verifier);

		if (rc != ERROR_NONE) {
			warnx("%s: %s", scram_mechanisms[i],
			    error_text(rc));
			return false;
		}
		message->ticket.verifiers[i].mechanism = scram_mechanisms[i];
		message->ticket.count++;
	}
	return true;
}

/* vmauthzd decides whether the caller may issue tickets; its refusal is in the
 * client's detail. */
static bool
ticket_send_request(const struct ticket *ticket,
    const struct broker_message *message)
{
	const char *path = ticket->broker != NULL ? ticket->broker :
	    DEFAULT_BROKER;
	struct broker_client *client;
	char detail[BROKER_DETAIL_MAX];
	struct broker_message answer;
	int rc = broker_client_new(&client, path);

	if (rc != ERROR_NONE) {
		warnx("--broker: %s: %s", path, error_text(rc));
		return false;
	}
	rc = broker_client_ask(client, message, TICKET_TIMEOUT_MS, &answer,
	    detail);
	if (rc != ERROR_NONE)
		warnx("no ticket: %s", detail);
	broker_client_free(&client);
	return rc == ERROR_NONE;
}

/* Sends the verifiers to vmauthzd, not the password. */
static bool
ticket_request(struct ticket *ticket)
{
	struct broker_message message = {
		.type = BROKER_TICKET,
		.ticket = {
			.user = ticket->user.text,
			.vm = ticket->vm,
			.seconds = ticket->seconds,
			.from = ticket->from,
		},
	};
	bool issued = ticket_make_password(ticket->password) &&
	    ticket_make_verifiers(ticket, &message) &&
	    ticket_send_request(ticket, &message);

	OPENSSL_cleanse(&message, sizeof(message));	/* verifiers */
	return issued;
}

/* --- output -------------------------------------------------------------- */

/* Creates the file before the ticket: a ticket whose password can't be handed
 * over is useless, and would replace one that is still waiting to be used. */
static bool
ticket_create_with_file(struct ticket *ticket)
{
	char *ca = viewer_file_ca(ticket->file.ca);
	int fd = ca != NULL ? viewer_file_create(ticket->file.path) : -1;
	bool done = false;

	if (fd >= 0 && ticket_request(ticket))
		done = viewer_file_write(fd, &ticket->file, ca);
	else if (fd >= 0)
		close(fd);
	/* Without a ticket the file opens nothing. */
	if (fd >= 0 && !done)
		unlink(ticket->file.path);
	free(ca);
	return done;
}

static bool
ticket_create(struct ticket *ticket)
{
	if (ticket->file.path != NULL)
		return ticket_create_with_file(ticket);
	if (!ticket_request(ticket))
		return false;
	puts(ticket->password);
	return cli_flush();
}

int
verb_ticket(const char *path, int argc, char **argv)
{
	struct ticket ticket = { .vm = NULL };
	int status;

	(void)path;	/* vmauthzd knows its own policy */
	if (!ticket_parse(&ticket, argc, argv, &status))
		return status;
	if (!ticket_check_options(&ticket))
		return CLI_USAGE;
	ticket.file.user = ticket.user.text;
	ticket.file.password = ticket.password;
	/* The title is what the viewer's window shows. */
	if (ticket.file.title == NULL)
		ticket.file.title = ticket.vm;
	status = ticket_create(&ticket) ? EXIT_SUCCESS : CLI_FAILED;
	OPENSSL_cleanse(ticket.password, sizeof(ticket.password));
	return status;
}
