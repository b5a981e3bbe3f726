/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/file_read.h"
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

/* "machine-qemu-7-debianx" as the name; false if it is no VM's.  systemd
 * escapes any octet of a unit's name (systemd.unit(5)): \x2d is '-'. */
static bool
name_of_unit(const char *unit, size_t length,
    char name_r[REQUEST_VM_NAME_MAX + 1])
{
	char text[REQUEST_VM_NAME_MAX + 64], *name;
	size_t digits, machine;

	if (length <= strlen(suffix) || strncmp(unit + length -
	    strlen(suffix), suffix, strlen(suffix)) != 0 ||
	    !escape_read(text, sizeof(text), unit, length - strlen(suffix),
	    ESCAPE_ALL) ||
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
	enum machine_word word = MACHINE_SILENT;
	char path[64], *text;
	size_t size;

	snprintf(path, sizeof(path), "%s/%ld/cgroup", sources->proc,
	    (long)peer->pid);
	text = file_read_path(path, TEXT_MAX, &size);
	if (text != NULL)
		word = machine_parse_cgroup(text, machine_r->name);
	free(text);
	return word;
}
