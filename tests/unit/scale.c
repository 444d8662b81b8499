/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale.c - a thousand VMs on one host under each policy, five thousand under `share`: the
 * books balance, nobody strays further than the bound, everything is given back, and one
 * that cannot be created leaves the others whole.
 */
#include "test.h"

#include "baton/device.h"
#include "host/host.h"
#include "vm/vm.h"

#define MANY	  1000
#define VERY_MANY 5000
#define SLICE	  (1 * MS)
#define PORT	  0x10

/* The tests' own memory is not the library's. */
void *__real_calloc(size_t n, size_t size);
void __real_free(void *block);

struct crowd {
	struct baton_host *host;
	struct baton_vm **vms;
	uint32_t count;
	bool some_spin; /* every ninth */
	baton_entity_t turn_of;
	struct baton_script script;
};

static baton_entity_t everybody(void *context)
{
	struct crowd *c = context;

	return c->turn_of++ % c->count;
}

static int create_one(struct crowd *c, uint32_t i, struct baton_diag *diag)
{
	struct baton_vm_config config = BATON_VM_CONFIG;
	char name[16];

	snprintf(name, sizeof(name), "vm%u", i);
	config.name = name;
	config.memory = 64 << 10;
	config.image = "\xF4";
	config.image_size = 1;
	config.share = 1 + i % 7;
	return baton_vm_create(c->host, &config, diag, &c->vms[i]);
}

/* Runs 300 µs and yields; or spins, so that its slice must end its turn. */
static struct fake_exit work(struct fake_vcpu *vcpu)
{
	return vcpu->state ? fake_spin() : fake_out(300 * US, PORT, 1, 0);
}

static void add(struct crowd *c, uint32_t i)
{
	struct baton_diag diag;

	if (create_one(c, i, &diag))
		fail_msg("VM %u: %s: %s", i, diag.where, diag.message);
	fake_vcpu(c->vms[i])->next = work;
	fake_vcpu(c->vms[i])->state = c->some_spin && !(i % 9) ? c : NULL;
}

static enum baton_verdict yield(void *state, struct baton_access *a)
{
	(void)state, (void)a;
	return BATON_YIELD;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct crowd *c = config;
	int error = 0;

	(void)state;
	for (uint32_t i = 0; i < c->count && !error; i++)
		error = baton_device_claim_ports(device, c->vms[i], PORT, 1, yield, diag);
	return error;
}

static const struct baton_device_ops port = { .name = "port", .init = init };

static struct crowd *begin(const char *policy, uint32_t count)
{
	struct crowd *c = __real_calloc(1, sizeof(*c));
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_diag diag;

	c->vms = __real_calloc(count, sizeof(*c->vms));
	c->count = count;
	c->script = (struct baton_script){ everybody, c };
	c->some_spin = !strcmp(policy, "share") || !strcmp(policy, "quantum");
	config.policy = policy;
	config.max_vms = count;
	config.sched.slice_ns = SLICE;
	config.sched.script = &c->script;
	if (baton_host_create(&config, &diag, &c->host))
		fail_msg("%s: %s", diag.where, diag.message);
	return c;
}

static void end(struct crowd *c)
{
	const char *leak;

	baton_host_destroy(c->host);
	leak = fake_leak();
	if (leak)
		fail_msg("left behind: %s", leak);
	__real_free(c->vms);
	__real_free(c);
}

/* The host's parts are the wall time; the VMs' are their lifetimes, and together the host's. */
static void balance(const struct crowd *c, uint64_t *least_turns)
{
	struct baton_host_stats h;
	uint64_t run = 0, handler = 0, turns = 0;

	*least_turns = UINT64_MAX;
	baton_host_stats(c->host, &h);
	assert_int_equal(h.run_ns + h.handler_ns + h.switch_ns + h.idle_ns, h.wall_ns);
	for (uint32_t i = 0; i < c->count; i++) {
		struct baton_vm_stats s;

		baton_vm_stats(c->vms[i], &s);
		assert_int_equal(s.run_ns + s.handler_ns + s.ready_ns + s.blocked_ns, s.lifetime_ns);
		assert_int_equal(s.lifetime_ns, h.wall_ns);
		assert_int_equal(s.exits, fake_vcpu(c->vms[i])->exits);
		run += s.run_ns;
		handler += s.handler_ns;
		turns += s.turns;
		*least_turns = s.turns < *least_turns ? s.turns : *least_turns;
	}
	assert_int_equal(run, h.run_ns);
	assert_int_equal(handler, h.handler_ns);
	assert_int_equal(turns, h.turns);
}

/* No VM is further from its share than a slice and the longest overrun, and one is that far. */
static void within_bound(const struct crowd *c)
{
	struct baton_host_stats h;
	int64_t worst = 0, sum = 0;

	baton_host_stats(c->host, &h);
	assert_true(h.lag_ns <= SLICE + h.overrun_ns);
	assert_int_equal(h.lag_later_ns, 0);
	for (uint32_t i = 0; i < c->count; i++) {
		struct baton_vm_stats s;
		int64_t lag;

		baton_vm_stats(c->vms[i], &s);
		lag = s.lag_ns < 0 ? -s.lag_ns : s.lag_ns;
		worst = lag > worst ? lag : worst;
		sum += s.lag_ns;
	}
	assert_true(worst > 0);
	assert_true((uint64_t)worst <= h.lag_ns);
	/* They are each rounded to a nanosecond; exact, they add up to nothing. */
	assert_in_range(sum + c->count, 0, 2 * c->count);
}

static void run_a_crowd(const char *policy, uint32_t count, uint64_t least_turns)
{
	struct crowd *c = begin(policy, count);
	uint64_t turns;

	for (uint32_t i = 0; i < count; i++)
		add(c, i);
	assert_int_equal(baton_device_create(c->host, &port, c, NULL, NULL), 0);
	/* In steps that cut turns, and together long enough for the lightest to have some. */
	for (int step = 0; step < 3; step++) {
		enum baton_run_end why;

		assert_int_equal(baton_host_run(c->host, 2 * count * MS + 7 * US, &why), 0);
		assert_int_equal(why, BATON_RUN_BUDGET);
		balance(c, &turns);
	}
	assert_true(turns >= least_turns);
	if (!strcmp(policy, "share"))
		within_bound(c);
	end(c);
}

static void a_thousand_balance_under_share(void **state)
{
	(void)state;
	run_a_crowd("share", MANY, 1);
}

static void a_thousand_balance_under_quantum(void **state)
{
	(void)state;
	run_a_crowd("quantum", MANY, 2);
}

static void a_thousand_balance_under_turns(void **state)
{
	(void)state;
	run_a_crowd("turns", MANY, 10);
}

static void a_thousand_balance_under_script(void **state)
{
	(void)state;
	run_a_crowd("script", MANY, 10);
}

static void a_thousand_balance_under_null(void **state)
{
	(void)state;
	run_a_crowd("null", MANY, 0); /* always the first one */
}

static void five_thousand_balance_under_share(void **state)
{
	(void)state;
	run_a_crowd("share", VERY_MANY, 1);
}

/* ------------------------------------------------------------------- places */

static void places_and_names_are_given_again_lowest_first(void **state)
{
	struct crowd *c = begin("share", MANY);
	struct baton_diag diag;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		add(c, i);
	assert_int_equal(create_one(c, 17, &diag), -EEXIST);
	/* Every third goes; the order of creation is that of those that are left. */
	for (uint32_t i = 0; i < MANY; i += 3)
		baton_vm_destroy(baton_host_vm(c->host, i - i / 3));
	for (uint32_t i = 0, k = 0; i < MANY; i++)
		if (i % 3)
			assert_ptr_equal(baton_host_vm(c->host, k++), c->vms[i]);
	for (uint32_t i = 0; i < MANY; i += 3) {
		add(c, i);
		assert_int_equal(c->vms[i]->entity, i);
		assert_ptr_equal(baton_host_vm(c->host, MANY - (MANY + 2) / 3 + i / 3), c->vms[i]);
	}
	assert_int_equal(create_one(c, 18, &diag), -EEXIST);
	end(c);
}

/* ---------------------------------------------------------------- failures */

#define AT 700

/* The 701st VM cannot be made, whatever it is that fails; the 700 live on, and so does the host. */
static void one_that_cannot_be_created_leaves_the_others_whole(void **state)
{
	struct crowd *c = begin("share", MANY);
	struct baton_diag diag;
	enum fake_op op;

	(void)state;
	for (uint32_t i = 0; i < AT; i++)
		add(c, i);
	c->count = AT;
	assert_int_equal(baton_device_create(c->host, &port, c, NULL, NULL), 0);
	for (unsigned n = 1;; n++) {
		int64_t blocks = fake.live.blocks, mapped = fake.live.mapped_bytes;
		uint64_t turns;
		int error;

		diag.message[0] = '\0';
		fake_fail_any(n);
		error = create_one(c, AT, &diag);
		if (!fake_failed(&op))
			break;
		fake_fail_any(0);
		if (error >= 0 || !*diag.message)
			fail_msg("a failure of %s is not told", fake_op_name(op));
		assert_int_equal(fake.live.blocks, blocks);
		assert_int_equal(fake.live.mapped_bytes, mapped);
		assert_int_equal(fake.live.vcpus, AT);
		assert_int_equal(fake.live.machines, AT);
		assert_null(baton_host_vm(c->host, AT));
		assert_int_equal(baton_host_run(c->host, 3 * MS, NULL), 0);
		balance(c, &turns);
	}
	fake_fail_any(0);
	assert_int_equal(fake.live.vcpus, AT + 1);
	end(c);
}

/* ------------------------------------------------------------- what it costs */

/*
 * The kernel tells each KVM VM of the process of every munmap(). Mappings are neighbours
 * mostly, though where the kernel has gaps to fill, some are not.
 */
static void few_calls_give_all_their_addresses_back(void **state)
{
	struct crowd *c = begin("share", MANY);
	uint64_t before;

	(void)state;
	before = fake.calls[FAKE_MUNMAP];
	for (uint32_t i = 0; i < MANY; i++)
		add(c, i);
	assert_int_equal(fake.calls[FAKE_MUNMAP], before);
	end(c);
	print_message("# %d calls of munmap() for %d VMs\n",
		      (int)(fake.calls[FAKE_MUNMAP] - before), MANY);
	assert_true(fake.calls[FAKE_MUNMAP] - before <= MANY / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_thousand_balance_under_share),
		TEST(a_thousand_balance_under_quantum),
		TEST(a_thousand_balance_under_turns),
		TEST(a_thousand_balance_under_script),
		TEST(a_thousand_balance_under_null),
		TEST(five_thousand_balance_under_share),
		TEST(places_and_names_are_given_again_lowest_first),
		TEST(one_that_cannot_be_created_leaves_the_others_whole),
		TEST(few_calls_give_all_their_addresses_back),
	};

	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
