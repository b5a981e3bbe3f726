/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file_check.h"

enum { OWNER = 64055, OTHER = 1000 };

/* --- rules --------------------------------------------------------------- */

static const struct {
	const char *title;
	struct file_rule rule;
	mode_t mode;
	uid_t uid;
	enum file_verdict verdict;
} rows[] = {
	{ "the owner's", { S_IFREG, OWNER, false, 022, 0 },
	    S_IFREG | 0644, OWNER, FILE_TRUSTED },
	{ "root's, or root", { S_IFREG, OWNER, true, 022, 0 },
	    S_IFREG | 0644, 0, FILE_TRUSTED },
	{ "the owner's, or root", { S_IFREG, OWNER, true, 022, 0 },
	    S_IFREG | 0644, OWNER, FILE_TRUSTED },
	{ "bits that are not denied", { S_IFREG, 0, false, S_IWOTH, 0 },
	    S_IFREG | 04775, 0, FILE_TRUSTED },
	{ "a folder", { S_IFDIR, 0, false, 022, 0 },
	    S_IFDIR | 0755, 0, FILE_TRUSTED },
	{ "root's", { S_IFREG, OWNER, false, 022, 0 },
	    S_IFREG | 0644, 0, FILE_WRONG_OWNER },
	{ "somebody else's", { S_IFREG, OWNER, false, 022, 0 },
	    S_IFREG | 0644, OTHER, FILE_WRONG_OWNER },
	{ "somebody else's, or root", { S_IFREG, OWNER, true, 022, 0 },
	    S_IFREG | 0644, OTHER, FILE_WRONG_OWNER },
	{ "root wanted", { S_IFREG, 0, false, 022, 0 },
	    S_IFREG | 0644, OWNER, FILE_WRONG_OWNER },
	{ "the group writes", { S_IFREG, 0, false, 022, 0 },
	    S_IFREG | 0664, 0, FILE_WRONG_MODE },
	{ "everybody writes", { S_IFREG, 0, false, 022, 0 },
	    S_IFREG | 0646, 0, FILE_WRONG_MODE },
	{ "everybody reads", { S_IFREG, 0, false, 07137, 0 },
	    S_IFREG | 0644, 0, FILE_WRONG_MODE },
	{ "it sets the user", { S_IFREG, 0, false, 07137, 0 },
	    S_IFREG | 04640, 0, FILE_WRONG_MODE },
	{ "a folder for a file", { S_IFREG, 0, false, 022, 0 },
	    S_IFDIR | 0755, 0, FILE_WRONG_TYPE },
	{ "a file for a folder", { S_IFDIR, 0, false, 022, 0 },
	    S_IFREG | 0644, 0, FILE_WRONG_TYPE },
	{ "a FIFO", { S_IFREG, 0, false, 022, 0 },
	    S_IFIFO | 0644, 0, FILE_WRONG_TYPE },
	{ "a device", { S_IFREG, 0, false, 022, 0 },
	    S_IFCHR | 0644, 0, FILE_WRONG_TYPE },
	{ "a socket", { S_IFREG, 0, false, 022, 0 },
	    S_IFSOCK | 0644, 0, FILE_WRONG_TYPE },
	{ "all of it: the type is first", { S_IFREG, 0, false, 022, 0 },
	    S_IFDIR | 0777, OTHER, FILE_WRONG_TYPE },
	{ "the owner is next", { S_IFREG, 0, false, 022, 0 },
	    S_IFREG | 0666, OTHER, FILE_WRONG_OWNER },
};

static void
judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct stat st = {
			.st_mode = rows[i].mode, .st_uid = rows[i].uid,
		};

		TITLE(rows[i].title);
		assert_int_equal(file_check(&st, &rows[i].rule),
		    rows[i].verdict);
	}
}

/* --- opening ------------------------------------------------------------- */

static char folder[] = "/tmp/vmauthz-judge.XXXXXX";
static int folder_fd;

static enum file_verdict
open_it(const char *name, int flags, const struct file_rule *rule)
{
	enum file_verdict verdict = FILE_VERDICTS;
	struct stat st;
	int fd = file_open(folder_fd, name, flags, rule, &st, &verdict);

	assert_int_equal(fd >= 0, verdict == FILE_TRUSTED);
	if (fd >= 0) {
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_int_equal(st.st_mode & S_IFMT, rule->type);
		close(fd);
	} else if (verdict == FILE_UNSEEN) {
		assert_int_equal(st.st_mode, 0);
	}
	return verdict;
}

static void
opens(void **state)
{
	struct file_rule rule = {
		.type = S_IFREG, .owner = geteuid(), .denied = S_IWOTH,
		.create = 0640,
	};

	(void)state;
	umask(0);
	assert_int_equal(open_it("new", O_RDWR, &rule), FILE_UNSEEN);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(open_it("new", O_RDWR | O_CREAT, &rule),
	    FILE_TRUSTED);
	rule.denied = 07777 & ~0640;	/* it was made so */
	assert_int_equal(open_it("new", O_RDONLY, &rule), FILE_TRUSTED);
	assert_int_equal(symlinkat("new", folder_fd, "link"), 0);
	assert_int_equal(open_it("link", O_RDONLY, &rule), FILE_TRUSTED);
	assert_int_equal(open_it("link", O_RDONLY | O_NOFOLLOW, &rule),
	    FILE_UNSEEN);
	assert_int_equal(errno, ELOOP);
	assert_int_equal(open_it(".", O_RDONLY, &rule), FILE_WRONG_TYPE);
	assert_int_equal(fchmodat(folder_fd, "new", 0642, 0), 0);
	assert_int_equal(open_it("new", O_RDONLY, &rule), FILE_WRONG_MODE);
	rule.owner++;
	assert_int_equal(open_it("new", O_RDONLY, &rule), FILE_WRONG_OWNER);
}

/* Nobody is at its other end. */
static void
waits_for_no_fifo(void **state)
{
	const struct file_rule rule = { .type = S_IFREG, .owner = geteuid() };

	(void)state;
	assert_int_equal(mkfifoat(folder_fd, "fifo", 0600), 0);
	alarm(20);
	assert_int_equal(open_it("fifo", O_RDONLY, &rule), FILE_WRONG_TYPE);
	alarm(0);
}

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder_fd >= 0 ? 0 : -1;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlinkat(folder_fd, "new", 0);
	unlinkat(folder_fd, "link", 0);
	unlinkat(folder_fd, "fifo", 0);
	close(folder_fd);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(opens),
		cmocka_unit_test(waits_for_no_fifo),
	};

	return cmocka_run_group_tests_name("file-judge", tests, make_folder,
	    remove_folder);
}
