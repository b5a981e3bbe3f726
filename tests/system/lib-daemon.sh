# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors
#
# For tests with vmauthzd, after lib.sh: accounts and PAM services that only the
# daemon sees (in a mount namespace), its configuration, its processes, and what
# it logs.
#
# From the environment: VMAUTHZD STORM, programs to use instead of the
# built ones.
#
# What functions leave in variables: daemon (process id of the monitor),
# daemon_run (folder of the sockets), daemon_state, daemon_conf.

VMAUTHZD=${VMAUTHZD:-$top_builddir/saslauthd-ext/vmauthzd}
STORM=${STORM:-$top_builddir/tests/programs/storm}
daemon_uid=6599		# of user and group vmauthz in there
daemon=

# Skips where a daemon can't be tried.
require_daemon() {
	require_tools "$VMAUTHZD"
	[ "$(id -u)" = 0 ] || skip_all 'not root'
	unshare --mount true 2>/dev/null || skip_all 'mount namespaces are forbidden'
}

# prepare_daemon [ACCOUNT…]: accounts whose password is "local ACCOUNT", a PAM
# service spice that asks pam_unix, folders, and a configuration; in the tests
# QEMU runs as root, without libvirt
prepare_daemon() {
	local name number=6600 file
	daemon_run=$scratch/run daemon_state=$scratch/state
	daemon_conf=$scratch/vmauthzd.conf
	mkdir -p "$scratch/pam.d" "$scratch/etc" "$daemon_run" "$daemon_state"
	chmod 755 "$daemon_run"
	chown "$daemon_uid:$daemon_uid" "$daemon_state"
	chmod 750 "$daemon_state"
	for file in passwd shadow group; do
		grep -vE "^(vmauthz|${*// /|}):" "/etc/$file" >"$scratch/etc/$file"
	done
	chmod 644 "$scratch/etc/passwd" "$scratch/etc/group"
	chmod 600 "$scratch/etc/shadow"
	echo "vmauthz:x:$daemon_uid:$daemon_uid::/nonexistent:/bin/false" \
		>>"$scratch/etc/passwd"
	echo "vmauthz:x:$daemon_uid:" >>"$scratch/etc/group"
	for name; do
		number=$((number + 1))
		sed -i "/^$name:/d" "$scratch/etc/passwd" "$scratch/etc/shadow"
		echo "$name:x:$number:$number::/nonexistent:/bin/false" \
			>>"$scratch/etc/passwd"
		echo "$name:$(openssl passwd -6 "local $name"):20000:0:99999:7:::" \
			>>"$scratch/etc/shadow"
	done
	write_pam 'auth required pam_unix.so' 'account required pam_unix.so'
	write_daemon_conf
}

# write_pam LINE…: the PAM service spice
write_pam() { printf '%s\n' "$@" >"$scratch/pam.d/spice"; }

# write_daemon_conf [LINE…]: "key = value" comes in place of the default for the
# key, "-key" takes it out; a line "[…]" and all after it come at the end
write_daemon_conf() {
	local line key sections=()
	local -A lines=(
		[policy]=$policy
		[state]=$daemon_state
		[default_realm]=example.org
		[users]=0
		[operators]=0
		[identify]="command-line"
	)
	while [ $# -gt 0 ] && [[ $1 != \[* ]]; do
		line=$1
		shift
		case $line in
		-*) unset "lines[${line#-}]" ;;
		*) lines[${line%% =*}]=${line#*=} ;;
		esac
	done
	sections=("$@")
	[ ${#sections[@]} -gt 0 ] ||
		sections=('[realm example.org]' 'passwords = policy')
	for key in "${!lines[@]}"; do echo "$key = ${lines[$key]}"; done \
		>"$daemon_conf"
	printf '%s\n' "${sections[@]}" >>"$daemon_conf"
}

write_account_wrapper() {
	cat >"$scratch/with-accounts" <<-END
	set -e
	for file in passwd shadow group; do
		mount --bind "$scratch/etc/\$file" "/etc/\$file"
	done
	mount --bind '$scratch/pam.d' /etc/pam.d
	exec "\$@"
	END
}

# Lets the daemon read the policy.
open_policy() { chgrp "$daemon_uid" "$policy" && chmod 640 "$policy"; }

# launch_daemon [OPTION…]: starts it, and does not wait
launch_daemon() {
	write_account_wrapper
	tie KILL
	setsid "${log_wrapper[@]}" sh "$scratch/with-accounts" "${tied[@]}" \
		"$VMAUTHZD" -f "$daemon_conf" -m "$daemon_run" "$@" \
		</dev/null >>"$scratch/vmauthzd.log" 2>&1 &
	daemon=$!
	started+=("$daemon")
}

started_lines() { grep -c 'vmauthzd: started' "$scratch/syslog"; }
started_since() { [ "$(started_lines)" -gt "$1" ] || process_ended "$daemon"; }

# start_daemon [OPTION…]: and it serves when this returns
start_daemon() {
	local before
	before=$(started_lines)
	launch_daemon "$@"
	wait_for 20 started_since "$before" && process_alive "$daemon" && return
	note 'vmauthzd does not start:' "$(cat "$scratch/vmauthzd.log")" \
		"$(tail -n 5 "$scratch/syslog")"
	return 1
}

# stop_daemon: the exit status is the monitor's
stop_daemon() { end_process "$daemon"; }

# reload_daemon: HUP, and the configuration has been read again (or refused)
reload_lines() { grep -c 'vmauthzd: the configuration' "$scratch/syslog"; }
reloaded_since() { [ "$(reload_lines)" -gt "$1" ]; }
reload_daemon() {
	local before
	before=$(reload_lines)
	kill -HUP "$daemon"
	wait_for 10 reloaded_since "$before"
}

# daemon_children [NAME]: processes below the monitor, by their short name
# (vmauthzd-worker, vmauthzd-pam)
daemon_children() { pgrep -P "$daemon" ${1:+-x} ${1:+"$1"}; }
daemon_worker() { daemon_children vmauthzd-worker; }

# broker_options [LINE…]: use_vmauthz with the plugin asking the daemon; the
# policy is made, and readable for it
use_broker() {
	use_vmauthz "-vmauthz_policy" "vmauthz_broker: $daemon_run/broker" "$@"
	open_policy
	# the decision lines are the daemon's
	decisions() { daemon_decisions "$@"; }
}

# use_mux [LINE…]: stock libsasl2 without our plugin asks the daemon
use_mux() {
	use_plugins plain
	write_qemu_conf 'mech_list: plain' 'pwcheck_method: saslauthd' \
		"saslauthd_path: $daemon_run/mux" "$@"
	"$VMAUTHZ" -d "$policy" init >/dev/null || die 'cannot make a policy'
	open_policy
	set_password() { set_policy_password "$@"; }
	decisions() { daemon_decisions "$@"; }
}

# daemon_decisions VM: of the last login
daemon_decisions() {
	sync_log
	tail -n "+$((${log_before:-0} + 1))" "$scratch/syslog" |
		sed -n "s/^$log_head\[[0-9]*\]: \(\(allow\|deny\) user=[^ ]* vm=\"$1\" .*\)/\1/p"
}

# ask_mux VM USER PASSWORD [SERVICE]: the stock testsaslauthd, whose command line
# says that it is VM ("" says nothing); sets $result to "OK", "NO" or what it said
ask_mux() {
	local vm=$1 user=$2 password=$3 service=${4:-spice} realm=() says=()
	[[ $user != *@* ]] || realm=(-r "${user##*@}")
	[ -z "$vm" ] || says=(-- x -name "$vm")
	log_before=$(wc -l <"$scratch/syslog")
	result=$("${become[@]}" testsaslauthd -f "$daemon_run/mux" -u "${user%@*}" \
		"${realm[@]}" -p "$password" -s "$service" "${says[@]}" 2>&1)
	case $result in
	*'OK "Success."'*) result=OK ;;
	*'NO "authentication failed"'*) result=NO ;;
	esac
}
become=()	# what comes before it, to be somebody else
