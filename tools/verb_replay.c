/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz replay: what the logins of a log would come to by now. */

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "log/decision_reader.h"
#include "policy/policy.h"
#include "tools/cli.h"
#include "tools/verbs.h"
#include "tools/words.h"

enum {
	STATUS_SAME = 0,
	STATUS_DIFFERS = 1,
	STATUS_FAILED = 2,
	ROOM = 2 * DECISION_LINE_MAX,	/* a line with what is in front of it */
};

/* What a line came to. */
enum result {
	RESULT_SAME = 0,
	RESULT_DIFFERS,
	RESULT_MALFORMED,
	RESULT_CUT,
	RESULT_NOT_POLICY,	/* it was not the policy that decided */
	RESULT_VM,		/* the VM's description is not in the line */
	RESULT_LOCAL,		/* nobody looked for the account then */
	RESULT_OTHER,		/* no decision: not counted */
	RESULT_COUNT
};

static const char *const result_text[RESULT_COUNT] = {
	[RESULT_MALFORMED] = "malformed",
	[RESULT_CUT] = "cut short",
	[RESULT_NOT_POLICY] = "not decided by the policy",
	[RESULT_VM] = "about what the VM's process said of itself",
	[RESULT_LOCAL] = "without the local account that a grant asks for",
};

struct replay {
	FILE *log;
	const char *name;
	struct policy *policy;
	uintmax_t number;	/* of the line */
	uintmax_t count[RESULT_COUNT];
	bool failed;		/* the policy could not be asked */
};

/* --- one line ------------------------------------------------------------ */

/* The reason without its detail; REASON_COUNT if it is none of the policy's. */
static enum reason
reason_of(const char *text)
{
	for (int i = 0; i < REASON_COUNT; i++) {
		const char *reason = reason_text((enum reason)i);
		size_t length = strlen(reason);

		if (strncmp(text, reason, length) == 0 &&
		    (text[length] == '\0' || text[length] == ':'))
			return (enum reason)i;
	}
	return REASON_COUNT;
}

/* Not one of observe, which says that a refusal was not enforced. */
static bool
is_allowed(const struct decision_record *line)
{
	return line->verdict == VERDICT_ALLOW;
}

/* What keeps a line from being judged; RESULT_SAME: nothing. */
static enum result
replay_obstacle(const struct decision_record *line)
{
	enum reason reason = reason_of(line->reason);

	if (reason == REASON_COUNT || reason == REASON_POLICY_ERROR ||
	    line->user == NULL)
		return RESULT_NOT_POLICY;
	if (reason == REASON_VM_MISMATCH || reason == REASON_VM_AMBIGUOUS ||
	    line->vm == NULL)
		return RESULT_VM;
	if (is_allowed(line) != (reason == REASON_GRANT))
		return RESULT_MALFORMED;
	return RESULT_SAME;
}

/* A deny, or an unmet allow, may have been about the account, unless
 * something else spoke against user or VM before. */
static bool
lacks_account(const struct decision *decision)
{
	return decision->verdict == VERDICT_DENY &&
	    decision->wants_local_user &&
	    decision->reason < REASON_USER_UNKNOWN;
}

static void
print_difference(const struct replay *replay,
    const struct decision_record *line, const struct decision *now)
{
	printf("line %ju: ", replay->number);
	words_print(stdout, line->user);
	fputs(", VM ", stdout);
	words_print(stdout, line->vm);
	fputs(": ", stdout);
	words_print_verdict(stdout, is_allowed(line), line->reason,
	    line->grant);
	fputs(" -> ", stdout);
	words_print_verdict(stdout, now->verdict == VERDICT_ALLOW,
	    reason_text(now->reason), now->grant);
	putchar('\n');
}

static enum result
decide_again(struct replay *replay, const struct decision_record *line,
    const struct identity *user)
{
	const struct request request = {
		.user = user,
		.vm = { .name = line->vm, .by_name_alone = true },
		.service = line->service,
		.certificate = line->certificate,
		.client = line->client,
		.local = line->local,
		.local_user = line->local_user,
	};
	struct decision now;

	policy_decide(replay->policy, &request, (time_t)(line->at / 1000),
	    &now);
	if (now.verdict == VERDICT_UNKNOWN) {
		warnx("%s", policy_detail(replay->policy));
		replay->failed = true;
		return RESULT_SAME;
	}
	if (lacks_account(&now))
		return RESULT_LOCAL;
	if (is_allowed(line) == (now.verdict == VERDICT_ALLOW))
		return RESULT_SAME;
	print_difference(replay, line, &now);
	return RESULT_DIFFERS;
}

static enum result
replay_line(struct replay *replay, char *text)
{
	static const enum result unread[] = {
		[DECISION_LINE_BAD] = RESULT_MALFORMED,
		[DECISION_LINE_CUT] = RESULT_CUT,
		[DECISION_LINE_OTHER] = RESULT_OTHER,
	};
	enum decision_line_kind kind;
	const char *names[DECISION_NAMES_MAX];
	struct decision_record line;
	struct identity user;
	enum result result;

	kind = decision_line_parse(text, names, &line);
	if (kind != DECISION_LINE_GOOD)
		return unread[kind];
	result = replay_obstacle(&line);
	if (result != RESULT_SAME)
		return result;
	if (identity_parse(&user, line.user, strlen(line.user), NULL) != 0 ||
	    strcmp(user.text, line.user) != 0)
		return RESULT_MALFORMED;
	return decide_again(replay, &line, &user);
}

/* --- the log ------------------------------------------------------------- */

/* Reads the next line without its newline.  One that is too long loses its
 * end, and a NUL becomes what no decision has either. */
static bool
replay_read_line(FILE *log, char line[ROOM])
{
	size_t used = 0;
	int c;

	while ((c = getc(log)) != EOF && c != '\n') {
		if (used < ROOM - 1)
			line[used++] = (char)(c != '\0' ? c : '\x01');
	}
	line[used] = '\0';
	return c != EOF || used != 0;
}

static void
replay_read_log(struct replay *replay)
{
	char line[ROOM];

	while (!replay->failed && replay_read_line(replay->log, line)) {
		replay->number++;
		replay->count[replay_line(replay, line)]++;
	}
	if (ferror(replay->log)) {
		warn("%s", replay->name);
		replay->failed = true;
	}
}

static void
print_summary(const struct replay *replay)
{
	uintmax_t judged = replay->count[RESULT_SAME] +
	    replay->count[RESULT_DIFFERS], unjudged = 0;
	const char *separator = " (";

	for (int i = RESULT_MALFORMED; i < RESULT_OTHER; i++)
		unjudged += replay->count[i];
	printf("%ju lines, %ju differ, %ju could not be judged",
	    judged + unjudged, replay->count[RESULT_DIFFERS], unjudged);
	for (int i = RESULT_MALFORMED; i < RESULT_OTHER; i++) {
		if (replay->count[i] == 0)
			continue;
		printf("%s%ju %s", separator, replay->count[i],
		    result_text[i]);
		separator = ", ";
	}
	puts(unjudged != 0 ? ")" : "");
}

static int
replay_run(struct replay *replay, const char *path)
{
	if (policy_new(&replay->policy, path) != ERROR_NONE)
		err(STATUS_FAILED, NULL);
	replay_read_log(replay);
	policy_free(&replay->policy);
	if (!replay->failed)
		print_summary(replay);
	if (!cli_flush() || replay->failed)
		return STATUS_FAILED;
	return replay->count[RESULT_DIFFERS] != 0 ? STATUS_DIFFERS :
	    STATUS_SAME;
}

int
verb_replay(const char *path, int argc, char **argv)
{
	static const struct cli_command command = {
		.usage = "usage: vmauthz [-d FILE] replay LOG\n",
		.operand = "LOG (- for standard input)",
	};
	struct replay replay = { .log = stdin, .name = "standard input" };
	int status, operand = cli_parse(&command, argc, argv, &status);

	if (operand < 0)
		return status == EXIT_SUCCESS ? status : STATUS_FAILED;
	if (strcmp(argv[operand], "-") != 0) {
		replay.name = argv[operand];
		replay.log = fopen(replay.name, "re");
	}
	if (replay.log == NULL) {
		warn("%s", replay.name);
		return STATUS_FAILED;
	}
	status = replay_run(&replay, path);
	if (replay.log != stdin)
		fclose(replay.log);
	return status;
}
