/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A PAM helper: a process that stays root and calls PAM for one question after
 * the other.  PAM modules may hang, leak or crash; in a process of their own
 * they stop no other login. */

#ifndef VMAUTHZD_PAM_PAM_HELPER_H
#define VMAUTHZD_PAM_PAM_HELPER_H

/* Questions, after which it exits and is replaced: that bounds what modules
 * leak. */
enum { PAM_HELPER_QUESTIONS = 100 };

/* Answers each struct pam_question on socket with a struct pam_answer, until
 * the other end is closed, after PAM_HELPER_QUESTIONS, or after a packet of
 * another size.  Exits with a code of sysexits.h, without the monitor's
 * atexit(3) functions. */
_Noreturn void pam_helper_run(int socket);

#endif
