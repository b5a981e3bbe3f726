/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz ticket: a password for one session on one VM. */

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
	DEFAULT_SECONDS = 120,
	SECONDS_MAX = 24 * 3600,
	TIMEOUT_MS = 3000,
	PASSWORD_SIZE = 26,		/* characters of 5 bits each */
};

struct ticket {
	const char *user_text, *vm, *realm;
	const char *lasts, *from, *broker;
	const char *vv, *host, *tls_port, *ca, *title;
	struct identity user;
	unsigned int seconds, port;
	char password[PASSWORD_SIZE + 1];
	char *ca_text;
	int fd;				/* of vv; -1: none */
};

/* --- what is wanted ------------------------------------------------------------ */

/* "90", "90s", "2m", "1h" */
static bool
read_seconds(const char *text, unsigned int *seconds_r)
{
	static const struct {
		char unit;
		unsigned int seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	char number[16];
	size_t length = text != NULL ? strlen(text) : 0;
	unsigned int unit = 1;

	*seconds_r = DEFAULT_SECONDS;
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
	if (!cli_number("--for", number, 1, SECONDS_MAX / unit, seconds_r))
		return false;
	*seconds_r *= unit;
	return true;
}

static bool
check_file_options(struct ticket *ticket)
{
	if (ticket->vv == NULL) {
		if (ticket->host == NULL && ticket->tls_port == NULL &&
		    ticket->ca == NULL && ticket->title == NULL)
			return true;
		warnx("--host, --tls-port, --ca and --title are for --vv; see "
		    "--help");
		return false;
	}
	if (ticket->host == NULL || ticket->tls_port == NULL ||
	    ticket->ca == NULL) {
		warnx("--vv needs --host, --tls-port and --ca; see --help");
		return false;
	}
	return cli_number("--tls-port", ticket->tls_port, 1, 65535,
	    &ticket->port);
}

static bool
check(struct ticket *ticket)
{
	struct network from;

	if (!cli_identity(ticket->user_text, ticket->realm, &ticket->user) ||
	    !read_seconds(ticket->lasts, &ticket->seconds))
		return false;
	if (ticket->from != NULL && !network_parse(&from, ticket->from)) {
		warnx("--from: '%s' is neither an address nor a network like "
		    "192.0.2.0/24", ticket->from);
		return false;
	}
	return check_file_options(ticket);
}

static bool
parse(struct ticket *ticket, int argc, char **argv, int *status_r)
{
	const struct cli_option options[] = {
		{ .name = "broker", .values = &ticket->broker, .room = 1 },
		{ .name = "ca", .values = &ticket->ca, .room = 1 },
		{ .name = "for", .values = &ticket->lasts, .room = 1 },
		{ .name = "from", .values = &ticket->from, .room = 1 },
		{ .name = "host", .values = &ticket->host, .room = 1 },
		{ .letter = 'r', .name = "realm", .values = &ticket->realm,
		    .room = 1 },
		{ .name = "title", .values = &ticket->title, .room = 1 },
		{ .name = "tls-port", .values = &ticket->tls_port, .room = 1 },
		{ .name = "vv", .values = &ticket->vv, .room = 1 },
	};
	struct cli_command command = {
		.usage = "usage: vmauthz ticket USER VM [-r REALM]"
		    " [--for TIME] [--from NETWORK]\n"
		    "           [--broker SOCKET] [--vv FILE --host HOST"
		    " --tls-port PORT --ca FILE\n"
		    "           [--title TEXT]]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
		.operand = "USER",
		.verb = true,
	};
	int user = cli_parse(&command, argc, argv, status_r), vm = user + 1;

	if (user < 0)
		return false;
	*status_r = CLI_USAGE;
	if (vm >= argc || argv[vm][0] == '-') {
		warnx("VM is missing behind USER; see --help");
		return false;
	}
	ticket->user_text = argv[user];
	ticket->vm = argv[vm];
	command.operand = NULL;
	command.verb = false;
	return cli_parse(&command, argc - vm, argv + vm, status_r) >= 0;
}

/* --- making it -------------------------------------------------------------------- */

/* Letters and digits that nobody takes for others; 32 of them, so that each is
 * as likely. */
static bool
make_password(char password[PASSWORD_SIZE + 1])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	unsigned char random[PASSWORD_SIZE];

	_Static_assert(sizeof(letters) == 32 + 1, "five bits each");
	if (RAND_bytes(random, sizeof(random)) != 1) {
		warnx("no random numbers");
		return false;
	}
	for (size_t i = 0; i < PASSWORD_SIZE; i++)
		password[i] = letters[random[i] % 32];
	password[PASSWORD_SIZE] = '\0';
	OPENSSL_cleanse(random, sizeof(random));
	return true;
}

/* A password of 130 random bits needs no more rounds than clients insist on. */
static bool
make_verifiers(const struct ticket *ticket, struct broker_message *message)
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

static bool
ask(const struct ticket *ticket, const struct broker_message *message)
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
	rc = broker_client_ask(client, message, TIMEOUT_MS, &answer, detail);
	if (rc != ERROR_NONE)
		warnx("no ticket: %s", detail);
	broker_client_free(&client);
	return rc == ERROR_NONE;
}

static bool
issue(struct ticket *ticket)
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
	bool issued = make_password(ticket->password) &&
	    make_verifiers(ticket, &message) && ask(ticket, &message);

	OPENSSL_cleanse(&message, sizeof(message));
	return issued;
}

/* --- telling it ------------------------------------------------------------------- */

static bool
write_file(struct ticket *ticket)
{
	const struct viewer_file file = {
		.path = ticket->vv,
		.host = ticket->host,
		.tls_port = ticket->port,
		.ca = ticket->ca,
		.title = ticket->title != NULL ? ticket->title : ticket->vm,
		.user = ticket->user.text,
		.password = ticket->password,
	};
	int fd = ticket->fd;

	ticket->fd = -1;
	return viewer_file_write(fd, &file, ticket->ca_text);
}

/* The file is made first: a ticket that can't be told is worth nothing, and
 * would take the place of one that is waiting. */
static bool
run(struct ticket *ticket)
{
	bool done;

	if (ticket->vv == NULL) {
		done = issue(ticket);
		if (done)
			puts(ticket->password);
		return done && cli_flush();
	}
	ticket->ca_text = viewer_file_ca(ticket->ca);
	if (ticket->ca_text == NULL)
		return false;
	ticket->fd = viewer_file_create(ticket->vv);
	if (ticket->fd < 0)
		return false;
	done = issue(ticket) && write_file(ticket);
	if (ticket->fd >= 0)
		close(ticket->fd);
	if (!done)
		unlink(ticket->vv);
	return done;
}

int
verb_ticket(const char *path, int argc, char **argv)
{
	struct ticket ticket = { .fd = -1 };
	int status;

	(void)path;
	if (!parse(&ticket, argc, argv, &status))
		return status;
	if (!check(&ticket))
		return CLI_USAGE;
	status = run(&ticket) ? EXIT_SUCCESS : CLI_FAILED;
	OPENSSL_cleanse(ticket.password, sizeof(ticket.password));
	free(ticket.ca_text);
	return status;
}
