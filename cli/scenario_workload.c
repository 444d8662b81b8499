/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_workload.c - the key `workload` of a VM: a shape by its name, or a mapping that
 * begins with a shape and says what is different.
 */
#include <errno.h>
#include <stddef.h>

#include "workload.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

const char *workload_word(const void *none, size_t i)
{
	static const char *const words[WORKLOAD_SHAPES] = {
		[WORKLOAD_CPU] = "cpu",
		[WORKLOAD_EXITS] = "exits",
		[WORKLOAD_HALTING] = "halting",
		[WORKLOAD_MIXED] = "mixed",
	};

	return i < WORKLOAD_SHAPES ? words[i] : NULL;
}

void workload_take_shape(struct workload *workload, enum workload_shape shape)
{
	workload->shape = shape;
	workload->exit = workload->run = workload->sleep = (struct duration_range){ 0, 0 };
	if (shape == WORKLOAD_EXITS || shape == WORKLOAD_HALTING)
		workload->exit = (struct duration_range){ 20 * US, 200 * US };
	if (shape == WORKLOAD_HALTING) {
		workload->run = (struct duration_range){ 100 * US, 5 * MS };
		workload->sleep = (struct duration_range){ 1 * MS, 50 * MS };
	}
}

static int read_shape(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	size_t shape;
	int error = yaml_choice(reader, node, "workload", workload_word, NULL, &shape);

	if (!error)
		workload_take_shape(object, (enum workload_shape)shape);
	return error;
}

static int read_range(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	struct duration_range *range = (void *)((char *)object + field->offset);
	const char *text, *wrong;
	int error = yaml_scalar(reader, node, field->key, DURATION_RANGE, &text);

	if (error)
		return error;
	wrong = duration_range_read(text, range);
	if (!wrong && !range->high_ns)
		wrong = "is no time";
	if (wrong)
		error = yaml_fail(reader, node, "%s %s %s; expected " DURATION_RANGE, field->key,
				  yaml_describe(node).text, wrong);
	return error;
}

/* The shape comes first, and the rest overrides it. */
static const struct yaml_field workload_fields[] = {
	{ "shape", read_shape, 0, 0, 0, false },
	{ "exit", read_range, offsetof(struct workload, exit), 0, 0, false },
	{ "run", read_range, offsetof(struct workload, run), 0, 0, false },
	{ "sleep", read_range, offsetof(struct workload, sleep), 0, 0, false },
	{ "work", yaml_read_duration, offsetof(struct workload, work_ns), 1, 0, false },
	{ "leaves", yaml_read_duration, offsetof(struct workload, leaves_ns), 1, 0, false },
	{ 0 },
};

int workload_read(struct yaml_reader *reader, const yaml_node_t *node,
		  const struct yaml_field *field, void *object)
{
	struct workload *workload = (void *)((char *)object + field->offset);
	int error;

	if (node->type == YAML_SCALAR_NODE)
		return read_shape(reader, node, field, workload);
	error = yaml_read_mapping(reader, node, "workload", workload_fields, workload);
	if (!error && workload->shape == WORKLOAD_MIXED &&
	    (workload->exit.high_ns || workload->run.high_ns || workload->sleep.high_ns))
		return yaml_fail(reader, node, "workload mixed is several; expected no exit, run or "
				 "sleep beside it");
	if (!error && workload->sleep.high_ns && !workload->run.high_ns)
		return yaml_fail(reader, node, "workload sleeps and never begins to; expected a run "
				 "beside sleep");
	return error;
}
