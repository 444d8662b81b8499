/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_module.c - the source that counts all the time: the kernel module baton_exits,
 * whose file is read; or a copy of that file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "baton/exitstats.h"
#include "exits_source.h"
#include "exits_text.h"
#include "heap.h"

static int complain(const char *path, int error, struct baton_diag *diag)
{
	switch (error) {
	case -ENOENT:
		return exits_source_fail(diag, error, path, "there is no such file");
	case -EACCES:
	case -EPERM:
		return exits_source_fail(diag, -EACCES, path, "only root may read it");
	case -ENOTSUP:
		return exits_source_fail(diag, error, path, "is a pipe or a device; expected a copy of "
					 "%s", BATON_EXITSTATS_FILE);
	case -EFBIG:
		return exits_source_fail(diag, error, path, "is too large; expected at most %d MiB",
					 EXITS_TEXT_MOST >> 20);
	default:
		return exits_source_fail(diag, error, path, "cannot be read: %s", strerror(-error));
	}
}

static int module_open(const struct exits_places *places, struct baton_diag *diag, void **state)
{
	char *path = places->copy ? heap_copy(places->copy) :
				    heap_print("%s%s", places->root, BATON_EXITSTATS_FILE);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), error = 0;

	if (fd < 0) {
		error = complain(path, -errno, diag);
		free(path);
		return error;
	}
	close(fd);
	*state = path;
	return 0;
}

static int module_read(void *state, struct exits *exits, struct baton_diag *diag)
{
	const char *path = state;
	struct exits_error wrong;
	char *text, *where;
	size_t size;
	int error = exits_source_slurp(path, EXITS_TEXT_MOST, &text, &size);

	if (error)
		return complain(path, error, diag);
	error = exits_text_read(text, size, exits, &wrong);
	free(text);
	if (!error)
		return 0;
	where = wrong.line ? heap_print("%s:%u", path, wrong.line) : heap_copy(path);
	exits_source_fail(diag, error, where, "%s", wrong.text);
	free(where);
	return error;
}

static int module_close(void *state, struct baton_diag *diag)
{
	(void)diag;
	free(state);
	return 0;
}

const struct exits_source_ops exits_module = {
	.name = "module", .past = true,
	.open = module_open, .read = module_read, .close = module_close,
};
