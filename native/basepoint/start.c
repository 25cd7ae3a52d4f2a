/*
 * Where the library begins: a constructor that does nothing unless BASEPOINT_CONTROL is set.
 *
 *   BASEPOINT_CONTROL=fd:N          a connected stream socket; when it is closed, everything ends
 *   BASEPOINT_CONTROL=unix:/path    listen there (mode 0600)
 *   BASEPOINT_MARKS=fd:N            stamp the bytes written to this descriptor
 */
#include <stdlib.h>
#include <string.h>

#include "basepoint.h"

bool basepoint_armed;
int basepoint_pid;
bool is_clone;

static void read_marks(const char *value)
{
    char *end;

    if (!value)
        return;
    marks_fd = strncmp(value, "fd:", 3) == 0 ? (int)strtol(value + 3, &end, 10) : -1;
    if (marks_fd < 0 || *end)
        control_fail("BASEPOINT_MARKS must be fd:NUMBER");
}

__attribute__((constructor)) static void start(void)
{
    const char *control = getenv("BASEPOINT_CONTROL");

    real_resolve();
    if (!control)
        return;
    basepoint_armed = kvm_listening = true;
    basepoint_pid = getpid();
    read_marks(getenv("BASEPOINT_MARKS"));
    threads_init();
    control_start(control);
    /* What QEMU starts (helpers, scripts) is not a base point. */
    unsetenv("BASEPOINT_CONTROL");
    unsetenv("BASEPOINT_MARKS");
    unsetenv("LD_PRELOAD");
    unsetenv("LD_BIND_NOW");
    unsetenv("MALLOC_ARENA_MAX");
}
