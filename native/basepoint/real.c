/* The C library's own functions behind the hooks, found once; to lack one is fatal at once. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "basepoint.h"

struct real real;

void *real_find(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    static const char complaint[] = "basepoint: the C library has no ";

    if (!function) {
        (void)!write(2, complaint, sizeof(complaint) - 1);
        (void)!write(2, name, strlen(name));
        (void)!write(2, "\n", 1);
        abort();
    }
    return function;
}

void real_resolve(void)
{
#define FIND(name) real.name = real_find(#name)
    FIND(write); /* first: real_find() complains through it */
    FIND(ioctl);
    FIND(mmap);
    FIND(munmap);
    FIND(madvise);
    FIND(close);
    FIND(malloc_trim);
    FIND(pthread_sigmask);
    FIND(sigprocmask);
    FIND(writev);
    FIND(send);
    FIND(sendto);
    FIND(sendmsg);
#undef FIND
}
