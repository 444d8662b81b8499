/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leaves.h - what a guest reads by CPUID: see exit_profiles.def.
 */
#ifndef BATON_LEAVES_H
#define BATON_LEAVES_H

#include <linux/types.h>

struct baton_profile;
struct kvm_vcpu;

/* One of the profiles, by its name, which may end in a newline; NULL: there is none. */
const struct baton_profile *baton_leaf_find(const char *name);

bool baton_leaf_has_any(const struct baton_profile *p);
bool baton_leaf_is_log(const struct baton_profile *p);
void baton_leaf_choose(const struct baton_profile *p);
const struct baton_profile *baton_leaf_chosen(void);

/* Whose exits guests read: "vm" or "host"; false: it is neither. */
bool baton_leaf_set_scope(const char *name);

/* Is the leaf one of the profile that is chosen? */
bool baton_leaf_is_ours(u32 leaf);

/* In place of kvm_cpuid(), with its arguments, for such a leaf. */
bool baton_leaf_answer(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx, u32 *edx,
		       bool exact_only);

/* Their names. */
const char *baton_leaf_profile(void);
const char *baton_leaf_scope(void);

#endif
