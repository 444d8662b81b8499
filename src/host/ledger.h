/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - where time goes, and how many exits there were: for the host, and for each VM.
 *
 * A ledger is cut by readings of one clock. Each reading ends one part and begins
 * the next; no part is ever computed as a remainder, so the parts add up to the
 * last reading minus the first, exactly. An exit is counted here and nowhere else.
 */
#ifndef BATON_HOST_LEDGER_H
#define BATON_HOST_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "baton/baton.h"

/*
 * 0 leaves out what a VMM could do without, so that bench/ledger can tell what it costs: the
 * exits by kind, the host's parts, and the clock's second reading per exit. What policies
 * charge by stays. For that alone: reports would be empty.
 */
#ifndef BATON__LEDGER
#define BATON__LEDGER 1
#endif

/* ------------------------------------------------------------- the host's */

enum baton__part { BATON__RUN, BATON__HANDLER, BATON__SWITCH, BATON__IDLE, BATON__PARTS };

struct baton__ledger {
	uint64_t first_ns, last_ns; /* readings */
	uint64_t part_ns[BATON__PARTS];
	uint64_t turns;
	bool open; /* has a first reading */
};

/* The first reading. */
void baton__ledger_open(struct baton__ledger *ledger, uint64_t now);

/* Everything since the last reading belongs to `part`. Inline: twice per exit (bench/run). */
static inline void baton__ledger_cut(struct baton__ledger *ledger, enum baton__part part,
				     uint64_t now)
{
	if (BATON__LEDGER)
		ledger->part_ns[part] += now - ledger->last_ns;
	ledger->last_ns = now;
}

/* --------------------------------------------------------- one VM's account */

/* What a VM is doing; its lifetime is cut by these. */
enum baton__doing { BATON__RUNNING, BATON__SERVED, BATON__READY, BATON__WAITING, BATON__DOINGS };

/*
 * A histogram of nanoseconds, to within 1/16: values below 16 have a bucket each,
 * every power of two above is cut into 16. The last bucket takes the rest (68 s).
 */
#define BATON__BUCKET_SHIFT 4
#define BATON__BUCKET_STEPS (1u << BATON__BUCKET_SHIFT)
#define BATON__OCTAVES	    32
#define BATON__BUCKETS	    (BATON__BUCKET_STEPS * (BATON__OCTAVES + 1))

struct baton__histogram {
	uint64_t count[BATON__BUCKETS];
};

/* Within its octave a value is from 16 to 31 steps; in the first, from 0. */
static inline unsigned baton__bucket_of(uint64_t ns)
{
	unsigned top = 63 ^ (unsigned)__builtin_clzll(ns | BATON__BUCKET_STEPS);
	unsigned octave = top - BATON__BUCKET_SHIFT;
	unsigned bucket = octave * BATON__BUCKET_STEPS + (unsigned)(ns >> octave);

	return bucket < BATON__BUCKETS ? bucket : BATON__BUCKETS - 1;
}

struct baton__account {
	uint64_t born_ns, last_ns;
	uint64_t part_ns[BATON__DOINGS];
	uint64_t turns;
	enum baton_exit_kind kind; /* of the exit being served */
	uint64_t served_ns;	   /* what serving it took so far */
	struct {
		uint64_t count, run_ns, handler_ns;
		struct baton__histogram *handler; /* on first use */
	} by_kind[BATON_EXIT_KINDS];
};

void baton__account_open(struct baton__account *account, uint64_t now);
void baton__account_fini(struct baton__account *account);

/* Everything since the last reading was spent `doing`. Inline: twice per exit (bench/run). */
static inline void baton__account_cut(struct baton__account *account, enum baton__doing doing,
				      uint64_t now)
{
	account->part_ns[doing] += now - account->last_ns;
	account->last_ns = now;
}

/* KVM_RUN came back with an exit: ends the running part, counts. Inline: once per exit. */
static inline void baton__account_exit(struct baton__account *account, enum baton_exit_kind kind,
				       uint64_t now)
{
	if (BATON__LEDGER) {
		account->kind = kind;
		account->by_kind[kind].count++;
		account->by_kind[kind].run_ns += now - account->last_ns;
	}
	baton__account_cut(account, BATON__RUNNING, now);
}

/*
 * The rest of baton__account_served() where it takes more: for the first exit of its kind, and
 * for one whose handler is called more than once.
 */
void baton__account_served_rarely(struct baton__account *account, uint64_t ns, bool done);

/*
 * A handler came back; `done` unless it is called again for the same exit, and adds to it.
 * Inline: once per exit.
 */
static inline void baton__account_served(struct baton__account *account, uint64_t now, bool done)
{
	enum baton_exit_kind kind = account->kind;
	struct baton__histogram *handler = account->by_kind[kind].handler;
	uint64_t ns = now - account->last_ns;

	if (!BATON__LEDGER)
		return;
	account->by_kind[kind].handler_ns += ns;
	baton__account_cut(account, BATON__SERVED, now);
	if (__builtin_expect(!handler || !done || account->served_ns, 0))
		baton__account_served_rarely(account, ns, done);
	else
		handler->count[baton__bucket_of(ns)]++;
}

/* Exits of all kinds. */
uint64_t baton__account_exits(const struct baton__account *account);

/* CPU time that the VM has used: what it is charged for. */
static inline uint64_t baton__account_used(const struct baton__account *account)
{
	return account->part_ns[BATON__RUNNING] + account->part_ns[BATON__SERVED];
}

/* Fills the figures; `until` is the reading up to which `doing` has gone on. */
void baton__account_stats(const struct baton__account *account, enum baton__doing doing,
			  uint64_t until, struct baton_vm_stats *stats);

#endif
