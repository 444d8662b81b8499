/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status.h - the exit statuses of `baton`, as baton(1) documents them.
 */
#ifndef BATON_CLI_STATUS_H
#define BATON_CLI_STATUS_H

enum status {
	STATUS_MET = 0,	   /* it ran, and every expectation was met */
	STATUS_UNMET = 1,  /* an expectation was not met */
	STATUS_USAGE = 2,  /* a bad option, scenario or image, or a file that cannot be written */
	STATUS_DIED = 3,   /* a guest died, and nobody expected it to */
	STATUS_CANNOT = 4, /* this host cannot do it: KVM, permissions, limits, memory */
};

#endif
