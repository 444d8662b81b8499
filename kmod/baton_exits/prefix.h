/* SPDX-License-Identifier: GPL-2.0-only */
/* prefix.h - included first, everywhere: how lines in the kernel's log begin. */
#define pr_fmt(fmt) "baton_exits: " fmt
