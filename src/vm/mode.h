/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mode.h - what follows from the processor mode alone. Their names are public: baton_mode_name().
 */
#ifndef BATON_VM_MODE_H
#define BATON_VM_MODE_H

#include "baton/baton.h"

/* The linear address at which a guest of that mode finds GPA 0 a second time; 0: it does not. */
uint64_t baton__mode_alias(enum baton_mode mode);

#endif
