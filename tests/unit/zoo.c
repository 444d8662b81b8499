/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zoo.c - see zoo.h.
 */
#include "zoo.h"

#include "baton/abi.h"

enum { PORT_PLAIN = 0x10, PORT_MAIL = 0x20, PORT_STRING = 0x30 };

/* ---------------------------------------------------------------- devices */

static enum baton_verdict plain(void *state, struct baton_access *a)
{
	struct zoo_guest *g = state;

	fake_advance(g->seed % 5000);
	a->data = g->seed;
	return BATON_RESUME;
}

/* IN waits for somebody's OUT, which wakes everybody who waits. */
static enum baton_verdict mail(void *state, struct baton_access *a)
{
	struct zoo_guest *g = state;
	struct zoo *zoo = g->zoo;

	fake_advance(300);
	if (a->write) {
		for (unsigned i = 0; i < zoo->count; i++) {
			if (zoo->guests[i].waits)
				baton_vcpu_wake(baton_vm_vcpu(zoo->rig->vms[i]));
			zoo->guests[i].waits = false;
		}
		return BATON_RESUME;
	}
	a->data = 0x11;
	if (a->resumed)
		return BATON_RESUME;
	g->waits = true;
	g->blocks++;
	return BATON_BLOCK;
}

/* Some elements of a string wait for a while, some end the turn. Each counts once. */
static enum baton_verdict string(void *state, struct baton_access *a)
{
	struct zoo_guest *g = state;

	fake_advance(100);
	if (!a->resumed && a->data % 4 == 1) {
		baton_vcpu_wake_at(a->vcpu, a->now_ns + a->data % 100000);
		g->blocks++;
		return BATON_BLOCK;
	}
	g->elements++;
	return a->data % 4 == 2 ? BATON_YIELD : BATON_RESUME;
}

/* ----------------------------------------------------------------- guests */

static struct fake_exit next(struct fake_vcpu *vcpu)
{
	struct zoo_guest *g = vcpu->state;
	uint64_t ns = fake_random(&g->seed) % (fake_random(&g->seed) % 8 ? 20000 : g->zoo->longest_ns);
	uint32_t count;

	vcpu->regs.rflags = 2;
	if (!g->steps)
		return fake_hlt(ns);
	g->steps--;
	switch (fake_random(&g->seed) % 10) {
	case 0:
		return fake_out(ns, BATON_CALL_YIELD, 4, 0);
	case 1:
		return fake_out(ns, BATON_CALL_SLEEP, 4, fake_random(&g->seed) % 3000);
	case 2:
		return fake_in(ns, PORT_MAIL, 1);
	case 3:
	case 4:
		return fake_out(ns, PORT_MAIL, 1, 0);
	case 5:
		count = 1 + fake_random(&g->seed) % COUNT(g->string);
		for (uint32_t i = 0; i < count; i++)
			g->string[i] = (uint32_t)fake_random(&g->seed);
		return fake_outs(ns, PORT_STRING, 4, count, g->string);
	default:
		return fake_random(&g->seed) % 2 ? fake_out(ns, PORT_PLAIN, 2, 1) :
						   fake_in(ns, PORT_PLAIN, 4);
	}
}

void zoo_fill(struct zoo *zoo, struct rig *rig, uint64_t seed, unsigned guests, uint32_t steps)
{
	*zoo = (struct zoo){ .rig = rig, .count = guests, .longest_ns = 30 * MS };
	for (unsigned i = 0; i < guests; i++) {
		struct zoo_guest *g = &zoo->guests[i];
		char name[16] = "";
		struct baton_vm_config c = rig_vm_config(name);

		snprintf(name, sizeof(name), "vm%u", i);
		*g = (struct zoo_guest){ .zoo = zoo, .seed = seed * 100 + i + 1, .steps = steps };
		c.share = 1 + fake_random(&g->seed) % 9;
		c.arrives_ns = fake_random(&g->seed) % 3 ? 0 : fake_random(&g->seed) % (50 * MS);
		g->vm = rig_add(rig, &c, next, g);
		rig_port(rig, g->vm, PORT_PLAIN, 1, plain, g);
		rig_port(rig, g->vm, PORT_MAIL, 1, mail, g);
		rig_port(rig, g->vm, PORT_STRING, 1, string, g);
	}
}
