/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exits_missing.c - one thing that is in the way after the other, each with its way out.
 */
#include "exits_missing.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heap.h"

static bool has(const char *root, const char *path)
{
	char *full = heap_print("%s%s", root, path);
	bool found = !access(full, F_OK);

	free(full);
	return found;
}

/* "none [integrity] confidentiality": the one in brackets holds. */
static void read_lockdown(const char *root, char *to, size_t size)
{
	char *path = heap_print("%s/sys/kernel/security/lockdown", root), line[128] = "";
	FILE *file = fopen(path, "re");
	const char *begin;

	free(path);
	to[0] = '\0';
	if (!file)
		return;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	begin = strchr(line, '[');
	if (begin && strncmp(begin, "[none]", 6))
		snprintf(to, size, "%.*s", (int)strcspn(begin + 1, "]\n"), begin + 1);
}

void exits_facts_read(const char *root, struct exits_facts *facts)
{
	facts->root = !geteuid();
	facts->pvm = has(root, "/sys/module/kvm_pvm");
	facts->hardware = has(root, "/sys/module/kvm_intel") || has(root, "/sys/module/kvm_amd");
	read_lockdown(root, facts->lockdown, sizeof(facts->lockdown));
}

static void item(FILE *to, const char *where, const char *what, const char *way)
{
	fprintf(to, "  %s: %s\n    → %s\n", where, what, way);
}

static void print_module(const struct exits_facts *facts, const struct baton_diag *diag, FILE *to)
{
	char what[256];

	if (!facts->root && strstr(diag->message, "only root")) {
		item(to, diag->where, diag->message, "as root: sudo baton exits");
		return;
	}
	snprintf(what, sizeof(what), "%.200s: the module baton_exits is not loaded", diag->message);
	if (facts->pvm && !facts->hardware) {
		item(to, diag->where, what, "it is for kvm_intel and kvm_amd: this KVM has no such exits");
		return;
	}
	item(to, diag->where, what, "for Linux 6.1, in Baton's source: sudo kmod/load");
	if (*facts->lockdown)
		item(to, "/sys/kernel/security/lockdown", facts->lockdown, "this kernel loads signed "
		     "modules only: sign it, or switch Secure Boot off");
}

static void print_trace(const struct exits_facts *facts, const struct baton_diag *diag, FILE *to)
{
	const char *way = "load the module instead";

	if (strstr(diag->message, "only root"))
		way = "as root: sudo baton exits";
	else if (strstr(diag->message, "not mounted"))
		way = "mount -t tracefs tracefs /sys/kernel/tracing";
	else if (facts->pvm && !facts->hardware)
		way = "baton run --kernel-exits shows what this KVM counts, of Baton's own VMs";
	else if (strstr(diag->message, "no KVM"))
		way = "modprobe kvm_intel, or kvm_amd; baton doctor says what this machine can do";
	else if (!strcmp(facts->lockdown, "confidentiality"))
		way = "a kernel locked down that far traces nothing: switch Secure Boot off";
	item(to, diag->where, diag->message, way);
}

void exits_missing_print(const struct exits_facts *facts,
			 const struct baton_diag diags[EXITS_SOURCES], FILE *to)
{
	fputs("baton exits: nobody counts exits here; expected the module baton_exits, or tracefs\n", to);
	print_module(facts, &diags[0], to);
	print_trace(facts, &diags[1], to);
}
