/* SPDX-License-Identifier: Apache-2.0 */
/*
 * interrupt.c - the command's signal handler.
 *
 * The one file with mutable state at file scope: a handler for Ctrl-C is called
 * with a number and nothing else, so it must find its host somewhere.
 */
#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "baton/baton.h"

static struct baton_host *_Atomic stoppable;
static atomic_bool came;

static void stop(int number)
{
	struct baton_host *host = atomic_load(&stoppable);

	atomic_store(&came, true);
	if (host)
		baton_host_stop(host);
}

void interrupt_stops(struct baton_host *host)
{
	struct sigaction action = { .sa_handler = stop, .sa_flags = SA_RESETHAND | SA_RESTART };

	atomic_store(&came, false);
	atomic_store(&stoppable, host);
	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool interrupt_came(void)
{
	return atomic_load(&came);
}

void interrupt_ends(void)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	atomic_store(&stoppable, NULL);
}
