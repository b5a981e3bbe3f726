/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The worker's parts in the test's own process: a policy, state.db and
 * audit.db in a folder of their own, and the test in place of PAM and of the
 * system's log.  It needs neither root nor QEMU.
 *
 * In the policy are the VMs debianx and kali, and these users, whose password
 * is "secret NAME":
 *   alice@example.org         may open debianx (grant 1)
 *   bob@example.org           may open nothing
 *   carol@example.org         may open debianx (grant 2), but is disabled
 *   dora@local.example.org    may open debianx (grant 3); PAM vouches
 *   emil@closed.example.org   may open debianx (grant 4); nobody vouches
 *   fritz@example.org         may open debianx (grant 5) as account "fritz" of
 *                             this host only
 * gina@example.org is unknown. */

#ifndef VMAUTHZ_TESTS_UNIT_SASLAUTHD_EXT_WORKER_FIXTURE_H
#define VMAUTHZ_TESTS_UNIT_SASLAUTHD_EXT_WORKER_FIXTURE_H

#include <limits.h>

#include "saslauthd-ext/login/authorization.h"
#include "saslauthd-ext/login/daemon.h"
#include "saslauthd-ext/worker/service.h"
#include "tests/unit/unit.h"

/* What the test does in PAM's place. */
enum worker_pam {
	WORKER_PAM_ANSWERS,	/* accepts "secret NAME" */
	WORKER_PAM_HOLDS,	/* worker_pam_answer() says when */
	WORKER_PAM_BREAKS,	/* closes the connection */
};

enum { WORKER_HELPERS_MAX = 16, WORKER_OTHERS_MAX = 16 };

struct worker_helper {
	struct worker *worker;
	int fd;				/* -1: over */
	struct event *event;
	bool asked;
	struct pam_question question;
};

struct worker {
	struct daemon daemon;
	struct config config;
	char path[PATH_MAX + 16];	/* of the file asked for last */
	int log;			/* the other end of the daemon's log */
	enum worker_pam pam;
	size_t questions;		/* that PAM was asked */
	size_t helpers;
	struct worker_helper helper[WORKER_HELPERS_MAX];
	struct service *service;
	const struct service_kind *kind;
	int listener;
	size_t others;			/* processes that connected */
	struct { pid_t pid; int hold; } other[WORKER_OTHERS_MAX];
};

/* For cmocka_unit_test_setup_teardown(); *state is a struct worker. */
int worker_begin(void **state);
int worker_end(void **state);

#define WORKER_TEST(test) \
	cmocka_unit_test_setup_teardown(test, worker_begin, worker_end)

/* An asker that is the VM debianx on that socket ("mux", "broker"). */
struct asker worker_asker(const char *socket);

/* The path of a file in the worker's folder; lasts until the next call. */
const char *worker_path(struct worker *worker, const char *file);

/* Runs SQL that changes the policy. */
void worker_policy(struct worker *worker, const char *sql);

/* The first column of the first row of a query on a file ("audit.db"), as
 * text: "(none)" where there is no row, "" for NULL.  It lasts until the next
 * call. */
const char *worker_query(struct worker *worker, const char *file,
    const char *sql);

/* The lines that the daemon has logged since the last call, one after the
 * other. */
const char *worker_logged(struct worker *worker);

/* Serves until done says so, and fails the test if that takes half a minute. */
void worker_serve(struct worker *worker, bool (*done)(void *context),
    void *context);

/* Answers the questions that PAM holds. */
void worker_pam_answer(struct worker *worker);

/* --- the sockets --------------------------------------------------------- */

/* To be called by main() first: makes this process the VM debianx, as its
 * command line tells the worker, and lets it start others. */
void worker_be_vm(int argc, char **argv);

/* Serves a kind of socket until worker_end(). */
void worker_open_service(struct worker *worker,
    const struct service_kind *kind);

/* A new connection to it: of this process, or of another one, which is the VM
 * of that name ("": a process that is none) and ends with worker_end(). */
int worker_connect(struct worker *worker);
int worker_connect_as(struct worker *worker, const char *vm);

/* Serves until there is something to read from a connection, or its end. */
void worker_await(struct worker *worker, int fd);

/* Serves until nothing is left to do at once. */
void worker_settle(struct worker *worker);

#endif
