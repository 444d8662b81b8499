// SPDX-License-Identifier: GPL-2.0-only
/*
 * reasons.c - exit_reasons.def as tables, indexed by row.
 */
#include "reasons.h"

#include <linux/kernel.h>

#define SVM_ROW(code)							  \
	((code) == 0xffffffff ? BATON_SVM_ERR_ROW :				  \
	 (code) >= BATON_SVM_SECOND ? ((code) - BATON_SVM_SECOND + BATON_SVM_SECOND_ROW) % BATON_ROWS : (code))

static const struct baton_reason vmx[BATON_ROWS] = {
#define BATON_VMX_REASON(number, name, handled, edition, text) [number] = { #name, edition, handled },
#include "exit_reasons.def"
#undef BATON_VMX_REASON
	[BATON_ROW_OTHER] = { .handled = false },
};

static const struct baton_reason svm[BATON_ROWS] = {
#define BATON_SVM_REASON(number, name, handled, edition, text) \
	[SVM_ROW(number)] = { #name, edition, handled },
#include "exit_reasons.def"
#undef BATON_SVM_REASON
	[BATON_ROW_OTHER] = { .handled = false },
};

const char *baton_isa_name(enum baton_isa isa)
{
	static const char *const names[] = { "none", "vmx", "svm" };

	return names[isa];
}

u32 baton_reason_code(enum baton_isa isa, unsigned int row)
{
	if (row >= BATON_ROW_NONE)
		return 0xffffffff;
	if (isa == BATON_ISA_VMX || row < BATON_SVM_SECOND_ROW)
		return row;
	return row == BATON_SVM_ERR_ROW ? 0xffffffff : row - BATON_SVM_SECOND_ROW + BATON_SVM_SECOND;
}

const struct baton_reason *baton_reason(enum baton_isa isa, unsigned int row)
{
	return isa == BATON_ISA_VMX ? &vmx[row] : &svm[row];
}
