/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* The commands of vmauthz(8), one file each.  path is that of the policy,
 * argv[0] the command's name.  Each parses its own options, prints its result
 * to standard output and errors to standard error, and returns the exit
 * status. */

#ifndef VMAUTHZ_TOOLS_VERBS_H
#define VMAUTHZ_TOOLS_VERBS_H

int verb_access(const char *path, int argc, char **argv);
int verb_check(const char *path, int argc, char **argv);
int verb_explain(const char *path, int argc, char **argv);
int verb_history(const char *path, int argc, char **argv);
int verb_init(const char *path, int argc, char **argv);
int verb_log(const char *path, int argc, char **argv);
int verb_migrate(const char *path, int argc, char **argv);
int verb_passwd(const char *path, int argc, char **argv);
int verb_replay(const char *path, int argc, char **argv);
int verb_ticket(const char *path, int argc, char **argv);
int verb_undo(const char *path, int argc, char **argv);
int verb_who(const char *path, int argc, char **argv);

#endif
