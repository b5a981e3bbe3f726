/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm/machine_find.h"
#include "vm/machine_source.h"
#include "tests/unit/unit.h"

#define UUID "08f3a0c9-5d1b-4f0e-9a53-2f6f1c1d7e10"
#define OTHER_UUID "11111111-2222-3333-4444-555555555555"
#define STATUS(pid, name, uuid) "<domstatus state='running' pid='" pid "'>" \
	"<domain type='kvm' id='7'><name>" name "</name><uuid>" uuid \
	"</uuid></domain></domstatus>"
#define SCOPE(name) "/machine.slice/machine-qemu\\x2d7\\x2d" name ".scope"
#define X10 "xxxxxxxxxx"
#define X50 X10 X10 X10 X10 X10
#define X255 X50 X50 X50 X50 X50 "xxxxx"

static char folder[] = "/tmp/vmauthz-machine-XXXXXX";
static char libvirt[PATH_MAX - 64], proc[PATH_MAX - 64];
static struct machine_sources sources;
static struct peer self;	/* this process */
static int status_asked;	/* calls of open_status() */

/* --- folders ------------------------------------------------------------- */

static void
write_file(const char *parent, const char *name, const char *text, size_t size)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%.300s", parent, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0644), 0);
}

/* Text with this process's number for each '%'. */
static void
write_text(const char *parent, const char *name, const char *text)
{
	char out[4096], *at = out;

	for (; *text != '\0'; text++) {
		assert_true(at < out + sizeof(out) - 32);
		if (*text == '%')
			at += sprintf(at, "%ld", (long)self.pid);
		else
			*at++ = *text;
	}
	write_file(parent, name, out, (size_t)(at - out));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
open_status(void *context, const char *name)
{
	char path[PATH_MAX];

	assert_ptr_equal(context, &sources);
	status_asked++;
	snprintf(path, sizeof(path), "%s/%s.xml", libvirt, name);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* Empty folders, and all sources but the command line. */
static int
set_up(void **state)
{
	char path[PATH_MAX];

	(void)state;
	strcpy(strrchr(folder, '-'), "-XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(libvirt, sizeof(libvirt), "%s/libvirt", folder);
	snprintf(proc, sizeof(proc), "%s/proc", folder);
	self = (struct peer){
		.pid = getpid(),
		.pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0),
	};
	snprintf(path, sizeof(path), "%s/%ld", proc, (long)self.pid);
	if (self.pidfd < 0 || mkdir(libvirt, 0755) != 0 ||
	    mkdir(proc, 0755) != 0 || mkdir(path, 0755) != 0)
		return -1;
	sources = (struct machine_sources){
		.libvirt = true, .cgroup = true, .libvirt_folder = libvirt,
		.proc = proc, .owner = geteuid(), .open_status = open_status,
		.context = &sources,
	};
	status_asked = 0;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	peer_close(&self);
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* "libvirt debianx UUID", "unknown  " */
static const char *
found(const struct peer *peer)
{
	static char text[512];
	struct machine machine;

	memset(&machine, 'x', sizeof(machine));
	machine_find(&machine, peer, &sources);
	snprintf(text, sizeof(text), "%s %s %s",
	    machine_source_name(machine.source), machine.name, machine.uuid);
	return text;
}

#define UNKNOWN "unknown  "

/* --- libvirt's files ----------------------------------------------------- */

static const struct {
	const char *title;
	const char *pid_file;	/* its name */
	const char *pid;
	const char *status_file, *status;	/* or NULL */
	const char *found;
} files[] = {
	{ "bare", "debianx.pid", "%", "debianx.xml",
	  STATUS("%", "debianx", UUID), "libvirt debianx " UUID },
	{ "line feed", "debianx.pid", "%\n", "debianx.xml",
	  STATUS("%", "debianx", UUID), "libvirt debianx " UUID },
	{ "odd name", "a b&\xc3\xa4;..'\"$(x)<.pid.pid", "%",
	  "a b&\xc3\xa4;..'\"$(x)<.pid.xml",
	  STATUS("%", "a b&amp;\xc3\xa4;..'\"$(x)&lt;.pid", UUID),
	  "libvirt a b&\xc3\xa4;..'\"$(x)<.pid " UUID },
	/* not about it: the next source, which has nothing */
	{ "another's", "debianx.pid", "1\n", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "two line feeds", "debianx.pid", "%\n\n", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "carriage return", "debianx.pid", "%\r\n", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "leading zero", "debianx.pid", "0%", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "leading blank", "debianx.pid", " %", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "plus", "debianx.pid", "+%", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "more digits", "debianx.pid", "%1", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "two numbers", "debianx.pid", "%\n%\n", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "empty", "debianx.pid", "", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "long", "debianx.pid", "%" X50, "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "other ending", "debianx.pidx", "%", "debianx.xml",
	  STATUS("%", "debianx", UUID), UNKNOWN },
	{ "no name", ".pid", "%", ".xml", STATUS("%", "", UUID), UNKNOWN },
	{ "control character", "a\nb.pid", "%", "a\nb.xml",
	  STATUS("%", "a\nb", UUID), UNKNOWN },
	/* contradictions */
	{ "no status", "debianx.pid", "%", NULL, NULL, UNKNOWN },
	{ "empty status", "debianx.pid", "%", "debianx.xml", "", UNKNOWN },
	{ "status of another", "debianx.pid", "%", "debianx.xml",
	  STATUS("%", "kali", UUID), UNKNOWN },
	{ "status of another process", "debianx.pid", "%", "debianx.xml",
	  STATUS("1", "debianx", UUID), UNKNOWN },
};

static void
test_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		TITLE(files[i].title);
		if (i != 0) {
			tear_down(NULL);
			set_up(NULL);
		}
		sources.cgroup = i % 2 != 0;	/* makes no difference */
		write_text(libvirt, files[i].pid_file, files[i].pid);
		if (files[i].status != NULL)
			write_text(libvirt, files[i].status_file,
			    files[i].status);
		assert_string_equal(found(&self), files[i].found);
		assert_true(status_asked <= 1);
	}
}

/* What would be found but for what a test does next. */
static void
put_debianx(void)
{
	write_text(libvirt, "debianx.pid", "%\n");
	write_text(libvirt, "debianx.xml", STATUS("%", "debianx", UUID));
	sources.cgroup = false;
	assert_string_equal(found(&self), "libvirt debianx " UUID);
}

/* The path of a file in libvirt's folder. */
static const char *
in_libvirt(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", libvirt, name);
	return path;
}

/* A number and a NUL is no number. */
static void
test_zero_octet(void **state)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%ld", (long)getpid());

	(void)state;
	put_debianx();
	strcpy(text + length + 1, "junk");
	write_file(libvirt, "debianx.pid", text, (size_t)length + 5);
	assert_string_equal(found(&self), UNKNOWN);
	write_file(libvirt, "debianx.pid", text, (size_t)length + 1);
	assert_string_equal(found(&self), UNKNOWN);
	write_file(libvirt, "debianx.pid", text, (size_t)length);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
}

static void
test_two_files(void **state)
{
	(void)state;
	put_debianx();
	write_text(libvirt, "kali.pid", "1\n");
	assert_string_equal(found(&self), "libvirt debianx " UUID);
	write_text(libvirt, "kali.pid", "%");
	status_asked = 0;
	assert_string_equal(found(&self), UNKNOWN);
	assert_int_equal(status_asked, 0);
}

static void
test_not_a_file(void **state)
{
	char target[PATH_MAX], octets[64];
	int fifo;

	(void)state;
	put_debianx();
	snprintf(target, sizeof(target), "%s/there", folder);
	assert_int_equal(rename(in_libvirt("debianx.pid"), target), 0);
	assert_int_equal(symlink(target, in_libvirt("debianx.pid")), 0);
	assert_string_equal(found(&self), UNKNOWN);
	assert_int_equal(unlink(in_libvirt("debianx.pid")), 0);
	assert_int_equal(mkfifo(in_libvirt("debianx.pid"), 0600), 0);
	alarm(10);	/* should it wait for who writes */
	assert_string_equal(found(&self), UNKNOWN);
	fifo = open(in_libvirt("debianx.pid"), O_RDWR | O_NONBLOCK);
	assert_true(dprintf(fifo, "%ld\n", (long)self.pid) > 0);
	assert_string_equal(found(&self), UNKNOWN);
	/* it wasn't even read */
	assert_true(read(fifo, octets, sizeof(octets)) > 0);
	close(fifo);
	alarm(0);
	assert_int_equal(unlink(in_libvirt("debianx.pid")), 0);
	assert_int_equal(mkdir(in_libvirt("debianx.pid"), 0700), 0);
	assert_string_equal(found(&self), UNKNOWN);
	assert_int_equal(rmdir(in_libvirt("debianx.pid")), 0);
	assert_int_equal(rename(target, in_libvirt("debianx.pid")), 0);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
}

static void
test_modes(void **state)
{
	static const struct {
		mode_t file, folder;
		bool good;
	} rows[] = {
		{ 0600, 0700, true }, { 0644, 0755, true },
		{ 0664, 0755, false }, { 0646, 0755, false },
		{ 0644, 0775, false }, { 0644, 0757, false },
		{ 0644, 01777, false },
	};

	(void)state;
	put_debianx();
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(chmod(in_libvirt("debianx.pid"),
		    rows[i].file), 0);
		assert_int_equal(chmod(libvirt, rows[i].folder), 0);
		assert_string_equal(found(&self), rows[i].good ?
		    "libvirt debianx " UUID : UNKNOWN);
	}
}

static void
test_owner(void **state)
{
	(void)state;
	put_debianx();
	sources.owner = geteuid() + 1;
	assert_string_equal(found(&self), UNKNOWN);
	if (geteuid() != 0)
		skip();
	assert_int_equal(chown(in_libvirt("debianx.pid"), 1, 0), 0);
	assert_string_equal(found(&self), UNKNOWN);	/* the folder */
	assert_int_equal(chown(libvirt, 1, 0), 0);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
	sources.owner = 0;
	assert_string_equal(found(&self), UNKNOWN);
	assert_int_equal(chown(libvirt, 0, 0), 0);
	assert_string_equal(found(&self), UNKNOWN);	/* the file */
	assert_int_equal(chown(in_libvirt("debianx.pid"), 0, 0), 0);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
}

static void
test_folder(void **state)
{
	char other[PATH_MAX];

	(void)state;
	put_debianx();
	snprintf(other, sizeof(other), "%s/link", folder);
	assert_int_equal(symlink(libvirt, other), 0);
	sources.libvirt_folder = other;
	assert_string_equal(found(&self), UNKNOWN);
	sources.libvirt_folder = in_libvirt("debianx.pid");
	assert_string_equal(found(&self), UNKNOWN);
	sources.libvirt_folder = "/nonexistent";
	assert_string_equal(found(&self), UNKNOWN);
}

/* A file that is there since before the process began. */
static void
test_older(void **state)
{
	struct timespec up, times[2];

	(void)state;
	put_debianx();
	clock_gettime(CLOCK_BOOTTIME, &up);
	self.start = (uint64_t)up.tv_sec * (uint64_t)sysconf(_SC_CLK_TCK);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= 10;
	times[1] = times[0];
	assert_int_equal(utimensat(AT_FDCWD, in_libvirt("debianx.pid"), times,
	    0), 0);
	assert_string_equal(found(&self), UNKNOWN);
	self.start -= 20 * (uint64_t)sysconf(_SC_CLK_TCK);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
}

/* --- the status file's text ---------------------------------------------- */

static const struct {
	const char *title;
	const char *xml;
	bool good;
} statuses[] = {
	{ "as it should be", STATUS("7", "debianx", UUID), true },
	{ "with a declaration", "<?xml version='1.0'?>\n<!-- x -->\n"
	  STATUS("7", "debianx", UUID), true },
	{ "more in it", "<domstatus a='b' pid='7'><x><name>kali</name></x>"
	  "<domain><y/><name>debianx</name>text<uuid>" UUID "</uuid>"
	  "<devices><name>kali</name></devices></domain><z/></domstatus>",
	  true },
	{ "written otherwise", STATUS("&#55;", "<![CDATA[debian]]>&#120;",
	  UUID), true },
	{ "process 8", STATUS("8", "debianx", UUID), false },
	{ "process 07", STATUS("07", "debianx", UUID), false },
	{ "process with a blank", STATUS(" 7", "debianx", UUID), false },
	{ "no process", "<domstatus><domain><name>debianx</name><uuid>" UUID
	  "</uuid></domain></domstatus>", false },
	{ "process elsewhere", "<domstatus><domain pid='7'><name>debianx"
	  "</name><uuid>" UUID "</uuid></domain></domstatus>", false },
	{ "process in a namespace", "<domstatus xmlns:a='b' a:pid='7'><domain>"
	  "<name>debianx</name><uuid>" UUID "</uuid></domain></domstatus>",
	  false },
	{ "another name", STATUS("7", "kali", UUID), false },
	{ "name in upper case", STATUS("7", "Debianx", UUID), false },
	{ "name that goes on", STATUS("7", "debianx2", UUID), false },
	{ "name with a blank", STATUS("7", "debianx ", UUID), false },
	{ "no name in it", STATUS("7", "", UUID), false },
	{ "no name", "<domstatus pid='7'><domain><uuid>" UUID
	  "</uuid></domain></domstatus>", false },
	{ "name outside", "<domstatus pid='7'><name>debianx</name><domain>"
	  "<uuid>" UUID "</uuid></domain></domstatus>", false },
	{ "no uuid", "<domstatus pid='7'><domain><name>debianx</name>"
	  "</domain></domstatus>", false },
	{ "empty uuid", STATUS("7", "debianx", ""), false },
	{ "short uuid", STATUS("7", "debianx",
	  "08f3a0c9-5d1b-4f0e-9a53-2f6f1c1d7e1"), false },
	{ "long uuid", STATUS("7", "debianx", UUID "0"), false },
	{ "uuid in upper case", STATUS("7", "debianx",
	  "08F3A0C9-5D1B-4F0E-9A53-2F6F1C1D7E10"), false },
	{ "uuid without dashes", STATUS("7", "debianx",
	  "08f3a0c905d1b04f0e09a5302f6f1c1d7e10"), false },
	{ "dash for a digit", STATUS("7", "debianx",
	  "-8f3a0c9-5d1b-4f0e-9a53-2f6f1c1d7e10"), false },
	{ "another root", "<domain pid='7'><domain><name>debianx</name><uuid>"
	  UUID "</uuid></domain></domain>", false },
	{ "no domain", "<domstatus pid='7'><name>debianx</name><uuid>" UUID
	  "</uuid></domstatus>", false },
	{ "empty", "", false },
	{ "no XML", "debianx", false },
	{ "cut short", "<domstatus pid='7'><domain><name>debianx</name><uuid>"
	  UUID "</uuid></domain>", false },
	{ "junk behind it", STATUS("7", "debianx", UUID) "x", false },
	{ "two of them", STATUS("7", "debianx", UUID)
	  STATUS("7", "debianx", UUID), false },
	{ "process twice", STATUS("7' pid='7", "debianx", UUID), false },
	{ "bad UTF-8", STATUS("7", "debianx", UUID "</uuid><x>\xff</x><uuid>"),
	  false },
	{ "no such entity", STATUS("7", "&debianx;", UUID), false },
	{ "document type", "<!DOCTYPE domstatus>"
	  STATUS("7", "debianx", UUID), false },
	{ "document type of a file", "<!DOCTYPE domstatus SYSTEM '/dev/null'>"
	  STATUS("7", "debianx", UUID), false },
	{ "document type from elsewhere", "<!DOCTYPE domstatus PUBLIC 'x' "
	  "'http://127.0.0.1:9/'>" STATUS("7", "debianx", UUID), false },
	{ "own entity", "<!DOCTYPE x [<!ENTITY a 'debianx'>]>"
	  STATUS("7", "&a;", UUID), false },
	{ "entity that isn't used", "<!DOCTYPE x [<!ENTITY a 'debianx'>]>"
	  STATUS("7", "debianx", UUID), false },
	{ "entity of a file", "<!DOCTYPE x [<!ENTITY a SYSTEM "
	  "'file:///etc/hostname'>]>" STATUS("7", "&a;", UUID), false },
	{ "billion laughs", "<!DOCTYPE x [<!ENTITY a 'lol'>"
	  "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
	  "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
	  "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
	  "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
	  "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>"
	  "<!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;'>"
	  "<!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;&g;'>"
	  "]>" STATUS("7", "&h;", UUID), false },
};

static void
test_statuses(void **state)
{
	char uuid[UUID_LENGTH + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(statuses); i++) {
		size_t size = strlen(statuses[i].xml);
		char *xml = malloc(size + 1);	/* reading on shows */

		TITLE(statuses[i].title);
		assert_non_null(xml);
		memcpy(xml, statuses[i].xml, size);
		memset(uuid, 'x', sizeof(uuid));
		assert_int_equal(machine_parse_status(xml, size, "debianx", 7,
		    uuid), statuses[i].good);
		assert_string_equal(uuid, statuses[i].good ? UUID : "");
		free(xml);
	}
}

static double
cpu_seconds(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

/* Elements that a document type gives a thousand attributes each: what libxml2
 * makes of them doesn't count as an entity's. */
static void
test_attributes(void **state)
{
	enum { ATTRIBUTES = 1000, ELEMENTS = 4000 };
	char *xml = malloc((ATTRIBUTES + ELEMENTS) * 32 + 4096), *at = xml;
	char uuid[UUID_LENGTH + 1];
	double before = cpu_seconds();

	(void)state;
	assert_non_null(xml);
	at += sprintf(at, "<!DOCTYPE domstatus [<!ATTLIST a");
	for (int i = 0; i < ATTRIBUTES; i++)
		at += sprintf(at, " a%d CDATA ''", i);
	at += sprintf(at, ">]><domstatus pid='7'>");
	for (int i = 0; i < ELEMENTS; i++)
		at += sprintf(at, "<a/>");
	at += sprintf(at, "<domain><name>debianx</name><uuid>" UUID
	    "</uuid></domain></domstatus>");
	assert_false(machine_parse_status(xml, (size_t)(at - xml), "debianx",
	    7, uuid));
	assert_true(cpu_seconds() - before < 0.25);
	free(xml);
}

/* Padding is fine up to 4 MiB, nesting isn't without end. */
static void
test_size(void **state)
{
	enum { MOST = 4 * 1024 * 1024, DEPTH = 100000 };
	static const char text[] = STATUS("7", "debianx", UUID);
	char *xml = malloc(MOST + 1), uuid[UUID_LENGTH + 1];

	(void)state;
	assert_non_null(xml);
	memset(xml, ' ', MOST + 1);
	memcpy(xml, text, strlen(text));
	assert_true(machine_parse_status(xml, MOST, "debianx", 7, uuid));
	assert_false(machine_parse_status(xml, MOST + 1, "debianx", 7, uuid));
	assert_string_equal(uuid, "");
	for (int i = 0; i < DEPTH; i++) {
		memcpy(xml + 3 * i, "<a>", 3);
		memcpy(xml + 3 * DEPTH + 4 * i, "</a>", 4);
	}
	assert_false(machine_parse_status(xml, 7 * DEPTH, "debianx", 7, uuid));
	free(xml);
}

/* --- control groups ------------------------------------------------------ */

static const struct {
	const char *text;
	enum machine_result result;
	const char *name;
} cgroups[] = {
	{ "0::" SCOPE("debianx") "\n", MACHINE_FOUND, "debianx" },
	{ "0::" SCOPE("debianx"), MACHINE_FOUND, "debianx" },
	{ "0::" SCOPE("debianx") "/libvirt/emulator\n", MACHINE_FOUND,
	  "debianx" },
	{ "0::" SCOPE("debian\\x2dx") "/", MACHINE_FOUND, "debian-x" },
	{ "0::" SCOPE("7") "\n", MACHINE_FOUND, "7" },
	{ "0::" SCOPE("-x\\x2d") "\n", MACHINE_FOUND, "-x-" },
	{ "0::/machine.slice/machine-qemu-7-debianx.scope\n", MACHINE_FOUND,
	  "debianx" },
	{ "0::" SCOPE("a.scope") "\n", MACHINE_FOUND, "a.scope" },
	{ "0::" SCOPE("\\x41\\xc3\\xa4") "\n", MACHINE_FOUND, "A\xc3\xa4" },
	{ "12:cpu,cpuacct:" SCOPE("kali") "\n1:name=systemd:"
	  SCOPE("debianx") "\n", MACHINE_FOUND, "debianx" },
	{ "1:name=systemd:" SCOPE("debianx") "\n0::/\n", MACHINE_FOUND,
	  "debianx" },
	{ "1:name=systemd:" SCOPE("debianx") "\n0::" SCOPE("debianx")
	  "/libvirt\n", MACHINE_FOUND, "debianx" },
	/* silent */
	{ "", MACHINE_NONE, "" },
	{ "\n\n", MACHINE_NONE, "" },
	{ "0::/\n", MACHINE_NONE, "" },
	{ "0::\n", MACHINE_NONE, "" },
	{ "0::/machine.slice/\n", MACHINE_NONE, "" },
	{ "0::/machine.slice/.scope\n", MACHINE_NONE, "" },
	{ "0::/system.slice/vmauthzd.service\n", MACHINE_NONE, "" },
	{ "0::/user.slice/user-1000.slice/user@1000.service" SCOPE("debianx")
	  "\n", MACHINE_NONE, "" },
	{ "0::/user.slice" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ "0::/.." SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ "0::/x/machine.slice/machine-qemu-7-debianx.scope\n",
	  MACHINE_NONE, "" },
	{ "0::machine.slice/machine-qemu-7-debianx.scope\n", MACHINE_NONE,
	  "" },
	{ "0::/machine.slice/x/machine-qemu-7-debianx.scope\n",
	  MACHINE_NONE, "" },
	{ "0::/machine.slice/x.scope/machine-qemu-7-debianx.scope\n",
	  MACHINE_NONE, "" },
	{ "0::/machine.slicex/machine-qemu-7-debianx.scope\n",
	  MACHINE_NONE, "" },
	{ "0::/machine.slice//machine-qemu-7-debianx.scope\n",
	  MACHINE_NONE, "" },
	{ "0::/machine.slice/machine-qemu-7-debianx.slice\n", MACHINE_NONE,
	  "" },
	{ "0::/machine.slice/machine-qemu-7-debianx\n", MACHINE_NONE, "" },
	{ "0::/machine.slice/machine-qemu-7-debianx.scope\\x2d\n",
	  MACHINE_NONE, "" },
	{ "0::/machine.slice/machine-qemu-7-debianx\\x2escope\n",
	  MACHINE_NONE, "" },
	{ "0::/machine.slice/machine-lxc-7-debianx.scope\n", MACHINE_NONE,
	  "" },
	{ "0::/machine.slice/machine-qemu--debianx.scope\n", MACHINE_NONE,
	  "" },
	{ "0::/machine.slice/machine-qemu-debianx.scope\n", MACHINE_NONE,
	  "" },
	{ "0::/machine.slice/machine-qemu-7.scope\n", MACHINE_NONE, "" },
	{ "0::/machine.slice/machine-qemu-7x-debianx.scope\n",
	  MACHINE_NONE, "" },
	{ "0::" SCOPE("") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\x2fb") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\x00b") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\x0ab") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\x7fb") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\x2") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\x2Db") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\b") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE("a\\") "\n", MACHINE_NONE, "" },
	{ "0::/machine.slice/machine-qemu\\x2d7\\x2", MACHINE_NONE, "" },
	{ "0:" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ "1::" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ " 0::" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ ":name=systemd:" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ "1:name=system:" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ "1:cpu,name=systemd:" SCOPE("debianx") "\n", MACHINE_NONE, "" },
	{ "1:pids:" SCOPE("debianx") "\n0::/\n", MACHINE_NONE, "" },
	/* "qemu-7-" and 56 octets are 63, one more is what libvirt cuts */
	{ "0::" SCOPE(X50 "123456") "\n", MACHINE_FOUND, X50 "123456" },
	{ "0::" SCOPE(X50 "1234567") "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE(X50 "\\x31\\x32\\x33456") "\n", MACHINE_FOUND,
	  X50 "123456" },
	{ "0::" SCOPE(X255) "\n", MACHINE_NONE, "" },
	{ "0::" SCOPE(X255 X255) "\n", MACHINE_NONE, "" },
	/* contradictions */
	{ "0::" SCOPE("debianx") "\n1:name=systemd:" SCOPE("kali") "\n",
	  MACHINE_CONFLICT, NULL },
	{ "1:name=systemd:" SCOPE("a") "\n2:name=systemd:" SCOPE("a")
	  "\n0::" SCOPE("b"), MACHINE_CONFLICT, NULL },
};

static void
test_cgroups(void **state)
{
	char name[REQUEST_VM_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(cgroups); i++) {
		TITLE(cgroups[i].text);
		memset(name, 'x', sizeof(name));
		assert_int_equal(machine_parse_cgroup(cgroups[i].text, name),
		    cgroups[i].result);
		if (cgroups[i].name != NULL)
			assert_string_equal(name, cgroups[i].name);
	}
}

static const char *
in_proc(const char *name)
{
	static char path[64];

	snprintf(path, sizeof(path), "%ld/%s", (long)self.pid, name);
	return path;
}

/* A cgroup file of more than 64 KiB isn't read in part. */
static void
test_cgroup_file(void **state)
{
	static char text[65536 + 1];
	static const char line[] = "0::" SCOPE("debianx") "\n";

	(void)state;
	assert_string_equal(found(&self), UNKNOWN);
	write_text(proc, in_proc("cgroup"), "");
	assert_string_equal(found(&self), UNKNOWN);
	memset(text, '\n', sizeof(text));
	memcpy(text, line, strlen(line));
	write_file(proc, in_proc("cgroup"), text, sizeof(text) - 1);
	assert_string_equal(found(&self), "cgroup debianx ");
	write_file(proc, in_proc("cgroup"), text, sizeof(text));
	assert_string_equal(found(&self), UNKNOWN);
}

/* --- one after the other ------------------------------------------------- */

static const char cmdline[] = "qemu\0-name\0guest=cmd\0-uuid\0" OTHER_UUID;

static const struct {
	const char *wanted;	/* l, c, p: the sources that are asked */
	const char *pid, *status, *cgroup;
	const char *found;
} orders[] = {
	{ "lcp", "%", STATUS("%", "lib", UUID), "0::" SCOPE("cg"),
	  "libvirt lib " UUID },
	{ "cp", "%", STATUS("%", "lib", UUID), "0::" SCOPE("cg"),
	  "cgroup cg " },
	{ "p", "%", STATUS("%", "lib", UUID), "0::" SCOPE("cg"),
	  "command-line cmd " OTHER_UUID },
	{ "", "%", STATUS("%", "lib", UUID), "0::" SCOPE("cg"), UNKNOWN },
	{ "lp", "%", STATUS("%", "lib", UUID), "0::" SCOPE("cg"),
	  "libvirt lib " UUID },
	/* silence is left to the next */
	{ "lcp", "1", STATUS("1", "lib", UUID), "0::" SCOPE("cg"),
	  "cgroup cg " },
	{ "lcp", "1", STATUS("1", "lib", UUID), "0::/",
	  "command-line cmd " OTHER_UUID },
	{ "lp", "1", STATUS("1", "lib", UUID), "0::" SCOPE("cg"),
	  "command-line cmd " OTHER_UUID },
	{ "lc", "1", STATUS("1", "lib", UUID), "0::/", UNKNOWN },
	{ "l", "1", STATUS("1", "lib", UUID), "0::" SCOPE("cg"), UNKNOWN },
	{ "c", "%", STATUS("%", "lib", UUID), "0::/", UNKNOWN },
	/* a contradiction isn't */
	{ "lcp", "%", STATUS("%", "other", UUID), "0::" SCOPE("cg"), UNKNOWN },
	{ "lcp", "%", STATUS("1", "lib", UUID), "0::" SCOPE("lib"), UNKNOWN },
	{ "lcp", "%", "", "0::" SCOPE("lib"), UNKNOWN },
	{ "lcp", "1", STATUS("1", "lib", UUID), "0::" SCOPE("cg")
	  "\n1:name=systemd:" SCOPE("gc"), UNKNOWN },
};

static void
test_orders(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(orders); i++) {
		TITLE(orders[i].wanted);
		sources.libvirt = strchr(orders[i].wanted, 'l') != NULL;
		sources.cgroup = strchr(orders[i].wanted, 'c') != NULL;
		sources.command_line = strchr(orders[i].wanted, 'p') != NULL;
		write_text(libvirt, "lib.pid", orders[i].pid);
		write_text(libvirt, "lib.xml", orders[i].status);
		write_text(proc, in_proc("cgroup"), orders[i].cgroup);
		write_file(proc, in_proc("cmdline"), cmdline, sizeof(cmdline));
		assert_string_equal(found(&self), orders[i].found);
	}
}

/* A command line may name a uuid without a name, or what can't be one. */
static void
test_command_line(void **state)
{
	static const char nameless[] = "qemu\0-uuid\0" UUID;
	static const char slash[] = "qemu\0-name\0a/b";
	static const char control[] = "qemu\0-name\0a\nb";
	static const char wrong[] = "qemu\0-name\0a\0-uuid\0x";
	static const char bare[] = "qemu\0-name\0a";
	static const struct {
		const char *text;
		size_t size;
		const char *found;
	} rows[] = {
		{ bare, sizeof(bare), "command-line a " },
		{ nameless, sizeof(nameless), UNKNOWN },
		{ slash, sizeof(slash), UNKNOWN },
		{ control, sizeof(control), UNKNOWN },
		{ wrong, sizeof(wrong), UNKNOWN },
		{ "", 0, UNKNOWN },
	};

	(void)state;
	sources.command_line = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		write_file(proc, in_proc("cmdline"), rows[i].text,
		    rows[i].size);
		assert_string_equal(found(&self), rows[i].found);
	}
}

/* All that is written about a process that is gone may be about another. */
static void
test_gone(void **state)
{
	struct peer none = self, gone = self;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_true(child > 0);
	gone.pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	assert_true(gone.pidfd >= 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	none.pidfd = -1;
	put_debianx();
	assert_string_equal(found(&gone), UNKNOWN);
	assert_string_equal(found(&none), UNKNOWN);
	assert_string_equal(found(&self), "libvirt debianx " UUID);
	peer_close(&gone);
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "debianx", true }, { "a b", true }, { ".", true },
		{ "\xc3\xa4", true }, { X255, true }, { X255 "x", false },
		{ "", false }, { "a/b", false }, { "/", false },
		{ "a\nb", false }, { "\x1f", false }, { "\x7f", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		TITLE(rows[i].name);
		assert_int_equal(machine_name_valid(rows[i].name),
		    rows[i].valid);
	}
	assert_string_equal(machine_source_name(MACHINE_SOURCE_COUNT),
	    "unknown");
	assert_string_equal(machine_source_name(MACHINE_COMMAND_LINE),
	    "command-line");
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_zero_octet),
		TEST(test_two_files),
		TEST(test_not_a_file),
		TEST(test_modes),
		TEST(test_owner),
		TEST(test_folder),
		TEST(test_older),
		cmocka_unit_test(test_statuses),
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_cgroups),
		TEST(test_cgroup_file),
		TEST(test_orders),
		TEST(test_command_line),
		TEST(test_gone),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("machine", tests, NULL, NULL);
}
