/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scale.c - very many VMs on a real KVM: the books balance, all keep to their shares, and
 * when they are gone, descriptors, mappings and memory are as before.
 *
 * A thousand of them; in the test beds, where creating and destroying one takes 30 ms and
 * more, 200, or with BATON_TEST_LONG a thousand, and in the bed vmx 40.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "baton/baton.h"

#define MS    UINT64_C(1000000)
#define S     UINT64_C(1000000000)
#define SLICE (5 * MS)
#define RUN   (10 * S)

#define SHARES 3 /* from 1 on, in turn */

#define OWN_FILES 32
#define LEFT_KIB  1024 /* what the allocator may keep, of 6 MiB or more that a thousand VMs take */

static uint32_t how_many(void)
{
	const char *kvm = getenv("BATON_TEST_KVM");

	if (!kvm || !strcmp(kvm, "native") || getenv("BATON_TEST_LONG"))
		return 1000;
	return strcmp(kvm, "vmx") ? 200 : 40;
}

/* ------------------------------------------------------ what a process holds */

struct held {
	unsigned files, mappings;
	long rss_kib;
};

static unsigned count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static struct held what_is_held(void)
{
	FILE *file = fopen("/proc/self/maps", "re");
	struct held h = { .files = 0 };
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		h.mappings++;
	if (file)
		fclose(file);
	h.files = count_files();
	malloc_trim(0);
	file = fopen("/proc/self/status", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %ld", &h.rss_kib) == 1)
			break;
	if (file)
		fclose(file);
	return h;
}

/* ---------------------------------------------------------------- the crowd */

static void create(struct baton_host *host, uint32_t count)
{
	static const uint8_t spin[] = { 0xEB, 0xFE }; /* jmp . */
	struct baton_vm_config config = BATON_VM_CONFIG;
	struct baton_diag diag;
	char name[16];

	config.name = name;
	config.image = spin;
	config.image_size = sizeof(spin);
	config.memory = 64 << 10;
	for (uint32_t i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "vm%u", i);
		config.share = 1 + i % SHARES;
		if (baton_vm_create(host, &config, &diag, NULL))
			fail_msg("VM %u: %s: %s", i, diag.where, diag.message);
	}
}

static void check_books(struct baton_host *host, uint32_t count)
{
	struct baton_host_stats h;
	uint64_t run = 0, handler = 0, turns = 0, turns_of[SHARES] = { 0 };

	baton_host_stats(host, &h);
	assert_int_equal(h.run_ns + h.handler_ns + h.switch_ns + h.idle_ns, h.wall_ns);
	for (uint32_t i = 0; i < count; i++) {
		struct baton_vm_stats s;

		baton_vm_stats(baton_host_vm(host, i), &s);
		assert_int_equal(s.run_ns + s.handler_ns + s.ready_ns + s.blocked_ns, s.lifetime_ns);
		assert_int_equal(s.outcome, BATON_RUNNING);
		assert_true((uint64_t)llabs(s.lag_ns) <= h.lag_ns);
		turns_of[i % SHARES] += s.turns;
		run += s.run_ns;
		handler += s.handler_ns;
		turns += s.turns;
	}
	assert_int_equal(run, h.run_ns);
	assert_int_equal(handler, h.handler_ns);
	assert_int_equal(turns, h.turns);
	assert_null(baton_host_vm(host, count));
	print_message("# %u VMs, %llu turns, furthest from the ideal %llu us, longest overrun %llu us\n",
		      count, (unsigned long long)h.turns, (unsigned long long)h.lag_ns / 1000,
		      (unsigned long long)h.overrun_ns / 1000);
	assert_true(h.lag_ns <= SLICE + h.overrun_ns);
	assert_int_equal(h.lag_later_ns, 0);
	/* The bound says little of a VM that has a turn or two; of all with a share, this does. */
	if (count >= SHARES)
		assert_true(2 * turns_of[SHARES - 1] > 3 * turns_of[0]);
}

static void run_a_crowd(uint32_t count, uint64_t ns)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	enum baton_run_end end;
	struct baton_host *host;
	struct baton_diag diag;

	config.max_vms = count;
	config.sched.slice_ns = SLICE;
	if (baton_host_create(&config, &diag, &host))
		fail_msg("%s: %s", diag.where, diag.message);
	create(host, count);
	assert_int_equal(baton_host_run(host, ns, &end), 0);
	assert_int_equal(end, BATON_RUN_BUDGET);
	check_books(host, count);
	baton_host_destroy(host);
}

static void a_crowd_balances_and_gives_everything_back(void **state)
{
	struct held before, after;

	(void)state;
	run_a_crowd(2, SLICE); /* whatever is had once and kept is there by now */
	before = what_is_held();
	run_a_crowd(how_many(), RUN);
	after = what_is_held();
	print_message("# descriptors %u and %u, mappings %u and %u, KiB resident %ld and %ld\n",
		      before.files, after.files, before.mappings, after.mappings,
		      before.rss_kib, after.rss_kib);
	assert_int_equal(after.files, before.files);
	assert_int_equal(after.mappings, before.mappings);
	assert_true(after.rss_kib <= before.rss_kib + LEFT_KIB);
}

/* A test may raise limits; the library does not. */
static void raise_files(rlim_t to)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur >= to)
		return;
	files.rlim_cur = to;
	if (files.rlim_max < to)
		files.rlim_max = to;
	setrlimit(RLIMIT_NOFILE, &files);
}

/* One file too many: the VM that wanted it is not there, and the others live on. */
static void at_the_limit_of_descriptors_the_others_live_on(void **state)
{
	struct baton_host_config config = BATON_HOST_CONFIG;
	struct baton_vm_config vm = BATON_VM_CONFIG;
	struct baton_diag diag = { .message = "" };
	struct baton_host *host;
	struct rlimit files;
	struct held before;
	rlim_t was;

	(void)state;
	before = what_is_held();
	assert_int_equal(baton_host_create(&config, &diag, &host), 0);
	create(host, 5);
	getrlimit(RLIMIT_NOFILE, &files);
	was = files.rlim_cur;
	vm.name = "one-too-many";
	vm.image = "\xEB\xFE";
	vm.image_size = 2;
	for (unsigned room = 0; room < 3; room++) {
		unsigned open = count_files() - 3; /* less ".", ".." and the folder itself */

		files.rlim_cur = open + room;
		setrlimit(RLIMIT_NOFILE, &files);
		assert_int_equal(baton_vm_create(host, &vm, &diag, NULL), -EMFILE);
		files.rlim_cur = was;
		setrlimit(RLIMIT_NOFILE, &files);
		assert_non_null(strstr(diag.message, "ulimit -n"));
		assert_int_equal(count_files() - 3, open);
		assert_int_equal(baton_host_run(host, SLICE, NULL), 0);
	}
	assert_null(baton_host_vm(host, 5));
	baton_host_destroy(host);
	assert_int_equal(what_is_held().files, before.files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_crowd_balances_and_gives_everything_back),
		cmocka_unit_test(at_the_limit_of_descriptors_the_others_live_on),
	};

	close_range(3, ~0U, 0); /* inherited: a high one would count, and take no room below a limit */
	raise_files(3 * how_many() + OWN_FILES);
	return cmocka_run_group_tests_name("scale", tests, NULL, NULL);
}
