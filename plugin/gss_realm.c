/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "plugin/gss_realm.h"

#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* The few declarations of RFC 2744 that are needed, so that a plugin which
 * every SASL program loads is not linked with Kerberos.  The handles are the
 * library's own. */
struct gss_buffer {
	size_t length;
	void *value;
};

struct gss_oid {
	uint32_t length;
	void *elements;
};

struct gss_calls {
	uint32_t (*import_name)(uint32_t *, struct gss_buffer *,
	    struct gss_oid *, void **);
	uint32_t (*canonicalize_name)(uint32_t *, void *, struct gss_oid *,
	    void **);
	uint32_t (*display_name)(uint32_t *, void *, struct gss_buffer *,
	    struct gss_oid **);
	uint32_t (*release_name)(uint32_t *, void **);
	uint32_t (*release_buffer)(uint32_t *, struct gss_buffer *);
};

/* the upper 16 bits of a major status are errors (RFC 2744, section 3.9.1) */
enum { GSS_ERROR_SHIFT = 16 };

static bool
gss_realm_failed(uint32_t major)
{
	return (major >> GSS_ERROR_SHIFT) != 0;
}

/* GSSAPI (RFC 4752), GSS-SPNEGO and the GS2 family (RFC 5801) */
bool
gss_realm_wanted(const char *mechanism)
{
	return strncasecmp(mechanism, "GSS", 3) == 0 ||
	    strncasecmp(mechanism, "GS2-", 4) == 0;
}

/* The calls of the library that the mechanism itself is linked with; another
 * implementation of GSSAPI in the process could have another realm. */
static bool
gss_realm_find_calls(void *library, struct gss_calls *calls)
{
	const struct {
		const char *name;
		void *slot;
	} wanted[] = {
		{ "gss_import_name", &calls->import_name },
		{ "gss_canonicalize_name", &calls->canonicalize_name },
		{ "gss_display_name", &calls->display_name },
		{ "gss_release_name", &calls->release_name },
		{ "gss_release_buffer", &calls->release_buffer },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *symbol = dlsym(library, wanted[i].name);

		if (symbol == NULL)
			return false;
		memcpy(wanted[i].slot, &symbol, sizeof(symbol));
	}
	return true;
}

/* Makes a principal of a user's name without a realm, and returns its text,
 * which ends in the default realm.  GSSAPI has no call for the realm itself. */
static bool
gss_realm_display_principal(const struct gss_calls *calls,
    struct gss_buffer *text)
{
	/* 1.2.840.113554.1.2.1.1 (user name), 1.2.840.113554.1.2.2 (krb5) */
	struct gss_oid user_name = { 10,
	    (char[]){ "\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01" } };
	struct gss_oid krb5 = { 9,
	    (char[]){ "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02" } };
	struct gss_buffer bare = { 1, (char[]){ "x" } };
	void *name = NULL, *principal = NULL;
	uint32_t minor;
	bool shown;

	shown = !gss_realm_failed(calls->import_name(&minor, &bare,
	    &user_name, &name)) &&
	    !gss_realm_failed(calls->canonicalize_name(&minor, name, &krb5,
	    &principal)) &&
	    !gss_realm_failed(calls->display_name(&minor, principal, text,
	    NULL));
	if (principal != NULL)
		calls->release_name(&minor, &principal);
	if (name != NULL)
		calls->release_name(&minor, &name);
	return shown;
}

bool
gss_realm_default(void *library, char realm_r[IDENTITY_MAX + 1])
{
	struct gss_buffer text = { 0, NULL };
	struct gss_calls calls;
	const char *at;
	uint32_t minor;
	size_t length;
	bool found;

	realm_r[0] = '\0';
	if (!gss_realm_find_calls(library, &calls) ||
	    !gss_realm_display_principal(&calls, &text))
		return false;
	at = memrchr(text.value, '@', text.length);
	length = at != NULL ?
	    text.length - (size_t)(at + 1 - (char *)text.value) : 0;
	found = at != NULL && identity_realm_valid(at + 1, length);
	if (found) {
		memcpy(realm_r, at + 1, length);
		realm_r[length] = '\0';
	}
	calls.release_buffer(&minor, &text);
	return found;
}
