/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_facts.h - what can be read of a machine that bears on KVM. Facts
 * only: judgement.h draws the conclusions.
 */
#ifndef BATON_CLI_MACHINE_FACTS_H
#define BATON_CLI_MACHINE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "baton/baton.h"

enum machine_container {
	CONTAINER_NONE,
	CONTAINER_DOCKER,
	CONTAINER_PODMAN,
	CONTAINER_OTHER,
};

#define FACTS_NO_LIMIT UINT64_MAX

struct machine_facts {
	/* the device node */
	bool device;	    /* there is a /dev/kvm */
	int open_errno;	    /* 0: it opens for reading and writing */
	uint32_t mode;	    /* permission bits */
	uint32_t owner_gid; /* its group, and the group's name if it has one */
	char group[64];
	bool group_lists_user; /* /etc/group counts the user among it … */
	bool group_active;     /* … and so does this process already */
	char user[64];	       /* "" if /etc/passwd does not know it */

	/* the processor, as the kernel shows it */
	bool vmx, svm;	       /* Intel's and AMD's extension */
	bool amd;	       /* the vendor */
	bool under_hypervisor; /* this machine is virtual itself */
	bool invariant_tsc;    /* constant_tsc and nonstop_tsc */

	/* the kernel */
	bool module_kvm, module_intel, module_amd, module_pvm;
	enum machine_container container;
	unsigned wsl; /* 0, or WSL's version */

	/* limits; FACTS_NO_LIMIT where there is none */
	uint64_t tasks_rlimit;	/* RLIMIT_NPROC, which does not bind root */
	uint64_t tasks_cgroup;	/* what pids.max leaves, over all levels of the hierarchy */
	uint64_t files;		/* RLIMIT_NOFILE: the soft limit, … */
	uint64_t files_hard;	/* … the hard one, … */
	uint64_t files_used;	/* … and what this process has open */
	uint64_t tasks_kernel, task_numbers; /* kernel.threads-max, kernel.pid_max */
	uint64_t tasks_used;	/* of all users */
	uint64_t mappings, mappings_used; /* vm.max_map_count, and what this process has */
	uint64_t memory_kib;	/* MemAvailable */
	bool workers_are_ours;	/* KVM's tasks count as this process's: since Linux 6.13 */
	bool root;
};

/*
 * Reads all this below `root`: "" is this machine, and anything else a folder
 * that holds dev, etc, proc, run and sys. Never fails: what cannot be read
 * counts as absent.
 */
void machine_facts_read(const char *root, struct machine_facts *facts);

/* The same, but the kernel and its limits only; the rest is 0. */
void machine_limits_read(const char *root, struct machine_facts *facts);

/* What only running something can tell. */
struct machine_trial {
	int error; /* of baton_kvm_inspect(): 0 or negative errno */
	struct baton_diag diag;
	struct baton_kvm_info info;
	int slice_error; /* of calibrate_slice() */
	uint64_t slice_ns;
};

void machine_trial_run(const char *kvm_path, struct machine_trial *trial);

#endif
