/* SPDX-License-Identifier: 0BSD */
/*
 * embed.c - two VMs in a program of your own: 70 % and 30 % of one thread.
 *
 *	cc embed.c $(pkg-config --cflags --libs baton) && ./a.out
 *
 * (Installed in a place of your own: LD_LIBRARY_PATH=PREFIX/lib… ./a.out)
 *
 * Both guests are five bytes of machine code that write a counter to a port;
 * the latch answers. After half a second the program asks who got how much.
 */
#include <stdio.h>

#include <baton/device.h>

/* 16-bit: again: out %ax, $0x10; inc %ax; jmp again */
static const unsigned char counting[] = { 0xE7, 0x10, 0x40, 0xEB, 0xFB };

static struct baton_vm *add(struct baton_host *host, const char *name, unsigned share,
			    struct baton_diag *diag)
{
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct baton_latch_config ports = { .first = 0x10, .count = 3 };

	vm.name = name;
	vm.share = share;
	vm.image = counting;
	vm.image_size = sizeof(counting);
	if (baton_vm_create(host, &vm, diag, &ports.vm) ||
	    baton_device_create(host, &baton_latch, &ports, diag, NULL))
		return NULL;
	return ports.vm;
}

int main(void)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_host *host = NULL;
	struct baton_diag diag = { 0 };
	struct baton_vm_stats a, b;
	struct baton_vm *neo, *morpheus;

	if (baton_host_create(&config, &diag, &host) ||
	    !(neo = add(host, "neo", 70, &diag)) ||
	    !(morpheus = add(host, "morpheus", 30, &diag)) ||
	    baton_host_run(host, 500000000, NULL)) {
		fprintf(stderr, "embed: %s %s\n", diag.where, diag.message);
		baton_host_destroy(host);
		return 1;
	}
	baton_vm_stats(neo, &a);
	baton_vm_stats(morpheus, &b);
	printf("neo      %8llu exits %9llu us\nmorpheus %8llu exits %9llu us\n",
	       (unsigned long long)a.exits, (unsigned long long)(a.run_ns + a.handler_ns) / 1000,
	       (unsigned long long)b.exits, (unsigned long long)(b.run_ns + b.handler_ns) / 1000);
	baton_host_destroy(host);
	return 0;
}
