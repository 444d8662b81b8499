/* SPDX-License-Identifier: Apache-2.0 */
/*
 * show.h - a line per exit, per turn, or per event between VMs, while a run goes on.
 *
 * There are three forms: lines for people, on stderr; the lines of a course, and JSON,
 * on stdout among what the guests write.
 */
#ifndef BATON_CLI_SHOW_H
#define BATON_CLI_SHOW_H

#include <stdint.h>

#include "baton/traffic.h"
#include "scenario.h"

struct device_type;
struct outlet;
struct terminal;

struct show_lines {
	struct terminal *terminal; /* borrowed */
	struct outlet *outlet;	   /* borrowed; stdout's */
	const struct scenario *scenario;
	const struct show_form *form;
	struct baton_observer observer;
	int name_width;	   /* so that columns line up */
	uint64_t begin_ns; /* of the first turn; 0 before it */
	uint32_t reason;   /* of the last exit, as KVM numbers it; for a course */
};

/* A device of the scenario, as the context of its events. */
struct show_device {
	struct show_lines *lines;
	const struct device_type *type;
	size_t number; /* its place in `devices` */
};

/* How lines are written. */
struct show_form {
	void (*begin)(struct show_lines *lines); /* may be NULL */
	void (*exit)(struct show_lines *lines, struct baton_vm *vm, const struct baton_exit *exit);
	void (*turn)(struct show_lines *lines, const struct baton_turn *turn);
	void (*traffic)(const struct show_device *device, const struct baton_traffic *event);
};
extern const struct show_form show_as_course;
extern const struct show_form show_as_json;

/* `lines` must outlive the host that is created with &lines->observer and `lines` as context. */
void show_init(struct show_lines *lines, const struct scenario *scenario,
	       struct terminal *terminal, struct outlet *outlet);

/* The run is about to begin. */
void show_begin(struct show_lines *lines);

/* The `event` and the `ready` of a device between VMs; the context is a struct show_device. */
void show_traffic(void *device, const struct baton_traffic *event);
bool show_ready(void *device);

/* What a guest wrote to its console, as JSON. */
void show_json_output(struct outlet *outlet, const struct baton_vm *vm, const char *bytes,
		      size_t count);

/* The time since the first turn, which this one may be. */
uint64_t show_time(struct show_lines *lines, const struct baton_turn *turn);

/* One exit in words, without the VM: "out 0x10 ← 7". Death reports use it too. */
struct show_exit_text {
	char text[80];
};
struct show_exit_text show_exit(const struct baton_exit *exit);

#endif
