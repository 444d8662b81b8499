/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_source.c - tries one source after the other, and what they have in common.
 */
#include "exits_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"

int exits_source_fail(struct baton_diag *diag, int error, const char *where, const char *format, ...)
{
	va_list args;

	snprintf(diag->where, sizeof(diag->where), "%s", where);
	va_start(args, format);
	vsnprintf(diag->message, sizeof(diag->message), format, args);
	va_end(args);
	return error;
}

/* A file of the kernel's says nothing of its size. */
int exits_source_slurp(const char *path, size_t most, char **text, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = 0;
	size_t room = 1 << 16, used = 0;
	struct stat info;
	ssize_t got = 1;
	char *to;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &info))
		error = -errno;
	else if (S_ISDIR(info.st_mode))
		error = -EISDIR;
	else if (!S_ISREG(info.st_mode))
		error = -ENOTSUP; /* a pipe would have to be waited for, and can be read once */
	to = heap_zeroed(room, 1);
	while (!error && got && used <= most) {
		got = read(fd, to + used, room - used);
		if (got < 0 && errno != EINTR)
			error = -errno;
		used += got > 0 ? (size_t)got : 0;
		if (used == room) {
			char *more = heap_zeroed(2 * room, 1);

			for (size_t i = 0; i < used; i++)
				more[i] = to[i];
			free(to);
			to = more;
			room *= 2;
		}
	}
	if (!error && used > most)
		error = -EFBIG;
	close(fd);
	if (error) {
		free(to);
		return error;
	}
	*text = to;
	*size = used;
	return 0;
}

#define FIRST_PIDS 0xEFFFFFFC /* the kernel's number of the first PID namespace */

/* In another namespace or on another machine, those numbers are other processes. */
char *exits_source_proc(const struct exits_places *places)
{
	char *path = heap_print("%s/proc/self/ns/pid", places->root);
	struct stat info;
	bool other = places->copy || (!stat(path, &info) && info.st_ino != FIRST_PIDS);

	free(path);
	return other ? NULL : heap_print("%s/proc", places->root);
}

int exits_source_open(struct exits_source *source, const struct exits_places *places,
		      struct baton_diag diags[EXITS_SOURCES])
{
	static const struct exits_source_ops *const all[EXITS_SOURCES] = { &exits_module, &exits_trace };
	int error = 0;

	*source = (struct exits_source){ 0 };
	for (int i = 0; i < EXITS_SOURCES; i++)
		diags[i] = (struct baton_diag){ .where = "" };
	for (int i = 0; i < EXITS_SOURCES; i++) {
		source->ops = all[i];
		error = source->ops->open(places, &diags[i], &source->state);
		if (!error || places->copy)
			break;
	}
	if (error)
		return error;
	source->proc = exits_source_proc(places);
	return 0;
}

int exits_source_read(struct exits_source *source, struct exits *exits, struct baton_diag *diag)
{
	int error = source->ops->read(source->state, exits, diag);
	struct timespec now;

	if (error)
		return error;
	clock_gettime(CLOCK_REALTIME, &now);
	exits->unix_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (source->proc && !source->ops->names)
		exits_name_processes(exits, source->proc);
	exits_sort(exits);
	return 0;
}

int exits_source_close(struct exits_source *source, struct baton_diag *diag)
{
	int error = source->ops->close(source->state, diag);

	free(source->proc);
	*source = (struct exits_source){ 0 };
	return error;
}
