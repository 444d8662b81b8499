/* SPDX-License-Identifier: Apache-2.0 */
/*
 * timer.c - what is raised, and what is taken.
 */
#include "timer.h"

#include "access.h"

#define RFLAGS_IF (UINT64_C(1) << 9)

uint32_t timer_number(const struct timer *t)
{
	uint32_t set = t->armed ? 1u | (uint32_t)t->periodic << 1 | (uint32_t)t->line << 2 : 0;

	return t->raised << 16 | set;
}

bool timer_may(const struct timer *t)
{
	return t->armed || t->raised;
}

bool timer_is_open(struct timer *t, const struct baton_regs *r, const uint8_t *code, size_t size,
		   unsigned bits)
{
	bool shadow = t->shadow == r->rip, on = r->rflags & RFLAGS_IF;
	size_t shadows = access_shadows(code, size, bits, on);

	if (!shadow || access_is_past(code, size, true))
		t->shadow = shadows ? r->rip + shadows : 0;
	return on && !shadow && timer_may(t);
}

static unsigned lowest(const struct timer *t)
{
	return (unsigned)__builtin_ctz(t->raised);
}

/* What is raised already is not raised twice. */
static void fire(struct timer *t)
{
	t->raised |= UINT32_C(1) << t->line;
	t->armed = t->periodic;
}

/*
 * Of lines that are raised the lowest is taken, unless the timer fires just before: then it may
 * be the timer's; or it was the timer's, which is used up now.
 */
unsigned timer_ways(const struct timer *t)
{
	bool fires = t->armed && t->raised &&
		     (t->line < lowest(t) || (t->line == lowest(t) && !t->periodic));

	return fires ? 2 : 1;
}

unsigned timer_take(struct timer *t, unsigned way)
{
	unsigned line;

	if (way || !t->raised)
		fire(t);
	line = lowest(t);
	t->raised &= t->raised - 1;
	return line;
}

unsigned timer_next(const struct timer *t, unsigned way)
{
	struct timer then = *t;

	return timer_take(&then, way);
}

unsigned timer_set_ways(const struct timer *t)
{
	return t->armed && !(t->raised >> t->line & 1) ? 2 : 1;
}

void timer_set(struct timer *t, const struct baton_call_timer *call, unsigned way)
{
	if (way)
		fire(t);
	t->armed = call->first_ns;
	t->periodic = call->period_ns;
	t->line = (uint8_t)call->line;
}
