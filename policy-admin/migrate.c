/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"
#include "base/sqlite_file.h"
#include "policy-admin/transaction.h"

enum {
	MIGRATE_VERSION_DIGITS = 4,		/* in a file's name */
	MIGRATE_VERSION_MAX = 9999,
	MIGRATE_FILE_SIZE_MAX = 16 * 1024 * 1024,	/* octets */
};

enum statement {
	MIGRATE_SELECT_VERSION,
	MIGRATE_CHECK_KEYS,
	MIGRATE_CHECK_WHOLE,
	MIGRATE_STATEMENT_COUNT
};

static const char *const statement_sql[MIGRATE_STATEMENT_COUNT] = {
	[MIGRATE_SELECT_VERSION] =
	    "SELECT user_version FROM pragma_user_version",
	[MIGRATE_CHECK_KEYS] = "SELECT \"table\" FROM pragma_foreign_key_check",
	[MIGRATE_CHECK_WHOLE] =
	    ("SELECT integrity_check FROM pragma_integrity_check"
	    " WHERE integrity_check <> 'ok'"),
};

/* One call of policy_migrate(). */
struct migrate {
	struct database database;
	struct policy_migration *what;
	char *versions[MIGRATE_VERSION_MAX + 1];	/* files' names */
	const char *file;		/* name of the file that runs */
	char forbidden[48];		/* SQL that was denied to it, or "" */
};

/* --- which files --------------------------------------------------------- */

/* The version in a name such as 0002-some-name.sql.  0: not a migration, such
 * as a README or an editor's copy; -1: an SQL file whose name is malformed,
 * which must not be skipped silently. */
static int
migrate_name_version(const char *name)
{
	const char *end = strrchr(name, '.');

	if (name[0] == '.' || end == NULL || strcmp(end, ".sql") != 0)
		return 0;
	if (strspn(name, "0123456789") != MIGRATE_VERSION_DIGITS ||
	    name[MIGRATE_VERSION_DIGITS] != '-' ||
	    end - name <= MIGRATE_VERSION_DIGITS + 1 ||
	    atoi(name) == 0)
		return -1;
	return atoi(name);
}

static int
migrate_store_name(struct migrate *migrate, const char *name)
{
	char **versions = migrate->versions;
	int version = migrate_name_version(name);

	if (version == 0)
		return ERROR_NONE;
	if (version < 0)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s/%s is not named as in 0002-some-name.sql",
		    migrate->what->folder, name);
	if (versions[version] != NULL)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s has two files for version %d, %s and %s",
		    migrate->what->folder, version, versions[version], name);
	versions[version] = g_strdup(name);
	return ERROR_NONE;
}

static int
migrate_read_folder(struct migrate *migrate)
{
	DIR *folder = opendir(migrate->what->folder);
	struct dirent *entry;
	int rc = ERROR_NONE;

	if (folder == NULL)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s: %s", migrate->what->folder, strerror(errno));
	while (rc == ERROR_NONE && (entry = readdir(folder)) != NULL)
		rc = migrate_store_name(migrate, entry->d_name);
	closedir(folder);
	return rc;
}

/* Sets the version that the files have to lead to.  The newest may be later
 * than the one that this program reads. */
static int
migrate_check_target(struct migrate *migrate)
{
	struct policy_migration *what = migrate->what;

	what->to = DATABASE_VERSION;
	for (int i = MIGRATE_VERSION_MAX; what->newest && i > what->to; i--) {
		if (migrate->versions[i] != NULL)
			what->to = i;
	}
	if (what->from > what->to)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "version %d is newer than %s %d", what->from,
		    what->to == DATABASE_VERSION ? "this program's" :
		    "the last migration's", what->to);
	return ERROR_NONE;
}

/* Each file leads from the version before it, so none may be missing. */
static int
migrate_check_files(struct migrate *migrate)
{
	const struct policy_migration *what = migrate->what;

	for (int i = what->from + 1; i <= what->to; i++) {
		if (migrate->versions[i] == NULL)
			return transaction_fail(&migrate->database,
			    ERROR_MIGRATION, "from version %d to %d the file"
			    " for version %d is missing in %s", what->from,
			    what->to, i, what->folder);
	}
	return ERROR_NONE;
}

/* Text with a NUL is refused: SQLite would ignore the SQL behind it. */
static int
migrate_read_file(struct migrate *migrate, char **text_r)
{
	char *path = g_build_filename(migrate->what->folder, migrate->file,
	    NULL);
	size_t size;
	char *text = file_read_path(path, MIGRATE_FILE_SIZE_MAX, &size);

	g_free(path);
	if (text == NULL || strlen(text) != size) {
		free(text);
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s can't be read", migrate->file);
	}
	*text_r = text;
	return ERROR_NONE;
}

/* --- the copy ------------------------------------------------------------ */

/* Reads through a connection of its own, which sees the policy as it was before
 * the transaction of the migration.  A copy of the file alone would miss what
 * is in its WAL. */
static int
migrate_copy_policy(struct migrate *migrate)
{
	sqlite3 *from = NULL, *to = NULL;
	sqlite3_backup *backup = NULL;
	int rc = SQLITE_ERROR;

	if (sqlite_file_open(&from, migrate->database.path,
	    SQLITE_OPEN_READONLY, DATABASE_WAIT_MS) == ERROR_NONE &&
	    sqlite_file_open(&to, migrate->what->backup,
	    SQLITE_OPEN_READWRITE, 0) == ERROR_NONE)
		backup = sqlite3_backup_init(to, "main", from, "main");
	if (backup != NULL) {
		rc = sqlite3_backup_step(backup, -1);
		sqlite3_backup_finish(backup);
	}
	sqlite3_close(from);
	sqlite3_close(to);
	return rc == SQLITE_DONE ? ERROR_NONE :
	    transaction_fail(&migrate->database, ERROR_MIGRATION, "copying it"
	    " to %s: %s", migrate->what->backup, sqlite3_errstr(rc));
}

/* The copy holds the same verifiers as the policy, so that nobody may read it
 * before its owner and mode are set.  An earlier copy is not overwritten. */
static int
migrate_make_backup(struct migrate *migrate)
{
	const struct stat *seen = &migrate->database.seen;
	struct policy_migration *what = migrate->what;
	GDateTime *now = g_date_time_new_now_utc();
	char *stamp = g_date_time_format(now, "%Y%m%dT%H%M%S");
	char *name = g_strdup_printf("%s.v%d-%s", migrate->database.path,
	    what->from, stamp);
	bool same_access;
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	int error = errno, rc;

	g_free(stamp);
	g_date_time_unref(now);
	if (fd < 0) {
		rc = transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "a copy at %s: %s", name, strerror(error));
		g_free(name);
		return rc;
	}
	/* The caller deletes it after an error from here on. */
	what->backup = name;
	same_access = fchown(fd, seen->st_uid, seen->st_gid) == 0 &&
	    fchmod(fd, seen->st_mode & ALLPERMS) == 0;
	close(fd);
	if (!same_access)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "the owner and mode of %s: %s", what->backup,
		    strerror(errno));
	return migrate_copy_policy(migrate);
}

/* --- the files' SQL ------------------------------------------------------ */

/* Denies a migration to end the transaction that it is part of, to reach other
 * files and to change how this connection works.  SQLite's authorizer knows
 * what a statement does; a search of the text for words such as COMMIT would
 * find those in comments and triggers. */
static int
migrate_authorize_cb(void *context, int action, const char *first,
    const char *second, const char *schema, const char *trigger)
{
	static const char *const allowed[] = {
		"user_version", "defer_foreign_keys", "legacy_alter_table",
		"table_info", "foreign_key_check",
	};
	struct migrate *migrate = context;

	(void)schema;
	(void)trigger;
	switch (action) {
	case SQLITE_TRANSACTION:
		snprintf(migrate->forbidden, sizeof(migrate->forbidden), "%s",
		    first);
		return SQLITE_DENY;
	case SQLITE_SAVEPOINT:
		strcpy(migrate->forbidden, "SAVEPOINT");
		return SQLITE_DENY;
	case SQLITE_ATTACH:
	case SQLITE_DETACH:
		strcpy(migrate->forbidden, "ATTACH or DETACH");
		return SQLITE_DENY;
	case SQLITE_PRAGMA:
		for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]);
		    i++) {
			if (strcasecmp(first, allowed[i]) == 0)
				return SQLITE_OK;
		}
		snprintf(migrate->forbidden, sizeof(migrate->forbidden),
		    "PRAGMA %s%s", first, second != NULL ? " = ..." : "");
		return SQLITE_DENY;
	default:
		return SQLITE_OK;
	}
}

/* Refuses the file if the statement has a row; its first column is part of the
 * message. */
static int
migrate_check_statement(struct migrate *migrate, enum statement which,
    const char *finding)
{
	sqlite3_stmt *statement = migrate->database.statements[which];
	int rc = database_step(&migrate->database, statement);

	if (rc == SQLITE_ROW)
		rc = transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s %s: %s", migrate->file, finding,
		    (const char *)sqlite3_column_text(statement, 0));
	sqlite3_reset(statement);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
migrate_read_version(struct migrate *migrate, int *version_r)
{
	sqlite3_stmt *version =
	    migrate->database.statements[MIGRATE_SELECT_VERSION];
	int rc = database_step(&migrate->database, version);

	*version_r = rc == SQLITE_ROW ? sqlite3_column_int(version, 0) : 0;
	sqlite3_reset(version);
	return rc < 0 ? rc : ERROR_NONE;
}

/* Runs after each file, so that the message names the one that did it. */
static int
migrate_check_result(struct migrate *migrate, int wanted)
{
	int version, rc = migrate_read_version(migrate, &version);

	if (rc == ERROR_NONE && version != wanted)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s leaves user_version at %d instead of %d", migrate->file,
		    version, wanted);
	if (rc == ERROR_NONE)
		rc = migrate_check_statement(migrate, MIGRATE_CHECK_WHOLE,
		    "damages the database");
	if (rc == ERROR_NONE)
		rc = migrate_check_statement(migrate, MIGRATE_CHECK_KEYS,
		    "leaves rows that name what is not there, in");
	return rc;
}

static int
migrate_run_file(struct migrate *migrate, int version)
{
	sqlite3 *handle = migrate->database.handle;
	const char *name = migrate->versions[version];
	char *text = NULL;
	int result, rc;

	migrate->file = name;
	rc = migrate_read_file(migrate, &text);
	if (rc != ERROR_NONE)
		return rc;
	/* The file before this one may have switched it on for itself. */
	sqlite3_db_config(handle, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0,
	    NULL);
	sqlite3_set_authorizer(handle, migrate_authorize_cb, migrate);
	result = sqlite3_exec(handle, text, NULL, NULL, NULL);
	sqlite3_set_authorizer(handle, NULL, NULL);
	free(text);
	/* SQLite's own text for a denial is "not authorized". */
	if (migrate->forbidden[0] != '\0')
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s has a %s, which no migration may have", name,
		    migrate->forbidden);
	if (result != SQLITE_OK)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s: %s", name, sqlite3_errmsg(handle));
	if (sqlite3_get_autocommit(handle) != 0)
		return transaction_fail(&migrate->database, ERROR_MIGRATION,
		    "%s ended the transaction", name);
	rc = migrate_check_result(migrate, version);
	if (rc == ERROR_NONE)
		g_string_append_printf(migrate->what->files, "  %s\n", name);
	return rc;
}

/* Reads the folder only where it is needed, so that a policy of this program's
 * version is no error on a host without migrations. */
static int
migrate_choose_files(struct migrate *migrate)
{
	struct policy_migration *what = migrate->what;
	int rc = migrate_read_version(migrate, &what->from);

	if (rc == ERROR_NONE && what->newest)
		rc = migrate_read_folder(migrate);
	if (rc == ERROR_NONE)
		rc = migrate_check_target(migrate);
	if (rc == ERROR_NONE && !what->newest &&
	    what->from < what->to)
		rc = migrate_read_folder(migrate);
	return rc == ERROR_NONE ? migrate_check_files(migrate) : rc;
}

/* Foreign keys are off meanwhile: a migration that rebuilds a table drops, for
 * a moment, rows that other tables refer to.  migrate_check_result() checks
 * them afterwards. */
static int
migrate_run_files_cb(void *context)
{
	struct migrate *migrate = context;
	struct policy_migration *what = migrate->what;
	int rc = migrate_choose_files(migrate);

	if (rc != ERROR_NONE || what->from == what->to)
		return rc;
	rc = migrate_make_backup(migrate);
	sqlite3_db_config(migrate->database.handle,
	    SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	for (int i = what->from + 1; rc == ERROR_NONE && i <= what->to; i++)
		rc = migrate_run_file(migrate, i);
	return rc;
}

/* The policy is locked for writers from before its version is read; logins go
 * on with the policy as it was. */
int
policy_migrate(const char *path, struct policy_migration *what,
    char detail[ERROR_DETAIL_MAX])
{
	struct migrate *migrate = g_new0(struct migrate, 1);
	int rc = database_init(&migrate->database, path, true, statement_sql,
	    MIGRATE_STATEMENT_COUNT);

	migrate->database.any_version = true;
	migrate->what = what;
	what->backup = NULL;
	rc = transaction_run(&migrate->database, rc, migrate_run_files_cb,
	    migrate, detail);
	if (rc != ERROR_NONE && what->backup != NULL)
		unlink(what->backup);
	for (int i = 0; i <= MIGRATE_VERSION_MAX; i++)
		g_free(migrate->versions[i]);
	g_free(migrate);
	return rc;
}
