/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guest.S - a guest that leaves exactly as often as it is told: ESI times by OUT, EDI times by
 * CPUID, EBP times by HLT, EBX times by sending an interrupt to nobody and by disarming a timer,
 * between two marks. The last two are what KVM has a fast path for; they need an APIC. Then it reads CPUID leaves for its host, who
 * names them by IN and gets the registers by OUT. Real mode; runs wherever it is put.
 */
#define PORT 0x10  /* OUT: nothing */
#define MARK 0x11  /* OUT: a mark */
#define LEAF 0x20  /* IN: EAX of the next CPUID; 0x24: ECX; OUT: 0x20 to 0x2c: EAX, EBX, ECX, EDX */

	.section .rodata
	.globl exact_guest, exact_guest_end
	.code16
exact_guest:
	outb	%al, $MARK
1:	testl	%esi, %esi
	jz	2f
	outb	%al, $PORT
	decl	%esi
	jmp	1b
2:	movl	%ebx, %esi		/* CPUID takes EBX */
8:	testl	%edi, %edi
	jz	3f
	xorl	%eax, %eax
	xorl	%ecx, %ecx
	cpuid
	decl	%edi
	jmp	8b
3:	testl	%ebp, %ebp
	jz	4f
	hlt
	decl	%ebp
	jmp	3b
4:	testl	%esi, %esi
	jz	6f
	movl	$0x1b, %ecx		/* IA32_APIC_BASE: x2APIC mode */
	movl	$0xfee00d00, %eax
	xorl	%edx, %edx
	wrmsr
7:	movl	$0x830, %ecx		/* its interrupt command register */
	movl	$0x40, %eax
	movl	$7, %edx
	wrmsr
	movl	$0x6e0, %ecx		/* IA32_TSC_DEADLINE */
	xorl	%eax, %eax
	xorl	%edx, %edx
	wrmsr
	decl	%esi
	jnz	7b
6:	outb	%al, $MARK
5:	inl	$LEAF + 4, %eax
	movl	%eax, %ecx
	inl	$LEAF, %eax
	cpuid
	outl	%eax, $LEAF
	movl	%ebx, %eax
	outl	%eax, $LEAF + 4
	movl	%ecx, %eax
	outl	%eax, $LEAF + 8
	movl	%edx, %eax
	outl	%eax, $LEAF + 12
	jmp	5b
exact_guest_end:
	.section .note.GNU-stack, "", @progbits
