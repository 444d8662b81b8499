/* SPDX-License-Identifier: Apache-2.0 */
/*
 * course.c - the course's calls, and the small devices beside them: what each gives,
 * and what guests that lie get.
 */
#include "rig.h"

#include "baton/abi.h"

#define MEMORY	(1u << 20)
#define RESERVE 4096

struct script {
	struct fake_exit steps[200];
	unsigned at, count;
	uint32_t got[200];
	unsigned ins;
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct script *s = vcpu->state;

	return s->at < s->count ? s->steps[s->at++] : fake_hlt(0);
}

static void got(struct fake_vcpu *vcpu, const void *data, size_t bytes)
{
	struct script *s = vcpu->state;

	memcpy(&s->got[s->ins++], data, bytes);
}

/* ------------------------------------------------------------------ the rig */

static struct course {
	struct rig *rig;
	struct baton_vm *vm;
	char text[10000];
	size_t size;
	const void *context; /* of the last write */
	unsigned refusals;
	bool no_reserve; /* for the next to begin */
} course;

static void keep(void *context, struct baton_vm *vm, const char *bytes, size_t count)
{
	course.context = context;
	memcpy(course.text + course.size, bytes, count);
	course.size += count;
}

static bool ready(void *context)
{
	return !course.refusals || !course.refusals--;
}

/* A VM with that script and the calls of one map. */
static void begin(struct script *s, enum baton_mode mode, const struct baton_course_map *map,
		  enum baton_course_gva gva)
{
	struct baton_vm_config config = rig_vm_config("guest");
	struct baton_console_config console = {
		.port = map->print8, .ready = ready, .write = keep,
	};
	struct baton_course_config calls = { .map = *map, .gva = gva };

	config.mode = mode;
	config.memory = MEMORY;
	config.reserve = course.no_reserve ? 0 : RESERVE;
	fake_reset();
	course = (struct course){ .rig = rig_begin("quantum", 0) };
	rig_add(course.rig, &config, play, s);
	course.rig->vcpus[0]->got = got;
	course.vm = console.vm = calls.vm = course.rig->vms[0];
	assert_int_equal(baton_device_create(course.rig->host, &baton_console, &console, NULL,
					     &calls.console), 0);
	assert_int_equal(baton_device_create(course.rig->host, &baton_course, &calls, NULL, NULL),
			 0);
}

static void run(void)
{
	assert_int_equal(rig_run(course.rig, BATON_FOREVER), BATON_RUN_DONE);
	course.text[course.size] = 0;
}

static void end(void)
{
	rig_end(course.rig);
}

/* Runs it as the commonest case: protected mode, the first map, two steps. */
static void play_all(struct script *s)
{
	begin(s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_TWO_STEP);
	run();
}

static void dies_saying(const char *why)
{
	const struct baton_death *death = baton_vm_death(course.vm);

	assert_non_null(death);
	assert_int_equal(death->kind, BATON_DEATH_FAULT);
	if (!strstr(death->sentence, why))
		fail_msg("no \"%s\" in: %s", why, death->sentence);
	end();
}

enum { PRINT8 = 0xE9, PRINT32, NUM_EXITS, PRINT_STR, BY_TYPE, GVA_TO_HVA, HVA };

/* -------------------------------------------------------------------- tests */

static void numbers_are_unsigned_and_decimal(void **state)
{
	struct script s = { .count = 4, .steps = {
		fake_out(0, PRINT32, 4, 0), fake_out(0, PRINT32, 4, UINT32_MAX),
		fake_out(0, PRINT8, 1, 'x'), fake_out(0, PRINT32, 4, 2048),
	} };

	play_all(&s);
	assert_string_equal(course.text, "0\n4294967295\nx2048\n");
	end();
}

static void exits_are_counted_with_the_one_that_asks(void **state)
{
	struct script s = { .count = 3, .steps = {
		fake_in(0, NUM_EXITS, 4), fake_out(0, PRINT32, 4, 0), fake_in(0, NUM_EXITS, 4),
	} };

	play_all(&s);
	assert_int_equal(s.got[0], 1);
	assert_int_equal(s.got[1], 3);
	end();
}

static void a_string_is_printed_as_it_is(void **state)
{
	struct script s = { .count = 2, .steps = {
		fake_out(0, PRINT_STR, 4, 0x2000), fake_out(0, PRINT_STR, 4, MEMORY - 4096 - 3),
	} };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, 0x2000, "no newline", 11);
	baton_vm_write(course.vm, MEMORY - 4096 - 3, "\n!", 3);
	run();
	assert_string_equal(course.text, "no newline\n!");
	end();
}

static void a_string_without_an_end_is_refused(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, PRINT_STR, 4, 0x2000) } };
	struct script at_the_end = { .count = 1, .steps = { fake_out(0, PRINT_STR, 4, MEMORY - 5) } };
	struct script outside = { .count = 1, .steps = { fake_out(0, PRINT_STR, 4, 0xFFFFFFFF) } };
	static char many[5000];

	memset(many, 'a', sizeof(many));
	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, 0x2000, many, sizeof(many));
	run();
	assert_int_equal(course.size, 0);
	dies_saying("its string has no end within 4 KiB");
	begin(&at_the_end, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, MEMORY - 5, "abcde", 5);
	run();
	assert_int_equal(course.size, 0);
	dies_saying("its string leaves guest memory");
	play_all(&outside);
	dies_saying("its string leaves guest memory");
}

static void the_longest_string_is_4095_bytes(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, PRINT_STR, 4, 0x2001) } };
	static char many[4095];

	memset(many, 'a', sizeof(many));
	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, 0x2001, many, sizeof(many));
	run();
	assert_int_equal(course.size, sizeof(many));
	end();
}

/* The known fault: one buffer, in which the second text overwrites the first. */
static void a_text_stays_when_the_next_is_asked_for(void **state)
{
	struct script s = { .count = 0 };
	char text[BATON_COURSE_TEXT], wanted[BATON_COURSE_TEXT];

	while (s.count < 64)
		s.steps[s.count++] = fake_in(0, BY_TYPE, 4);
	play_all(&s);
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(baton_vm_read(course.vm, s.got[i], text, sizeof(text)), 0);
		snprintf(wanted, sizeof(wanted), "IO in: %u\nIO out: 0\n", i + 1);
		assert_string_equal(text, wanted);
	}
	end();
}

static void the_65th_text_takes_the_place_of_the_first(void **state)
{
	struct script s = { .count = 0 };
	uint64_t size, at;

	while (s.count < 65)
		s.steps[s.count++] = fake_in(0, BY_TYPE, 4);
	play_all(&s);
	assert_int_equal(s.got[64], s.got[0]);
	at = baton_vm_reserved(course.vm, &size);
	assert_int_equal(size, RESERVE);
	for (unsigned i = 0; i < 64; i++)
		assert_true(s.got[i] >= at && s.got[i] + BATON_COURSE_TEXT <= at + size);
	end();
}

static void a_text_into_a_buffer_is_one_exit(void **state)
{
	struct script s = { .count = 2, .steps = {
		fake_in(0, NUM_EXITS, 4), fake_out(0, BY_TYPE, 4, 0x2FF8), /* over a page's end */
	} };
	char text[BATON_COURSE_TEXT];

	memset(text, 'x', sizeof(text));
	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, 0x2FF8, text, sizeof(text));
	run();
	baton_vm_read(course.vm, 0x2FF8, text, sizeof(text));
	assert_string_equal(text, "IO in: 1\nIO out: 1\n");
	end();
}

static void without_memory_for_texts_there_are_none(void **state)
{
	struct script s = { .count = 1, .steps = { fake_in(0, BY_TYPE, 4) } };

	course.no_reserve = true;
	play_all(&s);
	dies_saying("pass a buffer by OUT");
}

static void a_buffer_that_is_not_all_in_memory_is_refused(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, BY_TYPE, 4, MEMORY - 10) } };
	char text[10], none[10] = { 0 };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, MEMORY - 10, none, sizeof(none));
	run();
	baton_vm_read(course.vm, MEMORY - 10, text, sizeof(text));
	assert_memory_equal(text, none, sizeof(none));
	dies_saying("its buffer is not in guest memory");
}

static struct baton__paging paging(void)
{
	const struct kvm_sregs *s = &course.rig->vcpus[0]->sregs;

	return (struct baton__paging){ .cr0 = s->cr0, .cr3 = s->cr3, .cr4 = s->cr4, .efer = s->efer };
}

static void a_buffer_that_is_not_mapped_is_refused(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, BY_TYPE, 4, 0x40000000) } };
	char before[64], after[64];

	begin(&s, BATON_MODE_LONG, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_read(course.vm, 0, before, sizeof(before));
	run();
	baton_vm_read(course.vm, 0, after, sizeof(after));
	assert_memory_equal(before, after, sizeof(after));
	dies_saying("its buffer is not in guest memory");
}

/* GPA of the entry that maps an address. */
static uint64_t page_entry(const struct baton__paging *p, uint64_t linear)
{
	struct baton_walk walk = baton__walk(&course.vm->memory, p, linear);

	return walk.entries[walk.count - 1].at;
}

/* Two pages change places: what goes over the end of one goes on where the tables say. */
static void a_pointer_is_followed_page_by_page(void **state)
{
	struct script s = { .count = 2, .steps = {
		fake_out(0, BY_TYPE, 4, 0x1FF8), fake_out(0, PRINT_STR, 4, 0x1FF8),
	} };
	struct baton__paging p;
	uint64_t a, b;
	char text[BATON_COURSE_TEXT];

	begin(&s, BATON_MODE_LONG, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	p = paging();
	a = page_entry(&p, 0x2000);
	b = page_entry(&p, 0x5000);
	assert_int_not_equal(a, b); /* pages of 4 KiB */
	baton_vm_write(course.vm, a, (uint64_t[]){ 0x5003 }, 8);
	baton_vm_write(course.vm, b, (uint64_t[]){ 0x2003 }, 8);
	run();
	baton_vm_read(course.vm, 0x1FF8, text, 8);
	baton_vm_read(course.vm, 0x5000, text + 8, sizeof(text) - 8);
	assert_string_equal(text, "IO in: 0\nIO out: 1\n");
	assert_string_equal(course.text, text);
	baton_vm_read(course.vm, 0x2000, text, 1);
	assert_int_equal(text[0], 0);
	end();
}

static void a_host_address_is_the_one_behind_the_gva(void **state)
{
	static const enum baton_mode modes[] = {
		BATON_MODE_REAL, BATON_MODE_PROTECTED, BATON_MODE_LONG,
	};

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct script s = { .count = 4, .steps = {
			fake_out(0, GVA_TO_HVA, 4, 1024), fake_in(0, HVA, 4),
			fake_out(0, GVA_TO_HVA, 4, MEMORY - 1), fake_in(0, HVA, 4),
		} };

		begin(&s, modes[i], &baton_course_maps()[0], BATON_COURSE_GVA_TWO_STEP);
		run();
		assert_int_equal(s.got[0], (uint32_t)baton_vm_host_address(course.vm, 1024));
		assert_int_equal(s.got[1], (uint32_t)baton_vm_host_address(course.vm, MEMORY - 1));
		assert_int_equal(baton_vm_host_address(course.vm, MEMORY), 0);
		assert_string_equal(course.text, "");
		end();
	}
}

/* The known fault: believing that without paging every address is valid. */
static void an_address_beyond_memory_is_invalid_in_every_mode(void **state)
{
	static const enum baton_mode modes[] = {
		BATON_MODE_REAL, BATON_MODE_PROTECTED, BATON_MODE_LONG,
	};

	for (size_t i = 0; i < COUNT(modes); i++) {
		struct script s = { .count = 4, .steps = {
			fake_out(0, GVA_TO_HVA, 4, UINT32_MAX), fake_in(0, HVA, 4),
			fake_out(0, GVA_TO_HVA, 4, MEMORY), fake_in(0, HVA, 4),
		} };

		s.got[0] = s.got[1] = 77;
		begin(&s, modes[i], &baton_course_maps()[0], BATON_COURSE_GVA_TWO_STEP);
		run();
		assert_int_equal(s.got[0], 0);
		assert_int_equal(s.got[1], 0);
		assert_string_equal(course.text, "Invalid GVA\nInvalid GVA\n");
		end();
	}
}

static void by_struct_it_is_one_exit(void **state)
{
	struct script s = { .count = 2, .steps = {
		fake_out(0, GVA_TO_HVA, 4, 0x2000), fake_out(0, GVA_TO_HVA, 4, 0x2008),
	} };
	struct script outside = { .count = 1, .steps = { fake_out(0, GVA_TO_HVA, 4, MEMORY - 4) } };
	uint32_t query[4] = { 1024, 9, UINT32_MAX, 9 };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_STRUCT);
	baton_vm_write(course.vm, 0x2000, query, sizeof(query));
	run();
	baton_vm_read(course.vm, 0x2000, query, sizeof(query));
	assert_int_equal(query[0], 1024);
	assert_int_equal(query[1], (uint32_t)baton_vm_host_address(course.vm, 1024));
	assert_int_equal(query[3], 0);
	assert_string_equal(course.text, "Invalid GVA\n");
	end();
	begin(&outside, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_STRUCT);
	run();
	dies_saying("its struct is not in guest memory");
}

static void host_addresses_are_shown_only_on_request(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, GVA_TO_HVA, 4, 1024) } };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	run();
	dies_saying("gva_to_hva is off");
}

/* The known fault: taking what lies in the port for the address. */
static void an_answer_needs_a_question_of_its_own(void **state)
{
	struct script none = { .count = 2, .steps = {
		fake_out(0, PRINT32, 4, 1024), fake_in(0, HVA, 4),
	} };
	struct script twice = { .count = 3, .steps = {
		fake_out(0, GVA_TO_HVA, 4, 1024), fake_in(0, HVA, 4), fake_in(0, HVA, 4),
	} };

	play_all(&none);
	dies_saying("without a question");
	play_all(&twice);
	dies_saying("without a question");
}

static void only_four_bytes_in_the_right_direction_are_served(void **state)
{
	static const struct {
		uint16_t port;
		bool in, out;
	} calls[] = {
		{ PRINT32, false, true }, { NUM_EXITS, true, false }, { PRINT_STR, false, true },
		{ BY_TYPE, true, true },  { GVA_TO_HVA, false, true },
	};

	for (size_t i = 0; i < COUNT(calls); i++)
		for (uint8_t size = 1; size <= 4; size *= 2)
			for (int out = 0; out < 2; out++) {
				struct script s = { .count = 1 };
				bool right = size == 4 && (out ? calls[i].out : calls[i].in);

				s.steps[0] = out ? fake_out(0, calls[i].port, size, 0x2000) :
						   fake_in(0, calls[i].port, size);
				play_all(&s);
				if (right)
					assert_null(baton_vm_death(course.vm));
				if (right)
					end();
				else
					dies_saying(size != 4 ? "4 bytes wide" : "the other direction");
			}
}

static void every_published_map_works(void **state)
{
	unsigned maps = 0;

	for (const struct baton_course_map *m = baton_course_maps(); m->name; m++, maps++) {
		struct script s = { .count = 6, .steps = {
			fake_out(0, m->port[BATON_COURSE_PRINT32], 4, 7),
			fake_in(0, m->port[BATON_COURSE_NUM_EXITS], 4),
			fake_in(0, m->port[BATON_COURSE_EXITS_BY_TYPE], 4),
			fake_out(0, m->port[BATON_COURSE_PRINT_STR], 4, 0x2000),
			fake_out(0, m->port[BATON_COURSE_GVA_TO_HVA], 4, 1024),
			fake_in(0, m->port[BATON_COURSE_HVA], 4),
		} };

		begin(&s, BATON_MODE_PROTECTED, m, BATON_COURSE_GVA_TWO_STEP);
		baton_vm_write(course.vm, 0x2000, "str", 4);
		run();
		assert_null(baton_vm_death(course.vm));
		assert_string_equal(course.text, "7\nstr");
		assert_int_equal(s.got[0], 2);
		assert_int_equal(s.got[2], (uint32_t)baton_vm_host_address(course.vm, 1024));
		end();
	}
	assert_int_equal(maps, 4);
}

static void two_calls_of_one_direction_need_two_ports(void **state)
{
	struct script s = { .count = 0 };
	struct baton_course_config calls = { .map = baton_course_maps()[0] };
	struct baton_diag diag;

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[1], BATON_COURSE_GVA_OFF);
	calls.vm = course.vm;
	for (unsigned i = 0; i < BATON_COURSE_CALLS; i++)
		calls.map.port[i] = (uint16_t)(0x300 + i);
	calls.map.port[BATON_COURSE_PRINT_STR] = calls.map.port[BATON_COURSE_PRINT32];
	assert_int_equal(baton_device_create(course.rig->host, &baton_course, &calls, &diag, NULL),
			 -EEXIST);
	assert_non_null(strstr(diag.message, "0x300"));
	calls.map.port[BATON_COURSE_PRINT_STR] = calls.map.port[BATON_COURSE_EXITS_BY_TYPE];
	assert_int_equal(baton_device_create(course.rig->host, &baton_course, &calls, &diag, NULL),
			 -EEXIST); /* it takes both */
	run();
	end();
}

static void who_reads_slowly_makes_only_the_writer_wait(void **state)
{
	struct script s = { .count = 3, .steps = {
		fake_out(0, PRINT32, 4, 1), fake_in(0, NUM_EXITS, 4), fake_out(0, PRINT32, 4, 2),
	} };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	course.refusals = 5;
	run();
	assert_string_equal(course.text, "1\n2\n");
	assert_int_equal(rig_vm_stats(course.rig, 0).blocked_ns, 5 * MS);
	assert_int_equal(s.got[0], 2); /* waiting is no exit */
	end();
}

/* ------------------------------------------------- print, random and exits */

static void print_takes_bytes_of_any_value(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, BATON_CALL_PRINT, 4, 0x2000) } };
	const struct baton_call_print print = { .bytes = 0x3000, .size = 5 };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	baton_vm_write(course.vm, 0x2000, &print, sizeof(print));
	baton_vm_write(course.vm, 0x3000, "a\0b\xFF\n", 5);
	course.refusals = 1;
	run();
	assert_int_equal(course.size, 5);
	assert_memory_equal(course.text, "a\0b\xFF\n", 5);
	assert_int_equal(rig_vm_stats(course.rig, 0).blocked_ns, 1 * MS); /* it was not ready at once */
	end();
}

static void a_second_console_leaves_print_to_the_first(void **state)
{
	struct script s = { .count = 1, .steps = { fake_out(0, BATON_CALL_PRINT, 4, 0x2000) } };
	const struct baton_call_print print = { .bytes = 0x3000, .size = 2 };
	static char second[16];
	struct baton_console_config config = { .port = 0x3F8, .write = keep, .context = second };

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	config.vm = course.vm;
	assert_int_equal(baton_device_create(course.rig->host, &baton_console, &config, NULL, NULL),
			 0);
	baton_vm_write(course.vm, 0x2000, &print, sizeof(print));
	baton_vm_write(course.vm, 0x3000, "a\n", 2);
	run();
	assert_string_equal(course.text, "a\n");
	assert_null(course.context);
	end();
}

static void print_refuses_what_is_not_there_or_too_much(void **state)
{
	static const struct {
		uint64_t bytes, size;
		const char *why;
	} wrong[] = {
		{ MEMORY - 4, 5, "not in memory" },
		{ UINT64_MAX, 2, "not in memory" },
		{ 0x3000, BATON_PRINT_MAX + 1, "more bytes than it takes" },
		{ 0x3000, UINT64_MAX, "more bytes than it takes" },
	};

	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct script s = { .count = 1, .steps = { fake_out(0, BATON_CALL_PRINT, 4, 0x2000) } };
		const struct baton_call_print print = { wrong[i].bytes, wrong[i].size };

		begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
		baton_vm_write(course.vm, 0x2000, &print, sizeof(print));
		run();
		assert_int_equal(course.size, 0);
		dies_saying(wrong[i].why);
	}
}

static void draw(uint64_t seed, uint32_t *numbers)
{
	struct script s = { .count = 0 };
	struct baton_random_config random = { .seed = seed };

	while (s.count < 100)
		s.steps[s.count++] = fake_in(0, BATON_CALL_RANDOM, 4);
	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	random.vm = course.vm;
	assert_int_equal(baton_device_create(course.rig->host, &baton_random, &random, NULL, NULL),
			 0);
	run();
	memcpy(numbers, s.got, 100 * sizeof(*numbers));
	end();
}

static void a_seed_fixes_all_random_numbers(void **state)
{
	uint32_t a[100], b[100], c[100];
	unsigned same = 0;

	draw(1, a);
	draw(1, b);
	draw(2, c);
	assert_memory_equal(a, b, sizeof(a));
	for (int i = 0; i < 100; i++)
		same += a[i] == c[i];
	assert_true(same < 3);
	assert_int_equal(a[0], 0x910A2DEC); /* SplitMix64, as published, for the seed 1 */
}

static void exits_are_told_by_direction(void **state)
{
	struct script s = { .count = 4, .steps = {
		fake_in(0, NUM_EXITS, 4), fake_in(0, NUM_EXITS, 4), fake_out(0, PRINT32, 4, 0),
		fake_out(0, BATON_CALL_EXITS, 4, 0x2000),
	} };
	struct baton_exits_config config;
	struct baton_call_exits exits;

	begin(&s, BATON_MODE_PROTECTED, &baton_course_maps()[0], BATON_COURSE_GVA_OFF);
	config.vm = course.vm;
	assert_int_equal(baton_device_create(course.rig->host, &baton_exits, &config, NULL, NULL), 0);
	run();
	baton_vm_read(course.vm, 0x2000, &exits, sizeof(exits));
	assert_true(exits.total == 4 && exits.in == 2 && exits.out == 2);
	assert_int_equal(baton_vm_exits(course.vm, BATON_EXIT_KINDS), 5); /* and the HLT */
	assert_int_equal(baton_vm_exits(course.vm, (enum baton_exit_kind)99), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(numbers_are_unsigned_and_decimal),
		TEST(exits_are_counted_with_the_one_that_asks),
		TEST(a_string_is_printed_as_it_is),
		TEST(a_string_without_an_end_is_refused),
		TEST(the_longest_string_is_4095_bytes),
		TEST(a_text_stays_when_the_next_is_asked_for),
		TEST(the_65th_text_takes_the_place_of_the_first),
		TEST(a_text_into_a_buffer_is_one_exit),
		TEST(without_memory_for_texts_there_are_none),
		TEST(a_buffer_that_is_not_all_in_memory_is_refused),
		TEST(a_buffer_that_is_not_mapped_is_refused),
		TEST(a_pointer_is_followed_page_by_page),
		TEST(a_host_address_is_the_one_behind_the_gva),
		TEST(an_address_beyond_memory_is_invalid_in_every_mode),
		TEST(by_struct_it_is_one_exit),
		TEST(host_addresses_are_shown_only_on_request),
		TEST(an_answer_needs_a_question_of_its_own),
		TEST(only_four_bytes_in_the_right_direction_are_served),
		TEST(every_published_map_works),
		TEST(two_calls_of_one_direction_need_two_ports),
		TEST(who_reads_slowly_makes_only_the_writer_wait),
		TEST(print_takes_bytes_of_any_value),
		TEST(a_second_console_leaves_print_to_the_first),
		TEST(print_refuses_what_is_not_there_or_too_much),
		TEST(a_seed_fixes_all_random_numbers),
		TEST(exits_are_told_by_direction),
	};

	return cmocka_run_group_tests_name("course", tests, NULL, NULL);
}
