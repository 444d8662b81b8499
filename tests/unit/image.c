/* SPDX-License-Identifier: Apache-2.0 */
/*
 * image.c - guest images, good ones and every kind of broken one. What is refused
 * must be refused with a reason and must not have reached guest memory.
 */
#include "test.h"

#include <elf.h>
#include <unistd.h>

#include "vm/image.h"

#define SIZE  (UINT64_C(32) << 10)
#define LIMIT (UINT64_C(20) << 10) /* the image's space */

static struct baton__memory memory;

static int begin(void **state)
{
	return test_begin(state) || baton__memory_create(&memory, SIZE, NULL);
}

static int end(void **state)
{
	baton__memory_destroy(&memory);
	return test_end(state);
}

#define LOADS(function) cmocka_unit_test_setup_teardown(function, begin, end)

/* ------------------------------------------------------- making an image */

/* A segment, before it is put into the form of either class. */
struct part {
	uint64_t linear, gpa, file_size, size;
};

struct elf {
	uint8_t bytes[2048];
	size_t size;
	bool wide; /* ELF64 */
	size_t headers, header_size, data;
};

#define FILL(i) ((uint8_t)((i) * 7 + 1))

static Elf64_Phdr *wide_header(struct elf *e, unsigned i)
{
	return (Elf64_Phdr *)(e->bytes + e->headers) + i;
}

static Elf32_Phdr *narrow_header(struct elf *e, unsigned i)
{
	return (Elf32_Phdr *)(e->bytes + e->headers) + i;
}

/* A static executable with these segments, the data of each behind all headers. */
static void make(struct elf *e, bool wide, uint64_t entry, const struct part *parts, unsigned count)
{
	static const uint8_t ident[] = { 0x7F, 'E', 'L', 'F', 0, ELFDATA2LSB, EV_CURRENT };
	size_t at;

	memset(e, 0, sizeof(*e));
	e->wide = wide;
	e->headers = wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	e->header_size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	memcpy(e->bytes, ident, sizeof(ident));
	e->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	if (wide)
		*(Elf64_Ehdr *)e->bytes = (Elf64_Ehdr){
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_version = 1, .e_entry = entry,
			.e_phoff = e->headers, .e_ehsize = (Elf64_Half)e->headers,
			.e_phentsize = (Elf64_Half)e->header_size, .e_phnum = (Elf64_Half)count };
	else
		*(Elf32_Ehdr *)e->bytes = (Elf32_Ehdr){
			.e_type = ET_EXEC, .e_machine = EM_386, .e_version = 1,
			.e_entry = (Elf32_Addr)entry, .e_phoff = (Elf32_Off)e->headers,
			.e_ehsize = (Elf32_Half)e->headers,
			.e_phentsize = (Elf32_Half)e->header_size, .e_phnum = (Elf32_Half)count };
	memcpy(e->bytes, ident, sizeof(ident));
	e->bytes[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
	at = e->data = e->headers + count * e->header_size;
	for (unsigned i = 0; i < count; i++) {
		const struct part *p = &parts[i];

		if (wide)
			*wide_header(e, i) = (Elf64_Phdr){ .p_type = PT_LOAD, .p_offset = at,
				.p_vaddr = p->linear, .p_paddr = p->gpa,
				.p_filesz = p->file_size, .p_memsz = p->size };
		else
			*narrow_header(e, i) = (Elf32_Phdr){ .p_type = PT_LOAD,
				.p_offset = (Elf32_Off)at, .p_vaddr = (Elf32_Addr)p->linear,
				.p_paddr = (Elf32_Addr)p->gpa, .p_filesz = (Elf32_Word)p->file_size,
				.p_memsz = (Elf32_Word)p->size };
		for (uint64_t k = 0; k < p->file_size; k++)
			e->bytes[at + k] = FILL(k);
		at += p->file_size;
	}
	e->size = at;
}

static const struct part two_parts[] = {
	{ 0x1000, 0x1000, 100, 300 },
	{ 0x2000, 0x2000, 50, 50 },
};

static void make_usual(struct elf *e, bool wide)
{
	make(e, wide, 0x1010, two_parts, COUNT(two_parts));
}

/* ------------------------------------------------------ loading an image */

static struct baton_vm_config config_of(enum baton_mode mode, const void *bytes, size_t size)
{
	struct baton_vm_config c = BATON_VM_CONFIG;

	c.name = "guest";
	c.mode = mode;
	c.image = bytes;
	c.image_size = size;
	return c;
}

static int load(const struct baton_vm_config *c, struct baton__placement *place,
		struct baton_diag *diag)
{
	struct baton__image image;
	int error;

	diag->where[0] = diag->message[0] = 0;
	error = baton__image_open(c, diag, &image);
	if (error)
		return error;
	error = baton__image_load(&image, c, LIMIT, &memory, diag, place);
	baton__image_close(&image);
	return error;
}

static bool zero(uint64_t from, uint64_t to)
{
	static const uint8_t zeroes[SIZE];

	return !memcmp(memory.base + from, zeroes, to - from);
}

/* Refused: -EINVAL with words in which `word` occurs, and memory as it was. */
static void refused(const struct baton_vm_config *c, const char *word)
{
	struct baton__placement place = { 1, 2, 3 };
	struct baton_diag diag;

	assert_int_equal(load(c, &place, &diag), -EINVAL);
	assert_string_not_equal(diag.where, "");
	if (!strstr(diag.message, word))
		fail_msg("`%s` in: %s", word, diag.message);
	assert_true(zero(0, SIZE));
	assert_true(place.entry == 1 && place.first == 2 && place.end == 3);
}

static void refuse_elf(const struct elf *e, enum baton_mode mode, const char *word)
{
	struct baton_vm_config c = config_of(mode, e->bytes, e->size);

	refused(&c, word);
}

static void accept_elf(const struct elf *e, enum baton_mode mode)
{
	struct baton_vm_config c = config_of(mode, e->bytes, e->size);
	struct baton__placement place;
	struct baton_diag diag;

	if (load(&c, &place, &diag))
		fail_msg("refused: %s", diag.message);
	memset(memory.base, 0, SIZE);
}

/* ------------------------------------------------------------------- flat */

static void a_flat_image_goes_to_0_and_begins_there(void **state)
{
	struct baton_vm_config c = config_of(BATON_MODE_REAL, "\x90\x90\xF4", 3);
	struct baton__placement place;
	struct baton_diag diag;

	(void)state;
	assert_int_equal(load(&c, &place, &diag), 0);
	assert_memory_equal(memory.base, "\x90\x90\xF4", 3);
	assert_true(zero(3, SIZE));
	assert_true(place.entry == 0 && place.first == 0 && place.end == 3);
}

static void a_flat_image_goes_where_it_is_told(void **state)
{
	struct baton_vm_config c = config_of(BATON_MODE_PROTECTED, "\x90\x90\xF4", 3);
	struct baton__placement place;
	struct baton_diag diag;

	(void)state;
	c.load = LIMIT - 3;
	c.entry = 0x42;
	assert_int_equal(load(&c, &place, &diag), 0);
	assert_memory_equal(memory.base + LIMIT - 3, "\x90\x90\xF4", 3);
	assert_true(place.entry == 0x42 && place.first == LIMIT - 3 && place.end == LIMIT);
	assert_true(zero(0, LIMIT - 3) && zero(LIMIT, SIZE));
}

static void a_flat_image_beyond_its_space_is_refused(void **state)
{
	static const uint64_t loads[] = { LIMIT - 2, LIMIT, SIZE, UINT64_MAX - 1, UINT64_MAX - 2,
					  UINT64_C(1) << 63 };
	struct baton_vm_config c = config_of(BATON_MODE_PROTECTED, "\x90\x90\xF4", 3);

	(void)state;
	for (size_t i = 0; i < COUNT(loads); i++) {
		c.load = loads[i];
		refused(&c, "do not fit");
	}
}

static void an_entry_that_the_mode_cannot_reach_is_refused(void **state)
{
	static const struct {
		enum baton_mode mode;
		uint64_t entry;
		bool good;
	} cases[] = {
		{ BATON_MODE_REAL, LIMIT - 1, true },
		{ BATON_MODE_REAL, LIMIT, false },
		{ BATON_MODE_REAL, 0x10000, false },
		{ BATON_MODE_PROTECTED, LIMIT - 1, true },
		{ BATON_MODE_PROTECTED, LIMIT, false },
		{ BATON_MODE_PROTECTED, UINT64_C(0xC0000000), false },
		{ BATON_MODE_PAGED, UINT64_C(0xC0000000), true },
		{ BATON_MODE_PAGED, UINT64_C(0xC0000000) + LIMIT - 1, true },
		{ BATON_MODE_PAGED, UINT64_C(0xC0000000) + LIMIT, false },
		{ BATON_MODE_PAGED, UINT64_C(0xBFFFFFFF), false },
		{ BATON_MODE_LONG, UINT64_C(0xFFFFFFFF80000000), true },
		{ BATON_MODE_LONG, UINT64_C(0xFFFFFFFF80000000) + LIMIT, false },
		{ BATON_MODE_LONG, UINT64_C(0xFFFFFFFF7FFFFFFF), false },
		{ BATON_MODE_LONG, UINT64_MAX - 1, false },
	};
	struct baton__placement place;
	struct baton_diag diag;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct baton_vm_config c = config_of(cases[i].mode, "\xF4", 1);

		c.entry = cases[i].entry;
		if (!cases[i].good) {
			refused(&c, "entry");
			continue;
		}
		assert_int_equal(load(&c, &place, &diag), 0);
		assert_true(place.entry == cases[i].entry);
		memset(memory.base, 0, SIZE);
	}
}

/* -------------------------------------------------------------------- ELF */

static void a_good_elf_is_placed_as_it_says(void **state)
{
	static const struct {
		enum baton_mode mode;
		uint64_t alias;
	} modes[] = {
		{ BATON_MODE_REAL, 0 }, { BATON_MODE_PROTECTED, 0 },
		{ BATON_MODE_PAGED, 0 }, { BATON_MODE_PAGED, UINT64_C(0xC0000000) },
		{ BATON_MODE_LONG, 0 }, { BATON_MODE_LONG, UINT64_C(0xFFFFFFFF80000000) },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(modes); i++) {
		const struct part parts[] = {
			{ 0x1000 + modes[i].alias, 0x1000, 100, 300 },
			{ 0x2000 + modes[i].alias, 0x2000, 50, LIMIT - 0x2000 },
		};
		uint64_t entry = 0x1000 + modes[i].alias + 99;
		struct baton__placement place;
		struct baton_vm_config c;
		struct baton_diag diag;
		struct elf e;

		make(&e, modes[i].mode == BATON_MODE_LONG, entry, parts, COUNT(parts));
		c = config_of(modes[i].mode, e.bytes, e.size);
		if (load(&c, &place, &diag))
			fail_msg("%s: %s", diag.where, diag.message);
		for (unsigned k = 0; k < 100; k++)
			assert_int_equal(memory.base[0x1000 + k], FILL(k));
		for (unsigned k = 0; k < 50; k++)
			assert_int_equal(memory.base[0x2000 + k], FILL(k));
		assert_true(zero(0, 0x1000) && zero(0x1000 + 100, 0x2000) && zero(0x2000 + 50, SIZE));
		assert_true(place.entry == entry);
		assert_true(place.first == 0x1000 && place.end == LIMIT);
		memset(memory.base, 0, SIZE);
	}
}

static void the_class_must_suit_the_mode(void **state)
{
	struct elf e;

	(void)state;
	make_usual(&e, true);
	refuse_elf(&e, BATON_MODE_REAL, "is ELF64");
	refuse_elf(&e, BATON_MODE_PROTECTED, "is ELF64");
	refuse_elf(&e, BATON_MODE_PAGED, "is ELF64");
	make_usual(&e, false);
	refuse_elf(&e, BATON_MODE_LONG, "is ELF32");
	for (unsigned class = 0; class < 256; class++) {
		make_usual(&e, true);
		e.bytes[EI_CLASS] = (uint8_t)class;
		if (class != ELFCLASS64)
			refuse_elf(&e, BATON_MODE_LONG, class == ELFCLASS32 ? "ELF32" : "class");
		make_usual(&e, false);
		e.bytes[EI_CLASS] = (uint8_t)class;
		if (class != ELFCLASS32)
			refuse_elf(&e, BATON_MODE_PROTECTED, class == ELFCLASS64 ? "" : "class");
	}
}

static void other_machines_orders_and_types_are_refused(void **state)
{
	struct elf e;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		enum baton_mode mode = wide ? BATON_MODE_LONG : BATON_MODE_PROTECTED;
		uint16_t *type = (uint16_t *)(e.bytes + 16), *machine = type + 1;

		make_usual(&e, wide);
		accept_elf(&e, mode);
		*machine = wide ? EM_386 : EM_X86_64;
		refuse_elf(&e, mode, "machine");
		*machine = EM_AARCH64;
		refuse_elf(&e, mode, "machine");
		make_usual(&e, wide);
		e.bytes[EI_DATA] = ELFDATA2MSB;
		refuse_elf(&e, mode, "little-endian");
		make_usual(&e, wide);
		*type = ET_DYN;
		refuse_elf(&e, mode, "static");
		*type = ET_REL;
		refuse_elf(&e, mode, "static");
	}
}

static void set_count(struct elf *e, uint16_t count, uint16_t size)
{
	if (e->wide) {
		((Elf64_Ehdr *)e->bytes)->e_phnum = count;
		((Elf64_Ehdr *)e->bytes)->e_phentsize = size;
	} else {
		((Elf32_Ehdr *)e->bytes)->e_phnum = count;
		((Elf32_Ehdr *)e->bytes)->e_phentsize = size;
	}
}

static void impossible_header_tables_are_refused(void **state)
{
	struct elf e;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		enum baton_mode mode = wide ? BATON_MODE_LONG : BATON_MODE_PROTECTED;
		static const uint64_t offsets[] = { 100000, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFC0,
						    UINT64_MAX, UINT64_MAX - 55, UINT64_MAX - 111 };

		make_usual(&e, wide);
		set_count(&e, 0, (uint16_t)e.header_size);
		refuse_elf(&e, mode, "program headers");
		set_count(&e, 33, (uint16_t)e.header_size);
		refuse_elf(&e, mode, "program headers");
		set_count(&e, 0xFFFF, (uint16_t)e.header_size);
		refuse_elf(&e, mode, "program headers");
		set_count(&e, 2, (uint16_t)(e.header_size - 1));
		refuse_elf(&e, mode, "program headers");
		set_count(&e, 2, 0);
		refuse_elf(&e, mode, "program headers");
		set_count(&e, 32, (uint16_t)e.header_size);
		refuse_elf(&e, mode, "truncated");
		for (size_t i = 0; i < COUNT(offsets); i++) {
			make_usual(&e, wide);
			if (wide)
				((Elf64_Ehdr *)e.bytes)->e_phoff = offsets[i];
			else
				((Elf32_Ehdr *)e.bytes)->e_phoff = (Elf32_Off)offsets[i];
			refuse_elf(&e, mode, "truncated");
		}
	}
}

static void a_file_cut_at_any_byte_is_refused(void **state)
{
	struct elf e;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		enum baton_mode mode = wide ? BATON_MODE_LONG : BATON_MODE_PROTECTED;

		make_usual(&e, wide);
		accept_elf(&e, mode);
		for (size_t size = SELFMAG; size < e.size; size++) {
			/* A block of its own, so that a read past its end shows under a sanitizer. */
			uint8_t *cut = malloc(size);
			struct baton_vm_config c = config_of(mode, cut, size);

			memcpy(cut, e.bytes, size);
			refused(&c, "truncated");
			free(cut);
		}
	}
}

static void bad_segments_are_refused(void **state)
{
	static const struct {
		struct part part;
		const char *word;
	} cases[] = {
		{ { 0x1000, 0x1000, 100, 99 }, "more bytes in the file" },
		{ { 0x1000, 0x1000, 100, LIMIT - 0x1000 + 1 }, "does not fit" },
		{ { LIMIT, LIMIT, 100, 100 }, "does not fit" },
		{ { 0x1000, 0x1000, 100, 0xFFFFFFFF }, "does not fit" },
		{ { 0xFFFFFFF0, 0xFFFFFFF0, 100, 100 }, "does not fit" },
		{ { 0x3000, 0x1000, 100, 100 }, "linked at" },
		{ { UINT64_C(0xC0001001), 0x1000, 100, 100 }, "linked at" },
		{ { 0x4000, 0x4000, 100, 100 }, "entry" },
	};
	struct elf e;

	(void)state;
	for (int wide = 0; wide < 2; wide++)
		for (size_t i = 0; i < COUNT(cases); i++) {
			make(&e, wide, 0x1000, &cases[i].part, 1);
			refuse_elf(&e, wide ? BATON_MODE_LONG : BATON_MODE_PROTECTED, cases[i].word);
		}
	make(&e, true, 0x1000, &(struct part){ 0x1000, 0x1000, 100, UINT64_MAX - 0xFFF }, 1);
	refuse_elf(&e, BATON_MODE_LONG, "does not fit");
	make(&e, true, 0x1000, &(struct part){ 0x1000, 0x1000, 100, 100 }, 1);
	wide_header(&e, 0)->p_offset = UINT64_MAX - 50;
	refuse_elf(&e, BATON_MODE_LONG, "truncated");
	wide_header(&e, 0)->p_offset = e.data;
	wide_header(&e, 0)->p_type = PT_NOTE;
	refuse_elf(&e, BATON_MODE_LONG, "nothing to load");
}

static void overlapping_segments_are_refused(void **state)
{
	struct elf e;

	(void)state;
	for (uint64_t at = 0x1000 - 60; at <= 0x1000 + 110; at++) {
		const struct part parts[] = { { 0x1000, 0x1000, 100, 100 }, { at, at, 10, 50 } };
		bool apart = at + 50 <= 0x1000 || at >= 0x1000 + 100;

		make(&e, true, 0x1000, parts, 2);
		if (apart)
			accept_elf(&e, BATON_MODE_LONG);
		else
			refuse_elf(&e, BATON_MODE_LONG, "overlap");
	}
}

static void what_is_only_for_flat_images_is_refused_with_elf(void **state)
{
	struct baton_vm_config c;
	struct elf e;

	(void)state;
	make_usual(&e, true);
	c = config_of(BATON_MODE_LONG, e.bytes, e.size);
	c.load = 0x1000;
	refused(&c, "`load`");
	c.load = BATON_DEFAULT_ADDRESS;
	c.entry = LIMIT;
	refused(&c, "entry");
}

/* -------------------------------------------------------- where it is from */

static void exactly_one_source_is_expected(void **state)
{
	struct baton_vm_config c = config_of(BATON_MODE_REAL, NULL, 0);

	(void)state;
	refused(&c, "expected an image");
	c.image = "x";
	refused(&c, "empty");
	c.image_size = 1;
	c.image_path = "/dev/null";
	refused(&c, "either by path or as bytes");
	c.image = NULL;
	refused(&c, "regular file");
	c.image_path = "/";
	refused(&c, "regular file");
}

static void a_file_is_read_whole(void **state)
{
	char path[256];
	int fd = test_file(path, sizeof(path));
	struct baton__placement place;
	struct baton_vm_config c = config_of(BATON_MODE_REAL, NULL, 0);
	struct baton_diag diag;
	uint8_t bytes[10000];
	unsigned n = 0;

	(void)state;
	assert_true(fd >= 0);
	c.image_path = path;
	refused(&c, "empty");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = FILL(i);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	close(fd);
	/* Any call may fail; the last round is without a failure. */
	do {
		int error;

		fake_fail_any(++n);
		error = load(&c, &place, &diag);
		if (!fake_failed(NULL)) {
			assert_int_equal(error, 0);
			break;
		}
		assert_true(error < 0);
		assert_string_equal(diag.where, path);
		assert_string_not_equal(diag.message, "");
		assert_int_equal(fake.live.blocks, 0);
		assert_true(zero(0, SIZE));
	} while (n < 100);
	assert_int_equal(n, 5); /* open, fstat, malloc, read, and none */
	fake_fail_any(0);
	assert_memory_equal(memory.base, bytes, sizeof(bytes));
	unlink(path);
	assert_int_equal(load(&c, &place, &diag), -ENOENT);
	assert_string_equal(diag.where, path);
}

static void a_file_larger_than_any_memory_is_refused_unread(void **state)
{
	char path[256];
	int fd = test_file(path, sizeof(path));
	struct baton__placement place;
	struct baton_vm_config c = config_of(BATON_MODE_REAL, NULL, 0);
	struct baton_diag diag;

	(void)state;
	assert_true(fd >= 0);
	c.image_path = path;
	if (!lseek(fd, (off_t)1 << 33, SEEK_SET) || write(fd, "x", 1) != 1) {
		unlink(path);
		close(fd);
		print_message("# this file system has no sparse files of 8 GiB\n");
		skip();
	}
	close(fd);
	assert_int_equal(load(&c, &place, &diag), -EFBIG);
	assert_int_equal(fake.calls[FAKE_READ], 0);
	unlink(path);
	c.image_path = NULL;
	c.image = "x";
	c.image_size = SIZE_MAX;
	assert_int_equal(load(&c, &place, &diag), -EFBIG);
}

/* --------------------------------------------------------------- mutation */

/* Values at which arithmetic goes wrong, if it does. */
static uint64_t nasty(uint64_t *r)
{
	static const uint64_t values[] = {
		0, 1, 2, 7, 0x7F, 0xFF, 0xFFF, 0x1000, LIMIT - 1, LIMIT, LIMIT + 1, SIZE,
		0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF, UINT64_C(0xC0000000),
		UINT64_C(0x7FFFFFFFFFFFFFFF), UINT64_C(1) << 63, UINT64_C(0xFFFFFFFF80000000),
		UINT64_MAX - 0xFFF, UINT64_MAX - 1, UINT64_MAX,
	};

	return fake_random(r) % 4 ? values[fake_random(r) % COUNT(values)] : fake_random(r);
}

static void mutate(struct elf *e, uint64_t *r)
{
	unsigned changes = 1 + fake_random(r) % 4;

	while (changes--) {
		static const uint8_t widths[] = { 1, 2, 4, 8 };
		size_t width = widths[fake_random(r) % COUNT(widths)];
		size_t at = fake_random(r) % (e->data - width) / width * width;
		uint64_t value = nasty(r);

		memcpy(e->bytes + at, &value, width);
	}
	if (fake_random(r) % 8 == 0)
		e->size = fake_random(r) % e->size + 1;
}

static void three_hundred_thousand_mutations_write_nowhere_else(void **state)
{
	unsigned accepted = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300000; seed++) {
		enum baton_mode mode = seed & 1 ? BATON_MODE_LONG : (enum baton_mode)(seed / 2 % 3);
		struct baton__placement place;
		struct baton_vm_config c;
		struct baton_diag diag;
		uint64_t r = seed;
		struct elf e;
		int error;

		make_usual(&e, seed & 1);
		mutate(&e, &r);
		c = config_of(mode, e.bytes, e.size);
		error = load(&c, &place, &diag);
		if (error) {
			if (error != -EINVAL || !*diag.message || !zero(0, SIZE))
				fail_msg("seed %llu: %d, %s", (unsigned long long)seed, error,
					 diag.message);
			continue;
		}
		accepted += !memcmp(e.bytes, ELFMAG, SELFMAG);
		if (place.first > place.end || place.end > LIMIT || !zero(0, place.first) ||
		    !zero(place.end, SIZE))
			fail_msg("seed %llu: written outside of its place", (unsigned long long)seed);
		memset(memory.base + place.first, 0, place.end - place.first);
	}
	/* Otherwise this tests only the first check. */
	assert_true(accepted > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOADS(a_flat_image_goes_to_0_and_begins_there),
		LOADS(a_flat_image_goes_where_it_is_told),
		LOADS(a_flat_image_beyond_its_space_is_refused),
		LOADS(an_entry_that_the_mode_cannot_reach_is_refused),
		LOADS(a_good_elf_is_placed_as_it_says),
		LOADS(the_class_must_suit_the_mode),
		LOADS(other_machines_orders_and_types_are_refused),
		LOADS(impossible_header_tables_are_refused),
		LOADS(a_file_cut_at_any_byte_is_refused),
		LOADS(bad_segments_are_refused),
		LOADS(overlapping_segments_are_refused),
		LOADS(what_is_only_for_flat_images_is_refused_with_elf),
		LOADS(exactly_one_source_is_expected),
		LOADS(a_file_is_read_whole),
		LOADS(a_file_larger_than_any_memory_is_refused_unread),
		LOADS(three_hundred_thousand_mutations_write_nowhere_else),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
