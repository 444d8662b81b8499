/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bar.c - see bar.h.
 */
#include "bar.h"

#include <stddef.h>
#include <stdio.h>

struct bar bar(double percent, unsigned width)
{
	static const char *const parts[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	unsigned eighths = (unsigned)(percent / 100 * width * 8 + 0.5);
	struct bar b = { "" };
	size_t used = 0;

	for (; eighths >= 8 && used + 4 < sizeof(b.text); eighths -= 8)
		used += (size_t)snprintf(b.text + used, sizeof(b.text) - used, "█");
	if (eighths < 8)
		snprintf(b.text + used, sizeof(b.text) - used, "%s", parts[eighths]);
	return b;
}
