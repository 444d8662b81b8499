/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machines_rig.c - see machines_rig.h.
 */
#include "machines_rig.h"

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	const struct guest *guest = vcpu->state;

	vcpu->regs.rip = CODE + 16 * vcpu->regs.rsi++;
	return guest->program(vcpu, guest->vm);
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	vcpu->regs.rax = 0;
	memcpy(&vcpu->regs.rax, data, bytes < 8 ? bytes : 8);
}

static void stepped(struct fake_vcpu *vcpu)
{
	struct guest *guest = vcpu->state;

	if (!guest->lies)
		return;
	guest->lies--;
	vcpu->regs.rip--;
	vcpu->plan.ns++;
}

/* ------------------------------------------------------------------ life cycle */

/* What all tests begin with; the one place that makes machines. */
static struct machines *make(bool fences)
{
	struct machines *m = machines_new(fences);

	assert_non_null(m);
	return m;
}

void scene_prepare(struct scene *s, bool fences, const program_fn *programs, uint32_t count)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_region *region;

	*s = (struct scene){ .machines = make(fences) };
	config.policy = "quantum";
	config.gate = machines_gate(s->machines);
	config.gate_context = s->machines;
	s->rig = rig_begin_with(&config);
	assert_int_equal(baton_region_create(s->rig->host, 4096, NULL, &region), 0);
	for (uint32_t i = 0; i < count; i++) {
		struct guest *guest = &s->guests[i];

		guest->program = programs ? programs[i] : NULL;
		rig_vm(s->rig, 1, play, guest);
		guest->vm = s->rig->vms[i];
		s->rig->vcpus[i]->got = got;
		s->rig->vcpus[i]->stepped = stepped;
		assert_int_equal(baton_region_trap(region, guest->vm, SHARED, NULL), 0);
		s->places[s->place_count++] =
			(struct trap){ .vm = i, .gpa = SHARED, .size = 4096 };
	}
}

int scene_start(struct scene *s)
{
	int error = machines_begin(s->machines, s->rig->host, s->places, s->place_count, &s->diag);

	for (uint32_t i = 0; i < machines_count(s->machines) && !error; i++)
		s->at[i] = machines_first(s->machines, i);
	return error;
}

void scene_end(struct scene *s)
{
	fake.unprovided = 0;
	rig_close(s->rig);
	machines_free(s->machines);
}

/* ------------------------------------------------------------- nodes and edges */

const struct node *node(const struct scene *s, uint32_t number)
{
	return machines_node(s->machines, number);
}

struct edge edge_with(struct scene *s, uint32_t from, uint64_t answer, uint32_t devices)
{
	const struct edge *e;

	s->at[node(s, from)->vm] = from;
	e = machines_edge(s->machines, from, answer, devices, s->at, &s->diag);
	if (!e)
		fail_msg("%s: %s", s->diag.where, s->diag.message);
	assert_true(e->answer == answer);
	return *e;
}

struct edge edge(struct scene *s, uint32_t from, uint64_t answer)
{
	return edge_with(s, from, answer, machines_devices(s->machines));
}

uint32_t go(struct scene *s, uint32_t from, uint64_t answer)
{
	return edge(s, from, answer).to;
}

bool is_lost(const struct scene *s, uint32_t number, const char *words)
{
	const struct node *n = node(s, number);

	if (n->kind == NODE_LOST && strstr(n->why, words))
		return true;
	print_message("# kind %d: %s\n", n->kind, n->why ? n->why : "-");
	return false;
}

bool has_ended(const struct scene *s, uint32_t number, uint64_t status)
{
	return node(s, number)->kind == NODE_ENDED && node(s, number)->data == status;
}
