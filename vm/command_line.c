/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/command_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_read.h"

/* octets; Linux starts no program with more than 6 MiB of arguments and
 * environment, execve(2) */
enum { COMMAND_LINE_MAX = 8 * 1024 * 1024 };

/* The options of QEMU 2.12 to 10.0 that have no argument (qemu-options.def).
 * Every other one consumes the next word, whatever that looks like, so the
 * "-name" in -append "-name" is no option. */
static const char *const flag_options[] = {
	"S", "alt-grab", "audio-help", "ctrl-grab", "curses", "daemonize",
	"enable-fips", "enable-hax", "enable-kvm", "enable-sync-profile",
	"full-screen", "h", "help", "jitdump", "localtime", "mem-prealloc",
	"no-acpi", "no-fd-bootchk", "no-frame", "no-hpet", "no-kvm",
	"no-kvm-irqchip", "no-kvm-pit", "no-kvm-pit-reinjection", "no-quit",
	"no-reboot", "no-shutdown", "no-user-config", "nodefaults",
	"nodefconfig", "nographic", "old-param", "one-insn-per-tb",
	"only-migratable", "perfmap", "portrait", "preconfig", "rtc-td-hack",
	"s", "sdl", "semihosting", "singlestep", "snapshot", "tdf", "usb",
	"version", "win2k-hack", "xen-attach", "xen-domid-restrict",
};

/* Whether the option, written without its dashes, has no argument. */
static bool
command_line_option_is_flag(const char *option)
{
	const size_t count = sizeof(flag_options) / sizeof(flag_options[0]);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(flag_options[i], option) == 0)
			return true;
	}
	return false;
}

/* Copies the value at *at up to the next comma that is not doubled (QEMU's
 * escape for one comma), and leaves *at there.  Returns false if it doesn't
 * fit: a name that is cut could be another VM's. */
static bool
command_line_read_value(const char **at, char *out, size_t room)
{
	size_t used = 0;
	bool fits = true;

	for (; **at != '\0'; (*at)++) {
		if (**at == ',' && *++*at != ',') {
			(*at)--;
			break;
		}
		if (used + 1 < room)
			out[used++] = **at;
		else
			fits = false;
	}
	out[used] = '\0';
	return fits;
}

/* The value of -name: KEY=VALUE pairs between commas, of which a first one
 * without a key is guest=.  Other keys, as process= and debug-threads=, may
 * be of any length. */
static void
command_line_parse_name(struct command_line *self, const char *value)
{
	char name[sizeof(self->name)];
	bool first = true;

	while (*value != '\0') {
		size_t length = strcspn(value, "=,");
		bool keyed = value[length] == '=';
		bool guest = keyed ? strncmp(value, "guest=", 6) == 0 : first;

		if (keyed)
			value += length + 1;
		if (!command_line_read_value(&value, name, sizeof(name)) &&
		    guest)
			self->usable = false;
		if (guest)
			strcpy(self->name, name);
		value += *value == ',';
		first = false;
	}
}

/* Returns the argument at *at and moves *at behind it; NULL at the end.  The
 * last octet is known to be NUL, so strlen(3) stays within the text. */
static const char *
command_line_next_argument(const char **at, const char *end)
{
	const char *argument = *at;

	if (argument >= end)
		return NULL;
	*at += strlen(argument) + 1;
	return argument;
}

void
command_line_parse(struct command_line *self_r, const char *cmdline,
    size_t length)
{
	const char *at = cmdline, *end = cmdline + length;
	const char *option, *value;

	/* Without a NUL at the end the last value may have been cut, and the
	 * rest of a VM's name may be another VM's name. */
	memset(self_r, 0, sizeof(*self_r));
	if (length == 0 || end[-1] != '\0')
		return;
	self_r->usable = true;
	command_line_next_argument(&at, end);		/* the program */
	while ((option = command_line_next_argument(&at, end)) != NULL) {
		if (option[0] != '-')
			continue;		/* a disk image */
		/* QEMU reads "--name" as "-name" */
		option += option[1] == '-' ? 2 : 1;
		if (command_line_option_is_flag(option))
			continue;
		value = command_line_next_argument(&at, end);
		if (value == NULL)
			break;
		if (strcmp(option, "name") == 0)
			command_line_parse_name(self_r, value);
		else if (strcmp(option, "uuid") == 0)
			self_r->usable = uuid_read(self_r->uuid, value) &&
			    self_r->usable;
	}
}

void
command_line_read_own(struct command_line *self_r)
{
	size_t length;
	char *cmdline = file_read_path("/proc/self/cmdline", COMMAND_LINE_MAX,
	    &length);

	memset(self_r, 0, sizeof(*self_r));
	if (cmdline != NULL)
		command_line_parse(self_r, cmdline, length);
	free(cmdline);
}
