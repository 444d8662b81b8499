/* SPDX-License-Identifier: 0BSD */
/*
 * fork.c - one VM that has started up, and a fork of it for each question.
 *
 *	cc fork.c $(pkg-config --cflags --libs baton) && ./a.out 7 12 1000
 *
 * The guest adds up the numbers from 1 to 60000 first, which takes it a while. Then it asks
 * port 0x10 for a number, and halts with the product of the two. It is snapshotted when it
 * asks; each question is put to a fork that was reset, and not one has to start up.
 */
#include <stdio.h>
#include <stdlib.h>

#include <baton/device.h>
#include <baton/snapshot.h>

static const unsigned char code[] = {
	0x66, 0x31, 0xDB,	      /* xor ebx, ebx */
	0x66, 0xB9, 0x60, 0xEA, 0, 0, /* mov ecx, 60000 */
	0x66, 0x01, 0xCB,	      /* again: add ebx, ecx */
	0x67, 0xE2, 0xFA,	      /* loop again */
	0x66, 0xE5, 0x10,	      /* in eax, 0x10 */
	0x66, 0x0F, 0xAF, 0xC3,	      /* imul eax, ebx */
	0xFA, 0xF4,		      /* cli; hlt */
};

static unsigned number; /* what is asked; 0: nothing yet */

static enum baton_verdict answer(void *state, struct baton_access *access)
{
	access->data = number;
	return number ? BATON_RESUME : BATON_BLOCK;
}

static int init(struct baton_device *device, void *state, const void *vm, struct baton_diag *diag)
{
	return baton_device_claim_ports(device, *(struct baton_vm *const *)vm, 0x10, 1, answer, diag);
}

/* No state: a fork's is the same. */
static const struct baton_device_ops asker = { .name = "asker", .init = init };

int main(int argc, char **argv)
{
	struct baton_host_config host_config = BATON_HOST_CONFIG;
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_fork_config fork = BATON_FORK_CONFIG;
	struct baton_snapshot *started = NULL;
	struct baton_host *host = NULL;
	struct baton_diag diag = { .message = "" };
	struct baton_vm_stats stats;
	struct baton_vm *vm;
	int error;

	config.image = code;
	config.image_size = sizeof(code);
	error = baton_host_create(&host_config, &diag, &host);
	if (!error)
		error = baton_vm_create(host, &config, &diag, &vm);
	if (!error)
		error = baton_device_create(host, &asker, &vm, &diag, NULL);
	if (!error)
		error = baton_host_run(host, BATON_FOREVER, NULL); /* until it asks, and waits */
	if (!error)
		error = baton_snapshot_take(&vm, 1, &diag, &started);
	if (!error)
		error = baton_vm_fork(started, host, &fork, &diag, &vm);
	for (int i = 1; i < argc && !error; i++) {
		number = (unsigned)strtoul(argv[i], NULL, 0);
		error = baton_host_run(host, BATON_FOREVER, NULL);
		baton_vm_stats(vm, &stats);
		printf("%u * 1800030000 = %u (modulo 2^32), after %llu exits\n", number, stats.status,
		       (unsigned long long)stats.exits);
		if (!error)
			error = baton_vm_reset(vm, &diag);
	}
	if (error)
		fprintf(stderr, "fork: %s %s (%d)\n", diag.where, diag.message, error);
	baton_snapshot_destroy(started);
	baton_host_destroy(host);
	return error != 0;
}
