/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_json.c - what an exploration has found, for programs.
 */
#include <errno.h>
#include <jansson.h>

#include "explore_show.h"
#include "json_set.h"

static json_t *outcomes_json(const struct exploration *e)
{
	json_t *list = json_array();
	struct exploration_outcome o;

	for (size_t i = 0; exploration_outcome(e, i, &o); i++) {
		json_t *item = json_object(), *values = json_array();

		for (size_t k = 0; k < e->width; k++)
			json_array_append_new(values, json_integer(o.values[k]));
		json_object_set_new(item, "values", values);
		json_set_integer(item, "states", o.states);
		json_set_boolean(item, "expected", o.expected);
		json_array_append_new(list, item);
	}
	return list;
}

static const char *kind_of(const struct explore_step *s)
{
	static const char *const names[] = {
		[NODE_READ] = "read", [NODE_WRITE] = "write", [NODE_CALL] = "call",
		[NODE_CHOOSE] = "choose", [NODE_FENCE] = "fence", [NODE_TIMER] = "timer",
		[NODE_OPEN] = "interrupt", [NODE_TAKE] = "interrupt",
	};

	if (!s->node)
		return "land";
	if (s->passes)
		return "pass";
	return s->writes ? "read-write" : names[s->node->kind];
}

static json_t *step_json(const struct exploration *e, const struct explore_step *s)
{
	json_t *item = json_object();

	json_set_text(item, "vm", e->scenario->vms[s->move.vm].name);
	json_set_text(item, "kind", kind_of(s));
	if (s->region != SIZE_MAX) {
		json_set_text(item, "region", e->scenario->regions[s->region].name);
		json_set_integer(item, "offset", s->offset);
		json_set_integer(item, "size", s->size);
	} else if (s->node && s->node->kind == NODE_CALL) {
		json_set_hex(item, "port", s->node->port);
	}
	json_set_hex(item, "value", s->value);
	if (s->writes)
		json_set_hex(item, "stored", s->stored);
	json_set_integer(item, "queued", s->queued);
	json_set_text(item, "text", s->text);
	if (!s->node)
		return item;
	json_set_hex(item, "address", s->node->rip);
	if (*s->place.name)
		json_set_text(item, "symbol", s->place.name);
	if (*s->place.file) {
		json_set_text(item, "file", s->place.file);
		json_set_integer(item, "line", (uint64_t)s->place.line);
	}
	if (*s->instruction)
		json_set_text(item, "instruction", s->instruction);
	return item;
}

int explore_json(const struct exploration *e, const struct explore_path *path, FILE *to)
{
	const struct search *s = &e->search;
	const struct machines_figures f = machines_figures(e->machines);
	json_t *all = json_object(), *list;
	int error;

	json_set_text(all, "memory", e->memory == MEMORY_TSO ? "tso" : "sc");
	json_set_text(all, "verdict", verdict_name(s->verdict));
	json_set_boolean(all, "met", exploration_is_met(e));
	if (*explore_finding(e).text)
		json_set_text(all, "finding", explore_finding(e).text);
	json_set_text(all, "search", search_order_name(s->config.order));
	json_set_integer(all, "states", s->states.count);
	json_set_integer(all, "walks", s->walks);
	json_set_integer(all, "moves", s->moves);
	json_set_integer(all, "depth", s->depth);
	json_set_integer(all, "finals", s->finals);
	json_set_integer(all, "took_ns", e->took_ns);
	json_set_integer(all, "local_states", f.nodes);
	json_set_integer(all, "local_steps", f.edges);
	json_set_integer(all, "vm_runs", f.runs);
	json_set_integer(all, "vm_loads", f.loads);
	json_object_set_new(all, "outcomes", outcomes_json(e));
	if (path) {
		list = json_array();
		for (size_t i = 0; i < path->count; i++)
			json_array_append_new(list, step_json(e, &path->steps[i]));
		json_object_set_new(all, "schedule", list);
	}
	errno = 0;
	error = json_dumpf(all, to, JSON_INDENT(2)) || fputc('\n', to) == EOF || fflush(to);
	json_decref(all);
	return error ? -(errno ? errno : EIO) : 0;
}
