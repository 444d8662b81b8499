/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scenario_explore.c - `explore: {sc: verified, tso: violated}`, or what may come out:
 * `explore: {words: [0x40000], outcomes: {sc: [[0, 1, 2]]}}`, of which each has the statuses of
 * all VMs, then those words of shared memory.
 */
#include <stddef.h>
#include <stdlib.h>

#include "heap.h"
#include "scenario_yaml.h"

#define OUTCOMES_MAX 65536

static const char *verdict_word(const void *none, size_t i)
{
	static const char *const words[] = { "verified", "violated", "deadlock", "livelock" };

	return i < sizeof(words) / sizeof(*words) ? words[i] : NULL;
}

const char *scenario_memory_word(const void *none, size_t i)
{
	static const char *const words[SCENARIO_MEMORIES] = { "sc", "tso" };

	return i < SCENARIO_MEMORIES ? words[i] : NULL;
}

/* The offset is that of a text. */
static int read_verdict(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *object)
{
	const char **to = (const char **)((char *)object + field->offset);
	size_t i;
	int error = yaml_choice(reader, node, field->key, verdict_word, NULL, &i);

	if (!error)
		*to = verdict_word(NULL, i);
	return error;
}

static int add_number(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      uint64_t **numbers, size_t *count)
{
	const struct yaml_field field = { .key = what, .max = UINT32_MAX };
	uint64_t value;
	int error = yaml_read_number(reader, node, &field, &value);

	if (error)
		return error;
	*numbers = heap_grow(*numbers, *count, sizeof(**numbers));
	(*numbers)[(*count)++] = value;
	return 0;
}

static int read_word(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object)
{
	struct scenario_explore *explore = object;
	int error = add_number(reader, node, "the address of a word", &explore->words,
			       &explore->word_count);

	if (!error && explore->words[explore->word_count - 1] % 4)
		error = yaml_fail(reader, node, "the address of a word is no multiple of 4; expected one");
	return error;
}

static int read_words(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	((struct scenario_explore *)object)->words_at = yaml_place(node);
	return yaml_read_list(reader, node, field, read_word, object);
}

/* ----------------------------------------------------------------- outcomes */

static int read_value(struct yaml_reader *reader, const yaml_node_t *node,
		      const struct yaml_field *field, void *object)
{
	struct scenario_outcomes *outcomes = object;

	return add_number(reader, node, "a value of an outcome", &outcomes->values, &outcomes->count);
}

static int read_outcome(struct yaml_reader *reader, const yaml_node_t *node,
			const struct yaml_field *field, void *object)
{
	struct scenario_outcomes *outcomes = object;
	const struct yaml_field row = { .key = "an outcome", .min = outcomes->width,
					.max = outcomes->width };

	return yaml_read_list(reader, node, &row, read_value, object);
}

static int read_outcomes_of(struct yaml_reader *reader, const yaml_node_t *node,
			    const struct yaml_field *field, void *object)
{
	struct scenario_outcomes *outcomes = (void *)((char *)object + field->offset);

	outcomes->given = true;
	return yaml_read_list(reader, node, field, read_outcome, outcomes);
}

static const struct yaml_field outcomes_fields[] = {
	{ "sc", read_outcomes_of, offsetof(struct scenario_explore, outcomes[0]), 1, OUTCOMES_MAX, false },
	{ "tso", read_outcomes_of, offsetof(struct scenario_explore, outcomes[1]), 1, OUTCOMES_MAX, false },
	{ 0 },
};

static int read_outcomes(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, void *object)
{
	struct scenario_explore *explore = object;

	for (int i = 0; i < SCENARIO_MEMORIES; i++)
		explore->outcomes[i].width = explore->vm_count + explore->word_count;
	return yaml_read_mapping(reader, node, field->key, outcomes_fields, object);
}

/* ------------------------------------------------------------------ the whole */

/* How wide an outcome is has to be known first. */
static const struct yaml_field explore_fields[] = {
	{ "sc", read_verdict, offsetof(struct scenario_explore, verdicts[0]), 0, 0, false },
	{ "tso", read_verdict, offsetof(struct scenario_explore, verdicts[1]), 0, 0, false },
	{ "words", read_words, 0, 1, 64, false },
	{ "outcomes", read_outcomes, 0, 0, 0, false },
	{ 0 },
};

int scenario_read_explore(struct yaml_reader *reader, const yaml_node_t *node,
			  const struct yaml_field *field, void *object)
{
	struct scenario *scenario = object;

	scenario->explore.vm_count = scenario->vm_count;
	return yaml_read_mapping(reader, node, "explore", explore_fields, &scenario->explore);
}

void scenario_explore_fini(struct scenario_explore *explore)
{
	free(explore->words);
	for (int i = 0; i < SCENARIO_MEMORIES; i++)
		free(explore->outcomes[i].values);
}
