# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors
#
# For tests that run whole virtual machines: a scratch folder with keys, SASL
# configuration and policy, QEMU processes, logins, and what the log says of
# them.  Loading this file only defines things; begin_scratch starts.
#
# From the environment:
#   top_builddir     build tree (the source tree)
#   TEST_PORT_BASE   first TCP port to try (by process id)
#   TEST_SKIP_STATUS exit status of a test that skips (0, for automake's TAP
#                    driver takes 77 for an error)
#   KEEP_SCRATCH     not empty: leave the scratch folder behind
#   QEMU SPICE_LOGIN VNC_LOGIN SPICE_HOST LOG_CATCH VMAUTHZ VMAUTHZ_PLUGIN
#                    programs to use instead of the built ones
#
# What functions leave in variables: scratch, policy, port, vm_pid[NAME],
# vm_port[NAME], vm_plain_port[NAME], vm_vnc_port[NAME], result, login_status,
# decision.

set -u -o pipefail

system_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top_srcdir=${system_dir%/tests/system}
top_builddir=${top_builddir:-$top_srcdir}

# Where programs are, unless the environment names others.
find_programs() {
	QEMU=${QEMU:-qemu-system-x86_64}
	SPICE_LOGIN=${SPICE_LOGIN:-$top_builddir/tests/programs/spice-login}
	VNC_LOGIN=${VNC_LOGIN:-$top_builddir/tests/programs/vnc-login}
	SPICE_HOST=${SPICE_HOST:-$top_builddir/tests/programs/spice-host}
	LOG_CATCH=${LOG_CATCH:-$top_builddir/tests/programs/log-catch}
	VMAUTHZ=${VMAUTHZ:-$top_builddir/tools/vmauthz}
	VMAUTHZ_PLUGIN=${VMAUTHZ_PLUGIN:-$top_builddir/plugin/.libs/libvmauthz.so}
}
find_programs

scratch=
policy=
declare -A vm_pid=() vm_port=() vm_plain_port=() vm_vnc_port=()
next_port=${TEST_PORT_BASE:-$((20000 + $$ % 1000 * 10))}

# --- TAP ---------------------------------------------------------------------

tap_count=0
tap_failed=0

note() { printf '%s\n' "$*" | sed 's/^/# /'; }

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

# not_ok TITLE [WHY…]
not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	for why; do note "$why"; done
}

# is TITLE GOT WANTED: equal as text, and not because both commands have failed
is() {
	if [ -z "$3" ]; then not_ok "$1" "nothing to compare with '$2'"
	elif [ "$2" = "$3" ]; then ok "$1"; else
		not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# is_empty TITLE VALUE: of what is known to have been found out
is_empty() {
	if [ -z "$2" ]; then ok "$1"; else not_ok "$1" "got:    $2"; fi
}

# prints_nothing TITLE COMMAND…: it succeeds and prints nothing
prints_nothing() {
	local title=$1 printed status
	shift
	printed=$("$@")
	status=$?
	if [ "$status" = 0 ] && [ -z "$printed" ]; then ok "$title"; else
		not_ok "$title" "status $status: $*" "$printed"
	fi
}

# like TITLE GOT PATTERN: matches the glob
like() {
	# shellcheck disable=SC2053
	if [[ $2 == $3 ]]; then ok "$1"; else
		not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# succeeds TITLE COMMAND…: in this very shell, so that it may start things
succeeds() {
	local title=$1
	shift
	if "$@" >"$scratch/output" 2>&1; then ok "$title"; else
		not_ok "$title" "failed: $*" "$(cat "$scratch/output")"
	fi
}

# fails TITLE COMMAND…
fails() {
	local title=$1
	shift
	if ! "$@" >"$scratch/output" 2>&1; then ok "$title"; else
		not_ok "$title" "succeeded: $*" "$(cat "$scratch/output")"
	fi
}

# Ends the test program: the last call of each.
finish() {
	echo "1..$tap_count"
	[ "$tap_failed" -eq 0 ]
	exit
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit "${TEST_SKIP_STATUS:-0}"
}

die() {
	echo "Bail out! $*"
	exit 99
}

require_tools() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is not here"
	done
}

# --- scratch folder and processes ----------------------------------------------

started=()		# every process that end_scratch has to end
outlive=		# not empty: processes live on when the script ends

# tie SIGNAL: sets $tied to what, put before a command, lets it get the signal
# when this script dies, however it dies
tie() {
	tied=()
	[ -n "$outlive" ] || tied=(setpriv --pdeathsig "$1")
}

# wait_for SECONDS COMMAND…: polls until the command succeeds
wait_for() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.02
	done
}

process_alive() {
	local state
	state=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
	[[ $state != Z* ]]
}

process_ended() { ! process_alive "$1"; }

# end_process PID: TERM, after ten seconds KILL; the exit status is PID's
end_process() {
	local pid left=()
	for pid in "${started[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
	started=("${left[@]}")
	kill -TERM "$1" 2>/dev/null
	wait_for 10 process_ended "$1" || kill -KILL "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

# in_background NAME COMMAND…: ends with the script, output to
# $scratch/NAME.log; sets $background to the process
in_background() {
	local log=$scratch/$1.log
	shift
	tie TERM
	"${tied[@]}" "$@" </dev/null >"$log" 2>&1 &
	background=$!
	started+=("$background")
}

end_scratch() {
	local status=$? pid
	trap - EXIT
	for pid in "${started[@]}"; do
		process_alive "$pid" && end_process "$pid"
	done
	if [ -n "${KEEP_SCRATCH:-}" ]; then note "left behind: $scratch"
	else rm -rf "$scratch"; fi
	exit "$status"
}

# Makes $scratch, which goes away with everything that was started when the
# script ends, and a system log for the processes started from here.
begin_scratch() {
	scratch=$(mktemp -d "${TMPDIR:-/tmp}/vmauthz.XXXXXX") || die "no scratch"
	policy=$scratch/policy.db
	trap end_scratch EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	chmod 755 "$scratch"
	mkdir "$scratch/pki" "$scratch/pki/server" "$scratch/sasl2" \
		"$scratch/plugins" "$scratch/dev"
	: >"$scratch/syslog"
	start_log
}

# --- the system log --------------------------------------------------------------

# Gives the processes under test a /dev of their own, as libvirt does, in which
# /dev/log is ours.  Where mount namespaces are forbidden, the real /dev/log
# will do if nobody has it.
start_log() {
	log_socket=$scratch/log
	log_wrapper=()
	set_log_queue
	if [ "$(id -u)" != 0 ]; then
		note "not root: no system log"
	elif unshare --mount true 2>/dev/null; then
		write_log_wrapper
		log_wrapper=(unshare --mount sh "$scratch/with-log")
	elif [ -e /dev/log ]; then
		die "/dev/log is taken and mount namespaces are forbidden"
	else
		log_socket=/dev/log
	fi
	tie TERM
	"${tied[@]}" "${log_queue[@]}" "$LOG_CATCH" "$log_socket" \
		>"$scratch/syslog" &
	started+=($!)
	wait_for 5 test -S "$log_socket" || die "log-catch does not start"
}

# The plugin waits for no log.  Where ten lines may wait, a session's are lost
# as soon as log-catch has to wait for a busy machine; that number belongs to
# the network namespace of who made the socket.
set_log_queue() {
	log_queue=()
	unshare --net true 2>/dev/null || return
	# shellcheck disable=SC2016
	log_queue=(unshare --net sh -c '
		(echo 1000 >/proc/sys/net/unix/max_dgram_qlen) 2>/dev/null
		exec "$@"' sh)
}

write_log_wrapper() {
	cat >"$scratch/with-log" <<-END
	set -e
	dev='$scratch/dev'
	mount -t tmpfs -o mode=755 dev "\$dev"
	for node in null zero full random urandom tty; do
		cp -a "/dev/\$node" "\$dev/"
	done
	mkdir "\$dev/shm"
	chmod 1777 "\$dev/shm"
	: >"\$dev/log"
	mount --bind '$log_socket' "\$dev/log"
	mount --rbind "\$dev" /dev
	exec "\$@"
	END
}

# Everything that was logged until now is in $scratch/syslog after this.
mark_count=0
sync_log() {
	mark_count=$((mark_count + 1))
	local mark="mark $$ $mark_count end"
	if ! logger --socket "$log_socket" --tag mark "$mark" ||
		! wait_for 5 grep -q "$mark" "$scratch/syslog"; then
		die "the log does not work"
	fi
}

# --- keys and certificates ---------------------------------------------------------

new_key() {
	(umask 077 && openssl genpkey -algorithm EC -out "$1" \
		-pkeyopt ec_paramgen_curve:P-256 2>/dev/null) ||
		die "cannot make a key"
}

# make_ca [NAME]: $scratch/pki/NAME.crt and .key, NAME being ca
make_ca() {
	local base=$scratch/pki/${1:-ca}
	new_key "$base.key"
	openssl req -new -x509 -key "$base.key" -subj "/CN=Test CA ${1:-ca}" \
		-days 30 -addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign \
		-out "$base.crt" || die "cannot make a CA"
}

# sign_cert BASE CA SUBJECT DAYS EXTENSION…
sign_cert() {
	local base=$1 ca=$scratch/pki/$2 subject=$3 validity=(-days "$4")
	# openssl takes negative days up to 3.3, dates from 3.4 on
	if [ "$4" -lt 0 ] && openssl x509 -help 2>&1 | grep -q not_after; then
		validity=(-not_before 20200101000000Z -not_after 20200102000000Z)
	fi
	shift 4
	new_key "$base.key"
	openssl req -new -utf8 -key "$base.key" -subj "$subject" \
		-out "$base.csr" || die "cannot make a request for $subject"
	printf '%s\n' basicConstraints=CA:FALSE "$@" >"$base.ext"
	openssl x509 -req -in "$base.csr" -CA "$ca.crt" -CAkey "$ca.key" \
		-set_serial "0x$(openssl rand -hex 8)" "${validity[@]}" \
		-extfile "$base.ext" -out "$base.crt" 2>/dev/null ||
		die "cannot sign $subject"
}

# make_server_cert: $scratch/pki/server as spice-server's x509-dir
make_server_cert() {
	local base=$scratch/pki/server/server
	sign_cert "$base" ca /CN=localhost 30 extendedKeyUsage=serverAuth \
		subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1
	mv "$base.crt" "$base-cert.pem"
	mv "$base.key" "$base-key.pem"
	cp "$scratch/pki/ca.crt" "$scratch/pki/server/ca-cert.pem"
}

# make_client_cert NAME [cn=CN] [subject=/CN=…] [ca=NAME] [days=N]
#	[eku=clientAuth|serverAuth|none]: $scratch/pki/NAME.crt and .key;
# CN is NAME if not said, days=-1 makes one that has expired
make_client_cert() {
	local name=$1 subject=/CN=$1 ca=ca days=30 eku=clientAuth option
	shift
	for option; do
		case $option in
		cn=*) subject=/CN=${option#*=} ;;
		subject=*) subject=${option#*=} ;;
		ca=*) ca=${option#*=} ;;
		days=*) days=${option#*=} ;;
		eku=*) eku=${option#*=} ;;
		*) die "make_client_cert: $option" ;;
		esac
	done
	if [ "$eku" = none ]; then set --; else set -- "extendedKeyUsage=$eku"; fi
	sign_cert "$scratch/pki/$name" "$ca" "$subject" "$days" "$@"
}

# --- SASL --------------------------------------------------------------------------

# write_qemu_conf LINE…: $scratch/sasl2/qemu.conf
write_qemu_conf() { printf '%s\n' "$@" >"$scratch/sasl2/qemu.conf"; }

# use_plugins NAME…: the stock plugins that there are to be; with "vmauthz"
# ours too, copied, so that a user who can't reach the build tree can load it
use_plugins() {
	local name dir
	dir=$(pkg-config --variable=plugindir libsasl2 2>/dev/null)
	[ -n "$dir" ] || dir=$(pkg-config --variable=libdir libsasl2)/sasl2
	rm -f "$scratch/plugins/"*
	for name; do
		if [ "$name" = vmauthz ]; then
			cp "$VMAUTHZ_PLUGIN" "$scratch/plugins/libvmauthz.so"
		else
			[ -e "$dir/lib$name.so" ] &&
				ln -s "$dir/lib$name.so" "$scratch/plugins/"
		fi || die "no plugin $name"
	done
}

# in_sasl COMMAND…: with our plugins and configuration
in_sasl() {
	SASL_PATH=$scratch/plugins SASL_CONF_PATH=$scratch/sasl2 "$@"
}

# Stock SASL with passwords in sasldb; the argument is the mech_list.
use_stock_sasl() {
	use_plugins scram plain digestmd5 sasldb
	write_qemu_conf "mech_list: ${1:-SCRAM-SHA-256}" \
		"pwcheck_method: auxprop" "auxprop_plugin: sasldb" \
		"sasldb_path: $scratch/sasldb2"
	set_password() { set_stock_password "$@"; }
}

# The stock plugins that use_vmauthz puts beside ours.
stock_plugins=(scram plain gssapiv2)

# use_vmauthz [LINE…]: vmauthz with an empty policy in $policy.  A LINE of
# qemu.conf comes in place of the one with the same key, "-KEY" takes it out.
use_vmauthz() {
	local line key
	local -A lines=(
		[mech_list]="scram-sha-512 scram-sha-256"
		[auxprop_plugin]=vmauthz
		[canon_user_plugin]=vmauthz
		[vmauthz_policy]=$policy
		[vmauthz_default_realm]=example.org
	)
	use_plugins "${stock_plugins[@]}" vmauthz
	for line; do
		case $line in
		-*) unset "lines[${line#-}]" ;;
		*) lines[${line%%:*}]=${line#*: } ;;
		esac
	done
	for key in "${!lines[@]}"; do echo "$key: ${lines[$key]}"; done \
		>"$scratch/sasl2/qemu.conf"
	"$VMAUTHZ" -d "$policy" init >/dev/null || die "cannot make a policy"
	set_password() { set_policy_password "$@"; }
}

# policy SQL…: changes the policy, one transaction
policy() {
	{ echo 'PRAGMA foreign_keys = ON; BEGIN;'
	  printf '%s;\n' "$@"; echo 'COMMIT;'; } |
		sqlite3 -bail "$policy"
}

# set_password USER PASSWORD is one of these
set_policy_password() {
	printf '%s\n' "$2" | "$VMAUTHZ" -d "$policy" passwd "$1"
}

set_stock_password() {
	printf '%s' "$2" |
		in_sasl saslpasswd2 -p -c -a qemu -f "$scratch/sasldb2" "$1"
}

# --- packages ----------------------------------------------------------------------

# list_packages SECTION…: from tests/packages
list_packages() {
	local section
	for section; do
		sed -n "/^#: $section\$/,/^#: /s/^\([a-z0-9][^ #]*\).*/\1/p" \
			"$top_srcdir/tests/packages"
	done
}

# install_packages SECTION…: installs what is missing
install_packages() {
	local package missing=()
	for package in $(list_packages "$@"); do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q ' installed$' || missing+=("$package")
	done
	[ "${#missing[@]}" -gt 0 ] || return 0
	echo "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update && apt-get -q -y install --no-install-recommends \
		"${missing[@]}"
}

# shellcheck source=tests/system/lib-vm.sh
. "$system_dir/lib-vm.sh"
