/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols.c - asks elfutils' libdwfl about one file. See symbols.h.
 */
#include "symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"

struct symbols {
	Dwfl *dwfl;
	Dwfl_Callbacks callbacks; /* the library keeps a pointer to them */
};

/* No other file is looked for. */
static int no_debug_file(Dwfl_Module *module, void **user, const char *name, Dwarf_Addr base,
			 const char *file, const char *link, GElf_Word crc, char **path)
{
	return -1;
}

struct symbols *symbols_open(const char *path)
{
	struct symbols *s;

	if (!path)
		return NULL;
	s = heap_zeroed(1, sizeof(*s));
	s->callbacks.find_elf = dwfl_build_id_find_elf; /* not called: we name the file */
	s->callbacks.find_debuginfo = no_debug_file;
	s->dwfl = dwfl_begin(&s->callbacks);
	if (s->dwfl && dwfl_report_offline(s->dwfl, path, path, -1) &&
	    !dwfl_report_end(s->dwfl, NULL, NULL))
		return s;
	symbols_close(s);
	return NULL;
}

void symbols_close(struct symbols *symbols)
{
	if (!symbols)
		return;
	dwfl_end(symbols->dwfl);
	free(symbols);
}

static void copy_printable(char *to, size_t room, const char *from)
{
	size_t i = 0;

	for (; from[i] && i + 1 < room; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

static Dwfl_Module *module_of(struct symbols *symbols, uint64_t address)
{
	return symbols ? dwfl_addrmodule(symbols->dwfl, address) : NULL;
}

/* The file and the line that an inlined function is called in. */
static const char *call_of(Dwarf_Die *unit, Dwarf_Die *inlined, int *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file, at;
	Dwarf_Files *files;
	size_t count;

	if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_file, &attribute), &file) ||
	    dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &at) ||
	    dwarf_getsrcfiles(unit, &files, &count) || file >= count)
		return NULL;
	*line = (int)at;
	return dwarf_filesrc(files, file, NULL, NULL);
}

/* From the inside to the outside, until there is a call in the unit's own file. */
static void find_caller(Dwfl_Module *module, uint64_t address, struct symbols_place *place)
{
	Dwarf_Addr bias;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias), *inner = NULL, *scopes = NULL;
	const char *own = unit ? dwarf_diename(unit) : NULL;
	int count = 0;

	/* The scopes of an address lead to where its function is defined, a DIE's to where it is. */
	if (own && strcmp(own, place->file) && dwarf_getscopes(unit, address - bias, &inner) > 0)
		count = dwarf_getscopes_die(&inner[0], &scopes);
	for (int i = 0; i < count && !*place->caller_file; i++) {
		const char *file = NULL;
		int line = 0;

		if (dwarf_tag(&scopes[i]) == DW_TAG_inlined_subroutine)
			file = call_of(unit, &scopes[i], &line);
		if (!file || strcmp(file, own))
			continue;
		copy_printable(place->caller_file, sizeof(place->caller_file), file);
		place->caller_line = line;
	}
	free(inner);
	free(scopes);
}

bool symbols_find(struct symbols *symbols, uint64_t address, struct symbols_place *place)
{
	Dwfl_Module *module = module_of(symbols, address);
	const char *text;
	Dwfl_Line *line;
	GElf_Sym symbol;

	*place = (struct symbols_place){ .name = "" };
	if (!module)
		return false;
	text = dwfl_module_addrinfo(module, address, &place->offset, &symbol, NULL, NULL, NULL);
	if (text)
		copy_printable(place->name, sizeof(place->name), text);
	line = dwfl_module_getsrc(module, address);
	text = line ? dwfl_lineinfo(line, NULL, &place->line, NULL, NULL, NULL) : NULL;
	if (text)
		copy_printable(place->file, sizeof(place->file), text);
	text = line ? dwfl_line_comp_dir(line) : NULL;
	if (text)
		copy_printable(place->folder, sizeof(place->folder), text);
	if (place->file[0])
		find_caller(module, address, place);
	return place->name[0] || place->file[0];
}

/* Marks one, if it lies in the `size` bytes below `address`. */
static void mark(uint64_t at, uint64_t address, size_t size, bool *starts)
{
	if (at < address && address - at <= size)
		starts[size - (address - at)] = true;
}

void symbols_mark_starts(struct symbols *symbols, uint64_t address, size_t size, bool *starts)
{
	Dwfl_Module *module = module_of(symbols, address);
	Dwarf_Addr bias, offset, at, begin = 0;
	Dwarf_Die *unit;
	GElf_Sym symbol;
	size_t count;

	if (!module)
		return;
	if (dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL)) {
		mark(address - offset, address, size, starts);
		/* What stands before a function is another; before a mere label it is the same. */
		if (GELF_ST_TYPE(symbol.st_info) == STT_FUNC)
			begin = address - offset;
	}
	unit = dwfl_module_addrdie(module, address, &bias);
	if (!unit || dwfl_getsrclines(unit, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		Dwfl_Line *line = dwfl_onesrcline(unit, i);
		bool ends = true;

		if (!line || dwarf_lineendsequence(dwfl_dwarf_line(line, &bias), &ends) || ends)
			continue;
		if (dwfl_lineinfo(line, &at, NULL, NULL, NULL, NULL) && at >= begin)
			mark(at, address, size, starts);
	}
}
