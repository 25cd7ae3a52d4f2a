/*
 * A QEMU with plant.c loaded into it. Static, so that the base-point library, which is preloaded, is
 * in QEMU alone. Built with -DQEMU="..." -DPLANT="..." -DSETTINGS="\"NAME=VALUE\", ...".
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *settings[] = { SETTINGS NULL };

int main(int argc, char **argv)
{
	static char libraries[4096];
	const char *before = getenv("LD_PRELOAD");
	int is_start = 0;

	/* A QEMU that is only asked for its version is left alone. */
	for (int i = 1; i < argc; i++)
		is_start |= !strcmp(argv[i], "-chardev");
	if (is_start) {
		snprintf(libraries, sizeof libraries, "%s%s%s", before ? before : "",
			 before ? ":" : "", PLANT);
		setenv("LD_PRELOAD", libraries, 1);
		for (char **one = settings; *one; one++)
			putenv(*one);
	}
	argv[0] = QEMU;
	execv(QEMU, argv);
	return 127;
}
