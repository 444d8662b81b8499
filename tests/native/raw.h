/* SPDX-License-Identifier: Apache-2.0 */
/*
 * raw.h - a VM by bare ioctls, without the library: 64 KiB of memory at GPA 0, a
 * vCPU in real mode at 0, and the guest's bytes. For pinning what KVM does.
 */
#ifndef BATON_TESTS_NATIVE_RAW_H
#define BATON_TESTS_NATIVE_RAW_H

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RAW_MEMORY 0x10000

struct raw {
	int system, vm, vcpu;
	struct kvm_run *run;
	size_t run_size;
	uint8_t *memory;
};

/* A guest that loops: inc word [0x500]; jmp to it. */
extern const uint8_t raw_counting[6];
#define RAW_COUNTER 0x500

/* Every call must succeed. */
void raw_begin(struct raw *raw, const void *code, size_t size);
void raw_end(struct raw *raw);

/* KVM_RUN: 0 or -errno. */
int raw_run(struct raw *raw);
/* The same with immediate_exit set. */
int raw_complete(struct raw *raw);

struct kvm_regs raw_regs(const struct raw *raw);
void raw_set_mask(const struct raw *raw, const sigset_t *blocked);
void *raw_data(const struct raw *raw);

/* A timer that sends `signal` to this thread. */
timer_t raw_timer(int signal);
void raw_arm(timer_t timer, uint64_t ns); /* relative; at least 1 */
bool raw_pending(int signal);
bool raw_consume(int signal);
uint64_t raw_now(void);

#endif
