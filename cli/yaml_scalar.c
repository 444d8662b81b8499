/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_scalar.c - the scalars of a document: texts, numbers, durations, sizes,
 * ranges, and words of which there are only some.
 */
#include <stdio.h>
#include <string.h>

#include "units.h"
#include "yaml_reader.h"

#define LONGEST_FOUND 44 /* bytes of a wrong value that a message repeats */

struct yaml_found yaml_describe(const yaml_node_t *node)
{
	const yaml_char_t *value = node->data.scalar.value;
	size_t size = node->data.scalar.length;
	size_t used = 0, shown = size;
	struct yaml_found found;

	if (node->type != YAML_SCALAR_NODE || !size) {
		snprintf(found.text, sizeof(found.text), "%s",
			 node->type == YAML_MAPPING_NODE    ? "a mapping"
			 : node->type == YAML_SEQUENCE_NODE ? "a list"
							    : "nothing");
		return found;
	}
	if (shown > LONGEST_FOUND) {
		shown = LONGEST_FOUND;
		while (shown && (value[shown] & 0xc0) == 0x80)
			shown--; /* whole UTF-8 characters only */
	}
	found.text[used++] = '"';
	for (size_t i = 0; i < shown; i++)
		found.text[used++] = value[i] < ' ' || value[i] == 0x7f ? '?' : (char)value[i];
	snprintf(found.text + used, sizeof(found.text) - used, "%s\"", shown < size ? "…" : "");
	return found;
}

int yaml_check_tag(struct yaml_reader *reader, const yaml_node_t *node)
{
	const char *usual = node->type == YAML_SCALAR_NODE    ? YAML_DEFAULT_SCALAR_TAG
			    : node->type == YAML_MAPPING_NODE ? YAML_DEFAULT_MAPPING_TAG
							      : YAML_DEFAULT_SEQUENCE_TAG;

	if (node->tag && strcmp((const char *)node->tag, usual))
		return yaml_fail(reader, node, "a tag; expected a plain value");
	return 0;
}

int yaml_scalar(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		const char *expected, const char **text)
{
	const char *value = (const char *)node->data.scalar.value;
	int error = yaml_check_tag(reader, node);

	if (error)
		return error;
	if (node->type != YAML_SCALAR_NODE || !node->data.scalar.length)
		return yaml_fail(reader, node, "%s is %s; expected %s", what,
				 yaml_describe(node).text, expected);
	if (strlen(value) != node->data.scalar.length)
		return yaml_fail(reader, node, "%s holds a NUL character; expected %s", what,
				 expected);
	*text = value;
	return 0;
}

/* A scalar that is not text: "70" in quotes is not the number 70. */
static int plain(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		 const char *expected, const char **text)
{
	int error = yaml_scalar(reader, node, what, expected, text);

	if (!error && node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return yaml_fail(reader, node, "%s is the text %s; expected %s, without quotes",
				 what, yaml_describe(node).text, expected);
	return error;
}

struct quantity {
	const char *(*read)(const char *text, uint64_t *value);
	const char *expected;
	struct units_text (*write)(uint64_t value);
};

static struct units_text write_number(uint64_t value)
{
	struct units_text text;

	snprintf(text.text, sizeof(text.text), "%llu", (unsigned long long)value);
	return text;
}

/* "a whole number from 1 to 9", or only one end of that, or none. */
static void say_range(char *text, size_t size, const struct quantity *quantity,
		      const struct yaml_field *field)
{
	if (field->max)
		snprintf(text, size, "%s from %s to %s", quantity->expected,
			 quantity->write(field->min).text, quantity->write(field->max).text);
	else if (field->min)
		snprintf(text, size, "%s, at least %s", quantity->expected,
			 quantity->write(field->min).text);
	else
		snprintf(text, size, "%s", quantity->expected);
}

static int read_quantity(struct yaml_reader *reader, const yaml_node_t *node,
			 const struct yaml_field *field, const struct quantity *quantity,
			 void *object)
{
	const char *text, *wrong;
	char expected[128];
	uint64_t value;
	int error;

	say_range(expected, sizeof(expected), quantity, field);
	error = plain(reader, node, field->key, expected, &text);
	if (error)
		return error;
	wrong = quantity->read(text, &value);
	if (!wrong && value < field->min)
		wrong = "is too small";
	if (!wrong && field->max && value > field->max)
		wrong = "is too large";
	if (wrong)
		return yaml_fail(reader, node, "%s %s %s; expected %s", field->key,
				 yaml_describe(node).text, wrong, expected);
	*(uint64_t *)((char *)object + field->offset) = value;
	return 0;
}

int yaml_read_number(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object)
{
	static const struct quantity number = { units_read_number, UNITS_NUMBER, write_number };

	return read_quantity(reader, node, field, &number, object);
}

int yaml_read_duration(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object)
{
	static const struct quantity duration = {
		units_read_duration, UNITS_DURATION, units_duration
	};

	return read_quantity(reader, node, field, &duration, object);
}

int yaml_read_size(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *object)
{
	static const struct quantity bytes = { units_read_size, UNITS_SIZE, units_size };

	return read_quantity(reader, node, field, &bytes, object);
}

int yaml_read_bool(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *object)
{
	bool *to = (bool *)((char *)object + field->offset);
	const char *text;
	int error = plain(reader, node, field->key, "true or false", &text);

	if (error)
		return error;
	if (strcmp(text, "true") && strcmp(text, "false"))
		return yaml_fail(reader, node, "%s is %s; expected true or false", field->key,
				 yaml_describe(node).text);
	*to = !strcmp(text, "true");
	return 0;
}

int yaml_read_range(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		    const char *expected, struct yaml_range *range)
{
	const char *text, *dots, *wrong = NULL;
	uint64_t first = 0, last = UINT64_MAX;
	char number[24] = "";
	int error = plain(reader, node, what, expected, &text);

	if (error)
		return error;
	dots = strstr(text, "..");
	if (dots && (size_t)(dots - text) >= sizeof(number))
		wrong = "is too long";
	else if (dots)
		memcpy(number, text, (size_t)(dots - text));
	if (!wrong)
		wrong = units_read_number(dots ? number : text, &first);
	if (!dots)
		last = first;
	else if (!wrong && dots[2])
		wrong = units_read_number(dots + 2, &last);
	if (!wrong && last < first)
		wrong = "ends before it begins";
	if (wrong)
		return yaml_fail(reader, node, "%s %s %s; expected %s", what,
				 yaml_describe(node).text, wrong, expected);
	range->first = first;
	range->last = last;
	return 0;
}

int yaml_fail_unknown(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      suggest_word_fn words, const void *context)
{
	const char *text = (const char *)node->data.scalar.value;
	const char *meant = suggest(text, words, context);
	char list[YAML_LIST_ROOM];

	suggest_list(list, sizeof(list), words, context);
	return yaml_fail(reader, node, "%s %s is unknown; expected %s%s%s%s", what,
			 yaml_describe(node).text, list, meant ? " (did you mean \"" : "",
			 meant ? meant : "", meant ? "\"?)" : "");
}

int yaml_choice(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		suggest_word_fn words, const void *context, size_t *index)
{
	char list[YAML_LIST_ROOM];
	const char *text, *word;
	int error;

	suggest_list(list, sizeof(list), words, context);
	error = yaml_scalar(reader, node, what, list, &text);
	if (error)
		return error;
	for (size_t i = 0; (word = words(context, i)); i++) {
		if (!strcmp(word, text)) {
			*index = i;
			return 0;
		}
	}
	return yaml_fail_unknown(reader, node, what, words, context);
}
