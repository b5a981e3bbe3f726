/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vm/machine_source.h"

/* Where systemd keeps what is registered as a machine.  A user's own cgroups
 * are below user.slice, whatever he calls them. */
static const char slice[] = "/machine.slice/";
static const char prefix[] = "machine-qemu-";	/* unescaped */
static const char suffix[] = ".scope";

enum {
	TEXT_MAX = 65536,	/* octets of /proc/PID/cgroup */
	/* libvirt leaves out of a machine's name what systemd doesn't allow,
	 * and cuts it: one of full length may be several VMs' */
	MACHINE_NAME_MAX = 64,
};

static int
hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

/* Undoes systemd's escaping of a unit's name (systemd.unit(5)): \x2d is '-'. */
static bool
unescape(const char *text, size_t length, char *out, size_t room)
{
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (c == '\\') {
			int high = -1, low = -1;

			if (length - i >= 4 && text[i + 1] == 'x') {
				high = hex_value(text[i + 2]);
				low = hex_value(text[i + 3]);
			}
			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 3;
		}
		if (used + 1 >= room || c == '\0')
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return true;
}

/* "machine-qemu-7-debianx" as the name; false if it is no VM's. */
static bool
name_of_unit(const char *unit, size_t length,
    char name_r[REQUEST_VM_NAME_MAX + 1])
{
	char text[REQUEST_VM_NAME_MAX + 64], *name;
	size_t digits, machine;

	if (length <= strlen(suffix) || strncmp(unit + length -
	    strlen(suffix), suffix, strlen(suffix)) != 0 ||
	    !unescape(unit, length - strlen(suffix), text, sizeof(text)) ||
	    strncmp(text, prefix, strlen(prefix)) != 0)
		return false;
	name = text + strlen(prefix);
	/* the machine's name is "qemu-7-debianx" */
	machine = strlen(text) - strlen("machine-");
	digits = strspn(name, "0123456789");
	if (digits == 0 || name[digits] != '-' || machine >= MACHINE_NAME_MAX)
		return false;
	name += digits + 1;
	if (!machine_name_valid(name))
		return false;
	strcpy(name_r, name);
	return true;
}

/* The path of the hierarchy that systemd keeps: the unified one, or its own of
 * the first version. */
static const char *
systemd_path(const char *line)
{
	static const char *const heads[] = { "0::", ":name=systemd:" };
	const char *at;

	if (strncmp(line, heads[0], strlen(heads[0])) == 0)
		return line + strlen(heads[0]);
	at = line + strspn(line, "0123456789");
	if (at != line && strncmp(at, heads[1], strlen(heads[1])) == 0)
		return at + strlen(heads[1]);
	return NULL;
}

enum machine_word
machine_parse_cgroup(const char *text, char name_r[REQUEST_VM_NAME_MAX + 1])
{
	char name[REQUEST_VM_NAME_MAX + 1];
	bool found = false;

	name_r[0] = '\0';
	for (const char *line = text; *line != '\0';
	    line += strcspn(line, "\n"), line += *line == '\n') {
		const char *path = systemd_path(line);

		if (path == NULL || strncmp(path, slice, strlen(slice)) != 0)
			continue;
		path += strlen(slice);
		if (!name_of_unit(path, strcspn(path, "/\n"), name))
			continue;
		if (found && strcmp(name, name_r) != 0)
			return MACHINE_CONTRADICTION;
		strcpy(name_r, name);
		found = true;
	}
	return found ? MACHINE_SURE : MACHINE_SILENT;
}

enum machine_word
machine_ask_cgroup(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	char path[64], text[TEXT_MAX + 1];
	ssize_t size = -1;
	int fd;

	snprintf(path, sizeof(path), "%s/%ld/cgroup", sources->proc,
	    (long)peer->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		size = machine_read(fd, text, TEXT_MAX);
		close(fd);
	}
	return size > 0 ? machine_parse_cgroup(text, machine_r->name) :
	    MACHINE_SILENT;
}
