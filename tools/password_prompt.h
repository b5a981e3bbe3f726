/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Passwords as people and scripts hand them over. */

#ifndef VMAUTHZ_TOOLS_PASSWORD_PROMPT_H
#define VMAUTHZ_TOOLS_PASSWORD_PROMPT_H

#include <stdbool.h>

#include "scram/scram.h"

/* Reads a password as it was typed.  If standard input is a terminal, asks
 * there with the echo off, and twice if it has to be confirmed; otherwise
 * standard input has to be one line, whose newline may be missing.
 * On a signal the terminal is put right before the signal acts.
 * Complains about an end of file, an empty or over-long line, a second line
 * or a NUL, and returns false with password cleared; the caller wipes it. */
bool password_read(const char *prompt, bool confirm,
    char password[SCRAM_PASSWORD_MAX]);

#endif
