/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* Reads passwords from a terminal or from standard input. */

#ifndef VMAUTHZ_TOOLS_PASSWORD_PROMPT_H
#define VMAUTHZ_TOOLS_PASSWORD_PROMPT_H

#include <stdbool.h>

#include "scram/scram.h"

/* Reads a password.  If standard input is a terminal, prompts there with the
 * echo off, and once more if confirm is set; otherwise standard input has to be
 * one line, whose newline may be missing.  The terminal is restored before a
 * signal is delivered.  Warns of an end of file, an empty or over-long line, a
 * second line or a NUL, and returns false with password cleared.  The caller
 * wipes it.  Core dumps of the process are off from then on. */
bool password_read(const char *prompt, bool confirm,
    char password[SCRAM_PASSWORD_MAX]);

#endif
