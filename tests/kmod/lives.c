/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lives.c - VMs, readers and the module itself come and go; nonsense is refused.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "baton/exitstats.h"
#include "counts.h"
#include "machine.h"
#include "subject.h"
#include "tests.h"

static void refuses(const char *file, const char *text)
{
	int error = write_file(file, text);

	if (error != -EINVAL)
		fail_msg("%s took \"%s\": %d", file, text, error);
}

void nonsense_is_refused(void **state)
{
	static struct counts c;

	assert_int_not_equal(command("insmod %s profile=2023 2>/dev/null", subject_file), 0);
	assert_int_not_equal(command("insmod %s log_every=0 2>/dev/null", subject_file), 0);
	assert_int_not_equal(access(BATON_EXITSTATS_FOLDER, F_OK), 0);
	load("");
	refuses(SUBJECT_PARAMETERS "profile", "\n");
	refuses(SUBJECT_PARAMETERS "profile", "1999");
	refuses(SUBJECT_PARAMETERS "scope", "world");
	refuses(SUBJECT_PARAMETERS "log_every", "0");
	refuses(SUBJECT_PARAMETERS "log_every", "999");
	refuses(SUBJECT_PARAMETERS "log_every", "-1");
	refuses(SUBJECT_PARAMETERS "log_every", "99999999999999999999");
	refuses(BATON_EXITSTATS_CONTROL, "\n");
	refuses(BATON_EXITSTATS_CONTROL, "rese");
	refuses(BATON_EXITSTATS_CONTROL, "resets");
	refuses(BATON_EXITSTATS_CONTROL, "reset 0");
	refuses(BATON_EXITSTATS_CONTROL, "reset x");
	refuses(BATON_EXITSTATS_CONTROL, "reset 111111111111111111111111111111111111111111");
	assert_int_equal(write_file(BATON_EXITSTATS_CONTROL, "reset 77"), -ENOENT);
	counts_read(&c, -1);
	unload();
}

/* Root without capabilities, as in a container: it owns the files, and that is all. */
static int look_without_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	char byte;
	int fd;

	if (syscall(SYS_capset, &header, none))
		return 1;
	fd = open(BATON_EXITSTATS_FILE, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) != -1 || errno != EPERM)
		return 2;
	fd = open(BATON_EXITSTATS_METRICS, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &byte, 1) != -1 || errno != EPERM)
		return 3;
	return write_file(BATON_EXITSTATS_CONTROL, "reset") == -EPERM ? 0 : 4;
}

void a_containers_root_sees_nothing(void **state)
{
	pid_t child;
	int status;

	load("");
	child = fork();
	if (!child)
		_exit(look_without_capabilities());
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	unload();
}

void a_reset_lets_counts_begin_again(void **state)
{
	static struct counts c;
	struct machine m[2];

	load("profile=2022");
	for (unsigned i = 0; i < 2; i++) {
		machine_create(&m[i], 1, false);
		vcpu_tell(&m[i].vcpus[0], 1000, 0, 0);
		vcpu_to_mark(&m[i].vcpus[0]);
		vcpu_to_mark(&m[i].vcpus[0]);
	}
	assert_int_equal(write_file(BATON_EXITSTATS_CONTROL, "reset 1\n"), 0);
	counts_read(&c, 0);
	assert_int_equal(counts_sum(&c), 0);
	counts_read(&c, 1);
	assert_int_equal(c.exits[io()], 1002);
	assert_in_range(vcpu_cpuid(&m[0].vcpus[0], OF, io()).eax, 2, 2);
	assert_int_equal(write_file(BATON_EXITSTATS_CONTROL, "reset"), 0);
	counts_read(&c, -1);
	assert_int_equal(counts_sum(&c), 0);
	machine_destroy(&m[0]);
	machine_destroy(&m[1]);
	counts_read(&c, -1);
	assert_int_equal(counts_sum(&c), 0);
	assert_int_equal(c.gone, 2);
	unload();
}

static volatile bool over;

static void *come_and_go(void *unused)
{
	while (!over) {
		struct machine m;

		machine_create(&m, 2, false);
		vcpu_tell(&m.vcpus[0], 50, 50, 5);
		vcpu_to_mark(&m.vcpus[0]);
		vcpu_to_mark(&m.vcpus[0]);
		vcpu_cpuid(&m.vcpus[0], OF, 0);
		machine_destroy(&m);
	}
	return NULL;
}

static void *read_on(void *unused)
{
	while (!over) {
		static const char *const files[] = { BATON_EXITSTATS_FILE, BATON_EXITSTATS_METRICS };
		char text[4096];

		for (unsigned i = 0; i < 2; i++) {
			int fd = open(files[i], O_RDONLY | O_CLOEXEC);

			while (fd >= 0 && read(fd, text, sizeof(text)) > 0)
				;
			close(fd);
		}
		write_file(BATON_EXITSTATS_CONTROL, "reset");
	}
	return NULL;
}

void it_comes_and_goes_under_load(void **state)
{
	unsigned loads = how_much(100, 20, 10, 4);
	pthread_t threads[4];

	over = false;
	for (unsigned i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, come_and_go, NULL);
	pthread_create(&threads[3], NULL, read_on, NULL);
	for (unsigned i = 0; i < loads; i++) {
		struct timespec wait = { 0, 100000000 };

		load("profile=2022");
		nanosleep(&wait, NULL);
		/* Somebody may be reading: that is EBUSY for a moment, not a crash. */
		while (command("rmmod baton_exits 2>/dev/null"))
			;
	}
	over = true;
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
}

/* One with two vCPUs, which has not run. */
void a_vm_is_there_from_its_beginning(void **state)
{
	static struct counts c;
	struct machine m;

	load("");
	machine_create(&m, 2, false);
	counts_read(&c, -1);
	assert_int_equal(c.vms, 1);
	assert_int_equal(c.gone, 0);
	assert_int_equal(counts_sum(&c), 0);
	assert_int_equal(command("grep -q '^vm 1 %d 2 0 0$' " BATON_EXITSTATS_FILE, getpid()), 0);
	machine_destroy(&m);
	counts_read(&c, -1);
	assert_int_equal(c.vms, 0);
	assert_int_equal(c.gone, 1);
	unload();
}

/* What a scraper takes: every line is a comment or a sample, no sample is there twice. */
void metrics_are_samples(void **state)
{
	struct machine m;

	load("");
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 100, 10, 10);
	vcpu_to_mark(&m.vcpus[0]);
	vcpu_to_mark(&m.vcpus[0]);
	assert_int_equal(command("grep -v '^# [HT][EY][LP][PE] baton_exits[a-z_]* ' " BATON_EXITSTATS_METRICS
				 " | grep -v '^baton_exits[a-z_]*\\({[^}]*}\\)* [0-9]*$'"), 1);
	assert_int_equal(command("[ -z \"$(sed 's/ [0-9]*$//' " BATON_EXITSTATS_METRICS
				 " | sort | uniq -d)\" ]"), 0);
	assert_int_equal(command("grep -q '^baton_exits_total{vm=\"1\",pid=\"%d\",code=\"%x\",reason=\"[A-Z_]*\"} "
				 "102$' " BATON_EXITSTATS_METRICS, getpid(), io()), 0);
	machine_destroy(&m);
	unload();
}

/* A second vCPU of the same number is refused when KVM has made it already. */
void a_vcpu_that_is_refused_leaves_nothing(void **state)
{
	static struct counts c;
	struct machine m;

	load("");
	machine_create(&m, 1, false);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(ioctl(m.vm, KVM_CREATE_VCPU, 0), -1);
		assert_int_equal(errno, EEXIST);
	}
	assert_int_equal(command("grep -q '^vm 1 %d 1 0 0$' " BATON_EXITSTATS_FILE, getpid()), 0);
	machine_destroy(&m);
	counts_read(&c, -1);
	assert_int_equal(c.vms, 0);
	assert_int_equal(c.gone, 1);
	unload();
}

/* With VMs running, somebody tries the other vendor's module, which fails. */
void the_other_vendors_module_changes_nothing(void **state)
{
	static struct counts c;
	struct machine m;

	load("");
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 100, 0, 0);
	vcpu_to_mark(&m.vcpus[0]);
	assert_int_not_equal(command("insmod /%s.ko 2>/dev/null", is_svm() ? "kvm-intel" : "kvm-amd"), 0);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&c, 0);
	assert_string_equal(c.isa, is_svm() ? "svm" : "vmx");
	assert_int_equal(c.exits[io()], 102);
	machine_destroy(&m);
	unload();
}

void vms_that_are_there_before_it_count(void **state)
{
	static struct counts c;
	struct machine m;

	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 1000, 0, 0);
	vcpu_to_mark(&m.vcpus[0]);
	load("");
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&c, 0);
	assert_int_equal(c.exits[io()], 1001);
	machine_destroy(&m);
	unload();
}

void the_vendors_module_may_come_and_go(void **state)
{
	static struct counts c;
	struct machine m;
	const char *vendor = is_svm() ? "kvm-amd" : "kvm-intel";

	load("");
	assert_int_equal(command("rmmod %s", vendor), 0);
	counts_read(&c, -1);
	assert_string_equal(c.isa, "none");
	assert_int_equal(command("insmod /modules/%s.ko", vendor), 0);
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 10, 0, 0);
	vcpu_to_mark(&m.vcpus[0]);
	vcpu_to_mark(&m.vcpus[0]);
	counts_read(&c, 0);
	assert_string_equal(c.isa, is_svm() ? "svm" : "vmx");
	assert_int_equal(c.exits[io()], 12);
	machine_destroy(&m);
	unload();
}

/* A reader of the kernel's log that begins with what is said from now on: a bed may log a lot. */
static int log_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	assert_true(log >= 0);
	lseek(log, 0, SEEK_END);
	return log;
}

/* Does one of the lines since have this pattern? They are taken, up to it. */
static bool log_has(int log, const char *pattern)
{
	char line[8192];
	bool has = false;
	regex_t regex;
	ssize_t size;

	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE), 0);
	do {
		size = read(log, line, sizeof(line) - 1);
		line[size > 0 ? size : 0] = '\0';
		has = !regexec(&regex, line, 0, NULL, 0);
	} while (!has && (size > 0 || errno == EPIPE)); /* EPIPE: some were overwritten */
	if (!has)
		assert_int_equal(errno, EAGAIN);
	regfree(&regex);
	return has;
}

void the_log_has_lines(void **state)
{
	int log = log_open();
	struct machine m;
	char pattern[128];

	load("profile=log log_every=1000");
	machine_create(&m, 1, false);
	vcpu_tell(&m.vcpus[0], 5000, 0, 0);
	vcpu_to_mark(&m.vcpus[0]);
	vcpu_to_mark(&m.vcpus[0]);
	unload(); /* a line that is due is written before the module goes */
	machine_destroy(&m);
	assert_true(log_has(log, "baton_exits: vm 1 pid [0-9]+: exits [0-9]+ cycles [0-9]+$"));
	snprintf(pattern, sizeof(pattern), "baton_exits: vm 1: reason %#x %s exits [0-9]+ cycles", io(),
		 is_svm() ? "IOIO" : "IO_INSTRUCTION");
	assert_true(log_has(log, pattern));
	close(log);
}

void the_kernel_had_no_complaint(void **state)
{
	assert_int_not_equal(command("dmesg | awk '/baton_exits: tests begin/ { n = 0 } "
				     "{ line[n++] = $0 } END { for (i = 0; i < n; i++) print line[i] }' | "
				     "grep -E 'WARNING|BUG|Oops|stall|Call Trace|hung'"), 0);
}
