/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "broker/message.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "decide/identity.h"

enum {
	NAME_MAX_OCTETS = 255,	/* of any name or address */
	TEXT_MAX = 1023,	/* of an error's text */
	HEAD_SIZE = 6,		/* octets: version, type, id */
};

/* One list of fields serves both directions: a field is written from the
 * message, or read into it. */
struct codec {
	struct reader *reader;	/* NULL: writing */
	struct writer *writer;
	struct broker_message *message;
};

/* --- kinds of fields ----------------------------------------------------- */

static uint64_t
number_field(struct codec *codec, size_t octets, uint64_t value)
{
	if (codec->reader != NULL)
		return read_number(codec->reader, octets);
	write_number(codec->writer, octets, value);
	return value;
}

static void
spoil(struct codec *codec)
{
	if (codec->reader != NULL)
		codec->reader->bad = true;
	else
		codec->writer->bad = true;
}

/* A number from 0 to max. */
static uint64_t
bounded_field(struct codec *codec, size_t octets, uint64_t value, uint64_t max)
{
	value = number_field(codec, octets, value);
	if (value <= max)
		return value;
	spoil(codec);
	return 0;
}

static bool
boolean_field(struct codec *codec, bool value)
{
	return bounded_field(codec, 1, value, 1) != 0;
}

static const char *
text_field(struct codec *codec, const char *value, size_t max)
{
	if (codec->reader != NULL)
		return read_text(codec->reader, max);
	write_text(codec->writer, value, max);
	return value;
}

static void
octets_field(struct codec *codec, unsigned char *data, size_t size)
{
	if (codec->reader != NULL)
		read_octets(codec->reader, data, size);
	else
		write_octets(codec->writer, data, size);
}

/* --- groups of fields ---------------------------------------------------- */

/* Iterations (u32), octets of the salt (u8) and of a key (u8), the salt, the
 * StoredKey, the ServerKey. */
static void
verifier_fields(struct codec *codec, struct verifier *verifier)
{
	verifier->iterations = (uint32_t)number_field(codec, 4,
	    verifier->iterations);
	verifier->salt_size = (size_t)bounded_field(codec, 1,
	    verifier->salt_size, VERIFIER_SALT_MAX);
	verifier->key_size = (size_t)bounded_field(codec, 1, verifier->key_size,
	    VERIFIER_KEY_MAX);
	octets_field(codec, verifier->salt, verifier->salt_size);
	octets_field(codec, verifier->stored_key, verifier->key_size);
	octets_field(codec, verifier->server_key, verifier->key_size);
}

/* CN, the alternative names (a count and as many), the fingerprint (u8: 0 or
 * its octets). */
static void
certificate_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;
	struct request_certificate *certificate =
	    &message->login.request.certificate;
	const unsigned char *sha256 = certificate->sha256;

	certificate->cn = text_field(codec, certificate->cn, NAME_MAX_OCTETS);
	certificate->name_count = (size_t)bounded_field(codec, 1,
	    certificate->name_count, BROKER_NAMES_MAX);
	for (size_t i = 0; i < certificate->name_count; i++) {
		const char *name = codec->reader != NULL ? NULL :
		    certificate->names[i];

		name = text_field(codec, name, NAME_MAX_OCTETS);
		if (name == NULL || name[0] == '\0')
			spoil(codec);
		message->names[i] = name;
	}
	if (codec->reader != NULL && certificate->name_count != 0)
		certificate->names = message->names;
	if (bounded_field(codec, 1, sha256 != NULL, 1) == 0)
		return;
	if (codec->reader != NULL)
		certificate->sha256 = read_place(codec->reader,
		    REQUEST_SHA256_SIZE);
	else
		write_octets(codec->writer, sha256, REQUEST_SHA256_SIZE);
}

static void
login_fields(struct codec *codec)
{
	struct request_login *login = &codec->message->login;
	struct request *request = &login->request;

	codec->message->user = text_field(codec, codec->message->user,
	    IDENTITY_MAX);
	login->mechanism = text_field(codec, login->mechanism,
	    BROKER_MECHANISM_MAX);
	request->service = text_field(codec, request->service, NAME_MAX_OCTETS);
	request->client = text_field(codec, request->client, NAME_MAX_OCTETS);
	request->vm.port = (uint16_t)number_field(codec, 2, request->vm.port);
	certificate_fields(codec);
	request->local = (enum request_local)bounded_field(codec, 1,
	    request->local, REQUEST_LOCAL_ACCOUNT);
	request->local_user = text_field(codec, request->local_user,
	    NAME_MAX_OCTETS);
	request->local_number = text_field(codec, request->local_number,
	    NAME_MAX_OCTETS);
	request->local_asked = boolean_field(codec, request->local_asked);
}

static void
password_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;

	login_fields(codec);
	message->password = text_field(codec, message->password,
	    BROKER_PASSWORD_MAX);
}

static void
decide_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;

	login_fields(codec);
	message->attempt = number_field(codec, 8, message->attempt);
	message->proved = boolean_field(codec, message->proved);
	message->refusal = text_field(codec, message->refusal, NAME_MAX_OCTETS);
}

static void
session_field(struct codec *codec)
{
	codec->message->session = number_field(codec, 8,
	    codec->message->session);
}

static void
ticket_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->ticket.user = text_field(codec, message->ticket.user,
	    IDENTITY_MAX);
	message->ticket.vm = text_field(codec, message->ticket.vm,
	    REQUEST_VM_NAME_MAX);
	message->ticket.seconds = (uint32_t)number_field(codec, 4,
	    message->ticket.seconds);
	message->ticket.from = text_field(codec, message->ticket.from,
	    NAME_MAX_OCTETS);
	message->ticket.count = (size_t)bounded_field(codec, 1,
	    message->ticket.count, BROKER_TICKET_MECHANISMS);
	for (size_t i = 0; i < message->ticket.count; i++) {
		message->ticket.verifiers[i].mechanism = text_field(codec,
		    message->ticket.verifiers[i].mechanism, NAME_MAX_OCTETS);
		verifier_fields(codec, &message->ticket.verifiers[i].verifier);
	}
}

/* Of an attempt that there is. */
static void
attempt_field(struct codec *codec)
{
	codec->message->attempt = number_field(codec, 8,
	    codec->message->attempt);
	if (codec->message->attempt == 0)
		spoil(codec);
}

static void
answered_verifier_fields(struct codec *codec)
{
	attempt_field(codec);
	verifier_fields(codec, &codec->message->verifier);
}

static void
result_fields(struct codec *codec)
{
	attempt_field(codec);
	codec->message->right = boolean_field(codec, codec->message->right);
}

static void
decision_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->allowed = boolean_field(codec, message->allowed);
	message->wants_local_user = boolean_field(codec,
	    message->wants_local_user);
	session_field(codec);
	message->revision = (int64_t)bounded_field(codec, 8,
	    (uint64_t)message->revision, INT64_MAX);
}

static void
issued_fields(struct codec *codec)
{
	codec->message->ticket_id = number_field(codec, 8,
	    codec->message->ticket_id);
}

static void
error_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->error = (uint16_t)number_field(codec, 2, message->error);
	message->text = text_field(codec, message->text, TEXT_MAX);
}

/* --- messages ------------------------------------------------------------ */

static const struct {
	enum broker_type type;
	void (*fields)(struct codec *codec);
} types[] = {
	{ BROKER_LOOKUP, login_fields },
	{ BROKER_PASSWORD, password_fields },
	{ BROKER_DECIDE, decide_fields },
	{ BROKER_END, session_field },
	{ BROKER_TICKET, ticket_fields },
	{ BROKER_VERIFIER, answered_verifier_fields },
	{ BROKER_RESULT, result_fields },
	{ BROKER_DECISION, decision_fields },
	{ BROKER_ISSUED, issued_fields },
	{ BROKER_ERROR, error_fields },
};

static bool
fields_of_type(struct codec *codec)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == codec->message->type) {
			types[i].fields(codec);
			return true;
		}
	}
	return false;
}

size_t
broker_encode(unsigned char packet[BROKER_MESSAGE_MAX],
    const struct broker_message *message)
{
	struct writer writer = {
		.at = packet,
		.end = packet + BROKER_MESSAGE_MAX,
	};
	struct broker_message copy = *message;
	struct codec codec = { .writer = &writer, .message = &copy };
	uint8_t version = message->version != 0 ? message->version :
	    BROKER_VERSION;
	bool known;

	/* an ERROR alone is the same in every version */
	writer.bad = version != BROKER_VERSION &&
	    message->type != BROKER_ERROR;
	write_number(&writer, 1, version);
	write_number(&writer, 1, (uint64_t)message->type);
	write_number(&writer, 4, message->id);
	known = fields_of_type(&codec);
	explicit_bzero(&copy, sizeof(copy));
	return known && !writer.bad ? (size_t)(writer.at - packet) : 0;
}

static void
head_fields(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->version = (uint8_t)read_number(codec->reader, 1);
	message->type = (enum broker_type)read_number(codec->reader, 1);
	message->id = (uint32_t)read_number(codec->reader, 4);
}

int
broker_decode(struct broker_message *message_r,
    const unsigned char *packet, size_t size)
{
	struct reader reader = { .at = packet, .end = packet + size };
	struct codec codec = { .reader = &reader, .message = message_r };

	memset(message_r, 0, sizeof(*message_r));
	if (size < HEAD_SIZE)
		return BROKER_E_MALFORMED;
	head_fields(&codec);
	if (message_r->version != BROKER_VERSION)
		return BROKER_E_VERSION;
	if (fields_of_type(&codec) && read_all(&reader))
		return 0;
	explicit_bzero(message_r, sizeof(*message_r));
	reader = (struct reader){ .at = packet, .end = packet + HEAD_SIZE };
	head_fields(&codec);
	return BROKER_E_MALFORMED;
}

void
broker_version_text(char text_r[BROKER_VERSION_TEXT_MAX],
    unsigned int daemon, unsigned int asker, enum broker_type question)
{
	bool command = question == BROKER_TICKET;

	snprintf(text_r, BROKER_VERSION_TEXT_MAX, "vmauthzd speaks version %u,"
	    " this %s version %u: upgrade %s", daemon,
	    command ? "command" : "plugin", asker,
	    asker > daemon ? "vmauthzd" : command ? "vmauthz" :
	    "the plugin and restart the VM");
}

const char *
broker_strerror(int error)
{
	static const char *const texts[] = {
		[0] = "no error",
		[BROKER_E_VERSION] = "another version of the protocol",
		[BROKER_E_MALFORMED] = "a message that is not well formed",
		[BROKER_E_FORBIDDEN] = "not for this process",
		[BROKER_E_POLICY] = "the policy could not be asked",
		[BROKER_E_BUSY] = "too much to do",
		[BROKER_E_VALUE] = "a value that makes no sense",
	};
	const int count = sizeof(texts) / sizeof(texts[0]);

	return error >= 0 && error < count ? texts[error] : "unknown error";
}
