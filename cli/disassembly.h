/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disassembly.h - the code around a guilty address.
 */
#ifndef BATON_CLI_DISASSEMBLY_H
#define BATON_CLI_DISASSEMBLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct baton_death;

#define DISASSEMBLY_BEFORE 3 /* instructions at most */
#define DISASSEMBLY_FROM   4 /* the guilty one and those behind it */

struct disassembly_line {
	uint64_t address;
	uint8_t bytes[16];
	size_t size;
	char text[208];
	bool guilty;
};

struct disassembly {
	struct disassembly_line lines[DISASSEMBLY_BEFORE + DISASSEMBLY_FROM];
	size_t count; /* 0 if the bytes at the address are no instruction */
};

/*
 * What stands before is shown as far as it is sure where its instructions begin:
 * between two known starts the bytes must decode without a rest. `starts` tells for
 * each of the death's bytes before whether an instruction is known to begin there.
 */
void disassemble(const struct baton_death *death, const bool *starts,
		 struct disassembly *disassembly);

/* One of the death's steps; `text` says so if it is no instruction, or no memory. */
void disassemble_step(const struct baton_death *death, uint32_t i, struct disassembly_line *line);

#endif
