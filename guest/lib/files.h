/* SPDX-License-Identifier: 0BSD */
/*
 * files.h - files of the folder that the scenario names (device `files`). Each is
 * one exit. Results below 0 are errors: Linux's numbers, negated.
 */
#ifndef FILES_H
#define FILES_H

#include "guest.h"

/* Opens a file: BATON_OPEN_… flags. Its number, or an error. */
int file_open(const char *path, unsigned flags);

/* Reads up to `size` bytes; how many there were, 0 at the end. */
int32_t file_read(int file, void *to, uint32_t size);

/* Writes; how many bytes were taken, which may be fewer. */
int32_t file_write(int file, const void *from, uint32_t size);

/* Moves the position: BATON_SEEK_…. The new one. */
int64_t file_seek(int file, int64_t offset, unsigned whence);

int file_close(int file);

#endif
