// SPDX-License-Identifier: GPL-2.0-only
/*
 * leaves.c - the profiles, and what guests are answered. What is chosen may change while
 * guests run, so it is read once for an answer.
 */
#include "leaves.h"

#include <linux/kvm_host.h>
#include <linux/string.h>

#include "exitstats.h"
#include "ledger.h"

/* Exported by kvm.ko; its header is not among those that are installed. */
bool kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx, bool exact_only);

struct baton_profile {
	const char *name;
	u32 exits, cycles, exits_of, cycles_of; /* leaves; 0: none */
	u16 edition;
};

static const struct baton_profile profiles[] = {
	{ .name = "off" },
	{ .name = "log" },
#define BATON_EXIT_PROFILE(name, exits, cycles, exits_of, cycles_of, edition) \
	{ #name, exits, cycles, exits_of, cycles_of, edition },
#include "exit_profiles.def"
#undef BATON_EXIT_PROFILE
};
static const char *const scopes[] = { "vm", "host" };

static const struct baton_profile *profile = &profiles[0];
static unsigned int scope;

/* ----------------------------------------------------------------- choices */

const struct baton_profile *baton_leaf_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(profiles); i++)
		if (sysfs_streq(name, profiles[i].name))
			return &profiles[i];
	return NULL;
}

bool baton_leaf_has_any(const struct baton_profile *p)
{
	return p->exits;
}

bool baton_leaf_is_log(const struct baton_profile *p)
{
	return p == &profiles[1];
}

void baton_leaf_choose(const struct baton_profile *p)
{
	WRITE_ONCE(profile, p);
}

const struct baton_profile *baton_leaf_chosen(void)
{
	return READ_ONCE(profile);
}

bool baton_leaf_set_scope(const char *name)
{
	int i = sysfs_match_string(scopes, name);

	if (i >= 0)
		WRITE_ONCE(scope, i);
	return i >= 0;
}

const char *baton_leaf_profile(void)
{
	return READ_ONCE(profile)->name;
}

const char *baton_leaf_scope(void)
{
	return scopes[READ_ONCE(scope)];
}

/* ----------------------------------------------------------------- answers */

static bool is_in(const struct baton_profile *p, u32 leaf)
{
	return leaf && (leaf == p->exits || leaf == p->cycles || leaf == p->exits_of ||
			leaf == p->cycles_of);
}

bool baton_leaf_is_ours(u32 leaf)
{
	return is_in(READ_ONCE(profile), leaf);
}

bool baton_leaf_answer(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
		       bool exact_only)
{
	const struct baton_profile *p = READ_ONCE(profile);
	bool host = READ_ONCE(scope);
	u32 leaf = *eax, code = *ecx;
	struct baton_row sum = {};

	/* Changed a moment ago: the hook does not send it here again. */
	if (!is_in(p, leaf))
		return kvm_cpuid(vcpu, eax, ebx, ecx, edx, exact_only);

	*eax = *ebx = *ecx = *edx = 0;
	if (leaf == p->exits_of || leaf == p->cycles_of) {
		unsigned int row = baton_reason_row(baton_ledger_isa(), code);
		const struct baton_reason *reason = baton_reason(baton_ledger_isa(), row);

		if (!reason->name || reason->edition > p->edition ||
		    (baton_ledger_isa() == BATON_ISA_VMX && code > 0xffff)) {
			*edx = BATON_EXIT_UNDEFINED;
			return true;
		}
		if (reason->handled)
			baton_ledger_guest(vcpu, host, row, &sum);
	} else {
		baton_ledger_guest_all(vcpu, host, &sum);
	}
	if (leaf == p->exits || leaf == p->exits_of)
		*eax = sum.exits;
	if (leaf == p->cycles || leaf == p->cycles_of) {
		*ebx = sum.kvm >> 32;
		*ecx = sum.kvm;
	}
	return true;
}
