/* SPDX-License-Identifier: Apache-2.0 */
/*
 * boot.h - brings a vCPU into the mode in which its guest starts.
 *
 * At the top of what the mode can address (real: 1 MiB, paged: 1 GiB, long:
 * 2 GiB, or less memory than that) lie, downwards:
 *
 *	the fixture   one page: GDT, tripwire IDT and its stubs, TSS, IST stack
 *	page tables   paged and long mode
 *	the stack     16 KiB (real mode: whatever is free below 64 KiB)
 *	a guard page  not mapped in paged and long mode
 *	everything below is the image's
 *
 * The tripwire: each of the 32 exception vectors leads to a HLT of its own in the
 * fixture. A guest that faults without handlers of its own therefore ends in a
 * HLT exit whose RIP tells the vector, with all registers as they were. In mode
 * paged a double fault is taken by a task, which has a stack of its own; the
 * registers as they were then lie in the first TSS. In real mode all other
 * vectors share one more stub. `bare` leaves the IDT empty, and so does real mode
 * if the image covers 0 to 0x3FF.
 */
#ifndef BATON_VM_BOOT_H
#define BATON_VM_BOOT_H

#include "vm/image.h"
#include "vm/tables.h"

struct baton__vcpu;

#define BATON__VECTORS 32

/* What the tripwire calls a vector of 32 and above, which real mode has and only INT n raises. */
#define BATON__ANY_VECTOR BATON__VECTORS

/* Where things lie; a pure function of mode and memory size. */
struct baton__layout {
	baton_gpa_t fixture;
	baton_gpa_t tables;
	baton_gpa_t stack_top, stack_end; /* grows down from top to end */
	baton_gpa_t limit;		  /* the image's space ends here */
	uint64_t alias;			  /* linear address of GPA 0, the second time; or 0 */
};

/* Selectors of the GDT in the fixture. */
#define BATON__SEL_CODE 0x08
#define BATON__SEL_DATA 0x10
#define BATON__SEL_TSS	0x18
#define BATON__SEL_DF_TSS UINT64_C(0x20) /* mode paged: the task for double faults */

struct baton__layout baton__boot_layout(enum baton_mode mode, uint64_t memory_size);

/* Control registers and descriptor tables as a guest of that mode finds them. */
struct baton__tables baton__boot_tables(enum baton_mode mode, const struct baton__layout *layout,
					bool bare);

/* Writes the tables and sets the registers. 0, or -errno of the vCPU ioctls with a diagnostic. */
int baton__boot(struct baton__vcpu *vcpu, struct baton__memory *memory, enum baton_mode mode,
		bool bare, const struct baton__placement *image, struct baton_diag *diag);

/*
 * The vector whose stub holds a HLT at linear address `at`, or -1. `fixture` as
 * in the layout. BATON__ANY_VECTOR: some vector above the exceptions.
 */
int baton__boot_tripwire(baton_gpa_t fixture, uint64_t at);

/* GPA of the frame that an exception pushes in long mode (on the IST stack), from its top. */
baton_gpa_t baton__boot_ist_top(baton_gpa_t fixture);

/* GPA of the TSS into which a double fault in mode paged saves the guilty registers. */
baton_gpa_t baton__boot_saved_task(baton_gpa_t fixture);

/* Does the exception push an error code (SDM vol. 3, 6.13)? */
bool baton__boot_has_error_code(int vector);

#endif
