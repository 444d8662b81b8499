/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capacity.c - whether limits that are made up leave room for so many VMs, and what is said if
 * they do not.
 */
#include "test.h"

#include "capacity.h"

/* Nothing is limited, and something is used of everything. */
static struct machine_facts unlimited(void)
{
	return (struct machine_facts){
		.tasks_rlimit = FACTS_NO_LIMIT, .tasks_cgroup = FACTS_NO_LIMIT,
		.files = FACTS_NO_LIMIT, .files_hard = FACTS_NO_LIMIT, .files_used = 10,
		.tasks_kernel = FACTS_NO_LIMIT, .task_numbers = FACTS_NO_LIMIT, .tasks_used = 100,
		.mappings = FACTS_NO_LIMIT, .mappings_used = 30, .memory_kib = FACTS_NO_LIMIT,
		.workers_are_ours = true,
	};
}

static void without_limits_anything_goes(void **state)
{
	struct machine_facts facts = unlimited();
	struct capacity_need need = capacity_need_of(1000000);
	enum limit first;
	char text[400];

	assert_true(capacity_suffices(&facts, &need, text, sizeof(text)));
	assert_true(capacity_most_vms(&facts, &first) == FACTS_NO_LIMIT);
}

/* The least limit that leaves room for 100 VMs, and one less. */
struct edge {
	enum limit limit;
	size_t offset; /* of the limit, in the facts */
	uint64_t enough;
	const char *text;
};

#define EDGE(limit, member, enough, text) { limit, offsetof(struct machine_facts, member), enough, text }

static const struct edge edges[] = {
	EDGE(LIMIT_FILES, files_hard, 326, "100 VMs need 316 file descriptors, and 315 are left; let "
	     "root raise the limit: prlimit --pid $$ --nofile=326"),
	EDGE(LIMIT_TASKS, tasks_rlimit, 100, "100 VMs need 100 tasks of this user, and 99 are left; "
	     "raise the limit: ulimit -u 100, and beyond the hard limit root may: prlimit --pid $$ "
	     "--nproc=100"),
	EDGE(LIMIT_TASKS_CGROUP, tasks_cgroup, 100, "100 VMs need 100 tasks of this cgroup, and 99 "
	     "are left; run it so: systemd-run --scope -p TasksMax=100 baton run ..."),
	EDGE(LIMIT_TASKS_KERNEL, tasks_kernel, 200, "100 VMs need 100 tasks of this machine, and 99 "
	     "are left; as root: sysctl kernel.threads-max=200"),
	EDGE(LIMIT_TASK_NUMBERS, task_numbers, 200, "100 VMs need 100 numbers for tasks, and 99 are "
	     "left; as root: sysctl kernel.pid_max=200"),
	EDGE(LIMIT_MAPPINGS, mappings, 494, "100 VMs need 464 memory mappings, and 463 are left; as "
	     "root: sysctl vm.max_map_count=494"),
	EDGE(LIMIT_MEMORY, memory_kib, 20000, "100 VMs need 20,000 KiB of memory, and 19,999 are "
	     "left; run fewer VMs, or free some"),
};

static void each_limit_is_found_out_at_its_edge(void **state)
{
	for (size_t i = 0; i < COUNT(edges); i++) {
		struct machine_facts facts = unlimited();
		uint64_t *limit = (uint64_t *)((char *)&facts + edges[i].offset);
		struct capacity_need need = capacity_need_of(100);
		enum limit first = LIMITS;
		char text[400] = "";

		*limit = edges[i].enough;
		assert_true(capacity_suffices(&facts, &need, text, sizeof(text)));
		assert_string_equal(text, "");
		assert_int_equal(capacity_most_vms(&facts, &first), 100);
		assert_int_equal(first, edges[i].limit);
		--*limit;
		assert_false(capacity_suffices(&facts, &need, text, sizeof(text)));
		assert_string_equal(text, edges[i].text);
		assert_int_equal(capacity_most_vms(&facts, &first), 99);
		*limit = 0; /* less than is used */
		assert_false(capacity_suffices(&facts, &need, text, sizeof(text)));
		assert_int_equal(capacity_most_vms(&facts, &first), 0);
	}
	assert_int_equal(COUNT(edges), LIMITS);
}

static void one_vm_is_no_more_than_one(void **state)
{
	struct machine_facts facts = unlimited();
	struct capacity_need need = capacity_need_of(1);
	char text[400];

	facts.memory_kib = 10;
	capacity_suffices(&facts, &need, text, sizeof(text));
	assert_string_equal(text, "1 VM needs 200 KiB of memory, and 10 are left; run fewer VMs, or "
			    "free some");
}

/* Before Linux 6.13 KVM's workers were the kernel's own; root's tasks are not limited. */
static void limits_that_do_not_bind_are_left_alone(void **state)
{
	struct machine_facts facts = unlimited();
	enum limit first;

	facts.tasks_rlimit = facts.tasks_cgroup = 5;
	facts.workers_are_ours = false;
	assert_true(capacity_most_vms(&facts, &first) == FACTS_NO_LIMIT);
	facts.workers_are_ours = facts.root = true;
	facts.tasks_cgroup = FACTS_NO_LIMIT;
	assert_true(capacity_most_vms(&facts, &first) == FACTS_NO_LIMIT);
	facts.root = false;
	assert_int_equal(capacity_most_vms(&facts, &first), 5);
}

static void a_container_has_an_option_of_its_own(void **state)
{
	struct machine_facts facts = unlimited();
	struct capacity_need need = capacity_need_of(100);
	char text[400];

	facts.tasks_cgroup = 5;
	facts.container = CONTAINER_DOCKER;
	capacity_suffices(&facts, &need, text, sizeof(text));
	assert_non_null(strstr(text, "--pids-limit 100"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_limits_anything_goes),
		cmocka_unit_test(each_limit_is_found_out_at_its_edge),
		cmocka_unit_test(one_vm_is_no_more_than_one),
		cmocka_unit_test(limits_that_do_not_bind_are_left_alone),
		cmocka_unit_test(a_container_has_an_option_of_its_own),
	};

	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
