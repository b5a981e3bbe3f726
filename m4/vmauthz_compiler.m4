dnl SPDX-License-Identifier: BSD-2-Clause
dnl SPDX-FileCopyrightText: 2026 The vmauthz authors

dnl VMAUTHZ_CC_FLAGS(VARIABLE, FLAGS...)
dnl Appends to VARIABLE each of FLAGS that the C compiler takes.
AC_DEFUN([VMAUTHZ_CC_FLAGS], [
  for vmauthz_flag in m4_normalize([$2]); do
    AS_VAR_PUSHDEF([cache], [vmauthz_cv_cc_flag_$vmauthz_flag])
    AC_CACHE_CHECK([whether $CC takes $vmauthz_flag], [cache], [
      vmauthz_saved_CFLAGS=$CFLAGS
      CFLAGS="-Werror $vmauthz_flag"
      AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]])],
        [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
      CFLAGS=$vmauthz_saved_CFLAGS
    ])
    AS_VAR_IF([cache], [yes], [$1="$$1 $vmauthz_flag"])
    AS_VAR_POPDEF([cache])
  done
])

dnl VMAUTHZ_LD_FLAGS(VARIABLE, FLAGS...)
dnl Appends to VARIABLE each of FLAGS that the linker takes.
AC_DEFUN([VMAUTHZ_LD_FLAGS], [
  for vmauthz_flag in m4_normalize([$2]); do
    AS_VAR_PUSHDEF([cache], [vmauthz_cv_ld_flag_$vmauthz_flag])
    AC_CACHE_CHECK([whether the linker takes $vmauthz_flag], [cache], [
      vmauthz_saved_LDFLAGS=$LDFLAGS
      LDFLAGS="$LDFLAGS $vmauthz_flag"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]])],
        [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
      LDFLAGS=$vmauthz_saved_LDFLAGS
    ])
    AS_VAR_IF([cache], [yes], [$1="$$1 $vmauthz_flag"])
    AS_VAR_POPDEF([cache])
  done
])
