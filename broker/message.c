/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "broker/message.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "decide/identity.h"

enum {
	MESSAGE_NAME_MAX = 255,	/* of any name or address */
	MESSAGE_TEXT_MAX = 1023,	/* of an error's text */
	MESSAGE_HEAD_SIZE = 6,		/* octets: version, type, id */
};

/* The fields of each type are listed once, for both directions: reading, a
 * field is stored in the message; writing, it comes from there.  So the encoder
 * and the decoder can't differ. */
struct codec {
	struct reader *reader;	/* NULL: writing */
	struct writer *writer;
	struct broker_message *message;
};

/* --- kinds of fields ----------------------------------------------------- */

static uint64_t
codec_number(struct codec *codec, size_t octets, uint64_t value)
{
	if (codec->reader != NULL)
		return read_number(codec->reader, octets);
	write_number(codec->writer, octets, value);
	return value;
}

static void
codec_fail(struct codec *codec)
{
	if (codec->reader != NULL)
		codec->reader->bad = true;
	else
		codec->writer->bad = true;
}

/* A number from 0 to max. */
static uint64_t
codec_bounded(struct codec *codec, size_t octets, uint64_t value, uint64_t max)
{
	value = codec_number(codec, octets, value);
	if (value <= max)
		return value;
	codec_fail(codec);
	return 0;
}

static bool
codec_boolean(struct codec *codec, bool value)
{
	return codec_bounded(codec, 1, value, 1) != 0;
}

static const char *
codec_text(struct codec *codec, const char *value, size_t max)
{
	if (codec->reader != NULL)
		return read_text(codec->reader, max);
	write_text(codec->writer, value, max);
	return value;
}

static void
codec_octets(struct codec *codec, unsigned char *data, size_t size)
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
message_verifier(struct codec *codec, struct verifier *verifier)
{
	verifier->iterations = (uint32_t)codec_number(codec, 4,
	    verifier->iterations);
	verifier->salt_size = (size_t)codec_bounded(codec, 1,
	    verifier->salt_size, VERIFIER_SALT_MAX);
	verifier->key_size = (size_t)codec_bounded(codec, 1, verifier->key_size,
	    VERIFIER_KEY_MAX);
	codec_octets(codec, verifier->salt, verifier->salt_size);
	codec_octets(codec, verifier->stored_key, verifier->key_size);
	codec_octets(codec, verifier->server_key, verifier->key_size);
}

/* CN, the alternative names (a count and as many), the fingerprint (u8: 0 or
 * its octets). */
static void
message_certificate(struct codec *codec)
{
	struct broker_message *message = codec->message;
	struct request_certificate *certificate =
	    &message->login.request.certificate;
	const unsigned char *sha256 = certificate->sha256;

	certificate->cn = codec_text(codec, certificate->cn,
	    BROKER_CERT_NAME_MAX);
	certificate->name_count = (size_t)codec_bounded(codec, 1,
	    certificate->name_count, BROKER_NAMES_MAX);
	for (size_t i = 0; i < certificate->name_count; i++) {
		const char *name = codec->reader != NULL ? NULL :
		    certificate->names[i];

		name = codec_text(codec, name, BROKER_CERT_NAME_MAX);
		if (name == NULL || name[0] == '\0')
			codec_fail(codec);
		message->names[i] = name;
	}
	if (codec->reader != NULL && certificate->name_count != 0)
		certificate->names = message->names;
	if (codec_bounded(codec, 1, sha256 != NULL, 1) == 0)
		return;
	if (codec->reader != NULL)
		certificate->sha256 = read_place(codec->reader,
		    REQUEST_SHA256_SIZE);
	else
		write_octets(codec->writer, sha256, REQUEST_SHA256_SIZE);
}

static void
message_login(struct codec *codec)
{
	struct request_login *login = &codec->message->login;
	struct request *request = &login->request;

	codec->message->user = codec_text(codec, codec->message->user,
	    IDENTITY_MAX);
	login->mechanism = codec_text(codec, login->mechanism,
	    BROKER_MECHANISM_MAX);
	request->service = codec_text(codec, request->service,
	    MESSAGE_NAME_MAX);
	request->client = codec_text(codec, request->client, MESSAGE_NAME_MAX);
	request->vm.port = (uint16_t)codec_number(codec, 2, request->vm.port);
	message_certificate(codec);
	request->local = (enum request_local)codec_bounded(codec, 1,
	    request->local, REQUEST_LOCAL_ACCOUNT);
	request->local_user = codec_text(codec, request->local_user,
	    MESSAGE_NAME_MAX);
	request->local_number = codec_text(codec, request->local_number,
	    MESSAGE_NAME_MAX);
	request->local_asked = codec_boolean(codec, request->local_asked);
}

static void
message_password(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message_login(codec);
	message->password = codec_text(codec, message->password,
	    BROKER_PASSWORD_MAX);
}

static void
message_decide(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message_login(codec);
	message->attempt = codec_number(codec, 8, message->attempt);
	message->proved = codec_boolean(codec, message->proved);
	message->refusal = codec_text(codec, message->refusal,
	    MESSAGE_NAME_MAX);
}

static void
message_session(struct codec *codec)
{
	codec->message->session = codec_number(codec, 8,
	    codec->message->session);
}

static void
message_ticket(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->ticket.user = codec_text(codec, message->ticket.user,
	    IDENTITY_MAX);
	message->ticket.vm = codec_text(codec, message->ticket.vm,
	    REQUEST_VM_NAME_MAX);
	message->ticket.seconds = (uint32_t)codec_number(codec, 4,
	    message->ticket.seconds);
	message->ticket.from = codec_text(codec, message->ticket.from,
	    MESSAGE_NAME_MAX);
	message->ticket.count = (size_t)codec_bounded(codec, 1,
	    message->ticket.count, BROKER_TICKET_MECHANISMS);
	for (size_t i = 0; i < message->ticket.count; i++) {
		message->ticket.verifiers[i].mechanism = codec_text(codec,
		    message->ticket.verifiers[i].mechanism, MESSAGE_NAME_MAX);
		message_verifier(codec, &message->ticket.verifiers[i].verifier);
	}
}

/* The number of an attempt, never 0. */
static void
message_attempt(struct codec *codec)
{
	codec->message->attempt = codec_number(codec, 8,
	    codec->message->attempt);
	if (codec->message->attempt == 0)
		codec_fail(codec);
}

static void
message_found_verifier(struct codec *codec)
{
	message_attempt(codec);
	message_verifier(codec, &codec->message->verifier);
}

static void
message_result(struct codec *codec)
{
	message_attempt(codec);
	codec->message->right = codec_boolean(codec, codec->message->right);
}

static void
message_decision(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->allowed = codec_boolean(codec, message->allowed);
	message->wants_local_user = codec_boolean(codec,
	    message->wants_local_user);
	message_session(codec);
	message->revision = (int64_t)codec_bounded(codec, 8,
	    (uint64_t)message->revision, INT64_MAX);
}

static void
message_issued(struct codec *codec)
{
	codec->message->ticket_id = codec_number(codec, 8,
	    codec->message->ticket_id);
}

static void
message_error(struct codec *codec)
{
	struct broker_message *message = codec->message;

	message->error = (uint16_t)codec_number(codec, 2, message->error);
	message->text = codec_text(codec, message->text, MESSAGE_TEXT_MAX);
}

/* --- messages ------------------------------------------------------------ */

static const struct {
	enum broker_type type;
	void (*fields)(struct codec *codec);
} types[] = {
	{ BROKER_LOOKUP, message_login },
	{ BROKER_PASSWORD, message_password },
	{ BROKER_DECIDE, message_decide },
	{ BROKER_END, message_session },
	{ BROKER_TICKET, message_ticket },
	{ BROKER_VERIFIER, message_found_verifier },
	{ BROKER_RESULT, message_result },
	{ BROKER_DECISION, message_decision },
	{ BROKER_ISSUED, message_issued },
	{ BROKER_ERROR, message_error },
};

static bool
message_fields(struct codec *codec)
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

	/* an ERROR has the same fields in every version */
	writer.bad = version != BROKER_VERSION &&
	    message->type != BROKER_ERROR;
	write_number(&writer, 1, version);
	write_number(&writer, 1, (uint64_t)message->type);
	write_number(&writer, 4, message->id);
	known = message_fields(&codec);
	explicit_bzero(&copy, sizeof(copy));	/* verifiers */
	return known && !writer.bad ? (size_t)(writer.at - packet) : 0;
}

static void
message_head(struct codec *codec)
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
	if (size < MESSAGE_HEAD_SIZE)
		return BROKER_E_MALFORMED;
	message_head(&codec);
	if (message_r->version != BROKER_VERSION)
		return BROKER_E_VERSION;
	if (message_fields(&codec) && read_all(&reader))
		return 0;
	explicit_bzero(message_r, sizeof(*message_r));
	/* the answer, an ERROR, repeats the id */
	reader = (struct reader){
		.at = packet,
		.end = packet + MESSAGE_HEAD_SIZE,
	};
	message_head(&codec);
	return BROKER_E_MALFORMED;
}

void
broker_version_text(char text_r[BROKER_VERSION_TEXT_MAX],
    unsigned int daemon, unsigned int client, enum broker_type question)
{
	bool command = question == BROKER_TICKET;

	snprintf(text_r, BROKER_VERSION_TEXT_MAX, "vmauthzd speaks version %u,"
	    " this %s version %u: upgrade %s", daemon,
	    command ? "command" : "plugin", client,
	    client > daemon ? "vmauthzd" : command ? "vmauthz" :
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
