/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/file_read.h"
#include "vm/machine_source.h"

/* systemd-machined puts registered machines into this slice.  Users can make
 * cgroups with such names, too, but theirs are below user.slice: this is why a
 * path has to begin with it. */
static const char slice[] = "/machine.slice/";
static const char prefix[] = "machine-qemu-";	/* unescaped */
static const char suffix[] = ".scope";

enum {
	CGROUP_TEXT_MAX = 65536,	/* octets of /proc/PID/cgroup */
	/* libvirt drops from a machine's name the characters that systemd does
	 * not allow, and cuts the rest to this length: a name of full length
	 * may belong to several VMs */
	CGROUP_NAME_MAX = 64,
};

/* Copies the VM's name out of "machine-qemu-7-debianx.scope".  Returns false if
 * the unit is no VM's.  systemd may escape any octet of a unit's name
 * (systemd.unit(5)): \x2d is '-'. */
static bool
cgroup_unit_name(const char *unit, size_t length,
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
	if (digits == 0 || name[digits] != '-' || machine >= CGROUP_NAME_MAX)
		return false;
	name += digits + 1;
	if (!machine_name_valid(name))
		return false;
	strcpy(name_r, name);
	return true;
}

/* The path in a line of proc_pid_cgroup(5), or NULL.  Only the hierarchies that
 * systemd manages count: the unified one, and its own one of cgroups(7)
 * version 1. */
static const char *
cgroup_systemd_path(const char *line)
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

enum machine_result
machine_parse_cgroup(const char *text, char name_r[REQUEST_VM_NAME_MAX + 1])
{
	char name[REQUEST_VM_NAME_MAX + 1];
	bool found = false;

	name_r[0] = '\0';
	for (const char *line = text; *line != '\0';
	    line += strcspn(line, "\n"), line += *line == '\n') {
		const char *path = cgroup_systemd_path(line);

		if (path == NULL || strncmp(path, slice, strlen(slice)) != 0)
			continue;
		path += strlen(slice);
		if (!cgroup_unit_name(path, strcspn(path, "/\n"), name))
			continue;
		/* a hybrid host lists both hierarchies: they have to agree */
		if (found && strcmp(name, name_r) != 0)
			return MACHINE_CONFLICT;
		strcpy(name_r, name);
		found = true;
	}
	return found ? MACHINE_FOUND : MACHINE_NONE;
}

enum machine_result
machine_from_cgroup(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum machine_result result = MACHINE_NONE;
	char path[64], *text;
	size_t size;

	snprintf(path, sizeof(path), "%s/%ld/cgroup", sources->proc,
	    (long)peer->pid);
	text = file_read_path(path, CGROUP_TEXT_MAX, &size);
	if (text != NULL)
		result = machine_parse_cgroup(text, machine_r->name);
	free(text);
	return result;
}
