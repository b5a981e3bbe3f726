/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy/policy.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/database.h"
#include "policy/names.h"
#include "policy/zone.h"

enum policy_statement {
	POLICY_SELECT_USER,
	POLICY_SELECT_VM_BY_NAME,
	POLICY_SELECT_VM_BY_UUID,
	POLICY_SELECT_VM_BY_PORT,
	POLICY_SELECT_GROUPS,
	POLICY_SELECT_POOLS,
	POLICY_SELECT_SOME_VMS,
	POLICY_SELECT_GRANTS,
	POLICY_SELECT_CREDENTIAL,
	POLICY_SELECT_SHAPES,
	POLICY_SELECT_DECOY,
	POLICY_SELECT_REVISION,
	POLICY_STATEMENT_COUNT
};

static const char *const policy_sql[POLICY_STATEMENT_COUNT] = {
	[POLICY_SELECT_USER] =
	    "SELECT enabled, expires FROM users WHERE name = ?1",
	[POLICY_SELECT_VM_BY_NAME] =
	    ("SELECT enabled, name, uuid, spice_port, 1 FROM vms"
	    " WHERE name = ?1"),
	[POLICY_SELECT_VM_BY_UUID] =
	    ("SELECT enabled, name, uuid, spice_port, 1 FROM vms"
	    " WHERE uuid = ?1"),
	[POLICY_SELECT_VM_BY_PORT] =
	    ("SELECT enabled, name, uuid, spice_port,"
	    " (SELECT count(*) FROM vms WHERE spice_port = ?1) FROM vms"
	    " WHERE spice_port = ?1"),
	[POLICY_SELECT_GROUPS] =
	    "SELECT group_name FROM group_members WHERE user_name = ?1",
	[POLICY_SELECT_POOLS] =
	    "SELECT pool_name FROM pool_members WHERE vm_name = ?1",
	/* reads the index alone; one row more than POLICY_FEW_GRANTS */
	[POLICY_SELECT_SOME_VMS] =
	    "SELECT vm FROM grants WHERE who = ?1 LIMIT 9",
	[POLICY_SELECT_CREDENTIAL] =
	    ("SELECT iterations, salt, stored_key, server_key FROM credentials"
	    " WHERE user_name = ?1 AND mechanism = ?2"),
	[POLICY_SELECT_SHAPES] =
	    ("SELECT iterations, salt_size, users FROM credential_shapes"
	    " WHERE mechanism = ?1 AND users > 0"
	    " ORDER BY iterations, salt_size LIMIT 16"),
	[POLICY_SELECT_DECOY] =
	    "SELECT key FROM decoy",
	[POLICY_SELECT_REVISION] =
	    "SELECT max(revision) FROM history",
};

enum { POLICY_FEW_GRANTS = 8 };	/* cheaper to list than to search by pairs */

struct policy {
	struct database database;
	const char *sql[POLICY_STATEMENT_COUNT];
	char *select_grants;
	struct zone_cache *zones;
	struct names who, vm;
};

/* POLICY_SELECT_GRANTS: the conditions come behind id and effect, in the order
 * of enum condition_kind. */
static char *
policy_write_select_grants(void)
{
	GString *sql = g_string_new("SELECT id, effect");

	for (int i = 0; i < CONDITION_COUNT; i++)
		g_string_append_printf(sql, ", %s",
		    condition_name((enum condition_kind)i));
	g_string_append(sql, " FROM grants WHERE who = ?1 AND vm = ?2");
	return g_string_free(sql, FALSE);
}

int
policy_new(struct policy **policy_r, const char *path)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	*policy_r = NULL;
	if (policy == NULL)
		return ERROR_MEMORY;
	memcpy(policy->sql, policy_sql, sizeof(policy->sql));
	policy->select_grants = policy_write_select_grants();
	policy->sql[POLICY_SELECT_GRANTS] = policy->select_grants;
	policy->zones = zone_cache_new();
	if (policy->zones == NULL || database_init(&policy->database, path,
	    false, policy->sql, POLICY_STATEMENT_COUNT) != ERROR_NONE) {
		policy_free(&policy);
		return ERROR_MEMORY;
	}
	*policy_r = policy;
	return ERROR_NONE;
}

void
policy_free(struct policy **policy)
{
	if (*policy == NULL)
		return;
	database_clear(&(*policy)->database);
	zone_cache_free(&(*policy)->zones);
	g_free((*policy)->select_grants);
	free(*policy);
	*policy = NULL;
}

const char *
policy_detail(const struct policy *policy)
{
	return policy->database.detail;
}

static sqlite3_stmt *
policy_bind_text(struct policy *policy, enum policy_statement which,
    const char *first, const char *second)
{
	sqlite3_stmt *statement = policy->database.statements[which];

	sqlite3_bind_text(statement, 1, first, -1, SQLITE_STATIC);
	if (second != NULL)
		sqlite3_bind_text(statement, 2, second, -1, SQLITE_STATIC);
	return statement;
}

static const char *
policy_column_text(sqlite3_stmt *statement, int column)
{
	return (const char *)sqlite3_column_text(statement, column);
}

/* Copies a blob of at most room octets to out, and returns its size; 0 if it is
 * larger, empty or NULL. */
static size_t
policy_column_blob(sqlite3_stmt *statement, int column, unsigned char *out,
    size_t room)
{
	const void *blob = sqlite3_column_blob(statement, column);
	int size = sqlite3_column_bytes(statement, column);

	if (blob == NULL || size <= 0 || (size_t)size > room)
		return 0;
	memcpy(out, blob, (size_t)size);
	return (size_t)size;
}

/* --- looking up a verifier ------------------------------------------- */

static int
policy_read_verifier(struct policy *policy, const struct identity *user,
    const char *mechanism, struct policy_lookup *lookup)
{
	struct verifier *verifier = &lookup->verifier;
	sqlite3_stmt *statement = policy_bind_text(policy,
	    POLICY_SELECT_CREDENTIAL, user->text, mechanism);
	int rc = database_step(&policy->database, statement);

	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? ERROR_NONE : rc;
	verifier->iterations = (uint32_t)sqlite3_column_int64(statement, 0);
	verifier->salt_size = policy_column_blob(statement, 1, verifier->salt,
	    sizeof(verifier->salt));
	verifier->key_size = policy_column_blob(statement, 2,
	    verifier->stored_key, sizeof(verifier->stored_key));
	lookup->found = verifier->iterations != 0 &&
	    verifier->salt_size != 0 && verifier->key_size != 0 &&
	    policy_column_blob(statement, 3, verifier->server_key,
	    sizeof(verifier->server_key)) == verifier->key_size;
	return ERROR_NONE;
}

static int
policy_read_shapes(struct policy *policy, const char *mechanism,
    struct policy_lookup *lookup)
{
	sqlite3_stmt *statement = policy_bind_text(policy,
	    POLICY_SELECT_SHAPES, mechanism, NULL);
	int rc = SQLITE_ROW;

	while (lookup->decoy.shape_count < DECOY_SHAPES_MAX &&
	    (rc = database_step(&policy->database, statement)) == SQLITE_ROW) {
		struct decoy_shape *shape =
		    &lookup->decoy.shapes[lookup->decoy.shape_count++];

		shape->iterations =
		    (uint32_t)sqlite3_column_int64(statement, 0);
		shape->salt_size = (uint32_t)sqlite3_column_int64(statement, 1);
		shape->users = (uint64_t)sqlite3_column_int64(statement, 2);
	}
	return rc < 0 ? rc : ERROR_NONE;
}

static int
policy_read_decoy_key(struct policy *policy, struct policy_lookup *lookup)
{
	sqlite3_stmt *statement =
	    policy->database.statements[POLICY_SELECT_DECOY];
	int rc = database_step(&policy->database, statement);

	if (rc < 0)
		return rc;
	if (rc != SQLITE_ROW || policy_column_blob(statement, 0,
	    lookup->decoy.key, sizeof(lookup->decoy.key)) !=
	    sizeof(lookup->decoy.key))
		return database_fail(&policy->database, ERROR_NOTADB,
		    "the table decoy has no key of 32 octets");
	return ERROR_NONE;
}

int
policy_lookup(struct policy *policy, const struct identity *user,
    const char *mechanism, struct policy_lookup *lookup_r)
{
	int rc;

	memset(lookup_r, 0, sizeof(*lookup_r));
	rc = database_begin(&policy->database);
	if (rc != ERROR_NONE)
		return rc;
	rc = policy_read_verifier(policy, user, mechanism, lookup_r);
	if (rc == ERROR_NONE)
		rc = policy_read_shapes(policy, mechanism, lookup_r);
	if (rc == ERROR_NONE)
		rc = policy_read_decoy_key(policy, lookup_r);
	rc = database_end(&policy->database, rc);
	if (rc != ERROR_NONE)
		explicit_bzero(lookup_r, sizeof(*lookup_r));
	return rc;
}

/* --- deciding -------------------------------------------------------- */

static int
policy_read_user(struct policy *policy, const struct identity *user,
    struct decide_user *row)
{
	sqlite3_stmt *statement = policy_bind_text(policy, POLICY_SELECT_USER,
	    user->text, NULL);
	int rc = database_step(&policy->database, statement);

	memset(row, 0, sizeof(*row));
	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? ERROR_NONE : rc;
	row->found = true;
	row->enabled = sqlite3_column_int(statement, 0) == 1;
	row->expires = policy_column_text(statement, 1);
	return ERROR_NONE;
}

static int
policy_step_vm(struct policy *policy, sqlite3_stmt *statement,
    struct decide_vm *row)
{
	int rc = database_step(&policy->database, statement);

	if (rc != SQLITE_ROW)
		return rc == SQLITE_DONE ? ERROR_NONE : rc;
	row->found = (unsigned int)sqlite3_column_int(statement, 4);
	row->enabled = sqlite3_column_int(statement, 0) == 1;
	row->name = policy_column_text(statement, 1);
	row->uuid = policy_column_text(statement, 2);
	row->spice_port = sqlite3_column_int64(statement, 3);
	return ERROR_NONE;
}

/* By name, else by UUID, else by port, which rows have for SPICE alone.  VNC on
 * the same port number must not find the VM of another console. */
static int
policy_read_vm(struct policy *policy, const struct request *request,
    struct decide_vm *row)
{
	sqlite3_stmt *by_port =
	    policy->database.statements[POLICY_SELECT_VM_BY_PORT];
	const struct request_vm *vm = &request->vm;
	int rc = ERROR_NONE;

	memset(row, 0, sizeof(*row));
	if (vm->name != NULL)
		rc = policy_step_vm(policy, policy_bind_text(policy,
		    POLICY_SELECT_VM_BY_NAME, vm->name, NULL), row);
	if (rc == ERROR_NONE && row->found == 0 && vm->uuid != NULL)
		rc = policy_step_vm(policy, policy_bind_text(policy,
		    POLICY_SELECT_VM_BY_UUID, vm->uuid, NULL), row);
	if (rc == ERROR_NONE && row->found == 0 && vm->port != 0 &&
	    request->service != NULL &&
	    strcmp(request->service, "spice") == 0) {
		sqlite3_bind_int(by_port, 1, vm->port);
		rc = policy_step_vm(policy, by_port, row);
	}
	return rc;
}

/* The user, their groups, the groups that those are in, and so on; then their
 * realm, and everybody.  The loop also visits the names that it adds.  A circle
 * of groups ends it, since no name is added twice. */
static int
policy_name_user(struct policy *policy, const struct identity *user)
{
	struct names *who = &policy->who;
	int rc;

	who->count = 0;
	rc = names_add(who, &policy->database, "", user->text);
	for (size_t i = 0; rc == ERROR_NONE && i < who->count; i++)
		rc = names_add_sets(who, &policy->database,
		    policy_bind_text(policy, POLICY_SELECT_GROUPS,
		    who->text[i], NULL));
	if (rc == ERROR_NONE)
		rc = names_add(who, &policy->database, "*@",
		    identity_realm(user));
	if (rc == ERROR_NONE)
		rc = names_add(who, &policy->database, "*", "");
	return rc;
}

static int
policy_name_vm(struct policy *policy, const char *name)
{
	struct names *vm = &policy->vm;
	int rc;

	vm->count = 0;
	rc = names_add(vm, &policy->database, "", name);
	if (rc == ERROR_NONE)
		rc = names_add_sets(vm, &policy->database,
		    policy_bind_text(policy, POLICY_SELECT_POOLS, name, NULL));
	if (rc == ERROR_NONE)
		rc = names_add(vm, &policy->database, "*", "");
	return rc;
}

/* The callback for each grant. */
struct grant_listener {
	policy_grant_cb *grant_cb;	/* NULL: none */
	void *context;
};

static int
policy_add_grants(struct policy *policy, struct decide *decide, const char *who,
    const char *vm, const struct grant_listener *listener)
{
	sqlite3_stmt *statement = policy_bind_text(policy,
	    POLICY_SELECT_GRANTS, who, vm);
	struct decide_match verdict;
	int rc;

	while ((rc = database_step(&policy->database, statement)) ==
	    SQLITE_ROW) {
		struct decide_grant grant = {
			.id = sqlite3_column_int64(statement, 0),
			.effect = policy_column_text(statement, 1),
			.who = who,
			.vm = vm,
		};

		for (int i = 0; i < CONDITION_COUNT; i++)
			grant.condition[i] = policy_column_text(statement,
			    2 + i);
		decide_add(decide, &grant, &verdict);
		if (listener->grant_cb != NULL)
			listener->grant_cb(listener->context, &grant, &verdict);
	}
	sqlite3_reset(statement);
	return rc < 0 ? rc : ERROR_NONE;
}

/* Marks the names of the VM that grants to who may have.  Most users and groups
 * have few grants or none, so that one query replaces one for each name. */
static int
policy_mark_vms(struct policy *policy, const char *who)
{
	sqlite3_stmt *statement = policy_bind_text(policy,
	    POLICY_SELECT_SOME_VMS, who, NULL);
	struct names *vm = &policy->vm;
	int rc, count = 0;

	memset(vm->wanted, 0, sizeof(vm->wanted));
	while ((rc = database_step(&policy->database, statement)) ==
	    SQLITE_ROW) {
		const char *name = policy_column_text(statement, 0);

		count++;
		for (size_t i = 0; name != NULL && i < vm->count; i++) {
			if (strcmp(vm->text[i], name) == 0)
				vm->wanted[i] = true;
		}
	}
	sqlite3_reset(statement);
	if (count > POLICY_FEW_GRANTS)
		memset(vm->wanted, true, sizeof(vm->wanted));
	return rc < 0 ? rc : ERROR_NONE;
}

static int
policy_add_all_grants(struct policy *policy, struct decide *decide,
    const struct grant_listener *listener)
{
	const struct names *who = &policy->who, *vm = &policy->vm;
	int rc = policy_name_user(policy, decide->request->user);

	if (rc == ERROR_NONE)
		rc = policy_name_vm(policy, decide->vm);
	for (size_t i = 0; rc == ERROR_NONE && i < who->count; i++) {
		rc = policy_mark_vms(policy, who->text[i]);
		for (size_t j = 0; rc == ERROR_NONE && j < vm->count; j++) {
			if (vm->wanted[j])
				rc = policy_add_grants(policy, decide,
				    who->text[i], vm->text[j], listener);
		}
	}
	return rc;
}

/* The last change that the policy's history knows, 0 if there is none. */
static int
policy_read_revision(struct policy *policy, int64_t *revision_r)
{
	sqlite3_stmt *statement =
	    policy->database.statements[POLICY_SELECT_REVISION];
	int rc = database_step(&policy->database, statement);

	*revision_r = rc == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
	return rc < 0 ? rc : ERROR_NONE;
}

/* Every login runs the same queries, so that its duration reveals little about
 * which table refused it. */
static int
policy_decide_request(struct policy *policy,
    const struct request *request, time_t now,
    const struct grant_listener *listener, struct decision *decision_r)
{
	struct moment time = {
		.local = zone_local,
		.context = policy->zones,
	};
	struct decide_user user;
	struct decide_vm vm;
	struct decide decide;
	int64_t revision;
	int rc;

	moment_set(&time, now);
	rc = policy_read_user(policy, request->user, &user);
	if (rc == ERROR_NONE)
		rc = policy_read_vm(policy, request, &vm);
	if (rc != ERROR_NONE)
		return rc;
	decide_begin(&decide, request, &user, &vm, &time);
	rc = policy_add_all_grants(policy, &decide, listener);
	if (rc == ERROR_NONE)
		rc = policy_read_revision(policy, &revision);
	if (rc != ERROR_NONE)
		return rc;
	decide_end(&decide, decision_r);
	decision_r->revision = revision;
	return ERROR_NONE;
}

void
policy_explain(struct policy *policy, const struct request *request,
    time_t now, policy_grant_cb *grant_cb, void *context,
    struct decision *decision_r)
{
	const struct grant_listener listener = { grant_cb, context };
	int rc;

	memset(decision_r, 0, sizeof(*decision_r));
	rc = database_begin(&policy->database);
	if (rc == ERROR_NONE)
		rc = database_end(&policy->database,
		    policy_decide_request(policy, request, now, &listener,
		    decision_r));
	if (rc == ERROR_NONE)
		return;
	memset(decision_r, 0, sizeof(*decision_r));
	decision_r->verdict = VERDICT_UNKNOWN;
	decision_r->reason = REASON_POLICY_ERROR;
}

void
policy_decide(struct policy *policy, const struct request *request,
    time_t now, struct decision *decision_r)
{
	policy_explain(policy, request, now, NULL, NULL, decision_r);
}
