/* SPDX-License-Identifier: Apache-2.0 */
/*
 * files.c - files of one folder: what a guest can do with them, and what not. The
 * folder is a real one.
 */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "baton/abi.h"

#define CALLS  0x1000 /* the structs lie here, 64 bytes apart … */
#define PATHS  0x4000 /* … paths here, 2 KiB apart … */
#define BYTES  0x8000 /* … and what is read and written here */
#define MEMORY (64u << 10)

/* ------------------------------------------------------------- the folder */

static char top[64], folder[80];

static void put(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static const char *get(const char *name)
{
	static char text[200];
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", top, name);
	file = fopen(path, "r");
	if (!file)
		return NULL;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static int make_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[200];

	snprintf(top, sizeof(top), "%s/baton-files-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(top))
		return -1;
	snprintf(folder, sizeof(folder), "%s/in", top);
	mkdir(folder, 0755);
	put("secret", "nobody's");
	put("in/poem", "one\ntwo\n");
	snprintf(path, sizeof(path), "%s/sub", folder);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/fifo", folder);
	mkfifo(path, 0644);
	snprintf(path, sizeof(path), "%s/out", folder);
	if (symlink("../secret", path))
		return -1;
	snprintf(path, sizeof(path), "%s/around", folder);
	if (symlink("sub/../poem", path))
		return -1;
	snprintf(path, sizeof(path), "%s/root", folder);
	return symlink("/", path);
}

static int take_away(const char *path, const struct stat *stat, int type, struct FTW *where)
{
	return remove(path);
}

static int remove_folder(void **state)
{
	return nftw(top, take_away, 8, FTW_DEPTH | FTW_PHYS);
}

/* --------------------------------------------------------------- the guest */

struct guest {
	uint16_t ports[60];
	unsigned at, count, paths;
	uint64_t args[60][4];
};

static struct fake_exit play(struct fake_vcpu *vcpu)
{
	struct guest *g = vcpu->state;
	unsigned i = g->at;

	if (g->at == g->count)
		return fake_hlt(0);
	g->at++;
	return fake_out(0, g->ports[i], 4, CALLS + i * 64);
}

static struct rig *rig;
static struct guest *guest;
static struct baton_vm *vm;

static void begin(struct guest *g, bool writable, uint64_t limit)
{
	struct baton_files_config config = {
		.folder = folder, .writable = writable, .limit = limit,
	};
	struct baton_diag diag;

	fake_reset();
	rig = rig_begin("quantum", 0);
	rig_vm(rig, 1, play, g);
	guest = g;
	vm = config.vm = rig->vms[0];
	if (baton_device_create(rig->host, &baton_files, &config, &diag, NULL))
		fail_msg("%s: %s", diag.where, diag.message);
}

static unsigned ask(uint16_t port, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[4] = { a, b, c, 0x5555 };

	guest->ports[guest->count] = port;
	memcpy(guest->args[guest->count], args, sizeof(args));
	baton_vm_write(vm, CALLS + guest->count * 64, args, sizeof(args));
	return guest->count++;
}

static unsigned ask_open(const char *path, uint64_t flags)
{
	uint64_t at = PATHS + guest->paths++ % 8 * 2048;

	baton_vm_write(vm, at, path, strlen(path));
	return ask(BATON_CALL_OPEN, at, strlen(path), flags);
}

static void run(void)
{
	assert_int_equal(rig_run(rig, BATON_FOREVER), BATON_RUN_DONE);
	assert_null(baton_vm_death(vm));
}

static int64_t result(unsigned call)
{
	uint64_t args[4];

	baton_vm_read(vm, CALLS + call * 64, args, sizeof(args));
	return (int64_t)args[guest->ports[call] == BATON_CALL_CLOSE ? 1 : 3];
}

static unsigned descriptors(void)
{
	unsigned count = 0;
	DIR *dir = opendir("/proc/self/fd");

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* -------------------------------------------------------------------- tests */

static void a_file_is_read_from_its_beginning_to_its_end(void **state)
{
	struct guest g = { .count = 0 };
	char text[9] = "";

	begin(&g, false, 0);
	ask_open("poem", BATON_OPEN_READ);
	ask(BATON_CALL_READ, 0, BYTES, 5);
	ask(BATON_CALL_READ, 0, BYTES + 5, 100);
	ask(BATON_CALL_READ, 0, BYTES, 100);
	ask(BATON_CALL_CLOSE, 0, 0, 0);
	ask(BATON_CALL_READ, 0, BYTES, 100);
	run();
	baton_vm_read(vm, BYTES, text, 8);
	assert_string_equal(text, "one\ntwo\n");
	assert_int_equal(result(0), 0);
	assert_int_equal(result(1), 5);
	assert_int_equal(result(2), 3);
	assert_int_equal(result(3), 0);
	assert_int_equal(result(4), 0);
	assert_int_equal(result(5), -EBADF);
	rig_end(rig);
}

static void positions_are_set_from_three_places(void **state)
{
	struct guest g = { .count = 0 };
	char byte;

	begin(&g, false, 0);
	ask_open("poem", BATON_OPEN_READ);
	ask(BATON_CALL_SEEK, 0, (uint64_t)-4, BATON_SEEK_END);
	ask(BATON_CALL_SEEK, 0, 1, BATON_SEEK_CURRENT);
	ask(BATON_CALL_READ, 0, BYTES, 1);
	ask(BATON_CALL_SEEK, 0, 2, BATON_SEEK_SET);
	ask(BATON_CALL_SEEK, 0, (uint64_t)-1, BATON_SEEK_SET);
	ask(BATON_CALL_SEEK, 0, 0, 3);
	ask(BATON_CALL_SEEK, 1, 0, 0);
	run();
	baton_vm_read(vm, BYTES, &byte, 1);
	assert_int_equal(byte, 'w');
	assert_int_equal(result(1), 4);
	assert_int_equal(result(2), 5);
	assert_int_equal(result(4), 2);
	assert_int_equal(result(5), -EINVAL);
	assert_int_equal(result(6), -EINVAL);
	assert_int_equal(result(7), -EBADF);
	rig_end(rig);
}

static void a_file_is_written_appended_to_and_cut(void **state)
{
	struct guest g = { .count = 0 };

	begin(&g, true, 1000);
	baton_vm_write(vm, BYTES, "hello there", 11);
	ask_open("new", BATON_OPEN_WRITE | BATON_OPEN_CREATE);
	ask(BATON_CALL_WRITE, 0, BYTES, 11);
	ask(BATON_CALL_CLOSE, 0, 0, 0);
	ask_open("new", BATON_OPEN_READ | BATON_OPEN_WRITE | BATON_OPEN_APPEND);
	ask(BATON_CALL_WRITE, 0, BYTES, 1);
	ask(BATON_CALL_SEEK, 0, 0, BATON_SEEK_SET);
	ask(BATON_CALL_READ, 0, BYTES + 100, 100);
	ask_open("cut", BATON_OPEN_WRITE | BATON_OPEN_CREATE | BATON_OPEN_TRUNCATE);
	ask(BATON_CALL_READ, 1, BYTES, 1);
	put("in/cut", "long before");
	run();
	assert_int_equal(result(1), 11);
	assert_int_equal(result(4), 1);
	assert_int_equal(result(6), 12);
	assert_int_equal(result(7), 1);
	assert_int_equal(result(8), -EBADF); /* it was opened for writing */
	assert_string_equal(get("in/new"), "hello thereh");
	assert_string_equal(get("in/cut"), "");
	rig_end(rig);
}

static void no_path_leads_out(void **state)
{
	static const struct {
		const char *path;
		int error;
	} paths[] = {
		{ "../secret", -EXDEV },	 { "sub/../../secret", -EXDEV }, { "/etc/passwd", -EXDEV },
		{ "out", -EXDEV },		 { "root/etc/passwd", -EXDEV },	 { "..", -EXDEV },
		{ "sub", -EISDIR },		 { ".", -EISDIR },		 { "fifo", -EACCES },
		{ "nowhere", -ENOENT },		 { "poem/x", -ENOTDIR },	 { "", -ENOENT },
	};
	struct guest g = { .count = 0 };
	unsigned before = descriptors();

	begin(&g, true, 1000);
	for (size_t i = 0; i < COUNT(paths); i++)
		ask_open(paths[i].path, BATON_OPEN_READ);
	ask_open("around", BATON_OPEN_READ); /* a link that stays inside */
	ask_open("../new", BATON_OPEN_WRITE | BATON_OPEN_CREATE);
	ask_open("out", BATON_OPEN_WRITE | BATON_OPEN_TRUNCATE);
	g.paths = 0; /* eight at a time have room for their paths */
	for (unsigned i = 0; i < g.count; i++) {
		const char *path = i < COUNT(paths) ? paths[i].path :
				   i == COUNT(paths) ? "around" : i == COUNT(paths) + 1 ? "../new" : "out";

		g.args[i][0] = PATHS + i * 32;
		baton_vm_write(vm, g.args[i][0], path, strlen(path));
		baton_vm_write(vm, CALLS + i * 64, g.args[i], 32);
	}
	run();
	for (size_t i = 0; i < COUNT(paths); i++)
		if (result((unsigned)i) != paths[i].error)
			fail_msg("%s: %lld", paths[i].path, (long long)result((unsigned)i));
	assert_int_equal(result(COUNT(paths)), 0);
	assert_int_equal(result(COUNT(paths) + 1), -EXDEV);
	assert_int_equal(result(COUNT(paths) + 2), -EXDEV);
	assert_null(get("new"));
	assert_string_equal(get("secret"), "nobody's");
	rig_end(rig);
	assert_int_equal(descriptors(), before);
}

static void a_folder_for_reading_is_not_written_to(void **state)
{
	static const uint64_t writing[] = {
		BATON_OPEN_WRITE, BATON_OPEN_READ | BATON_OPEN_WRITE,
		BATON_OPEN_WRITE | BATON_OPEN_TRUNCATE, BATON_OPEN_WRITE | BATON_OPEN_CREATE,
		BATON_OPEN_WRITE | BATON_OPEN_APPEND,
	};
	struct guest g = { .count = 0 };

	begin(&g, false, 1000);
	for (size_t i = 0; i < COUNT(writing); i++)
		ask_open("poem", writing[i]);
	run();
	for (size_t i = 0; i < COUNT(writing); i++)
		assert_int_equal(result((unsigned)i), -EROFS);
	assert_string_equal(get("in/poem"), "one\ntwo\n");
	rig_end(rig);
}

static void flags_that_make_no_sense_are_refused(void **state)
{
	static const uint64_t flags[] = {
		0, 32, BATON_OPEN_READ | 32, UINT64_MAX, BATON_OPEN_CREATE,
		BATON_OPEN_READ | BATON_OPEN_CREATE, BATON_OPEN_READ | BATON_OPEN_TRUNCATE,
		BATON_OPEN_READ | BATON_OPEN_APPEND, UINT64_C(1) << 32 | BATON_OPEN_READ,
	};
	struct guest g = { .count = 0 };

	begin(&g, true, 1000);
	for (size_t i = 0; i < COUNT(flags); i++)
		ask_open("poem", flags[i]);
	run();
	for (size_t i = 0; i < COUNT(flags); i++)
		assert_int_equal(result((unsigned)i), -EINVAL);
	assert_string_equal(get("in/poem"), "one\ntwo\n");
	rig_end(rig);
}

static void pointers_that_lie_are_errors(void **state)
{
	struct guest g = { .count = 0 };
	char last[4];

	begin(&g, true, 1000);
	baton_vm_write(vm, PATHS, "poem\0x", 6);
	ask(BATON_CALL_OPEN, PATHS, 6, BATON_OPEN_READ);
	ask(BATON_CALL_OPEN, MEMORY - 2, 4, BATON_OPEN_READ);
	ask(BATON_CALL_OPEN, UINT64_MAX, 4, BATON_OPEN_READ);
	ask(BATON_CALL_OPEN, PATHS, BATON_PATH_MAX + 1, BATON_OPEN_READ);
	ask(BATON_CALL_OPEN, PATHS, UINT64_MAX, BATON_OPEN_READ);
	ask(BATON_CALL_OPEN, PATHS, 4, BATON_OPEN_READ | BATON_OPEN_WRITE);
	ask(BATON_CALL_READ, 0, MEMORY - 3, 4);
	ask(BATON_CALL_READ, 0, UINT64_MAX, 4);
	ask(BATON_CALL_READ, 0, BYTES, UINT64_MAX); /* cut to 64 KiB, of which there is not so much */
	ask(BATON_CALL_WRITE, 0, MEMORY - 3, 4);
	ask(BATON_CALL_READ, 0, MEMORY - 4, 4); /* the last bytes are memory */
	ask(BATON_CALL_READ, 16, BYTES, 1);
	ask(BATON_CALL_READ, UINT64_MAX, BYTES, 1);
	ask(BATON_CALL_WRITE, 1, BYTES, 1);
	ask(BATON_CALL_CLOSE, 1, 0, 0);
	run();
	assert_int_equal(result(0), -EINVAL);
	assert_int_equal(result(1), -EFAULT);
	assert_int_equal(result(2), -EFAULT);
	assert_int_equal(result(3), -ENAMETOOLONG);
	assert_int_equal(result(4), -ENAMETOOLONG);
	assert_int_equal(result(5), 0);
	for (unsigned i = 6; i < 10; i++)
		assert_int_equal(result(i), -EFAULT);
	assert_int_equal(result(10), 4);
	baton_vm_read(vm, MEMORY - 4, last, 4);
	assert_memory_equal(last, "one\n", 4);
	for (unsigned i = 11; i < 15; i++)
		assert_int_equal(result(i), -EBADF);
	assert_string_equal(get("in/poem"), "one\ntwo\n");
	rig_end(rig);
}

static void sixteen_files_are_open_at_most_and_numbers_come_back(void **state)
{
	struct guest g = { .count = 0 };
	unsigned before = descriptors(), held;

	begin(&g, false, 0);
	held = descriptors();
	for (int i = 0; i < 17; i++)
		ask(BATON_CALL_OPEN, PATHS, 4, BATON_OPEN_READ);
	ask(BATON_CALL_CLOSE, 7, 0, 0);
	ask(BATON_CALL_OPEN, PATHS, 4, BATON_OPEN_READ);
	baton_vm_write(vm, PATHS, "poem", 4);
	run();
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(result(i), i);
	assert_int_equal(result(16), -EMFILE);
	assert_int_equal(result(18), 7);
	assert_int_equal(descriptors(), held); /* it ended */
	rig_end(rig);
	assert_int_equal(descriptors(), before);
}

static void what_may_be_written_is_limited_in_all(void **state)
{
	struct guest g = { .count = 0 };

	begin(&g, true, 10);
	baton_vm_write(vm, BYTES, "0123456789abcdef", 16);
	ask_open("a", BATON_OPEN_WRITE | BATON_OPEN_CREATE);
	ask_open("b", BATON_OPEN_WRITE | BATON_OPEN_CREATE);
	ask(BATON_CALL_WRITE, 0, BYTES, 6);
	ask(BATON_CALL_WRITE, 1, BYTES, 6);
	ask(BATON_CALL_WRITE, 0, BYTES, 1);
	ask(BATON_CALL_WRITE, 0, BYTES, 0);
	run();
	assert_int_equal(result(2), 6);
	assert_int_equal(result(3), 4);
	assert_int_equal(result(4), -EDQUOT);
	assert_int_equal(result(5), 0);
	assert_string_equal(get("in/a"), "012345");
	assert_string_equal(get("in/b"), "0123");
	rig_end(rig);
}

static void a_large_file_comes_in_pieces(void **state)
{
	struct guest g = { .count = 0 };
	static char large[20001];

	for (int i = 0; i < 20000; i++)
		large[i] = (char)('a' + i % 23);
	put("in/large", large);
	begin(&g, true, 20000);
	ask_open("large", BATON_OPEN_READ);
	ask(BATON_CALL_READ, 0, BYTES, 20000);
	ask_open("copy", BATON_OPEN_WRITE | BATON_OPEN_CREATE);
	ask(BATON_CALL_WRITE, 1, BYTES, 20000);
	run();
	assert_int_equal(result(1), 20000);
	assert_int_equal(result(3), 20000);
	baton_vm_read(vm, BYTES, large, 20000);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(large[i], 'a' + i % 23);
	rig_end(rig);
}

static void a_folder_that_is_none_is_an_error(void **state)
{
	struct baton_files_config config = { .folder = "/nowhere/at/all" };
	unsigned before = descriptors();
	struct baton_diag diag;
	char file[100];

	fake_reset();
	rig = rig_begin("quantum", 0);
	rig_vm(rig, 1, play, NULL);
	config.vm = rig->vms[0];
	assert_int_equal(baton_device_create(rig->host, &baton_files, &config, &diag, NULL), -ENOENT);
	assert_non_null(strstr(diag.message, "/nowhere/at/all"));
	snprintf(file, sizeof(file), "%s/poem", folder);
	config.folder = file;
	assert_int_equal(baton_device_create(rig->host, &baton_files, &config, &diag, NULL), -ENOTDIR);
	config.folder = folder;
	assert_int_equal(baton_device_create(rig->host, &baton_files, &config, &diag, NULL), 0);
	assert_int_equal(baton_device_create(rig->host, &baton_files, &config, &diag, NULL), -EEXIST);
	rig_end(rig);
	assert_int_equal(descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_read_from_its_beginning_to_its_end),
		TEST(positions_are_set_from_three_places),
		TEST(a_file_is_written_appended_to_and_cut),
		TEST(no_path_leads_out),
		TEST(a_folder_for_reading_is_not_written_to),
		TEST(flags_that_make_no_sense_are_refused),
		TEST(pointers_that_lie_are_errors),
		TEST(sixteen_files_are_open_at_most_and_numbers_come_back),
		TEST(what_may_be_written_is_limited_in_all),
		TEST(a_large_file_comes_in_pieces),
		TEST(a_folder_that_is_none_is_an_error),
	};

	return cmocka_run_group_tests_name("files", tests, make_folder, remove_folder);
}
