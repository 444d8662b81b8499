/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.c - what an observer of the host and its devices sees, a line each.
 */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "outlet.h"
#include "terminal.h"
#include "units.h"

struct show_exit_text show_exit(const struct baton_exit *exit)
{
	struct show_exit_text t;
	int used;

	switch (exit->kind) {
	case BATON_EXIT_IO_OUT:
		used = snprintf(t.text, sizeof(t.text), "out 0x%" PRIx64 " ← %" PRIu64,
				exit->addr, exit->data);
		break;
	case BATON_EXIT_IO_IN:
		used = snprintf(t.text, sizeof(t.text), "in 0x%" PRIx64 " → %" PRIu64,
				exit->addr, exit->data);
		break;
	case BATON_EXIT_MMIO_WRITE:
		used = snprintf(t.text, sizeof(t.text), "write 0x%" PRIx64 " ← 0x%" PRIx64,
				exit->addr, exit->data);
		break;
	case BATON_EXIT_MMIO_READ:
		used = snprintf(t.text, sizeof(t.text), "read 0x%" PRIx64 " → 0x%" PRIx64,
				exit->addr, exit->data);
		break;
	case BATON_EXIT_UNKNOWN:
		used = snprintf(t.text, sizeof(t.text), "KVM exit reason %" PRIu32, exit->reason);
		break;
	default:
		used = snprintf(t.text, sizeof(t.text), "%s", baton_exit_name(exit->kind));
	}
	if (exit->count > 1)
		snprintf(t.text + used, sizeof(t.text) - (size_t)used, " (first of %" PRIu32 ")",
			 exit->count);
	return t;
}

/* ------------------------------------------------------ lines for people */

static void line_of_exit(struct show_lines *lines, struct baton_vm *vm,
			 const struct baton_exit *exit)
{
	fprintf(lines->terminal->to, "%-*s  %s\n", lines->name_width, baton_vm_name(vm),
		show_exit(exit).text);
}

/* "1.002 s  neo  1000.123 ms of 1 s  slice  rax 0x12ab" */
static void line_of_turn(struct show_lines *lines, const struct baton_turn *turn)
{
	uint64_t length = turn->end_ns - turn->begin_ns;
	char slice[40] = "";

	if (turn->slice_ns != BATON_FOREVER)
		snprintf(slice, sizeof(slice), " of %s", units_duration(turn->slice_ns).text);
	fprintf(lines->terminal->to, "%8s s  %-*s  %9.3f ms%s  %-5s  rax 0x%" PRIx64 "\n",
		units_seconds(show_time(lines, turn)).text, lines->name_width,
		baton_vm_name(turn->vm), (double)length / 1e6, slice, baton_why_name(turn->why),
		turn->regs->rax);
}

static void print_items(FILE *to, const uint32_t *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		fprintf(to, "%s%" PRIu32, i ? " " : "", items[i]);
}

/* "neo  produced   8 6 4  ring [8 6 4]  prod_p 3  cons_p 0" */
static void line_of_traffic(const struct show_device *device, const struct baton_traffic *event)
{
	FILE *to = device->lines->terminal->to;

	fprintf(to, "%-*s  %-9s  ", device->lines->name_width, baton_vm_name(event->vm),
		baton_traffic_name(event->kind));
	if (event->count)
		print_items(to, event->items, event->count);
	else
		fprintf(to, "nothing");
	if (event->ring) {
		fprintf(to, "  ring [");
		print_items(to, event->ring, event->held);
		fprintf(to, "]  prod_p %" PRId32 "  cons_p %" PRId32, event->prod_p, event->cons_p);
	}
	fputc('\n', to);
}

static const struct show_form show_as_lines = {
	.exit = line_of_exit, .turn = line_of_turn, .traffic = line_of_traffic,
};

/* --------------------------------------------------------------- all forms */

uint64_t show_time(struct show_lines *lines, const struct baton_turn *turn)
{
	if (!lines->begin_ns)
		lines->begin_ns = turn->begin_ns;
	return turn->end_ns - lines->begin_ns;
}

static void see_exit(void *context, struct baton_vm *vm, const struct baton_exit *exit)
{
	struct show_lines *lines = context;

	lines->reason = exit->reason;
	if (lines->scenario->show == SHOW_EXITS)
		lines->form->exit(lines, vm, exit);
}

static void see_turn(void *context, const struct baton_turn *turn)
{
	struct show_lines *lines = context;

	lines->form->turn(lines, turn);
}

void show_traffic(void *context, const struct baton_traffic *event)
{
	const struct show_device *device = context;

	device->lines->form->traffic(device, event);
}

bool show_ready(void *context)
{
	const struct show_device *device = context;

	return device->lines->form == &show_as_lines || outlet_ready(device->lines->outlet);
}

void show_begin(struct show_lines *lines)
{
	if (lines->form->begin)
		lines->form->begin(lines);
}

void show_init(struct show_lines *lines, const struct scenario *scenario,
	       struct terminal *terminal, struct outlet *outlet)
{
	static const struct show_form *const forms[] = {
		[FORMAT_LINES] = &show_as_lines,
		[FORMAT_COURSE] = &show_as_course,
		[FORMAT_JSON] = &show_as_json,
	};

	*lines = (struct show_lines){
		.terminal = terminal,
		.outlet = outlet,
		.scenario = scenario,
		.form = forms[scenario->format],
	};
	if (scenario->show == SHOW_EXITS ||
	    (scenario->show == SHOW_TURNS && scenario->format == FORMAT_COURSE))
		lines->observer.exit = see_exit;
	if (scenario->show == SHOW_TURNS)
		lines->observer.turn = see_turn;
	for (size_t i = 0; i < scenario->vm_count; i++) {
		int width = (int)strlen(scenario->vms[i].name);

		if (width > lines->name_width)
			lines->name_width = width;
	}
}
