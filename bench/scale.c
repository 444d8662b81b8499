/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale.c - what a VM costs when there are many: to create, to run for the first time, and
 * to destroy.
 *
 *	scale [VMS]
 *
 * Prints one line: a VM's part in µs of creating (the first and the last tenth), of its
 * first turn, and of baton_host_destroy(); and in KiB what the machine has less free with
 * all of them than before, guest memory that was touched included.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "baton/baton.h"

static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* MemAvailable of /proc/meminfo. */
static long free_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static void check(int error, const struct baton_diag *diag)
{
	if (!error)
		return;
	fprintf(stderr, "%s: %s: %s\n", diag->where, diag->message, strerror(-error));
	exit(1);
}

/* CLI, HLT: each VM has one turn. */
static void create(struct baton_host *host, unsigned from, unsigned to)
{
	static const unsigned char halt[] = { 0xFA, 0xF4 };
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_diag diag = { .message = "" };
	char name[16];

	config.name = name;
	config.image = halt;
	config.image_size = sizeof(halt);
	for (unsigned i = from; i < to; i++) {
		snprintf(name, sizeof(name), "vm%u", i);
		check(baton_vm_create(host, &config, &diag, NULL), &diag);
	}
}

int main(int argc, char **argv)
{
	unsigned vms = argc > 1 ? (unsigned)atoi(argv[1]) : 100, tenth = vms / 10 ? vms / 10 : 1;
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_diag diag = { .message = "" };
	struct baton_host *host;
	double t[6];
	long kib[2];

	config.max_vms = vms;
	check(baton_host_create(&config, &diag, &host), &diag);
	kib[0] = free_kib();
	t[0] = now_us();
	create(host, 0, tenth);
	t[1] = now_us();
	create(host, tenth, vms - tenth);
	t[2] = now_us();
	create(host, vms - tenth, vms);
	t[3] = now_us();
	check(baton_host_run(host, BATON_FOREVER, NULL), &diag);
	t[4] = now_us();
	kib[1] = free_kib();
	t[5] = now_us();
	baton_host_destroy(host);
	printf("%u VMs: create %.0f to %.0f us, first turn %.0f us, destroy %.0f us, %ld KiB each\n",
	       vms, (t[1] - t[0]) / tenth, (t[3] - t[2]) / tenth, (t[4] - t[3]) / vms,
	       (now_us() - t[5]) / vms, (kib[0] - kib[1]) / (long)vms);
	return 0;
}
