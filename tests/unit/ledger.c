/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.c - the ledger and the accounts by themselves: sums and percentiles.
 * Whether the loop cuts them in the right places is tested in accounting.c.
 */
#include "test.h"

#include "host/ledger.h"

static void the_first_reading_only_opens(void **state)
{
	struct baton__ledger l = { 0 };

	(void)state;
	baton__ledger_open(&l, 500);
	assert_true(l.open);
	assert_int_equal(l.first_ns, 500);
	assert_int_equal(l.last_ns, 500);
	for (int i = 0; i < BATON__PARTS; i++)
		assert_int_equal(l.part_ns[i], 0);
}

static void parts_sum_to_the_last_reading_minus_the_first(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct baton__ledger l = { 0 };
		uint64_t expected[BATON__PARTS] = { 0 }, now = 1000 * seed, sum = 0, r = seed;

		baton__ledger_open(&l, now);
		for (int i = 0; i < 1000; i++) {
			enum baton__part part = (enum baton__part)(fake_random(&r) % BATON__PARTS);
			uint64_t ns = fake_random(&r) >> (fake_random(&r) % 64) >> 12;

			now += ns;
			expected[part] += ns;
			baton__ledger_cut(&l, part, now);
		}
		for (int i = 0; i < BATON__PARTS; i++) {
			assert_int_equal(l.part_ns[i], expected[i]);
			sum += l.part_ns[i];
		}
		assert_int_equal(sum, l.last_ns - l.first_ns);
	}
}

/* --------------------------------------------------------------- accounts */

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The exact percentile: the smallest value that `percent` of all do not exceed. */
static uint64_t exact(const uint64_t *sorted, size_t n, unsigned percent)
{
	return sorted[(n * percent + 99) / 100 - 1];
}

static void close_above(uint64_t got, uint64_t wanted)
{
	if (got < wanted || got - wanted > wanted / 16)
		fail_msg("%llu for %llu: not within 1/16 above", (unsigned long long)got,
			 (unsigned long long)wanted);
}

/* Values from `low` up to below 2^bits, evenly over the orders of magnitude. */
static uint64_t draw(uint64_t *r, unsigned bits)
{
	return (fake_random(r) | UINT64_C(1) << 63) >> (64 - fake_random(r) % bits - 1);
}

static void percentiles_are_at_most_a_sixteenth_too_large(void **state)
{
	static uint64_t values[5000];

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct baton__account a = { 0 };
		size_t n = seed < 120 ? seed : 1 + seed * 16 % COUNT(values);
		struct baton_vm_stats stats = { 0 };
		uint64_t now = 1, r = seed;

		baton__account_open(&a, now);
		for (size_t i = 0; i < n; i++) {
			values[i] = seed % 3 ? draw(&r, 36) : fake_random(&r) % 40;
			baton__account_exit(&a, BATON_EXIT_HLT, now);
			now += values[i];
			baton__account_served(&a, now, true);
		}
		baton__account_stats(&a, BATON__READY, now, &stats);
		qsort(values, n, sizeof(values[0]), ascending);
		close_above(stats.by_kind[BATON_EXIT_HLT].p50_ns, exact(values, n, 50));
		close_above(stats.by_kind[BATON_EXIT_HLT].p99_ns, exact(values, n, 99));
		baton__account_fini(&a);
	}
}

static void small_times_are_exact_in_percentiles(void **state)
{
	(void)state;
	for (uint64_t ns = 0; ns < 32; ns++) {
		struct baton__account a = { 0 };
		struct baton_vm_stats stats = { 0 };

		baton__account_open(&a, 100);
		baton__account_exit(&a, BATON_EXIT_HLT, 100);
		baton__account_served(&a, 100 + ns, true);
		baton__account_stats(&a, BATON__READY, 100 + ns, &stats);
		assert_int_equal(stats.by_kind[BATON_EXIT_HLT].p50_ns, ns);
		baton__account_fini(&a);
	}
}

/* The order of magnitude of each boundary between two buckets, from both sides. */
static void percentiles_hold_at_every_power_of_two(void **state)
{
	(void)state;
	for (int bit = 0; bit < 36; bit++) {
		for (int off = -1; off <= 1; off++) {
			uint64_t ns = (UINT64_C(1) << bit) + (uint64_t)off;
			struct baton__account a = { 0 };
			struct baton_vm_stats stats = { 0 };

			baton__account_open(&a, 1);
			baton__account_exit(&a, BATON_EXIT_HLT, 1);
			baton__account_served(&a, 1 + ns, true);
			baton__account_stats(&a, BATON__READY, 1 + ns, &stats);
			close_above(stats.by_kind[BATON_EXIT_HLT].p99_ns, ns);
			baton__account_fini(&a);
		}
	}
}

static void an_exit_served_in_pieces_is_one_exit_and_one_sample(void **state)
{
	struct baton__account a = { 0 };
	struct baton_vm_stats stats = { 0 };
	struct baton_exit_stats *kind = &stats.by_kind[BATON_EXIT_IO_IN];

	(void)state;
	baton__account_open(&a, 0);
	baton__account_exit(&a, BATON_EXIT_IO_IN, 1000);
	baton__account_served(&a, 1010, false);
	baton__account_cut(&a, BATON__WAITING, 5000);
	baton__account_served(&a, 5020, true);
	baton__account_stats(&a, BATON__READY, 6000, &stats);
	assert_int_equal(stats.exits, 1);
	assert_int_equal(kind->count, 1);
	assert_int_equal(kind->run_ns, 1000);
	assert_int_equal(kind->handler_ns, 30);
	assert_int_equal(kind->p50_ns, 30);
	assert_int_equal(kind->p99_ns, 30);
	assert_int_equal(stats.blocked_ns, 3990);
	assert_int_equal(stats.ready_ns, 980);
	assert_int_equal(stats.lifetime_ns, 6000);
	baton__account_fini(&a);
}

static void an_account_sums_to_its_lifetime(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		struct baton__account a = { 0 };
		struct baton_vm_stats s = { 0 };
		uint64_t now = seed * 10, r = seed, by_kind_run = 0, by_kind_handler = 0, count = 0;

		baton__account_open(&a, now);
		for (int i = 0; i < 500; i++) {
			unsigned what = (unsigned)(fake_random(&r) % 4);

			now += draw(&r, 30);
			if (what == 0) {
				baton__account_exit(&a, (enum baton_exit_kind)(fake_random(&r) %
									       BATON_EXIT_KINDS), now);
				now += draw(&r, 20);
				baton__account_served(&a, now, true);
			} else {
				baton__account_cut(&a, what == 1 ? BATON__RUNNING :
						       what == 2 ? BATON__READY : BATON__WAITING, now);
			}
		}
		now += 17;
		baton__account_stats(&a, seed & 1 ? BATON__READY : BATON__WAITING, now, &s);
		assert_int_equal(s.run_ns + s.handler_ns + s.ready_ns + s.blocked_ns, s.lifetime_ns);
		assert_int_equal(s.lifetime_ns, now - seed * 10);
		for (int i = 0; i < BATON_EXIT_KINDS; i++) {
			by_kind_run += s.by_kind[i].run_ns;
			by_kind_handler += s.by_kind[i].handler_ns;
			count += s.by_kind[i].count;
		}
		assert_int_equal(count, s.exits);
		assert_int_equal(by_kind_handler, s.handler_ns);
		assert_true(by_kind_run <= s.run_ns); /* kicks are no exits */
		baton__account_fini(&a);
	}
}

static void reading_the_figures_changes_nothing(void **state)
{
	struct baton__account a = { 0 }, before;
	struct baton_vm_stats s = { 0 };

	(void)state;
	baton__account_open(&a, 10);
	baton__account_cut(&a, BATON__RUNNING, 20);
	before = a;
	baton__account_stats(&a, BATON__READY, 100, &s);
	assert_memory_equal(&a, &before, sizeof(a));
}

static void without_memory_for_a_histogram_the_counts_still_hold(void **state)
{
	struct baton__account a = { 0 };
	struct baton_vm_stats s = { 0 };

	(void)state;
	baton__account_open(&a, 0);
	fake_fail(FAKE_CALLOC, 1, ENOMEM);
	baton__account_exit(&a, BATON_EXIT_HLT, 10);
	baton__account_served(&a, 30, true);
	assert_true(fake_failed(NULL));
	baton__account_stats(&a, BATON__READY, 30, &s);
	assert_int_equal(s.by_kind[BATON_EXIT_HLT].count, 1);
	assert_int_equal(s.by_kind[BATON_EXIT_HLT].handler_ns, 20);
	assert_int_equal(s.by_kind[BATON_EXIT_HLT].p50_ns, 0);
	baton__account_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_reading_only_opens),
		TEST(parts_sum_to_the_last_reading_minus_the_first),
		TEST(percentiles_are_at_most_a_sixteenth_too_large),
		TEST(small_times_are_exact_in_percentiles),
		TEST(percentiles_hold_at_every_power_of_two),
		TEST(an_exit_served_in_pieces_is_one_exit_and_one_sample),
		TEST(an_account_sums_to_its_lifetime),
		TEST(reading_the_figures_changes_nothing),
		TEST(without_memory_for_a_histogram_the_counts_still_hold),
	};

	return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
