/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exact.c - every exit counts once, whoever else runs; and its time.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "baton/exitstats.h"
#include "counts.h"
#include "hosts.h"
#include "machine.h"
#include "subject.h"
#include "tests.h"

/* ------------------------------------------------------------------ counts */

static void assert_same(const struct counts *module, const struct counts *trace)
{
	for (unsigned i = 0; i < COUNTS_ROWS; i++)
		if (module->exits[i] != trace->exits[i])
			fail_msg("reason %#x: the module has %llu, the tracepoint %llu", i,
				 (unsigned long long)module->exits[i], (unsigned long long)trace->exits[i]);
}

/* The cycles that all exits of the guest took, as it read them. */
static uint64_t exact(uint32_t outs, uint32_t cpuids, uint32_t halts)
{
	static struct counts before, after, now, traced_before, traced;
	struct registers first[3], second[3], cycles;
	uint32_t codes[3];
	struct machine m;

	load("profile=2022");
	codes[0] = io();
	codes[1] = cpuid();
	codes[2] = hlt();
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 0, 0, 0);
	vcpu_to_mark(&m.vcpus[0]);
	vcpu_to_mark(&m.vcpus[0]);
	for (unsigned i = 0; i < 3; i++)
		first[i] = vcpu_cpuid(&m.vcpus[0], OF, codes[i]);
	vcpu_tell(&m.vcpus[0], outs, cpuids, halts);
	trace_begin();
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&before, 0);
	trace_read(&traced_before);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&after, 0);
	trace_read(&traced);
	for (unsigned i = 0; i < 3; i++)
		second[i] = vcpu_cpuid(&m.vcpus[0], OF, codes[i]);
	cycles = vcpu_cpuid(&m.vcpus[0], ALL_CYCLES, 0);
	counts_read(&now, 0);
	machine_destroy(&m);
	trace_end();

	assert_in_range((uint64_t)cycles.ebx << 32 | cycles.ecx, after.kvm, now.kvm);
	counts_delta(&after, &before);
	counts_delta(&traced, &traced_before);
	assert_int_equal(after.exits[io()], outs + 1); /* the mark's, too */
	assert_int_equal(after.exits[cpuid()], cpuids);
	assert_int_equal(after.exits[hlt()], halts);
	assert_int_equal(after.fast, 0);
	assert_int_equal(after.missed, 0);
	assert_same(&after, &traced);
	/*
	 * The guest's own reading: a question is two IN, a CPUID and four OUT. Between the
	 * two questions for IN and OUT were four OUT, two questions, two marks, two IN.
	 */
	assert_int_equal(second[0].eax - first[0].eax, outs + 4 + 2 * 6 + 2 + 2);
	assert_int_equal(second[1].eax - first[1].eax, cpuids + 3);
	assert_int_equal(second[2].eax - first[2].eax, halts);
	unload();
	return (uint64_t)cycles.ebx << 32 | cycles.ecx;
}

void a_guest_leaves_exactly_as_often_as_is_counted(void **state)
{
	exact(1003, 517, 211);
}

/* In the AMD-V bed as often as it takes for the cycles to need more than 32 bits; the other's clock is slow. */
void a_million_exits_are_a_million(void **state)
{
	uint32_t outs = how_much(1000003, 100003, 100003, 20003);
	uint64_t cycles = exact(outs, 10007, 5003);

	for (int trial = 0; is_svm() && !(cycles >> 32) && trial < 5; trial++)
		cycles = exact(outs *= 2, 10007, 5003);
	print_message("# %llu cycles\n", (unsigned long long)cycles);
	if (is_svm())
		assert_int_not_equal(cycles >> 32, 0);
}

/*
 * What KVM's fast path handles goes back into the guest at once. On AMD the tracepoint is
 * behind it: what it has not seen, the module says.
 */
void fast_exits_count(void **state)
{
	static struct counts before, after, traced_before, traced;
	uint32_t msr, n = 5000;
	struct machine m;

	load("");
	msr = is_svm() ? BATON_SVM_MSR : BATON_VMX_MSR_WRITE;
	machine_create(&m, 1, true);
	vcpu_tell_fast(&m.vcpus[0], n);
	trace_begin();
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&before, 0);
	trace_read(&traced_before);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&after, 0);
	trace_read(&traced);
	machine_destroy(&m);
	counts_delta(&after, &before);
	counts_delta(&traced, &traced_before);
	assert_int_equal(after.exits[msr], 2 * n + 1);
	print_message("# %llu of %u exits passed the tracepoint by\n", (unsigned long long)after.fast,
		      2 * n);
	assert_int_equal(counts_sum(&traced) + after.fast, counts_sum(&after));
	traced.exits[msr] += after.fast;
	assert_same(&after, &traced);
	unload();
}
/* ------------------------------------------------------------ several vCPUs */

static void *run_to_mark(void *vcpu)
{
	vcpu_to_mark(vcpu);
	return NULL;
}

static void all_to_mark(struct machine *machines, unsigned count)
{
	pthread_t threads[MACHINE_VCPUS];
	unsigned n = 0;

	for (unsigned i = 0; i < count; i++)
		for (unsigned j = 0; j < machines[i].count; j++)
			assert_int_equal(pthread_create(&threads[n++], NULL, run_to_mark,
							&machines[i].vcpus[j]), 0);
	while (n)
		pthread_join(threads[--n], NULL);
}

/* So many VMs of so many vCPUs, a thread each, all at once; summed over the host. */
static void at_once(unsigned vms, unsigned vcpus)
{
	uint32_t outs = how_much(1000000, 100000, 25000, 5000);
	static struct counts before, after, traced_before, traced;
	struct machine machines[MACHINE_VCPUS];

	load("profile=2022 scope=host");
	for (unsigned i = 0; i < vms; i++) {
		machine_create(&machines[i], vcpus, false);
		for (unsigned j = 0; j < vcpus; j++)
			vcpu_tell(&machines[i].vcpus[j], outs, 100, 10);
	}
	trace_begin();
	all_to_mark(machines, vms);
	counts_read(&before, -1);
	trace_read(&traced_before);
	all_to_mark(machines, vms);
	counts_read(&after, -1);
	trace_read(&traced);
	counts_delta(&after, &before);
	counts_delta(&traced, &traced_before);
	assert_int_equal(after.vms, vms);
	assert_int_equal(after.exits[io()], vms * vcpus * (outs + 1));
	assert_int_equal(after.exits[cpuid()], vms * vcpus * 100);
	assert_int_equal(after.exits[hlt()], vms * vcpus * 10);
	assert_same(&after, &traced);

	/* A guest reads the host's sum, if that is what the module was told. */
	assert_true(vcpu_cpuid(&machines[0].vcpus[0], OF, io()).eax >= vms * vcpus * outs);
	assert_int_equal(write_file(SUBJECT_PARAMETERS "scope", "vm"), 0);
	assert_in_range(vcpu_cpuid(&machines[0].vcpus[0], OF, io()).eax, vcpus * outs,
			vcpus * (outs + 40));

	/* What VMs had counted stays with the host when they are no more. */
	counts_read(&before, -1);
	for (unsigned i = 0; i < vms; i++)
		machine_destroy(&machines[i]);
	counts_read(&after, -1);
	assert_int_equal(after.vms, 0);
	assert_int_equal(after.gone, vms);
	assert_int_equal(counts_sum(&after), counts_sum(&before));
	trace_end();
	unload();
}

void vcpus_of_one_vm_at_once(void **state)
{
	at_once(1, 4);
}

void vms_in_four_threads_at_once(void **state)
{
	at_once(4, 1);
}

/* Four threads with a Baton host each, of two VMs: its ledger, the module, the tracepoint. */
void baton_hosts_in_four_threads(void **state)
{
	uint32_t outs = how_much(320000, 32000, 12500, 2500);
	static struct counts c, traced;
	struct hosts_sums sums;

	load("");
	trace_begin();
	sums = hosts_run(outs);
	counts_read(&c, -1);
	trace_read(&traced);
	assert_int_equal(sums.outs, HOSTS * HOSTS_VMS * outs);
	assert_int_equal(sums.halts, HOSTS * HOSTS_VMS);
	assert_int_equal(c.vms, 0);
	assert_int_equal(c.gone, HOSTS * HOSTS_VMS);
	assert_int_equal(c.exits[io()], sums.outs);
	assert_int_equal(c.exits[hlt()], sums.halts);
	assert_same(&c, &traced);
	trace_end();
	unload();
}
/* -------------------------------------------------------------------- time */

static void on_alarm(int signal)
{
}

static void alarm_in(double seconds)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM };
	struct itimerspec when = { .it_value = { (time_t)seconds,
						 (long)((seconds - (double)(time_t)seconds) * 1e9) } };
	timer_t timer;

	sigaction(SIGALRM, &action, NULL);
	event._sigev_un._tid = (pid_t)syscall(SYS_gettid);
	timer_create(CLOCK_MONOTONIC, &event, &timer);
	timer_settime(timer, 0, &when, NULL);
}

/* In seconds. */
static double seconds(const struct counts *c, uint64_t cycles)
{
	return (double)cycles / (double)c->tsc_khz / 1000;
}

/* A guest that halts for a second, and the kernel waits. */
void a_halted_second_is_no_time_in_kvm(void **state)
{
	static struct counts c, before;
	struct machine m;

	load("");
	machine_create(&m, 1, true);
	vcpu_tell(&m.vcpus[0], 0, 0, 1);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&before, 0);
	alarm_in(1);
	assert_int_equal(vcpu_run(&m.vcpus[0]), -EINTR);
	counts_read(&c, 0);
	counts_delta(&c, &before);
	machine_destroy(&m);
	unload();
	print_message("# asleep %.3f s, in KVM %.3f s\n", seconds(&c, c.asleep), seconds(&c, c.kvm));
	assert_true(seconds(&c, c.asleep) > 0.7);
	assert_true(seconds(&c, c.kvm) < seconds(&c, c.asleep) / 20);
}

/* Its VMM does something else for a second: a hundred other VMs, say. */
void a_second_in_userspace_is_no_time_in_kvm(void **state)
{
	static struct counts c, before;
	struct timespec wait = { 1, 0 };
	struct machine m;

	load("");
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 10, 0, 0);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&before, 0);
	nanosleep(&wait, NULL);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&c, 0);
	counts_delta(&c, &before);
	machine_destroy(&m);
	unload();
	print_message("# in userspace %.3f s, in KVM %.3f s\n", seconds(&c, c.user), seconds(&c, c.kvm));
	assert_true(seconds(&c, c.user) > 0.7);
	assert_true(seconds(&c, c.kvm) < seconds(&c, c.user) / 20);
}

/*
 * Two that want the same CPU: each is preempted half of the time, and on AMD often before
 * the tracepoint; each exit counts once all the same.
 */
void a_lost_cpu_is_no_time_in_kvm(void **state)
{
	static struct counts c, before, traced, traced_before;
	pid_t other, parent = getpid();
	struct machine m;

	load("");
	stay_on(1);
	other = fork();
	if (!other) {
		while (getppid() == parent)
			;
		_exit(0);
	}
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 0, 0xffffffff, 0);
	trace_begin();
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&before, 0);
	trace_read(&traced_before);
	alarm_in(2);
	assert_int_equal(vcpu_run(&m.vcpus[0]), -EINTR);
	counts_read(&c, 0);
	trace_read(&traced);
	counts_delta(&c, &before);
	counts_delta(&traced, &traced_before);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	stay_on(SUBJECT_CPUS);
	machine_destroy(&m);
	unload();
	print_message("# preempted %.3f s, in KVM %.3f s, in the guest %.3f s\n",
		      seconds(&c, c.preempted), seconds(&c, c.kvm), seconds(&c, c.guest));
	assert_same(&c, &traced);
	assert_true(seconds(&c, c.preempted) > 0.6);
	assert_true(seconds(&c, c.kvm + c.guest) < 1.4);
}
