/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start.c - whole processes: from exec to a guest's greeting and the process's end.
 *
 * `start` sets `baton run` beside examples/bare/simple-kvm, each with a guest that says
 * hello. `start-qemu` sets it beside QEMU's microvm, over one image: hello.S.
 * All programs are looked for beside this one, in the build.
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pairs.h"

struct command {
	const char *const *argv;
	int status; /* with which it ends if all is well */
};

struct commands {
	struct command floor, subject;
};

/* Runs it without input or output; how long it took. */
static double run(const struct command *c)
{
	posix_spawn_file_actions_t files;
	uint64_t begin = pairs_now();
	int error, status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	posix_spawn_file_actions_adddup2(&files, 0, 2);
	error = posix_spawnp(&pid, c->argv[0], &files, NULL, (char *const *)c->argv, environ);
	if (error)
		errx(4, "%s: %s", c->argv[0], strerror(error));
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	posix_spawn_file_actions_destroy(&files);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != c->status)
		errx(1, "%s ended with status 0x%x", c->argv[0], status);
	return (double)(pairs_now() - begin);
}

static double floor_half(void *state)
{
	return run(&((struct commands *)state)->floor);
}

static double subject_half(void *state)
{
	return run(&((struct commands *)state)->subject);
}

/* A path in the build, in which this program is bench/measure. */
static const char *built(const char *name)
{
	char here[4096], *path;
	ssize_t length = readlink("/proc/self/exe", here, sizeof(here) - 1);

	if (length < 0)
		err(1, "/proc/self/exe");
	here[length] = '\0';
	for (int up = 0; up < 2; up++)
		*strrchr(here, '/') = '\0';
	if (asprintf(&path, "%s/%s", here, name) < 0)
		err(1, "out of memory");
	return path;
}

void start_bare(const struct pairs_limits *limits)
{
	const char *bare[] = { built("examples/simple-kvm"), "real", NULL };
	const char *baton[] = { built("baton"), "run", built("guest/hello.bin"), "--quiet", NULL };
	struct commands commands = { { bare, 0 }, { baton, 0 } };
	json_t *row = pairs_row("start");

	pairs_measure(limits, floor_half, subject_half, &commands, row);
	pairs_print(row);
}

void start_qemu(const struct pairs_limits *limits)
{
	const char *qemu[] = {
		"qemu-system-x86_64", "-M", "microvm", "-accel", "kvm", "-cpu", "host", "-m", "16M",
		"-no-user-config", "-nodefaults", "-display", "none", "-no-reboot",
		"-chardev", "stdio,id=out", "-device", "isa-debugcon,iobase=0xe9,chardev=out",
		"-device", "isa-debug-exit,iobase=0x10", "-kernel", built("bench/hello.elf"), NULL,
	};
	const char *baton[] = { built("baton"), "run", built("bench/hello.elf"), "--mode", "protected",
				"--memory", "2MiB", "--quiet", NULL };
	struct commands commands = { { qemu, 1 }, { baton, 0 } };
	json_t *row;

	if (system("command -v qemu-system-x86_64 >/dev/null")) {
		pairs_print(pairs_skipped("start-qemu", "there is no qemu-system-x86_64"));
		return;
	}
	row = pairs_row("start-qemu");
	pairs_measure(limits, floor_half, subject_half, &commands, row);
	pairs_print(row);
}
