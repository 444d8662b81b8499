/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.h - a guest's death, as a person wants to read it.
 */
#ifndef BATON_CLI_EXPLAIN_H
#define BATON_CLI_EXPLAIN_H

struct baton_vm;
struct terminal;

/*
 * Prints the most likely cause and what to change; then the guilty instruction, the
 * registers, page-table walks, descriptors and the last exits. `path` is the VM's
 * image, which may have symbols, or NULL. Nothing for a VM that is not dead.
 */
void explain_death(const struct baton_vm *vm, const char *path, const struct terminal *terminal);

#endif
