/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_reasons.h - the processors' reasons for leaving a guest, in words.
 */
#ifndef BATON_CLI_EXITS_REASONS_H
#define BATON_CLI_EXITS_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whose numbers reasons are. */
enum exits_isa {
	EXITS_ISA_NONE,
	EXITS_ISA_VMX,
	EXITS_ISA_SVM,
	EXITS_ISAS
};

/* "none", "vmx", "svm"; and for people: "VMX" … */
const char *exits_isa_name(enum exits_isa isa);
const char *exits_isa_title(enum exits_isa isa);

struct exits_reason {
	uint32_t code;
	const char *name, *text;
	bool handled; /* by KVM of Linux 6.1 */
};

/* All of them, by their numbers. */
const struct exits_reason *exits_reasons(enum exits_isa isa, size_t *count);

/* NULL: the number is not defined. */
const struct exits_reason *exits_reason(enum exits_isa isa, uint32_t code);

#endif
