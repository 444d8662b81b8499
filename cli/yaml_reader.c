/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_reader.c - located access to the mappings and lists of libyaml's tree.
 *
 * The tree may share nodes, and by way of aliases even contain itself; nothing
 * here recurses over it on its own, so the depth is that of the caller's tables.
 */
#include "yaml_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MOST_PAIRS 4096 /* of a mapping with free keys */

struct place yaml_place(const yaml_node_t *node)
{
	return (struct place){
		.line = (unsigned)node->start_mark.line + 1,
		.column = (unsigned)node->start_mark.column + 1,
	};
}

int yaml_fail_at(struct yaml_error *error, struct place at, const char *format, ...)
{
	va_list args;

	error->at = at;
	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -EINVAL;
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
	char list[YAML_LIST_ROOM] = "names";
	int error = yaml_check_tag(reader, node);

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
	int error = yaml_check_tag(reader, node);
	const yaml_node_item_t *item;
	size_t count;

	if (error)
		return error;
	if (node->type != YAML_SEQUENCE_NODE)
		return yaml_fail(reader, node, "%s is %s; expected a list", field->key,
				 yaml_describe(node).text);
	count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (count < field->min || count > field->max)
		return yaml_fail(reader, node, "%s has %zu items; expected %llu to %llu",
				 field->key, count, (unsigned long long)field->min,
				 (unsigned long long)field->max);
	for (item = node->data.sequence.items.start; item < node->data.sequence.items.top; item++) {
		error = each(reader, node_at(reader, *item), field, object);
		if (error)
			return error;
	}
	return 0;
}
