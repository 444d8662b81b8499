/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calibrate.c - the shortest usable slice, on machines that are made up: a host
 * that drives the policy it is given by a clock of its own.
 */
#include "test.h"

#include "calibrate.h"

/* What the machine is like. */
static struct {
	uint64_t shortest_ns; /* no turn is shorter */
	uint64_t moves_ns;    /* a guest gets somewhere in turns of this length and more */
	int create_error;
	int vm_error;
	/* what happened */
	uint64_t ran_ns;
	unsigned vms, hosts;
} machine;

struct baton_vm {
	struct baton_regs regs;
};

struct baton_host {
	struct baton_host_config config;
	struct baton_vm vms[2];
	uint32_t count;
	bool stopped;
};

int baton_host_create(const struct baton_host_config *config, struct baton_diag *diag,
		      struct baton_host **host)
{
	if (machine.create_error)
		return machine.create_error;
	*host = calloc(1, sizeof(**host));
	(*host)->config = *config;
	machine.hosts++;
	return 0;
}

void baton_host_destroy(struct baton_host *host)
{
	if (host)
		machine.hosts--;
	free(host);
}

int baton_vm_create(struct baton_host *host, const struct baton_vm_config *config,
		    struct baton_diag *diag, struct baton_vm **vm)
{
	if (machine.vm_error)
		return machine.vm_error;
	assert_true(host->count < host->config.max_vms && host->count < 2);
	*vm = &host->vms[host->count++];
	machine.vms++;
	return 0;
}

void baton_host_stop(struct baton_host *host)
{
	host->stopped = true;
}

/* One turn of a VM that spins. */
static uint64_t take_turn(struct baton_host *host, const struct baton_sched_pick *pick,
			  uint64_t now)
{
	struct baton_vm *vm = &host->vms[pick->entity];
	uint64_t ns = pick->slice_ns > machine.shortest_ns ? pick->slice_ns : machine.shortest_ns;
	const struct baton_turn turn = {
		.vm = vm, .begin_ns = now, .end_ns = now + ns, .slice_ns = pick->slice_ns,
		.charged_ns = ns, .why = BATON_WHY_SLICE, .regs = &vm->regs,
	};

	if (ns >= machine.moves_ns)
		vm->regs.rax++;
	host->config.observer->turn(host->config.observer_context, &turn);
	return ns;
}

int baton_host_run(struct baton_host *host, uint64_t budget_ns, enum baton_run_end *end)
{
	const struct baton_sched_ops *ops = host->config.ops;
	const struct baton_sched_entity spinning = { .weight = 1 };
	void *state = calloc(1, ops->size(host->config.max_vms));
	uint32_t last = UINT32_MAX;
	uint64_t now = 1000;

	assert_int_equal(ops->init(state, host->config.max_vms, &host->config.sched, NULL), 0);
	for (uint32_t e = 0; e < host->count; e++) {
		assert_int_equal(ops->add(state, e, &spinning, now, NULL), 0);
		ops->wake(state, e, now);
	}
	while (!host->stopped && now < 1000 + budget_ns) {
		struct baton_sched_pick pick = ops->pick(state, now);
		uint64_t ns;

		assert_true(pick.entity < host->count && pick.entity != last);
		last = pick.entity;
		ns = take_turn(host, &pick, now);
		now += ns;
		ops->ran(state, pick.entity, ns, BATON_WHY_SLICE, now);
	}
	machine.ran_ns = now - 1000;
	*end = host->stopped ? BATON_RUN_STOPPED : BATON_RUN_BUDGET;
	free(state);
	return 0;
}

/* ------------------------------------------------------------------- tests */

static int fresh_machine(void **state)
{
	memset(&machine, 0, sizeof(machine));
	return 0;
}

/* Everything that was made is gone again. */
static int nothing_left(void **state)
{
	return (int)machine.hosts;
}

static uint64_t measured(void)
{
	uint64_t slice_ns = 0;

	assert_int_equal(calibrate_slice(NULL, &slice_ns), 0);
	assert_int_equal(machine.vms, 2);
	return slice_ns;
}

static void a_fast_machine_carries_the_shortest(void **state)
{
	assert_int_equal(measured(), 20 * US);
}

/* Half as long again is still good enough, and more is not. */
static void turns_must_last_what_they_should(void **state)
{
	machine.shortest_ns = 75 * US;
	assert_int_equal(measured(), 50 * US);
	fresh_machine(state);
	machine.shortest_ns = 75 * US + 1;
	assert_int_equal(measured(), 100 * US);
	fresh_machine(state);
	machine.shortest_ns = 1500 * US;
	assert_int_equal(measured(), MS);
}

/* Turns that are far too long must not use up the time for those that are not. */
static void a_slow_machine_is_measured_in_time(void **state)
{
	machine.shortest_ns = 1600 * US;
	assert_int_equal(measured(), 2 * MS);
	assert_true(machine.ran_ns <= 100 * MS);
}

static void guests_must_get_somewhere(void **state)
{
	machine.moves_ns = 400 * US;
	assert_int_equal(measured(), 500 * US);
}

static void a_hopeless_machine_is_called_so_in_time(void **state)
{
	uint64_t slice_ns = 4711;

	machine.moves_ns = S;
	assert_int_equal(calibrate_slice(NULL, &slice_ns), -ENODATA);
	assert_int_equal(slice_ns, 4711);
	assert_true(machine.ran_ns <= 100 * MS);
	fresh_machine(state);
	machine.shortest_ns = 8 * MS;
	assert_int_equal(calibrate_slice(NULL, &slice_ns), -ENODATA);
	assert_true(machine.ran_ns <= 108 * MS);
}

static void errors_are_passed_on(void **state)
{
	uint64_t slice_ns;

	machine.create_error = -EACCES;
	assert_int_equal(calibrate_slice(NULL, &slice_ns), -EACCES);
	fresh_machine(state);
	machine.vm_error = -EAGAIN;
	assert_int_equal(calibrate_slice(NULL, &slice_ns), -EAGAIN);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh_machine, nothing_left)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fast_machine_carries_the_shortest),
		TEST(turns_must_last_what_they_should),
		TEST(a_slow_machine_is_measured_in_time),
		TEST(guests_must_get_somewhere),
		TEST(a_hopeless_machine_is_called_so_in_time),
		TEST(errors_are_passed_on),
	};

	return cmocka_run_group_tests_name("calibrate", tests, NULL, NULL);
}
