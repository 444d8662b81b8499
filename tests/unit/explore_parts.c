/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_parts.c - what `baton explore` stands on: strings that are kept once, threads that
 * meet, nodes with their edges, and what an access or an instruction is to it.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "baton/abi.h"
#include "baton/baton.h"
#include "explore/access.h"
#include "explore/automaton.h"
#include "explore/meeting.h"
#include "explore/store.h"

/* --------------------------------------------------------------------- store */

/* The i-th string: of 12 to 14 bytes, which look like any. */
static size_t make(uint32_t i, uint8_t bytes[40])
{
	uint64_t word = (i + 1) * UINT64_C(0xD6E8FEB86659FD93);

	word ^= word >> 32;
	word *= UINT64_C(0xD6E8FEB86659FD93);
	memset(bytes, 0x5A, 40);
	memcpy(bytes, &word, sizeof(word));
	memcpy(bytes + 8, &i, sizeof(i));
	return 12 + i % 3;
}

static void equal_strings_have_one_number(void **state)
{
	struct store s = { 0 };
	bool is_new;

	assert_int_equal(store_add(&s, "abc", 3, &is_new), 0);
	assert_true(is_new);
	assert_int_equal(store_add(&s, "abd", 3, &is_new), 1);
	assert_true(is_new);
	assert_int_equal(store_add(&s, "abc", 3, &is_new), 0);
	assert_false(is_new);
	assert_int_equal(store_add(&s, "abd", 3, NULL), 1);
	assert_int_equal(s.count, 2);
	store_fini(&s);
}

static void strings_that_differ_in_length_only_are_two(void **state)
{
	static const uint8_t zeroes[24];
	struct store s = { 0 };

	for (uint32_t size = 0; size <= sizeof(zeroes); size++)
		assert_int_equal(store_add(&s, zeroes, size, NULL), size);
	for (uint32_t size = 0; size <= sizeof(zeroes); size++)
		assert_int_equal(store_add(&s, zeroes, size, NULL), size);
	store_fini(&s);
}

/* Through several growths of the table, several blocks, and hashes that are the same. */
static void many_strings_keep_their_numbers_and_bytes(void **state)
{
	const uint32_t count = 400000;
	struct store s = { 0 };
	uint8_t bytes[40];
	bool is_new;

	for (uint32_t i = 0; i < count; i++) {
		size_t size = make(i, bytes);

		assert_int_equal(store_add(&s, bytes, size, &is_new), i);
		assert_true(is_new);
	}
	assert_true(s.parts[0].block_count > 1);
	for (uint32_t i = 0; i < count; i++) {
		size_t size = make(i, bytes), got;
		const void *kept = store_get(&s, i, &got);

		assert_int_equal(got, size);
		assert_memory_equal(kept, bytes, size);
		assert_int_equal(store_add(&s, bytes, size, &is_new), i);
		assert_false(is_new);
	}
	store_fini(&s);
}

static void a_string_does_not_move(void **state)
{
	struct store s = { 0 };
	uint8_t bytes[40];
	const void *first;
	size_t size;

	store_add(&s, "first", 5, NULL);
	first = store_get(&s, 0, &size);
	for (uint32_t i = 0; i < 50000; i++)
		store_add(&s, bytes, make(i, bytes), NULL);
	assert_ptr_equal(store_get(&s, 0, &size), first);
	assert_memory_equal(first, "first", 5);
	store_fini(&s);
}

/* Nor has one that was put again meanwhile, and it is the same. */
static void a_string_has_no_number_before_it_is_asked_for(void **state)
{
	struct store s = { 0 };
	struct store_string *one = store_put(&s, "one", 3, store_hash("one", 3));
	struct store_string *two = store_put(&s, "two", 3, store_hash("two", 3));
	bool is_new;

	assert_int_equal(one->number, STORE_NONE);
	assert_ptr_equal(store_put(&s, "one", 3, store_hash("one", 3)), one);
	assert_int_equal(s.count, 0);
	assert_int_equal(store_number(&s, two, &is_new), 0);
	assert_true(is_new);
	assert_int_equal(store_add(&s, "one", 3, &is_new), 1);
	assert_true(is_new);
	assert_int_equal(store_number(&s, one, &is_new), 1);
	assert_false(is_new);
	assert_int_equal(s.count, 2);
	store_fini(&s);
}

static void a_string_may_be_longer_than_a_block(void **state)
{
	const size_t large = (size_t)3 << 20;
	uint8_t *bytes = malloc(large);
	struct store s = { 0 };
	size_t size;

	assert_non_null(bytes);
	for (size_t i = 0; i < large; i++)
		bytes[i] = (uint8_t)(i * 7);
	store_add(&s, "before", 6, NULL);
	assert_int_equal(store_add(&s, bytes, large, NULL), 1);
	store_add(&s, "behind", 6, NULL);
	assert_memory_equal(store_get(&s, 1, &size), bytes, large);
	assert_int_equal(size, large);
	assert_memory_equal(store_get(&s, 2, &size), "behind", 6);
	assert_memory_equal(store_get(&s, 0, &size), "before", 6);
	assert_true(store_bytes(&s) > large);
	store_fini(&s);
	free(bytes);
}

/* ----------------------------------------------------------------- automaton */

static uint32_t add_edge(struct automaton *a, uint32_t node, uint64_t answer, uint32_t devices)
{
	return automaton_add_edge(a, node, &(struct edge){ .answer = answer, .devices = devices });
}

static void an_edge_is_found_by_its_answer(void **state)
{
	struct automaton a = { 0 };

	assert_int_equal(automaton_add_node(&a, &(struct node){ .kind = NODE_READ }), 0);
	assert_int_equal(automaton_add_node(&a, &(struct node){ .kind = NODE_READ }), 1);
	assert_int_equal(automaton_find_edge(&a, 0, 5, NO_DEVICES), NO_EDGE);
	for (uint32_t i = 0; i < 200; i++) /* of two nodes, in turn */
		assert_int_equal(add_edge(&a, i % 2, i / 2, NO_DEVICES), i);
	/* Each is found, in whatever order they are asked for. */
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(automaton_find_edge(&a, i % 2, i / 2, i), i);
	for (uint32_t i = 200; i-- > 0;)
		assert_int_equal(automaton_find_edge(&a, i % 2, i / 2, i), i);
	for (uint32_t i = 0; i < 200; i += 3)
		assert_int_equal(automaton_find_edge(&a, i % 2, i / 2, i), i);
	assert_int_equal(automaton_find_edge(&a, 0, 100, 7), NO_EDGE);
	automaton_fini(&a);
}

static void an_edge_of_certain_devices_is_found_with_these_only(void **state)
{
	struct automaton a = { 0 };

	automaton_add_node(&a, &(struct node){ .kind = NODE_CALL });
	add_edge(&a, 0, 0, 3);
	add_edge(&a, 0, 0, 4);
	add_edge(&a, 0, 1, 3);
	assert_int_equal(automaton_find_edge(&a, 0, 0, 4), 1);
	assert_int_equal(automaton_find_edge(&a, 0, 0, 3), 0);
	assert_int_equal(automaton_find_edge(&a, 0, 1, 3), 2);
	assert_int_equal(automaton_find_edge(&a, 0, 1, 4), NO_EDGE);
	assert_int_equal(automaton_find_edge(&a, 0, 0, 5), NO_EDGE);
	automaton_fini(&a);
}

/* The copy that is kept is without edges, whatever the caller's says; deaths are freed with it. */
static void a_node_begins_without_edges_and_owns_its_death(void **state)
{
	struct automaton a = { 0 };
	struct node node = { .kind = NODE_DEAD, .edges = 7, .death = calloc(1, sizeof(*node.death)) };

	assert_int_equal(automaton_add_node(&a, &node), 0);
	assert_int_equal(a.nodes[0].edges, NO_EDGE);
	assert_ptr_equal(a.nodes[0].death, node.death);
	automaton_fini(&a); /* a leak shows with sanitizers */
	assert_int_equal(a.node_count, 0);
}

/* -------------------------------------------------------------------- accesses */

static enum access_sort sort(const char *device, uint64_t addr, const char **why)
{
	const struct baton_access access = { .addr = addr, .size = 4, .write = true };

	*why = NULL;
	return access_sort(device, &access, why);
}

static void accesses_are_sorted_by_who_serves_them(void **state)
{
	const char *why;

	assert_int_equal(sort("region", 0x40000, &why), ACCESS_SHARED);
	assert_int_equal(sort("console", 0xE9, &why), ACCESS_DROPPED);
	assert_int_equal(sort("doorbell", 0x10, &why), ACCESS_CALL);
	assert_int_equal(sort("a device of somebody's", 0x10, &why), ACCESS_CALL);
	assert_int_equal(sort("region", BATON_CALL_TIME, &why), ACCESS_SHARED); /* a GPA */
	assert_null(why);
}

/* Those that bring in something from outside say what; no other does. */
static void each_hypercall_has_its_sort(void **state)
{
	static const struct {
		uint16_t port;
		enum access_sort sort;
		const char *why;
	} calls[] = {
		{ BATON_CALL_VERSION, ACCESS_OWN, NULL },
		{ BATON_CALL_ARGUMENT, ACCESS_OWN, NULL },
		{ BATON_CALL_YIELD, ACCESS_OWN, NULL },
		{ BATON_CALL_ASSERT, ACCESS_OWN, NULL },
		{ BATON_CALL_PRINT, ACCESS_DROPPED, NULL },
		{ BATON_CALL_LABEL, ACCESS_DROPPED, NULL },
		{ BATON_CALL_SLEEP, ACCESS_DROPPED, NULL },
		{ BATON_CALL_CHOOSE, ACCESS_CHOICE, NULL },
		{ BATON_CALL_RING, ACCESS_CALL, NULL },
		{ BATON_CALL_WAIT, ACCESS_CALL, NULL },
		{ BATON_CALL_ENTER, ACCESS_CALL, NULL },
		{ BATON_CALL_LEAVE, ACCESS_CALL, NULL },
		{ BATON_CALL_TIME, ACCESS_FOREIGN, "it asks for the time" },
		{ BATON_CALL_TIMER, ACCESS_TIMER, NULL },
		{ BATON_CALL_RANDOM, ACCESS_FOREIGN, "random" },
		{ BATON_CALL_EXITS, ACCESS_FOREIGN, "how many exits" },
		{ BATON_CALL_OPEN, ACCESS_FOREIGN, "files" },
		{ BATON_CALL_READ, ACCESS_FOREIGN, "files" },
		{ BATON_CALL_WRITE, ACCESS_FOREIGN, "files" },
		{ BATON_CALL_SEEK, ACCESS_FOREIGN, "files" },
		{ BATON_CALL_CLOSE, ACCESS_FOREIGN, "files" },
	};
	size_t count = 0;

#define BATON_CALL(...) count++;
#include "baton/hypercalls.def"
#undef BATON_CALL
	assert_int_equal(count, sizeof(calls) / sizeof(*calls)); /* a new one gets its row */
	for (size_t i = 0; i < count; i++) {
		const char *why;
		enum access_sort sorted = sort("hypercalls", calls[i].port, &why);

		if (sorted != calls[i].sort || !why != !calls[i].why || (why && !strstr(why, calls[i].why)))
			fail_msg("call %#x is of sort %d: %s", calls[i].port, sorted, why ? why : "-");
	}
}

/* ---------------------------------------------------------------- instructions */

#define CODE(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

struct instruction {
	const char *text;
	uint8_t code[15];
	size_t size;
	bool atomic, fence; /* in 32 bits */
	bool atomic64, fence64;
};

static const struct instruction instructions[] = {
	{ "mov [eax], ecx", CODE(0x89, 0x08), false, false, false, false },
	{ "add [eax], ecx", CODE(0x01, 0x08), false, false, false, false },
	{ "lock add [eax], ecx", CODE(0xF0, 0x01, 0x08), true, true, true, true },
	{ "lock cmpxchg [eax], ecx", CODE(0xF0, 0x0F, 0xB1, 0x08), true, true, true, true },
	{ "cmpxchg [eax], ecx", CODE(0x0F, 0xB1, 0x08), false, false, false, false },
	{ "xadd [eax], ecx", CODE(0x0F, 0xC1, 0x08), false, false, false, false },
	{ "xchg [eax], ecx", CODE(0x87, 0x08), true, true, true, true },
	{ "xchg [eax], cl", CODE(0x86, 0x08), true, true, true, true },
	{ "xchg [eax + 8], ecx", CODE(0x87, 0x48, 0x08), true, true, true, true },
	{ "xchg [eax + ecx*4 + 0x100], ecx", CODE(0x87, 0x8C, 0x88, 0, 1, 0, 0), true, true, true, true },
	{ "xchg eax, ecx", CODE(0x87, 0xC8), false, false, false, false },
	{ "xchg al, cl", CODE(0x86, 0xC8), false, false, false, false },
	{ "xchg eax, ecx, short", CODE(0x91), false, false, false, false },
	{ "test [eax], ecx", CODE(0x85, 0x08), false, false, false, false },
	{ "mov [eax], cl", CODE(0x88, 0x08), false, false, false, false },
	/* Prefixes in any order, and several of them. */
	{ "xchg [eax], cx", CODE(0x66, 0x87, 0x08), true, true, true, true },
	{ "xchg fs:[eax], ecx", CODE(0x64, 0x87, 0x08), true, true, true, true },
	{ "lock inc word ptr gs:[eax]", CODE(0x65, 0x66, 0xF0, 0xFF, 0x00), true, true, true, true },
	{ "xacquire lock inc dword ptr [eax]", CODE(0xF2, 0xF0, 0xFF, 0x00), true, true, true, true },
	{ "es cs ss ds, 16-bit address, xchg", CODE(0x26, 0x2E, 0x36, 0x3E, 0x67, 0x87, 0x07), true, true,
	  true, true },
	{ "rep movsd", CODE(0xF3, 0xA5), false, false, false, false },
	/* REX.W in 64 bits; in 32 bits it is `dec eax`, and the exchange is the next one. */
	{ "xchg [rax], rcx", CODE(0x48, 0x87, 0x08), false, false, true, true },
	{ "lock xadd [rax], rcx", CODE(0xF0, 0x48, 0x0F, 0xC1, 0x08), true, true, true, true },
	{ "xchg rax, r9", CODE(0x4C, 0x87, 0xC8), false, false, false, false },
	{ "mfence behind a REX", CODE(0x40, 0x0F, 0xAE, 0xF0), false, false, false, true },
	{ "0x50 is no REX", CODE(0x50, 0x87, 0x08), false, false, false, false },
	/* Fences. */
	{ "mfence", CODE(0x0F, 0xAE, 0xF0), false, true, false, true },
	{ "mfence, by another operand", CODE(0x0F, 0xAE, 0xF7), false, true, false, true },
	{ "lfence", CODE(0x0F, 0xAE, 0xE8), false, false, false, false },
	{ "sfence", CODE(0x0F, 0xAE, 0xF8), false, false, false, false },
	{ "fxsave [eax]", CODE(0x0F, 0xAE, 0x00), false, false, false, false },
	{ "xsaveopt [eax]", CODE(0x0F, 0xAE, 0x30), false, false, false, false },
	{ "clflush [eax]", CODE(0x0F, 0xAE, 0x38), false, false, false, false },
	{ "cpuid", CODE(0x0F, 0xA2), false, true, false, true },
	{ "wrmsr", CODE(0x0F, 0x30), false, true, false, true },
	{ "rdmsr", CODE(0x0F, 0x32), false, false, false, false },
	{ "rdtsc", CODE(0x0F, 0x31), false, false, false, false },
	{ "mov cr0, eax", CODE(0x0F, 0x22, 0xC0), false, true, false, true },
	{ "mov eax, cr0", CODE(0x0F, 0x20, 0xC0), false, false, false, false },
	{ "mov dr7, eax", CODE(0x0F, 0x23, 0xF8), false, true, false, true },
	{ "mov eax, dr7", CODE(0x0F, 0x21, 0xF8), false, false, false, false },
	{ "invd", CODE(0x0F, 0x08), false, true, false, true },
	{ "wbinvd", CODE(0x0F, 0x09), false, true, false, true },
	{ "iret", CODE(0xCF), false, true, false, true },
	{ "iretq", CODE(0x48, 0xCF), false, false, false, true },
	{ "ret", CODE(0xC3), false, false, false, false },
	{ "nop", CODE(0x90), false, false, false, false },
	{ "pause", CODE(0xF3, 0x90), false, false, false, false },
	{ "hlt", CODE(0xF4), false, false, false, false },
	/* As far as bytes go. */
	{ "nothing", { 0 }, 0, false, false, false, false },
	{ "a prefix and no more", CODE(0x66), false, false, false, false },
	{ "half of an exchange", CODE(0x87), false, false, false, false },
	{ "0F and no more", CODE(0x0F), false, false, false, false },
	{ "0F AE and no more", { 0x0F, 0xAE, 0xF0 }, 2, false, false, false, false },
	{ "a REX and no more", CODE(0x48), false, false, false, false },
};

static void check_instructions(unsigned bits, bool (*is)(const uint8_t *, size_t, unsigned),
			       size_t column)
{
	for (size_t i = 0; i < sizeof(instructions) / sizeof(*instructions); i++) {
		const struct instruction *n = &instructions[i];
		bool wanted = *(const bool *)((const char *)n + column);

		if (is(n->code, n->size, bits) != wanted)
			fail_msg("%s, in %u bits: expected %d", n->text, bits, wanted);
	}
}

static void locked_instructions_and_exchanges_with_memory_are_atomic(void **state)
{
	check_instructions(32, access_is_atomic, offsetof(struct instruction, atomic));
	check_instructions(16, access_is_atomic, offsetof(struct instruction, atomic));
	check_instructions(64, access_is_atomic, offsetof(struct instruction, atomic64));
}

static void what_waits_for_stores_is_a_fence(void **state)
{
	check_instructions(32, access_is_fence, offsetof(struct instruction, fence));
	check_instructions(16, access_is_fence, offsetof(struct instruction, fence));
	check_instructions(64, access_is_fence, offsetof(struct instruction, fence64));
}

/* SDM vol. 3, 9.3: of two-byte opcodes that share their first bytes, these serialize. */
static void of_a_group_only_those_that_serialize_are_fences(void **state)
{
	static const struct {
		const char *text;
		uint8_t code[3];
		bool fence;
	} group[] = {
		{ "sldt [eax]", { 0x0F, 0x00, 0x00 }, false },
		{ "lldt [eax]", { 0x0F, 0x00, 0x10 }, true },
		{ "lldt ax", { 0x0F, 0x00, 0xD0 }, true },
		{ "ltr ax", { 0x0F, 0x00, 0xD8 }, true },
		{ "verr ax", { 0x0F, 0x00, 0xE0 }, false },
		{ "sgdt [eax]", { 0x0F, 0x01, 0x00 }, false },
		{ "sidt [eax]", { 0x0F, 0x01, 0x08 }, false },
		{ "lgdt [eax]", { 0x0F, 0x01, 0x10 }, true },
		{ "lidt [eax]", { 0x0F, 0x01, 0x18 }, true },
		{ "smsw [eax]", { 0x0F, 0x01, 0x20 }, false },
		{ "lmsw [eax]", { 0x0F, 0x01, 0x30 }, false },
		{ "invlpg [eax]", { 0x0F, 0x01, 0x38 }, true },
		{ "vmcall", { 0x0F, 0x01, 0xC1 }, false },
		{ "xgetbv", { 0x0F, 0x01, 0xD0 }, false },
		{ "serialize", { 0x0F, 0x01, 0xE8 }, true },
		{ "swapgs", { 0x0F, 0x01, 0xF8 }, false },
		{ "rdtscp", { 0x0F, 0x01, 0xF9 }, false },
	};

	for (size_t i = 0; i < sizeof(group) / sizeof(*group); i++)
		if (access_is_fence(group[i].code, 3, 64) != group[i].fence)
			fail_msg("%s: expected %d", group[i].text, group[i].fence);
}

/* ------------------------------------------------------------------- meetings */

#define MEMBERS 4
#define ROUNDS	400

struct guest {
	pthread_t thread;
	struct meeting *meeting;
	struct guest *all;
	unsigned own, rounds, early; /* others who were not there yet */
};

/* Now and then one is late for so long that the others sleep. */
static void *meet(void *argument)
{
	static const struct timespec late = { .tv_nsec = 6000000 };
	struct guest *g = argument;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		if (round % (20 * MEMBERS) == 20 * g->own)
			nanosleep(&late, NULL);
		g->rounds = round;
		meeting_wait(g->meeting);
		for (unsigned i = 0; i < MEMBERS; i++)
			g->early += g->all[i].rounds != round;
		meeting_wait(g->meeting);
	}
	return NULL;
}

/* They come before it is known how many they are. */
static void all_are_there_before_anybody_goes_on(void **state)
{
	struct guest guests[MEMBERS] = { { .own = 0 } };
	struct meeting meeting;
	unsigned early = 0;

	meeting_init(&meeting);
	for (unsigned i = 0; i < MEMBERS; i++) {
		guests[i].meeting = &meeting;
		guests[i].all = guests;
		guests[i].own = i;
	}
	for (unsigned i = 1; i < MEMBERS; i++)
		assert_int_equal(pthread_create(&guests[i].thread, NULL, meet, &guests[i]), 0);
	meeting_open(&meeting, MEMBERS);
	meet(&guests[0]);
	for (unsigned i = 1; i < MEMBERS; i++)
		pthread_join(guests[i].thread, NULL);
	for (unsigned i = 0; i < MEMBERS; i++)
		early += guests[i].early;
	assert_int_equal(early, 0);
	meeting_fini(&meeting);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_strings_have_one_number),
		cmocka_unit_test(strings_that_differ_in_length_only_are_two),
		cmocka_unit_test(many_strings_keep_their_numbers_and_bytes),
		cmocka_unit_test(a_string_does_not_move),
		cmocka_unit_test(a_string_may_be_longer_than_a_block),
		cmocka_unit_test(a_string_has_no_number_before_it_is_asked_for),
		cmocka_unit_test(all_are_there_before_anybody_goes_on),
		cmocka_unit_test(an_edge_is_found_by_its_answer),
		cmocka_unit_test(an_edge_of_certain_devices_is_found_with_these_only),
		cmocka_unit_test(a_node_begins_without_edges_and_owns_its_death),
		cmocka_unit_test(accesses_are_sorted_by_who_serves_them),
		cmocka_unit_test(each_hypercall_has_its_sort),
		cmocka_unit_test(locked_instructions_and_exchanges_with_memory_are_atomic),
		cmocka_unit_test(what_waits_for_stores_is_a_fence),
		cmocka_unit_test(of_a_group_only_those_that_serialize_are_fences),
	};

	return cmocka_run_group_tests_name("explore parts", tests, NULL, NULL);
}
