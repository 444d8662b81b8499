/* SPDX-License-Identifier: Apache-2.0 */
/*
 * expectation.c - compares what came out with what was wanted.
 */
#include "expectation.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloud.h"
#include "heap.h"
#include "units.h"

void expectation_fini(struct expectation *expectation)
{
	if (expectation->what == EXPECT_OUTPUT)
		free(expectation->output.bytes);
	if (expectation->what == EXPECT_OUTPUT_LIKE) {
		regfree(expectation->pattern.compiled);
		free(expectation->pattern.compiled);
		free(expectation->pattern.text);
	}
}

#define MATCHED_ROOM (64 << 10) /* of an output that a pattern is to match */

/* One byte more than is wanted tells "too much". */
size_t expectation_room(const struct expectation *e)
{
	if (e->what == EXPECT_OUTPUT)
		return e->output.size + 1;
	return e->what == EXPECT_OUTPUT_LIKE ? MATCHED_ROOM : 0;
}

const char *run_end_name(enum baton_run_end end)
{
	static const char *const names[] = {
		[BATON_RUN_BUDGET] = "budget",
		[BATON_RUN_STOPPED] = "stopped",
		[BATON_RUN_DONE] = "done",
		[BATON_RUN_STUCK] = "stuck",
		[BATON_RUN_OVER] = "over",
	};

	return names[end];
}

/* Each of these fills `what`, `wanted` and `got`, and says whether they agree. */

#define SAY(field, ...) snprintf(result->field, sizeof(result->field), __VA_ARGS__)

static bool check_outcome(const struct expectation *e, const struct baton_vm_stats *stats,
			  struct expectation_result *result)
{
	SAY(what, "outcome");
	SAY(wanted, "%s", baton_outcome_name(e->outcome));
	SAY(got, "%s", baton_outcome_name(stats->outcome));
	return stats->outcome == e->outcome;
}

static bool check_share(const struct expectation *e, double share,
			struct expectation_result *result)
{
	int decimals = (int)e->share.decimals;

	SAY(what, "share");
	SAY(wanted, "%.*f ± %.*f %%", decimals, e->share.percent, decimals, e->share.tolerance);
	SAY(got, "%.*f %%", decimals + 1, share);
	return fabs(share - e->share.percent) <= e->share.tolerance;
}

static bool check_count(const struct expectation *e, const char *what, uint64_t count,
			struct expectation_result *result)
{
	SAY(what, "%s", what);
	if (e->count.least == e->count.most)
		SAY(wanted, "%" PRIu64, e->count.least);
	else if (e->count.most == UINT64_MAX)
		SAY(wanted, "%" PRIu64 " or more", e->count.least);
	else
		SAY(wanted, "%" PRIu64 " to %" PRIu64, e->count.least, e->count.most);
	SAY(got, "%" PRIu64, count);
	return count >= e->count.least && count <= e->count.most;
}

static bool check_status(const struct expectation *e, const struct baton_vm_stats *stats,
			 struct expectation_result *result)
{
	bool met = check_count(e, "status", stats->status, result);

	if (stats->outcome == BATON_HALTED)
		return met;
	SAY(got, "none: %s", baton_outcome_name(stats->outcome));
	return false;
}

static bool check_cause(const struct expectation *e, const struct baton_vm *vm,
			struct expectation_result *result)
{
	const struct baton_death *death = baton_vm_death(vm);

	SAY(what, "cause");
	SAY(wanted, "%s", baton_cause_name(e->cause));
	SAY(got, "%s", death ? baton_cause_name(death->cause) : "not dead");
	return death && death->cause == e->cause;
}

static bool check_memory(const struct expectation *e, const struct baton_vm *vm,
			 struct expectation_result *result)
{
	uint32_t word;

	SAY(what, "memory 0x%" PRIx64, e->memory.gpa);
	SAY(wanted, "%" PRIu32, e->memory.word);
	if (baton_vm_read(vm, e->memory.gpa, &word, sizeof(word))) {
		SAY(got, "no memory there");
		return false;
	}
	SAY(got, "%" PRIu32, word);
	return word == e->memory.word;
}

/* The beginning of an output on one line: quoted, with C's escapes for what is not printable. */
static void quote(char *text, size_t room, const char *bytes, size_t size)
{
	size_t used = 0;

	text[used++] = '"';
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (used + sizeof("\\x00…\"") > room) {
			used += (size_t)snprintf(text + used, room - used, "…");
			break;
		}
		if (c == '\n')
			used += (size_t)snprintf(text + used, room - used, "\\n");
		else if (c == '"' || c == '\\')
			used += (size_t)snprintf(text + used, room - used, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			used += (size_t)snprintf(text + used, room - used, "\\x%02x", c);
		else
			text[used++] = (char)c;
	}
	snprintf(text + used, room - used, "\"");
}

static bool check_output(const struct expectation *e, const struct output *output,
			 struct expectation_result *result)
{
	size_t kept = output->size < output->room ? (size_t)output->size : output->room;

	SAY(what, "output");
	quote(result->wanted, sizeof(result->wanted), e->output.bytes, e->output.size);
	quote(result->got, sizeof(result->got), output->kept, kept);
	if (output->size > kept) /* more than was kept to compare */
		strncat(result->got, "…", sizeof(result->got) - strlen(result->got) - 1);
	return output->size == e->output.size &&
	       !memcmp(output->kept, e->output.bytes, e->output.size);
}

/* A pattern holds for a text: a NUL in it ends the match, and so does what was not kept. */
static bool check_output_like(const struct expectation *e, const struct output *output,
			      struct expectation_result *result)
{
	size_t kept = output->size < output->room ? (size_t)output->size : output->room;
	char *text = heap_zeroed(kept + 1, 1);
	bool met;

	memcpy(text, output->kept, kept);
	met = output->size == kept && strlen(text) == kept &&
	      !regexec(e->pattern.compiled, text, 0, NULL, 0);
	SAY(what, "output_like");
	quote(result->wanted, sizeof(result->wanted), e->pattern.text, strlen(e->pattern.text));
	quote(result->got, sizeof(result->got), text, kept);
	free(text);
	return met;
}

static bool check_end(const struct expectation *e, const struct cloud *cloud,
		      struct expectation_result *result)
{
	SAY(what, "end");
	SAY(wanted, "%s", run_end_name(e->end));
	SAY(got, "%s", run_end_name(cloud->end));
	return cloud->end == e->end;
}

struct expectation_lag expectation_lag_for(uint64_t slice_ns, uint64_t overrun_ns)
{
	const uint64_t bound_ns = slice_ns + overrun_ns;

	return (struct expectation_lag){ .bound_ns = bound_ns, .later_bound_ns = 2 * bound_ns };
}

struct expectation_lag expectation_lag(const struct cloud *cloud)
{
	return expectation_lag_for(cloud->scenario->quantum_ns, cloud->stats.overrun_ns);
}

static bool check_lag(const char *what, uint64_t bound_ns, uint64_t lag_ns,
		      struct expectation_result *result)
{
	SAY(what, "%s", what);
	SAY(wanted, "at most %s", units_duration(bound_ns).text);
	SAY(got, "%s", units_duration(lag_ns).text);
	return lag_ns <= bound_ns;
}

static bool check_of_host(const struct expectation *e, const struct cloud *cloud,
			  struct expectation_result *result)
{
	struct expectation_lag lag = expectation_lag(cloud);

	switch (e->what) {
	case EXPECT_END:
		return check_end(e, cloud, result);
	case EXPECT_LAG:
		return check_lag("lag", lag.bound_ns, cloud->stats.lag_ns, result);
	case EXPECT_LATER_LAG:
		return check_lag("later lag", lag.later_bound_ns, cloud->stats.lag_later_ns,
				 result);
	default:
		return false;
	}
}

static bool check_of_vm(const struct expectation *e, const struct cloud_vm *vm,
			struct expectation_result *result)
{
	switch (e->what) {
	case EXPECT_OUTCOME:
		return check_outcome(e, &vm->stats, result);
	case EXPECT_STATUS:
		return check_status(e, &vm->stats, result);
	case EXPECT_SHARE:
		return check_share(e, vm->share, result);
	case EXPECT_TURNS:
		return check_count(e, "turns", vm->stats.turns, result);
	case EXPECT_EXITS:
		return check_count(e, "exits", vm->stats.exits, result);
	case EXPECT_CAUSE:
		return check_cause(e, vm->vm, result);
	case EXPECT_MEMORY:
		return check_memory(e, vm->vm, result);
	case EXPECT_OUTPUT:
		return check_output(e, &vm->output, result);
	case EXPECT_OUTPUT_LIKE:
		return check_output_like(e, &vm->output, result);
	default:
		return false;
	}
}

/* Of the first member that it does not hold for, if there is one; else of all of them. */
static struct expectation_result check_of_group(const struct expectation *e,
						const struct cloud *cloud)
{
	struct expectation_result result = { .met = true };
	size_t unmet = 0, first = 0;
	bool alike = true;

	for (size_t i = 0; i <= e->others; i++) {
		struct expectation_result one = { .met = false };
		bool met = check_of_vm(e, &cloud->vms[e->vm + i], &one);

		alike = alike && (!i || !strcmp(one.got, result.got));
		if (!i || (!met && !unmet))
			result = one;
		if (!met && !unmet++)
			first = e->vm + i;
	}
	result.met = !unmet;
	if (unmet > 1)
		snprintf(result.whose, sizeof(result.whose), "%.63s, and %zu more",
			 cloud->scenario->vms[first].name, unmet - 1);
	else if (unmet)
		snprintf(result.whose, sizeof(result.whose), "%.63s",
			 cloud->scenario->vms[first].name);
	else if (!alike)
		snprintf(result.got, sizeof(result.got), "so by all %zu", e->others + 1);
	return result;
}

struct expectation_result expectation_check(const struct expectation *expectation,
					    const struct cloud *cloud)
{
	struct expectation_result result = { .met = false };

	if (expectation->vm == EXPECTATION_HOST)
		result.met = check_of_host(expectation, cloud, &result);
	else if (expectation->others)
		result = check_of_group(expectation, cloud);
	else
		result.met = check_of_vm(expectation, &cloud->vms[expectation->vm], &result);
	return result;
}

const char *expectation_subject(const struct expectation *e, const struct cloud *cloud)
{
	if (e->vm == EXPECTATION_HOST)
		return EXPECTATION_HOST_NAME;
	if (e->others)
		return scenario_group_of(cloud->scenario, e->vm)->name;
	return cloud->scenario->vms[e->vm].name;
}

size_t expectations_met(const struct cloud *cloud)
{
	const struct scenario *scenario = cloud->scenario;
	size_t met = 0;

	for (size_t i = 0; i < scenario->expectation_count; i++)
		met += expectation_check(&scenario->expectations[i], cloud).met;
	return met;
}

size_t expectation_sudden_deaths(const struct cloud *cloud)
{
	const struct scenario *scenario = cloud->scenario;
	bool *expected = heap_zeroed(scenario->vm_count, sizeof(*expected));
	size_t count = 0;

	for (size_t i = 0; i < scenario->expectation_count; i++) {
		const struct expectation *e = &scenario->expectations[i];
		bool dead = e->what == EXPECT_OUTCOME && e->outcome == BATON_DEAD;

		for (size_t k = 0; (dead || e->what == EXPECT_CAUSE) && k <= e->others; k++)
			expected[e->vm + k] = true;
	}
	for (size_t vm = 0; vm < scenario->vm_count; vm++)
		count += baton_vm_death(cloud->vms[vm].vm) && !expected[vm];
	free(expected);
	return count;
}
