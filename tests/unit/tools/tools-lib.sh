# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors

# What the tests of vmauthz and testvmauthz share: TAP, commands with what
# they said, a terminal to type at, and a scratch folder to be in.

: "${top_builddir:=.}"
top_builddir=$(cd "$top_builddir" && pwd)
vmauthz=$top_builddir/tools/vmauthz
testvmauthz=$top_builddir/tools/testvmauthz
if ! command -v sqlite3 >/dev/null; then
	echo '1..0 # SKIP sqlite3 is not installed'
	exit 0
fi

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
db=$dir/policy.db
n=0 failed=0

# --- TAP --------------------------------------------------------------------

result() {	# TITLE WRONG...
	local title=$1 wrong=$2
	n=$((n + 1))
	if [ -z "$wrong" ]; then
		echo "ok $n - $title"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $n - $title"
	printf '%s\n' "$wrong" | sed 's/^/# /'
}

# TITLE GOT WANTED: equal, and not because both commands have failed
is() {
	if [ -z "$3" ]; then result "$1" "nothing to compare with '$2'"
	elif [ "$2" = "$3" ]; then result "$1" ''
	else result "$1" "got:    $2
wanted: $3"; fi
}

# TITLE COMMAND...: it succeeds and prints nothing
prints_nothing() {
	local title=$1 printed status
	shift
	printed=$(set -o pipefail; "$@")
	status=$?
	if [ "$status" = 0 ] && [ -z "$printed" ]; then result "$title" ''
	else result "$title" "status $status: $*
$printed"; fi
}

# TITLE FILE: there is no such file, not even a link to nowhere
is_absent() {
	if [ -e "$2" ] || [ -L "$2" ]; then result "$1" "$2 is there"
	else result "$1" ''; fi
}

# run COMMAND...: with $input as its standard input; sets out, err, status
input=/dev/null
run() {
	out=$("$@" 2>err <"$input")
	status=$?
	err=$(<err)
}

told() {	# what came of it, for a test that failed
	printf 'status %s\nstdout: %s\nstderr: %s\n' "$status" "$out" "$err"
}

# says TITLE STATUS PATTERN COMMAND...: standard output matches the glob, and
# nothing is complained about
says() {
	local title=$1 wanted=$2 pattern=$3
	shift 3
	run "$@"
	# shellcheck disable=SC2053
	if [ "$status" = "$wanted" ] && [[ $out == $pattern ]] &&
	    [ -z "$err" ]; then
		result "$title" ''
	else
		result "$title" "wanted $wanted, $pattern
$(told)"
	fi
}

# refuses TITLE STATUS PATTERN COMMAND...: one line on standard error matches,
# and standard output does not claim anything
refuses() {
	local title=$1 wanted=$2 pattern=$3
	shift 3
	run "$@"
	# shellcheck disable=SC2053
	if [ "$status" = "$wanted" ] && [[ $err == $pattern ]] &&
	    [ "$(wc -l <err)" = 1 ] &&
	    { [ -z "$out" ] || [ "$out" = '0: NO "authentication failed"' ]; }
	then
		result "$title" ''
	else
		result "$title" "wanted $wanted, $pattern
$(told)"
	fi
}

# into_full COMMAND...: nobody can hear it
into_full() { "$@" >/dev/full; }

sql() { sqlite3 -bail "$db" "$@"; }

# pw TEXT: what the next commands read, with \n, \0 and \xNN
pw() { printf '%b' "$1" >pw; input=pw; }

ok='0: OK "Success."'
no='0: NO "authentication failed"'
uuid=8f3a0c9e-5d1b-4f0e-9a53-2f6f1c1d7e10

# three users, three VMs and what they may
fill_policy() {
	sql "INSERT INTO users(name) VALUES('alice@example.org'),
		('bob@example.org'), ('carol@example.org');
	    INSERT INTO vms(name, uuid, spice_port) VALUES
		('debianx', NULL, NULL), ('kali', NULL, NULL),
		('strict', '$uuid', 5907);
	    INSERT INTO grants(id, who, vm, cert_cn, effect) VALUES
		(1, 'alice@example.org', 'debianx', NULL, 'allow'),
		(2, 'bob@example.org', 'kali', '%u-laptop', 'allow'),
		(3, 'alice@example.org', 'strict', NULL, 'allow'),
		(4, '*', 'kali', 'stolen*', 'deny'),
		(5, 'carol@example.org', '*', NULL, 'allow')"
}

# the credentials of a user, as "MECHANISM ITERATIONS ..."
credentials() {
	sql "SELECT group_concat(mechanism || ' ' || iterations, ', ') FROM
	    (SELECT * FROM credentials WHERE user_name = '$1'
	    ORDER BY mechanism)"
}

# --- a terminal --------------------------------------------------------------

# terminal COMMAND, in the background; then await TEXT and enter TEXT
terminal() {
	rm -f screen keys
	mkfifo keys
	# what is started in the background, or by somebody who is, would
	# ignore interrupts
	set -m
	env --default-signal=INT,QUIT script -q -f -e -E always -c "$1" screen <keys >/dev/null 2>&1 &
	terminal_pid=$!
	set +m
	exec 3>keys
}

await() {	# COUNT TEXT: until TEXT is COUNT times on the screen
	local tries
	for tries in {1..500}; do
		[ "$(grep -a -o -e "$2" screen 2>/dev/null | wc -l)" -lt "$1" ] ||
			return 0
		sleep 0.02
	done
	echo "# waited in vain for $2 ($tries tries)"
	return 1
}

enter() { printf '%b' "$1" >&3; }

finish_terminal() {	# ends what still runs there
	local tries
	for tries in {1..500}; do
		kill -0 "$terminal_pid" 2>/dev/null || break
		sleep 0.02
	done
	[ "$tries" -lt 500 ] || kill "$terminal_pid"
	exec 3>&-
	wait "$terminal_pid" 2>/dev/null
}

on_screen() {	# TITLE TEXT...: all of them are there
	local title=$1 text wrong=
	shift
	for text; do
		grep -a -q -e "$text" screen || wrong+="not there: $text "
	done
	result "$title" "${wrong:+$wrong
$(cat -v screen)}"
}

not_on_screen() {
	if grep -a -q -e "$2" screen; then result "$1" "$(cat -v screen)"
	else result "$1" ''; fi
}

# --- the end ------------------------------------------------------------------

finish() {
	echo "1..$n"
	[ "$failed" -eq 0 ]
	exit
}
