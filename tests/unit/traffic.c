/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic.c - see traffic.h.
 */
#include "traffic.h"

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct actor *a = vcpu->state;
	const struct step *step = &a->steps[a->at];

	if (a->at == a->count)
		return fake_hlt(0);
	a->at++;
	for (unsigned i = 0; i < step->stores; i++)
		assert_int_equal(baton_vm_write(a->vm, step->store[i].at, &step->store[i].word, 4), 0);
	return step->exit;
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct actor *a = vcpu->state;

	assert_true(bytes <= 4);
	a->got[a->gots] = 0;
	memcpy(&a->got[a->gots++], data, bytes);
}

static size_t print_items(char *to, const uint32_t *items, uint32_t count)
{
	size_t used = 0;

	for (uint32_t i = 0; i < count; i++)
		used += (size_t)sprintf(to + used, "%s%u", i ? "," : "", items[i]);
	return used;
}

static void told(void *context, const struct baton_traffic *event)
{
	struct traffic *t = context;
	char *at = t->log + strlen(t->log);

	assert_true(at < t->log + sizeof(t->log) - 600);
	assert_ptr_equal(event->vm,
			 t->actor[event->kind == BATON_TRAFFIC_PRODUCED ? PRODUCER : CONSUMER].vm);
	*at++ = "PcC"[event->kind];
	at += print_items(at, event->items, event->count);
	if (event->ring) {
		*at++ = '[';
		at += print_items(at, event->ring, event->held);
		at += sprintf(at, "]%d/%d", event->prod_p, event->cons_p);
	}
	strcpy(at, " ");
}

static bool ready(void *context)
{
	struct traffic *t = context;
	size_t length = strlen(t->log) + 1;

	if (!t->reluctant || t->refused == length)
		return true;
	t->refused = length;
	t->refusals++;
	return false;
}

void traffic_begin(struct traffic *t, const char *policy, uint64_t slice_ns, uint32_t burst)
{
	struct baton_host_config config = BATON_HOST_CONFIG;

	memset(t, 0, sizeof(*t));
	config.policy = policy;
	config.sched.slice_ns = slice_ns;
	config.sched.burst = burst;
	t->rig = rig_begin_with(&config);
	for (int i = 0; i < 2; i++) {
		int vm = rig_vm(t->rig, 1, play, &t->actor[i]);

		t->rig->vcpus[vm]->got = got;
		t->actor[i].vm = t->rig->vms[vm];
	}
	t->config = (struct baton_traffic_config){
		.producer = t->actor[PRODUCER].vm, .consumer = t->actor[CONSUMER].vm,
		.event = told, .ready = ready, .context = t,
	};
}

struct step *traffic_step(struct traffic *t, int side, struct fake_exit exit)
{
	struct actor *a = &t->actor[side];
	struct step *step = &a->steps[a->count++];

	assert_true(a->count <= COUNT(a->steps));
	*step = (struct step){ .exit = exit };
	return step;
}

void traffic_out(struct traffic *t, int side, uint16_t port, uint8_t size, uint32_t data)
{
	traffic_step(t, side, fake_out(100, port, size, data));
}

void traffic_in(struct traffic *t, int side, uint16_t port, uint8_t size)
{
	traffic_step(t, side, fake_in(100, port, size));
}

void traffic_store(struct step *step, uint32_t at, uint32_t word)
{
	assert_true(step->stores < COUNT(step->store));
	step->store[step->stores].at = at;
	step->store[step->stores++].word = word;
}

void traffic_device(struct traffic *t, const struct baton_device_ops *ops, const void *config)
{
	struct baton_diag diag;

	if (baton_device_create(t->rig->host, ops, config, &diag, NULL))
		fail_msg("%s: %s", diag.where, diag.message);
}

void traffic_refused(struct traffic *t, const struct baton_device_ops *ops, const void *config,
		     int error, const char *word)
{
	struct baton_diag diag = { .message = "" };

	assert_int_equal(baton_device_create(t->rig->host, ops, config, &diag, NULL), error);
	if (!strstr(diag.message, word))
		fail_msg("\"%s\" does not mention \"%s\"", diag.message, word);
}

void traffic_run(struct traffic *t, enum baton_run_end end, const char *log)
{
	assert_int_equal(rig_run(t->rig, S), end);
	assert_string_equal(t->log, log);
}

void traffic_halted(struct traffic *t, int side)
{
	struct baton_vm_stats s = rig_vm_stats(t->rig, side);

	assert_int_equal(s.outcome, BATON_HALTED);
	assert_int_equal(s.status, 0);
}

void traffic_blocked(struct traffic *t, int side)
{
	assert_int_equal(rig_vm_stats(t->rig, side).outcome, BATON_BLOCKED);
}

void traffic_died(struct traffic *t, int side, const char *why)
{
	const struct baton_death *death = baton_vm_death(t->actor[side].vm);

	assert_non_null(death);
	assert_int_equal(death->kind, BATON_DEATH_FAULT);
	if (!strstr(death->sentence, why))
		fail_msg("\"%s\" does not mention \"%s\"", death->sentence, why);
}

void traffic_end(struct traffic *t)
{
	rig_end(t->rig);
}
