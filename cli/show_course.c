/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show_course.c - the lines that a course prints, for comparing a run with what is
 * known. A VM's number there is a descriptor's; here VMs count from 1.
 */
#include <inttypes.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "device.h"
#include "outlet.h"
#include "show.h"
#include "units.h"

__attribute__((format(printf, 2, 3)))
static void say(const struct show_lines *lines, const char *format, ...)
{
	char text[256];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	outlet_put(lines->outlet, text, (size_t)size);
}

static size_t number(const struct show_lines *lines, const struct baton_vm *vm)
{
	return scenario_find_vm(lines->scenario, baton_vm_name(vm)) + 1;
}

static void begin(struct show_lines *lines)
{
	const struct scenario *scenario = lines->scenario;
	struct stat file;

	if (scenario->show != SHOW_EXITS && scenario->show != SHOW_TURNS)
		return;
	for (size_t i = 0; i < scenario->vm_count; i++)
		if (!stat(scenario->vms[i].path, &file))
			say(lines, "VMFD: %zu, Loaded Program with size: %lld\n", i + 1,
			    (long long)file.st_size);
}

static const char *reason_name(uint32_t reason)
{
	switch (reason) {
	case KVM_EXIT_IO:
		return "KVM_EXIT_IO";
	case KVM_EXIT_HLT:
		return "KVM_EXIT_HLT";
	case KVM_EXIT_MMIO:
		return "KVM_EXIT_MMIO";
	case KVM_EXIT_INTR:
		return "KVM_EXIT_INTR";
	case KVM_EXIT_SHUTDOWN:
		return "KVM_EXIT_SHUTDOWN";
	case KVM_EXIT_FAIL_ENTRY:
		return "KVM_EXIT_FAIL_ENTRY";
	case KVM_EXIT_INTERNAL_ERROR:
		return "KVM_EXIT_INTERNAL_ERROR";
	default:
		return "KVM_EXIT_UNKNOWN";
	}
}

static void say_stop(const struct show_lines *lines, size_t vm, uint32_t reason)
{
	say(lines, "VMFD: %zu started running\n", vm);
	say(lines, "VMFD: %zu stopped running - exit reason: %" PRIu32 "\n", vm, reason);
	say(lines, "VMFD: %zu %s\n", vm, reason_name(reason));
}

static void one_exit(struct show_lines *lines, struct baton_vm *vm, const struct baton_exit *exit)
{
	size_t n = number(lines, vm);

	say_stop(lines, n, exit->reason);
	if (exit->kind == BATON_EXIT_IO_OUT || exit->kind == BATON_EXIT_IO_IN)
		say(lines, "VMFD: %zu %s port: %" PRIu64 ", data: %" PRIu64 "\n", n,
		    exit->kind == BATON_EXIT_IO_OUT ? "out" : "in", exit->addr, exit->data);
}

/* A turn that its slice ended was ended by a signal, which is no exit. */
static void one_turn(struct show_lines *lines, const struct baton_turn *turn)
{
	uint64_t time_ns = show_time(lines, turn);

	say_stop(lines, number(lines, turn->vm),
		 turn->why == BATON_WHY_SLICE ? KVM_EXIT_INTR : lines->reason);
	say(lines, "Time: %s\n", units_seconds(time_ns).text);
}

/* ----------------------------------------------------------------- traffic */

static void handoff(const struct show_lines *lines, const struct baton_traffic *event)
{
	static const char *const texts[] = {
		[BATON_TRAFFIC_PRODUCED] = "Produced value: ",
		[BATON_TRAFFIC_CONSUMED] = "Consumed value: ",
	};

	if (event->kind == BATON_TRAFFIC_CONSUMING)
		say(lines, "Consuming the number\n");
	else
		say(lines, "%s%" PRIu32 "\n", texts[event->kind], *event->items);
}

static void batch_or_ring(const struct show_lines *lines, const struct baton_traffic *event)
{
	char count[16] = "";

	if (event->kind == BATON_TRAFFIC_CONSUMING)
		return;
	if (event->ring)
		snprintf(count, sizeof(count), " %" PRIu32, event->count);
	say(lines, "VMFD: %zu %s%s Values:", number(lines, event->vm),
	    event->kind == BATON_TRAFFIC_PRODUCED ? "Produced" : "Consumed", count);
	for (uint32_t i = 0; i < event->count; i++)
		say(lines, " %" PRIu32, event->items[i]);
	say(lines, "\n");
	if (!event->ring)
		return;
	say(lines, "HYPVSR: [");
	for (uint32_t i = 0; i < event->held; i++)
		say(lines, "%s%" PRIu32, i ? " " : "", event->ring[i]);
	say(lines, "]\n");
}

static void traffic(const struct show_device *device, const struct baton_traffic *event)
{
	if (device->type == &device_handoff)
		handoff(device->lines, event);
	else
		batch_or_ring(device->lines, event);
}

const struct show_form show_as_course = {
	.begin = begin, .exit = one_exit, .turn = one_turn, .traffic = traffic,
};
