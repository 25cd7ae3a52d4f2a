/*
 * basepoint-launch [--dies-first] [--no-thp] [--mounts FD] [--cpus LIST] PARENT DESCRIPTORS PROGRAM [ARGUMENT...]: runs PROGRAM so
 * that it dies with its parent, with the first DESCRIPTORS descriptors and no other; with --dies-first,
 * it and what it forks are killed before others where memory runs out; with --no-thp,
 * without transparent huge pages, in itself and in whatever it forks; with --mounts, in the mount
 * namespace that FD stands for; with --cpus, on those of a list such as 0-3,8.
 *
 * Node.js cannot ask for a parent-death signal, and a QEMU that outlives a killed harness eats a
 * core and ruins every later number. Nor does it close what the harness itself inherited: a stray
 * pipe of somebody's shell would make a base point that cannot be forked. Static, without stdio: it
 * is inside the measured interval.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die(const char *what, const char *which)
{
	const char *parts[] = { "basepoint-launch: ", what, " ", which, "\n" };
	for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
		if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0)
			break;
	_exit(127);
}

/* As many as Linux can be built for. */
enum { most_cpus = 8192, word_bits = 8 * sizeof(unsigned long) };

static void pin(const char *list)
{
	static unsigned long mask[most_cpus / word_bits];
	for (const char *rest = list; *rest;) {
		char *end;
		unsigned long first = strtoul(rest, &end, 10), last = first;
		if (end != rest && *end == '-')
			last = strtoul(end + 1, &end, 10);
		if (end == rest || (*end && *end != ',') || first > last || last >= most_cpus)
			die("not a list of CPUs:", list);
		for (unsigned long cpu = first; cpu <= last; cpu++)
			mask[cpu / word_bits] |= 1ul << cpu % word_bits;
		rest = *end ? end + 1 : end;
	}
	/* The kernel leaves out those it does not have, silently, unless none is left. */
	if (syscall(SYS_sched_setaffinity, 0, sizeof mask, mask) < 0)
		die("cannot run on CPUs", list);
}

/* Where this cannot be had, memory runs out as it always does. */
static void die_first(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, "500", 3) < 0)
		(void)0;
	close(fd);
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--dies-first")) {
		die_first();
		argv++;
		argc--;
	}
	if (argc > 1 && !strcmp(argv[1], "--no-thp")) {
		if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
			die("the kernel cannot do without", "transparent huge pages");
		argv++;
		argc--;
	}
	if (argc > 2 && !strcmp(argv[1], "--mounts")) {
		if (setns(atoi(argv[2]), CLONE_NEWNS))
			die("cannot enter the mount namespace of descriptor", argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc > 2 && !strcmp(argv[1], "--cpus")) {
		pin(argv[2]);
		argv += 2;
		argc -= 2;
	}
	if (argc < 4)
		die("usage: basepoint-launch",
		    "[--dies-first] [--no-thp] [--mounts FD] [--cpus LIST] PARENT DESCRIPTORS PROGRAM [ARGUMENT...]");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have died before the prctl, and then the signal never comes. */
	if (getppid() != atoi(argv[1]))
		die("parent is gone:", argv[1]);
	/* Linux 5.9; before that strays stay, and only a fork minds them. */
	syscall(SYS_close_range, atoi(argv[2]), ~0u, 0);
	execv(argv[3], argv + 3);
	die("cannot run", argv[3]);
}
