/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* vmauthz replay: decides the logins of a log again, by the present policy. */

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
	REPLAY_STATUS_SAME = 0,
	REPLAY_STATUS_DIFFERS = 1,
	REPLAY_STATUS_FAILED = 2,
	REPLAY_LINE_SIZE = 2 * DECISION_LINE_MAX, /* with its prefix */
};

/* The result of a line. */
enum replay_result {
	REPLAY_SAME = 0,
	REPLAY_DIFFERS,
	REPLAY_MALFORMED,
	REPLAY_CUT,
	REPLAY_NOT_POLICY,	/* it was not the policy that decided */
	REPLAY_VM,		/* the VM's description is not in the line */
	REPLAY_LOCAL,		/* nobody looked for the account then */
	REPLAY_OTHER,		/* no decision: not counted */
	REPLAY_COUNT
};

static const char *const replay_result_text[REPLAY_COUNT] = {
	[REPLAY_MALFORMED] = "malformed",
	[REPLAY_CUT] = "cut short",
	[REPLAY_NOT_POLICY] = "not decided by the policy",
	[REPLAY_VM] = "about what the VM's process said of itself",
	[REPLAY_LOCAL] = "without the local account that a grant asks for",
};

struct replay {
	FILE *log;
	const char *name;
	struct policy *policy;
	uintmax_t number;	/* of the line */
	uintmax_t count[REPLAY_COUNT];
	bool failed;		/* the policy, or the log, can't be read */
};

/* --- one line ------------------------------------------------------------ */

/* The reason without its detail; REASON_COUNT if it is not of the policy. */
static enum reason
replay_reason(const char *text)
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

/* A line of observe is about a refusal that was not enforced: not allowed. */
static bool
replay_was_allowed(const struct decision_record *line)
{
	return line->verdict == VERDICT_ALLOW;
}

/* Why a line can't be decided again; REPLAY_SAME: it can. */
static enum replay_result
replay_obstacle(const struct decision_record *line)
{
	enum reason reason = replay_reason(line->reason);

	if (reason == REASON_COUNT || reason == REASON_POLICY_ERROR ||
	    line->user == NULL)
		return REPLAY_NOT_POLICY;
	if (reason == REASON_VM_MISMATCH || reason == REASON_VM_AMBIGUOUS ||
	    line->vm == NULL)
		return REPLAY_VM;
	if (replay_was_allowed(line) != (reason == REASON_GRANT))
		return REPLAY_MALFORMED;
	return REPLAY_SAME;
}

/* The account may have been the cause of a deny, or of an allow whose condition
 * was not met, unless the user or the VM was refused before that. */
static bool
replay_lacks_account(const struct decision *decision)
{
	return decision->verdict == VERDICT_DENY &&
	    decision->wants_local_user &&
	    decision->reason < REASON_USER_UNKNOWN;
}

static void
replay_print_difference(const struct replay *replay,
    const struct decision_record *line, const struct decision *now)
{
	printf("line %ju: ", replay->number);
	words_print(stdout, line->user);
	fputs(", VM ", stdout);
	words_print(stdout, line->vm);
	fputs(": ", stdout);
	words_print_verdict(stdout, replay_was_allowed(line), line->reason,
	    line->grant);
	fputs(" -> ", stdout);
	words_print_verdict(stdout, now->verdict == VERDICT_ALLOW,
	    reason_text(now->reason), now->grant);
	putchar('\n');
}

static enum replay_result
replay_decide(struct replay *replay, const struct decision_record *line,
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
		return REPLAY_SAME;
	}
	if (replay_lacks_account(&now))
		return REPLAY_LOCAL;
	if (replay_was_allowed(line) == (now.verdict == VERDICT_ALLOW))
		return REPLAY_SAME;
	replay_print_difference(replay, line, &now);
	return REPLAY_DIFFERS;
}

static enum replay_result
replay_line(struct replay *replay, char *text)
{
	static const enum replay_result unread[] = {
		[DECISION_LINE_BAD] = REPLAY_MALFORMED,
		[DECISION_LINE_CUT] = REPLAY_CUT,
		[DECISION_LINE_OTHER] = REPLAY_OTHER,
	};
	enum decision_line_kind kind;
	const char *names[DECISION_NAMES_MAX];
	struct decision_record line;
	struct identity user;
	enum replay_result result;

	kind = decision_line_parse(text, names, &line);
	if (kind != DECISION_LINE_GOOD)
		return unread[kind];
	result = replay_obstacle(&line);
	if (result != REPLAY_SAME)
		return result;
	if (identity_parse(&user, line.user, strlen(line.user), NULL) != 0 ||
	    strcmp(user.text, line.user) != 0)
		return REPLAY_MALFORMED;
	return replay_decide(replay, &line, &user);
}

/* --- the log ------------------------------------------------------------- */

/* Reads the next line without its newline.  A line that is too long loses its
 * end.  A NUL is replaced by another octet that makes a decision malformed, so
 * that the octets behind it count, too. */
static bool
replay_read_line(FILE *log, char line[REPLAY_LINE_SIZE])
{
	size_t used = 0;
	int c;

	while ((c = getc(log)) != EOF && c != '\n') {
		if (used < REPLAY_LINE_SIZE - 1)
			line[used++] = (char)(c != '\0' ? c : '\x01');
	}
	line[used] = '\0';
	return c != EOF || used != 0;
}

static void
replay_read_log(struct replay *replay)
{
	char line[REPLAY_LINE_SIZE];

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
replay_print_summary(const struct replay *replay)
{
	uintmax_t decided = replay->count[REPLAY_SAME] +
	    replay->count[REPLAY_DIFFERS], undecided = 0;
	const char *separator = " (";

	for (int i = REPLAY_MALFORMED; i < REPLAY_OTHER; i++)
		undecided += replay->count[i];
	printf("%ju lines, %ju differ, %ju could not be judged",
	    decided + undecided, replay->count[REPLAY_DIFFERS], undecided);
	for (int i = REPLAY_MALFORMED; i < REPLAY_OTHER; i++) {
		if (replay->count[i] == 0)
			continue;
		printf("%s%ju %s", separator, replay->count[i],
		    replay_result_text[i]);
		separator = ", ";
	}
	puts(undecided != 0 ? ")" : "");
}

static int
replay_run(struct replay *replay, const char *path)
{
	if (policy_new(&replay->policy, path) != ERROR_NONE)
		err(REPLAY_STATUS_FAILED, NULL);
	replay_read_log(replay);
	policy_free(&replay->policy);
	if (!replay->failed)
		replay_print_summary(replay);
	if (!cli_flush() || replay->failed)
		return REPLAY_STATUS_FAILED;
	return replay->count[REPLAY_DIFFERS] != 0 ? REPLAY_STATUS_DIFFERS :
	    REPLAY_STATUS_SAME;
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
		return status == EXIT_SUCCESS ? status : REPLAY_STATUS_FAILED;
	if (strcmp(argv[operand], "-") != 0) {
		replay.name = argv[operand];
		replay.log = fopen(replay.name, "re");
	}
	if (replay.log == NULL) {
		warn("%s", replay.name);
		return REPLAY_STATUS_FAILED;
	}
	status = replay_run(&replay, path);
	if (replay.log != stdin)
		fclose(replay.log);
	return status;
}
