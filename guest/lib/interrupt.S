/* SPDX-License-Identifier: 0BSD */
/*
 * interrupt.S - from a vector to interrupt_dispatch(line), and back. One stub per
 * line, 8 bytes apart from interrupt_stubs on, which pushes its number.
 */
#include <baton/abi.h>

#ifdef GUEST_REAL
	.code16
#endif
	.text
	.globl	interrupt_stubs
	.p2align 3
interrupt_stubs:
	.set	line, 0
	.rept	BATON_IRQ_LINES
	.p2align 3
#if defined(GUEST_LONG)
	pushq	$line
#elif defined(GUEST_REAL)
	pushw	$line
#else
	pushl	$line
#endif
	jmp	1f
	.set	line, line + 1
	.endr

	.p2align 3
1:
#if defined(GUEST_LONG)
	/* What a C function may change; the stack is aligned to 16 bytes, and stays so. */
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	movq	72(%rsp), %rdi
	subq	$8, %rsp
	cld
	call	interrupt_dispatch
	addq	$8, %rsp
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$8, %rsp
	iretq
#elif defined(GUEST_REAL)
	/* C built with -m16 uses 32-bit registers, arguments and return addresses. */
	pushal
	movw	%sp, %bp
	movzwl	32(%bp), %eax
	pushl	%eax
	cld
	calll	interrupt_dispatch
	addw	$4, %sp
	popal
	addw	$2, %sp
	iretw
#else
	pushal
	pushl	32(%esp)
	cld
	call	interrupt_dispatch
	addl	$4, %esp
	popal
	addl	$4, %esp
	/*
	 * IRET in two steps: a KVM that has to emulate this mode does not know IRET. An
	 * interrupt between the two is taken on top of this one, which does no harm.
	 */
	pushl	8(%esp)
	popfl
	lretl	$4
#endif
