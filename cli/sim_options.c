/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_options.c - see sim_options.h.
 */
#include "sim_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "options.h"
#include "suggest.h"
#include "units.h"

enum sim_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "sim_options.def"
#undef OPTION
	OPTIONS
};

static const struct options_row rows[] = {
#define OPTION OPTIONS_ROW
#include "sim_options.def"
#undef OPTION
};

static int take(void *context, size_t row, const char *text);

static const struct options table = {
	.command = "sim", .rows = rows, .count = OPTIONS, .take = take,
};

void sim_options_help(FILE *to)
{
	options_help(rows, OPTIONS, to);
}

/* Every policy but `script`, whose turns are in a file. */
static const char *policy_word(const void *none, size_t i)
{
	for (const struct baton_sched_ops *const *p = baton_policies(); *p; p++)
		if (strcmp((*p)->name, "script") && !i--)
			return (*p)->name;
	return NULL;
}

/* ------------------------------------------------------------------ values */

static int take_number(enum sim_option option, const char *text, uint64_t least, uint64_t most,
		       uint64_t *to)
{
	const char *wrong = options_quantity(text, units_read_number, least, most, to);

	return wrong ? options_refuse(&table, option, text, wrong, UNITS_NUMBER) : 0;
}

static int take_time(enum sim_option option, const char *text, uint64_t *to)
{
	const char *wrong = options_quantity(text, units_read_duration, 1, UINT64_MAX, to);

	return wrong ? options_refuse(&table, option, text, wrong, UNITS_DURATION) : 0;
}

static int take_policy(struct sim_options *options, const char *given)
{
	const char *meant;
	char list[80];

	options->policy = baton_policy(given);
	if (options->policy && strcmp(given, "script"))
		return 0;
	meant = suggest(given, policy_word, NULL);
	fprintf(stderr, "baton sim: --policy \"%.60s\" %s; expected %s%s%s%s\n", given,
		options->policy ? "goes by a file" : "is unknown",
		suggest_list(list, sizeof(list), policy_word, NULL),
		meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return -EINVAL;
}

#define WEIGHTS "random, or random:LOW..HIGH with numbers from 0 to 4294967296"

static int take_weights(struct sim_options *options, const char *given)
{
	char *text, *high;
	const char *wrong = NULL;

	options->has_weights = true;
	options->least_weight = 1;
	options->most_weight = 1000;
	if (!strcmp(given, "random"))
		return 0;
	if (strncmp(given, "random:", 7))
		return options_refuse(&table, OPTION_WEIGHTS, given, "is unknown", WEIGHTS);
	text = heap_copy(given + 7);
	high = strstr(text, "..");
	if (high) {
		*high = '\0';
		high += 2;
	}
	wrong = units_read_number(text, &options->least_weight);
	if (!wrong)
		wrong = units_read_number(high ? high : text, &options->most_weight);
	if (!wrong && options->most_weight < options->least_weight)
		wrong = "ends before it begins";
	if (!wrong && (options->most_weight > BATON_WEIGHT_MAX || !options->most_weight))
		wrong = "is out of range";
	free(text);
	return wrong ? options_refuse(&table, OPTION_WEIGHTS, given, wrong, WEIGHTS) : 0;
}

#define OVERRUN "times such as 0..50us, or 0..50us,1ms..5ms/1000: the latter once in 1000 turns"

static int take_overrun(struct sim_options *options, const char *given)
{
	char *text = heap_copy(given), *rare = strchr(text, ','), *in = NULL;
	const char *wrong;

	if (rare) {
		*rare++ = '\0';
		in = strchr(rare, '/');
	}
	if (in)
		*in++ = '\0';
	wrong = rare && !in ? "does not say how rare" : duration_range_read(text, &options->overrun);
	if (!wrong && rare)
		wrong = duration_range_read(rare, &options->rare_overrun);
	if (!wrong && rare)
		wrong = units_read_number(in, &options->rare_in);
	if (!wrong && rare && (!options->rare_in || options->rare_in > UINT32_MAX))
		wrong = "is out of range";
	free(text);
	return wrong ? options_refuse(&table, OPTION_OVERRUN, given, wrong, OVERRUN) : 0;
}

#define SWEEP "numbers of VMs such as 2,10,100"

static int take_sweep(struct sim_options *options, const char *given)
{
	char *text = heap_copy(given), *rest = text, *one;
	const char *wrong = NULL;
	uint64_t n;

	options->sweep_count = 0;
	while (!wrong && (one = strsep(&rest, ","))) {
		wrong = units_read_number(one, &n);
		if (!wrong && !n)
			wrong = "is too small";
		if (!wrong && n > SIM_MOST_VMS)
			wrong = "is too large";
		if (!wrong && options->sweep_count == SIM_MOST_ROWS)
			wrong = "is too long";
		if (!wrong)
			options->sweep[options->sweep_count++] = (uint32_t)n;
	}
	free(text);
	return wrong ? options_refuse(&table, OPTION_SWEEP, given, wrong, SWEEP) : 0;
}

static int take_plot(struct sim_options *options, const char *given)
{
	const char *dot = strrchr(given, '.');

	options->plot = given;
	if (dot && (!strcmp(dot, ".svg") || !strcmp(dot, ".png")))
		return 0;
	return options_refuse(&table, OPTION_PLOT, given, "is no kind of picture", "FILE.svg or FILE.png");
}

static int take(void *context, size_t row, const char *text)
{
	struct sim_options *options = context;
	enum sim_option option = (enum sim_option)row;

	switch (option) {
	case OPTION_VMS:
		return take_number(option, text, 1, SIM_MOST_VMS, &options->vms);
	case OPTION_POLICY:
		return take_policy(options, text);
	case OPTION_QUANTUM:
		return take_time(option, text, &options->quantum_ns);
	case OPTION_BURST:
		return take_number(option, text, 1, UINT32_MAX, &options->burst);
	case OPTION_FOR:
		return take_time(option, text, &options->for_ns);
	case OPTION_SEED:
		options->has_seed = true;
		return take_number(option, text, 0, UINT64_MAX, &options->seed);
	case OPTION_WEIGHTS:
		return take_weights(options, text);
	case OPTION_OVERRUN:
		return take_overrun(options, text);
	case OPTION_SWEEP:
		return take_sweep(options, text);
	case OPTION_FROM:
		options->from = text;
		return 0;
	case OPTION_REDO:
		options->redo = text;
		return 0;
	case OPTION_JSON:
		options->json = text;
		return 0;
	case OPTION_PLOT:
		return take_plot(options, text);
	case OPTION_PROGRESS:
		options->progress = true;
		return 0;
	default:
		options->help = true;
		return 0;
	}
}

/* Does what was said go together? */
static int check(const struct sim_options *o)
{
	const char *wrong = NULL;

	if (o->redo && (o->from || o->scenario))
		wrong = "--redo decides a traced run and nothing else; expected --redo TRACE alone";
	else if (o->redo && (o->policy || o->quantum_ns || o->burst || o->vms || o->sweep_count ||
			     o->has_weights || o->plot || o->json || o->for_ns || o->has_seed ||
			     o->overrun.high_ns || o->rare_in))
		wrong = "--redo takes all that it needs from the trace; expected no other option; for "
			"another policy see --from";
	else if (o->from && o->scenario)
		wrong = "--from and a scenario; expected one of them";
	else if (o->vms && o->sweep_count)
		wrong = "--vms and --sweep; expected one of them";
	else if (!o->redo && !o->from && !o->scenario && !o->vms && !o->sweep_count)
		wrong = "nothing to simulate; expected a scenario, --from, --vms or --sweep, see baton "
			"sim --help";
	return wrong ? options_complain(&table, wrong) : 0;
}

int sim_options_parse(struct sim_options *options, int argc, char **argv)
{
	int first;

	*options = (struct sim_options){ 0 };
	first = options_parse(&table, argc, argv, options);
	if (first < 0)
		return first;
	if (first < argc)
		options->scenario = argv[first++];
	if (first < argc) {
		fprintf(stderr, "baton sim: %s is one argument too many; expected one scenario\n",
			argv[first]);
		return -EINVAL;
	}
	return options->help ? 0 : check(options);
}
