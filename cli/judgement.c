/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judgement.c - one function per check.
 */
#include "judgement.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "capacity.h"
#include "units.h"

#define FILES_PER_VM	3  /* the VM, its vCPU, its memory */
#define FILES_OF_OUR_OWN 16
#define FEW_VMS		64
#define MANY_VMS	1000
#define LONG_SLICE_NS	UINT64_C(1000000)

const char *check_state_name(enum check_state state)
{
	static const char *const names[] = {
		[CHECK_OK] = "ok",
		[CHECK_WARN] = "warn",
		[CHECK_FAIL] = "fail",
		[CHECK_UNKNOWN] = "unknown",
	};

	return names[state];
}

__attribute__((format(printf, 3, 4)))
static void found(struct check *check, enum check_state state, const char *format, ...)
{
	va_list args;

	check->state = state;
	va_start(args, format);
	vsnprintf(check->found, sizeof(check->found), format, args);
	va_end(args);
}

__attribute__((format(printf, 2, 3)))
static void fix(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->fix, sizeof(check->fix), format, args);
	va_end(args);
}

/* ------------------------------------------------------------ device, module */

static bool can_virtualize(const struct machine_facts *facts)
{
	return facts->vmx || facts->svm;
}

static const char *module_for(const struct machine_facts *facts)
{
	return facts->svm ? "kvm_amd" : "kvm_intel";
}

static bool module_loaded(const struct machine_facts *facts)
{
	return facts->module_intel || facts->module_amd || facts->module_pvm;
}

/* Nothing offers virtualization to this kernel: who should? */
static void judge_no_extension(const struct machine_facts *facts, struct check *check)
{
	if (facts->wsl == 2) {
		found(check, CHECK_FAIL, "no /dev/kvm: WSL 2 without nested virtualization");
		fix(check, "on Windows 11, write \"[wsl2]\" and \"nestedVirtualization=true\" into "
			   "%%UserProfile%%\\.wslconfig, then: wsl --shutdown");
	} else if (facts->under_hypervisor) {
		found(check, CHECK_FAIL,
		      "no /dev/kvm: a virtual machine without nested virtualization");
		fix(check, "turn it on where this machine runs: KVM wants kvm_intel or kvm_amd "
			   "with nested=1 and -cpu host; VMware \"Virtualize VT-x/AMD-V\"; "
			   "VirtualBox --nested-hw-virt on; in a cloud, an instance type "
			   "that has it");
	} else {
		found(check, CHECK_FAIL, "no /dev/kvm: the processor shows neither VT-x nor AMD-V");
		fix(check, "turn on %s in the firmware's (BIOS, UEFI) setup",
		    facts->amd ? "SVM or AMD-V"
			       : "Intel VT-x, also called Virtualization Technology");
	}
}

static void judge_no_device(const struct machine_facts *facts, struct check *check)
{
	if (facts->wsl == 1) {
		found(check, CHECK_FAIL, "no /dev/kvm: WSL 1 has no Linux kernel");
		fix(check, "in PowerShell: wsl --set-version DISTRIBUTION 2");
	} else if (facts->container != CONTAINER_NONE) {
		found(check, CHECK_FAIL, "no /dev/kvm in this container");
		fix(check, facts->container == CONTAINER_PODMAN
				   ? "podman run --device /dev/kvm --group-add keep-groups ...; "
				     "if the host has none, run baton doctor there"
				   : "docker run --device /dev/kvm ...; if the host has none, run "
				     "baton doctor there");
	} else if (module_loaded(facts)) {
		found(check, CHECK_FAIL, "no /dev/kvm, though the module is loaded");
		fix(check, "sudo mknod -m 660 /dev/kvm c 10 232 && sudo chgrp kvm /dev/kvm");
	} else if (can_virtualize(facts)) {
		found(check, CHECK_FAIL, "no /dev/kvm: module %s is not loaded",
		      module_for(facts));
		fix(check, "sudo modprobe %s", module_for(facts));
	} else {
		judge_no_extension(facts, check);
	}
}

static void judge_device(const struct machine_facts *facts, struct check *check)
{
	if (!facts->device) {
		judge_no_device(facts, check);
	} else if (facts->open_errno == ENODEV || facts->open_errno == ENXIO) {
		found(check, CHECK_FAIL, "/dev/kvm has no driver behind it");
		if (can_virtualize(facts))
			fix(check, "sudo modprobe %s", module_for(facts));
		else
			judge_no_extension(facts, check);
	} else {
		found(check, CHECK_OK, "/dev/kvm is there");
	}
}

static void judge_permission(const struct machine_facts *facts, struct check *check)
{
	const char *group = *facts->group ? facts->group : "kvm";
	const char *user = *facts->user ? facts->user : "$USER";

	if (!facts->device) {
		found(check, CHECK_UNKNOWN, "no device to open");
	} else if (!facts->open_errno) {
		found(check, CHECK_OK, "it opens for reading and writing");
	} else if (facts->open_errno == EPERM && facts->container != CONTAINER_NONE) {
		found(check, CHECK_FAIL, "this container must not open /dev/kvm");
		fix(check, "run it with --device /dev/kvm");
	} else if (facts->open_errno != EACCES && facts->open_errno != EPERM) {
		found(check, CHECK_UNKNOWN, "it does not open: %s", strerror(facts->open_errno));
	} else if (!facts->owner_gid || (facts->mode & 060) != 060) {
		found(check, CHECK_FAIL, "no permission: /dev/kvm is not open to a group");
		fix(check, "sudo chgrp kvm /dev/kvm && sudo chmod 660 /dev/kvm && "
			   "sudo usermod -aG kvm %s, then log in again", user);
	} else if (facts->group_lists_user && !facts->group_active) {
		found(check, CHECK_FAIL, "no permission yet: this login is older than the "
					 "membership in group %s", group);
		fix(check, "log in again, or: newgrp %s", group);
	} else {
		found(check, CHECK_FAIL, "no permission: you are not in group %s", group);
		fix(check, "sudo usermod -aG %s %s, then log in again", group, user);
	}
}

static void judge_module(const struct machine_facts *facts, struct check *check)
{
	if (facts->module_pvm) {
		found(check, CHECK_WARN, "kvm_pvm: guest kernels are emulated");
		fix(check, "nothing to mend; guests are slow, and have no 32-bit paging");
	} else if (facts->module_intel || facts->module_amd) {
		found(check, CHECK_OK, "%s", facts->module_amd ? "kvm_amd" : "kvm_intel");
	} else if (facts->device && !facts->open_errno) {
		found(check, CHECK_OK, "none loaded: KVM is built into the kernel");
	} else if (can_virtualize(facts) && facts->wsl != 1) {
		found(check, CHECK_FAIL, "none loaded, though the processor has %s",
		      facts->svm ? "AMD-V" : "VT-x");
		fix(check, "sudo modprobe %s%s", module_for(facts),
		    facts->container != CONTAINER_NONE ? ", on the container's host" : "");
	} else {
		found(check, CHECK_UNKNOWN, "none loaded");
	}
}

/* ---------------------------------------------------------------- what it can */

static void judge_capabilities(const struct machine_trial *trial, struct check *check)
{
	const struct baton_kvm_info *info = trial ? &trial->info : NULL;

	if (!trial) {
		found(check, CHECK_UNKNOWN, "no KVM to ask");
	} else if (trial->error == -EBUSY) {
		found(check, CHECK_FAIL, "another hypervisor holds the processor's extension");
		fix(check, "end it (VirtualBox, VMware), or unload its module");
	} else if (trial->error) {
		found(check, CHECK_FAIL, "%s: %s", trial->diag.where, trial->diag.message);
		fix(check, "see the kernel's log: sudo dmesg | grep -i kvm");
	} else if (info->api_version != 12 || !info->user_memory || !info->immediate_exit ||
		   !info->sync_regs) {
		found(check, CHECK_FAIL, "missing:%s%s%s%s",
		      info->api_version != 12 ? " API version 12" : "",
		      info->user_memory ? "" : " USER_MEMORY",
		      info->immediate_exit ? "" : " IMMEDIATE_EXIT",
		      info->sync_regs ? "" : " SYNC_REGS");
		fix(check, "a newer kernel: Linux 4.17 has all of them on Intel and AMD");
	} else {
		found(check, CHECK_OK, "all that Baton needs; up to %" PRIu32 " vCPUs per VM",
		      info->max_vcpus);
	}
}

static void judge_nested(const struct machine_facts *facts, struct check *check)
{
	if (!facts->under_hypervisor) {
		found(check, CHECK_OK, "this is real hardware");
		return;
	}
	found(check, CHECK_WARN, "this machine is virtual itself: exits cost more");
	fix(check, "nothing to mend; compare times within one run");
}

static bool was_tried(const struct machine_trial *trial, struct check *check)
{
	if (trial && !trial->error)
		return true;
	found(check, CHECK_UNKNOWN, "no KVM to try it on");
	return false;
}

static void judge_paging32(const struct machine_trial *trial, struct check *check)
{
	if (!was_tried(trial, check))
		return;
	if (trial->info.paging32) {
		found(check, CHECK_OK, "guests in mode paged run");
		return;
	}
	found(check, CHECK_WARN, "this KVM has none: mode paged will be refused");
	fix(check, "use mode protected or long, or another KVM");
}

static void judge_slice(const struct machine_trial *trial, struct check *check)
{
	if (!was_tried(trial, check))
		return;
	if (trial->slice_error == -ENODATA) {
		found(check, CHECK_WARN, "longer than 5 ms: turns last longer than they should");
		fix(check, "a less busy machine, or a quantum of 10 ms and more");
	} else if (trial->slice_error) {
		found(check, CHECK_FAIL, "not measured: %s: %s", trial->diag.where,
		      trial->diag.message);
		fix(check, "mend that, then ask again");
	} else if (trial->slice_ns > LONG_SLICE_NS) {
		found(check, CHECK_WARN, "%s, measured", units_duration(trial->slice_ns).text);
		fix(check, "give a quantum no shorter than that; shorter ones are raised to it");
	} else {
		found(check, CHECK_OK, "%s, measured", units_duration(trial->slice_ns).text);
	}
}

/* ------------------------------------------------------------- clock, limits */

static void judge_tsc(const struct machine_facts *facts, struct check *check)
{
	if (facts->invariant_tsc) {
		found(check, CHECK_OK, "constant, and goes on in deep sleep");
		return;
	}
	found(check, CHECK_WARN, "not shown by this processor");
	fix(check, "reading the clock may be slow; in a virtual machine, let it have the flag "
		   "invtsc");
}

static void judge_tasks(const struct machine_facts *facts, struct check *check)
{
	uint64_t rlimit = facts->root ? FACTS_NO_LIMIT : facts->tasks_rlimit;
	uint64_t cgroup = facts->tasks_cgroup;
	uint64_t room = rlimit < cgroup ? rlimit : cgroup;

	if (room == FACTS_NO_LIMIT) {
		found(check, CHECK_OK, "no limit; KVM takes one task per VM");
	} else if (room >= FEW_VMS) {
		found(check, CHECK_OK, "%s; KVM takes one per VM", units_count(room).text);
	} else {
		found(check, CHECK_WARN, "room for %s more, and KVM takes one per VM",
		      units_count(room).text);
		if (rlimit <= cgroup)
			fix(check, "ulimit -u 4096");
		else if (facts->container != CONTAINER_NONE)
			fix(check, "run the container with --pids-limit 4096");
		else
			fix(check, "systemd-run --scope -p TasksMax=4096 baton run ...");
	}
}

static void judge_files(const struct machine_facts *facts, struct check *check)
{
	uint64_t room = facts->files_hard; /* baton run raises the soft limit */

	if (room == FACTS_NO_LIMIT) {
		found(check, CHECK_OK, "no limit");
		return;
	}
	room = room > FILES_OF_OUR_OWN ? (room - FILES_OF_OUR_OWN) / FILES_PER_VM : 0;
	found(check, room < FEW_VMS ? CHECK_WARN : CHECK_OK, "%s: room for about %s VMs",
	      units_count(facts->files_hard).text, units_count(room).text);
	if (room < FEW_VMS)
		fix(check, "let root raise it: prlimit --pid $$ --nofile=4096");
}

/* All limits together. What a limit needs is said for a thousand VMs. */
static void judge_vms(const struct machine_facts *facts, struct check *check)
{
	struct capacity_need need = capacity_need_of(MANY_VMS);
	enum limit first;
	uint64_t most = capacity_most_vms(facts, &first);

	if (most == FACTS_NO_LIMIT) {
		found(check, CHECK_OK, "no limit is known");
		return;
	}
	found(check, most < FEW_VMS ? CHECK_WARN : CHECK_OK,
	      "about %s at a time; first to end: %s", units_count(most).text, limit_name(first));
	if (most < FEW_VMS)
		capacity_suffices(facts, &need, check->fix, sizeof(check->fix));
}

void judge_machine(const struct machine_facts *facts, const struct machine_trial *trial,
		   struct check checks[CHECKS])
{
	static const char *const names[CHECKS] = {
		[CHECK_DEVICE] = "device",
		[CHECK_PERMISSION] = "permission",
		[CHECK_MODULE] = "kernel module",
		[CHECK_CAPABILITIES] = "capabilities",
		[CHECK_NESTED] = "nesting",
		[CHECK_PAGING32] = "32-bit paging",
		[CHECK_SLICE] = "shortest slice",
		[CHECK_TSC] = "invariant TSC",
		[CHECK_TASKS] = "task limit",
		[CHECK_FILES] = "file limit",
		[CHECK_VMS] = "most VMs",
	};

	for (int i = 0; i < CHECKS; i++)
		checks[i] = (struct check){ .name = names[i] };
	judge_device(facts, &checks[CHECK_DEVICE]);
	judge_permission(facts, &checks[CHECK_PERMISSION]);
	judge_module(facts, &checks[CHECK_MODULE]);
	judge_capabilities(trial, &checks[CHECK_CAPABILITIES]);
	judge_nested(facts, &checks[CHECK_NESTED]);
	judge_paging32(trial, &checks[CHECK_PAGING32]);
	judge_slice(trial, &checks[CHECK_SLICE]);
	judge_tsc(facts, &checks[CHECK_TSC]);
	judge_tasks(facts, &checks[CHECK_TASKS]);
	judge_files(facts, &checks[CHECK_FILES]);
	judge_vms(facts, &checks[CHECK_VMS]);
}

bool judgement_usable(const struct check checks[CHECKS])
{
	for (int i = 0; i < CHECKS; i++)
		if (checks[i].state == CHECK_FAIL)
			return false;
	return true;
}
