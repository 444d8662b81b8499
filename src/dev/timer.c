/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - interrupts at a time, once or periodically.
 *
 * A periodic timer keeps its phase: the next time is a whole number of periods
 * after the first, and lies in the future, however late this one came.
 */
#include <errno.h>

#include "baton/abi.h"
#include "baton/device.h"

struct timer {
	struct baton_device *device;
	struct baton_vm *vm;
	uint64_t period_ns;
	uint64_t line;
};

static void due(void *state, uint64_t now_ns)
{
	struct timer *t = state;
	uint64_t at_ns = baton_device_alarm_time(t->device);

	baton_vcpu_interrupt(baton_vm_vcpu(t->vm), (unsigned)t->line);
	if (!t->period_ns)
		return;
	at_ns += ((now_ns - at_ns) / t->period_ns + 1) * t->period_ns;
	if (at_ns <= now_ns)
		at_ns = UINT64_MAX; /* it went round: later than any clock goes */
	baton_device_alarm(t->device, t->vm, at_ns);
}

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	const struct baton_call_timer *call = (const void *)a->args;
	struct timer *t = state;
	uint64_t at_ns = a->now_ns + call->first_ns;

	if (call->line >= BATON_IRQ_LINES) {
		a->why = "hypercall `timer`: there are lines 0 to 15";
		return BATON_FAULT;
	}
	t->line = call->line;
	t->period_ns = call->period_ns;
	if (t->period_ns && t->period_ns < BATON_TIMER_MIN_NS)
		t->period_ns = BATON_TIMER_MIN_NS;
	if (!call->first_ns || at_ns < a->now_ns)
		at_ns = UINT64_MAX; /* off, or later than any clock goes */
	baton_device_alarm(t->device, t->vm, at_ns);
	return BATON_RESUME;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_timer_config *c = config;
	struct timer *t = state;

	t->device = device;
	t->vm = c->vm;
	return baton_device_claim_call(device, c->vm, BATON_CALL_TIMER, serve, diag);
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct timer *t = state;

	t->device = device;
	t->vm = baton_forking_vm(forking, t->vm);
	return 0;
}

static int check_plain(const void *state)
{
	const struct timer *t = state;

	if (t->line >= BATON_IRQ_LINES || (t->period_ns && t->period_ns < BATON_TIMER_MIN_NS))
		return -EINVAL;
	return 0;
}

const struct baton_device_ops baton_timer = {
	.name = "timer",
	.size = sizeof(struct timer),
	.init = init,
	.due = due,
	.plain = sizeof(struct timer) - offsetof(struct timer, period_ns),
	.forked = forked,
	.check = check_plain,
};
