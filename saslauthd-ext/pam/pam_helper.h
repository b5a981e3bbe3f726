/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A PAM helper: a process that stays root, asks PAM one question after the
 * other, and may hang, leak or crash while it does. */

#ifndef VMAUTHZD_PAM_PAM_HELPER_H
#define VMAUTHZD_PAM_PAM_HELPER_H

enum { PAM_HELPER_QUESTIONS = 100 };	/* then it makes room for a fresh one */

/* Serves struct pam_question on socket until its other end is closed. */
_Noreturn void pam_helper_run(int socket);

#endif
