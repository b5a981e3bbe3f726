/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The policy on real database files, and everything that can happen to one. */

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "policy-admin/create.h"
#include "policy-admin/credentials.h"
#include "policy/database.h"
#include "policy/policy.h"

static char directory[] = "/tmp/vmauthz-policy-XXXXXX";
static char path[64], other[64];
static struct policy *policy;
static struct identity alice;

static void
run_sql(const char *file, const char *sql)
{
	sqlite3 *handle = NULL;
	char *message = NULL;

	assert_int_equal(sqlite3_open_v2(file, &handle, SQLITE_OPEN_READWRITE,
	    NULL), SQLITE_OK);
	if (sqlite3_exec(handle, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(handle);
}

static const char base[] =
    "INSERT INTO users(name) VALUES('alice@example.org');"
    "INSERT INTO vms(name) VALUES('debianx'), ('kali');"
    "INSERT INTO grants(who, vm) VALUES('alice@example.org', 'debianx');";

static void
make_policy(const char *file)
{
	unlink(file);
	assert_int_equal(create_policy(file), ERROR_NONE);
	run_sql(file, base);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(directory) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/policy.db", directory);
	snprintf(other, sizeof(other), "%s/other.db", directory);
	return identity_parse(&alice, "alice@example.org", 17, NULL);
}

static int
tear_down(void **state)
{
	(void)state;
	return rmdir(directory);
}

static int
each_set_up(void **state)
{
	(void)state;
	make_policy(path);
	return policy_new(&policy, path);
}

static int
each_tear_down(void **state)
{
	char journal[80];

	(void)state;
	policy_free(&policy);
	assert_null(policy);
	unlink(path);
	unlink(other);
	snprintf(journal, sizeof(journal), "%s-journal", path);
	unlink(journal);
	return 0;
}

static struct decision
ask_as(const struct identity *user, const char *vm)
{
	struct request request = { .user = user, .service = "spice",
	    .vm = { .name = vm, .port = 5901 } };
	struct decision decision;

	policy_decide(policy, &request, time(NULL), &decision);
	return decision;
}

static enum verdict
ask(const char *vm)
{
	return ask_as(&alice, vm).verdict;
}

/* --- decisions from rows ------------------------------------------------- */

static void
decides(void **state)
{
	struct identity bob;

	(void)state;
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
	assert_string_equal(policy_detail(policy), "");
	assert_int_equal(ask("kali"), VERDICT_DENY);
	assert_int_equal(ask_as(&alice, "nosuch").reason, REASON_VM_UNKNOWN);
	identity_parse(&bob, "bob@example.org", 15, NULL);
	assert_int_equal(ask_as(&bob, "debianx").reason, REASON_USER_UNKNOWN);
	identity_parse(&bob, "alice@example.com", 17, NULL);
	assert_int_equal(ask_as(&bob, "debianx").reason, REASON_USER_UNKNOWN);
	/* quoting is SQLite's business */
	assert_int_equal(ask("' OR 1=1 --"), VERDICT_DENY);
}

/* Of the transaction that decided, also where the answer is a refusal. */
static void
tells_its_revision(void **state)
{
	int64_t first = ask_as(&alice, "debianx").revision;
	struct decision decision;

	(void)state;
	assert_true(first > 0);
	assert_int_equal(ask_as(&alice, "nosuch").revision, first);
	run_sql(path, "INSERT INTO grants(who, vm) VALUES('*', 'kali')");
	decision = ask_as(&alice, "kali");
	assert_int_equal(decision.verdict, VERDICT_ALLOW);
	assert_int_equal(decision.revision, first + 1);
	run_sql(path, "DELETE FROM grants WHERE vm = 'kali'");
	decision = ask_as(&alice, "kali");
	assert_int_equal(decision.verdict, VERDICT_DENY);
	assert_int_equal(decision.revision, first + 2);
	unlink(path);
	assert_int_equal(ask_as(&alice, "kali").revision, 0);
}

static void
knows_everybody_and_everything(void **state)
{
	(void)state;
	run_sql(path, "INSERT INTO grants(who, vm) VALUES('*', 'kali')");
	assert_int_equal(ask("kali"), VERDICT_ALLOW);
	run_sql(path, "INSERT INTO grants(effect, who, vm) "
	    "VALUES('deny', 'alice@example.org', '*')");
	assert_int_equal(ask("kali"), VERDICT_DENY);
	assert_int_equal(ask("debianx"), VERDICT_DENY);
}

static void
finds_vms(void **state)
{
	static const char uuid[] = "11111111-2222-3333-4444-555555555555";
	struct request request = { .user = &alice,
	    .service = "spice" };
	struct decision decision;

	(void)state;
	run_sql(path, "UPDATE vms SET uuid = "
	    "'11111111-2222-3333-4444-555555555555', spice_port = 5901 "
	    "WHERE name = 'debianx'");
	request.vm = (struct request_vm){ .uuid = uuid, .port = 5901 };
	policy_decide(policy, &request, 0, &decision);
	assert_int_equal(decision.verdict, VERDICT_ALLOW);
	assert_string_equal(decision.vm, "debianx");
	request.vm.port = 5902;
	policy_decide(policy, &request, 0, &decision);
	assert_int_equal(decision.reason, REASON_VM_MISMATCH);
	request.vm = (struct request_vm){ .port = 5901 };
	policy_decide(policy, &request, 0, &decision);
	assert_int_equal(decision.reason, REASON_VM_MISMATCH);
	run_sql(path, "UPDATE vms SET uuid = NULL");
	policy_decide(policy, &request, 0, &decision);
	assert_int_equal(decision.verdict, VERDICT_ALLOW);
	run_sql(path, "UPDATE vms SET spice_port = 5901");
	policy_decide(policy, &request, 0, &decision);
	assert_int_equal(decision.reason, REASON_VM_AMBIGUOUS);
	request.vm.port = 0;
	policy_decide(policy, &request, 0, &decision);
	assert_int_equal(decision.reason, REASON_VM_UNKNOWN);
}

static void
sees_commits(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		run_sql(path, "UPDATE users SET enabled = 0");
		assert_int_equal(ask("debianx"), VERDICT_DENY);
		run_sql(path, "UPDATE users SET enabled = 1");
		assert_int_equal(ask("debianx"), VERDICT_ALLOW);
	}
}

/* --- credentials --------------------------------------------------------- */

static struct credential
credential(const char *mechanism, size_t key_size, unsigned char fill)
{
	struct credential made = { .mechanism = mechanism };

	made.verifier.iterations = 5000;
	made.verifier.salt_size = 16;
	made.verifier.key_size = key_size;
	memset(made.verifier.salt, fill, 16);
	memset(made.verifier.stored_key, fill + 1, key_size);
	memset(made.verifier.server_key, fill + 2, key_size);
	return made;
}

static void
keeps_credentials(void **state)
{
	struct credential credentials[] = {
		credential("SCRAM-SHA-256", 32, 1),
		credential("SCRAM-SHA-512", 64, 5),
	};
	struct policy_lookup lookup, first;
	struct credentials *admin;

	(void)state;
	assert_int_equal(policy_lookup(policy, &alice, "SCRAM-SHA-256",
	    &first), ERROR_NONE);
	assert_false(first.found);
	assert_int_equal(first.decoy.shape_count, 0);

	assert_int_equal(credentials_open(&admin, path), ERROR_NONE);
	assert_int_equal(credentials_set(admin, &alice,
	    credentials, 2), ERROR_NONE);
	assert_int_equal(policy_lookup(policy, &alice, "SCRAM-SHA-512",
	    &lookup), ERROR_NONE);
	assert_true(lookup.found);
	assert_memory_equal(&lookup.verifier, &credentials[1].verifier,
	    sizeof(lookup.verifier));
	assert_int_equal(lookup.decoy.shape_count, 1);
	assert_int_equal(lookup.decoy.shapes[0].iterations, 5000);
	assert_int_equal(lookup.decoy.shapes[0].salt_size, 16);
	assert_int_equal(lookup.decoy.shapes[0].users, 1);
	assert_memory_equal(lookup.decoy.key, first.decoy.key,
	    sizeof(lookup.decoy.key));
	assert_int_equal(policy_lookup(policy, &alice, "SCRAM-SHA-1",
	    &lookup), ERROR_NONE);
	assert_false(lookup.found);

	assert_int_equal(credentials_set(admin, &alice,
	    credentials, 1), ERROR_NONE);
	policy_lookup(policy, &alice, "SCRAM-SHA-512", &lookup);
	assert_false(lookup.found);
	assert_int_equal(lookup.decoy.shape_count, 0);
	credentials_close(&admin);
	credentials_close(&admin);
}

static void
refuses_credentials(void **state)
{
	struct credential good = credential("SCRAM-SHA-256", 32, 1);
	struct credential bad = credential("SCRAM-SHA-256", 20, 1);
	struct credential both[] = { good, bad };
	struct policy_lookup lookup;
	struct credentials *admin;
	struct identity bob;

	(void)state;
	identity_parse(&bob, "bob@example.org", 15, NULL);
	assert_int_equal(credentials_open(&admin, path), ERROR_NONE);
	assert_int_equal(credentials_set(admin, &bob, &good, 1),
	    ERROR_NOUSER);
	assert_int_equal(credentials_set(admin, &alice, &good, 1),
	    ERROR_NONE);
	/* all or nothing */
	assert_int_equal(credentials_set(admin, &alice, both, 2),
	    ERROR_REFUSED);
	assert_string_not_equal(credentials_detail(admin), "");
	policy_lookup(policy, &alice, "SCRAM-SHA-256", &lookup);
	assert_true(lookup.found);
	credentials_close(&admin);
	assert_int_equal(create_policy(path), ERROR_EXISTS);
	assert_int_equal(create_policy("/nonexistent/dir/p.db"),
	    ERROR_MISSING);
}

/* --- a broken, missing or changing file ---------------------------------- */

/* The database can't be asked, says why, and is well again afterwards. */
static void
expect_error(int error, const char *words)
{
	struct decision decision = ask_as(&alice, "debianx");
	struct policy_lookup lookup;

	assert_int_equal(decision.verdict, VERDICT_UNKNOWN);
	assert_int_equal(decision.reason, REASON_POLICY_ERROR);
	assert_non_null(strstr(policy_detail(policy), path));
	if (strstr(policy_detail(policy), words) == NULL)
		fail_msg("%s: %s", words, policy_detail(policy));
	assert_int_equal(policy_lookup(policy, &alice, "SCRAM-SHA-256",
	    &lookup), error);
}

static void
copy_file(const char *from, const char *to)
{
	char command[256];

	snprintf(command, sizeof(command), "cat %s > %s", from, to);
	assert_int_equal(system(command), 0);
}

static void
survives_absence(void **state)
{
	(void)state;
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
	rename(path, other);
	expect_error(ERROR_MISSING, "no such file");
	rename(other, path);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

static void
sees_renamed_files(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ask("debianx"), VERDICT_ALLOW);
		make_policy(other);
		run_sql(other, "UPDATE users SET enabled = 0");
		rename(other, path);
		assert_int_equal(ask("debianx"), VERDICT_DENY);
		make_policy(other);
		rename(other, path);
	}
}

/* The copies have the same size and the same change counter, so nothing in
 * them tells SQLite that its cache is stale. */
static void
sees_copied_files(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		make_policy(other);
		run_sql(other, "UPDATE users SET enabled = 0");
		make_policy(path);
		run_sql(path, "UPDATE users SET enabled = 1");
		assert_int_equal(ask("debianx"), VERDICT_ALLOW);
		copy_file(other, path);
		assert_int_equal(ask("debianx"), VERDICT_DENY);
	}
	/* and after the file has been left alone for a while */
	usleep(200000);
	assert_int_equal(ask("debianx"), VERDICT_DENY);
	assert_int_equal(ask("debianx"), VERDICT_DENY);
	make_policy(other);
	run_sql(other, "UPDATE users SET enabled = 1");
	copy_file(other, path);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

static void
survives_damage(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	for (off_t size = st.st_size - 1; size > 0; size -= 3001) {
		make_policy(path);
		assert_int_equal(ask("debianx"), VERDICT_ALLOW);
		assert_int_equal(truncate(path, size), 0);
		assert_int_not_equal(ask("debianx"), VERDICT_ALLOW);
	}
	assert_int_equal(truncate(path, 0), 0);
	expect_error(ERROR_FOREIGN, "not a vmauthz policy");
	assert_int_equal(system("exit 0"), 0);
	copy_file("/proc/self/status", path);
	expect_error(ERROR_NOTADB, "not an SQLite database");
	make_policy(path);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

static void
refuses_other_versions(void **state)
{
	(void)state;
	run_sql(path, "PRAGMA user_version = 77");
	expect_error(ERROR_VERSION, "it is version 77, this program reads"
	    " version 1; vmauthz migrate takes none back");
	run_sql(path, "PRAGMA user_version = 0");
	expect_error(ERROR_VERSION, "it is version 0, this program reads"
	    " version 1; vmauthz migrate brings it forward");
	run_sql(path, "PRAGMA user_version = 1; PRAGMA application_id = 5");
	expect_error(ERROR_FOREIGN, "not a vmauthz policy");
	run_sql(path, "PRAGMA application_id = 0x766d617a");
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

static void
refuses_open_files(void **state)
{
	(void)state;
	chmod(path, 0666);
	expect_error(ERROR_UNSAFE, "o-w");
	chmod(path, 0640);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 0), 0);
		expect_error(ERROR_UNSAFE, "root");
		assert_int_equal(chown(path, 0, 0), 0);
		assert_int_equal(ask("debianx"), VERDICT_ALLOW);
	}
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(ask("debianx"), VERDICT_UNKNOWN);
}

static void
cannot_read(void **state)
{
	pid_t child;
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	chmod(directory, 0755);
	child = fork();
	if (child == 0) {
		if (setgid(12345) != 0 || setuid(12345) != 0)
			_exit(9);
		_exit(ask("debianx") == VERDICT_UNKNOWN &&
		    strstr(policy_detail(policy), "permission") != NULL ?
		    0 : 1);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	chmod(directory, 0700);
}

static int64_t
milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A writer that holds the lock for the length of a decision and no longer
 * costs nobody a login; one that holds it for good costs no more than the
 * limit. */
static void
waits_for_locks(void **state)
{
	sqlite3 *handle = NULL;
	int64_t start, took = INT64_MAX;

	(void)state;
	assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
	assert_int_equal(sqlite3_exec(handle, "BEGIN EXCLUSIVE", NULL, NULL,
	    NULL), SQLITE_OK);
	/* on a machine under load one of ten has to be in time */
	for (int i = 0; i < 10 && took > DATABASE_WAIT_MS * 5; i++) {
		start = milliseconds();
		assert_int_equal(ask("debianx"), VERDICT_UNKNOWN);
		took = milliseconds() - start;
	}
	assert_in_range(took, DATABASE_WAIT_MS / 2, DATABASE_WAIT_MS * 5);
	assert_non_null(strstr(policy_detail(policy), "locked"));
	sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
	sqlite3_exec(handle, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
	assert_int_equal(ask("debianx"), VERDICT_UNKNOWN);
	sqlite3_close(handle);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

/* A writer died in the middle of its commit. */
static void
survives_hot_journals(void **state)
{
	char command[300];
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		sqlite3 *handle = NULL;

		sqlite3_open(path, &handle);
		sqlite3_exec(handle, "PRAGMA cache_size=1; BEGIN;"
		    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
		    "FROM n WHERE i < 5000) INSERT INTO users(name) "
		    "SELECT 'u' || i || '@example.org' FROM n", NULL, NULL,
		    NULL);
		_exit(0);	/* spilled to disk, not committed */
	}
	waitpid(child, &status, 0);
	snprintf(command, sizeof(command), "test -s %s-journal", path);
	assert_int_equal(system(command), 0);
	expect_error(ERROR_JOURNAL, "journal");
	run_sql(path, "SELECT count(*) FROM users");
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

static void
opens_late(void **state)
{
	struct policy *late;

	(void)state;
	policy_free(&policy);
	assert_int_equal(policy_new(&late, other), ERROR_NONE);
	policy = late;
	assert_int_equal(ask("debianx"), VERDICT_UNKNOWN);
	make_policy(other);
	assert_int_equal(ask("debianx"), VERDICT_ALLOW);
}

#define EACH(test) \
	cmocka_unit_test_setup_teardown(test, each_set_up, each_tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(decides),
		EACH(tells_its_revision),
		EACH(knows_everybody_and_everything),
		EACH(finds_vms),
		EACH(sees_commits),
		EACH(keeps_credentials),
		EACH(refuses_credentials),
		EACH(survives_absence),
		EACH(sees_renamed_files),
		EACH(sees_copied_files),
		EACH(survives_damage),
		EACH(refuses_other_versions),
		EACH(refuses_open_files),
		EACH(cannot_read),
		EACH(waits_for_locks),
		EACH(survives_hot_journals),
		EACH(opens_late),
	};

	return cmocka_run_group_tests_name("policy", tests, set_up, tear_down);
}
