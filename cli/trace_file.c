/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trace_file.c - see trace_file.h.
 */
#include "trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"
#include "run_options.h"
#include "scenario.h"
#include "units.h"

#define SIZE_DEFAULT (UINT64_C(256) << 20)
#define SIZE_LEAST   (UINT64_C(64) << 10)
#define BLOCK_LEAST  256
#define BLOCK_MOST   32768 /* 1 MiB: a write every 16,000 exits */

/* ------------------------------------------------------------------ opening */

static int read_size(const char *text, uint64_t *size, struct yaml_error *error)
{
	const char *wrong;

	*size = SIZE_DEFAULT;
	if (!text)
		return 0;
	wrong = units_read_size(text, size);
	if (!wrong && *size < SIZE_LEAST)
		wrong = "is too small";
	if (!wrong)
		return 0;
	snprintf(error->text, sizeof(error->text), "--trace-size \"%.40s\" %s; expected " UNITS_SIZE
		 ", from 64KiB", text, wrong);
	return -EINVAL;
}

static bool take(void *context, const struct baton_trace_record *records, uint32_t count);

int trace_file_open(struct trace_file *trace, const struct run_options *options,
		    struct yaml_error *error)
{
	const char *path = options->given[RUN_OPTION_TRACE];
	uint64_t block;

	*trace = (struct trace_file){ .fd = -1 };
	error->at = (struct place){ 0, 0 };
	if (read_size(options->given[RUN_OPTION_TRACE_SIZE], &trace->size, error))
		return -EINVAL;
	if (!path && options->given[RUN_OPTION_TRACE_SIZE]) {
		snprintf(error->text, sizeof(error->text), "--trace-size without --trace; expected "
			 "--trace FILE");
		return -EINVAL;
	}
	if (!path)
		return 0;
	if (!strcmp(path, "-")) {
		snprintf(error->text, sizeof(error->text), "--trace \"-\" is no file; stdout is the "
			 "guests', so expected the name of a file or of a pipe");
		return -EINVAL;
	}
	trace->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (trace->fd < 0) {
		snprintf(error->text, sizeof(error->text), "cannot write %.200s: %s", path,
			 strerror(errno));
		return -EINVAL;
	}
	block = trace->size / BATON_TRACE_RECORD_SIZE / 8;
	block = block < BLOCK_LEAST ? BLOCK_LEAST : block > BLOCK_MOST ? BLOCK_MOST : block;
	trace->path = path;
	trace->sink = (struct baton_trace_sink){
		.block = heap_zeroed(block, BATON_TRACE_RECORD_SIZE),
		.records = (uint32_t)block, .take = take, .context = trace,
	};
	return 0;
}

void trace_file_close(struct trace_file *trace)
{
	struct stat file;

	if (!trace->path)
		return;
	if (!trace->begun && !fstat(trace->fd, &file) && S_ISREG(file.st_mode) && !file.st_size)
		remove(trace->path);
	close(trace->fd);
	free(trace->sink.block);
	trace->path = NULL;
}

/* ------------------------------------------------------------------ writing */

/* All of it, or nothing: a part that was written is cut off again. */
static bool put(struct trace_file *trace, const void *bytes, size_t size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = write(trace->fd, (const char *)bytes + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!trace->error)
				trace->error = n < 0 ? errno : EIO;
			trace->full = true;
			if (!ftruncate(trace->fd, (off_t)trace->written))
				lseek(trace->fd, (off_t)trace->written, SEEK_SET);
			return false;
		}
		done += (size_t)n;
	}
	trace->written += size;
	return true;
}

/* Called by the host. Room for the END is kept. */
static bool take(void *context, const struct baton_trace_record *records, uint32_t count)
{
	struct trace_file *trace = context;
	size_t size = (size_t)count * BATON_TRACE_RECORD_SIZE;

	if (trace->written + size + BATON_TRACE_RECORD_SIZE > trace->size)
		trace->full = true;
	if (trace->full || !put(trace, records, size))
		return false;
	trace->records += count;
	trace->last_ns = records[count - 1].at_ns;
	return true;
}

static void put_table(struct trace_file *trace, const struct scenario *scenario)
{
	struct baton_trace_vm *table = heap_zeroed(scenario->vm_count, sizeof(*table));

	for (size_t i = 0; i < scenario->vm_count; i++) {
		table[i].entity = (uint32_t)i;
		table[i].mode = scenario->vms[i].mode;
		table[i].weight = scenario->vms[i].share;
		strncpy(table[i].name, scenario->vms[i].name, BATON_TRACE_NAME_MAX);
	}
	put(trace, table, scenario->vm_count * sizeof(*table));
	free(table);
}

void trace_file_begin(struct trace_file *trace, const struct scenario *scenario,
		      const char *policy)
{
	struct baton_trace_header header = {
		.byte_order = BATON_TRACE_BYTE_ORDER,
		.version = BATON_TRACE_VERSION,
		.record_size = BATON_TRACE_RECORD_SIZE,
		.header_size = sizeof(header),
		.vm_size = sizeof(struct baton_trace_vm),
		.vm_count = (uint32_t)scenario->vm_count,
		.capacity = (uint32_t)scenario->vm_count,
		.slice_ns = scenario->quantum_ns,
		.seed = scenario->seed,
		.burst = (uint32_t)scenario->burst,
		.began_s = (uint64_t)time(NULL),
	};

	if (!trace->path)
		return;
	memcpy(header.magic, BATON_TRACE_MAGIC, sizeof(header.magic));
	strncpy(header.policy, policy, BATON_TRACE_POLICY_MAX);
	(void)!ftruncate(trace->fd, 0); /* a pipe has no length */
	trace->begun = true;
	if (put(trace, &header, sizeof(header)))
		put_table(trace, scenario);
}

void trace_file_end(struct trace_file *trace, struct baton_host *host)
{
	struct baton_trace_record end = { .kind = BATON_TRACE_END, .entity = BATON_NOBODY };
	struct baton_trace_stats stats;

	if (!trace->path)
		return;
	baton_host_trace_flush(host);
	baton_host_trace(host, &stats);
	trace->lost = stats.lost;
	end.a = trace->records;
	end.b = trace->lost;
	end.at_ns = trace->last_ns;
	put(trace, &end, sizeof(end));
}

enum status trace_file_report(const struct trace_file *trace)
{
	if (!trace->path)
		return STATUS_MET;
	if (trace->error) {
		fprintf(stderr, "baton run: cannot write %s: %s; it has the first %s records of %s\n",
			trace->path, strerror(trace->error), units_count(trace->records).text,
			units_count(trace->records + trace->lost).text);
		return STATUS_USAGE;
	}
	if (trace->lost)
		fprintf(stderr, "baton run: %s is full: the first %s records of %s are in its %s; "
			"a larger --trace-size takes more\n", trace->path,
			units_count(trace->records).text, units_count(trace->records + trace->lost).text,
			units_size(trace->size).text);
	return STATUS_MET;
}
