/* Reading /proc without stdio. */
#include <fcntl.h>
#include <string.h>

#include "basepoint.h"

static char buffer[512 * 1024] __attribute__((aligned(4096)));

bool proc_buffer_holds(unsigned long address)
{
    return address - (unsigned long)buffer < sizeof(buffer);
}

ssize_t read_proc(const char *path, char **content)
{
    size_t length = 0;
    ssize_t count = -1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -1;
    while (length < sizeof(buffer) - 1 &&
           (count = read(fd, buffer + length, sizeof(buffer) - 1 - length)) > 0)
        length += (size_t)count;
    real.close(fd);
    buffer[length] = '\0';
    *content = buffer;
    return count == 0 ? (ssize_t)length : -1;
}

bool proc_number(const char *content, const char *name, unsigned base, uint64_t *number)
{
    const char *at = strstr(content, name);

    if (!at)
        return false;
    at += strlen(name);
    while (*at == ' ' || *at == '\t')
        at++;
    for (*number = 0;; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a' + 10)
                                                    : 16;
        if (digit >= base)
            return true;
        *number = *number * base + digit;
    }
}
