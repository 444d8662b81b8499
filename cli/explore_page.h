/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explore_page.h - how the page of explore_html.h looks, and what its keys do.
 */
#ifndef BATON_CLI_EXPLORE_PAGE_H
#define BATON_CLI_EXPLORE_PAGE_H

extern const char explore_page_style[];	 /* CSS */
extern const char explore_page_script[]; /* without it, nothing is missing but the keys */

#endif
