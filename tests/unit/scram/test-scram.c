/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "scram/scram.h"

/* --- the exchanges printed in RFC 5802 and RFC 7677 ---------------------- */

struct exchange {
	const char *mechanism;
	const EVP_MD *(*digest)(void);
	const char *salt, *stored_key, *server_key;
	const char *auth_message;	/* RFC 5802, section 3 */
	const char *proof, *signature;
};

static const struct exchange exchanges[] = {
	{ "SCRAM-SHA-1", EVP_sha1, "QSXCR+Q6sek8bf92",
	    "6dlGYMOdZcOPutkcNY8U2g7vK9Y=", "D+CSWLOshSulAsxiupA+qs2/fTE=",
	    "n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
	    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
	    "s=QSXCR+Q6sek8bf92,i=4096,"
	    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
	    "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
	{ "SCRAM-SHA-256", EVP_sha256, "W22ZaJ0SNY7soEsUEjb6gQ==",
	    "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=",
	    "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
	    "n=user,r=rOprNGfwEbeRWgbNEkqO,"
	    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
	    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
	    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
	    "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
	    "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
};

static size_t
decode(const char *text, unsigned char *out)
{
	size_t length = strlen(text);
	int size = EVP_DecodeBlock(out, (const unsigned char *)text,
	    (int)length);

	assert_true(size > 0);
	for (; text[length - 1] == '='; length--)
		size--;
	return (size_t)size;
}

static struct verifier
verifier_of(const struct exchange *exchange)
{
	unsigned char bytes[128];
	struct verifier verifier = { .iterations = 4096 };

	verifier.salt_size = decode(exchange->salt, bytes);
	memcpy(verifier.salt, bytes, verifier.salt_size);
	verifier.key_size = decode(exchange->stored_key, bytes);
	memcpy(verifier.stored_key, bytes, verifier.key_size);
	assert_int_equal(decode(exchange->server_key, bytes),
	    verifier.key_size);
	memcpy(verifier.server_key, bytes, verifier.key_size);
	return verifier;
}

static void
mac(const EVP_MD *digest, const unsigned char *key, size_t key_size,
    const char *message, unsigned char *out)
{
	assert_non_null(HMAC(digest, key, (int)key_size,
	    (const unsigned char *)message, strlen(message), out, NULL));
}

/* The keys above are those of the printed proof and signature. */
static void
keys_belong_to_the_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		const struct exchange *row = &exchanges[i];
		struct verifier verifier = verifier_of(row);
		unsigned char client_key[128], expected[128];
		unsigned char made[EVP_MAX_MD_SIZE];

		TITLE(row->mechanism);
		decode(row->signature, expected);
		mac(row->digest(), verifier.server_key, verifier.key_size,
		    row->auth_message, made);
		assert_memory_equal(made, expected, verifier.key_size);

		decode(row->proof, client_key);
		mac(row->digest(), verifier.stored_key, verifier.key_size,
		    row->auth_message, made);
		for (size_t at = 0; at < verifier.key_size; at++)
			client_key[at] ^= made[at];
		assert_int_equal(EVP_Digest(client_key, verifier.key_size,
		    made, NULL, row->digest(), NULL), 1);
		assert_memory_equal(made, verifier.stored_key,
		    verifier.key_size);
	}
}

static void
checks_the_rfcs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(exchanges); i++) {
		const char *mechanism = exchanges[i].mechanism;
		struct verifier verifier = verifier_of(&exchanges[i]);

		TITLE(mechanism);
		assert_int_equal(scram_verifier_check(mechanism, "pencil",
		    &verifier), ERROR_NONE);
		assert_int_equal(scram_verifier_check(mechanism, "pencils",
		    &verifier), ERROR_PASSWORD);
		assert_int_equal(scram_verifier_check(mechanism, "Pencil",
		    &verifier), ERROR_PASSWORD);
		assert_int_equal(scram_verifier_check(mechanism, "",
		    &verifier), ERROR_PASSWORD);
		verifier.stored_key[verifier.key_size - 1] ^= 1;
		assert_int_equal(scram_verifier_check(mechanism, "pencil",
		    &verifier), ERROR_PASSWORD);
	}
}

/* --- making and checking ------------------------------------------------- */

static const struct {
	const char *mechanism;
	size_t size;
	const EVP_MD *(*digest)(void);
} hashes[] = {
	{ "SCRAM-SHA-1", 20, EVP_sha1 },
	{ "SCRAM-SHA-256", 32, EVP_sha256 },
	{ "SCRAM-SHA-512", 64, EVP_sha512 },
};

static const char *const unknown_mechanisms[] = {
	"", "SCRAM", "SCRAM-SHA", "SCRAM-SHA-224", "SCRAM-SHA-384",
	"SCRAM-SHA-2560", "SCRAM-SHA-256-PLUS", "scram-sha-256",
	" SCRAM-SHA-256", "SCRAM-SHA-256 ", "SHA-256", "PLAIN",
};

static void
knows_its_mechanisms(void **state)
{
	size_t count = 0;

	(void)state;
	for (; scram_mechanisms[count] != NULL; count++)
		assert_string_equal(scram_mechanisms[count],
		    hashes[count].mechanism);
	assert_int_equal(count, COUNT(hashes));
	for (size_t i = 0; i < COUNT(hashes); i++)
		assert_int_equal(scram_key_size(hashes[i].mechanism),
		    hashes[i].size);
	for (size_t i = 0; i < COUNT(unknown_mechanisms); i++) {
		struct verifier verifier = { .key_size = 32 };

		TITLE(unknown_mechanisms[i]);
		assert_int_equal(scram_key_size(unknown_mechanisms[i]), 0);
		assert_int_equal(scram_verifier_make(unknown_mechanisms[i],
		    "pencil", 4096, &verifier), ERROR_VALUE);
		assert_int_equal(verifier.key_size, 0);
	}
}

static void
makes_what_it_checks(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(hashes); i++) {
		const char *mechanism = hashes[i].mechanism;
		struct verifier made, again;
		unsigned char salted[EVP_MAX_MD_SIZE];
		unsigned char expected[EVP_MAX_MD_SIZE];

		TITLE(mechanism);
		assert_int_equal(scram_verifier_make(mechanism, "pencil",
		    5000, &made), ERROR_NONE);
		assert_int_equal(made.iterations, 5000);
		assert_int_equal(made.salt_size, SCRAM_SALT_SIZE);
		assert_int_equal(made.key_size, hashes[i].size);
		assert_int_equal(scram_verifier_check(mechanism, "pencil",
		    &made), ERROR_NONE);
		assert_int_equal(scram_verifier_check(mechanism, "pencil ",
		    &made), ERROR_PASSWORD);

		assert_int_equal(PKCS5_PBKDF2_HMAC("pencil", 6, made.salt,
		    SCRAM_SALT_SIZE, 5000, hashes[i].digest(),
		    (int)made.key_size, salted), 1);
		mac(hashes[i].digest(), salted, made.key_size, "Server Key",
		    expected);
		assert_memory_equal(made.server_key, expected, made.key_size);

		assert_int_equal(scram_verifier_make(mechanism, "pencil",
		    5000, &again), ERROR_NONE);
		assert_memory_not_equal(made.salt, again.salt,
		    SCRAM_SALT_SIZE);
		assert_memory_not_equal(made.stored_key, again.stored_key,
		    made.key_size);
	}
}

static void
bounds_iterations(void **state)
{
	static const struct {
		unsigned int iterations;
		int expected;
	} rows[] = {
		{ 0, ERROR_VALUE },
		{ 1, ERROR_VALUE },
		{ 4095, ERROR_VALUE },
		{ 4096, ERROR_NONE },
		{ SCRAM_ITERATIONS_DEFAULT, ERROR_NONE },
		{ 65536, ERROR_NONE },
		{ 65537, ERROR_VALUE },
		{ 2147483648u, ERROR_VALUE },
		{ 4294967295u, ERROR_VALUE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct verifier verifier;

		assert_int_equal(scram_verifier_make("SCRAM-SHA-256", "pencil",
		    rows[i].iterations, &verifier), rows[i].expected);
	}
}

/* What no verifier looks like is neither checked nor written. */
static void
refuses_odd_verifiers(void **state)
{
	static const struct {
		const char *title, *mechanism;
		size_t salt_size, key_size;
		uint32_t iterations;
		bool written;		/* iterations are a number only */
	} rows[] = {
		{ "no salt", "SCRAM-SHA-256", 0, 32, 4096, false },
		{ "salt too long", "SCRAM-SHA-256", 65, 32, 4096, false },
		{ "huge salt", "SCRAM-SHA-256", SIZE_MAX, 32, 4096, false },
		{ "no key", "SCRAM-SHA-256", 16, 0, 4096, false },
		{ "short key", "SCRAM-SHA-256", 16, 31, 4096, false },
		{ "key of SHA-1", "SCRAM-SHA-256", 16, 20, 4096, false },
		{ "key of SHA-512", "SCRAM-SHA-256", 16, 64, 4096, false },
		{ "huge key", "SCRAM-SHA-512", 16, SIZE_MAX, 4096, false },
		{ "key for nothing", "SCRAM-SHA-384", 16, 48, 4096, false },
		{ "no key for nothing", "PLAIN", 16, 0, 4096, false },
		{ "no iterations", "SCRAM-SHA-256", 16, 32, 0, true },
		{ "many iterations", "SCRAM-SHA-256", 16, 32, 65537, true },
		{ "negative as int", "SCRAM-SHA-256", 16, 32, UINT32_MAX,
		    true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct verifier verifier = {
			.iterations = rows[i].iterations,
			.salt_size = rows[i].salt_size,
			.key_size = rows[i].key_size,
		};
		char text[SCRAM_TEXT_MAX];

		TITLE(rows[i].title);
		assert_int_equal(scram_verifier_check(rows[i].mechanism,
		    "pencil", &verifier), ERROR_VALUE);
		assert_int_equal(scram_verifier_text(rows[i].mechanism,
		    &verifier, text), rows[i].written ? ERROR_NONE :
		    ERROR_VALUE);
	}
}

/* --- as text ------------------------------------------------------------- */

static void
writes_text(void **state)
{
	struct verifier verifier = verifier_of(&exchanges[1]);
	char text[SCRAM_TEXT_MAX];

	(void)state;
	assert_int_equal(scram_verifier_text("SCRAM-SHA-256", &verifier, text),
	    ERROR_NONE);
	assert_string_equal(text,
	    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ=="
	    "$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
	    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
	verifier = verifier_of(&exchanges[0]);
	assert_int_equal(scram_verifier_text("SCRAM-SHA-1", &verifier, text),
	    ERROR_NONE);
	assert_string_equal(text, "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92"
	    "$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=");
}

static void
writes_the_longest_text(void **state)
{
	struct verifier verifier = { .iterations = UINT32_MAX,
	    .salt_size = VERIFIER_SALT_MAX, .key_size = VERIFIER_KEY_MAX };
	char text[SCRAM_TEXT_MAX + 1];

	(void)state;
	memset(text, '#', sizeof(text));
	assert_int_equal(scram_verifier_text("SCRAM-SHA-512", &verifier, text),
	    ERROR_NONE);
	assert_int_equal(strlen(text), 13 + 1 + 10 + 1 + 88 + 1 + 88 + 1 + 88);
	assert_int_equal(text[SCRAM_TEXT_MAX], '#');
}

/* --- SASLprep ------------------------------------------------------------ */

static const struct {
	const char *title, *password;
	const char *expected;	/* NULL: refused */
} passwords[] = {
	{ "ASCII", "pencil", "pencil" },
	{ "upper case stays", "USER", "USER" },
	{ "inner and outer spaces", " a  b ", " a  b " },
	{ "one octet", "x", "x" },
	{ "every printable ASCII", "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~",
	    "!\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~" },
	{ "soft hyphen goes", "I\xc2\xadX", "IX" },
	{ "feminine ordinal", "\xc2\xaa", "a" },
	{ "Roman numeral nine", "\xe2\x85\xa8", "IX" },
	{ "no-break space", "a\xc2\xa0" "b", "a b" },
	{ "ogham space", "a\xe1\x9a\x80" "b", "a b" },
	{ "composed", "caf\xc3\xa9", "caf\xc3\xa9" },
	{ "decomposed", "cafe\xcc\x81", "caf\xc3\xa9" },
	{ "deprecated tone mark", "a\xcd\x80", "\xc3\xa0" },
	{ "Arabic", "\xd8\xa7" "1\xd8\xa8", "\xd8\xa7" "1\xd8\xa8" },

	{ "empty", "", NULL },
	{ "empty after mapping", "\xc2\xad", NULL },
	{ "BEL", "\x07", NULL },
	{ "tab", "a\tb", NULL },
	{ "newline", "a\n", NULL },
	{ "carriage return", "a\r", NULL },
	{ "ESC", "a\x1b[0m", NULL },
	{ "DEL", "a\x7f", NULL },
	{ "C1 control", "a\xc2\x85", NULL },
	{ "line separator", "a\xe2\x80\xa8", NULL },
	{ "left-to-right mark", "a\xe2\x80\x8e", NULL },
	{ "right-to-left override", "a\xe2\x80\xae" "b", NULL },
	{ "symmetric swapping", "a\xe2\x81\xaa", NULL },
	{ "private use", "\xee\x80\x80", NULL },
	{ "private use, plane 16", "\xf4\x8f\xbf\xbd", NULL },
	{ "noncharacter", "\xef\xb7\x90", NULL },
	{ "noncharacter U+FFFF", "\xef\xbf\xbf", NULL },
	{ "replacement character", "a\xef\xbf\xbd", NULL },
	{ "interlinear annotation", "a\xef\xbf\xb9", NULL },
	{ "ideographic description", "\xe2\xbf\xb0", NULL },
	{ "musical format", "a\xf0\x9d\x85\xb3", NULL },
	{ "tag", "a\xf3\xa0\x80\x81", NULL },
	{ "unassigned in Unicode 3.2", "\xc8\xa1", NULL },
	{ "emoji, assigned later", "\xf0\x9f\x98\x80", NULL },
	{ "Arabic, then a digit", "\xd8\xa7" "1", NULL },
	{ "digit, then Arabic", "1\xd8\xa7", NULL },
	{ "Arabic and Latin", "\xd8\xa7x\xd8\xa8", NULL },
	{ "Hebrew after Latin", "x\xd7\x90", NULL },
	{ "Latin-1", "caf\xe9", NULL },
	{ "lone continuation", "a\x80", NULL },
	{ "cut short", "a\xe2\x82", NULL },
	{ "overlong slash", "\xc0\xaf", NULL },
	{ "overlong NUL", "a\xc0\x80", NULL },
	{ "surrogate", "\xed\xa0\x80", NULL },
	{ "surrogate pair", "\xed\xa0\xbd\xed\xb8\x80", NULL },
	{ "beyond Unicode", "\xf4\x90\x80\x80", NULL },
	{ "five octets", "\xf8\x88\x80\x80\x80", NULL },
	{ "0xff", "\xff", NULL },
};

static void
prepares(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(passwords); i++) {
		char out[SCRAM_PASSWORD_MAX];
		int rc;

		memset(out, '#', sizeof(out));
		rc = scram_prepare(passwords[i].password, out);
		TITLE(passwords[i].title);
		if (passwords[i].expected == NULL) {
			assert_int_equal(rc, ERROR_PASSWORD);
			continue;
		}
		assert_int_equal(rc, ERROR_NONE);
		assert_string_equal(out, passwords[i].expected);
	}
}

static void
bounds_lengths(void **state)
{
	char password[SCRAM_PASSWORD_MAX + 2], out[SCRAM_PASSWORD_MAX + 1];

	(void)state;
	out[SCRAM_PASSWORD_MAX] = '#';
	memset(password, 'a', sizeof(password));
	password[SCRAM_PASSWORD_MAX - 1] = '\0';
	assert_int_equal(scram_prepare(password, out), ERROR_NONE);
	assert_string_equal(out, password);

	password[SCRAM_PASSWORD_MAX - 1] = 'a';
	password[SCRAM_PASSWORD_MAX] = '\0';
	assert_int_equal(scram_prepare(password, out), ERROR_PASSWORD);
	password[SCRAM_PASSWORD_MAX] = 'a';
	password[SCRAM_PASSWORD_MAX + 1] = '\0';
	assert_int_equal(scram_prepare(password, out), ERROR_PASSWORD);

	/* U+FDF2 of 3 octets becomes 8 */
	for (size_t at = 0; at + 3 < SCRAM_PASSWORD_MAX; at += 3) {
		memcpy(password + at, "\xef\xb7\xb2", 4);
		assert_int_equal(scram_prepare(password, out),
		    8 * (at / 3 + 1) < SCRAM_PASSWORD_MAX ?
		    ERROR_NONE : ERROR_PASSWORD);
	}
	assert_int_equal(out[SCRAM_PASSWORD_MAX], '#');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_belong_to_the_rfcs),
		cmocka_unit_test(checks_the_rfcs),
		cmocka_unit_test(knows_its_mechanisms),
		cmocka_unit_test(makes_what_it_checks),
		cmocka_unit_test(bounds_iterations),
		cmocka_unit_test(refuses_odd_verifiers),
		cmocka_unit_test(writes_text),
		cmocka_unit_test(writes_the_longest_text),
		cmocka_unit_test(prepares),
		cmocka_unit_test(bounds_lengths),
	};

	return cmocka_run_group_tests_name("scram", tests, NULL, NULL);
}
