/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mode.c - the four modes.
 */
#include "vm/mode.h"

const char *baton_mode_name(enum baton_mode mode)
{
	static const char *const names[] = { "real", "protected", "paged", "long" };

	return (unsigned)mode < BATON_MODES ? names[mode] : "unknown";
}

uint64_t baton__mode_alias(enum baton_mode mode)
{
	switch (mode) {
	case BATON_MODE_PAGED:
		return BATON_PAGED_BASE;
	case BATON_MODE_LONG:
		return BATON_LONG_BASE;
	default:
		return 0;
	}
}
