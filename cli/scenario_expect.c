/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_expect.c - how YAML spells what a run must bring about.
 */
#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "scenario_yaml.h"
#include "units.h"

/* Whose expectations are being read. */
struct expect_target {
	struct scenario *scenario;
	size_t vm, others;
};

static struct expectation *add(void *object, enum expectation_what what, const yaml_node_t *node)
{
	struct expect_target *target = object;
	struct scenario *scenario = target->scenario;
	struct expectation *e;

	scenario->expectations = heap_grow(scenario->expectations, scenario->expectation_count,
					   sizeof(*scenario->expectations));
	e = &scenario->expectations[scenario->expectation_count++];
	e->vm = target->vm;
	e->others = target->others;
	e->what = what;
	e->at = yaml_place(node);
	return e;
}

static const char *outcome_word(const void *none, size_t i)
{
	return i <= BATON_DEAD ? baton_outcome_name((enum baton_outcome)i) : NULL;
}

static const char *cause_word(const void *none, size_t i)
{
	return i < BATON_CAUSES ? baton_cause_name((enum baton_cause)i) : NULL;
}

static const char *end_word(const void *none, size_t i)
{
	return i <= BATON_RUN_OVER ? run_end_name((enum baton_run_end)i) : NULL;
}

static int read_outcome(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *object)
{
	size_t i;
	int error = yaml_choice(reader, node, field->key, outcome_word, NULL, &i);

	if (!error)
		add(object, EXPECT_OUTCOME, node)->outcome = (enum baton_outcome)i;
	return error;
}

/* The tolerance of "70 ± 0.3"; `text` stands behind the first number. */
static const char *tolerance_in(const char *text)
{
	static const char *const signs[] = { "±", "+-", "+/-" };

	text += strspn(text, " ");
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++) {
		size_t size = strlen(signs[i]);

		if (!strncmp(text, signs[i], size))
			return text + size + strspn(text + size, " ");
	}
	return NULL;
}

static int read_share(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	static const char expected[] = "per cent and tolerance, such as 70 ± 0.3";
	double percent, tolerance = 0;
	unsigned decimals, tolerance_decimals = 0;
	const char *text, *wrong, *behind;
	struct expectation *e;
	char first[24];
	size_t size;
	int error = yaml_scalar(reader, node, field->key, expected, &text);

	if (error)
		return error;
	size = strspn(text, "0123456789.-");
	if (size >= sizeof(first))
		return yaml_fail(reader, node, "%s %s is too long; expected %s", field->key,
				 yaml_describe(node).text, expected);
	memcpy(first, text, size);
	first[size] = '\0';
	wrong = units_read_percent(first, &percent, &decimals);
	behind = text[size] ? tolerance_in(text + size) : NULL;
	if (!wrong && text[size] && !behind)
		wrong = "has something else behind its number";
	if (!wrong && behind)
		wrong = units_read_percent(behind, &tolerance, &tolerance_decimals);
	if (wrong)
		return yaml_fail(reader, node, "%s %s %s; expected %s", field->key,
				 yaml_describe(node).text, wrong, expected);
	e = add(object, EXPECT_SHARE, node);
	e->share.percent = percent;
	e->share.tolerance = tolerance;
	e->share.decimals = decimals > tolerance_decimals ? decimals : tolerance_decimals;
	return 0;
}

/* The field says of what, in its minimum. */
static int read_count(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	struct yaml_range range;
	struct expectation *e;
	int error = yaml_read_range(reader, node, field->key, "a count such as 3, 3..5 or 3..",
				    &range);

	if (error)
		return error;
	if (field->max && (range.first > field->max ||
			   (range.last > field->max && range.last != UINT64_MAX)))
		return yaml_fail(reader, node, "%s %s is too large; expected at most %llu",
				 field->key, yaml_describe(node).text,
				 (unsigned long long)field->max);
	e = add(object, (enum expectation_what)field->min, node);
	e->count.least = range.first;
	e->count.most = range.last;
	return 0;
}

static int read_cause(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	size_t i;
	int error = yaml_choice(reader, node, field->key, cause_word, NULL, &i);

	if (!error)
		add(object, EXPECT_CAUSE, node)->cause = (enum baton_cause)i;
	return error;
}

static int read_word(struct yaml_reader *reader, const yaml_node_t *key, const yaml_node_t *value,
		     void *object)
{
	const struct yaml_field address = { .key = "address" };
	const struct yaml_field number = { .key = "word", .max = UINT32_MAX };
	struct expectation *e;
	uint64_t gpa, word;
	int error = yaml_read_number(reader, key, &address, &gpa);

	if (!error)
		error = yaml_read_number(reader, value, &number, &word);
	if (error)
		return error;
	e = add(object, EXPECT_MEMORY, key);
	e->memory.gpa = gpa;
	e->memory.word = (uint32_t)word;
	return 0;
}

static int read_memory(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	return yaml_read_pairs(reader, node, field->key, read_word, object);
}

/* The one text that may be empty. */
static int read_output(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	struct expectation *e;

	if (node->type != YAML_SCALAR_NODE)
		return yaml_fail(reader, node, "%s is no text; expected text", field->key);
	e = add(object, EXPECT_OUTPUT, node);
	e->output.size = node->data.scalar.length;
	e->output.bytes = heap_zeroed(e->output.size, 1);
	memcpy(e->output.bytes, node->data.scalar.value, e->output.size);
	return 0;
}

#define LONGEST_PATTERN 4096

/*
 * An extended regular expression for the whole output. Counts in braces are left
 * out: nested, they take more memory than any machine has.
 */
static int read_output_like(struct yaml_reader *reader, const yaml_node_t *node,
			    const struct yaml_field *field, void *object)
{
	static const char expected[] = "an extended regular expression without { and }";
	struct expectation *e;
	char *whole, why[80];
	const char *text;
	int error = yaml_scalar(reader, node, field->key, expected, &text);
	regex_t *compiled;

	if (error)
		return error;
	if (strlen(text) > LONGEST_PATTERN || strpbrk(text, "{}"))
		return yaml_fail(reader, node, "%s is too long, or has braces; expected %s of at "
				 "most %d bytes", field->key, expected, LONGEST_PATTERN);
	whole = heap_print("^(%s)$", text);
	compiled = heap_zeroed(1, sizeof(*compiled));
	error = regcomp(compiled, whole, REG_EXTENDED | REG_NOSUB);
	free(whole);
	if (error) {
		regerror(error, compiled, why, sizeof(why));
		free(compiled);
		return yaml_fail(reader, node, "%s is no regular expression: %s; expected %s",
				 field->key, why, expected);
	}
	e = add(object, EXPECT_OUTPUT_LIKE, node);
	e->pattern.text = heap_copy(text);
	e->pattern.compiled = compiled;
	return 0;
}

static int read_end(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *object)
{
	size_t i;
	int error = yaml_choice(reader, node, field->key, end_word, NULL, &i);

	if (!error)
		add(object, EXPECT_END, node)->end = (enum baton_run_end)i;
	return error;
}

static int read_lag(struct yaml_reader *reader, const yaml_node_t *node,
		    const struct yaml_field *field, void *object)
{
	static const char *const words[] = { "bound", NULL };
	size_t i;
	int error = yaml_choice(reader, node, field->key, suggest_array, words, &i);

	if (!error) {
		add(object, EXPECT_LAG, node);
		add(object, EXPECT_LATER_LAG, node);
	}
	return error;
}

static const struct yaml_field vm_fields[] = {
	{ "outcome", read_outcome, 0, 0, 0, false },
	{ "status", read_count, 0, EXPECT_STATUS, UINT32_MAX, false },
	{ "share", read_share, 0, 0, 0, false },
	{ "turns", read_count, 0, EXPECT_TURNS, 0, false },
	{ "exits", read_count, 0, EXPECT_EXITS, 0, false },
	{ "cause", read_cause, 0, 0, 0, false },
	{ "memory", read_memory, 0, 0, 0, false },
	{ "output", read_output, 0, 0, 0, false },
	{ "output_like", read_output_like, 0, 0, 0, false },
	{ 0 },
};

static const struct yaml_field host_fields[] = {
	{ "end", read_end, 0, 0, 0, false },
	{ "lag", read_lag, 0, 0, 0, false },
	{ 0 },
};

/* The VMs, and the host behind them. */
static const char *subject_word(const void *scenario, size_t i)
{
	const char *word = scenario_vm_word(scenario, i);

	return !word && (!i || scenario_vm_word(scenario, i - 1)) ? EXPECTATION_HOST_NAME : word;
}

static int read_vm(struct yaml_reader *reader, const yaml_node_t *key, const yaml_node_t *value,
		   void *object)
{
	struct scenario *scenario = object;
	struct expect_target target = { .scenario = scenario, .vm = EXPECTATION_HOST };
	struct scenario_vms vms;

	if (!strcmp((const char *)key->data.scalar.value, EXPECTATION_HOST_NAME))
		return yaml_read_mapping(reader, value, "expect of the host", host_fields, &target);
	if (!scenario_find(scenario, (const char *)key->data.scalar.value, &vms))
		return yaml_fail_unknown(reader, key, "VM", subject_word, scenario);
	target.vm = vms.first;
	target.others = vms.count - 1;
	return yaml_read_mapping(reader, value, "expect of a VM", vm_fields, &target);
}

int scenario_read_expect(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, void *object)
{
	return yaml_read_pairs(reader, node, field->key, read_vm, object);
}
