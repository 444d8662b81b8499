/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake.h - a KVM, a timer and a clock for tests: src/kvm/{system,machine,state,stats,vcpu,timer}.c
 * and src/base/clock.c are replaced by this folder at link time; everything above
 * them, src/kvm/{exit,kick}.c included, is the real thing.
 *
 * Time is virtual: it moves when a guest runs, when the thread waits, and when a
 * test says so. A guest is a function that is asked, time and again, how long it
 * runs and how it exits. Signals are entries in a queue, as in the kernel: the
 * timer's, which come early or late if a test wants that, and those of others.
 *
 * Like the kernel, the fake leaves exit_reason as it was on -EINTR, completes a
 * pending access on the next entry, and writes eight bytes of a signal mask.
 * Every call can be made to fail, and everything acquired is counted.
 *
 * There is one fake per process, in a global: the functions that it replaces have
 * no argument to carry it. One thread only.
 */
#ifndef BATON_TESTS_FAKE_FAKE_H
#define BATON_TESTS_FAKE_FAKE_H

#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_NEVER UINT64_MAX

struct baton_vm;

/* ----------------------------------------------------------------- guests */

/* What a guest does next: runs for `ns`, then leaves KVM_RUN in this way. */
struct fake_exit {
	uint64_t ns;	 /* FAKE_NEVER: runs until a signal comes */
	int error;	 /* negative: KVM_RUN returns it, and no exit is reported */
	uint32_t reason; /* KVM_EXIT_* */
	uint64_t addr;	 /* port, or GPA */
	uint8_t size;
	uint32_t count;
	bool out;
	uint64_t data;	  /* of one access; or KVM's detail of another reason */
	const void *many; /* of a string OUT: count × size bytes */
	bool more;	  /* the instruction has another access: completing this one exits */
};

struct fake_exit fake_spin(void);
struct fake_exit fake_out(uint64_t ns, uint16_t port, uint8_t size, uint64_t data);
struct fake_exit fake_in(uint64_t ns, uint16_t port, uint8_t size);
struct fake_exit fake_outs(uint64_t ns, uint16_t port, uint8_t size, uint32_t count,
			   const void *data);
struct fake_exit fake_ins(uint64_t ns, uint16_t port, uint8_t size, uint32_t count);
struct fake_exit fake_store(uint64_t ns, uint64_t gpa, uint8_t size, uint64_t data);
struct fake_exit fake_load(uint64_t ns, uint64_t gpa, uint8_t size);
struct fake_exit fake_hlt(uint64_t ns);
struct fake_exit fake_other(uint64_t ns, uint32_t reason, uint64_t detail);
struct fake_exit fake_error(uint64_t ns, int error);

struct fake_vcpu {
	bool used;
	struct kvm_run *run;
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	/* The script. NULL: HLT at once, or a triple fault in 32-bit paging if that is lacking. */
	struct fake_exit (*next)(struct fake_vcpu *vcpu);
	/* A pending IN or load was completed with this data. May be NULL. */
	void (*got)(struct fake_vcpu *vcpu, const void *data, size_t bytes);
	/* The interrupt at this vector is delivered. May be NULL. */
	void (*took)(struct fake_vcpu *vcpu, uint32_t vector);
	/* An instruction was executed, since each entry is one. May be NULL. */
	void (*stepped)(struct fake_vcpu *vcpu);
	void *state; /* the script's */

	uint32_t interrupt; /* queued, 0: none */
	bool stepping;	    /* each entry is an instruction, which takes 1 ns */
	bool shadow;	    /* of an STI: set by a script, no interrupt before the next exit */

	struct fake_exit plan; /* under way */
	bool planned, pending; /* `plan` holds; its access awaits completion */
	struct {
		struct fake_exit plan; /* the first access of the instruction that was last … */
		struct kvm_regs regs;  /* … and the registers before it */
	} began;
	bool masked;
	sigset_t blocked; /* inside KVM_RUN */
	uint64_t entries; /* less those that only complete an access */
	uint64_t exits, kicks, ran_ns;
	uint64_t first_rip; /* as boot set it */
};

/* The vCPU behind a VM, to give it a script. */
struct fake_vcpu *fake_vcpu(struct baton_vm *vm);

/* -------------------------------------------------------------- the world */

/* Everything that is replaced or wrapped. What is below FAKE_RUN cannot fail. */
enum fake_op {
	FAKE_SYSTEM_OPEN, FAKE_MACHINE_CREATE, FAKE_MACHINE_MAP, FAKE_VCPU_CREATE, FAKE_VCPU_MASK,
	FAKE_GET_REGS, FAKE_SET_REGS, FAKE_GET_SREGS, FAKE_SET_SREGS, FAKE_INTERRUPT,
	FAKE_STATE_SAVE, FAKE_STATE_LOAD, FAKE_STATE_STEP, FAKE_STATS,
	FAKE_TIMER_CREATE,
	FAKE_MALLOC, FAKE_CALLOC, FAKE_REALLOC, FAKE_STRDUP,
	FAKE_MEMFD, FAKE_FTRUNCATE, FAKE_FALLOCATE, FAKE_LSEEK, FAKE_MMAP, FAKE_MPROTECT, FAKE_OPEN,
	FAKE_FSTAT, FAKE_READ, FAKE_WRITE, FAKE_PREAD, FAKE_PWRITE, FAKE_FCNTL, FAKE_MADVISE,
	FAKE_RUN, FAKE_TIMER_SET, FAKE_TIMER_TAKE, FAKE_CLOCK, FAKE_CPU_CLOCK, FAKE_MUNMAP,
	FAKE_OPS
};

const char *fake_op_name(enum fake_op op);

struct fake {
	/* Time. */
	uint64_t now_ns, cpu_ns;
	uint64_t reading_ns; /* a reading of the clock takes so long */
	uint64_t (*reading)(void); /* or so long, if set */
	uint64_t saving_ns;	   /* saving a vCPU's state takes so long */

	/* From a timer's expiry to its signal; below 0: it comes early. May be NULL: 0. */
	int64_t (*skew)(void);
	bool drops_stale; /* setting a timer takes its pending signal back, as Linux 6.13 does */
	pid_t thread;
	sigset_t mask; /* of the thread */

	/* What this KVM can do. */
	bool no_paging32;
	bool resets; /* a vCPU that shuts down, as AMD's does */
	int api_version;
	struct { /* a struct kvm_cpuid2 with its entries */
		uint32_t count, padding;
		struct kvm_cpuid_entry2 entries[3];
	} cpuid;
	int capability[2]; /* CAP_USER_MEMORY and so on: [0] for all, [1] for CAP_SYNC_REGS */

	/* Called at the n-th call of anything here, counted by `ticks`; 0: never. */
	uint64_t ticks, inject_at;
	void (*inject)(void *context);
	void *inject_context;

	/* Counts. */
	uint64_t calls[FAKE_OPS];
	struct {
		int systems, machines, vcpus, timers, blocks;
		int64_t heap_bytes, mapped_bytes;
	} live;
	struct {
		uint64_t gpa, size; /* size 0: taken away, or never there */
		uint8_t *host;
	} slots[48];		    /* of memory, of the machine that was created last */
	uint64_t unprovided; /* completed reads whose data nobody wrote */
	uint64_t last_set_ns; /* argument of the last timer_set */
	int last_signal;      /* of the timer created last */

	/* The fake's own trouble: a KVM_RUN that nothing will end, a vCPU that is gone. */
	void (*broken)(const char *what);
};

extern struct fake fake;

/* Begins a test: everything as after start-up, time at 1 s. */
void fake_reset(void);

/* Moves time on. Busy: the thread's CPU clock goes along. */
void fake_advance(uint64_t ns);
void fake_sleep(uint64_t ns);

/* Calls fn(context) when the time comes, in the midst of whatever goes on: a signal handler. */
void fake_at(uint64_t at_ns, void (*fn)(void *context), void *context);

/* Sends the thread a signal of somebody else's. */
void fake_signal(int signal);

/* A signal that the embedder handles: KVM_RUN and waits return -EINTR, nothing stays pending. */
void fake_interrupt(void);

/* How many signals are pending. */
unsigned fake_pending(void);

/* The nth call of `op` from now on (1: the next) fails with `error`; of any op: with its own. */
void fake_fail(enum fake_op op, uint64_t nth, int error);
void fake_fail_any(uint64_t nth);
/* Was the failure that was asked for delivered, and where? */
bool fake_failed(enum fake_op *op);

/* Is anything still held? Names it, or NULL. Descriptors count against those at fake_reset(). */
const char *fake_leak(void);

/* A generator of numbers for tests: xorshift64*; the state must not be 0. */
uint64_t fake_random(uint64_t *state);

/* --------------------------------------------- between the files of the fake */

/* A point at which somebody may interfere. */
void fake_tick(void);
/* Counts a call, injects, and says whether it is to fail: 0 or -errno. */
int fake_call(enum fake_op op);
/* Moves time to `until`, or to the first event before; whether it got there. */
bool fake_go(uint64_t until_ns, bool busy);
uint64_t fake_next_event(void);
bool fake_deliverable(const sigset_t *blocked);
bool fake_interrupted(void); /* since the last question */
void fake_broken(const char *what);

#endif
