/*
 * In the clone: descriptors of its own under the numbers of the base point's. Everything is known
 * from descriptors.c; only system calls are made.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#include "basepoint.h"
#include "text.h"

#define KERNEL_SIGSET_SIZE 8 /* what the system call takes, less than sigset_t */

/* Put `fd` where `descriptor` was, with the flags it had. Takes `fd`, also when it fails. */
static int put(const struct descriptor *descriptor, int fd)
{
    int result = -1;

    if (fd < 0)
        return -1;
    /*
     * Of these flags O_NONBLOCK, O_APPEND, O_ASYNC, O_DIRECT and O_NOATIME can be changed. (One that
     * came by scm: is an open file that the requester has, too, and it sees them changed.)
     */
    if (fcntl(fd, F_SETFL, descriptor->status_flags) == 0)
        result = dup3(fd, descriptor->fd, descriptor->close_on_exec ? O_CLOEXEC : 0);
    real.close(fd);
    return result < 0 ? -1 : 0;
}

static int renew_eventfd(const struct descriptor *descriptor)
{
    int fd = eventfd(0, descriptor->eventfd.semaphore ? EFD_SEMAPHORE : 0);
    uint64_t count = descriptor->eventfd.count;

    if (fd >= 0 && count && real.write(fd, &count, sizeof(count)) != sizeof(count)) {
        real.close(fd);
        return -1;
    }
    return put(descriptor, fd);
}

static int renew_timerfd(const struct descriptor *descriptor)
{
    struct itimerspec time = { .it_value = descriptor->timerfd.remaining,
                               .it_interval = descriptor->timerfd.interval };
    int fd = timerfd_create(descriptor->timerfd.clock, 0);

    if (fd < 0)
        return -1;
    if (descriptor->timerfd.expired) /* and was not read: let it expire at once, again */
        time.it_value = (struct timespec){ .tv_nsec = 1 };
    if (timerfd_settime(fd, 0, &time, NULL) < 0) {
        real.close(fd);
        return -1;
    }
    return put(descriptor, fd);
}

static int renew_signalfd(const struct descriptor *descriptor)
{
    return put(descriptor, (int)syscall(SYS_signalfd4, -1, &descriptor->signals,
                                        KERNEL_SIGSET_SIZE, 0));
}

static int renew_pipe(unsigned index)
{
    const struct descriptor *one = &descriptors.list[index];
    int ends[2];

    for (unsigned i = index + 1; i < descriptors.count; i++) {
        const struct descriptor *other = &descriptors.list[i];
        bool one_reads = (one->status_flags & O_ACCMODE) == O_RDONLY;

        if (other->kind != DESCRIPTOR_PIPE || other->identity != one->identity)
            continue;
        if (pipe2(ends, 0) < 0 || put(one, ends[!one_reads]) < 0)
            return -1;
        return put(other, ends[one_reads]);
    }
    return 0; /* the second end: done with the first */
}

/* A listening socket under a name that nobody knows: the kernel chooses it (autobind). */
static int renew_listener(const struct descriptor *descriptor)
{
    struct sockaddr address = { .sa_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    if (bind(fd, &address, sizeof(address.sa_family)) < 0 || listen(fd, 1) < 0) {
        real.close(fd);
        return -1;
    }
    return put(descriptor, fd);
}

/* ---- channels */

/* Not blocking: a listener whose queue is full would hold the clone up. */
static int connect_to(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = strlen(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return -1;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    else
        length++;
    if (connect(fd, (struct sockaddr *)&address,
                (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) {
        int error = errno;
        real.close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/*
 * Nobody, for ever. A socket whose peer is gone, because a socket that only nobody reads would fill
 * up and stop the guest.
 */
static int open_null(const struct descriptor *descriptor)
{
    int ends[2];

    if (!descriptor->is_socket)
        return open("/dev/null", O_RDWR);
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
        return -1;
    real.close(ends[1]);
    return ends[0];
}

/* Through /proc, which opens the file behind a descriptor whatever has become of its name. */
static int reopen(const struct descriptor *descriptor)
{
    char path[sizeof("/proc/self/fd/") + 10];
    struct text text = TEXT(path);
    int flags = fcntl(descriptor->fd, F_GETFL);

    text_add(&text, "/proc/self/fd/%d", descriptor->fd);
    return open(path, (flags & O_ACCMODE) | O_CLOEXEC);
}

void descriptors_disconnect(void)
{
    for (unsigned i = 0; i < descriptors.count; i++)
        if (descriptors.list[i].connection >= 0) {
            real.close(descriptors.list[i].connection);
            descriptors.list[i].connection = -1;
        }
}

int descriptors_connect(const struct channels *channels, struct refusal *refusal)
{
    for (unsigned i = 0; i < descriptors.count; i++)
        descriptors.list[i].connection = -1;
    for (unsigned i = 0; i < descriptors.count; i++) {
        struct descriptor *descriptor = &descriptors.list[i];
        const struct basepoint_channel *channel = &channels->list[descriptor->channel];

        if (descriptor->kind != DESCRIPTOR_CHANNEL || descriptor->twin >= 0 ||
            channel->becomes != BECOMES_CONNECT)
            continue;
        descriptor->connection = connect_to(channel->connect_path);
        if (descriptor->connection < 0) {
            refuse(refusal, REFUSAL_CHANNEL, "descriptor %d: cannot connect to %s: %s",
                   descriptor->fd, channel->connect_path, strerrorname_np(errno));
            descriptors_disconnect();
            return -1;
        }
    }
    return 0;
}

static int renew_channel(const struct descriptor *descriptor, const struct channels *channels,
                         struct refusal *refusal)
{
    const struct basepoint_channel *channel = &channels->list[descriptor->channel];
    int fd;

    switch (channel->becomes) {
    case BECOMES_CONNECT:
        fd = descriptor->connection;
        break;
    case BECOMES_SCM:
        fd = fcntl(channels->scm[channel->scm], F_DUPFD_CLOEXEC, 0);
        break;
    case BECOMES_REOPEN:
        fd = reopen(descriptor);
        break;
    default:
        fd = open_null(descriptor);
    }
    if (put(descriptor, fd) < 0)
        return refuse(refusal, REFUSAL_REBUILD, "descriptor %d cannot be renewed: %s",
                      descriptor->fd, strerrorname_np(errno));
    return 0;
}

/* ---- all of them */

static int renew_one(unsigned index, const struct channels *channels, struct refusal *refusal)
{
    const struct descriptor *descriptor = &descriptors.list[index];
    int result = 0;

    if (descriptor->twin >= 0) {
        int twin = descriptors.list[descriptor->twin].fd;
        result = dup3(twin, descriptor->fd, descriptor->close_on_exec ? O_CLOEXEC : 0);
    } else {
        switch (descriptor->kind) {
        case DESCRIPTOR_EVENTFD:
            result = renew_eventfd(descriptor);
            break;
        case DESCRIPTOR_TIMERFD:
            result = renew_timerfd(descriptor);
            break;
        case DESCRIPTOR_SIGNALFD:
            result = renew_signalfd(descriptor);
            break;
        case DESCRIPTOR_EPOLL: /* filled once every member is renewed */
            result = put(descriptor, epoll_create1(0));
            break;
        case DESCRIPTOR_PIPE:
            result = renew_pipe(index);
            break;
        case DESCRIPTOR_LISTENER:
            result = renew_listener(descriptor);
            break;
        case DESCRIPTOR_CHANNEL:
            return renew_channel(descriptor, channels, refusal);
        case DESCRIPTOR_SHARED:
        case DESCRIPTOR_WRITABLE:
            break;
        }
    }
    if (result < 0)
        return refuse(refusal, REFUSAL_REBUILD, "descriptor %d cannot be renewed: %s",
                      descriptor->fd, strerrorname_np(errno));
    return 0;
}

static int fill_epoll(const struct descriptor *descriptor, struct refusal *refusal)
{
    for (unsigned i = 0; i < descriptor->epoll.count; i++) {
        const struct epoll_member *member = &descriptors.members[descriptor->epoll.first + i];
        struct epoll_event event = { .events = member->events, .data.u64 = member->data };

        if (epoll_ctl(descriptor->fd, EPOLL_CTL_ADD, member->fd, &event) < 0)
            return refuse(refusal, REFUSAL_REBUILD, "descriptor %d cannot be watched by epoll set "
                          "%d: %s", member->fd, descriptor->fd, strerrorname_np(errno));
    }
    return 0;
}

int descriptors_renew(const struct channels *channels, struct refusal *refusal)
{
    for (unsigned i = 0; i < descriptors.count; i++)
        if (renew_one(i, channels, refusal) < 0)
            return -1;
    for (unsigned i = 0; i < descriptors.count; i++)
        if (descriptors.list[i].kind == DESCRIPTOR_EPOLL &&
            fill_epoll(&descriptors.list[i], refusal) < 0)
            return -1;
    return 0;
}
