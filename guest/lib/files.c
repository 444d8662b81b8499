/* SPDX-License-Identifier: 0BSD */
/* files.c - see files.h. */
#include "files.h"

int file_open(const char *path, unsigned flags)
{
	struct baton_call_open call = { .path = guest_gpa(path), .flags = flags };

	while (path[call.size])
		call.size++;
	out32(BATON_CALL_OPEN, (uint32_t)guest_gpa(&call));
	return (int)call.result;
}

int32_t file_read(int file, void *to, uint32_t size)
{
	struct baton_call_read call = {
		.file = (baton_field)file, .bytes = guest_gpa(to), .size = size,
	};

	out32(BATON_CALL_READ, (uint32_t)guest_gpa(&call));
	return (int32_t)call.result;
}

int32_t file_write(int file, const void *from, uint32_t size)
{
	struct baton_call_write call = {
		.file = (baton_field)file, .bytes = guest_gpa(from), .size = size,
	};

	out32(BATON_CALL_WRITE, (uint32_t)guest_gpa(&call));
	return (int32_t)call.result;
}

int64_t file_seek(int file, int64_t offset, unsigned whence)
{
	struct baton_call_seek call = {
		.file = (baton_field)file, .offset = (baton_field)offset, .whence = whence,
	};

	out32(BATON_CALL_SEEK, (uint32_t)guest_gpa(&call));
	return (int64_t)call.result;
}

int file_close(int file)
{
	struct baton_call_close call = { .file = (baton_field)file };

	out32(BATON_CALL_CLOSE, (uint32_t)guest_gpa(&call));
	return (int)call.result;
}
