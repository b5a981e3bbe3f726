/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tests/unit/unit.h"

#include "vm/command_line.h"

#define U "11111111-2222-3333-4444-555555555555"

static const struct {
	const char *line;	/* arguments separated by '|' */
	bool usable;
	const char *name;
	const char *uuid;
} rows[] = {
	{ "qemu|-name|debianx", true, "debianx", "" },
	{ "qemu|--name|debianx", true, "debianx", "" },
	{ "qemu|-name|guest=debianx", true, "debianx", "" },
	{ "qemu|-name|guest=debianx,debug-threads=on", true, "debianx", "" },
	{ "qemu|-name|debug-threads=on,guest=debianx", true, "debianx", "" },
	{ "qemu|-name|debianx,process=qemu:debianx", true, "debianx", "" },
	{ "qemu|-name|debianx,debug-threads", true, "debianx", "" },
	{ "qemu|-name|a,,b,debug-threads=on", true, "a,b", "" },
	{ "qemu|-name|guest=a,,b", true, "a,b", "" },
	{ "qemu|-name|guest=a=b", true, "a=b", "" },
	{ "qemu|-name|guest=a,,guest=b", true, "a,guest=b", "" },
	{ "qemu|-name|guest=a,guest=b", true, "b", "" },
	{ "qemu|-name|a|-name|b", true, "b", "" },
	{ "qemu|-name|a|-name|debug-threads=on", true, "a", "" },
	{ "qemu|-name|with space", true, "with space", "" },
	{ "qemu|-S|-name|debianx", true, "debianx", "" },
	{ "qemu|-nodefaults|-no-user-config|-name|debianx|-S", true,
	    "debianx", "" },
	{ "qemu|disk.img|-name|debianx", true, "debianx", "" },
	{ "qemu|-m|64|-name|debianx|-uuid|" U "|-display|none", true,
	    "debianx", U },
	{ "qemu|-uuid|ABCDEF01-2222-3333-4444-55555555AaFf", true, "",
	    "abcdef01-2222-3333-4444-55555555aaff" },
	{ "qemu|-uuid|" U "|-uuid|99999999-2222-3333-4444-555555555555", true,
	    "", "99999999-2222-3333-4444-555555555555" },
	{ "qemu", true, "", "" },
	{ "qemu|-name", true, "", "" },
	{ "qemu|-name|", true, "", "" },
	{ "qemu|-name|process=x", true, "", "" },
	{ "qemu|-name|nothing-with=guest", true, "", "" },
	/* an option's argument is no option */
	{ "qemu|-append|-name|kali", true, "", "" },
	{ "qemu|-append|-name|-name|debianx", true, "debianx", "" },
	{ "qemu|-name|debianx|-append|-name|-S|kali", true, "debianx", "" },
	{ "qemu|-name|debianx|-fw_cfg|-name|-smbios|-name", true,
	    "debianx", "" },
	{ "qemu|-name|-uuid|" U, true, "-uuid", "" },
	{ "qemu|name|kali|-name|debianx", true, "debianx", "" },
	{ "qemu|-Name|kali", true, "", "" },
	{ "qemu|-name=kali", true, "", "" },
	{ "qemu|---name|kali", true, "", "" },
	/* what can't be */
	{ "qemu|-uuid|1111", false, "", "" },
	{ "qemu|-uuid|", false, "", "" },
	{ "qemu|-uuid|11111111-2222-3333-4444-55555555555g", false, "", "" },
	{ "qemu|-uuid|11111111x2222-3333-4444-555555555555", false, "", "" },
	{ "qemu|-uuid|" U "0", false, "", "" },
};

static size_t
as_cmdline(const char *line, char *out)
{
	size_t length = strlen(line) + 1;

	memcpy(out, line, length);
	for (size_t i = 0; i < length; i++) {
		if (out[i] == '|')
			out[i] = '\0';
	}
	return length;
}

static void
parses(void **state)
{
	char cmdline[1024];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct command_line self;

		TITLE(rows[i].line);
		command_line_parse(&self, cmdline,
		    as_cmdline(rows[i].line, cmdline));
		assert_int_equal(self.usable, rows[i].usable);
		if (!rows[i].usable)
			continue;
		assert_string_equal(self.name, rows[i].name);
		assert_string_equal(self.uuid, rows[i].uuid);
	}
}

static void
refuses_long_names(void **state)
{
	char cmdline[1024] = "qemu\0-name";
	char *name = cmdline + 11;
	struct command_line self;

	(void)state;
	memset(name, 'n', REQUEST_VM_NAME_MAX);
	command_line_parse(&self, cmdline, 11 + REQUEST_VM_NAME_MAX + 1);
	assert_true(self.usable);
	assert_int_equal(strlen(self.name), REQUEST_VM_NAME_MAX);
	name[REQUEST_VM_NAME_MAX] = 'n';
	command_line_parse(&self, cmdline, 11 + REQUEST_VM_NAME_MAX + 2);
	assert_false(self.usable);
}

static void
refuses_cut_lines(void **state)
{
	static const char line[] = "qemu\0-name\0debianx";
	struct command_line self;

	(void)state;
	command_line_parse(&self, line, 0);
	assert_false(self.usable);
	for (size_t length = 1; length < sizeof(line); length++) {
		char *exact = malloc(length);

		memcpy(exact, line, length);
		command_line_parse(&self, exact, length);
		assert_string_not_equal(self.name, "debianx");
		free(exact);
	}
}

static void
reads_this_process(void **state)
{
	struct command_line self;

	(void)state;
	command_line_read_own(&self);
	assert_true(self.usable);
	assert_string_equal(self.name, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses),
		cmocka_unit_test(refuses_long_names),
		cmocka_unit_test(refuses_cut_lines),
		cmocka_unit_test(reads_this_process),
	};

	return cmocka_run_group_tests_name("command_line", tests, NULL, NULL);
}
