/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - the profile `log`: a VM's counts in the kernel's log, every so many exits of
 * one of its vCPUs.
 */
#ifndef BATON_LOG_H
#define BATON_LOG_H

/*
 * Writes the lines of all VMs that are due, soon, from another context. Not from where a thread
 * loses its CPU: it wakes a worker, and the scheduler holds its lock there.
 */
void baton_log_write(void);

/* Waits until the lines that are due are written. Nothing may become due meanwhile. */
void baton_log_flush(void);

#endif
