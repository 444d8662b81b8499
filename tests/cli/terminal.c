/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.c - `baton run` in front of a terminal: the progress line comes, is
 * erased before anything else is written, and Ctrl-C ends the run with a report. And
 * `baton play`, by its keys.
 *
 * usage: terminal BATON. The terminal is a pseudo-terminal, with the command's
 * session on it, so that Ctrl-C is the key and no signal of ours.
 */
#include "test.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE_MS 30000
#define CTRL_C	    "\003"

static const char *baton;

struct session {
	int master;
	pid_t child;
	char text[64 << 10]; /* all that has arrived */
	size_t size;
};

/* In the child: the pseudo-terminal becomes the terminal of a session of its own. */
static void begin_command(const char *slave, char *const *argv)
{
	int fd;

	setsid();
	fd = open(slave, O_RDWR);
	if (fd < 0 || ioctl(fd, TIOCSCTTY, 0))
		_exit(99);
	for (int to = 0; to < 3; to++)
		dup2(fd, to);
	execv(baton, argv);
	_exit(98);
}

static void begin(struct session *s, char *const *argv)
{
	memset(s, 0, sizeof(*s));
	s->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s->master < 0 || grantpt(s->master) || unlockpt(s->master)) {
		print_message("# no pseudo-terminals here\n");
		skip();
	}
	s->child = fork();
	if (!s->child)
		begin_command(ptsname(s->master), argv);
}

/* Reads until `part` has arrived, or the command is gone. Returns whether it has arrived. */
static bool await(struct session *s, const char *part)
{
	while (!part || !strstr(s->text, part)) {
		struct pollfd poll_master = { .fd = s->master, .events = POLLIN };
		ssize_t got;

		if (poll(&poll_master, 1, PATIENCE_MS) <= 0) {
			kill(s->child, SIGKILL);
			fail_msg("nothing came for %d s", PATIENCE_MS / 1000);
		}
		got = read(s->master, s->text + s->size, sizeof(s->text) - 1 - s->size);
		if (got <= 0)
			return false; /* EIO: the other side is closed */
		s->size += (size_t)got;
		s->text[s->size] = '\0';
	}
	return true;
}

/* Waits for the end. Returns the exit status. */
static int end(struct session *s)
{
	int status;

	await(s, NULL);
	close(s->master);
	assert_int_equal(waitpid(s->child, &status, 0), s->child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void contains(const struct session *s, const char *part)
{
	if (!strstr(s->text, part)) {
		fwrite(s->text, 1, s->size, stderr);
		fail_msg("no \"%s\" in what is above", part);
	}
}

/* On a terminal, lines of several VMs say whose they are; one VM's need not. */
static void lines_of_several_vms_have_names(void **state)
{
	char *two[] = { (char *)baton, "run", "hello.bin", "hello-long.elf", "--quiet", NULL };
	char *one[] = { (char *)baton, "run", "hello.bin", "--quiet", NULL };
	struct session s;

	begin(&s, two);
	assert_int_equal(end(&s), 0);
	contains(&s, "hello      │");
	contains(&s, " Hello from real mode!\r\n");
	contains(&s, "hello-long │");
	contains(&s, " Hello from long mode!\r\n");
	begin(&s, one);
	assert_int_equal(end(&s), 0);
	assert_string_equal(s.text, "Hello from real mode!\r\n");
}

static void progress_comes_and_is_erased(void **state)
{
	char *argv[] = { (char *)baton, "run", "neo.bin", "morpheus.bin", "--for", "1600ms", NULL };
	const char *last = NULL;
	struct session s;

	begin(&s, argv);
	assert_int_equal(end(&s), 0);
	contains(&s, " s of 1.6 s   neo ");
	for (const char *at = s.text; (at = strstr(at, " s of 1.6 s")); at++)
		last = at;
	last = strchr(last, '\033');
	if (strncmp(last, "\033[K\r\033[K", 7))
		fail_msg("the last progress line is not erased");
	contains(&s, "it balances");
}

static void short_runs_need_none(void **state)
{
	char *argv[] = { (char *)baton, "run", "neo.bin", "--for", "300ms", NULL };
	struct session s;

	begin(&s, argv);
	assert_int_equal(end(&s), 0);
	assert_null(strstr(s.text, "\033[K"));
	contains(&s, "it balances");
}

static void quiet_runs_have_none(void **state)
{
	char *argv[] = { (char *)baton, "run", "neo.bin", "--for", "1300ms", "--quiet", NULL };
	struct session s;

	begin(&s, argv);
	assert_int_equal(end(&s), 0);
	assert_string_equal(s.text, "");
}

static void ctrl_c_ends_a_run_with_its_report(void **state)
{
	char *argv[] = { (char *)baton, "run", "neo-b.bin", NULL };
	struct session s;

	begin(&s, argv);
	assert_true(await(&s, "neo-b 100.0 %"));
	assert_int_equal(write(s.master, CTRL_C, 1), 1);
	assert_int_equal(end(&s), 0);
	contains(&s, "It was stopped.");
	contains(&s, "it balances");
}

/* Rates stand in place of the last ones, cut at the screen's end; Ctrl-C ends them, with status 0. */
static void rates_are_redrawn_until_ctrl_c(void **state)
{
	char file[512], *argv[] = { (char *)baton, "exits", "--watch", "100ms", "--from", file, NULL };
	struct session s;

	snprintf(file, sizeof(file), "%s/tests/fuzz/corpus/exits/module-svm",
		 getenv("BATON_SOURCE_ROOT"));
	begin(&s, argv);
	assert_true(await(&s, "exits per second"));
	contains(&s, "\033[H\033[K\r\n  counting");
	s.size = 0;
	s.text[0] = '\0';
	assert_true(await(&s, "exits per second"));
	assert_int_equal(write(s.master, CTRL_C, 1), 1);
	assert_int_equal(end(&s), 0);
	contains(&s, "\033[H\033[K\r\n  0 exits per second");
}

static bool is_as_ever(const struct session *s)
{
	struct termios now;

	assert_int_equal(tcgetattr(s->master, &now), 0);
	return (now.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

/* Forgets what has arrived, sends keys, and waits until `last` has, and `part` before it. */
static void press(struct session *s, const char *keys, const char *part, const char *last)
{
	s->size = 0;
	s->text[0] = '\0';
	assert_int_equal(write(s->master, keys, strlen(keys)), strlen(keys));
	assert_true(await(s, last));
	contains(s, part);
}

static void begin_play(struct session *s, const char *lab)
{
	char file[512], *argv[] = { (char *)baton, "play", file, "--memory", "tso", NULL };

	snprintf(file, sizeof(file), "%s/labs/explore/%s", getenv("BATON_SOURCE_ROOT"), lab);
	begin(s, argv);
	assert_true(await(s, "after 0 moves"));
	assert_true(await(s, "q quit"));
}

/* Keys are commands, without a newline; and arrows are some. */
static void keys_play(void **state)
{
	struct session s;

	begin_play(&s, "peterson.yaml");
	assert_false(is_as_ever(&s));
	press(&s, "1", "lands in memory+0x0", "q quit");
	contains(&s, "after 1 move\033");
	press(&s, "A", "after 2 moves", "q quit");
	press(&s, "\033[A", "after 1 move\033", "q quit");
	press(&s, "\033[B", "after 2 moves", "q quit");
	press(&s, "l", "memory+0x0 ← 0x1 lands", "any key goes back");
	press(&s, "x", "after 2 moves", "q quit");
	press(&s, "x", "no command", "q quit");
	press(&s, ":undo 2\n", "after 0 moves", "q quit");
	assert_int_equal(write(s.master, "q", 1), 1);
	assert_int_equal(end(&s), 0);
}

static void a_choice_asks_for_a_digit(void **state)
{
	struct session s;

	begin_play(&s, "buffer-last-stays.yaml");
	press(&s, "1", "which one", " does it choose? ");
	press(&s, "1", "chooses 1 of 0 to 1", "q quit");
	assert_int_equal(write(s.master, "\004", 1), 1);
	assert_int_equal(end(&s), 0);
}

static void play_leaves_the_terminal_as_it_was(void **state)
{
	struct session s;
	int status;

	begin_play(&s, "peterson.yaml");
	assert_int_equal(write(s.master, CTRL_C, 1), 1);
	await(&s, NULL);
	assert_int_equal(waitpid(s.child, &status, 0), s.child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT && is_as_ever(&s));
	close(s.master);
	begin_play(&s, "peterson.yaml");
	kill(s.child, SIGTSTP);
	assert_int_equal(waitpid(s.child, &status, WUNTRACED), s.child);
	assert_true(WIFSTOPPED(status) && is_as_ever(&s));
	s.size = 0;
	s.text[0] = '\0';
	kill(s.child, SIGCONT);
	assert_true(await(&s, "q quit"));
	assert_false(is_as_ever(&s));
	kill(s.child, SIGTERM);
	assert_int_equal(waitpid(s.child, &status, 0), s.child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM && is_as_ever(&s));
	close(s.master);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_several_vms_have_names),
		cmocka_unit_test(progress_comes_and_is_erased),
		cmocka_unit_test(short_runs_need_none),
		cmocka_unit_test(quiet_runs_have_none),
		cmocka_unit_test(ctrl_c_ends_a_run_with_its_report),
		cmocka_unit_test(rates_are_redrawn_until_ctrl_c),
		cmocka_unit_test(keys_play),
		cmocka_unit_test(a_choice_asks_for_a_digit),
		cmocka_unit_test(play_leaves_the_terminal_as_it_was),
	};

	if (argc != 2)
		return 2;
	baton = argv[1];
	setenv("TERM", "xterm", 1);
	setenv("NO_COLOR", "1", 1);
	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
