/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace.c - reading traces: the sample's figures, files that are cut off or damaged anywhere,
 * and records that do not fit.
 */
#include "test.h"

#include <inttypes.h>
#include <stdlib.h>

#include "baton/baton.h"
#include "trace-sample.h"
#include "trace_fold.h"
#include "trace_reader.h"

/* A file in memory, read to its end or to the first mistake. */
struct reading {
	struct trace_reader reader;
	struct trace_fold fold;
	int begun; /* what trace_reader_init() gave */
	int last;  /* what the last trace_reader_next() gave */
	const char *wrong; /* of a record */
	uint64_t at;	   /* where it stands */
};

static void read_bytes(struct reading *r, const void *bytes, size_t size)
{
	struct baton_trace_record record;
	/* fmemopen() refuses an empty one. */
	FILE *file = size ? fmemopen((void *)(uintptr_t)bytes, size, "r") : fopen("/dev/null", "r");

	assert_non_null(file);
	memset(r, 0, sizeof(*r));
	r->begun = trace_reader_init(&r->reader, file);
	if (!r->begun)
		assert_int_equal(trace_fold_init(&r->fold, r->reader.header.capacity), 0);
	while (!r->begun && (r->at = r->reader.offset, r->last = trace_reader_next(&r->reader, &record)) > 0) {
		r->wrong = trace_fold_record(&r->fold, &record);
		if (r->wrong)
			break;
	}
	fclose(file);
}

static void forget(struct reading *r)
{
	trace_fold_fini(&r->fold);
	trace_reader_fini(&r->reader);
}

/* ---------------------------------------------------------------- what it says */

static void the_sample_comes_to_what_it_was_made_of(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s);
	struct trace_fold_vm neo, morpheus;
	struct reading r;

	(void)state;
	read_bytes(&r, &s, trace_sample_size(count));
	assert_int_equal(r.begun, 0);
	assert_null(r.wrong);
	assert_int_equal(r.last, 0);
	assert_true(r.fold.ended);
	assert_null(trace_fold_imbalance(&r.fold));
	assert_int_equal(r.fold.records, count - 1);
	assert_int_equal(r.fold.run_ns, TRACE_SAMPLE_RUN);
	assert_int_equal(r.fold.handler_ns, TRACE_SAMPLE_HANDLER);
	assert_int_equal(r.fold.switch_ns, TRACE_SAMPLE_SWITCH);
	assert_int_equal(r.fold.idle_ns, TRACE_SAMPLE_IDLE);
	assert_int_equal(r.fold.turns, 5);
	assert_int_equal(r.fold.exits, 5);
	assert_int_equal(r.fold.overrun_count, 1);
	assert_int_equal(r.fold.overruns[0].charged_ns, 11500700);
	neo = trace_fold_vm(&r.fold, 0);
	morpheus = trace_fold_vm(&r.fold, 1);
	assert_int_equal(neo.run_ns, 9000000 + 2500000 + 300 + 9000);
	assert_int_equal(neo.handler_ns, 700 + 60 + 40);
	assert_int_equal(neo.ready_ns, 500 + 400 + 4000 + 20 + 300 + 200 + 10 + 5000 + 30 + 50 + 1000000 + 100);
	assert_int_equal(neo.blocked_ns, 0);
	assert_int_equal(neo.wait.count, 3);
	assert_int_equal(neo.wait.most_ns, 1000000 + 50 + 100 + 200 + 10 + 5000 + 30);
	assert_int_equal(morpheus.run_ns, 9000);
	assert_int_equal(morpheus.handler_ns, 60);
	assert_int_equal(morpheus.blocked_ns, 300 + 200);
	assert_int_equal(morpheus.ready_ns, 500 + 9000000 + 700 + 2500000 + 400 + 100 + 60 + 200);
	assert_int_equal(morpheus.by_kind[BATON_EXIT_IO_IN].count, 1);
	assert_int_equal(morpheus.by_kind[BATON_EXIT_IO_IN].handler_ns, 30);
	assert_int_equal(morpheus.turn.most_ns, 5040);
	assert_string_equal(trace_reader_name(&r.reader, 1).text, "morpheus");
	assert_string_equal(trace_reader_name(&r.reader, 7).text, "7");
	forget(&r);
}

static void a_turn_that_was_charged_other_times_does_not_balance(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s);
	struct reading r;

	(void)state;
	for (int i = 0; i < 2; i++) {
		trace_sample(&s);
		assert_int_equal(s.records[11].kind, BATON_TRACE_RAN);
		*(i ? &s.records[11].a : &s.records[11].b) += 1;
		read_bytes(&r, &s, trace_sample_size(count));
		assert_null(r.wrong);
		assert_string_equal(trace_fold_imbalance(&r.fold),
				    "turns were charged other times or exits than their parts");
		forget(&r);
	}
}

/* Replaces `n` records from there on by a LOST; how many records there are then. */
static size_t lose(struct trace_sample *s, size_t from, size_t n)
{
	size_t count = trace_sample(s), left = count - n + 1;

	s->records[from] = (struct baton_trace_record){
		.at_ns = s->records[from + n - 1].at_ns, .kind = BATON_TRACE_LOST,
		.entity = BATON_NOBODY, .a = n, .b = n,
	};
	memmove(&s->records[from + 1], &s->records[from + n],
		(count - from - n) * sizeof(s->records[0]));
	s->records[left - 1].a = left - 1;
	s->records[left - 1].b = n;
	return left;
}

/* From the last reading before the gap to the first behind it; 0 if there is none on one side. */
static uint64_t gap_of(const struct trace_sample *s, size_t from, size_t left)
{
	uint64_t before = 0;

	for (size_t i = 0; i < from; i++)
		if (baton_trace_is_cut(s->records[i].kind))
			before = s->records[i].at_ns;
	for (size_t i = from + 1; i < left && before; i++)
		if (baton_trace_is_cut(s->records[i].kind))
			return s->records[i].at_ns - before;
	return 0;
}

/* What is known of a VM without some records cannot be more than with them. */
static void no_more(const struct trace_fold *some, const struct trace_fold *all, baton_entity_t e)
{
	struct trace_fold_vm a, b = trace_fold_vm(all, e);

	if (!some->vms[e])
		return;
	a = trace_fold_vm(some, e);
	assert_true(a.run_ns <= b.run_ns);
	assert_true(a.handler_ns <= b.handler_ns);
	assert_true(a.ready_ns <= b.ready_ns);
	assert_true(a.blocked_ns <= b.blocked_ns);
	assert_true(a.wait.most_ns <= b.wait.most_ns);
	assert_true(a.exits <= b.exits && a.turns <= b.turns);
	/* Its end may be what is missing: then nobody knows how long it lived. */
	assert_true(a.run_ns + a.handler_ns + a.ready_ns + a.blocked_ns + a.unknown_ns <=
		    all->last_ns - all->first_ns);
}

/* Any stretch of records replaced by a LOST: what is left is read, and the rest is owned up to. */
static void records_that_are_missing_are_nobodys_time(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s);
	struct reading all;

	(void)state;
	read_bytes(&all, &s, trace_sample_size(count));
	for (size_t from = 0; from < count - 1; from++)
		for (size_t n = 1; from + n < count - 1; n++) {
			size_t left = lose(&s, from, n);
			struct reading r;

			read_bytes(&r, &s, trace_sample_size(left));
			if (r.wrong)
				fail_msg("from %zu, %zu lost: byte %" PRIu64 " %s", from, n, r.at, r.wrong);
			assert_true(r.fold.ended);
			assert_int_equal(r.fold.lost, n);
			assert_string_equal(trace_fold_imbalance(&r.fold), "records are missing");
			assert_int_equal(r.fold.run_ns + r.fold.handler_ns + r.fold.switch_ns +
						 r.fold.idle_ns + r.fold.unknown_ns,
					 r.fold.last_ns - r.fold.first_ns);
			assert_int_equal(r.fold.unknown_ns, gap_of(&s, from, left));
			no_more(&r.fold, &all.fold, 0);
			no_more(&r.fold, &all.fold, 1);
			forget(&r);
		}
	forget(&all);
}

/* -------------------------------------------------------------------- labels */

static void a_label_is_put_together_and_its_exit_named(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample_label(&s, TRACE_SAMPLE_TEXT);
	struct reading r;

	(void)state;
	read_bytes(&r, &s, trace_sample_size(count));
	assert_null(r.wrong);
	assert_true(r.fold.ended);
	assert_null(trace_fold_imbalance(&r.fold));
	assert_string_equal(r.fold.label, TRACE_SAMPLE_TEXT);
	assert_int_equal(r.fold.label_size, strlen(TRACE_SAMPLE_TEXT));
	assert_int_equal(r.fold.vms[0]->by_call[HYPERCALL_LABEL], 1);
	assert_int_equal(r.fold.run_ns, TRACE_SAMPLE_RUN);
	forget(&r);
}

/* A text whose beginning or end is missing is none that goes on somewhere else. */
static void parts_of_a_label_may_be_missing(void **state)
{
	const size_t first = TRACE_SAMPLE_OUT + 1;
	struct trace_sample s;

	(void)state;
	for (size_t from = first - 1; from < first + 4; from++)
		for (size_t n = 1; n < 5; n++) {
			size_t count = trace_sample_label(&s, TRACE_SAMPLE_TEXT);
			struct reading r;

			s.records[from] = (struct baton_trace_record){
				.at_ns = s.records[from + n - 1].at_ns, .kind = BATON_TRACE_LOST,
				.entity = BATON_NOBODY, .a = n, .b = n,
			};
			memmove(&s.records[from + 1], &s.records[from + n],
				(count - from - n) * sizeof(s.records[0]));
			count -= n - 1;
			s.records[count - 1].a = count - 1;
			s.records[count - 1].b = n;
			read_bytes(&r, &s, trace_sample_size(count));
			assert_null(r.wrong);
			assert_true(r.fold.ended);
			assert_int_equal(r.fold.label_left, 0);
			forget(&r);
		}
}

static void a_version_without_labels_is_read_too(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s);
	struct reading r;

	(void)state;
	for (uint16_t version = 0; version <= BATON_TRACE_VERSION + 1; version++) {
		s.header.version = version;
		read_bytes(&r, &s, trace_sample_size(count));
		assert_int_equal(!r.begun, version >= 1 && version <= BATON_TRACE_VERSION);
		forget(&r);
	}
}

/* Which of Baton's calls an exit is, if it is one. */
static void a_call_is_named_if_it_is_made_as_it_has_to_be(void **state)
{
	static const struct {
		uint8_t kind, size;
		uint64_t a, b;
		const char *text;
	} exits[] = {
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_ENTER | UINT64_C(1) << 32, 31, "enter 31" },
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_LEAVE | UINT64_C(1) << 32, 0, "leave 0" },
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_RING | UINT64_C(1) << 32, 1, "ring 1" },
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_ASSERT | UINT64_C(1) << 32, 0x5000, "assert" },
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_LABEL | UINT64_C(1) << 32, 0x5000, "label" },
		{ BATON_EXIT_IO_IN, 4, BATON_CALL_RANDOM | UINT64_C(1) << 32, 0, "random" },
		{ BATON_EXIT_IO_IN, 4, BATON_CALL_ENTER | UINT64_C(1) << 32, 0, "" },
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_RANDOM | UINT64_C(1) << 32, 0, "" },
		{ BATON_EXIT_IO_OUT, 2, BATON_CALL_ENTER | UINT64_C(1) << 32, 0, "" },
		{ BATON_EXIT_IO_OUT, 4, BATON_CALL_ENTER | UINT64_C(2) << 32, 0, "" },
		{ BATON_EXIT_IO_OUT, 4, (BATON_CALL_BASE - 1) | UINT64_C(1) << 32, 0, "" },
		{ BATON_EXIT_IO_OUT, 4, (BATON_CALL_BASE + HYPERCALLS) | UINT64_C(1) << 32, 0, "" },
		{ BATON_EXIT_MMIO_WRITE, 4, BATON_CALL_ENTER, 0, "" },
		{ BATON_TRACE_NO_EXIT, 0, 0, 0, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(exits) / sizeof(*exits); i++) {
		const struct baton_trace_record run = {
			.kind = BATON_TRACE_RUN, .detail = exits[i].kind, .size = exits[i].size,
			.a = exits[i].a, .b = exits[i].b,
		};
		char text[32] = "";
		FILE *to = fmemopen(text, sizeof(text), "w");

		assert_non_null(to);
		hypercall_put(&run, to);
		fclose(to);
		assert_string_equal(text, exits[i].text);
		assert_int_equal(hypercall_of_exit(&run) >= 0, *exits[i].text != '\0');
	}
	assert_string_equal(hypercall_name(BATON_CALL_VERSION), "version");
	assert_null(hypercall_name(BATON_CALL_BASE - 1));
	assert_null(hypercall_name(BATON_CALL_BASE + HYPERCALLS));
}

/* ------------------------------------------------------------------ cut, damaged */

static void a_file_cut_at_any_byte_is_read_up_to_there(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s), begin = trace_sample_size(0);
	char wanted[64];

	(void)state;
	for (size_t size = 0; size < trace_sample_size(count); size++) {
		struct reading r;

		read_bytes(&r, &s, size);
		snprintf(wanted, sizeof(wanted), "is cut off at byte %zu, ", size);
		if (!size)
			assert_string_equal(r.reader.error,
					    "is empty; expected a trace, as baton run --trace writes it");
		else if (size < begin || (size - begin) % BATON_TRACE_RECORD_SIZE)
			assert_memory_equal(r.reader.error, wanted, strlen(wanted));
		if (size < begin) {
			assert_int_equal(r.begun, -EINVAL);
			forget(&r);
			continue;
		}
		assert_int_equal(r.begun, 0);
		assert_null(r.wrong);
		assert_int_equal(r.last, (size - begin) % BATON_TRACE_RECORD_SIZE ? -EINVAL : 0);
		assert_int_equal(r.fold.records, (size - begin) / BATON_TRACE_RECORD_SIZE);
		assert_false(r.fold.ended);
		assert_int_equal(r.fold.run_ns + r.fold.handler_ns + r.fold.switch_ns + r.fold.idle_ns,
				 r.fold.last_ns - r.fold.first_ns);
		forget(&r);
	}
}

/* A VM has no more time than there was, whatever the records say. */
static void check_sane(const struct trace_fold *f)
{
	assert_int_equal(f->run_ns + f->handler_ns + f->switch_ns + f->idle_ns + f->unknown_ns,
			 f->last_ns - f->first_ns);
	for (baton_entity_t e = 0; e < f->capacity; e++)
		if (f->vms[e]) {
			struct trace_fold_vm vm = trace_fold_vm(f, e);
			unsigned __int128 all = vm.run_ns;

			all += vm.handler_ns;
			all += vm.ready_ns;
			all += vm.blocked_ns;
			all += vm.unknown_ns;
			assert_true(all <= UINT64_MAX);
		}
}

/* How many of the single bits that could be wrong in the sample are noticed, in per cent. */
static unsigned noticed_of(struct trace_sample *s, size_t records)
{
	unsigned char *bytes = (unsigned char *)s;
	size_t noticed = 0, size = trace_sample_size(records);

	for (size_t i = 0; i < size; i++)
		for (int bit = 0; bit < 8; bit++) {
			struct reading r;

			bytes[i] ^= (unsigned char)(1u << bit);
			read_bytes(&r, s, size);
			noticed += r.begun || r.wrong || r.last < 0 || trace_fold_imbalance(&r.fold);
			if (!r.begun)
				check_sane(&r.fold);
			forget(&r);
			bytes[i] ^= (unsigned char)(1u << bit);
		}
	return (unsigned)(noticed * 100 / (size * 8));
}

static void any_bit_may_be_wrong(void **state)
{
	struct trace_sample s;
	size_t records = trace_sample(&s);

	(void)state;
	/* Not in names, weights, addresses, and what is 0 without a meaning; but times and order. */
	assert_true(noticed_of(&s, records) > 33);
	records = lose(&s, 12, 3);
	noticed_of(&s, records);
}

#define HEADER(field, value, text) \
	do { \
		struct trace_sample s; \
		struct reading r; \
		size_t count = trace_sample(&s); \
		s.field = (value); \
		read_bytes(&r, &s, trace_sample_size(count)); \
		assert_int_equal(r.begun, -EINVAL); \
		assert_string_equal(r.reader.error, text); \
		forget(&r); \
	} while (0)

static void a_header_that_is_none_is_refused_with_its_place(void **state)
{
	(void)state;
	HEADER(header.magic[7], 'X', "is no trace: it does not begin with BATONTRC");
	HEADER(header.byte_order, 0x0D0C0B0A, "is big-endian at byte 8; traces are little-endian");
	HEADER(header.byte_order, 1, "has no byte order at byte 8: it is damaged");
	HEADER(header.version, 3, "has version 3 at byte 12; this baton reads 1 to 2");
	HEADER(header.version, 0, "has version 0 at byte 12; this baton reads 1 to 2");
	HEADER(header.record_size, 31, "has records of 31 bytes at byte 14; expected 32");
	HEADER(header.record_size, 4097, "has records of 4097 bytes at byte 14; expected 32");
	HEADER(header.header_size, 95, "has a header of 95 bytes at byte 16; expected 96");
	HEADER(header.header_size, UINT32_MAX,
	       "has a header of 4294967295 bytes at byte 16; expected 96");
	HEADER(header.vm_size, 79, "has a table with rows of 79 bytes at byte 20; expected 80");
	HEADER(header.vm_count, 3, "has 3 VMs at byte 24, and room for 2");
	HEADER(header.capacity, 0, "has room for 0 VMs at byte 28; expected 1 to 65536");
	HEADER(header.capacity, 65537, "has room for 65537 VMs at byte 28; expected 1 to 65536");
	HEADER(header.policy[0], 0, "has no name of a policy at byte 64");
	HEADER(header.policy[0], '\033', "has no name of a policy at byte 64");
	HEADER(vms[1].name[0], '\033', "has no VM at byte 176: it is damaged");
	HEADER(vms[1].entity, 2, "has no VM at byte 176: it is damaged");
	HEADER(vms[0].mode, 4, "has no VM at byte 96: it is damaged");
}

static void fields_behind_those_that_are_known_are_skipped(void **state)
{
	static unsigned char bytes[16384];
	struct trace_sample s;
	size_t count = trace_sample(&s), at = 0;
	struct reading r;

	(void)state;
	memset(bytes, 0xEE, sizeof(bytes));
	s.header.header_size += 700;
	s.header.vm_size += 24;
	s.header.record_size += 8;
	memcpy(bytes, &s.header, sizeof(s.header));
	at = s.header.header_size;
	for (int i = 0; i < 2; i++, at += s.header.vm_size)
		memcpy(bytes + at, &s.vms[i], sizeof(s.vms[i]));
	for (size_t i = 0; i < count; i++, at += s.header.record_size)
		memcpy(bytes + at, &s.records[i], sizeof(s.records[i]));
	assert_true(at < sizeof(bytes));
	read_bytes(&r, bytes, at);
	assert_int_equal(r.begun, 0);
	assert_null(r.wrong);
	assert_true(r.fold.ended);
	assert_null(trace_fold_imbalance(&r.fold));
	forget(&r);
	for (size_t size = sizeof(s.header); size < s.header.header_size + 2 * s.header.vm_size; size++) {
		char wanted[64];

		read_bytes(&r, bytes, size);
		snprintf(wanted, sizeof(wanted), "is cut off at byte %zu, ", size);
		assert_int_equal(r.begun, -EINVAL);
		assert_memory_equal(r.reader.error, wanted, strlen(wanted));
		forget(&r);
	}
}

/* --------------------------------------------------------- records that do not fit */

#define WRONG(index, kind_there, field, value, text) \
	WRONG_IN(trace_sample(&s), index, kind_there, field, value, text)
#define WRONG_IN(make, index, kind_there, field, value, text) \
	do { \
		struct trace_sample s; \
		struct reading r; \
		size_t count = make; \
		assert_int_equal(s.records[index].kind, BATON_TRACE_##kind_there); \
		s.records[index].field = (value); \
		read_bytes(&r, &s, trace_sample_size(count)); \
		assert_int_equal(r.begun, 0); \
		assert_non_null(r.wrong); \
		assert_string_equal(r.wrong, text); \
		assert_int_equal(r.at, trace_sample_size(index)); \
		assert_int_equal(r.fold.records, index); \
		forget(&r); \
	} while (0)

static void a_record_that_does_not_fit_is_told_with_its_place(void **state)
{
	(void)state;
	WRONG(0, ADD, kind, 0, "is of a kind that is not known");
	WRONG(0, ADD, kind, BATON_TRACE_KINDS, "is of a kind that is not known");
	WRONG(1, ADD, entity, 2, "names a VM that the host has no place for");
	WRONG(1, ADD, entity, 0, "adds a VM that is there already");
	WRONG(1, ADD, at_ns, 1, "has another time than the reading before it");
	WRONG(2, OPEN, kind, BATON_TRACE_IDLE, "comes before the first reading");
	WRONG(3, IDLE, kind, BATON_TRACE_OPEN, "is a second first reading");
	WRONG(3, IDLE, at_ns, 4999999999, "goes back in time");
	WRONG(3, IDLE, entity, 0, "names a VM where there is none to name");
	WRONG(3, IDLE, zero, 1, "has a value that is not known");
	WRONG(3, IDLE, detail, 1, "has a value that is not known");
	WRONG(4, WAKE, detail, 0, "wakes a VM that does not wait");
	WRONG(4, WAKE, a, UINT64_MAX, "ends a VM's waiting in the future");
	WRONG(5, WAKE, entity, 0, "wakes a VM that does not wait");
	WRONG(7, SWITCH, entity, 1, "is of a VM that has no turn");
	WRONG(8, RUN, detail, BATON_EXIT_KINDS, "has an exit of a kind that is not known");
	WRONG(8, RUN, size, 9, "has a value that is not known");
	WRONG(9, HANDLER, entity, 1, "is of a VM that has no turn");
	WRONG(11, RAN, detail, BATON_WHY_END + 1, "has a value that is not known");
	WRONG(11, RAN, kind, BATON_TRACE_PICK, "begins a turn within a turn");
	WRONG(21, WAKE, a, 1, "ends a VM's waiting before it began");
	WRONG(37, END, a, 36, "counts other records than there are before it");
#define WRONG_LABEL(...) WRONG_IN(trace_sample_label(&s, TRACE_SAMPLE_TEXT), __VA_ARGS__)
	WRONG_LABEL(9, LABEL, entity, 1, "is of a VM that has no turn");
	WRONG_LABEL(9, LABEL, detail, 0, "has no text where there is to be some");
	WRONG_LABEL(9, LABEL, detail, BATON_LABEL_MAX + 1, "has a value that is not known");
	WRONG_LABEL(9, LABEL, b, '\t', "has no text where there is to be some");
	WRONG_LABEL(10, LABEL, detail, 42, "comes where a label goes on");
	WRONG_LABEL(10, LABEL, entity, 1, "comes where a label goes on");
	WRONG_LABEL(10, LABEL, kind, BATON_TRACE_HANDLER, "comes where a label goes on");
}

static void nothing_may_follow_the_end(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s);
	struct reading r;

	(void)state;
	s.records[count] = s.records[count - 1];
	read_bytes(&r, &s, trace_sample_size(count + 1));
	assert_string_equal(r.wrong, "comes after the end");
	forget(&r);
}

static void an_end_cannot_know_of_fewer_losses(void **state)
{
	struct trace_sample s;
	size_t count = trace_sample(&s);
	struct reading r;

	(void)state;
	s.records[0] = (struct baton_trace_record){
		.kind = BATON_TRACE_LOST, .entity = BATON_NOBODY, .a = 1, .b = 1,
	};
	read_bytes(&r, &s, trace_sample_size(count));
	assert_string_equal(r.wrong, "counts fewer lost records than there were before it");
	forget(&r);
}

/* ------------------------------------------------------------------- percentiles */

static void percentiles_are_at_most_a_sixteenth_too_large(void **state)
{
	struct spread spread = { 0 };

	(void)state;
	assert_int_equal(spread_percentile(&spread, 50), 0);
	spread_add(&spread, UINT64_MAX);
	assert_int_equal(spread_percentile(&spread, 50), UINT64_MAX);
	spread_fini(&spread);
	for (uint64_t ns = 1; ns <= 3; ns++)
		spread_add(&spread, ns);
	assert_int_equal(spread_percentile(&spread, 50), 2);
	assert_int_equal(spread_percentile(&spread, 99), 3);
	spread_fini(&spread);
	for (uint64_t ns = 1; ns <= 100000; ns++)
		spread_add(&spread, ns);
	for (unsigned percent = 1; percent <= 100; percent++) {
		uint64_t exact = percent * UINT64_C(1000), got = spread_percentile(&spread, percent);

		assert_true(got >= exact && got - exact <= exact / 16);
	}
	assert_int_equal(spread_percentile(&spread, 100), 100000);
	spread_fini(&spread);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sample_comes_to_what_it_was_made_of),
		cmocka_unit_test(a_turn_that_was_charged_other_times_does_not_balance),
		cmocka_unit_test(records_that_are_missing_are_nobodys_time),
		cmocka_unit_test(a_label_is_put_together_and_its_exit_named),
		cmocka_unit_test(parts_of_a_label_may_be_missing),
		cmocka_unit_test(a_version_without_labels_is_read_too),
		cmocka_unit_test(a_call_is_named_if_it_is_made_as_it_has_to_be),
		cmocka_unit_test(a_file_cut_at_any_byte_is_read_up_to_there),
		cmocka_unit_test(any_bit_may_be_wrong),
		cmocka_unit_test(a_header_that_is_none_is_refused_with_its_place),
		cmocka_unit_test(fields_behind_those_that_are_known_are_skipped),
		cmocka_unit_test(a_record_that_does_not_fit_is_told_with_its_place),
		cmocka_unit_test(nothing_may_follow_the_end),
		cmocka_unit_test(an_end_cannot_know_of_fewer_losses),
		cmocka_unit_test(percentiles_are_at_most_a_sixteenth_too_large),
	};

	return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
