/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bar.h - a part of a whole as a bar of block characters, in eighths of a column.
 */
#ifndef BATON_CLI_BAR_H
#define BATON_CLI_BAR_H

#define BAR_MOST 14 /* columns that a bar has at most */

struct bar {
	char text[3 * BAR_MOST + 4];
};

/* A bar that takes `width` columns, up to BAR_MOST, at 100 %. */
struct bar bar(double percent, unsigned width);

#endif
