/* SPDX-License-Identifier: 0BSD */
/*
 * payload.c - a guest that travels inside the executable: no file to look for.
 *
 *	gcc -m32 -nostdlib -static -Wl,--oformat=binary,-Ttext=0x1000,-estart,--build-id=none \
 *		guest.S -o guest.bin
 *	ld -r -b binary -T payload.ld -z noexecstack guest.bin -o guest.o
 *	cc payload.c guest.o $(pkg-config --cflags --libs baton) && ./a.out
 *
 * The first line links the guest to run at GPA 0x1000, and leaves its bytes. The
 * second makes them an object, and the linker script names their begin and end.
 */
#include <inttypes.h>
#include <stdio.h>

#include <baton/device.h>

extern const unsigned char payload[], payload_end[];

static void print(void *context, struct baton_vm *vm, const char *bytes, size_t count)
{
	fwrite(bytes, 1, count, stdout);
}

int main(void)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config guest = BATON_VM_CONFIG;
	struct baton_console_config console = { .port = 0xE9, .write = print };
	struct baton_host *host = NULL;
	struct baton_diag diag = { 0 };
	struct baton_vm_stats stats;
	uint32_t result;
	int failed = 1;

	guest.name = "payload";
	guest.mode = BATON_MODE_PROTECTED;
	guest.image = payload;
	guest.image_size = (size_t)(payload_end - payload);
	guest.load = 0x1000;
	if (baton_host_create(&config, &diag, &host) ||
	    baton_vm_create(host, &guest, &diag, &console.vm) ||
	    baton_device_create(host, &baton_console, &console, &diag, NULL) ||
	    baton_host_run(host, 1000000000, NULL)) {
		fprintf(stderr, "payload: %s %s\n", diag.where, diag.message);
	} else {
		baton_vm_stats(console.vm, &stats);
		baton_vm_read(console.vm, 0x400, &result, sizeof(result));
		printf("%s, status %" PRIu32 "; %" PRIu32 " at GPA 0x400; %zu bytes of guest\n",
		       baton_outcome_name(stats.outcome), stats.status, result,
		       guest.image_size);
		failed = stats.outcome != BATON_HALTED || stats.status != result;
	}
	baton_host_destroy(host);
	return failed;
}
