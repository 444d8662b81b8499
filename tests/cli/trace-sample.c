/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace-sample.c - see trace-sample.h. With TRACE_SAMPLE_MAIN, a program that writes such
 * traces as files:
 *
 *	trace-sample FOLDER      whole, lossy, uncharged, labelled
 */
#include "trace-sample.h"

#include <stdio.h>
#include <string.h>

#include "baton/abi.h"
#include "baton/baton.h"

#define PORT 0x10

struct maker {
	struct trace_sample *sample;
	size_t count;
	uint64_t now;
};

static void put(struct maker *m, enum baton_trace_kind kind, uint8_t detail, uint32_t entity,
		uint64_t a, uint64_t b)
{
	m->sample->records[m->count++] = (struct baton_trace_record){
		.at_ns = m->now, .kind = (uint8_t)kind, .detail = detail, .entity = entity,
		.a = a, .b = b,
	};
}

static void cut(struct maker *m, enum baton_trace_kind kind, uint64_t ns, uint8_t detail,
		uint32_t entity, uint64_t a, uint64_t b)
{
	m->now += ns;
	put(m, kind, detail, entity, a, b);
}

static void make_records(struct maker *m)
{
	const uint64_t port = PORT | UINT64_C(1) << 32, slice = 10000000, any = UINT64_MAX;
	uint64_t woken;

	put(m, BATON_TRACE_ADD, 0, 0, 70, 0);
	put(m, BATON_TRACE_ADD, 0, 1, 30, 0);
	cut(m, BATON_TRACE_OPEN, 5000000000, 0, BATON_NOBODY, 0, 0);
	cut(m, BATON_TRACE_IDLE, 100, 0, BATON_NOBODY, 0, 0);
	put(m, BATON_TRACE_WAKE, 1, 0, m->now, 0);
	put(m, BATON_TRACE_WAKE, 1, 1, m->now, 0);
	/* A turn with an exit and a kick, 1.5 ms too long. */
	put(m, BATON_TRACE_PICK, 0, 0, slice, any);
	cut(m, BATON_TRACE_SWITCH, 500, 0, 0, 0, 0);
	cut(m, BATON_TRACE_RUN, 9000000, BATON_EXIT_IO_OUT, 0, port, 0x1234);
	m->sample->records[m->count - 1].size = 2;
	cut(m, BATON_TRACE_HANDLER, 700, 1, 0, 0, 0x1234);
	cut(m, BATON_TRACE_RUN, 2500000, BATON_TRACE_NO_EXIT, 0, 0, 0);
	put(m, BATON_TRACE_RAN, BATON_WHY_SLICE, 0, 11500700, 1);
	/* One that has to wait for what it reads … */
	put(m, BATON_TRACE_PICK, 0, 1, slice, any);
	cut(m, BATON_TRACE_SWITCH, 400, 0, 1, 0, 0);
	cut(m, BATON_TRACE_RUN, 4000, BATON_EXIT_IO_IN, 1, port, 0);
	m->sample->records[m->count - 1].size = 1;
	cut(m, BATON_TRACE_HANDLER, 20, 0, 1, 0, 0);
	put(m, BATON_TRACE_RAN, BATON_WHY_BLOCK, 1, 4020, 1);
	put(m, BATON_TRACE_PICK, 0, 0, slice, any);
	cut(m, BATON_TRACE_SWITCH, 300, 0, 0, 0, 0);
	woken = m->now + 200;
	cut(m, BATON_TRACE_RUN, 300, BATON_EXIT_MMIO_WRITE, 0, 0xFEE00000, 7);
	m->sample->records[m->count - 1].size = 4;
	cut(m, BATON_TRACE_HANDLER, 60, 1, 0, 0, 7);
	put(m, BATON_TRACE_WAKE, 0, 1, woken, 0);
	put(m, BATON_TRACE_RAN, BATON_WHY_YIELD, 0, 360, 1);
	/* … gets it, and halts. */
	put(m, BATON_TRACE_PICK, 0, 1, slice, any);
	cut(m, BATON_TRACE_SWITCH, 200, 0, 1, 0, 0);
	cut(m, BATON_TRACE_HANDLER, 10, 1, 1, 0, 0x77);
	cut(m, BATON_TRACE_RUN, 5000, BATON_EXIT_HLT, 1, 0, 0);
	cut(m, BATON_TRACE_HANDLER, 30, 1, 1, 0, 0);
	put(m, BATON_TRACE_RAN, BATON_WHY_END, 1, 5040, 1);
	/* The run ends within a turn, and is gone on with a millisecond later. */
	put(m, BATON_TRACE_PICK, 0, 0, slice, any);
	cut(m, BATON_TRACE_SWITCH, 50, 0, BATON_NOBODY, 0, 0);
	cut(m, BATON_TRACE_IDLE, 1000000, 0, BATON_NOBODY, 0, 0);
	cut(m, BATON_TRACE_SWITCH, 100, 0, 0, 0, 0);
	cut(m, BATON_TRACE_RUN, 9000, BATON_EXIT_HLT, 0, 0, 0);
	cut(m, BATON_TRACE_HANDLER, 40, 1, 0, 0, 0);
	put(m, BATON_TRACE_RAN, BATON_WHY_END, 0, 9040, 1);
	cut(m, BATON_TRACE_SWITCH, 70 + 80 + 90, 0, BATON_NOBODY, 0, 0);
}

size_t trace_sample(struct trace_sample *sample)
{
	struct maker m = { .sample = sample };

	memset(sample, 0, sizeof(*sample));
	memcpy(sample->header.magic, BATON_TRACE_MAGIC, sizeof(sample->header.magic));
	sample->header.byte_order = BATON_TRACE_BYTE_ORDER;
	sample->header.version = BATON_TRACE_VERSION;
	sample->header.record_size = BATON_TRACE_RECORD_SIZE;
	sample->header.header_size = sizeof(sample->header);
	sample->header.vm_size = sizeof(sample->vms[0]);
	sample->header.vm_count = sample->header.capacity = 2;
	sample->header.slice_ns = 10000000;
	sample->header.seed = sample->header.burst = 1;
	sample->header.began_s = 1700000000;
	strcpy(sample->header.policy, "quantum");
	sample->vms[0] = (struct baton_trace_vm){ 0, BATON_MODE_REAL, 70, "neo" };
	sample->vms[1] = (struct baton_trace_vm){ 1, BATON_MODE_LONG, 30, "morpheus" };
	make_records(&m);
	put(&m, BATON_TRACE_END, 0, BATON_NOBODY, m.count, 0);
	return m.count;
}

size_t trace_sample_label(struct trace_sample *sample, const char *text)
{
	const size_t size = strlen(text), parts = (size + 15) / 16;
	struct baton_trace_record *run = &sample->records[TRACE_SAMPLE_OUT];
	size_t count = trace_sample(sample);

	run->a = BATON_CALL_LABEL | UINT64_C(1) << 32;
	run->size = 4;
	memmove(run + 1 + parts, run + 1, (count - TRACE_SAMPLE_OUT - 1) * sizeof(*run));
	for (size_t i = 0; i < parts; i++) {
		struct baton_trace_record part = {
			.at_ns = run->at_ns, .kind = BATON_TRACE_LABEL, .detail = (uint8_t)(size - i * 16),
		};
		char bytes[16] = { 0 };

		memcpy(bytes, text + i * 16, size - i * 16 < 16 ? size - i * 16 : 16);
		memcpy(&part.a, bytes, 8);
		memcpy(&part.b, bytes + 8, 8);
		run[1 + i] = part;
	}
	count += parts;
	sample->records[count - 1].a = count - 1;
	return count;
}

size_t trace_sample_size(size_t records)
{
	return offsetof(struct trace_sample, records) + records * BATON_TRACE_RECORD_SIZE;
}

#ifdef TRACE_SAMPLE_MAIN
static int write_file(const char *folder, const char *name, const struct trace_sample *sample,
		      size_t records)
{
	char path[4096];
	FILE *file;
	int failed;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "wb");
	if (!file)
		return 1;
	failed = fwrite(sample, trace_sample_size(records), 1, file) != 1;
	return fclose(file) || failed;
}

int main(int argc, char **argv)
{
	struct trace_sample sample;
	size_t count = trace_sample(&sample), lost = 12;
	int failed;

	if (argc != 2) {
		fprintf(stderr, "usage: trace-sample FOLDER\n");
		return 2;
	}
	failed = write_file(argv[1], "whole", &sample, count);
	count = trace_sample_label(&sample, TRACE_SAMPLE_TEXT);
	failed |= write_file(argv[1], "labelled", &sample, count);
	count = trace_sample(&sample);
	sample.records[11].a++; /* of the first RAN */
	failed |= write_file(argv[1], "uncharged", &sample, count);
	trace_sample(&sample);
	sample.records[lost] = (struct baton_trace_record){
		.at_ns = sample.records[lost + 2].at_ns, .kind = BATON_TRACE_LOST,
		.entity = BATON_NOBODY, .a = 3, .b = 3,
	};
	memmove(&sample.records[lost + 1], &sample.records[lost + 3],
		(count - lost - 3) * sizeof(sample.records[0]));
	count -= 2;
	sample.records[count - 1].a = count - 1;
	sample.records[count - 1].b = 3;
	return failed | write_file(argv[1], "lossy", &sample, count);
}
#endif
