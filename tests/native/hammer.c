/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hammer.c - preemption and stopping on a real KVM, very often, with guests that
 * never exit: no kick may be lost, none acted on early, every stop obeyed.
 *
 * Early is judged by the order of events alone: a turn ends no sooner than the one
 * before ended plus its slice, all times being the host's own readings. Lost shows
 * in two ways. Without signals of others a thread whose kick is lost stays in the
 * guest for ever; a guard ends that after 20 s, and the test fails. With them the
 * next one would rescue it; they are quiet for a second now and then, in which
 * thousands of slices go by, and no turn may be longer than LOST. Of a turn only
 * what the thread spent on a CPU counts, and of that only what the guard saw with
 * its heart beating: a guest whose kick is lost spins on and the guard lives, but
 * when an emulated machine stands still as a whole, no timer of the guard's fires.
 *
 * Slices are the shortest that the machine can carry: 100 µs, in a test bed 500 µs.
 * Where the time that a test's name allows is up before the number is reached, as
 * in a test bed, it ends; what was done is printed, and it is never less than a
 * tenth. BATON_TEST_LONG gives three times as long. In the bed vmx, whose seconds
 * last five of ours and more, it is a third as long, or with BATON_TEST_LONG all of it.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "baton/baton.h"

#define US    UINT64_C(1000)
#define MS    UINT64_C(1000000)
#define S     UINT64_C(1000000000)
#define LOST  (100 * MS)
#define BEAT  (5 * MS) /* the guard's, at the most so often */
#define GUARD (20 * S)
#define STOPPED (600 * MS) /* from a stop to the return, of the wall clock */
#define KICK  SIGRTMIN

static uint64_t read_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * S + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

static void sleep_ns(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / S), .tv_nsec = (long)(ns % S) };

	nanosleep(&t, NULL);
}

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static bool in_bed(void)
{
	const char *kvm = getenv("BATON_TEST_KVM");

	return kvm && strcmp(kvm, "native");
}

static uint64_t allowed(uint64_t seconds)
{
	const char *kvm = getenv("BATON_TEST_KVM");
	bool slow = kvm && !strcmp(kvm, "vmx");

	return seconds * S * (getenv("BATON_TEST_LONG") ? 3 : 1) / (slow ? 3 : 1);
}

/* ------------------------------------------------------- a host and its log */

struct hammer {
	struct baton_host *host;
	clockid_t clock; /* of the host's thread: its CPU time */
	uint64_t slice_ns, last_end_ns, last_cpu_ns, last_alive_ns;
	uint64_t worst_ns, worst_cpu_ns; /* overruns; of turns, on a CPU */
	uint64_t worst_alive_ns;	 /* and of that, seen by the guard */
	uint64_t slices, wanted;
	uint64_t overruns[24]; /* by powers of two, in µs */
	const char *wrong;
	atomic_uint_fast64_t progress; /* read by the guard */
	atomic_uint_fast64_t alive_ns; /* CPU time of the thread, as far as the guard saw it */
	uint64_t seen_cpu_ns;	       /* the guard's */
	atomic_bool over, rescued;
};

static void note_length(struct hammer *h, uint64_t cpu_ns, uint64_t alive_ns)
{
	if (cpu_ns > h->worst_cpu_ns)
		h->worst_cpu_ns = cpu_ns;
	if (alive_ns > h->worst_alive_ns)
		h->worst_alive_ns = alive_ns;
}

static void seen_turn(void *context, const struct baton_turn *turn)
{
	struct hammer *h = context;
	uint64_t due = h->last_end_ns + h->slice_ns, cpu = read_clock(CLOCK_THREAD_CPUTIME_ID), over;
	uint64_t alive = atomic_load(&h->alive_ns);
	unsigned bucket = 0;

	if (turn->why != BATON_WHY_SLICE)
		h->wrong = "a turn ended for another reason than its slice";
	if (turn->exits)
		h->wrong = "the guest exited";
	if (h->last_end_ns) {
		if (turn->end_ns < due)
			h->wrong = "a turn ended before its slice";
		over = turn->end_ns - due;
		while (over >> bucket >> 10 && bucket < 23)
			bucket++;
		h->overruns[bucket]++;
		if (over > h->worst_ns)
			h->worst_ns = over;
		note_length(h, cpu - h->last_cpu_ns, alive - h->last_alive_ns);
	}
	h->last_end_ns = turn->end_ns;
	h->last_cpu_ns = cpu;
	h->last_alive_ns = alive;
	atomic_fetch_add(&h->progress, 1);
	if (++h->slices == h->wanted)
		baton_host_stop(h->host);
}

static const struct baton_observer observer = { .turn = seen_turn };

static void make_host(struct hammer *h, const char *policy, int vms)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct baton_diag diag;
	char name[16] = "";

	pthread_getcpuclockid(pthread_self(), &h->clock);
	h->slice_ns = in_bed() ? 500 * US : 100 * US;
	config.policy = policy;
	config.sched.slice_ns = h->slice_ns;
	config.observer = &observer;
	config.observer_context = h;
	if (baton_host_create(&config, &diag, &h->host))
		fail_msg("%s: %s", diag.where, diag.message);
	vm.name = name;
	vm.image = "\xEB\xFE"; /* jmp to itself */
	vm.image_size = 2;
	for (int i = 0; i < vms; i++) {
		snprintf(name, sizeof(name), "vm%d", i);
		if (baton_vm_create(h->host, &vm, &diag, NULL))
			fail_msg("%s: %s", diag.where, diag.message);
	}
}

/* A beat: what the thread ran since the last one, but no more than a few beats take. */
static void beat(struct hammer *h)
{
	uint64_t cpu_ns = read_clock(h->clock), ns = cpu_ns - h->seen_cpu_ns;

	h->seen_cpu_ns = cpu_ns;
	atomic_fetch_add(&h->alive_ns, ns < 3 * BEAT ? ns : 3 * BEAT);
}

/* Ends a run that makes no progress, so that the test can fail. */
static void *guard(void *context)
{
	struct hammer *h = context;
	uint64_t seen = 0, since = now_ns();

	while (!atomic_load(&h->over)) {
		uint64_t progress = atomic_load(&h->progress);

		beat(h);
		if (progress != seen) {
			seen = progress;
			since = now_ns();
		} else if (now_ns() - since > GUARD) {
			atomic_store(&h->rescued, true);
			baton_host_stop(h->host);
		}
		sleep_ns(BEAT);
	}
	return NULL;
}

static void report(const struct hammer *h)
{
	print_message("# %llu slices of %llu us; longest on a CPU %llu us, %llu us of it alive; "
		      "longest overrun %llu us, overruns by powers of 2:",
		      (unsigned long long)h->slices, (unsigned long long)(h->slice_ns / US),
		      (unsigned long long)(h->worst_cpu_ns / US),
		      (unsigned long long)(h->worst_alive_ns / US),
		      (unsigned long long)(h->worst_ns / US));
	for (unsigned i = 0; i < 24; i++)
		if (h->overruns[i])
			print_message(" <%u:%llu", 1u << i, (unsigned long long)h->overruns[i]);
	print_message("\n");
}

static void judge(const struct hammer *h)
{
	report(h);
	if (h->wrong)
		fail_msg("%s", h->wrong);
	if (atomic_load(&h->rescued))
		fail_msg("a kick was lost: a turn did not end in %d s", (int)(GUARD / S));
	if (h->worst_alive_ns > LOST)
		fail_msg("a turn had %llu ms", (unsigned long long)(h->worst_alive_ns / MS));
	assert_true(h->slices >= h->wanted / 10);
}

/* Runs until there were enough slices, or the time is up. In pieces, as embedders do. */
static int run_slices(struct hammer *h, uint64_t limit_ns)
{
	uint64_t begun = now_ns(), seed = 88172645463325252;
	enum baton_run_end end;
	int error = 0;

	while (!error && h->slices < h->wanted && now_ns() - begun < limit_ns &&
	       !atomic_load(&h->rescued)) {
		error = baton_host_run(h->host, 50 * MS + draw(&seed) % (200 * MS), &end);
		h->last_end_ns = 0; /* what is between two runs is nobody's slice */
	}
	return error;
}

/* ---------------------------------------------------------- slices, alone */

static void slices_with_no_other_signal_20000_or_20_s(void **state)
{
	struct hammer h = { .wanted = 20000 };
	pthread_t watch;
	int error;

	(void)state;
	make_host(&h, "quantum", 2);
	assert_int_equal(pthread_create(&watch, NULL, guard, &h), 0);
	error = run_slices(&h, allowed(20));
	atomic_store(&h.over, true);
	pthread_join(watch, NULL);
	baton_host_destroy(h.host);
	assert_int_equal(error, 0);
	judge(&h);
}

/* ------------------------------------------------- and with those of others */

struct noise {
	struct hammer *hammer;
	pthread_t target;
	pid_t thread;
	uint64_t kicks, others;
};

static void *make_noise(void *context)
{
	struct noise *n = context;
	uint64_t seed = 1234567891234567;

	while (!atomic_load(&n->hammer->over)) {
		uint64_t until = now_ns() + draw(&seed) % (20 * MS);

		while (now_ns() < until && !atomic_load(&n->hammer->over)) {
			if (draw(&seed) & 1) {
				syscall(SYS_tgkill, getpid(), n->thread, KICK);
				n->kicks++;
			} else {
				pthread_kill(n->target, SIGUSR1);
				n->others++;
			}
			sleep_ns(draw(&seed) % (200 * US));
		}
		sleep_ns(draw(&seed) % 8 ? draw(&seed) % (50 * MS) : 1 * S);
	}
	return NULL;
}

static volatile sig_atomic_t handled;

static void handle(int signal)
{
	(void)signal;
	handled++;
}

static void slices_amid_signals_of_others_100000_or_40_s(void **state)
{
	const struct sigaction action = { .sa_handler = handle };
	struct hammer h = { .wanted = 100000 };
	struct noise n = { .hammer = &h, .target = pthread_self(),
			   .thread = (pid_t)syscall(SYS_gettid) };
	pthread_t watch, noise;
	int error;

	(void)state;
	sigaction(SIGUSR1, &action, NULL);
	handled = 0;
	make_host(&h, "quantum", 2);
	assert_int_equal(pthread_create(&watch, NULL, guard, &h), 0);
	assert_int_equal(pthread_create(&noise, NULL, make_noise, &n), 0);
	error = run_slices(&h, allowed(40));
	atomic_store(&h.over, true);
	pthread_join(watch, NULL);
	pthread_join(noise, NULL);
	baton_host_destroy(h.host);
	assert_int_equal(error, 0);
	print_message("# %llu kicks and %llu other signals of others, %d handled\n",
		      (unsigned long long)n.kicks, (unsigned long long)n.others, (int)handled);
	assert_true(n.kicks > 100 && handled > 100);
	judge(&h);
}

/* ------------------------------------------------ two hosts in two threads */

static pthread_barrier_t both;

static void *host_of_its_own(void *context)
{
	struct hammer *h = context;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	make_host(h, h->wanted & 1 ? "share" : "quantum", 3);
	pthread_barrier_wait(&both);
	if (run_slices(h, allowed(20)))
		h->wrong = "baton_host_run() failed";
	atomic_store(&h->over, true);
	baton_host_destroy(h->host);
	h->host = NULL;
	return NULL;
}

static void two_threads_with_all_signals_blocked_20000_slices_each_or_20_s(void **state)
{
	/* An odd number picks the other policy. */
	struct hammer hosts[2] = { { .wanted = 20000 }, { .wanted = 20001 } };
	pthread_t threads[2];
	uint64_t seen[2] = { 0 }, since[2] = { now_ns(), now_ns() };

	(void)state;
	pthread_barrier_init(&both, NULL, 3);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, host_of_its_own, &hosts[i]), 0);
	pthread_barrier_wait(&both);
	while (!atomic_load(&hosts[0].over) || !atomic_load(&hosts[1].over)) {
		for (int i = 0; i < 2; i++) {
			uint64_t progress = atomic_load(&hosts[i].progress);

			if (!atomic_load(&hosts[i].over))
				beat(&hosts[i]);
			if (progress != seen[i] || atomic_load(&hosts[i].over)) {
				seen[i] = progress;
				since[i] = now_ns();
			} else if (now_ns() - since[i] > GUARD) {
				atomic_store(&hosts[i].rescued, true);
				baton_host_stop(hosts[i].host);
			}
		}
		sleep_ns(BEAT);
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&both);
	judge(&hosts[0]);
	judge(&hosts[1]);
}

/* -------------------------------------------------------------------- stop */

struct stops {
	struct hammer hammer;
	pthread_t target;
	bool by_handler;
	atomic_uint_fast64_t begun;  /* runs that are about to begin */
	atomic_uint_fast64_t sent_ns;
};

static struct stops *stops_in_handler;

static void stop_in_handler(int signal)
{
	(void)signal;
	atomic_store(&stops_in_handler->sent_ns, now_ns());
	baton_host_stop(stops_in_handler->hammer.host);
}

/* One stop per run, at any moment from shortly before it begins. */
static void *send_stops(void *context)
{
	struct stops *s = context;
	uint64_t seed = 987654321987654321, done = 0;

	while (!atomic_load(&s->hammer.over)) {
		uint64_t spin;

		if (atomic_load(&s->begun) == done)
			continue;
		done++;
		for (spin = now_ns() + draw(&seed) % (draw(&seed) % 4 ? 60 * US : 600 * US);
		     now_ns() < spin;)
			;
		if (s->by_handler) {
			pthread_kill(s->target, SIGUSR2);
		} else {
			atomic_store(&s->sent_ns, now_ns());
			baton_host_stop(s->hammer.host);
		}
	}
	return NULL;
}

static void stop_many_times(bool by_handler)
{
	const struct sigaction action = { .sa_handler = stop_in_handler };
	struct stops s = { .target = pthread_self(), .by_handler = by_handler };
	uint64_t begun = now_ns(), worst = 0, done = 0, early = 0;
	pthread_t watch, stopper;
	int error = 0;

	stops_in_handler = &s;
	sigaction(SIGUSR2, &action, NULL);
	/* No slice, no budget: nothing but the stop ends these runs. */
	make_host(&s.hammer, "null", 1);
	assert_int_equal(pthread_create(&watch, NULL, guard, &s.hammer), 0);
	assert_int_equal(pthread_create(&stopper, NULL, send_stops, &s), 0);
	while (done < 10000 && now_ns() - begun < allowed(30) && !atomic_load(&s.hammer.rescued)) {
		enum baton_run_end end = BATON_RUN_DONE;
		uint64_t returned, sent;

		atomic_store(&s.sent_ns, 0);
		atomic_fetch_add(&s.begun, 1);
		error = baton_host_run(s.hammer.host, BATON_FOREVER, &end);
		returned = now_ns();
		sent = atomic_load(&s.sent_ns);
		if (error || end != BATON_RUN_STOPPED)
			break;
		early += !sent; /* stopped by nobody: the stop of a run before, kept too long */
		if (sent && returned - sent > worst)
			worst = returned - sent;
		done++;
		atomic_fetch_add(&s.hammer.progress, 1);
	}
	atomic_store(&s.hammer.over, true);
	pthread_join(stopper, NULL);
	pthread_join(watch, NULL);
	baton_host_destroy(s.hammer.host);
	print_message("# %llu stops; longest from the call to the return %llu us\n",
		      (unsigned long long)done, (unsigned long long)(worst / US));
	assert_int_equal(error, 0);
	assert_false(atomic_load(&s.hammer.rescued));
	assert_int_equal(early, 0);
	assert_true(done >= 1000);
	assert_true(worst < STOPPED);
}

static void stops_from_another_thread_10000_or_30_s(void **state)
{
	(void)state;
	stop_many_times(false);
}

static void stops_from_a_signal_handler_10000_or_30_s(void **state)
{
	(void)state;
	stop_many_times(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_with_no_other_signal_20000_or_20_s),
		cmocka_unit_test(slices_amid_signals_of_others_100000_or_40_s),
		cmocka_unit_test(two_threads_with_all_signals_blocked_20000_slices_each_or_20_s),
		cmocka_unit_test(stops_from_another_thread_10000_or_30_s),
		cmocka_unit_test(stops_from_a_signal_handler_10000_or_30_s),
	};

	return cmocka_run_group_tests_name("hammer", tests, NULL, NULL);
}
