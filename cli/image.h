/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.h - finds image files and tells what mode they are for. It reads five
 * bytes of them at most; checking and loading is the library's.
 */
#ifndef BATON_CLI_IMAGE_H
#define BATON_CLI_IMAGE_H

#include "baton/baton.h"

/*
 * The path of an image: in `folder`, then in Baton's guest folder; as it is
 * when absolute. The caller frees it. NULL when it is in neither.
 */
char *image_find(const char *folder, const char *name);

/* The name in `folder`, or among Baton's guests, that comes closest; the caller frees it. */
char *image_suggest(const char *folder, const char *name);

/*
 * The mode that an image is most likely for: ELF64 long, ELF32 protected, else
 * real. 0 or the negative errno of reading it.
 */
int image_mode(const char *path, enum baton_mode *mode);

#endif
