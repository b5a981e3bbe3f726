/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz explain: prints why a login would be allowed or refused. */

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy-admin/listing.h"
#include "tools/cli.h"
#include "tools/explanation.h"
#include "tools/json_out.h"
#include "tools/verbs.h"
#include "tools/words.h"

/* Exit status. */
enum {
	EXPLAIN_ALLOWED = 0,
	EXPLAIN_REFUSED = 1,
	EXPLAIN_UNKNOWN = 2,
};

/* The command line, as far as it is not in the request.  Absent options are
 * NULL, there too: what they would say is unknown to the decision. */
struct arguments {
	const char *at, *cert, *realm, *user;
	bool json;
};

/* --- reading the command line -------------------------------------------- */

static bool
explain_check_texts(const struct arguments *arguments,
    const struct request *request)
{
	static const struct cli_request_names names = {
		.vm = "",
		.cert_cn = "--cert-cn: ",
		.client = "--from: ",
		.service = "--service: ",
	};

	if (arguments->cert != NULL && request->certificate.cn != NULL)
		warnx("--cert and --cert-cn: one of them is enough");
	else if (request->local_user != NULL && request->local_user[0] == '\0')
		warnx("--local-user: an account has a name");
	else
		return cli_check_request(request, &names);
	return false;
}

/* Reads the names as the plugin does from a connection. */
static bool
explain_read_certificate(const struct arguments *arguments,
    struct explained_request *explained)
{
	struct request_certificate *certificate =
	    &explained->request.certificate;
	struct cert_facts *facts = &explained->facts;
	const char *wrong;

	if (arguments->cert == NULL)
		return true;
	wrong = cert_file_read(arguments->cert, explained->at, facts);
	if (wrong != NULL) {
		warnx("%s: %s", arguments->cert, wrong);
		return false;
	}
	for (size_t i = 0; i < facts->name_count; i++)
		explained->names[i] = facts->names[i];
	/* From here on a missing name is one that the certificate lacks. */
	explained->certificate_read = true;
	certificate->cn = facts->cn[0] != '\0' ? facts->cn : NULL;
	certificate->names = explained->names;
	certificate->name_count = facts->name_count;
	certificate->sha256 = facts->sha256;
	return true;
}

/* Completes the request, which points into explained. */
static bool
explain_read_request(const struct arguments *arguments,
    struct explained_request *explained)
{
	struct request *request = &explained->request;
	struct moment now;

	if (!explain_check_texts(arguments, request) ||
	    !cli_identity(arguments->user, arguments->realm,
	    &explained->user) ||
	    !cli_time("--at", arguments->at, &explained->at))
		return false;
	moment_set(&now, explained->at);
	strcpy(explained->utc, now.utc);
	request->user = &explained->user;
	/* There is no process whose UUID and port could differ from the row. */
	request->vm.by_name_alone = true;
	if (request->service == NULL)
		request->service = "spice";
	/* Otherwise unknown: an address does not say whose process it is. */
	if (request->local_user != NULL)
		request->local = REQUEST_LOCAL_ACCOUNT;
	return explain_read_certificate(arguments, explained);
}

/* --- text ---------------------------------------------------------------- */

/* The value of a condition, NULL if the grant has none.  An allow without a
 * service is for spice, which is shown where the request is for another. */
static const char *
explain_shown_value(const struct explained_grant *grant, int kind)
{
	if (grant->value[kind] == NULL && kind == CONDITION_SERVICE &&
	    !grant->deny && grant->verdict.condition[kind] != CONDITION_MET)
		return "spice";
	return grant->value[kind];
}

/* The detail is escaped, too: it repeats names of certificates. */
static void
explain_print_condition(const struct explained_grant *grant, int kind,
    const struct explained_request *explained)
{
	enum condition_result state = grant->verdict.condition[kind];
	char detail[WORDS_MAX];

	words_detail(detail, (enum condition_kind)kind,
	    explain_shown_value(grant, kind), state, explained);
	printf("\t%s ", condition_name((enum condition_kind)kind));
	words_print(stdout, explain_shown_value(grant, kind));
	printf(": %s, %s", words_state(state), grant->deny &&
	    state == CONDITION_UNKNOWN ? "which a deny takes for met, " : "");
	words_print(stdout, detail);
	putchar('\n');
}

/* Prints all grants about user and VM, also those that don't apply: what is
 * missing for an allow is what the administrator wants to know. */
static void
explain_print_grant(const struct explained_grant *grant,
    const struct explained_request *explained)
{
	const struct decide_match *verdict = &grant->verdict;

	printf("grant %" PRId64 ": %s ", grant->id,
	    grant->deny ? "deny" : "allow");
	words_print(stdout, grant->who);
	putchar(' ');
	words_print(stdout, grant->vm);
	puts(!verdict->good ? ": makes no sense" :
	    verdict->applies ? ": applies" : ": does not apply");
	for (int i = 0; i < CONDITION_COUNT; i++) {
		if (explain_shown_value(grant, i) != NULL)
			explain_print_condition(grant, i, explained);
	}
}

/* The hint is printed to an administrator, who may read the policy; a client
 * learns no names. */
static void
explain_print_hint(enum reason reason,
    const struct explained_request *explained, const char *path)
{
	char *nearest = NULL;

	if (reason == REASON_USER_UNKNOWN)
		nearest = listing_nearest(path, LISTING_USER,
		    explained->user.text);
	else if (reason == REASON_VM_UNKNOWN)
		nearest = listing_nearest(path, LISTING_VM,
		    explained->request.vm.name);
	if (nearest == NULL)
		return;
	fputs("perhaps you mean ", stdout);
	words_print(stdout, nearest);
	putchar('\n');
	g_free(nearest);
}

/* The verdict comes first; what follows are its reasons. */
static void
explain_print(const struct explanation *explanation,
    const struct explained_request *explained, const char *path)
{
	const struct decision *decision = &explanation->decision;

	words_print_verdict(stdout, decision->verdict == VERDICT_ALLOW,
	    reason_text(decision->reason), decision->grant);
	putchar('\n');
	words_print(stdout, explained->user.text);
	fputs(", VM ", stdout);
	words_print(stdout, explained->request.vm.name);
	printf(", %s, %s UTC\n", explained->request.service, explained->utc);
	explain_print_hint(decision->reason, explained, path);
	if (explanation->count == 0)
		puts("no grant is about them");
	for (size_t i = 0; i < explanation->count; i++)
		explain_print_grant(&explanation->grants[i], explained);
}

/* --- JSON ---------------------------------------------------------------- */

/* The same conditions, in the same order, as the text has. */
static json_object *
explain_json_conditions(const struct explained_grant *grant,
    const struct explained_request *explained)
{
	json_object *list = json_list(), *entry;
	char detail[WORDS_MAX];

	for (int i = 0; i < CONDITION_COUNT; i++) {
		enum condition_kind kind = (enum condition_kind)i;
		enum condition_result state = grant->verdict.condition[i];

		if (explain_shown_value(grant, i) == NULL)
			continue;
		words_detail(detail, kind, explain_shown_value(grant, i), state,
		    explained);
		entry = json_map();
		json_put_text(entry, "name", condition_name(kind));
		json_put_text(entry, "value", explain_shown_value(grant, i));
		json_put_text(entry, "state", words_state(state));
		json_put_text(entry, "detail", detail);
		json_append(list, entry);
	}
	return list;
}

/* who and vm are the row's text, which may be a group, pool or pattern. */
static json_object *
explain_json_grants(const struct explanation *explanation,
    const struct explained_request *explained)
{
	json_object *list = json_list(), *entry;

	for (size_t i = 0; i < explanation->count; i++) {
		const struct explained_grant *grant = &explanation->grants[i];

		entry = json_map();
		json_put_number(entry, "id", grant->id);
		json_put_text(entry, "effect", grant->deny ? "deny" : "allow");
		json_put_text(entry, "who", grant->who);
		json_put_text(entry, "vm", grant->vm);
		json_put_bool(entry, "applies", grant->verdict.applies);
		json_put(entry, "conditions",
		    explain_json_conditions(grant, explained));
		json_append(list, entry);
	}
	return list;
}

static void
explain_print_json(const struct explanation *explanation,
    const struct explained_request *explained)
{
	static const char *const verdicts[] = {
		[VERDICT_DENY] = "deny",
		[VERDICT_ALLOW] = "allow",
		[VERDICT_UNKNOWN] = "unknown",
	};
	const struct decision *decision = &explanation->decision;
	json_object *map = json_map();

	json_put_text(map, "verdict", verdicts[decision->verdict]);
	json_put_text(map, "reason", reason_text(decision->reason));
	json_put_number(map, "grant", decision->grant);
	json_put_text(map, "user", explained->user.text);
	json_put_text(map, "vm", explained->request.vm.name);
	json_put_text(map, "service", explained->request.service);
	json_put_text(map, "at", explained->utc);
	json_put(map, "grants", explain_json_grants(explanation, explained));
	json_print(map);
}

/* --- evaluating ---------------------------------------------------------- */

/* Returns the exit status. */
static int
explain_report(const struct arguments *arguments,
    const struct explained_request *explained,
    const struct explanation *explanation, const char *path)
{
	enum verdict outcome = explanation->decision.verdict;

	/* Programs get an object for VERDICT_UNKNOWN, too; people get the error
	 * message alone. */
	if (arguments->json)
		explain_print_json(explanation, explained);
	else if (outcome != VERDICT_UNKNOWN)
		explain_print(explanation, explained, path);
	if (!cli_flush() || outcome == VERDICT_UNKNOWN)
		return EXPLAIN_UNKNOWN;
	return outcome == VERDICT_ALLOW ? EXPLAIN_ALLOWED : EXPLAIN_REFUSED;
}

static int
explain_evaluate(const struct arguments *arguments,
    struct explained_request *explained, const char *path)
{
	struct explanation explanation;
	struct policy *policy = NULL;
	int status;

	/* A zone cache for the texts; the policy has its own. */
	explained->zones = zone_cache_new();
	if (explained->zones == NULL || policy_new(&policy, path) != ERROR_NONE)
		err(EXPLAIN_UNKNOWN, NULL);
	explanation_read(&explanation, policy, &explained->request,
	    explained->at);
	if (explanation.decision.verdict == VERDICT_UNKNOWN)
		warnx("%s", policy_detail(policy));
	status = explain_report(arguments, explained, &explanation, path);
	explanation_clear(&explanation);
	policy_free(&policy);
	zone_cache_free(&explained->zones);
	return status;
}

static bool
explain_parse(struct arguments *arguments, struct request *request, int argc,
    char **argv, int *status_r)
{
	const struct cli_option options[] = {
		{ .name = "at", .values = &arguments->at },
		{ .name = "cert", .values = &arguments->cert },
		{ .name = "cert-cn", .values = &request->certificate.cn },
		{ .name = "from", .values = &request->client },
		{ .name = "json", .flag = &arguments->json },
		{ .name = "local-user", .values = &request->local_user },
		{ .letter = 'r', .name = "realm", .values = &arguments->realm },
		{ .name = "service", .values = &request->service },
	};
	const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] explain USER VM [-r REALM]"
		    " [--at TIME] [--cert FILE | --cert-cn CN]\n"
		    "           [--from ADDRESS] [--local-user NAME]"
		    " [--service spice|vnc] [--json]\n",
		.options = options,
		.count = sizeof(options) / sizeof(options[0]),
	};

	return cli_parse_user_vm(&command, argc, argv, &arguments->user,
	    &request->vm.name, status_r);
}

int
verb_explain(const char *path, int argc, char **argv)
{
	struct arguments arguments = { .json = false };
	struct explained_request explained = { .zones = NULL };
	int status;

	if (!explain_parse(&arguments, &explained.request, argc, argv, &status))
		return status;
	if (!explain_read_request(&arguments, &explained))
		return CLI_USAGE;
	return explain_evaluate(&arguments, &explained, path);
}
