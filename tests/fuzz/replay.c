/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - runs a fuzz target over files, one test each: deterministic, and
 * without libFuzzer. It also tries every prefix of each file, since truncation
 * is the commonest way in which input goes wrong.
 *
 * usage: replay FOLDER ...
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST (64 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A copy of its own for each size, so that a sanitizer sees a read behind the end. */
static void run(const uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static bool replay(const char *path)
{
	static uint8_t bytes[LARGEST];
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file)
		return false;
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	for (size_t prefix = 0; prefix <= size; prefix++)
		run(bytes, prefix);
	return true;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && strcmp(entry->d_name, "meson.build");
}

int main(int argc, char **argv)
{
	unsigned tests = 0;
	bool failed = false;

	for (int i = 1; i < argc; i++) {
		struct dirent **entries;
		int count = scandir(argv[i], &entries, is_file, alphasort);

		if (count <= 0) {
			printf("Bail out! %s: no files\n", argv[i]);
			return 1;
		}
		for (int k = 0; k < count; k++) {
			const char *folder = strrchr(argv[i], '/');
			char path[4096];
			bool ok;

			snprintf(path, sizeof(path), "%s/%s", argv[i], entries[k]->d_name);
			ok = replay(path);
			failed |= !ok;
			printf("%sok %u - %s/%s\n", ok ? "" : "not ", ++tests,
			       folder ? folder + 1 : argv[i], entries[k]->d_name);
			free(entries[k]);
		}
		free(entries);
	}
	printf("1..%u\n", tests);
	return failed;
}
