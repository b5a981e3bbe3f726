/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/migrate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"
#include "policy/database.h"

enum {
	VERSION_DIGITS = 4,		/* in a file's name */
	VERSION_MAX = 9999,
	FILE_SIZE_MAX = 16 * 1024 * 1024,	/* octets */
};

enum statement {
	SELECT_VERSION,
	CHECK_KEYS,
	CHECK_WHOLE,
	STATEMENT_COUNT
};

static const char *const statement_sql[STATEMENT_COUNT] = {
	[SELECT_VERSION] = "SELECT user_version FROM pragma_user_version",
	[CHECK_KEYS] = "SELECT \"table\" FROM pragma_foreign_key_check",
	[CHECK_WHOLE] =
	    ("SELECT integrity_check FROM pragma_integrity_check"
	    " WHERE integrity_check <> 'ok'"),
};

struct migrate {
	struct database database;
	struct policy_migration *what;
	migrate_cb *told;
	void *context;
	const char *file;		/* that runs */
	char forbidden[48];		/* what it tried; "": nothing */
};

int
policy_version(void)
{
	return DATABASE_VERSION;
}

__attribute__((format(printf, 2, 3)))
static int
refuse(struct migrate *migrate, const char *format, ...)
{
	char detail[384];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	return database_fail(&migrate->database, ERROR_MIGRATION, detail);
}

/* --- which files ---------------------------------------------------------- */

/* The version in a name as 0002-some-name.sql; 0: it is none of ours, -1: it
 * looks like one and is not. */
static int
name_version(const char *name)
{
	const char *end = strrchr(name, '.');

	if (name[0] == '.' || end == NULL || strcmp(end, ".sql") != 0)
		return 0;
	if (strspn(name, "0123456789") != VERSION_DIGITS ||
	    name[VERSION_DIGITS] != '-' || end - name <= VERSION_DIGITS + 1 ||
	    atoi(name) == 0)
		return -1;
	return atoi(name);
}

/* Keeps the name of version's file, so that versions[version] says it. */
static int
note_file(struct migrate *migrate, char **versions, const char *name)
{
	int version = name_version(name);

	if (version == 0)
		return ERROR_NONE;
	if (version < 0)
		return refuse(migrate, "%s/%s is not named as in"
		    " 0002-some-name.sql", migrate->what->folder, name);
	if (versions[version] != NULL)
		return refuse(migrate, "%s has two files for version %d, %s"
		    " and %s", migrate->what->folder, version,
		    versions[version], name);
	versions[version] = strdup(name);
	return versions[version] != NULL ? ERROR_NONE :
	    database_fail(&migrate->database, ERROR_MEMORY, NULL);
}

static int
read_folder(struct migrate *migrate, char **versions)
{
	DIR *folder = opendir(migrate->what->folder);
	struct dirent *entry;
	int rc = ERROR_NONE;

	if (folder == NULL)
		return refuse(migrate, "%s: %s", migrate->what->folder,
		    strerror(errno));
	while (rc == ERROR_NONE && (entry = readdir(folder)) != NULL)
		rc = note_file(migrate, versions, entry->d_name);
	closedir(folder);
	return rc;
}

/* Sets the version to arrive at. */
static int
check_target(struct migrate *migrate, char *const *versions)
{
	struct policy_migration *what = migrate->what;
	bool newest = what->target == POLICY_NEWEST;

	what->to = newest ? DATABASE_VERSION : what->target;
	for (int i = VERSION_MAX; newest && i > what->to; i--) {
		if (versions[i] != NULL)
			what->to = i;
	}
	if (what->from > what->to)
		return refuse(migrate, "version %d is newer than %s %d",
		    what->from, what->to == DATABASE_VERSION ?
		    "this program's" : "the last migration's", what->to);
	return ERROR_NONE;
}

static int
check_files(struct migrate *migrate, char *const *versions)
{
	const struct policy_migration *what = migrate->what;

	for (int i = what->from + 1; i <= what->to; i++) {
		if (versions[i] == NULL)
			return refuse(migrate, "from version %d to %d the file"
			    " for version %d is missing in %s", what->from,
			    what->to, i, what->folder);
	}
	return ERROR_NONE;
}

static int
read_file(struct migrate *migrate, char **text_r)
{
	char path[PATH_MAX];
	char *text = NULL;
	size_t size;
	int length = snprintf(path, sizeof(path), "%s/%s",
	    migrate->what->folder, migrate->file);

	if (length >= 0 && (size_t)length < sizeof(path))
		text = file_read_path(path, FILE_SIZE_MAX, &size);
	if (text == NULL || strlen(text) != size) {
		free(text);
		return refuse(migrate, "%s can't be read", migrate->file);
	}
	*text_r = text;
	return ERROR_NONE;
}

/* --- the copy -------------------------------------------------------------- */

/* A reader of its own sees what was there before this transaction. */
static int
copy_into(struct migrate *migrate)
{
	sqlite3 *from = NULL, *to = NULL;
	sqlite3_backup *backup = NULL;
	int rc = SQLITE_ERROR;

	if (sqlite3_open_v2(migrate->database.path, &from,
	    SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
	    sqlite3_open_v2(migrate->what->backup, &to,
	    SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
		backup = sqlite3_backup_init(to, "main", from, "main");
	if (backup != NULL) {
		sqlite3_busy_timeout(from, POLICY_WAIT_MS);
		rc = sqlite3_backup_step(backup, -1);
		sqlite3_backup_finish(backup);
	}
	sqlite3_close(from);
	sqlite3_close(to);
	return rc == SQLITE_DONE ? ERROR_NONE :
	    refuse(migrate, "copying it to %s: %s", migrate->what->backup,
	    sqlite3_errstr(rc));
}

static int
make_backup(struct migrate *migrate)
{
	const struct stat *seen = &migrate->database.seen;
	struct policy_migration *what = migrate->what;
	char stamp[] = "YYYYMMDDTHHMMSS";
	time_t now = time(NULL);
	struct tm utc;
	bool kept;
	int fd, length;

	if (gmtime_r(&now, &utc) == NULL ||
	    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%S", &utc) == 0)
		return refuse(migrate, "this host has no time");
	length = snprintf(what->backup, sizeof(what->backup), "%s.v%d-%s",
	    migrate->database.path, what->from, stamp);
	if (length < 0 || (size_t)length >= sizeof(what->backup)) {
		what->backup[0] = '\0';
		return refuse(migrate, "the copy's name would be too long");
	}
	fd = open(what->backup, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd < 0) {
		int error = errno, rc = refuse(migrate, "a copy at %s: %s",
		    what->backup, strerror(error));

		what->backup[0] = '\0';
		return rc;
	}
	kept = fchown(fd, seen->st_uid, seen->st_gid) == 0 &&
	    fchmod(fd, seen->st_mode & ALLPERMS) == 0;
	close(fd);
	if (!kept)
		return refuse(migrate, "the owner and mode of %s: %s",
		    what->backup, strerror(errno));
	return copy_into(migrate);
}

/* --- the files' SQL --------------------------------------------------------- */

/* What a migration may not do: end the transaction that it is part of, reach
 * other files, or change how this connection works. */
static int
authorize(void *context, int action, const char *first, const char *second,
    const char *schema, const char *trigger)
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

/* Whether a check's statement finds something; its first word then. */
static int
check(struct migrate *migrate, enum statement which, const char *complaint)
{
	sqlite3_stmt *statement = migrate->database.statements[which];
	int rc = database_step(&migrate->database, statement);

	if (rc == SQLITE_ROW)
		rc = refuse(migrate, "%s %s: %s", migrate->file, complaint,
		    (const char *)sqlite3_column_text(statement, 0));
	sqlite3_reset(statement);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
read_version(struct migrate *migrate, int *version_r)
{
	sqlite3_stmt *version = migrate->database.statements[SELECT_VERSION];
	int rc = database_step(&migrate->database, version);

	*version_r = rc == SQLITE_ROW ? sqlite3_column_int(version, 0) : 0;
	sqlite3_reset(version);
	return rc < 0 ? rc : ERROR_NONE;
}

static int
check_result(struct migrate *migrate, int wanted)
{
	int version, rc = read_version(migrate, &version);

	if (rc == ERROR_NONE && version != wanted)
		return refuse(migrate, "%s leaves user_version at %d instead"
		    " of %d", migrate->file, version, wanted);
	if (rc == ERROR_NONE)
		rc = check(migrate, CHECK_WHOLE, "damages the database");
	if (rc == ERROR_NONE)
		rc = check(migrate, CHECK_KEYS,
		    "leaves rows that name what is not there, in");
	return rc;
}

static int
run_file(struct migrate *migrate, const char *name, int version)
{
	sqlite3 *handle = migrate->database.handle;
	char *text = NULL;
	int result, rc;

	migrate->file = name;
	rc = read_file(migrate, &text);
	if (rc != ERROR_NONE)
		return rc;
	sqlite3_db_config(handle, SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, 0,
	    NULL);
	sqlite3_set_authorizer(handle, authorize, migrate);
	result = sqlite3_exec(handle, text, NULL, NULL, NULL);
	sqlite3_set_authorizer(handle, NULL, NULL);
	free(text);
	if (migrate->forbidden[0] != '\0')
		return refuse(migrate, "%s has a %s, which no migration may"
		    " have", name, migrate->forbidden);
	if (result != SQLITE_OK)
		return refuse(migrate, "%s: %s", name, sqlite3_errmsg(handle));
	if (sqlite3_get_autocommit(handle) != 0)
		return refuse(migrate, "%s ended the transaction", name);
	rc = check_result(migrate, version);
	if (rc == ERROR_NONE)
		migrate->told(migrate->context, name);
	return rc;
}

/* Finds the files; a folder that isn't needed need not be there. */
static int
choose_files(struct migrate *migrate, char **versions)
{
	struct policy_migration *what = migrate->what;
	int rc = read_version(migrate, &what->from);

	if (rc == ERROR_NONE && what->target == POLICY_NEWEST)
		rc = read_folder(migrate, versions);
	if (rc == ERROR_NONE)
		rc = check_target(migrate, versions);
	if (rc == ERROR_NONE && what->target != POLICY_NEWEST &&
	    what->from < what->to)
		rc = read_folder(migrate, versions);
	return rc == ERROR_NONE ? check_files(migrate, versions) : rc;
}

/* Whoever rebuilds a table drops what others refer to for a moment. */
static int
run_files(struct migrate *migrate, char **versions)
{
	struct policy_migration *what = migrate->what;
	int rc = choose_files(migrate, versions);

	if (rc != ERROR_NONE || what->from == what->to)
		return rc;
	rc = make_backup(migrate);
	sqlite3_db_config(migrate->database.handle,
	    SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	for (int i = what->from + 1; rc == ERROR_NONE && i <= what->to; i++)
		rc = run_file(migrate, versions[i], i);
	return rc;
}

static int
migrate_run(struct migrate *migrate)
{
	char **versions = calloc(VERSION_MAX + 1, sizeof(*versions));
	int rc;

	if (versions == NULL)
		return database_fail(&migrate->database, ERROR_MEMORY,
		    NULL);
	migrate->what->backup[0] = '\0';
	rc = database_begin(&migrate->database);
	if (rc == ERROR_NONE) {
		database_take_time(&migrate->database);
		rc = run_files(migrate, versions);
		rc = database_end(&migrate->database, rc);
	}
	if (rc != ERROR_NONE && migrate->what->backup[0] != '\0')
		unlink(migrate->what->backup);
	for (int i = 0; i <= VERSION_MAX; i++)
		free(versions[i]);
	free(versions);
	return rc;
}

int
policy_migrate(const char *path, struct policy_migration *what,
    migrate_cb *told, void *context, char detail[POLICY_DETAIL_MAX])
{
	struct migrate migrate = {
		.what = what, .told = told, .context = context,
	};
	int rc;

	strcpy(detail, error_text(ERROR_MEMORY));
	rc = database_init(&migrate.database, path, true, statement_sql,
	    STATEMENT_COUNT);
	if (rc != ERROR_NONE)
		return rc;
	migrate.database.any_version = true;
	rc = migrate_run(&migrate);
	memcpy(detail, migrate.database.detail, POLICY_DETAIL_MAX);
	database_clear(&migrate.database);
	return rc;
}
