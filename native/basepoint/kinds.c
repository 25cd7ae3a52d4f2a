/* What anonymous descriptors hold, as /proc/self/fdinfo tells it. */
#include <string.h>

#include "kinds.h"
#include "text.h"

static ssize_t read_fdinfo(int fd, char **content)
{
    char path[64];
    struct text name = TEXT(path);

    text_add(&name, "/proc/self/fdinfo/%d", fd);
    return read_proc(path, content);
}

bool take_eventfd(struct descriptor *descriptor)
{
    char *info;
    uint64_t semaphore = 0;

    if (read_fdinfo(descriptor->fd, &info) < 0 ||
        !proc_number(info, "eventfd-count:", 16, &descriptor->eventfd.count))
        return false;
    proc_number(info, "eventfd-id:", 10, &descriptor->identity);
    proc_number(info, "eventfd-semaphore:", 10, &semaphore); /* told since Linux 6.5 */
    descriptor->eventfd.semaphore = semaphore != 0;
    descriptor->kind = DESCRIPTOR_EVENTFD;
    return true;
}

/* "it_value: (SECONDS, NANOSECONDS)" */
static bool take_time(const char *info, const char *name, struct timespec *time)
{
    const char *at = strstr(info, name);
    uint64_t seconds, nanoseconds;

    if (!at || !proc_number(at, "(", 10, &seconds) || !proc_number(at, ",", 10, &nanoseconds))
        return false;
    *time = (struct timespec){ .tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds };
    return true;
}

bool take_timerfd(struct descriptor *descriptor)
{
    char *info;
    uint64_t clock, ticks;

    if (read_fdinfo(descriptor->fd, &info) < 0 || !proc_number(info, "clockid:", 10, &clock) ||
        !proc_number(info, "ticks:", 10, &ticks) ||
        !take_time(info, "it_value:", &descriptor->timerfd.remaining) ||
        !take_time(info, "it_interval:", &descriptor->timerfd.interval))
        return false;
    descriptor->timerfd.clock = (int)clock;
    descriptor->timerfd.expired = ticks != 0;
    descriptor->kind = DESCRIPTOR_TIMERFD;
    return true;
}

bool take_signalfd(struct descriptor *descriptor)
{
    char *info;

    if (read_fdinfo(descriptor->fd, &info) < 0 ||
        !proc_number(info, "sigmask:", 16, &descriptor->signals))
        return false;
    descriptor->kind = DESCRIPTOR_SIGNALFD;
    return true;
}

/* A line a member: "tfd:        5 events:       19 data:                5 ..." */
bool take_epoll(struct descriptor *descriptor)
{
    char *info, *at;

    if (read_fdinfo(descriptor->fd, &info) < 0)
        return false;
    descriptor->kind = DESCRIPTOR_EPOLL;
    descriptor->epoll.first = descriptors.member_count;
    for (at = info; (at = strstr(at, "tfd:")); at++) {
        uint64_t fd, events, data;

        if (descriptors.member_count == DESCRIPTORS_MAX || !proc_number(at, "tfd:", 10, &fd) ||
            !proc_number(at, "events:", 16, &events) || !proc_number(at, "data:", 16, &data))
            return false;
        descriptors.members[descriptors.member_count++] =
            (struct epoll_member){ (int)fd, (uint32_t)events, data };
    }
    descriptor->epoll.count = descriptors.member_count - descriptor->epoll.first;
    return true;
}
