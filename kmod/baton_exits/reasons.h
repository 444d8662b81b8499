/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reasons.h - a processor's exit reasons as rows of a table.
 */
#ifndef BATON_REASONS_H
#define BATON_REASONS_H

#include <linux/types.h>

/* As KVM's tracepoints name them. */
enum baton_isa { BATON_ISA_NONE, BATON_ISA_VMX, BATON_ISA_SVM };

#define BATON_ROWS	192
#define BATON_ROW_NONE	190 /* before the first exit */
#define BATON_ROW_OTHER 191 /* no row of its own */

/* SVM's come in three groups: from 0 on, from 0x400 on, and -1. VMX numbers are rows. */
#define BATON_SVM_SECOND     0x400
#define BATON_SVM_SECOND_ROW 0xa8
#define BATON_SVM_SECOND_MAX 16
#define BATON_SVM_ERR_ROW    (BATON_SVM_SECOND_ROW + BATON_SVM_SECOND_MAX)

struct baton_reason {
	const char *name; /* NULL: not defined */
	u16 edition;
	bool handled;
};

const char *baton_isa_name(enum baton_isa isa);

/* The row of a reason. VMX: the high bits, which tell more than the reason, do not matter. */
static inline unsigned int baton_reason_row(enum baton_isa isa, u32 code)
{
	if (isa == BATON_ISA_VMX) {
		code &= 0xffff;
		return code < BATON_ROW_NONE ? code : BATON_ROW_OTHER;
	}
	if (code < BATON_SVM_SECOND_ROW)
		return code;
	if (code >= BATON_SVM_SECOND && code < BATON_SVM_SECOND + BATON_SVM_SECOND_MAX)
		return code - BATON_SVM_SECOND + BATON_SVM_SECOND_ROW;
	return code == 0xffffffff ? BATON_SVM_ERR_ROW : BATON_ROW_OTHER;
}

/* The reason of a row that has one; all ones for BATON_ROW_OTHER. */
u32 baton_reason_code(enum baton_isa isa, unsigned int row);

/* Never NULL; its name is, where the manual defines nothing. */
const struct baton_reason *baton_reason(enum baton_isa isa, unsigned int row);

#endif
