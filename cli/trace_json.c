/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_json.c - see trace_show.h: the JSON, whose members are named as in a run's report.
 */
#include "trace_show.h"

#include <errno.h>

#include "json_set.h"

static json_t *ledger(const struct trace_fold *fold)
{
	json_t *object = json_object();

	json_set_integer(object, "run_ns", fold->run_ns);
	json_set_integer(object, "handler_ns", fold->handler_ns);
	json_set_integer(object, "switch_ns", fold->switch_ns);
	json_set_integer(object, "idle_ns", fold->idle_ns);
	if (fold->unknown_ns)
		json_set_integer(object, "unknown_ns", fold->unknown_ns);
	return object;
}

static json_t *spread(const struct spread *spread)
{
	json_t *object = json_object();

	json_set_integer(object, "count", spread->count);
	json_set_integer(object, "p50_ns", spread_percentile(spread, 50));
	json_set_integer(object, "p90_ns", spread_percentile(spread, 90));
	json_set_integer(object, "p99_ns", spread_percentile(spread, 99));
	json_set_integer(object, "max_ns", spread->most_ns);
	return object;
}

static json_t *exits(const struct trace_fold_vm *vm)
{
	json_t *object = json_object(), *by_kind = json_object(), *by_call = json_object();

	for (unsigned kind = 0; kind < BATON_EXIT_KINDS; kind++) {
		json_t *one;

		if (!vm->by_kind[kind].count)
			continue;
		one = json_object();
		json_set_integer(one, "count", vm->by_kind[kind].count);
		json_set_integer(one, "run_ns", vm->by_kind[kind].run_ns);
		json_set_integer(one, "handler_ns", vm->by_kind[kind].handler_ns);
		json_object_set_new(by_kind, baton_exit_name((enum baton_exit_kind)kind), one);
	}
	json_set_integer(object, "total", vm->exits);
	json_object_set_new(object, "by_kind", by_kind);
	for (unsigned call = 0; call < HYPERCALLS; call++)
		if (vm->by_call[call])
			json_set_integer(by_call, hypercall_name(BATON_CALL_BASE + call), vm->by_call[call]);
	json_object_set_new(object, "by_call", by_call);
	return object;
}

static json_t *vm_object(const struct trace_show *show, baton_entity_t e)
{
	const struct baton_trace_vm *row = trace_reader_vm(show->reader, e);
	struct trace_fold_vm vm = trace_fold_vm(show->fold, e);
	json_t *object = json_object();

	json_set_text(object, "name", trace_reader_name(show->reader, e).text);
	json_set_integer(object, "entity", e);
	if (row)
		json_set_text(object, "mode", baton_mode_name((enum baton_mode)row->mode));
	json_set_integer(object, "weight", vm.weight);
	json_set_integer(object, "turns", vm.turns);
	json_set_integer(object, "lifetime_ns",
			 vm.run_ns + vm.handler_ns + vm.ready_ns + vm.blocked_ns + vm.unknown_ns);
	json_set_integer(object, "run_ns", vm.run_ns);
	json_set_integer(object, "handler_ns", vm.handler_ns);
	json_set_integer(object, "ready_ns", vm.ready_ns);
	json_set_integer(object, "blocked_ns", vm.blocked_ns);
	if (vm.unknown_ns)
		json_set_integer(object, "unknown_ns", vm.unknown_ns);
	json_object_set_new(object, "turn_time", spread(&vm.turn));
	json_object_set_new(object, "waiting_time", spread(&vm.wait));
	json_object_set_new(object, "exits", exits(&vm));
	return object;
}

static json_t *overruns(const struct trace_show *show)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < show->fold->overrun_count; i++) {
		const struct trace_fold_overrun *o = &show->fold->overruns[i];
		json_t *object;

		if (!trace_show_has(show, o->entity))
			continue;
		object = json_object();
		json_set_text(object, "vm", trace_reader_name(show->reader, o->entity).text);
		json_set_integer(object, "ended_ns", o->ended_ns - show->fold->first_ns);
		json_set_integer(object, "charged_ns", o->charged_ns);
		json_set_integer(object, "slice_ns", o->slice_ns);
		json_array_append_new(list, object);
	}
	return list;
}

int trace_show_json(const struct trace_show *show, FILE *to)
{
	const struct baton_trace_header *h = &show->reader->header;
	const struct trace_fold *f = show->fold;
	const char *imbalance = trace_fold_imbalance(f);
	json_t *object = json_object(), *vms = json_array();
	bool failed;
	int error;

	json_set_integer(object, "version", TRACE_JSON_VERSION);
	json_set_text(object, "file", show->file);
	json_set_boolean(object, "whole", f->ended);
	json_object_set_new(object, "wrong", show->wrong ? json_string(show->wrong) : json_null());
	json_set_integer(object, "records", f->records);
	json_set_integer(object, "lost", f->lost);
	json_set_boolean(object, "balances", !imbalance);
	json_object_set_new(object, "imbalance", imbalance ? json_string(imbalance) : json_null());
	json_set_text(object, "policy", h->policy);
	json_set_integer(object, "quantum_ns", h->slice_ns);
	json_set_integer(object, "burst", h->burst);
	json_set_integer(object, "seed", h->seed);
	json_set_integer(object, "capacity", h->capacity);
	json_set_integer(object, "began_s", h->began_s);
	json_set_integer(object, "wall_ns", f->last_ns - f->first_ns);
	json_object_set_new(object, "ledger", ledger(f));
	json_set_integer(object, "turns", f->turns);
	json_set_integer(object, "exits", f->exits);
	json_set_integer(object, "wakes", f->wakes);
	json_set_integer(object, "skipped", f->skipped);
	for (uint32_t e = 0; e < f->capacity && !show->summary; e++)
		if (trace_show_has(show, e))
			json_array_append_new(vms, vm_object(show, e));
	json_object_set_new(object, "vms", vms);
	json_object_set_new(object, "overruns", overruns(show));
	errno = 0;
	failed = json_dumpf(object, to, JSON_INDENT(2)) || fputc('\n', to) == EOF || fflush(to);
	error = errno ? -errno : -EIO;
	json_decref(object);
	return failed ? error : 0;
}
