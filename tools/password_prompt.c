/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

#include "tools/password_prompt.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

/* the longest password, its newline, and one octet that is too many */
enum { PASSWORD_LINE_SIZE = SCRAM_PASSWORD_MAX + 1 };

struct password_line {
	size_t used;
	char octets[PASSWORD_LINE_SIZE];
};

enum password_line_state {
	PASSWORD_LINE_DONE,
	PASSWORD_LINE_FAILED,	/* see errno */
	PASSWORD_LINE_SIGNAL,	/* a signal is pending */
};

/* Reads up to the end of the file, or of a terminal's line.  signals is the
 * signalfd(2) of the blocked signals; -1: fd is not a terminal.  getline(3)
 * would leave copies of the password in stdio's buffer. */
static enum password_line_state
password_line_read(struct password_line *line, int fd, int signals)
{
	struct pollfd fds[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	ssize_t got = -1;

	while (got != 0 && line->used < sizeof(line->octets) &&
	    (signals < 0 || memchr(line->octets, '\n', line->used) == NULL)) {
		got = poll(fds, 2, -1);
		if (got >= 0 && fds[0].revents != 0)
			return PASSWORD_LINE_SIGNAL;
		if (got >= 0)
			got = read(fd, line->octets + line->used,
			    sizeof(line->octets) - line->used);
		if (got < 0 && errno != EINTR)
			return PASSWORD_LINE_FAILED;
		line->used += got > 0 ? (size_t)got : 0;
	}
	return PASSWORD_LINE_DONE;
}

static const char *
password_line_fault(const struct password_line *line, size_t *length_r)
{
	const char *newline = memchr(line->octets, '\n', line->used);
	size_t length = newline != NULL ? (size_t)(newline - line->octets) :
	    line->used;

	*length_r = length;
	if (line->used == 0)
		return "there is no password";
	if (length == 0)
		return "the password is empty";
	if (length >= SCRAM_PASSWORD_MAX)
		return "the password is too long";
	if (newline != NULL && length + 1 != line->used)
		return "there is more than one line, where a password is one";
	if (memchr(line->octets, '\0', length) != NULL)
		return "there is a NUL in the password";
	return NULL;
}

static bool
password_line_consume(struct password_line *line,
    char password[SCRAM_PASSWORD_MAX])
{
	size_t length;
	const char *wrong = password_line_fault(line, &length);

	if (wrong != NULL) {
		warnx("%s", wrong);
	} else {
		memcpy(password, line->octets, length);
		password[length] = '\0';
	}
	explicit_bzero(line, sizeof(*line));
	return wrong == NULL;
}

static bool
password_from_input(char password[SCRAM_PASSWORD_MAX])
{
	struct password_line line = { .used = 0 };

	if (password_line_read(&line, STDIN_FILENO, -1) != PASSWORD_LINE_DONE) {
		warn("standard input");
		explicit_bzero(&line, sizeof(line));
		return false;
	}
	return password_line_consume(&line, password);
}

/* --- a terminal ---------------------------------------------------------- */

/* OpenSSL's EVP_read_pw_string_min(), which client/ uses, catches every signal
 * and forgets it.  The administrator who presses ^C in a loop over users, or
 * ^Z to look something up, and the script that ends the command with SIGTERM
 * need the signal to act.  OpenSSL also can't tell an empty line from the end
 * of the file. */
struct terminal {
	int fd;
	int signals;		/* signalfd(2) of the blocked signals */
	struct termios loud;	/* the settings before */
	sigset_t held, found;
};

/* The signals that end or stop a program from its terminal, or from afar. */
static const int held_signals[] = {
	SIGALRM, SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGTSTP,
};

static void
terminal_close(struct terminal *terminal)
{
	if (terminal->fd >= 0)
		close(terminal->fd);
	if (terminal->signals >= 0)
		close(terminal->signals);
}

static bool
terminal_open(struct terminal *terminal)
{
	const size_t count = sizeof(held_signals) / sizeof(held_signals[0]);

	sigemptyset(&terminal->held);
	for (size_t i = 0; i < count; i++)
		sigaddset(&terminal->held, held_signals[i]);
	terminal->signals = signalfd(-1, &terminal->held, SFD_CLOEXEC);
	terminal->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal->signals >= 0 && terminal->fd >= 0 &&
	    tcgetattr(terminal->fd, &terminal->loud) == 0)
		return true;
	warn("/dev/tty");
	terminal_close(terminal);
	return false;
}

/* Blocks the signals before the echo goes off, so that none can end the process
 * while the terminal is mute. */
static bool
terminal_mute(struct terminal *terminal)
{
	struct termios mute = terminal->loud;

	mute.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	mute.c_lflag |= ICANON | ISIG;
	sigprocmask(SIG_BLOCK, &terminal->held, &terminal->found);
	if (tcsetattr(terminal->fd, TCSAFLUSH, &mute) == 0)
		return true;
	warn("/dev/tty");
	sigprocmask(SIG_SETMASK, &terminal->found, NULL);
	return false;
}

/* A pending signal is delivered here, and may end the process. */
static void
terminal_unmute(struct terminal *terminal)
{
	tcsetattr(terminal->fd, TCSADRAIN, &terminal->loud);
	sigprocmask(SIG_SETMASK, &terminal->found, NULL);
}

static bool
terminal_write(const struct terminal *terminal, const char *text)
{
	size_t length = strlen(text);

	return write(terminal->fd, text, length) == (ssize_t)length;
}

/* Prompts again after a signal that did not end the process (^Z and fg): the
 * prompt has scrolled away, and the terminal has dropped the typed text. */
static bool
password_prompt(struct terminal *terminal, const char *prompt,
    char password[SCRAM_PASSWORD_MAX])
{
	struct password_line line = { .used = 0 };
	enum password_line_state state;

	while (terminal_write(terminal, prompt)) {
		state = password_line_read(&line, terminal->fd,
		    terminal->signals);
		terminal_write(terminal, "\n");
		if (state == PASSWORD_LINE_FAILED)
			break;
		if (state != PASSWORD_LINE_SIGNAL)
			return password_line_consume(&line, password);
		explicit_bzero(&line, sizeof(line));
		terminal_unmute(terminal);
		if (!terminal_mute(terminal))
			return false;
	}
	warn("/dev/tty");
	explicit_bzero(&line, sizeof(line));
	return false;
}

static bool
password_confirm(struct terminal *terminal, const char *password)
{
	char again[SCRAM_PASSWORD_MAX] = "";
	bool same = false;

	if (password_prompt(terminal, "The same once more: ", again)) {
		same = strcmp(password, again) == 0;
		if (!same)
			warnx("the two passwords differ");
	}
	explicit_bzero(again, sizeof(again));
	return same;
}

static bool
password_from_terminal(const char *prompt, bool confirm,
    char password[SCRAM_PASSWORD_MAX])
{
	struct terminal terminal;
	bool got = false;

	if (!terminal_open(&terminal))
		return false;
	if (terminal_mute(&terminal)) {
		got = password_prompt(&terminal, prompt, password) &&
		    (!confirm || password_confirm(&terminal, password));
		terminal_unmute(&terminal);
	}
	terminal_close(&terminal);
	return got;
}

bool
password_read(const char *prompt, bool confirm,
    char password[SCRAM_PASSWORD_MAX])
{
	const struct rlimit no_core = { 0, 0 };
	bool got;

	setrlimit(RLIMIT_CORE, &no_core);
	memset(password, 0, SCRAM_PASSWORD_MAX);
	got = isatty(STDIN_FILENO) ?
	    password_from_terminal(prompt, confirm, password) :
	    password_from_input(password);
	if (!got)
		explicit_bzero(password, SCRAM_PASSWORD_MAX);
	return got;
}
