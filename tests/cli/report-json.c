/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report-json.c - what shell tests need to look into a JSON report.
 *
 * usage: report-json get FILE MEMBER...      prints one value; a number is an index
 *        report-json balances FILE           do all sums add up, exactly?
 *        report-json within-lag FILE         is every share as near as its lag says?
 *        report-json met-but FILE WHAT       is every expectation met, save those of WHAT?
 * Exit status: 0 yes, 1 no (stderr says why), 2 not a report.
 */
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_int_t integer(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value)) {
		fprintf(stderr, "%s is no integer\n", key);
		exit(2);
	}
	return json_integer_value(value);
}

static int get(const json_t *at, char **members)
{
	for (; *members && at; members++) {
		char *end;
		size_t index = strtoul(*members, &end, 10);

		at = *end || json_is_object(at) ? json_object_get(at, *members)
						: json_array_get(at, index);
	}
	if (!at) {
		fprintf(stderr, "there is no %s\n", members[-1]);
		return 1;
	}
	if (json_is_string(at))
		puts(json_string_value(at));
	else
		json_dumpf(at, stdout, JSON_ENCODE_ANY | JSON_COMPACT), putchar('\n');
	return 0;
}

/* Is the sum of these members the member `total`? */
static int adds_up(const json_t *parts, const char *const *keys, json_int_t total, const char *what)
{
	json_int_t sum = 0;

	for (; *keys; keys++)
		sum += integer(parts, *keys);
	if (sum == total)
		return 1;
	fprintf(stderr, "%s: the parts are %" JSON_INTEGER_FORMAT ", the whole is "
		"%" JSON_INTEGER_FORMAT "\n", what, sum, total);
	return 0;
}

static int exits_add_up(const json_t *vm)
{
	const json_t *exits = json_object_get(vm, "exits");
	json_t *by_kind = json_object_get(exits, "by_kind"), *kind;
	json_int_t count = 0, run_ns = 0, handler_ns = 0;
	const char *name;

	json_object_foreach (by_kind, name, kind) {
		count += integer(kind, "count");
		run_ns += integer(kind, "run_ns");
		handler_ns += integer(kind, "handler_ns");
	}
	if (count == integer(exits, "total") && run_ns <= integer(vm, "run_ns") &&
	    handler_ns <= integer(vm, "handler_ns"))
		return 1;
	fprintf(stderr, "exits by kind do not add up\n");
	return 0;
}

static int balances(const json_t *report)
{
	static const char *const ledger[] = {
		"run_ns", "handler_ns", "switch_ns", "idle_ns", NULL
	};
	static const char *const life[] = {
		"run_ns", "handler_ns", "ready_ns", "blocked_ns", NULL
	};
	static const char *const used[] = { "run_ns", "handler_ns" };
	const json_t *parts = json_object_get(report, "ledger");
	json_int_t by_vm[2] = { 0 };
	size_t index;
	json_t *vm;
	int ok = adds_up(parts, ledger, integer(report, "wall_ns"), "ledger");

	json_array_foreach (json_object_get(report, "vms"), index, vm) {
		ok &= adds_up(vm, life, integer(vm, "lifetime_ns"), "VM");
		ok &= exits_add_up(vm);
		for (int i = 0; i < 2; i++)
			by_vm[i] += integer(vm, used[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (by_vm[i] == integer(parts, used[i]))
			continue;
		fprintf(stderr, "%s of the VMs is not the ledger's\n", used[i]);
		ok = 0;
	}
	return !ok;
}

/*
 * A VM that is `lag` behind or ahead of its ideal share of T has a share that is
 * lag / T off, and no more; and the lag has its bound. So shares are judged by
 * how long this run was, and not by luck.
 */
static int within_lag(const json_t *report)
{
	const json_t *ledger = json_object_get(report, "ledger");
	double used = (double)(integer(ledger, "run_ns") + integer(ledger, "handler_ns"));
	json_int_t lag = integer(report, "lag_ns");
	json_int_t bound = integer(report, "quantum_ns") + integer(report, "overrun_ns");
	size_t index;
	json_t *vm;
	int ok = lag <= bound;

	json_array_foreach (json_object_get(report, "vms"), index, vm) {
		double share = json_number_value(json_object_get(vm, "share"));
		double target = json_number_value(json_object_get(vm, "share_target"));

		/* The report rounds shares; a nanosecond is nothing beside that. */
		if (fabs(share - target) <= 100.0 * (double)(lag + 1) / used + 1e-6)
			continue;
		fprintf(stderr, "share %f of %f is further off than lag %" JSON_INTEGER_FORMAT "\n",
			share, target, lag);
		ok = 0;
	}
	if (lag > bound)
		fprintf(stderr, "lag %" JSON_INTEGER_FORMAT " is beyond %" JSON_INTEGER_FORMAT "\n",
			lag, bound);
	return !ok;
}

static int met_but(const json_t *report, const char *what)
{
	json_t *expectation;
	size_t index;
	int ok = 1;

	json_array_foreach (json_object_get(report, "expectations"), index, expectation)
		if (!json_is_true(json_object_get(expectation, "met")) &&
		    strcmp(json_string_value(json_object_get(expectation, "what")), what))
			ok = 0;
	return !ok;
}

int main(int argc, char **argv)
{
	json_error_t error;
	json_t *report;
	int result = 2;

	if (argc < 3)
		return 2;
	report = json_load_file(argv[2], 0, &error);
	if (!report) {
		fprintf(stderr, "%s:%d:%d: %s\n", argv[2], error.line, error.column, error.text);
		return 2;
	}
	if (!strcmp(argv[1], "get"))
		result = get(report, argv + 3);
	else if (!strcmp(argv[1], "balances"))
		result = balances(report);
	else if (!strcmp(argv[1], "within-lag"))
		result = within_lag(report);
	else if (!strcmp(argv[1], "met-but") && argc == 4)
		result = met_but(report, argv[3]);
	json_decref(report);
	return result;
}
