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
	PID_TEXT_MAX = 32,
	STATUS_MAX = 4 * 1024 * 1024,	/* octets of a status file */
	FILES_MAX = 65536,		/* in libvirt's folder */
};

/* --- the status file: <domstatus pid="…"><domain><name/><uuid/> ------------- */

static const xmlNode *
child(const xmlNode *node, const char *name)
{
	const xmlNode *at = node != NULL ? node->children : NULL;

	while (at != NULL && (at->type != XML_ELEMENT_NODE ||
	    xmlStrcmp(at->name, (const xmlChar *)name) != 0))
		at = at->next;
	return at;
}

static bool
content_is(const xmlNode *node, const char *wanted)
{
	xmlChar *content = node != NULL ? xmlNodeGetContent(node) : NULL;
	bool is = content != NULL &&
	    xmlStrcmp(content, (const xmlChar *)wanted) == 0;

	xmlFree(content);
	return is;
}

static bool
take_uuid(const xmlNode *node, char uuid_r[UUID_LENGTH + 1])
{
	xmlChar *content = node != NULL ? xmlNodeGetContent(node) : NULL;
	bool good = content != NULL && uuid_is_lower((const char *)content);

	if (good)
		strcpy(uuid_r, (const char *)content);
	xmlFree(content);
	return good;
}

static bool
pid_is(const xmlNode *node, pid_t pid)
{
	xmlChar *value = node != NULL ?
	    xmlGetNoNsProp(node, (const xmlChar *)"pid") : NULL;
	char wanted[PID_TEXT_MAX];
	bool is;

	snprintf(wanted, sizeof(wanted), "%ld", (long)pid);
	is = value != NULL && xmlStrcmp(value, (const xmlChar *)wanted) == 0;
	xmlFree(value);
	return is;
}

/* Called at a document type, which libvirt never writes.  What one declares
 * makes little text into much, and libxml2 doesn't count all of its ways. */
static void
refuse_type(void *context, const xmlChar *name, const xmlChar *public_id,
    const xmlChar *system_id)
{
	xmlParserCtxt *parser = context;

	(void)name;
	(void)public_id;
	(void)system_id;
	parser->wellFormed = 0;
	xmlStopParser(parser);
}

static xmlDoc *
read_document(const char *xml, size_t size)
{
	xmlParserCtxt *parser = xmlNewParserCtxt();
	xmlDoc *document;

	if (parser == NULL)
		return NULL;
	parser->sax->internalSubset = refuse_type;
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
	if (size > STATUS_MAX)
		return false;
	document = read_document(xml, size);
	if (document == NULL)
		return false;
	root = xmlDocGetRootElement(document);
	if (root != NULL && xmlStrcmp(root->name,
	    (const xmlChar *)"domstatus") == 0) {
		domain = child(root, "domain");
		good = pid_is(root, pid) &&
		    content_is(child(domain, "name"), name) &&
		    take_uuid(child(domain, "uuid"), uuid_r);
	}
	xmlFreeDoc(document);
	return good;
}

static bool
read_status(struct machine *machine, const struct peer *peer,
    const struct machine_sources *sources)
{
	int fd = sources->open_status(sources->context, machine->name);
	size_t size = 0;
	char *text;
	bool good;

	if (fd < 0)
		return false;
	text = file_read_all(fd, STATUS_MAX, &size);
	close(fd);
	good = size > 0 && machine_parse_status(text, size, machine->name,
	    peer->pid, machine->uuid);
	free(text);
	return good;
}

/* --- the process files: NAME.pid ---------------------------------------------- */

/* A descriptor, or -1 if others than root could have made, or changed, the
 * file. */
static int
machine_open(int folder, const char *path, int flags, mode_t type,
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

/* When a process started, as Unix time; 0 if that can't be told. */
static int64_t
started_at(const struct peer *peer)
{
	long rate = sysconf(_SC_CLK_TCK);

	if (rate <= 0)
		return 0;
	return clock_unix_ms() / 1000 - clock_boot_seconds() +
	    (int64_t)(peer->start / (uint64_t)rate);
}

/* A number and at most one line feed. */
static bool
holds_pid(int fd, pid_t pid)
{
	char text[PID_TEXT_MAX + 1], wanted[PID_TEXT_MAX];
	ssize_t size = file_read(fd, text, PID_TEXT_MAX);

	if (size <= 0)
		return false;
	if (text[size - 1] == '\n')
		text[--size] = '\0';
	snprintf(wanted, sizeof(wanted), "%ld", (long)pid);
	return strlen(text) == (size_t)size && strcmp(text, wanted) == 0;
}

/* A file that is older than the process is about another one, which had its
 * number before. */
static bool
is_about(int folder, const char *file, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum { SLACK = 2 };	/* seconds that clocks are rounded by */
	struct stat st;
	int fd = machine_open(folder, file, 0, S_IFREG, sources, &st);
	bool is;

	if (fd < 0)
		return false;
	is = st.st_mtim.tv_sec + SLACK >= started_at(peer) &&
	    holds_pid(fd, peer->pid);
	close(fd);
	return is;
}

/* The VM's name out of "NAME.pid". */
static bool
name_of(const char *file, char name_r[REQUEST_VM_NAME_MAX + 1])
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

/* Looks at every file: two that name the process contradict each other. */
static enum machine_word
find_name(DIR *folder, struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum machine_word word = MACHINE_SILENT;
	char name[REQUEST_VM_NAME_MAX + 1];
	const struct dirent *entry;
	int seen = 0;

	while ((entry = readdir(folder)) != NULL) {
		if (++seen > FILES_MAX)
			return MACHINE_CONTRADICTION;
		if (!name_of(entry->d_name, name) ||
		    !is_about(dirfd(folder), entry->d_name, peer, sources))
			continue;
		if (word == MACHINE_SURE)
			return MACHINE_CONTRADICTION;
		strcpy(machine_r->name, name);
		word = MACHINE_SURE;
	}
	return word;
}

enum machine_word
machine_ask_libvirt(struct machine *machine_r, const struct peer *peer,
    const struct machine_sources *sources)
{
	enum machine_word word = MACHINE_SILENT;
	struct stat st;
	int fd = machine_open(AT_FDCWD, sources->libvirt_folder, O_DIRECTORY,
	    S_IFDIR, sources, &st);
	DIR *folder;

	if (fd < 0)
		return MACHINE_SILENT;
	folder = fdopendir(fd);
	if (folder == NULL) {
		close(fd);
		return MACHINE_SILENT;
	}
	word = find_name(folder, machine_r, peer, sources);
	closedir(folder);
	if (word == MACHINE_SURE && !read_status(machine_r, peer, sources))
		word = MACHINE_CONTRADICTION;
	return word;
}
