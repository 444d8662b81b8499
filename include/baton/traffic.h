/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * traffic.h - devices through which one VM, the producer, passes items to another,
 * the consumer: item by item, in batches, or by way of a ring.
 *
 * Who has to wait for the other side is blocked, and woken when the other side acts.
 * Whose turn is over yields; so the order of events is the same under any policy.
 *
 * A VM that would have to wait for one that has ended is ended as well: halted,
 * with status 0. Before that, the consumer gets all that was handed over.
 *
 * What a guest does wrong is a fault, and that VM alone dies. An item is 32 bits.
 */
#ifndef BATON_TRAFFIC_H
#define BATON_TRAFFIC_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most items that one of these devices holds, or passes on at once. */
#define BATON_TRAFFIC_MOST 256

enum baton_traffic_kind {
	BATON_TRAFFIC_PRODUCED,	 /* the producer handed items over */
	BATON_TRAFFIC_CONSUMING, /* the consumer has been given items */
	BATON_TRAFFIC_CONSUMED,	 /* the consumer is done with items */
	BATON_TRAFFIC_KINDS
};

/* "produced", "consuming", "consumed"; static storage. */
const char *baton_traffic_name(enum baton_traffic_kind kind);

/* Something that happened. The pointers hold during the call. */
struct baton_traffic {
	enum baton_traffic_kind kind;
	struct baton_vm *vm;   /* whose doing it was */
	const uint32_t *items; /* oldest first */
	uint32_t count;

	/* Of a ring, when a turn has ended; `ring` is NULL for the others. */
	const uint32_t *ring; /* all that it holds, oldest first */
	uint32_t held;
	int32_t prod_p, cons_p; /* as its layout has them */
};

/* What the three devices have in common. */
struct baton_traffic_config {
	struct baton_vm *producer, *consumer; /* two VMs of the device's host */

	/* Called for each event, on the host's thread. May be NULL. */
	void (*event)(void *context, const struct baton_traffic *event);
	/*
	 * Is there room for BATON_CONSOLE_BURST bytes of text about an event? May be
	 * NULL: always. While it says no, the guest waits, and it is asked again every
	 * millisecond.
	 */
	bool (*ready)(void *context);
	void *context;
};

/*
 * A hand-off holds `depth` items. The producer writes them to `produce` by OUT, of
 * 1, 2 or 4 bytes; the consumer takes them from `consume` by IN of the same width,
 * and then reports each by an OUT to `consumed`.
 *
 * Filling and emptying take turns: once it is full, the producer's turn ends, and
 * its next OUT waits until every item has been taken and reported; then the
 * consumer's turn ends, and its next IN waits until the hand-off is full again, or
 * the producer has ended. A consumer need not report: an IN with nothing left counts
 * for all reports.
 */
struct baton_handoff_config {
	struct baton_traffic_config traffic;
	uint32_t depth; /* 1 to BATON_TRAFFIC_MOST */
	uint16_t produce, consume, consumed;
};
#define BATON_HANDOFF_CONFIG { .depth = 1, .produce = 0x10, .consume = 0x11, .consumed = 0x12 }
extern const struct baton_device_ops baton_handoff;

/* Ports of a batch. */
struct baton_batch_ports {
	const char *name;  /* of a published choice; NULL: one of your own */
	uint16_t array;	   /* OUT32: the address of the producer's array */
	uint16_t produced; /* OUT: it is full; may be the same port, then one OUT says both */
	uint16_t buffer;   /* OUT32: the address of the consumer's array */
	uint16_t consumed; /* OUT: done with the batch */
};

/* The published choices, ended by a name of NULL. */
const struct baton_batch_ports *baton_batch_ports(void);

/*
 * A batch of `size` items goes from an array in the producer's memory to one in the
 * consumer's, without an exit per item. Addresses are linear, and each VM's are
 * translated by its own page tables, in accesses of its own.
 *
 * The consumer's OUT to `buffer` returns when the first batch lies in the array, and
 * that to `consumed` when the next one does. To say where the array is once is
 * enough; if it is said again with a batch at hand, the batch goes there as well. The
 * producer waits until the consumer does, passes its batch, and its turn ends.
 */
struct baton_batch_config {
	struct baton_traffic_config traffic;
	uint32_t size; /* 1 to BATON_TRAFFIC_MOST */
	struct baton_batch_ports ports;
};
extern const struct baton_device_ops baton_batch;

enum baton_ring_layout {
	/*
	 * {int32 prod_p, cons_p, count; int32 buf[capacity]}: the slots to fill and to
	 * empty next, 0 at first. It holds `capacity` items: count tells full from empty.
	 */
	BATON_RING_COUNT,
	/*
	 * {int32 prod_p, cons_p; int32 buf[capacity]}: the slots filled and emptied last,
	 * -1 at first. It holds capacity - 1 items, so that equal pointers mean empty.
	 */
	BATON_RING_POINTERS,
	BATON_RING_LAYOUTS
};

/* "count", "pointers"; static storage. */
const char *baton_ring_layout_name(enum baton_ring_layout layout);

/*
 * A ring whose state each VM has in its own memory while it works on it. An IN of 4
 * bytes from `begin` begins the VM's turn: the state is copied to its memory, and the
 * result is how many items it may produce or consume, at most; 0 is a turn too.
 * Meanwhile the other VM's IN waits. An OUT to `produced` or `consumed` ends the turn:
 * the state is copied back, checked, and shown; the VM yields.
 *
 * A producer may change prod_p, count and the slots that it fills; a consumer cons_p,
 * count and the slots that it empties. Anything else is a fault. A VM that ends
 * within its turn leaves the ring as it was before.
 *
 * The state has to be zero when the device is made: an image lies there otherwise.
 */
struct baton_ring_config {
	struct baton_traffic_config traffic;
	uint32_t capacity; /* slots: 1 to BATON_TRAFFIC_MOST; 2 at least without a count */
	baton_gpa_t state; /* in the memory of both VMs */
	enum baton_ring_layout layout;
	uint16_t begin, produced, consumed;
};
#define BATON_RING_CONFIG                                                           \
	{                                                                           \
		.capacity = 20, .state = 0x400, .begin = 0xF4, .produced = 0xF2,    \
		.consumed = 0xF3,                                                   \
	}
extern const struct baton_device_ops baton_ring;

#ifdef __cplusplus
}
#endif
#endif
