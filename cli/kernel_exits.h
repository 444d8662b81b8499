/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_exits.h - what the kernel counts of the VMs of a run, beside what Baton does: the
 * module baton_exits by the processor's reasons, or else KVM's own figures.
 *
 * It sees more exits than Baton, as it serves most of them itself. So the two ledgers stand
 * beside one another and are never added up.
 */
#ifndef BATON_CLI_KERNEL_EXITS_H
#define BATON_CLI_KERNEL_EXITS_H

#include <jansson.h>

#include "baton/baton.h"
#include "exits.h"
#include "exits_source.h"

struct terminal;

struct kernel_vm {
	uint64_t id;	   /* the module's; 0: it has not been found */
	struct exits_vm *counted; /* by the module; NULL: not. Belongs to `exits` */
	struct baton_kvm_stat *stats; /* by KVM */
	uint32_t stat_count;
};

struct kernel_exits {
	enum { KERNEL_MODULE, KERNEL_KVM } by;
	struct baton_diag diag; /* why it is not the module */
	struct exits_source source;
	struct exits exits;
	uint64_t last_id; /* the newest VM of all, of this process or not */
	int error;	  /* of baton_vm_kvm_stats(); 0, or negative errno */
	struct kernel_vm *vms;
	size_t count;
};

/*
 * Before the first of so many VMs; with `root` as in exits_places. Then, right after each
 * VM's creation: the module's VM that was not there before, and is this process's, is it.
 */
void kernel_exits_begin(struct kernel_exits *kernel, const char *root, size_t vms);
void kernel_exits_created(struct kernel_exits *kernel, size_t vm);

/* Takes all figures of a VM, and of the module before. */
void kernel_exits_read(struct kernel_exits *kernel);
void kernel_exits_measure(struct kernel_exits *kernel, size_t i, const struct baton_vm *vm);

void kernel_exits_fini(struct kernel_exits *kernel);

/* A table of the first `count` VMs, under these names. */
void kernel_exits_print(const struct kernel_exits *kernel, const struct terminal *terminal,
			const char *const *names, size_t count);

/* A VM's member `kernel_exits`; null if there are no figures. */
json_t *kernel_exits_json(const struct kernel_exits *kernel, size_t vm);

#endif
