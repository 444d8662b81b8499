/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - the page-table entries and descriptors of a death, in words.
 */
#ifndef BATON_CLI_EVIDENCE_H
#define BATON_CLI_EVIDENCE_H

#include <stddef.h>

#include "baton/baton.h"

/* What an entry of a walk is called: "PML4E". Static. */
const char *evidence_entry_name(const struct baton_walk *walk, uint32_t entry);

/* Fills in the names of the flags that are set, and returns how many. Static names. */
#define EVIDENCE_FLAGS 7
size_t evidence_flags(const struct baton_walk_entry *entry, const char *names[EVIDENCE_FLAGS]);

struct evidence_text {
	char text[160];
};

/* Where a walk ended: "GPA 0x7678". */
struct evidence_text evidence_walk_end(const struct baton_walk *walk);

/* What a descriptor has to do with the death: "for exception 14". */
struct evidence_text evidence_role(const struct baton_descriptor *descriptor);

/* Which one it is: "IDT entry 14 at 0xff0e0", "GDT selector 0x18 at 0xff018". */
struct evidence_text evidence_place(const struct baton_descriptor *descriptor);

/* What it says, or why it says nothing: "32-bit trap gate to 0x8:0x1234, DPL 0, present". */
struct evidence_text evidence_content(const struct baton_death *death,
				      const struct baton_descriptor *descriptor);

/* Short names for programs; static. */
const char *evidence_walk_end_name(enum baton_walk_end end);
const char *evidence_role_name(enum baton_descriptor_role role);
const char *evidence_table_name(enum baton_table table);
const char *evidence_end_name(enum baton_descriptor_end end);

/* "code", "task gate"; static. */
const char *evidence_type_name(const struct baton_descriptor *descriptor);

#endif
