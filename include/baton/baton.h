/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * baton.h - the whole of the library: hosts, virtual machines, runs, figures.
 *
 * A *host* owns a set of VMs and lets them take turns on the one thread that
 * created it. Everything is explicit: nothing runs unless baton_host_run() is
 * called, nothing is printed, no thread is started, no signal disposition is
 * touched, and no state lives outside the objects that you create.
 *
 * Errors: functions that can fail return 0 or a negative errno value. Those
 * that take a `struct baton_diag *` also say what was wrong in words; the
 * pointer may be NULL. What a *guest* does wrong is never an error return: the
 * VM's outcome becomes BATON_DEAD and baton_vm_death() says why.
 *
 * Threads: a host and everything in it belong to the thread that created the
 * host. Only baton_host_stop() may be called from other threads and from
 * signal handlers. Different hosts share nothing.
 *
 * Units: times are nanoseconds of CLOCK_MONOTONIC, sizes are bytes, addresses
 * are guest-physical (GPA) unless a name says otherwise.
 */
#ifndef BATON_BATON_H
#define BATON_BATON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sched.h"

#ifdef __cplusplus
extern "C" {
#endif

struct baton_host;
struct baton_vm;
struct baton_vcpu;
struct baton_device;
struct baton_device_ops;
struct baton_gate;
struct baton_trace_sink;

/* A guest-physical address: a number, never a pointer of the host's. */
typedef uint64_t baton_gpa_t;

/* No limit, for budgets, slices and deadlines. */
#define BATON_FOREVER UINT64_MAX

/*
 * What went wrong, in words. Owned by the caller; written only on failure.
 * `where` names the thing at fault (a file, a VM, a device node), `message`
 * says what was expected. Both are always terminated.
 */
struct baton_diag {
	char where[128];
	char message[384];
};

/* The library's version, "major.minor.patch"; static storage. */
const char *baton_version(void);

/* ------------------------------------------------------------------ exits */

/* Why KVM_RUN returned (KVM API, section 5, "The kvm_run structure"). */
enum baton_exit_kind {
#define BATON_EXIT(id, name, summary) BATON_EXIT_##id,
#include "exits.def"
#undef BATON_EXIT
	BATON_EXIT_KINDS /* how many there are */
};

/* The short name of a kind ("io_out"), as in the JSON report; static storage. */
const char *baton_exit_name(enum baton_exit_kind kind);

/* One exit, decoded. Fields that a kind does not have are 0. */
struct baton_exit {
	enum baton_exit_kind kind;
	uint8_t size;	 /* bytes of one access: 1, 2, 4 or 8 */
	uint32_t count;	 /* accesses: above 1 for string I/O */
	uint32_t reason; /* KVM's number, also where the kind is `unknown` */
	uint64_t addr;	 /* port, or GPA of an MMIO access */
	uint64_t data;	 /* first datum, or KVM's detail (hardware reason, suberror) */
	uint64_t rip;	 /* instruction pointer as this KVM left it (see docs/architecture.md) */
	uint64_t at_ns;	 /* when KVM_RUN returned */
};

/* General registers in the order of KVM's struct kvm_regs. */
struct baton_regs {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rsp, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
};

/* ------------------------------------------------------------------ hosts */

/* A turn that ended, as an observer sees it. */
struct baton_turn {
	struct baton_vm *vm;
	uint64_t begin_ns, end_ns;    /* from the first entry to the end of the last handler */
	uint64_t slice_ns;	      /* what the policy gave */
	uint64_t charged_ns;	      /* run + handler time in this turn */
	uint64_t exits;		      /* exits in this turn */
	enum baton_why why;	      /* why it ended */
	const struct baton_regs *regs; /* as of the last return from KVM_RUN */
};

/*
 * Callbacks while a host runs; each may be NULL. They run on the host's thread
 * between two entries, their time is charged to the handler (exit) or the
 * switch (turn), and they must not call baton_host_run() or destroy anything.
 */
struct baton_observer {
	void (*exit)(void *context, struct baton_vm *vm, const struct baton_exit *exit);
	void (*turn)(void *context, const struct baton_turn *turn);
};

/*
 * What a run takes from outside of its guests, beside the turns, which are the
 * policy's choice. Whoever records notes it and gives it back; whoever replays gives
 * what was recorded. Called on the host's thread, inside a handler.
 */
struct baton_choices {
	void *context;
	/* A guest asks for the time; `ns` is what it would get. */
	uint64_t (*time)(void *context, struct baton_vm *vm, uint64_t ns);
};

/*
 * How a host is made. Start from BATON_HOST_CONFIG, change what you need.
 * All pointers are borrowed for the call, save `observer`,
 * `observer_context`, `sched.script` and what `trace` points on to, which must outlive the host.
 */
struct baton_host_config {
	const char *policy;		    /* a name from baton_policies(); ignored if `ops` is set */
	const struct baton_sched_ops *ops;  /* a policy of your own */
	struct baton_sched_config sched;    /* slice, burst, seed, script */
	uint32_t max_vms;		    /* room for so many VMs; the policy's state is sized by it */
	int kick_signal;		    /* 0: SIGRTMIN; blocked in this thread while the host exists */
	const char *kvm_path;		    /* the device node */
	const struct baton_observer *observer;
	void *observer_context;
	const struct baton_choices *choices; /* may be NULL: the run chooses itself; outlives the host */
	/*
	 * For a run whose turns and times come from a record: a wait for a time is over
	 * at once, whoever is to come late is there, and no device's alarm sounds.
	 */
	bool untimed;
	const struct baton_trace_sink *trace; /* may be NULL: no trace. trace.h */
	const struct baton_gate *gate; /* asked before accesses; may be NULL; outlives the host. control.h */
	void *gate_context;
};

#define BATON_HOST_CONFIG                                              \
	{                                                              \
		.policy = "share", .sched = BATON_SCHED_CONFIG,        \
		.max_vms = 64, .kvm_path = "/dev/kvm",                 \
	}

/*
 * Opens KVM, checks that it offers what Baton needs, and blocks the kick signal
 * in the calling thread; baton_host_destroy() puts the mask back. Hosts that
 * share a thread and a signal are destroyed in reverse order of creation.
 * Does not block. Errors: -ENOENT or -EACCES (device node), -ENOSYS (KVM lacks
 * something, named in the diagnostic), -EINVAL (configuration), -ENOMEM,
 * -EAGAIN (no timer to be had).
 */
int baton_host_create(const struct baton_host_config *config, struct baton_diag *diag,
		      struct baton_host **host);

/* Destroys the host with its VMs and devices. NULL is allowed. */
void baton_host_destroy(struct baton_host *host);

/* Why baton_host_run() came back. */
enum baton_run_end {
	BATON_RUN_BUDGET,  /* the budget is used up */
	BATON_RUN_STOPPED, /* baton_host_stop() was called */
	BATON_RUN_DONE,	   /* every VM has ended */
	BATON_RUN_STUCK,   /* the VMs that are left wait for one another, for ever */
	BATON_RUN_OVER,	   /* the policy's schedule is over */
};

/*
 * Lets the VMs take turns for `budget_ns` of wall time. A turn that the budget
 * cuts is continued by the next call, so running in steps changes no decision.
 * Blocks for as long as it runs; VMs that all sleep are waited for without
 * using the CPU. A host that a handler of another one runs on the same thread
 * needs a kick signal of its own. Errors: -EPERM (not the thread that created
 * the host), -EBUSY (called from inside a handler of its own), or what KVM_RUN
 * gave for a reason that is not the guest's. `end` may be NULL.
 */
int baton_host_run(struct baton_host *host, uint64_t budget_ns, enum baton_run_end *end);

/*
 * Makes the present or, if none is under way, the next baton_host_run() return
 * BATON_RUN_STOPPED. May be called from any thread and from a signal handler,
 * at any time between create and destroy; it is never lost.
 */
void baton_host_stop(struct baton_host *host);

/*
 * The ledger: where the wall time went since the first baton_host_run().
 * One clock reading at each boundary ends one part and begins the next, so
 * run + handler + switch + idle == wall, to the nanosecond, where `wall` is the
 * last reading minus the first. Time between two calls of baton_host_run()
 * is idle time.
 */
struct baton_host_stats {
	uint64_t wall_ns;
	uint64_t run_ns;     /* inside KVM_RUN, the kernel's work included */
	uint64_t handler_ns; /* serving exits */
	uint64_t switch_ns;  /* policy, timer, bookkeeping between turns */
	uint64_t idle_ns;    /* nobody could run, or no run was under way */
	uint64_t stolen_ns;  /* of all this: the thread was not on a CPU though it wanted to be */
	uint64_t turns;
	uint64_t kicks; /* signals consumed */
	uint64_t alarms; /* of devices, that sounded */
	uint64_t skipped; /* turns of a script that went to nobody: their VM could not run */
	/* Distance of any VM from its ideal share (docs/architecture.md, "Lag"). */
	uint64_t lag_ns;	/* largest, before the set of runnable VMs first changed */
	uint64_t lag_later_ns;	/* largest since, counted anew at each change */
	uint64_t overrun_ns;	/* most that a turn ran past its slice */
};

void baton_host_stats(const struct baton_host *host, struct baton_host_stats *stats);

/* The i-th VM in order of creation, or NULL past the end. */
struct baton_vm *baton_host_vm(const struct baton_host *host, uint32_t i);

/* ---------------------------------------------------------------- machines */

/* The processor mode in which a guest starts (SDM vol. 3, 2.2; APM vol. 2, 1.2). */
enum baton_mode {
	BATON_MODE_REAL,      /* 16-bit, CS base 0 */
	BATON_MODE_PROTECTED, /* 32-bit, flat segments, no paging */
	BATON_MODE_PAGED,     /* 32-bit with paging: identity, and once more at 3 GiB */
	BATON_MODE_LONG,      /* 64-bit: identity, and once more at -2 GiB */
	BATON_MODES
};

/* "real", "protected", "paged", "long"; static storage. */
const char *baton_mode_name(enum baton_mode mode);

/* Linear addresses at which a paged and a long guest sees its memory again. */
#define BATON_PAGED_BASE UINT64_C(0xC0000000)
#define BATON_LONG_BASE	 UINT64_C(0xFFFFFFFF80000000)

/* Where a flat image goes, or enters, unless you say otherwise. */
#define BATON_DEFAULT_ADDRESS UINT64_MAX

/*
 * How a VM is made. Start from BATON_VM_CONFIG. Pointers are borrowed for the
 * call; name and image are copied.
 */
struct baton_vm_config {
	const char *name;	 /* unique on its host; at most 63 bytes */
	const char *image_path;	 /* the image as a file: ELF32, ELF64 or flat, told by its first bytes */
	const void *image;	 /* or as bytes; one of the two */
	size_t image_size;
	enum baton_mode mode;
	uint64_t memory;	 /* bytes, a multiple of 4 KiB from 64 KiB to 3 GiB */
	uint64_t reserve;	 /* bytes of it, a multiple of 4 KiB, kept for devices: see baton_vm_reserved() */
	uint64_t load;		 /* GPA of a flat image; default 0 */
	uint64_t entry;		 /* linear address; default: ELF entry, or where the flat image begins */
	bool bare;		 /* no tripwire IDT: a fault is a triple fault; so it is in real mode
				    too if the image lies on the interrupt vectors, 0 to 0x3ff */
	uint64_t share;		 /* weight under the policy `share`; 0 never runs */
	uint32_t argument;	 /* what the guest's call `argument` returns */
	uint64_t arrives_ns;	 /* runnable so long after the first run begins, or after its creation */
	uint64_t watchdog_ns;	 /* dies after so much time of its own without an exit; 0: never */
	/*
	 * When it dies, its last instructions are executed again, one by one, in a copy of
	 * it: see baton_death.steps_end. For that, its state and the memory that it has
	 * touched are copied after each exit, and a death may hold the host up for 20 s.
	 * Not for VMs that share memory.
	 */
	bool step_replay;
};

#define BATON_VM_CONFIG                                                \
	{                                                              \
		.name = "vm", .mode = BATON_MODE_REAL,                 \
		.memory = 1 << 20, .load = BATON_DEFAULT_ADDRESS,      \
		.entry = BATON_DEFAULT_ADDRESS, .share = 1,            \
	}

/*
 * Creates a VM with one vCPU, loads its image and sets up its mode. The VM
 * belongs to the host. It may be created before or between runs; `vm` may be
 * NULL. Its entity (sched.h) is the lowest number that no other VM of the host
 * has. On failure nothing is left behind. Errors: -EINVAL (configuration, image),
 * -EEXIST (name), -EBUSY (called by a handler), -ENOSPC (host full), -ENOTSUP
 * (this KVM cannot do that mode), -ENOMEM, -EAGAIN (limit on tasks), -EMFILE, or
 * the errno of reading the image.
 */
int baton_vm_create(struct baton_host *host, const struct baton_vm_config *config,
		    struct baton_diag *diag, struct baton_vm **vm);

/* Takes a VM from its host, with all that is its. Not from inside a handler. NULL is allowed. */
void baton_vm_destroy(struct baton_vm *vm);

const char *baton_vm_name(const struct baton_vm *vm);
enum baton_mode baton_vm_mode(const struct baton_vm *vm);
struct baton_vcpu *baton_vm_vcpu(struct baton_vm *vm);

/*
 * Copies from or to guest memory. All or nothing: -EFAULT when any byte lies
 * outside. Does not block.
 */
int baton_vm_read(const struct baton_vm *vm, baton_gpa_t from, void *to, size_t size);
int baton_vm_write(struct baton_vm *vm, baton_gpa_t to, const void *from, size_t size);

/* Bytes of guest memory. */
uint64_t baton_vm_memory(const struct baton_vm *vm);

/*
 * The GPA of the memory that devices may use to pass things to the guest, and how
 * much it is. No image is loaded there, and its linear address is its GPA. Which
 * device uses which part is between them.
 */
baton_gpa_t baton_vm_reserved(const struct baton_vm *vm, uint64_t *size);

/*
 * The address in this process that holds the byte at a GPA, as a number: for
 * showing how addresses lead from guest to host, not for following. 0 when there
 * is no such byte.
 */
uint64_t baton_vm_host_address(const struct baton_vm *vm, baton_gpa_t gpa);

/* Memory that several VMs of a host share; it belongs to the host. */
struct baton_region;

/*
 * Creates a region of `size` bytes of zeroes, a multiple of 4 KiB up to 1 GiB.
 * Errors: -EINVAL, -ENOMEM, -EMFILE.
 */
int baton_region_create(struct baton_host *host, uint64_t size, struct baton_diag *diag,
			struct baton_region **region);

/*
 * Puts a region into a VM's memory at a GPA, a multiple of 4 KiB, in place of what
 * was there: from then on, what one of its VMs writes is what the others read. Before
 * or between runs. Errors: -EINVAL (outside of the memory that an image may use, a
 * VM of another host, or one with step_replay), -EEXIST (the VM's image or another
 * region lies there), -ENOSPC (a VM has at most 16), -ENOMEM.
 */
int baton_region_share(struct baton_region *region, struct baton_vm *vm, baton_gpa_t at,
		       struct baton_diag *diag);

/*
 * The same, and *trapped*: each access of this VM to the region is an exit (MMIO), at
 * the very instruction, so that it is counted, seen by observers and can be
 * replayed. A read-modify-write is a read and a write. Code, stacks and page tables do
 * not work there. A VM has at most 8 such regions. Errors besides: -ENOSPC, or what
 * KVM_SET_USER_MEMORY_REGION gave.
 */
int baton_region_trap(struct baton_region *region, struct baton_vm *vm, baton_gpa_t at,
		      struct baton_diag *diag);

/* What became of a VM. */
enum baton_outcome {
	BATON_RUNNING, /* could go on */
	BATON_BLOCKED, /* waits for a device, a time, or an interrupt */
	BATON_HALTED,  /* ended by itself, with a status */
	BATON_DEAD,    /* ended by a fault: see baton_vm_death() */
};

/* "running", "blocked", "halted", "dead"; static storage. */
const char *baton_outcome_name(enum baton_outcome outcome);

/* Figures of one kind of exit. Percentiles are upper bounds, at most 1/16 too large. */
struct baton_exit_stats {
	uint64_t count;
	uint64_t run_ns;     /* KVM_RUN time that ended in such exits */
	uint64_t handler_ns; /* serving them */
	uint64_t p50_ns;     /* of handler time per exit */
	uint64_t p99_ns;
};

/* Figures of one VM. run + handler + ready + blocked == lifetime, exactly. */
struct baton_vm_stats {
	enum baton_outcome outcome;
	uint32_t status; /* of a halted VM: EAX */
	enum baton_exit_kind waits_in; /* of a blocked VM: the exit that is not done; else BATON_EXIT_KINDS */
	uint64_t share;	 /* the weight it was created with */
	uint64_t turns;
	uint64_t exits;
	uint64_t lifetime_ns; /* from arrival, or the first run, to its end or the last reading */
	uint64_t run_ns;
	uint64_t handler_ns;
	uint64_t ready_ns;
	uint64_t blocked_ns;
	/*
	 * What it is owed (above 0), or has had too much, for its share of the time since the
	 * set of runnable VMs last changed (docs/architecture.md, "Lag"). 0 if it cannot run.
	 */
	int64_t lag_ns;
	struct baton_exit_stats by_kind[BATON_EXIT_KINDS];
};

void baton_vm_stats(const struct baton_vm *vm, struct baton_vm_stats *stats);

/* A figure that KVM itself keeps of a VM's vCPU, under the name that KVM gives it. */
struct baton_kvm_stat {
	char name[48]; /* "exits", "io_exits", "halt_exits" … */
	bool grows;    /* it counts, from 0 on; else it is as of now, or the most there was */
	uint64_t value;
};

/*
 * Reads KVM's own figures, of the VM's whole life: fills `stats` with the first `room` of
 * them, and `count` says how many there are. What they mean is the kernel's to say, and a
 * KVM may leave all of them at 0; figures with several values are left out. Does not
 * block. Errors: -ENOTSUP (this KVM has none: before Linux 5.14), -EMFILE, -ENOMEM, -EPROTO
 * (it is not as KVM's documentation says).
 */
int baton_vm_kvm_stats(const struct baton_vm *vm, struct baton_kvm_stat *stats, uint32_t room,
		       uint32_t *count);

/* Exits so far of one kind, or of all with BATON_EXIT_KINDS; one being served is counted. */
uint64_t baton_vm_exits(const struct baton_vm *vm, enum baton_exit_kind kind);

/* Registers as of the VM's last return from KVM_RUN. */
const struct baton_regs *baton_vm_regs(const struct baton_vm *vm);

/* ------------------------------------------------------------------ deaths */

/* How a VM died: what was seen, before any guess at why. */
enum baton_death_kind {
	BATON_DEATH_SHUTDOWN,	    /* triple fault */
	BATON_DEATH_TRIPWIRE,	    /* an exception that the guest had no handler for */
	BATON_DEATH_FAIL_ENTRY,	    /* the hardware refused the vCPU's state */
	BATON_DEATH_INTERNAL_ERROR, /* KVM gave up, mostly on an instruction it cannot emulate */
	BATON_DEATH_PORT,	    /* a port without a device */
	BATON_DEATH_MMIO,	    /* a GPA with neither memory nor device */
	BATON_DEATH_WATCHDOG,	    /* too long without an exit */
	BATON_DEATH_FAULT,	    /* a device refused what the guest asked */
	BATON_DEATH_EXIT,	    /* an exit that Baton does not serve */
	BATON_DEATH_KINDS
};

const char *baton_death_name(enum baton_death_kind kind);

/* Why, most likely. The sentence and the advice of each stand in causes.def. */
enum baton_cause {
#define BATON_CAUSE(id, name, sentence, advice) BATON_CAUSE_##id,
#include "causes.def"
#undef BATON_CAUSE
	BATON_CAUSES
};

/* The short name of a cause ("bad-cr3"), for programs; static storage. */
const char *baton_cause_name(enum baton_cause cause);

/* How the replay of a dead VM's last instructions ended. */
enum baton_steps_end {
	BATON_STEPS_NONE,   /* there was none: not asked for, or no instruction was to blame */
	BATON_STEPS_EXACT,  /* it died again: the last of the steps is the one */
	BATON_STEPS_OTHER,  /* something else happened: perhaps it read the time */
	BATON_STEPS_LONG,   /* the death was not reached: too many steps, too much time, or a stop */
	BATON_STEPS_FAILED, /* this KVM would not do it */
	BATON_STEPS_ENDS
};

/* "none", "exact", "other", "long", "failed"; static storage. */
const char *baton_steps_end_name(enum baton_steps_end end);

/* An instruction that was executed. */
struct baton_step {
	uint64_t address; /* linear */
	uint8_t code[15]; /* what stood there */
	uint8_t code_size;
	uint8_t code_bits; /* 16, 32 or 64: how the processor read it */
};

#define BATON_STEPS	  16
#define BATON_LAST_EXITS  8
#define BATON_CODE_BEFORE 256

/* How an address fared in the guest's page tables. */
enum baton_walk_end {
	BATON_WALK_MAPPED,
	BATON_WALK_UNBACKED,	  /* mapped, or not translated at all, but there is no memory */
	BATON_WALK_NOT_PRESENT,	  /* an entry says so */
	BATON_WALK_NO_TABLE,	  /* a table lies where there is no memory */
	BATON_WALK_NON_CANONICAL, /* the upper bits differ: no walk at all */
};

/*
 * An entry of a page table (SDM vol. 3, 4.3 to 4.5; APM vol. 2, 5.3). What is not
 * present has no other flags; a flag that the format lacks at that level is false.
 */
struct baton_walk_entry {
	baton_gpa_t at;
	uint64_t value;
	bool present, writable, user, accessed;
	bool large, dirty; /* it maps a page larger than 4 KiB; that page, of any size, was written */
	bool no_execute;
	uint64_t reserved; /* bits that are set and must not be, whatever the processor's width */
};

#define BATON_WALK_LEVELS 5

/* A linear address on its way through the page tables, as they were in the end. */
struct baton_walk {
	uint64_t linear;
	enum baton_walk_end end;
	baton_gpa_t gpa; /* MAPPED and UNBACKED: where it leads */
	uint32_t levels; /* that the tables have: 2, 3 (PAE), 4 or 5; 0: paging is off */

	/* From the top; the last is where the walk ended. With NO_TABLE that one cannot be read. */
	struct baton_walk_entry entries[BATON_WALK_LEVELS];
	uint32_t count;
};

/* Tables of descriptors, by their registers (SDM vol. 3, 2.4). Real mode's IDT holds vectors. */
enum baton_table { BATON_TABLE_GDT, BATON_TABLE_LDT, BATON_TABLE_IDT, BATON_TABLES };

struct baton_table_register {
	uint64_t base;	/* linear */
	uint32_t limit; /* offset of the last byte; 0 where there is no LDT */
};

/* How far a look at a descriptor came. */
enum baton_descriptor_end {
	BATON_DESCRIPTOR_THERE,
	BATON_DESCRIPTOR_NULL,	   /* the null selector names none */
	BATON_DESCRIPTOR_BEYOND,   /* past the table's limit */
	BATON_DESCRIPTOR_UNMAPPED, /* the table does not lie in guest memory there */
};

/* What a descriptor is by its type (SDM vol. 3, 3.4.5 and 3.5). */
enum baton_descriptor_kind {
	BATON_DESCRIPTOR_INVALID, /* the type is reserved in this mode */
	BATON_DESCRIPTOR_CODE,
	BATON_DESCRIPTOR_DATA,
	BATON_DESCRIPTOR_SYSTEM, /* an LDT (type 2) or a TSS */
	BATON_DESCRIPTOR_GATE,	 /* call, task, interrupt or trap */
	BATON_DESCRIPTOR_VECTOR, /* real mode's, four bytes */
};

/* What a descriptor has to do with a death; each says something at most once. */
enum baton_descriptor_role {
	BATON_ROLE_EXCEPTION,  /* the gate of the vector; after a shutdown, that of #DF */
	BATON_ROLE_HANDLER,    /* the segment which that gate names, if it can hold no handler */
	BATON_ROLE_INT,	       /* the gate that the guilty INT n asks for */
	BATON_ROLE_ERROR_CODE, /* what the error code of a #TS, #NP, #SS or #GP names */
	BATON_ROLE_CS,	       /* of the code that died, if it is not code in its table */
	BATON_ROLES
};

struct baton_descriptor {
	enum baton_descriptor_role role;
	enum baton_table table;
	uint16_t index; /* a vector in the IDT, else the selector as it was given */
	uint64_t at;	/* linear */
	enum baton_descriptor_end end;

	/* All below is 0 unless it is there. */
	uint64_t raw[2];
	uint32_t size; /* bytes of it: 4, 8 or 16 */
	enum baton_descriptor_kind kind;
	uint32_t type; /* bits 40 to 43 */
	uint32_t bits; /* of what runs there or is saved there: 16, 32 or 64; of data: its stack */
	uint32_t dpl;
	bool present;
	uint64_t base; /* CODE, DATA, SYSTEM … */
	uint32_t limit; /* … and the offset of the last byte */
	uint64_t offset; /* GATE, VECTOR */
	uint16_t selector;
	uint32_t ist; /* 0: none */
};

struct baton_death {
	enum baton_death_kind kind;
	enum baton_cause cause;
	char sentence[320]; /* the most likely cause, one sentence, with addresses */
	char advice[320];   /* what to change */

	/*
	 * The guilty address. `at_death` is true when it is the instruction that
	 * failed; false when this KVM lost it. Then it is where the guest was seen
	 * last: at its last exit, or a later look at it, or where it began.
	 */
	uint64_t address; /* linear */
	bool at_death;

	bool tripwire;	     /* exceptions without a handler were caught: see baton_vm_config.bare */
	int vector;	     /* of the exception, or -1 */
	uint32_t error_code; /* of the exception */
	uint64_t cr2;	     /* of a page fault */

	struct baton_regs regs;	    /* as of `address` */
	uint64_t cs_base, cs;	    /* valid if has_sregs */
	uint64_t cr0, cr3, cr4, efer;
	bool has_sregs;

	uint8_t code[16];  /* guest bytes at `address` */
	uint32_t code_size;
	uint32_t code_bits; /* how the processor read them: 16, 32 or 64 */
	uint8_t before[BATON_CODE_BEFORE]; /* the `before_size` bytes that end at `address` */
	uint32_t before_size;

	/* The way of `address`, and of CR2 if it was a page fault; none without has_sregs. */
	struct baton_walk walks[2];
	uint32_t walk_count;

	/* Descriptors in question, each one once, and where their tables are; likewise. */
	struct baton_table_register tables[BATON_TABLES];
	struct baton_descriptor descriptors[BATON_ROLES];
	uint32_t descriptor_count;

	/* With step_replay: how that went; if exact, the last instructions, oldest first. */
	enum baton_steps_end steps_end;
	struct baton_step steps[BATON_STEPS];
	uint32_t step_count;

	struct baton_exit last[BATON_LAST_EXITS]; /* oldest first */
	uint32_t last_count;
	uint64_t detail; /* KVM's number: hardware reason, suberror, port, GPA */
	uint64_t at_ns;	 /* since the first run began */
};

/* Why the VM died, or NULL if it did not. Owned by the VM. */
const struct baton_death *baton_vm_death(const struct baton_vm *vm);

/* ------------------------------------------------------------ what KVM can */

/* What this machine's KVM offers, as far as Baton cares. */
struct baton_kvm_info {
	int api_version;	/* must be 12 */
	bool user_memory;	/* each of these is needed … */
	bool immediate_exit;
	bool sync_regs;
	bool paging32;		/* … this one only by mode `paged`; found out by trying */
	bool nested_host;	/* we run on a hypervisor ourselves */
	char module[16];	/* "kvm_amd", "kvm_intel", "kvm_pvm" or "" */
	uint32_t max_vcpus;
};

/*
 * Asks a KVM what it can do; `paging32` is found by running two instructions.
 * Blocks for a few milliseconds. Errors: -ENOENT, -EACCES, -ENODEV, -ENOMEM.
 */
int baton_kvm_inspect(const char *kvm_path, struct baton_diag *diag, struct baton_kvm_info *info);

#ifdef __cplusplus
}
#endif
#endif
