/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.c - a search through .symtab. The files are our own; what does not look
 * as it should is "not found".
 */
#include "symbols.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *load(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	char *bytes = NULL;
	long end;

	if (!file)
		return NULL;
	if (!fseek(file, 0, SEEK_END) && (end = ftell(file)) > 0) {
		rewind(file);
		bytes = malloc((size_t)end);
		if (bytes && fread(bytes, 1, (size_t)end, file) != (size_t)end) {
			free(bytes);
			bytes = NULL;
		}
		*size = (size_t)end;
	}
	fclose(file);
	return bytes;
}

#define FIND_IN(bits)                                                                          \
	static bool find##bits(const char *elf, size_t size, const char *name, uint64_t *value) \
	{                                                                                      \
		const Elf##bits##_Ehdr *h = (const void *)elf;                                 \
		const Elf##bits##_Shdr *s = (const void *)(elf + h->e_shoff);                  \
                                                                                               \
		if (size < sizeof(*h) || h->e_shoff + h->e_shnum * sizeof(*s) > size)          \
			return false;                                                          \
		for (unsigned i = 0; i < h->e_shnum; i++) {                                    \
			const Elf##bits##_Sym *t = (const void *)(elf + s[i].sh_offset);       \
			const char *names = elf + s[s[i].sh_link].sh_offset;                   \
                                                                                               \
			if (s[i].sh_type != SHT_SYMTAB)                                        \
				continue;                                                      \
			for (size_t k = 0; k < s[i].sh_size / sizeof(*t); k++)                 \
				if (!strcmp(names + t[k].st_name, name)) {                     \
					*value = t[k].st_value;                                \
					return true;                                           \
				}                                                              \
		}                                                                              \
		return false;                                                                  \
	}

FIND_IN(32)
FIND_IN(64)

bool symbol_find(const char *path, const char *name, uint64_t *value)
{
	size_t size = 0;
	char *elf = load(path, &size);
	bool found = false;

	if (elf && size > EI_NIDENT && !memcmp(elf, ELFMAG, SELFMAG))
		found = elf[EI_CLASS] == ELFCLASS64 ? find64(elf, size, name, value) :
						      find32(elf, size, name, value);
	free(elf);
	return found;
}
