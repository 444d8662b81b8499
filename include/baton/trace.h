/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * trace.h - the trace of a run: each reading of the host's clock, and each word between the
 * host and its policy, in order, as records of 32 bytes.
 *
 * Purpose: the host's ledger, every VM's figures and every decision can be had again
 * from the records alone. The readings are contiguous, so a part of the ledger is the sum
 * of the differences between a record and the reading before it, and the parts add up to
 * the last reading minus the first, to the nanosecond. A policy that is told the same
 * must decide the same.
 *
 * Times are readings of CLOCK_MONOTONIC as they were, not since the beginning: they are the
 * `now` that the policy was told. Before the first reading that is 0.
 *
 * Invariants, unless records are missing:
 * - OPEN, RUN, HANDLER, SWITCH and IDLE are *cuts*: readings, which never go back. The part
 *   of the ledger that a cut ends has its name, and began at the cut before it. There is
 *   one OPEN; no cut comes before it.
 * - The VM's own account is cut by RUN (running), HANDLER (served), SWITCH with a VM (ready),
 *   and WAKE (waiting, up to `a`; with detail 1 it begins at `at_ns`).
 * - ADD, WAKE, PICK, RAN and REMOVE are the policy's functions of sched.h in the order of
 *   the calls, with the `now` of each. A PICK with a VM begins a turn; RAN or REMOVE of
 *   that VM ends it; a run that ends first leaves it open, and the next one goes on with it.
 * - A HANDLER serves the exit of the last RUN of that VM, perhaps once more after the VM
 *   waited in it.
 * - LABELs come between a RUN whose exit is the call `label` of abi.h and its HANDLER, one
 *   right behind the other, until no byte is left.
 *
 * A file is a header, its table of VMs, records, and an END. All is little-endian. A file
 * without an END was cut off. Readers refuse a later version, and take `header_size`,
 * `vm_size` and `record_size` from the file, so that fields may be added behind. Version 1
 * had no LABEL; what has none of them is the same in both.
 *
 * Which VMs there were is in the table for those that existed when the file was begun; a later
 * ADD may bring others, which have numbers only. A VM that is reset (snapshot.h) is one that
 * leaves and comes again under its number: REMOVE and ADD.
 */
#ifndef BATON_TRACE_H
#define BATON_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched.h"

#ifdef __cplusplus
extern "C" {
#define BATON_TRACE_ASSERT static_assert
#else
#define BATON_TRACE_ASSERT _Static_assert
#endif

struct baton_host;

/* ---------------------------------------------------------------- records */

enum baton_trace_kind {
#define BATON_TRACE(id, number, name, summary, detail, entity, a, b) BATON_TRACE_##id = (number),
#include "trace.def"
#undef BATON_TRACE
	BATON_TRACE_KINDS /* one more than the highest number */
};

struct baton_trace_record {
	uint64_t at_ns;	 /* CLOCK_MONOTONIC; LOST: of the last that is missing; END: of the record before */
	uint8_t kind;	 /* enum baton_trace_kind */
	uint8_t detail;	 /* by kind, see trace.def */
	uint8_t size;	 /* RUN, port or MMIO: bytes of one access; else 0 */
	uint8_t zero;	 /* 0 */
	uint32_t entity; /* or BATON_NOBODY */
	uint64_t a, b;	 /* by kind, see trace.def */
};

#define BATON_TRACE_RECORD_SIZE 32
BATON_TRACE_ASSERT(sizeof(struct baton_trace_record) == BATON_TRACE_RECORD_SIZE, "layout of a record");

/*
 * RUN. The detail is an enum baton_exit_kind of baton.h, or this: a signal, or an error,
 * ended KVM_RUN, which is no exit.
 *
 * `a` of a port exit is the port, with the number of accesses (above 1 for string I/O) in
 * the upper 32 bits; of an MMIO exit the GPA; of an MSR its number; of `unknown` KVM's number
 * of the reason; else 0. `b` is the first datum that was written, or KVM's detail. What a
 * read was given stands in the HANDLER that is done with it.
 */
#define BATON_TRACE_NO_EXIT 0xFF

static inline uint16_t baton_trace_port(const struct baton_trace_record *r)
{
	return (uint16_t)r->a;
}

static inline uint32_t baton_trace_accesses(const struct baton_trace_record *r)
{
	return (uint32_t)(r->a >> 32);
}

/*
 * LABEL. The text is printable ASCII, at most BATON_LABEL_MAX of abi.h. `a` and `b` hold 16
 * bytes of it as they would stand in memory, zeroes behind its end; `detail` is how many
 * bytes it has from these on, so that the last LABEL of a text has at most 16. A text without
 * bytes has none.
 */
#define BATON_TRACE_LABEL_PART 16

/* A reading of the ledger? */
static inline bool baton_trace_is_cut(uint8_t kind)
{
	return kind >= BATON_TRACE_OPEN && kind <= BATON_TRACE_IDLE;
}

/* "run", "pick" …, or NULL: no kind of this version; static storage. */
const char *baton_trace_name(unsigned kind);

/* ------------------------------------------------------------------- file */

#define BATON_TRACE_MAGIC	"BATONTRC" /* 8 bytes, without an end */
#define BATON_TRACE_BYTE_ORDER	0x0A0B0C0Du
#define BATON_TRACE_VERSION	2
#define BATON_TRACE_POLICY_MAX	31
#define BATON_TRACE_NAME_MAX	63

struct baton_trace_header {
	char magic[8];
	uint32_t byte_order;  /* BATON_TRACE_BYTE_ORDER */
	uint16_t version;     /* BATON_TRACE_VERSION */
	uint16_t record_size; /* BATON_TRACE_RECORD_SIZE; more: fields behind that are not known here */
	uint32_t header_size; /* of this struct; the table follows */
	uint32_t vm_size;     /* of a row of the table */
	uint32_t vm_count;    /* its rows; the first record follows */
	uint32_t capacity;    /* what the policy's init() was given */
	uint64_t slice_ns;    /* … in its settings */
	uint64_t seed;
	uint32_t burst;
	uint32_t zero;
	uint64_t began_s;     /* CLOCK_REALTIME when the file was begun, for people */
	char policy[BATON_TRACE_POLICY_MAX + 1]; /* its name; a script's turns are in the PICKs */
};

struct baton_trace_vm {
	uint32_t entity;
	uint32_t mode; /* enum baton_mode of baton.h */
	uint64_t weight;
	char name[BATON_TRACE_NAME_MAX + 1];
};

BATON_TRACE_ASSERT(sizeof(struct baton_trace_header) == 96, "layout of the header");
BATON_TRACE_ASSERT(sizeof(struct baton_trace_vm) == 80, "layout of the table of VMs");

/* ------------------------------------------------------------------- sink */

/*
 * Where a host puts its records. The library does no I/O: it fills `block`, which the caller
 * owns and which must outlive the host, and hands it to take().
 *
 * take() gets the first `count` records of the block and returns true when it has them,
 * which empties the block. It runs on the host's thread: between turns once half the
 * block is full, in the middle of a turn if the block becomes full there, and at the end of
 * each baton_host_run(). Its time is charged to the switch (outside of runs: to idle). It must
 * not call the host, and should not block for long.
 *
 * Bounded: when take() returns false, these records are thrown away, and the next block
 * begins with a LOST that counts them. Without a take() the block is filled once; its
 * last record is then a LOST, and newer records are thrown away and counted in it.
 */
struct baton_trace_sink {
	struct baton_trace_record *block;
	uint32_t records; /* that the block holds; at least BATON_TRACE_LEAST */
	bool (*take)(void *context, const struct baton_trace_record *records, uint32_t count);
	void *context;
};

#define BATON_TRACE_LEAST 32

struct baton_trace_stats {
	uint64_t records; /* handed over, or standing in the block; LOST included */
	uint64_t lost;	  /* thrown away */
	uint32_t waiting; /* of the records: not handed over yet */
};

/* What became of a host's records so far; all 0 if it has no sink. */
void baton_host_trace(const struct baton_host *host, struct baton_trace_stats *stats);

/*
 * Hands over what waits, as the end of a run does; for what comes after the last one, such
 * as a VM that is destroyed. Destroying the host itself leaves no records. Not from a
 * callback. Without a take() nothing happens.
 */
void baton_host_trace_flush(struct baton_host *host);

#ifdef __cplusplus
}
#endif
#endif
