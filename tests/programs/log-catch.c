/* SPDX-License-Identifier: BSD-2-Clause
 * SPDX-FileCopyrightText: 2026 The vmauthz authors */

/* log-catch SOCKET: a system log for tests.  Binds the datagram socket,
 * prints "ready", then every datagram as one line, until SIGTERM. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static volatile sig_atomic_t stopping;

static void
on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static int
bind_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0666) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
print_line(char *line, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (line[i] == '\n' || line[i] == '\0')
			line[i] = ' ';
	line[length] = '\n';
	fwrite(line, 1, length + 1, stdout);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_signal };
	char line[8193];
	ssize_t length;
	int fd;

	if (argc != 2 || (fd = bind_socket(argv[1])) < 0) {
		perror(argc == 2 ? argv[1] : "usage: log-catch SOCKET");
		return 2;
	}
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	puts("ready");
	fflush(stdout);
	while (stopping == 0) {
		length = recv(fd, line, sizeof(line) - 1, 0);
		if (length >= 0)
			print_line(line, (size_t)length);
		else if (errno != EINTR)
			break;
	}
	close(fd);
	unlink(argv[1]);
	return 0;
}
