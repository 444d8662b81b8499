/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_show.h - where everything stands in a play, and what has led there, as text.
 */
#ifndef BATON_CLI_PLAY_SHOW_H
#define BATON_CLI_PLAY_SHOW_H

#include "play.h"
#include "terminal.h"

/*
 * Who stands where and can be moved by what key, shared memory, sections, and what is to be said of it;
 * `width` columns wide, if that can be, and from 160 on with nothing cut. Colours are those of `terminal`.
 */
void play_show(struct play *play, const struct terminal *terminal, size_t width, FILE *to);

/* The moves that were made. */
void play_show_list(struct play *play, FILE *to);

#endif
