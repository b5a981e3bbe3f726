/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "log/decision_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/hex.h"

struct buffer {
	char *text;
	size_t used;
	bool full;
};

static void
put_octets(struct buffer *buffer, const char *text, size_t length)
{
	if (buffer->full || buffer->used + length + sizeof("...") >
	    LOG_LINE_MAX) {
		buffer->full = true;
		return;
	}
	memcpy(buffer->text + buffer->used, text, length);
	buffer->used += length;
	buffer->text[buffer->used] = '\0';
}

static void
put(struct buffer *buffer, const char *text)
{
	put_octets(buffer, text, strlen(text));
}

static void
put_escaped(struct buffer *buffer, const char *text, size_t length,
    enum escape_style style)
{
	struct escape escape = { text, length, style, 0, "" };
	const char *piece;
	size_t size;

	while ((size = escape_piece(&escape, &piece)) != 0)
		put_octets(buffer, piece, size);
}

static void
put_value(struct buffer *buffer, const char *value)
{
	size_t length = strnlen(value, LOG_VALUE_MAX + 1);
	bool cut = length > LOG_VALUE_MAX;

	put_escaped(buffer, value, cut ? LOG_VALUE_MAX : length, ESCAPE_LOG);
	if (cut)
		put(buffer, "...");
}

static void
put_field(struct buffer *buffer, const char *key, const char *value)
{
	put(buffer, " ");
	put(buffer, key);
	if (value == NULL) {
		put(buffer, "=-");
		return;
	}
	put(buffer, "=\"");
	put_value(buffer, value);
	put(buffer, "\"");
}

/* "192.0.2.7;4711" as people write it: 192.0.2.7:4711, [2001:db8::7]:4711 */
static const char *
client_text(const char *client, char out[LOG_VALUE_MAX])
{
	const char *port = client != NULL ? strrchr(client, ';') : NULL;
	bool ipv6;

	if (port == NULL)
		return client;
	ipv6 = memchr(client, ':', (size_t)(port - client)) != NULL;
	snprintf(out, LOG_VALUE_MAX, "%s%.*s%s:%s", ipv6 ? "[" : "",
	    (int)(port - client), client, ipv6 ? "]" : "", port + 1);
	return out;
}

static void
put_sha256(struct buffer *buffer, const unsigned char *sha256)
{
	char text[2 * REQUEST_SHA256_SIZE + 1];

	if (sha256 != NULL)
		hex_write(text, sha256, REQUEST_SHA256_SIZE);
	put_field(buffer, "fp", sha256 != NULL ? text : NULL);
}

static void
put_names(struct buffer *buffer, const struct log_decision *decision)
{
	size_t used = 0;

	put(buffer, decision->name_count != 0 ? " san=\"" : " san=-");
	for (size_t i = 0; i < decision->name_count; i++) {
		const char *name = decision->names[i];

		used += strlen(name) + 1;
		if (used > LOG_NAMES_MAX) {
			put(buffer, "...");
			break;
		}
		if (i != 0)
			put(buffer, ",");
		put_escaped(buffer, name, strlen(name), ESCAPE_LOG_LIST);
	}
	if (decision->name_count != 0)
		put(buffer, "\"");
}

static void
put_local(struct buffer *buffer, const struct log_decision *decision)
{
	if (decision->local == REQUEST_LOCAL_REMOTE)
		put(buffer, " local=remote");
	else
		put_field(buffer, "local", decision->local == REQUEST_LOCAL_ACCOUNT ?
		    decision->local_user : NULL);
}

static void
put_time(struct buffer *buffer, time_t at)
{
	char text[32];
	struct tm tm;

	if (gmtime_r(&at, &tm) == NULL || strftime(text, sizeof(text),
	    "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		put_field(buffer, "at", NULL);
	else
		put_field(buffer, "at", text);
}

static void
put_reason(struct buffer *buffer, const struct log_decision *decision)
{
	put(buffer, " reason=\"");
	put_value(buffer, decision->reason);
	if (decision->detail != NULL && decision->detail[0] != '\0') {
		put(buffer, ": ");
		put_value(buffer, decision->detail);
	}
	put(buffer, "\"");
}

static const char *const outcome_words[] = {
	[VERDICT_DENY] = "deny",
	[VERDICT_ALLOW] = "allow",
	[VERDICT_OBSERVE] = "observe",
};

void
log_format(char line[LOG_LINE_MAX], const struct log_decision *decision)
{
	struct buffer buffer = { .text = line };
	char client[LOG_VALUE_MAX], number[24] = "-";

	if (decision->grant != 0)
		snprintf(number, sizeof(number), "%" PRId64, decision->grant);
	put(&buffer, outcome_words[decision->outcome]);
	put_field(&buffer, "user", decision->user);
	put_field(&buffer, "vm", decision->vm);
	if (decision->vm_source != NULL)
		put_field(&buffer, "vm_source", decision->vm_source);
	put_field(&buffer, "service", decision->service);
	put_field(&buffer, "client", client_text(decision->client, client));
	put_field(&buffer, "cert", decision->cert_cn);
	put_sha256(&buffer, decision->sha256);
	put_names(&buffer, decision);
	put_local(&buffer, decision);
	put_time(&buffer, decision->at);
	put_field(&buffer, "mech", decision->mechanism);
	put(&buffer, " grant=");
	put(&buffer, number);
	if (decision->revision > 0) {
		snprintf(number, sizeof(number), "%" PRId64,
		    decision->revision);
		put(&buffer, " revision=");
		put(&buffer, number);
	}
	put_reason(&buffer, decision);
	if (buffer.full)
		strcpy(line + buffer.used, "...");
}

void
log_format_fields(char line[LOG_LINE_MAX], const char *head,
    const struct log_field *fields, size_t count)
{
	struct buffer buffer = { .text = line };

	put(&buffer, head);
	for (size_t i = 0; i < count; i++)
		put_field(&buffer, fields[i].key, fields[i].value);
	if (buffer.full)
		strcpy(line + buffer.used, "...");
}

/* --- syslog ------------------------------------------------------------ */

/* The second is where systemd-journald really listens; it can be reached
 * from a mount namespace with a /dev of its own. */
static const char *const log_sockets[] = {
	"/dev/log",
	"/run/systemd/journal/dev-log",
};

void
log_open(struct log_sink *sink)
{
	sink->fd = -1;
	sink->retry = 0;
}

void
log_close(struct log_sink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	sink->fd = -1;
}

/* Where there is no log, one try a second is enough. */
static bool
connect_sink(struct log_sink *sink, time_t now)
{
	const size_t count = sizeof(log_sockets) / sizeof(log_sockets[0]);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (now < sink->retry)
		return false;
	sink->retry = now + 1;
	for (size_t i = 0; i < count; i++) {
		sink->fd = socket(AF_UNIX,
		    SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (sink->fd < 0)
			return false;
		strcpy(address.sun_path, log_sockets[i]);
		if (connect(sink->fd, (const struct sockaddr *)&address,
		    sizeof(address)) == 0)
			return true;
		log_close(sink);
	}
	return false;
}

/* RFC 3164 wants English month names, whatever the process's locale. */
static void
write_time(char out[32], time_t now)
{
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct tm tm;

	memset(&tm, 0, sizeof(tm));
	localtime_r(&now, &tm);
	snprintf(out, 32, "%s %2d %02d:%02d:%02d", months[tm.tm_mon % 12],
	    tm.tm_mday % 100, tm.tm_hour % 100, tm.tm_min % 100,
	    tm.tm_sec % 100);
}

void
log_send(struct log_sink *sink, int priority, const char *line)
{
	char datagram[LOG_LINE_MAX + 64], when[32];
	time_t now = time(NULL);
	int length;

	write_time(when, now);
	length = snprintf(datagram, sizeof(datagram), "<%d>%s vmauthz[%ld]: %s",
	    LOG_AUTHPRIV | priority, when, (long)getpid(), line);
	if (length < 0 || (size_t)length >= sizeof(datagram))
		return;
	if (sink->fd >= 0) {
		if (send(sink->fd, datagram, (size_t)length, MSG_NOSIGNAL) >= 0)
			return;
		log_close(sink);	/* the log was restarted, perhaps */
	}
	if (connect_sink(sink, now))
		send(sink->fd, datagram, (size_t)length, MSG_NOSIGNAL);
}
