/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall.c - Baton's own calls: each row of the table used well and misused.
 */
#include "rig.h"

#include "baton/abi.h"

static const struct row {
	uint16_t port;
	bool out;
	unsigned fields;
} rows[] = {
#define in  false
#define out true
#define BATON_CALL(id, number, name, direction, fields, summary) \
	{ BATON_CALL_BASE + number, direction, fields },
#include "baton/hypercalls.def"
#undef BATON_CALL
#undef in
#undef out
};

struct script {
	struct fake_exit steps[5];
	unsigned at, count;
	uint32_t got;
};

/* Serves every call that has no server yet, and notes what it was given. */
struct server {
	struct baton_vm *vm;
	enum baton_verdict verdict;
	unsigned calls, blocks; /* it blocks so often first */
	uint64_t seen[4], answer[4];
	unsigned fields;
};

static struct server server;

static enum baton_verdict serve(void *state, struct baton_access *a)
{
	server.calls++;
	if (a->args) {
		memcpy(server.seen, a->args, server.fields * 8);
		memcpy(a->args, server.answer, server.fields * 8);
	}
	if (server.blocks) {
		server.blocks--;
		baton_vcpu_wake_at(a->vcpu, a->now_ns + 1000);
		return BATON_BLOCK;
	}
	a->why = "not today";
	return server.verdict;
}

static int server_init(struct baton_device *device, void *state, const void *config,
		       struct baton_diag *diag)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		int error = baton_device_claim_call(device, server.vm, rows[i].port, serve, diag);

		if (error && error != -EEXIST)
			return error;
	}
	return 0;
}

static const struct baton_device_ops server_ops = { .name = "server", .init = server_init };

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct script *s = vcpu->state;

	assert_true(bytes <= sizeof(s->got));
	memcpy(&s->got, data, bytes);
}

/* A VM with that script, all of whose calls are served. */
static struct rig *rig_one(struct script *s, const char *policy)
{
	struct rig *rig;

	fake_reset();
	rig = rig_begin(policy, 0);
	rig_vm(rig, 1, play, s);
	rig->vcpus[0]->got = got;
	server.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &server_ops, NULL, NULL, NULL), 0);
	return rig;
}

static struct rig *run_one(struct script *s, const char *policy)
{
	struct rig *rig = rig_one(s, policy);

	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	return rig;
}

static void only_the_rows_width_and_direction_are_served(void **state)
{
	static const uint8_t sizes[] = { 1, 2, 4 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t k = 0; k < COUNT(sizes); k++)
			for (int out = 0; out < 2; out++) {
				bool right = sizes[k] == 4 && out == rows[i].out &&
					     rows[i].port != BATON_CALL_ASSERT; /* never well */
				struct script s = { .count = 1 };
				struct rig *rig;

				s.steps[0] = out ? fake_out(0, rows[i].port, sizes[k], 0) :
						   fake_in(0, rows[i].port, sizes[k]);
				rig = run_one(&s, "quantum");
				assert_int_equal(rig_vm_stats(rig, 0).outcome,
						 right ? BATON_HALTED : BATON_DEAD);
				if (!right)
					assert_int_equal(baton_vm_death(rig->vms[0])->kind,
							 BATON_DEATH_FAULT);
				rig_end(rig);
			}
}

static void behind_the_last_row_there_is_nothing(void **state)
{
	static const uint16_t ports[] = { BATON_CALL_BASE - 1, BATON_CALL_BASE + COUNT(rows) };

	(void)state;
	for (size_t i = 0; i < COUNT(ports); i++) {
		struct script s = { .steps = { fake_out(0, ports[i], 4, 0) }, .count = 1 };
		struct rig *rig = run_one(&s, "quantum");

		assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_PORT);
		rig_end(rig);
	}
}

static unsigned row_with_fields(unsigned fields)
{
	for (unsigned i = 0; i < COUNT(rows); i++)
		if (rows[i].fields == fields && rows[i].port != BATON_CALL_TIME)
			return i;
	fail();
	return 0;
}

static void a_struct_is_copied_in_and_its_results_out(void **state)
{
	const uint64_t asked[4] = { 1, UINT64_MAX, 3, 4 };
	const struct row *row = &rows[row_with_fields(4)];
	struct script s = { .steps = { fake_out(0, row->port, 4, 0x2001) }, .count = 1 };
	struct rig *rig;
	uint64_t got[4];

	server = (struct server){ .fields = 4, .answer = { 5, 6, 7, UINT64_MAX - 1 }, .blocks = 2 };
	rig = rig_one(&s, "quantum");
	baton_vm_write(rig->vms[0], 0x2001, asked, sizeof(asked)); /* it need not be aligned */
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(server.calls, 3);
	assert_memory_equal(server.seen, asked, sizeof(asked)); /* each time: blocking wrote nothing */
	baton_vm_read(rig->vms[0], 0x2001, got, sizeof(got));
	assert_memory_equal(got, server.answer, sizeof(got));
	rig_end(rig);
	server = (struct server){ 0 };
}

static void a_call_that_is_refused_writes_nothing(void **state)
{
	const struct row *row = &rows[row_with_fields(4)];
	struct script s = { .steps = { fake_out(0, row->port, 4, 0x2000) }, .count = 1 };
	struct rig *rig;
	uint64_t got[4], none[4] = { 0 };

	server = (struct server){ .fields = 4, .answer = { 5, 6, 7, 8 }, .verdict = BATON_FAULT };
	rig = run_one(&s, "quantum");
	assert_int_equal(baton_vm_death(rig->vms[0])->kind, BATON_DEATH_FAULT);
	baton_vm_read(rig->vms[0], 0x2000, got, sizeof(got));
	assert_memory_equal(got, none, sizeof(got));
	rig_end(rig);
	server = (struct server){ 0 };
}

static void a_struct_that_is_not_all_in_memory_is_refused(void **state)
{
	const struct row *row = &rows[row_with_fields(4)];
	static const uint32_t places[] = { (64u << 10) - 31, 64u << 10, 0xFFFFFFFF, 0x80000000 };

	for (size_t i = 0; i < COUNT(places); i++) {
		struct script s = { .steps = { fake_out(0, row->port, 4, places[i]) }, .count = 1 };
		struct rig *rig = run_one(&s, "quantum");

		assert_non_null(baton_vm_death(rig->vms[0]));
		assert_non_null(strstr(baton_vm_death(rig->vms[0])->sentence, "is not in memory"));
		assert_int_equal(server.calls, 0);
		rig_end(rig);
	}
}

static void a_call_that_nobody_serves_is_refused(void **state)
{
	struct script s = { .steps = { fake_in(0, BATON_CALL_RANDOM, 4) }, .count = 1 };
	struct rig *rig;

	fake_reset();
	rig = rig_begin("quantum", 0);
	rig_vm(rig, 1, play, &s);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_non_null(strstr(baton_vm_death(rig->vms[0])->sentence,
			       "hypercall `random`: no device of this VM serves it"));
	rig_end(rig);
}

struct wish {
	struct baton_vm *vm;
	uint32_t call;
	int then_fail;
};

static int wish_init(struct baton_device *device, void *state, const void *config,
		     struct baton_diag *diag)
{
	const struct wish *w = config;

	int error = baton_device_claim_call(device, w->vm, w->call, serve, diag);

	return error ? error : w->then_fail;
}

static const struct baton_device_ops wish_ops = { .name = "wish", .init = wish_init };

static void a_call_is_claimed_once_and_only_if_it_is_one(void **state)
{
	static const uint32_t none[] = {
		0, BATON_CALL_BASE - 1, BATON_CALL_BASE + COUNT(rows), UINT32_MAX,
	};
	struct baton_diag diag;
	struct rig *rig, *other;
	struct wish wish;

	fake_reset();
	rig = rig_begin("quantum", 0);
	rig_vm(rig, 1, play, NULL);
	wish = (struct wish){ rig->vms[0], BATON_CALL_RANDOM, -EIO };
	assert_int_equal(baton_device_create(rig->host, &wish_ops, &wish, &diag, NULL), -EIO);
	wish.then_fail = 0; /* nothing is left of that */
	assert_int_equal(baton_device_create(rig->host, &wish_ops, &wish, &diag, NULL), 0);
	assert_int_equal(baton_device_create(rig->host, &wish_ops, &wish, &diag, NULL), -EEXIST);
	assert_non_null(strstr(diag.message, "`random`"));
	wish.call = BATON_CALL_VERSION; /* served without a device */
	assert_int_equal(baton_device_create(rig->host, &wish_ops, &wish, &diag, NULL), -EEXIST);
	for (size_t i = 0; i < COUNT(none); i++) {
		wish.call = none[i];
		assert_int_equal(baton_device_create(rig->host, &wish_ops, &wish, &diag, NULL),
				 -EINVAL);
	}
	other = rig_begin("quantum", 0);
	wish.call = BATON_CALL_PRINT;
	assert_int_equal(baton_device_create(other->host, &wish_ops, &wish, &diag, NULL), -EINVAL);
	assert_non_null(strstr(diag.message, "another host"));
	rig_close(other);
	rig_end(rig);
}

static void the_argument_is_the_vm_s(void **state)
{
	struct script s = { .steps = { fake_in(0, BATON_CALL_ARGUMENT, 4) }, .count = 1 };
	struct baton_vm_config config = rig_vm_config("vm");
	struct rig *rig;

	fake_reset();
	rig = rig_begin("quantum", 0);
	config.argument = 0xFEDCBA98;
	rig_add(rig, &config, play, &s);
	rig->vcpus[0]->got = got;
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(s.got, 0xFEDCBA98);
	rig_end(rig);
}

static void time_begins_with_the_vm(void **state)
{
	struct script s = { .steps = { fake_out(500 * US, BATON_CALL_TIME, 4, 0x2000) },
			    .count = 1 };
	struct rig *rig = run_one(&s, "quantum");
	uint64_t ns;

	baton_vm_read(rig->vms[0], 0x2000, &ns, sizeof(ns));
	assert_int_equal(ns, 500 * US);
	rig_end(rig);
}

static void version_is_the_abis(void **state)
{
	struct script s = { .steps = { fake_in(0, BATON_CALL_VERSION, 4) }, .count = 1 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(s.got, BATON_ABI_VERSION);
	rig_end(rig);
}

static void yield_ends_the_turn(void **state)
{
	struct script s = { .steps = { fake_out(5, BATON_CALL_YIELD, 4, 0xFFFFFFFF),
				       fake_out(7, BATON_CALL_YIELD, 4, 0) }, .count = 2 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(rig->turn_count, 3);
	assert_int_equal(rig->turns[0].why, BATON_WHY_YIELD);
	assert_int_equal(rig->turns[0].charged_ns, 5);
	assert_int_equal(rig->turns[1].why, BATON_WHY_YIELD);
	assert_int_equal(rig->turns[2].why, BATON_WHY_END);
	rig_end(rig);
}

static void sleep_lasts_as_many_microseconds_as_asked(void **state)
{
	static const uint32_t naps[] = { 1, 2, 999, 1000, 123456, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF };

	(void)state;
	for (size_t i = 0; i < COUNT(naps); i++) {
		struct script s = { .steps = { fake_out(10, BATON_CALL_SLEEP, 4, naps[i]) },
				    .count = 1 };
		struct rig *rig = run_one(&s, "quantum");

		assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, naps[i] * US);
		assert_int_equal(rig_vm_stats(rig, 0).turns, 2);
		assert_int_equal(rig_vm_stats(rig, 0).exits, 2);
		rig_end(rig);
	}
}

static void a_sleep_of_0_does_not_end_the_turn(void **state)
{
	struct script s = { .steps = { fake_out(10, BATON_CALL_SLEEP, 4, 0) }, .count = 1 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 0);
	assert_int_equal(rig->turn_count, 1);
	rig_end(rig);
}

static void a_string_of_sleeps_sleeps_for_each(void **state)
{
	static const uint32_t naps[] = { 100, 0, 300, 50 };
	struct script s = { .steps = { fake_outs(10, BATON_CALL_SLEEP, 4, 4, naps) }, .count = 1 };
	struct rig *rig = run_one(&s, "quantum");

	(void)state;
	assert_int_equal(rig_vm_stats(rig, 0).blocked_ns, 450 * US);
	rig_end(rig);
}

static struct rig *waker_rig;

static void wake_early(void *context)
{
	(void)context;
	baton_vcpu_wake(baton_vm_vcpu(waker_rig->vms[0]));
	fake_interrupt();
}

static void a_sleeper_that_is_woken_early_sleeps_on(void **state)
{
	struct script s = { .steps = { fake_out(0, BATON_CALL_SLEEP, 4, 1000) }, .count = 1 };
	struct rig *rig = waker_rig = rig_begin("quantum", 0);

	(void)state;
	rig_vm(rig, 1, play, &s);
	fake_at(fake.now_ns + 300 * US, wake_early, NULL);
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_int_equal(rig_stats(rig).wall_ns, 1000 * US);
	rig_end(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_rows_width_and_direction_are_served),
		TEST(behind_the_last_row_there_is_nothing),
		TEST(a_struct_is_copied_in_and_its_results_out),
		TEST(a_call_that_is_refused_writes_nothing),
		TEST(a_struct_that_is_not_all_in_memory_is_refused),
		TEST(a_call_that_nobody_serves_is_refused),
		TEST(a_call_is_claimed_once_and_only_if_it_is_one),
		TEST(the_argument_is_the_vm_s),
		TEST(time_begins_with_the_vm),
		TEST(version_is_the_abis),
		TEST(yield_ends_the_turn),
		TEST(sleep_lasts_as_many_microseconds_as_asked),
		TEST(a_sleep_of_0_does_not_end_the_turn),
		TEST(a_string_of_sleeps_sleeps_for_each),
		TEST(a_sleeper_that_is_woken_early_sleeps_on),
	};

	return cmocka_run_group_tests_name("hypercall", tests, NULL, NULL);
}
