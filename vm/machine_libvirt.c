/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <dirent.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file_check.h"
#include "base/file_read.h"
#include "base/uuid.h"
#include "vm/machine_source.h"

enum {
	LIBVIRT_PID_MAX = 32,		/* octets of a process id as text */
	LIBVIRT_STATUS_MAX = 4 * 1024 * 1024,	/* octets of a status file */
	LIBVIRT_FILES_MAX = 65536,	/* in libvirt's folder; more are a
					 * conflict */
};

/* --- the status file: <domstatus pid="…"><domain><name/><uuid/> ----------- */

/* libxml2 accepts NULL for a node or a text that is missing. */
static const xmlNode *
status_child(const xmlNode *node, const char *name)
{
	const xmlNode *at = node != NULL ? node->children : NULL;

	while (at != NULL && (at->type != XML_ELEMENT_NODE ||
	    xmlStrcmp(at->name, (const xmlChar *)name) != 0))
		at = at->next;
	return at;
}

static bool
status_content_is(const xmlNode *node, const char *wanted)
{
	xmlChar *content = xmlNodeGetContent(node);
	bool is = xmlStrEqual(content, (const xmlChar *)wanted);

	xmlFree(content);
	return is;
}

static bool
status_copy_uuid(const xmlNode *node, char uuid_r[UUID_LENGTH + 1])
{
	xmlChar *content = xmlNodeGetContent(node);
	bool good = content != NULL && uuid_is_lower((const char *)content);

	if (good)
		strcpy(uuid_r, (const char *)content);
	xmlFree(content);
	return good;
}

static bool
status_pid_is(const xmlNode *node, pid_t pid)
{
	xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"pid");
	char wanted[LIBVIRT_PID_MAX];
	bool is;

	snprintf(wanted, sizeof(wanted), "%ld", (long)pid);
	is = xmlStrEqual(value, (const xmlChar *)wanted);
	xmlFree(value);
	return is;
}

/* Called at a document type declaration, which libvirt never writes.  Entities
 * that it declares expand a small file to a large text, and libxml2's limits do
 * not cover every way to do so: the parser stops here. */
static void
status_doctype_cb(void *context, const xmlChar *name, const xmlChar *public_id,
    const xmlChar *system_id)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)public_id;
	(void)system_id;
	/* xmlStopParser() alone does not mark the document as malformed */
	parser->wellFormed = 0;
	xmlStopParser(parser);
}

static xmlDoc *
status_parse_document(const char *xml, size_t size)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	xmlDoc *document;

	if (parser == NULL)
		return NULL;
	parser->sax->internalSubset = status_doctype_cb;
	document = xmlCtxtReadMemory(parser, xml, (int)size, NULL, NULL,
	    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	xmlFreeParserCtxt(parser);
	return document;
}

bool
machine_parse_status(const char *xml, size_t size, const char *name,
    pid_t pid, char uuid_r[UUID_LENGTH + 1])
{
	xmlDoc *document;
	const xmlNode *root, *domain;
	bool good = false;

	uuid_r[0] = '\0';
	if (size > LIBVIRT_STATUS_MAX)
		return false;
	document = status_parse_document(xml, size);
	if (document == NULL)
		return false;
	root = xmlDocGetRootElement(document);
	if (root != NULL && xmlStrcmp(root->name,
	    (const xmlChar *)"domstatus") == 0) {
		domain = status_child(root, "domain");
		good = status_pid_is(root, pid) &&
		    status_content_is(status_child(domain, "name"), name) &&
		    status_copy_uuid(status_child(domain, "uuid"), uuid_r);
	}
	xmlFreeDoc(document);
	return good;
}

static bool
libvirt_read_status(struct machine *machine, const struct peer *peer,
    const struct machine_sources *sources)
{
	int fd = sources->open_status(sources->context, machine->name);
	size_t size = 0;
	char *text;
	bool good;

	if (fd < 0)
		return false;
	text = file_read_all(fd, LIBVIRT_STATUS_MAX, &size);
	close(fd);
	good = size > 0 && machine_parse_status(text, size, machine->name,
	    peer->pid, machine->uuid);
	free(text);
	return good;
}

/* --- the process files: NAME.pid ------------------------------------------ */

/* Returns a descriptor, or -1 if accounts other than root could have made or
 * changed the file. */
static int
libvirt_open(int folder, const char *path, int flags, mode_t type,
    const struct machine_sources *sources, struct stat *st_r)
{
	const struct file_rule rule = {
		.type = type,
		.owner = sources->owner,
		.denied = S_IWGRP | S_IWOTH,
	};
	enum file_verdict verdict;

	return file_open(folder, path, flags | O_RDONLY | O_NOFOLLOW, &rule,
	    st_r, &verdict);
}

/* The process's start as Unix time in seconds, or 0 if the unit of clock ticks
 * is unknown. */
static int64_t
libvirt_process_start(const struct peer *peer)
{
	long rate = sysconf(_SC_CLK_TCK);

	if (rate <= 0)
		return 0;
	return clock_unix_ms() / 1000 - clock_boot_seconds() +
	    (int64_t)(peer->start / (uint64_t)rate);
}

/* Whether the file holds pid as decimal digits, and at most one line feed. */
static bool
pid_file_holds(int fd, pid_t pid)
{
	char text[LIBVIRT_PID_MAX + 1], wanted[LIBVIRT_PID_MAX];
	ssize_t size = file_read(fd, text, LIBVIRT_PID_MAX);

	if (size <= 0)
		return false;
	if (text[size - 1] == '\n')
		text[--size] = '\0';
	snprintf(wanted, sizeof(wanted), "%ld", (long)pid);
	return strlen(text) == (size_t)size && strcmp(text, wanted) == 0;
}

/* Whether a process file names the process.  A file that is older than the
 * process names an earlier one, which had the same number. */
static bool
pid_file_matches(int folder, const char *file, const struct peer *peer,
    const struct machine_sources *sources)
{
	/* the times of both are whole seconds, each up to one off */
	enum { LIBVIRT_SLACK = 2 };
	struct stat st;
	int fd = libvirt_open(folder, file, 0, S_IFREG, sources, &st);
	bool is;

	if (fd < 0)
		return false;
	is = st.st_mtim.tv_sec + LIBVIRT_SLACK >= libvirt_process_start(peer) &&
	    pid_file_holds(fd, peer->pid);
	close(fd);
	return is;
}

/* Copies the VM's name out of "NAME.pid".  Returns false if it is none. */
static bool
pid_file_name(const char *file, char name_r[REQUEST_VM_NAME_MAX + 1])
{
	static const char ending[] = ".pid";
	size_t length = strlen(file), tail = strlen(ending);

	if (length <= tail || length - tail > REQUEST_VM_NAME_MAX ||
	    strcmp(file + length - tail, ending) != 0)
		return false;
	memcpy(name_r, file, length - tail);
	name_r[length - tail] = '\0';
	return machine_name_valid(name_r);
}

/* Reads every file instead of stopping at the first match: if two name the
 * process, neither can be trusted. */
static enum machine_result
libvirt_find_name(DIR *folder, struct machine *machine_r,
    const struct peer *peer, const struct machine_sources *sources)
{
	enum machine_result result = MACHINE_NONE;
	char name[REQUEST_VM_NAME_MAX + 1];
	const struct dirent *entry;
	int seen = 0;

	while ((entry = readdir(folder)) != NULL) {
		if (++seen > LIBVIRT_FILES_MAX)
			return MACHINE_CONFLICT;
		if (!pid_file_name(entry->d_name, name) ||
		    !pid_file_matches(dirfd(folder), entry->d_name, peer,
		    sources))
			continue;
		if (result == MACHINE_FOUND)
			return MACHINE_CONFLICT;
		strcpy(machine_r->name, name);
		result = MACHINE_FOUND;
	}
	return result;
}

enum machine_result
machine_from_libvirt(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum machine_result result = MACHINE_NONE;
	struct stat st;
	int fd = libvirt_open(AT_FDCWD, sources->libvirt_folder, O_DIRECTORY,
	    S_IFDIR, sources, &st);
	DIR *folder;

	if (fd < 0)
		return MACHINE_NONE;
	folder = fdopendir(fd);
	if (folder == NULL) {
		close(fd);
		return MACHINE_NONE;
	}
	result = libvirt_find_name(folder, machine_r, peer, sources);
	closedir(folder);
	/* NAME.xml has the uuid, and has to confirm NAME.pid */
	if (result == MACHINE_FOUND &&
	    !libvirt_read_status(machine_r, peer, sources))
		result = MACHINE_CONFLICT;
	return result;
}
