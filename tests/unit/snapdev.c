/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapdev.c - what the devices between a producer and a consumer take from a file: each
 * bound that it breaks is found out, and what is just within is taken.
 */
#include "traffic.h"

#include <sys/mman.h>
#include <unistd.h>

#include "baton/snapshot.h"
#include "host/file.h"

/* A change of a device's plain bytes, of `size` bytes at `at`. They begin with the pair. */
struct change {
	size_t at, size;
	uint64_t value;
	bool good;
};

#define WAITS(side) 0 + (side), 1
#define ENDED(side) 2 + (side), 1

/* What is so for all of them. */
static const struct change of_a_pair[] = {
	{ WAITS(PRODUCER), 1, true }, { WAITS(PRODUCER), 2, false }, { WAITS(PRODUCER), 0xFF, false },
	{ WAITS(CONSUMER), 1, true }, { WAITS(CONSUMER), 2, false }, { WAITS(CONSUMER), 0xFF, false },
	/* A VM that has ended is in no snapshot. */
	{ ENDED(PRODUCER), 1, false }, { ENDED(PRODUCER), 2, false },
	{ ENDED(CONSUMER), 1, false }, { ENDED(CONSUMER), 2, false },
};

static struct baton_snapshot_file *file_of(const struct rig *rig)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	struct baton_snapshot_file *file;
	struct baton_snapshot *snapshot;
	struct baton_diag diag;

	if (baton_snapshot_take(rig->vms, rig->count, &diag, &snapshot) ||
	    baton_snapshot_write(snapshot, fd, NULL, 0, &diag))
		fail_msg("%s: %s", diag.where, diag.message);
	lseek(fd, 0, SEEK_SET);
	if (baton_snapshot_file_read(fd, "FILE", &diag, &file))
		fail_msg("%s: %s", diag.where, diag.message);
	close(fd);
	baton_snapshot_destroy(snapshot);
	return file;
}

static void try_change(const struct rig *rig, struct baton_snapshot_file *file,
		       const struct change *c)
{
	const struct baton__file_device *device = &file->devices[0].device;
	uint8_t *at = file->devices[0].plain + c->at, old[8];
	struct baton_snapshot *loaded;
	struct baton_diag diag = { .message = "" };
	char said[64];
	int error;

	assert_true(c->at + c->size <= device->plain);
	memcpy(old, at, c->size);
	memcpy(at, &c->value, c->size);
	error = baton_snapshot_load(file, rig->vms, rig->count, &diag, &loaded);
	memcpy(at, old, c->size);
	if (!error)
		baton_snapshot_destroy(loaded);
	snprintf(said, sizeof(said), "device 0, `%s`, cannot be", device->type);
	if (error != (c->good ? 0 : -EINVAL) || (!c->good && !strstr(diag.message, said)))
		fail_msg("%s: %zu bytes at %zu, 0x%llx: %d, %s", device->type, c->size, c->at,
			 (unsigned long long)c->value, error, diag.message);
}

/* Makes the device, and tries to load what it could not be. */
static void try_all(const struct baton_device_ops *ops, const void *config, struct traffic *t,
		    const struct change *changes, size_t count)
{
	struct baton_snapshot_file *file;

	traffic_device(t, ops, config);
	file = file_of(t->rig);
	assert_string_equal(file->devices[0].device.type, ops->name);
	for (size_t i = 0; i < COUNT(of_a_pair); i++)
		try_change(t->rig, file, &of_a_pair[i]);
	for (size_t i = 0; i < count; i++)
		try_change(t->rig, file, &changes[i]);
	baton_snapshot_file_close(file);
	traffic_end(t);
}

static void a_batch(void **state)
{
#define HAS_ARRAY 8, 1
#define FULL	  9, 1
#define AT_HAND	  10, 1
	static const struct change changes[] = {
		{ HAS_ARRAY, 1, true }, { HAS_ARRAY, 2, false }, { FULL, 1, true }, { FULL, 2, false },
		{ AT_HAND, 1, true }, { AT_HAND, 2, false },
		{ 16, 8, UINT64_MAX, true }, /* addresses are the guest's affair */
	};
	struct traffic t;
	struct baton_batch_config config = { .size = 4, .ports = baton_batch_ports()[0] };

	traffic_begin(&t, "quantum", 1000000, 1000);
	config.traffic = t.config;
	try_all(&baton_batch, &config, &t, changes, COUNT(changes));
}

static void a_handoff_of_four(void **state)
{
#define EMPTYING      8, 1
#define HELD	      12, 4
#define TAKEN	      16, 4
#define EMPTYING_HELD 8, 8
#define HELD_TAKEN    12, 8
#define BOTH(low, high) ((uint64_t)(high) << 32 | (low))
	static const struct change changes[] = {
		{ EMPTYING, 1, true }, { EMPTYING, 2, false }, { EMPTYING, 0xFF, false },
		{ HELD, 3, true }, { HELD, 4, false }, /* full, and yet being filled */
		{ EMPTYING_HELD, BOTH(1, 4), true }, { EMPTYING_HELD, BOTH(1, 5), false },
		{ EMPTYING_HELD, BOTH(1, 256), false }, { EMPTYING_HELD, BOTH(1, UINT32_MAX), false },
		{ HELD, 5, false }, { HELD, 256, false }, { HELD, UINT32_MAX, false },
		{ TAKEN, 1, false }, { TAKEN, UINT32_MAX, false },
		{ HELD_TAKEN, BOTH(3, 3), true }, { HELD_TAKEN, BOTH(3, 4), false },
	};
	struct baton_handoff_config config = BATON_HANDOFF_CONFIG;
	struct traffic t;

	traffic_begin(&t, "quantum", 1000000, 1000);
	config.traffic = t.config;
	config.depth = 4;
	try_all(&baton_handoff, &config, &t, changes, COUNT(changes));
}

#define TURN	   8, 4
#define POINTER(s) 12 + 4 * (s), 4
#define POINTERS   12, 8
#define RING_HELD  20, 4
#define CONS_HELD  16, 8

static void try_ring(enum baton_ring_layout layout, const struct change *changes, size_t count)
{
	struct baton_ring_config config = BATON_RING_CONFIG;
	struct traffic t;

	traffic_begin(&t, "quantum", 1000000, 1000);
	config.traffic = t.config;
	config.capacity = 4;
	config.layout = layout;
	config.state = 0x8000;
	try_all(&baton_ring, &config, &t, changes, count);
}

static void a_ring_of_four_with_a_count(void **state)
{
	static const struct change changes[] = {
		{ TURN, PRODUCER, true }, { TURN, CONSUMER, true }, { TURN, 3, false },
		{ TURN, UINT32_MAX, false },
		{ POINTERS, BOTH(3, 3), true }, { POINTERS, BOTH(4, 4), false },
		{ POINTERS, UINT64_MAX, false }, { POINTERS, BOTH(INT32_MAX, INT32_MAX), false },
		{ POINTER(PRODUCER), 4, false }, { POINTER(PRODUCER), UINT32_MAX - 3, false },
		{ POINTER(CONSUMER), 4, false }, { POINTER(CONSUMER), UINT32_MAX - 3, false },
		{ POINTERS, BOTH((uint32_t)INT32_MIN, (uint32_t)INT32_MIN), false },
		{ RING_HELD, 4, true }, { RING_HELD, 5, false }, { RING_HELD, 8, false },
		{ RING_HELD, 256, false }, { RING_HELD, UINT32_MAX - 3, false },
		{ RING_HELD, 1, false }, { POINTER(PRODUCER), 1, false }, /* they do not agree */
		{ CONS_HELD, BOTH(3, 1), true }, { CONS_HELD, BOTH(3, 3), false },
	};

	try_ring(BATON_RING_COUNT, changes, COUNT(changes));
}

/* It holds three, and its pointers begin at -1. */
static void a_ring_of_four_with_pointers(void **state)
{
	static const struct change changes[] = {
		{ TURN, PRODUCER, true }, { TURN, CONSUMER, true }, { TURN, 3, false },
		{ POINTERS, BOTH(3, 3), true }, { POINTERS, BOTH(4, 4), false },
		{ POINTERS, BOTH(UINT32_MAX - 1, UINT32_MAX - 1), false },
		{ POINTERS, BOTH(INT32_MAX, INT32_MAX), false },
		{ POINTER(PRODUCER), 3, true }, { POINTER(PRODUCER), UINT32_MAX - 4, false },
		{ POINTER(CONSUMER), 3, true }, { POINTER(CONSUMER), UINT32_MAX - 4, false },
		{ RING_HELD, 4, false }, { RING_HELD, 8, false }, { RING_HELD, UINT32_MAX - 3, false },
		{ RING_HELD, 1, false }, { POINTER(PRODUCER), 0, false }, /* they do not agree */
		{ CONS_HELD, BOTH(0, 3), true }, { CONS_HELD, BOTH(0, 1), false },
	};

	try_ring(BATON_RING_POINTERS, changes, COUNT(changes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_batch),
		TEST(a_handoff_of_four),
		TEST(a_ring_of_four_with_a_count),
		TEST(a_ring_of_four_with_pointers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
