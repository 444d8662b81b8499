/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapfile.c - snapshots in files: what goes in comes out, and what is cut, damaged, from
 * elsewhere, or lies, is refused, and leaves nothing.
 */
#include "rig.h"

#include <sys/mman.h>
#include <unistd.h>

#include "baton/abi.h"
#include "baton/snapshot.h"
#include "base/hash.h"
#include "host/file.h"

#define PORT 0x30
#define SIZE (UINT64_C(64) << 10)

/* -------------------------------------------------------------------- guests */

/* Where the guest stands is in RAX. */
static struct fake_exit play(struct fake_vcpu *vcpu)
{
	switch (vcpu->regs.rax++) {
	case 0:
		return fake_out(1000, PORT, 4, 7);
	case 1:
		return fake_out(1000, PORT, 4, 8); /* waits */
	default:
		return fake_hlt(0);
	}
}

/* Takes writes of 7; everything else waits until `open`. */
static bool open_now;
static uint64_t last;

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	if (a->data != 7 && !open_now)
		return BATON_BLOCK;
	last = a->data;
	return BATON_RESUME;
}

struct counted {
	uint32_t count;
	bool flag;
};

static int init(struct baton_device *device, void *state, const void *config, struct baton_diag *diag)
{
	const struct rig *rig = config;
	int error = 0;

	for (unsigned i = 0; i < rig->count && !error; i++)
		error = baton_device_claim_ports(device, rig->vms[i], PORT, 1, serve, diag);
	return error;
}

static int forked(struct baton_device *device, void *state, const struct baton_forking *forking,
		  struct baton_diag *diag)
{
	return 0;
}

static int check_counted(const void *state)
{
	return ((const struct counted *)state)->count < 100 ? 0 : -EINVAL;
}

static void due(void *state, uint64_t now_ns)
{
}

static const struct baton_device_ops counted = {
	.name = "counted", .size = sizeof(struct counted), .init = init, .due = due,
	.plain = sizeof(struct counted), .forked = forked, .check = check_counted, .layout = 3,
};

/* Two VMs that share a region, with a device. */
static struct rig *make(const struct baton_device_ops *ops, struct baton_device **device)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct baton_region *region;

	for (int i = 0; i < 2; i++) {
		struct baton_vm_config c = rig_vm_config(i ? "b" : "a");

		c.memory = SIZE * 4;
		rig_add(rig, &c, play, NULL);
	}
	assert_int_equal(baton_region_create(rig->host, 8192, NULL, &region), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(baton_region_share(region, rig->vms[i], 0x8000, NULL), 0);
	assert_int_equal(baton_device_create(rig->host, ops, rig, NULL, device), 0);
	rig->one_destroyed = true;
	return rig;
}

/* As it is half-way: both wait with their second write. */
static struct rig *half_way(void)
{
	struct baton_device *device;
	struct rig *rig = make(&counted, &device);

	open_now = false;
	((struct counted *)baton_device_state(device))->count = 42;
	rig_run(rig, 5 * MS);
	baton_vm_write(rig->vms[0], 0x8010, "shared", 7);
	baton_vm_write(rig->vms[1], 0x30000, "own", 4);
	baton_device_alarm(device, rig->vms[1], fake.now_ns + 3 * MS);
	return rig;
}

static struct baton_snapshot *snap(const struct rig *rig)
{
	struct baton_snapshot *snapshot;
	struct baton_diag diag;

	if (baton_snapshot_take(rig->vms, rig->count, &diag, &snapshot))
		fail_msg("%s: %s", diag.where, diag.message);
	return snapshot;
}

/* --------------------------------------------------------------------- files */

struct bytes {
	uint8_t *at;
	size_t size;
};

static struct bytes bytes_of(const struct baton_snapshot *snapshot)
{
	char path[256];
	struct baton_diag diag;
	struct bytes b = { 0 };
	int fd = test_file(path, sizeof(path));

	if (baton_snapshot_write(snapshot, fd, "a note", 6, &diag))
		fail_msg("%s: %s", diag.where, diag.message);
	b.size = (size_t)lseek(fd, 0, SEEK_END);
	b.at = malloc(b.size);
	assert_int_equal(pread(fd, b.at, b.size, 0), b.size);
	close(fd);
	unlink(path);
	return b;
}

static int read_bytes(const void *at, size_t size, struct baton_diag *diag,
		      struct baton_snapshot_file **file)
{
	int fd = memfd_create("file", MFD_CLOEXEC), error;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, at, size), size);
	lseek(fd, 0, SEEK_SET);
	error = baton_snapshot_file_read(fd, "FILE", diag, file);
	close(fd);
	return error;
}

static struct baton_snapshot_file *file_of(struct bytes b)
{
	struct baton_snapshot_file *file;
	struct baton_diag diag;

	if (read_bytes(b.at, b.size, &diag, &file))
		fail_msg("%s: %s", diag.where, diag.message);
	return file;
}

/* Sums after a change: pieces are those of file_write.c. */
static void mend(struct bytes b)
{
	uint64_t sum = baton__hash(0, b.at, sizeof(struct baton__file_head));
	size_t at = sizeof(struct baton__file_head);

	memcpy(b.at + at, &sum, 8);
	at += 8;
	while (at < b.size) {
		struct baton__file_section s;
		size_t fixed, step, end;

		memcpy(&s, b.at + at, sizeof(s));
		sum = baton__hash(sum, b.at + at, sizeof(s));
		at += sizeof(s);
		end = at + s.size;
		fixed = s.kind == BATON__SECTION_STATE	? sizeof(struct baton__file_state) :
			s.kind == BATON__SECTION_DEVICE ? sizeof(struct baton__file_device) :
			s.kind == BATON__SECTION_MEMORY || s.kind == BATON__SECTION_REGION ? 8 : s.size;
		for (step = fixed; at < end; at += step, step = end - at) {
			if (at != end - s.size && fixed == 8)
				step = (at - (end - s.size) - 8) % BATON__FILE_PAGE ? BATON__PAGE : 8;
			sum = baton__hash(sum, b.at + at, step);
		}
		memcpy(b.at + at, &sum, 8);
		at += 8;
	}
}

/* Where the payload of the n-th section of a kind begins. */
static uint8_t *payload(struct bytes b, enum baton__section kind, unsigned n)
{
	size_t at = sizeof(struct baton__file_head) + 8;

	while (at < b.size) {
		struct baton__file_section s;

		memcpy(&s, b.at + at, sizeof(s));
		if (s.kind == (uint32_t)kind && s.number == n)
			return b.at + at + sizeof(s);
		at += sizeof(s) + s.size + 8;
	}
	fail_msg("no section %d", kind);
	return NULL;
}

/* ----------------------------------------------------------------------- tests */

static void what_goes_in_comes_out(void **state)
{
	struct rig *rig = half_way(), *anew;
	struct baton_snapshot *before = snap(rig), *after;
	struct bytes b = bytes_of(before);
	struct baton_snapshot_file *file = file_of(b);
	struct baton_device *device;
	struct baton_diag diag;
	const char *note;
	size_t size;

	note = baton_snapshot_file_note(file, &size);
	assert_int_equal(size, 6);
	assert_memory_equal(note, "a note", 6);
	anew = make(&counted, &device);
	if (baton_snapshot_load(file, anew->vms, 2, &diag, &after))
		fail_msg("%s: %s", diag.where, diag.message);
	for (uint32_t i = 0; i < 2; i++) {
		uint64_t one, other;

		assert_int_equal(baton_snapshot_hash(before, i, &one), 0);
		assert_int_equal(baton_snapshot_hash(after, i, &other), 0);
		assert_int_equal(one, other);
		assert_string_equal(baton_snapshot_vm_name(after, i), i ? "b" : "a");
	}
	baton_snapshot_file_close(file);
	baton_snapshot_destroy(before);
	baton_snapshot_destroy(after);
	free(b.at);
	rig_close(anew);
	rig_end(rig);
}

/* On a host that had none of it, with the old names: the write that waited is served. */
static void a_run_goes_on_from_a_file(void **state)
{
	struct baton_fork_config config = BATON_FORK_CONFIG;
	struct rig *rig = half_way(), *on;
	struct baton_snapshot *before = snap(rig), *after;
	struct bytes b = bytes_of(before);
	struct baton_snapshot_file *file = file_of(b);
	struct baton_device *device;
	struct baton_vm *vms[2];
	struct baton_vm_stats stats;
	char text[8];

	baton_snapshot_destroy(before);
	rig_close(rig);
	rig = make(&counted, &device);
	assert_int_equal(baton_snapshot_load(file, rig->vms, 2, NULL, &after), 0);
	baton_snapshot_file_close(file);
	rig_close(rig);
	on = rig_begin("quantum", 0);
	config.same_names = true;
	assert_int_equal(baton_vm_fork(after, on->host, &config, NULL, vms), 0);
	assert_string_equal(baton_vm_name(vms[1]), "b");
	for (int i = 0; i < 2; i++) {
		on->vms[i] = vms[i];
		on->vcpus[i] = fake_vcpu(vms[i]);
	}
	on->count = 2;
	baton_vm_read(vms[1], 0x8010, text, 7);
	assert_string_equal(text, "shared");
	baton_vm_read(vms[1], 0x30000, text, 4);
	assert_string_equal(text, "own");
	last = 0;
	open_now = true;
	assert_int_equal(rig_run(on, 10 * MS), BATON_RUN_DONE);
	assert_int_equal(last, 8);
	baton_vm_stats(vms[0], &stats);
	assert_int_equal(stats.outcome, BATON_HALTED);
	baton_snapshot_destroy(after);
	free(b.at);
	rig_end(on);
}

static void a_cut_file_is_refused_wherever_it_is_cut(void **state)
{
	struct rig *rig = half_way();
	struct baton_snapshot *snapshot = snap(rig);
	struct bytes b = bytes_of(snapshot);
	struct baton_snapshot_file *file;
	struct baton_diag diag;

	for (size_t size = 0; size < b.size; size += size < 4096 || size + 4096 > b.size ? 1 : 61) {
		assert_int_equal(read_bytes(b.at, size, &diag, &file), -EINVAL);
		assert_non_null(strstr(diag.message, "the file ends"));
	}
	free(b.at);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void a_damaged_file_is_refused_wherever_it_is_damaged(void **state)
{
	struct rig *rig = half_way();
	struct baton_snapshot *snapshot = snap(rig);
	struct bytes b = bytes_of(snapshot);
	struct baton_snapshot_file *file;
	struct baton_diag diag;

	for (size_t at = 0; at < b.size; at += at < 4096 || at + 4096 > b.size ? 1 : 61) {
		b.at[at] ^= 0x10;
		assert_int_equal(read_bytes(b.at, b.size, &diag, &file), -EINVAL);
		b.at[at] ^= 0x10;
	}
	free(b.at);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* A change, and what is said of it: by reading, or by loading, with sums that are right. */
struct lie {
	enum baton__section kind;
	uint32_t number;
	size_t at, size;
	uint64_t value;
	int error;
	const char *said;
};

static void lies_are_found_out(void **state)
{
#define VM(field) BATON__SECTION_VM, 0, offsetof(struct baton__file_vm, field)
#define DEVICE(field) BATON__SECTION_DEVICE, 0, offsetof(struct baton__file_device, field)
	static const struct lie lies[] = {
		{ VM(name), 1, 'x', -EINVAL, "VM `x` there, `a` here" },
		{ VM(name), 1, 0, -EINVAL, "expected a name" },
		{ VM(mode), 4, 1, -EINVAL, "mode" },
		{ VM(mode), 4, 99, -EINVAL, "mode 99" },
		{ VM(flags), 4, 16, -EINVAL, "flags" },
		{ VM(zero), 4, 1, -EINVAL, "flags" },
		{ VM(memory), 8, SIZE, -EINVAL, "bytes of memory" },
		{ VM(reserved), 8, 4096, -EINVAL, "kept for devices" },
		{ VM(image_end), 8, SIZE * 4 + 1, -EINVAL, "image" },
		{ VM(image_first), 8, SIZE, -EINVAL, "image" },
		{ VM(irq_lines), 4, 0x10000, -EINVAL, "interrupt lines" },
		{ VM(standing_count), 4, 3, -EINVAL, "stand" },
		{ VM(standing_count), 4, 1, -EINVAL, "writes 0 bytes" },
		{ VM(place_count), 4, 17, -EINVAL, "regions" },
		{ VM(place_count), 4, 0, -EINVAL, "regions: 0" },
		{ VM(places[0].at), 8, 0x9000, -EINVAL, "another region" },
		{ VM(places[0].region), 4, 1, -EINVAL, "another region" },
		{ VM(blocked.size), 4, 8, -EINVAL, "writes 8 bytes" },
		{ VM(blocked.addr), 8, 0x10000, -EINVAL, "at 0x10000" },
		{ VM(blocked.memory), 4, 2, -EINVAL, "writes 4 bytes" },
		{ BATON__SECTION_MEMORY, 1, 0, 8, SIZE * 8, -EINVAL, "bytes of memory" },
		{ BATON__SECTION_MEMORY, 1, 0, 8, UINT64_MAX, -EINVAL, "expected whole pages" },
		{ BATON__SECTION_MEMORY, 1, 8, 8, UINT64_MAX, -EINVAL, "page 18446744073709551615" },
		{ BATON__SECTION_MEMORY, 1, 8, 8, SIZE * 4 / 4096, -EINVAL, "page 64" },
		{ BATON__SECTION_REGION, 0, 0, 8, 4096, -EINVAL, "region 0 has" },
		{ DEVICE(type), 1, 'x', -EINVAL, "is `xounted`" },
		{ DEVICE(layout), 4, 2, -EINVAL, "layout 2" },
		{ DEVICE(plain), 4, 1 << 30, -EINVAL, "bytes of a device" },
		{ DEVICE(alarm_vm), 4, 2, -EINVAL, "alarm for VM 2" },
		{ BATON__SECTION_DEVICE, 0, sizeof(struct baton__file_device), 4, 100, -EINVAL,
		  "cannot be as the file says" },
		{ BATON__SECTION_CPU, 0, sizeof(struct baton__leaf) + 8, 4, 1, -ENOTSUP,
		  "leaf 0x1.0 says 0x00000001 in EAX there" },
		{ BATON__SECTION_CPU, 0, 0, 4, 7, -ENOTSUP, "leaf 0x7.0 is only there" },
		{ BATON__SECTION_CPU, 0, 2 * sizeof(struct baton__leaf) + 8, 4, 1, 0, "" },
	};
	struct rig *rig = half_way(), *anew;
	struct baton_snapshot *snapshot = snap(rig), *loaded;
	struct bytes b = bytes_of(snapshot);
	struct baton_device *device;

	baton_snapshot_destroy(snapshot);
	anew = make(&counted, &device);
	for (size_t i = 0; i < COUNT(lies); i++) {
		const struct lie *l = &lies[i];
		uint8_t old[8], *at = payload(b, l->kind, l->number) + l->at;
		struct baton_snapshot_file *file;
		struct baton_diag diag = { .message = "" };
		int error;

		memcpy(old, at, l->size);
		memcpy(at, &l->value, l->size);
		mend(b);
		error = read_bytes(b.at, b.size, &diag, &file);
		if (!error) {
			error = baton_snapshot_load(file, anew->vms, 2, &diag, &loaded);
			baton_snapshot_file_close(file);
			if (!error)
				baton_snapshot_destroy(loaded);
		}
		if (error != l->error || !strstr(diag.message, l->said))
			fail_msg("lie %zu: %d, %s", i, error, diag.message);
		memcpy(at, old, l->size);
	}
	free(b.at);
	rig_close(anew);
	rig_end(rig);
}

/* Any byte of a payload but the fake's pointers, which lie in place of x87's registers. */
static uint8_t *any_byte(struct bytes b, uint64_t *random)
{
	for (;;) {
		size_t at = sizeof(struct baton__file_head) + 8;
		size_t target = fake_random(random) % b.size;

		/* Half of them away from memory, of which there is most. */
		if (fake_random(random) % 2)
			target = fake_random(random) % 2 ? (size_t)(payload(b, BATON__SECTION_DEVICE, 0) -
								    b.at) + target % 64 :
							   (size_t)(payload(b, BATON__SECTION_VM, 0) - b.at) +
								   target % sizeof(struct baton__file_vm);
		while (at < b.size) {
			struct baton__file_section s;
			size_t begin = at + sizeof(s);

			memcpy(&s, b.at + at, sizeof(s));
			at = begin + s.size + 8;
			if (target < begin || target >= begin + s.size)
				continue;
			if (s.kind == BATON__SECTION_STATE &&
			    target - begin >= offsetof(struct baton__file_state, xsave))
				break;
			return b.at + target;
		}
	}
}

/* Whatever it says, with sums that are right: it is refused with words, or can be forked. */
static void any_lie_is_refused_or_forked(void **state)
{
	struct rig *rig = half_way();
	struct baton_snapshot *snapshot = snap(rig), *loaded;
	struct bytes b = bytes_of(snapshot);
	uint64_t random = 20261129, refused = 0, ran = 0;

	baton_snapshot_destroy(snapshot);
	for (int i = 0; i < 2000; i++) {
		struct baton_snapshot_file *file;
		struct baton_diag diag = { .message = "" };
		struct baton_vm *vms[2];
		uint8_t old[4], *at[4];
		int changes = 1 + (int)(fake_random(&random) % 4), error;

		for (int k = 0; k < changes; k++) {
			at[k] = any_byte(b, &random);
			old[k] = *at[k];
			*at[k] = (uint8_t)fake_random(&random);
		}
		mend(b);
		error = read_bytes(b.at, b.size, &diag, &file);
		if (!error) {
			error = baton_snapshot_load(file, rig->vms, 2, &diag, &loaded);
			baton_snapshot_file_close(file);
		}
		if (error) {
			assert_true(*diag.message);
			refused++;
		} else {
			const struct baton_fork_config config = BATON_FORK_CONFIG;

			assert_int_equal(baton_vm_fork(loaded, rig->host, &config, &diag, vms), 0);
			baton_snapshot_destroy(loaded);
			open_now = true;
			baton_vm_destroy(vms[0]);
			baton_vm_destroy(vms[1]);
			open_now = false;
			ran++;
		}
		for (int k = changes; k--;)
			*at[k] = old[k];
	}
	assert_true(refused > 100 && ran > 100);
	free(b.at);
	rig_end(rig);
}

static void another_kind_of_file_or_version_is_named(void **state)
{
	struct rig *rig = half_way();
	struct baton_snapshot *snapshot = snap(rig);
	struct bytes b = bytes_of(snapshot);
	struct baton_snapshot_file *file;
	struct baton_diag diag;
	uint8_t *longer = malloc(b.size + 1);

	memcpy(longer, b.at, b.size);
	longer[b.size] = 0;
	assert_int_equal(read_bytes(longer, b.size + 1, &diag, &file), -EINVAL);
	assert_non_null(strstr(diag.message, "something follows"));
	longer[8] = 2;
	assert_int_equal(read_bytes(longer, b.size, &diag, &file), -EINVAL);
	assert_non_null(strstr(diag.message, "version 2; this Baton reads version 1"));
	assert_string_equal(diag.where, "FILE");
	longer[0] = 'b';
	assert_int_equal(read_bytes(longer, b.size, &diag, &file), -EINVAL);
	assert_non_null(strstr(diag.message, "no snapshot of Baton's"));
	free(longer);
	free(b.at);
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

/* One without check() is neither written nor read. */
static void a_device_that_does_not_check_stays_out_of_files(void **state)
{
	struct baton_device_ops unchecked = counted;
	struct baton_snapshot *snapshot;
	struct baton_device *device;
	struct baton_diag diag;
	struct rig *rig;

	unchecked.check = NULL;
	rig = make(&unchecked, &device);
	snapshot = snap(rig);
	assert_int_equal(baton_snapshot_write(snapshot, -1, NULL, 0, &diag), -ENOTSUP);
	assert_non_null(strstr(diag.message, "`counted`"));
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void each_failure_to_write_is_returned(void **state)
{
	struct rig *rig = half_way();
	struct baton_snapshot *snapshot = snap(rig);
	bool failed = true;

	for (uint64_t nth = 1; failed; nth++) {
		int fd = memfd_create("file", MFD_CLOEXEC), error;
		struct baton_diag diag = { .message = "" };

		fake_fail_any(nth);
		error = baton_snapshot_write(snapshot, fd, "a note", 6, &diag);
		failed = fake_failed(NULL);
		assert_int_equal(!error, !failed);
		assert_int_equal(!*diag.message, !failed);
		fake_fail_any(0);
		close(fd);
	}
	baton_snapshot_destroy(snapshot);
	rig_end(rig);
}

static void each_failure_to_read_or_load_leaves_nothing(void **state)
{
	struct rig *rig = half_way(), *anew;
	struct baton_snapshot *snapshot = snap(rig), *loaded;
	struct bytes b = bytes_of(snapshot);
	struct baton_device *device;
	bool failed = true;
	int fd = memfd_create("file", MFD_CLOEXEC);

	baton_snapshot_destroy(snapshot);
	assert_int_equal(write(fd, b.at, b.size), b.size);
	free(b.at);
	anew = make(&counted, &device);
	assert_int_equal(baton_snapshot_take(anew->vms, 2, NULL, &snapshot), 0); /* frozen once */
	for (uint64_t nth = 1; failed; nth++) {
		struct baton_snapshot_file *file = NULL;
		struct baton_diag diag = { .message = "" };
		int error;

		lseek(fd, 0, SEEK_SET);
		fake_fail_any(nth);
		error = baton_snapshot_file_read(fd, "FILE", &diag, &file);
		if (!error)
			error = baton_snapshot_load(file, anew->vms, 2, &diag, &loaded);
		failed = fake_failed(NULL);
		fake_fail_any(0);
		if (!error != !failed || !*diag.message != !failed)
			fail_msg("failure %llu: %d, \"%s\"", (unsigned long long)nth, error, diag.message);
		baton_snapshot_file_close(file);
		if (!error)
			baton_snapshot_destroy(loaded);
	}
	close(fd);
	baton_snapshot_destroy(snapshot);
	rig_close(anew);
	rig_end(rig);
}

/* What devices of ours take from a file. */
static void devices_of_ours_refuse_what_they_cannot_be(void **state)
{
	static const struct baton_device_ops *const all[] = {
		&baton_console, &baton_latch, &baton_random, &baton_timer, &baton_doorbell,
		&baton_course, &baton_section,
	};

	for (size_t i = 0; i < COUNT(all); i++) {
		uint8_t *zeroes = calloc(1, all[i]->size), *ones = calloc(1, all[i]->size);
		bool any = all[i] == &baton_latch || all[i] == &baton_random;

		memset(ones + all[i]->size - all[i]->plain, 0xFF, all[i]->plain);
		assert_int_equal(all[i]->check(zeroes), 0);
		assert_int_equal(all[i]->check(ones), any ? 0 : -EINVAL);
		free(zeroes);
		free(ones);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_goes_in_comes_out),
		TEST(a_run_goes_on_from_a_file),
		TEST(a_cut_file_is_refused_wherever_it_is_cut),
		TEST(a_damaged_file_is_refused_wherever_it_is_damaged),
		TEST(lies_are_found_out),
		TEST(any_lie_is_refused_or_forked),
		TEST(another_kind_of_file_or_version_is_named),
		TEST(a_device_that_does_not_check_stays_out_of_files),
		TEST(each_failure_to_write_is_returned),
		TEST(each_failure_to_read_or_load_leaves_nothing),
		TEST(devices_of_ours_refuse_what_they_cannot_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
