/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff.c - items from a producer to a consumer, as many at a time as it is deep.
 *
 * It is either being filled or being emptied, never both: so producer and consumer
 * take turns whatever the policy does, and no item is overwritten or taken twice.
 */
#include <errno.h>

#include "dev/pair.h"
#include "dev/plain.h"

struct item {
	uint32_t value;
	uint32_t size; /* bytes, as it was written */
};

struct handoff {
	uint32_t depth;
	struct baton__pair pair;
	bool emptying;
	uint32_t held, taken; /* since filling began; taken <= held <= depth */
	uint64_t unreported;  /* taken, and not reported yet */
	struct item items[BATON_TRAFFIC_MOST];
};

static void tell(const struct handoff *h, enum baton_traffic_kind kind, struct baton_vm *vm,
		 uint32_t value)
{
	const struct baton_traffic event = { .kind = kind, .vm = vm, .items = &value, .count = 1 };

	baton__pair_tell(&h->pair, &event);
}

static void begin_emptying(struct handoff *h)
{
	h->emptying = true;
	baton__pair_wake(&h->pair, BATON__CONSUMER);
}

static void begin_filling(struct handoff *h)
{
	h->emptying = false;
	h->held = h->taken = 0;
	baton__pair_wake(&h->pair, BATON__PRODUCER);
}

static enum baton_verdict produce(void *state, struct baton_access *a)
{
	struct handoff *h = state;

	if (!a->write)
		return baton__pair_fault(a, "a producer writes its items, it does not read them");
	if (h->emptying)
		return baton__pair_wait(&h->pair, BATON__PRODUCER, a);
	if (!baton__pair_ready(&h->pair, a))
		return BATON_BLOCK;
	h->items[h->held++] = (struct item){ .value = (uint32_t)a->data, .size = a->size };
	tell(h, BATON_TRAFFIC_PRODUCED, a->vm, (uint32_t)a->data);
	if (h->held < h->depth)
		return BATON_RESUME;
	begin_emptying(h);
	return BATON_YIELD;
}

static enum baton_verdict consume(void *state, struct baton_access *a)
{
	struct handoff *h = state;
	const struct item *item;

	if (a->write)
		return baton__pair_fault(a, "a consumer reads its items, it does not write them");
	if (h->emptying && h->taken == h->held)
		begin_filling(h);
	if (!h->emptying)
		return baton__pair_wait(&h->pair, BATON__CONSUMER, a);
	item = &h->items[h->taken];
	if (a->size != item->size)
		return baton__pair_fault(a, "the item was written with another width");
	if (!baton__pair_ready(&h->pair, a))
		return BATON_BLOCK;
	h->taken++;
	h->unreported++;
	a->data = item->value;
	tell(h, BATON_TRAFFIC_CONSUMING, a->vm, item->value);
	return BATON_RESUME;
}

static enum baton_verdict report(void *state, struct baton_access *a)
{
	struct handoff *h = state;

	if (!a->write)
		return baton__pair_fault(a, "what was consumed is reported by OUT");
	if (!h->unreported)
		return baton__pair_fault(a, "reports an item that it has not taken");
	if (!baton__pair_ready(&h->pair, a))
		return BATON_BLOCK;
	h->unreported--;
	tell(h, BATON_TRAFFIC_CONSUMED, a->vm, (uint32_t)a->data);
	if (h->taken < h->held || h->unreported)
		return BATON_RESUME;
	begin_filling(h);
	return BATON_YIELD;
}

/* What a producer leaves behind can still be consumed. */
static void ended(void *state, struct baton_vm *vm)
{
	struct handoff *h = state;

	if (baton__pair_ended(&h->pair, vm) == BATON__PRODUCER)
		h->emptying = true;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_handoff_config *c = config;
	struct handoff *h = state;
	int error;

	if (!c->depth || c->depth > BATON_TRAFFIC_MOST)
		return baton_diag_set(diag, -EINVAL, "handoff", "depth %u; expected 1 to %d",
				      c->depth, BATON_TRAFFIC_MOST);
	h->depth = c->depth;
	error = baton__pair_init(&h->pair, &c->traffic, "handoff", diag);
	if (!error)
		error = baton_device_claim_ports(device, c->traffic.producer, c->produce, 1,
						 produce, diag);
	if (!error)
		error = baton_device_claim_ports(device, c->traffic.consumer, c->consume, 1,
						 consume, diag);
	if (!error)
		error = baton_device_claim_ports(device, c->traffic.consumer, c->consumed, 1,
						 report, diag);
	return error;
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct handoff *h = state;

	baton__pair_forked(&h->pair, forking);
	return 0;
}

static int check_plain(const void *state)
{
	const struct handoff *h = state;

	if (baton__pair_check(&h->pair) || !baton__is_bool(&h->emptying))
		return -EINVAL;
	if (h->taken > h->held || h->held > h->depth || (!h->emptying && h->held == h->depth))
		return -EINVAL;
	return 0;
}

const struct baton_device_ops baton_handoff = {
	.name = "handoff",
	.size = sizeof(struct handoff),
	.init = init,
	.ended = ended,
	.plain = BATON__PAIR_PLAIN(handoff),
	.forked = forked,
	.check = check_plain,
};
