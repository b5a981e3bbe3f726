dnl SPDX-License-Identifier: BSD-2-Clause
dnl SPDX-FileCopyrightText: 2026 The vmauthz authors

dnl VMAUTHZ_SANITIZERS
dnl --with-sanitizers=LIST instruments everything with -fsanitize=LIST; it is
dnl for tests, never for installation.
AC_DEFUN([VMAUTHZ_SANITIZERS], [
  AC_ARG_WITH([sanitizers],
    [AS_HELP_STRING([--with-sanitizers=LIST],
      [instrument with e.g. address,undefined or thread (tests only)])],
    [], [with_sanitizers=no])
  vmauthz_sanitized=no
  AS_CASE([$with_sanitizers],
    [no], [],
    [yes], [AC_MSG_ERROR([--with-sanitizers wants a list, e.g. address,undefined])],
    [SANITIZER_FLAGS="-fsanitize=$with_sanitizers -fno-omit-frame-pointer -fno-sanitize-recover=all"
     vmauthz_sanitized=yes])
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing],
      [instrument for the fuzzers of tests/fuzz, with CC=clang (tests only)])])
  AS_VAR_IF([enable_fuzzing], [yes], [
    SANITIZER_FLAGS="-fsanitize=address,undefined,fuzzer-no-link -fno-omit-frame-pointer -fno-sanitize-recover=all"
    vmauthz_sanitized=yes])
  AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" = xyes])
  dnl The sanitizers take crypt(3), which a PAM module brings along later, for
  dnl their own, and find none.
  AS_VAR_IF([vmauthz_sanitized], [yes],
    [SANITIZER_CRYPT_LIBS="-Wl,--push-state,--no-as-needed -lcrypt -Wl,--pop-state"])
  AC_SUBST([SANITIZER_CRYPT_LIBS])
  AC_SUBST([SANITIZER_FLAGS])
  AC_SUBST([vmauthz_sanitized])
  AM_CONDITIONAL([SANITIZED], [test "x$vmauthz_sanitized" = xyes])
])
