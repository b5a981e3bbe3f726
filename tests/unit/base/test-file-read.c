/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_read.h"

enum { SIZE_MAX_TESTED = 20000 };

static char path[] = "/tmp/vmauthz-read.XXXXXX";

static const struct {
	const char *title;
	size_t size, max;
	bool fits;
} rows[] = {
	{ "nothing", 0, 10, true },
	{ "nothing where nothing may be", 0, 0, true },
	{ "some", 9, 10, true },
	{ "just so much", 10, 10, true },
	{ "a first piece", 4096, 4096, true },
	{ "several pieces", 12289, 20000, true },
	{ "several, just so much", 20000, 20000, true },
	{ "one octet where nothing may be", 1, 0, false },
	{ "one more", 11, 10, false },
	{ "one more than a piece", 4097, 4096, false },
	{ "one less allowed than a piece has", 4096, 4095, false },
	{ "one more than several", 12289, 12288, false },
	{ "much more", 20000, 10, false },
};

static void
fill(int fd, size_t size)
{
	static char text[SIZE_MAX_TESTED];

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(i % 251);	/* NUL, too */
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, text, size, 0), size);
}

static void
expect(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(text[i], (char)(i % 251));
	assert_int_equal(text[size], '\0');
}

static void
reads(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		static char room[SIZE_MAX_TESTED + 1];
		size_t size = 1;
		ssize_t got;
		char *all;

		TITLE(rows[i].title);
		fill(fd, rows[i].size);
		errno = 0;
		lseek(fd, 0, SEEK_SET);
		got = file_read(fd, room, rows[i].max);
		assert_int_equal(errno, rows[i].fits ? 0 : EFBIG);
		assert_int_equal(got,
		    rows[i].fits ? (ssize_t)rows[i].size : -1);
		errno = 0;
		all = file_read_path(path, rows[i].max, &size);
		assert_int_equal(all != NULL, rows[i].fits);
		assert_int_equal(size, rows[i].fits ? rows[i].size : 0);
		if (rows[i].fits) {
			expect(room, size);
			expect(all, size);
		} else {
			assert_int_equal(errno, EFBIG);
		}
		free(all);
	}
	close(fd);
	unlink(path);
}

static void
fails(void **state)
{
	char room[8];
	size_t size = 1;

	(void)state;
	assert_null(file_read_path("/nonexistent", 10, &size));
	assert_int_equal(errno, ENOENT);
	assert_int_equal(size, 0);
	assert_null(file_read_path("/", 10, &size));
	assert_int_equal(errno, EISDIR);
	assert_int_equal(file_read(-1, room, sizeof(room) - 1), -1);
	assert_int_equal(errno, EBADF);
	assert_null(file_read_all(-1, 10, &size));
	assert_int_equal(errno, EBADF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(fails),
	};

	return cmocka_run_group_tests_name("file-read", tests, NULL, NULL);
}
