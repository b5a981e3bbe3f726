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

struct line_buffer {
	char *text;
	size_t used;
	bool full;		/* no more is added, not even a short text:
				 * "..." stands behind what had room */
};

static void
line_put_octets(struct line_buffer *buffer, const char *text, size_t length)
{
	if (buffer->full)
		return;
	if (buffer->used + length + sizeof("...") > LOG_LINE_MAX) {
		buffer->full = true;
		strcpy(buffer->text + buffer->used, "...");
		return;
	}
	memcpy(buffer->text + buffer->used, text, length);
	buffer->used += length;
	buffer->text[buffer->used] = '\0';
}

static void
line_put(struct line_buffer *buffer, const char *text)
{
	line_put_octets(buffer, text, strlen(text));
}

static void
line_put_escaped(struct line_buffer *buffer, const char *text, size_t length,
    enum escape_style style)
{
	struct escape escape = { text, length, style, 0, "" };
	const char *piece;
	size_t size;

	while ((size = escape_piece(&escape, &piece)) != 0)
		line_put_octets(buffer, piece, size);
}

static void
line_put_value(struct line_buffer *buffer, const char *value)
{
	size_t length = strnlen(value, LOG_VALUE_MAX + 1);
	bool cut = length > LOG_VALUE_MAX;

	line_put_escaped(buffer, value, cut ? LOG_VALUE_MAX : length,
	    ESCAPE_LOG);
	if (cut)
		line_put(buffer, "...");
}

/* Unescaped: value is a constant or a number. */
static void
line_put_bare(struct line_buffer *buffer, const char *key, const char *value)
{
	line_put(buffer, " ");
	line_put(buffer, key);
	line_put(buffer, "=");
	line_put(buffer, value);
}

static void
line_put_field(struct line_buffer *buffer, const char *key, const char *value)
{
	if (value == NULL) {
		line_put_bare(buffer, key, "-");
		return;
	}
	line_put_bare(buffer, key, "\"");
	line_put_value(buffer, value);
	line_put(buffer, "\"");
}

/* "192.0.2.7;4711" as people write it: 192.0.2.7:4711, [2001:db8::7]:4711 */
static const char *
line_client_text(const char *client, char out[LOG_VALUE_MAX])
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
line_put_sha256(struct line_buffer *buffer, const char *name,
    const unsigned char *sha256)
{
	char text[2 * REQUEST_SHA256_SIZE + 1];

	if (sha256 != NULL)
		hex_write(text, sha256, REQUEST_SHA256_SIZE);
	line_put_field(buffer, name, sha256 != NULL ? text : NULL);
}

static void
line_put_names(struct line_buffer *buffer, const char *name,
    const struct request_certificate *certificate)
{
	size_t used = 0;

	if (certificate->name_count == 0) {
		line_put_field(buffer, name, NULL);
		return;
	}
	line_put_bare(buffer, name, "\"");
	for (size_t i = 0; i < certificate->name_count; i++) {
		const char *text = certificate->names[i];

		used += strlen(text) + 1;
		if (used > LOG_NAMES_MAX) {
			line_put(buffer, "...");
			break;
		}
		if (i != 0)
			line_put(buffer, ",");
		line_put_escaped(buffer, text, strlen(text), ESCAPE_LOG_LIST);
	}
	line_put(buffer, "\"");
}

/* remote is bare, since an account may have that name. */
static void
line_put_local(struct line_buffer *buffer, const char *name,
    const struct decision_record *record)
{
	if (record->local == REQUEST_LOCAL_REMOTE)
		line_put_bare(buffer, name, "remote");
	else
		line_put_field(buffer, name, record->local ==
		    REQUEST_LOCAL_ACCOUNT ? record->local_user : NULL);
}

static void
line_put_time(struct line_buffer *buffer, const char *name, int64_t at)
{
	time_t seconds = (time_t)(at / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, sizeof(text),
	    "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		line_put_field(buffer, name, NULL);
	else
		line_put_field(buffer, name, text);
}

static void
line_put_number(struct line_buffer *buffer, const struct decision_field *field,
    int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	if (number == 0)
		line_put_field(buffer, field->name, NULL);
	else if (field->form == DECISION_FORM_NUMBER)
		line_put_bare(buffer, field->name, text);
	else
		line_put_field(buffer, field->name, text);
}

static void
line_put_reason(struct line_buffer *buffer, const char *name,
    const struct decision_record *record)
{
	line_put_bare(buffer, name, "\"");
	line_put_value(buffer, record->reason != NULL ? record->reason : "");
	if (record->detail != NULL && record->detail[0] != '\0') {
		line_put(buffer, ": ");
		line_put_value(buffer, record->detail);
	}
	line_put(buffer, "\"");
}

static void
line_put_member(struct line_buffer *buffer,
    const struct decision_record *record,
    const struct decision_field *field)
{
	char client[LOG_VALUE_MAX];

	switch (field->form) {
	case DECISION_FORM_TEXT:
		line_put_field(buffer, field->name,
		    decision_text(record, field));
		break;
	case DECISION_FORM_NUMBER:
	case DECISION_FORM_LONG_NUMBER:
		line_put_number(buffer, field, decision_number(record, field));
		break;
	case DECISION_FORM_VERDICT:
		line_put(buffer, verdict_name(record->verdict));
		break;
	case DECISION_FORM_CLIENT:
		line_put_field(buffer, field->name,
		    line_client_text(record->client, client));
		break;
	case DECISION_FORM_SHA256:
		line_put_sha256(buffer, field->name,
		    record->certificate.sha256);
		break;
	case DECISION_FORM_NAMES:
		line_put_names(buffer, field->name, &record->certificate);
		break;
	case DECISION_FORM_LOCAL:
		line_put_local(buffer, field->name, record);
		break;
	case DECISION_FORM_TIME:
		line_put_time(buffer, field->name, record->at);
		break;
	case DECISION_FORM_REASON:
		line_put_reason(buffer, field->name, record);
		break;
	}
}

void
log_format(char line[LOG_LINE_MAX], const struct decision_record *record)
{
	struct line_buffer buffer = { .text = line };

	for (size_t i = 0; i < DECISION_FIELD_COUNT; i++)
		line_put_member(&buffer, record, &decision_fields[i]);
}

void
log_format_fields(char line[LOG_LINE_MAX], const char *head,
    const struct log_field *fields, size_t count)
{
	struct line_buffer buffer = { .text = line };

	line_put(&buffer, head);
	for (size_t i = 0; i < count; i++)
		line_put_field(&buffer, fields[i].key, fields[i].value);
}

/* --- syslog ------------------------------------------------------------ */

/* The second is the socket of systemd-journald to which /dev/log is a link.  It
 * can be reached from the private /dev that libvirt gives QEMU. */
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

/* At most one try a second: without a log, each line would try both sockets
 * in vain. */
static bool
log_connect(struct log_sink *sink, time_t now)
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

/* RFC 3164, section 4.1.2, has English month names; strftime(3) would follow
 * the locale that QEMU has set. */
static void
log_write_time(char out[32], time_t now)
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

	log_write_time(when, now);
	length = snprintf(datagram, sizeof(datagram), "<%d>%s vmauthz[%ld]: %s",
	    LOG_AUTHPRIV | priority, when, (long)getpid(), line);
	if (length < 0 || (size_t)length >= sizeof(datagram))
		return;
	if (sink->fd >= 0) {
		if (send(sink->fd, datagram, (size_t)length, MSG_NOSIGNAL) >= 0)
			return;
		log_close(sink);	/* the log was restarted, perhaps */
	}
	if (log_connect(sink, now))
		send(sink->fd, datagram, (size_t)length, MSG_NOSIGNAL);
}
