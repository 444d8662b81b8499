/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_text.h - reads the text that the kernel module writes: baton/exitstats.h.
 *
 * It takes a file of that format, whole, or nothing; a copy may come from anywhere.
 */
#ifndef BATON_CLI_EXITS_TEXT_H
#define BATON_CLI_EXITS_TEXT_H

#include <stddef.h>

#include "exits.h"

#define EXITS_TEXT_MOST (64 << 20) /* bytes of a file */
#define EXITS_VMS_MOST	65536
#define EXITS_ROWS_MOST 1024 /* reasons of a VM */

struct exits_error {
	unsigned line; /* 0: of the file as a whole */
	char text[240]; /* printable */
};

/*
 * Fills `exits`, which has been empty. 0, -EPROTO (another version of the format) or
 * -EINVAL, both with `error` and nothing to be freed.
 */
int exits_text_read(const char *text, size_t size, struct exits *exits, struct exits_error *error);

#endif
