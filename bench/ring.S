/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ring.S - a producer and a consumer of one item a turn, in 16-bit code, for a ring of
 * 20 slots with a count whose copy lies at GPA 0x500. No library, no call: two exits
 * and the item, if the ring allows one, are all there is in a turn, for the guest's
 * work is in the floor and in the subject.
 */
#define STATE	0x500
#define COUNT	(STATE + 8)
#define SLOTS	(STATE + 12)

/* Slot at the pointer of this side, by %si; and the pointer one on. */
.macro	advance pointer
	mov	\pointer, %bx
	mov	%bx, %si
	shl	$2, %si
	inc	%bx
	cmp	$20, %bx
	jne	3f
	xor	%bx, %bx
3:	mov	%bx, \pointer
.endm

	.section .rodata
	.code16
	.globl	ring_producer, ring_producer_end, ring_consumer, ring_consumer_end

ring_producer:
1:	in	$0xF4, %eax
	test	%eax, %eax
	jz	4f
	advance	STATE
	inc	%edx
	mov	%edx, SLOTS(%si)
	incw	COUNT
4:	out	%eax, $0xF2
	jmp	1b
ring_producer_end:

ring_consumer:
1:	in	$0xF4, %eax
	test	%eax, %eax
	jz	4f
	advance	(STATE + 4)
	mov	SLOTS(%si), %edx
	decw	COUNT
4:	out	%eax, $0xF3
	jmp	1b
ring_consumer_end:

	.section .note.GNU-stack, "", @progbits
