/* SPDX-License-Identifier: 0BSD */
/*
 * exitstats.h - how often this VM left, as the host's kernel module baton_exits tells by
 * CPUID: see include/baton/exit_profiles.def. For guests without an operating system and
 * for programs of one.
 */
#ifndef GUEST_EXITSTATS_H
#define GUEST_EXITSTATS_H

#include <stddef.h>
#include <stdint.h>

#include "baton/exitstats.h"

struct exit_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct exit_cpuid exit_cpuid(uint32_t leaf, uint32_t reason)
{
	struct exit_cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(reason));
	return r;
}

/* Leaves; 0: this profile has none. */
struct exit_profile {
	const char *name;
	uint32_t all, all_cycles, of, of_cycles;
};

struct exit_reason {
	uint32_t number;
	const char *name, *text;
};

static const struct exit_profile exit_profiles[] = {
#define BATON_EXIT_PROFILE(name, all, all_cycles, of, of_cycles, edition) \
	{ #name, all, all_cycles, of, of_cycles },
#include "baton/exit_profiles.def"
#undef BATON_EXIT_PROFILE
};

static const struct exit_reason exit_reasons_vmx[] = {
#define BATON_VMX_REASON(number, name, handled, edition, text) { number, #name, text },
#include "baton/exit_reasons.def"
#undef BATON_VMX_REASON
	{ 0, NULL, NULL },
};

static const struct exit_reason exit_reasons_svm[] = {
#define BATON_SVM_REASON(number, name, handled, edition, text) { number, #name, text },
#include "baton/exit_reasons.def"
#undef BATON_SVM_REASON
	{ 0, NULL, NULL },
};

/* Is the processor AMD's? ("Auth" of AuthenticAMD.) */
static inline int exit_is_svm(void)
{
	return exit_cpuid(0, 0).ebx == 0x68747541;
}

/* The reasons of this processor; the last has no name. */
static inline const struct exit_reason *exit_reasons(void)
{
	return exit_is_svm() ? exit_reasons_svm : exit_reasons_vmx;
}

static inline int exit_says_undefined(uint32_t leaf)
{
	/* A number that no edition of the manual defines. */
	struct exit_cpuid r = exit_cpuid(leaf, exit_is_svm() ? 0xa7 : 35);

	return r.edx == BATON_EXIT_UNDEFINED && !(r.eax | r.ebx | r.ecx);
}

/* Which profile does the host offer? Asked about nonsense, each answers in its own leaves. */
static inline const struct exit_profile *exit_profile(void)
{
	for (size_t i = 0; i < sizeof(exit_profiles) / sizeof(exit_profiles[0]); i++) {
		const struct exit_profile *p = &exit_profiles[i];

		if (exit_says_undefined(p->of) && !exit_says_undefined(p->all) &&
		    (!p->of_cycles || exit_says_undefined(p->of_cycles)))
			return p;
	}
	return NULL;
}

static inline uint64_t exit_cycles(struct exit_cpuid r)
{
	return (uint64_t)r.ebx << 32 | r.ecx;
}

#endif
