/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hooks.h - where the module is attached to KVM.
 */
#ifndef BATON_HOOKS_H
#define BATON_HOOKS_H

#include <linux/types.h>

/* All or nothing. The kernel's log says what is missing. 0 or -errno. */
int baton_hooks_attach(void);

/* Guests' CPUID is looked at, or goes by as if there were no module. 0 or -errno; false: 0. */
int baton_hooks_cpuid(bool on);

/* When it returns, nobody is in the module's code, nor will come. */
void baton_hooks_detach(void);

#endif
