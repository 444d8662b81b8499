/* SPDX-License-Identifier: Apache-2.0 */
/*
 * steps.h - after a VM's death: its last instructions again, one by one.
 */
#ifndef BATON_HOST_STEPS_H
#define BATON_HOST_STEPS_H

#include <stdbool.h>

struct baton_host;
struct baton_vm;

/*
 * Before an entry of a VM with step_replay: is its photo out of date, since an exit was
 * served, an interrupt handed to it or its memory written? After a kick alone it is not.
 */
bool baton__steps_due(const struct baton_vm *vm);

/*
 * Takes the photo. 0 or -errno. 1: the instruction that left by the last exit leaves
 * again, and that exit stands in the vCPU; the photo is still the old one.
 */
int baton__steps_prepare(struct baton_vm *vm);

/*
 * Lets clones of the VM go from its photo until what ended it happens again, and
 * notes in vm->steps how that went. The dead vCPU itself is not entered. Blocks, at worst
 * for 20 s, or until the host is told to stop; uses the host's timer.
 */
void baton__steps_replay(struct baton_host *host, struct baton_vm *vm);

#endif
