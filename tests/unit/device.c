/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.c - claims and their conflicts, the life of a device, and Baton's own
 * two: console and latch.
 */
#include "rig.h"

#include "baton/abi.h"

struct script {
	struct fake_exit steps[700];
	unsigned at, count;
	uint8_t got[64];
	size_t got_bytes;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct script *s = vcpu->state;

	memcpy(s->got + s->got_bytes, data, bytes);
	s->got_bytes += bytes;
}

static int add(struct rig *rig, struct script *s)
{
	int vm = rig_vm(rig, 1, play, s);

	rig->vcpus[vm]->got = got;
	return vm;
}

static enum baton_verdict accept(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_RESUME;
}

/* ------------------------------------------------------------------- claims */

/* A device that makes one claim, then fails if it is told to. */
struct wish {
	struct baton_vm *vm;
	bool mmio;
	uint64_t first, count;
	int then_fail;
};

static int wish_init(struct baton_device *device, void *state, const void *config,
		     struct baton_diag *diag)
{
	const struct wish *w = config;
	int error;

	(void)state;
	if (w->mmio)
		error = baton_device_claim_mmio(device, w->vm, w->first, w->count, accept, diag);
	else
		error = baton_device_claim_ports(device, w->vm, (uint16_t)w->first,
						 (uint32_t)w->count, accept, diag);
	return error ? error : w->then_fail;
}

static unsigned finis;

static void wish_fini(void *state)
{
	(void)state;
	finis++;
}

static const struct baton_device_ops wish_ops = {
	.name = "wish", .size = 0, .init = wish_init, .fini = wish_fini,
};

static int wish(struct rig *rig, bool mmio, uint64_t first, uint64_t count)
{
	const struct wish w = { rig->vms[0], mmio, first, count, 0 };
	struct baton_diag diag = { .message = "" };
	int error = baton_device_create(rig->host, &wish_ops, &w, &diag, NULL);

	assert_int_equal(!error, !*diag.message);
	return error;
}

static void port_claims_stay_within_the_space_and_apart(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .count = 0 };

	(void)state;
	add(rig, &s);
	assert_int_equal(wish(rig, false, 0, 0), -EINVAL);
	assert_int_equal(wish(rig, false, 0xFFFF, 2), -EINVAL);
	assert_int_equal(wish(rig, false, 0, 0x10001), -EINVAL);
	assert_int_equal(wish(rig, false, 1, UINT32_MAX), -EINVAL);
	assert_int_equal(wish(rig, false, 0xFFFF, 1), 0);
	assert_int_equal(wish(rig, false, 0, 1), 0);
	assert_int_equal(wish(rig, false, 0, 1), -EEXIST);
	assert_int_equal(wish(rig, false, 0xFFF0, 0x10), -EEXIST);
	assert_int_equal(wish(rig, false, 0, 0x10000), -EEXIST);
	assert_int_equal(wish(rig, false, BATON_CALL_BASE, 1), -EEXIST); /* the hypercalls */
	assert_int_equal(wish(rig, false, 1, BATON_CALL_BASE - 1), 0);
	rig_end(rig);
}

static void mmio_claims_lie_outside_of_memory(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .count = 0 };
	uint64_t memory;

	(void)state;
	add(rig, &s);
	memory = baton_vm_memory(rig->vms[0]);
	assert_int_equal(wish(rig, true, 0, 1), -EEXIST);
	assert_int_equal(wish(rig, true, memory - 1, 1), -EEXIST);
	assert_int_equal(wish(rig, true, memory - 1, 2), -EEXIST);
	assert_int_equal(wish(rig, true, memory, 4096), 0);
	assert_int_equal(wish(rig, true, memory + 4095, 1), -EEXIST);
	assert_int_equal(wish(rig, true, (UINT64_C(1) << 52) - 1, 1), 0);
	assert_int_equal(wish(rig, true, (UINT64_C(1) << 52) - 1, 2), -EINVAL);
	assert_int_equal(wish(rig, true, UINT64_C(1) << 52, 1), -EINVAL);
	assert_true(wish(rig, true, UINT64_MAX, 2) < 0);
	assert_true(wish(rig, true, UINT64_MAX - 10, 100) < 0);
	assert_true(wish(rig, true, 1 << 20, UINT64_MAX) < 0);
	assert_int_equal(wish(rig, true, 1 << 20, 0), -EINVAL);
	rig_end(rig);
}

static void what_failed_to_be_made_leaves_no_claim(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .steps = { fake_out(0, 0x10, 1, 0) }, .count = 1 };
	struct baton_device *device = NULL;
	struct wish w;

	(void)state;
	add(rig, &s);
	w = (struct wish){ rig->vms[0], false, 0x10, 1, -EIO };
	assert_int_equal(baton_device_create(rig->host, &wish_ops, &w, NULL, &device), -EIO);
	assert_null(device);
	for (int n = 1; n <= 3; n++) {
		fake_fail_any((uint64_t)n); /* device, state, claim */
		w.then_fail = 0;
		assert_int_equal(baton_device_create(rig->host, &wish_ops, &w, NULL, &device), -ENOMEM);
		assert_null(device);
		fake_fail_any(0);
	}
	assert_int_equal(wish(rig, false, 0x10, 1), 0);
	finis = 0;
	rig_end(rig);
	assert_int_equal(finis, 1); /* of the one that was made */
}

static struct baton_vm *pair[2];

static int pair_init(struct baton_device *device, void *state, const void *config,
		     struct baton_diag *diag)
{
	(void)state, (void)config;
	for (int i = 0; i < 2; i++) {
		int error = baton_device_claim_ports(device, pair[i], 0x10, 1, accept, diag);

		if (error)
			return error;
	}
	return 0;
}

static const struct baton_device_ops pair_ops = { .name = "pair", .init = pair_init };

static void one_device_may_serve_several_vms(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script a = { .steps = { fake_out(0, 0x10, 1, 0) }, .count = 1 };
	struct script b = { .steps = { fake_out(0, 0x10, 1, 0) }, .count = 1 };

	(void)state;
	pair[0] = rig->vms[add(rig, &a)];
	pair[1] = rig->vms[add(rig, &b)];
	assert_int_equal(baton_device_create(rig->host, &pair_ops, NULL, NULL, NULL), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	assert_int_equal(rig_vm_stats(rig, 1).outcome, BATON_HALTED);
	/* One of its VMs goes: the device stays for the other. */
	rig_destroy_vm(rig, 0);
	rig_end(rig);
}

static void a_vm_of_another_host_cannot_be_claimed(void **state)
{
	struct rig *rig = rig_begin("quantum", 0), *other = rig_begin("quantum", 0);
	struct script s = { .count = 0 };
	struct wish w;

	(void)state;
	add(rig, &s);
	w = (struct wish){ rig->vms[0], false, 0x10, 1, 0 };
	assert_int_equal(baton_device_create(other->host, &wish_ops, &w, NULL, NULL), -EINVAL);
	w.mmio = true;
	w.first = 1 << 20;
	assert_int_equal(baton_device_create(other->host, &wish_ops, &w, NULL, NULL), -EINVAL);
	rig_close(other);
	rig_end(rig);
}

/* ------------------------------------------------------------------ console */

struct written {
	char text[2000];
	size_t bytes;
	size_t lengths[32];
	unsigned calls;
	struct baton_vm *vm;
	unsigned refusals; /* so often it is not ready */
};

static bool ready(void *context)
{
	struct written *w = context;

	return !w->refusals || !w->refusals--;
}

static void keep(void *context, struct baton_vm *vm, const char *bytes, size_t count)
{
	struct written *w = context;

	memcpy(w->text + w->bytes, bytes, count);
	w->bytes += count;
	w->lengths[w->calls++] = count;
	w->vm = vm;
	/* The VM still stands when its last words are written. */
	assert_true(strlen(baton_vm_name(vm)) > 0);
}

static void add_console(struct rig *rig, int vm, struct written *w)
{
	const struct baton_console_config c = {
		.vm = rig->vms[vm], .port = BATON_CONSOLE_PORT, .ready = ready, .write = keep, .context = w,
	};

	assert_int_equal(baton_device_create(rig->host, &baton_console, &c, NULL, NULL), 0);
}

static void print(struct script *s, const char *text)
{
	while (*text)
		s->steps[s->count++] = fake_out(0, BATON_CONSOLE_PORT, 1, (uint8_t)*text++);
}

static void a_console_hands_on_line_by_line(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	static struct script s;
	static struct written w;

	(void)state;
	s = (struct script){ .count = 0 };
	w = (struct written){ .bytes = 0 };
	print(&s, "one\n\ntwo\nand the rest");
	add(rig, &s);
	add_console(rig, 0, &w);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.calls, 4);
	assert_int_equal(w.lengths[0], 4);
	assert_int_equal(w.lengths[1], 1);
	assert_int_equal(w.lengths[2], 4);
	assert_int_equal(w.lengths[3], 12); /* when the guest ended */
	assert_memory_equal(w.text, "one\n\ntwo\nand the rest", w.bytes);
	assert_ptr_equal(w.vm, rig->vms[0]);
	rig_end(rig);
	assert_int_equal(w.calls, 4);
}

static void a_console_that_is_not_ready_holds_up_its_vm_alone(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	static struct script s, other;
	static struct written w, idle;

	(void)state;
	s = other = (struct script){ .count = 0 };
	w = (struct written){ .refusals = 3 };
	idle = (struct written){ .bytes = 0 };
	print(&s, "a\nb\n");
	print(&other, "x\n");
	add(rig, &s);
	add(rig, &other);
	add_console(rig, 0, &w);
	add_console(rig, 1, &idle);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_memory_equal(w.text, "a\nb\n", 4);
	assert_int_equal(w.calls, 2); /* nothing twice, nothing lost */
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 3 * MS);
	assert_int_equal(rig_vm_stats(rig, 0).by_kind[BATON_EXIT_IO_OUT].count, 4);
	assert_int_equal(rig_vm_stats(rig, 1).blocked_ns, 0);
	assert_int_equal(rig->turns[0].vm, 0);
	assert_int_equal(rig->turns[1].vm, 1);
	rig_end(rig);
}

/* A piece of a long line is handed on as a line is. */
static void a_long_line_waits_for_its_reader_too(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	static struct script s;
	static struct written w;

	(void)state;
	s = (struct script){ .count = 0 };
	w = (struct written){ .refusals = 2 };
	for (int i = 0; i < 256; i++)
		print(&s, "x");
	add(rig, &s);
	add_console(rig, 0, &w);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.lengths[0], 256);
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 2 * MS);
	rig_end(rig);
}

static void a_long_line_comes_in_pieces_and_complete(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	static struct script s;
	static struct written w;
	char text[601];

	(void)state;
	s = (struct script){ .count = 0 };
	w = (struct written){ .bytes = 0 };
	for (int i = 0; i < 600; i++)
		text[i] = (char)('a' + i % 26);
	text[599] = '\n';
	text[600] = 0;
	print(&s, text);
	add(rig, &s);
	add_console(rig, 0, &w);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.calls, 3);
	assert_int_equal(w.lengths[0], 256);
	assert_int_equal(w.lengths[1], 256);
	assert_int_equal(w.bytes, 600);
	assert_memory_equal(w.text, text, 600);
	rig_end(rig);
}

static void every_byte_passes_a_console_unchanged(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	static struct script s;
	static struct written w;

	(void)state;
	s = (struct script){ .count = 0 };
	w = (struct written){ .bytes = 0 };
	for (int i = 0; i < 256; i++)
		s.steps[s.count++] = fake_out(0, BATON_CONSOLE_PORT, 1, (uint64_t)i);
	add(rig, &s);
	add_console(rig, 0, &w);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(w.bytes, 256);
	for (int i = 0; i < 256; i++)
		assert_int_equal((uint8_t)w.text[i], i);
	rig_end(rig);
}

static void last_words_are_written_when_the_vm_or_the_host_goes(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		static struct script s;
		static struct written w;
		struct rig *rig;

		fake_reset();
		rig = rig_begin("quantum", 0);
		s = (struct script){ .count = 0 };
		w = (struct written){ .bytes = 0 };
		print(&s, "unfinished");
		s.steps[s.count++] = fake_spin();
		add(rig, &s);
		add_console(rig, 0, &w);
		assert_int_equal(rig_run(rig, 1 * MS), BATON_RUN_BUDGET);
		assert_int_equal(w.bytes, 0);
		if (how == 0)
			rig_destroy_vm(rig, 0);
		if (how == 1) {
			/* Its memory is gone by the time the console goes. */
			rig_destroy_vm(rig, 0);
			assert_int_equal(rig_run(rig, 1 * MS), BATON_RUN_DONE);
		}
		rig_end(rig);
		assert_int_equal(w.bytes, 10);
		assert_int_equal(w.calls, 1);
	}
}

static void consoles_refuse_what_they_cannot_do(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .steps = { fake_in(0, BATON_CONSOLE_PORT, 1),
				       fake_out(0, BATON_CONSOLE_PORT, 2, 0x4142) }, .count = 2 };
	struct baton_console_config c = { .port = BATON_CONSOLE_PORT };
	struct written w = { .bytes = 0 };

	(void)state;
	add(rig, &s);
	c.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_console, &c, NULL, NULL), -EINVAL);
	add_console(rig, 0, &w);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(s.got[0], 0xFF); /* as a port without a device */
	assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_FAULT);
	assert_int_equal(w.bytes, 0);
	rig_end(rig);
}

/* -------------------------------------------------------------------- latch */

static void a_latch_gives_back_per_port_what_was_written(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .steps = {
		fake_in(0, 0x10, 4),			 /* nothing yet: 0 */
		fake_out(0, 0x10, 4, 0x11223344), fake_out(0, 0x1F, 2, 0xBEEF),
		fake_in(0, 0x10, 4), fake_in(0, 0x1F, 2),
		fake_in(0, 0x10, 1),			 /* the lowest byte */
		fake_out(0, 0x10, 1, 0x55), fake_in(0, 0x10, 4), /* what was written last, alone */
		fake_in(0, 0x11, 4),
	}, .count = 9 };
	struct baton_latch_config c = { .first = 0x10, .count = 16 };

	(void)state;
	add(rig, &s);
	c.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_latch, &c, NULL, NULL), 0);
	assert_int_equal(rig_run(rig, S), BATON_RUN_DONE);
	assert_int_equal(rig_vm_stats(rig, 0).outcome, BATON_HALTED);
	assert_int_equal(s.got_bytes, 19);
	assert_memory_equal(s.got, "\0\0\0\0\x44\x33\x22\x11\xEF\xBE\x44\x55\0\0\0\0\0\0\0", 19);
	rig_end(rig);
}

static void a_latch_has_1_to_16_ports(void **state)
{
	struct rig *rig = rig_begin("quantum", 0);
	struct script s = { .count = 0 };
	struct baton_latch_config c = { .first = 0x10 };
	struct baton_diag diag = { .message = "" };

	(void)state;
	add(rig, &s);
	c.vm = rig->vms[0];
	for (c.count = 0; c.count < 20; c.count++) {
		int error = baton_device_create(rig->host, &baton_latch, &c, &diag, NULL);

		if (c.count < 1 || c.count > 16)
			assert_int_equal(error, -EINVAL);
		else
			assert_int_equal(error, 0);
		c.first += 0x20;
	}
	c.first = 0xFFF8;
	c.count = 9;
	assert_int_equal(baton_device_create(rig->host, &baton_latch, &c, &diag, NULL), -EINVAL);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(port_claims_stay_within_the_space_and_apart),
		TEST(mmio_claims_lie_outside_of_memory),
		TEST(what_failed_to_be_made_leaves_no_claim),
		TEST(one_device_may_serve_several_vms),
		TEST(a_vm_of_another_host_cannot_be_claimed),
		TEST(a_console_hands_on_line_by_line),
		TEST(a_console_that_is_not_ready_holds_up_its_vm_alone),
		TEST(a_long_line_waits_for_its_reader_too),
		TEST(a_long_line_comes_in_pieces_and_complete),
		TEST(every_byte_passes_a_console_unchanged),
		TEST(last_words_are_written_when_the_vm_or_the_host_goes),
		TEST(consoles_refuse_what_they_cannot_do),
		TEST(a_latch_gives_back_per_port_what_was_written),
		TEST(a_latch_has_1_to_16_ports),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
