/* SPDX-License-Identifier: Apache-2.0 */
/*
 * places.c - finds Baton's folders. Reads the environment and /proc/self/exe.
 */
#include "places.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "heap.h"

static const struct {
	const char *variable;
	const char *name;
} kinds[] = {
	[PLACE_GUESTS] = { "BATON_GUESTS", "guest" },
	[PLACE_LABS] = { "BATON_LABS", "labs" },
};

static bool is_folder(const char *path)
{
	struct stat info;

	return !stat(path, &info) && S_ISDIR(info.st_mode);
}

/* `name` beside this program, or NULL. */
static char *beside_program(const char *name)
{
	char self[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *folder, *path;

	if (size < 0)
		return NULL;
	self[size] = '\0';
	folder = place_of(self);
	path = place_join(folder, name);
	free(folder);
	if (is_folder(path))
		return path;
	free(path);
	return NULL;
}

char *place_folder(enum place_kind kind)
{
	const char *chosen = getenv(kinds[kind].variable);
	char *built;

	if (chosen && *chosen)
		return heap_copy(chosen);
	built = beside_program(kinds[kind].name);
	return built ? built : place_join(BATON_DATADIR, kinds[kind].name);
}

char *place_join(const char *folder, const char *name)
{
	size_t size = strlen(folder);

	return heap_print("%s%s%s", folder, size && folder[size - 1] == '/' ? "" : "/", name);
}

char *place_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return heap_copy(".");
	return slash == path ? heap_copy("/") : heap_print("%.*s", (int)(slash - path), path);
}

bool place_has(const char *path)
{
	struct stat info;

	return !stat(path, &info) && !S_ISDIR(info.st_mode);
}
