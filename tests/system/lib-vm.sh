# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors
#
# The part of lib.sh, which loads it, that starts hosts, logs in and asks the
# log what was decided.

# --- virtual machines --------------------------------------------------------------

port_listens() { [ -n "$(ss -Hltn "sport = :$1")" ]; }

# Sets $port to one that nobody listens on.
pick_port() {
	while port_listens "$next_port"; do next_port=$((next_port + 1)); done
	port=$next_port
	next_port=$((next_port + 1))
}

# What comes before a host's program: valgrind, say.
host_wrapper=()

# run_server NAME USER COMMAND…: starts it in the background as USER ("" is
# ourselves) with our log and SASL set-up, output to $scratch/NAME.log
run_server() {
	local name=$1 user=$2 become=()
	shift 2
	if [ -n "$user" ]; then
		chown -R "$user" "$scratch/pki/server"
		become=(setpriv --reuid "$user" --regid "$(id -g "$user")"
			--init-groups)
	fi
	tie KILL	# last, for a change of user undoes it
	in_sasl exec "${log_wrapper[@]}" "${become[@]}" "${tied[@]}" "$@" \
		</dev/null >"$scratch/$name.log" 2>&1 &
	vm_pid[$name]=$!
	started+=($!)
}

server_listens_or_ended() {
	port_listens "$2" || process_ended "${vm_pid[$1]}"
}

# wait_server NAME PORT
wait_server() {
	wait_for 20 server_listens_or_ended "$1" "$2" && vm_alive "$1" &&
		return
	note "$1 does not start:" "$(cat "$scratch/$1.log")"
	return 1
}

# start_vm [-u USER] [-p PLAIN_PORT] [-n NAME_OPTION] [-v TLS] NAME PORT
#	[QEMU ARGUMENT…]
# PORT (TLS) and PLAIN_PORT may be "auto"; PORT "none" is no TLS at all.
# NAME_OPTION replaces NAME in QEMU's -name, "" leaves -name out.  -v adds a
# VNC server on vm_vnc_port, see vnc_args; with PORT "none" and no PLAIN_PORT
# there is nothing but that.
start_vm() {
	local OPTIND=1 option user='' plain='' name_option='' named='' vnc=''
	while getopts u:p:n:v: option; do
		case $option in
		u) user=$OPTARG ;;
		p) plain=$OPTARG ;;
		n) name_option=$OPTARG named=1 ;;
		v) vnc=$OPTARG ;;
		*) die "start_vm: bad option" ;;
		esac
	done
	shift $((OPTIND - 1))
	local name=$1 tls=$2 args=()
	shift 2
	[ -n "$named" ] || name_option=$name
	set_vm_ports "$name" "$tls" "$plain"
	[ -z "$name_option" ] || args+=(-name "$name_option")
	args+=(-machine "q35,accel=tcg" -m 64 -nodefaults -display none -S)
	if [ -n "${vm_port[$name]}${vm_plain_port[$name]}" ]; then
		args+=(-vga qxl -spice "$(spice_option "$name")")
	else
		args+=(-vga std)	# qxl would bring libspice-server along
	fi
	[ -z "$vnc" ] || vnc_args "$name" "$vnc"
	run_server "$name" "$user" "$QEMU" "${args[@]}" "$@"
	wait_server "$name" "${vm_vnc_port[$name]:-${vm_port[$name]:-${vm_plain_port[$name]}}}"
}

# set_vm_ports NAME TLS PLAIN
set_vm_ports() {
	vm_port[$1]='' vm_plain_port[$1]='' vm_vnc_port[$1]=''
	case $2 in
	none) ;;
	auto) pick_port; vm_port[$1]=$port ;;
	*) vm_port[$1]=$2 ;;
	esac
	case $3 in
	auto) pick_port; vm_plain_port[$1]=$port ;;
	*) vm_plain_port[$1]=$3 ;;
	esac
}

# spice_option NAME: the value of -spice; $listen_at, if set, is the address
spice_option() {
	local option=addr=${listen_at:-127.0.0.1},sasl=on
	[ -z "${vm_port[$1]}" ] ||
		option+=",tls-port=${vm_port[$1]},x509-dir=$scratch/pki/server"
	if [ -n "${vm_plain_port[$1]}" ]; then
		option+=,port=${vm_plain_port[$1]}
	else
		option+=,tls-channel=default
	fi
	echo "$option"
}

# vnc_args NAME x509|verify|anon|none: adds to $args a VNC server whose TLS is
# with the host's certificate alone, with one of the client's, too, without
# any, or not there
vnc_args() {
	local vnc=sasl=on creds=id=tls0,endpoint=server
	pick_port
	vm_vnc_port[$1]=$port
	case $2 in
	x509) creds=tls-creds-x509,$creds,dir=$scratch/pki/server,verify-peer=no ;;
	verify) creds=tls-creds-x509,$creds,dir=$scratch/pki/server,verify-peer=yes ;;
	anon) creds=tls-creds-anon,$creds ;;
	none) creds='' ;;
	*) die "vnc_args: $2" ;;
	esac
	[ -z "$creds" ] || { args+=(-object "$creds"); vnc+=,tls-creds=tls0; }
	args+=(-vnc "127.0.0.1:$((port - 5900)),$vnc")
}

# start_host [-u USER] [-p PLAIN_PORT] NAME PORT [ARGUMENT…]: as start_vm, but
# tests/programs/spice-host, run by host_wrapper
start_host() {
	local OPTIND=1 option user='' plain=''
	while getopts u:p: option; do
		case $option in
		u) user=$OPTARG ;;
		p) plain=$OPTARG ;;
		*) die "start_host: bad option" ;;
		esac
	done
	shift $((OPTIND - 1))
	local name=$1 tls=$2
	shift 2
	set_vm_ports "$name" "$tls" "$plain"
	run_server "$name" "$user" "${host_wrapper[@]}" "$SPICE_HOST" \
		-name "$name" --x509-dir "$scratch/pki/server" \
		--tls-port "${vm_port[$name]:-0}" \
		--port "${vm_plain_port[$name]:-0}" "$@"
	wait_for 60 host_ready_or_ended "$name" && vm_alive "$name" && return
	note "$name does not start:" "$(cat "$scratch/$name.log")"
	return 1
}

host_ready_or_ended() {
	grep -q '^ready$' "$scratch/$1.log" || process_ended "${vm_pid[$1]}"
}

# stop_vm NAME: the exit status is the process's
stop_vm() { end_process "${vm_pid[$1]}"; }

vm_alive() { process_alive "${vm_pid[$1]}"; }

# --- logins ------------------------------------------------------------------------

# login VM USER PASSWORD [vnc] [plain] [@CERT] [spice-login option…]: sets
# $result to the line that spice-login prints and $login_status to its exit
# status.  "vnc" is for vnc-login and the VNC server, "plain" uses the port
# without TLS, @CERT shows the certificate of that name.
login() {
	local vm=$1 user=$2 password=$3 client=$SPICE_LOGIN args=()
	local tls=${vm_port[$vm]} plain=${vm_plain_port[$vm]}
	shift 3
	if [ "${1:-}" = vnc ]; then
		client=$VNC_LOGIN tls=${vm_vnc_port[$vm]} plain=${vm_vnc_port[$vm]}
		shift
	fi
	if [ "${1:-}" = plain ]; then
		args+=(--port "$plain")
		shift
	else
		args+=(--tls-port "$tls" --ca "$scratch/pki/ca.crt")
	fi
	if [[ ${1:-} == @* ]]; then
		args+=(--cert "$scratch/pki/${1#@}.crt"
			--key "$scratch/pki/${1#@}.key")
		shift
	fi
	[ -z "$user" ] || args+=(--user "$user")
	[ -z "$password" ] || args+=(--password-fd 3)
	log_before=$(wc -l <"$scratch/syslog")
	result=$("$client" "${args[@]}" "$@" 3<<<"$password" \
		2>>"$scratch/client.log")
	login_status=$?
}

login_problem() {
	echo "$result (exit status $login_status)"
	vm_alive "$1" || echo "$1 died"
	tail -n 5 "$scratch/$1.log"
}

# expect_open TITLE VM …: as login, that opens
expect_open() {
	local title=$1
	shift
	login "$@"
	if [ "$login_status" = 0 ] && vm_alive "$1"; then ok "$title"
	else not_ok "$title" "$(login_problem "$1")"; fi
}

# expect_refused TITLE VM …: "authentication failed", and the VM lives
expect_refused() { expect_result "$1" "authentication failed" "${@:2}"; }

# expect_result TITLE PATTERN VM …: the client's line matches, the VM lives
expect_result() {
	local title=$1 pattern=$2
	shift 2
	login "$@"
	# shellcheck disable=SC2053
	if [[ $result == $pattern ]] && vm_alive "$1"; then ok "$title"
	else not_ok "$title" "wanted: $pattern" "$(login_problem "$1")"; fi
}

# what RFC 3164 puts before the process id, as a sed expression
log_head='<[0-9]*>[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:]* vmauthz'

# decisions VM: the decision lines of the last login, one for each channel
decisions() {
	sync_log
	tail -n "+$((${log_before:-0} + 1))" "$scratch/syslog" |
		sed -n "s/^$log_head\[${vm_pid[$1]}\]: \(\(allow\|deny\|observe\) .*\)/\1/p"
}

# every_decision TITLE VM PATTERN: there are some, and all match the glob
every_decision() {
	local all line other=
	all=$(decisions "$2")
	while read -r line; do
		# shellcheck disable=SC2053
		[[ $line == $3 ]] || other+=$line$'\n'
	done <<<"$all"
	if [ -n "$all" ] && [ -z "$other" ]; then ok "$1"; else
		not_ok "$1" "these do not match: ${other:-there is none}" "wanted: $3"
	fi
}

# last_decision VM: sets $decision to the last of them, "" if there is none
last_decision() { decision=$(decisions "$1" | tail -n 1); }

# expect_decision TITLE VM PATTERN: the last decision line matches the glob
expect_decision() {
	last_decision "$2"
	like "$1" "$decision" "$3"
}

# expect_reason TITLE VM PATTERN: the reason in it does
expect_reason() {
	last_decision "$2"
	like "$1" "$(decision_value reason)" "$3"
}

# decision_value KEY: its value in $decision, without quotes, "-" if none
decision_value() {
	local value=${decision#* "$1"=}
	[ "$value" != "$decision" ] || value=-
	case $value in
	\"*) value=${value#\"}; value=${value%%\"*} ;;
	*) value=${value%% *} ;;
	esac
	printf '%s\n' "$value"
}
