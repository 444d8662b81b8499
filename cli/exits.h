/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.h - how often the VMs of a host left their guests, and why: figures as of one
 * moment, or between two. Whoever counted them, and whoever shows them, stands elsewhere.
 *
 * Sums end at UINT64_MAX and never wrap, as figures may come from anywhere.
 */
#ifndef BATON_CLI_EXITS_H
#define BATON_CLI_EXITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exits_reasons.h"

#define EXITS_WORD 32 /* bytes of a name, its end included */

/* Exits of one reason. The last four are cycles between each of them and the next entry. */
struct exits_row {
	uint32_t code;
	char name[EXITS_WORD];
	uint64_t count;
	uint64_t kvm, user, asleep, preempted;
};

struct exits_sums {
	uint64_t fast;	/* exits that KVM's tracepoint does not show; in the rows too */
	uint64_t guest; /* cycles in the guest */
	struct exits_row *rows;
	size_t count;
};

struct exits_vm {
	uint64_t id; /* 0: VMs of a process are not told apart, and this is all of them */
	uint32_t pid, vcpus;
	char process[EXITS_WORD]; /* its name; "" if not known */
	struct exits_sums sums;
};

struct exits {
	enum exits_isa isa;
	uint64_t tsc_khz; /* 0: there are no times */
	char profile[EXITS_WORD], scope[EXITS_WORD]; /* the module's; "" without it */
	uint64_t missed; /* exits that are in no count */
	struct exits_vm *vms;
	size_t vm_count;
	uint64_t gone_vms; /* VMs that are no more … */
	struct exits_sums gone;
	uint64_t unix_ns;     /* when they were read */
	uint64_t interval_ns; /* figures are those of such a time; 0: since the module was loaded, or last reset */
	bool reset; /* in that time, counts began at 0 again */
};

/* What starts as zeroes is empty. exits_fini() leaves it empty again. */
void exits_fini(struct exits *exits);

struct exits_vm *exits_add_vm(struct exits *exits);

/*
 * The row of a reason; NULL: there is none, or a new one without exits. SVM's ERR and what
 * the module calls OTHER have one number, so it takes both to tell reasons apart.
 */
struct exits_row *exits_find_row(const struct exits_sums *sums, uint32_t code, const char *name);
struct exits_row *exits_get_row(struct exits_sums *sums, uint32_t code, const char *name);

void exits_add_sums(struct exits_sums *to, const struct exits_sums *from);
void exits_sums_fini(struct exits_sums *sums);

/* The host's sums: of all VMs, and of those that are gone. To be freed by exits_sums_fini(). */
void exits_total(const struct exits *exits, struct exits_sums *total);

/* Exits of all reasons. */
uint64_t exits_count(const struct exits_sums *sums);

/* The most frequent reason first. */
void exits_sort(struct exits *exits);
void exits_sort_rows(struct exits_sums *sums);

/*
 * Makes `difference` what happened between two moments. VMs that ended between them are
 * in its `gone` with what they did since; those that began did all of it since. To be
 * freed by exits_fini().
 */
void exits_since(const struct exits *before, const struct exits *now, struct exits *difference);

/* Leaves the VMs of that ID and of that process; 0: any. Those that are gone go. */
void exits_keep(struct exits *exits, uint64_t id, uint32_t pid);

/* Leaves the VMs that had exits. */
void exits_drop_idle(struct exits *exits);

/*
 * Looks the processes and their names up; `proc` is /proc. KVM knows the thread that made a
 * VM, which need not be the one that its process is called by.
 */
void exits_name_processes(struct exits *exits, const char *proc);

/* The process of a thread; of one that is gone, itself. */
uint32_t exits_process_of(const char *proc, uint32_t thread);
void exits_process_name(const char *proc, uint32_t pid, char name[EXITS_WORD]);

/* Cycles in nanoseconds. */
uint64_t exits_ns(const struct exits *exits, uint64_t cycles);

uint64_t exits_plus(uint64_t a, uint64_t b);

#endif
