/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
is_uuid(const char *text)
{
	for (size_t i = 0; i < REQUEST_UUID_LENGTH; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (text[i] == '\0' || (dash ? text[i] != '-' :
		    strchr("0123456789abcdef", text[i]) == NULL))
			return false;
	}
	return text[REQUEST_UUID_LENGTH] == '\0';
}

static bool
take_uuid(const xmlNode *node, char uuid_r[REQUEST_UUID_LENGTH + 1])
{
	xmlChar *content = node != NULL ? xmlNodeGetContent(node) : NULL;
	bool good = content != NULL && is_uuid((const char *)content);

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
    pid_t pid, char uuid_r[REQUEST_UUID_LENGTH + 1])
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
	char *text = fd >= 0 ? malloc(STATUS_MAX + 1) : NULL;
	ssize_t size = -1;
	bool good;

	if (text != NULL)
		size = machine_read(fd, text, STATUS_MAX);
	good = size > 0 && machine_parse_status(text, (size_t)size,
	    machine->name, peer->pid, machine->uuid);
	free(text);
	if (fd >= 0)
		close(fd);
	return good;
}

/* --- the process files: NAME.pid ---------------------------------------------- */

/* Whether others than root could have made, or changed, what is behind fd. */
static bool
is_trusted(int fd, mode_t type, const struct machine_sources *sources,
    struct stat *st_r)
{
	return fstat(fd, st_r) == 0 && (st_r->st_mode & S_IFMT) == type &&
	    st_r->st_uid == sources->owner &&
	    (st_r->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* When a process started, as Unix time; 0 if that can't be told. */
static int64_t
started_at(const struct peer *peer)
{
	long rate = sysconf(_SC_CLK_TCK);
	struct timespec now, up;

	if (rate <= 0 || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
	    clock_gettime(CLOCK_BOOTTIME, &up) != 0)
		return 0;
	return now.tv_sec - up.tv_sec +
	    (int64_t)(peer->start / (uint64_t)rate);
}

/* A number and at most one line feed. */
static bool
holds_pid(int fd, pid_t pid)
{
	char text[PID_TEXT_MAX + 1], wanted[PID_TEXT_MAX];
	ssize_t size = machine_read(fd, text, PID_TEXT_MAX);

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
	int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool is;

	if (fd < 0)
		return false;
	is = is_trusted(fd, S_IFREG, sources, &st) &&
	    st.st_mtim.tv_sec + SLACK >= started_at(peer) &&
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
	int fd = open(sources->libvirt_folder,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	enum machine_word word = MACHINE_SILENT;
	struct stat st;
	DIR *folder;

	if (fd < 0)
		return MACHINE_SILENT;
	folder = is_trusted(fd, S_IFDIR, sources, &st) ? fdopendir(fd) : NULL;
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
