/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - the real src/kvm/{system,machine,state,stats,vcpu}.c, which the fake replaces
 * elsewhere, over a kernel whose ioctl() is ours: what they ask for, what they make
 * of every refusal, and that they leave nothing behind.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baton/baton.h"
#include "kvm/machine.h"
#include "kvm/state.h"
#include "kvm/stats.h"
#include "kvm/system.h"
#include "kvm/vcpu.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RUN_SIZE     12288

/* -------------------------------------------------------------- the kernel */

static struct kernel {
	int api_version, run_size, cpuid_entries;
	int lacking;		 /* this capability is not there */
	int sync_regs;		 /* the value of KVM_CAP_SYNC_REGS */
	int open_error;
	unsigned calls, fail_at; /* the n-th call of any kind fails … */
	int error;		 /* … with this */
	unsigned interrupted;	 /* so many KVM_CREATE_VM are interrupted first */
	int run_result;		 /* 0, or a negative errno */
	struct kvm_run *run;
	int immediate_exit;	 /* as KVM_RUN saw it */
	struct kvm_userspace_memory_region slot;
	unsigned long tss, vcpu_id;
	uint8_t mask[12];
	unsigned long parts[40]; /* of a state: which were asked for, in order … */
	uint8_t marks[40];	 /* … and the first byte of what was given */
	unsigned part_count;
	int listed_msrs;		 /* besides those of listed[] */
	uint32_t lacking_msr, stuck_msr; /* cannot be read; cannot be set */
	uint32_t changed_msr;		 /* has another value than it had */
	uint32_t msrs[300];		 /* that were set, in order */
	unsigned msr_count;
	struct kvm_guest_debug debug;
	int blocks;
	int64_t mapped_bytes;
	uint8_t stats[1024]; /* of a vCPU, as a file … */
	size_t stats_size;   /* … of so many bytes */
} kernel;

static const struct kernel sound = {
	.api_version = KVM_API_VERSION, .run_size = RUN_SIZE, .cpuid_entries = 100,
	.sync_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS, .error = EIO,
};

int __wrap_ioctl(int fd, unsigned long request, void *argument);
int __wrap_open64(const char *path, int flags, ...);
void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset);
void *__wrap_calloc(size_t n, size_t size);
void __wrap_free(void *block);
int __wrap_munmap(void *at, size_t size);
int __real_munmap(void *at, size_t size);
void *__real_mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset);
void *__real_calloc(size_t n, size_t size);
void __real_free(void *block);

static bool fails(void)
{
	if (++kernel.calls != kernel.fail_at)
		return false;
	errno = kernel.error;
	return true;
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
	(void)path;
	assert_true(flags & O_CLOEXEC);
	if (kernel.open_error)
		return refuse(kernel.open_error);
	return fails() ? -1 : memfd_create("node", MFD_CLOEXEC);
}

void *__wrap_mmap64(void *at, size_t size, int prot, int flags, int fd, off64_t offset)
{
	void *area = fails() ? MAP_FAILED : __real_mmap64(at, size, prot, flags, fd, offset);

	if (area != MAP_FAILED)
		kernel.mapped_bytes += (int64_t)size;
	return area;
}

int __wrap_munmap(void *at, size_t size)
{
	kernel.mapped_bytes -= (int64_t)size;
	return __real_munmap(at, size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	void *block = fails() ? NULL : __real_calloc(n, size);

	kernel.blocks += block != NULL;
	return block;
}

void __wrap_free(void *block)
{
	kernel.blocks -= block != NULL;
	__real_free(block);
}

static int check_extension(unsigned long capability)
{
	if ((int)capability == kernel.lacking)
		return 0;
	return capability == KVM_CAP_SYNC_REGS ? kernel.sync_regs : 1;
}

static int supported_cpuid(struct kvm_cpuid2 *table)
{
	if ((int)table->nent < kernel.cpuid_entries)
		return refuse(E2BIG);
	table->nent = (uint32_t)kernel.cpuid_entries;
	for (int i = 0; i < kernel.cpuid_entries; i++)
		table->entries[i].function = (uint32_t)i;
	return 0;
}

static int run_vcpu(void)
{
	kernel.immediate_exit = kernel.run->immediate_exit;
	return kernel.run_result ? refuse(-kernel.run_result) : 0;
}

static const uint32_t listed[] = { 0x10, 0x3B, 0x174, 0x277, 0x40000010, 0x4B564D01, 0xC0000081 };

static int list_msrs(struct kvm_msr_list *list)
{
	uint32_t room = list->nmsrs, at = 0;

	list->nmsrs = (uint32_t)(COUNT(listed) + (unsigned)kernel.listed_msrs);
	if (room < list->nmsrs)
		return refuse(E2BIG);
	for (; at < COUNT(listed); at++)
		list->indices[at] = listed[at];
	for (; at < list->nmsrs; at++)
		list->indices[at] = 0x10000 + at;
	return 0;
}

static uint64_t value_of(uint32_t index)
{
	return index == kernel.changed_msr ? 7 : index * UINT64_C(3);
}

/* Entry after entry, up to one that is lacking; how many. */
static int some_msrs(unsigned long request, struct kvm_msrs *m)
{
	assert_in_range(m->nmsrs, 1, 255);
	for (uint32_t i = 0; i < m->nmsrs; i++) {
		struct kvm_msr_entry *e = &m->entries[i];

		if (e->index == (request == KVM_GET_MSRS ? kernel.lacking_msr : kernel.stuck_msr))
			return (int)i;
		if (request == KVM_GET_MSRS)
			e->data = value_of(e->index);
		else
			kernel.msrs[kernel.msr_count++] = e->index;
	}
	return (int)m->nmsrs;
}

/* A part of a vCPU's state has the number of its kind as its first byte. */
static int part(unsigned long request, uint8_t *argument)
{
	static const struct {
		unsigned long get, set;
		size_t size;
	} kinds[] = {
		{ KVM_GET_REGS, KVM_SET_REGS, sizeof(struct kvm_regs) },
		{ KVM_GET_SREGS, KVM_SET_SREGS, sizeof(struct kvm_sregs) },
		{ KVM_GET_XSAVE, KVM_SET_XSAVE, sizeof(struct kvm_xsave) },
		{ KVM_GET_XCRS, KVM_SET_XCRS, sizeof(struct kvm_xcrs) },
		{ KVM_GET_DEBUGREGS, KVM_SET_DEBUGREGS, sizeof(struct kvm_debugregs) },
		{ KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, sizeof(struct kvm_vcpu_events) },
	};

	kernel.parts[kernel.part_count] = request;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (request == kinds[i].get)
			memset(argument, (int)i + 1, kinds[i].size);
		if (request == kinds[i].set && argument[0] == argument[kinds[i].size - 1])
			kernel.marks[kernel.part_count] = argument[0];
	}
	kernel.part_count++;
	return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument)
{
	int area;

	(void)fd;
	if (request == KVM_CREATE_VM && kernel.interrupted && kernel.interrupted--)
		return refuse(EINTR);
	if (request == KVM_RUN)
		return run_vcpu();
	if (fails())
		return -1;
	switch (request) {
	case KVM_GET_API_VERSION:
		return kernel.api_version;
	case KVM_CHECK_EXTENSION:
		return check_extension((unsigned long)argument);
	case KVM_GET_VCPU_MMAP_SIZE:
		return kernel.run_size;
	case KVM_GET_SUPPORTED_CPUID:
		return supported_cpuid(argument);
	case KVM_GET_MSR_INDEX_LIST:
		return list_msrs(argument);
	case KVM_CREATE_VM:
		return memfd_create("vm", MFD_CLOEXEC);
	case KVM_SET_TSS_ADDR:
		kernel.tss = (unsigned long)argument;
		return 0;
	case KVM_SET_USER_MEMORY_REGION:
		kernel.slot = *(struct kvm_userspace_memory_region *)argument;
		return 0;
	case KVM_CREATE_VCPU:
		kernel.vcpu_id = (unsigned long)argument;
		area = memfd_create("vcpu", MFD_CLOEXEC);
		assert_int_equal(ftruncate(area, kernel.run_size), 0);
		return area;
	case KVM_SET_CPUID2:
		assert_int_equal(((struct kvm_cpuid2 *)argument)->nent, kernel.cpuid_entries);
		return 0;
	case KVM_X86_SETUP_MCE:
		assert_int_equal(*(uint64_t *)argument, 1);
		return 0;
	case KVM_GET_STATS_FD:
		area = memfd_create("stats", MFD_CLOEXEC);
		assert_int_equal(write(area, kernel.stats, kernel.stats_size), kernel.stats_size);
		return area;
	case KVM_SET_SIGNAL_MASK:
		memcpy(kernel.mask, argument, sizeof(kernel.mask));
		return 0;
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
		kernel.parts[kernel.part_count++] = request;
		return some_msrs(request, argument);
	case KVM_SET_GUEST_DEBUG:
		kernel.debug = *(struct kvm_guest_debug *)argument;
		return 0;
	default: /* registers and the like */
		return part(request, argument);
	}
}

/* ------------------------------------------------------------------- counts */

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static int before;

static int begin(void **state)
{
	(void)state;
	kernel = sound;
	before = descriptors();
	return 0;
}

static int end(void **state)
{
	(void)state;
	return kernel.blocks || kernel.mapped_bytes || descriptors() != before ? -1 : 0;
}

#define CALLS(function) cmocka_unit_test_setup_teardown(function, begin, end)

static int open_system(struct baton__system *system, struct baton_diag *diag)
{
	int error;

	memset(diag, 0, sizeof(*diag));
	*system = (struct baton__system){ .fd = 4711 };
	error = baton__system_open("/dev/some", diag, system);
	assert_int_equal(!error, !*diag->message);
	if (error) {
		assert_int_equal(system->fd, 4711);
		assert_string_equal(diag->where, "/dev/some");
	}
	return error;
}

/* ------------------------------------------------------------------- system */

static void a_sound_kvm_is_opened(void **state)
{
	struct baton__system s;
	struct baton_diag diag;

	(void)state;
	assert_int_equal(open_system(&s, &diag), 0);
	assert_int_equal(s.run_size, RUN_SIZE);
	assert_int_equal(s.cpuid->nent, 100);
	assert_int_equal(s.cpuid->entries[99].function, 99);
	assert_int_equal(baton__system_api(&s), 12);
	assert_int_equal(baton__system_capability(&s, KVM_CAP_USER_MEMORY), 1);
	baton__system_close(&s);
}

static void a_node_that_cannot_be_opened_is_told_apart(void **state)
{
	static const struct {
		int error, returned;
		const char *word;
	} cases[] = {
		{ ENOENT, -ENOENT, "no such device node" }, { EACCES, -EACCES, "permission" },
		{ EPERM, -EACCES, "permission" }, { ENODEV, -ENODEV, "no KVM behind" },
		{ ENXIO, -ENODEV, "no KVM behind" }, { EMFILE, -EMFILE, "" },
	};
	struct baton__system s;
	struct baton_diag diag;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		kernel.open_error = cases[i].error;
		assert_int_equal(open_system(&s, &diag), cases[i].returned);
		assert_non_null(strstr(diag.message, cases[i].word));
	}
}

static void each_missing_capability_is_named(void **state)
{
	static const struct {
		int capability;
		const char *name;
	} needed[] = {
		{ KVM_CAP_USER_MEMORY, "KVM_CAP_USER_MEMORY" },
		{ KVM_CAP_EXT_CPUID, "KVM_CAP_EXT_CPUID" },
		{ KVM_CAP_SET_TSS_ADDR, "KVM_CAP_SET_TSS_ADDR" },
		{ KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT" },
		{ KVM_CAP_SYNC_REGS, "KVM_CAP_SYNC_REGS" },
	};
	struct baton__system s;
	struct baton_diag diag;

	(void)state;
	for (size_t i = 0; i < COUNT(needed); i++) {
		kernel.lacking = needed[i].capability;
		assert_int_equal(open_system(&s, &diag), -ENOSYS);
		assert_non_null(strstr(diag.message, needed[i].name));
	}
	/* It is there, but not for the general registers. */
	kernel.lacking = -1;
	kernel.sync_regs = KVM_SYNC_X86_SREGS;
	assert_int_equal(open_system(&s, &diag), -ENOSYS);
	assert_non_null(strstr(diag.message, "KVM_CAP_SYNC_REGS"));
}

static void another_api_or_no_kvm_at_all_is_refused(void **state)
{
	struct baton__system s;
	struct baton_diag diag;

	(void)state;
	kernel.api_version = 11;
	assert_int_equal(open_system(&s, &diag), -ENOSYS);
	assert_non_null(strstr(diag.message, "11"));
	kernel.api_version = -1;
	assert_int_equal(open_system(&s, &diag), -ENODEV);
	kernel.api_version = 12;
	kernel.run_size = (int)sizeof(struct kvm_run) - 1;
	assert_int_equal(open_system(&s, &diag), -ENOSYS);
	kernel.run_size = -1;
	assert_int_equal(open_system(&s, &diag), -ENOSYS);
}

static void the_cpuid_table_grows_until_it_fits(void **state)
{
	static const int entries[] = { 1, 64, 65, 128, 500, 1024 };
	struct baton__system s;
	struct baton_diag diag;

	(void)state;
	for (size_t i = 0; i < COUNT(entries); i++) {
		kernel.cpuid_entries = entries[i];
		assert_int_equal(open_system(&s, &diag), 0);
		assert_int_equal(s.cpuid->nent, entries[i]);
		baton__system_close(&s);
	}
	kernel.cpuid_entries = 1025;
	assert_int_equal(open_system(&s, &diag), -E2BIG);
}

/* ------------------------------------------------------------- all of it */

/* What a host and a VM do: node, machine, slot, vCPU. 0 or the first error. */
static int make_everything(struct baton_diag *diag)
{
	static uint8_t memory[4096];
	struct baton__machine m;
	struct baton__system s;
	struct baton__vcpu v;
	int error;

	memset(diag, 0, sizeof(*diag));
	error = baton__system_open("/dev/some", diag, &s);
	if (error)
		return error;
	error = baton__machine_create(&s, diag, &m);
	if (error)
		goto close_system;
	error = baton__machine_map(&m, 3, 0x5000, 4096, memory, diag);
	if (!error)
		error = baton__vcpu_create(&s, &m, 7, diag, &v);
	if (!error) {
		assert_int_equal(v.run->kvm_valid_regs, KVM_SYNC_X86_REGS);
		assert_int_equal(v.run_size, RUN_SIZE);
		assert_true(kernel.slot.userspace_addr == (uintptr_t)memory);
		baton__vcpu_destroy(&v);
	}
	baton__machine_destroy(&m);
close_system:
	baton__system_close(&s);
	return error;
}

static void every_call_may_fail_and_nothing_is_left(void **state)
{
	struct baton_diag diag;
	unsigned n = 0;
	int error;

	(void)state;
	do {
		kernel = sound;
		kernel.fail_at = ++n;
		error = make_everything(&diag);
		assert_int_equal(kernel.blocks, 0);
		assert_int_equal(kernel.mapped_bytes, 0);
		assert_int_equal(descriptors(), before);
		if (kernel.calls >= n) {
			assert_true(error < 0);
			assert_string_not_equal(diag.where, "");
			assert_string_not_equal(diag.message, "");
		}
	} while (kernel.calls >= n);
	assert_int_equal(error, 0);
	/*
	 * node, version, 5 capabilities, size, CPUID twice and MSRs with their tables, VM, TSS,
	 * slot, vCPU …
	 */
	assert_int_equal(n, 1 + 1 + 5 + 1 + 4 + 2 + 2 + 1 + 4 + 1);
}

static void slot_task_segment_and_vcpu_are_as_asked_for(void **state)
{
	struct baton_diag diag;

	(void)state;
	assert_int_equal(make_everything(&diag), 0);
	assert_int_equal(kernel.tss, BATON__TSS_GPA);
	assert_int_equal(kernel.slot.slot, 3);
	assert_int_equal(kernel.slot.flags, 0);
	assert_int_equal(kernel.slot.guest_phys_addr, 0x5000);
	assert_int_equal(kernel.slot.memory_size, 4096);
	assert_int_equal(kernel.vcpu_id, 7);
}

static void creating_a_machine_goes_on_after_a_signal(void **state)
{
	struct baton_diag diag;

	(void)state;
	kernel.interrupted = 5;
	assert_int_equal(make_everything(&diag), 0);
	kernel = sound;
	kernel.fail_at = 15; /* KVM_CREATE_VM */
	kernel.error = EMFILE;
	assert_int_equal(make_everything(&diag), -EMFILE);
	assert_non_null(strstr(diag.message, "ulimit"));
}

/* --------------------------------------------------------------------- vCPU */

static void errno_of_kvm_run_comes_back_as_it_is(void **state)
{
	static const int errors[] = { EINTR, EAGAIN, EFAULT, ENOEXEC, EIO };
	struct kvm_run run = { .immediate_exit = 0 };
	struct baton__vcpu v = { .fd = -1, .run = &run };

	(void)state;
	kernel.run = &run;
	assert_int_equal(baton__vcpu_run(&v), 0);
	for (size_t i = 0; i < COUNT(errors); i++) {
		kernel.run_result = -errors[i];
		assert_int_equal(baton__vcpu_run(&v), -errors[i]);
		assert_int_equal(kernel.immediate_exit, 0);
	}
}

static void completing_is_an_entry_that_must_not_run(void **state)
{
	struct kvm_run run = { .immediate_exit = 0 };
	struct baton__vcpu v = { .fd = -1, .run = &run };

	(void)state;
	kernel.run = &run;
	kernel.run_result = -EINTR;
	assert_int_equal(baton__vcpu_complete(&v), 0);
	assert_int_equal(kernel.immediate_exit, 1);
	assert_int_equal(run.immediate_exit, 0);
	kernel.run_result = 0; /* it exited instead */
	assert_int_equal(baton__vcpu_complete(&v), -EPROTO);
	kernel.run_result = -EFAULT;
	assert_int_equal(baton__vcpu_complete(&v), -EFAULT);
	assert_int_equal(run.immediate_exit, 0);
}

static void the_mask_goes_over_in_the_kernels_eight_bytes(void **state)
{
	struct baton__vcpu v = { .fd = -1 };
	uint32_t length;
	uint64_t mask;
	sigset_t set;

	(void)state;
	memset(&set, 0xFF, sizeof(set));
	sigemptyset(&set);
	sigaddset(&set, 1);
	sigaddset(&set, 64);
	assert_int_equal(baton__vcpu_signal_mask(&v, &set), 0);
	memcpy(&length, kernel.mask, 4);
	memcpy(&mask, kernel.mask + 4, 8);
	assert_int_equal(length, 8);
	assert_true(mask == (UINT64_C(1) | UINT64_C(1) << 63));
}

static void refused_registers_are_an_error(void **state)
{
	struct kvm_run run = { .kvm_dirty_regs = 0 };
	struct baton__vcpu v = { .fd = -1, .run = &run };
	struct kvm_sregs sregs = { .cr0 = 0 };
	struct kvm_regs regs = { .rip = 0 };

	(void)state;
	for (unsigned n = 1; n <= 5; n++) {
		sigset_t set;

		sigemptyset(&set);
		kernel = sound;
		kernel.fail_at = n;
		assert_int_equal(baton__vcpu_get_regs(&v, &regs), n == 1 ? -EIO : 0);
		assert_int_equal(baton__vcpu_set_regs(&v, &regs), n == 2 ? -EIO : 0);
		assert_int_equal(baton__vcpu_get_sregs(&v, &sregs), n == 3 ? -EIO : 0);
		assert_int_equal(baton__vcpu_set_sregs(&v, &sregs), n == 4 ? -EIO : 0);
		assert_int_equal(baton__vcpu_signal_mask(&v, &set), n == 5 ? -EIO : 0);
	}
}

/* -------------------------------------------------------------------- state */

/* A vCPU of a KVM as it is now, and its run area. */
struct bench {
	struct baton__system system;
	struct baton__vcpu vcpu;
	struct kvm_run *run;
};

static void begin_bench(struct bench *b)
{
	struct baton_diag diag;

	memset(b, 0, sizeof(*b));
	assert_int_equal(open_system(&b->system, &diag), 0);
	b->run = __real_calloc(1, sizeof(*b->run));
	b->vcpu = (struct baton__vcpu){ .fd = -1, .run = b->run, .sync = b->system.sync,
					.msrs = b->system.msrs };
	kernel.part_count = kernel.msr_count = kernel.calls = 0;
}

static void end_bench(struct bench *b)
{
	__real_free(b->run);
	baton__system_close(&b->system);
}

/* Those of listed[] but Hyper-V's, and 1 + 16 + 1 + 2 + 8 + 1 + 1 + 1 + 4 that are never listed. */
#define MSRS (COUNT(listed) - 1 + 35)

static bool has_msr(const struct baton__msrs *list, uint32_t index)
{
	unsigned times = 0;

	for (uint32_t i = 0; i < list->count; i++)
		times += list->index[i] == index;
	assert_true(times < 2);
	return times;
}

static void msrs_are_those_that_kvm_names_and_some_that_it_does_not(void **state)
{
	static const uint32_t others[] = { 0x1D9, 0x200, 0x20F, 0x2FF, 0x400, 0x403, 0xC0010114 };
	struct bench b;
	struct baton_diag diag;

	(void)state;
	begin_bench(&b);
	assert_int_equal(b.system.msrs->count, MSRS);
	for (size_t i = 0; i < COUNT(listed); i++)
		assert_int_equal(has_msr(b.system.msrs, listed[i]), listed[i] != 0x40000010);
	for (size_t i = 0; i < COUNT(others); i++)
		assert_true(has_msr(b.system.msrs, others[i]));
	end_bench(&b);
	kernel.listed_msrs = BATON__MSRS - 36 - (int)COUNT(listed);
	begin_bench(&b); /* all have room */
	end_bench(&b);
	kernel.listed_msrs++;
	assert_int_equal(open_system(&b.system, &diag), -E2BIG);
	assert_non_null(strstr(diag.message, "KVM_GET_MSR_INDEX_LIST"));
}

static void a_state_is_saved_as_a_whole(void **state)
{
	static const unsigned long parts[] = { KVM_GET_REGS,	  KVM_GET_SREGS,
					       KVM_GET_XSAVE,	  KVM_GET_XCRS,
					       KVM_GET_DEBUGREGS, KVM_GET_VCPU_EVENTS,
					       KVM_GET_MSRS };
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	begin_bench(&b);
	memset(&s, 0xEE, sizeof(s));
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	assert_memory_equal(kernel.parts, parts, sizeof(parts));
	assert_int_equal(kernel.part_count, COUNT(parts));
	assert_int_equal(*(uint8_t *)&s.regs, 1);
	assert_int_equal(*(uint8_t *)&s.sregs, 2);
	assert_int_equal(*(uint8_t *)&s.xsave, 3);
	assert_int_equal(*(uint8_t *)&s.xcrs, 4);
	assert_int_equal(*(uint8_t *)&s.debug, 5);
	assert_int_equal(*(uint8_t *)&s.events, 6);
	assert_int_equal(s.msr_count, MSRS);
	for (size_t i = 0; i < MSRS; i++)
		assert_true(s.msrs[i].data == s.msrs[i].index * UINT64_C(3));
	assert_int_equal(s.msrs[MSRS].index, 0); /* what is not used is 0 */
	end_bench(&b);
}

static void many_msrs_are_read_in_several_calls(void **state)
{
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	kernel.listed_msrs = 400;
	begin_bench(&b);
	kernel.lacking_msr = 0x10000 + 254; /* the first of the second call */
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	assert_int_equal(s.msr_count, MSRS + 400 - 1);
	for (size_t i = 0; i < s.msr_count; i++)
		assert_true(s.msrs[i].data == s.msrs[i].index * UINT64_C(3));
	end_bench(&b);
}

static void msrs_that_this_kvm_lacks_are_forgotten(void **state)
{
	static const uint32_t lacking[] = { 0x10, 0x277, 0xC0000081, 0x400, 0x403 };
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	for (size_t i = 0; i < COUNT(lacking); i++) {
		kernel = sound;
		begin_bench(&b);
		kernel.lacking_msr = lacking[i];
		assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
		assert_int_equal(s.msr_count, MSRS - 1);
		for (size_t k = 0; k < s.msr_count; k++) {
			assert_int_not_equal(s.msrs[k].index, lacking[i]);
			assert_true(s.msrs[k].data == s.msrs[k].index * UINT64_C(3));
		}
		/* The next time nobody asks for it. */
		kernel.part_count = 0;
		assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
		assert_int_equal(kernel.part_count, 7);
		assert_int_equal(baton__state_load(&b.vcpu, &s, NULL), 0);
		end_bench(&b);
	}
}

static void a_load_sets_what_may_differ_and_registers_ride(void **state)
{
	static const unsigned long parts[] = { KVM_GET_MSRS, KVM_SET_MSRS, KVM_SET_XCRS,
					       KVM_SET_XSAVE, KVM_SET_DEBUGREGS };
	static const uint8_t marks[] = { 0, 0, 4, 3, 5 };
	struct baton__vcpu_state s;
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	kernel.part_count = 0;
	kernel.changed_msr = 0x277;
	s.sregs.cr8 = 5;
	b.run->ready_for_interrupt_injection = 1;
	assert_int_equal(baton__state_load(&b.vcpu, &s, NULL), 0);
	assert_int_equal(kernel.part_count, COUNT(parts));
	assert_memory_equal(kernel.parts, parts, sizeof(parts));
	assert_memory_equal(kernel.marks + 2, marks + 2, 3);
	assert_int_equal(kernel.msr_count, 2);
	assert_int_equal(kernel.msrs[0], 0x10);
	assert_int_equal(kernel.msrs[1], 0x277);
	assert_int_equal(b.run->kvm_dirty_regs,
			 KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS);
	assert_memory_equal(&b.run->s.regs.regs, &s.regs, sizeof(s.regs));
	assert_memory_equal(&b.run->s.regs.sregs, &s.sregs, sizeof(s.sregs));
	assert_memory_equal(&b.run->s.regs.events, &s.events, sizeof(s.events));
	assert_int_equal(b.run->cr8, 5);
	assert_int_equal(b.run->ready_for_interrupt_injection, 0);
	/* They count already. */
	kernel.part_count = 0;
	s.regs.rax = 42;
	assert_int_equal(baton__vcpu_set_regs(&b.vcpu, &s.regs), 0);
	assert_int_equal(baton__vcpu_get_regs(&b.vcpu, &regs), 0);
	assert_int_equal(baton__vcpu_set_sregs(&b.vcpu, &s.sregs), 0);
	assert_int_equal(baton__vcpu_get_sregs(&b.vcpu, &sregs), 0);
	assert_int_equal(regs.rax, 42);
	assert_int_equal(sregs.cr8, 5);
	assert_int_equal(kernel.part_count, 0);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	assert_int_equal(s.regs.rax, 42);
	assert_int_equal(*(uint8_t *)&s.events, 6);
	assert_int_equal(kernel.part_count, 4); /* XSAVE, XCRS, debug registers, MSRs */
	end_bench(&b);
}

/* Events last: setting registers takes back an exception that is on its way. */
static void where_nothing_rides_it_is_set_in_this_order(void **state)
{
	static const unsigned long parts[] = { KVM_SET_SREGS, KVM_SET_REGS, KVM_SET_VCPU_EVENTS };
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	kernel.sync_regs = KVM_SYNC_X86_REGS;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	kernel.part_count = 0;
	assert_int_equal(baton__state_load(&b.vcpu, &s, NULL), 0);
	assert_memory_equal(kernel.parts + kernel.part_count - 3, parts, sizeof(parts));
	assert_int_equal(b.run->kvm_dirty_regs, 0);
	end_bench(&b);
}

static void what_is_known_to_be_so_is_not_set(void **state)
{
	struct baton__vcpu_state s, known;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &known), 0);
	s = known;
	kernel.part_count = 0;
	assert_int_equal(baton__state_load(&b.vcpu, &s, &known), 0);
	assert_int_equal(kernel.part_count, 1);
	assert_int_equal(kernel.parts[0], KVM_SET_MSRS); /* of the clock alone */
	assert_int_equal(kernel.msr_count, 1);
	s.xsave.region[100]++;
	s.debug.dr7++;
	s.xcrs.xcrs[0].value++;
	kernel.part_count = 0;
	assert_int_equal(baton__state_load(&b.vcpu, &s, &known), 0);
	assert_int_equal(kernel.part_count, 4);
	known.msrs[3].index++;
	assert_int_equal(baton__state_load(&b.vcpu, &s, &known), -EINVAL);
	end_bench(&b);
}

static void the_clock_goes_on_over_a_reset_unless_the_guest_set_it(void **state)
{
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	kernel.changed_msr = 0x10;
	kernel.part_count = 0;
	assert_int_equal(baton__state_reset(&b.vcpu, &s), 0);
	assert_int_equal(kernel.msr_count, 0);
	assert_int_equal(kernel.part_count, 4); /* and not even asked for */
	kernel.changed_msr = 0x3B;
	assert_int_equal(baton__state_reset(&b.vcpu, &s), 0);
	assert_int_equal(kernel.msr_count, 2);
	assert_int_equal(kernel.msrs[0], 0x10);
	assert_int_equal(kernel.msrs[1], 0x3B);
	end_bench(&b);
}

static void no_extended_control_register_is_none_to_set(void **state)
{
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	s.xcrs.nr_xcrs = 0;
	kernel.part_count = 0;
	assert_int_equal(baton__state_load(&b.vcpu, &s, NULL), 0);
	for (unsigned i = 0; i < kernel.part_count; i++)
		assert_int_not_equal(kernel.parts[i], KVM_SET_XCRS);
	end_bench(&b);
}

static void an_msr_that_cannot_be_set_is_an_error(void **state)
{
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	kernel.changed_msr = kernel.stuck_msr = 0x277;
	assert_int_equal(baton__state_load(&b.vcpu, &s, NULL), -EINVAL);
	assert_int_equal(kernel.parts[kernel.part_count - 1], KVM_SET_MSRS); /* and that was all */
	assert_int_equal(b.run->kvm_dirty_regs, 0);
	end_bench(&b);
}

static void each_part_may_be_refused(void **state)
{
	static const int sync[] = { KVM_SYNC_X86_REGS, -1 };

	(void)state;
	for (size_t i = 0; i < COUNT(sync); i++) {
		const unsigned saves = 7, loads = sync[i] < 0 ? 5 : 8;
		struct baton__vcpu_state good, s;
		struct bench b;

		kernel = sound;
		if (sync[i] >= 0)
			kernel.sync_regs = sync[i];
		begin_bench(&b);
		assert_int_equal(baton__state_save(&b.vcpu, &good), 0);
		for (unsigned n = 1; n <= 9; n++) {
			kernel.calls = 0;
			kernel.part_count = 0;
			kernel.fail_at = n;
			b.run->kvm_dirty_regs = 0;
			assert_int_equal(baton__state_save(&b.vcpu, &s), n <= saves ? -EIO : 0);
			kernel.calls = 0;
			assert_int_equal(baton__state_load(&b.vcpu, &good, NULL), n <= loads ? -EIO : 0);
			assert_int_equal(kernel.calls, n <= loads ? n : loads);
		}
		kernel.fail_at = 0;
		end_bench(&b);
	}
}

static void a_hash_is_of_what_a_guest_could_tell(void **state)
{
	struct baton__vcpu_state s, other;
	uint64_t hash;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	end_bench(&b);
	hash = baton__state_hash(&s);
	other = s;
	other.msrs[0].data++;		/* the time-stamp counter */
	other.events.flags ^= 1;	/* what KVM says of itself */
	other.xsave.region[128] ^= 0xFF; /* the header */
	assert_true(baton__state_hash(&other) == hash);
#define DIFFERS(field)                                                 \
	do {                                                           \
		other = s;                                             \
		other.field++;                                         \
		assert_true(baton__state_hash(&other) != hash);        \
	} while (0)
	DIFFERS(regs.rip);
	DIFFERS(sregs.cr3);
	DIFFERS(xsave.region[8]);
	DIFFERS(xsave.region[150]);
	DIFFERS(xcrs.xcrs[0].value);
	DIFFERS(debug.dr7);
	DIFFERS(events.interrupt.nr);
	DIFFERS(msrs[1].data);
	DIFFERS(msrs[MSRS - 1].data);
#undef DIFFERS
}

static void a_step_is_asked_for(void **state)
{
	struct kvm_run run = { .kvm_dirty_regs = 0 };
	struct baton__vcpu v = { .fd = -1, .run = &run };

	(void)state;
	assert_int_equal(baton__state_step(&v, true), 0);
	assert_int_equal(kernel.calls, 1);
	assert_int_equal(kernel.debug.control, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	kernel = sound;
	kernel.fail_at = 1;
	assert_int_equal(baton__state_step(&v, true), -EIO);
}

/* KVM notes where the step begins as it is asked for. */
static void a_step_begins_with_the_registers_that_wait_for_an_entry(void **state)
{
	static const unsigned long parts[] = { KVM_SET_SREGS, KVM_SET_REGS, KVM_SET_VCPU_EVENTS };
	struct baton__vcpu_state s;
	struct bench b;

	(void)state;
	begin_bench(&b);
	assert_int_equal(baton__state_save(&b.vcpu, &s), 0);
	assert_int_equal(baton__state_load(&b.vcpu, &s, NULL), 0);
	assert_int_not_equal(b.run->kvm_dirty_regs, 0);
	kernel.part_count = 0;
	assert_int_equal(baton__state_step(&b.vcpu, true), 0);
	assert_int_equal(kernel.part_count, COUNT(parts));
	assert_memory_equal(kernel.parts, parts, sizeof(parts));
	assert_int_equal(b.run->kvm_dirty_regs, 0);
	assert_int_equal(kernel.debug.control, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	end_bench(&b);
}

/* -------------------------------------------------------------- statistics */

#define STATS_ID    64
#define STATS_DESC  128 /* where things are is for the file to say */
#define STATS_DATA  512
#define STATS_NAMES 24

/* A figure and its descriptor; its value, or the first one, is 1000 + its number. */
static void put_stat(unsigned n, uint32_t type, uint16_t size, uint32_t offset, const char *name)
{
	struct kvm_stats_desc desc = { .flags = type, .size = size, .offset = offset };
	uint8_t *at = kernel.stats + STATS_DESC + n * (sizeof(desc) + STATS_NAMES);
	uint64_t value = 1000 + n;

	memcpy(at, &desc, sizeof(desc));
	memcpy(at + sizeof(desc), name, strlen(name) < STATS_NAMES ? strlen(name) + 1 : STATS_NAMES);
	memcpy(kernel.stats + STATS_DATA + offset, &value, sizeof(value));
}

static void put_stats(void)
{
	const struct kvm_stats_header header = {
		.name_size = STATS_NAMES, .num_desc = 6, .id_offset = STATS_ID,
		.desc_offset = STATS_DESC, .data_offset = STATS_DATA,
	};

	memcpy(kernel.stats, &header, sizeof(header));
	put_stat(0, KVM_STATS_TYPE_CUMULATIVE, 1, 8, "exits");
	put_stat(1, KVM_STATS_TYPE_LOG_HIST | KVM_STATS_UNIT_SECONDS, 4, 32, "halt_wait_hist");
	put_stat(2, KVM_STATS_TYPE_INSTANT | KVM_STATS_UNIT_BOOLEAN, 1, 0, "guest_mode");
	put_stat(3, KVM_STATS_TYPE_PEAK, 1, 64, "a_name_that_has_no_end.."); /* of 24 */
	put_stat(4, KVM_STATS_TYPE_CUMULATIVE, 1, 16, "io_exits");
	put_stat(5, KVM_STATS_TYPE_CUMULATIVE, 2, 40, "two_at_once");
	kernel.stats_size = STATS_DATA + 72;
}

static int read_stats(struct baton_kvm_stat *stats, uint32_t room, uint32_t *count)
{
	const struct baton__vcpu v = { .fd = -1 };

	*count = 4711;
	return baton__vcpu_stats(&v, stats, room, count);
}

static void statistics_have_the_kernels_names(void **state)
{
	struct baton_kvm_stat stats[8] = { 0 };
	uint32_t count;

	(void)state;
	put_stats();
	assert_int_equal(read_stats(stats, 8, &count), 0);
	assert_int_equal(count, 4); /* without those that have several values */
	assert_string_equal(stats[0].name, "exits");
	assert_int_equal(stats[0].value, 1000);
	assert_true(stats[0].grows);
	assert_string_equal(stats[1].name, "guest_mode");
	assert_int_equal(stats[1].value, 1002);
	assert_false(stats[1].grows);
	assert_string_equal(stats[2].name, "a_name_that_has_no_end..");
	assert_false(stats[2].grows);
	assert_string_equal(stats[3].name, "io_exits");
	assert_int_equal(stats[3].value, 1004);
}

static void statistics_may_be_more_than_there_is_room_for(void **state)
{
	struct baton_kvm_stat stats[2] = { 0 };
	uint32_t count;

	(void)state;
	put_stats();
	assert_int_equal(read_stats(stats, 1, &count), 0);
	assert_int_equal(count, 4);
	assert_string_equal(stats[0].name, "exits");
	assert_string_equal(stats[1].name, "");
	assert_int_equal(read_stats(NULL, 0, &count), 0);
	assert_int_equal(count, 4);
}

static void a_kvm_without_statistics_is_told_apart(void **state)
{
	static const struct {
		int error, returned;
	} cases[] = {
		{ ENOTTY, -ENOTSUP }, { EINVAL, -ENOTSUP }, { ENOSYS, -ENOTSUP },
		{ EMFILE, -EMFILE }, { ENOMEM, -ENOMEM },
	};
	struct baton_kvm_stat stats[8];
	uint32_t count;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		kernel.calls = 0;
		kernel.fail_at = 1;
		kernel.error = cases[i].error;
		assert_int_equal(read_stats(stats, 8, &count), cases[i].returned);
		assert_int_equal(count, 0);
	}
	put_stats();
	kernel.calls = 0;
	kernel.fail_at = 2; /* its memory */
	assert_int_equal(read_stats(stats, 8, &count), -ENOMEM);
}

/* Wherever the file ends, and whatever its header says. */
static void statistics_that_are_none_are_refused(void **state)
{
	struct baton_kvm_stat stats[8];
	struct kvm_stats_header header;
	uint32_t count;

	(void)state;
	put_stats();
	for (kernel.stats_size = 0; kernel.stats_size < STATS_DATA + 72; kernel.stats_size++) {
		assert_int_equal(read_stats(stats, 8, &count), -EPROTO);
		assert_int_equal(count, 0);
	}
	memcpy(&header, kernel.stats, sizeof(header));
	header.name_size = 0;
	memcpy(kernel.stats, &header, sizeof(header));
	assert_int_equal(read_stats(stats, 8, &count), -EPROTO);
	header.name_size = UINT32_MAX;
	memcpy(kernel.stats, &header, sizeof(header));
	assert_int_equal(read_stats(stats, 8, &count), -EPROTO);
	header.name_size = STATS_NAMES;
	header.num_desc = UINT32_MAX;
	memcpy(kernel.stats, &header, sizeof(header));
	assert_int_equal(read_stats(stats, 8, &count), -EPROTO);
	header.num_desc = 6;
	header.data_offset = UINT32_MAX;
	memcpy(kernel.stats, &header, sizeof(header));
	assert_int_equal(read_stats(stats, 8, &count), -EPROTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CALLS(a_sound_kvm_is_opened),
		CALLS(a_node_that_cannot_be_opened_is_told_apart),
		CALLS(each_missing_capability_is_named),
		CALLS(another_api_or_no_kvm_at_all_is_refused),
		CALLS(the_cpuid_table_grows_until_it_fits),
		CALLS(every_call_may_fail_and_nothing_is_left),
		CALLS(slot_task_segment_and_vcpu_are_as_asked_for),
		CALLS(creating_a_machine_goes_on_after_a_signal),
		CALLS(errno_of_kvm_run_comes_back_as_it_is),
		CALLS(completing_is_an_entry_that_must_not_run),
		CALLS(the_mask_goes_over_in_the_kernels_eight_bytes),
		CALLS(refused_registers_are_an_error),
		CALLS(a_state_is_saved_as_a_whole),
		CALLS(msrs_are_those_that_kvm_names_and_some_that_it_does_not),
		CALLS(many_msrs_are_read_in_several_calls),
		CALLS(msrs_that_this_kvm_lacks_are_forgotten),
		CALLS(a_load_sets_what_may_differ_and_registers_ride),
		CALLS(where_nothing_rides_it_is_set_in_this_order),
		CALLS(what_is_known_to_be_so_is_not_set),
		CALLS(the_clock_goes_on_over_a_reset_unless_the_guest_set_it),
		CALLS(no_extended_control_register_is_none_to_set),
		CALLS(an_msr_that_cannot_be_set_is_an_error),
		CALLS(each_part_may_be_refused),
		CALLS(a_hash_is_of_what_a_guest_could_tell),
		CALLS(a_step_is_asked_for),
		CALLS(a_step_begins_with_the_registers_that_wait_for_an_entry),
		CALLS(statistics_have_the_kernels_names),
		CALLS(statistics_may_be_more_than_there_is_room_for),
		CALLS(a_kvm_without_statistics_is_told_apart),
		CALLS(statistics_that_are_none_are_refused),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
