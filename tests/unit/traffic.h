/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic.h - two scripted VMs, a producer and a consumer, and a log of what the
 * device between them tells.
 */
#ifndef BATON_TESTS_UNIT_TRAFFIC_H
#define BATON_TESTS_UNIT_TRAFFIC_H

#include "rig.h"

#include "baton/traffic.h"

enum { PRODUCER, CONSUMER };

/* What a VM does next: stores words to its memory, then exits. */
struct step {
	struct fake_exit exit;
	struct {
		uint32_t at, word;
	} store[8];
	unsigned stores;
};

struct actor {
	struct baton_vm *vm;
	struct step steps[200];
	unsigned count, at;
	uint32_t got[200]; /* what its INs gave */
	unsigned gots;
};

struct traffic {
	struct rig *rig;
	struct actor actor[2];
	struct baton_traffic_config config; /* for the device */
	char log[4000]; /* "P0 c0 C0 ": produced, consuming, consumed; a ring adds [content]prod_p/cons_p */
	bool reluctant; /* the listener is never ready at the first asking */
	size_t refused; /* the length of the log, and 1, when it said so last */
	unsigned refusals; /* how often it did */
};

/* A host with the two VMs; no device yet. */
void traffic_begin(struct traffic *t, const char *policy, uint64_t slice_ns, uint32_t burst);

/* Adds an exit to a script; it comes `ns` after the last one. */
struct step *traffic_step(struct traffic *t, int side, struct fake_exit exit);
void traffic_out(struct traffic *t, int side, uint16_t port, uint8_t size, uint32_t data);
void traffic_in(struct traffic *t, int side, uint16_t port, uint8_t size);
void traffic_store(struct step *step, uint32_t at, uint32_t word);

/* Creates the device; it must succeed. */
void traffic_device(struct traffic *t, const struct baton_device_ops *ops, const void *config);
/* … or must not; the diagnostic mentions `word`. */
void traffic_refused(struct traffic *t, const struct baton_device_ops *ops, const void *config,
		     int error, const char *word);

/* Runs to the end. The log must be this. */
void traffic_run(struct traffic *t, enum baton_run_end end, const char *log);

/* What became of a side. `why` is a part of the sentence of its death. */
void traffic_halted(struct traffic *t, int side);
void traffic_blocked(struct traffic *t, int side);
void traffic_died(struct traffic *t, int side, const char *why);

void traffic_end(struct traffic *t);

#endif
