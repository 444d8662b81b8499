/* SPDX-License-Identifier: Apache-2.0 */
/*
 * duration_range.c - see duration_range.h.
 */
#include "duration_range.h"

#include <string.h>

#include "units.h"

static const char *read_one(const char *text, uint64_t *ns)
{
	if (strcmp(text, "0"))
		return units_read_duration(text, ns);
	*ns = 0;
	return NULL;
}

const char *duration_range_read(const char *text, struct duration_range *range)
{
	const char *dots = strstr(text, ".."), *wrong;
	struct duration_range read;
	char first[40];

	if (!dots) {
		wrong = read_one(text, &read.low_ns);
		read.high_ns = read.low_ns;
	} else if ((size_t)(dots - text) >= sizeof(first)) {
		wrong = "is too long";
	} else {
		memcpy(first, text, (size_t)(dots - text));
		first[dots - text] = '\0';
		wrong = read_one(first, &read.low_ns);
		if (!wrong)
			wrong = read_one(dots + 2, &read.high_ns);
		if (!wrong && read.high_ns < read.low_ns)
			wrong = "ends before it begins";
	}
	if (!wrong)
		*range = read;
	return wrong;
}
