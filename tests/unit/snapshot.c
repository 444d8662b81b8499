/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c - snapshots, forks, resets and pools: who sees what, what is refused, and
 * that each failure on the way leaves everything as it was.
 */
#include "rig.h"

#include <fcntl.h>
#include <unistd.h>

#include "baton/abi.h"
#include "baton/snapshot.h"
#include "baton/traffic.h"
#include "vm/frozen.h"

#define PORT 0x30
#define SIZE (UINT64_C(64) << 10)

/* ------------------------------------------------------------------- scripts */

/* Steps are the guest's image; where it stands is in RAX, so that it forks and resets. */
struct script {
	struct fake_exit steps[16];
	unsigned count;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	const struct script *s = vcpu->state;

	return vcpu->regs.rax < s->count ? s->steps[vcpu->regs.rax++] : fake_hlt(0);
}

static void step(struct script *s, struct fake_exit exit)
{
	s->steps[s->count++] = exit;
}

/* ---------------------------------------------------------------------- forks */

static int adopt(struct rig *rig, struct baton_vm *vm)
{
	rig->vms[rig->count] = vm;
	rig->vcpus[rig->count] = fake_vcpu(vm);
	rig->one_destroyed = true; /* figures begin anew at a reset */
	return (int)rig->count++;
}

static struct baton_snapshot *snap(struct rig *rig, unsigned first, unsigned count)
{
	struct baton_snapshot *snapshot;
	struct baton_diag diag;

	if (baton_snapshot_take(rig->vms + first, count, &diag, &snapshot))
		fail_msg("%s: %s", diag.where, diag.message);
	return snapshot;
}

/* The number in the rig of the first VM of a new fork. */
static int fork_with(struct rig *rig, struct baton_snapshot *snapshot,
		     const struct baton_fork_config *config)
{
	uint32_t count = baton_snapshot_vms(snapshot);
	struct baton_vm *vms[8];
	struct baton_diag diag;
	int first = (int)rig->count;

	if (baton_vm_fork(snapshot, rig->host, config, &diag, vms))
		fail_msg("%s: %s", diag.where, diag.message);
	for (uint32_t i = 0; i < count; i++)
		adopt(rig, vms[i]);
	return first;
}

static int fork_of(struct rig *rig, struct baton_snapshot *snapshot)
{
	return fork_with(rig, snapshot, &(struct baton_fork_config)BATON_FORK_CONFIG);
}

static void reset(struct rig *rig, int vm, unsigned count)
{
	struct baton_diag diag;

	if (baton_vm_reset(rig->vms[vm], &diag))
		fail_msg("%s: %s", diag.where, diag.message);
	for (unsigned i = 0; i < count; i++)
		rig->vcpus[vm + (int)i]->exits = 0;
	fake.unprovided = 0; /* a read that waited was ended */
}

static uint64_t hash_of(const struct rig *rig, int vm)
{
	uint64_t hash;

	assert_int_equal(baton_vm_hash(rig->vms[vm], &hash), 0);
	return hash;
}

static uint64_t hash_of_snapshot(const struct baton_snapshot *snapshot, uint32_t i)
{
	uint64_t hash;

	assert_int_equal(baton_snapshot_hash(snapshot, i, &hash), 0);
	return hash;
}

static void put(struct rig *rig, int vm, uint64_t at, uint64_t value)
{
	assert_int_equal(baton_vm_write(rig->vms[vm], at, &value, sizeof(value)), 0);
}

static uint64_t get(const struct rig *rig, int vm, uint64_t at)
{
	uint64_t value;

	assert_int_equal(baton_vm_read(rig->vms[vm], at, &value, sizeof(value)), 0);
	return value;
}

/* ------------------------------------------------------------------- isolation */

static void nobody_sees_what_another_writes(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;
	int a, b, c;

	rig_vm(rig, 1, play, &s);
	put(rig, 0, 0x5000, 1);
	put(rig, 0, 0x6000, 1);
	snapshot = snap(rig, 0, 1);
	a = fork_of(rig, snapshot);
	put(rig, 0, 0x5000, 2); /* the parent, after its snapshot */
	put(rig, a, 0x6000, 3);
	b = fork_of(rig, snapshot);
	assert_int_equal(get(rig, a, 0x5000), 1);
	assert_int_equal(get(rig, b, 0x5000), 1);
	assert_int_equal(get(rig, b, 0x6000), 1);
	put(rig, b, 0x6FFC, UINT64_C(0x0101010102020202)); /* over the end of a page */
	assert_int_equal(get(rig, 0, 0x7000) + get(rig, a, 0x7000), 0);
	assert_int_equal(get(rig, 0, 0x5000), 2);
	reset(rig, a, 1);
	assert_int_equal(get(rig, a, 0x6000), 1);
	assert_int_equal(get(rig, b, 0x6FFC), UINT64_C(0x0101010102020202));
	c = fork_of(rig, snapshot);
	assert_int_equal(get(rig, c, 0x6FFC), 0);
	rig_destroy_vm(rig, 0); /* forks and their snapshot outlive it, and forks the snapshot */
	baton_snapshot_destroy(snapshot);
	reset(rig, b, 1);
	assert_int_equal(get(rig, b, 0x6FFC), 0);
	assert_int_equal(get(rig, b, 0x5000), 1);
	rig_end(rig);
}

static void a_fork_of_a_fork_has_what_its_parent_changed(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_snapshot *first, *second, *third;
	struct script s = { .count = 0 };
	int a, b, c;

	rig_vm(rig, 1, play, &s);
	put(rig, 0, 0x5000, 1);
	first = snap(rig, 0, 1);
	a = fork_of(rig, first);
	put(rig, a, 0x7000, 7);
	put(rig, a, 0x5000, 2);
	second = snap(rig, a, 1);
	put(rig, a, 0x7000, 8);
	b = fork_of(rig, second);
	assert_int_equal(get(rig, b, 0x7000), 7);
	assert_int_equal(get(rig, b, 0x5000), 2);
	put(rig, b, 0x9000, 9);
	third = snap(rig, b, 1);
	put(rig, b, 0x9000, 10);
	put(rig, b, 0x5000, 11);
	baton_snapshot_destroy(second);
	baton_snapshot_destroy(first);
	c = fork_of(rig, third);
	assert_int_equal(get(rig, c, 0x5000), 2);
	assert_int_equal(get(rig, c, 0x7000), 7);
	assert_int_equal(get(rig, c, 0x9000), 9);
	/* Each goes back to what it was forked from. */
	reset(rig, a, 1);
	assert_int_equal(get(rig, a, 0x5000), 1);
	assert_int_equal(get(rig, a, 0x7000), 0);
	reset(rig, b, 1);
	assert_int_equal(get(rig, b, 0x5000), 2);
	assert_int_equal(get(rig, b, 0x9000), 0);
	assert_true(hash_of(rig, c) == hash_of_snapshot(third, 0));
	baton_snapshot_destroy(third);
	rig_end(rig);
}

/* Wherever it lies, and whether it was written before the snapshot or after. */
static void each_page_counts_for_the_hash(void **state)
{
	struct script s = { .count = 0 };

	(void)state;
	for (uint64_t at = 0; at < SIZE; at += 0x1000) {
		struct rig *rig = rig_begin("quantum", 0);
		struct baton_snapshot *snapshot[2];
		int fork[2];

		for (int i = 0; i < 2; i++) {
			rig_vm(rig, 1, play, &s);
			put(rig, i, at, 1);
		}
		assert_true(hash_of(rig, 0) == hash_of(rig, 1));
		put(rig, 1, at, 2);
		assert_true(hash_of(rig, 0) != hash_of(rig, 1));
		for (int i = 0; i < 2; i++) {
			snapshot[i] = snap(rig, (unsigned)i, 1);
			assert_true(hash_of(rig, i) == hash_of_snapshot(snapshot[i], 0));
		}
		assert_true(hash_of(rig, 0) != hash_of(rig, 1));
		for (int i = 0; i < 2; i++)
			fork[i] = fork_of(rig, snapshot[i]);
		assert_true(hash_of(rig, fork[0]) != hash_of(rig, fork[1]));
		put(rig, fork[1], at, 1);
		assert_true(hash_of(rig, fork[0]) == hash_of(rig, fork[1]));
		baton_snapshot_destroy(snapshot[0]);
		baton_snapshot_destroy(snapshot[1]);
		rig_end(rig);
	}
}

/* Of every second page: more pieces than a fork may have mappings. */
static void many_changes_are_copied_in_few_pieces(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_vm_config config = rig_vm_config("big");
	struct baton_snapshot *first, *second;
	struct script s = { .count = 0 };
	int a, b;

	config.memory = 1 << 20;
	rig_add(rig, &config, play, &s);
	put(rig, 0, 0x10000, 1);
	first = snap(rig, 0, 1);
	a = fork_of(rig, first);
	for (uint64_t at = 0x20000; at < 0xA0000; at += 0x2000)
		put(rig, a, at, at);
	second = snap(rig, a, 1);
	assert_true(rig->vms[0]->memory.frozen->count == 1);
	b = fork_of(rig, second);
	assert_true(rig->vms[b]->memory.frozen->count <= BATON__PIECES);
	assert_int_equal(get(rig, b, 0x10000), 1);
	for (uint64_t at = 0x20000; at < 0xA0000; at += 0x1000)
		assert_int_equal(get(rig, b, at), at % 0x2000 ? 0 : at);
	assert_true(hash_of(rig, b) == hash_of(rig, a));
	baton_snapshot_destroy(first);
	baton_snapshot_destroy(second);
	rig_end(rig);
}

/* The memfds that are ours and not sealed. */
static unsigned unsealed(unsigned *all)
{
	unsigned count = 0;

	*all = 0;
	for (int fd = 3; fd < 64; fd++) {
		char name[64], link[64] = "";
		ssize_t size;

		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
		size = readlink(name, link, sizeof(link) - 1);
		if (size < 0 || !strstr(link, "memfd:baton-"))
			continue;
		++*all;
		if (!(fcntl(fd, F_GET_SEALS) & F_SEAL_WRITE))
			count++;
		else
			assert_int_equal(pwrite(fd, "!", 1, 0), -1);
	}
	return count;
}

static void what_is_frozen_cannot_be_written_to(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_snapshot *first, *second;
	struct script s = { .count = 0 };
	struct baton_region *region;
	unsigned all;
	int a;

	rig_vm(rig, 1, play, &s);
	assert_int_equal(baton_region_create(rig->host, 4096, NULL, &region), 0);
	assert_int_equal(baton_region_share(region, rig->vms[0], 0x5000, NULL), 0);
	assert_int_equal(unsealed(&all), 2);
	assert_int_equal(all, 2);
	first = snap(rig, 0, 1);
	assert_int_equal(unsealed(&all), 1); /* the parent's region goes on */
	assert_int_equal(all, 3);
	a = fork_of(rig, first);
	put(rig, a, 0x3000, 1);
	put(rig, a, 0x5000, 1);
	second = snap(rig, a, 1);
	assert_int_equal(unsealed(&all), 1);
	assert_int_equal(all, 5);
	baton_snapshot_destroy(first);
	baton_snapshot_destroy(second);
	assert_int_equal(unsealed(&all), 1);
	assert_int_equal(all, 3); /* the first lives on in the fork */
	rig_end(rig);
}

/* ------------------------------------------------------------------- running */

static enum baton_verdict note(void *state, struct baton_access *a)
{
	uint64_t *sum = state;

	*sum += a->data;
	return BATON_RESUME;
}

static int note_init(struct baton_device *device, void *state, const void *config,
		     struct baton_diag *diag)
{
	return baton_device_claim_ports(device, *(struct baton_vm *const *)config, PORT, 2, note, diag);
}

/* Plain as a whole: what is written adds up. */
static const struct baton_device_ops note_ops = {
	.name = "note", .size = sizeof(uint64_t), .init = note_init, .plain = sizeof(uint64_t),
};

static uint64_t noted(const struct baton_vm *vm)
{
	for (uint32_t i = 0; i < vm->ports.count; i++)
		if (vm->ports.claims[i].first == PORT)
			return *(uint64_t *)vm->ports.claims[i].state;
	return UINT64_MAX;
}

static void add_note(struct rig *rig, int vm)
{
	assert_int_equal(baton_device_create(rig->host, &note_ops, &rig->vms[vm], NULL, NULL), 0);
}

static void forks_run_on_and_are_reset_as_often_as_you_like(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	uint64_t hash;
	int a;

	step(&s, fake_out(1 * MS, PORT, 1, 1));
	step(&s, fake_out(20 * MS, PORT, 1, 2));
	step(&s, fake_out(1 * MS, PORT, 1, 4));
	rig_vm(rig, 1, play, &s);
	add_note(rig, 0);
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET); /* within its turn */
	snapshot = snap(rig, 0, 1);
	hash = hash_of_snapshot(snapshot, 0);
	assert_true(hash == hash_of(rig, 0));
	a = fork_of(rig, snapshot);
	for (int i = 0; i < 3; i++) {
		assert_true(hash_of(rig, a) == hash);
		assert_int_equal(noted(rig->vms[a]), 1);
		assert_int_equal(rig_vm_stats(rig, a).exits, 0);
		assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_RUNNING);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(noted(rig->vms[a]), 7);
		assert_int_equal(noted(rig->vms[0]), 7); /* it has its own */
		assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_HALTED);
		assert_int_equal(rig_vm_stats(rig, a).exits, 3); /* its HLT is one */
		assert_true(hash_of(rig, a) != hash);
		reset(rig, a, 1);
	}
	assert_int_equal(rig_run(rig, 2 * MS), BATON_RUN_BUDGET);
	reset(rig, a, 1); /* and in the middle of its turn */
	assert_true(hash_of(rig, a) == hash);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void a_dead_fork_comes_back(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	int a;

	step(&s, fake_other(0, KVM_EXIT_SHUTDOWN, 0));
	rig_vm(rig, 1, play, &s);
	snapshot = snap(rig, 0, 1);
	a = fork_of(rig, snapshot);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_non_null(baton_vm_death(rig->vms[a]));
		reset(rig, a, 1);
		assert_null(baton_vm_death(rig->vms[a]));
	}
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void a_fork_may_live_on_another_host(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS), *other;
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	int a;

	step(&s, fake_out(1 * MS, PORT, 1, 1));
	step(&s, fake_out(1 * MS, BATON_CALL_SLEEP, 4, 5000));
	step(&s, fake_out(1 * MS, PORT, 1, 2));
	rig_vm(rig, 1, play, &s);
	add_note(rig, 0);
	assert_int_equal(rig_run(rig, 4 * MS), BATON_RUN_BUDGET);
	snapshot = snap(rig, 0, 1); /* 3 ms are left of its sleep */
	rig_close(rig);
	config.policy = "turns";
	config.kick_signal = SIGUSR1;
	fake_sleep(100 * MS);
	other = rig_begin_with(&config);
	a = fork_of(other, snapshot);
	baton_snapshot_destroy(snapshot);
	fake_sleep(100 * MS); /* before it has its first turn, its time stands still */
	assert_int_equal(rig_run(other, S), BATON_RUN_DONE);
	assert_int_equal(noted(other->vms[a]), 3);
	assert_int_equal(rig_vm_stats(other, a).blocked_ns, 3 * MS);
	rig_end(other);
}

/* No time passes for it: neither in a snapshot, nor in a fork that waits for its first run. */
static void the_clock_of_a_fork_goes_on(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	uint64_t told[2];
	int a;

	step(&s, fake_out(2 * MS, BATON_CALL_TIME, 4, 0x5000));
	step(&s, fake_out(1 * MS, BATON_CALL_SLEEP, 4, 5000));
	step(&s, fake_out(0, BATON_CALL_TIME, 4, 0x5008));
	rig_vm(rig, 1, play, &s);
	assert_int_equal(rig_run(rig, 4 * MS), BATON_RUN_BUDGET);
	snapshot = snap(rig, 0, 1);
	for (int i = 0; i < 3; i++) { /* a fork, one of a fork, and one of a fork of a fork */
		fake_sleep(100 * MS);
		a = fork_of(rig, snapshot);
		baton_snapshot_destroy(snapshot);
		snapshot = snap(rig, a, 1);
	}
	baton_snapshot_destroy(snapshot);
	for (int i = 0; i < 2; i++) {
		fake_sleep(100 * MS);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(baton_vm_read(rig->vms[a], 0x5000, told, sizeof(told)), 0);
		assert_int_equal(told[0], 2 * MS);
		assert_int_equal(told[1], 8 * MS);
		reset(rig, a, 1);
	}
	rig_end(rig);
}

/* ------------------------------------------------------------ pending accesses */

struct gate {
	bool open;
	unsigned asked, resumed;
	uint64_t last;
};

static struct gate gate;

static enum baton_verdict serve_gate(void *state, struct baton_access *a)
{
	gate.asked++;
	gate.resumed += a->resumed;
	gate.last = a->data;
	if (!gate.open)
		return BATON_BLOCK;
	if (!a->write)
		a->data = 0x5A;
	return BATON_RESUME;
}

static int gate_init(struct baton_device *device, void *state, const void *config,
		     struct baton_diag *diag)
{
	struct baton_vm *vm = *(struct baton_vm *const *)config;
	int error = baton_device_claim_ports(device, vm, PORT, 2, serve_gate, diag);

	return error ? error : baton_device_claim_mmio(device, vm, SIZE, 4096, serve_gate, diag);
}

static const struct baton_device_ops gate_ops = { .name = "gate", .init = gate_init };

static void add_gate(struct rig *rig, int vm)
{
	gate = (struct gate){ .open = false };
	assert_int_equal(baton_device_create(rig->host, &gate_ops, &rig->vms[vm], NULL, NULL), 0);
}

static uint8_t got;

static void take(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	got = *(const uint8_t *)data;
}

static void a_read_that_waits_is_executed_again(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	uint64_t hash;
	int a;

	step(&s, fake_in(1 * MS, PORT, 1));
	rig_vm(rig, 1, play, &s);
	rig->vcpus[0]->got = take;
	add_gate(rig, 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	snapshot = snap(rig, 0, 1);
	hash = hash_of_snapshot(snapshot, 0);
	assert_true(hash_of(rig, 0) == hash);
	a = fork_of(rig, snapshot);
	assert_true(hash_of(rig, a) == hash);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK); /* it asks for itself, and waits */
	assert_int_equal(gate.asked, 2);
	assert_int_equal(gate.resumed, 0);
	for (int i = 0; i < 2; i++) {
		reset(rig, a, 1);
		assert_true(hash_of(rig, a) == hash);
		gate.open = true;
		got = 0;
		rig_run(rig, S);
		assert_int_equal(got, 0x5A);
		assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_HALTED);
	}
	/* The parent's read has waited all the while. */
	got = 0;
	baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(got, 0x5A);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void a_write_that_waits_is_served_from_its_copy(void **state)
{
	for (int mmio = 0; mmio < 2; mmio++) {
		struct baton_snapshot *snapshot;
		struct script s = { .count = 0 };
		struct rig *rig;
		int a;

		fake_reset();
		rig = rig_begin("quantum", 10 * MS);
		step(&s, mmio ? fake_store(1 * MS, SIZE + 8, 4, 0xABCD) : fake_out(1 * MS, PORT, 4, 0xABCD));
		step(&s, fake_out(1 * MS, PORT, 1, 0x11));
		rig_vm(rig, 1, play, &s);
		add_gate(rig, 0);
		assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
		snapshot = snap(rig, 0, 1);
		a = fork_of(rig, snapshot);
		assert_true(hash_of(rig, a) == hash_of_snapshot(snapshot, 0));
		assert_true(hash_of(rig, a) == hash_of(rig, 0));
		/* What is left in the vCPU of the parent does not matter. */
		memset((char *)rig->vcpus[0]->run + 4096, 0x77, 8);
		rig->vcpus[0]->run->mmio.data[0] ^= 0xFF;
		gate = (struct gate){ .open = false };
		assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
		assert_int_equal(gate.asked, 1);
		assert_int_equal(gate.resumed, 1);
		assert_int_equal(gate.last, 0xABCD);
		for (int i = 0; i < 2; i++) {
			reset(rig, a, 1);
			gate = (struct gate){ .open = true };
			rig_run(rig, S);
			assert_int_equal(gate.asked, 2);
			assert_int_equal(gate.last, 0x11);
			assert_int_equal(rig_vm_stats(rig, a).exits, 2); /* that OUT, and the HLT */
		}
		gate = (struct gate){ .open = true };
		baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(gate.asked, 2);
		baton_snapshot_destroy(snapshot);
		rig_end(rig);
	}
}

/* A read that a write of the same instruction follows: the write stands until it is served. */
static void the_write_of_a_read_modify_write_stands(void **state)
{
	struct rig *rig = rig_begin("turns", 0);
	struct baton_snapshot *snapshot, *again;
	struct script s = { .count = 0 };
	struct baton_host_config config = BATON_HOST_CONFIG;
	int a;

	rig_close(rig);
	config.policy = "turns";
	rig = rig_begin_with(&config);
	step(&s, fake_load(1 * MS, SIZE + 8, 4));
	s.steps[0].more = true;
	step(&s, fake_store(0, SIZE + 8, 4, 0x1234));
	step(&s, fake_other(0, KVM_EXIT_SHUTDOWN, 0));
	rig_vm(rig, 1, play, &s);
	add_gate(rig, 0);
	gate.open = true;
	assert_int_equal(rig_run(rig, 1 * MS), BATON_RUN_BUDGET); /* the read is served */
	assert_int_equal(gate.asked, 1);
	snapshot = snap(rig, 0, 1);
	again = snap(rig, 0, 1);
	assert_int_equal(gate.asked, 1);
	assert_true(hash_of_snapshot(snapshot, 0) == hash_of_snapshot(again, 0));
	a = fork_of(rig, snapshot);
	for (int i = 0; i < 2; i++) {
		gate = (struct gate){ .open = true };
		rig->vcpus[a]->exits = 1; /* the one that stands was its parent's */
		rig_run(rig, S);
		assert_int_equal(gate.last, 0x1234);
		assert_int_equal(gate.asked, i ? 1 : 2); /* the parent's, and the fork's */
		reset(rig, a, 1);
	}
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_MMIO_WRITE].count, 1);
	baton_snapshot_destroy(snapshot);
	baton_snapshot_destroy(again);
	rig_end(rig);
}

static void in_the_midst_of_an_instruction_there_is_no_snapshot(void **state)
{
	struct fake_exit midst[3] = {
		fake_load(1 * MS, SIZE, 4), /* and a second read comes */
		fake_ins(1 * MS, PORT, 1, 4), fake_outs(1 * MS, PORT, 1, 4, "abcd"),
	};

	midst[0].more = true;
	for (int i = 0; i < 3; i++) {
		struct baton_host_config config = BATON_HOST_CONFIG;
		struct baton_snapshot *snapshot;
		struct script s = { .count = 0 };
		struct baton_diag diag;
		struct rig *rig;
		uint64_t hash;

		fake_reset();
		config.policy = "turns";
		rig = rig_begin_with(&config);
		step(&s, midst[i]);
		step(&s, fake_load(0, SIZE + 4, 4));
		rig_vm(rig, 1, play, &s);
		add_gate(rig, 0);
		gate.open = !i;
		rig_run(rig, 1 * MS);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(baton_snapshot_take(rig->vms, 1, &diag, &snapshot), -EAGAIN);
			assert_non_null(strstr(diag.message, "try again"));
			assert_int_equal(baton_vm_hash(rig->vms[0], &hash), -EAGAIN);
		}
		gate.open = true; /* and nothing is lost of it */
		baton_vcpu_wake(baton_vm_vcpu(rig->vms[0]));
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(gate.asked, i ? 6 : 2);
		rig_end(rig);
	}
}

static void lines_idleness_and_sleep_go_along(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	uint64_t hash;
	int a;

	step(&s, fake_hlt(1 * MS));
	step(&s, fake_out(0, BATON_CALL_SLEEP, 4, 10000));
	step(&s, fake_other(0, KVM_EXIT_SHUTDOWN, 0));
	rig_vm(rig, 1, play, &s);
	rig->vcpus[0]->regs.rflags |= 0x200;
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK); /* in HLT */
	snapshot = snap(rig, 0, 1);
	hash = hash_of_snapshot(snapshot, 0);
	a = fork_of(rig, snapshot);
	rig_run(rig, S);
	assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_BLOCKED);
	assert_int_equal(rig_vm_stats(rig, a).exits, 0); /* it has not been entered */
	baton_vcpu_interrupt(baton_vm_vcpu(rig->vms[a]), 3);
	assert_true(hash_of(rig, a) != hash);
	baton_snapshot_destroy(snapshot);
	snapshot = snap(rig, a, 1); /* with the line raised, and 1 s later */
	assert_int_equal(rig_run(rig, 4 * MS), BATON_RUN_BUDGET);
	reset(rig, a, 1);
	assert_true(hash_of(rig, a) == hash);
	rig_destroy_vm(rig, a);
	a = fork_of(rig, snapshot);
	baton_snapshot_destroy(snapshot);
	rig_run(rig, 4 * MS);
	snapshot = snap(rig, a, 1);
	rig_destroy_vm(rig, a);
	fake_sleep(S);
	a = fork_of(rig, snapshot);
	rig_run(rig, S);
	assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_DEAD);
	assert_int_equal(rig_vm_stats(rig, a).blocked_ns, 6 * MS);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* --------------------------------------------------------------------- groups */

/* Two VMs with a region, and a bell between them. */
static struct rig *begin_group(struct script *s, bool trapped)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_doorbell_config bell = { .vms = rig->vms, .count = 2 };
	struct baton_region *region;

	rig_vm(rig, 1, play, s);
	rig_vm(rig, 1, play, s);
	assert_int_equal(baton_region_create(rig->host, 8192, NULL, &region), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal((trapped ? baton_region_trap : baton_region_share)(
					 region, rig->vms[i], i ? 0x8000 : 0x5000, NULL), 0);
	assert_int_equal(baton_device_create(rig->host, &baton_doorbell, &bell, NULL, NULL), 0);
	return rig;
}

static void a_group_has_a_region_of_its_own(void **state)
{
	for (int trapped = 0; trapped < 2; trapped++) {
		struct script s = { .count = 0 };
		struct baton_snapshot *snapshot, *second;
		struct rig *rig;
		int a, b, c;

		fake_reset();
		rig = begin_group(&s, trapped);
		put(rig, 0, 0x5000, 1);
		put(rig, 0, 0x4FFC, UINT64_C(0x1111111100000001));
		snapshot = snap(rig, 0, 2);
		a = fork_of(rig, snapshot);
		b = fork_of(rig, snapshot);
		assert_int_equal(get(rig, a, 0x5000) & 0xFFFFFFFF, 0x11111111);
		put(rig, a, 0x5008, 2);
		assert_int_equal(get(rig, a + 1, 0x8008), 2); /* the other VM of the group */
		assert_int_equal(get(rig, b, 0x5008), 0);     /* … of another */
		assert_int_equal(get(rig, 0, 0x5008), 0);
		put(rig, 1, 0x8008, 3);
		assert_int_equal(get(rig, a, 0x5008), 2);
		assert_int_equal(get(rig, b + 1, 0x8008), 0);
		assert_int_equal(get(rig, 0, 0x5008), 3);
		/* Over its end: the memory behind it is each VM's own. */
		put(rig, a, 0x6FFC, UINT64_C(0x2222222233333333));
		assert_int_equal(get(rig, a + 1, 0x9FFC), 0x33333333);
		assert_true(hash_of(rig, b) == hash_of_snapshot(snapshot, 0));
		assert_true(hash_of(rig, b + 1) == hash_of_snapshot(snapshot, 1));
		assert_true(hash_of(rig, a) != hash_of_snapshot(snapshot, 0));
		second = snap(rig, (unsigned)a, 2);
		put(rig, a, 0x5008, 4);
		c = fork_of(rig, second);
		assert_int_equal(get(rig, c + 1, 0x8008), 2);
		assert_true(hash_of(rig, c + 1) == hash_of_snapshot(second, 1));
		put(rig, c, 0x5008, 5);
		reset(rig, c + 1, 1); /* any of them takes back all */
		assert_int_equal(get(rig, c, 0x5008), 2);
		reset(rig, a, 2);
		assert_int_equal(get(rig, a + 1, 0x8008), 0);
		assert_true(hash_of(rig, a) == hash_of_snapshot(snapshot, 0));
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		baton_snapshot_destroy(snapshot);
		baton_snapshot_destroy(second);
		rig_end(rig);
	}
}

static void a_groups_region_is_one_place_in_the_slots_of_all(void **state)
{
	for (int trapped = 0; trapped < 2; trapped++) {
		struct script s = { .count = 0 };
		struct baton_snapshot *snapshot;
		struct rig *rig;
		int a;

		fake_reset();
		rig = begin_group(&s, trapped);
		snapshot = snap(rig, 0, 2);
		a = fork_of(rig, snapshot);
		/* The machine that was made last is that of the group's second VM. */
		assert_int_equal(fake.slots[0].size, 0x8000);
		assert_ptr_equal(fake.slots[0].host, rig->vms[a + 1]->memory.base);
		assert_int_equal(fake.slots[1].gpa, 0xA000);
		assert_int_equal(fake.slots[1].size, SIZE - 0xA000);
		for (int i = 2; i < 48; i++) {
			if (!fake.slots[i].size)
				continue;
			assert_false(trapped);
			assert_int_equal(fake.slots[i].gpa, 0x8000);
			assert_true((uintptr_t)fake.slots[i].host ==
				    baton_vm_host_address(rig->vms[a], 0x5000));
		}
		assert_true(baton_vm_host_address(rig->vms[a], 0x5000) ==
			    baton_vm_host_address(rig->vms[a + 1], 0x8000));
		baton_snapshot_destroy(snapshot);
		rig_end(rig);
	}
}

static void a_trapped_region_is_served_in_a_fork(void **state)
{
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	struct rig *rig;
	int a;

	step(&s, fake_store(1 * MS, 0x5010, 8, 0xABC));
	rig = begin_group(&s, true);
	rig_run(rig, 0);
	snapshot = snap(rig, 0, 2);
	rig_destroy_vm(rig, 0);
	rig_destroy_vm(rig, 1);
	a = fork_of(rig, snapshot);
	rig_run(rig, S);
	assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_HALTED);
	assert_int_equal(get(rig, a + 1, 0x8010), 0xABC);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void a_group_goes_with_its_last_vm(void **state)
{
	struct script s = { .count = 0 };
	struct rig *rig = begin_group(&s, false);
	struct baton_snapshot *snapshot = snap(rig, 0, 2);
	struct baton_diag diag;
	int a = fork_of(rig, snapshot);

	baton_snapshot_destroy(snapshot);
	rig_destroy_vm(rig, a);
	assert_int_equal(baton_vm_reset(rig->vms[a + 1], &diag), -EINVAL);
	assert_non_null(strstr(diag.message, "1 are gone"));
	put(rig, a + 1, 0x8000, 1);
	rig_destroy_vm(rig, a + 1);
	rig_end(rig);
}

static void bells_of_a_group_wake_their_own(void **state)
{
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;
	struct rig *rig;
	int a;

	step(&s, fake_out(1 * MS, BATON_CALL_WAIT, 4, 3));
	rig = begin_group(&s, false);
	assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
	snapshot = snap(rig, 0, 2);
	a = fork_of(rig, snapshot);
	/* The second VM of the fork is made to ring instead. */
	for (int i = 0; i < 2; i++) {
		struct script rings = { .count = 0 };

		step(&rings, fake_out(0, BATON_CALL_RING, 4, 3));
		rig->vcpus[a + 1]->state = &rings;
		rig->vcpus[a + 1]->regs.rax = 0;
		rig->vms[a + 1]->vcpu.blocked_in_access = false;
		assert_int_equal(rig_run(rig, S), BATON_RUN_STUCK);
		assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_HALTED);
		assert_int_equal(rig_vm_stats(rig, a + 1).outcome, BATON_HALTED);
		assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
		assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_BLOCKED);
		reset(rig, a, 2);
	}
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* -------------------------------------------------------------------- devices */

static uint8_t drawn[4];
static unsigned draws;

static void draw(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	drawn[draws++ % 4] = *(const uint8_t *)data;
}

static void forks_draw_numbers_of_their_own_unless_told_otherwise(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_fork_config repeat = BATON_FORK_CONFIG;
	struct baton_random_config random = { .seed = 1 };
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	uint8_t first[4];
	int a;

	for (int i = 0; i < 4; i++)
		step(&s, fake_in(1 * MS, BATON_CALL_RANDOM, 4));
	rig_vm(rig, 1, play, &s);
	rig->vcpus[0]->got = draw;
	random.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_random, &random, NULL, NULL), 0);
	snapshot = snap(rig, 0, 1);
	rig_run(rig, S); /* the parent itself */
	memcpy(first, drawn, 4);
	repeat.repeat = true;
	a = fork_with(rig, snapshot, &repeat);
	assert_true(hash_of(rig, a) == hash_of_snapshot(snapshot, 0));
	rig_run(rig, S);
	assert_memory_equal(drawn, first, 4);
	a = fork_of(rig, snapshot);
	rig_run(rig, S);
	assert_memory_not_equal(drawn, first, 4);
	memcpy(first, drawn, 4);
	reset(rig, a, 1); /* what it drew it draws again */
	rig_run(rig, S);
	assert_memory_equal(drawn, first, 4);
	fork_of(rig, snapshot);
	rig_run(rig, S);
	assert_memory_not_equal(drawn, first, 4);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static uint64_t took_ns[8];
static unsigned tooks;

static void take_interrupt(struct fake_vcpu *vcpu, uint32_t vector)
{
	took_ns[tooks++ % 8] = fake.now_ns;
}

static struct fake_exit tick(struct fake_vcpu *vcpu)
{
	const struct baton_call_timer call = { .first_ns = 10 * MS, .period_ns = 7 * MS, .line = 2 };

	if (!vcpu->regs.rax) {
		vcpu->regs.rax = 1;
		memcpy(*(void **)vcpu->state, &call, sizeof(call));
		return fake_out(1 * MS, BATON_CALL_TIMER, 4, 0x5000);
	}
	return fake_hlt(0);
}

static void alarms_have_as_long_to_go_as_they_had(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_timer_config timer;
	struct baton_snapshot *snapshot;
	uint8_t *call;
	uint64_t begin;
	int a;

	rig_vm(rig, 1, tick, &call);
	rig->vcpus[0]->regs.rflags |= 0x200;
	rig->vcpus[0]->took = take_interrupt;
	call = rig->vms[0]->memory.base + 0x5000;
	timer.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_timer, &timer, NULL, NULL), 0);
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET); /* 6 ms are left: it was set after 1 */
	snapshot = snap(rig, 0, 1);
	rig_destroy_vm(rig, 0);
	fake_sleep(50 * MS);
	a = fork_of(rig, snapshot);
	baton_snapshot_destroy(snapshot);
	snapshot = snap(rig, a, 1); /* it has not run: its alarm is not set yet */
	rig_destroy_vm(rig, a);
	a = fork_of(rig, snapshot);
	baton_snapshot_destroy(snapshot);
	for (int i = 0; i < 2; i++) {
		fake_sleep(3 * MS);
		tooks = 0;
		begin = fake.now_ns;
		rig_run(rig, 22 * MS);
		assert_int_equal(tooks, 3);
		/* Its first turn began with the run; the period keeps its phase. */
		assert_int_equal(took_ns[0], begin + 6 * MS);
		assert_int_equal(took_ns[1], begin + 13 * MS);
		reset(rig, a, 1);
	}
	rig_end(rig);
}

struct out {
	char text[64];
	struct baton_vm *vm;
};

static void write_out(void *context, struct baton_vm *vm, const char *bytes, size_t count)
{
	struct out *out = context;

	strncat(out->text, bytes, count);
	out->vm = vm;
}

static void a_line_that_was_begun_goes_along(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct out out = { .text = "" };
	struct baton_console_config console = { .port = 0xE9, .write = write_out, .context = &out };
	struct baton_snapshot *snapshot;
	struct script s = { .count = 0 };
	int a;

	step(&s, fake_out(1 * MS, 0xE9, 1, 'a'));
	step(&s, fake_out(9 * MS, 0xE9, 1, 'b'));
	step(&s, fake_out(1 * MS, 0xE9, 1, '\n'));
	rig_vm(rig, 1, play, &s);
	console.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_console, &console, NULL, NULL), 0);
	assert_int_equal(rig_run(rig, 5 * MS), BATON_RUN_BUDGET);
	snapshot = snap(rig, 0, 1);
	rig_destroy_vm(rig, 0);
	assert_string_equal(out.text, "a"); /* handed on with the VM's end */
	a = fork_of(rig, snapshot);
	for (int i = 0; i < 2; i++) {
		out = (struct out){ .text = "" };
		rig_run(rig, S);
		assert_string_equal(out.text, "ab\n");
		assert_ptr_equal(out.vm, rig->vms[a]);
		reset(rig, a, 1);
	}
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* Between two VMs: 1 is handed over; the producer waits with 2. */
static void a_handoff_goes_on_within_its_group(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_handoff_config config = BATON_HANDOFF_CONFIG;
	struct script produces = { .count = 0 }, consumes = { .count = 0 };
	struct baton_snapshot *snapshot;
	int a;

	for (unsigned i = 1; i <= 3; i++)
		step(&produces, fake_out(0, 0x10, 1, i));
	step(&consumes, fake_out(0, BATON_CALL_SLEEP, 4, 10000));
	for (unsigned i = 1; i <= 3; i++)
		step(&consumes, fake_in(0, 0x11, 1));
	rig_vm(rig, 1, play, &produces);
	rig_vm(rig, 1, play, &consumes);
	rig->vcpus[1]->got = draw;
	config.traffic.producer = rig->vms[0];
	config.traffic.consumer = rig->vms[1];
	assert_int_equal(baton_device_create(rig->host, &baton_handoff, &config, NULL, NULL), 0);
	rig_run(rig, 5 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_BLOCKED);
	snapshot = snap(rig, 0, 2);
	rig_destroy_vm(rig, 0);
	rig_destroy_vm(rig, 1);
	a = fork_of(rig, snapshot);
	for (int i = 0; i < 2; i++) {
		draws = 0;
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		assert_int_equal(draws, 3);
		assert_memory_equal(drawn, "\1\2\3", 3);
		reset(rig, a, 2);
	}
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* All devices of one VM's that can go along, at once. */
static void every_device_of_ours_says_which_bytes_are_plain(void **state)
{
	static const struct baton_device_ops *const all[] = {
		&baton_console, &baton_latch, &baton_random, &baton_timer, &baton_doorbell,
		&baton_course, &baton_handoff, &baton_batch, &baton_ring, &baton_section,
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		assert_in_range(all[i]->plain, 1, all[i]->size);
		assert_true(all[i]->plain == all[i]->size || all[i]->forked);
	}
	assert_int_equal(baton_exits.size, 0);
	assert_true(!baton_files.plain && !baton_files.forked);
}

/* ------------------------------------------------------------------- refusals */

static int refused(struct rig *rig, struct baton_vm *const *vms, uint32_t count, const char *word)
{
	struct baton_snapshot *snapshot = (void *)&snapshot;
	struct baton_diag diag = { .message = "" };
	int64_t blocks = fake.live.blocks;
	int error = baton_snapshot_take(vms, count, &diag, &snapshot);

	assert_int_equal(fake.live.blocks, blocks);
	assert_ptr_equal(snapshot, &snapshot);
	if (!strstr(diag.message, word))
		fail_msg("%s: %s", diag.where, diag.message);
	return error;
}

static enum baton_verdict take_within(void *state, struct baton_access *a)
{
	struct rig *rig = state;
	struct baton_snapshot *snapshot;
	struct baton_fork_config config = BATON_FORK_CONFIG;
	uint64_t hash;

	assert_int_equal(refused(rig, rig->vms, 1, "between runs"), -EBUSY);
	assert_int_equal(baton_vm_hash(rig->vms[0], &hash), -EBUSY);
	snapshot = rig->context;
	assert_int_equal(baton_vm_fork(snapshot, rig->host, &config, NULL, NULL), -EBUSY);
	assert_int_equal(baton_vm_reset(rig->vms[1], NULL), -EBUSY);
	return BATON_RESUME;
}

static void what_makes_no_sense_is_refused_with_words(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS), *other = NULL;
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config stepped = rig_vm_config("stepped");
	struct script s = { .count = 0 };
	struct baton_vm *two[2];

	rig_vm(rig, 1, play, &s);
	rig_vm(rig, 1, play, &s);
	assert_int_equal(refused(rig, rig->vms, 0, "expected a VM"), -EINVAL);
	two[0] = two[1] = rig->vms[0];
	assert_int_equal(refused(rig, two, 2, "twice"), -EINVAL);
	config.kick_signal = SIGUSR1;
	other = rig_begin_with(&config);
	rig_vm(other, 1, play, &s);
	two[1] = other->vms[0];
	assert_int_equal(refused(rig, two, 2, "another host"), -EINVAL);
	rig_close(other);
	stepped.step_replay = true;
	rig_add(rig, &stepped, play, &s);
	assert_int_equal(refused(rig, rig->vms + 2, 1, "step_replay"), -EINVAL);
	assert_int_equal(baton_vm_reset(rig->vms[0], NULL), -EINVAL);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(refused(rig, rig->vms, 1, "has ended"), -EINVAL);
	rig_end(rig);
}

static void handlers_take_and_make_nothing(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;

	step(&s, fake_out(1 * MS, PORT + 8, 1, 0));
	rig_vm(rig, 1, play, &s);
	rig->context = snapshot = snap(rig, 0, 1);
	fork_of(rig, snapshot);
	rig_port(rig, 0, PORT + 8, 1, take_within, rig);
	rig_port(rig, 1, PORT + 8, 1, take_within, rig);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void what_belongs_together_is_taken_together(void **state)
{
	struct script s = { .count = 0 };
	struct rig *rig = begin_group(&s, false);
	struct baton_snapshot *snapshot;
	int a;

	assert_int_equal(refused(rig, rig->vms, 1, "`doorbell` serves VM `vm1`"), -EINVAL);
	snapshot = snap(rig, 0, 2);
	a = fork_of(rig, snapshot);
	assert_int_equal(refused(rig, rig->vms + a, 1, "`doorbell` serves VM `vm1.1`"), -EINVAL);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);

	rig = rig_begin("quantum", 0);
	rig_vm(rig, 1, play, &s);
	rig_vm(rig, 1, play, &s);
	{
		struct baton_region *region;

		assert_int_equal(baton_region_create(rig->host, 4096, NULL, &region), 0);
		assert_int_equal(baton_region_share(region, rig->vms[0], 0x5000, NULL), 0);
		assert_int_equal(baton_region_share(region, rig->vms[1], 0x5000, NULL), 0);
	}
	assert_int_equal(refused(rig, rig->vms, 1, "shares memory with VM `vm1`"), -EINVAL);
	rig_end(rig);
}

static void a_device_that_cannot_go_along_is_named(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .count = 0 };
	struct baton_files_config files = { .folder = "/" };

	rig_vm(rig, 1, play, &s);
	rig_vm(rig, 1, play, &s);
	rig_port(rig, 0, PORT, 1, note, NULL); /* of the rig: state, and no word about it */
	assert_int_equal(refused(rig, rig->vms, 1, "`rig` cannot be part"), -ENOTSUP);
	files.vm = rig->vms[1];
	assert_int_equal(baton_device_create(rig->host, &baton_files, &files, NULL, NULL), 0);
	assert_int_equal(refused(rig, rig->vms + 1, 1, "`files` cannot be part"), -ENOTSUP);
	rig_end(rig);
}

static void names_are_checked_and_made(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct script s = { .count = 0 };
	struct baton_snapshot *one, *two;
	char name[70];
	int a;

	rig_vm(rig, 1, play, &s);
	rig_vm(rig, 3, play, &s);
	one = snap(rig, 1, 1);
	two = snap(rig, 0, 2);
	assert_string_equal(baton_snapshot_vm_name(two, 1), "vm1");
	assert_null(baton_snapshot_vm_name(two, 2));
	a = fork_of(rig, one);
	assert_string_equal(baton_vm_name(rig->vms[a]), "vm1.1");
	assert_int_equal(rig_vm_stats(rig, a).share, 3);
	a = fork_of(rig, two);
	assert_string_equal(baton_vm_name(rig->vms[a]), "vm0.2");
	assert_string_equal(baton_vm_name(rig->vms[a + 1]), "vm1.2");
	config.name = "neo";
	config.share = 5;
	a = fork_with(rig, one, &config);
	assert_string_equal(baton_vm_name(rig->vms[a]), "neo");
	assert_int_equal(rig_vm_stats(rig, a).share, 5);
	assert_int_equal(baton_vm_fork(one, rig->host, &config, NULL, NULL), -EEXIST);
	a = fork_with(rig, two, &config);
	assert_string_equal(baton_vm_name(rig->vms[a + 1]), "neo.vm1");
	memset(name, 'x', sizeof(name));
	name[60] = 0;
	config.name = name;
	assert_int_equal(baton_vm_fork(two, rig->host, &config, NULL, NULL), -EINVAL);
	config.name = "";
	assert_int_equal(baton_vm_fork(one, rig->host, &config, NULL, NULL), -EINVAL);
	baton_snapshot_destroy(one);
	baton_snapshot_destroy(two);
	rig_end(rig);
}

/* ------------------------------------------------------------------- failures */

/* A group with a region, devices with and without pointers, and a pool. */
static struct rig *begin_everything(struct script *s)
{
	struct rig *rig = begin_group(s, false);
	struct baton_timer_config timer = { .vm = rig->vms[0] };

	add_note(rig, 0);
	add_note(rig, 1);
	assert_int_equal(baton_device_create(rig->host, &baton_timer, &timer, NULL, NULL), 0);
	put(rig, 0, 0x3000, 3);
	put(rig, 1, 0x8000, 8);
	return rig;
}

static void each_failure_to_take_one_changes_nothing(void **state)
{
	struct script s = { .count = 0 };
	uint64_t n = 0;

	for (bool failed = true; failed;) {
		struct baton_snapshot *snapshot = NULL;
		struct baton_diag diag = { .message = "" };
		struct rig *rig;
		int64_t blocks;
		int error;

		fake_reset();
		rig = begin_everything(&s);
		blocks = fake.live.blocks;
		fake_fail_any(++n);
		error = baton_snapshot_take(rig->vms, 2, &diag, &snapshot);
		failed = fake_failed(NULL);
		fake_fail_any(0);
		assert_int_equal(!error, !failed);
		assert_int_equal(!error, !*diag.message);
		if (failed)
			assert_true(!snapshot && fake.live.blocks <= blocks + 4);
		else
			baton_snapshot_destroy(snapshot);
		/* It goes on, and can be taken. */
		assert_int_equal(get(rig, 0, 0x3000), 3);
		assert_int_equal(get(rig, 0, 0x5000), 8);
		put(rig, 1, 0x8000, 9);
		snapshot = snap(rig, 0, 2);
		put(rig, 0, 0x5000, 10);
		assert_int_equal(get(rig, 1, 0x8000), 10);
		assert_int_equal(get(rig, fork_of(rig, snapshot), 0x5000), 9);
		baton_snapshot_destroy(snapshot);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		rig_end(rig);
	}
	assert_true(n > 20);
}

static void each_failure_to_fork_leaves_nothing(void **state)
{
	for (int generation = 0; generation < 2; generation++) {
		struct script s = { .count = 0 };
		uint64_t n = 0;

		for (bool failed = true; failed;) {
			struct baton_fork_config config = BATON_FORK_CONFIG;
			struct baton_diag diag = { .message = "" };
			struct baton_vm *vms[2] = { NULL, NULL };
			struct baton_snapshot *snapshot;
			struct rig *rig;
			int64_t blocks, mapped;
			int error, vcpus;

			fake_reset();
			rig = begin_everything(&s);
			snapshot = snap(rig, 0, 2);
			if (generation) {
				int a = fork_of(rig, snapshot);

				baton_snapshot_destroy(snapshot);
				put(rig, a, 0x3000, 3);
				snapshot = snap(rig, (unsigned)a, 2);
			}
			blocks = fake.live.blocks;
			mapped = fake.live.mapped_bytes;
			vcpus = fake.live.vcpus;
			fake_fail_any(++n);
			error = baton_vm_fork(snapshot, rig->host, &config, &diag, vms);
			failed = fake_failed(NULL);
			fake_fail_any(0);
			assert_int_equal(!error, !failed);
			assert_int_equal(!error, !*diag.message);
			if (failed) {
				assert_null(vms[0]);
				assert_int_equal(fake.live.blocks, blocks);
				assert_int_equal(fake.live.mapped_bytes, mapped);
				assert_int_equal(fake.live.vcpus, vcpus);
			} else {
				adopt(rig, vms[0]);
				adopt(rig, vms[1]);
			}
			baton_snapshot_destroy(snapshot);
			assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
			rig_end(rig);
		}
		assert_true(n > 20);
	}
}

static void each_failure_to_reset_ends_it_until_the_next(void **state)
{
	struct script s = { .count = 0 };
	uint64_t n = 0;

	for (bool failed = true; failed;) {
		struct baton_diag diag = { .message = "" };
		struct baton_snapshot *snapshot;
		struct rig *rig;
		int a, error;

		fake_reset();
		rig = begin_everything(&s);
		snapshot = snap(rig, 0, 2);
		a = fork_of(rig, snapshot);
		put(rig, a, 0x5000, 1);
		fake_fail_any(++n);
		error = baton_vm_reset(rig->vms[a], &diag);
		failed = fake_failed(NULL);
		fake_fail_any(0);
		assert_int_equal(!error, !failed);
		assert_int_equal(!error, !*diag.message);
		if (failed) {
			assert_int_equal(rig_vm_stats(rig, a).outcome, BATON_HALTED);
			assert_int_equal(rig_vm_stats(rig, a + 1).outcome, BATON_HALTED);
			assert_int_equal(rig_run(rig, S), BATON_RUN_DONE); /* the parents */
			reset(rig, a, 2);
		}
		assert_true(hash_of(rig, a) == hash_of_snapshot(snapshot, 0));
		assert_true(hash_of(rig, a + 1) == hash_of_snapshot(snapshot, 1));
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		baton_snapshot_destroy(snapshot);
		rig_end(rig);
	}
	assert_int_equal(n, 6); /* two states, two memories, a region, and none */
}

static int stubborn_forked(struct baton_device *device, void *state,
			   const struct baton_forking *forking, struct baton_diag *diag)
{
	return baton_diag_set(diag, -EPERM, "stubborn", "it will not");
}

static unsigned released;

static void release(void *state)
{
	released++;
}

static const struct baton_device_ops stubborn = {
	.name = "stubborn", .size = 16, .init = note_init, .forked = stubborn_forked, .fini = release,
};

static void a_device_may_refuse_to_be_forked(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;
	struct baton_diag diag;

	rig_vm(rig, 1, play, &s);
	assert_int_equal(baton_device_create(rig->host, &stubborn, &rig->vms[0], NULL, NULL), 0);
	snapshot = snap(rig, 0, 1);
	released = 0;
	assert_int_equal(baton_vm_fork(snapshot, rig->host, &config, &diag, NULL), -EPERM);
	assert_string_equal(diag.message, "it will not");
	assert_int_equal(released, 0); /* nothing to give back */
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
	assert_int_equal(released, 1);
}

/* ----------------------------------------------------------------------- pools */

static void a_pool_gives_machines_and_takes_them_back(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;
	struct baton_pool *pool;
	int vms[3];

	step(&s, fake_out(1 * MS, PORT, 1, 1));
	rig_vm(rig, 1, play, &s);
	add_note(rig, 0);
	put(rig, 0, 0x5000, 5);
	snapshot = snap(rig, 0, 1);
	assert_int_equal(baton_pool_create(rig->host, SIZE, 2, NULL, &pool), 0);
	assert_int_equal(baton_pool_ready(pool), 2);
	config.pool = pool;
	for (int round = 0; round < 3; round++) {
		uint64_t made = fake.calls[FAKE_MACHINE_CREATE];

		for (int i = 0; i < 3; i++) {
			vms[i] = fork_with(rig, snapshot, &config);
			rig->vcpus[vms[i]]->exits = 0;
			assert_true(hash_of(rig, vms[i]) == hash_of_snapshot(snapshot, 0));
		}
		assert_int_equal(fake.calls[FAKE_MACHINE_CREATE] - made, 1); /* the third's */
		assert_int_equal(baton_pool_ready(pool), 0);
		assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
		for (int i = 0; i < 3; i++) {
			assert_int_equal(noted(rig->vms[vms[i]]), 1);
			put(rig, vms[i], 0x5000, 6);
			rig_destroy_vm(rig, vms[i]);
			assert_int_equal(baton_pool_ready(pool), i ? 2 : 1);
		}
	}
	rig_vm(rig, 1, play, &s);
	baton_pool_destroy(pool);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void a_pool_may_go_before_its_forks_and_with_its_host(void **state)
{
	struct rig *rig = rig_begin("quantum", 10 * MS);
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;
	struct baton_pool *one, *two;
	int a;

	rig_vm(rig, 1, play, &s);
	snapshot = snap(rig, 0, 1);
	assert_int_equal(baton_pool_create(rig->host, SIZE, 1, NULL, &one), 0);
	assert_int_equal(baton_pool_create(rig->host, 2 * SIZE, 1, NULL, &two), 0);
	config.pool = one;
	a = fork_with(rig, snapshot, &config);
	config.pool = two; /* of another size: of no use, and no harm */
	fork_with(rig, snapshot, &config);
	assert_int_equal(baton_pool_ready(two), 1);
	baton_pool_destroy(one);
	rig_destroy_vm(rig, a);
	rig_destroy_vm(rig, a + 1);
	assert_int_equal(baton_pool_ready(two), 1);
	baton_pool_destroy(NULL);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void groups_come_from_pools_too(void **state)
{
	for (int trapped = 0; trapped < 2; trapped++) {
		struct baton_fork_config config = BATON_FORK_CONFIG;
		struct script s = { .count = 0 };
		struct baton_snapshot *snapshot;
		struct baton_pool *pool;
		struct rig *rig;

		fake_reset();
		rig = begin_group(&s, trapped);
		put(rig, 0, 0x5000, 5);
		snapshot = snap(rig, 0, 2);
		assert_int_equal(baton_pool_create(rig->host, SIZE, 2, NULL, &pool), 0);
		config.pool = pool;
		for (int i = 0; i < 2; i++) {
			int a = fork_with(rig, snapshot, &config);

			assert_int_equal(baton_pool_ready(pool), 0);
			rig->vcpus[a]->exits = rig->vcpus[a + 1]->exits = 0;
			assert_int_equal(get(rig, a + 1, 0x8000), 5);
			put(rig, a, 0x5000, 6);
			rig_run(rig, S);
			rig_destroy_vm(rig, a);
			rig_destroy_vm(rig, a + 1);
			assert_int_equal(baton_pool_ready(pool), 2);
			/* One slot again, over all of it. */
			assert_int_equal(fake.slots[0].size, SIZE);
			for (int k = 1; k < 48; k++)
				assert_int_equal(fake.slots[k].size, 0);
		}
		baton_snapshot_destroy(snapshot);
		rig_end(rig);
	}
}

static void pools_that_make_no_sense_are_refused(void **state)
{
	struct baton_host_config other_config = BATON_HOST_CONFIG;
	struct rig *rig = rig_begin("quantum", 0), *other;
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct script s = { .count = 0 };
	struct baton_snapshot *snapshot;
	struct baton_pool *pool = NULL;
	struct baton_diag diag;

	assert_int_equal(baton_pool_create(rig->host, 0, 1, &diag, &pool), -EINVAL);
	assert_int_equal(baton_pool_create(rig->host, 4095, 1, &diag, &pool), -EINVAL);
	assert_int_equal(baton_pool_create(rig->host, UINT64_C(4) << 30, 1, &diag, &pool), -EINVAL);
	assert_null(pool);
	rig_vm(rig, 1, play, &s);
	snapshot = snap(rig, 0, 1);
	other_config.kick_signal = SIGUSR1;
	other = rig_begin_with(&other_config);
	assert_int_equal(baton_pool_create(other->host, SIZE, 1, NULL, &pool), 0);
	config.pool = pool;
	assert_int_equal(baton_vm_fork(snapshot, rig->host, &config, &diag, NULL), -EINVAL);
	rig_close(other);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void each_failure_of_a_pool_leaves_what_is_ready(void **state)
{
	uint64_t n = 0;

	for (bool failed = true; failed;) {
		struct rig *rig;
		struct baton_pool *pool = NULL;
		struct baton_diag diag = { .message = "" };
		int64_t blocks;
		int error;

		fake_reset();
		rig = rig_begin("quantum", 0);
		blocks = fake.live.blocks;
		fake_fail_any(++n);
		error = baton_pool_create(rig->host, SIZE, 2, &diag, &pool);
		failed = fake_failed(NULL);
		fake_fail_any(0);
		assert_int_equal(!error, !failed);
		assert_int_equal(!error, !*diag.message);
		if (failed) {
			assert_null(pool);
			assert_int_equal(fake.live.blocks, blocks);
			assert_int_equal(fake.live.vcpus, 0);
		}
		rig_end(rig);
	}
	assert_true(n > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nobody_sees_what_another_writes),
		TEST(a_fork_of_a_fork_has_what_its_parent_changed),
		TEST(each_page_counts_for_the_hash),
		TEST(many_changes_are_copied_in_few_pieces),
		TEST(what_is_frozen_cannot_be_written_to),
		TEST(forks_run_on_and_are_reset_as_often_as_you_like),
		TEST(a_dead_fork_comes_back),
		TEST(a_fork_may_live_on_another_host),
		TEST(the_clock_of_a_fork_goes_on),
		TEST(a_read_that_waits_is_executed_again),
		TEST(a_write_that_waits_is_served_from_its_copy),
		TEST(the_write_of_a_read_modify_write_stands),
		TEST(in_the_midst_of_an_instruction_there_is_no_snapshot),
		TEST(lines_idleness_and_sleep_go_along),
		TEST(a_group_has_a_region_of_its_own),
		TEST(a_groups_region_is_one_place_in_the_slots_of_all),
		TEST(a_trapped_region_is_served_in_a_fork),
		TEST(a_group_goes_with_its_last_vm),
		TEST(bells_of_a_group_wake_their_own),
		TEST(forks_draw_numbers_of_their_own_unless_told_otherwise),
		TEST(alarms_have_as_long_to_go_as_they_had),
		TEST(a_line_that_was_begun_goes_along),
		TEST(a_handoff_goes_on_within_its_group),
		TEST(every_device_of_ours_says_which_bytes_are_plain),
		TEST(what_makes_no_sense_is_refused_with_words),
		TEST(handlers_take_and_make_nothing),
		TEST(what_belongs_together_is_taken_together),
		TEST(a_device_that_cannot_go_along_is_named),
		TEST(names_are_checked_and_made),
		TEST(each_failure_to_take_one_changes_nothing),
		TEST(each_failure_to_fork_leaves_nothing),
		TEST(each_failure_to_reset_ends_it_until_the_next),
		TEST(a_device_may_refuse_to_be_forked),
		TEST(a_pool_gives_machines_and_takes_them_back),
		TEST(a_pool_may_go_before_its_forks_and_with_its_host),
		TEST(groups_come_from_pools_too),
		TEST(pools_that_make_no_sense_are_refused),
		TEST(each_failure_of_a_pool_leaves_what_is_ready),
	};

	return cmocka_run_group_tests_name("snapshot", tests, NULL, NULL);
}
