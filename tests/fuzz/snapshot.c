/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot.c - fuzz target: a snapshot's file with any changes, and sums that are right.
 *
 * Two VMs over the fake KVM, a region and every device between them run for a while, and
 * are written into a file. The input's first byte says for how long; the rest are changes
 * of that file, section by section. What is read is loaded in the place of the VMs that
 * it is of, forked, run, and reset. It is refused with words, or a guest like any other.
 *
 * With clang, `ninja tests/fuzz/fuzz-snapshot` builds it for libFuzzer:
 *	build/tests/fuzz/fuzz-snapshot CORPUS tests/fuzz/corpus/snapshot
 * Everywhere else replay.c runs it over the corpus, as a test.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "baton/abi.h"
#include "baton/snapshot.h"
#include "baton/traffic.h"
#include "base/hash.h"
#include "fake.h"
#include "host/file.h"

#define MEMORY	(UINT64_C(64) << 10)
#define RING	0x2000 /* its state, with a count */
#define OTHER	0x2100 /* that of another one, without */
#define ARRAY	0x3000 /* of a batch */
#define CALL	0x4000 /* the arguments of `timer` */
#define WINDOW	0x8000 /* the region */
#define HANDOFF 0x10   /* ports from there on */
#define BATCH	0x20
#define TURNS	0x30
#define LATCH	0x40
#define SLOTS	4	/* of the ring */
#define ROOM	(1 << 20) /* for a file */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const int sides[2] = { 0, 1 };

/* The VMs, for a script that knows its vCPU only, and what is told to whoever listens. */
static struct {
	struct baton_vm *vms[4];
	unsigned count;
	uint64_t told;
} world;

static _Noreturn void fail(const char *what, const struct baton_diag *diag)
{
	fprintf(stderr, "%s: %s: %s\n", what, diag ? diag->where : "", diag ? diag->message : "");
	abort();
}

/* ------------------------------------------------------------------ guests */

static struct baton_vm *vm_of(const struct fake_vcpu *vcpu)
{
	for (unsigned i = 0; i < world.count; i++)
		if (fake_vcpu(world.vms[i]) == vcpu)
			return world.vms[i];
	fail("a vCPU of nobody's", NULL);
}

/* One item more, or less, in the copy of a ring that the VM has; not if its count forbids it. */
static void turn(struct baton_vm *vm, int side, uint64_t state, bool counts)
{
	uint32_t words[3];

	if (baton_vm_read(vm, state, words, sizeof(words)))
		fail("no ring", NULL);
	if (counts && words[2] == (side ? 0 : SLOTS))
		return;
	words[side] = (words[side] + 1) % SLOTS;
	if (counts)
		words[2] += side ? UINT32_MAX : 1;
	baton_vm_write(vm, state, words, sizeof(words));
}

/* RBX says what it does, four bits at a time, and so the file does. */
static struct fake_exit play(struct fake_vcpu *vcpu)
{
	uint16_t side = (uint16_t)*(const int *)vcpu->state;
	uint64_t data = vcpu->regs.rbx;

	vcpu->regs.rbx = data >> 4 | data << 60;
	switch (data & 15) {
	case 0:
		return side ? fake_in(1000, HANDOFF + 1, 4) : fake_out(1000, HANDOFF, 4, data);
	case 1:
		return fake_out(1000, HANDOFF + 2 * side, 4, data);
	case 2:
		return fake_out(1000, BATCH + 2 * side, 4, data >> 4 & 1 ? data : ARRAY);
	case 3:
		return fake_out(1000, BATCH + 1 + 2 * side, 4, data);
	case 4:
		return fake_in(1000, TURNS, 4);
	case 5:
		turn(vm_of(vcpu), side, RING, true);
		return fake_out(1000, TURNS + 1 + side, 4, 0);
	case 6: /* a turn begins, or ends, at the other ring */
		if (data >> 7 & 1)
			return fake_in(1000, TURNS + 3, 4);
		turn(vm_of(vcpu), side, OTHER, false);
		return fake_out(1000, TURNS + 4 + side, 4, 0);
	case 7:
		return fake_out(1000, LATCH + (data >> 4 & 3), 4, data);
	case 8:
		return fake_in(1000, LATCH + (data >> 4 & 3), 4);
	case 9:
		return fake_out(1000, BATON_CALL_TIMER, 4, CALL);
	case 10:
		return fake_in(1000, BATON_CALL_RANDOM, 4);
	case 11:
		return fake_out(1000, BATON_CALL_RING, 4, data >> 4 & 31);
	case 12:
		return fake_out(1000, BATON_CALL_WAIT, 4, data >> 4 & 31);
	case 13:
		return fake_hlt(1000);
	case 14:
		return fake_out(1000, BATON_CALL_SLEEP, 4, data >> 4 & 31);
	default:
		return fake_store(1000, data >> 4 & 1 ? 2 * MEMORY : data, 4, data);
	}
}

/* Reads all that it is told. */
static void told(void *context, const struct baton_traffic *event)
{
	(void)context;
	for (uint32_t i = 0; i < event->count; i++)
		world.told += event->items[i];
	for (uint32_t i = 0; event->ring && i < event->held; i++)
		world.told += event->ring[i];
}

static void add_device(struct baton_host *host, const struct baton_device_ops *ops,
		       const void *config)
{
	struct baton_diag diag;

	if (baton_device_create(host, ops, config, &diag, NULL))
		fail(ops->name, &diag);
}

static void add_devices(struct baton_host *host, struct baton_vm *const *vms)
{
	const struct baton_traffic_config traffic = { .producer = vms[0], .consumer = vms[1],
						      .event = told };
	const struct baton_ring_config rings[2] = {
		{ traffic, SLOTS, RING, BATON_RING_COUNT, TURNS, TURNS + 1, TURNS + 2 },
		{ traffic, SLOTS, OTHER, BATON_RING_POINTERS, TURNS + 3, TURNS + 4,
		  TURNS + 5 },
	};
	const struct baton_handoff_config handoff = { traffic, SLOTS, HANDOFF, HANDOFF + 1,
						      HANDOFF + 2 };
	const struct baton_batch_config batch = {
		traffic, SLOTS, { NULL, BATCH, BATCH + 1, BATCH + 2, BATCH + 3 },
	};
	const struct baton_doorbell_config bells = { vms, 2 };

	add_device(host, &baton_ring, &rings[0]);
	add_device(host, &baton_ring, &rings[1]);
	add_device(host, &baton_handoff, &handoff);
	add_device(host, &baton_batch, &batch);
	add_device(host, &baton_doorbell, &bells);
	for (int i = 0; i < 2; i++) {
		add_device(host, &baton_latch, &(struct baton_latch_config){ vms[i], LATCH, 4 });
		add_device(host, &baton_timer, &(struct baton_timer_config){ vms[i] });
		add_device(host, &baton_random, &(struct baton_random_config){ vms[i], 7 });
	}
}

static void run(struct baton_host *host, uint64_t ns)
{
	enum baton_run_end end;
	int error = baton_host_run(host, ns, &end);

	if (error) {
		fprintf(stderr, "a run returns %d\n", error);
		abort();
	}
}

static struct baton_host *begin(void)
{
	/* What they do before the file is written: a turn each, items, a bell, a timer, numbers. */
	static const uint64_t life[2] = { 0x540E302B0870A954, 0x8E31010101029A54 };
	static const struct baton_call_timer timer = { .first_ns = 2000, .line = 3 };
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_region *region;
	struct baton_host *host;

	fake_reset();
	if (baton_host_create(&config, NULL, &host) ||
	    baton_region_create(host, BATON__PAGE, NULL, &region))
		fail("no host", NULL);
	world.count = 0;
	for (int i = 0; i < 2; i++) {
		struct baton_vm_config c = BATON_VM_CONFIG;

		c.name = i ? "b" : "a";
		c.memory = MEMORY;
		c.image = "\xF4";
		c.image_size = 1;
		if (baton_vm_create(host, &c, NULL, &world.vms[i]) ||
		    baton_region_share(region, world.vms[i], WINDOW, NULL))
			fail("no VM", NULL);
		baton_vm_write(world.vms[i], CALL, &timer, sizeof(timer));
		fake_vcpu(world.vms[i])->next = play;
		fake_vcpu(world.vms[i])->state = (void *)&sides[i];
		fake_vcpu(world.vms[i])->regs.rbx = life[i];
	}
	world.count = 2;
	add_devices(host, world.vms);
	baton_vm_write(world.vms[0], WINDOW, "shared", 6);
	return host;
}

/* -------------------------------------------------------------------- files */

struct bytes {
	uint8_t *at;
	size_t size;
};

static int file_with(const struct bytes *b)
{
	int fd = memfd_create("file", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, b->at, b->size, 0) != (ssize_t)b->size)
		fail("no file", NULL);
	return fd;
}

static void write_file(const struct baton_snapshot *snapshot, struct bytes *b)
{
	int fd = memfd_create("file", MFD_CLOEXEC);
	struct baton_diag diag;
	ssize_t got;

	if (fd < 0 || baton_snapshot_write(snapshot, fd, "a note", 6, &diag))
		fail("cannot be written", &diag);
	got = pread(fd, b->at, ROOM, 0);
	if (got <= 0 || got == ROOM)
		fail("no bytes", NULL);
	b->size = (size_t)got;
	close(fd);
}

/* The section behind `at`, or, at first, the first. False: there is none, or its size lies. */
static bool next_section(const struct bytes *b, struct baton__file_section *s, size_t *at)
{
	*at = *at ? *at + sizeof(*s) + s->size + 8 : sizeof(struct baton__file_head) + 8;
	if (*at > b->size || b->size - *at < sizeof(*s) + 8)
		return false;
	memcpy(s, b->at + *at, sizeof(*s));
	return s->size <= b->size - *at - sizeof(*s) - 8;
}

/* Puts the sums right, which go over pieces as file_write.c puts them. */
static void mend(struct bytes *b)
{
	uint64_t sum = baton__hash(0, b->at, sizeof(struct baton__file_head));
	struct baton__file_section s;
	size_t at = 0;

	if (b->size < sizeof(struct baton__file_head) + 8)
		return;
	memcpy(b->at + sizeof(struct baton__file_head), &sum, 8);
	while (next_section(b, &s, &at)) {
		bool pages = s.kind == BATON__SECTION_MEMORY || s.kind == BATON__SECTION_REGION;
		uint8_t *from = b->at + at + sizeof(s), *end = from + s.size;
		size_t step = s.kind == BATON__SECTION_STATE  ? sizeof(struct baton__file_state) :
			      s.kind == BATON__SECTION_DEVICE ? sizeof(struct baton__file_device) :
			      pages			      ? 8 :
								s.size;

		sum = baton__hash(sum, b->at + at, sizeof(s));
		for (unsigned i = 0; from < end; i++) {
			if (step > (size_t)(end - from))
				step = (size_t)(end - from);
			sum = baton__hash(sum, from, step);
			from += step;
			step = !pages ? (size_t)(end - from) : i % 2 ? BATON__PAGE : 8;
		}
		memcpy(end, &sum, 8);
	}
}

/* ------------------------------------------------------------------ changes */

struct input {
	const uint8_t *at, *end;
};

static uint64_t take(struct input *in, unsigned bytes)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < bytes && in->at < in->end; i++)
		value |= (uint64_t)*in->at++ << 8 * i;
	return value;
}

/* Puts `size` bytes in at `at`, all the same, or takes -size out; a section's size goes along. */
static void resize(struct bytes *b, size_t section, size_t at, int64_t size, uint8_t byte)
{
	struct baton__file_section s;

	if (size > 0 && b->size + (size_t)size > ROOM)
		return;
	if (size > 0) {
		memmove(b->at + at + size, b->at + at, b->size - at);
		memset(b->at + at, byte, (size_t)size);
	} else {
		memmove(b->at + at, b->at + at - size, b->size - at - (size_t)-size);
	}
	b->size += (size_t)size;
	memcpy(&s, b->at + section, sizeof(s));
	s.size += (uint64_t)size;
	memcpy(b->at + section, &s, sizeof(s));
}

/* Which section, what to do with it, where in it, with what. */
static void change(struct bytes *b, struct input *in)
{
	unsigned which = (unsigned)take(in, 1), how = (unsigned)take(in, 1);
	struct baton__file_section s = { 0 };
	size_t at = 0, from, offset, place = take(in, 2), size = (size_t)1 << (how >> 3 & 3);
	uint64_t value = take(in, (unsigned)size);

	if (!which) { /* the head */
		memcpy(b->at + place % sizeof(struct baton__file_head), &value, 1);
		return;
	}
	while (which--)
		if (!next_section(b, &s, &at))
			return;
	from = at + sizeof(s);
	offset = s.size ? place % s.size : 0;
	switch (how & 7) {
	case 0: /* its header */
		memcpy(b->at + at + place % (sizeof(s) - 7), &value, size);
		break;
	case 1: /* more of it */
		resize(b, at, from + s.size, (int64_t)(value & 0x1FFF), (uint8_t)(value >> 13));
		break;
	case 2: /* less of it */
		resize(b, at, from + offset, -(int64_t)(s.size - offset), 0);
		break;
	case 3: /* the end of the file */
		b->size = from + offset;
		break;
	default:
		if (size <= s.size - offset)
			memcpy(b->at + from + offset, &value, size);
		break;
	}
}

/* -------------------------------------------------------------------- checks */

static void check_refusal(int error, const struct baton_diag *diag)
{
	if (error != -EINVAL && error != -ENOTSUP)
		fail("refused with another error", diag);
	if (!*diag->where || !*diag->message || !memchr(diag->message, 0, sizeof(diag->message)))
		fail("refused without words", NULL);
}

/* All that can be asked of a file. */
static void ask(const struct baton_snapshot_file *file)
{
	struct baton_snapshot_device device;
	struct baton_snapshot_info info;
	struct baton_snapshot_vm vm;
	uint64_t size, pages;
	size_t note;

	baton_snapshot_file_info(file, &info);
	for (uint32_t i = 0; i < info.vms; i++)
		if (baton_snapshot_file_vm(file, i, &vm) || !*vm.name || !baton_mode_name(vm.mode))
			fail("a VM that is none", NULL);
	for (uint32_t i = 0; i < info.devices; i++)
		if (baton_snapshot_file_device(file, i, &device) || !*device.type)
			fail("a device that is none", NULL);
	for (uint32_t i = 0; i < info.regions; i++)
		if (baton_snapshot_file_region(file, i, &size, &pages) ||
		    pages * BATON__PAGE > size)
			fail("a region that is none", NULL);
	if (!baton_snapshot_file_note(file, &note))
		fail("no note", NULL);
}

/* Where x87's registers would be, the fake's vCPU has pointers, which no file may change. */
static void keep_pointers(struct baton_snapshot_file *file,
			  const struct baton_snapshot_file *true_one)
{
	for (uint32_t i = 0; i < file->head.vms; i++)
		file->vms[i].state.xsave = true_one->vms[i & 1].state.xsave;
}

static int read_file(const struct bytes *b, struct baton_diag *diag,
		     struct baton_snapshot_file **file)
{
	int fd = file_with(b), error = baton_snapshot_file_read(fd, "FILE", diag, file);

	close(fd);
	return error;
}

/* It goes on, twice, as any VMs do; and what was loaded can be written and read. */
static void go_on(struct baton_host *host, struct baton_snapshot *snapshot, struct bytes *b,
		  bool repeat)
{
	const struct baton_fork_config config = { .share = BATON_FORK_SHARE, .repeat = repeat };
	struct baton_snapshot_file *again;
	struct baton_diag diag;
	uint64_t hash[2];

	write_file(snapshot, b);
	if (read_file(b, &diag, &again))
		fail("not read again", &diag);
	baton_snapshot_file_close(again);
	if (baton_vm_fork(snapshot, host, &config, &diag, &world.vms[2]))
		fail("not forked", &diag);
	world.count = 4;
	/* They need not be the same: the fake keeps no debug registers. */
	if (baton_snapshot_hash(snapshot, 0, &hash[0]) || baton_vm_hash(world.vms[2], &hash[1]))
		fail("no hash", NULL);
	run(host, 100000);
	if (baton_vm_reset(world.vms[3], &diag))
		fail("not reset", &diag);
	run(host, 50000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static uint8_t room[ROOM];
	struct input in = { bytes, bytes + size };
	uint8_t how = (uint8_t)take(&in, 1);
	struct bytes b = { room, 0 };
	struct baton_snapshot_file *true_one, *file;
	struct baton_snapshot *snapshot;
	struct baton_diag diag = { .message = "" };
	struct baton_host *host = begin();
	const char *leak;
	int error;

	run(host, 1 + (uint64_t)(how >> 1) * 500);
	if (baton_snapshot_take(world.vms, 2, &diag, &snapshot))
		fail("no snapshot", &diag);
	write_file(snapshot, &b);
	baton_snapshot_destroy(snapshot);
	if (read_file(&b, &diag, &true_one))
		fail("not read", &diag);
	while (in.at < in.end)
		change(&b, &in);
	mend(&b);
	error = read_file(&b, &diag, &file);
	if (!error) {
		ask(file);
		keep_pointers(file, true_one);
		error = baton_snapshot_load(file, world.vms, 2, &diag, &snapshot);
		baton_snapshot_file_close(file);
	}
	baton_snapshot_file_close(true_one);
	if (error) {
		check_refusal(error, &diag);
	} else {
		go_on(host, snapshot, &b, how & 1);
		baton_snapshot_destroy(snapshot);
	}
	baton_host_destroy(host);
	leak = fake_leak();
	if (leak) {
		fprintf(stderr, "left behind: %s\n", leak);
		abort();
	}
	return 0;
}
