/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_options.c - see sim_options.h.
 */
#include "sim_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "suggest.h"
#include "units.h"

enum sim_option {
#define OPTION(id, name, argument, summary) OPTION_##id,
#include "sim_options.def"
#undef OPTION
	OPTIONS
};

static const struct row {
	const char *name, *argument, *summary;
} rows[OPTIONS] = {
#define OPTION(id, name, argument, summary) { name, argument, summary },
#include "sim_options.def"
#undef OPTION
};

static const char *row_word(const void *none, size_t i)
{
	return i < OPTIONS ? rows[i].name : NULL;
}

/* Every policy but `script`, whose turns are in a file. */
static const char *policy_word(const void *none, size_t i)
{
	for (const struct baton_sched_ops *const *p = baton_policies(); *p; p++)
		if (strcmp((*p)->name, "script") && !i--)
			return (*p)->name;
	return NULL;
}

void sim_options_help(FILE *to)
{
	for (size_t i = 0; i < OPTIONS; i++) {
		char option[48];

		snprintf(option, sizeof(option), "--%s%s%s", rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		if (strlen(option) > 17)
			fprintf(to, "  %s\n  %-18s%s\n", option, "", rows[i].summary);
		else
			fprintf(to, "  %-18s%s\n", option, rows[i].summary);
	}
}

#define FIRST_CODE 256 /* getopt's code of our first option: above every character */

static int complain(char **argv, int code)
{
	const char *wrong = argv[optind - 1], *meant;

	if (code == ':')
		fprintf(stderr, "baton sim: %s has no argument; expected %s\n", wrong,
			rows[optopt - FIRST_CODE].argument);
	else if (optopt >= FIRST_CODE)
		fprintf(stderr, "baton sim: %s has an argument; expected none\n", wrong);
	else if (optopt)
		fprintf(stderr, "baton sim: option -%c is unknown; see baton sim --help\n", optopt);
	else {
		meant = suggest(wrong + 2, row_word, NULL);
		fprintf(stderr, "baton sim: option %s is unknown%s%s%s; see baton sim --help\n",
			wrong, meant ? " (did you mean \"--" : "", meant ? meant : "",
			meant ? "\"?)" : "");
	}
	return -EINVAL;
}

static int wrong_value(enum sim_option option, const char *text, const char *wrong,
		       const char *expected)
{
	fprintf(stderr, "baton sim: --%s \"%.60s\" %s; expected %s\n", rows[option].name, text, wrong,
		expected);
	return -EINVAL;
}

/* ------------------------------------------------------------------ values */

static int take_number(enum sim_option option, uint64_t least, uint64_t most, uint64_t *to)
{
	const char *wrong = units_read_number(optarg, to);

	if (!wrong && *to < least)
		wrong = "is too small";
	if (!wrong && *to > most)
		wrong = "is too large";
	return wrong ? wrong_value(option, optarg, wrong, UNITS_NUMBER) : 0;
}

static int take_time(enum sim_option option, uint64_t *to)
{
	const char *wrong = units_read_duration(optarg, to);

	if (!wrong && !*to)
		wrong = "is too small";
	return wrong ? wrong_value(option, optarg, wrong, UNITS_DURATION) : 0;
}

static int take_policy(struct sim_options *options)
{
	const char *meant;
	char list[80];

	options->policy = baton_policy(optarg);
	if (options->policy && strcmp(optarg, "script"))
		return 0;
	meant = suggest(optarg, policy_word, NULL);
	fprintf(stderr, "baton sim: --policy \"%.60s\" %s; expected %s%s%s%s\n", optarg,
		options->policy ? "goes by a file" : "is unknown",
		suggest_list(list, sizeof(list), policy_word, NULL),
		meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return -EINVAL;
}

#define WEIGHTS "random, or random:LOW..HIGH with numbers from 0 to 4294967296"

static int take_weights(struct sim_options *options)
{
	char *text, *high;
	const char *wrong = NULL;

	options->has_weights = true;
	options->least_weight = 1;
	options->most_weight = 1000;
	if (!strcmp(optarg, "random"))
		return 0;
	if (strncmp(optarg, "random:", 7))
		return wrong_value(OPTION_WEIGHTS, optarg, "is unknown", WEIGHTS);
	text = heap_copy(optarg + 7);
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
	return wrong ? wrong_value(OPTION_WEIGHTS, optarg, wrong, WEIGHTS) : 0;
}

#define OVERRUN "times such as 0..50us, or 0..50us,1ms..5ms/1000: the latter once in 1000 turns"

static int take_overrun(struct sim_options *options)
{
	char *text = heap_copy(optarg), *rare = strchr(text, ','), *in = NULL;
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
	return wrong ? wrong_value(OPTION_OVERRUN, optarg, wrong, OVERRUN) : 0;
}

#define SWEEP "numbers of VMs such as 2,10,100"

static int take_sweep(struct sim_options *options)
{
	char *text = heap_copy(optarg), *rest = text, *one;
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
	return wrong ? wrong_value(OPTION_SWEEP, optarg, wrong, SWEEP) : 0;
}

static int take_plot(struct sim_options *options)
{
	const char *dot = strrchr(optarg, '.');

	options->plot = optarg;
	if (dot && (!strcmp(dot, ".svg") || !strcmp(dot, ".png")))
		return 0;
	return wrong_value(OPTION_PLOT, optarg, "is no kind of picture", "FILE.svg or FILE.png");
}

static int take(struct sim_options *options, enum sim_option option)
{
	switch (option) {
	case OPTION_VMS:
		return take_number(option, 1, SIM_MOST_VMS, &options->vms);
	case OPTION_POLICY:
		return take_policy(options);
	case OPTION_QUANTUM:
		return take_time(option, &options->quantum_ns);
	case OPTION_BURST:
		return take_number(option, 1, UINT32_MAX, &options->burst);
	case OPTION_FOR:
		return take_time(option, &options->for_ns);
	case OPTION_SEED:
		options->has_seed = true;
		return take_number(option, 0, UINT64_MAX, &options->seed);
	case OPTION_WEIGHTS:
		return take_weights(options);
	case OPTION_OVERRUN:
		return take_overrun(options);
	case OPTION_SWEEP:
		return take_sweep(options);
	case OPTION_FROM:
		options->from = optarg;
		return 0;
	case OPTION_REDO:
		options->redo = optarg;
		return 0;
	case OPTION_JSON:
		options->json = optarg;
		return 0;
	case OPTION_PLOT:
		return take_plot(options);
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
	if (!wrong)
		return 0;
	fprintf(stderr, "baton sim: %s\n", wrong);
	return -EINVAL;
}

int sim_options_parse(struct sim_options *options, int argc, char **argv)
{
	struct option table[OPTIONS + 1] = { 0 };
	int code;

	*options = (struct sim_options){ 0 };
	for (int i = 0; i < OPTIONS; i++)
		table[i] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument : no_argument,
			.val = FIRST_CODE + i,
		};
	optind = 0; /* getopt starts afresh: the command's name comes first once more */
	while ((code = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (code == 'h')
			code = FIRST_CODE + OPTION_HELP;
		if (code == '?' || code == ':')
			return complain(argv, code);
		if (take(options, (enum sim_option)(code - FIRST_CODE)))
			return -EINVAL;
	}
	if (optind < argc)
		options->scenario = argv[optind++];
	if (optind < argc) {
		fprintf(stderr, "baton sim: %s is one argument too many; expected one scenario\n",
			argv[optind]);
		return -EINVAL;
	}
	return options->help ? 0 : check(options);
}
