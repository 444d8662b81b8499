/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - a guest's death, as a person wants to read it.
 */
#ifndef BATON_CLI_EXPLAIN_H
#define BATON_CLI_EXPLAIN_H

struct baton_vm;
struct terminal;

/*
 * Prints the most likely cause, what to change, the guilty instruction, the
 * registers and the last exits. Nothing for a VM that is not dead.
 */
void explain_death(const struct baton_vm *vm, const struct terminal *terminal);

#endif
