/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_options.c - reads the options of `baton run`. Each has one row in
 * run_options.def, from which the parser and the help text are made.
 */
#include "run_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "units.h"

static const struct run_option_row rows[] = {
#define OPTION(id, name, argument, summary) { name, argument, summary },
#include "run_options.def"
#undef OPTION
};

const struct run_option_row *run_options_row(enum run_option option)
{
	return &rows[option];
}

static const char *row_word(const void *none, size_t i)
{
	return i < RUN_OPTIONS ? rows[i].name : NULL;
}

void run_options_help(FILE *to)
{
	for (size_t i = 0; i < RUN_OPTIONS; i++) {
		char option[32];

		snprintf(option, sizeof(option), "--%s%s%s", rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		fprintf(to, "  %-18s%s\n", option, rows[i].summary);
	}
}

bool run_options_is_scenario(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml"));
}

/* ---------------------------------------------------------------- parsing */

/* getopt's code of our first option: above every character. */
#define FIRST_CODE 256

/* After getopt gave ':' (an argument is missing) or '?'. */
static int complain(char **argv, int code)
{
	const char *wrong = argv[optind - 1], *meant;

	if (code == ':')
		fprintf(stderr, "baton %s: %s has no argument; expected %s\n", argv[0], wrong,
			rows[optopt - FIRST_CODE].argument);
	else if (optopt >= FIRST_CODE)
		fprintf(stderr, "baton %s: %s has an argument; expected none\n", argv[0], wrong);
	else if (optopt)
		fprintf(stderr, "baton %s: option -%c is unknown; see baton %s --help\n", argv[0],
			optopt, argv[0]);
	else {
		meant = suggest(wrong + 2, row_word, NULL);
		fprintf(stderr, "baton %s: option %s is unknown%s%s%s; see baton %s --help\n",
			argv[0], wrong, meant ? " (did you mean \"--" : "", meant ? meant : "",
			meant ? "\"?)" : "", argv[0]);
	}
	return -EINVAL;
}

int run_options_parse(struct run_options *options, int argc, char **argv)
{
	struct option table[RUN_OPTIONS + 1] = { 0 };
	int code;

	*options = (struct run_options){ 0 };
	for (int i = 0; i < RUN_OPTIONS; i++)
		table[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument : no_argument,
			.val = FIRST_CODE + i,
		};
	optind = 0; /* getopt starts afresh: the command's name comes first once more */
	while ((code = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (code == 'h')
			code = FIRST_CODE + RUN_OPTION_HELP;
		if (code == '?' || code == ':')
			return complain(argv, code);
		options->given[code - FIRST_CODE] = optarg ? optarg : "";
	}
	options->operands = argv + optind;
	options->operand_count = argc - optind;
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
	const char *text = options->given[option], *wrong;
	uint64_t value;

	if (!text)
		return 0;
	wrong = read(text, &value);
	if (!wrong && value < min)
		wrong = "is too small";
	if (!wrong && value > max)
		wrong = "is too large";
	if (wrong)
		return fail(error, option, text, "%s; expected %s", wrong, expected);
	*to = value;
	return 0;
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
