/* SPDX-License-Identifier: 0BSD */
/*
 * guest.h - all that a guest has: ports, Baton's calls, a console, random numbers.
 *
 * The same header serves 16-, 32- and 64-bit guests. The build defines exactly
 * one of GUEST_REAL, GUEST_PROTECTED, GUEST_PAGED and GUEST_LONG. There is no C
 * library below it and no interrupt handler: a guest runs main(), and its
 * result becomes the status that the host sees.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdint.h>

#include <baton/abi.h>

/*
 * Guest memory appears in the linear address space at 0 and, where paging is
 * on, once more at GUEST_OFFSET. The guest is linked to run in the upper copy.
 */
#if defined(GUEST_REAL)
#define GUEST_MODE   "real"
#define GUEST_OFFSET 0
#define GUEST_LOW(a) (a)
#elif defined(GUEST_PROTECTED)
#define GUEST_MODE   "protected"
#define GUEST_OFFSET 0
#define GUEST_LOW(a) (a)
#elif defined(GUEST_PAGED)
#define GUEST_MODE   "paged"
#define GUEST_OFFSET BATON_PAGED_OFFSET
#define GUEST_LOW(a) ((a) >= GUEST_OFFSET ? (a) - GUEST_OFFSET : (a))
#elif defined(GUEST_LONG)
#define GUEST_MODE   "long"
#define GUEST_OFFSET BATON_LONG_OFFSET
#define GUEST_LOW(a) ((a) >= GUEST_OFFSET ? (a) - GUEST_OFFSET : (a))
#else
#error "define GUEST_REAL, GUEST_PROTECTED, GUEST_PAGED or GUEST_LONG"
#endif

/* The GPA of what a pointer points at, whichever copy of memory it means. */
static inline baton_field guest_gpa(const volatile void *pointer)
{
	uintptr_t address = (uintptr_t)pointer;

	return GUEST_LOW(address);
}

/* What main() returns is the guest's status; start.S and start-real.S halt with it. */
int main(void);

/* The word at GPA 0x400, where a host looks for a result. The linker scripts place it. */
extern volatile uint32_t guest_result;

/* ------------------------------------------------------------------- ports */

/*
 * One access is one exit. The host may read or write guest memory meanwhile, so
 * the compiler must not keep memory in registers across it.
 */
static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint16_t in16(uint16_t port)
{
	uint16_t value;

	__asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline uint32_t in32(uint16_t port)
{
	uint32_t value;

	__asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* ------------------------------------------------------------ Baton's calls */

/* The ABI that the host speaks; compare it with BATON_ABI_VERSION. */
static inline uint32_t baton_version(void)
{
	return in32(BATON_CALL_VERSION);
}

/* Ends this turn. The guest stays runnable. */
static inline void baton_yield(void)
{
	out32(BATON_CALL_YIELD, 0);
}

/* Lets the others run for at least so many microseconds. */
static inline void baton_sleep_us(uint32_t microseconds)
{
	out32(BATON_CALL_SLEEP, microseconds);
}

/* The number that the scenario gives this VM (`argument`). */
static inline uint32_t baton_argument(void)
{
	return in32(BATON_CALL_ARGUMENT);
}

/* Nanoseconds since this VM could first run. */
static inline uint64_t baton_time_ns(void)
{
	struct baton_call_time time;

	out32(BATON_CALL_TIME, (uint32_t)guest_gpa(&time));
	return time.ns;
}

/* How many exits this VM has had, this one included: all, by IN, by OUT. */
static inline struct baton_call_exits baton_exits(void)
{
	struct baton_call_exits exits;

	out32(BATON_CALL_EXITS, (uint32_t)guest_gpa(&exits));
	return exits;
}

/* Writes bytes to the console in one exit; at most BATON_PRINT_MAX. */
static inline void baton_print(const char *bytes, uint32_t size)
{
	struct baton_call_print print = { .bytes = guest_gpa(bytes), .size = size };

	out32(BATON_CALL_PRINT, (uint32_t)guest_gpa(&print));
}

/*
 * Has an interrupt sent on a line after so many nanoseconds, and then after each
 * period; a period of 0 is once, a first time of 0 turns it off. See interrupt.h.
 */
static inline void baton_timer(uint64_t first_ns, uint64_t period_ns, unsigned line)
{
	struct baton_call_timer timer = {
		.first_ns = first_ns, .period_ns = period_ns, .line = line,
	};

	out32(BATON_CALL_TIMER, (uint32_t)guest_gpa(&timer));
}

/* Rings a bell that VMs share (device `doorbell`): who waits for it wakes, now or later. */
static inline void baton_ring(uint32_t bell)
{
	out32(BATON_CALL_RING, bell);
}

/* Gives the turn away until that bell rings, unless it has rung since the last wait. */
static inline void baton_wait(uint32_t bell)
{
	out32(BATON_CALL_WAIT, bell);
}

/* A random number of the host's; the scenario's seed decides which. */
static inline uint32_t baton_random(void)
{
	return in32(BATON_CALL_RANDOM);
}

/* One of so many possibilities, from 0 on; the scenario's seed decides which. */
static inline uint32_t baton_choose(uint32_t of)
{
	struct baton_call_choose choose = { .of = of };

	out32(BATON_CALL_CHOOSE, (uint32_t)guest_gpa(&choose));
	return (uint32_t)choose.choice;
}

/* ------------------------------------------------------------------ claims */

/* Ends the guest: the report of its death has these words. */
static inline void baton_fail(const char *words, uint32_t size)
{
	struct baton_call_assert failed = { .bytes = guest_gpa(words), .size = size };

	out32(BATON_CALL_ASSERT, (uint32_t)guest_gpa(&failed));
}

/* What must hold; if it does not, the guest dies, and the report says what, and where. */
#define BATON_ASSERT(condition)                                        \
	do {                                                           \
		static const char words_[] = #condition BATON_HERE_;   \
                                                                       \
		if (!(condition))                                      \
			baton_fail(words_, sizeof(words_) - 1);        \
	} while (0)
#define BATON_HERE_	      " (" __FILE_NAME__ ":" BATON_TEXT_(__LINE__) ")"
#define BATON_TEXT_(number)   BATON_TEXT_2_(number)
#define BATON_TEXT_2_(number) #number

/*
 * Enters and leaves a section, 0 to 31, that one VM at a time may be in (device `section`).
 * This is a claim and no lock: who enters while another VM is there dies.
 */
static inline void baton_enter(uint32_t section)
{
	out32(BATON_CALL_ENTER, section);
}

static inline void baton_leave(uint32_t section)
{
	out32(BATON_CALL_LEAVE, section);
}

/*
 * Puts a text, a literal, into the trace that is being written, if one is: what comes next,
 * by name. At most BATON_LABEL_MAX bytes.
 */
#define baton_label(text) baton_say("" text, sizeof(text) - 1)

static inline void baton_say(const char *words, uint32_t size)
{
	struct baton_call_label label = { .bytes = guest_gpa(words), .size = size };

	out32(BATON_CALL_LABEL, (uint32_t)guest_gpa(&label));
}

/* ----------------------------------------------------------------- console */

/* Each character is one exit. */
void print_char(char c);
void print(const char *string);
void print_unsigned(unsigned long value);
void print_hex(unsigned long value);

/* ---------------------------------------------------------- random numbers */

/*
 * The next number of a sequence that its seed fixes (xorshift32, Marsaglia
 * 2003). The state must not be 0; then it never becomes 0. Not for secrets.
 */
static inline uint32_t random_next(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

/* A number from 0 to limit - 1; the remainder's bias is below limit / 2^32. */
static inline uint32_t random_below(uint32_t *state, uint32_t limit)
{
	return random_next(state) % limit;
}

#endif
