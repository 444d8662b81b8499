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
	uint32_t status; /* with BATON_HALT */
	const char *why; /* with BATON_FAULT: static storage, a clause such as "count above capacity" */
};

/* Serves one access. Must not block, and must not keep the pointer. */
typedef enum baton_verdict (*baton_access_fn)(void *state, struct baton_access *access);

struct baton_device_ops {
	const char *name; /* the type, as in a scenario */
	size_t size;	  /* bytes of state */

	/* Checks the configuration and makes the claims. 0 or -errno with a diagnostic. */
	int (*init)(struct baton_device *device, void *state, const void *config,
		    struct baton_diag *diag);

	/*
	 * A VM of the host has halted or died, or is destroyed: hand on what is held
	 * back for it. Once per VM. May be NULL.
	 */
	void (*ended)(void *state, struct baton_vm *vm);

	/* Releases what init() acquired itself; claims go by themselves. May be NULL. */
	void (*fini)(void *state);
};

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

/* ------------------------------------------------------- Baton's own devices */

/*
 * A console: bytes that the guest writes to one port. `write` is called with a
 * line at a time, or with less when the guest ends or the line exceeds 256
 * bytes; it must consume everything.
 */
struct baton_console_config {
	struct baton_vm *vm;
	uint16_t port; /* 0xE9 by custom */
	/*
	 * Asked before bytes are handed on; may be NULL: always. While it says no, the
	 * guest's write waits, and it is asked again every millisecond.
	 */
	bool (*ready)(void *context);
	void (*write)(void *context, struct baton_vm *vm, const char *bytes, size_t count);
	void *context;
};
extern const struct baton_device_ops baton_console;

/* A latch: OUT keeps a value per port, IN gives the last one back. */
struct baton_latch_config {
	struct baton_vm *vm;
	uint16_t first;
	uint32_t count; /* 1 to 16 */
};
extern const struct baton_device_ops baton_latch;

#ifdef __cplusplus
}
#endif
#endif
