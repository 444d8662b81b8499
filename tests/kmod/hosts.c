/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hosts.c - hosts as a program that embeds the library would have them.
 */
#include "hosts.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "baton/device.h"

#define PORT 0x10

/* mov $OUTS, %ecx; again: out %al, $0x10; dec %ecx; jnz again; hlt */
static const uint8_t code[] = { 0x66, 0xB9, 0, 0, 0, 0, 0xE6, PORT, 0x66, 0x49, 0x75, 0xFA, 0xF4 };

struct job {
	pthread_t thread;
	uint32_t outs;
	struct hosts_sums sums;
};

static void must(int error, const struct baton_diag *diag)
{
	if (!error)
		return;
	printf("# %s: %s\n", diag->where, diag->message);
	exit(1);
}

static struct baton_vm *add(struct baton_host *host, const char *name, uint32_t outs)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_latch_config latch = { .first = PORT, .count = 1 };
	struct baton_diag diag;
	uint8_t image[sizeof(code)];

	memcpy(image, code, sizeof(code));
	memcpy(image + 2, &outs, sizeof(outs));
	config.name = name;
	config.image = image;
	config.image_size = sizeof(image);
	must(baton_vm_create(host, &config, &diag, &latch.vm), &diag);
	must(baton_device_create(host, &baton_latch, &latch, &diag, NULL), &diag);
	return latch.vm;
}

static void *run(void *argument)
{
	static const char *const names[HOSTS_VMS] = { "first", "second" };
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm *vms[HOSTS_VMS];
	struct baton_host *host;
	struct baton_diag diag;
	struct job *job = argument;

	must(baton_host_create(&config, &diag, &host), &diag);
	for (int i = 0; i < HOSTS_VMS; i++)
		vms[i] = add(host, names[i], job->outs);
	diag = (struct baton_diag){ "baton_host_run", "failed" };
	must(baton_host_run(host, BATON_FOREVER, NULL), &diag);
	for (int i = 0; i < HOSTS_VMS; i++) {
		job->sums.outs += baton_vm_exits(vms[i], BATON_EXIT_IO_OUT);
		job->sums.halts += baton_vm_exits(vms[i], BATON_EXIT_HLT);
	}
	baton_host_destroy(host);
	return NULL;
}

struct hosts_sums hosts_run(uint32_t outs)
{
	struct job jobs[HOSTS] = { 0 };
	struct hosts_sums all = { 0 };

	for (int i = 0; i < HOSTS; i++) {
		jobs[i].outs = outs;
		if (pthread_create(&jobs[i].thread, NULL, run, &jobs[i]))
			exit(1);
	}
	for (int i = 0; i < HOSTS; i++) {
		pthread_join(jobs[i].thread, NULL);
		all.outs += jobs[i].sums.outs;
		all.halts += jobs[i].sums.halts;
	}
	return all;
}
