/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * parameters.h - what the module is told, when it is loaded or later:
 * /sys/module/baton_exits/parameters.
 */
#ifndef BATON_PARAMETERS_H
#define BATON_PARAMETERS_H

/* The hooks are there: what was chosen takes effect, and so will changes. 0 or -errno. */
int baton_parameters_begin(void);

/* The hooks will go. */
void baton_parameters_end(void);

#endif
