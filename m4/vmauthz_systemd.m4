dnl SPDX-License-Identifier: BSD-2-Clause
dnl SPDX-FileCopyrightText: 2026 The vmauthz authors

dnl VMAUTHZ_SYSTEMD_DIR(VARIABLE, FOLDER, CONTENT)
dnl Option --with-VARIABLE=DIR.  systemd's own folder, which its pkg-config
dnl file names, only if everything goes to /usr; else FOLDER below the prefix,
dnl so that an installation stays there.
AC_DEFUN([VMAUTHZ_SYSTEMD_DIR],
[AC_ARG_WITH([$1],
  [AS_HELP_STRING([--with-$1=DIR],
    [$3 @<:@PREFIX/$2, for PREFIX /usr from pkg-config@:>@])],
  [$1=$withval],
  [$1=
   AS_IF([test "$prefix" = /usr],
     [$1=`$PKG_CONFIG --variable=$1 systemd 2>/dev/null`])
   AS_IF([test -z "$$1"], [$1='${prefix}/$2'])])
AS_CASE([$$1], [yes | no], [AC_MSG_ERROR([--with-$1 wants a directory])])
AC_SUBST([$1])])
