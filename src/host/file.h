/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file.h - a snapshot as a file: what stands where.
 *
 * A head, then sections in an order that the head's counts fix: the processor, the note,
 * of each VM what it is, its vCPU's state and its memory, then regions, devices, the end.
 * Each section has a header, a payload, and a sum. The sum goes on from that of the section
 * before: what is cut, damaged, or put in from another file, fails at its own section.
 * It is no proof against intent; so what is read is checked as what a guest says is.
 *
 * Numbers are little-endian. Fields that a struct does not name are 0. What the version
 * stands for is all of this, and the layouts of docs/snapshots.md, which a test holds
 * against the structs below. Whatever changes it makes a new version.
 */
#ifndef BATON_HOST_FILE_H
#define BATON_HOST_FILE_H

#include <linux/kvm.h>

#include "baton/snapshot.h"
#include "kvm/leaves.h"
#include "kvm/state.h"
#include "vm/frozen.h"
#include "vm/memory.h"
#include "vm/vm.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "structs are written as they are");

#define BATON__FILE_MAGIC   "BATON\x1Asn"
#define BATON__FILE_VERSION 1

/* So that a lying file does not make us ask for much. */
#define BATON__FILE_VMS	    4096
#define BATON__FILE_DEVICES 65536
#define BATON__FILE_NOTE    (UINT64_C(64) << 20)
#define BATON__FILE_PLAIN   (UINT64_C(1) << 20)

enum baton__section {
	BATON__SECTION_CPU = 1, /* leaves: struct baton__leaf each */
	BATON__SECTION_NOTE,	/* bytes */
	BATON__SECTION_VM,	/* struct baton__file_vm */
	BATON__SECTION_STATE,	/* struct baton__file_state, then struct kvm_msr_entry each */
	BATON__SECTION_MEMORY,	/* the size, u64; then per page that is not all zeroes its number, u64,
				   and its bytes; in order */
	BATON__SECTION_REGION,	/* likewise */
	BATON__SECTION_DEVICE,	/* struct baton__file_device, then its plain bytes */
	BATON__SECTION_END,	/* nothing */
};

struct baton__file_head {
	uint8_t magic[8];
	uint32_t version;
	uint32_t vms;
	uint32_t regions;
	uint32_t devices;
};
_Static_assert(sizeof(struct baton__file_head) == 24, "fixed");

struct baton__file_section {
	uint32_t kind;
	uint32_t number; /* of VM, region or device; else 0 */
	uint64_t size;	 /* of the payload, in bytes */
};
_Static_assert(sizeof(struct baton__file_section) == 16, "fixed");

/* A write that its device has not taken. */
struct baton__file_write {
	uint64_t addr;
	uint64_t data;
	uint32_t memory; /* 1: addr is a GPA; 0: a port */
	uint32_t size;
};
_Static_assert(sizeof(struct baton__file_write) == 24, "fixed");

struct baton__file_place {
	uint64_t at;
	uint64_t size;
	uint32_t region;
	uint32_t trapped; /* 1 or 0 */
};
_Static_assert(sizeof(struct baton__file_place) == 24, "fixed");

#define BATON__FILE_TRIPWIRE 1
#define BATON__FILE_IDLE     2 /* in HLT */
#define BATON__FILE_BLOCKED  4 /* `blocked` waits */
#define BATON__FILE_ASKED    8 /* and its device has been asked before */
#define BATON__FILE_FLAGS    15

struct baton__file_vm {
	char name[64];
	uint64_t memory;
	uint64_t image_first;
	uint64_t image_end;
	uint64_t reserved;
	uint64_t sleep_ns;
	uint32_t mode;
	uint32_t flags;
	uint32_t irq_lines;
	uint32_t standing_count;
	uint32_t place_count;
	uint32_t zero;
	struct baton__file_write blocked;
	struct baton__file_write standing[2];
	struct baton__file_place places[16];
	uint64_t clock_ns;
};
_Static_assert(sizeof(struct baton__file_vm) == 592, "fixed");
_Static_assert(BATON__STANDING == 2 && BATON__WINDOWS == 16, "as many as a VM has");

struct baton__file_state {
	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	struct kvm_xcrs xcrs;
	uint8_t xsave[4096];
};
_Static_assert(sizeof(struct baton__file_state) == 5136, "fixed");
_Static_assert(sizeof(struct kvm_xsave) == 4096, "fixed");
_Static_assert(sizeof(struct kvm_msr_entry) == 16, "fixed");

struct baton__file_device {
	char type[32];
	uint32_t layout;
	uint32_t plain;
	uint32_t alarm_vm; /* 0xFFFFFFFF: no alarm is set */
	uint32_t zero;
	uint64_t alarm_ns;
};
_Static_assert(sizeof(struct baton__file_device) == 56, "fixed");

/* A page in a section of memory, behind its number. */
#define BATON__FILE_PAGE (sizeof(uint64_t) + BATON__PAGE)

/* ------------------------------------------------------------- one that was read */

struct baton__file_memory {
	struct baton__frozen *frozen;
	uint64_t pages;
};

struct baton_snapshot_file {
	char name[sizeof(((struct baton_diag *)0)->where)];
	struct baton__file_head head;
	struct baton__leaf *leaves;
	uint32_t leaf_count;
	uint8_t *note;
	size_t note_size;
	struct baton__file_saved {
		struct baton__file_vm vm;
		struct baton__vcpu_state state;
		struct baton__file_memory memory;
	} *vms;
	struct baton__file_memory *regions;
	struct baton__file_kept {
		struct baton__file_device device;
		uint8_t *plain;
	} *devices;
};

#endif
