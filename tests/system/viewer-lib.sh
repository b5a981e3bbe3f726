# shellcheck shell=bash
# SPDX-License-Identifier: BSD-2-Clause
# SPDX-FileCopyrightText: 2026 The vmauthz authors
#
# For tests that look at a stock viewer under Xvfb; to be loaded after lib.sh.
#
# From the environment:
#   VMAUTHZ_SCREENSHOT  a folder that keeps what screenshot takes
#   VMAUTHZ_VIEWER VMAUTHZ_CLIENT  the command and the library to preload
#
# What functions leave in variables: DISPLAY, background.

VMAUTHZ_VIEWER=${VMAUTHZ_VIEWER:-$top_builddir/client/vmauthz-viewer}
VMAUTHZ_CLIENT=${VMAUTHZ_CLIENT:-$top_builddir/client/.libs/libvmauthz-client.so}

# Sets and exports DISPLAY.  The root window is white: what is black is the
# guest's.  -noreset, or it refuses clients for a moment after the last one left.
start_xvfb() {
	local number
	for number in {60..69}; do
		[ -e "/tmp/.X11-unix/X$number" ] && continue
		in_background xvfb Xvfb ":$number" -screen 0 1024x768x24 \
			-wr -nolisten tcp -noreset
		wait_for 10 xvfb_ready_or_ended "$number"
		process_alive "$background" || continue
		export DISPLAY=:$number
		return 0
	done
	return 1
}

xvfb_ready_or_ended() {
	[ -S "/tmp/.X11-unix/X$1" ] || process_ended "$background"
}

# Viewers see nothing of the desktop that the test is run from.
viewer_environment() {
	mkdir -p "$scratch/home" "$scratch/run"
	chmod 700 "$scratch/run"
	export HOME=$scratch/home XDG_RUNTIME_DIR=$scratch/run
	export GSETTINGS_BACKEND=memory GDK_BACKEND=x11 NO_AT_BRIDGE=1
	export LC_ALL=C.UTF-8
	unset DBUS_SESSION_BUS_ADDRESS WAYLAND_DISPLAY XAUTHORITY
}

# with_certificate NAME COMMAND…: through vmauthz-viewer, with the certificate
# that make_client_cert NAME made
with_certificate() {
	local base=$scratch/pki/$1
	shift
	"$VMAUTHZ_VIEWER" --library "$VMAUTHZ_CLIENT" --cert "$base.crt" \
		--key "$base.key" -- "$@"
}

# start_viewer NAME PORT: remote-viewer on that port with the certificate of
# that name, "" is none; sets $background, output to $scratch/viewer.log
start_viewer() {
	local command=(remote-viewer --spice-ca-file "$scratch/pki/ca.crt"
		"spice://127.0.0.1?tls-port=$2")
	[ -z "$1" ] || command=("$VMAUTHZ_VIEWER" --library "$VMAUTHZ_CLIENT"
		--cert "$scratch/pki/$1.crt" --key "$scratch/pki/$1.key" --
		"${command[@]}")
	in_background viewer "${command[@]}"
}

# start_running_vm NAME SPICE: as start_vm NAME auto, but the guest runs, so
# that its firmware writes on the screen; SPICE is sasl=on or
# disable-ticketing=on
start_running_vm() {
	local name=$1 option
	set_vm_ports "$name" auto ''
	option=$(spice_option "$name")
	run_server "$name" '' "$QEMU" -name "$name" \
		-machine q35,accel=tcg -m 64 -nodefaults -vga qxl -display none \
		-spice "${option/sasl=on/$2}"
	wait_server "$name" "${vm_port[$name]}"
}

# window TITLE: the id of a visible window whose title matches
window() {
	xdotool search --onlyvisible --limit 1 --name "$1" 2>/dev/null | grep .
}

no_window() { ! window "$1" >/dev/null; }

# type_into_dialog TITLE FIELD…: replaces the fields' contents, then Return.  At
# first the cursor is in the last one: remote-viewer knows the user's name and
# wants the password.  There is no window manager, so the focus is set by hand.
type_into_dialog() {
	local title=$1 id i
	shift
	wait_for 20 window "$title" >/dev/null || return 1
	id=$(window "$title")
	xdotool windowfocus --sync "$id"
	sleep 0.5
	for ((i = 1; i < $#; i++)); do xdotool key shift+Tab; done
	while [ $# -gt 0 ]; do
		xdotool key ctrl+a type --delay 30 -- "$1"
		shift
		[ $# -eq 0 ] || xdotool key Tab
	done
	xdotool key Return
}

# screenshot NAME: the whole screen to $scratch/NAME.png
screenshot() {
	import -window root "$scratch/$1.png" || return 1
	[ -n "${VMAUTHZ_SCREENSHOT:-}" ] || return 0
	mkdir -p "$VMAUTHZ_SCREENSHOT" &&
		cp "$scratch/$1.png" "$VMAUTHZ_SCREENSHOT/"
}

# pixels NAME COLOUR: how many have exactly that colour, #RRGGBB
pixels() {
	convert "$scratch/$1.png" -alpha off -fill white +opaque "$2" \
		-fill black -opaque "$2" \
		-format '%[fx:round((1-mean)*w*h)]' info:
}

# guest_on_screen NAME: takes a picture; true if it shows a VGA text screen, a
# large black area with letters in VGA's light grey
guest_on_screen() {
	screenshot "$1" && [ "$(pixels "$1" '#000000')" -gt 100000 ] &&
		[ "$(pixels "$1" '#a8a8a8')" -gt 400 ]
}
