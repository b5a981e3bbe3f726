/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "broker/message.h"
#include "decide/identity.h"

enum { HEAD = 6 };	/* octets: version, type, id */

static const unsigned char sha256[REQUEST_SHA256_SIZE] = { 1, 2, 3, [31] = 9 };
static const char *const names[] = { "DNS:a.example.org", "email:a@b" };

#define VERIFIER { \
	.iterations = 10000, .salt_size = 16, .key_size = 32, \
	.salt = "salt", .stored_key = "stored", .server_key = "server" }

#define USER "alice@example.org"
#define LOGIN { \
	.mechanism = "SCRAM-SHA-256", .request = { \
	.service = "spice", .client = "2001:db8::1", .vm = { .port = 5900 }, \
	.certificate = { .cn = "alice", .names = names, .name_count = 2, \
	    .sha256 = sha256 }, \
	.local = REQUEST_LOCAL_ACCOUNT, .local_user = "alice", \
	.local_number = "1000", .local_asked = true } }

/* One of each type, with as much in it as there can be. */
static const struct broker_message messages[] = {
	{ .type = BROKER_LOOKUP, .id = 1, .user = USER, .login = LOGIN },
	{ .type = BROKER_PASSWORD, .id = 0xffffffff, .user = USER,
	    .login = LOGIN, .password = "secret" },
	{ .type = BROKER_DECIDE, .id = 3, .user = USER, .login = LOGIN,
	    .attempt = UINT64_MAX, .proved = true, .refusal = "revoked" },
	{ .type = BROKER_END, .session = UINT64_MAX },
	{ .type = BROKER_TICKET, .id = 5, .ticket = {
	    .user = "a@b", .vm = "debianx", .seconds = 120,
	    .from = "192.0.2.0/24", .count = 3, .verifiers = {
	    { "SCRAM-SHA-1", VERIFIER }, { "SCRAM-SHA-256", VERIFIER },
	    { "SCRAM-SHA-512", VERIFIER } } } },
	{ .type = BROKER_VERIFIER, .id = 6, .attempt = 1,
	    .verifier = VERIFIER },
	{ .type = BROKER_RESULT, .id = 7, .attempt = UINT64_MAX,
	    .right = true },
	{ .type = BROKER_DECISION, .id = 8, .allowed = true,
	    .wants_local_user = true, .session = 1, .revision = INT64_MAX },
	{ .type = BROKER_ISSUED, .id = 9, .ticket_id = 77 },
	{ .type = BROKER_ERROR, .id = 10, .error = BROKER_E_BUSY,
	    .text = "too much" },
};

/* A copy in memory of its own, so that reading on shows. */
static int
decode(struct broker_message *message_r, const unsigned char *packet,
    size_t size)
{
	unsigned char *copy = malloc(size + 1);
	int error;

	memcpy(copy, packet, size);
	error = broker_decode(message_r, copy, size);
	free(copy);
	return error;
}

static void
come_back(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX], again[BROKER_MESSAGE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		struct broker_message message;
		size_t size = broker_encode(packet, &messages[i]);

		assert_true(size >= HEAD);
		assert_int_equal(broker_decode(&message, packet, size), 0);
		assert_int_equal(message.type, messages[i].type);
		assert_int_equal(message.id, messages[i].id);
		assert_int_equal(broker_encode(again, &message), size);
		assert_memory_equal(again, packet, size);
	}
}

static void
come_back_as_they_were(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message m;
	const struct request *request = &m.login.request;

	(void)state;
	assert_int_equal(broker_decode(&m, packet,
	    broker_encode(packet, &messages[2])), 0);
	assert_string_equal(m.user, "alice@example.org");
	assert_string_equal(m.login.mechanism, "SCRAM-SHA-256");
	assert_string_equal(request->service, "spice");
	assert_string_equal(request->client, "2001:db8::1");
	assert_int_equal(request->vm.port, 5900);
	assert_string_equal(request->certificate.cn, "alice");
	assert_int_equal(request->certificate.name_count, 2);
	assert_string_equal(request->certificate.names[1], "email:a@b");
	assert_memory_equal(request->certificate.sha256, sha256, 32);
	assert_int_equal(request->local, REQUEST_LOCAL_ACCOUNT);
	assert_string_equal(request->local_user, "alice");
	assert_string_equal(request->local_number, "1000");
	assert_true(request->local_asked && m.proved);
	assert_null(request->user);
	assert_true(m.attempt == UINT64_MAX);
	assert_string_equal(m.refusal, "revoked");
	assert_int_equal(broker_decode(&m, packet,
	    broker_encode(packet, &messages[4])), 0);
	assert_int_equal(m.ticket.seconds, 120);
	assert_string_equal(m.ticket.vm, "debianx");
	assert_string_equal(m.ticket.verifiers[2].mechanism, "SCRAM-SHA-512");
	assert_int_equal(m.ticket.verifiers[2].verifier.iterations, 10000);
}

/* The same octets on every machine: what another program would send. */
static void
octet_by_octet(void **state)
{
	static const unsigned char error[] = { 2, 0xff, 0, 0, 0, 10, 0, 5, 0, 8,
	    't', 'o', 'o', ' ', 'm', 'u', 'c', 'h', 0 };
	static const unsigned char end[] = { 2, 4, 0, 0, 0, 0, 255, 255, 255,
	    255, 255, 255, 255, 255 };
	unsigned char packet[BROKER_MESSAGE_MAX];

	(void)state;
	assert_int_equal(broker_encode(packet, &messages[9]), sizeof(error));
	assert_memory_equal(packet, error, sizeof(error));
	assert_int_equal(broker_encode(packet, &messages[3]), sizeof(end));
	assert_memory_equal(packet, end, sizeof(end));
}

/* An error is what every version can read, and nothing else is. */
static void
speaks_other_versions_in_errors(void **state)
{
	static const unsigned char error[] = { 1, 0xff, 0, 0, 0, 10, 0, 5, 0, 8,
	    't', 'o', 'o', ' ', 'm', 'u', 'c', 'h', 0 };
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message = messages[9];

	(void)state;
	message.version = 1;
	assert_int_equal(broker_encode(packet, &message), sizeof(error));
	assert_memory_equal(packet, error, sizeof(error));
	for (size_t i = 0; i < 9; i++) {
		message = messages[i];
		message.version = 1;
		assert_int_equal(broker_encode(packet, &message), 0);
		message.version = BROKER_VERSION;
		assert_true(broker_encode(packet, &message) > 0);
	}
}

static void
says_which_side_to_upgrade(void **state)
{
	static const struct {
		unsigned int daemon, asker;
		enum broker_type question;
		const char *text;
	} rows[] = {
		{ 2, 1, BROKER_DECIDE, "vmauthzd speaks version 2, this plugin "
		    "version 1: upgrade the plugin and restart the VM" },
		{ 2, 3, BROKER_LOOKUP, "vmauthzd speaks version 2, this plugin "
		    "version 3: upgrade vmauthzd" },
		{ 2, 1, BROKER_TICKET, "vmauthzd speaks version 2, this "
		    "command version 1: upgrade vmauthz" },
		{ 255, 254, BROKER_LOOKUP, "vmauthzd speaks version 255, this "
		    "plugin version 254: upgrade the plugin and restart the "
		    "VM" },
	};
	char text[BROKER_VERSION_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		broker_version_text(text, rows[i].daemon, rows[i].asker,
		    rows[i].question);
		assert_string_equal(text, rows[i].text);
	}
}

/* VERIFIER and RESULT are about one; a decision may be about none. */
static void
refuses_no_attempt(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message;

	(void)state;
	for (size_t i = 5; i <= 6; i++) {
		size_t size = broker_encode(packet, &messages[i]);

		memset(packet + HEAD, 0, 8);
		assert_int_equal(decode(&message, packet, size),
		    BROKER_E_MALFORMED);
		message = messages[i];
		message.attempt = 0;
		assert_int_equal(broker_encode(packet, &message), 0);
	}
	message = messages[2];
	message.attempt = 0;
	assert_int_equal(broker_decode(&message, packet,
	    broker_encode(packet, &message)), 0);
	assert_int_equal(message.attempt, 0);
	assert_true(message.proved);
}

static void
nothing_is_nothing(void **state)
{
	const struct broker_message empty = {
		.type = BROKER_DECIDE,
		.user = "",
	};
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message;

	(void)state;
	assert_int_equal(broker_decode(&message, packet,
	    broker_encode(packet, &empty)), 0);
	assert_null(message.user);
	assert_null(message.login.request.client);
	assert_null(message.login.request.certificate.cn);
	assert_null(message.login.request.certificate.names);
	assert_null(message.login.request.certificate.sha256);
	assert_null(message.refusal);
	assert_false(message.proved);
}

/* --- refusals ------------------------------------------------------------ */

static void
refuses_what_is_cut_or_longer(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX + 1];
	struct broker_message message;

	(void)state;
	for (size_t i = 0; i < COUNT(messages); i++) {
		size_t size = broker_encode(packet, &messages[i]);

		for (size_t cut = 0; cut < size; cut++) {
			assert_int_equal(decode(&message, packet, cut),
			    BROKER_E_MALFORMED);
			assert_int_equal(message.id,
			    cut < HEAD ? 0 : messages[i].id);
			assert_null(message.user);
		}
		packet[size] = 0;
		assert_int_equal(decode(&message, packet, size + 1),
		    BROKER_E_MALFORMED);
	}
}

static void
refuses_other_versions_and_types(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message;
	size_t size = broker_encode(packet, &messages[0]);

	(void)state;
	for (int version = 0; version < 256; version++) {
		packet[0] = (unsigned char)version;
		assert_int_equal(decode(&message, packet, size),
		    version == BROKER_VERSION ? 0 : BROKER_E_VERSION);
		assert_int_equal(message.id, 1);
		assert_int_equal(message.type, BROKER_LOOKUP);
		assert_int_equal(message.version, version);
		assert_true((message.user == NULL) ==
		    (version != BROKER_VERSION));
	}
	packet[0] = BROKER_VERSION;
	for (int type = 0; type < 256; type++) {
		packet[1] = (unsigned char)type;
		if (type != BROKER_LOOKUP)
			assert_int_equal(decode(&message, packet, size),
			    BROKER_E_MALFORMED);
	}
}

/* Where the fields of a LOOKUP with nothing but a user "a" are. */
static size_t
small_lookup(unsigned char packet[BROKER_MESSAGE_MAX])
{
	const struct broker_message message = {
		.type = BROKER_LOOKUP, .user = "a",
	};

	return broker_encode(packet, &message);
}

static const struct {
	const char *title;
	size_t at;		/* octets behind the head */
	unsigned char octet;
} spoilt[] = {
	{ "a longer text", 1, 2 },
	{ "a shorter one", 1, 0 },
	{ "a text of 64 KiB", 0, 255 },
	{ "a NUL in the text", 2, 0 },
	{ "no NUL behind it", 3, 'x' },
	{ "a third local", 20, 3 },
	{ "a bool of 2", 27, 2 },
	{ "a name that is not there", 18, 1 },
	{ "too many names", 18, BROKER_NAMES_MAX + 1 },
	{ "a fingerprint that is not there", 19, 1 },
	{ "a fingerprint of two", 19, 2 },
};

static void
refuses_spoilt_fields(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message;

	(void)state;
	assert_int_equal(decode(&message, packet, small_lookup(packet)), 0);
	assert_int_equal(small_lookup(packet), HEAD + 28);
	for (size_t i = 0; i < COUNT(spoilt); i++) {
		size_t size = small_lookup(packet);

		TITLE(spoilt[i].title);
		assert_true(packet[HEAD + spoilt[i].at] != spoilt[i].octet);
		packet[HEAD + spoilt[i].at] = spoilt[i].octet;
		assert_int_equal(decode(&message, packet, size),
		    BROKER_E_MALFORMED);
	}
}

static void
writes_nothing_that_is_too_long(void **state)
{
	static char text[BROKER_PASSWORD_MAX + 2];
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message = {
		.type = BROKER_PASSWORD, .password = text,
	};

	(void)state;
	memset(text, 'x', BROKER_PASSWORD_MAX);
	assert_true(broker_encode(packet, &message) > 0);
	text[BROKER_PASSWORD_MAX] = 'x';
	assert_int_equal(broker_encode(packet, &message), 0);
	text[IDENTITY_MAX + 1] = '\0';
	message = (struct broker_message){
		.type = BROKER_LOOKUP, .user = text,
	};
	assert_int_equal(broker_encode(packet, &message), 0);
	text[IDENTITY_MAX] = '\0';
	assert_true(broker_encode(packet, &message) > 0);
	memset(text, 'x', BROKER_MECHANISM_MAX + 1);
	text[BROKER_MECHANISM_MAX + 1] = '\0';
	message.login.mechanism = text;
	message.user = "a";
	assert_int_equal(broker_encode(packet, &message), 0);
	text[BROKER_MECHANISM_MAX] = '\0';
	assert_true(broker_encode(packet, &message) > 0);
	message.type = (enum broker_type)99;
	assert_int_equal(broker_encode(packet, &message), 0);
}

static void
refuses_big_verifiers(void **state)
{
	unsigned char packet[BROKER_MESSAGE_MAX];
	struct broker_message message = messages[5];

	(void)state;
	message.verifier.salt_size = VERIFIER_SALT_MAX + 1;
	assert_int_equal(broker_encode(packet, &message), 0);
	message.verifier.salt_size = VERIFIER_SALT_MAX;
	message.verifier.key_size = VERIFIER_KEY_MAX + 1;
	assert_int_equal(broker_encode(packet, &message), 0);
	message.verifier.key_size = VERIFIER_KEY_MAX;
	assert_true(broker_encode(packet, &message) > 0);
}

static void
has_words(void **state)
{
	(void)state;
	for (int error = -3; error < 300; error++)
		assert_true(strlen(broker_strerror(error)) > 3);
	assert_string_equal(broker_strerror(BROKER_E_VALUE + 1),
	    "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(come_back),
		cmocka_unit_test(come_back_as_they_were),
		cmocka_unit_test(octet_by_octet),
		cmocka_unit_test(speaks_other_versions_in_errors),
		cmocka_unit_test(says_which_side_to_upgrade),
		cmocka_unit_test(refuses_no_attempt),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(refuses_what_is_cut_or_longer),
		cmocka_unit_test(refuses_other_versions_and_types),
		cmocka_unit_test(refuses_spoilt_fields),
		cmocka_unit_test(writes_nothing_that_is_too_long),
		cmocka_unit_test(refuses_big_verifiers),
		cmocka_unit_test(has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
