/* SPDX-License-Identifier: Apache-2.0 */
/*
 * without-paging32.c - the command over the fake KVM, one that has no 32-bit paging: what
 * it says there is the same on every machine.
 */
#include "fake.h"

int baton_main(int argc, char **argv); /* main() of cli/main.c */

int main(int argc, char **argv)
{
	fake_reset();
	fake.no_paging32 = true;
	return baton_main(argc, argv);
}
