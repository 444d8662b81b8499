/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.h - a run, described: policy, VMs, devices, what is expected.
 *
 * A scenario comes from a YAML file (scenario_parse) or from the command line
 * (scenario_add_image), may then be changed by options, and is made ready by
 * scenario_finish(). It holds no KVM and no host: cloud.c makes those from it.
 */
#ifndef BATON_CLI_SCENARIO_H
#define BATON_CLI_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "baton/baton.h"
#include "directory.h"
#include "expectation.h"
#include "workload.h"
#include "yaml_reader.h" /* struct place, struct yaml_error */

#define SCENARIO_VERSION  1
#define SCENARIO_MOST_VMS   65536 /* in all */
#define SCENARIO_MOST_ITEMS 4096  /* of a list in the file */
#define SCENARIO_NAME_MAX 63 /* bytes of a VM's name, as in baton.h */

/* What baton_vm_create() takes as memory, so that the place can be named in a message. */
#define SCENARIO_PAGE	      4096
#define SCENARIO_LEAST_MEMORY (UINT64_C(64) << 10)
#define SCENARIO_MOST_MEMORY  (UINT64_C(3) << 30)

/* The console and the latch that every VM gets with `ports: course`. */
#define COURSE_CONSOLE	   0xE9
#define COURSE_LATCH	   0x10
#define COURSE_LATCH_COUNT 3

struct device_settings;

enum show {
	SHOW_NONE,
	SHOW_EXITS,
	SHOW_TURNS,
	SHOW_TRAFFIC,
};

/* How it is shown. */
enum format {
	FORMAT_LINES,
	FORMAT_COURSE,
	FORMAT_JSON,
};

struct scenario_vm {
	char *name;
	uint64_t count; /* it is an item for so many VMs, until scenario_expand(); 0: for itself */
	size_t group;	/* its number among the groups, from 1; 0: it is in none */
	char *image; /* as written; NULL: none, it is simulated */
	char *path;  /* as found by scenario_finish() */
	bool has_mode;
	enum baton_mode mode;
	bool bare;
	bool step_replay;
	bool blank; /* its memory comes from elsewhere, and the image may be missing */
	struct device_settings *ports; /* NULL: none */
	uint32_t argument;
	bool reads_tsc; /* so two runs may differ */
	uint64_t memory;
	uint64_t share;
	uint64_t load, entry; /* BATON_DEFAULT_ADDRESS unless given */
	uint64_t arrives_ns;
	uint64_t watchdog_ns; /* BATON_FOREVER: as the scenario's, once finished */
	struct workload workload; /* of baton sim alone */
	struct place at, name_at, image_at, share_at;
};

/* VMs that stand side by side. */
struct scenario_vms {
	size_t first, count;
};

/* VMs that were one item, with a count. */
struct scenario_group {
	char *name;
	struct scenario_vms vms;
};

/* Where a VM has a region. */
struct scenario_place {
	size_t vm;
	uint64_t gpa;
	struct place at;
};

struct scenario_region {
	char *name;
	uint64_t size;
	bool trapped;
	struct scenario_place *places;
	size_t place_count;
	struct place at;
};

#define SCENARIO_MEMORIES 2 /* memory models: sc and tso, in this order */

/* What may come out under one of them. */
struct scenario_outcomes {
	bool given;
	uint64_t *values; /* `width` of them for each outcome */
	size_t count, width;
};

/* What baton explore is to find. `baton run` does not heed it. */
struct scenario_explore {
	size_t vm_count;
	const char *verdicts[SCENARIO_MEMORIES]; /* words, or NULL */
	uint64_t *words; /* GPAs of 32 bits of shared memory that belong to an outcome */
	size_t word_count;
	struct place words_at;
	struct scenario_outcomes outcomes[SCENARIO_MEMORIES];
};

struct scenario {
	bool simulated; /* set before it is read: no VM needs an image */
	const char *file; /* borrowed; NULL: the command line */
	char *folder;	  /* where the file is */
	const char *policy; /* a name in baton_policies() */
	char *schedule;	    /* policy script: the file, as it is to be opened; or NULL */
	const struct baton_script *script; /* that file, opened; borrowed */
	const struct trace_file *trace; /* of the run, opened; borrowed; or NULL */
	uint64_t quantum_ns;
	uint64_t burst;
	uint64_t seed;
	uint64_t for_ns; /* BATON_FOREVER: until all have ended */
	uint64_t watchdog_ns;
	enum show show;
	enum format format;
	bool kernel_exits; /* what the kernel counts is wanted, too */
	struct place policy_at, schedule_at;
	struct scenario_vm *vms;
	size_t vm_count;
	uint64_t count;		/* members of every group, whatever its item says; 0: as it says */
	struct scenario_group *groups;
	size_t group_count;
	struct directory names; /* of VMs and groups: see scenario_groups.c */
	bool all;		/* the report has a row for each VM, of groups too */
	struct scenario_region *regions;
	size_t region_count;
	struct device_settings **devices;
	size_t device_count;
	struct expectation *expectations;
	size_t expectation_count;
	struct scenario_explore explore;
};

/* An empty scenario with all defaults. scenario_fini() frees what it comes to own. */
void scenario_init(struct scenario *scenario, const char *file);
void scenario_fini(struct scenario *scenario);

/*
 * Reads YAML into an initialised scenario. Pure: it opens no file. Returns 0 or
 * -EINVAL with `error`, and the scenario is then fit for scenario_fini() only.
 */
int scenario_parse(struct scenario *scenario, const void *bytes, size_t size,
		   struct yaml_error *error);

/* Reads the file that scenario->file names, and parses it. 0 or -EINVAL. */
int scenario_load(struct scenario *scenario, struct yaml_error *error);

/* Adds VMs as "IMAGE[*N][:SHARE[:MODE]]" describes them. 0 or -EINVAL. */
int scenario_add_image(struct scenario *scenario, const char *text, struct yaml_error *error);

/*
 * What only the whole can tell, once nothing changes any more: makes groups, finds the images,
 * picks the modes that were not given, checks policy and shares. What the
 * schedule says it leaves to schedule_open(). 0 or -EINVAL.
 */
int scenario_finish(struct scenario *scenario, struct yaml_error *error);

/* Frees what reading `explore:` allocated. */
void scenario_explore_fini(struct scenario_explore *explore);

/* Forgets what is expected. */
void scenario_drop_expectations(struct scenario *scenario);

/* The VM of that name, or SIZE_MAX. O(1). */
size_t scenario_find_vm(const struct scenario *scenario, const char *name);

/* Does the policy hand out time, so that `quantum` matters? */
bool scenario_uses_quantum(const struct scenario *scenario);

/* Does the policy go by a schedule? */
bool scenario_uses_schedule(const struct scenario *scenario);

/*
 * The error as one line without its newline: "FILE:LINE:COLUMN: …", or "baton
 * run: …" for what the command line said. The caller frees it.
 */
char *scenario_error(const struct scenario *scenario, const struct yaml_error *error);

/* Appends a VM with the defaults. The pointer holds until the next call. */
struct scenario_vm *scenario_add_vm(struct scenario *scenario);

/* Names a VM after its image, with a number behind it where another is named so. */
void scenario_name_vm(struct scenario *scenario, size_t vm);

/*
 * How many VMs the items make, with the counts that are to replace theirs. -EINVAL: too
 * many. Before VMs are named, for names look at every member.
 */
int scenario_count(struct scenario *scenario, size_t *vms, struct yaml_error *error);

/* Makes groups of the VMs with a count. Nothing may name a VM by its index before. 0 or -EINVAL. */
int scenario_expand(struct scenario *scenario, struct yaml_error *error);

/* The VM, or the members of the group, of that name. False: there is none. O(1). */
bool scenario_find(const struct scenario *scenario, const char *name, struct scenario_vms *vms);

/* The group that a VM is in, or NULL. */
const struct scenario_group *scenario_group_of(const struct scenario *scenario, size_t vm);

/* Words for suggest(); the index is that of the enumeration or the array. */
const char *scenario_policy_word(const void *none, size_t i);
const char *scenario_memory_word(const void *none, size_t i);
const char *scenario_mode_word(const void *none, size_t i);
const char *scenario_show_word(const void *none, size_t i);
const char *scenario_format_word(const void *none, size_t i);
const char *scenario_vm_word(const void *scenario, size_t i);

#endif
