/*
 * What the parts of the library share. The life of a clone, and who does what:
 *
 *   control.c      one thread of the base point that answers requests and reaps clones
 *   connections.c  the sockets the requests come from (protocol.c: the lines)
 *   clone.c        the stages of one clone, in order
 *   threads.c      stops the base point's threads where they wait
 *   revive.c       makes them again in the clone
 *   descriptors.c  what every open descriptor is, and whether a clone can have it (with kinds.c and
 *                  sockets.c)
 *   renew.c        gives the clone descriptors of its own, under the same numbers
 *   mappings.c     finds memory that a clone would share with the base point
 *   kvm.c          listens to KVM's ioctls; repeats them in the clone (journal.c, ioctls.c)
 *   warm.c         faults in ahead of need what every clone touches
 *   heap.c         puts the heap in order before the first clone
 *   huge.c         puts the program's code into huge pages
 *   marks.c        stamps the bytes written to the mark descriptor
 *   hooks.c        the functions of the C library that are interposed
 *
 * The rule everything obeys: while threads stand still, one of them may hold any lock of the C
 * library. From "parked" to the end of clone.c only system calls are made: no malloc, no stdio.
 */
#ifndef BASEPOINT_H
#define BASEPOINT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "protocol.h"

/* Real-time signals are free in QEMU, which uses SIGUSR1, SIGUSR2, SIGALRM, SIGIO and SIGBUS. */
#define PARK_SIGNAL (SIGRTMAX - 3)

#define THREADS_MAX 512
#define DESCRIPTORS_MAX 1024
#define PARK_TIMEOUT_NS 1000000000ull
#define REBUILD_TIMEOUT_NS 10000000000ull
#define STANDING_MAX_NS 20000000ull

extern bool basepoint_armed; /* BASEPOINT_CONTROL was set: the hooks do more than pass through */
extern int basepoint_pid;
extern bool is_clone;

static inline uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000ull + (uint64_t)time.tv_nsec;
}

/* A lock that no thread owns by its id, since ids change in the clone. */
struct lock {
    int state;   /* 0 free, 1 taken, 2 taken and perhaps waited for */
    int waiting; /* threads that came when it was taken, also one that was woken and has not run */
};
void lock_take(struct lock *lock);
bool lock_try(struct lock *lock);
bool lock_is_awaited(const struct lock *lock);
void lock_release(struct lock *lock);

/* ---- refusals */

struct refusal {
    enum basepoint_refusal code;
    char sentence[256];
};
/* Always -1, so that a function may return it. */
int refuse(struct refusal *refusal, enum basepoint_refusal code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- real.c: the functions that hooks.c stands in front of */

struct real {
    int (*ioctl)(int, unsigned long, ...);
    void *(*mmap)(void *, size_t, int, int, int, off_t);
    int (*munmap)(void *, size_t);
    int (*madvise)(void *, size_t, int);
    int (*close)(int);
    int (*malloc_trim)(size_t);
    int (*pthread_sigmask)(int, const sigset_t *, sigset_t *);
    int (*sigprocmask)(int, const sigset_t *, sigset_t *);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*writev)(int, const struct iovec *, int);
    ssize_t (*send)(int, const void *, size_t, int);
    ssize_t (*sendto)(int, const void *, size_t, int, const struct sockaddr *, socklen_t);
    ssize_t (*sendmsg)(int, const struct msghdr *, int);
};
extern struct real real;
void real_resolve(void);
void *real_find(const char *name); /* or die loudly */

/* ---- marks.c */

extern struct basepoint_stages *own_stages; /* those of this process; NULL until armed */
extern int marks_fd;                        /* BASEPOINT_MARKS; -1: none */
void marks_stamp_run(void);
bool marks_tell_started(void); /* a second ago, at least */
size_t marks_stamp(const struct iovec *vector, int count); /* the result is how many bytes */
void marks_take_back(size_t stamped, ssize_t written);      /* those that were not written */

/* ---- kvm.c */

int kvm_ioctl(int fd, unsigned long request, void *argument);
void kvm_mapped(int fd, void *address, size_t length, int protection, int flags, off_t offset);
void kvm_unmapped(void *address, size_t length);
void kvm_closed(int fd);
extern bool kvm_listening; /* false where a journal is of no more use */

/*
 * Hold the journal still, from before the threads are parked (so that none stands between an ioctl
 * and its record) until they run again; false when a thread is just there. In the clone it is
 * released too, by the same function.
 */
bool kvm_freeze(void);
bool kvm_is_awaited(void); /* a thread came to the frozen journal: in the middle of its work */
void kvm_thaw(void);
int kvm_check(struct refusal *refusal);
bool kvm_knows(int fd);
/*
 * In the clone: first the VM with all that waits for grace periods of the kernel, then, once the
 * descriptors are renewed, the rest.
 */
int kvm_rebuild_vm(struct refusal *refusal);
int kvm_rebuild_rest(struct refusal *refusal);

/* ---- threads.c, revive.c */

/*
 * Find where the C library keeps a thread's id: once in the main thread, then once in another one,
 * whose id must be at the same place.
 */
void threads_init(void);
void threads_confirm_layout(void);
int threads_park(uint64_t deadline, struct refusal *refusal); /* once; refused: they run again */
void threads_release(void);
const char *threads_leader_name(void); /* of the main thread, while parked */
/*
 * In the clone: the other threads again. They stand where the originals stand, until released: one
 * that runs may signal another, whose id must be right by then.
 */
int threads_revive(struct refusal *refusal);
/*
 * Whoever may run on this processor (-1: none) is made on it and stays there, until all are let go:
 * those that were parked to where they may run, those that were made since to the given ones.
 */
#define PROCESSOR_WORDS 16 /* of an affinity mask: 1024 processors, as a cpu_set_t has */
extern int threads_held_on;
void threads_let_go(const unsigned long *processors);
int *threads_own_id(void); /* where the C library keeps the calling thread's id; NULL: unknown */

/* ---- descriptors.c, renew.c, mappings.c, proc.c */

struct channels {
    const struct basepoint_channel *list;
    unsigned count;
    const int *scm; /* the descriptors passed with the request */
    unsigned scm_count;
};

enum descriptor_kind {
    DESCRIPTOR_SHARED, /* has no state worth keeping apart */
    DESCRIPTOR_EVENTFD,
    DESCRIPTOR_EPOLL,
    DESCRIPTOR_TIMERFD,
    DESCRIPTOR_SIGNALFD,
    DESCRIPTOR_PIPE,
    DESCRIPTOR_LISTENER, /* becomes one that nobody knows */
    DESCRIPTOR_CHANNEL,  /* named by the request */
    DESCRIPTOR_WRITABLE, /* a file open for writing: needs proof that it is private memory */
};

struct descriptor {
    int fd;
    enum descriptor_kind kind;
    int status_flags; /* F_GETFL */
    bool close_on_exec;
    bool is_socket;
    int channel;      /* DESCRIPTOR_CHANNEL: index into the request */
    int twin;         /* index of an earlier descriptor of the same open file, or -1 */
    int connection;   /* DESCRIPTOR_CHANNEL: what takes its place, if that is connected already */
    uint64_t identity; /* what twins have in common: eventfd-id, or the inode */
    union {
        struct {
            uint64_t count;
            bool semaphore;
        } eventfd;
        struct {
            int clock;
            bool expired;
            struct timespec remaining, interval;
        } timerfd;
        uint64_t signals;
        struct {
            unsigned first, count; /* of the epoll members */
        } epoll;
    };
};

struct epoll_member {
    int fd;
    uint32_t events;
    uint64_t data;
};

struct descriptors {
    unsigned count, member_count;
    struct descriptor list[DESCRIPTORS_MAX];
    struct epoll_member members[DESCRIPTORS_MAX];
};
extern struct descriptors descriptors;

/* The library's own descriptors, which a clone does not get. */
void descriptors_own(int fd);
void descriptors_disown(int fd);
void descriptors_close_own(void);

/* While the threads are parked: fill `descriptors`, or refuse. */
int descriptors_take(const struct channels *channels, struct refusal *refusal);
/* What descriptors_take() found no longer holds: threads have run. */
void descriptors_forget(void);
/*
 * Connect the channels that the request wants connected: before the fork, so that whoever listens
 * wakes up and answers while the clone is made. To be disconnected in the base point after the fork.
 */
int descriptors_connect(const struct channels *channels, struct refusal *refusal);
void descriptors_disconnect(void);
/* In the clone. */
int descriptors_renew(const struct channels *channels, struct refusal *refusal);

extern unsigned mappings_generation; /* the hooks count here what could change the answer */
void mappings_accept(const void *address); /* the library's own shared memory */
int mappings_check(struct refusal *refusal);

/*
 * Zeroed memory of the base point alone: in a clone it is zeros, and so a write to it just after a
 * fork copies no page. Dies loudly when there is none.
 */
void *mappings_make_own(size_t size);

/* One line of /proc/self/maps. */
struct mapping {
    unsigned long start, end;
    bool readable, writable, shared;
    const char *path;
};
int mappings_walk(void (*visit)(const struct mapping *));

/*
 * Read a file of /proc whole into a buffer that the next call overwrites. The result is its length,
 * -1 when it cannot be read or is longer than the buffer.
 */
ssize_t read_proc(const char *path, char **content);
bool proc_buffer_holds(unsigned long address);
/* The number after `name` in the content of a file of /proc; false when it is not there. */
bool proc_number(const char *content, const char *name, unsigned base, uint64_t *number);

/* ---- warm.c: in the base point */

size_t warm_size(void);
void warm_open(void *shared); /* memory of that size which all clones share */
void warm_spare(const void *address, size_t length); /* this is guest RAM */
void warm_take(void);         /* while the threads stand: what a clone has learned, if one has */
void warm_forget(void);       /* the threads have run: the pages may be others now */

/* In a clone. */
void warm_up(void);           /* copy the pages an earlier clone came to own */
bool warm_begin(void);        /* whether this clone is to find them */
void warm_learn(void);        /* it finds them: returns when that is done */

/* ---- heap.c: by the control thread */

void heap_tidy(void); /* before the threads stand still: clones will copy less of it */

/* ---- huge.c */

/* Put what is possible of the program's code into huge pages; the result is how many bytes. */
size_t huge_code(void);

/* ---- clone.c, control.c */

struct clone_slot { /* in memory shared by the base point and all its clones */
    struct basepoint_stages stages;
    struct refusal refusal; /* of a rebuild that failed */
    int state;              /* enum clone_state, written by the clone */
};
enum clone_state { CLONE_REBUILDING, CLONE_READY, CLONE_FAILED };

/*
 * Make one clone. The result is its pid and *pidfd (which lies in shared memory), or -1 and a
 * refusal, the base point being as before. The clone says through the slot, then through `done_fd`,
 * that it is rebuilt. `alone`: no other clone is under way, and none is asked for.
 */
int clone_make(const struct channels *channels, struct clone_slot *slot, int done_fd, bool alone,
               int *pidfd, struct refusal *refusal);
void control_step_aside(void); /* till the clone is rebuilt, or there is something to do */
void clones_free_processor(void); /* the control thread's: that clone is rebuilt, or has ended */

/*
 * Let the threads run again, which clone_make() leaves parked: when all clones are rebuilt, or when
 * they have stood for STANDING_MAX_NS. The result is when to ask again; 0: they run.
 */
uint64_t clones_settle(bool all_rebuilt);

/*
 * Let the threads stand still between clones, too, or no longer. While they do nothing of the base
 * point changes, and what was read of it for one clone holds for the next.
 */
int clones_stand(struct refusal *refusal);
bool clones_stopped(void); /* whether the threads stand still now */
void clones_prepare(void); /* while none is under way: for the next */
void clones_stand_no_more(void);

/* Start the control thread; dies loudly when BASEPOINT_CONTROL cannot be served. */
void control_start(const char *where);
_Noreturn void control_fail(const char *why);

#endif
