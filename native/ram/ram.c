/*
 * basepoint-ram KIND WHERE SIZE [SOURCE]: makes the file behind a template's guest RAM, without a
 * name, so that nothing is left in a tmpfs whatever happens to the harness.
 *
 *   basepoint-ram dir /dev/shm 33554432 template/ram
 *   basepoint-ram hugetlb 2048 134217728 template/ram      (WHERE: huge page size in KiB)
 *
 * The file is descriptor 3. When it is filled the program says "ready" and stays until its standard
 * input ends; meanwhile the harness opens /proc/PID/fd/3. Filling goes through a mapping because
 * hugetlbfs has no write(2), and skips zero pages so that holes stay holes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RAM_FD 3
#define CHUNK 4096u

static void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static int create(const char *kind, const char *where)
{
	if (!strcmp(kind, "dir"))
		return open(where, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (!strcmp(kind, "hugetlb")) {
		unsigned shift = __builtin_ctzl(strtoul(where, NULL, 10) << 10);
		return memfd_create("basepoint", MFD_CLOEXEC | MFD_HUGETLB | shift << MFD_HUGE_SHIFT);
	}
	errno = EINVAL;
	return -1;
}

static void fill(int ram, size_t size, const char *source)
{
	static const char zeros[CHUNK];
	int from = open(source, O_RDONLY | O_CLOEXEC);
	struct stat status;
	if (from < 0 || fstat(from, &status) < 0)
		die(source);
	if ((size_t)status.st_size != size) {
		fprintf(stderr, "%s: has %lld bytes, not %zu\n", source, (long long)status.st_size, size);
		exit(1);
	}
	char *to = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ram, 0);
	const char *in = mmap(NULL, size, PROT_READ, MAP_PRIVATE, from, 0);
	if (to == MAP_FAILED || in == MAP_FAILED)
		die("mmap");
	for (off_t at = lseek(from, 0, SEEK_DATA); at >= 0;) {
		off_t end = lseek(from, at, SEEK_HOLE);
		for (off_t page = at & -(off_t)CHUNK; page < end; page += CHUNK)
			if (memcmp(in + page, zeros, CHUNK))
				memcpy(to + page, in + page, CHUNK);
		at = lseek(from, end, SEEK_DATA);
	}
	munmap(to, size);
}

int main(int argc, char **argv)
{
	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: basepoint-ram dir|hugetlb WHERE SIZE [SOURCE]\n");
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	size_t size = strtoul(argv[3], NULL, 10);
	int ram = create(argv[1], argv[2]);
	if (ram < 0)
		die(argv[2]);
	if (ram != RAM_FD && dup2(ram, RAM_FD) < 0)
		die("dup2");
	if (ftruncate(RAM_FD, size) < 0)
		die("ftruncate");
	if (argc == 5)
		fill(RAM_FD, size, argv[4]);
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
