/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_reader.h - reads a YAML document by a table of fields, and says of each
 * fault where it stands, what was found and what was expected.
 *
 * Nothing is guessed: an unknown key, a key given twice, a quoted number, a tag
 * or a second document is an error. The first error ends the reading.
 * It knows nothing of scenarios, and opens no file.
 *
 * Functions return 0, or -EINVAL with the reader's error set.
 */
#ifndef BATON_CLI_YAML_READER_H
#define BATON_CLI_YAML_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#include "suggest.h"

/* Where something stands in a file, counted from 1; zero: not in a file. */
struct place {
	unsigned line, column;
};

struct yaml_error {
	struct place at;
	char text[640];
};

struct yaml_reader {
	yaml_document_t document;
	struct yaml_error *error; /* the caller's */
};

struct yaml_field;

/* Reads `node` into `object`, mostly into its member at field->offset. */
typedef int (*yaml_read_fn)(struct yaml_reader *reader, const yaml_node_t *node,
			    const struct yaml_field *field, void *object);

/* One key of a mapping. A key of NULL ends a table. */
struct yaml_field {
	const char *key;
	yaml_read_fn read;
	size_t offset;
	uint64_t min, max; /* of numbers, durations and sizes; max 0: UINT64_MAX */
	bool required;
};

/* Loads the one document in `bytes`; on success yaml_reader_fini() frees it. */
int yaml_reader_init(struct yaml_reader *reader, const void *bytes, size_t size,
		     struct yaml_error *error);
void yaml_reader_fini(struct yaml_reader *reader);
const yaml_node_t *yaml_root(struct yaml_reader *reader);

struct place yaml_place(const yaml_node_t *node);

/* Room for "a, b or c" in a message. */
#define YAML_LIST_ROOM 320

/* Fails if the node has a tag: that asks for a type which no table knows. */
int yaml_check_tag(struct yaml_reader *reader, const yaml_node_t *node);

/* Records the error, at `node`. Returns -EINVAL. */
__attribute__((format(printf, 3, 4)))
int yaml_fail(struct yaml_reader *reader, const yaml_node_t *node, const char *format, ...);

/* The same where a place is known, or none. */
__attribute__((format(printf, 3, 4)))
int yaml_fail_at(struct yaml_error *error, struct place at, const char *format, ...);

/*
 * Reads a mapping: the values in the order of `fields`, whatever the order in
 * the file, so that a field may refer to what an earlier one read. `what` names
 * the mapping in messages ("a VM").
 */
int yaml_read_mapping(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      const struct yaml_field *fields, void *object);

/* The value of `key` in a mapping, or NULL. */
const yaml_node_t *yaml_value(struct yaml_reader *reader, const yaml_node_t *mapping,
			      const char *key);

/* Calls `each` for the items of a list that has `min` to `max` of them. */
int yaml_read_list(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, yaml_read_fn each, void *object);

/* Calls `each` for the pairs of a mapping with free keys; all keys are scalars, and differ. */
int yaml_read_pairs(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		    int (*each)(struct yaml_reader *reader, const yaml_node_t *key,
				const yaml_node_t *value, void *object),
		    void *object);

/* What stands at a node, for messages: quoted, short, and without control characters. */
struct yaml_found {
	char text[64];
};
struct yaml_found yaml_describe(const yaml_node_t *node);

/*
 * The text of a scalar, quoted or not, without NUL bytes; `what` names it in
 * messages, `expected` says what it should be. Owned by the document.
 */
int yaml_scalar(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		const char *expected, const char **text);

/* A scalar that is one of `words`; its index. */
int yaml_choice(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		suggest_word_fn words, const void *context, size_t *index);

/* "7", "3..5" (both included) or "3..": a last of UINT64_MAX is no end. */
struct yaml_range {
	uint64_t first, last;
};
int yaml_read_range(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		    const char *expected, struct yaml_range *range);

/* Fails with "WHAT "FOUND" is unknown; expected A, B or C (did you mean "B"?)". */
int yaml_fail_unknown(struct yaml_reader *reader, const yaml_node_t *node, const char *what,
		      suggest_word_fn words, const void *context);

/* Ready-made functions for tables; the members are uint64_t, bool and char * (allocated). */
int yaml_read_number(struct yaml_reader *reader, const yaml_node_t *node,
		     const struct yaml_field *field, void *object);
int yaml_read_duration(struct yaml_reader *reader, const yaml_node_t *node,
		       const struct yaml_field *field, void *object);
int yaml_read_size(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *object);
int yaml_read_bool(struct yaml_reader *reader, const yaml_node_t *node,
		   const struct yaml_field *field, void *object);

#endif
