/* SPDX-License-Identifier: Apache-2.0 */
/*
 * automaton.h - what a VM can do, as far as it is known: nodes and edges.
 *
 * Between two accesses that others can see, a VM is a function of what it is and of what
 * it was given last: its registers and its own memory, and the value that it read. So it
 * is an automaton. A *node* is a VM that waits at such an access; an *edge* leads to the next
 * one, for one answer. KVM finds out each edge once (machines.h); after that it is looked up.
 */
#ifndef BATON_EXPLORE_AUTOMATON_H
#define BATON_EXPLORE_AUTOMATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "timer.h"

struct baton_death;

#define NO_NODE	   UINT32_MAX
#define NO_EDGE	   UINT32_MAX
#define NO_DEVICES UINT32_MAX

enum node_kind {
	NODE_READ,   /* of shared memory */
	NODE_WRITE,
	NODE_CALL,   /* of a device that others see, too */
	NODE_CHOOSE, /* among `data` possibilities */
	NODE_FENCE,  /* an instruction that waits until all stores have landed; with a `port`, of its own */
	NODE_TIMER,  /* the call, in one of `data` ways: its timer may have fired before */
	NODE_OPEN,   /* before an instruction: it goes on (0), or is interrupted there (1) */
	NODE_TAKE,   /* likewise, or in HLT: it is interrupted, in one of `data` ways */
	NODE_IDLE,   /* in HLT, and there is no interrupt that might come */
	NODE_ENDED,  /* halted, with `data` as status */
	NODE_DEAD,   /* `death` says of what */
	NODE_LOST,   /* it does what cannot be explored: `why` */
};

struct node {
	enum node_kind kind;
	uint8_t vm;
	uint8_t size;	 /* of an access */
	bool atomic;	 /* a read that a write follows, and nothing comes between */
	bool writes;	 /* CALL, FENCE: passes data; else it gets some */
	bool halted;	 /* TAKE: in HLT */
	uint64_t port;	 /* CALL, FENCE: or GPA */
	uint16_t region; /* READ, WRITE: which … */
	uint32_t offset; /* … and where in it */
	uint64_t data;	 /* what is written, or passed */
	uint64_t rip;	 /* a read's instruction, or where it may be interrupted; else what follows */
	const char *why;
	const struct baton_death *death;

	struct timer timer; /* its VM's */

	/* How to get back there. */
	uint32_t capture, memory; /* numbers in stores */
	uint32_t edges; /* the first of them, or NO_EDGE */
};

struct edge {
	uint64_t answer;      /* what was read, chosen, or whether a call is asked again */
	uint32_t devices;     /* as they have to be for that; NO_DEVICES: it does not matter */
	uint32_t devices_after; /* NO_DEVICES: as before */
	uint32_t to;	      /* a node */
	uint32_t next;	      /* edge of the same node */
	uint64_t store;	      /* what an atomic one writes … */
	bool stores;	      /* … if it does */
	bool blocks;	      /* the device has it wait, at the same node */
	uint64_t woken;	      /* VMs that the device woke: a bit each */
};

struct automaton {
	struct node *nodes;
	size_t node_count, node_room;
	struct edge *edges;
	size_t edge_count, edge_room;
};

/* Begin with { 0 }. Deaths are freed, too. */
void automaton_fini(struct automaton *automaton);

/* Its number, or NO_NODE: out of memory. */
uint32_t automaton_add_node(struct automaton *automaton, const struct node *node);

/* Puts a copy of an edge to a node. Its number, or NO_EDGE: out of memory. */
uint32_t automaton_add_edge(struct automaton *automaton, uint32_t node, const struct edge *edge);

/* The edge for an answer while devices are so; or NO_EDGE: not known yet. */
uint32_t automaton_find_edge(struct automaton *automaton, uint32_t node, uint64_t answer,
			     uint32_t devices);

/* The same, and nothing is put in front. */
const struct edge *automaton_look_up(const struct automaton *automaton, uint32_t node, uint64_t answer,
				     uint32_t devices);

#endif
