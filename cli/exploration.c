/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exploration.c - see exploration.h.
 */
#include "exploration.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"
#include "interrupt.h"
#include "units.h"

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static enum status fail(struct yaml_error *error, enum status status, const char *where,
			const char *message)
{
	error->at = (struct place){ 0, 0 };
	snprintf(error->text, sizeof(error->text), "%s%s%s", where, *where ? ": " : "", message);
	return status;
}

/* ------------------------------------------------------------------- making */

/* Is there a region with these 32 bits? Which one, and where in it? */
static bool find_word(const struct scenario *s, uint64_t gpa, uint32_t *region, uint32_t *offset)
{
	for (size_t i = 0; i < s->region_count; i++) {
		const struct scenario_region *r = &s->regions[i];

		for (size_t k = 0; k < r->place_count; k++)
			if (gpa >= r->places[k].gpa && gpa - r->places[k].gpa < r->size) {
				*region = (uint32_t)i;
				*offset = (uint32_t)(gpa - r->places[k].gpa);
				return true;
			}
	}
	return false;
}

/* What cannot be explored whatever the guests do. */
static enum status check(const struct scenario *s, struct yaml_error *error)
{
	for (size_t i = 0; i < s->region_count; i++)
		if (!s->regions[i].trapped) {
			yaml_fail_at(error, s->regions[i].at, "region \"%s\" is not trapped, so nobody "
				     "sees accesses to it; expected trapped: true", s->regions[i].name);
			return STATUS_USAGE;
		}
	for (size_t i = 0; i < s->explore.word_count; i++)
		if (!find_word(s, s->explore.words[i], &(uint32_t){ 0 }, &(uint32_t){ 0 })) {
			yaml_fail_at(error, s->explore.words_at, "explore: no VM has a region at 0x%" PRIx64
				     "; expected the address of shared memory", s->explore.words[i]);
			return STATUS_USAGE;
		}
	for (size_t i = 0; i < s->vm_count; i++)
		if (s->vms[i].reads_tsc) {
			yaml_fail_at(error, s->vms[i].at, "VM \"%s\" reads the time-stamp counter, so what it "
				     "does hangs on more than the schedule; expected one that does not",
				     s->vms[i].name);
			return STATUS_USAGE;
		}
	if (s->vm_count > MACHINES_MAX) {
		yaml_fail_at(error, (struct place){ 0, 0 }, "%zu VMs; expected at most %d to be explored",
			     s->vm_count, MACHINES_MAX);
		return STATUS_USAGE;
	}
	return STATUS_MET;
}

static enum status begin_machines(struct exploration *e, struct yaml_error *error)
{
	const struct scenario *s = e->scenario;
	struct trap *traps = NULL;
	struct baton_diag diag = { .message = "" };
	uint64_t *sizes = heap_zeroed(s->region_count + 1, sizeof(*sizes));
	size_t count = 0;
	int result;

	for (size_t i = 0; i < s->region_count; i++) {
		sizes[i] = s->regions[i].size;
		for (size_t k = 0; k < s->regions[i].place_count; k++) {
			const struct scenario_place *at = &s->regions[i].places[k];

			traps = heap_grow(traps, count, sizeof(*traps));
			traps[count++] = (struct trap){
				.vm = (uint32_t)at->vm, .region = (uint32_t)i, .gpa = at->gpa,
				.size = s->regions[i].size,
			};
		}
	}
	result = machines_begin(e->machines, e->cloud.host, traps, count, &diag);
	if (!result)
		result = model_init(&e->model, e->memory, e->machines, sizes, (uint32_t)s->region_count);
	free(traps);
	free(sizes);
	if (!result)
		return STATUS_MET;
	return fail(error, cloud_status(result), diag.where,
		    *diag.message ? diag.message : strerror(-result));
}

enum status exploration_begin(struct exploration *e, const struct scenario *scenario,
			      enum memory_model memory, struct terminal *terminal,
			      struct yaml_error *error)
{
	struct cloud_tape tape = { .context = &e->lines, .observer = &e->lines.observer };
	enum status status;

	*e = (struct exploration){
		.scenario = scenario, .memory = memory, .terminal = terminal, .began_ns = now_ns(),
		.width = scenario->vm_count + scenario->explore.word_count,
		.null_fd = open("/dev/null", O_RDWR | O_CLOEXEC),
	};
	terminal_init(&e->silent, stderr);
	e->silent.live = false;
	outlet_init(&e->outlet, e->null_fd, OUTLET_SPARE);
	show_init(&e->lines, scenario, &e->silent, &e->outlet);
	e->machines = machines_new(memory == MEMORY_TSO);
	if (!e->machines || e->null_fd < 0)
		return fail(error, STATUS_CANNOT, "", strerror(errno));
	tape.gate = machines_gate(e->machines);
	tape.gate_context = e->machines;
	status = check(scenario, error);
	if (status)
		return status;
	status = cloud_create(&e->cloud, scenario, &e->lines, &tape, &e->outlet, &e->silent, error);
	return status ? status : begin_machines(e, error);
}

void exploration_end(struct exploration *e)
{
	search_fini(&e->search);
	model_fini(&e->model);
	if (e->cloud.scenario)
		cloud_destroy(&e->cloud);
	machines_free(e->machines);
	store_fini(&e->outcomes);
	free(e->outcome_states);
	outlet_fini(&e->outlet);
	if (e->null_fd >= 0)
		close(e->null_fd);
}

/* ------------------------------------------------------------------- judging */

/* 32 bits of shared memory at an address, as the first VM that has it there sees them. */
static uint32_t word_at(const struct exploration *e, const struct model *model,
			const struct state *state, uint64_t gpa)
{
	uint32_t region, offset;

	if (!find_word(e->scenario, gpa, &region, &offset))
		return 0; /* which was refused */
	return (uint32_t)model_peek(model, state, region, offset, 4);
}

/* Is a status as the scenario's `expect` wants it? */
static bool status_is_met(struct exploration *e, size_t vm, uint64_t status)
{
	const struct scenario *s = e->scenario;
	int used;

	for (size_t i = 0; i < s->expectation_count; i++) {
		const struct expectation *x = &s->expectations[i];

		if (x->what != EXPECT_STATUS || vm < x->vm || vm - x->vm > x->others)
			continue;
		if (status >= x->count.least && status <= x->count.most)
			continue;
		used = snprintf(e->wrong, sizeof(e->wrong), "%s ends with status %" PRIu64 ", and %" PRIu64,
				s->vms[vm].name, status, x->count.least);
		if (x->count.most == UINT64_MAX)
			used += snprintf(e->wrong + used, sizeof(e->wrong) - (size_t)used, " or more");
		else if (x->count.most > x->count.least)
			used += snprintf(e->wrong + used, sizeof(e->wrong) - (size_t)used, " to %" PRIu64,
					 x->count.most);
		snprintf(e->wrong + used, sizeof(e->wrong) - (size_t)used, " is expected");
		return false;
	}
	return true;
}

static bool is_expected(const struct exploration *e, const uint32_t *values)
{
	const struct scenario_outcomes *o = &e->scenario->explore.outcomes[e->memory];

	for (size_t row = 0; row + o->width <= o->count && o->given; row += o->width) {
		size_t i = 0;

		while (i < o->width && o->values[row + i] == values[i])
			i++;
		if (i == o->width)
			return true;
	}
	return !o->given;
}

/* Statuses and words of a state in which all have ended. */
static void read_values(const struct exploration *e, const struct state *state, uint32_t *values)
{
	for (size_t i = 0; i < e->scenario->vm_count; i++)
		values[i] = (uint32_t)machines_node(e->machines, state->node[i])->data;
	for (size_t i = 0; i < e->scenario->explore.word_count; i++)
		values[e->scenario->vm_count + i] =
			word_at(e, &e->model, state, e->scenario->explore.words[i]);
}

static const char *judge_values(struct exploration *e, const uint32_t *values)
{
	size_t used;

	for (size_t i = 0; i < e->scenario->vm_count; i++)
		if (!status_is_met(e, i, values[i]))
			return e->wrong;
	if (is_expected(e, values))
		return NULL;
	used = (size_t)snprintf(e->wrong, sizeof(e->wrong), "the outcome");
	for (size_t i = 0; i < e->width && used < sizeof(e->wrong); i++)
		used += (size_t)snprintf(e->wrong + used, sizeof(e->wrong) - used, " %" PRIu32, values[i]);
	if (used < sizeof(e->wrong))
		snprintf(e->wrong + used, sizeof(e->wrong) - used, " is none of those that may come out");
	return e->wrong;
}

const char *exploration_judge(struct exploration *e, const struct state *state)
{
	uint32_t values[MACHINES_MAX + 64];

	read_values(e, state, values);
	return judge_values(e, values);
}

static const char *judge(void *context, const struct model *model, const struct state *state)
{
	struct exploration *e = context;
	uint32_t values[MACHINES_MAX + 64], number;
	bool is_new;

	read_values(e, state, values);
	number = store_add(&e->outcomes, values, e->width * sizeof(*values), &is_new);
	/* Where moves are left out, the search begins anew until it has left out none too many. */
	if (e->round != e->search.rounds && e->outcome_states)
		memset(e->outcome_states, 0, (e->outcomes.count - is_new) * sizeof(*e->outcome_states));
	e->round = e->search.rounds;
	if (is_new)
		e->outcome_states = heap_grow(e->outcome_states, number, sizeof(*e->outcome_states));
	e->outcome_states[number]++;
	return judge_values(e, values);
}

bool exploration_outcome(const struct exploration *e, size_t i, struct exploration_outcome *outcome)
{
	size_t size;

	if (i >= e->outcomes.count)
		return false;
	outcome->values = store_get(&e->outcomes, (uint32_t)i, &size);
	outcome->states = e->outcome_states[i];
	outcome->expected = is_expected(e, outcome->values);
	return true;
}

size_t exploration_missing(const struct exploration *e, const uint64_t **first)
{
	const struct scenario_outcomes *o = &e->scenario->explore.outcomes[e->memory];
	size_t missing = 0;

	for (size_t row = 0; o->given && row + o->width <= o->count; row += o->width) {
		struct exploration_outcome found;
		bool there = false;

		for (size_t i = 0; exploration_outcome(e, i, &found) && !there; i++) {
			size_t k = 0;

			while (k < o->width && o->values[row + k] == found.values[k])
				k++;
			there = k == o->width;
		}
		if (!there && !missing++)
			*first = &o->values[row];
	}
	return missing;
}

const char *exploration_claim(const struct exploration *e)
{
	return e->scenario->explore.verdicts[e->memory];
}

bool exploration_is_met(const struct exploration *e)
{
	const char *claim = exploration_claim(e);
	const uint64_t *first;

	if (strcmp(verdict_name(e->search.verdict), claim ? claim : "verified"))
		return false;
	return e->search.verdict != VERDICT_VERIFIED || !exploration_missing(e, &first);
}

/* ------------------------------------------------------------------- searching */

static bool progress(void *context, const struct search *search)
{
	struct exploration *e = context;
	uint64_t ns = now_ns() - e->began_ns;
	size_t states = search->states.count;

	if (ns > UINT64_C(500000000) && search->config.order >= SEARCH_RANDOM)
		terminal_progress(e->terminal, "%s of %s schedules, %s moves", units_count(search->walks).text,
				  units_count(search->config.walks).text, units_count(search->moves).text);
	else if (ns > UINT64_C(500000000))
		terminal_progress(e->terminal, "%s states, %s of them to go on from, %" PRIu64
				  " moves deep, %s a second", units_count(states).text,
				  units_count(states - search->at).text, search->depth,
				  units_count(states * 1000 / (ns / 1000000)).text);
	return e->stop || interrupt_came();
}

enum status exploration_search(struct exploration *e, const struct search_config *config,
			       struct yaml_error *error)
{
	struct search_config c = *config;
	struct baton_diag diag = { .message = "" };
	int result;

	search_fini(&e->search);
	if (c.first)
		e->began_ns = now_ns();
	c.judge = judge;
	c.progress = progress;
	c.context = e;
	result = search_run(&e->search, &c, &e->model, &diag);
	terminal_clear(e->terminal);
	e->took_ns = now_ns() - e->began_ns;
	return result ? fail(error, cloud_status(result), diag.where, diag.message) : STATUS_MET;
}
