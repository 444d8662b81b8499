/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_json.c - one JSON object per run.
 *
 * Times and counts are integers, shares are per cent. Addresses and register
 * contents are texts in hexadecimal, since a JSON reader may keep only 53 bits
 * of a number, and the upper half of an address space needs 64.
 */
#include "report_json.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "cloud.h"
#include "death_json.h"
#include "json_set.h"
#include "kernel_exits.h"
#include "trace_file.h"

static json_t *ledger(const struct baton_host_stats *stats)
{
	json_t *object = json_object();

	json_set_integer(object, "run_ns", stats->run_ns);
	json_set_integer(object, "handler_ns", stats->handler_ns);
	json_set_integer(object, "switch_ns", stats->switch_ns);
	json_set_integer(object, "idle_ns", stats->idle_ns);
	return object;
}

static json_t *exits(const struct baton_vm_stats *stats)
{
	json_t *object = json_object(), *by_kind = json_object();

	for (unsigned kind = 0; kind < BATON_EXIT_KINDS; kind++) {
		const struct baton_exit_stats *s = &stats->by_kind[kind];
		json_t *one;

		if (!s->count)
			continue;
		one = json_object();
		json_set_integer(one, "count", s->count);
		json_set_integer(one, "run_ns", s->run_ns);
		json_set_integer(one, "handler_ns", s->handler_ns);
		json_set_integer(one, "p50_ns", s->p50_ns);
		json_set_integer(one, "p99_ns", s->p99_ns);
		json_object_set_new(by_kind, baton_exit_name((enum baton_exit_kind)kind), one);
	}
	json_set_integer(object, "total", stats->exits);
	json_object_set_new(object, "by_kind", by_kind);
	return object;
}

/* -------------------------------------------------------------- the whole */

static json_t *vm_object(const struct cloud *cloud, size_t i)
{
	const struct cloud_vm *vm = &cloud->vms[i];
	const struct baton_death *death = baton_vm_death(vm->vm);
	bool shares = !strcmp(cloud->scenario->policy, "share");
	json_t *object = json_object();

	json_set_text(object, "name", cloud->scenario->vms[i].name);
	json_set_text(object, "mode", baton_mode_name(cloud->scenario->vms[i].mode));
	json_set_text(object, "outcome", baton_outcome_name(vm->stats.outcome));
	if (vm->stats.outcome == BATON_HALTED)
		json_set_integer(object, "status", vm->stats.status);
	else
		json_object_set_new(object, "status", json_null());
	if (vm->stats.waits_in != BATON_EXIT_KINDS)
		json_set_text(object, "waits_in", baton_exit_name(vm->stats.waits_in));
	json_set_integer(object, "turns", vm->stats.turns);
	json_set_integer(object, "lifetime_ns", vm->stats.lifetime_ns);
	json_set_integer(object, "run_ns", vm->stats.run_ns);
	json_set_integer(object, "handler_ns", vm->stats.handler_ns);
	json_set_integer(object, "ready_ns", vm->stats.ready_ns);
	json_set_integer(object, "blocked_ns", vm->stats.blocked_ns);
	json_object_set_new(object, "share_target",
			    shares ? json_real(vm->target) : json_null());
	json_object_set_new(object, "share", json_real(vm->share));
	if (shares)
		json_object_set_new(object, "lag_ns", json_integer((json_int_t)vm->stats.lag_ns));
	json_object_set_new(object, "exits", exits(&vm->stats));
	if (cloud->kernel)
		json_object_set_new(object, "kernel_exits", kernel_exits_json(cloud->kernel, i));
	if (death)
		json_object_set_new(object, "death",
				    death_json(death, cloud->scenario->vms[i].path));
	return object;
}

static json_t *expectations(const struct cloud *cloud)
{
	const struct scenario *scenario = cloud->scenario;
	json_t *list = json_array();

	for (size_t i = 0; i < scenario->expectation_count; i++) {
		const struct expectation *e = &scenario->expectations[i];
		struct expectation_result result = expectation_check(e, cloud);
		json_t *object = json_object();

		json_set_text(object, "vm", expectation_subject(e, cloud));
		json_set_text(object, "what", result.what);
		json_set_text(object, "wanted", result.wanted);
		json_set_text(object, "got", result.got);
		if (*result.whose)
			json_set_text(object, "whose", result.whose);
		json_set_boolean(object, "met", result.met);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *trace_object(const struct trace_file *trace)
{
	json_t *object = json_object();

	json_set_text(object, "file", trace->path);
	json_set_integer(object, "records", trace->records);
	json_set_integer(object, "lost", trace->lost);
	return object;
}

static json_t *report(const struct cloud *cloud)
{
	const struct scenario *scenario = cloud->scenario;
	json_t *object = json_object(), *vms = json_array();

	json_set_integer(object, "version", REPORT_JSON_VERSION);
	json_set_text(object, "policy", scenario->policy);
	json_set_integer(object, "quantum_ns", scenario->quantum_ns);
	json_set_text(object, "end", run_end_name(cloud->end));
	json_set_integer(object, "wall_ns", cloud->stats.wall_ns);
	json_object_set_new(object, "ledger", ledger(&cloud->stats));
	json_set_integer(object, "turns", cloud->stats.turns);
	if (scenario_uses_schedule(scenario))
		json_set_integer(object, "skipped", cloud->stats.skipped);
	json_set_integer(object, "kicks", cloud->stats.kicks);
	json_set_integer(object, "stolen_ns", cloud->stats.stolen_ns);
	json_set_integer(object, "overrun_ns", cloud->stats.overrun_ns);
	json_set_integer(object, "lag_ns", cloud->stats.lag_ns);
	json_set_integer(object, "lag_later_ns", cloud->stats.lag_later_ns);
	for (size_t i = 0; i < scenario->vm_count; i++)
		json_array_append_new(vms, vm_object(cloud, i));
	json_object_set_new(object, "vms", vms);
	json_object_set_new(object, "expectations", expectations(cloud));
	if (scenario->trace)
		json_object_set_new(object, "trace", trace_object(scenario->trace));
	return object;
}

int report_json_write(const struct cloud *cloud, FILE *to)
{
	json_t *object = report(cloud);
	int result = json_dumpf(object, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9));

	json_decref(object);
	return result || fputc('\n', to) == EOF || fflush(to) ? -EIO : 0;
}
