# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors

# The functions that C files define, one on a line: file, name, first line,
# lines from the name to the closing brace.  The layout tells: the name and
# both braces of a body stand in the first column, and nothing else does.

FNR == 1 {
	name = ""
	inside = 0
}

!inside && /^[A-Za-z_][A-Za-z0-9_]*\(/ && !/^__attribute__/ {
	name = $0
	sub(/\(.*/, "", name)
	start = FNR
}

# a declaration
!inside && name != "" && /;[ \t]*$/ {
	name = ""
}

name != "" && /^\{/ {
	inside = 1
}

inside && /^}/ {
	print FILENAME, name, start, FNR - start + 1
	name = ""
	inside = 0
}
