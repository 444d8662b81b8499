/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kick.c - the lazy timer and the stop flag. Decides; timer.c does.
 */
#include "kvm/kick.h"

int baton__kick_init(struct baton__kick *kick, int signal)
{
	kick->armed_ns = UINT64_MAX;
	kick->consumed = 0;
	atomic_init(&kick->stop, false);
	return baton__timer_create(&kick->timer, signal);
}

void baton__kick_fini(struct baton__kick *kick)
{
	baton__timer_destroy(&kick->timer);
}

void baton__kick_begin(struct baton__kick *kick)
{
	kick->armed_ns = UINT64_MAX;
}

void baton__kick_by(struct baton__kick *kick, uint64_t deadline_ns)
{
	if (kick->armed_ns <= deadline_ns)
		return;
	baton__timer_set(&kick->timer, deadline_ns);
	kick->armed_ns = deadline_ns;
}

/* Takes one kick, waiting for it at most so long. */
static bool take(struct baton__kick *kick, uint64_t wait_ns)
{
	bool expired;

	if (!baton__timer_take(&kick->timer, wait_ns, &expired))
		return false;
	kick->consumed++;
	if (expired)
		kick->armed_ns = UINT64_MAX;
	return true;
}

void baton__kick_consume(struct baton__kick *kick)
{
	while (take(kick, 0))
		;
}

void baton__kick_wait(struct baton__kick *kick, uint64_t ns)
{
	take(kick, ns);
}

void baton__kick_stop(struct baton__kick *kick)
{
	/* The flag first: whoever takes the signal then sees it. */
	atomic_store(&kick->stop, true);
	baton__timer_send(&kick->timer);
}

bool baton__kick_stopped(struct baton__kick *kick)
{
	return atomic_load_explicit(&kick->stop, memory_order_relaxed) &&
	       atomic_exchange(&kick->stop, false);
}
