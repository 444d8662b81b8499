/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate.h - the shortest slice that this machine can carry, measured.
 */
#ifndef BATON_CLI_CALIBRATE_H
#define BATON_CLI_CALIBRATE_H

#include <stdint.h>

#include "baton/baton.h"

/* Slices from here on are taken to be usable without measuring. */
#define CALIBRATE_FROM_NS UINT64_C(1000000)

/*
 * Lets two spinning guests alternate, with slices that grow from 20 µs to 5 ms,
 * until turns last what they should (median at most 1.5 slices) and the guest
 * gets somewhere in them (its RAX moves on in nine turns of ten). Runs them for
 * 100 ms at most. 0, or the negative errno of making the host and its VMs;
 * -ENODATA when not even 5 ms are usable.
 */
int calibrate_slice(struct baton_diag *diag, uint64_t *slice_ns);

#endif
