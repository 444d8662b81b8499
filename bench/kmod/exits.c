/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits.c - what an exit takes in a bare loop of KVM_RUN, in nanoseconds.
 *
 *	exits NUMBER
 *
 * Prints two figures: of an exit that ends KVM_RUN (a port's), and of one that the kernel
 * serves and goes back into the guest from (CPUID's), which is among the shortest there are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../floor.h"

/* again: out %ax, $0x10; jmp again */
static const uint8_t port[] = { 0xE7, 0x10, 0xEB, 0xFC };

/* again: mov $100, %si; one: xor %eax, %eax; cpuid; dec %si; jnz one; out %ax, $0x10; jmp again */
static const uint8_t cpuid[] = { 0xBE, 100, 0, 0x66, 0x31, 0xC0, 0x0F, 0xA2, 0x4E, 0x75, 0xF8,
				 0xE7, 0x10, 0xEB, 0xF1 };

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* So many port exits, with so many other exits before each. */
static double per_exit(const uint8_t *code, size_t size, uint64_t ports, uint64_t others)
{
	struct floor_vm vm;
	struct floor_kvm kvm;
	double begin;

	floor_open(&kvm);
	floor_create(&vm, &kvm, code, size);
	floor_run(&vm, 1, ports / 10 + 1);
	begin = seconds();
	floor_run(&vm, 1, ports);
	begin = seconds() - begin;
	floor_destroy(&vm);
	floor_close(&kvm);
	return begin * 1e9 / (double)(ports * (others + 1));
}

int main(int argc, char **argv)
{
	uint64_t number = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;

	if (!number) {
		fprintf(stderr, "usage: exits NUMBER\n");
		return 2;
	}
	printf("%.1f %.1f\n", per_exit(port, sizeof(port), number, 0),
	       per_exit(cpuid, sizeof(cpuid), number / 100 + 1, 100));
	return 0;
}
