/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "broker/message.h"

#include <stdio.h>
#include <string.h>

#include "decide/identity.h"

enum {
	MESSAGE_NAME_MAX = 255,	/* of any name or address */
	MESSAGE_TEXT_MAX = 1023,	/* of an error's text */
	MESSAGE_HEAD_SIZE = 6,		/* octets: version, type, id */
};

/* A packet that is decoded or encoded one field after the other.  The fields of
 * each type are listed once, for both directions: decoding, a field is stored
 * in the message; encoding, it comes from there.  So the encoder and the
 * decoder can't differ.  A field that does not fit makes the codec bad; all
 * later fields are zero then, so that a caller checks once, at the end. */
struct codec {
	const unsigned char *packet;
	unsigned char *out;	/* the packet; NULL: decoding */
	size_t at, size;	/* octets: done, and there are */
	bool bad;
};

/* --- kinds of fields ----------------------------------------------------- */

/* Moves on by size octets.  False if fewer are left. */
static bool
codec_advance(struct codec *codec, size_t size)
{
	/* at + size might wrap around */
	codec->bad = codec->bad || codec->size - codec->at < size;
	if (!codec->bad)
		codec->at += size;
	return !codec->bad;
}

/* A number from 0 to max, which fits the octets.  0 if the codec is bad. */
static uint64_t
codec_number(struct codec *codec, size_t octets, uint64_t value, uint64_t max)
{
	size_t begin = codec->at;

	if (!codec_advance(codec, octets))
		return 0;
	if (codec->out == NULL)
		value = 0;
	for (size_t i = 0; i < octets; i++) {
		if (codec->out == NULL)
			value = value << 8 | codec->packet[begin + i];
		else
			codec->out[begin + i] = (unsigned char)(value >>
			    8 * (octets - 1 - i) & 0xff);
	}
	codec->bad = value > max;
	return codec->bad ? 0 : value;
}

static void
codec_long(struct codec *codec, uint64_t *value)
{
	*value = codec_number(codec, 8, *value, UINT64_MAX);
}

static void
codec_count(struct codec *codec, size_t *value, size_t max)
{
	*value = (size_t)codec_number(codec, 1, *value, max);
}

static void
codec_boolean(struct codec *codec, bool *value)
{
	*value = codec_number(codec, 1, *value, 1) != 0;
}

static void
codec_octets(struct codec *codec, unsigned char *data, size_t size)
{
	size_t begin = codec->at;

	if (!codec_advance(codec, size))
		return;
	if (codec->out != NULL)
		memcpy(codec->out + begin, data, size);
	else
		memcpy(data, codec->packet + begin, size);
}

static void
codec_text(struct codec *codec, const char **text, size_t max)
{
	const char *from = codec->out != NULL && *text != NULL ? *text : "";
	size_t length = (size_t)codec_number(codec, 2, strlen(from), max);
	const char *at = (const char *)codec->packet + codec->at;

	if (!codec_advance(codec, length + 1)) {
		*text = NULL;
		return;
	}
	if (codec->out != NULL) {
		memcpy(codec->out + codec->at - length - 1, from, length + 1);
		return;
	}
	/* A second zero octet would let two programs see two texts: one that
	 * goes by the length, one that stops at the first zero. */
	codec->bad = memchr(at, 0, length + 1) != at + length;
	*text = codec->bad || length == 0 ? NULL : at;
}

/* --- groups of fields ---------------------------------------------------- */

/* Iterations (u32), octets of the salt (u8) and of a key (u8), the salt, the
 * StoredKey, the ServerKey. */
static void
codec_verifier(struct codec *codec, struct verifier *verifier)
{
	verifier->iterations = (uint32_t)codec_number(codec, 4,
	    verifier->iterations, UINT32_MAX);
	codec_count(codec, &verifier->salt_size, VERIFIER_SALT_MAX);
	codec_count(codec, &verifier->key_size, VERIFIER_KEY_MAX);
	codec_octets(codec, verifier->salt, verifier->salt_size);
	codec_octets(codec, verifier->stored_key, verifier->key_size);
	codec_octets(codec, verifier->server_key, verifier->key_size);
}

/* CN, the alternative names (a count and as many), the fingerprint (u8: 0 or
 * its octets). */
static void
codec_certificate(struct codec *codec, struct broker_message *message)
{
	struct request_certificate *certificate =
	    &message->login.request.certificate;
	bool has_sha256 = certificate->sha256 != NULL;
	size_t begin;

	codec_text(codec, &certificate->cn, MESSAGE_NAME_MAX);
	codec_count(codec, &certificate->name_count, BROKER_NAMES_MAX);
	for (size_t i = 0; i < certificate->name_count; i++) {
		const char **name = &message->names[i];

		if (codec->out != NULL)
			*name = certificate->names[i];
		codec_text(codec, name, MESSAGE_NAME_MAX);
		if (*name == NULL || **name == '\0')
			codec->bad = true;
	}
	if (certificate->name_count != 0)
		certificate->names = message->names;
	codec_boolean(codec, &has_sha256);
	begin = codec->at;
	if (!has_sha256 || !codec_advance(codec, REQUEST_SHA256_SIZE))
		return;
	if (codec->out != NULL)
		memcpy(codec->out + begin, certificate->sha256,
		    REQUEST_SHA256_SIZE);
	else
		certificate->sha256 = codec->packet + begin;
}

static void
codec_login(struct codec *codec, struct broker_message *message)
{
	struct request_login *login = &message->login;
	struct request *request = &login->request;

	codec_text(codec, &message->user, IDENTITY_MAX);
	codec_text(codec, &login->mechanism, BROKER_MECHANISM_MAX);
	codec_text(codec, &request->service, MESSAGE_NAME_MAX);
	codec_text(codec, &request->client, MESSAGE_NAME_MAX);
	request->vm.port = (uint16_t)codec_number(codec, 2, request->vm.port,
	    UINT16_MAX);
	codec_certificate(codec, message);
	request->local = (enum request_local)codec_number(codec, 1,
	    request->local, REQUEST_LOCAL_ACCOUNT);
	codec_text(codec, &request->local_user, MESSAGE_NAME_MAX);
	codec_text(codec, &request->local_number, MESSAGE_NAME_MAX);
	codec_boolean(codec, &request->local_asked);
}

static void
codec_ticket(struct codec *codec, struct broker_message *message)
{
	codec_text(codec, &message->ticket.user, IDENTITY_MAX);
	codec_text(codec, &message->ticket.vm, REQUEST_VM_NAME_MAX);
	message->ticket.seconds = (uint32_t)codec_number(codec, 4,
	    message->ticket.seconds, UINT32_MAX);
	codec_text(codec, &message->ticket.from, MESSAGE_NAME_MAX);
	codec_count(codec, &message->ticket.count, BROKER_TICKET_MECHANISMS);
	for (size_t i = 0; i < message->ticket.count; i++) {
		codec_text(codec, &message->ticket.verifiers[i].mechanism,
		    MESSAGE_NAME_MAX);
		codec_verifier(codec, &message->ticket.verifiers[i].verifier);
	}
}

/* The number of an attempt, never 0. */
static void
codec_attempt(struct codec *codec, struct broker_message *message)
{
	codec_long(codec, &message->attempt);
	if (message->attempt == 0)
		codec->bad = true;
}

/* --- messages ------------------------------------------------------------ */

static void
codec_head(struct codec *codec, struct broker_message *message)
{
	message->version = (uint8_t)codec_number(codec, 1, message->version,
	    UINT8_MAX);
	message->type = (enum broker_type)codec_number(codec, 1,
	    (uint64_t)message->type, UINT8_MAX);
	message->id = (uint32_t)codec_number(codec, 4, message->id, UINT32_MAX);
}

/* The fields of the questions.  False if the message is none. */
static bool
codec_question(struct codec *codec, struct broker_message *message)
{
	switch (message->type) {
	case BROKER_LOOKUP:
		codec_login(codec, message);
		return true;
	case BROKER_PASSWORD:
		codec_login(codec, message);
		codec_text(codec, &message->password, BROKER_PASSWORD_MAX);
		return true;
	case BROKER_DECIDE:
		codec_login(codec, message);
		codec_long(codec, &message->attempt);
		codec_boolean(codec, &message->proved);
		codec_text(codec, &message->refusal, MESSAGE_NAME_MAX);
		return true;
	case BROKER_END:
		codec_long(codec, &message->session);
		return true;
	case BROKER_TICKET:
		codec_ticket(codec, message);
		return true;
	default:
		return false;
	}
}

static bool
codec_answer(struct codec *codec, struct broker_message *message)
{
	switch (message->type) {
	case BROKER_VERIFIER:
		codec_attempt(codec, message);
		codec_verifier(codec, &message->verifier);
		return true;
	case BROKER_RESULT:
		codec_attempt(codec, message);
		codec_boolean(codec, &message->right);
		return true;
	case BROKER_DECISION:
		codec_boolean(codec, &message->allowed);
		codec_boolean(codec, &message->wants_local_user);
		codec_long(codec, &message->session);
		message->revision = (int64_t)codec_number(codec, 8,
		    (uint64_t)message->revision, INT64_MAX);
		return true;
	case BROKER_ISSUED:
		codec_long(codec, &message->ticket_id);
		return true;
	case BROKER_ERROR:
		message->error = (uint16_t)codec_number(codec, 2,
		    message->error, UINT16_MAX);
		codec_text(codec, &message->text, MESSAGE_TEXT_MAX);
		return true;
	default:
		return false;
	}
}

static bool
codec_fields(struct codec *codec, struct broker_message *message)
{
	return (codec_question(codec, message) ||
	    codec_answer(codec, message)) && !codec->bad;
}

size_t
broker_encode(unsigned char packet[BROKER_MESSAGE_MAX],
    const struct broker_message *message)
{
	struct codec codec = {
		.packet = packet,
		.out = packet,
		.size = BROKER_MESSAGE_MAX,
	};
	struct broker_message copy = *message;
	bool good;

	if (copy.version == 0)
		copy.version = BROKER_VERSION;
	/* an ERROR has the same fields in every version */
	codec.bad = copy.version != BROKER_VERSION &&
	    copy.type != BROKER_ERROR;
	codec_head(&codec, &copy);
	good = codec_fields(&codec, &copy);
	explicit_bzero(&copy, sizeof(copy));	/* verifiers */
	return good ? codec.at : 0;
}

int
broker_decode(struct broker_message *message_r,
    const unsigned char *packet, size_t size)
{
	struct codec codec = { .packet = packet, .size = size };
	struct broker_message head;

	memset(message_r, 0, sizeof(*message_r));
	if (size < MESSAGE_HEAD_SIZE)
		return BROKER_E_MALFORMED;
	codec_head(&codec, message_r);
	if (message_r->version != BROKER_VERSION)
		return BROKER_E_VERSION;
	head = *message_r;
	if (codec_fields(&codec, message_r) && codec.at == size)
		return 0;
	explicit_bzero(message_r, sizeof(*message_r));
	*message_r = head;	/* the answer, an ERROR, repeats the id */
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
