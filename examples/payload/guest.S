/* SPDX-License-Identifier: 0BSD */
/*
 * guest.S - 32-bit code, with its data behind it, that finds itself at 0x1000.
 * It prints a line, leaves 42 at GPA 0x400, and halts with status 42.
 */
	.code32
	.globl	start
start:
	mov	$line, %esi
next:
	lodsb
	test	%al, %al
	jz	end
	out	%al, $0xE9
	jmp	next
end:
	mov	$42, %eax
	mov	%eax, 0x400
	cli
	hlt

line:	.asciz	"Hello from inside the executable.\n"
