/* SPDX-License-Identifier: 0BSD */
/*
 * console.c - text for people, byte by byte to the console port. It does not
 * buffer: what was printed before a death has reached the host.
 */
#include "guest.h"

void print_char(char c)
{
	out8(BATON_CONSOLE_PORT, (uint8_t)c);
}

void print(const char *string)
{
	while (*string)
		print_char(*string++);
}

/* Digits come out last first, so they wait on the stack. */
static void print_number(unsigned long value, unsigned base)
{
	char digits[3 * sizeof(value)];
	unsigned count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (count)
		print_char(digits[--count]);
}

void print_unsigned(unsigned long value)
{
	print_number(value, 10);
}

void print_hex(unsigned long value)
{
	print("0x");
	print_number(value, 16);
}
