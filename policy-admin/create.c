/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "policy-admin/create.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/sqlite_file.h"

static int
load_schema(const char *path)
{
	sqlite3 *handle = NULL;
	int rc = sqlite_file_open(&handle, path, SQLITE_OPEN_READWRITE, 0);

	if (rc == ERROR_NONE) {
		sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1,
		    NULL);
		rc = sqlite_file_exec(handle, create_schema_sql);
	}
	sqlite3_close(handle);
	return rc == ERROR_NONE ? ERROR_NONE : ERROR_IO;
}

int
create_policy(const char *path)
{
	int fd, rc;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0640);
	if (fd < 0) {
		switch (errno) {
		case EEXIST:
			return ERROR_EXISTS;
		case ENOENT:
		case ENOTDIR:
			return ERROR_MISSING;
		case EACCES:
		case EPERM:
		case EROFS:
			return ERROR_ACCESS;
		default:
			return ERROR_IO;
		}
	}
	rc = fchmod(fd, 0640) == 0 ? ERROR_NONE : ERROR_IO;
	close(fd);
	if (rc == ERROR_NONE)
		rc = load_schema(path);
	if (rc != ERROR_NONE)
		unlink(path);
	return rc;
}
