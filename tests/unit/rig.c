/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rig.c - see rig.h.
 */
#include "rig.h"

/* The rig itself is not the library's: its memory does not count. */
void *__real_calloc(size_t n, size_t size);
void __real_free(void *block);

/* ----------------------------------------------------------- observation */

static int index_of(const struct rig *rig, const struct baton_vm *vm)
{
	for (unsigned i = 0; i < rig->count; i++)
		if (rig->vms[i] == vm)
			return (int)i;
	fail_msg("a VM that is not of this host");
	return -1;
}

static void seen_exit(void *context, struct baton_vm *vm, const struct baton_exit *exit)
{
	struct rig *rig = context;
	int i = index_of(rig, vm);

	rig->exits++;
	rig->exits_of[i]++;
	if (rig->on_exit)
		rig->on_exit(rig, i, exit);
}

static void seen_turn(void *context, const struct baton_turn *turn)
{
	struct rig *rig = context;
	struct rig_turn *t = &rig->turns[rig->turn_count];

	if (rig->turn_count == RIG_TURNS)
		fail_msg("more than %d turns", RIG_TURNS);
	*t = (struct rig_turn){
		.vm = index_of(rig, turn->vm), .why = turn->why,
		.begin_ns = turn->begin_ns, .end_ns = turn->end_ns,
		.slice_ns = turn->slice_ns, .charged_ns = turn->charged_ns, .exits = turn->exits,
	};
	assert_ptr_equal(turn->regs, baton_vm_regs(turn->vm));
	rig->turn_count++;
	if (rig->on_turn)
		rig->on_turn(rig, t);
}

static const struct baton_observer observer = { .exit = seen_exit, .turn = seen_turn };

/* ------------------------------------------------------------ life cycle */

/* A schedule without an end: everybody in turn. */
static baton_entity_t everybody(void *context)
{
	struct rig *rig = context;

	return rig->turn_of++ % RIG_VMS;
}

struct rig *rig_begin_with(const struct baton_host_config *config)
{
	struct rig *rig = __real_calloc(1, sizeof(*rig));
	struct baton_diag diag;

	rig->turns = __real_calloc(RIG_TURNS, sizeof(*rig->turns));
	rig->config = *config;
	rig->config.observer = &observer;
	rig->config.observer_context = rig;
	rig->everybody = (struct baton_script){ everybody, rig };
	if (!rig->config.sched.script)
		rig->config.sched.script = &rig->everybody;
	if (baton_host_create(&rig->config, &diag, &rig->host))
		fail_msg("%s: %s", diag.where, diag.message);
	return rig;
}

struct rig *rig_begin(const char *policy, uint64_t slice_ns)
{
	struct baton_host_config config = BATON_HOST_CONFIG;

	config.policy = policy;
	if (slice_ns)
		config.sched.slice_ns = slice_ns;
	return rig_begin_with(&config);
}

void rig_close(struct rig *rig)
{
	baton_host_destroy(rig->host);
	assert_int_equal(fake.unprovided, 0);
	__real_free(rig->turns);
	__real_free(rig);
}

void rig_end(struct rig *rig)
{
	const char *leak;

	rig_close(rig);
	leak = fake_leak();
	if (leak)
		fail_msg("left behind: %s", leak);
}

struct rig_turn *rig_take_turns(struct rig *rig)
{
	struct rig_turn *turns = rig->turns;

	rig->turns = NULL;
	return turns;
}

void rig_free_turns(struct rig_turn *turns)
{
	__real_free(turns);
}

struct baton_vm_config rig_vm_config(const char *name)
{
	struct baton_vm_config c = BATON_VM_CONFIG;

	c.name = name;
	c.memory = 64 << 10;
	c.image = "\xF4";
	c.image_size = 1;
	return c;
}

int rig_add(struct rig *rig, const struct baton_vm_config *config,
	    struct fake_exit (*next)(struct fake_vcpu *vcpu), void *state)
{
	unsigned i = rig->count;
	struct baton_diag diag;

	if (baton_vm_create(rig->host, config, &diag, &rig->vms[i]))
		fail_msg("%s: %s", diag.where, diag.message);
	rig->vcpus[i] = fake_vcpu(rig->vms[i]);
	rig->vcpus[i]->next = next;
	rig->vcpus[i]->state = state;
	rig->count++;
	return (int)i;
}

int rig_vm(struct rig *rig, uint64_t share, struct fake_exit (*next)(struct fake_vcpu *vcpu),
	   void *state)
{
	char name[16] = "";
	struct baton_vm_config c = rig_vm_config(name);

	snprintf(name, sizeof(name), "vm%u", rig->count);
	c.share = share;
	return rig_add(rig, &c, next, state);
}

void rig_destroy_vm(struct rig *rig, int vm)
{
	baton_vm_destroy(rig->vms[vm]);
	rig->vms[vm] = NULL;
	rig->one_destroyed = true;
}

/* ---------------------------------------------------------------- devices */

struct server {
	baton_access_fn serve;
	void *state;
};

struct claim_config {
	struct baton_vm *vm;
	bool mmio;
	uint64_t first, count;
	struct server server;
};

static enum baton_verdict serve(void *state, struct baton_access *access)
{
	struct server *s = state;

	return s->serve(s->state, access);
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	const struct claim_config *c = config;

	*(struct server *)state = c->server;
	if (c->mmio)
		return baton_device_claim_mmio(device, c->vm, c->first, c->count, serve, diag);
	return baton_device_claim_ports(device, c->vm, (uint16_t)c->first, (uint32_t)c->count, serve,
					diag);
}

static const struct baton_device_ops device_ops = {
	.name = "rig", .size = sizeof(struct server), .init = init,
};

static void add_device(struct rig *rig, const struct claim_config *config)
{
	struct baton_device *device;
	struct baton_diag diag;

	if (baton_device_create(rig->host, &device_ops, config, &diag, &device))
		fail_msg("%s: %s", diag.where, diag.message);
}

void rig_port(struct rig *rig, int vm, uint16_t port, uint32_t count, baton_access_fn fn,
	      void *state)
{
	add_device(rig, &(struct claim_config){ rig->vms[vm], false, port, count, { fn, state } });
}

void rig_mmio(struct rig *rig, int vm, uint64_t gpa, uint64_t size, baton_access_fn fn, void *state)
{
	add_device(rig, &(struct claim_config){ rig->vms[vm], true, gpa, size, { fn, state } });
}

/* ---------------------------------------------------------------- running */

struct baton_host_stats rig_stats(const struct rig *rig)
{
	struct baton_host_stats s;

	baton_host_stats(rig->host, &s);
	return s;
}

struct baton_vm_stats rig_vm_stats(const struct rig *rig, int vm)
{
	struct baton_vm_stats s;

	baton_vm_stats(rig->vms[vm], &s);
	return s;
}

void rig_balance(const struct rig *rig)
{
	struct baton_host_stats h = rig_stats(rig);
	uint64_t run = 0, handler = 0, turns = 0;

	assert_int_equal(h.run_ns + h.handler_ns + h.switch_ns + h.idle_ns, h.wall_ns);
	for (unsigned i = 0; i < rig->count; i++) {
		struct baton_vm_stats s;
		uint64_t exits = 0, handled = 0, kind_run = 0;

		if (!rig->vms[i])
			continue;
		s = rig_vm_stats(rig, (int)i);
		assert_int_equal(s.run_ns + s.handler_ns + s.ready_ns + s.blocked_ns, s.lifetime_ns);
		assert_true(s.lifetime_ns <= h.wall_ns);
		for (int k = 0; k < BATON_EXIT_KINDS; k++) {
			exits += s.by_kind[k].count;
			handled += s.by_kind[k].handler_ns;
			kind_run += s.by_kind[k].run_ns;
			assert_true(s.by_kind[k].p50_ns <= s.by_kind[k].p99_ns);
		}
		assert_int_equal(exits, s.exits);
		assert_int_equal(handled, s.handler_ns);
		assert_true(kind_run <= s.run_ns);
		/* Each exit of the vCPU is counted once, and a kick is none. */
		assert_int_equal(s.exits, rig->vcpus[i]->exits);
		run += s.run_ns;
		handler += s.handler_ns;
		turns += s.turns;
	}
	if (rig->one_destroyed)
		return;
	assert_int_equal(run, h.run_ns);
	assert_int_equal(handler, h.handler_ns);
	assert_int_equal(turns, h.turns);
}

enum baton_run_end rig_run(struct rig *rig, uint64_t budget_ns)
{
	enum baton_run_end end = (enum baton_run_end)-1;

	assert_int_equal(baton_host_run(rig->host, budget_ns, &end), 0);
	rig_balance(rig);
	return end;
}
