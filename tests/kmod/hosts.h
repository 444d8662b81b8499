/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts.h - Baton hosts, a thread each, whose guests make as many port exits as they are told.
 */
#ifndef TESTS_KMOD_HOSTS_H
#define TESTS_KMOD_HOSTS_H

#include <stdint.h>

#define HOSTS	  4
#define HOSTS_VMS 2 /* each */

/*
 * Runs them all at once, each guest with so many OUTs and a HLT. Returns how many exits
 * their own ledgers have of the first kind and of the second.
 */
struct hosts_sums {
	uint64_t outs, halts;
};
struct hosts_sums hosts_run(uint32_t outs);

#endif
