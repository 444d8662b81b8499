/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_keys.h - keys of the terminal at standard input, one by one and unseen.
 *
 * The terminal is put back by play_keys_end(), by a signal that ends the process, and while it is
 * stopped. It is for one play at a time.
 */
#ifndef BATON_CLI_PLAY_KEYS_H
#define BATON_CLI_PLAY_KEYS_H

#include <stdbool.h>
#include <stddef.h>

struct play;

/* Besides characters; and arrows are 'u' and 'r'. */
#define KEY_AGAIN (-2) /* what is on the screen may not be: show it again */
#define KEY_END	  (-1)

/* While the play searches, the first SIGINT ends the search alone. 0 or -errno. */
int play_keys_begin(struct play *play);
void play_keys_end(void);

/* The next key. */
int play_keys_next(void);

/* A line, seen and edited, after a question. False: none. */
bool play_keys_line(const char *question, char *text, size_t size);

#endif
