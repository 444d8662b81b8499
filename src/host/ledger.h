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
	ledger->part_ns[part] += now - ledger->last_ns;
	ledger->last_ns = now;
}

/* --------------------------------------------------------- one VM's account */

/* What a VM is doing; its lifetime is cut by these. */
enum baton__doing { BATON__RUNNING, BATON__SERVED, BATON__READY, BATON__WAITING, BATON__DOINGS };

struct baton__histogram;

struct baton__account {
	uint64_t born_ns, last_ns;
	uint64_t part_ns[BATON__DOINGS];
	uint64_t turns, exits;
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

/* KVM_RUN came back with an exit: ends the running part, counts. */
void baton__account_exit(struct baton__account *account, enum baton_exit_kind kind, uint64_t now);

/* A handler came back; `done` unless it is called again for the same exit, and adds to it. */
void baton__account_served(struct baton__account *account, uint64_t now, bool done);

/* CPU time that the VM has used: what it is charged for. */
static inline uint64_t baton__account_used(const struct baton__account *account)
{
	return account->part_ns[BATON__RUNNING] + account->part_ns[BATON__SERVED];
}

/* Fills the figures; `until` is the reading up to which `doing` has gone on. */
void baton__account_stats(const struct baton__account *account, enum baton__doing doing,
			  uint64_t until, struct baton_vm_stats *stats);

#endif
