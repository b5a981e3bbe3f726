# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors

# Joins the parts of policy.sql in the order in which they are given:
#
#     awk -f join.awk policy/begin.sql policy/tables.sql ... policy/end.sql
#
# The head of a part, down to its first empty line, is for the person who
# changes it and is left out; the first part's is the head of policy.sql.
#
# What is about all columns of a table is written in a part as
#
#     $columns(TABLE, PREFIX)   the columns, each with PREFIX in front
#     $conditions(PREFIX)       those of grants that are conditions
#     $image(TABLE, PREFIX)     json_object() of what the history keeps
#
# and the lines between $each_table and $end come once for each table whose
# changes the history keeps, with $table for its name.
#
# The columns are read from tables.sql, which says at its head how it has to
# be written.  A line of a table that can't be read is an error, and so is
# each of these words that is not understood: nothing is left out silently.

BEGIN {
	BREAK = "\001"	# after a comma of a list, where a line may end
}

function fail(message)
{
	print FILENAME ":" FNR ": " message | "cat 1>&2"
	failed = 1
	exit 1
}

# --- reading the columns -----------------------------------------------------

function read_column(name, type,   rest)
{
	rest = $0
	while (sub(/\([^()]*\)/, "", rest))
		continue
	if (rest ~ /,./)
		fail("more than one column on a line")
	sub(/,$/, "", type)
	column[table, ++count[table]] = name
	if (type == "BLOB")
		secret[table, name] = 1
	if (in_conditions)
		condition[++condition_count] = name
}

function read_table_line()
{
	if (/^\t-- --- conditions/)
		in_conditions = 1
	else if (/^\t-- --- end of the conditions/)
		in_conditions = 0
	else if (/^\)/) {
		if (in_conditions)
			fail("the conditions of " table " do not end")
		table = ""
	} else if (/^\t[a-z_][a-z0-9_]* (ANY|BLOB|INTEGER|REAL|TEXT)[ ,]/ ||
	    /^\t[a-z_][a-z0-9_]* (ANY|BLOB|INTEGER|REAL|TEXT)$/)
		read_column($1, $2)
	else if (!/^$/ && !/^\t--/ && !/^\t\t/ &&
	    !/^\t(CHECK|FOREIGN KEY|PRIMARY KEY|UNIQUE) ?\(/)
		fail("not a column of " table " in the shape of this file")
}

FILENAME ~ /(^|\/)tables\.sql$/ {
	if (table != "")
		read_table_line()
	else if (/^CREATE TABLE [a-z_]+ \($/) {
		table = $3
		if (table != "history")
			kept[++kept_count] = table
	} else if (/^[ \t]*CREATE .*TABLE/)
		fail("not the beginning of a table in the shape of this file")
}

# --- writing them ------------------------------------------------------------

function columns(name, prefix,   i, text)
{
	for (i = 1; i <= count[name]; i++)
		text = text (i == 1 ? "" : "," BREAK) prefix column[name, i]
	return text
}

function conditions(prefix,   i, text)
{
	for (i = 1; i <= condition_count; i++)
		text = text (i == 1 ? "" : "," BREAK) prefix condition[i]
	return text
}

function image(name, prefix,   i, text)
{
	for (i = 1; i <= count[name]; i++)
		if (!((name, column[name, i]) in secret))
			text = text (text == "" ? "" : "," BREAK) "'" \
			    column[name, i] "', " prefix column[name, i]
	return "json_object(" text ")"
}

function value(word,   part)
{
	split(word, part, /[(, )]+/)
	if (part[1] == "conditions" && condition_count > 0)
		return conditions(part[2])
	if (!(part[2] in count))
		fail("$" word ": no such table, or no such word")
	if (part[1] == "columns")
		return columns(part[2], part[3])
	if (part[1] == "image")
		return image(part[2], part[3])
	fail("$" word ": no such word")
}

function width(text,   tabs)
{
	tabs = gsub(/\t/, "", text)
	return 8 * tabs + length(text)
}

# Ends lines after commas of lists only, so that other text stays as it is.
function wrapped(line,   i, indent, item, items, last, text)
{
	items = split(line, item, BREAK)
	match(line, /^\t*/)
	indent = substr(line, 1, RLENGTH) "\t"
	text = last = item[1]
	for (i = 2; i <= items; i++) {
		last = last " " item[i]
		if (width(last) > 80) {
			last = indent item[i]
			text = text "\n" last
		} else
			text = text " " item[i]
	}
	return text
}

function write_line(line,   length_, start)
{
	while (match(line, /\$[a-z_]+\([^()]*\)/)) {
		start = RSTART
		length_ = RLENGTH
		line = substr(line, 1, start - 1) \
		    value(substr(line, start + 1, length_ - 1)) \
		    substr(line, start + length_)
	}
	if (line ~ /\$[a-z]/)
		fail("a $ that is followed by no word of join.awk")
	print wrapped(line)
}

function write_each(   i, j, line)
{
	for (i = 1; i <= kept_count; i++)
		for (j = 1; j <= each_count; j++) {
			line = each[j]
			gsub(/\$table/, kept[i], line)
			write_line(line)
		}
	each_count = 0
}

FNR == 1 && NR > 1 {
	if (in_head)
		fail("the part before this one has no empty line after its head")
	in_head = 1
	print ""
}
in_head {
	in_head = $0 != ""
	next
}
/^\$each_table$/ {
	in_each = 1
	next
}
/^\$end$/ {
	in_each = 0
	write_each()
	next
}
in_each {
	each[++each_count] = $0
	next
}
{
	write_line($0)
}

END {
	if (!failed && (table != "" || in_each || in_head))
		fail("this can't be the end")
	close("cat 1>&2")
	if (failed)
		exit 1
}
