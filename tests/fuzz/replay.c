/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - run a fuzz target over files, without a fuzzer.
 *
 * Files are named as arguments, or are all in tests/fuzz/corpus/NAME, where
 * NAME is the program's own.  The target aborts on what is wrong; the last
 * line printed names the file.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX  (1 << 20)
#define FOLDER_MAX 4096

static int replay(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX);
	FILE *file = fopen(path, "rb");
	size_t size;

	if (!file || !data) {
		fprintf(stderr, "cannot read %s\n", path);
		return 1;
	}
	size = fread(data, 1, INPUT_MAX, file);
	fclose(file);
	printf("%s\n", path);
	fflush(stdout);
	/* An allocation of the exact size shows a byte read too far. */
	data = realloc(data, size ? size : 1);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int replay_all(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int failed = 0, count = 0;

	if (!dir) {
		fprintf(stderr, "cannot read %s\n", folder);
		return 1;
	}
	while ((entry = readdir(dir))) {
		char path[FOLDER_MAX + 257];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		failed |= replay(path);
		count++;
	}
	closedir(dir);
	printf("%d inputs\n", count);
	return failed || !count;
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char folder[FOLDER_MAX];
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= replay(argv[i]);
	if (argc > 1)
		return failed;
	name = name ? name + 1 : argv[0];
	if (!strncmp(name, "lt-", 3)) /* libtool's */
		name += 3;
	snprintf(folder, sizeof(folder), "%s/fuzz/corpus/%s", TESTS_DIR, name);
	return replay_all(folder);
}
