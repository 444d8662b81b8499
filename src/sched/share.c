/* SPDX-License-Identifier: Apache-2.0 */
/*
 * share.c - the policy `share`: CPU time in proportion to weight.
 *
 * Earliest eligible virtual deadline first, with deadlines that allow for turns
 * that overrun, and with rules for promises that cannot be kept.
 *
 * The ideal is a fluid: a turn of `ns` by anybody moves *virtual time* V on by
 * ns / W, with W the weight of all that are runnable, and an entity of weight w
 * is entitled to w of time for each unit of V. Each entity has a virtual time v
 * of its own, up to which it was served; a turn moves it on by ns / w. So
 * w (V - v) is its *lag*: what it is owed (a credit) or has had too much (a debt).
 * R is the longest turn so far, one slice at least.
 *
 *	waiting    v > V: it is in debt; it becomes eligible when V reaches v
 *	eligible   v <= V: the one with the earliest deadline v + R / w is picked
 *	urgent     its deadline is as good as missed; these go before all others
 *
 * Nobody eligible: V jumps to the smallest v. Of equals the lower number wins.
 *
 * Waking. An entity that slept with a credit lost it: its v is V. A debt is kept,
 * for V to reach: to sleep for a nanosecond after each slice gains nothing.
 *
 * Leaving. A credit is shared out among the others: V moves on. A debt means that
 * the others are owed time that nobody is there to give back. Nothing is done at
 * once, for the debtor may be back in a nanosecond; but if it stays away, there
 * will be deadlines that cannot all be met, and by deadlines a crowd of light
 * entities would go before a heavy one. Hence two rules, which do nothing until
 * the set has changed:
 *   - a missed deadline makes urgent, and the urgent go by when their lag *since
 *     the set of runnable entities last changed* would exceed 2R: if nobody ran
 *     since then, the heaviest first;
 *   - who had R more than its share since that change waits, whatever it is owed.
 * (Another answer is to take V back by the debt, to the average of the v of those
 * that are left. Then each of many sleepers that come and go has its turn before
 * a heavy entity has a second one, and the set as a whole forgets it.)
 *
 * Bounds. Until the set changes, every |lag| <= R, one slice plus the longest
 * overrun, whatever the turns: cut short, overrun, or yielded. Because, for each
 * virtual time D, with J those whose deadline is D or earlier, if there are any,
 *
 *	sum over J of w (D - v)  <=  W (D - V) + R		(1)
 *
 * It holds at the start, where all v = V. A turn of ns <= R by k keeps it. If k is
 * in J, its term was R at least and falls by ns or goes, the right side falls by
 * ns. If not, nobody in J was eligible, or k would not have been picked; so all v
 * in J are above V, the left side is at most W (D - V), which falls by ns <= R. If
 * R grows, deadlines move away, J and the left side shrink, and both cases hold
 * for k itself. Now let D be the deadline of i: the term of i alone is R, so
 * V <= D: lag <= R. And who runs was eligible, so lag >= -R. In the same way one
 * sees that wakes keep (1), and turns after which somebody leaves with a credit.
 *
 * After a change lag is counted anew, and stays within 2R. Too much: who runs was
 * not R ahead, by the second rule, unless V jumped. Too little: where (1) still
 * holds, lag goes from -R to R at most. Only debts that stay away, and entities
 * that are removed though they want to run, can break (1). For these, and for
 * jumps, many thousands of mixes show the bound, not this comment.
 *
 * Nobody starves: while one waits, V goes on, and no other gets more than w for
 * each unit of V, R, and what it was owed when the wait began.
 *
 * Numbers. Virtual time has 60 binary places and remainders are carried on, so
 * nothing accumulates: until the set changes, v and V are the true values rounded
 * down, after centuries too. A weight of 0 is registered and never picked.
 *
 * Complexity. wake(), ran(), remove(): O(log n). pick(): O(log n) amortised; it
 * moves entities from heap to heap, each twice at most for a turn or wake of its
 * own. A new longest turn moves all deadlines, but only away; so a stored one may
 * be too early, never too late, and the first is corrected until it is right:
 * O(n log n) at worst, where all were equal, and next to nothing as a rule. Such
 * turns get rare: of k random ones the last is the longest once in k times.
 */
#include "base/heap.h"
#include "sched/admit.h"
#include "sched/policies.h"

#define PLACES 60

/* Virtual time: nanoseconds for a weight of 1, in units of 2^-60. */
typedef baton__heap_key_t vtime;

struct entity {
	vtime v;
	uint64_t weight;
	uint64_t served_ns; /* charged since the change number `change` */
	uint64_t change;
	uint32_t rest; /* v is too small by rest / weight units */
	bool registered, runnable;
};

struct share {
	vtime now;	     /* V */
	vtime since;	     /* V when the set of runnable entities last changed */
	uint64_t change;     /* how often it changed */
	uint64_t weight;     /* W */
	uint64_t rest;	     /* V is too small by rest / W units */
	uint64_t slice_ns;
	uint64_t longest_ns; /* R */
	uint32_t capacity;
	struct entity entity[]; /* three heaps follow */
};

static size_t header_size(uint32_t capacity)
{
	return (sizeof(struct share) + capacity * sizeof(struct entity) + 63) & ~(size_t)63;
}

static struct baton__heap *heap(struct share *s, unsigned i)
{
	return (void *)((char *)s + header_size(s->capacity) + i * baton__heap_size(s->capacity));
}

/* By ready(), as it was when the entity began to wait. */
static struct baton__heap *waiting(struct share *s)
{
	return heap(s, 0);
}

/* By deadline, or an earlier value. */
static struct baton__heap *eligible(struct share *s)
{
	return heap(s, 1);
}

/* By promise(), as it was when the entity became urgent. */
static struct baton__heap *urgent(struct share *s)
{
	return heap(s, 2);
}

static size_t share_size(uint32_t capacity)
{
	return header_size(capacity) + 3 * baton__heap_size(capacity);
}

static int share_init(void *state, uint32_t capacity, const struct baton_sched_config *config,
		      struct baton_diag *diag)
{
	struct share *s = state;

	if (!config->slice_ns)
		return baton__diag(diag, -EINVAL, "policy share",
				   "the slice is 0 ns: expected 1 or more");
	s->capacity = capacity;
	s->slice_ns = s->longest_ns = config->slice_ns;
	for (unsigned i = 0; i < 3; i++)
		baton__heap_init(heap(s, i), capacity);
	return 0;
}

static int share_add(void *state, baton_entity_t e, const struct baton_sched_entity *what,
		     uint64_t now, struct baton_diag *diag)
{
	struct share *s = state;
	int error = baton__sched_in_range(e, s->capacity, diag);

	if (!error)
		error = baton__sched_free(e, s->entity[e].registered, diag);
	if (error)
		return error;
	if (what->weight > BATON_WEIGHT_MAX)
		return baton__diag(diag, -EINVAL, "policy share",
				   "entity %u: weight %llu: expected at most %llu", e,
				   (unsigned long long)what->weight,
				   (unsigned long long)BATON_WEIGHT_MAX);
	s->entity[e] = (struct entity){ .weight = what->weight, .registered = true };
	return 0;
}

/* ------------------------------------------------------------ virtual time */

/* The virtual time that `ns` is worth for a weight. */
static vtime span(uint64_t ns, uint64_t weight)
{
	return ((vtime)ns << PLACES) / weight;
}

/* Moves an entity on by what it was charged. */
static void serve(struct share *s, struct entity *x, uint64_t ns)
{
	vtime work = ((vtime)ns << PLACES) + x->rest;

	x->v += work / x->weight;
	x->rest = (uint32_t)(work % x->weight);
	if (x->change != s->change) {
		x->change = s->change;
		x->served_ns = 0;
	}
	x->served_ns += ns;
}

/* Moves V on by what somebody was charged. */
static void advance(struct share *s, uint64_t ns)
{
	vtime work = ((vtime)ns << PLACES) + s->rest;

	s->now += work / s->weight;
	s->rest = (uint64_t)(work % s->weight);
}

static vtime deadline(const struct share *s, const struct entity *x)
{
	return x->v + (((vtime)s->longest_ns << PLACES) + x->rest) / x->weight;
}

/* V when an entity's lag since the last change was, or will be, 0. */
static vtime even(const struct share *s, const struct entity *x)
{
	return s->since + (x->change == s->change ? span(x->served_ns, x->weight) : 0);
}

/* The V at which an entity's lag since the last change exceeds 2R. */
static vtime promise(const struct share *s, const struct entity *x)
{
	return even(s, x) + 2 * span(s->longest_ns, x->weight);
}

/* The V at which it may run again: not in debt, nor more than R ahead since the last change. */
static vtime ready(const struct share *s, const struct entity *x)
{
	vtime enough = even(s, x), most = span(s->longest_ns, x->weight);

	enough = enough > most ? enough - most : 0;
	return x->v > enough ? x->v : enough;
}

/* ---------------------------------------------------------- coming and going */

static void set_changed(struct share *s)
{
	s->rest = 0; /* it was in parts of another W */
	s->since = s->now;
	s->change++;
}

static void share_wake(void *state, baton_entity_t e, uint64_t now)
{
	struct share *s = state;
	struct entity *x = &s->entity[e];

	if (!x->registered || x->runnable)
		return;
	x->runnable = true;
	if (!x->weight)
		return;
	if (x->v < s->now) {
		x->v = s->now;
		x->rest = 0;
	}
	s->weight += x->weight;
	set_changed(s);
	baton__heap_insert(waiting(s), e, x->v);
}

static void leave(struct share *s, baton_entity_t e)
{
	struct entity *x = &s->entity[e];

	if (!x->runnable)
		return;
	x->runnable = false;
	if (!x->weight)
		return;
	for (unsigned i = 0; i < 3; i++)
		baton__heap_remove(heap(s, i), e);
	s->weight -= x->weight;
	if (s->weight && x->v < s->now)
		s->now += (s->now - x->v) * x->weight / s->weight;
	set_changed(s);
}

static void share_remove(void *state, baton_entity_t e, uint64_t now)
{
	struct share *s = state;

	leave(s, e);
	s->entity[e].registered = false;
}

static void share_ran(void *state, baton_entity_t e, uint64_t ns, enum baton_why why, uint64_t now)
{
	struct share *s = state;
	struct entity *x = &s->entity[e];

	if (x->runnable && x->weight) {
		if (ns > s->longest_ns)
			s->longest_ns = ns;
		serve(s, x, ns);
		advance(s, ns);
		baton__heap_remove(eligible(s), e);
		baton__heap_remove(urgent(s), e);
		baton__heap_insert(waiting(s), e, ready(s, x));
	}
	if (baton_why_leaves(why))
		leave(s, e);
}

/* --------------------------------------------------------------- deciding */

/* Moves those that V has reached to the eligible ones, of which there is one in the end. */
static void find_eligible(struct share *s)
{
	baton_entity_t e = baton__heap_first(waiting(s));

	if (e != BATON_NOBODY && !baton__heap_count(eligible(s)) && !baton__heap_count(urgent(s)) &&
	    baton__heap_key(waiting(s), e) > s->now) {
		s->now = baton__heap_key(waiting(s), e);
		s->rest = 0;
	}
	while (e != BATON_NOBODY && baton__heap_key(waiting(s), e) <= s->now) {
		baton__heap_remove(waiting(s), e);
		baton__heap_insert(eligible(s), e, deadline(s, &s->entity[e]));
		e = baton__heap_first(waiting(s));
	}
}

/*
 * Corrects the first deadlines, and moves those to the urgent ones that pass
 * before the next turn is over. Where (1) holds no deadline is missed, so there
 * is none until the set first changed.
 */
static void find_urgent(struct share *s)
{
	vtime end = s->since ? s->now + span(s->longest_ns, s->weight) : 0;
	baton_entity_t e;

	while ((e = baton__heap_first(eligible(s))) != BATON_NOBODY) {
		const struct entity *x = &s->entity[e];
		vtime d = deadline(s, x);

		if (d < end) {
			baton__heap_remove(eligible(s), e);
			baton__heap_insert(urgent(s), e, promise(s, x));
		} else if (d != baton__heap_key(eligible(s), e)) {
			baton__heap_insert(eligible(s), e, d);
		} else {
			return;
		}
	}
}

static struct baton_sched_pick share_pick(void *state, uint64_t now)
{
	struct share *s = state;
	baton_entity_t e;

	if (s->weight) {
		find_eligible(s);
		find_urgent(s);
	}
	e = baton__heap_first(urgent(s));
	if (e == BATON_NOBODY)
		e = baton__heap_first(eligible(s));
	return (struct baton_sched_pick){
		.entity = e,
		.slice_ns = s->slice_ns,
		.exits = UINT64_MAX,
		.deadline_ns = UINT64_MAX,
	};
}

const struct baton_sched_ops baton__sched_share = {
	.name = "share",
	.summary = "CPU time in proportion to weight",
	.size = share_size,
	.init = share_init,
	.add = share_add,
	.remove = share_remove,
	.wake = share_wake,
	.ran = share_ran,
	.pick = share_pick,
};
