/* SPDX-License-Identifier: Apache-2.0 */
/*
 * play_keys.c - termios(3), and the signals that must find the terminal as it was.
 *
 * It has mutable state at file scope, as interrupt.c has and for the same reason: a handler is
 * called with a number and nothing else.
 */
#include "play_keys.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "play.h"

#define ESCAPE	  '\033'
#define ESCAPE_MS 30 /* within which the rest of a key's sequence comes */

static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
static struct termios cooked, raw;
static sigset_t open_mask; /* the thread's, with which it waits for a key */
static struct play *played;

static void set(const struct termios *how)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, how);
}

static void end_process(int number)
{
	if (number == SIGINT && played->searches && !played->e->stop) {
		played->e->stop = true;
		return;
	}
	set(&cooked);
	signal(number, SIG_DFL);
	raise(number);
}

/* Ctrl-Z: the process stops here, and goes on here. */
static void stop_process(int number)
{
	int error = errno;

	set(&cooked);
	raise(SIGSTOP);
	set(&raw);
	errno = error;
}

static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, NULL);
}

static void show_again(int number)
{
}

int play_keys_begin(struct play *play)
{
	sigset_t held;

	if (tcgetattr(STDIN_FILENO, &cooked))
		return -errno;
	played = play;
	raw = cooked;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		handle(fatal[i], end_process);
	handle(SIGTSTP, stop_process);
	handle(SIGWINCH, show_again);
	/* These come while it waits for a key, and then the screen is shown again. */
	sigemptyset(&held);
	sigaddset(&held, SIGTSTP);
	sigaddset(&held, SIGWINCH);
	sigprocmask(SIG_BLOCK, &held, &open_mask);
	set(&raw);
	return 0;
}

void play_keys_end(void)
{
	set(&cooked);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		handle(fatal[i], SIG_DFL);
	handle(SIGTSTP, SIG_DFL);
	handle(SIGWINCH, SIG_DFL);
	sigprocmask(SIG_SETMASK, &open_mask, NULL);
}

/* The rest of a key that sends several characters. 0: that is no key of ours. */
static int rest_of_escape(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char c = 0;

	while (poll(&input, 1, ESCAPE_MS) > 0 && read(STDIN_FILENO, &c, 1) == 1)
		if (c >= '@' && c <= '~' && c != '[' && c != 'O')
			break;
	return c == 'A' || c == 'D' ? 'u' : c == 'B' || c == 'C' ? 'r' : 0;
}

int play_keys_next(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned char c;
	int key = 0;

	while (!key) {
		ssize_t got;

		if (ppoll(&input, 1, NULL, &open_mask) < 0 && errno == EINTR)
			return KEY_AGAIN;
		got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			return KEY_AGAIN;
		if (got != 1 || c == cooked.c_cc[VEOF])
			return KEY_END;
		key = c == ESCAPE ? rest_of_escape() : c;
	}
	return key;
}

bool play_keys_line(const char *question, char *text, size_t size)
{
	bool got;

	set(&cooked);
	printf("%s", question);
	fflush(stdout);
	got = fgets(text, (int)size, stdin);
	clearerr(stdin);
	set(&raw);
	text[got ? strcspn(text, "\n") : 0] = '\0';
	return got && *text;
}
