/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * device.h - devices: what answers a guest's port and MMIO accesses.
 *
 * A device is a const table of operations over a state block that the host
 * allocates, zeroed, and frees. A device belongs to a host and may serve
 * several of its VMs; it claims the ports and addresses it answers in init().
 * Everything here is called on the host's thread.
 *
 * Handlers get one access at a time: string I/O arrives element by element, so
 * a handler that blocks half-way through repeats no side effect.
 */
#ifndef BATON_DEVICE_H
#define BATON_DEVICE_H

#include "baton.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a handler decides about the vCPU that made the access. */
enum baton_verdict {
	BATON_RESUME, /* done: the guest goes on */
	BATON_YIELD,  /* done, and the turn ends */
	BATON_BLOCK,  /* not done: the vCPU waits, and the handler is called again when it is woken */
	BATON_HALT,   /* done: the VM ends, with `status` */
	BATON_FAULT,  /* refused: the VM dies, `why` says for what */
};

struct baton_access {
	struct baton_vm *vm;
	struct baton_vcpu *vcpu;
	uint64_t addr;	/* port, or GPA */
	uint64_t now_ns;
	uint64_t data;	/* write: what the guest wrote; read: what it is to get */
	uint8_t size;	/* 1, 2, 4 or 8 */
	bool write;
	bool resumed;	/* called again after BATON_BLOCK */
	uint64_t *args; /* of a call with fields: a copy of its struct, written back when it is done */
	uint32_t status; /* with BATON_HALT */
	const char *why; /* with BATON_FAULT: static storage, a clause such as "count above capacity" */
};

/* Serves one access. Must not block, and must not keep the pointer. */
typedef enum baton_verdict (*baton_access_fn)(void *state, struct baton_access *access);

/* What a device is told of a snapshot that it comes from. */
struct baton_restore {
	/*
	 * Should it go on as the other forks do? If not, a device that draws numbers
	 * goes on with others, which `seed` fixes.
	 */
	bool repeat;
	uint64_t seed;
};

/* A fork that is being made: see baton_forking_vm(). */
struct baton_forking;

struct baton_device_ops {
	const char *name; /* the type, as in a scenario */
	size_t size;	  /* bytes of state */

	/* Checks the configuration and makes the claims. 0 or -errno with a diagnostic. */
	int (*init)(struct baton_device *device, void *state, const void *config,
		    struct baton_diag *diag);

	/* The time of baton_device_alarm() has come. May be NULL if that is never called. */
	void (*due)(void *state, uint64_t now_ns);

	/*
	 * A VM of the host has halted or died, or is destroyed: hand on what is held
	 * back for it. Once per VM. May be NULL.
	 */
	void (*ended)(void *state, struct baton_vm *vm);

	/* Releases what init() or forked() acquired; claims go by themselves. May be NULL. */
	void (*fini)(void *state);

	/*
	 * For snapshots (snapshot.h). So many bytes at the end of the state are *plain*: what
	 * changes while guests run, without pointers, descriptors or times. A snapshot keeps
	 * them, a fork begins with them, a reset puts them back, a hash is made of them. What
	 * stands in front of them was set up once.
	 */
	size_t plain;

	/*
	 * Makes a device of a fork: `state` is a copy of the whole state as it was, whose
	 * pointers lead to VMs and devices that were: this is to replace them (see
	 * baton_forking_vm()) and to acquire anew what init() acquires. Claims and alarms
	 * are copied without its help. 0, or -errno with a diagnostic. May be NULL if all of
	 * the state is plain; otherwise VMs with such a device cannot be snapshotted.
	 */
	int (*forked)(struct baton_device *device, void *state,
		      const struct baton_forking *forking, struct baton_diag *diag);

	/* The plain bytes have been put in place, in a fork or by a reset. May be NULL. */
	void (*restored)(void *state, const struct baton_restore *restore);

	/*
	 * For snapshots in files. `state` is what init() made of it, but its plain bytes come
	 * from a file: they may be anything, even a bool of 2. Can all handlers work with
	 * them? 0 or -EINVAL. NULL: such a device cannot be put into a file, unless it has no
	 * plain bytes. `layout` grows when the plain bytes come to mean something else: a
	 * file of another one is refused.
	 */
	int (*check)(const void *state);
	uint32_t layout;
};

/*
 * The VM or the device of the fork that takes the place of one that was snapshotted. The
 * pointer is only compared. NULL if the snapshot has no such one, as with NULL.
 */
struct baton_vm *baton_forking_vm(const struct baton_forking *forking, const struct baton_vm *vm);
struct baton_device *baton_forking_device(const struct baton_forking *forking,
					  const struct baton_device *device);

/*
 * Fills a diagnostic, which may be NULL, and returns `error`, a negative errno,
 * so that a check in init() is one statement.
 */
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
int baton_diag_set(struct baton_diag *diag, int error, const char *where, const char *format, ...);

/*
 * Creates a device on a host, which owns it from then on and destroys it with
 * itself. `device` may be NULL. On failure nothing is left behind.
 */
int baton_device_create(struct baton_host *host, const struct baton_device_ops *ops,
			const void *config, struct baton_diag *diag, struct baton_device **device);

/*
 * Claims `count` ports, or `size` bytes of GPA space, of one VM. Errors:
 * -EEXIST (claimed already, or guest memory: the diagnostic names by whom),
 * -EINVAL (outside the space, or a VM of another host), -ENOMEM.
 */
int baton_device_claim_ports(struct baton_device *device, struct baton_vm *vm, uint16_t first,
			     uint32_t count, baton_access_fn serve, struct baton_diag *diag);
int baton_device_claim_mmio(struct baton_device *device, struct baton_vm *vm, baton_gpa_t first,
			    uint64_t size, baton_access_fn serve, struct baton_diag *diag);

/*
 * Claims one of Baton's own calls of one VM: `call` is a BATON_CALL_… of abi.h.
 * `serve` is called with what the call's row promises: direction, width and, in
 * `args`, as many fields as it has. Errors: -EEXIST, -EINVAL (no such call, or a VM of
 * another host).
 */
int baton_device_claim_call(struct baton_device *device, struct baton_vm *vm, uint32_t call,
			    baton_access_fn serve, struct baton_diag *diag);

/* The device's state block, for functions that a type offers besides its handlers. */
void *baton_device_state(struct baton_device *device);

/*
 * Guest memory at linear addresses, as the vCPU sees them now: through its page
 * tables where paging is on (SDM vol. 3, 4; segments are not applied). Every byte
 * is checked against guest memory. Permissions are not: these are for calls in
 * which a guest passes a pointer of its own. They do not block, and cost one
 * ioctl each. Errors: -EFAULT (not mapped, or no memory there), or that of
 * KVM_GET_SREGS.
 */
int baton_vcpu_translate(struct baton_vcpu *vcpu, uint64_t linear, baton_gpa_t *gpa);
int baton_vcpu_read(struct baton_vcpu *vcpu, uint64_t linear, void *to, size_t size);

/* All or nothing, as baton_vm_write(). */
int baton_vcpu_write(struct baton_vcpu *vcpu, uint64_t linear, const void *from, size_t size);

/*
 * Reads a string into `to`, of `room` bytes, and terminates it; `*length` is without
 * its NUL. -ENAMETOOLONG if there is no NUL within `room` bytes.
 */
int baton_vcpu_read_string(struct baton_vcpu *vcpu, uint64_t linear, char *to, size_t room,
			   size_t *length);

/*
 * Makes a vCPU that blocked runnable again; nothing if it is not blocked, or
 * ended. May be called for any vCPU of the host, on the host's thread: from any
 * handler, and between runs.
 */
void baton_vcpu_wake(struct baton_vcpu *vcpu);

/*
 * The same at a time on the clock of `now_ns`; a later call replaces an earlier
 * one, UINT64_MAX takes it back. May be called before the vCPU blocks.
 */
void baton_vcpu_wake_at(struct baton_vcpu *vcpu, uint64_t at_ns);

/*
 * Raises an interrupt line, 0 to BATON_IRQ_LINES - 1 (abi.h), of a vCPU: it takes
 * the interrupt as soon as it has its turn and interrupts are on. A vCPU that waits
 * in HLT is woken. A line that is raised already stays raised. May be called where
 * baton_vcpu_wake() may. (SDM vol. 3, 6.3.2; KVM API, KVM_INTERRUPT.)
 */
void baton_vcpu_interrupt(struct baton_vcpu *vcpu, unsigned line);

/*
 * Has the device's due() called at a time on the clock of `now_ns`; a later call
 * replaces an earlier one, UINT64_MAX takes it back. The alarm belongs to `vm`: if
 * that has its turn, it is interrupted for it; the turns of other VMs are not, and
 * due() is called when the turn under way ends. It goes when `vm` ends.
 */
void baton_device_alarm(struct baton_device *device, struct baton_vm *vm, uint64_t at_ns);

/* For which time the device's alarm was set last, be it that it has come. */
uint64_t baton_device_alarm_time(const struct baton_device *device);

/* ------------------------------------------------------- Baton's own devices */

/*
 * A console: bytes that the guest writes to one port, or by the call `print`, of
 * which a VM's first console takes charge. `write` is called with a line at a
 * time, or with less when the guest ends or the line exceeds 256 bytes; it must
 * consume everything.
 */
struct baton_console_config {
	struct baton_vm *vm;
	uint16_t port; /* 0xE9 by custom */
	/*
	 * Is there room for BATON_CONSOLE_BURST bytes? May be NULL: always. While it
	 * says no, the guest's write waits, and it is asked again every millisecond.
	 */
	bool (*ready)(void *context);
	void (*write)(void *context, struct baton_vm *vm, const char *bytes, size_t count);
	void *context;
};
extern const struct baton_device_ops baton_console;

#define BATON_CONSOLE_BURST 8192

/*
 * Other devices print through a VM's console, in order with what it writes itself.
 * First they ask baton_console_ready(): if it says no, they do nothing but return
 * BATON_BLOCK, and are called again later. Then they write as much as
 * BATON_PRINT_MAX bytes, once or in pieces.
 */
bool baton_console_ready(struct baton_device *console, const struct baton_access *access);
void baton_console_write(struct baton_device *console, const char *bytes, size_t count);

/* A latch: OUT keeps a value per port, IN gives the last one back. */
struct baton_latch_config {
	struct baton_vm *vm;
	uint16_t first;
	uint32_t count; /* 1 to 16 */
};
extern const struct baton_device_ops baton_latch;

/* The counts of exits: serves the call `exits`. */
struct baton_exits_config {
	struct baton_vm *vm;
};
extern const struct baton_device_ops baton_exits;

/*
 * Random numbers: serves the calls `random` and `choose`. The same seed gives the same
 * numbers (SplitMix64, Steele, Lea and Flood 2014). Not for secrets.
 */
struct baton_random_config {
	struct baton_vm *vm;
	uint64_t seed;
};
extern const struct baton_device_ops baton_random;

/*
 * Files of one folder: serves `open`, `read`, `write`, `seek` and `close`. Nothing
 * outside of the folder can be reached, and only regular files are opened, at
 * most 16 at a time. Calls wait for the disk, as files do; one moves at most 64 KiB.
 * A process that wants errors instead of SIGXFSZ at its file size limit ignores
 * that signal. Errors of init: those of opening the folder; -ENOSYS before Linux 5.6.
 */
struct baton_files_config {
	struct baton_vm *vm;
	const char *folder; /* borrowed for the call */
	bool writable;
	uint64_t limit; /* bytes that may be written in all */
};
extern const struct baton_device_ops baton_files;

/*
 * Bells that a group of VMs share: serves `ring` and `wait`. A bell that rings wakes
 * who waits for it; if nobody does, the next who waits goes on at once. Ringing
 * twice is ringing once.
 */
struct baton_doorbell_config {
	struct baton_vm *const *vms; /* borrowed for the call */
	uint32_t count;		     /* at most 64 */
};
extern const struct baton_device_ops baton_doorbell;

/*
 * Sections that one VM of a group at a time may be in: serves `enter` and `leave`. It is
 * no lock: it looks whether theirs works. Who enters where another is dies, with that VM's
 * name in the report; so does who leaves where it is not. A VM that ends is in none.
 */
struct baton_section_config {
	struct baton_vm *const *vms; /* borrowed for the call */
	uint32_t count;		     /* at most 64 */
};
extern const struct baton_device_ops baton_section;

/* A timer that sends interrupts: serves the call `timer`. */
struct baton_timer_config {
	struct baton_vm *vm;
};
extern const struct baton_device_ops baton_timer;

/* The calls that courses teach with, made by ports of their own: course.def. */
enum baton_course_call {
#define BATON_COURSE_CALL(id, name, direction, summary) BATON_COURSE_##id,
#include "course.def"
#undef BATON_COURSE_CALL
	BATON_COURSE_CALLS
};

/* Which port each call has; two calls may share one if their directions differ. */
struct baton_course_map {
	const char *name; /* of a published map; NULL: one of your own */
	uint16_t print8;  /* for the console */
	uint16_t port[BATON_COURSE_CALLS];
};

/* The published maps, ended by a name of NULL; the first is the commonest. */
const struct baton_course_map *baton_course_maps(void);

/* How a guest asks for the host address of its memory. */
enum baton_course_gva {
	BATON_COURSE_GVA_OFF,	   /* not at all: it is a fault */
	BATON_COURSE_GVA_TWO_STEP, /* OUT of the GVA, then IN of the result */
	BATON_COURSE_GVA_STRUCT,   /* one OUT of the GVA of {u32 gva, u32 result} */
};

/*
 * The course's calls; print8 is a console's to serve. `exits_by_type`
 * answers to both conventions: OUT takes the GVA of a buffer of at least
 * BATON_COURSE_TEXT bytes; IN returns the GVA of a text in memory that the VM keeps
 * for its devices (baton_vm_config.reserve), where the last texts stay, as many as fit.
 * A GVA of 32 bits: guests of 64 bits pass addresses below 4 GiB.
 */
struct baton_course_config {
	struct baton_vm *vm;
	struct baton_device *console; /* outlives this device */
	struct baton_course_map map;  /* copied */
	enum baton_course_gva gva;
};
#define BATON_COURSE_TEXT 64
extern const struct baton_device_ops baton_course;

#ifdef __cplusplus
}
#endif
#endif
