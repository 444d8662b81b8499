/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - from argv to a command: one table.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "baton/baton.h"
#include "cmd.h"
#include "status.h"
#include "suggest.h"

static int cmd_help(int argc, char **argv);

static const struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "run", "lets virtual machines take turns, and accounts for every exit", cmd_run },
	{ "lab", "runs one of the labs by name, or lists them", cmd_lab },
	{ "snapshot", "runs until a time, and writes what there is then into a file", cmd_snapshot },
	{ "explore", "takes VMs through every schedule there is, and shows one that breaks them", cmd_explore },
	{ "play", "you are the scheduler: move by move, through any schedule that there is", cmd_play },
	{ "trace", "what a run's trace says: each nanosecond, each exit, each decision", cmd_trace },
	{ "sim", "the same policies on a virtual clock, for up to millions of VMs", cmd_sim },
	{ "exits", "who leaves its guests why, of all VMs on this host", cmd_exits },
	{ "doctor", "what this machine's KVM can and cannot do, and how to mend it", cmd_doctor },
	{ "help", "says more about a command", cmd_help },
	{ NULL, NULL, NULL },
};

static const char *command_word(const void *none, size_t i)
{
	return commands[i].name;
}

static const struct command *find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

static int unknown(const char *name)
{
	const char *meant = suggest(name, command_word, NULL);

	fprintf(stderr, "baton: command \"%s\" is unknown%s%s%s; see baton help\n", name,
		meant ? " (did you mean \"" : "", meant ? meant : "", meant ? "\"?)" : "");
	return STATUS_USAGE;
}

static void print_overview(FILE *to, const char *self)
{
	fputs("Baton: virtual machines take turns on one thread, every exit accounted for.\n\n"
	      "usage: baton COMMAND [OPTION ...] [ARGUMENT ...]\n\n",
	      to);
	for (const struct command *c = commands; c->name; c++)
		fprintf(to, "  %-10s%s\n", c->name, c->summary);
	fprintf(to, "\nTry: %s run neo.bin:70 morpheus.bin:30 --for 3s\n", self);
}

/* `baton help COMMAND` is `baton COMMAND --help`. */
static int cmd_help(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_overview(stdout, "baton");
		return STATUS_MET;
	}
	c = find(argv[1]);
	if (!c)
		return unknown(argv[1]);
	return c->run(2, (char *[]){ argv[1], "--help", NULL });
}

/*
 * A standard stream that is closed would be the next file that is opened, and be written to.
 * What fails with a closed one fails with these, too.
 */
static void hold_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd ? O_RDONLY : O_WRONLY);
}

static int run(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_overview(stderr, argv[0]);
		return STATUS_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("baton %s\n", baton_version());
		return STATUS_MET;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_overview(stdout, argv[0]);
		return STATUS_MET;
	}
	c = find(argv[1]);
	return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}

/* What nobody could read was not said; commands that look after stdout themselves have done. */
int main(int argc, char **argv)
{
	int status;

	hold_standard_streams();
	signal(SIGXFSZ, SIG_IGN); /* a file that may grow no further: the write fails instead */
	status = run(argc, argv);
	errno = 0;
	if (!(fflush(stdout) || ferror(stdout)) || status != STATUS_MET)
		return status;
	fprintf(stderr, "baton: cannot write stdout: %s\n", strerror(errno ? errno : EIO));
	return STATUS_USAGE;
}
