/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim_json.c - the figures of a simulation, for programs. Times are whole nanoseconds,
 * shares are per cent.
 */
#include <string.h>

#include "json_set.h"
#include "sim_plan.h"
#include "sim_report.h"
#include "sim_run.h"

static double per_cent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static json_t *times(const struct baton__histogram *h)
{
	json_t *object = json_object();

	json_set_integer(object, "count", h->count);
	json_set_integer(object, "p50_ns", baton__histogram_percentile(h, 50));
	json_set_integer(object, "p90_ns", baton__histogram_percentile(h, 90));
	json_set_integer(object, "p99_ns", baton__histogram_percentile(h, 99));
	json_set_integer(object, "most_ns", h->most);
	return object;
}

/* Of a share, in points or in per cent. */
static json_t *errors(const struct baton__histogram *h, double scale)
{
	json_t *object = json_object();

	json_object_set_new(object, "p50", json_real((double)baton__histogram_percentile(h, 50) / scale));
	json_object_set_new(object, "p90", json_real((double)baton__histogram_percentile(h, 90) / scale));
	json_object_set_new(object, "p99", json_real((double)baton__histogram_percentile(h, 99) / scale));
	json_object_set_new(object, "most", json_real((double)h->most / scale));
	return object;
}

static json_t *rows(const struct sim_plan *plan, const struct sim_result *result)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < plan->row_count; i++) {
		const struct sim_row *row = &result->rows[i];
		json_t *object = json_object();

		json_set_text(object, "name", plan->names[i]);
		json_set_integer(object, "vms", row->vms);
		json_set_integer(object, "turns", row->turns);
		json_set_integer(object, "exits", row->exits);
		json_set_integer(object, "cpu_ns", row->charged_ns);
		json_object_set_new(object, "share_target",
				    json_real(per_cent(row->weight, result->weight)));
		json_object_set_new(object, "share",
				    json_real(per_cent(row->charged_ns, result->charged_ns)));
		json_array_append_new(list, object);
	}
	return list;
}

static void allowed(json_t *object, const char *key, const struct sim_result *result, uint64_t ns)
{
	if (result->share)
		json_set_integer(object, key, ns);
	else
		json_object_set_new(object, key, json_null());
}

static json_t *one(const struct sim_plan *plan, const struct sim_result *result, bool with_rows)
{
	const struct baton__sim_stats *s = &result->stats;
	json_t *object = json_object();

	json_set_integer(object, "count", result->count);
	json_set_integer(object, "now_ns", s->now_ns);
	json_set_integer(object, "idle_ns", s->idle_ns);
	json_set_integer(object, "turns", s->turns);
	json_set_integer(object, "overrun_ns", s->lag.overrun_ns);
	json_set_integer(object, "lag_ns", s->lag.lag_ns);
	allowed(object, "lag_allowed_ns", result, result->allowed.bound_ns);
	json_set_integer(object, "lag_later_ns", s->lag.lag_later_ns);
	allowed(object, "lag_later_allowed_ns", result, result->allowed.later_bound_ns);
	json_object_set_new(object, "wake_to_run", times(&result->waits));
	json_object_set_new(object, "turn", times(&result->turns));
	json_object_set_new(object, "share_error_points", errors(&result->errors, SIM_POINT));
	json_object_set_new(object, "share_error_percent", errors(&result->relatives, 1e4));
	json_set_integer(object, "bytes_per_vm", s->bytes / result->count);
	if (with_rows)
		json_object_set_new(object, "vms", rows(plan, result));
	return object;
}

json_t *sim_report_json(const struct sim_plan *plan, const struct sim_result *results, size_t count,
			bool sweep)
{
	json_t *object = json_object(), *list = json_array();

	json_set_integer(object, "version", SIM_JSON_VERSION);
	json_set_text(object, "policy", plan->ops->name);
	json_set_integer(object, "quantum_ns", plan->sched.slice_ns);
	json_set_integer(object, "burst", plan->sched.burst);
	json_set_integer(object, "seed", plan->sched.seed);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, one(plan, &results[i], !sweep));
	json_object_set_new(object, "runs", list);
	return object;
}
