/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * abi.h - what a guest and its host agree on. For C and for assembly, on both
 * sides; it includes nothing, so that a freestanding guest can use it.
 *
 * Ending: HLT with interrupts off ends the guest; EAX is its status.
 */
#ifndef BATON_ABI_H
#define BATON_ABI_H

#define BATON_ABI_VERSION 1

/* Baton's calls are accesses to port BATON_CALL_BASE + number; the rows stand in hypercalls.def. */
#define BATON_CALL_BASE 0xBA00

/* The console's port by custom: one byte, OUT8. */
#define BATON_CONSOLE_PORT 0xE9

/*
 * Interrupts: a line, once raised, stays so until the guest takes the interrupt at
 * vector BATON_IRQ_VECTOR + line; of several, the lowest line first. There is no
 * controller to acknowledge to. HLT with interrupts on waits for one.
 */
#define BATON_IRQ_VECTOR 0x20
#define BATON_IRQ_LINES 16

/* Linear addresses at which a paged and a long guest finds its memory again. */
#define BATON_PAGED_OFFSET 0xC0000000
#define BATON_LONG_OFFSET 0xFFFFFFFF80000000

#ifdef __ASSEMBLER__
#define BATON_CALL(id, number, name, direction, fields, summary) \
	.set BATON_CALL_##id, BATON_CALL_BASE + number;
#else
enum baton_call {
#define BATON_CALL(id, number, name, direction, fields, summary) \
	BATON_CALL_##id = BATON_CALL_BASE + (number),
#endif
#include "hypercalls.def"
#undef BATON_CALL
#ifndef __ASSEMBLER__
};

/* Every field of a call's struct: 64 bits, whatever the guest's mode. Addresses are GPAs. */
typedef unsigned long long baton_field;

struct baton_call_time {
	baton_field ns; /* result */
};

struct baton_call_exits {
	baton_field total, in, out; /* results: all, by port IN, by port OUT */
};

struct baton_call_print {
	baton_field bytes; /* where they are */
	baton_field size;  /* at most BATON_PRINT_MAX */
};

#define BATON_PRINT_MAX 4096

/*
 * Files. A path is relative to the host's folder and cannot leave it. A result
 * below 0 (as a signed number) is a negated errno value of Linux.
 */
struct baton_call_open {
	baton_field path;  /* where its bytes are, without a NUL */
	baton_field size;  /* of the path, at most BATON_PATH_MAX */
	baton_field flags; /* BATON_OPEN_… */
	baton_field result; /* the file's number */
};

#define BATON_PATH_MAX	     1024
#define BATON_OPEN_READ	     1
#define BATON_OPEN_WRITE     2
#define BATON_OPEN_CREATE    4 /* if it is not there */
#define BATON_OPEN_TRUNCATE  8 /* if it is */
#define BATON_OPEN_APPEND    16 /* every write goes to the end */

struct baton_call_read {
	baton_field file;
	baton_field bytes;  /* where they go */
	baton_field size;   /* how many at most */
	baton_field result; /* how many there were; 0: the end */
};

struct baton_call_write {
	baton_field file;
	baton_field bytes;  /* where they are */
	baton_field size;   /* how many */
	baton_field result; /* how many were written */
};

struct baton_call_seek {
	baton_field file;
	baton_field offset; /* signed */
	baton_field whence; /* BATON_SEEK_… */
	baton_field result; /* the new position */
};

#define BATON_SEEK_SET	   0 /* from the beginning */
#define BATON_SEEK_CURRENT 1
#define BATON_SEEK_END	   2

struct baton_call_close {
	baton_field file;
	baton_field result; /* 0 */
};

/*
 * The VM's timer, of which it has one: setting it anew replaces what was set. What
 * is missed because the VM had no turn is made up by one interrupt, not by many.
 */
struct baton_call_timer {
	baton_field first_ns;  /* from now to the first interrupt; 0: none, the timer is off */
	baton_field period_ns; /* from each to the next, at least BATON_TIMER_MIN_NS; 0: once */
	baton_field line;      /* below BATON_IRQ_LINES */
};

#define BATON_TIMER_MIN_NS 100000

/* The bells of `ring` and `wait`: 0 to 31. A bell rings until somebody waits for it. */
#define BATON_BELLS 32

/* What does not hold, and where: "turn == 1 (peterson.c:30)". The guest dies of it. */
struct baton_call_assert {
	baton_field bytes; /* where they are */
	baton_field size;  /* at most BATON_ASSERT_MAX count */
};

#define BATON_ASSERT_MAX 120

/* What is to be read in a trace at this place: "begins to sort". Without one nothing happens. */
struct baton_call_label {
	baton_field bytes; /* where they are: ASCII, and what is none or cannot be seen becomes ? */
	baton_field size;  /* at most BATON_LABEL_MAX count */
};

#define BATON_LABEL_MAX 120

struct baton_call_choose {
	baton_field of;	    /* how many possibilities there are: 1 to 2^32 */
	baton_field choice; /* result: 0 or more, and below that */
};

/*
 * The sections of `enter` and `leave`: 0 to 31. They are a claim, and no lock: who enters
 * a section that another VM is in dies, since that was to be impossible.
 */
#define BATON_SECTIONS 32
#endif

#endif
