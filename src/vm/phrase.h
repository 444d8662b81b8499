/* SPDX-License-Identifier: Apache-2.0 */
/*
 * phrase.h - puts the facts of a death into a text of causes.def.
 */
#ifndef BATON_VM_PHRASE_H
#define BATON_VM_PHRASE_H

#include "vm/judge.h"

/*
 * Replaces every {name} by its fact and drops every [part] with a fact that is
 * not known. Outside of brackets such a fact becomes "?". Cut to `size`, always
 * terminated.
 */
void baton__phrase(const char *text, const struct baton__facts *f, const struct baton_death *d,
		   char *to, size_t size);

/* Is there a fact of that name? For the test that reads causes.def. */
bool baton__phrase_knows(const char *name, size_t length);

/* The interrupt line whose gate a #GP names by its error code, or -1. */
int baton__phrase_irq_line(const struct baton_death *death);

#endif
