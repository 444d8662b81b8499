/* SPDX-License-Identifier: Apache-2.0 */
/*
 * traffic.c - reads JSON lines of `baton run --format json` from stdin and recomputes
 * what was produced and consumed: that every item was consumed once, in the order
 * in which it was produced, and that a ring held what it said at each turn.
 *
 *	traffic [ITEMS]
 *
 * ITEMS is how many must have been consumed. Exit status 0, or 1 with a message.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What was produced, of one device; [0, consuming) was given away, [0, consumed) is done with. */
struct stream {
	json_int_t *items;
	size_t produced, consuming, consumed, room;
};

#define DEVICES 8

static unsigned long line;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "line %lu: %s\n", line, what);
	exit(1);
}

static void append(struct stream *s, json_int_t item)
{
	if (s->produced == s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->items = realloc(s->items, s->room * sizeof(*s->items));
		if (!s->items)
			abort();
	}
	s->items[s->produced++] = item;
}

/* Are these the items that follow the first `*at`? */
static void follow(const struct stream *s, const json_t *items, size_t *at, size_t end)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		if (*at == end)
			fail("an item that is not there");
		if (json_integer_value(json_array_get(items, i)) != s->items[(*at)++])
			fail("another item than was produced");
	}
}

/* A ring has no step in between: what is consumed was given at once. */
static void check_ring(const struct stream *s, const json_t *ring)
{
	size_t at = s->consumed;

	follow(s, ring, &at, s->produced);
	if (at != s->produced)
		fail("the ring lacks items");
}

static void check_event(struct stream *s, const char *event, const json_t *object)
{
	const json_t *items = json_object_get(object, "items");
	const json_t *ring = json_object_get(object, "ring");

	if (!json_is_array(items))
		fail("no items");
	if (!strcmp(event, "produced"))
		for (size_t i = 0; i < json_array_size(items); i++)
			append(s, json_integer_value(json_array_get(items, i)));
	else if (!strcmp(event, "consuming"))
		follow(s, items, &s->consuming, s->produced);
	else if (!strcmp(event, "consumed"))
		follow(s, items, &s->consumed, ring ? s->produced : s->consuming);
	else
		fail("an event that devices do not have");
	if (ring)
		check_ring(s, ring);
}

static void check_line(struct stream *streams, const char *text)
{
	json_t *object = json_loads(text, 0, NULL);
	const char *event = json_string_value(json_object_get(object, "event"));
	json_int_t device = json_integer_value(json_object_get(object, "device"));

	if (!event || !json_is_string(json_object_get(object, "vm")))
		fail("no event of a VM");
	if (json_object_get(object, "device")) {
		if (device < 0 || device >= DEVICES)
			fail("no such device");
		check_event(&streams[device], event, object);
	}
	json_decref(object);
}

int main(int argc, char **argv)
{
	struct stream streams[DEVICES] = { { 0 } };
	size_t consumed = 0, room = 0;
	char *text = NULL;

	while (line++, getline(&text, &room, stdin) > 0)
		check_line(streams, text);
	for (int i = 0; i < DEVICES; i++) {
		if (streams[i].consumed != streams[i].produced)
			fail("items that were never consumed");
		consumed += streams[i].consumed;
		free(streams[i].items);
	}
	free(text);
	if (argc > 1 && consumed != strtoul(argv[1], NULL, 10))
		fail("another number of items");
	return 0;
}
