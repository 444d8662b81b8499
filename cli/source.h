/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.h - lines of the programs that guests were made from.
 */
#ifndef BATON_CLI_SOURCE_H
#define BATON_CLI_SOURCE_H

#include <stddef.h>

struct symbols_place;

/*
 * The line at a place, or its caller's, without the space around it; cut to fit, and
 * printable. "" if the source is not where the compiler found it, and for assembly in C, which
 * the instruction tells better. Only regular files whose names are those of sources in C
 * or assembly are read: it is the image that names them.
 */
void source_line(const struct symbols_place *place, char *text, size_t size);

#endif
