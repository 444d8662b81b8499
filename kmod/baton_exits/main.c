// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - the module baton_exits: exits of every VM on this host by reason and time, read
 * by guests through CPUID and by the host through /proc, on a kernel as it was shipped.
 */
#include <linux/module.h>
#include <linux/version.h>

#include "hooks.h"
#include "ledger.h"
#include "log.h"
#include "parameters.h"
#include "readout.h"

#if (LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)) && \
	!defined(BATON_EXITS_UNTESTED)
#error "baton_exits is tested with Linux 6.1; to try another: KCFLAGS=-DBATON_EXITS_UNTESTED kmod/build"
#endif

#ifdef CONFIG_PREEMPT_RT
#error "baton_exits takes memory where a kernel with PREEMPT_RT may not"
#endif

static int __init baton_exits_init(void)
{
	int error = baton_hooks_attach();

	if (!error) {
		error = baton_parameters_begin() ?: baton_readout_create();
		if (!error)
			return 0;
		baton_parameters_end();
		baton_hooks_detach();
	}
	baton_log_flush();
	baton_ledger_free();
	return error;
}

static void __exit baton_exits_exit(void)
{
	baton_readout_remove();
	baton_parameters_end();
	baton_hooks_detach();
	baton_log_flush();
	baton_ledger_free();
}

module_init(baton_exits_init);
module_exit(baton_exits_exit);
MODULE_LICENSE("GPL v2");
MODULE_DESCRIPTION("Exits of virtual machines by reason and time, for the host and for guests");
MODULE_AUTHOR("The Baton developers");
MODULE_VERSION("1");
