/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * control.h - VMs in the hands of a program that decides about each of their accesses, and
 * takes them back and forth between moments: model checkers, debuggers, fuzzers.
 *
 * A *gate* is asked before an access is served. It may hold the access back: the vCPU waits
 * at it, as at one that its device blocks, until baton_vcpu_wake(). When all VMs are
 * held, baton_host_run() returns BATON_RUN_STUCK.
 *
 * A *capture* is one vCPU as it is between two instructions, as plain bytes. With the guest's
 * memory (baton_vm_read()) and the plain bytes of devices it is all there is to know of a
 * VM's future. Loading one is what a program does that goes back.
 */
#ifndef BATON_CONTROL_H
#define BATON_CONTROL_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum baton_gate_verdict {
	BATON_GATE_PASS, /* it is served as it would be without a gate */
	BATON_GATE_HOLD, /* not now: the vCPU waits at it until baton_vcpu_wake(), and asks again */
	BATON_GATE_DONE, /* the gate has served it: `access->data` is what a read gives */
};

/* Functions of a host's gate; each may be NULL. They run on its thread, in handler time. */
struct baton_gate {
	/*
	 * Before an access that `device`, a type of devices, "region" or "hypercalls", would serve.
	 * What nobody serves ends the VM, and is not asked for. `access->resumed` says that
	 * the gate or the device had it wait before; a gate that passes it may set that to what
	 * the device is to see.
	 */
	enum baton_gate_verdict (*access)(void *context, const char *device,
					  struct baton_access *access);
	/*
	 * Before each instruction, but for the first after a load or an exit: the VM is
	 * single-stepped, and each instruction is an exit (`debug`). PASS: it is executed. DONE: it
	 * is, and those behind it, up to the next exit, without being asked for; so HLT wants to
	 * be passed, which some KVMs else step over. (KVM API, KVM_SET_GUEST_DEBUG.)
	 *
	 * KVM steps by the trap flag. PUSHF would show it to the guest, and IRET takes it away on
	 * some KVMs; so the library executes these two itself when they are passed, unless they
	 * lead to another ring, segment or task, or the stack is no plain memory. (SDM vol. 2.)
	 */
	enum baton_gate_verdict (*step)(void *context, struct baton_vm *vm);
};

/*
 * Whether the gate's `step` is asked for a VM's instructions from now on, as it is at first:
 * where nobody wants to know, stepping is time lost. Between runs. Errors: -EBUSY (called by a
 * handler), or what KVM_SET_GUEST_DEBUG gave.
 */
int baton_vm_step(struct baton_vm *vm, bool on);

/* Bytes of a capture. */
size_t baton_capture_size(void);

/*
 * Captures a vCPU between runs: `capture` has room for baton_capture_size() bytes, aligned
 * to 8. The VM goes on as if nothing had been. Errors: -EBUSY (called by a handler), -EAGAIN (it
 * is in the midst of an instruction or a string that makes several accesses), or what KVM
 * gave.
 */
int baton_capture_take(struct baton_vcpu *vcpu, void *capture);

/*
 * Takes a vCPU to a moment that was captured of it, between runs, whatever has become of
 * its VM since: it can run again, even if it had ended, and what it waited at asks again.
 * What is under way is completed first, which may write to guest memory; so memory is put
 * back afterwards. Its figures begin anew; its time-stamp counter goes on. Errors: -EBUSY,
 * -ENOMEM, or what KVM gave.
 */
int baton_capture_load(struct baton_vcpu *vcpu, const void *capture);

/* A number that is the same where a guest would do the same. Time is left out. */
uint64_t baton_capture_hash(const void *capture);

/*
 * Has a vCPU take an interrupt before its next instruction, between runs: the frame is on its
 * stack and the handler's first instruction is next when this returns, and a gate's `step` is
 * asked before it. So the moment is exact; baton_vcpu_interrupt() lets KVM find one. Whether the
 * guest has interrupts on is not asked, nor does a raised line count as taken. Errors: -EBUSY
 * (called by a handler), -EFAULT (there is no such vector, or no stack), -ENOTSUP (its gate
 * leads to another segment or stack, or is a task's, or the stack is no plain memory), with the
 * guest as it was; or what KVM gave. (SDM vol. 3, sections 6.12.1, 6.14.2 and 20.1.4.)
 */
int baton_vcpu_deliver(struct baton_vcpu *vcpu, unsigned vector);

/*
 * Copies up to `size` bytes, of which no instruction has more than 15, from where the vCPU's next
 * instruction stands, and says in `bits` how it is read: 16, 32 or 64. Returns how many there are, or
 * what KVM gave. One ioctl; none by a gate's `step`, for which they have been looked at.
 */
int baton_vcpu_code(struct baton_vcpu *vcpu, void *code, size_t size, unsigned *bits);

/*
 * The way of a linear address through the page tables that the vCPU uses, as far as they are
 * there. A vCPU that never comes back may have put them where KVM does not find them. One ioctl;
 * its errors.
 */
int baton_vcpu_walk(struct baton_vcpu *vcpu, uint64_t linear, struct baton_walk *walk);

/*
 * The next pages at or after a GPA that were ever touched, by the guest or by the host, regions
 * left out: [begin, end), multiples of 4 KiB. All others are zeroes. 0, -ENOENT (there are no
 * more), or what lseek(2) gave.
 */
int baton_vm_touched(const struct baton_vm *vm, baton_gpa_t from, baton_gpa_t *begin,
		     baton_gpa_t *end);

/*
 * The i-th device that was made on a host, those of forks left out, or NULL past the end;
 * and the bytes at the end of its state that change while guests run (device.h, `plain`).
 * After writing them baton_device_restored() has it take notice.
 */
struct baton_device *baton_host_device(const struct baton_host *host, uint32_t i);
void *baton_device_plain(struct baton_device *device, size_t *size);
void baton_device_restored(struct baton_device *device);

/* The type of a device ("doorbell"). May its state be taken and put back? */
const char *baton_device_type(const struct baton_device *device);
bool baton_device_is_plain(const struct baton_device *device);

#ifdef __cplusplus
}
#endif
#endif
