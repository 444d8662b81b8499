/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloud.h - a scenario made real: the host, its VMs and devices, and their run.
 */
#ifndef BATON_CLI_CLOUD_H
#define BATON_CLI_CLOUD_H

#include <stdio.h>

#include "output.h"
#include "scenario.h"
#include "status.h"

struct cloud_tape;
struct kernel_exits;
struct outlet;
struct show_device;
struct show_lines;
struct terminal;

struct cloud_vm {
	struct baton_vm *vm;
	struct output output;
	struct baton_vm_stats stats; /* these as of the last cloud_measure() */
	double share;		     /* CPU time, in per cent of that of all VMs */
	double target;		     /* the share that its weight stands for */
};

struct cloud {
	const struct scenario *scenario; /* borrowed, finished */
	struct baton_host *host;
	struct cloud_vm *vms;	/* as many as the scenario has, in its order */
	struct show_device *devices; /* likewise */
	enum baton_run_end end; /* why the run ended */
	struct baton_host_stats stats; /* as of the last cloud_measure() */
	struct kernel_exits *kernel;   /* as of the end of the run; NULL unless wanted */
	const struct cloud_tape *tape; /* or NULL */
};

/* How a run is recorded or replayed, or explored. */
struct cloud_tape {
	const struct baton_observer *observer; /* instead of what shows lines */
	void *context;
	const struct baton_choices *choices;
	const struct baton_sched_ops *policy; /* of a replay; NULL: the scenario's */
	const struct baton_script *script;    /* its settings */
	const struct baton_gate *gate;	      /* NULL: none */
	void *gate_context;
	/* Nobody can go on: has it seen to it that somebody can? May be NULL. */
	bool (*stuck)(void *gate_context, const struct cloud *cloud);
};

/*
 * Creates everything; the guests' output goes to `to`, what is seen to `lines`, or to
 * `tape` unless that is NULL. All pointers are borrowed until cloud_destroy(), which may also follow a failure. Returns
 * STATUS_MET, or STATUS_USAGE or STATUS_CANNOT with `error`.
 */
enum status cloud_create(struct cloud *cloud, const struct scenario *scenario,
			 struct show_lines *lines, const struct cloud_tape *tape, struct outlet *to,
			 struct terminal *terminal, struct yaml_error *error);
void cloud_destroy(struct cloud *cloud);

/* The host alone, without VMs. 0 or -errno with a diagnostic. */
int cloud_add_host(struct cloud *cloud, struct show_lines *lines, const struct cloud_tape *tape,
		   struct baton_diag *diag);

/* Is it this machine that cannot, rather than the scenario that asks for nonsense? */
enum status cloud_status(int error);

/*
 * Runs for as long as the scenario says, or until baton_host_stop(), with a
 * progress line on a terminal unless `quiet`, and measures. 0, or what
 * baton_host_run() gave.
 */
int cloud_run(struct cloud *cloud, struct terminal *terminal, bool quiet);

/* Takes all figures from the host. */
void cloud_measure(struct cloud *cloud);

#endif
