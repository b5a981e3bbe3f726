/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <openssl/err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cert/revocation.h"
#include "tests/unit/pki.h"

enum { DAY = 86400, TEXT_MAX = 512 };

static struct pair ca, impostor, foreign, between, alice, bob, carol;
static X509_STORE *trust;
static char directory[] = "/tmp/vmauthz-crl-XXXXXX";
static char path[64], next_path[64];
static struct revocation *revocation;
static char detail[REVOCATION_DETAIL_MAX];
static time_t later;		/* seconds that judging is after now */

static struct pair
issue(const char *cn, const struct pair *issuer, bool authority)
{
	return pki_issue(&(struct pki_request){ .cn = cn, .issuer = issuer,
	    .authority = authority, .lifetime = DAY,
	    .usage = authority ? NULL : "clientAuth" });
}

static int
set_up(void **state)
{
	(void)state;
	ca = issue("ca", NULL, true);
	impostor = issue("ca", NULL, true);
	foreign = issue("foreign", NULL, true);
	between = issue("between", &ca, true);
	alice = issue("alice", &ca, false);
	bob = issue("bob", &ca, false);
	carol = issue("carol", &between, false);
	trust = X509_STORE_new();
	X509_STORE_add_cert(trust, ca.certificate);
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/crl.pem", directory);
	snprintf(next_path, sizeof(next_path), "%s/next", directory);
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *const all[] = { &ca, &impostor, &foreign, &between, &alice,
	    &bob, &carol };

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++)
		pki_discard(all[i]);
	X509_STORE_free(trust);
	return rmdir(directory);
}

static int
begin(void **state)
{
	(void)state;
	return revocation_new(&revocation, path);
}

static int
end(void **state)
{
	(void)state;
	revocation_free(&revocation);
	revocation_free(&revocation);
	later = 0;
	unlink(path);
	unlink(next_path);
	return 0;
}

/* As a careful program does it: the file is always whole. */
static void
replace(const void *octets, size_t size)
{
	pki_write(next_path, octets, size);
	assert_int_equal(rename(next_path, path), 0);
}

static void
put(const struct pki_crl_request *crls, enum pki_form form)
{
	unsigned char content[PKI_CRLS_SIZE];

	replace(content, pki_crls(crls, form, content));
}

static const struct pki_crl_request lists_bob[PKI_CRLS_MAX] = {
	{ .issuer = &ca, .from = -60, .to = DAY, .revoked = &bob },
}, lists_nobody[PKI_CRLS_MAX] = {
	{ .issuer = &ca, .from = -60, .to = DAY },
};

static enum revocation_verdict
judge_chain(X509_STORE *anchors, const struct pair *who, STACK_OF(X509) *chain,
    char why_r[REVOCATION_DETAIL_MAX])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += later;
	return revocation_check(revocation, anchors, who->certificate, chain,
	    &now, why_r);
}

/* Unless a certificate is good, there is a sentence with the path. */
static enum revocation_verdict
judge(const struct pair *who)
{
	enum revocation_verdict verdict;

	strcpy(detail, "left over");
	ERR_clear_error();
	verdict = judge_chain(trust, who, NULL, detail);
	assert_int_equal(ERR_peek_error(), 0);
	if (verdict == REVOCATION_GOOD)
		assert_string_equal(detail, "");
	else
		assert_ptr_equal(strstr(detail, path), detail);
	return verdict;
}

static void
nobody_passes(const char *why)
{
	assert_int_equal(judge(&alice), REVOCATION_UNKNOWN);
	assert_non_null(strstr(detail, why));
	assert_int_equal(judge(&bob), REVOCATION_UNKNOWN);
	assert_non_null(strstr(detail, why));
}

static void
all_but_bob_pass(void)
{
	assert_int_equal(judge(&alice), REVOCATION_GOOD);
	assert_int_equal(judge(&bob), REVOCATION_REVOKED);
	assert_non_null(strstr(detail, "serial number "));
	assert_non_null(strstr(detail, ", revoked on 20"));
}

/* --- what CRLs say ------------------------------------------------------- */

static const struct {
	const char *title;
	struct pki_crl_request crls[PKI_CRLS_MAX];
	enum revocation_verdict alice, bob;
	const char *why;		/* bob's */
} rows[] = {
	{ "nobody is revoked", { { &ca, -60, DAY, NULL, false, false } },
	    REVOCATION_GOOD, REVOCATION_GOOD, "" },
	{ "bob is", { { &ca, -60, DAY, &bob, false, false } },
	    REVOCATION_GOOD, REVOCATION_REVOKED, ", revoked on 20" },
	{ "alice is", { { &ca, -60, DAY, &alice, false, false } },
	    REVOCATION_REVOKED, REVOCATION_GOOD, "" },
	{ "after another authority's", { { &foreign, -60, DAY, NULL, false,
	    false }, { &ca, -60, DAY, &bob, false, false } },
	    REVOCATION_GOOD, REVOCATION_REVOKED, ", revoked on 20" },
	{ "the newer of two counts", { { &ca, -600, DAY, NULL, false, false },
	    { &ca, -60, DAY, &bob, false, false } },
	    REVOCATION_GOOD, REVOCATION_REVOKED, ", revoked on 20" },
	{ "the valid one of two counts", { { &ca, -600, -60, NULL, false,
	    false }, { &ca, -600, DAY, &bob, false, false } },
	    REVOCATION_GOOD, REVOCATION_REVOKED, ", revoked on 20" },

	{ "expired", { { &ca, -600, -60, NULL, false, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "expired on 20" },
	{ "expired, and lists bob", { { &ca, -600, -60, &bob, false, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "expired on 20" },
	{ "not valid yet", { { &ca, 600, DAY, NULL, false, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "not valid before 20" },
	{ "another authority's", { { &foreign, -60, DAY, NULL, false, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "no CRL of the auth" },
	{ "another authority's lists bob", { { &foreign, -60, DAY, &bob, false,
	    false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "no CRL of the auth" },
	{ "another authority's of that name", { { &impostor, -60, DAY, NULL,
	    false, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "signature" },
	{ "wrongly signed", { { &ca, -60, DAY, NULL, false, true } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "signature" },
	{ "a delta", { { &ca, -60, DAY, NULL, true, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "a delta CRL" },
	{ "a delta after the whole", { { &ca, -600, DAY, &bob, false, false },
	    { &ca, -60, DAY, NULL, true, false } },
	    REVOCATION_UNKNOWN, REVOCATION_UNKNOWN, "a delta CRL" },
};

static void
judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows) * 2; i++) {
		enum pki_form form = i % 2 == 0 ? PKI_PEM : PKI_DER;

		if (form == PKI_DER && rows[i / 2].crls[1].issuer != NULL)
			continue;
		TITLE(rows[i / 2].title);
		put(rows[i / 2].crls, form);
		assert_int_equal(judge(&alice), rows[i / 2].alice);
		assert_int_equal(judge(&bob), rows[i / 2].bob);
		assert_non_null(strstr(detail, rows[i / 2].why));
	}
}

/* The authority in between is asked about the leaf, and shown by the client. */
static void
judges_through_a_chain(void **state)
{
	const struct pki_crl_request one[PKI_CRLS_MAX] = {
	    { .issuer = &between, .from = -60, .to = DAY } };
	const struct pki_crl_request both[PKI_CRLS_MAX] = {
	    { .issuer = &ca, .from = -60, .to = DAY },
	    { .issuer = &between, .from = -60, .to = DAY, .revoked = &carol } };
	STACK_OF(X509) *chain = sk_X509_new_null();

	(void)state;
	sk_X509_push(chain, between.certificate);
	put(one, PKI_PEM);
	assert_int_equal(judge_chain(trust, &carol, chain, detail),
	    REVOCATION_GOOD);
	assert_int_equal(judge(&carol), REVOCATION_UNKNOWN);
	assert_int_equal(judge(&alice), REVOCATION_UNKNOWN);
	put(both, PKI_PEM);
	assert_int_equal(judge_chain(trust, &carol, chain, detail),
	    REVOCATION_REVOKED);
	assert_int_equal(judge(&alice), REVOCATION_GOOD);
	put(lists_nobody, PKI_PEM);
	assert_int_equal(judge_chain(trust, &carol, chain, detail),
	    REVOCATION_UNKNOWN);
	assert_int_equal(judge_chain(NULL, &alice, NULL, detail),
	    REVOCATION_UNKNOWN);
	sk_X509_free(chain);
}

static void
expires_while_it_is_known(void **state)
{
	const struct pki_crl_request brief[PKI_CRLS_MAX] = {
	    { .issuer = &ca, .from = -60, .to = 60, .revoked = &bob } };

	(void)state;
	put(brief, PKI_DER);
	later = 1;		/* the file has settled */
	all_but_bob_pass();
	later = 120;
	nobody_passes("expired on 20");
}

/* --- what is not a CRL --------------------------------------------------- */

static void
refuses_what_is_cut_short(void **state)
{
	unsigned char content[PKI_CRLS_SIZE];
	enum pki_form form;

	(void)state;
	for (form = PKI_PEM; form <= PKI_DER; form++) {
		size_t size = pki_crls(lists_bob, form, content);

		/* a PEM text may lack its last newline */
		for (size_t cut = 0; cut + 1 < size; cut += 13) {
			replace(content, cut);
			nobody_passes("not a CRL in PEM or DER");
		}
		replace(content, size - 2);
		nobody_passes("not a CRL in PEM or DER");
		replace(content, size);
		all_but_bob_pass();
	}
}

static void
refuses_what_is_malformed(void **state)
{
	static const struct {
		const char *title, *before, *after;
		enum pki_form form;
	} texts[] = {
		{ "a DER and more", "", "\n", PKI_DER },
		{ "more and a DER", "\n", "", PKI_DER },
		{ "a PEM and half of one", "",
		    "-----BEGIN X509 CRL-----\nMIIB\n", PKI_PEM },
		{ "a PEM and a bad one", "", "-----BEGIN X509 CRL-----\nMIIB\n"
		    "-----END X509 CRL-----\n", PKI_PEM },
		{ "a PEM and a locked one", "", "-----BEGIN X509 CRL-----\n"
		    "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
		    "00112233445566778899AABBCCDDEEFF\n\nMIIB\n"
		    "-----END X509 CRL-----\n", PKI_PEM },
	};
	unsigned char content[TEXT_MAX + PKI_CRLS_SIZE + TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		size_t before = strlen(texts[i].before);
		size_t after = strlen(texts[i].after);
		size_t size;

		TITLE(texts[i].title);
		memcpy(content, texts[i].before, before);
		size = pki_crls(lists_bob, texts[i].form, content + before);
		memcpy(content + before + size, texts[i].after, after);
		replace(content, before + size + after);
		nobody_passes("not a CRL in PEM or DER");
	}
	replace("garbage\n", 8);
	nobody_passes("not a CRL in PEM or DER");
}

static void
takes_text_around_a_pem(void **state)
{
	static const char text[] = "Certificate Revocation List (CRL):\n"
	    "    Version 2 (0x1)\n";
	unsigned char content[TEXT_MAX + PKI_CRLS_SIZE + TEXT_MAX];
	size_t size;

	(void)state;
	memcpy(content, text, strlen(text));
	size = pki_crls(lists_bob, PKI_PEM, content + strlen(text)) +
	    strlen(text);
	memcpy(content + size, text, strlen(text));
	replace(content, size + strlen(text));
	all_but_bob_pass();
}

/* --- which file ---------------------------------------------------------- */

static void
waits_for_it_to_appear(void **state)
{
	(void)state;
	nobody_passes("No such file");
	put(lists_bob, PKI_PEM);
	all_but_bob_pass();
	unlink(path);
	nobody_passes("No such file");
	put(lists_nobody, PKI_PEM);
	assert_int_equal(judge(&bob), REVOCATION_GOOD);
}

static void
demands_a_regular_file(void **state)
{
	(void)state;
	alarm(20);		/* a FIFO without a writer would block */
	assert_int_equal(mkfifo(path, 0644), 0);
	nobody_passes("not a regular file");
	unlink(path);
	assert_int_equal(mkdir(path, 0755), 0);
	nobody_passes("not a regular file");
	rmdir(path);
	assert_int_equal(symlink("/dev/zero", path), 0);
	nobody_passes("not a regular file");
	unlink(path);
	alarm(0);
	put(lists_bob, PKI_PEM);
	assert_int_equal(rename(path, next_path), 0);
	assert_int_equal(symlink(next_path, path), 0);
	all_but_bob_pass();
}

static void
demands_a_safe_file(void **state)
{
	(void)state;
	put(lists_bob, PKI_PEM);
	all_but_bob_pass();
	assert_int_equal(chmod(path, 0646), 0);
	nobody_passes("o-w");
	assert_int_equal(chmod(path, 0664), 0);
	all_but_bob_pass();
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 65534, 0), 0);
		nobody_passes("its owner should be root");
	}
	put(lists_bob, PKI_PEM);
	all_but_bob_pass();
	assert_int_equal(truncate(path, REVOCATION_FILE_MAX + 1), 0);
	nobody_passes("larger than 1 MiB");
}

/* At once and after a while; by renaming, and in place with the same size. */
static void
sees_every_change(void **state)
{
	static unsigned char lists_both[2][PKI_CRLS_SIZE];
	const struct pki_crl_request lists_alice[PKI_CRLS_MAX] = {
	    { .issuer = &ca, .from = -60, .to = DAY, .revoked = &alice } };
	size_t sizes[2];

	(void)state;
	/* signatures differ in size by chance */
	do {
		sizes[0] = pki_crls(lists_bob, PKI_DER, lists_both[0]);
		sizes[1] = pki_crls(lists_alice, PKI_DER, lists_both[1]);
	} while (sizes[0] != sizes[1]);
	for (size_t i = 0; i < 60; i++) {
		bool alices = i % 2 == 1;

		if (i % 6 < 3)
			replace(lists_both[alices], sizes[0]);
		else
			pki_write(path, lists_both[alices], sizes[0]);
		assert_int_equal(judge(&alice), alices ? REVOCATION_REVOKED :
		    REVOCATION_GOOD);
		assert_int_equal(judge(&bob), alices ? REVOCATION_GOOD :
		    REVOCATION_REVOKED);
		if (i % 10 == 9)
			usleep(150000);
		assert_int_equal(judge(&alice), alices ? REVOCATION_REVOKED :
		    REVOCATION_GOOD);
	}
}

/* Where no file can be opened only a known content helps. */
static void
opens_the_file_only_if_it_changed(void **state)
{
	enum revocation_verdict known, changed;
	struct rlimit before, none;

	(void)state;
	put(lists_bob, PKI_PEM);
	usleep(150000);
	all_but_bob_pass();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	known = judge(&alice);
	chmod(path, 0640);
	changed = judge(&alice);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(known, REVOCATION_GOOD);
	assert_int_equal(changed, REVOCATION_UNKNOWN);
	assert_non_null(strstr(detail, "Too many open files"));
	all_but_bob_pass();
}

static atomic_bool stop;
static atomic_uint wrong, asked;

static void *
ask(void *context)
{
	char text[REVOCATION_DETAIL_MAX];

	(void)context;
	while (!stop) {
		wrong += judge_chain(trust, &alice, NULL, text) !=
		    REVOCATION_GOOD;
		wrong += judge_chain(trust, &bob, NULL, text) ==
		    REVOCATION_UNKNOWN;
		asked++;
	}
	return NULL;
}

static void
serves_threads(void **state)
{
	pthread_t threads[4];

	(void)state;
	put(lists_bob, PKI_PEM);
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_create(&threads[i], NULL, ask, NULL);
	for (int i = 0; i < 200 || asked < 200; i++)
		put(i % 2 == 0 ? lists_nobody : lists_bob, PKI_PEM);
	stop = true;
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(wrong, 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(judges),
		TEST(judges_through_a_chain),
		TEST(expires_while_it_is_known),
		TEST(refuses_what_is_cut_short),
		TEST(refuses_what_is_malformed),
		TEST(takes_text_around_a_pem),
		TEST(waits_for_it_to_appear),
		TEST(demands_a_regular_file),
		TEST(demands_a_safe_file),
		TEST(sees_every_change),
		TEST(opens_the_file_only_if_it_changed),
		TEST(serves_threads),
	};

	return cmocka_run_group_tests_name("revocation", tests, set_up,
	    tear_down);
}
