/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.c - arrays of items, from the producer's memory to the consumer's.
 *
 * Each VM's memory is touched in accesses of that VM only, so that whose address is
 * wrong is who dies. In between, the batch is here: `full` until the consumer has a
 * copy, `at_hand` until the consumer is done with it.
 */
#include <errno.h>

#include "dev/pair.h"
#include "dev/plain.h"

struct batch {
	uint32_t size;
	struct baton_batch_ports ports;
	struct baton__pair pair;
	bool has_array, full, at_hand;
	uint64_t array, buffer; /* linear addresses of the producer's and the consumer's */
	uint32_t items[BATON_TRAFFIC_MOST];
};

static size_t bytes(const struct batch *b)
{
	return b->size * sizeof(*b->items);
}

static void tell(const struct batch *b, enum baton_traffic_kind kind, struct baton_vm *vm)
{
	const struct baton_traffic event = {
		.kind = kind, .vm = vm, .items = b->items, .count = b->size,
	};

	baton__pair_tell(&b->pair, &event);
}

static enum baton_verdict fault_array(struct baton_access *a)
{
	return baton__pair_fault(a, "its array is not in guest memory");
}

/* Is `a->data` the address of an array of this VM's? */
static bool is_array(const struct batch *b, const struct baton_access *a)
{
	uint32_t items[BATON_TRAFFIC_MOST];

	return !baton_vcpu_read(a->vcpu, a->data, items, bytes(b));
}

/* --------------------------------------------------------------- producer */

static enum baton_verdict pass(struct batch *b, struct baton_access *a)
{
	if (!b->has_array)
		return baton__pair_fault(a, "passes an array without having said where it is");
	if (!b->pair.waits[BATON__CONSUMER])
		return baton__pair_wait(&b->pair, BATON__PRODUCER, a);
	if (!baton__pair_ready(&b->pair, a))
		return BATON_BLOCK;
	if (baton_vcpu_read(a->vcpu, b->array, b->items, bytes(b)))
		return fault_array(a);
	b->full = true;
	tell(b, BATON_TRAFFIC_PRODUCED, a->vm);
	baton__pair_wake(&b->pair, BATON__CONSUMER);
	return BATON_YIELD;
}

static enum baton_verdict serve_producer(void *state, struct baton_access *a)
{
	struct batch *b = state;

	if (!a->write)
		return baton__pair_fault(a, "a producer passes its batch by OUT");
	if (a->addr != b->ports.array)
		return pass(b, a);
	if (a->size != 4)
		return baton__pair_fault(a, "the address of an array is 4 bytes wide");
	if (!is_array(b, a))
		return fault_array(a);
	b->array = a->data;
	b->has_array = true;
	return b->ports.array == b->ports.produced ? pass(b, a) : BATON_RESUME;
}

/* --------------------------------------------------------------- consumer */

/* Returns when a batch lies in the array. */
static enum baton_verdict receive(struct batch *b, struct baton_access *a)
{
	if (!b->full && !b->at_hand) {
		baton__pair_wake(&b->pair, BATON__PRODUCER);
		return baton__pair_wait(&b->pair, BATON__CONSUMER, a);
	}
	if (b->full && !baton__pair_ready(&b->pair, a))
		return BATON_BLOCK;
	if (baton_vcpu_write(a->vcpu, b->buffer, b->items, bytes(b)))
		return fault_array(a);
	if (b->full)
		tell(b, BATON_TRAFFIC_CONSUMING, a->vm);
	b->full = false;
	b->at_hand = true;
	return BATON_RESUME;
}

static enum baton_verdict serve_buffer(void *state, struct baton_access *a)
{
	struct batch *b = state;

	if (!a->write || a->size != 4)
		return baton__pair_fault(a, "the address of an array is an OUT of 4 bytes");
	if (!is_array(b, a))
		return fault_array(a);
	b->buffer = a->data;
	return receive(b, a);
}

/* What was consumed is what the array holds at the end. */
static enum baton_verdict serve_consumed(void *state, struct baton_access *a)
{
	struct batch *b = state;

	if (!a->write)
		return baton__pair_fault(a, "a consumer says done by OUT");
	if (!b->at_hand && !a->resumed)
		return baton__pair_fault(a, "done with a batch that it does not have");
	if (b->at_hand) {
		if (!baton__pair_ready(&b->pair, a))
			return BATON_BLOCK;
		if (baton_vcpu_read(a->vcpu, b->buffer, b->items, bytes(b)))
			return fault_array(a);
		b->at_hand = false;
		tell(b, BATON_TRAFFIC_CONSUMED, a->vm);
	}
	return receive(b, a);
}

/* ------------------------------------------------------------------ making */

static void ended(void *state, struct baton_vm *vm)
{
	struct batch *b = state;

	baton__pair_ended(&b->pair, vm);
}

const struct baton_batch_ports *baton_batch_ports(void)
{
	static const struct baton_batch_ports published[] = {
		{ "course", .array = 0x10, .produced = 0x10, .buffer = 0x11, .consumed = 0x12 },
		{ "f0", .array = 0xF0, .produced = 0xF2, .buffer = 0xF1, .consumed = 0xF3 },
		{ 0 },
	};

	return published;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_batch_config *c = config;
	const struct baton_batch_ports *p = &c->ports;
	struct batch *b = state;
	int error;

	if (!c->size || c->size > BATON_TRAFFIC_MOST)
		return baton_diag_set(diag, -EINVAL, "batch", "size %u; expected 1 to %d", c->size,
				      BATON_TRAFFIC_MOST);
	b->size = c->size;
	b->ports = *p;
	error = baton__pair_init(&b->pair, &c->traffic, "batch", diag);
	if (!error)
		error = baton_device_claim_ports(device, c->traffic.producer, p->array, 1,
						 serve_producer, diag);
	if (!error && p->produced != p->array)
		error = baton_device_claim_ports(device, c->traffic.producer, p->produced, 1,
						 serve_producer, diag);
	if (!error)
		error = baton_device_claim_ports(device, c->traffic.consumer, p->buffer, 1,
						 serve_buffer, diag);
	if (!error)
		error = baton_device_claim_ports(device, c->traffic.consumer, p->consumed, 1,
						 serve_consumed, diag);
	return error;
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct batch *b = state;

	baton__pair_forked(&b->pair, forking);
	return 0;
}

static int check_plain(const void *state)
{
	const struct batch *b = state;

	if (baton__pair_check(&b->pair) || !baton__is_bool(&b->has_array) || !baton__is_bool(&b->full) ||
	    !baton__is_bool(&b->at_hand))
		return -EINVAL;
	return 0;
}

const struct baton_device_ops baton_batch = {
	.name = "batch",
	.size = sizeof(struct batch),
	.init = init,
	.ended = ended,
	.plain = BATON__PAIR_PLAIN(batch),
	.forked = forked,
	.check = check_plain,
};
