/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.c - a ring of items that producer and consumer work on in turns, each on a
 * copy in its own memory.
 *
 * The ring here is the true one. A guest's copy is read once when its turn ends, and
 * taken over only if it differs from what the guest was given in nothing but what was
 * its to change. Here a count tells full from empty, whatever the layout.
 */
#include <errno.h>
#include <string.h>

#include "dev/pair.h"

#define HEADER_MOST 3 /* words in front of the slots: prod_p, cons_p and perhaps count */

struct ring {
	struct baton_ring_config config;
	struct baton__pair pair;
	enum baton__side turn; /* whose it is */
	int32_t pointer[2];    /* prod_p and cons_p, as the layout has them */
	uint32_t held;
	uint32_t slots[BATON_TRAFFIC_MOST];
};

/* A VM's copy, as it lies in memory. */
struct copy {
	int32_t words[HEADER_MOST + BATON_TRAFFIC_MOST];
};

static uint32_t header(const struct ring *r)
{
	return r->config.layout == BATON_RING_COUNT ? 3 : 2;
}

static size_t copy_bytes(const struct ring *r)
{
	return (header(r) + r->config.capacity) * sizeof(int32_t);
}

/* The slot at which a side goes on: its pointer, or the one behind it. */
static uint32_t next_slot(const struct ring *r, enum baton__side side)
{
	int32_t p = r->pointer[side];

	return r->config.layout == BATON_RING_COUNT ? (uint32_t)p :
						      (uint32_t)(p + 1) % r->config.capacity;
}

/* How many items the side may produce or consume now. */
static uint32_t allowed(const struct ring *r, enum baton__side side)
{
	uint32_t room = r->config.capacity - (r->config.layout == BATON_RING_POINTERS);

	return side == BATON__PRODUCER ? room - r->held : r->held;
}

/* ------------------------------------------------------------------- turns */

static enum baton_verdict begin(struct ring *r, enum baton__side side, struct baton_access *a)
{
	struct copy copy;
	uint32_t may = allowed(r, side);

	if (a->write || a->size != 4)
		return baton__pair_fault(a, "a turn begins by an IN of 4 bytes");
	if (r->turn == side)
		return baton__pair_fault(a, "begins a turn within its turn");
	/* The other side is at work; or it has ended, and what is lacking here will never come. */
	if (r->turn != BATON__NOBODY || (!may && r->pair.ended[baton__pair_other(side)]))
		return baton__pair_wait(&r->pair, side, a);
	for (int i = 0; i < 2; i++)
		copy.words[i] = r->pointer[i];
	copy.words[2] = (int32_t)r->held; /* a slot takes its place if there is no count */
	for (uint32_t i = 0; i < r->config.capacity; i++)
		copy.words[header(r) + i] = (int32_t)r->slots[i];
	if (baton_vm_write(a->vm, r->config.state, &copy, copy_bytes(r)))
		return baton__pair_fault(a, "the ring's state is not in guest memory");
	r->turn = side;
	a->data = may;
	return BATON_RESUME;
}

/* How many items a side's copy says that it did. NULL, or why that cannot be. */
static const char *count_done(const struct ring *r, enum baton__side side, const struct copy *copy,
			      uint32_t *done)
{
	enum baton__side other = baton__pair_other(side);
	int32_t from = r->pointer[side], to = copy->words[side], count = copy->words[2];
	int32_t held = (int32_t)r->held, capacity = (int32_t)r->config.capacity, n;

	if (copy->words[other] != r->pointer[other])
		return "moved the other side's pointer";
	if (to != from && (to < 0 || to >= capacity))
		return "its pointer is out of range";
	if (r->config.layout == BATON_RING_POINTERS) {
		n = to >= from ? to - from : to - from + capacity;
		*done = (uint32_t)n;
		return *done > allowed(r, side) ? "its pointer went further than it may" : NULL;
	}
	if (count < 0 || count > capacity)
		return "its count is out of range";
	n = side == BATON__PRODUCER ? count - held : held - count;
	*done = (uint32_t)n;
	if (n < 0)
		return "its count went the wrong way";
	return (from + n) % capacity == to ? NULL : "its count and its pointer do not agree";
}

/* Is slot i one of the `done` ones from `first` on? */
static bool within(const struct ring *r, uint32_t i, uint32_t first, uint32_t done)
{
	return (i + r->config.capacity - first) % r->config.capacity < done;
}

/* The same, with a look at every slot. */
static const char *check(const struct ring *r, enum baton__side side, const struct copy *copy,
			 uint32_t *done)
{
	const char *why = count_done(r, side, copy, done);

	for (uint32_t i = 0; !why && i < r->config.capacity; i++)
		if (!within(r, i, next_slot(r, side), *done) &&
		    (uint32_t)copy->words[header(r) + i] != r->slots[i])
			why = "changed a slot that is not its to change";
	return why;
}

/* Copies items in their order out of the slots. */
static void unroll(const struct ring *r, uint32_t first, uint32_t count, uint32_t *items)
{
	for (uint32_t i = 0; i < count; i++)
		items[i] = r->slots[(first + i) % r->config.capacity];
}

/* Takes a copy over that has been checked. Items are what was produced or consumed. */
static void take_over(struct ring *r, enum baton__side side, const struct copy *copy, uint32_t done,
		      uint32_t *items)
{
	uint32_t first = next_slot(r, side);

	if (side == BATON__CONSUMER)
		unroll(r, first, done, items); /* it may have emptied them */
	for (uint32_t i = 0; i < r->config.capacity; i++)
		r->slots[i] = (uint32_t)copy->words[header(r) + i];
	if (side == BATON__PRODUCER)
		unroll(r, first, done, items);
	r->pointer[side] = copy->words[side];
	r->held += side == BATON__PRODUCER ? done : -done;
}

static void tell(const struct ring *r, enum baton__side side, const uint32_t *items, uint32_t count)
{
	uint32_t ring[BATON_TRAFFIC_MOST];
	const struct baton_traffic event = {
		.kind = side == BATON__PRODUCER ? BATON_TRAFFIC_PRODUCED : BATON_TRAFFIC_CONSUMED,
		.vm = r->pair.vm[side], .items = items, .count = count,
		.ring = ring, .held = r->held,
		.prod_p = r->pointer[BATON__PRODUCER], .cons_p = r->pointer[BATON__CONSUMER],
	};

	unroll(r, next_slot(r, BATON__CONSUMER), r->held, ring);
	baton__pair_tell(&r->pair, &event);
}

static enum baton_verdict end(struct ring *r, enum baton__side side, struct baton_access *a)
{
	uint32_t items[BATON_TRAFFIC_MOST], done;
	struct copy copy;
	const char *why;

	if (!a->write)
		return baton__pair_fault(a, "a turn ends by OUT");
	if (r->turn != side)
		return baton__pair_fault(a, "ends a turn that it has not begun");
	if (!baton__pair_ready(&r->pair, a))
		return BATON_BLOCK;
	if (baton_vm_read(a->vm, r->config.state, &copy, copy_bytes(r)))
		return baton__pair_fault(a, "the ring's state is not in guest memory");
	why = check(r, side, &copy, &done);
	if (why)
		return baton__pair_fault(a, why);
	take_over(r, side, &copy, done, items);
	tell(r, side, items, done);
	r->turn = BATON__NOBODY;
	baton__pair_wake(&r->pair, baton__pair_other(side));
	return BATON_YIELD;
}

static enum baton_verdict serve_producer(void *state, struct baton_access *a)
{
	struct ring *r = state;

	return a->addr == r->config.begin ? begin(r, BATON__PRODUCER, a) :
					    end(r, BATON__PRODUCER, a);
}

static enum baton_verdict serve_consumer(void *state, struct baton_access *a)
{
	struct ring *r = state;

	return a->addr == r->config.begin ? begin(r, BATON__CONSUMER, a) :
					    end(r, BATON__CONSUMER, a);
}

/* ------------------------------------------------------------------ making */

/* A turn that was under way is as if it had never begun. */
static void ended(void *state, struct baton_vm *vm)
{
	struct ring *r = state;

	if (baton__pair_ended(&r->pair, vm) == r->turn)
		r->turn = BATON__NOBODY;
}

const char *baton_ring_layout_name(enum baton_ring_layout layout)
{
	static const char *const names[] = {
		[BATON_RING_COUNT] = "count",
		[BATON_RING_POINTERS] = "pointers",
	};

	return names[layout];
}

/* Room for the state, and nothing else there. */
static int check_memory(const struct ring *r, const struct baton_vm *vm, struct baton_diag *diag)
{
	struct copy copy;

	if (baton_vm_read(vm, r->config.state, &copy, copy_bytes(r)))
		return baton_diag_set(diag, -EINVAL, "ring",
				      "its state at 0x%llx is %zu bytes, which end outside of the "
				      "memory of VM `%s`",
				      (unsigned long long)r->config.state, copy_bytes(r),
				      baton_vm_name(vm));
	for (uint32_t i = 0; i < header(r) + r->config.capacity; i++)
		if (copy.words[i])
			return baton_diag_set(diag, -EINVAL, "ring",
					      "VM `%s` has something else at 0x%llx, within the %zu "
					      "bytes of state at 0x%llx",
					      baton_vm_name(vm),
					      (unsigned long long)(r->config.state + i * 4),
					      copy_bytes(r), (unsigned long long)r->config.state);
	return 0;
}

static int check_config(const struct baton_ring_config *c, struct baton_diag *diag)
{
	uint32_t least = c->layout == BATON_RING_POINTERS ? 2 : 1;

	if ((unsigned)c->layout >= BATON_RING_LAYOUTS)
		return baton_diag_set(diag, -EINVAL, "ring", "there is no layout %u",
				      (unsigned)c->layout);
	if (c->capacity < least || c->capacity > BATON_TRAFFIC_MOST)
		return baton_diag_set(diag, -EINVAL, "ring", "capacity %u; expected %u to %d",
				      c->capacity, least, BATON_TRAFFIC_MOST);
	return 0;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct baton_ring_config *c = config;
	const uint16_t done[2] = { c->produced, c->consumed };
	const baton_access_fn serve[2] = { serve_producer, serve_consumer };
	struct ring *r = state;
	int error = check_config(c, diag);

	if (!error)
		error = baton__pair_init(&r->pair, &c->traffic, "ring", diag);
	r->config = *c;
	r->turn = BATON__NOBODY;
	if (c->layout == BATON_RING_POINTERS)
		r->pointer[BATON__PRODUCER] = r->pointer[BATON__CONSUMER] = -1;
	for (int side = 0; side < 2 && !error; side++) {
		error = check_memory(r, r->pair.vm[side], diag);
		if (!error)
			error = baton_device_claim_ports(device, r->pair.vm[side], c->begin, 1,
							 serve[side], diag);
		if (!error)
			error = baton_device_claim_ports(device, r->pair.vm[side], done[side], 1,
							 serve[side], diag);
	}
	return error;
}

static int forked(struct baton_device *device, void *state,
		  const struct baton_forking *forking, struct baton_diag *diag)
{
	struct ring *r = state;

	baton__pair_forked(&r->pair, forking);
	return 0;
}

/* The pointers say how many items there are, but whether none or all. */
static int check_plain(const void *state)
{
	const struct ring *r = state;
	int32_t capacity = (int32_t)r->config.capacity;
	int32_t first = r->config.layout == BATON_RING_POINTERS ? -1 : 0;
	uint32_t turn;

	memcpy(&turn, &r->turn, sizeof(turn));
	if (baton__pair_check(&r->pair) || turn > BATON__NOBODY)
		return -EINVAL;
	for (int side = 0; side < 2; side++)
		if (r->pointer[side] < first || r->pointer[side] >= capacity)
			return -EINVAL;
	if (r->held > r->config.capacity - (r->config.layout == BATON_RING_POINTERS))
		return -EINVAL;
	return (r->pointer[BATON__PRODUCER] - r->pointer[BATON__CONSUMER] + capacity) % capacity ==
	       (int32_t)r->held % capacity ? 0 : -EINVAL;
}

const struct baton_device_ops baton_ring = {
	.name = "ring",
	.size = sizeof(struct ring),
	.init = init,
	.ended = ended,
	.plain = BATON__PAIR_PLAIN(ring),
	.forked = forked,
	.check = check_plain,
};
