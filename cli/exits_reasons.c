/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_reasons.c - exit_reasons.def as tables.
 */
#include "exits_reasons.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct exits_reason vmx[] = {
#define BATON_VMX_REASON(number, name, handled, edition, text) { number, #name, text, handled },
#include "baton/exit_reasons.def"
#undef BATON_VMX_REASON
};

static const struct exits_reason svm[] = {
#define BATON_SVM_REASON(number, name, handled, edition, text) { number, #name, text, handled },
#include "baton/exit_reasons.def"
#undef BATON_SVM_REASON
};

const char *exits_isa_name(enum exits_isa isa)
{
	static const char *const names[] = { "none", "vmx", "svm" };

	return names[isa];
}

const char *exits_isa_title(enum exits_isa isa)
{
	static const char *const titles[] = { "no hardware virtualization", "Intel VMX", "AMD SVM" };

	return titles[isa];
}

const struct exits_reason *exits_reasons(enum exits_isa isa, size_t *count)
{
	*count = isa == EXITS_ISA_VMX ? COUNT(vmx) : isa == EXITS_ISA_SVM ? COUNT(svm) : 0;
	return isa == EXITS_ISA_VMX ? vmx : svm;
}

const struct exits_reason *exits_reason(enum exits_isa isa, uint32_t code)
{
	size_t count;
	const struct exits_reason *reasons = exits_reasons(isa, &count);

	for (size_t i = 0; i < count; i++)
		if (reasons[i].code == code)
			return &reasons[i];
	return NULL;
}
