/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* A SPICE host without a virtual machine: does with libspice-server what
 * QEMU does, so that the plugin can be run under sanitizers and valgrind.
 * Offers main, inputs, playback, record, and display and cursor, which
 * spice-server runs on a thread of their own.  Prints "ready" when it
 * listens; SIGTERM ends it cleanly. */

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <spice.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- timers and descriptors, on GLib's main loop ------------------------- */

struct SpiceTimer {
	SpiceTimerFunc func;
	void *opaque;
	guint source;		/* 0: not running */
};

static gboolean
timer_fire(gpointer data)
{
	SpiceTimer *timer = data;

	timer->source = 0;
	timer->func(timer->opaque);	/* may remove the timer */
	return G_SOURCE_REMOVE;
}

static SpiceTimer *
timer_add(SpiceTimerFunc func, void *opaque)
{
	SpiceTimer *timer = g_new0(SpiceTimer, 1);

	timer->func = func;
	timer->opaque = opaque;
	return timer;
}

static void
timer_cancel(SpiceTimer *timer)
{
	if (timer->source != 0)
		g_source_remove(timer->source);
	timer->source = 0;
}

static void
timer_start(SpiceTimer *timer, uint32_t ms)
{
	timer_cancel(timer);
	timer->source = g_timeout_add(ms, timer_fire, timer);
}

static void
timer_remove(SpiceTimer *timer)
{
	timer_cancel(timer);
	g_free(timer);
}

struct SpiceWatch {
	int fd;
	SpiceWatchFunc func;
	void *opaque;
	guint source;		/* 0: nothing is waited for */
};

static gboolean
watch_fire(gint fd, GIOCondition condition, gpointer data)
{
	SpiceWatch *watch = data;
	int events = 0;

	if ((condition & (G_IO_IN | G_IO_HUP | G_IO_ERR)) != 0)
		events |= SPICE_WATCH_EVENT_READ;
	if ((condition & G_IO_OUT) != 0)
		events |= SPICE_WATCH_EVENT_WRITE;
	watch->func(fd, events, watch->opaque);	/* may remove the watch */
	return G_SOURCE_CONTINUE;
}

static void
watch_update_mask(SpiceWatch *watch, int mask)
{
	GIOCondition condition = 0;

	if (watch->source != 0)
		g_source_remove(watch->source);
	watch->source = 0;
	if ((mask & SPICE_WATCH_EVENT_READ) != 0)
		condition |= G_IO_IN | G_IO_HUP | G_IO_ERR;
	if ((mask & SPICE_WATCH_EVENT_WRITE) != 0)
		condition |= G_IO_OUT;
	if (condition != 0)
		watch->source = g_unix_fd_add(watch->fd, condition,
		    watch_fire, watch);
}

static SpiceWatch *
watch_add(int fd, int mask, SpiceWatchFunc func, void *opaque)
{
	SpiceWatch *watch = g_new0(SpiceWatch, 1);

	watch->fd = fd;
	watch->func = func;
	watch->opaque = opaque;
	watch_update_mask(watch, mask);
	return watch;
}

static void
watch_remove(SpiceWatch *watch)
{
	watch_update_mask(watch, 0);
	g_free(watch);
}

static void
channel_event(int event, SpiceChannelEventInfo *info)
{
	(void)event;
	(void)info;
}

static SpiceCoreInterface core = {
	.base = {
		.type = SPICE_INTERFACE_CORE,
		.description = "core",
		.major_version = SPICE_INTERFACE_CORE_MAJOR,
		.minor_version = SPICE_INTERFACE_CORE_MINOR,
	},
	.timer_add = timer_add,
	.timer_start = timer_start,
	.timer_cancel = timer_cancel,
	.timer_remove = timer_remove,
	.watch_add = watch_add,
	.watch_update_mask = watch_update_mask,
	.watch_remove = watch_remove,
	.channel_event = channel_event,
};

/* --- devices that do nothing --------------------------------------------- */

static void
keyboard_push(SpiceKbdInstance *instance, uint8_t scan_code)
{
	(void)instance;
	(void)scan_code;
}

static uint8_t
keyboard_leds(SpiceKbdInstance *instance)
{
	(void)instance;
	return 0;
}

static const SpiceKbdInterface keyboard_interface = {
	.base = {
		.type = SPICE_INTERFACE_KEYBOARD,
		.description = "keyboard",
		.major_version = SPICE_INTERFACE_KEYBOARD_MAJOR,
		.minor_version = SPICE_INTERFACE_KEYBOARD_MINOR,
	},
	.push_scan_freg = keyboard_push,
	.get_leds = keyboard_leds,
};

static const SpicePlaybackInterface playback_interface = {
	.base = {
		.type = SPICE_INTERFACE_PLAYBACK,
		.description = "playback",
		.major_version = SPICE_INTERFACE_PLAYBACK_MAJOR,
		.minor_version = SPICE_INTERFACE_PLAYBACK_MINOR,
	},
};

static const SpiceRecordInterface record_interface = {
	.base = {
		.type = SPICE_INTERFACE_RECORD,
		.description = "record",
		.major_version = SPICE_INTERFACE_RECORD_MAJOR,
		.minor_version = SPICE_INTERFACE_RECORD_MINOR,
	},
};

static void
display_worker(QXLInstance *instance)
{
	(void)instance;
}

static void
display_compression(QXLInstance *instance, int level)
{
	(void)instance;
	(void)level;
}

static void
display_init_info(QXLInstance *instance, QXLDevInitInfo *info)
{
	(void)instance;
	memset(info, 0, sizeof(*info));
	info->memslot_gen_bits = 8;
	info->memslot_id_bits = 8;
	info->num_memslots = 8;
	info->num_memslots_groups = 2;
	info->qxl_ram_size = 16 << 20;
	info->n_surfaces = 16;
}

static int
display_no_command(QXLInstance *instance, struct QXLCommandExt *command)
{
	(void)instance;
	(void)command;
	return 0;
}

static int
display_will_notify(QXLInstance *instance)
{
	(void)instance;
	return 1;
}

static int
display_flush(QXLInstance *instance)
{
	(void)instance;
	return 0;
}

static void
display_release(QXLInstance *instance, struct QXLReleaseInfoExt info)
{
	(void)instance;
	(void)info;
}

static void
display_update(QXLInstance *instance, uint32_t id)
{
	(void)instance;
	(void)id;
}

static void
display_async_complete(QXLInstance *instance, uint64_t cookie)
{
	(void)instance;
	(void)cookie;
}

static void
display_area_complete(QXLInstance *instance, uint32_t surface,
    struct QXLRect *updated, uint32_t count)
{
	(void)instance;
	(void)surface;
	(void)updated;
	(void)count;
}

static void
display_capabilities(QXLInstance *instance, uint8_t present,
    uint8_t capabilities[SPICE_CAPABILITIES_SIZE])
{
	(void)instance;
	(void)present;
	(void)capabilities;
}

static const QXLInterface display_interface = {
	.base = {
		.type = SPICE_INTERFACE_QXL,
		.description = "display",
		.major_version = SPICE_INTERFACE_QXL_MAJOR,
		.minor_version = SPICE_INTERFACE_QXL_MINOR,
	},
	.attached_worker = display_worker,
	.set_compression_level = display_compression,
	.get_init_info = display_init_info,
	.get_command = display_no_command,
	.req_cmd_notification = display_will_notify,
	.release_resource = display_release,
	.get_cursor_command = display_no_command,
	.req_cursor_notification = display_will_notify,
	.notify_update = display_update,
	.flush_resources = display_flush,
	.async_complete = display_async_complete,
	.update_area_complete = display_area_complete,
	.set_client_capabilities = display_capabilities,
};

static SpiceKbdInstance keyboard = { .base.sif = &keyboard_interface.base };
static SpicePlaybackInstance playback = {
	.base.sif = &playback_interface.base,
};
static SpiceRecordInstance record = { .base.sif = &record_interface.base };
static QXLInstance display = { .base.sif = &display_interface.base };

/* in the order of adding; spice-server can't remove a keyboard */
static const struct {
	SpiceBaseInstance *instance;
	bool removable;
} devices[] = {
	{ &keyboard.base, false },
	{ &playback.base, true },
	{ &record.base, true },
	{ &display.base, true },
};

enum { DEVICE_COUNT = sizeof(devices) / sizeof(devices[0]) };

/* --- the host ------------------------------------------------------------ */

/* Every option takes a value, as QEMU's do, because the plugin reads this
 * command line as QEMU's.  -name and -uuid are for the plugin alone. */
static const char *port = "0", *tls_port = "0", *x509_dir = ".", *sasl = "on",
    *address = "127.0.0.1", *name = "", *uuid = "";

static const struct {
	const char *option;
	const char **value;
} options[] = {
	{ "port", &port },
	{ "tls-port", &tls_port },
	{ "x509-dir", &x509_dir },
	{ "sasl", &sasl },
	{ "addr", &address },
	{ "name", &name },
	{ "uuid", &uuid },
};

static void
die(const char *what, const char *which)
{
	fprintf(stderr, "spice-host: %s: %s\n", what, which);
	exit(2);
}

static void
parse_option(const char *option, const char *value)
{
	const size_t count = sizeof(options) / sizeof(options[0]);

	for (size_t i = 0; i < count; i++)
		if (strcmp(option, options[i].option) == 0) {
			*options[i].value = value;
			return;
		}
	die("no such option", option);
}

static void
parse_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		if (argv[i][0] != '-' || i + 1 == argc)
			die("option and value expected", argv[i]);
		parse_option(argv[i] + (argv[i][1] == '-' ? 2 : 1),
		    argv[i + 1]);
	}
}

static int
port_number(const char *text)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < 0 ||
	    number > 65535)
		die("not a port", text);
	return (int)number;
}

static void
set_tls(SpiceServer *server)
{
	char *ca = g_build_filename(x509_dir, "ca-cert.pem", NULL);
	char *cert = g_build_filename(x509_dir, "server-cert.pem", NULL);
	char *key = g_build_filename(x509_dir, "server-key.pem", NULL);

	if (spice_server_set_tls(server, port_number(tls_port), ca, cert, key,
	    NULL, NULL, NULL) != 0)
		die("cannot use TLS port", tls_port);
	g_free(ca);
	g_free(cert);
	g_free(key);
}

static SpiceServer *
host_start(void)
{
	SpiceServer *server = spice_server_new();

	spice_server_set_addr(server, address, 0);
	if (port_number(port) != 0)
		spice_server_set_port(server, port_number(port));
	if (port_number(tls_port) != 0)
		set_tls(server);
	if (strcmp(sasl, "on") == 0) {
		if (spice_server_set_sasl_appname(server, "qemu") != 0 ||
		    spice_server_set_sasl(server, 1) != 0)
			die("SASL", "refused");
	} else {
		spice_server_set_noauth(server);
	}
	if (spice_server_init(server, &core) != 0)
		die("cannot start", "spice-server");
	for (size_t i = 0; i < DEVICE_COUNT; i++)
		if (spice_server_add_interface(server,
		    devices[i].instance) != 0)
			die("cannot add", devices[i].instance->sif->type);
	spice_server_vm_start(server);
	return server;
}

static void
host_stop(SpiceServer *server)
{
	spice_server_vm_stop(server);
	for (size_t i = DEVICE_COUNT; i-- > 0;)
		if (devices[i].removable)
			spice_server_remove_interface(devices[i].instance);
	spice_server_destroy(server);
}

static gboolean
on_signal(gpointer data)
{
	g_main_loop_quit(data);
	return G_SOURCE_CONTINUE;
}

int
main(int argc, char **argv)
{
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	SpiceServer *server;

	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	g_unix_signal_add(SIGTERM, on_signal, loop);
	g_unix_signal_add(SIGINT, on_signal, loop);
	server = host_start();
	puts("ready");
	fflush(stdout);
	g_main_loop_run(loop);
	host_stop(server);
	g_main_loop_unref(loop);
	return 0;
}
