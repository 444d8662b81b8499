/* SPDX-License-Identifier: Apache-2.0 */
/*
 * measure.c - the rows that set Baton beside something else on the same KVM.
 *
 *	measure [--pairs N] [--seconds S] [--exits N] [--vms N] ROW…
 *
 * Prints a line of JSON per row. bench/run knows what the rows mean and what is asked
 * of them.
 */
#include <err.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "pairs.h"

static const struct {
	const char *name;
	void (*measure)(const struct pairs_limits *limits);
} rows[] = {
	{ "exit", turns_exit },	     { "turn", turns_turn },   { "turn-many", turns_many },
	{ "turn-1ms", turns_timed }, { "ring", turns_ring },   { "create", lives_create },
	{ "fork", lives_fork },	     { "reset", lives_reset }, { "start", start_bare },
	{ "start-qemu", start_qemu },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static double number(const char *option, const char *text)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value > 0))
		errx(2, "%s \"%s\": expected a number above 0", option, text);
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pairs", required_argument, NULL, 'p' },
		{ "seconds", required_argument, NULL, 's' },
		{ "exits", required_argument, NULL, 'e' },
		{ "vms", required_argument, NULL, 'v' },
		{ 0 },
	};
	struct pairs_limits limits = { .pairs = 41, .exits = 5000, .vms = 1000 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'p')
			limits.pairs = (unsigned)number("--pairs", optarg);
		else if (option == 's')
			limits.seconds = number("--seconds", optarg);
		else if (option == 'e')
			limits.exits = (uint64_t)number("--exits", optarg);
		else if (option == 'v')
			limits.vms = (unsigned)number("--vms", optarg);
		else
			return 2;
	}
	if (!limits.pairs || !limits.exits || limits.vms < 2)
		errx(2, "expected at least one pair, one exit and two VMs");
	for (; optind < argc; optind++) {
		size_t i = 0;

		while (i < ROWS && strcmp(argv[optind], rows[i].name))
			i++;
		if (i == ROWS)
			errx(2, "no row \"%s\" is measured here", argv[optind]);
		rows[i].measure(&limits);
	}
	return 0;
}
