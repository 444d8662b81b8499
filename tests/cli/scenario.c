/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario.c - scenarios: what is read, and each fault with its place, what was
 * found and what was expected.
 */
#include "test.h"

#include "device.h"
#include "run_options.h"
#include "scenario.h"

/* -------------------------------------------------------------------- read */

struct parsed {
	struct scenario scenario;
	struct yaml_error error;
	int result;
};

static struct parsed parse(const char *text)
{
	struct parsed p;

	scenario_init(&p.scenario, "s.yaml");
	p.result = scenario_parse(&p.scenario, text, strlen(text), &p.error);
	return p;
}

static struct parsed accepts(const char *text)
{
	struct parsed p = parse(text);

	if (p.result)
		fail_msg("%u:%u: %s\n%s", p.error.at.line, p.error.at.column, p.error.text, text);
	return p;
}

#define GOOD "version: 1\nvms:\n- {name: neo, image: neo.bin}\n"

static void refuses(const char *text, const char *expected)
{
	struct parsed p = parse(text);
	char *error;

	if (!p.result)
		fail_msg("was accepted:\n%s", text);
	assert_int_equal(p.result, -EINVAL);
	error = scenario_error(&p.scenario, &p.error);
	if (strcmp(error, expected))
		fail_msg("said     \"%s\"\nexpected \"%s\"\nfor %s", error, expected, text);
	free(error);
	scenario_fini(&p.scenario);
}

/* What is wrong is libyaml's to say; where, and what was expected, is ours. */
static void defaults_are_the_library_s(void **state)
{
	struct parsed p = accepts("version: 1\nvms: [{image: a/neo.bin}]\n");
	const struct scenario_vm *vm = &p.scenario.vms[0];

	assert_string_equal(p.scenario.policy, "share");
	assert_int_equal(p.scenario.quantum_ns, 10 * MS);
	assert_int_equal(p.scenario.burst, 1);
	assert_int_equal(p.scenario.for_ns, BATON_FOREVER);
	assert_int_equal(p.scenario.show, SHOW_NONE);
	assert_string_equal(vm->name, "neo");
	assert_string_equal(vm->image, "a/neo.bin");
	assert_int_equal(vm->memory, 1 << 20);
	assert_int_equal(vm->share, 1);
	assert_int_equal(vm->load, BATON_DEFAULT_ADDRESS);
	assert_int_equal(vm->entry, BATON_DEFAULT_ADDRESS);
	assert_false(vm->has_mode);
	assert_false(vm->bare);
	assert_string_equal(((struct course_settings *)vm->ports)->map.name, "course");
	scenario_fini(&p.scenario);
}

static void every_key_arrives(void **state)
{
	struct parsed p = accepts(
		"version: 1\n"
		"policy: {name: turns, quantum: 20ms, burst: 3}\n"
		"for: 2min\n"
		"seed: 7\n"
		"watchdog: 3s\n"
		"show: exits\n"
		"format: course\n"
		"vms:\n"
		"  - {name: one, image: x.bin, mode: long, memory: 64MiB, share: 4294967296,\n"
		"     load: 0x7c00, entry: 0xffffffff80007c00, ports: none, bare: true,\n"
		"     argument: 4294967295,\n"
		"     arrives: 500us, watchdog: 1s, vcpus: 1}\n"
		"  - {name: two, image: y.bin}\n"
		"devices:\n"
		"  - {type: console, vm: one, port: 0x3f8}\n"
		"  - {type: latch, vm: one, ports: 0x20..0x2f}\n"
		"  - {type: latch, vm: one, ports: 7}\n"
		"  - {type: latch, vm: one}\n");
	const struct scenario *s = &p.scenario;
	const struct scenario_vm *vm = &s->vms[0];
	const struct latch_settings *latch;

	assert_string_equal(s->policy, "turns");
	assert_int_equal(s->quantum_ns, 20 * MS);
	assert_int_equal(s->burst, 3);
	assert_int_equal(s->for_ns, 120 * S);
	assert_int_equal(s->seed, 7);
	assert_int_equal(s->watchdog_ns, 3 * S);
	assert_int_equal(s->show, SHOW_EXITS);
	assert_int_equal(s->format, FORMAT_COURSE);
	assert_int_equal(s->vm_count, 2);
	assert_true(vm->has_mode && vm->mode == BATON_MODE_LONG);
	assert_int_equal(vm->memory, 64 << 20);
	assert_int_equal(vm->share, UINT64_C(1) << 32);
	assert_int_equal(vm->load, 0x7c00);
	assert_int_equal(vm->entry, 0xffffffff80007c00);
	assert_true(!vm->ports && vm->bare && vm->argument == UINT32_MAX);
	assert_int_equal(vm->arrives_ns, 500 * US);
	assert_int_equal(vm->watchdog_ns, S);
	assert_int_equal(s->vms[1].watchdog_ns, BATON_FOREVER);
	assert_int_equal(s->device_count, 4);
	assert_ptr_equal(s->devices[0]->type, &device_console);
	assert_int_equal(((struct console_settings *)s->devices[0])->port, 0x3f8);
	latch = (struct latch_settings *)s->devices[1];
	assert_ptr_equal(latch->head.type, &device_latch);
	assert_true(latch->first == 0x20 && latch->count == 16);
	latch = (struct latch_settings *)s->devices[2];
	assert_true(latch->first == 7 && latch->count == 1);
	latch = (struct latch_settings *)s->devices[3];
	assert_true(latch->first == COURSE_LATCH && latch->count == COURSE_LATCH_COUNT);
	scenario_fini(&p.scenario);
}

static void ports_are_a_map_and_what_differs_from_it(void **state)
{
	struct parsed p = accepts(
		"version: 1\n"
		"vms:\n"
		"  - {image: a.bin, ports: f0}\n"
		"  - {image: b.bin, ports: {print32: 0x300, map: e4, gva_to_hva: struct, print8: 7}}\n");
	const struct course_settings *a = (struct course_settings *)p.scenario.vms[0].ports;
	const struct course_settings *b = (struct course_settings *)p.scenario.vms[1].ports;

	assert_string_equal(a->map.name, "f0");
	assert_true(a->vm == 0 && b->vm == 1);
	assert_true(a->map.print8 == 0xE9 && a->map.port[BATON_COURSE_PRINT32] == 0xF0);
	assert_int_equal(a->gva, BATON_COURSE_GVA_OFF);
	assert_true(b->map.print8 == 7 && b->map.port[BATON_COURSE_PRINT32] == 0x300);
	assert_int_equal(b->map.port[BATON_COURSE_NUM_EXITS], 0xE7);
	assert_int_equal(b->gva, BATON_COURSE_GVA_STRUCT);
	scenario_fini(&p.scenario);
	refuses("version: 1\nvms:\n- {image: a.bin, ports: {map: e5}}\n",
		"s.yaml:3:31: map \"e5\" is unknown; expected course, e4, f0 or ea (did you mean "
		"\"e4\"?)");
	refuses("version: 1\nvms:\n- {image: a.bin, ports: {gva_to_hva: yes}}\n",
		"s.yaml:3:38: gva_to_hva \"yes\" is unknown; expected off, two-step or struct");
	refuses("version: 1\nvms:\n- {image: a.bin, ports: {print32: 65536}}\n",
		"s.yaml:3:35: print32 \"65536\" is too large; expected a whole number from 0 to 65535");
	refuses("version: 1\nvms:\n- {image: a.bin, argument: 4294967296}\n",
		"s.yaml:3:28: argument \"4294967296\" is too large; expected a whole number from 0 to "
		"4294967295");
}

static void patterns_are_checked(void **state)
{
	struct parsed p = accepts(GOOD "expect: {neo: {output_like: \"a+|b[0-9]*\\n\"}}\n");
	const struct expectation *e = p.scenario.expectations;

	assert_true(e->what == EXPECT_OUTPUT_LIKE);
	assert_int_equal(regexec(e->pattern.compiled, "aaa", 0, NULL, 0), 0);
	assert_int_equal(regexec(e->pattern.compiled, "b12\n", 0, NULL, 0), 0);
	assert_int_not_equal(regexec(e->pattern.compiled, "b12", 0, NULL, 0), 0);
	assert_int_not_equal(regexec(e->pattern.compiled, "xaaa", 0, NULL, 0), 0);
	assert_int_not_equal(regexec(e->pattern.compiled, "aaab", 0, NULL, 0), 0);
	scenario_fini(&p.scenario);
	refuses(GOOD "expect: {neo: {output_like: '(a'}}\n",
		"s.yaml:4:29: output_like is no regular expression: Unmatched ( or \\(; expected an "
		"extended regular expression without { and }");
	refuses(GOOD "expect: {neo: {output_like: 'a{2}'}}\n",
		"s.yaml:4:29: output_like is too long, or has braces; expected an extended regular "
		"expression without { and } of at most 4096 bytes");
}

static void regions_and_what_goes_with_them(void **state)
{
	struct parsed p = accepts(
		GOOD
		"- {name: two, image: b.bin}\n"
		"regions:\n"
		"- {name: r, size: 8KiB, at: {two: 0x5000, neo: 64KiB}}\n"
		"devices:\n"
		"- {type: doorbell, vms: [two, neo]}\n"
		"- {type: files, vm: two, folder: data, writable: true, limit: 1KiB}\n"
		"- {type: files, vm: neo, folder: /data}\n");
	const struct scenario_region *r = p.scenario.regions;
	const struct peers_settings *bell = (struct peers_settings *)p.scenario.devices[0];
	const struct files_settings *files = (struct files_settings *)p.scenario.devices[1];

	assert_int_equal(p.scenario.region_count, 1);
	assert_string_equal(r->name, "r");
	assert_true(r->size == 8192 && r->place_count == 2);
	assert_true(r->places[0].vm == 1 && r->places[0].gpa == 0x5000);
	assert_true(r->places[1].vm == 0 && r->places[1].gpa == 65536);
	assert_true(bell->count == 2 && bell->vms[0] == 1 && bell->vms[1] == 0);
	assert_true(files->vm == 1 && files->writable && files->limit == 1024);
	assert_string_equal(files->folder, "./data");
	files = (struct files_settings *)p.scenario.devices[2];
	assert_string_equal(files->folder, "/data");
	assert_true(!files->writable && files->limit == 16 << 20);
	scenario_fini(&p.scenario);
	refuses(GOOD "regions:\n- {name: r, size: 5000, at: {neo: 0}}\n",
		"s.yaml:5:19: size is no multiple of 4 KiB; expected one");
	refuses(GOOD "regions:\n- {name: r, size: 4KiB, at: {noe: 0}}\n",
		"s.yaml:5:30: VM \"noe\" is unknown; expected neo (did you mean \"neo\"?)");
	refuses(GOOD "regions:\n- {name: r, at: {neo: 0}}\n",
		"s.yaml:5:3: a region has no \"size\"; expected one");
	refuses(GOOD "devices:\n- {type: doorbell, vms: [neo, neo]}\n",
		"s.yaml:5:31: vm \"neo\" is there twice; expected it once");
	refuses(GOOD "devices:\n- {type: files, vm: neo}\n",
		"s.yaml:5:3: a device has no \"folder\"; expected one");
}

static void devices_between_vms_arrive(void **state)
{
	struct parsed p = accepts(
		"version: 1\n"
		"vms: [{image: a.bin}, {image: b.bin}]\n"
		"devices:\n"
		"  - {type: handoff, producer: b, consumer: a}\n"
		"  - {type: handoff, producer: a, consumer: b, depth: 3,\n"
		"     ports: {produce: 1, consume: 2, consumed: 3}}\n"
		"  - {type: batch, producer: a, consumer: b}\n"
		"  - {type: batch, producer: a, consumer: b, size: 7, ports: f0}\n"
		"  - {type: batch, producer: a, consumer: b,\n"
		"     ports: {array: 1, produced: 2, buffer: 3, consumed: 4}}\n"
		"  - {type: ring, producer: a, consumer: b}\n"
		"  - {type: ring, producer: a, consumer: b, capacity: 6, state: 0x500,\n"
		"     layout: pointers, ports: {begin: 1, produced: 2, consumed: 3}}\n");
	const struct handoff_settings *h = (void *)p.scenario.devices[0];
	const struct batch_settings *b;
	const struct ring_settings *r;

	assert_true(h->between.producer == 1 && h->between.consumer == 0 && h->depth == 1);
	assert_true(h->produce == 0x10 && h->consume == 0x11 && h->consumed == 0x12);
	h = (void *)p.scenario.devices[1];
	assert_true(h->between.producer == 0 && h->between.consumer == 1 && h->depth == 3);
	assert_true(h->produce == 1 && h->consume == 2 && h->consumed == 3);
	b = (void *)p.scenario.devices[2];
	assert_true(b->size == 5);
	assert_string_equal(b->ports.name, "course");
	b = (void *)p.scenario.devices[3];
	assert_true(b->size == 7);
	assert_string_equal(b->ports.name, "f0");
	b = (void *)p.scenario.devices[4];
	assert_true(b->ports.array == 1 && b->ports.produced == 2 && b->ports.buffer == 3);
	assert_true(b->ports.consumed == 4);
	r = (void *)p.scenario.devices[5];
	assert_true(r->capacity == 20 && r->state == 0x400 && r->layout == BATON_RING_COUNT);
	assert_true(r->begin == 0xF4 && r->produced == 0xF2 && r->consumed == 0xF3);
	r = (void *)p.scenario.devices[6];
	assert_true(r->capacity == 6 && r->state == 0x500 && r->layout == BATON_RING_POINTERS);
	assert_true(r->begin == 1 && r->produced == 2 && r->consumed == 3);
	scenario_fini(&p.scenario);
}

/* Expectations name VMs, and still may stand above them. */
static void every_expectation_arrives(void **state)
{
	struct parsed p = accepts(
		"expect:\n"
		"  neo: {outcome: halted, status: 42, share: 70 ± 0.3, turns: 3, exits: 3..5,\n"
		"        memory: {0x400: 42, 1028: 0xffffffff}, output: \"a\\nb\\0c\"}\n"
		"  morpheus: {outcome: dead, cause: unknown, share: 30.5+-1, turns: 7..,\n"
		"             output: ''}\n"
		"  host: {end: done, lag: bound}\n"
		"version: 1\n"
		"vms: [{image: neo.bin}, {image: morpheus.bin}]\n");
	const struct expectation *e = p.scenario.expectations;

	assert_int_equal(p.scenario.expectation_count, 16);
	assert_true(e[0].vm == 0 && e[0].what == EXPECT_OUTCOME && e[0].outcome == BATON_HALTED);
	assert_true(e[1].what == EXPECT_STATUS && e[1].count.least == 42 && e[1].count.most == 42);
	assert_true(e[2].what == EXPECT_SHARE && e[2].share.percent == 70);
	assert_true(e[2].share.tolerance == 0.3 && e[2].share.decimals == 1);
	assert_true(e[3].what == EXPECT_TURNS && e[3].count.least == 3 && e[3].count.most == 3);
	assert_true(e[4].what == EXPECT_EXITS && e[4].count.least == 3 && e[4].count.most == 5);
	assert_true(e[5].what == EXPECT_MEMORY && e[5].memory.gpa == 0x400);
	assert_int_equal(e[5].memory.word, 42);
	assert_true(e[6].memory.gpa == 1028 && e[6].memory.word == UINT32_MAX);
	assert_true(e[7].what == EXPECT_OUTPUT && e[7].output.size == 5);
	assert_memory_equal(e[7].output.bytes, "a\nb\0c", 5);
	assert_true(e[8].vm == 1 && e[8].outcome == BATON_DEAD);
	assert_true(e[9].what == EXPECT_SHARE && e[9].share.percent == 30.5);
	assert_true(e[9].share.tolerance == 1 && e[9].share.decimals == 1);
	assert_true(e[10].count.least == 7 && e[10].count.most == UINT64_MAX);
	assert_true(e[11].what == EXPECT_CAUSE && e[11].cause == BATON_CAUSE_UNKNOWN);
	assert_true(e[12].what == EXPECT_OUTPUT && e[12].output.size == 0);
	assert_true(e[13].vm == EXPECTATION_HOST && e[13].what == EXPECT_END);
	assert_int_equal(e[13].end, BATON_RUN_DONE);
	assert_true(e[14].what == EXPECT_LAG && e[15].what == EXPECT_LATER_LAG);
	assert_true(e[15].vm == EXPECTATION_HOST);
	scenario_fini(&p.scenario);
}

static void a_policy_may_be_a_bare_name(void **state)
{
	struct parsed p = accepts("version: 1\npolicy: quantum\nvms: [{image: neo.bin}]\n");

	assert_string_equal(p.scenario.policy, "quantum");
	assert_int_equal(p.scenario.quantum_ns, 10 * MS);
	scenario_fini(&p.scenario);
}

static void a_schedule_is_beside_its_scenario(void **state)
{
	static const char text[] = "version: 1\npolicy: {name: script, file: %s}\n"
				   "vms: [{image: neo.bin}]\n";
	static const char *const files[][3] = {
		{ "a/b/s.yaml", "one.txt", "a/b/one.txt" },
		{ "a/b/s.yaml", "../one.txt", "a/b/../one.txt" },
		{ "a/b/s.yaml", "/one.txt", "/one.txt" },
		{ "s.yaml", "one.txt", "./one.txt" },
	};

	for (size_t i = 0; i < COUNT(files); i++) {
		struct yaml_error error;
		struct scenario s;
		char bytes[200];

		snprintf(bytes, sizeof(bytes), text, files[i][1]);
		scenario_init(&s, files[i][0]);
		assert_int_equal(scenario_parse(&s, bytes, strlen(bytes), &error), 0);
		assert_true(scenario_uses_schedule(&s));
		assert_string_equal(s.schedule, files[i][2]);
		scenario_fini(&s);
	}
}

static void unnamed_vms_are_named_after_their_images(void **state)
{
	static const char *const expected[] = { "neo-2", "neo-3", "neo", "a_b", "noext", "host-2" };
	struct parsed p = accepts("version: 1\n"
				  "vms: [{image: neo.bin}, {image: x/neo.elf},\n"
				  "      {image: y.bin, name: neo}, {image: a b.bin},\n"
				  "      {image: noext}, {image: host.bin}]\n");

	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(p.scenario.vms[i].name, expected[i]);
	scenario_fini(&p.scenario);
}

/* ------------------------------------------------------------------ refuse */

/* Everything above `vms:`, with one good VM, and what stands in the first three lines. */
static void refuses_as_no_yaml(const char *text, const char *place)
{
	struct parsed p = parse(text);
	char *error = scenario_error(&p.scenario, &p.error);
	char begin[64];
	const char *end = strstr(error, "; expected a scenario");

	snprintf(begin, sizeof(begin), "%s: not YAML: ", place);
	assert_int_equal(p.result, -EINVAL);
	if (strncmp(error, begin, strlen(begin)) || !end || strcmp(end, "; expected a scenario"))
		fail_msg("said \"%s\", expected \"%s…\"", error, begin);
	free(error);
	scenario_fini(&p.scenario);
}

static void what_is_no_yaml_is_refused(void **state)
{
	refuses("", "s.yaml:1:1: nothing there; expected a scenario");
	refuses("# only a comment\n", "s.yaml:1:1: nothing there; expected a scenario");
	refuses_as_no_yaml("version: 1\nvms: [\n", "s.yaml:3:1");
	refuses_as_no_yaml("version: 1\n\tvms: x\n", "s.yaml:2:1");
	refuses_as_no_yaml("version: 1\nfor: \xff\n", "s.yaml:2:6");
	refuses_as_no_yaml("version: *one\n", "s.yaml:1:10");
	refuses(GOOD "---\nmore: 1\n", "s.yaml:5:1: a second document; expected one");
	refuses("- a\n- b\n",
		"s.yaml:1:1: the scenario is a list; expected a mapping of version, policy, for, "
		"seed, watchdog, show, format, vms, regions, devices, expect or explore");
	refuses("neo.bin\n",
		"s.yaml:1:1: the scenario is \"neo.bin\"; expected a mapping of version, policy, "
		"for, seed, watchdog, show, format, vms, regions, devices, expect or explore");
}

static void keys_are_checked(void **state)
{
	refuses("version: 1\npolcy: share\n" "vms: [{image: neo.bin}]\n",
		"s.yaml:2:1: the scenario: key \"polcy\" is unknown; expected version, policy, "
		"for, seed, watchdog, show, format, vms, regions, devices, expect or explore (did you mean "
		"\"policy\"?)");
	refuses("version: 1\nfor: 1s\nfor: 2s\nvms: [{image: neo.bin}]\n",
		"s.yaml:3:1: the scenario: key \"for\" is there twice, first in line 2; expected "
		"it once");
	refuses("vms: [{image: neo.bin}]\n",
		"s.yaml:1:1: the scenario has no \"version\"; expected one");
	refuses("version: 1\n", "s.yaml:1:1: the scenario has no \"vms\"; expected one");
	refuses("version: 1\n? [a]\n: 1\n",
		"s.yaml:2:3: a key is a list; expected a word");
	refuses("version: 1\nvms:\n- {name: neo}\n",
		"s.yaml:3:3: a VM has no \"image\"; expected one");
	refuses("version: 1\nvms:\n- {image: neo.bin, shares: 3}\n",
		"s.yaml:3:20: a VM: key \"shares\" is unknown; expected name, count, image, mode, memory, "
		"share, load, entry, ports, argument, bare, arrives, watchdog, "
		"step_replay, reads_tsc, workload or vcpus (did you mean "
		"\"share\"?)");
	refuses("version: 1\nfor: !!float 1s\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:6: a tag; expected a plain value");
	refuses("version: 1\n<<: {for: 1s}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:1: the scenario: key \"<<\" is unknown; expected version, policy, for, "
		"seed, watchdog, show, format, vms, regions, devices, expect or explore");
}

static void types_are_checked(void **state)
{
	refuses("version: 2\n", "s.yaml:1:10: version is 2; expected 1, the only version there is");
	refuses("version: \"1\"\n",
		"s.yaml:1:10: version is the text \"1\"; expected a whole number, without quotes");
	refuses("version: one\n",
		"s.yaml:1:10: version \"one\" is not a number; expected a whole number");
	refuses("version: [1]\n", "s.yaml:1:10: version is a list; expected a whole number");
	refuses("version:\n", "s.yaml:1:9: version is nothing; expected a whole number");
	refuses("version: 1\nfor: 10\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:6: for \"10\" has no unit; expected a duration such as 500us, 10ms, 1.5s "
		"or 2min, at least 1 ns");
	refuses("version: 1\nfor: 0s\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:6: for \"0s\" is too small; expected a duration such as 500us, 10ms, "
		"1.5s or 2min, at least 1 ns");
	refuses("version: 1\nfor: 99999999999min\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:6: for \"99999999999min\" is too large; expected a duration such as "
		"500us, 10ms, 1.5s or 2min, at least 1 ns");
	refuses("version: 1\nvms: neo.bin\n",
		"s.yaml:2:6: vms is \"neo.bin\"; expected a list");
	refuses("version: 1\nvms: []\n", "s.yaml:2:6: vms has 0 items; expected 1 to 4096");
	refuses("version: 1\nvms:\n- neo.bin\n",
		"s.yaml:3:3: a VM is \"neo.bin\"; expected a mapping of name, count, image, mode, memory, "
		"share, load, entry, ports, argument, bare, arrives, watchdog, "
		"step_replay, reads_tsc, workload or vcpus");
	refuses("version: 1\nvms:\n- {image: {a: b}}\n",
		"s.yaml:3:11: image is a mapping; expected text");
	refuses("version: 1\nvms:\n- {image: \"a\\0b\"}\n",
		"s.yaml:3:11: image holds a NUL character; expected text");
	refuses("version: 1\nvms:\n- {image: neo.bin, bare: yes}\n",
		"s.yaml:3:26: bare is \"yes\"; expected true or false");
}

static void policies_are_checked(void **state)
{
	refuses("version: 1\npolicy: shrae\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:9: policy \"shrae\" is unknown; expected share, quantum, turns, script or "
		"null (did you mean \"share\"?)");
	refuses("version: 1\npolicy: {quantum: 1s}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:9: policy has no \"name\"; expected one");
	refuses("version: 1\npolicy: {name: share, quantum: 0ms}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:32: quantum \"0ms\" is too small; expected a duration such as 500us, "
		"10ms, 1.5s or 2min, at least 1 ns");
	refuses("version: 1\npolicy: {name: turns, burst: 0}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:30: burst \"0\" is too small; expected a whole number from 1 to "
		"4294967295");
	refuses("version: 1\npolicy: {name: share, file: s.txt}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:29: policy share takes no file; expected policy script, or no \"file\"");
	refuses("version: 1\npolicy: {name: script, file: [s.txt]}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:30: file is a list; expected the name of a schedule file");
	refuses("version: 1\npolicy: {name: script, file: \"\"}\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:30: file is nothing; expected the name of a schedule file");
	refuses("version: 1\nshow: exit\nvms: [{image: neo.bin}]\n",
		"s.yaml:2:7: show \"exit\" is unknown; expected none, exits, turns or traffic (did you mean "
		"\"exits\"?)");
}

static void vms_are_checked(void **state)
{
	refuses("version: 1\nvms:\n- {image: neo.bin, share: -5}\n",
		"s.yaml:3:27: share \"-5\" is negative; expected a whole number from 0 to "
		"4294967296");
	refuses("version: 1\nvms:\n- {image: neo.bin, share: 4294967297}\n",
		"s.yaml:3:27: share \"4294967297\" is too large; expected a whole number from 0 to "
		"4294967296");
	refuses("version: 1\nvms:\n- {image: neo.bin, share: 99999999999999999999}\n",
		"s.yaml:3:27: share \"99999999999999999999\" is too large; expected a whole number "
		"from 0 to 4294967296");
	refuses("version: 1\nvms:\n- {image: neo.bin, share: 33.3}\n",
		"s.yaml:3:27: share \"33.3\" is not a whole number; expected a whole number from 0 "
		"to 4294967296");
	refuses("version: 1\nvms:\n- {image: neo.bin, mode: logn}\n",
		"s.yaml:3:26: mode \"logn\" is unknown; expected real, protected, paged or long "
		"(did you mean \"long\"?)");
	refuses("version: 1\nvms:\n- {image: neo.bin, memory: 4KiB}\n",
		"s.yaml:3:28: memory \"4KiB\" is too small; expected a size such as 64KiB, 1MiB, "
		"2GiB or plain bytes from 64 KiB to 3 GiB");
	refuses("version: 1\nvms:\n- {image: neo.bin, memory: 4GiB}\n",
		"s.yaml:3:28: memory \"4GiB\" is too large; expected a size such as 64KiB, 1MiB, "
		"2GiB or plain bytes from 64 KiB to 3 GiB");
	refuses("version: 1\nvms:\n- {image: neo.bin, memory: 65537}\n",
		"s.yaml:3:28: memory is no multiple of 4 KiB; expected one");
	refuses("version: 1\nvms:\n- {image: neo.bin, memory: 1MB}\n",
		"s.yaml:3:28: memory \"1MB\" has an unknown unit; expected a size such as 64KiB, "
		"1MiB, 2GiB or plain bytes from 64 KiB to 3 GiB");
	refuses("version: 1\nvms:\n- {image: neo.bin, vcpus: 2}\n",
		"s.yaml:3:27: vcpus is 2; a VM has one vCPU for now, expected 1");
	refuses("version: 1\nvms:\n- {image: neo.bin, ports: some}\n",
		"s.yaml:3:27: ports \"some\" is unknown; expected none, course, e4, f0 or ea (did you mean "
		"\"none\"?)");
	refuses(GOOD "- {name: neo, image: b.bin}\n",
		"s.yaml:4:10: name \"neo\" is taken by the VM in line 3; expected another");
	refuses("version: 1\nvms:\n- {image: neo.bin, name: host}\n",
		"s.yaml:3:26: name \"host\" is the host's; expected another");
	refuses("version: 1\nvms:\n- {image: neo.bin, name: \"a b\\x1b\"}\n",
		"s.yaml:3:26: name \"a b?\" has other characters; expected letters, digits, '-', "
		"'_' and '.'");
	refuses("version: 1\nvms:\n- {image: n, name: "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}\n",
		"s.yaml:3:20: name is 64 bytes long; expected at most 63");
}

#define GOOD2 GOOD "- {image: tri.bin}\n"

static void devices_are_checked(void **state)
{
	refuses(GOOD "devices:\n- {type: relay, vm: neo}\n",
		"s.yaml:5:10: device type \"relay\" is unknown; expected console, doorbell, files, latch, "
		"handoff, batch, ring or section");
	refuses(GOOD "devices:\n- {type: consol, vm: neo}\n",
		"s.yaml:5:10: device type \"consol\" is unknown; expected console, doorbell, files, latch, "
		"handoff, batch, ring or section (did you mean \"console\"?)");
	refuses(GOOD "devices:\n- {vm: neo}\n",
		"s.yaml:5:3: a device has no \"type\"; expected one");
	refuses(GOOD "devices:\n- {type: console}\n",
		"s.yaml:5:3: a device has no \"vm\"; expected one");
	refuses(GOOD "devices:\n- {type: console, vm: noe}\n",
		"s.yaml:5:23: vm \"noe\" is unknown; expected neo (did you mean \"neo\"?)");
	refuses(GOOD "devices:\n- {type: console, vm: neo, port: 65536}\n",
		"s.yaml:5:34: port \"65536\" is too large; expected a whole number from 0 to "
		"65535");
	refuses(GOOD "devices:\n- {type: console, vm: neo, ports: 1}\n",
		"s.yaml:5:28: a device: key \"ports\" is unknown; expected type, vm or port (did "
		"you mean \"port\"?)");
	refuses(GOOD "devices:\n- {type: latch, vm: neo, ports: 0x10..0x20}\n",
		"s.yaml:5:33: ports goes from 0x10 to 0x20; expected ports such as 0x10 or "
		"0x10..0x12, at most 16");
	refuses(GOOD "devices:\n- {type: latch, vm: neo, ports: 5..3}\n",
		"s.yaml:5:33: ports \"5..3\" ends before it begins; expected ports such as 0x10 or "
		"0x10..0x12, at most 16");
	refuses(GOOD "devices:\n- {type: ring, producer: neo, consumer: neo}\n",
		"s.yaml:5:41: consumer \"neo\" is the producer, too; expected another VM");
#define PAIR GOOD2 "devices:\n- {producer: neo, consumer: tri, type: "
	refuses(PAIR "handoff, depth: 0}\n",
		"s.yaml:6:56: depth \"0\" is too small; expected a whole number from 1 to 256");
	refuses(PAIR "handoff, depth: 257}\n",
		"s.yaml:6:56: depth \"257\" is too large; expected a whole number from 1 to 256");
	refuses(PAIR "handoff, ports: course}\n",
		"s.yaml:6:56: ports is \"course\"; expected a mapping of produce, consume or consumed");
	refuses(PAIR "handoff, ports: {begin: 1}}\n",
		"s.yaml:6:57: ports: key \"begin\" is unknown; expected produce, consume or consumed");
	refuses(PAIR "batch, size: 0}\n",
		"s.yaml:6:53: size \"0\" is too small; expected a whole number from 1 to 256");
	refuses(PAIR "batch, ports: e4}\n",
		"s.yaml:6:54: ports \"e4\" is unknown; expected course or f0");
	refuses(PAIR "batch, ports: {array: 1}}\n",
		"s.yaml:6:54: ports has no \"produced\"; expected one");
	refuses(PAIR "ring, capacity: 257}\n",
		"s.yaml:6:56: capacity \"257\" is too large; expected a whole number from 1 to 256");
	refuses(PAIR "ring, layout: counts}\n",
		"s.yaml:6:54: layout \"counts\" is unknown; expected count or pointers (did you "
		"mean \"count\"?)");
	refuses(PAIR "ring, layout: pointers, capacity: 1}\n",
		"s.yaml:6:54: layout \"pointers\" leaves one slot free, and there is one; expected "
		"a capacity of at least 2");
	refuses(PAIR "ring, state: 4GiB}\n",
		"s.yaml:6:53: state \"4GiB\" is too large; expected a size such as 64KiB, 1MiB, "
		"2GiB or plain bytes from 0 bytes to 3 GiB");
	refuses(PAIR "ring, ports: {begin: 65536}}\n",
		"s.yaml:6:61: begin \"65536\" is too large; expected a whole number from 0 to 65535");
	refuses(GOOD "devices:\n- {type: batch, consumer: neo}\n",
		"s.yaml:5:3: a device has no \"producer\"; expected one");
#undef PAIR
	refuses(GOOD "devices: {type: latch}\n",
		"s.yaml:4:10: devices is a mapping; expected a list");
}

static void expectations_are_checked(void **state)
{
	refuses(GOOD "expect: {noe: {status: 1}}\n",
		"s.yaml:4:10: VM \"noe\" is unknown; expected neo or host (did you mean \"neo\"?)");
	refuses(GOOD "expect: {neo: {outcome: halt}}\n",
		"s.yaml:4:25: outcome \"halt\" is unknown; expected running, blocked, halted or "
		"dead (did you mean \"halted\"?)");
	refuses(GOOD "expect: {neo: {status: 4294967296}}\n",
		"s.yaml:4:24: status \"4294967296\" is too large; expected at most 4294967295");
	refuses(GOOD "expect: {neo: {status: 0..4294967296}}\n",
		"s.yaml:4:24: status \"0..4294967296\" is too large; expected at most 4294967295");
	refuses(GOOD "expect: {neo: {share: 70 0.3}}\n",
		"s.yaml:4:23: share \"70 0.3\" has something else behind its number; expected per "
		"cent and tolerance, such as 70 ± 0.3");
	refuses(GOOD "expect: {neo: {share: 101}}\n",
		"s.yaml:4:23: share \"101\" is above 100; expected per cent and tolerance, such as "
		"70 ± 0.3");
	refuses(GOOD "expect: {neo: {share: 7 ± x}}\n",
		"s.yaml:4:23: share \"7 ± x\" is not a number; expected per cent and tolerance, "
		"such as 70 ± 0.3");
	refuses(GOOD "expect: {neo: {turns: many}}\n",
		"s.yaml:4:23: turns \"many\" is not a number; expected a count such as 3, 3..5 or "
		"3..");
	refuses(GOOD "expect: {neo: {memory: {here: 1}}}\n",
		"s.yaml:4:25: address \"here\" is not a number; expected a whole number");
	refuses(GOOD "expect: {neo: {memory: {0x400: 4294967296}}}\n",
		"s.yaml:4:32: word \"4294967296\" is too large; expected a whole number from 0 to "
		"4294967295");
	refuses(GOOD "expect: {neo: {output: [a]}}\n",
		"s.yaml:4:24: output is no text; expected text");
	refuses(GOOD "expect: {host: {lag: 3}}\n",
		"s.yaml:4:22: lag \"3\" is unknown; expected bound");
	refuses(GOOD "expect: {host: {end: never}}\n",
		"s.yaml:4:22: end \"never\" is unknown; expected budget, stopped, done, stuck or "
		"over (did you mean \"over\"?)");
	refuses(GOOD "expect: {neo: {statsu: 1}}\n",
		"s.yaml:4:16: expect of a VM: key \"statsu\" is unknown; expected outcome, status, "
		"share, turns, exits, cause, memory, output or output_like (did you mean \"status\"?)");
}

/* A long wrong value is repeated in part, and never cut within a character. */
static void long_values_are_cut(void **state)
{
	refuses("version: 1\nfor: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa±±±±\n",
		"s.yaml:2:6: for \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…\" is not a number; "
		"expected a duration such as 500us, 10ms, 1.5s or 2min, at least 1 ns");
}

static void aliases_cannot_make_it_run_in_circles(void **state)
{
	refuses("version: 1\nvms: &a [*a]\n",
		"s.yaml:2:6: a VM is a list; expected a mapping of name, count, image, mode, memory, "
		"share, load, entry, ports, argument, bare, arrives, watchdog, "
		"step_replay, reads_tsc, workload or vcpus");
	refuses("&a\n? *a\n: *a\n", "s.yaml:1:1: a key is a mapping; expected a word");
}

/* ----------------------------------------------------------------- groups */

#define CROWD "version: 1\nvms:\n- {name: w, count: 3, image: w.bin, share: 2}\n" \
	"- {name: neo, image: neo.bin}\n"

static void a_count_makes_a_group(void **state)
{
	struct parsed p = accepts(CROWD
		"regions: [{name: r, size: 4KiB, at: {w: 0x40000, neo: 0x50000}}]\n"
		"devices:\n- {type: latch, vm: w, ports: 0x30}\n- {type: console, vm: w-2, port: 1}\n"
		"- {type: doorbell, vms: [w, neo]}\n- {type: handoff, producer: w-1, consumer: w-3}\n"
		"expect: {w: {share: 25, turns: 1..}, w-3: {outcome: running}, neo: {turns: 2}}\n");
	const struct scenario *s = &p.scenario;
	struct scenario_vms vms;

	assert_int_equal(s->vm_count, 4);
	assert_int_equal(s->group_count, 1);
	for (size_t i = 0; i < 3; i++) {
		char name[8];

		snprintf(name, sizeof(name), "w-%zu", i + 1);
		assert_string_equal(s->vms[i].name, name);
		assert_string_equal(s->vms[i].image, "w.bin");
		assert_int_equal(s->vms[i].share, 2);
		assert_int_equal(scenario_find_vm(s, name), i);
		assert_ptr_equal(scenario_group_of(s, i), &s->groups[0]);
		assert_int_equal(((struct course_settings *)s->vms[i].ports)->vm, i);
	}
	assert_int_equal(((struct course_settings *)s->vms[3].ports)->vm, 3);
	assert_null(scenario_group_of(s, 3));
	assert_int_equal(scenario_find_vm(s, "w"), SIZE_MAX);
	assert_true(scenario_find(s, "w", &vms) && vms.first == 0 && vms.count == 3);
	assert_true(scenario_find(s, "neo", &vms) && vms.first == 3 && vms.count == 1);
	assert_false(scenario_find(s, "w-4", &vms));
	assert_int_equal(s->regions[0].place_count, 4);
	assert_int_equal(s->regions[0].places[2].vm, 2);
	assert_int_equal(s->devices[0]->others, 2);
	assert_int_equal(s->devices[1]->others, 0);
	assert_int_equal(((struct console_settings *)s->devices[1])->vm, 1);
	assert_int_equal(((struct peers_settings *)s->devices[2])->count, 4);
	assert_int_equal(((struct traffic_settings *)s->devices[3])->consumer, 2);
	assert_int_equal(s->expectation_count, 4);
	assert_true(s->expectations[0].vm == 0 && s->expectations[0].others == 2);
	assert_true(s->expectations[2].vm == 2 && s->expectations[2].others == 0);
	assert_true(s->expectations[3].vm == 3 && s->expectations[3].others == 0);
	scenario_fini(&p.scenario);
}

/* "neo" twice is neo and neo-2 otherwise; beside a group that has a neo-2 it is not. */
static void names_that_were_not_given_avoid_members(void **state)
{
	struct parsed p = accepts("version: 1\nvms:\n- {image: neo.bin, count: 2}\n"
				  "- {image: neo.bin}\n- {image: neo.bin, count: 1}\n");

	assert_int_equal(p.scenario.vm_count, 4);
	assert_string_equal(p.scenario.vms[0].name, "neo-1");
	assert_string_equal(p.scenario.vms[2].name, "neo-3");
	assert_string_equal(p.scenario.vms[3].name, "neo-4-1");
	scenario_fini(&p.scenario);
}

static void the_option_count_replaces_each(void **state)
{
	struct yaml_error error;
	struct scenario s;

	scenario_init(&s, "s.yaml");
	s.count = 2;
	assert_int_equal(scenario_parse(&s, CROWD, strlen(CROWD), &error), 0);
	assert_int_equal(s.vm_count, 3);
	assert_string_equal(s.vms[2].name, "neo");
	scenario_fini(&s);
}

static void images_may_have_a_count(void **state)
{
	static const struct {
		const char *text, *first, *last;
		size_t count;
		uint64_t share;
	} cases[] = {
		{ "a/neo.bin*1000:7:real", "neo-1", "neo-1000", 1000, 7 },
		{ "neo.bin*1", "neo-1", "neo-1", 1, 1 },
		{ "neo*x.bin", "neo_x", "neo_x", 1, 1 },
		{ "neo.bin*", "neo", "neo", 1, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct yaml_error error;
		struct scenario s;

		scenario_init(&s, NULL);
		assert_int_equal(scenario_add_image(&s, cases[i].text, &error), 0);
		assert_int_equal(scenario_expand(&s, &error), 0);
		assert_int_equal(s.vm_count, cases[i].count);
		assert_string_equal(s.vms[0].name, cases[i].first);
		assert_string_equal(s.vms[s.vm_count - 1].name, cases[i].last);
		assert_int_equal(s.vms[s.vm_count - 1].share, cases[i].share);
		scenario_fini(&s);
	}
}

static void counts_and_their_names_are_checked(void **state)
{
	refuses("version: 1\nvms: [{image: a, count: 0}]\n",
		"s.yaml:2:25: count \"0\" is too small; expected a whole number from 1 to 65536");
	refuses("version: 1\nvms: [{image: a, count: 65537}]\n",
		"s.yaml:2:25: count \"65537\" is too large; expected a whole number from 1 to 65536");
	refuses("version: 1\nvms:\n- {image: a, count: 65536}\n- {image: b}\n",
		"s.yaml:4:3: more than 65536 VMs in all; expected at most as many");
	refuses("version: 1\nvms:\n- {name: a, image: a, count: 2}\n- {name: a-2, image: b}\n",
		"s.yaml:4:10: name \"a-2\" is taken by another VM, or a group; expected another");
	refuses("version: 1\nvms:\n- {name: a-2, image: a, count: 2}\n"
		"- {name: a, image: b, count: 3}\n",
		"s.yaml:4:10: name \"a-2\" is taken by another VM, or a group; expected another");
	refuses("version: 1\nvms:\n- {name: a, image: a, count: 2}\n"
		"- {name: a-1, image: b, count: 3}\n",
		"s.yaml:4:10: name \"a-1\" is taken by another group's VM; expected another");
	refuses("version: 1\nvms:\n- {name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn, "
		"image: a, count: 2}\n",
		"s.yaml:3:10: name \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\" "
		"leaves no room for numbers up to 2; expected at most 63 bytes with them");
	refuses(CROWD "devices: [{type: handoff, producer: w, consumer: neo}]\n",
		"s.yaml:5:37: producer \"w\" is a group of VMs; expected one of them, from "
		"\"w-1\" to \"w-3\"");
	refuses(CROWD "devices: [{type: doorbell, vms: [w, w-2]}]\n",
		"s.yaml:5:37: vm \"w-2\" is there twice; expected it once");
	refuses(CROWD "expect: {w-4: {turns: 1}}\n",
		"s.yaml:5:10: VM \"w-4\" is unknown; expected w, neo or host");
	refuses("version: 1\nvms: [{name: w, count: 65, image: w}]\n"
		"devices: [{type: doorbell, vms: [w]}]\n",
		"s.yaml:3:34: vm \"w\" makes more than 64 VMs; expected at most so many");
}

/* -------------------------------------------------------------- the whole */

static char *finish(struct scenario *scenario)
{
	struct yaml_error error;

	assert_int_equal(scenario_finish(scenario, &error), -EINVAL);
	return scenario_error(scenario, &error);
}

static void finishing_refuses(const char *text, const char *expected)
{
	struct parsed p = accepts(text);
	char *error = finish(&p.scenario);

	assert_string_equal(error, expected);
	free(error);
	scenario_fini(&p.scenario);
}

static void what_only_the_whole_can_tell_is_checked(void **state)
{
	setenv("BATON_GUESTS", "/nowhere/at/all", 1);
	finishing_refuses("version: 1\nvms:\n- {image: neo.bin, share: 0}\n",
			  "s.yaml:3:27: every share is 0; expected at least one above 0");
	finishing_refuses("version: 1\nvms:\n- {image: neo.bin}\n",
			  "s.yaml:3:11: no image \"neo.bin\"; expected a file in ., or one of "
			  "Baton's guests in /nowhere/at/all");
	finishing_refuses("version: 1\nvms:\n- {image: neo.bin}\n"
			  "expect: {neo: {memory: {0xffffe: 1}}}\n",
			  "s.yaml:4:25: address 0xffffe is outside of memory; expected at most "
			  "0xffffc");
	finishing_refuses("version: 1\npolicy: turns\nvms:\n- {image: neo.bin}\n"
			  "expect: {host: {lag: bound}}\n",
			  "s.yaml:5:22: policy turns bounds no lag; expected policy share");
	finishing_refuses("version: 1\npolicy: script\nvms:\n- {image: neo.bin}\n",
			  "s.yaml:2:9: policy script has no schedule; expected --schedule FILE, or "
			  "a scenario's policy with \"file\"");
	finishing_refuses("version: 1\npolicy: {name: script, burst: 2}\nvms:\n- {image: neo.bin}\n",
			  "s.yaml:2:9: policy script has no schedule; expected --schedule FILE, or "
			  "a scenario's policy with \"file\"");
	unsetenv("BATON_GUESTS");
}

/* ------------------------------------------------------------ command line */

static void images_are_taken_apart(void **state)
{
	struct scenario s;
	struct yaml_error error;

	scenario_init(&s, NULL);
	assert_int_equal(scenario_add_image(&s, "neo.bin", &error), 0);
	assert_int_equal(scenario_add_image(&s, "dir/neo.bin:70", &error), 0);
	assert_int_equal(scenario_add_image(&s, "answer.elf:0:long", &error), 0);
	assert_int_equal(scenario_add_image(&s, "answer.elf::paged", &error), 0);
	assert_string_equal(s.vms[0].name, "neo");
	assert_int_equal(s.vms[0].share, 1);
	assert_string_equal(s.vms[1].name, "neo-2");
	assert_string_equal(s.vms[1].image, "dir/neo.bin");
	assert_int_equal(s.vms[1].share, 70);
	assert_int_equal(s.vms[2].share, 0);
	assert_true(s.vms[2].has_mode && s.vms[2].mode == BATON_MODE_LONG);
	assert_int_equal(s.vms[3].share, 1);
	assert_true(s.vms[3].mode == BATON_MODE_PAGED);
	scenario_fini(&s);
}

static void bad_images_are_refused(void **state)
{
	static const struct {
		const char *text, *expected;
	} bad[] = {
		{ "neo.bin:-5", "baton run: neo.bin: share \"-5\" is negative; expected a whole "
				"number from 0 to 4294967296" },
		{ "neo.bin:4294967297", "baton run: neo.bin: share \"4294967297\" is too large; "
					"expected a whole number from 0 to 4294967296" },
		{ "neo.bin:x", "baton run: neo.bin: share \"x\" is not a number; expected a whole "
			       "number from 0 to 4294967296" },
		{ "neo.bin:1:lonk", "baton run: neo.bin: mode \"lonk\" is unknown; expected real, "
				    "protected, paged or long (did you mean \"long\"?)" },
		{ ":70", "baton run: \":70\" names no image; expected IMAGE[*N][:SHARE[:MODE]]" },
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct yaml_error error;
		struct scenario s;
		char *text;

		scenario_init(&s, NULL);
		assert_int_equal(scenario_add_image(&s, bad[i].text, &error), -EINVAL);
		text = scenario_error(&s, &error);
		assert_string_equal(text, bad[i].expected);
		free(text);
		scenario_fini(&s);
	}
}

/* Options override what the file says. */
static void options_override(void **state)
{
	char *argv[] = { "run", "--policy", "quantum", "--quantum=2ms", "--burst", "4",
			 "--for", "3s", "--mode", "protected", "--memory", "2MiB", "--seed", "9",
			 "--watchdog", "5s", "--bare", "--show", "turns", "--format", "json",
			 "s.yaml", NULL };
	struct parsed p = accepts("version: 1\npolicy: share\n"
				  "vms: [{image: neo.bin, mode: long, watchdog: 1s}]\n");
	struct run_options options;
	struct yaml_error error;

	assert_int_equal(run_options_parse(&options, COUNT(argv) - 1, argv), 0);
	assert_int_equal(options.operand_count, 1);
	assert_string_equal(options.operands[0], "s.yaml");
	assert_int_equal(run_options_apply(&options, &p.scenario, &error), 0);
	assert_string_equal(p.scenario.policy, "quantum");
	assert_int_equal(p.scenario.quantum_ns, 2 * MS);
	assert_int_equal(p.scenario.burst, 4);
	assert_int_equal(p.scenario.for_ns, 3 * S);
	assert_int_equal(p.scenario.seed, 9);
	assert_int_equal(p.scenario.show, SHOW_TURNS);
	assert_int_equal(p.scenario.format, FORMAT_JSON);
	assert_int_equal(p.scenario.vms[0].mode, BATON_MODE_PROTECTED);
	assert_int_equal(p.scenario.vms[0].memory, 2 << 20);
	assert_int_equal(p.scenario.vms[0].watchdog_ns, 5 * S);
	assert_true(p.scenario.vms[0].bare);
	scenario_fini(&p.scenario);
}

/* What an option makes of a scenario's schedule: the file, or NULL for an error that it says. */
static void schedule_by(char **argv, int argc, const char *policy, const char *file,
			const char *expected)
{
	struct run_options options;
	struct parsed p;
	char text[200];

	snprintf(text, sizeof(text), "version: 1\npolicy: %s\nvms: [{image: neo.bin}]\n", policy);
	p = accepts(text);
	assert_int_equal(run_options_parse(&options, argc, argv), 0);
	p.result = run_options_apply(&options, &p.scenario, &p.error);
	if (file) {
		assert_int_equal(p.result, 0);
		assert_true(scenario_uses_schedule(&p.scenario));
		assert_string_equal(p.scenario.schedule, file);
		assert_int_equal(p.scenario.schedule_at.line, expected ? 2 : 0);
	} else {
		assert_int_equal(p.result, -EINVAL);
		assert_string_equal(p.error.text, expected);
	}
	scenario_fini(&p.scenario);
}

static void a_schedule_on_the_command_line_overrides(void **state)
{
	char *plain[] = { "run", "s.yaml", NULL };
	char *file[] = { "run", "--schedule", "other.txt", "s.yaml", NULL };
	char *both[] = { "run", "--policy", "script", "--schedule", "other.txt", "s.yaml", NULL };
	char *share[] = { "run", "--schedule", "other.txt", "--policy", "share", "s.yaml", NULL };
	static const char no_use[] = "--schedule \"other.txt\" is of no use to policy share; expected "
				     "--policy script";

	schedule_by(plain, 2, "{name: script, file: one.txt}", "./one.txt", "its place");
	schedule_by(file, 4, "{name: script, file: one.txt}", "other.txt", NULL);
	schedule_by(file, 4, "script", "other.txt", NULL);
	schedule_by(both, 6, "turns", "other.txt", NULL);
	schedule_by(file, 4, "share", NULL, no_use);
	schedule_by(share, 6, "{name: script, file: one.txt}", NULL, no_use);
}

/* Another policy has no use for the scenario's schedule, and does not mind it. */
static void another_policy_overrides_a_schedule(void **state)
{
	char *argv[] = { "run", "--policy", "turns", "s.yaml", NULL };
	struct parsed p = accepts("version: 1\npolicy: {name: script, file: one.txt}\n"
				  "vms: [{image: neo.bin}]\n");
	struct run_options options;

	assert_int_equal(run_options_parse(&options, 4, argv), 0);
	assert_int_equal(run_options_apply(&options, &p.scenario, &p.error), 0);
	assert_false(scenario_uses_schedule(&p.scenario));
	scenario_fini(&p.scenario);
}

/* The fault is not where the file names another policy. */
static void policy_script_by_option_needs_a_schedule_too(void **state)
{
	char *argv[] = { "run", "--policy", "script", "s.yaml", NULL };
	struct parsed p = accepts("version: 1\npolicy: share\nvms: [{image: neo.bin}]\n");
	struct run_options options;
	char *error;

	assert_int_equal(run_options_parse(&options, 4, argv), 0);
	assert_int_equal(run_options_apply(&options, &p.scenario, &p.error), 0);
	error = finish(&p.scenario);
	assert_string_equal(error, "s.yaml: policy script has no schedule; expected --schedule FILE, or "
				   "a scenario's policy with \"file\"");
	free(error);
	scenario_fini(&p.scenario);
}

static void an_image_s_own_mode_beats_the_option(void **state)
{
	char *argv[] = { "run", "--mode", "long", NULL };
	struct run_options options;
	struct yaml_error error;
	struct scenario s;

	scenario_init(&s, NULL);
	assert_int_equal(scenario_add_image(&s, "a.bin:1:paged", &error), 0);
	assert_int_equal(scenario_add_image(&s, "b.bin:1", &error), 0);
	assert_int_equal(run_options_parse(&options, COUNT(argv) - 1, argv), 0);
	assert_int_equal(run_options_apply(&options, &s, &error), 0);
	assert_int_equal(s.vms[0].mode, BATON_MODE_PAGED);
	assert_int_equal(s.vms[1].mode, BATON_MODE_LONG);
	scenario_fini(&s);
}

#define TWO GOOD "- {name: two, image: b.bin}\n"

enum { SC, TSO };

static void what_is_to_be_explored_arrives(void **state)
{
	/* In whatever order: how wide an outcome is depends on VMs and words. */
	struct parsed p = accepts(
		"explore: {outcomes: {tso: [[1, 2, 3], [4294967295, 0x10, 0]]}, words: [0x40000],\n"
		"          tso: livelock, sc: verified}\n" TWO);
	const struct scenario_explore *e = &p.scenario.explore;

	assert_string_equal(e->verdicts[SC], "verified");
	assert_string_equal(e->verdicts[TSO], "livelock");
	assert_int_equal(e->word_count, 1);
	assert_int_equal(e->words[0], 0x40000);
	assert_false(e->outcomes[SC].given);
	assert_true(e->outcomes[TSO].given);
	assert_int_equal(e->outcomes[TSO].width, 3);
	assert_int_equal(e->outcomes[TSO].count, 6);
	assert_int_equal(e->outcomes[TSO].values[3], UINT32_MAX);
	assert_int_equal(e->outcomes[TSO].values[4], 16);
	scenario_fini(&p.scenario);
	p = accepts(TWO "explore: {sc: deadlock, tso: violated, outcomes: {sc: [[0, 0]]}}\n");
	assert_string_equal(p.scenario.explore.verdicts[SC], "deadlock");
	assert_string_equal(p.scenario.explore.verdicts[TSO], "violated");
	scenario_fini(&p.scenario);
	p = accepts(TWO);
	assert_null(p.scenario.explore.verdicts[SC]);
	assert_null(p.scenario.explore.verdicts[TSO]);
	scenario_fini(&p.scenario);
}

static void what_is_to_be_explored_is_checked(void **state)
{
	static const struct {
		const char *text, *expected;
	} wrong[] = {
		{ "5", "10: explore is \"5\"; expected a mapping of sc, tso, words or outcomes" },
		{ "{pso: verified}", "11: explore: key \"pso\" is unknown; expected sc, tso, words or "
		  "outcomes (did you mean \"tso\"?)" },
		{ "{sc: verified, sc: violated}", "25: explore: key \"sc\" is there twice, first in line "
		  "5; expected it once" },
		{ "{sc: right}", "15: sc \"right\" is unknown; expected verified, violated, deadlock or "
		  "livelock" },
		/* These come out, and nobody wants them. */
		{ "{tso: refused}", "16: tso \"refused\" is unknown; expected verified, violated, deadlock "
		  "or livelock" },
		{ "{sc: bound reached}", "15: sc \"bound reached\" is unknown; expected verified, violated, "
		  "deadlock or livelock" },
		{ "{sc: [verified]}", "15: sc is a list; expected verified, violated, deadlock or livelock" },
		{ "{words: 5}", "18: words is \"5\"; expected a list" },
		{ "{words: []}", "18: words has 0 items; expected 1 to 64" },
		{ "{words: [2]}", "19: the address of a word is no multiple of 4; expected one" },
		{ "{words: [x]}", "19: the address of a word \"x\" is not a number; expected a whole number "
		  "from 0 to 4294967295" },
		{ "{words: [4294967296]}", "19: the address of a word \"4294967296\" is too large; expected "
		  "a whole number from 0 to 4294967295" },
		{ "{outcomes: 5}", "21: outcomes is \"5\"; expected a mapping of sc or tso" },
		{ "{outcomes: {pso: [[0, 0]]}}", "22: outcomes: key \"pso\" is unknown; expected sc or tso "
		  "(did you mean \"tso\"?)" },
		{ "{outcomes: {sc: []}}", "26: sc has 0 items; expected 1 to 65536" },
		{ "{outcomes: {sc: [0, 1]}}", "27: an outcome is \"0\"; expected a list" },
		{ "{outcomes: {sc: [[0]]}}", "27: an outcome has 1 items; expected 2 to 2" },
		{ "{outcomes: {sc: [[0, 1, 2]]}}", "27: an outcome has 3 items; expected 2 to 2" },
		{ "{words: [0x40000], outcomes: {sc: [[0, 1]]}}", "45: an outcome has 2 items; expected 3 to "
		  "3" },
		{ "{outcomes: {sc: [[0, -1]]}}", "31: a value of an outcome \"-1\" is negative; expected a "
		  "whole number from 0 to 4294967295" },
		{ "{outcomes: {sc: [[0, 4294967296]]}}", "31: a value of an outcome \"4294967296\" is too "
		  "large; expected a whole number from 0 to 4294967295" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		char text[256], expected[256];

		snprintf(text, sizeof(text), TWO "explore: %s\n", wrong[i].text);
		snprintf(expected, sizeof(expected), "s.yaml:5:%s", wrong[i].expected);
		refuses(text, expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_library_s),
		cmocka_unit_test(every_key_arrives),
		cmocka_unit_test(ports_are_a_map_and_what_differs_from_it),
		cmocka_unit_test(patterns_are_checked),
		cmocka_unit_test(regions_and_what_goes_with_them),
		cmocka_unit_test(devices_between_vms_arrive),
		cmocka_unit_test(every_expectation_arrives),
		cmocka_unit_test(a_policy_may_be_a_bare_name),
		cmocka_unit_test(a_schedule_is_beside_its_scenario),
		cmocka_unit_test(unnamed_vms_are_named_after_their_images),
		cmocka_unit_test(what_is_no_yaml_is_refused),
		cmocka_unit_test(keys_are_checked),
		cmocka_unit_test(types_are_checked),
		cmocka_unit_test(policies_are_checked),
		cmocka_unit_test(vms_are_checked),
		cmocka_unit_test(devices_are_checked),
		cmocka_unit_test(expectations_are_checked),
		cmocka_unit_test(long_values_are_cut),
		cmocka_unit_test(aliases_cannot_make_it_run_in_circles),
		cmocka_unit_test(a_count_makes_a_group),
		cmocka_unit_test(names_that_were_not_given_avoid_members),
		cmocka_unit_test(the_option_count_replaces_each),
		cmocka_unit_test(images_may_have_a_count),
		cmocka_unit_test(counts_and_their_names_are_checked),
		cmocka_unit_test(what_only_the_whole_can_tell_is_checked),
		cmocka_unit_test(images_are_taken_apart),
		cmocka_unit_test(bad_images_are_refused),
		cmocka_unit_test(options_override),
		cmocka_unit_test(a_schedule_on_the_command_line_overrides),
		cmocka_unit_test(another_policy_overrides_a_schedule),
		cmocka_unit_test(policy_script_by_option_needs_a_schedule_too),
		cmocka_unit_test(an_image_s_own_mode_beats_the_option),
		cmocka_unit_test(what_is_to_be_explored_arrives),
		cmocka_unit_test(what_is_to_be_explored_is_checked),
	};

	return cmocka_run_group_tests_name("scenario", tests, NULL, NULL);
}
