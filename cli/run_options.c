/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_options.c - reads the options of `baton run`. Each has one row in
 * run_options.def, from which the parser and the help text are made.
 */
#include "run_options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "units.h"

static const struct options_row rows[] = {
#define OPTION OPTIONS_ROW
#include "run_options.def"
#undef OPTION
};

const struct options_row *run_options_row(enum run_option option)
{
	return &rows[option];
}

void run_options_help(FILE *to)
{
	options_help(rows, RUN_OPTIONS, to);
}

bool run_options_is_scenario(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

/* ---------------------------------------------------------------- parsing */

static int note(void *context, size_t row, const char *text)
{
	struct run_options *options = context;

	options->given[row] = text ? text : "";
	return 0;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
	const struct options table = { .rows = rows, .count = RUN_OPTIONS, .take = note };
	int first;

	*options = (struct run_options){ 0 };
	first = options_parse(&table, argc, argv, options);
	if (first < 0)
		return first;
	options->operands = argv + first;
	options->operand_count = argc - first;
	return 0;
}

/* --------------------------------------------------------------- applying */

__attribute__((format(printf, 4, 5)))
static int fail(struct yaml_error *error, enum run_option option, const char *value,
		const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	error->at = (struct place){ 0, 0 };
	snprintf(error->text, sizeof(error->text), "--%s \"%.40s\" %s", rows[option].name, value,
		 text);
	return -EINVAL;
}

/* Reads a quantity of at least `min`; leaves `to` alone if the option was not given. */
static int take(const struct run_options *options, enum run_option option,
		const char *(*read)(const char *text, uint64_t *value), const char *expected,
		uint64_t min, uint64_t max, uint64_t *to, struct yaml_error *error)
{
	const char *text = options->given[option];
	const char *wrong = text ? options_quantity(text, read, min, max, to) : NULL;

	return wrong ? fail(error, option, text, "%s; expected %s", wrong, expected) : 0;
}

/* The index of a word; SIZE_MAX if the option was not given. */
static int choose(const struct run_options *options, enum run_option option, suggest_word_fn words,
		  size_t *index, struct yaml_error *error)
{
	const char *text = options->given[option], *word, *meant;
	char list[120];

	*index = SIZE_MAX;
	if (!text)
		return 0;
	for (size_t i = 0; (word = words(NULL, i)); i++) {
		if (!strcmp(word, text)) {
			*index = i;
			return 0;
		}
	}
	meant = suggest(text, words, NULL);
	return fail(error, option, text, "is unknown; expected %s%s%s%s",
		    suggest_list(list, sizeof(list), words, NULL),
		    meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
}

static int apply_schedule(const struct run_options *options, struct scenario *scenario,
			  struct yaml_error *error)
{
	const char *file = options->given[RUN_OPTION_SCHEDULE];

	if (!file)
		return 0;
	if (!scenario_uses_schedule(scenario))
		return fail(error, RUN_OPTION_SCHEDULE, file,
			    "is of no use to policy %s; expected --policy script",
			    scenario->policy);
	free(scenario->schedule);
	scenario->schedule = heap_copy(file);
	scenario->schedule_at = (struct place){ 0, 0 };
	return 0;
}

static int apply_to_host(const struct run_options *options, struct scenario *scenario,
			 struct yaml_error *error)
{
	size_t policy, show, format;
	int result = choose(options, RUN_OPTION_POLICY, scenario_policy_word, &policy, error);

	if (!result)
		result = choose(options, RUN_OPTION_SHOW, scenario_show_word, &show, error);
	if (!result)
		result = choose(options, RUN_OPTION_FORMAT, scenario_format_word, &format, error);
	if (!result)
		result = take(options, RUN_OPTION_QUANTUM, units_read_duration, UNITS_DURATION, 1,
			      UINT64_MAX, &scenario->quantum_ns, error);
	if (!result)
		result = take(options, RUN_OPTION_BURST, units_read_number,
			      UNITS_NUMBER " from 1 to 4294967295", 1, UINT32_MAX, &scenario->burst,
			      error);
	if (!result)
		result = take(options, RUN_OPTION_FOR, units_read_duration, UNITS_DURATION, 1,
			      UINT64_MAX, &scenario->for_ns, error);
	if (!result)
		result = take(options, RUN_OPTION_SEED, units_read_number, UNITS_NUMBER, 0,
			      UINT64_MAX, &scenario->seed, error);
	if (result)
		return result;
	if (policy != SIZE_MAX) {
		scenario->policy = scenario_policy_word(NULL, policy);
		scenario->policy_at = (struct place){ 0, 0 };
	}
	if (show != SIZE_MAX)
		scenario->show = (enum show)show;
	if (format != SIZE_MAX)
		scenario->format = (enum format)format;
	scenario->kernel_exits = options->given[RUN_OPTION_KERNEL_EXITS];
	return apply_schedule(options, scenario, error);
}

/* An image's own MODE, from "IMAGE:SHARE:MODE", is more exact than --mode; a scenario's is not. */
static int apply_to_vms(const struct run_options *options, struct scenario *scenario,
			struct yaml_error *error)
{
	uint64_t memory = 0, watchdog = BATON_FOREVER, load = BATON_DEFAULT_ADDRESS;
	size_t mode;
	int result = choose(options, RUN_OPTION_MODE, scenario_mode_word, &mode, error);

	if (!result)
		result = take(options, RUN_OPTION_MEMORY, units_read_size,
			      UNITS_SIZE ", from 64 KiB to 3 GiB", SCENARIO_LEAST_MEMORY,
			      SCENARIO_MOST_MEMORY, &memory, error);
	if (!result && memory % SCENARIO_PAGE)
		result = fail(error, RUN_OPTION_MEMORY, options->given[RUN_OPTION_MEMORY],
			      "is no multiple of 4 KiB; expected one");
	if (!result)
		result = take(options, RUN_OPTION_WATCHDOG, units_read_duration, UNITS_DURATION, 0,
			      UINT64_MAX, &watchdog, error);
	if (!result)
		result = take(options, RUN_OPTION_LOAD, units_read_size,
			      "an address such as 0x1000, at most 3 GiB", 0, SCENARIO_MOST_MEMORY, &load,
			      error);
	if (result)
		return result;
	for (size_t i = 0; i < scenario->vm_count; i++) {
		struct scenario_vm *vm = &scenario->vms[i];

		if (mode != SIZE_MAX && (scenario->file || !vm->has_mode)) {
			vm->mode = (enum baton_mode)mode;
			vm->has_mode = true;
		}
		if (memory)
			vm->memory = memory;
		if (load != BATON_DEFAULT_ADDRESS)
			vm->load = load;
		if (watchdog != BATON_FOREVER)
			vm->watchdog_ns = watchdog;
		if (options->given[RUN_OPTION_BARE])
			vm->bare = true;
		if (options->given[RUN_OPTION_STEP_REPLAY])
			vm->step_replay = true;
	}
	return 0;
}

int run_options_prepare(const struct run_options *options, struct scenario *scenario,
			struct yaml_error *error)
{
	scenario->all = options->given[RUN_OPTION_ALL];
	return take(options, RUN_OPTION_COUNT, units_read_number, UNITS_NUMBER " from 1 to 65536", 1,
		    SCENARIO_MOST_VMS, &scenario->count, error);
}

int run_options_apply(const struct run_options *options, struct scenario *scenario,
		      struct yaml_error *error)
{
	int result = apply_to_host(options, scenario, error);

	return result ? result : apply_to_vms(options, scenario, error);
}
