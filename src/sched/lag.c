/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lag.c - measures lag.
 *
 * Call the time between two changes of the runnable set an epoch. Within one,
 * the total weight W of the runnable entities is constant, and with T the time
 * charged in the epoch and S the part of it that an entity of weight w was
 * charged,
 *
 *	lag = w T / W - S = (w T - S W) / W,
 *
 * a fraction whose numerator is an exact integer and whose denominator is the
 * same for everybody. So numerators are compared, and only the largest of an
 * epoch is ever divided.
 *
 * While an entity waits its lag only grows; while it runs its lag only falls. So
 * the extremes are at the ends of an entity's own turns, where ran() looks, and
 * at the end of the epoch. There, those that were charged are on a list, each of
 * them paid for by a turn; of those that were not (S = 0), the heaviest is
 * furthest, and a heap knows it.
 */
#include "sched/lag.h"

#include "base/heap.h"

typedef unsigned __int128 wide;

struct entity {
	uint64_t weight;
	uint64_t served_ns; /* S: in this epoch */
	bool runnable;	    /* and of weight above 0 */
};

struct lag {
	uint32_t capacity;
	uint32_t served;      /* entities on the list */
	uint64_t weight;      /* W */
	uint64_t charged_ns;  /* T */
	uint64_t worst_ns[2]; /* of past epochs: the first, all later ones */
	uint64_t overrun_ns;
	wide worst; /* numerator: of this epoch, as far as ran() saw */
	bool later; /* this epoch is not the first */
	struct entity entity[];
	/* The heap of the runnable entities with S = 0 follows, and the list of the others. */
};

static size_t header_size(uint32_t capacity)
{
	return (sizeof(struct lag) + capacity * sizeof(struct entity) + 63) & ~(size_t)63;
}

static struct baton__heap *waiting(const struct lag *l)
{
	return (void *)((char *)l + header_size(l->capacity));
}

static uint32_t *list(const struct lag *l)
{
	return (void *)((char *)waiting(l) + baton__heap_size(l->capacity));
}

size_t baton__lag_size(uint32_t capacity)
{
	return header_size(capacity) + baton__heap_size(capacity) + capacity * sizeof(uint32_t);
}

void baton__lag_init(void *lag, uint32_t capacity)
{
	struct lag *l = lag;

	l->capacity = capacity;
	baton__heap_init(waiting(l), capacity);
}

/* The heaviest first. */
static void wait_unserved(struct lag *l, baton_entity_t e)
{
	baton__heap_insert(waiting(l), e, UINT64_MAX - l->entity[e].weight);
}

/* The numerator of an entity's distance from the ideal. */
static wide distance(const struct lag *l, const struct entity *x)
{
	wide ideal = (wide)x->weight * l->charged_ns;
	wide real = (wide)x->served_ns * l->weight;

	return ideal > real ? ideal - real : real - ideal;
}

static wide larger(wide a, wide b)
{
	return a > b ? a : b;
}

/* Rounded up. Nobody is runnable: nobody has a distance. */
static uint64_t in_ns(const struct lag *l, wide numerator)
{
	return l->weight ? (uint64_t)((numerator + l->weight - 1) / l->weight) : 0;
}

/* The set of runnable entities is about to change. */
static void end_epoch(struct lag *l)
{
	baton_entity_t e = baton__heap_first(waiting(l));
	uint64_t worst;

	if (!l->charged_ns)
		return;
	if (e != BATON__HEAP_NONE)
		l->worst = larger(l->worst, distance(l, &l->entity[e]));
	while (l->served) {
		e = list(l)[--l->served];
		l->worst = larger(l->worst, distance(l, &l->entity[e]));
		l->entity[e].served_ns = 0;
		wait_unserved(l, e);
	}
	worst = in_ns(l, l->worst);
	if (worst > l->worst_ns[l->later])
		l->worst_ns[l->later] = worst;
	l->charged_ns = 0;
	l->worst = 0;
	l->later = true;
}

static void leave(struct lag *l, baton_entity_t e)
{
	if (!l->entity[e].runnable)
		return;
	end_epoch(l);
	l->entity[e].runnable = false;
	l->weight -= l->entity[e].weight;
	baton__heap_remove(waiting(l), e);
}

void baton__lag_add(void *lag, baton_entity_t e, uint64_t weight)
{
	struct lag *l = lag;

	l->entity[e] = (struct entity){ .weight = weight };
}

void baton__lag_remove(void *lag, baton_entity_t e)
{
	struct lag *l = lag;

	leave(l, e);
	l->entity[e].weight = 0;
}

void baton__lag_wake(void *lag, baton_entity_t e, uint64_t now)
{
	struct lag *l = lag;

	if (l->entity[e].runnable || !l->entity[e].weight)
		return;
	end_epoch(l);
	l->entity[e].runnable = true;
	l->weight += l->entity[e].weight;
	wait_unserved(l, e);
}

void baton__lag_ran(void *lag, baton_entity_t e, uint64_t ns, uint64_t slice_ns, enum baton_why why,
		    uint64_t now)
{
	struct lag *l = lag;
	struct entity *x = &l->entity[e];

	if (ns > slice_ns && ns - slice_ns > l->overrun_ns)
		l->overrun_ns = ns - slice_ns;
	if (!x->runnable)
		return;
	if (ns) {
		if (!x->served_ns) {
			baton__heap_remove(waiting(l), e);
			list(l)[l->served++] = e;
		}
		l->worst = larger(l->worst, distance(l, x));
		l->charged_ns += ns;
		x->served_ns += ns;
		l->worst = larger(l->worst, distance(l, x));
	}
	if (baton_why_leaves(why))
		leave(l, e);
}

uint64_t baton__lag_now(const void *lag)
{
	const struct lag *l = lag;
	wide worst = 0;

	for (uint32_t e = 0; e < l->capacity; e++)
		if (l->entity[e].runnable)
			worst = larger(worst, distance(l, &l->entity[e]));
	return in_ns(l, worst);
}

void baton__lag_read_during(const void *lag, baton_entity_t e, uint64_t ns,
			    struct baton__lag_stats *stats)
{
	const struct lag *l = lag;
	bool counts = e != BATON_NOBODY && l->entity[e].runnable && ns;
	struct lag now = *l; /* without the entities */
	uint64_t worst;

	if (counts) {
		now.charged_ns += ns;
		now.worst = larger(now.worst, distance(l, &l->entity[e]));
	}
	for (uint32_t i = 0; i < l->capacity; i++) {
		struct entity x = l->entity[i];

		if (counts && i == e)
			x.served_ns += ns;
		if (x.runnable)
			now.worst = larger(now.worst, distance(&now, &x));
	}
	worst = in_ns(&now, now.worst);
	if (worst > now.worst_ns[now.later])
		now.worst_ns[now.later] = worst;
	*stats = (struct baton__lag_stats){
		.lag_ns = now.worst_ns[0],
		.lag_later_ns = now.worst_ns[1],
		.overrun_ns = now.overrun_ns,
	};
}

void baton__lag_read(const void *lag, struct baton__lag_stats *stats)
{
	baton__lag_read_during(lag, BATON_NOBODY, 0, stats);
}

int64_t baton__lag_of(const void *lag, baton_entity_t e, baton_entity_t running, uint64_t ns)
{
	const struct lag *l = lag;
	struct entity x = l->entity[e];
	struct lag now = *l; /* without the entities */
	int64_t worth;

	if (!x.runnable)
		return 0;
	if (running != BATON_NOBODY && l->entity[running].runnable) {
		now.charged_ns += ns;
		x.served_ns += running == e ? ns : 0;
	}
	worth = (int64_t)in_ns(&now, distance(&now, &x));
	return (wide)x.weight * now.charged_ns < (wide)x.served_ns * now.weight ? -worth : worth;
}
