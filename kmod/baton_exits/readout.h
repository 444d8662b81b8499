/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * readout.h - the files under /proc/baton_exits: see exitstats.h.
 */
#ifndef BATON_READOUT_H
#define BATON_READOUT_H

int baton_readout_create(void);

/* Waits for whoever has a file open and is reading. */
void baton_readout_remove(void);

#endif
