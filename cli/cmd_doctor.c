/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_doctor.c - `baton doctor`: facts, trials, judgement, one line each.
 */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "judgement.h"
#include "machine_facts.h"
#include "status.h"
#include "table.h"
#include "terminal.h"

#define DOCTOR_JSON_VERSION 1
#define FOUND_AT	    27 /* column of what was found */

static int print_help(void)
{
	puts("usage: baton doctor [OPTION ...]\n\n"
	     "  --json            the same as JSON, on stdout\n"
	     "  --help            this text");
	return STATUS_MET;
}

static int print_json(const struct check checks[CHECKS])
{
	json_t *object = json_object(), *list = json_array();
	int result;

	for (int i = 0; i < CHECKS; i++) {
		json_t *one = json_object();

		json_object_set_new(one, "name", json_string(checks[i].name));
		json_object_set_new(one, "state",
				    json_string(check_state_name(checks[i].state)));
		json_object_set_new(one, "found", json_string(checks[i].found));
		json_object_set_new(one, "fix", json_string(checks[i].fix));
		json_array_append_new(list, one);
	}
	json_object_set_new(object, "version", json_integer(DOCTOR_JSON_VERSION));
	json_object_set_new(object, "usable", json_boolean(judgement_usable(checks)));
	json_object_set_new(object, "checks", list);
	result = json_dumpf(object, stdout, JSON_INDENT(2));
	json_decref(object);
	putchar('\n');
	return result;
}

static void print_lines(const struct check checks[CHECKS])
{
	static const enum colour colours[] = {
		[CHECK_OK] = COLOUR_GOOD,
		[CHECK_WARN] = COLOUR_WARN,
		[CHECK_FAIL] = COLOUR_BAD,
		[CHECK_UNKNOWN] = COLOUR_FAINT,
	};
	struct terminal terminal;

	terminal_init(&terminal, stdout);
	for (int i = 0; i < CHECKS; i++) {
		const struct check *c = &checks[i];

		printf("  %s%-7s%s  %-14s", terminal_colour(&terminal, colours[c->state]),
		       check_state_name(c->state), terminal_plain(&terminal), c->name);
		terminal_wrap(&terminal, FOUND_AT, FOUND_AT - 2, c->found);
		if (!*c->fix)
			continue;
		printf("%*s→ ", FOUND_AT, "");
		terminal_wrap(&terminal, FOUND_AT + 2, FOUND_AT + 2, c->fix);
	}
}

static int options(int argc, char **argv, bool *json, bool *help)
{
	static const struct option table[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	int code;

	*json = *help = false;
	optind = 0;
	while ((code = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (code == '?') {
			fprintf(stderr, "baton doctor: option %s is unknown; expected --json or "
				"--help\n", argv[optind - 1]);
			return -1;
		}
		*(code == 'j' ? json : help) = true;
	}
	if (optind < argc) {
		fprintf(stderr, "baton doctor: %s is one argument too many; expected none\n",
			argv[optind]);
		return -1;
	}
	return 0;
}

int cmd_doctor(int argc, char **argv)
{
	struct check checks[CHECKS];
	struct machine_facts facts;
	struct machine_trial trial;
	bool json, help;

	if (options(argc, argv, &json, &help))
		return STATUS_USAGE;
	if (help)
		return print_help();
	machine_facts_read("", &facts);
	if (!facts.open_errno)
		machine_trial_run("/dev/kvm", &trial);
	judge_machine(&facts, facts.open_errno ? NULL : &trial, checks);
	if (json)
		print_json(checks);
	else
		print_lines(checks);
	return judgement_usable(checks) ? STATUS_MET : STATUS_CANNOT;
}
