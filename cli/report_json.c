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
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "cloud.h"

/* jansson takes ownership of what is set into an object, and copes with NULL as failure. */
static void set_integer(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void set_text(json_t *object, const char *key, const char *value)
{
	json_object_set_new(object, key, json_string(value));
}

static void set_hex(json_t *object, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, value);
	set_text(object, key, text);
}

static json_t *ledger(const struct baton_host_stats *stats)
{
	json_t *object = json_object();

	set_integer(object, "run_ns", stats->run_ns);
	set_integer(object, "handler_ns", stats->handler_ns);
	set_integer(object, "switch_ns", stats->switch_ns);
	set_integer(object, "idle_ns", stats->idle_ns);
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
		set_integer(one, "count", s->count);
		set_integer(one, "run_ns", s->run_ns);
		set_integer(one, "handler_ns", s->handler_ns);
		set_integer(one, "p50_ns", s->p50_ns);
		set_integer(one, "p99_ns", s->p99_ns);
		json_object_set_new(by_kind, baton_exit_name((enum baton_exit_kind)kind), one);
	}
	set_integer(object, "total", stats->exits);
	json_object_set_new(object, "by_kind", by_kind);
	return object;
}

/* ------------------------------------------------------------------ death */

static json_t *registers(const struct baton_regs *r)
{
	static const char *const names[] = {
		"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8",
		"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip", "rflags",
	};
	uint64_t values[sizeof(names) / sizeof(*names)];
	json_t *object = json_object();

	_Static_assert(sizeof(values) == sizeof(*r), "a name per register, in their order");
	memcpy(values, r, sizeof(values));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		set_hex(object, names[i], values[i]);
	return object;
}

static json_t *control(const struct baton_death *death)
{
	json_t *object = json_object();

	set_hex(object, "cs", death->cs);
	set_hex(object, "cs_base", death->cs_base);
	set_hex(object, "cr0", death->cr0);
	set_hex(object, "cr3", death->cr3);
	set_hex(object, "cr4", death->cr4);
	set_hex(object, "efer", death->efer);
	return object;
}

static json_t *last_exits(const struct baton_death *death)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < death->last_count; i++) {
		const struct baton_exit *exit = &death->last[i];
		json_t *object = json_object();

		set_text(object, "kind", baton_exit_name(exit->kind));
		set_integer(object, "size", exit->size);
		set_integer(object, "count", exit->count);
		set_hex(object, "addr", exit->addr);
		set_hex(object, "data", exit->data);
		set_hex(object, "rip", exit->rip);
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *death_object(const struct baton_death *death)
{
	char code[2 * sizeof(death->code) + 1] = "";
	json_t *object = json_object();

	for (uint32_t i = 0; i < death->code_size; i++)
		snprintf(code + 2 * i, 3, "%02x", death->code[i]);
	set_text(object, "kind", baton_death_name(death->kind));
	set_text(object, "cause", baton_cause_name(death->cause));
	set_text(object, "sentence", death->sentence);
	set_text(object, "advice", death->advice);
	set_hex(object, "address", death->address);
	json_object_set_new(object, "at_death", json_boolean(death->at_death));
	if (death->vector >= 0) {
		set_integer(object, "vector", (uint64_t)death->vector);
		set_hex(object, "error_code", death->error_code);
		set_hex(object, "cr2", death->cr2);
	}
	json_object_set_new(object, "regs", registers(&death->regs));
	if (death->has_sregs)
		json_object_set_new(object, "control", control(death));
	set_text(object, "code", code);
	set_integer(object, "code_bits", death->code_bits);
	json_object_set_new(object, "last_exits", last_exits(death));
	set_hex(object, "detail", death->detail);
	set_integer(object, "at_ns", death->at_ns);
	return object;
}

/* -------------------------------------------------------------- the whole */

static json_t *vm_object(const struct cloud *cloud, size_t i)
{
	const struct cloud_vm *vm = &cloud->vms[i];
	const struct baton_death *death = baton_vm_death(vm->vm);
	bool shares = !strcmp(cloud->scenario->policy, "share");
	json_t *object = json_object();

	set_text(object, "name", cloud->scenario->vms[i].name);
	set_text(object, "mode", baton_mode_name(cloud->scenario->vms[i].mode));
	set_text(object, "outcome", baton_outcome_name(vm->stats.outcome));
	if (vm->stats.outcome == BATON_HALTED)
		set_integer(object, "status", vm->stats.status);
	else
		json_object_set_new(object, "status", json_null());
	if (vm->stats.waits_in != BATON_EXIT_KINDS)
		set_text(object, "waits_in", baton_exit_name(vm->stats.waits_in));
	set_integer(object, "turns", vm->stats.turns);
	set_integer(object, "lifetime_ns", vm->stats.lifetime_ns);
	set_integer(object, "run_ns", vm->stats.run_ns);
	set_integer(object, "handler_ns", vm->stats.handler_ns);
	set_integer(object, "ready_ns", vm->stats.ready_ns);
	set_integer(object, "blocked_ns", vm->stats.blocked_ns);
	json_object_set_new(object, "share_target",
			    shares ? json_real(vm->target) : json_null());
	json_object_set_new(object, "share", json_real(vm->share));
	json_object_set_new(object, "exits", exits(&vm->stats));
	if (death)
		json_object_set_new(object, "death", death_object(death));
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

		set_text(object, "vm", e->vm == EXPECTATION_HOST ? EXPECTATION_HOST_NAME
								 : scenario->vms[e->vm].name);
		set_text(object, "what", result.what);
		set_text(object, "wanted", result.wanted);
		set_text(object, "got", result.got);
		json_object_set_new(object, "met", json_boolean(result.met));
		json_array_append_new(list, object);
	}
	return list;
}

static json_t *report(const struct cloud *cloud)
{
	const struct scenario *scenario = cloud->scenario;
	json_t *object = json_object(), *vms = json_array();

	set_integer(object, "version", REPORT_JSON_VERSION);
	set_text(object, "policy", scenario->policy);
	set_integer(object, "quantum_ns", scenario->quantum_ns);
	set_text(object, "end", run_end_name(cloud->end));
	set_integer(object, "wall_ns", cloud->stats.wall_ns);
	json_object_set_new(object, "ledger", ledger(&cloud->stats));
	set_integer(object, "turns", cloud->stats.turns);
	if (scenario_uses_schedule(scenario))
		set_integer(object, "skipped", cloud->stats.skipped);
	set_integer(object, "kicks", cloud->stats.kicks);
	set_integer(object, "stolen_ns", cloud->stats.stolen_ns);
	set_integer(object, "overrun_ns", cloud->stats.overrun_ns);
	set_integer(object, "lag_ns", cloud->stats.lag_ns);
	set_integer(object, "lag_later_ns", cloud->stats.lag_later_ns);
	for (size_t i = 0; i < scenario->vm_count; i++)
		json_array_append_new(vms, vm_object(cloud, i));
	json_object_set_new(object, "vms", vms);
	json_object_set_new(object, "expectations", expectations(cloud));
	return object;
}

int report_json_write(const struct cloud *cloud, FILE *to)
{
	json_t *object = report(cloud);
	int result = json_dumpf(object, to, JSON_INDENT(2) | JSON_REAL_PRECISION(9));

	json_decref(object);
	return result || fputc('\n', to) == EOF || fflush(to) ? -EIO : 0;
}
