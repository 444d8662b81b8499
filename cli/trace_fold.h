/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_fold.h - from the records of a trace, in order, back to figures: the host's ledger,
 * what each VM did, and whether it all adds up. Pure: does no I/O.
 *
 * Every record is checked against those before it, by the rules in baton/trace.h, so what is
 * no trace is found out at the first record that does not fit. After a LOST only what a
 * record says by itself is checked: the time around the gap is nobody's (`unknown_ns`),
 * counts are of what is there, and sums cannot balance.
 */
#ifndef BATON_CLI_TRACE_FOLD_H
#define BATON_CLI_TRACE_FOLD_H

#include "baton/abi.h"
#include "baton/baton.h"
#include "baton/trace.h"
#include "hypercall_name.h"
#include "spread.h"

#define TRACE_FOLD_MOST_VMS 65536 /* far above what a host can carry */
#define TRACE_FOLD_OVERRUNS 5

struct trace_fold_vm {
	bool there;   /* joined, and has not left */
	bool arrived; /* its account is open */
	bool loose;   /* likewise: nobody knows what it did since `last_ns` */
	bool runnable, waiting;
	uint64_t weight;
	uint64_t born_ns, last_ns; /* of its account */
	uint64_t run_ns, handler_ns, ready_ns, blocked_ns, unknown_ns;
	uint64_t turns, exits;
	unsigned kind; /* of its last exit */
	struct {
		uint64_t count, run_ns, handler_ns;
	} by_kind[BATON_EXIT_KINDS];
	uint64_t by_call[HYPERCALLS]; /* how many of these exits were Baton's calls */
	uint64_t ready_since_ns; /* UINT64_MAX: not known, or not ready */
	struct spread turn;	 /* time charged per turn */
	struct spread wait;	 /* from ready to entered */
};

struct trace_fold_overrun {
	uint64_t ended_ns, charged_ns, slice_ns;
	baton_entity_t entity;
};

struct trace_fold {
	uint32_t capacity;
	struct trace_fold_vm **vms; /* by entity; NULL: never seen */
	uint64_t records; /* without the END, as it counts them itself */

	bool open, ended;
	bool loose; /* records were lost somewhere before … */
	bool gap;   /* … and here: nobody knows whose the time since the last cut is */
	uint64_t first_ns, last_ns; /* cuts */
	uint64_t run_ns, handler_ns, switch_ns, idle_ns, unknown_ns;
	uint64_t turns, exits, wakes, skipped, lost;
	baton_entity_t turn; /* whose it is, or BATON_NOBODY */
	bool turn_known;     /* seen from its beginning on, without a gap */
	uint64_t slice_ns, charged_ns, turn_exits;
	uint64_t uncharged; /* turns that the policy was told another time or count of */
	struct trace_fold_overrun overruns[TRACE_FOLD_OVERRUNS]; /* the longest first */
	unsigned overrun_count;
	char label[BATON_LABEL_MAX + 1]; /* the last one, as far as it has come; printable */
	uint8_t label_size, label_left;
	baton_entity_t label_of;
};

/* 0, or -EINVAL: that many VMs are not to be believed. trace_fold_fini() frees what it holds. */
int trace_fold_init(struct trace_fold *fold, uint32_t capacity);
void trace_fold_fini(struct trace_fold *fold);

/* The next record. NULL, or what is wrong with it as a clause; then nothing has changed. */
const char *trace_fold_record(struct trace_fold *fold, const struct baton_trace_record *r);

/* The figures of a VM, up to the last reading. */
struct trace_fold_vm trace_fold_vm(const struct trace_fold *fold, baton_entity_t entity);

/*
 * NULL if it all adds up: the parts to the last reading minus the first, each VM's to its
 * lifetime, those of all VMs to the host's, and each turn's to what was charged. Else which
 * of these does not, as a clause.
 */
const char *trace_fold_imbalance(const struct trace_fold *fold);

#endif
