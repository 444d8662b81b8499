/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_exits.c - finds the VMs of a run among those that the kernel counts.
 */
#include "kernel_exits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exits_show.h"
#include "heap.h"
#include "json_set.h"
#include "table.h"
#include "terminal.h"
#include "units.h"

/* The module's figures of now; false: there are none any more. */
static bool take(struct kernel_exits *kernel)
{
	exits_fini(&kernel->exits);
	if (kernel->by == KERNEL_MODULE &&
	    exits_source_read(&kernel->source, &kernel->exits, &kernel->diag)) {
		exits_source_close(&kernel->source, &(struct baton_diag){ .where = "" });
		kernel->by = KERNEL_KVM;
	}
	return kernel->by == KERNEL_MODULE;
}

static uint64_t newest(const struct exits *exits)
{
	uint64_t id = 0;

	for (size_t i = 0; i < exits->vm_count; i++)
		id = exits->vms[i].id > id ? exits->vms[i].id : id;
	return id;
}

void kernel_exits_begin(struct kernel_exits *kernel, const char *root, size_t vms)
{
	const struct exits_places places = { .root = root };

	*kernel = (struct kernel_exits){ .by = KERNEL_KVM, .count = vms };
	kernel->vms = heap_zeroed(vms, sizeof(*kernel->vms));
	kernel->source.ops = &exits_module;
	if (exits_module.open(&places, &kernel->diag, &kernel->source.state))
		return;
	kernel->by = KERNEL_MODULE;
	if (take(kernel))
		kernel->last_id = newest(&kernel->exits);
}

void kernel_exits_created(struct kernel_exits *kernel, size_t vm)
{
	uint64_t found = 0;
	unsigned candidates = 0;

	if (!take(kernel))
		return;
	for (size_t i = 0; i < kernel->exits.vm_count; i++) {
		const struct exits_vm *new = &kernel->exits.vms[i];

		if (new->id <= kernel->last_id || new->pid != (uint32_t)getpid())
			continue;
		found = new->id;
		candidates++;
	}
	/* As long as the module is loaded, IDs are not used again. */
	if (newest(&kernel->exits) > kernel->last_id)
		kernel->last_id = newest(&kernel->exits);
	if (candidates == 1)
		kernel->vms[vm].id = found;
}

void kernel_exits_read(struct kernel_exits *kernel)
{
	take(kernel);
}

static void read_kvm(struct kernel_exits *kernel, struct kernel_vm *to, const struct baton_vm *vm)
{
	uint32_t count;
	int error = baton_vm_kvm_stats(vm, NULL, 0, &count);

	free(to->stats);
	to->stats = heap_zeroed(count, sizeof(*to->stats));
	to->stat_count = count;
	if (!error)
		error = baton_vm_kvm_stats(vm, to->stats, count, &to->stat_count);
	if (to->stat_count > count)
		to->stat_count = count;
	if (error)
		kernel->error = error;
}

void kernel_exits_measure(struct kernel_exits *kernel, size_t i, const struct baton_vm *vm)
{
	struct kernel_vm *to = &kernel->vms[i];

	to->counted = NULL;
	if (kernel->by == KERNEL_KVM) {
		read_kvm(kernel, to, vm);
		return;
	}
	for (size_t k = 0; k < kernel->exits.vm_count && to->id; k++)
		if (kernel->exits.vms[k].id == to->id)
			to->counted = &kernel->exits.vms[k];
}

void kernel_exits_fini(struct kernel_exits *kernel)
{
	if (kernel->by == KERNEL_MODULE)
		exits_source_close(&kernel->source, &(struct baton_diag){ .where = "" });
	exits_fini(&kernel->exits);
	for (size_t i = 0; i < kernel->count; i++)
		free(kernel->vms[i].stats);
	free(kernel->vms);
}

/* ------------------------------------------------------------------- table */

static void add_reasons(struct table *table, const struct kernel_exits *kernel,
			const struct exits_vm *vm, const char *name)
{
	const struct exits *exits = &kernel->exits;
	uint64_t all = exits_count(&vm->sums);

	for (size_t i = 0; i < vm->sums.count; i++) {
		const struct exits_row *row = &vm->sums.rows[i];
		double share = 100.0 * (double)row->count / (double)all;

		table_cell(table, "%s", i ? "" : name); /* it stands once */
		table_cell(table, "%s", row->name);
		table_cell(table, "%s", units_count(row->count).text);
		table_cell(table, "%s", units_percent(share, 1).text);
		table_cell(table, "%s", units_brief(exits_ns(exits, row->kvm / row->count)).text);
		table_cell(table, "%s", units_brief(exits_ns(exits, row->user)).text);
		table_cell(table, "%s", units_brief(exits_ns(exits, row->asleep)).text);
		table_cell(table, "%s", units_brief(exits_ns(exits, row->preempted)).text);
	}
}

/* Of KVM's figures, those that count exits and are not 0. JSON has them all. */
static bool is_shown(const struct baton_kvm_stat *stat)
{
	return stat->value && stat->grows && strstr(stat->name, "exits");
}

static void add_stats(struct table *table, const struct kernel_vm *vm, const char *name)
{
	for (uint32_t i = 0; i < vm->stat_count; i++) {
		if (!is_shown(&vm->stats[i]))
			continue;
		table_cell(table, "%s", name);
		table_cell(table, "%s", vm->stats[i].name);
		table_cell(table, "%s", units_count(vm->stats[i].value).text);
		name = ""; /* it stands once */
	}
}

static size_t shown_stats(const struct kernel_exits *kernel, size_t count)
{
	size_t shown = 0;

	for (size_t i = 0; i < count; i++)
		for (uint32_t k = 0; k < kernel->vms[i].stat_count; k++)
			shown += is_shown(&kernel->vms[i].stats[k]);
	return shown;
}

static void print_module(const struct kernel_exits *kernel, const struct terminal *terminal,
			 const char *const *names, size_t count)
{
	size_t missing = 0;
	struct table table;

	table_init(&table, "llrrrooo");
	table_cell(&table, "VM");
	table_cell(&table, "reason");
	table_cell(&table, "count");
	table_cell(&table, "share");
	table_cell(&table, "in KVM");
	table_cell(&table, "userspace");
	table_cell(&table, "asleep");
	table_cell(&table, "preempted");
	table_rule(&table);
	for (size_t i = 0; i < count; i++) {
		missing += !kernel->vms[i].counted;
		if (kernel->vms[i].counted)
			add_reasons(&table, kernel, kernel->vms[i].counted, names[i]);
	}
	table_print(&table, terminal->to);
	if (missing)
		fprintf(terminal->to, "  %zu VM%s could not be found there, under pid %ld\n", missing,
			missing == 1 ? "" : "s", (long)getpid());
}

static void print_kvm(const struct kernel_exits *kernel, const struct terminal *terminal,
		      const char *const *names, size_t count)
{
	struct table table;

	if (!shown_stats(kernel, count)) {
		fprintf(terminal->to, "  none: %s\n", kernel->error == -ENOTSUP ?
			"this KVM keeps no figures; Linux 5.14 does" : kernel->error ?
			strerror(-kernel->error) : "this KVM leaves them all at 0");
		return;
	}
	table_init(&table, "llr");
	table_cell(&table, "VM");
	table_cell(&table, "figure");
	table_cell(&table, "count");
	table_rule(&table);
	for (size_t i = 0; i < count; i++)
		add_stats(&table, &kernel->vms[i], names[i]);
	table_print(&table, terminal->to);
}

void kernel_exits_print(const struct kernel_exits *kernel, const struct terminal *terminal,
			const char *const *names, size_t count)
{
	fprintf(terminal->to, "\n  %sThe kernel's own count, by %s%s\n",
		terminal_colour(terminal, COLOUR_STRONG), kernel->by == KERNEL_MODULE ?
		"the processor's reasons: the module baton_exits" : "KVM's figures",
		terminal_plain(terminal));
	(kernel->by == KERNEL_MODULE ? print_module : print_kvm)(kernel, terminal, names, count);
	if (kernel->by == KERNEL_KVM)
		fprintf(terminal->to, "  by the processor's reasons: %s: %s; see baton exits\n",
			kernel->diag.where, kernel->diag.message);
}

/* -------------------------------------------------------------------- JSON */

json_t *kernel_exits_json(const struct kernel_exits *kernel, size_t vm)
{
	const struct kernel_vm *from = &kernel->vms[vm];
	json_t *object, *stats;

	if (kernel->by == KERNEL_MODULE ? !from->counted : !from->stat_count)
		return json_null();
	object = json_object();
	json_set_text(object, "source", kernel->by == KERNEL_MODULE ? "module" : "kvm");
	if (kernel->by == KERNEL_MODULE) {
		json_set_integer(object, "id", from->id);
		json_set_text(object, "isa", exits_isa_name(kernel->exits.isa));
		exits_json_sums(object, &kernel->exits, &from->counted->sums);
		return object;
	}
	stats = json_object();
	for (uint32_t i = 0; i < from->stat_count; i++)
		json_set_integer(stats, from->stats[i].name, from->stats[i].value);
	json_object_set_new(object, "stats", stats);
	return object;
}
