/* SPDX-License-Identifier: 0BSD */
/* hello.c - prints one line. */
#include "guest.h"

int main(void)
{
	print("Hello from " GUEST_MODE " mode!\n");
	return 0;
}
