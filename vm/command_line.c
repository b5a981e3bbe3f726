/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "vm/command_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* octets; Linux gives a command line no more than a quarter of the stack */
enum { CMDLINE_MAX = 8 * 1024 * 1024 };

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

bool
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

static void
parse_uuid(struct command_line *self, const char *value)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	char uuid[REQUEST_UUID_LENGTH + 1] = "";

	_Static_assert(sizeof(shape) == sizeof(uuid), "a uuid's length");
	if (strlen(value) != REQUEST_UUID_LENGTH) {
		self->usable = false;
		return;
	}
	for (size_t i = 0; i < REQUEST_UUID_LENGTH; i++) {
		char c = value[i];

		if (c >= 'A' && c <= 'F')
			c = (char)(c - 'A' + 'a');
		if (shape[i] == '-' ? c != '-' :
		    strchr("0123456789abcdef", c) == NULL) {
			self->usable = false;
			return;
		}
		uuid[i] = c;
	}
	memcpy(self->uuid, uuid, sizeof(uuid));
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

	/* Without a NUL at the end the last value may have been cut. */
	memset(self_r, 0, sizeof(*self_r));
	if (length == 0 || end[-1] != '\0')
		return;
	self_r->usable = true;
	command_line_next_argument(&at, end);		/* the program */
	while ((option = command_line_next_argument(&at, end)) != NULL) {
		if (option[0] != '-')
			continue;		/* a disk image */
		option += option[1] == '-' ? 2 : 1;
		if (command_line_option_is_flag(option))
			continue;
		value = command_line_next_argument(&at, end);
		if (value == NULL)
			break;
		if (strcmp(option, "name") == 0)
			command_line_parse_name(self_r, value);
		else if (strcmp(option, "uuid") == 0)
			parse_uuid(self_r, value);
	}
}

/* All of the file in one allocation; NULL if it can't be had. */
static char *
read_all(int fd, size_t *length_r)
{
	char *data = NULL, *grown;
	size_t size = 0, used = 0;
	ssize_t got;

	do {
		if (used == size) {
			size = size == 0 ? 16384 : size * 2;
			grown = size <= CMDLINE_MAX ? realloc(data, size) :
			    NULL;
			if (grown == NULL)
				goto fail;
			data = grown;
		}
		got = read(fd, data + used, size - used);
		if (got < 0 && errno != EINTR)
			goto fail;
		used += got > 0 ? (size_t)got : 0;
	} while (got != 0);
	*length_r = used;
	return data;
fail:
	free(data);
	return NULL;
}

void
command_line_read_own(struct command_line *self_r)
{
	int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
	char *cmdline = NULL;
	size_t length = 0;

	memset(self_r, 0, sizeof(*self_r));
	if (fd >= 0) {
		cmdline = read_all(fd, &length);
		close(fd);
	}
	if (cmdline != NULL)
		command_line_parse(self_r, cmdline, length);
	free(cmdline);
}
