/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.c - what an observer of the host sees, a line each.
 */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static void show_one_exit(void *context, struct baton_vm *vm, const struct baton_exit *exit)
{
	const struct show_lines *lines = context;

	fprintf(lines->terminal->to, "%-*s  %s\n", lines->name_width, baton_vm_name(vm),
		show_exit(exit).text);
}

/* "1.002 s  neo  1000.123 ms of 1 s  slice  rax 0x12ab" */
static void show_one_turn(void *context, const struct baton_turn *turn)
{
	struct show_lines *lines = context;
	uint64_t length = turn->end_ns - turn->begin_ns;
	char slice[40] = "";

	if (!lines->begin_ns)
		lines->begin_ns = turn->begin_ns;
	if (turn->slice_ns != BATON_FOREVER)
		snprintf(slice, sizeof(slice), " of %s", units_duration(turn->slice_ns).text);
	fprintf(lines->terminal->to, "%8s s  %-*s  %9.3f ms%s  %-5s  rax 0x%" PRIx64 "\n",
		units_seconds(turn->end_ns - lines->begin_ns).text, lines->name_width,
		baton_vm_name(turn->vm), (double)length / 1e6, slice, baton_why_name(turn->why),
		turn->regs->rax);
}

void show_init(struct show_lines *lines, const struct scenario *scenario, struct terminal *terminal)
{
	*lines = (struct show_lines){ .terminal = terminal };
	if (scenario->show == SHOW_EXITS)
		lines->observer.exit = show_one_exit;
	if (scenario->show == SHOW_TURNS)
		lines->observer.turn = show_one_turn;
	for (size_t i = 0; i < scenario->vm_count; i++) {
		int width = (int)strlen(scenario->vms[i].name);

		if (width > lines->name_width)
			lines->name_width = width;
	}
}
