/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_timer.c - a timer without a clock: where an interrupt may come, which one, and in how
 * many ways.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "explore/access.h"
#include "explore/timer.h"

#define IF 0x200u

static struct timer armed(unsigned line, bool periodic)
{
	const struct baton_call_timer call = { .first_ns = 1, .period_ns = periodic, .line = line };
	struct timer t = { 0 };

	timer_set(&t, &call, 0);
	return t;
}

/* It has fired, and the interrupt has not been taken. */
static struct timer raised(unsigned line)
{
	const struct baton_call_timer off = { 0 };
	struct timer t = armed(line, false);

	timer_set(&t, &off, 1);
	return t;
}

/* Another one is set while that is so. */
static struct timer set_anew(unsigned line, unsigned raised_line, bool periodic)
{
	const struct baton_call_timer call = { .first_ns = 1, .period_ns = periodic, .line = line };
	struct timer t = raised(raised_line);

	timer_set(&t, &call, 0);
	return t;
}

static void what_is_not_set_never_comes(void **state)
{
	struct timer t = { 0 };
	const struct baton_call_timer off = { .first_ns = 0, .period_ns = 5, .line = 3 };

	assert_false(timer_may(&t));
	t = armed(3, true);
	assert_true(timer_may(&t));
	timer_set(&t, &off, 0);
	assert_false(timer_may(&t));
}

static void once_is_once_and_a_period_for_ever(void **state)
{
	struct timer t = armed(3, false);

	assert_int_equal(timer_ways(&t), 1);
	assert_int_equal(timer_next(&t, 0), 3);
	assert_true(timer_may(&t)); /* that was only to look */
	assert_int_equal(timer_take(&t, 0), 3);
	assert_false(timer_may(&t));
	t = armed(15, true);
	for (int i = 0; i < 3; i++)
		assert_int_equal(timer_take(&t, 0), 15);
	assert_true(timer_may(&t));
}

static void what_has_fired_comes_though_the_timer_is_off(void **state)
{
	struct timer t = raised(7);

	assert_true(timer_may(&t));
	assert_int_equal(timer_ways(&t), 1);
	assert_int_equal(timer_take(&t, 0), 7);
	assert_false(timer_may(&t));
}

static void it_may_have_fired_before_it_is_set_unless_that_makes_no_difference(void **state)
{
	struct timer t = { 0 };

	assert_int_equal(timer_set_ways(&t), 1);
	t = armed(4, false);
	assert_int_equal(timer_set_ways(&t), 2);
	t = set_anew(4, 4, false);
	assert_int_equal(timer_set_ways(&t), 1); /* its line is raised already */
	t = set_anew(5, 4, false);
	assert_int_equal(timer_set_ways(&t), 2);
	t = raised(4);
	assert_int_equal(timer_set_ways(&t), 1);
}

static void of_two_lines_the_lower_one_comes_first(void **state)
{
	struct timer t = set_anew(2, 6, false);

	/* The timer may fire before line 6 is taken, and then it is first. */
	assert_int_equal(timer_ways(&t), 2);
	assert_int_equal(timer_next(&t, 0), 6);
	assert_int_equal(timer_take(&t, 1), 2);
	assert_int_equal(timer_ways(&t), 1);
	assert_int_equal(timer_take(&t, 0), 6);
	assert_false(timer_may(&t));
	/* If its line is the higher one, that it fires early changes nothing. */
	t = set_anew(6, 2, false);
	assert_int_equal(timer_ways(&t), 1);
	assert_int_equal(timer_take(&t, 0), 2);
	assert_int_equal(timer_take(&t, 0), 6);
	assert_false(timer_may(&t));
}

/* The second time is lost on a line that is raised; of a period there are more. */
static void one_that_fires_on_its_own_raised_line_is_used_up(void **state)
{
	struct timer t = set_anew(4, 4, false);

	assert_int_equal(timer_ways(&t), 2);
	assert_int_equal(timer_take(&t, 1), 4);
	assert_false(timer_may(&t));
	t = set_anew(4, 4, false);
	assert_int_equal(timer_take(&t, 0), 4);
	assert_true(timer_may(&t));
	t = set_anew(4, 4, true);
	assert_int_equal(timer_ways(&t), 1);
}

static void timers_that_may_do_the_same_have_one_number(void **state)
{
	struct timer a = armed(3, false), b = armed(3, true), c = armed(4, false), d = raised(3), off = raised(3);

	timer_take(&off, 0);
	assert_int_equal(timer_number(&off), 0);
	assert_int_not_equal(timer_number(&a), timer_number(&b));
	assert_int_not_equal(timer_number(&a), timer_number(&c));
	assert_int_not_equal(timer_number(&a), timer_number(&d));
	assert_int_not_equal(timer_number(&d), 0);
	a.shadow = 0x1000;
	assert_int_equal(timer_number(&a), timer_number(&(struct timer){ .armed = true, .line = 3 }));
}

/* ------------------------------------------------------------ where it may come */

static const uint8_t nop[] = { 0x90 }, sti[] = { 0xFB }, mov_ss[] = { 0x8E, 0xD0 },
	jump[] = { 0xEB, 0xFE };

static bool is_open(struct timer *t, uint64_t rip, uint64_t rflags, const uint8_t *code, size_t size)
{
	const struct baton_regs regs = { .rip = rip, .rflags = 2 | rflags };

	return timer_is_open(t, &regs, code, size, 32);
}

static void it_comes_with_interrupts_on(void **state)
{
	struct timer t = armed(1, false), none = { 0 }, waits = raised(2);

	assert_true(is_open(&t, 0x100, IF, nop, 1));
	assert_false(is_open(&t, 0x100, 0, nop, 1));
	assert_false(is_open(&none, 0x100, IF, nop, 1));
	assert_true(is_open(&waits, 0x100, IF, nop, 1));
}

static void not_between_sti_and_the_next_instruction(void **state)
{
	struct timer t = armed(1, false);

	assert_false(is_open(&t, 0x100, 0, sti, 1));
	assert_false(is_open(&t, 0x101, IF, nop, 1));
	assert_true(is_open(&t, 0x102, IF, nop, 1));
	/* A KVM that steps over both. */
	assert_false(is_open(&t, 0x200, 0, sti, 1));
	assert_true(is_open(&t, 0x202, IF, nop, 1));
	/* With interrupts on already it is nothing. */
	assert_true(is_open(&t, 0x300, IF, sti, 1));
	assert_true(is_open(&t, 0x301, IF, nop, 1));
	/* A KVM that comes twice. */
	assert_false(is_open(&t, 0x400, 0, sti, 1));
	assert_false(is_open(&t, 0x401, IF, nop, 1));
	assert_false(is_open(&t, 0x401, IF, nop, 1));
	assert_true(is_open(&t, 0x402, IF, nop, 1));
	/* Over, though it is there again. */
	assert_false(is_open(&t, 0x500, 0, sti, 1));
	assert_false(is_open(&t, 0x501, IF, jump, 2));
	assert_true(is_open(&t, 0x501, IF, jump, 2));
}

static void nor_behind_a_load_of_ss(void **state)
{
	struct timer t = armed(1, false);

	assert_true(is_open(&t, 0x100, IF, mov_ss, 2));
	assert_false(is_open(&t, 0x102, IF, nop, 1));
	assert_true(is_open(&t, 0x103, IF, nop, 1));
}

static void instructions_that_shadow_the_next_are_known(void **state)
{
	static const struct {
		const char *text;
		uint8_t code[4];
		size_t size, length, length64;
	} rows[] = {
		{ "sti", { 0xFB }, 1, 1, 1 },
		{ "sti behind a prefix", { 0x66, 0xFB }, 2, 2, 2 },
		{ "cli", { 0xFA }, 1, 0, 0 },
		{ "pop ss", { 0x17 }, 1, 1, 0 },
		{ "pop ds", { 0x1F }, 1, 0, 0 },
		{ "mov ss, ax", { 0x8E, 0xD0 }, 2, 2, 2 },
		{ "mov ss, cx", { 0x8E, 0xD1 }, 2, 2, 2 },
		{ "mov ds, ax", { 0x8E, 0xD8 }, 2, 0, 0 },
		{ "mov es, ax", { 0x8E, 0xC0 }, 2, 0, 0 },
		{ "mov ax, ss", { 0x8C, 0xD0 }, 2, 0, 0 },
		{ "half of a mov", { 0x8E }, 1, 0, 0 },
		{ "nothing", { 0 }, 0, 0, 0 },
		{ "a prefix and no more", { 0x66 }, 1, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (access_shadows(rows[i].code, rows[i].size, 32, false) != rows[i].length ||
		    access_shadows(rows[i].code, rows[i].size, 16, false) != rows[i].length ||
		    access_shadows(rows[i].code, rows[i].size, 64, false) != rows[i].length64)
			fail_msg("%s", rows[i].text);
	assert_int_equal(access_shadows(sti, 1, 32, true), 0);
	assert_int_equal(access_shadows(mov_ss, 2, 32, true), 2);
}

static void who_stands_where_it_stood_may_be_past_that(void **state)
{
	static const struct {
		const char *text;
		uint8_t code[3];
		size_t size;
		bool past, counted;
	} rows[] = {
		{ "jmp to itself", { 0xEB, 0xFE }, 2, true, true },
		{ "je to itself", { 0x74, 0xFE }, 2, true, true },
		{ "jg to itself", { 0x7F, 0xFE }, 2, true, true },
		{ "jcxz to itself", { 0xE3, 0xFE }, 2, true, true },
		{ "loop to itself", { 0xE2, 0xFE }, 2, false, true },
		{ "loopne to itself", { 0xE0, 0xFE }, 2, false, true },
		{ "jmp elsewhere", { 0xEB, 0xFD }, 2, false, false },
		{ "loop elsewhere", { 0xE2, 0xFD }, 2, false, false },
		{ "in al, 0xfe", { 0xE4, 0xFE }, 2, false, false },
		{ "rep movsb", { 0xF3, 0xA4 }, 2, false, false },
		{ "half of a jmp", { 0xEB, 0xFE }, 1, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (access_is_past(rows[i].code, rows[i].size, false) != rows[i].past ||
		    access_is_past(rows[i].code, rows[i].size, true) != rows[i].counted)
			fail_msg("%s", rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_set_never_comes),
		cmocka_unit_test(once_is_once_and_a_period_for_ever),
		cmocka_unit_test(what_has_fired_comes_though_the_timer_is_off),
		cmocka_unit_test(it_may_have_fired_before_it_is_set_unless_that_makes_no_difference),
		cmocka_unit_test(of_two_lines_the_lower_one_comes_first),
		cmocka_unit_test(one_that_fires_on_its_own_raised_line_is_used_up),
		cmocka_unit_test(timers_that_may_do_the_same_have_one_number),
		cmocka_unit_test(it_comes_with_interrupts_on),
		cmocka_unit_test(not_between_sti_and_the_next_instruction),
		cmocka_unit_test(nor_behind_a_load_of_ss),
		cmocka_unit_test(instructions_that_shadow_the_next_are_known),
		cmocka_unit_test(who_stands_where_it_stood_may_be_past_that),
	};

	return cmocka_run_group_tests_name("explore timer", tests, NULL, NULL);
}
