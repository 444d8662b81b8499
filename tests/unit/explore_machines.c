/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_machines.c - VMs at their gate, unfolded into nodes and edges.
 */
#include "machines_rig.h"

#define NOWHERE 0x7FFFFFF0
#define OWN     0x5000 /* GPA of a page that only the guest uses */
#define RING    0x30   /* ports of the bell */
#define WAIT    0x31

/* The line that it asks for. */
static uint64_t line_of(const struct fake_vcpu *vcpu)
{
	return vcpu->regs.rsi - 1;
}

static void jump(struct fake_vcpu *vcpu, uint64_t line)
{
	vcpu->regs.rsi = line + 1;
	vcpu->regs.rip = CODE + 16 * line;
}

static struct fake_exit load(uint32_t offset, uint8_t size)
{
	return fake_load(0, SHARED + offset, size);
}

static struct fake_exit store(uint32_t offset, uint8_t size, uint64_t data)
{
	return fake_store(0, SHARED + offset, size, data);
}

/* ----------------------------------------------------------------------- a bell */

/* Who waits goes on when it has been rung; who rings wakes all others. It counts ends, too. */
struct bell {
	struct baton_vm *vms[VMS];
	struct bell_plain {
		uint64_t rings, resumed, ended;
	} plain;
};

static enum baton_verdict ring(void *state, struct baton_access *a)
{
	struct bell *b = state;

	b->plain.rings++;
	for (uint32_t i = 0; i < VMS && b->vms[i]; i++)
		if (b->vms[i] != a->vm)
			baton_vcpu_wake(baton_vm_vcpu(b->vms[i]));
	return BATON_RESUME;
}

static enum baton_verdict wait_for(void *state, struct baton_access *a)
{
	struct bell *b = state;

	b->plain.resumed += a->resumed;
	if (!b->plain.rings)
		return BATON_BLOCK;
	b->plain.rings--;
	return BATON_RESUME;
}

static void ended(void *state, struct baton_vm *vm)
{
	struct bell *b = state;

	b->plain.ended++;
}

static int init(struct baton_device *device, void *state, const void *config,
		struct baton_diag *diag)
{
	struct bell *b = state;
	int error = 0;

	memcpy(b->vms, config, sizeof(b->vms));
	for (uint32_t i = 0; i < VMS && b->vms[i] && !error; i++) {
		error = baton_device_claim_ports(device, b->vms[i], RING, 1, ring, diag);
		if (!error)
			error = baton_device_claim_ports(device, b->vms[i], WAIT, 1, wait_for,
							 diag);
	}
	return error;
}

static const struct baton_device_ops bell = {
	.name = "bell", .size = sizeof(struct bell), .init = init, .ended = ended,
	.plain = sizeof(struct bell_plain),
};

/* ------------------------------------------------------------------------ a scene */

static void begin(struct scene *s, const program_fn *programs, uint32_t count)
{
	scene_prepare(s, false, programs, count);
	assert_int_equal(scene_start(s), 0);
}

static void begin_one(struct scene *s, program_fn program)
{
	begin(s, &program, 1);
}

static void add_bell(struct scene *s)
{
	assert_int_equal(baton_device_create(s->rig->host, &bell, s->rig->vms, NULL, &s->bell), 0);
}

static void begin_with_bell(struct scene *s, const program_fn *programs, uint32_t count)
{
	scene_prepare(s, false, programs, count);
	add_bell(s);
	assert_int_equal(scene_start(s), 0);
}

static const struct bell_plain *plain(const struct scene *s)
{
	size_t size;

	return baton_device_plain(s->bell, &size);
}

/* ----------------------------------------------------------------- reads and writes */

static struct fake_exit writes_and_reads(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	switch (line_of(vcpu)) {
	case 0:
		return store(0x18, 2, 0x1234);
	case 1:
		return load(0xFFC, 4);
	default:
		return fake_hlt(0);
	}
}

static void a_vm_stands_before_each_access_in_turn(void **state)
{
	struct scene s;
	uint32_t first, second;

	begin_one(&s, writes_and_reads);
	assert_int_equal(machines_count(s.machines), 1);
	first = machines_first(s.machines, 0);
	assert_int_equal(node(&s, first)->kind, NODE_WRITE);
	assert_int_equal(node(&s, first)->vm, 0);
	assert_int_equal(node(&s, first)->region, 0);
	assert_int_equal(node(&s, first)->offset, 0x18);
	assert_int_equal(node(&s, first)->size, 2);
	assert_int_equal(node(&s, first)->data, 0x1234);
	second = go(&s, first, 0);
	assert_int_equal(node(&s, second)->kind, NODE_READ);
	assert_int_equal(node(&s, second)->offset, 0xFFC);
	assert_int_equal(node(&s, second)->size, 4);
	assert_int_equal(node(&s, second)->data, 0);
	assert_false(node(&s, second)->atomic);
	assert_true(has_ended(&s, go(&s, second, 0x55AA), 0x55AA));
	scene_end(&s);
}

/* Memory is the caller's to keep: none is written, and none is looked at. */
static void shared_memory_is_left_alone(void **state)
{
	uint64_t bytes = 0x77;
	struct scene s;
	uint32_t at;

	begin_one(&s, writes_and_reads);
	assert_int_equal(baton_vm_write(s.rig->vms[0], SHARED + 0xFFC, &bytes, 4), 0);
	at = go(&s, s.at[0], 0);
	assert_true(has_ended(&s, go(&s, at, 5), 5));
	assert_int_equal(baton_vm_read(s.rig->vms[0], SHARED + 0x18, &bytes, 2), 0);
	assert_int_equal(bytes & 0xFFFF, 0);
	scene_end(&s);
}

static void an_edge_is_found_out_once(void **state)
{
	struct machines_figures before, after;
	struct scene s;
	uint32_t at;

	begin_one(&s, writes_and_reads);
	assert_int_equal(machines_figures(s.machines).runs, 1);
	assert_int_equal(machines_figures(s.machines).nodes, 1);
	at = go(&s, s.at[0], 0);
	go(&s, at, 5);
	before = machines_figures(s.machines);
	assert_int_equal(before.runs, 3);
	assert_int_equal(before.loads, 0);
	assert_int_equal(before.nodes, 3);
	assert_int_equal(before.edges, 2);
	assert_true(before.bytes > 0);
	go(&s, at, 5);
	go(&s, machines_first(s.machines, 0), 0);
	after = machines_figures(s.machines);
	assert_memory_equal(&after, &before, sizeof(before));
	go(&s, at, 6);
	after = machines_figures(s.machines);
	assert_int_equal(after.runs, 4);
	assert_int_equal(after.loads, 1);
	scene_end(&s);
}

/* Reads twice, and writes what both gave. */
static struct fake_exit adds(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	switch (line_of(vcpu)) {
	case 0:
		return load(0, 4);
	case 1:
		vcpu->regs.rbx = vcpu->regs.rax;
		return load(8, 4);
	case 2:
		return store(16, 4, vcpu->regs.rax + (vcpu->regs.rbx << 8));
	default:
		return fake_hlt(0);
	}
}

static void a_vm_is_taken_back_to_any_of_its_nodes(void **state)
{
	struct scene s;
	uint32_t second[3];

	begin_one(&s, adds);
	for (uint32_t i = 0; i < 3; i++)
		second[i] = go(&s, machines_first(s.machines, 0), i);
	for (uint32_t i = 3; i-- > 0;)
		for (uint32_t k = 0; k < 3; k++) {
			const uint32_t third = go(&s, second[i], k);

			assert_int_equal(node(&s, third)->kind, NODE_WRITE);
			assert_int_equal(node(&s, third)->data, k + (i << 8));
		}
	assert_int_equal(machines_figures(s.machines).nodes, 1 + 3 + 9);
	scene_end(&s);
}

/* From a node where it stands as from one that it is taken back to; so it is after its end, too. */
static void what_follows_is_the_same_however_a_node_was_come_to(void **state)
{
	struct scene s, back;
	uint32_t at, there;

	begin_one(&s, adds);
	at = go(&s, go(&s, go(&s, s.at[0], 1), 2), 0);
	assert_true(has_ended(&s, at, 2));
	scene_end(&s);
	fake_reset();
	begin_one(&back, adds);
	there = go(&back, back.at[0], 1);
	assert_true(has_ended(&back, go(&back, go(&back, there, 7), 0), 7));
	there = go(&back, there, 2);
	go(&back, machines_first(back.machines, 0), 9);
	assert_true(has_ended(&back, go(&back, there, 0), 2));
	scene_end(&back);
}

/* ------------------------------------------------------------------ memory of its own */

/* Writes what it reads to its own memory; then it looks at all of it, and writes the sum. */
static struct fake_exit keeps(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	uint8_t bytes[64], value = (uint8_t)vcpu->regs.rax;
	uint64_t sum = 0, line = line_of(vcpu);

	if (line == 1 || line == 2) {
		baton_vm_write(vm, OWN + (line - 1) * 0x2000 + value, &value, 1);
		vcpu->regs.rax = 0; /* what it read is in memory only */
	}
	if (line < 2)
		return load(8 * (uint32_t)line, 1);
	if (line > 2)
		return fake_hlt(0);
	for (int i = 0; i < 2; i++) {
		baton_vm_read(vm, OWN + i * 0x2000, bytes, sizeof(bytes));
		for (uint32_t k = 0; k < sizeof(bytes); k++)
			sum += (uint64_t)bytes[k] << 8 * i;
	}
	return store(16, 4, sum);
}

static void memory_is_taken_back_with_its_vm(void **state)
{
	struct scene s;
	uint32_t second[4];

	begin_one(&s, keeps);
	for (uint32_t i = 0; i < 4; i++)
		second[i] = go(&s, machines_first(s.machines, 0), i);
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t k = 4; k-- > 0;)
			assert_int_equal(node(&s, go(&s, second[i], k))->data, i + (k << 8));
	scene_end(&s);
}

/* All else is the same: registers, and the access. */
static void nodes_are_told_apart_by_memory(void **state)
{
	struct scene s;
	uint32_t one, two;

	begin_one(&s, keeps);
	one = go(&s, s.at[0], 1);
	two = go(&s, machines_first(s.machines, 0), 2);
	assert_false(one == two);
	assert_false(node(&s, one)->memory == node(&s, two)->memory);
	scene_end(&s);
}

/* Looks until it sees something, and forgets what. */
static struct fake_exit looks(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	if (line_of(vcpu) == 1 && !vcpu->regs.rax)
		jump(vcpu, 0);
	vcpu->regs.rax = 0;
	if (line_of(vcpu) < 2)
		return load(8 * (uint32_t)line_of(vcpu), 4);
	return fake_hlt(0);
}

static void a_node_that_is_come_to_again_is_the_same_one(void **state)
{
	struct scene s;
	uint32_t second;

	begin_one(&s, looks);
	assert_int_equal(go(&s, s.at[0], 0), s.at[0]); /* a loop */
	second = go(&s, s.at[0], 1);
	assert_false(second == machines_first(s.machines, 0));
	assert_int_equal(go(&s, machines_first(s.machines, 0), 2), second);
	assert_int_equal(go(&s, second, 1), go(&s, second, 2));
	assert_int_equal(machines_figures(s.machines).nodes, 3);
	scene_end(&s);
}

static struct fake_exit remembers(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return line_of(vcpu) < 2 ? load(0, 4) : fake_hlt(0);
}

static void nodes_are_told_apart_by_registers(void **state)
{
	struct scene s;
	uint32_t one;

	begin_one(&s, remembers);
	one = go(&s, s.at[0], 1);
	assert_false(one == go(&s, machines_first(s.machines, 0), 2));
	assert_int_equal(go(&s, machines_first(s.machines, 0), 1), one);
	scene_end(&s);
}

static struct fake_exit goes_where_it_is_told(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	const uint64_t told = line_of(vcpu) == 1 ? vcpu->regs.rax : 0;

	vcpu->regs.rax = 0;
	switch (told) {
	case 1:
		return load(8, 4);
	case 2:
		return load(8, 2);
	case 3:
		return store(8, 4, 0);
	case 4:
		return store(8, 4, 1);
	case 5:
		return fake_load(0, SHARED + 0x1008, 4); /* in the other region */
	case 6:
		return store(12, 4, 1);
	default:
		return line_of(vcpu) ? fake_hlt(0) : load(0, 4);
	}
}

static void nodes_are_told_apart_by_their_access(void **state)
{
	const program_fn program = goes_where_it_is_told;
	struct baton_region *other;
	uint32_t numbers[7];
	struct scene s;

	scene_prepare(&s, false, &program, 1);
	assert_int_equal(baton_region_create(s.rig->host, 4096, NULL, &other), 0);
	assert_int_equal(baton_region_trap(other, s.rig->vms[0], SHARED + 0x1000, NULL), 0);
	s.places[s.place_count++] =
		(struct trap){ .region = 1, .gpa = SHARED + 0x1000, .size = 4096 };
	assert_int_equal(scene_start(&s), 0);
	for (uint32_t i = 1; i < 7; i++) {
		numbers[i] = go(&s, machines_first(s.machines, 0), i);
		for (uint32_t k = 1; k < i; k++)
			assert_false(numbers[k] == numbers[i]);
	}
	assert_int_equal(node(&s, numbers[1])->region, 0);
	assert_int_equal(node(&s, numbers[5])->region, 1);
	assert_int_equal(node(&s, numbers[5])->offset, 8);
	/* From the other one it goes on as well. */
	assert_true(has_ended(&s, go(&s, numbers[5], 3), 0));
	scene_end(&s);
}

/* --------------------------------------------------------------------- atomic accesses */

/* Where RIP stands at the access of a line: one further, however long its instruction is. */
static void put_code(const struct scene *s, uint32_t vm, uint32_t line, const char *code,
		     size_t size)
{
	const uint64_t at = s->rig->vcpus[vm]->sregs.cs.base + CODE + 16 * line + 1;

	assert_int_equal(baton_vm_write(s->rig->vms[vm], at, code, size), 0);
}

/* Reads and writes in one instruction, and then writes in another. */
static struct fake_exit exchanges(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	struct fake_exit exit = load(8, 4);

	switch (line_of(vcpu)) {
	case 0:
		exit.more = true;
		return exit;
	case 1:
		return store(8, 4, vcpu->regs.rax + 1);
	case 2:
		return store(16, 4, 1);
	default:
		return fake_hlt(0);
	}
}

static void begin_exchange(struct scene *s, const char *code)
{
	const program_fn program = exchanges;

	scene_prepare(s, false, &program, 1);
	put_code(s, 0, 0, code, 2);
	assert_int_equal(scene_start(s), 0);
}

static void an_atomic_read_and_write_are_one_edge(void **state)
{
	struct scene s;
	struct edge e;

	begin_exchange(&s, "\x87\x08"); /* xchg */
	assert_int_equal(node(&s, s.at[0])->kind, NODE_READ);
	assert_true(node(&s, s.at[0])->atomic);
	e = edge(&s, s.at[0], 6);
	assert_true(e.stores);
	assert_int_equal(e.store, 7);
	assert_int_equal(node(&s, e.to)->kind, NODE_WRITE); /* the other one */
	assert_int_equal(node(&s, e.to)->offset, 16);
	assert_true(has_ended(&s, go(&s, e.to, 0), 6));
	e = edge(&s, machines_first(s.machines, 0), 1);
	assert_true(e.stores);
	assert_int_equal(e.store, 2);
	scene_end(&s);
}

static void without_a_lock_they_are_two_nodes(void **state)
{
	struct scene s;
	struct edge e;
	uint32_t one, two;

	begin_exchange(&s, "\x0F\xC1"); /* xadd */
	assert_false(node(&s, s.at[0])->atomic);
	e = edge(&s, s.at[0], 6);
	assert_false(e.stores);
	one = e.to;
	two = go(&s, machines_first(s.machines, 0), 1);
	assert_int_equal(node(&s, one)->kind, NODE_WRITE);
	assert_int_equal(node(&s, one)->data, 7);
	assert_int_equal(node(&s, two)->data, 2);
	/* And one can go back between them. */
	assert_true(has_ended(&s, go(&s, go(&s, one, 0), 0), 6));
	assert_true(has_ended(&s, go(&s, go(&s, two, 0), 0), 1));
	scene_end(&s);
}

/* Its next access is another instruction's. */
static struct fake_exit reads_and_then_writes(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return line_of(vcpu) == 2 ? store(0, 4, 1) : line_of(vcpu) < 2 ? load(0, 4) : fake_hlt(0);
}

static void an_atomic_read_need_not_write(void **state)
{
	const program_fn program = reads_and_then_writes;
	struct scene s;
	struct edge e;

	scene_prepare(&s, false, &program, 1);
	put_code(&s, 0, 0, "\x87\x08", 2);
	assert_int_equal(scene_start(&s), 0);
	e = edge(&s, s.at[0], 4);
	assert_false(e.stores);
	assert_int_equal(node(&s, e.to)->kind, NODE_READ);
	assert_false(node(&s, e.to)->atomic);
	/* A plain read's next access is no part of it. */
	e = edge(&s, e.to, 4);
	assert_false(e.stores);
	assert_int_equal(node(&s, e.to)->kind, NODE_WRITE);
	scene_end(&s);
}

/* ------------------------------------------------------------------------------ choices */

/* Chooses one of so many as it was told, and has it as its status. */
static struct fake_exit chooses(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	struct baton_call_choose call = { .of = vcpu->regs.rax, .choice = 0x77 };

	switch (line_of(vcpu)) {
	case 0:
		return load(0, 4);
	case 1:
		baton_vm_write(vm, CALL, &call, sizeof(call));
		return fake_out(0, BATON_CALL_CHOOSE, 4, vcpu->regs.rax == 1000 ? NOWHERE : CALL);
	default:
		baton_vm_read(vm, CALL, &call, sizeof(call));
		vcpu->regs.rax = call.choice;
		return fake_hlt(0);
	}
}

static void a_choice_has_an_edge_for_each_possibility(void **state)
{
	struct scene s;
	uint32_t at;

	begin_one(&s, chooses);
	at = go(&s, s.at[0], 3);
	assert_int_equal(node(&s, at)->kind, NODE_CHOOSE);
	assert_int_equal(node(&s, at)->data, 3);
	for (uint64_t i = 0; i < 3; i++)
		assert_true(has_ended(&s, go(&s, at, i), i));
	scene_end(&s);
}

static void a_choice_is_of_one_to_sixty_four(void **state)
{
	static const char why[] = "it chooses among more than 64 possibilities, or none";
	static const uint64_t of[] = { 1, 64, 0, 65, UINT32_MAX };
	struct scene s;

	begin_one(&s, chooses);
	for (size_t i = 0; i < COUNT(of); i++) {
		uint32_t at = go(&s, machines_first(s.machines, 0), of[i]);

		if (i < 2)
			assert_int_equal(node(&s, at)->kind, NODE_CHOOSE);
		else
			assert_true(is_lost(&s, at, why));
	}
	scene_end(&s);
}

/* Its call has no fields in memory; it dies as it would without a gate. */
static void who_chooses_from_nowhere_dies(void **state)
{
	struct scene s;
	uint32_t at;

	begin_one(&s, chooses);
	at = go(&s, s.at[0], 1000);
	assert_int_equal(node(&s, at)->kind, NODE_DEAD);
	scene_end(&s);
}

/* -------------------------------------------------------------------------------- calls */

static struct fake_exit rings(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return line_of(vcpu) ? fake_hlt(0) : fake_out(0, RING, 1, 7);
}

static struct fake_exit waits(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return line_of(vcpu) ? fake_hlt(0) : fake_out(0, WAIT, 2, 8);
}

static const program_fn waiter_and_ringer[] = { waits, rings };

static void a_call_is_a_node_with_what_it_passes(void **state)
{
	struct scene s;

	begin_with_bell(&s, waiter_and_ringer, 2);
	assert_int_equal(machines_count(s.machines), 2);
	assert_true(machines_has_devices(s.machines));
	for (uint32_t i = 0; i < 2; i++) {
		const struct node *n = node(&s, s.at[i]);

		assert_int_equal(n->kind, NODE_CALL);
		assert_int_equal(n->vm, i);
		assert_true(n->writes);
		assert_int_equal(n->port, i ? RING : WAIT);
		assert_int_equal(n->size, i ? 1 : 2);
		assert_int_equal(n->data, i ? 7 : 8);
	}
	assert_int_equal(plain(&s)->rings, 0); /* nobody has been served yet */
	scene_end(&s);
}

static void who_is_blocked_stays_at_its_node(void **state)
{
	struct scene s;
	struct edge e;

	begin_with_bell(&s, waiter_and_ringer, 2);
	e = edge(&s, s.at[0], 0);
	assert_true(e.blocks);
	assert_int_equal(e.to, s.at[0]);
	assert_int_equal(e.woken, 0);
	assert_int_equal(e.devices, machines_devices(s.machines));
	assert_int_equal(e.devices_after, e.devices);
	assert_int_equal(machines_figures(s.machines).nodes, 2);
	scene_end(&s);
}

static void a_call_says_how_devices_are_then_and_whom_they_woke(void **state)
{
	struct scene s;
	struct edge e, waited;
	uint32_t none, ringing;

	begin_with_bell(&s, waiter_and_ringer, 2);
	none = machines_devices(s.machines);
	edge(&s, s.at[0], 0);
	e = edge(&s, s.at[1], 0);
	ringing = e.devices_after;
	assert_false(e.blocks);
	assert_int_equal(e.woken, 1 << 0);
	assert_int_equal(e.devices, none);
	assert_false(ringing == none);
	assert_int_equal(plain(&s)->rings, 1);
	/* It was asked before, and its device is told so. */
	waited = edge_with(&s, s.at[0], 1, ringing);
	assert_false(waited.blocks);
	assert_true(has_ended(&s, waited.to, 0));
	assert_int_equal(waited.devices, ringing);
	assert_int_equal(plain(&s)->rings, 0);
	assert_int_equal(plain(&s)->resumed, 1);
	/* As one that comes to it afterwards is not. */
	waited = edge_with(&s, s.at[0], 0, ringing);
	assert_false(waited.blocks);
	assert_int_equal(plain(&s)->resumed, 0);
	scene_end(&s);
}

/* Whatever they are when it is asked. */
static void devices_are_put_back_for_a_call(void **state)
{
	struct scene s;
	struct edge e;
	uint32_t none;

	begin_with_bell(&s, waiter_and_ringer, 2);
	none = machines_devices(s.machines);
	e = edge(&s, s.at[1], 0);
	assert_int_equal(plain(&s)->rings, 1);
	assert_true(edge_with(&s, s.at[0], 0, none).blocks);
	assert_int_equal(plain(&s)->rings, 0);
	assert_false(edge_with(&s, s.at[0], 0, e.devices_after).blocks);
	assert_int_equal(machines_figures(s.machines).edges, 3);
	scene_end(&s);
}

/* Held, or waiting for another device: whom a device wakes asks the gate. */
static void who_stands_somewhere_else_is_woken_too(void **state)
{
	static const program_fn programs[] = { adds, rings, waits };
	struct scene s;

	begin_with_bell(&s, programs, 3);
	assert_int_equal(edge(&s, s.at[1], 0).woken, 1 << 0 | 1 << 2);
	assert_int_equal(fake.calls[FAKE_STATE_LOAD], 0); /* they stay where they are */
	scene_end(&s);
}

static struct fake_exit asks(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return line_of(vcpu) ? fake_hlt(0) : fake_in(0, WAIT, 1);
}

static void a_call_may_ask_for_something(void **state)
{
	const program_fn programs[] = { asks, rings };
	struct scene s;
	struct edge e;

	begin_with_bell(&s, programs, 2);
	assert_int_equal(node(&s, s.at[0])->kind, NODE_CALL);
	assert_false(node(&s, s.at[0])->writes);
	assert_true(edge(&s, s.at[0], 0).blocks);
	e = edge(&s, s.at[1], 0);
	e = edge_with(&s, s.at[0], 1, e.devices_after);
	assert_false(e.blocks);
	assert_int_equal(node(&s, e.to)->kind, NODE_ENDED);
	scene_end(&s);
}

/* The search has it at an earlier node; the VM itself has gone on to its end, or its death. */
static struct fake_exit dies_or_ends(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return !line_of(vcpu) ? load(0, 4) : vcpu->regs.rax ? fake_out(0, 0x99, 1, 0) : fake_hlt(0);
}

static void who_has_ended_is_there_again_where_it_may_be_woken(void **state)
{
	static const program_fn programs[] = { dies_or_ends, rings };

	for (uint64_t dies = 0; dies < 2; dies++) {
		struct scene s;
		uint32_t at;

		fake_reset();
		begin_with_bell(&s, programs, 2);
		at = go(&s, s.at[0], dies);
		assert_int_equal(node(&s, at)->kind, dies ? NODE_DEAD : NODE_ENDED);
		s.at[0] = machines_first(s.machines, 0);
		assert_int_equal(edge(&s, s.at[1], 0).woken, 1 << 0);
		scene_end(&s);
	}
}

/* That it is taken back there is no wake-up. */
static void who_is_there_again_is_not_taken_for_woken(void **state)
{
	static const program_fn programs[] = { dies_or_ends, waits };
	struct scene s;

	begin_with_bell(&s, programs, 2);
	go(&s, s.at[0], 0);
	assert_int_equal(edge(&s, s.at[1], 0).woken, 0);
	scene_end(&s);
}

static void who_has_ended_in_the_state_itself_is_not_woken(void **state)
{
	static const program_fn programs[] = { dies_or_ends, rings };
	struct scene s;

	begin_with_bell(&s, programs, 2);
	s.at[0] = go(&s, s.at[0], 0);
	assert_int_equal(edge(&s, s.at[1], 0).woken, 0);
	assert_int_equal(machines_figures(s.machines).loads, 0);
	scene_end(&s);
}

/* What nobody else sees is no node: it prints, sleeps, and asks for its argument. */
static struct fake_exit chats(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	switch (line_of(vcpu)) {
	case 0:
		return fake_out(0, BATON_CALL_SLEEP, 4, CALL);
	case 1:
		return fake_in(0, BATON_CALL_VERSION, 4);
	case 2:
		vcpu->regs.rbx = vcpu->regs.rax;
		return fake_out(0, BATON_CALL_LABEL, 4, CALL);
	default:
		vcpu->regs.rax = vcpu->regs.rbx;
		return fake_hlt(0);
	}
}

static void what_concerns_nobody_else_is_no_node(void **state)
{
	struct scene s;

	begin_one(&s, chats);
	assert_true(has_ended(&s, s.at[0], BATON_ABI_VERSION));
	assert_int_equal(machines_figures(s.machines).nodes, 1);
	assert_false(machines_has_devices(s.machines));
	scene_end(&s);
}

/* ---------------------------------------------------------------------------- refusals */

static struct fake_exit asks_for_the_time(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return fake_out(0, BATON_CALL_TIME, 4, CALL);
}

static void who_asks_for_what_no_schedule_decides_is_lost(void **state)
{
	struct scene s;

	begin_one(&s, asks_for_the_time);
	assert_true(is_lost(&s, s.at[0], "it asks for the time"));
	scene_end(&s);
}

/* Four bytes at an offset that it is told. */
static struct fake_exit looks_anywhere(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	return line_of(vcpu) > 1 ? fake_hlt(0) : load((uint32_t)vcpu->regs.rax, 4);
}

static void an_access_crosses_no_boundary_of_eight_bytes(void **state)
{
	struct scene s;

	begin_one(&s, looks_anywhere);
	for (uint32_t at = 8; at < 24; at++) {
		uint32_t to = go(&s, machines_first(s.machines, 0), at);

		if (at % 8 > 4)
			assert_true(is_lost(&s, to, "crosses a boundary of eight bytes"));
		else
			assert_int_equal(node(&s, to)->offset, at);
	}
	scene_end(&s);
}

static void a_place_ends_where_its_region_does(void **state)
{
	const program_fn programs[] = { looks_anywhere, looks_anywhere };
	struct baton_region *other;
	struct scene s;

	scene_prepare(&s, false, programs, 2);
	assert_int_equal(baton_region_create(s.rig->host, 4096, NULL, &other), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(baton_region_trap(other, s.rig->vms[i], SHARED + 0x1000, NULL), 0);
	/* Of the first VM nobody says that it has the other one. */
	s.places[s.place_count++] = (struct trap){ 1, 1, SHARED + 0x1000, 4096 };
	assert_int_equal(scene_start(&s), 0);
	assert_int_equal(node(&s, go(&s, s.at[0], 0xFFC))->offset, 0xFFC);
	assert_true(is_lost(&s, go(&s, machines_first(s.machines, 0), 0x1000),
			    "a region that it shares is not among those that are explored"));
	assert_int_equal(node(&s, go(&s, s.at[1], 0x1004))->offset, 4);
	scene_end(&s);
}

/* Accesses of one instruction, as it is told. */
static struct fake_exit does_several(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	const uint64_t told = vcpu->regs.rbx;
	struct fake_exit exit;

	switch (line_of(vcpu)) {
	case 0:
		return load(0, 4);
	case 1:
		vcpu->regs.rbx = vcpu->regs.rax;
		exit = vcpu->regs.rbx == 1 ? load(8, 4) :
		       vcpu->regs.rbx == 2 ? store(8, 4, 5) : fake_outs(0, WAIT, 1, 3, "abc");
		exit.more = vcpu->regs.rbx < 3;
		return exit;
	case 2:
		return told < 3 ? load(16, 4) : fake_hlt(0);
	default:
		return fake_hlt(0);
	}
}

/* It stands at the second one with registers as at the first; so nobody can go on from there. */
static void between_two_reads_of_an_instruction_there_is_no_way_back(void **state)
{
	struct scene s;
	uint32_t first, second;

	begin_one(&s, does_several);
	first = go(&s, s.at[0], 1);
	second = go(&s, first, 7);
	assert_int_equal(node(&s, second)->kind, NODE_READ);
	assert_int_equal(node(&s, second)->offset, 16);
	assert_int_equal(node(&s, go(&s, machines_first(s.machines, 0), 9))->kind, NODE_DEAD);
	assert_true(is_lost(&s, go(&s, second, 8), "there is no way back between them"));
	/* As long as it is there, it goes on. */
	second = go(&s, first, 6);
	assert_int_equal(node(&s, second)->offset, 16);
	assert_true(has_ended(&s, go(&s, second, 3), 3));
	scene_end(&s);
}

static void who_cannot_be_captured_within_an_instruction_is_lost(void **state)
{
	static const program_fn programs[] = { does_several };
	static const char why[] = "an instruction makes several accesses";
	struct scene s;

	begin_with_bell(&s, programs, 1);
	assert_true(is_lost(&s, go(&s, s.at[0], 2), why)); /* a write that a read follows */
	assert_true(is_lost(&s, go(&s, machines_first(s.machines, 0), 3), why)); /* a string */
	/* It is none the worse for it. */
	assert_int_equal(node(&s, go(&s, machines_first(s.machines, 0), 1))->kind, NODE_READ);
	scene_end(&s);
}

/* -------------------------------------------------------------------------------- ends */

static struct fake_exit ends_as_told(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	const uint64_t told = vcpu->regs.rax;

	if (!line_of(vcpu))
		return load(0, 4);
	switch (told & 15) {
	case 1:
		vcpu->regs.rbx = told >> 4; /* another port, and other registers */
		return fake_out(0, (uint16_t)(0x99 + (told >> 4)), 1, 0);
	case 2:
		return fake_other(0, KVM_EXIT_INTERNAL_ERROR, KVM_INTERNAL_ERROR_EMULATION);
	case 3:
		return fake_spin();
	case 4:
		vcpu->regs.rflags |= 0x200;
		return fake_hlt(0);
	case 5:
		fake_at(fake.now_ns + MS, (void (*)(void *))baton_host_stop, vm->host);
		return fake_spin();
	default:
		vcpu->regs.rax = 3;
		vcpu->regs.rbx = told;
		baton_vm_write(vm, OWN, &told, sizeof(told));
		return fake_hlt(0);
	}
}

static void an_end_is_its_status_and_nothing_else(void **state)
{
	struct scene s;
	uint32_t at;

	begin_one(&s, ends_as_told);
	at = go(&s, s.at[0], 0);
	assert_true(has_ended(&s, at, 3));
	/* With other registers, and memory. */
	assert_int_equal(go(&s, machines_first(s.machines, 0), 6), at);
	scene_end(&s);
}

static uint64_t last_port(const struct scene *s, uint32_t number)
{
	const struct baton_death *death = node(s, number)->death;

	return death->last[death->last_count - 1].addr;
}

static void each_death_is_a_node_and_is_kept(void **state)
{
	struct scene s;
	uint32_t one, two;

	begin_one(&s, ends_as_told);
	one = go(&s, s.at[0], 0x11);
	two = go(&s, machines_first(s.machines, 0), 0x21);
	assert_false(one == two);
	assert_int_equal(node(&s, one)->kind, NODE_DEAD);
	assert_int_equal(node(&s, one)->death->kind, BATON_DEATH_PORT);
	assert_int_equal(last_port(&s, one), 0x9A);
	assert_int_equal(last_port(&s, two), 0x9B);
	scene_end(&s);
}

static void who_does_not_get_on_is_lost_and_says_why(void **state)
{
	static const struct {
		uint64_t told;
		const char *why;
	} cases[] = {
		{ 2, "KVM gives up" },
		{ 3, "it computes for five seconds without an access that others can see" },
		{ 5, "it was stopped" },
	};
	struct scene s;

	begin_one(&s, ends_as_told);
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint32_t at = go(&s, machines_first(s.machines, 0), cases[i].told);

		assert_true(is_lost(&s, at, cases[i].why));
		assert_null(node(&s, at)->death);
	}
	/* Afterwards it can still be taken back. */
	assert_true(has_ended(&s, go(&s, machines_first(s.machines, 0), 0), 3));
	scene_end(&s);
}

static void who_waits_for_an_interrupt_that_cannot_come_stays_there(void **state)
{
	struct scene s;
	uint32_t at;

	begin_one(&s, ends_as_told);
	at = go(&s, machines_first(s.machines, 0), 4);
	assert_int_equal(node(&s, at)->kind, NODE_IDLE);
	assert_true(has_ended(&s, go(&s, machines_first(s.machines, 0), 0), 3));
	assert_non_null(machines_at(s.machines, at));
	scene_end(&s);
}

/* Of an end, and of a death; of a read that leads to neither they know nothing. */
static void devices_hear_of_ends(void **state)
{
	const program_fn programs[] = { ends_as_told, remembers };
	struct edge e, again;
	uint32_t none, first;
	struct scene s;

	begin_with_bell(&s, programs, 2);
	none = machines_devices(s.machines);
	first = s.at[0];
	e = edge(&s, s.at[1], 0);
	assert_int_equal(e.devices, NO_DEVICES);
	assert_int_equal(e.devices_after, NO_DEVICES);
	for (uint64_t dies = 0; dies < 2; dies++) {
		e = edge(&s, first, dies);
		assert_int_equal(plain(&s)->ended, 1);
		assert_int_equal(e.devices, none);
		assert_false(e.devices_after == none);
		again = edge_with(&s, first, dies, e.devices_after);
		assert_int_equal(again.devices, e.devices_after);
		assert_int_equal(plain(&s)->ended, 2);
	}
	scene_end(&s);
}

/* -------------------------------------------------------------------------- looking at it */

static void a_vm_can_be_looked_at_where_it_stands(void **state)
{
	struct scene s;
	uint32_t first, one, two, over;
	struct baton_vm *vm;
	uint64_t loads;
	uint8_t byte;

	begin_one(&s, keeps);
	first = s.at[0];
	one = go(&s, first, 1);
	two = go(&s, first, 2);
	vm = machines_at(s.machines, one);
	assert_ptr_equal(vm, s.rig->vms[0]);
	assert_int_equal(baton_vm_regs(vm)->rsi, 2);
	assert_int_equal(baton_vm_read(vm, OWN + 1, &byte, 1), 0);
	assert_int_equal(byte, 1);
	assert_int_equal(baton_vm_read(vm, OWN + 2, &byte, 1), 0);
	assert_int_equal(byte, 0);
	/* It is there now, and needs not be taken there again. */
	loads = machines_figures(s.machines).loads;
	assert_ptr_equal(machines_at(s.machines, one), vm);
	assert_int_equal(node(&s, go(&s, one, 6))->data, 1 + (6 << 8));
	assert_int_equal(machines_figures(s.machines).loads, loads);
	/* To look changes nothing. */
	assert_int_equal(node(&s, go(&s, two, 5))->data, 2 + (5 << 8));
	assert_int_equal(node(&s, go(&s, one, 5))->data, 1 + (5 << 8));
	over = go(&s, go(&s, one, 5), 0);
	assert_int_equal(node(&s, over)->kind, NODE_ENDED);
	assert_non_null(machines_at(s.machines, over)); /* as long as it has not gone back */
	assert_non_null(machines_at(s.machines, first));
	assert_null(machines_at(s.machines, over));
	scene_end(&s);
}

/* Nobody seems to be woken by that. */
static void who_was_looked_at_is_not_taken_for_woken(void **state)
{
	static const program_fn programs[] = { remembers, waits };
	struct scene s;

	begin_with_bell(&s, programs, 2);
	go(&s, s.at[0], 1);
	s.at[0] = machines_first(s.machines, 0);
	assert_non_null(machines_at(s.machines, s.at[0]));
	assert_int_equal(edge(&s, s.at[1], 0).woken, 0);
	scene_end(&s);
}

/* ------------------------------------------------------------------------------ fences */

/* Three instructions before a read, of which the second may be a fence; then one, and HLT. */
static struct fake_exit passes_a_fence(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	struct fake_exit exit = load(0, 4);

	exit.ns = 3;
	return line_of(vcpu) ? fake_hlt(2) : exit;
}

static void begin_fence(struct scene *s, bool fences)
{
	const program_fn program = passes_a_fence;

	scene_prepare(s, fences, &program, 1);
	put_code(s, 0, 0, "\x90\x0F\xAE\xF0\x90", 5);
	put_code(s, 0, 1, "\x90\xF4", 2);
	assert_int_equal(scene_start(s), 0);
}

static void a_fence_is_a_node_where_it_is_wanted(void **state)
{
	struct scene s;
	uint32_t read;

	begin_fence(&s, true);
	assert_int_equal(node(&s, s.at[0])->kind, NODE_FENCE);
	read = go(&s, s.at[0], 0);
	assert_int_equal(node(&s, read)->kind, NODE_READ);
	assert_true(has_ended(&s, go(&s, read, 5), 5));
	/* And it is gone back to, as what is behind it. */
	assert_true(has_ended(&s, go(&s, read, 6), 6));
	assert_non_null(machines_at(s.machines, s.at[0] = machines_first(s.machines, 0)));
	assert_int_equal(baton_vm_regs(s.rig->vms[0])->rip, node(&s, s.at[0])->rip);
	scene_end(&s);
	fake_reset();
	begin_fence(&s, false);
	assert_int_equal(node(&s, s.at[0])->kind, NODE_READ);
	assert_int_equal(fake.calls[FAKE_STATE_STEP], 0);
	scene_end(&s);
}

static struct fake_exit writes_before_a_fence(struct fake_vcpu *vcpu, struct baton_vm *vm)
{
	struct fake_exit exit = load(0, 4);

	exit.ns = 1;
	return line_of(vcpu) > 1 ? fake_hlt(0) : line_of(vcpu) ? exit : store(0, 4, 1);
}

static void a_fence_right_behind_a_write_is_seen(void **state)
{
	const program_fn program = writes_before_a_fence;
	struct scene s;
	uint32_t fence;

	scene_prepare(&s, true, &program, 1);
	put_code(&s, 0, 0, "\x0F\xAE\xF0", 3);
	assert_int_equal(scene_start(&s), 0);
	assert_int_equal(node(&s, s.at[0])->kind, NODE_WRITE);
	fence = go(&s, s.at[0], 0);
	assert_int_equal(node(&s, fence)->kind, NODE_FENCE);
	assert_int_equal(node(&s, go(&s, fence, 0))->kind, NODE_READ);
	scene_end(&s);
}

/* Some KVMs say that they have made a step, and have not. */
static void a_step_that_was_not_made_passes_no_fence(void **state)
{
	struct scene s;

	begin_fence(&s, true);
	s.guests[0].lies = 2;
	assert_int_equal(node(&s, go(&s, s.at[0], 0))->kind, NODE_READ);
	assert_int_equal(s.guests[0].lies, 0);
	scene_end(&s);
}

/* Some KVMs step over it. */
static void hlt_is_not_stepped(void **state)
{
	struct scene s;

	begin_fence(&s, true);
	assert_true(s.rig->vcpus[0]->stepping);
	assert_true(has_ended(&s, go(&s, go(&s, s.at[0], 0), 5), 5));
	assert_false(s.rig->vcpus[0]->stepping);
	scene_end(&s);
}

static void who_stands_at_a_fence_is_woken_and_stays_there(void **state)
{
	static const program_fn programs[] = { passes_a_fence, rings };
	struct scene s;

	scene_prepare(&s, true, programs, 2);
	put_code(&s, 0, 0, "\x90\x0F\xAE\xF0\x90", 5);
	add_bell(&s);
	assert_int_equal(scene_start(&s), 0);
	assert_int_equal(edge(&s, s.at[1], 0).woken, 1 << 0);
	assert_int_equal(node(&s, go(&s, s.at[0], 0))->kind, NODE_READ);
	assert_int_equal(machines_figures(s.machines).loads, 0);
	scene_end(&s);
}

static void code_that_cannot_be_read_is_not_passed_over(void **state)
{
	const program_fn program = passes_a_fence;
	struct scene s;

	scene_prepare(&s, true, &program, 1);
	put_code(&s, 0, 0, "\x90\x0F\xAE\xF0\x90", 5);
	fake_fail(FAKE_GET_SREGS, 2, EIO); /* before the fence */
	assert_int_equal(scene_start(&s), -EIO);
	assert_string_equal(s.diag.where, "vm0");
	scene_end(&s);
}

/* --------------------------------------------------------------------------------- bounds */

static void there_are_thirty_two_vms_at_most(void **state)
{
	program_fn programs[VMS];
	struct scene s;

	for (int i = 0; i < VMS; i++)
		programs[i] = remembers;
	begin(&s, programs, MACHINES_MAX);
	assert_int_equal(machines_count(s.machines), MACHINES_MAX);
	assert_int_equal(node(&s, go(&s, s.at[31], 1))->vm, 31);
	scene_end(&s);
	fake_reset();
	scene_prepare(&s, false, programs, MACHINES_MAX + 1);
	assert_int_equal(scene_start(&s), -EINVAL);
	assert_non_null(strstr(s.diag.message, "more than 32 VMs"));
	scene_end(&s);
}

/* Wherever something fails, the caller is told of which VM, or that memory or KVM is at fault. */
static bool says_what_failed(const struct baton_diag *diag)
{
	static const char *const wheres[] = { "vm0",	 "vm1",	    "KVM_RUN",
					      "regions", "explore", "devices" };

	for (size_t i = 0; i < COUNT(wheres); i++)
		if (!strcmp(diag->where, wheres[i]) && *diag->message)
			return true;
	print_message("# %s: %s\n", diag->where, diag->message);
	return false;
}

static void a_beginning_that_fails_says_so_and_leaves_nothing_behind(void **state)
{
	static const program_fn programs[] = { keeps, waits };
	unsigned failures = 0;
	bool failed = true;

	for (uint64_t n = 1; failed; n++) {
		struct scene s;
		int error;

		fake_reset();
		scene_prepare(&s, true, programs, 2);
		add_bell(&s);
		fake_fail_any(n);
		error = scene_start(&s);
		failed = fake_failed(NULL);
		assert_int_equal(error < 0, failed);
		assert_true(!failed || says_what_failed(&s.diag));
		failures += failed;
		fake_fail_any(0);
		scene_end(&s);
		assert_null(fake_leak());
	}
	assert_in_range(failures, 20, 100);
}

/*
 * One rings while the other one, which has ended, is to be there; then that dies. Some failures
 * concern nobody, as of the memory for statistics; then all is as ever.
 */
static void an_edge_that_fails_says_so_and_leaves_nothing_behind(void **state)
{
	static const program_fn programs[] = { ends_as_told, rings };
	static const enum node_kind kinds[] = { NODE_DEAD, NODE_ENDED };
	unsigned failures = 0;
	bool failed = true;

	for (uint64_t n = 0; failed; n++) {
		const struct edge *e = NULL;
		uint32_t devices;
		struct scene s;

		fake_reset();
		begin_with_bell(&s, programs, 2);
		devices = machines_devices(s.machines);
		go(&s, s.at[1], 0);
		go(&s, s.at[0], 0);
		if (n)
			fake_fail_any(n);
		else
			fake_fail(FAKE_RUN, 1, EIO);
		for (int vm = 1; vm >= 0 && (vm || e); vm--) {
			e = machines_edge(s.machines, s.at[vm], 1, devices, s.at, &s.diag);
			assert_true(!e || node(&s, e->to)->kind == kinds[vm]);
		}
		failed = fake_failed(NULL);
		assert_true(e || (failed && says_what_failed(&s.diag)));
		failures += !e;
		fake_fail_any(0);
		scene_end(&s);
		assert_null(fake_leak());
	}
	assert_in_range(failures, 15, 60);
}

static void a_vm_that_cannot_be_taken_there_is_not_looked_at(void **state)
{
	struct scene s;
	uint32_t first;

	begin_one(&s, remembers);
	first = s.at[0];
	go(&s, first, 1);
	fake_fail(FAKE_STATE_LOAD, 1, EIO);
	assert_null(machines_at(s.machines, first));
	assert_non_null(machines_at(s.machines, first));
	scene_end(&s);
}

static void no_machines_can_be_freed(void **state)
{
	machines_free(NULL);
	fake_fail(FAKE_CALLOC, 1, ENOMEM);
	assert_null(machines_new(false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_vm_stands_before_each_access_in_turn),
		TEST(shared_memory_is_left_alone),
		TEST(an_edge_is_found_out_once),
		TEST(a_vm_is_taken_back_to_any_of_its_nodes),
		TEST(what_follows_is_the_same_however_a_node_was_come_to),
		TEST(memory_is_taken_back_with_its_vm),
		TEST(nodes_are_told_apart_by_memory),
		TEST(a_node_that_is_come_to_again_is_the_same_one),
		TEST(nodes_are_told_apart_by_registers),
		TEST(nodes_are_told_apart_by_their_access),
		TEST(an_atomic_read_and_write_are_one_edge),
		TEST(without_a_lock_they_are_two_nodes),
		TEST(an_atomic_read_need_not_write),
		TEST(a_choice_has_an_edge_for_each_possibility),
		TEST(a_choice_is_of_one_to_sixty_four),
		TEST(who_chooses_from_nowhere_dies),
		TEST(a_call_is_a_node_with_what_it_passes),
		TEST(who_is_blocked_stays_at_its_node),
		TEST(a_call_says_how_devices_are_then_and_whom_they_woke),
		TEST(devices_are_put_back_for_a_call),
		TEST(who_stands_somewhere_else_is_woken_too),
		TEST(a_call_may_ask_for_something),
		TEST(who_has_ended_is_there_again_where_it_may_be_woken),
		TEST(who_is_there_again_is_not_taken_for_woken),
		TEST(who_has_ended_in_the_state_itself_is_not_woken),
		TEST(what_concerns_nobody_else_is_no_node),
		TEST(who_asks_for_what_no_schedule_decides_is_lost),
		TEST(an_access_crosses_no_boundary_of_eight_bytes),
		TEST(a_place_ends_where_its_region_does),
		TEST(between_two_reads_of_an_instruction_there_is_no_way_back),
		TEST(who_cannot_be_captured_within_an_instruction_is_lost),
		TEST(an_end_is_its_status_and_nothing_else),
		TEST(each_death_is_a_node_and_is_kept),
		TEST(who_does_not_get_on_is_lost_and_says_why),
		TEST(who_waits_for_an_interrupt_that_cannot_come_stays_there),
		TEST(devices_hear_of_ends),
		TEST(a_vm_can_be_looked_at_where_it_stands),
		TEST(who_was_looked_at_is_not_taken_for_woken),
		TEST(a_fence_is_a_node_where_it_is_wanted),
		TEST(a_fence_right_behind_a_write_is_seen),
		TEST(a_step_that_was_not_made_passes_no_fence),
		TEST(hlt_is_not_stepped),
		TEST(who_stands_at_a_fence_is_woken_and_stays_there),
		TEST(code_that_cannot_be_read_is_not_passed_over),
		TEST(there_are_thirty_two_vms_at_most),
		TEST(a_beginning_that_fails_says_so_and_leaves_nothing_behind),
		TEST(an_edge_that_fails_says_so_and_leaves_nothing_behind),
		TEST(a_vm_that_cannot_be_taken_there_is_not_looked_at),
		TEST(no_machines_can_be_freed),
	};

	return cmocka_run_group_tests_name("explore machines", tests, NULL, NULL);
}
