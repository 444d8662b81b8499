/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine_facts.c - facts read from machines that are folders full of files.
 *
 * A folder per test, below TMPDIR. The permission to open a node is tested in a
 * child without privileges, since root may open everything.
 */
#include "test.h"

#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine_facts.h"

#define NOBODY 65534

static char root[256];

/* Writes a file below the root, with the folders on its way. */
static void put(const char *path, const char *text)
{
	char full[512];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *slash = full + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(full, 0755) && errno != EEXIST)
			fail_msg("%s: %s", full, strerror(errno));
		*slash = '/';
	}
	file = fopen(full, "w");
	if (!file)
		fail_msg("%s: %s", full, strerror(errno));
	fputs(text, file);
	fclose(file);
}

static int make_root(void **state)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(root, sizeof(root), "%s/baton-facts.XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(root) && !chmod(root, 0755) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
	return remove(path);
}

static int remove_root(void **state)
{
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct machine_facts read_facts(void)
{
	struct machine_facts facts;

	machine_facts_read(root, &facts);
	return facts;
}

static void an_empty_machine_has_nothing(void **state)
{
	struct machine_facts facts = read_facts();

	assert_false(facts.device);
	assert_int_equal(facts.open_errno, ENOENT);
	assert_false(facts.vmx || facts.svm || facts.amd || facts.under_hypervisor);
	assert_false(facts.module_kvm || facts.module_intel || facts.module_amd ||
		     facts.module_pvm);
	assert_int_equal(facts.container, CONTAINER_NONE);
	assert_int_equal(facts.wsl, 0);
	assert_true(facts.tasks_rlimit == FACTS_NO_LIMIT && facts.tasks_cgroup == FACTS_NO_LIMIT);
	assert_true(facts.files == FACTS_NO_LIMIT);
}

static void processors_show_their_flags(void **state)
{
	struct machine_facts facts;

	put("/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n"
			     "flags\t\t: fpu vmx constant_tsc nonstop_tsc hypervisor\n");
	facts = read_facts();
	assert_true(facts.vmx && facts.invariant_tsc && facts.under_hypervisor);
	assert_false(facts.svm || facts.amd);
	put("/proc/cpuinfo", "vendor_id\t: AuthenticAMD\nflags\t\t: fpu constant_tsc svm\n");
	facts = read_facts();
	assert_true(facts.svm && facts.amd);
	assert_false(facts.vmx || facts.invariant_tsc || facts.under_hypervisor);
	put("/proc/cpuinfo", "flags\t\t: fpu svm_lock vmxoff nonstop_tsc_s3\n");
	facts = read_facts();
	assert_false(facts.vmx || facts.svm);
}

static void modules_are_folders_in_sys(void **state)
{
	struct machine_facts facts;

	put("/sys/module/kvm/x", "");
	put("/sys/module/kvm_amd/x", "");
	facts = read_facts();
	assert_true(facts.module_kvm && facts.module_amd);
	assert_false(facts.module_intel || facts.module_pvm);
}

static void containers_leave_marks(void **state)
{
	put("/proc/self/cgroup", "0::/kubepods/besteffort/pod1\n");
	assert_int_equal(read_facts().container, CONTAINER_OTHER);
	put("/proc/self/cgroup", "5:devices:/docker/abc\n");
	assert_int_equal(read_facts().container, CONTAINER_DOCKER);
	put("/proc/self/cgroup", "0::/machine.slice/libpod-1.scope\n");
	assert_int_equal(read_facts().container, CONTAINER_PODMAN);
	put("/proc/self/cgroup", "0::/user.slice\n");
	assert_int_equal(read_facts().container, CONTAINER_NONE);
	put("/.dockerenv", "");
	assert_int_equal(read_facts().container, CONTAINER_DOCKER);
	put("/run/.containerenv", "");
	assert_int_equal(read_facts().container, CONTAINER_PODMAN);
}

static void wsl_has_a_kernel_of_its_own_or_none(void **state)
{
	put("/proc/version", "Linux version 5.15.90.1-microsoft-standard-WSL2 (oe@oe)\n");
	assert_int_equal(read_facts().wsl, 2);
	put("/proc/version", "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com)\n");
	assert_int_equal(read_facts().wsl, 1);
	put("/proc/version", "Linux version 6.1.0-13-amd64 (debian-kernel@lists.debian.org)\n");
	assert_int_equal(read_facts().wsl, 0);
}

static void rlimits_come_from_proc(void **state)
{
	struct machine_facts facts;

	put("/proc/self/limits",
	    "Limit                     Soft Limit           Hard Limit           Units     \n"
	    "Max processes             1500                 3000                 processes \n"
	    "Max open files            1024                 1048576              files     \n");
	facts = read_facts();
	assert_int_equal(facts.tasks_rlimit, 1500);
	assert_int_equal(facts.files, 1024);
	assert_int_equal(facts.files_hard, 1048576);
	put("/proc/self/limits",
	    "Max processes             unlimited            unlimited            processes \n");
	facts = read_facts();
	assert_true(facts.tasks_rlimit == FACTS_NO_LIMIT);
}

static void what_is_used_and_what_the_kernel_allows_is_read(void **state)
{
	struct machine_facts facts;

	put("/proc/self/fd/0", "");
	put("/proc/self/fd/1", "");
	put("/proc/self/fd/17", "");
	put("/proc/self/maps", "1-2 r-xp\n3-4 rw-p\n");
	put("/proc/sys/kernel/threads-max", "15715\n");
	put("/proc/sys/kernel/pid_max", "32768\n");
	put("/proc/sys/vm/max_map_count", "65530\n");
	put("/proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");
	put("/proc/meminfo", "MemTotal:  2000 kB\nMemFree:  100 kB\nMemAvailable:   1234 kB\n");
	machine_limits_read(root, &facts);
	assert_int_equal(facts.files_used, 3);
	assert_int_equal(facts.mappings_used, 2);
	assert_int_equal(facts.tasks_kernel, 15715);
	assert_int_equal(facts.task_numbers, 32768);
	assert_int_equal(facts.mappings, 65530);
	assert_int_equal(facts.tasks_used, 80);
	assert_int_equal(facts.memory_kib, 1234);
	assert_true(facts.files == FACTS_NO_LIMIT && facts.files_hard == FACTS_NO_LIMIT);
}

static void whose_kvm_s_tasks_are_goes_by_the_kernel(void **state)
{
	static const struct {
		const char *release;
		bool ours;
	} cases[] = {
		{ "6.1.0-13-amd64\n", false }, { "6.12.9\n", false }, { "6.13.0-rc1\n", true },
		{ "7.0.0\n", true }, { "5.14.0\n", false }, { "what?\n", false },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		put("/proc/sys/kernel/osrelease", cases[i].release);
		assert_int_equal(read_facts().workers_are_ours, cases[i].ours);
	}
}

/* The tightest level counts, wherever it is between the group and the root. */
static void cgroup_limits_count_on_every_level(void **state)
{
	put("/proc/self/cgroup", "0::/a/b\n");
	put("/sys/fs/cgroup/a/b/pids.max", "max\n");
	put("/sys/fs/cgroup/a/pids.max", "100\n");
	put("/sys/fs/cgroup/a/pids.current", "58\n");
	assert_int_equal(read_facts().tasks_cgroup, 42);
	put("/sys/fs/cgroup/a/b/pids.max", "10\n");
	put("/sys/fs/cgroup/a/b/pids.current", "3\n");
	assert_int_equal(read_facts().tasks_cgroup, 7);
	put("/sys/fs/cgroup/pids.max", "5\n");
	assert_int_equal(read_facts().tasks_cgroup, 5);
	put("/sys/fs/cgroup/a/b/pids.current", "11\n");
	assert_int_equal(read_facts().tasks_cgroup, 0);
}

static void cgroup_1_has_a_hierarchy_for_tasks(void **state)
{
	put("/proc/self/cgroup", "9:name=systemd:/\n8:pids:/x\n7:cpu,cpuacct:/\n");
	put("/sys/fs/cgroup/pids/x/pids.max", "64\n");
	put("/sys/fs/cgroup/pids/x/pids.current", "4\n");
	assert_int_equal(read_facts().tasks_cgroup, 60);
	put("/proc/self/cgroup", "9:name=systemd:/\n8:pids:/\n");
	put("/sys/fs/cgroup/pids/pids.max", "32\n");
	assert_int_equal(read_facts().tasks_cgroup, 32);
}

static void a_user_s_groups_are_known(void **state)
{
	struct machine_facts facts;
	char text[256], path[300];

	put("/dev/kvm", "");
	snprintf(path, sizeof(path), "%s/dev/kvm", root);
	assert_int_equal(chmod(path, 0660), 0);
	snprintf(text, sizeof(text), "root:x:0:\nnotkvm:x:1%u:\nkvm:x:%u:morpheus,trinity\n",
		 getegid(), getegid());
	put("/etc/passwd", "root:x:0:0::/root:/bin/sh\ntrinity:x:1001:1001::/home/t:/bin/sh\n");
	put("/proc/self/status", "Name:\tx\nUid:\t1001\t1001\t1001\t1001\nGroups:\t1001 \n");
	if (getegid())
		put("/etc/group", text);
	else
		put("/etc/group", "kvm:x:0:morpheus,trinity\n");
	facts = read_facts();
	assert_true(facts.device);
	assert_int_equal(facts.open_errno, 0);
	assert_int_equal(facts.mode, 0660);
	assert_string_equal(facts.user, "trinity");
	assert_string_equal(facts.group, "kvm");
	assert_true(facts.group_lists_user);
	assert_false(facts.group_active || facts.root);

	snprintf(text, sizeof(text), "Uid:\t0\t0\t0\t0\nGroups:\t7 %u \n", getegid());
	put("/proc/self/status", text);
	facts = read_facts();
	assert_string_equal(facts.user, "root");
	assert_false(facts.group_lists_user);
	assert_true(facts.group_active && facts.root);
}

/*
 * In a child, since there is no way back from losing privileges. It starts from
 * the folder itself: those above it may be closed to nobody.
 */
static void a_forbidden_node_is_told_from_a_missing_one(void **state)
{
	char path[300];
	int status;
	pid_t child;

	put("/dev/kvm", "");
	snprintf(path, sizeof(path), "%s/dev/kvm", root);
	assert_int_equal(chmod(path, 0), 0);
	child = fork();
	if (!child) {
		struct machine_facts facts;

		if (chdir(root) || (!geteuid() && (setgid(NOBODY) || setuid(NOBODY))))
			_exit(99);
		machine_facts_read(".", &facts);
		_exit(facts.open_errno);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EACCES);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_root, remove_root)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_machine_has_nothing),
		TEST(processors_show_their_flags),
		TEST(modules_are_folders_in_sys),
		TEST(containers_leave_marks),
		TEST(wsl_has_a_kernel_of_its_own_or_none),
		TEST(rlimits_come_from_proc),
		TEST(what_is_used_and_what_the_kernel_allows_is_read),
		TEST(whose_kvm_s_tasks_are_goes_by_the_kernel),
		TEST(cgroup_limits_count_on_every_level),
		TEST(cgroup_1_has_a_hierarchy_for_tasks),
		TEST(a_user_s_groups_are_known),
		TEST(a_forbidden_node_is_told_from_a_missing_one),
	};

	return cmocka_run_group_tests_name("machine_facts", tests, NULL, NULL);
}
