/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judgement.c - what `baton doctor` makes of every situation it knows.
 */
#include "test.h"

#include "judgement.h"

/* A machine with nothing to complain about: an Intel processor, a user in group kvm. */
static struct machine_facts good_facts(void)
{
	return (struct machine_facts){
		.device = true,
		.mode = 0660,
		.owner_gid = 104,
		.group = "kvm",
		.user = "trinity",
		.group_lists_user = true,
		.group_active = true,
		.vmx = true,
		.invariant_tsc = true,
		.module_kvm = true,
		.module_intel = true,
		.tasks_rlimit = 30000,
		.tasks_cgroup = FACTS_NO_LIMIT,
		.files = 1024,
		.files_hard = 524288,
		.tasks_kernel = 62000,
		.task_numbers = 4194304,
		.mappings = 65530,
		.memory_kib = 7 << 20,
		.workers_are_ours = true,
	};
}

static struct machine_trial good_trial(void)
{
	return (struct machine_trial){
		.info = {
			.api_version = 12,
			.user_memory = true,
			.immediate_exit = true,
			.sync_regs = true,
			.paging32 = true,
			.max_vcpus = 1024,
		},
		.slice_ns = 50 * US,
	};
}

/* One check, after judging; `trial` may be NULL. */
static struct check judged(const struct machine_facts *facts, const struct machine_trial *trial,
			   enum check_id id)
{
	struct check checks[CHECKS];

	judge_machine(facts, trial, checks);
	return checks[id];
}

static void expect(const struct check *check, enum check_state state, const char *found,
		   const char *fix)
{
	assert_string_equal(check_state_name(check->state), check_state_name(state));
	if (!strstr(check->found, found))
		fail_msg("found \"%s\", expected \"%s\"", check->found, found);
	if (fix ? !strstr(check->fix, fix) : *check->fix != '\0')
		fail_msg("fix is \"%s\", expected \"%s\"", check->fix, fix ? fix : "");
}

static void a_good_machine_is_all_ok(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check checks[CHECKS];

	judge_machine(&facts, &trial, checks);
	for (int i = 0; i < CHECKS; i++) {
		assert_non_null(checks[i].name);
		assert_string_equal(check_state_name(checks[i].state), "ok");
		assert_string_equal(checks[i].fix, "");
		assert_true(*checks[i].found);
	}
	assert_true(judgement_usable(checks));
}

/* Every failing check says how to mend it, and makes the machine unusable. */
static void no_device(const struct machine_facts *facts, const char *found, const char *fix)
{
	struct check checks[CHECKS];

	judge_machine(facts, NULL, checks);
	expect(&checks[CHECK_DEVICE], CHECK_FAIL, found, fix);
	expect(&checks[CHECK_PERMISSION], CHECK_UNKNOWN, "no device to open", NULL);
	expect(&checks[CHECK_CAPABILITIES], CHECK_UNKNOWN, "no KVM", NULL);
	expect(&checks[CHECK_PAGING32], CHECK_UNKNOWN, "no KVM", NULL);
	expect(&checks[CHECK_SLICE], CHECK_UNKNOWN, "no KVM", NULL);
	assert_false(judgement_usable(checks));
}

static struct machine_facts without_device(void)
{
	struct machine_facts facts = good_facts();

	facts.device = facts.module_kvm = facts.module_intel = false;
	facts.open_errno = ENOENT;
	return facts;
}

static void an_unloaded_module_is_to_be_loaded(void **state)
{
	struct machine_facts facts = without_device();
	struct check check;

	no_device(&facts, "module kvm_intel is not loaded", "sudo modprobe kvm_intel");
	check = judged(&facts, NULL, CHECK_MODULE);
	expect(&check, CHECK_FAIL, "VT-x", "sudo modprobe kvm_intel");
	facts.vmx = false;
	facts.svm = facts.amd = true;
	no_device(&facts, "module kvm_amd is not loaded", "sudo modprobe kvm_amd");
	check = judged(&facts, NULL, CHECK_MODULE);
	expect(&check, CHECK_FAIL, "AMD-V", "sudo modprobe kvm_amd");
}

static void a_missing_node_is_to_be_made(void **state)
{
	struct machine_facts facts = without_device();

	facts.module_intel = true;
	no_device(&facts, "though the module is loaded", "mknod -m 660 /dev/kvm c 10 232");
}

static void a_node_without_driver_wants_the_module(void **state)
{
	struct machine_facts facts = good_facts();
	struct check check;

	facts.open_errno = ENODEV;
	facts.module_intel = false;
	check = judged(&facts, NULL, CHECK_DEVICE);
	expect(&check, CHECK_FAIL, "no driver", "sudo modprobe kvm_intel");
	check = judged(&facts, NULL, CHECK_PERMISSION);
	expect(&check, CHECK_UNKNOWN, "does not open", NULL);
	facts.vmx = false;
	check = judged(&facts, NULL, CHECK_DEVICE);
	expect(&check, CHECK_FAIL, "neither VT-x nor AMD-V", "firmware");
}

static void firmware_may_hide_the_extension(void **state)
{
	struct machine_facts facts = without_device();

	facts.vmx = false;
	no_device(&facts, "neither VT-x nor AMD-V", "Intel VT-x");
	facts.amd = true;
	no_device(&facts, "neither VT-x nor AMD-V", "SVM");
}

static void a_virtual_machine_needs_nesting(void **state)
{
	struct machine_facts facts = without_device();

	facts.vmx = false;
	facts.under_hypervisor = true;
	no_device(&facts, "without nested virtualization", "nested=1");
}

static void containers_need_the_device_passed_in(void **state)
{
	struct machine_facts facts = without_device();
	struct check check;

	facts.container = CONTAINER_DOCKER;
	no_device(&facts, "container", "docker run --device /dev/kvm");
	facts.container = CONTAINER_PODMAN;
	no_device(&facts, "container", "podman run --device /dev/kvm");
	facts.container = CONTAINER_OTHER;
	no_device(&facts, "container", "--device /dev/kvm");
	facts = good_facts();
	facts.container = CONTAINER_DOCKER;
	facts.open_errno = EPERM;
	check = judged(&facts, NULL, CHECK_PERMISSION);
	expect(&check, CHECK_FAIL, "container", "--device /dev/kvm");
}

static void wsl_says_what_windows_must_do(void **state)
{
	struct machine_facts facts = without_device();

	facts.vmx = false;
	facts.under_hypervisor = true;
	facts.wsl = 2;
	no_device(&facts, "WSL 2", "nestedVirtualization=true");
	facts.wsl = 1;
	no_device(&facts, "WSL 1", "wsl --set-version");
	/* With the extension there, WSL 2 is a Linux like any other. */
	facts.wsl = 2;
	facts.vmx = true;
	no_device(&facts, "module kvm_intel is not loaded", "sudo modprobe kvm_intel");
}

static struct machine_facts without_permission(void)
{
	struct machine_facts facts = good_facts();

	facts.open_errno = EACCES;
	facts.group_lists_user = facts.group_active = false;
	return facts;
}

static void permission_comes_with_the_group(void **state)
{
	struct machine_facts facts = without_permission();
	struct check checks[CHECKS];
	struct check check = judged(&facts, NULL, CHECK_PERMISSION);

	expect(&check, CHECK_FAIL, "not in group kvm", "sudo usermod -aG kvm trinity");
	judge_machine(&facts, NULL, checks);
	assert_false(judgement_usable(checks));
	expect(&checks[CHECK_DEVICE], CHECK_OK, "is there", NULL);

	facts.group[0] = facts.user[0] = '\0';
	check = judged(&facts, NULL, CHECK_PERMISSION);
	expect(&check, CHECK_FAIL, "not in group kvm", "sudo usermod -aG kvm $USER");
}

static void an_old_login_has_an_old_group_list(void **state)
{
	struct machine_facts facts = without_permission();
	struct check check;

	facts.group_lists_user = true;
	check = judged(&facts, NULL, CHECK_PERMISSION);
	expect(&check, CHECK_FAIL, "older than the membership", "newgrp kvm");
}

static void a_node_of_root_s_is_given_to_the_group(void **state)
{
	struct machine_facts facts = without_permission();
	struct check check;

	facts.mode = 0600;
	check = judged(&facts, NULL, CHECK_PERMISSION);
	expect(&check, CHECK_FAIL, "not open to a group", "sudo chgrp kvm /dev/kvm");
	facts.mode = 0660;
	facts.owner_gid = 0;
	check = judged(&facts, NULL, CHECK_PERMISSION);
	expect(&check, CHECK_FAIL, "not open to a group", "sudo chgrp kvm /dev/kvm");
}

static void kvm_pvm_is_named(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check check;

	facts.module_intel = false;
	facts.module_pvm = true;
	check = judged(&facts, &trial, CHECK_MODULE);
	expect(&check, CHECK_WARN, "kvm_pvm", "slow");
	facts.module_pvm = false;
	check = judged(&facts, &trial, CHECK_MODULE);
	expect(&check, CHECK_OK, "built into the kernel", NULL);
}

static void missing_capabilities_are_listed(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check checks[CHECKS];
	struct check check;

	trial.info.immediate_exit = trial.info.sync_regs = false;
	judge_machine(&facts, &trial, checks);
	assert_false(judgement_usable(checks));
	check = judged(&facts, &trial, CHECK_CAPABILITIES);
	expect(&check, CHECK_FAIL, "missing: IMMEDIATE_EXIT SYNC_REGS", "newer kernel");
	trial = good_trial();
	trial.info.user_memory = false;
	trial.info.api_version = 11;
	check = judged(&facts, &trial, CHECK_CAPABILITIES);
	expect(&check, CHECK_FAIL, "missing: API version 12 USER_MEMORY", "newer kernel");
}

static void a_failed_inspection_is_passed_on(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check check;

	trial.error = trial.slice_error = -EIO;
	snprintf(trial.diag.where, sizeof(trial.diag.where), "/dev/kvm");
	snprintf(trial.diag.message, sizeof(trial.diag.message), "no answer");
	check = judged(&facts, &trial, CHECK_CAPABILITIES);
	expect(&check, CHECK_FAIL, "/dev/kvm: no answer", "dmesg");
	check = judged(&facts, &trial, CHECK_SLICE);
	expect(&check, CHECK_UNKNOWN, "no KVM", NULL);
	trial.error = -EBUSY;
	check = judged(&facts, &trial, CHECK_CAPABILITIES);
	expect(&check, CHECK_FAIL, "another hypervisor", "VirtualBox");
}

static void a_nested_host_is_only_a_warning(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check checks[CHECKS];

	facts.under_hypervisor = true;
	judge_machine(&facts, &trial, checks);
	expect(&checks[CHECK_NESTED], CHECK_WARN, "virtual itself", "nothing to mend");
	assert_true(judgement_usable(checks));
}

static void a_kvm_without_32_bit_paging_is_usable(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check checks[CHECKS];

	trial.info.paging32 = false;
	judge_machine(&facts, &trial, checks);
	expect(&checks[CHECK_PAGING32], CHECK_WARN, "mode paged will be refused", "mode protected");
	assert_true(judgement_usable(checks));
}

static void slices_are_judged_by_their_length(void **state)
{
	struct machine_facts facts = good_facts();
	struct machine_trial trial = good_trial();
	struct check check;

	trial.slice_ns = MS;
	check = judged(&facts, &trial, CHECK_SLICE);
	expect(&check, CHECK_OK, "1 ms, measured", NULL);
	trial.slice_ns = 2 * MS;
	check = judged(&facts, &trial, CHECK_SLICE);
	expect(&check, CHECK_WARN, "2 ms, measured", "quantum");
	trial.slice_error = -ENODATA;
	check = judged(&facts, &trial, CHECK_SLICE);
	expect(&check, CHECK_WARN, "longer than 5 ms", "quantum of 10 ms");
	trial.slice_error = -EAGAIN;
	snprintf(trial.diag.message, sizeof(trial.diag.message), "too many tasks");
	check = judged(&facts, &trial, CHECK_SLICE);
	expect(&check, CHECK_FAIL, "too many tasks", "mend that");
}

static void a_varying_tsc_is_a_warning(void **state)
{
	struct machine_facts facts = good_facts();
	struct check check;

	facts.invariant_tsc = false;
	check = judged(&facts, NULL, CHECK_TSC);
	expect(&check, CHECK_WARN, "not shown", "invtsc");
}

static void few_tasks_are_a_warning_with_the_right_knob(void **state)
{
	struct machine_facts facts = good_facts();
	struct check check;

	facts.tasks_rlimit = 20;
	check = judged(&facts, NULL, CHECK_TASKS);
	expect(&check, CHECK_WARN, "room for 20 more", "ulimit -u");
	facts.root = true; /* whom that limit does not bind */
	check = judged(&facts, NULL, CHECK_TASKS);
	expect(&check, CHECK_OK, "no limit", NULL);
	facts.tasks_cgroup = 10;
	check = judged(&facts, NULL, CHECK_TASKS);
	expect(&check, CHECK_WARN, "room for 10 more", "TasksMax");
	facts.container = CONTAINER_PODMAN;
	check = judged(&facts, NULL, CHECK_TASKS);
	expect(&check, CHECK_WARN, "room for 10 more", "--pids-limit");
	facts.tasks_cgroup = 500;
	check = judged(&facts, NULL, CHECK_TASKS);
	expect(&check, CHECK_OK, "500", NULL);
}

static void few_descriptors_are_a_warning(void **state)
{
	struct machine_facts facts = good_facts();
	struct check check;

	facts.files_hard = 64;
	check = judged(&facts, NULL, CHECK_FILES);
	expect(&check, CHECK_WARN, "room for about 16 VMs", "--nofile");
	facts.files_hard = 3;
	check = judged(&facts, NULL, CHECK_FILES);
	expect(&check, CHECK_WARN, "room for about 0 VMs", "--nofile");
	facts.files_hard = FACTS_NO_LIMIT;
	check = judged(&facts, NULL, CHECK_FILES);
	expect(&check, CHECK_OK, "no limit", NULL);
}

static void the_limit_that_binds_first_says_how_many(void **state)
{
	struct machine_facts facts = good_facts();
	struct check check = judged(&facts, NULL, CHECK_VMS);

	expect(&check, CHECK_OK, "about 16,366 at a time; first to end: memory mappings", NULL);
	facts.files_hard = 103;
	check = judged(&facts, NULL, CHECK_VMS);
	expect(&check, CHECK_WARN, "about 29 at a time; first to end: file descriptors",
	       "--nofile=3016");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_machine_is_all_ok),
		cmocka_unit_test(an_unloaded_module_is_to_be_loaded),
		cmocka_unit_test(a_missing_node_is_to_be_made),
		cmocka_unit_test(a_node_without_driver_wants_the_module),
		cmocka_unit_test(firmware_may_hide_the_extension),
		cmocka_unit_test(a_virtual_machine_needs_nesting),
		cmocka_unit_test(containers_need_the_device_passed_in),
		cmocka_unit_test(wsl_says_what_windows_must_do),
		cmocka_unit_test(permission_comes_with_the_group),
		cmocka_unit_test(an_old_login_has_an_old_group_list),
		cmocka_unit_test(a_node_of_root_s_is_given_to_the_group),
		cmocka_unit_test(kvm_pvm_is_named),
		cmocka_unit_test(missing_capabilities_are_listed),
		cmocka_unit_test(a_failed_inspection_is_passed_on),
		cmocka_unit_test(a_nested_host_is_only_a_warning),
		cmocka_unit_test(a_kvm_without_32_bit_paging_is_usable),
		cmocka_unit_test(slices_are_judged_by_their_length),
		cmocka_unit_test(a_varying_tsc_is_a_warning),
		cmocka_unit_test(few_tasks_are_a_warning_with_the_right_knob),
		cmocka_unit_test(few_descriptors_are_a_warning),
		cmocka_unit_test(the_limit_that_binds_first_says_how_many),
	};

	return cmocka_run_group_tests_name("judgement", tests, NULL, NULL);
}
