/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expectation.h - what a scenario says must come out, and whether it did.
 */
#ifndef BATON_CLI_EXPECTATION_H
#define BATON_CLI_EXPECTATION_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baton/baton.h"
#include "yaml_reader.h" /* struct place */

struct cloud;

enum expectation_what {
	EXPECT_OUTCOME,
	EXPECT_STATUS,
	EXPECT_SHARE,
	EXPECT_TURNS,
	EXPECT_EXITS,
	EXPECT_CAUSE,
	EXPECT_MEMORY,
	EXPECT_OUTPUT,
	EXPECT_OUTPUT_LIKE,
	EXPECT_END, /* these are the host's */
	EXPECT_LAG,
	EXPECT_LATER_LAG,
};

/* The VM of an expectation that is the whole host's; its name in scenario and report. */
#define EXPECTATION_HOST      SIZE_MAX
#define EXPECTATION_HOST_NAME "host"

struct expectation {
	size_t vm; /* index in the scenario, or EXPECTATION_HOST */
	size_t others; /* VMs behind it of which the same is expected: a group's */
	enum expectation_what what;
	struct place at;
	union {
		enum baton_outcome outcome;
		struct {
			double percent, tolerance;
			unsigned decimals; /* of the tolerance, as written */
		} share;
		struct {
			uint64_t least, most;
		} count; /* status, turns, exits */
		enum baton_cause cause;
		struct {
			uint64_t gpa;
			uint32_t word;
		} memory;
		struct {
			char *bytes;
			size_t size;
		} output;
		struct {
			char *text;
			regex_t *compiled;
		} pattern; /* of EXPECT_OUTPUT_LIKE, for the whole output */
		enum baton_run_end end;
	};
};

/* What came out, in words that fit one another. */
struct expectation_result {
	bool met;
	char what[32]; /* "share", "memory 0x400" */
	char wanted[64];
	char got[64];
	char whose[112]; /* of a group, that is: "worker-3, and 12 more"; else "" */
};

void expectation_fini(struct expectation *expectation);

/* How many bytes of its VM's output must be kept to judge it. */
size_t expectation_room(const struct expectation *expectation);

/* Judges one expectation after a run. */
struct expectation_result expectation_check(const struct expectation *expectation,
					    const struct cloud *cloud);

/* The name of the VM, or of the group, or "host". */
const char *expectation_subject(const struct expectation *expectation, const struct cloud *cloud);

/* How many hold. */
size_t expectations_met(const struct cloud *cloud);

/* How many VMs died though nobody expected them to. */
size_t expectation_sudden_deaths(const struct cloud *cloud);

/*
 * The furthest that a VM may be from its ideal share: one slice plus the
 * longest overrun and, once the set of runnable VMs has changed, twice that.
 */
struct expectation_lag {
	uint64_t bound_ns, later_bound_ns;
};
struct expectation_lag expectation_lag_for(uint64_t slice_ns, uint64_t overrun_ns);
struct expectation_lag expectation_lag(const struct cloud *cloud);

/* "budget", "stopped", "done", "stuck", "over". */
const char *run_end_name(enum baton_run_end end);

#endif
