/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_reader.c - typed, located access to libyaml's document tree.
 *
 * The tree may share nodes, and by way of aliases even contain itself; nothing
 * here recurses over it on its own, so the depth is that of the caller's tables.
 */
#include "yaml_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "units.h"

#define LIST_ROOM     320  /* for "a, b or c" in a message */
#define LONGEST_FOUND 44   /* bytes of a wrong value that a message repeats */
#define MOST_PAIRS    4096 /* of a mapping with free keys */

struct place yaml_place(const yaml_node_t *node)
{
	return (struct place){
		.line = (unsigned)node->start_mark.line + 1,
		.column = (unsigned)node->start_mark.column + 1,
	};
}

int yaml_fail(struct yaml_reader *reader, const yaml_node_t *node, const char *format, ...)
{
	struct yaml_error *error = reader->error;
	va_list args;

	error->at = yaml_place(node);
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
}

/* ---------------------------------------------------------------- loading */

/* libyaml gives a fault of the encoding as an offset, and all others as a mark. */
static void locate(const yaml_parser_t *parser, const char *bytes, size_t size, struct place *at)
{
	size_t end = parser->problem_offset < size ? parser->problem_offset : size;

	if (parser->error != YAML_READER_ERROR) {
		at->line = (unsigned)parser->problem_mark.line + 1;
		at->column = (unsigned)parser->problem_mark.column + 1;
		return;
	}
	at->line = at->column = 1;
	for (size_t i = 0; i < end; i++) {
		at->column++;
		if (bytes[i] == '\n') {
			at->line++;
			at->column = 1;
		}
	}
}

static int fail_parse(const yaml_parser_t *parser, const void *bytes, size_t size,
		      struct yaml_error *error)
{
	locate(parser, bytes, size, &error->at);
	snprintf(error->text, sizeof(error->text), "not YAML: %s%s%s; expected a scenario",
		 parser->context ? parser->context : "", parser->context ? ", " : "",
		 parser->problem ? parser->problem : "out of memory");
	return -EINVAL;
}

/* There must be no second document, since nobody would read it. */
static int check_end(struct yaml_reader *reader, yaml_parser_t *parser, const void *bytes,
		     size_t size)
{
	yaml_document_t second;
	yaml_node_t *root;
	int result = 0;

	if (!yaml_parser_load(parser, &second))
		return fail_parse(parser, bytes, size, reader->error);
	root = yaml_document_get_root_node(&second);
	if (root)
		result = yaml_fail(reader, root, "a second document; expected one");
	yaml_document_delete(&second);
	return result;
}

int yaml_reader_init(struct yaml_reader *reader, const void *bytes, size_t size,
		     struct yaml_error *error)
{
	yaml_parser_t parser;
	int result;

	reader->error = error;
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_input_string(&parser, bytes, size);
	if (!yaml_parser_load(&parser, &reader->document)) {
		result = fail_parse(&parser, bytes, size, error);
	} else if (!yaml_document_get_root_node(&reader->document)) {
		yaml_document_delete(&reader->document);
		error->at = (struct place){ 1, 1 };
		snprintf(error->text, sizeof(error->text), "nothing there; expected a scenario");
		result = -EINVAL;
	} else {
		result = check_end(reader, &parser, bytes, size);
		if (result)
			yaml_document_delete(&reader->document);
	}
	yaml_parser_delete(&parser);
	return result;
}

void yaml_reader_fini(struct yaml_reader *reader)
{
	yaml_document_delete(&reader->document);
}

const yaml_node_t *yaml_root(struct yaml_reader *reader)
{
	return yaml_document_get_root_node(&reader->document);
}

/* ---------------------------------------------------------------- scalars */

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

/* A tag asks for a type that the tables do not know. */
static int check_tag(struct yaml_reader *reader, const yaml_node_t *node)
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
	int error = check_tag(reader, node);

	if (error)
		return error;
	if (node->type != YAML_SCALAR_NODE || !node->data.scalar.length)
		return yaml_fail(reader, node, "%s is %s; expected %s", what, yaml_describe(node).text,
				 expected);
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
		return yaml_fail(reader, node, "%s %s %s; expected %s", what, yaml_describe(node).text,
				 wrong, expected);
	range->first = first;
	range->last = last;
	return 0;
}

int yaml_fail_unknown(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      suggest_word_fn words, const void *context)
{
	const char *text = (const char *)node->data.scalar.value;
	const char *meant = suggest(text, words, context);
	char list[LIST_ROOM];

	suggest_list(list, sizeof(list), words, context);
	return yaml_fail(reader, node, "%s %s is unknown; expected %s%s%s%s", what,
			 yaml_describe(node).text, list, meant ? " (did you mean \"" : "",
			 meant ? meant : "", meant ? "\"?)" : "");
}

int yaml_choice(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		suggest_word_fn words, const void *context, size_t *index)
{
	char list[LIST_ROOM];
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

/* --------------------------------------------------------------- mappings */

static const char *field_key(const void *fields, size_t i)
{
	return ((const struct yaml_field *)fields)[i].key;
}

static yaml_node_t *node_at(struct yaml_reader *reader, int index)
{
	return yaml_document_get_node(&reader->document, index);
}

const yaml_node_t *yaml_value(struct yaml_reader *reader, const yaml_node_t *mapping,
			      const char *key)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;

	if (mapping->type != YAML_MAPPING_NODE)
		return NULL;
	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *node = node_at(reader, pair->key);

		if (node->type == YAML_SCALAR_NODE &&
		    !strcmp((const char *)node->data.scalar.value, key))
			return node_at(reader, pair->value);
	}
	return NULL;
}

/* Quadratic, which the number of keys that fits into a scenario allows. */
static int check_keys(struct yaml_reader *reader, const yaml_node_t *mapping, const char *what,
		      const struct yaml_field *fields)
{
	const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
	const yaml_node_pair_t *first = pair;

	for (; pair < mapping->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = node_at(reader, pair->key);
		const char *text;
		size_t i = 0;
		int error = yaml_scalar(reader, key, "a key", "a word", &text);

		if (error)
			return error;
		while (fields && fields[i].key && strcmp(fields[i].key, text))
			i++;
		if (fields && !fields[i].key) {
			char name[96];

			snprintf(name, sizeof(name), "%s: key", what);
			return yaml_fail_unknown(reader, key, name, field_key, fields);
		}
		for (const yaml_node_pair_t *other = first; other < pair; other++) {
			const yaml_node_t *earlier = node_at(reader, other->key);

			if (!strcmp((const char *)earlier->data.scalar.value, text))
				return yaml_fail(reader, key,
						 "%s: key %s is there twice, first in line %u; "
						 "expected it once",
						 what, yaml_describe(key).text,
						 yaml_place(earlier).line);
		}
	}
	return 0;
}

static int check_mapping(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
			 const struct yaml_field *fields)
{
	char list[LIST_ROOM] = "names";
	int error = check_tag(reader, node);

	if (error)
		return error;
	if (node->type == YAML_MAPPING_NODE) {
		if (!fields && node->data.mapping.pairs.top - node->data.mapping.pairs.start >
				       MOST_PAIRS)
			return yaml_fail(reader, node, "%s has too many entries; expected at most "
					 "%d", what, MOST_PAIRS);
		return check_keys(reader, node, what, fields);
	}
	if (fields)
		suggest_list(list, sizeof(list), field_key, fields);
	return yaml_fail(reader, node, "%s is %s; expected a mapping of %s", what,
			 yaml_describe(node).text, list);
}

int yaml_read_mapping(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      const struct yaml_field *fields, void *object)
{
	int error = check_mapping(reader, node, what, fields);

	for (const struct yaml_field *field = fields; !error && field->key; field++) {
		const yaml_node_t *value = yaml_value(reader, node, field->key);

		if (value)
			error = field->read(reader, value, field, object);
		else if (field->required)
			error = yaml_fail(reader, node, "%s has no \"%s\"; expected one", what,
					  field->key);
	}
	return error;
}

int yaml_read_pairs(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		    int (*each)(struct yaml_reader *reader, const yaml_node_t *key,
				const yaml_node_t *value, void *object),
		    void *object)
{
	int error = check_mapping(reader, node, what, NULL);
	const yaml_node_pair_t *pair;

	if (error)
		return error;
	for (pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
		error = each(reader, node_at(reader, pair->key), node_at(reader, pair->value),
			     object);
		if (error)
			return error;
	}
	return 0;
}

int yaml_read_list(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, yaml_read_fn each, void *object)
{
	int error = check_tag(reader, node);
	const yaml_node_item_t *item;
	size_t count;

	if (error)
		return error;
	if (node->type != YAML_SEQUENCE_NODE)
		return yaml_fail(reader, node, "%s is %s; expected a list", field->key,
				 yaml_describe(node).text);
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count < field->min || count > field->max)
		return yaml_fail(reader, node, "%s has %zu items; expected %llu to %llu", field->key,
				 count, (unsigned long long)field->min,
				 (unsigned long long)field->max);
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		error = each(reader, node_at(reader, *item), field, object);
		if (error)
			return error;
	}
	return 0;
}
