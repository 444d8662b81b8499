/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heap.c - the index heap against a plain array.
 */
#include "base/heap.h"

#include "sim/random.h"
#include "test.h"

#define MOST 64

struct model {
	bool in[MOST];
	baton__heap_key_t key[MOST];
};

static uint32_t model_first(const struct model *model)
{
	uint32_t first = BATON__HEAP_NONE;

	for (uint32_t e = 0; e < MOST; e++)
		if (model->in[e] &&
		    (first == BATON__HEAP_NONE || model->key[e] < model->key[first]))
			first = e;
	return first;
}

static void check(const struct baton__heap *heap, const struct model *model)
{
	uint32_t count = 0;

	for (uint32_t e = 0; e < MOST; e++) {
		count += model->in[e];
		assert_int_equal(baton__heap_has(heap, e), model->in[e]);
		if (model->in[e])
			assert_true(baton__heap_key(heap, e) == model->key[e]);
	}
	assert_int_equal(baton__heap_count(heap), count);
	assert_int_equal(baton__heap_first(heap), model_first(model));
}

static struct baton__heap *new_heap(uint32_t capacity)
{
	struct baton__heap *heap = malloc(baton__heap_size(capacity));

	assert_non_null(heap);
	memset(heap, 0xA5, baton__heap_size(capacity));
	baton__heap_init(heap, capacity);
	return heap;
}

/* Few different keys, so that many are equal; some that differ above 64 bits alone. */
static void agrees_with_a_plain_array(void **state)
{
	struct baton__random r = baton__random_stream(1, 0);
	struct baton__heap *heap = new_heap(MOST);
	struct model model = { 0 };

	check(heap, &model);
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t e = (uint32_t)baton__random_in(&r, 0, MOST - 1);
		baton__heap_key_t key = baton__random_in(&r, 0, 9);

		if (baton__random_in(&r, 0, 1))
			key <<= 100;
		if (baton__random_in(&r, 0, 2)) {
			baton__heap_insert(heap, e, key);
			model.in[e] = true;
			model.key[e] = key;
		} else {
			baton__heap_remove(heap, e);
			model.in[e] = false;
		}
		check(heap, &model);
	}
	free(heap);
}

static void equal_keys_come_out_by_number(void **state)
{
	struct baton__heap *heap = new_heap(MOST);

	for (uint32_t e = MOST; e-- > 0;)
		baton__heap_insert(heap, e, 7);
	for (uint32_t e = 0; e < MOST; e++) {
		assert_int_equal(baton__heap_first(heap), e);
		baton__heap_remove(heap, e);
	}
	assert_int_equal(baton__heap_first(heap), BATON__HEAP_NONE);
	free(heap);
}

static void a_copy_is_a_heap_of_its_own(void **state)
{
	struct baton__heap *heap = new_heap(MOST), *copy = new_heap(MOST);

	baton__heap_insert(heap, 5, 50);
	baton__heap_insert(heap, 6, 60);
	memcpy(copy, heap, baton__heap_size(MOST));
	baton__heap_remove(heap, 5);
	memset(heap, 0xFF, baton__heap_size(MOST));
	assert_int_equal(baton__heap_first(copy), 5);
	baton__heap_remove(copy, 5);
	assert_int_equal(baton__heap_first(copy), 6);
	free(heap);
	free(copy);
}

static void the_top_is_number_and_key(void **state)
{
	struct baton__heap *heap = new_heap(1);
	uint64_t key = 1;
	uint32_t e = 2;

	assert_false(baton__heap_top(heap, &e, &key));
	assert_int_equal(e, 2);
	baton__heap_insert(heap, 0, UINT64_MAX);
	assert_true(baton__heap_top(heap, &e, &key));
	assert_int_equal(e, 0);
	assert_true(key == UINT64_MAX);
	free(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_plain_array),
		cmocka_unit_test(equal_keys_come_out_by_number),
		cmocka_unit_test(a_copy_is_a_heap_of_its_own),
		cmocka_unit_test(the_top_is_number_and_key),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
