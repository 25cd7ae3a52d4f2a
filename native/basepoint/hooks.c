/*
 * The functions of the C library that the library stands in front of. Each passes through unless
 * BASEPOINT_CONTROL was set, and none takes a lock on the path of a running vCPU.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "basepoint.h"

#define EXPORT __attribute__((visibility("default")))

/* Constructors of other libraries may call a hook before ours has run. */
#define REAL(name) (__builtin_expect(!real.name, 0) ? (real_resolve(), real.name) : real.name)

EXPORT int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    request = (unsigned)request; /* as the kernel takes it: QEMU passes an int, sign and all */
    if (_IOC_TYPE(request) == KVMIO) {
        if (request == KVM_RUN)
            marks_stamp_run();
        if (kvm_listening)
            return kvm_ioctl(fd, request, argument);
    }
    return REAL(ioctl)(fd, request, argument);
}

EXPORT void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *address = REAL(mmap)(at, length, protection, flags, fd, offset);
    int error = errno;

    if (kvm_listening && address != MAP_FAILED) {
        if (fd >= 0 || (flags & MAP_SHARED))
            __atomic_add_fetch(&mappings_generation, 1, __ATOMIC_RELAXED);
        if (fd >= 0 || (flags & MAP_FIXED))
            kvm_mapped(fd, address, length, protection, flags, offset);
    }
    errno = error;
    return address;
}

EXPORT void *mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    return mmap(at, length, protection, flags, fd, offset);
}

/*
 * QEMU's RCU thread trims the heap each time it runs out of work. In a clone that walks over, and so
 * copies, some 450 pages it would have shared, with the heap locked: 2 to 4 ms in the middle of the
 * start, and 1.8 MiB. So a clone trims only once it has started.
 */
EXPORT int malloc_trim(size_t pad)
{
    return is_clone && !marks_tell_started() ? 0 : REAL(malloc_trim)(pad);
}

EXPORT int munmap(void *address, size_t length)
{
    if (kvm_listening) {
        __atomic_add_fetch(&mappings_generation, 1, __ATOMIC_RELAXED);
        kvm_unmapped(address, length);
    }
    return REAL(munmap)(address, length);
}

/* QEMU keeps guest RAM out of its children. A clone is a child that needs it. */
EXPORT int madvise(void *address, size_t length, int advice)
{
    if (basepoint_armed && advice == MADV_DONTFORK) {
        warm_spare(address, length);
        return 0;
    }
    return REAL(madvise)(address, length, advice);
}

EXPORT int close(int fd)
{
    if (kvm_listening)
        kvm_closed(fd);
    return REAL(close)(fd);
}

/* QEMU's threads block every signal; the one that parks them must get through. */
static const sigset_t *without_park_signal(int how, const sigset_t *set, sigset_t *copy)
{
    if (!basepoint_armed || !set || how == SIG_UNBLOCK)
        return set;
    *copy = *set;
    sigdelset(copy, PARK_SIGNAL);
    return copy;
}

EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t copy;

    return REAL(pthread_sigmask)(how, without_park_signal(how, set, &copy), old);
}

EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    sigset_t copy;

    return REAL(sigprocmask)(how, without_park_signal(how, set, &copy), old);
}

/*
 * io_uring rings are bound to the address space that made them, and cannot be made again with their
 * requests in flight. QEMU has another way (epoll, ppoll) for when the kernel has no io_uring: take
 * that. A ring made without liburing is refused when a clone is asked for.
 */
EXPORT int io_uring_queue_init(unsigned entries, void *ring, unsigned flags);
EXPORT int io_uring_queue_init(unsigned entries, void *ring, unsigned flags)
{
    static int (*next)(unsigned, void *, unsigned);

    if (basepoint_armed)
        return -ENOSYS;
    if (!next)
        next = (int (*)(unsigned, void *, unsigned))real_find("io_uring_queue_init");
    return next(entries, ring, flags);
}

EXPORT int io_uring_queue_init_params(unsigned entries, void *ring, void *parameters);
EXPORT int io_uring_queue_init_params(unsigned entries, void *ring, void *parameters)
{
    static int (*next)(unsigned, void *, void *);

    if (basepoint_armed)
        return -ENOSYS;
    if (!next)
        next = (int (*)(unsigned, void *, void *))real_find("io_uring_queue_init_params");
    return next(entries, ring, parameters);
}

/*
 * gnutls learns of a fork by pthread_atfork(), which a raw clone() does not run: every clone would
 * draw the same numbers from the generator it has in common with the others. So a clone asks the
 * kernel, whatever the level (GNUTLS_RND_NONCE, _RANDOM, _KEY): its answer is good enough for each.
 */
#define GNUTLS_E_RANDOM_FAILED (-206)

static int random_of_the_kernel(char *buffer, size_t size)
{
    while (size > 0) {
        ssize_t got = getrandom(buffer, size, 0);

        if (got < 0 && errno != EINTR)
            return GNUTLS_E_RANDOM_FAILED;
        if (got > 0) {
            buffer += got;
            size -= (size_t)got;
        }
    }
    return 0;
}

EXPORT int gnutls_rnd(int level, void *buffer, size_t size);
EXPORT int gnutls_rnd(int level, void *buffer, size_t size)
{
    static int (*next)(int, void *, size_t);

    if (!is_clone && !next)
        next = (int (*)(int, void *, size_t))dlsym(RTLD_NEXT, "gnutls_rnd");
    if (is_clone || !next) /* not next: gnutls was loaded by and for a plugin */
        return random_of_the_kernel(buffer, size);
    return next(level, buffer, size);
}

/*
 * The ways a byte leaves for the mark descriptor. It is stamped before the call: after it, a reader
 * that was waiting may already have the processor, and ask for the stamp.
 */
#define STAMPED(fd, vector, count, call)            \
    do {                                            \
        size_t stamped;                             \
        ssize_t written;                            \
        if (__builtin_expect((fd) != marks_fd, 1))  \
            return call;                            \
        stamped = marks_stamp(vector, count);       \
        written = call;                             \
        marks_take_back(stamped, written);          \
        return written;                             \
    } while (0)

EXPORT ssize_t write(int fd, const void *buffer, size_t size)
{
    STAMPED(fd, (&(struct iovec){ (void *)buffer, size }), 1, REAL(write)(fd, buffer, size));
}

EXPORT ssize_t writev(int fd, const struct iovec *vector, int count)
{
    STAMPED(fd, vector, count, REAL(writev)(fd, vector, count));
}

EXPORT ssize_t send(int fd, const void *buffer, size_t size, int flags)
{
    STAMPED(fd, (&(struct iovec){ (void *)buffer, size }), 1, REAL(send)(fd, buffer, size, flags));
}

EXPORT ssize_t sendto(int fd, const void *buffer, size_t size, int flags,
                      const struct sockaddr *to, socklen_t length)
{
    STAMPED(fd, (&(struct iovec){ (void *)buffer, size }), 1,
            REAL(sendto)(fd, buffer, size, flags, to, length));
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    STAMPED(fd, message->msg_iov, (int)message->msg_iovlen, REAL(sendmsg)(fd, message, flags));
}
