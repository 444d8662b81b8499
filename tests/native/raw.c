/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw.c - see raw.h.
 */
#include "raw.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

const uint8_t raw_counting[6] = { 0xFF, 0x06, 0x00, 0x05, 0xEB, 0xFA };

static void set_cpuid(const struct raw *raw)
{
	struct kvm_cpuid2 *table = calloc(1, sizeof(*table) + 256 * sizeof(table->entries[0]));

	assert_non_null(table);
	table->nent = 256;
	assert_int_equal(ioctl(raw->system, KVM_GET_SUPPORTED_CPUID, table), 0);
	assert_int_equal(ioctl(raw->vcpu, KVM_SET_CPUID2, table), 0);
	free(table);
}

static void set_registers(const struct raw *raw)
{
	struct kvm_regs regs = { .rflags = 2, .rsp = 0xF000 };
	struct kvm_sregs s;
	struct kvm_segment *all[] = { &s.cs, &s.ds, &s.es, &s.fs, &s.gs, &s.ss };

	assert_int_equal(ioctl(raw->vcpu, KVM_GET_SREGS, &s), 0);
	for (size_t i = 0; i < COUNT(all); i++)
		all[i]->base = all[i]->selector = 0;
	assert_int_equal(ioctl(raw->vcpu, KVM_SET_SREGS, &s), 0);
	assert_int_equal(ioctl(raw->vcpu, KVM_SET_REGS, &regs), 0);
}

void raw_begin(struct raw *raw, const void *code, size_t size)
{
	struct kvm_userspace_memory_region region = { .memory_size = RAW_MEMORY };

	raw->system = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	assert_true(raw->system >= 0);
	raw->vm = ioctl(raw->system, KVM_CREATE_VM, 0);
	assert_true(raw->vm >= 0);
	assert_int_equal(ioctl(raw->vm, KVM_SET_TSS_ADDR, 0xFFFBD000), 0);
	raw->memory = mmap(NULL, RAW_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(raw->memory != MAP_FAILED);
	memcpy(raw->memory, code, size);
	region.userspace_addr = (uintptr_t)raw->memory;
	assert_int_equal(ioctl(raw->vm, KVM_SET_USER_MEMORY_REGION, &region), 0);
	raw->vcpu = ioctl(raw->vm, KVM_CREATE_VCPU, 0);
	assert_true(raw->vcpu >= 0);
	raw->run_size = (size_t)ioctl(raw->system, KVM_GET_VCPU_MMAP_SIZE, 0);
	raw->run = mmap(NULL, raw->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, raw->vcpu, 0);
	assert_true(raw->run != MAP_FAILED);
	raw->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
	set_cpuid(raw);
	set_registers(raw);
}

void raw_end(struct raw *raw)
{
	munmap(raw->run, raw->run_size);
	close(raw->vcpu);
	close(raw->vm);
	close(raw->system);
	munmap(raw->memory, RAW_MEMORY);
}

int raw_run(struct raw *raw)
{
	return ioctl(raw->vcpu, KVM_RUN, 0) < 0 ? -errno : 0;
}

int raw_complete(struct raw *raw)
{
	int error;

	raw->run->immediate_exit = 1;
	error = raw_run(raw);
	raw->run->immediate_exit = 0;
	return error;
}

struct kvm_regs raw_regs(const struct raw *raw)
{
	struct kvm_regs regs;

	assert_int_equal(ioctl(raw->vcpu, KVM_GET_REGS, &regs), 0);
	return regs;
}

void raw_set_mask(const struct raw *raw, const sigset_t *blocked)
{
	struct {
		uint32_t len;
		uint8_t sigset[8];
	} mask = { .len = 8 };

	memcpy(mask.sigset, blocked, 8);
	assert_int_equal(ioctl(raw->vcpu, KVM_SET_SIGNAL_MASK, &mask), 0);
}

void *raw_data(const struct raw *raw)
{
	return (char *)raw->run + raw->run->io.data_offset;
}

timer_t raw_timer(int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = signal };
	timer_t timer;

	event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	return timer;
}

void raw_arm(timer_t timer, uint64_t ns)
{
	const struct itimerspec when = { .it_value = { .tv_sec = (time_t)(ns / 1000000000),
						       .tv_nsec = (long)(ns % 1000000000) } };

	assert_int_equal(timer_settime(timer, 0, &when, NULL), 0);
}

bool raw_pending(int signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigpending(&set);
	return sigismember(&set, signal) == 1;
}

bool raw_consume(int signal)
{
	const struct timespec none = { 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signal);
	return sigtimedwait(&set, NULL, &none) == signal;
}

uint64_t raw_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
