/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - the real src/kvm/{system,machine,state,vcpu}.c, which the fake replaces
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
	uint32_t lacking_msr;
	uint32_t msrs[40]; /* that were set, in order */
	unsigned msr_count;
	struct kvm_guest_debug debug;
	int blocks;
	int64_t mapped_bytes;
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

/* One entry at a time. What it says is a number, or that it did none. */
static int one_msr(unsigned long request, struct kvm_msrs *m)
{
	assert_int_equal(m->nmsrs, 1);
	if (m->entries[0].index == kernel.lacking_msr)
		return 0;
	if (request == KVM_GET_MSRS) {
		m->entries[0].data = m->entries[0].index * UINT64_C(3);
		return 1;
	}
	assert_true(m->entries[0].data == m->entries[0].index * UINT64_C(3));
	kernel.msrs[kernel.msr_count++] = m->entries[0].index;
	return 1;
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
	case KVM_SET_SIGNAL_MASK:
		memcpy(kernel.mask, argument, sizeof(kernel.mask));
		return 0;
	case KVM_GET_MSRS:
	case KVM_SET_MSRS:
		kernel.parts[kernel.part_count++] = request;
		return one_msr(request, argument);
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
	/* node, version, 5 capabilities, size, CPUID twice with its table, VM, TSS, slot, vCPU … */
	assert_int_equal(n, 1 + 1 + 5 + 1 + 4 + 2 + 1 + 3 + 1);
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
	kernel.fail_at = 13; /* KVM_CREATE_VM */
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
	struct baton__vcpu v = { .fd = -1 };
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

static const uint32_t msrs[] = { 0x10, 0x174, 0x175, 0x176, 0x277, 0xC0000081, 0xC0000082,
				 0xC0000083, 0xC0000084, 0xC0000102, 0xC0000103, 0x2FF };

static void a_state_is_saved_as_a_whole(void **state)
{
	static const unsigned long parts[] = { KVM_GET_REGS, KVM_GET_SREGS, KVM_GET_XSAVE,
					       KVM_GET_XCRS, KVM_GET_DEBUGREGS,
					       KVM_GET_VCPU_EVENTS };
	struct baton__vcpu v = { .fd = -1 };
	struct baton__vcpu_state s;

	(void)state;
	memset(&s, 0xEE, sizeof(s));
	assert_int_equal(baton__state_save(&v, &s), 0);
	assert_memory_equal(kernel.parts, parts, sizeof(parts));
	assert_int_equal(kernel.part_count, COUNT(parts) + COUNT(msrs));
	assert_int_equal(*(uint8_t *)&s.regs, 1);
	assert_int_equal(*(uint8_t *)&s.sregs, 2);
	assert_int_equal(*(uint8_t *)&s.xsave, 3);
	assert_int_equal(*(uint8_t *)&s.xcrs, 4);
	assert_int_equal(*(uint8_t *)&s.debug, 5);
	assert_int_equal(*(uint8_t *)&s.events, 6);
	assert_int_equal(s.msr_count, COUNT(msrs));
	for (size_t i = 0; i < COUNT(msrs); i++) {
		assert_int_equal(s.msrs[i].index, msrs[i]);
		assert_int_equal(s.msrs[i].data, msrs[i] * UINT64_C(3));
	}
}

static void msrs_that_this_kvm_lacks_are_left_out(void **state)
{
	struct baton__vcpu v = { .fd = -1 };
	struct baton__vcpu_state s;

	(void)state;
	for (size_t lacking = 0; lacking < COUNT(msrs); lacking++) {
		kernel = sound;
		kernel.lacking_msr = msrs[lacking];
		assert_int_equal(baton__state_save(&v, &s), 0);
		assert_int_equal(s.msr_count, COUNT(msrs) - 1);
		for (size_t i = 0; i < s.msr_count; i++)
			assert_int_equal(s.msrs[i].index, msrs[i + (i >= lacking)]);
		assert_int_equal(baton__state_load(&v, &s), 0);
		assert_int_equal(kernel.msr_count, COUNT(msrs) - 1);
	}
	/* One that cannot be read is none. */
	kernel = sound;
	kernel.fail_at = 7;
	assert_int_equal(baton__state_save(&v, &s), 0);
	assert_int_equal(s.msr_count, COUNT(msrs) - 1);
	assert_int_equal(s.msrs[0].index, msrs[1]);
}

/* Registers before events: setting them takes back an exception that is on its way. */
static void a_state_is_loaded_in_this_order(void **state)
{
	static const unsigned long parts[] = { KVM_SET_SREGS, KVM_SET_REGS, KVM_SET_XCRS,
					       KVM_SET_XSAVE, KVM_SET_DEBUGREGS,
					       KVM_SET_VCPU_EVENTS };
	static const uint8_t marks[] = { 2, 1, 4, 3, 5, 6 };
	struct baton__vcpu v = { .fd = -1 };
	struct baton__vcpu_state s;

	(void)state;
	assert_int_equal(baton__state_save(&v, &s), 0);
	kernel.part_count = 0;
	assert_int_equal(baton__state_load(&v, &s), 0);
	assert_int_equal(kernel.msr_count, COUNT(msrs));
	assert_memory_equal(kernel.msrs, msrs, sizeof(msrs));
	assert_int_equal(kernel.part_count, COUNT(msrs) + COUNT(parts));
	assert_memory_equal(kernel.parts + COUNT(msrs), parts, sizeof(parts));
	assert_memory_equal(kernel.marks + COUNT(msrs), marks, sizeof(marks));
}

static void an_msr_that_cannot_be_set_is_an_error(void **state)
{
	struct baton__vcpu v = { .fd = -1 };
	struct baton__vcpu_state s;

	(void)state;
	assert_int_equal(baton__state_save(&v, &s), 0);
	kernel.lacking_msr = 0x277;
	assert_int_equal(baton__state_load(&v, &s), -EINVAL);
	assert_int_equal(kernel.msr_count, 4);
	assert_int_equal(kernel.parts[kernel.part_count - 1], KVM_SET_MSRS); /* and that was all */
}

static void each_part_may_be_refused(void **state)
{
	const unsigned parts = 6, all = parts + COUNT(msrs);
	struct baton__vcpu v = { .fd = -1 };
	struct baton__vcpu_state good, s;

	(void)state;
	assert_int_equal(baton__state_save(&v, &good), 0);
	for (unsigned n = 1; n <= all + 1; n++) {
		kernel = sound;
		kernel.fail_at = n;
		assert_int_equal(baton__state_save(&v, &s), n <= parts ? -EIO : 0);
		kernel = sound;
		kernel.fail_at = n;
		assert_int_equal(baton__state_load(&v, &good), n <= all ? -EIO : 0);
		assert_int_equal(kernel.calls, n <= all ? n : all);
	}
}

static void a_step_is_asked_for(void **state)
{
	struct baton__vcpu v = { .fd = -1 };

	(void)state;
	assert_int_equal(baton__state_step(&v), 0);
	assert_int_equal(kernel.debug.control, KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP);
	kernel = sound;
	kernel.fail_at = 1;
	assert_int_equal(baton__state_step(&v), -EIO);
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
		CALLS(msrs_that_this_kvm_lacks_are_left_out),
		CALLS(a_state_is_loaded_in_this_order),
		CALLS(an_msr_that_cannot_be_set_is_an_error),
		CALLS(each_part_may_be_refused),
		CALLS(a_step_is_asked_for),
	};

	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
