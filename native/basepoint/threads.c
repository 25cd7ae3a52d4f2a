/*
 * fork() copies one thread, and QEMU has several. So every thread of the base point is stopped in a
 * signal handler, the control thread forks, and in the clone each is made again with clone() on the
 * stack it has there, from the registers it saved. It then returns from the handler, and the kernel
 * restores the rest (all registers, signal mask, alternate stack) from the signal's frame, which is
 * on that stack too.
 *
 * A thread gets a new id in the clone, and its id may be in use: the C library writes the id of the
 * owner into a recursive mutex, and lets only that id unlock it. So a thread is stopped only where
 * it waits in a system call, as all threads of an idle QEMU do; while one is busy, the parking is
 * undone and tried again. (Learned: QEMU 7.2 aborted in pthread_mutex_unlock() in a clone made
 * while the main loop was sending a reply.)
 */
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <linux/futex.h>
#include <string.h>
#include <ucontext.h>

#include "parked.h"
#include "text.h"

struct parked_thread threads[THREADS_MAX];

/*
 * Generation of the parking (odd: stand still) in the upper half, places taken in the lower. One
 * word, so that a thread late for a parking that was given up cannot take a place in the next.
 */
static uint64_t parking;
static int standing;

#define GENERATION(word) ((unsigned)((word) >> 32))
#define PLACES(word) ((unsigned)(word))
#define GENERATION_FUTEX ((int *)&parking + 1)

static long futex(int *word, int operation, int value, const struct timespec *timeout)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, timeout, NULL, 0);
}

static bool take_place(uint64_t *word)
{
    *word = __atomic_load_n(&parking, __ATOMIC_ACQUIRE);
    do {
        if (!(GENERATION(*word) & 1) || PLACES(*word) == THREADS_MAX)
            return false;
    } while (!__atomic_compare_exchange_n(&parking, word, *word + 1, false, __ATOMIC_ACQ_REL,
                                          __ATOMIC_ACQUIRE));
    return true;
}

static void stand_still(unsigned generation)
{
    while (GENERATION(__atomic_load_n(&parking, __ATOMIC_ACQUIRE)) == generation)
        futex(GENERATION_FUTEX, FUTEX_WAIT, (int)generation, NULL);
}

/*
 * A system call that was interrupted either failed with EINTR, just after its instruction, or will
 * be made again, by returning to the instruction itself.
 */
static bool was_in_system_call(const ucontext_t *context)
{
    static const unsigned char instruction[] = { 0x0f, 0x05 };
    const unsigned char *at = (const unsigned char *)context->uc_mcontext.gregs[REG_RIP];

    if (context->uc_mcontext.gregs[REG_RAX] == -EINTR)
        at -= sizeof(instruction);
    return memcmp(at, instruction, sizeof(instruction)) == 0;
}

/*
 * In a clone, a thread that waited in poll() goes on waiting, as it does after a signal that nobody
 * handles. Told of an interruption it would go once round its main loop for nothing, before it asks
 * the descriptors that the clone was given something by. A time to wait is taken to be over: the
 * base point may have stood still for longer. The number of the call is no longer in a register; it
 * is in the instruction that put it there. (Not from glibc 2.41 on, whose calls that can be cancelled
 * all go through one place: there a thread is told.)
 */
static void wait_again(ucontext_t *context)
{
    static const unsigned char move_to_eax = 0xb8;
    greg_t *registers = context->uc_mcontext.gregs;
    const unsigned char *at = (const unsigned char *)registers[REG_RIP] - 2; /* the call itself */
    struct timespec *time = (struct timespec *)registers[REG_RDX];
    uint32_t number;

    if (registers[REG_RAX] != -EINTR || at[-5] != move_to_eax)
        return;
    memcpy(&number, at - 4, sizeof(number));
    if (number == SYS_poll && (int)registers[REG_RDX] > 0)
        registers[REG_RDX] = 0;
    else if (number == SYS_ppoll && time)
        *time = (struct timespec){ 0 }; /* the C library's copy, which the kernel writes to as well */
    else if (number != SYS_poll && number != SYS_ppoll)
        return;
    registers[REG_RIP] = (greg_t)at;
    registers[REG_RAX] = number;
}

static void park(int signal, siginfo_t *info, void *context)
{
    int error = errno;
    uint64_t word;

    (void)signal;
    (void)info;
    if (take_place(&word)) {
        struct parked_thread *thread = &threads[PLACES(word)];
        unsigned generation = GENERATION(word);

        thread->waits = was_in_system_call(context);
        thread_save(thread);
        if (registers_save(&thread->registers) == 0) {
            __atomic_store_n(&thread->generation, generation, __ATOMIC_RELEASE);
            __atomic_add_fetch(&standing, 1, __ATOMIC_ACQ_REL);
            futex(&standing, FUTEX_WAKE, 1, NULL);
        } else {
            thread_restore(thread);
            wait_again(context);
        }
        stand_still(generation);
    }
    errno = error;
}

static bool stands(int id, unsigned generation)
{
    unsigned places = PLACES(__atomic_load_n(&parking, __ATOMIC_ACQUIRE));

    for (unsigned i = 0; i < places; i++)
        if (__atomic_load_n(&threads[i].generation, __ATOMIC_ACQUIRE) == generation &&
            threads[i].id == id)
            return true;
    return false;
}

struct directory_entry { /* struct linux_dirent64 */
    uint64_t inode;
    int64_t offset;
    unsigned short length;
    unsigned char type;
    char name[];
};

/* The ids of all threads but this one; the result is their number, or -1. */
static int list_threads(int *ids, int places)
{
    static char buffer[32 * 1024];
    int directory = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int count = 0, self = own_tid();
    long length;

    if (directory < 0)
        return -1;
    while ((length = syscall(SYS_getdents64, directory, buffer, sizeof(buffer))) > 0)
        for (long at = 0; at < length;) {
            struct directory_entry *entry = (struct directory_entry *)(buffer + at);
            int id = 0;

            for (const char *c = entry->name; *c >= '0' && *c <= '9'; c++)
                id = id * 10 + (*c - '0');
            if (id && id != self && count < places)
                ids[count++] = id;
            at += entry->length;
        }
    real.close(directory);
    return count;
}

/* Not one that somebody has placed since. */
static void let_go(int id, const unsigned long *processors)
{
    unsigned long now[PROCESSOR_WORDS] = { 0 }, held[PROCESSOR_WORDS] = { 0 };

    held[threads_held_on / 64] = 1ul << threads_held_on % 64;
    if (syscall(SYS_sched_getaffinity, id, sizeof(now), now) > 0 &&
        memcmp(now, held, sizeof(held)) == 0)
        syscall(SYS_sched_setaffinity, id, PROCESSOR_WORDS * sizeof(*processors), processors);
}

void threads_let_go(const unsigned long *processors)
{
    static int ids[THREADS_MAX + 1];
    unsigned places = threads_parked();
    int count;

    /* First those that were parked: what they make from now on is not held. */
    for (unsigned i = 0; i < places; i++)
        let_go(threads[i].id, threads[i].processors);
    count = list_threads(ids, THREADS_MAX + 1);
    for (int i = 0; i < count; i++) {
        bool is_new = true;

        for (unsigned j = 0; j < places && is_new; j++)
            is_new = threads[j].id != ids[i];
        if (is_new)
            let_go(ids[i], processors);
    }
    let_go(own_tid(), processors);
}

/* Wait until `wanted` threads stand; give up waiting after 20 ms, as one may have ended instead. */
static void wait_for(int wanted)
{
    struct timespec patience = { .tv_nsec = 20000000 };
    int seen;

    while ((seen = __atomic_load_n(&standing, __ATOMIC_ACQUIRE)) < wanted)
        if (futex(&standing, FUTEX_WAIT, seen, &patience) != 0 && errno == ETIMEDOUT)
            return;
}

/*
 * Signal every thread that was not signalled yet. The result is the number of threads, or 0 when
 * all of them stand; *straggler is one that does not.
 */
static int signal_threads(unsigned generation, int *straggler)
{
    static int ids[THREADS_MAX + 1], signalled[THREADS_MAX + 1];
    static int signalled_count;
    static unsigned signalled_generation;
    int count = list_threads(ids, THREADS_MAX + 1), running = 0;

    if (signalled_generation != generation) {
        signalled_generation = generation;
        signalled_count = 0;
    }
    for (int i = 0; i < count; i++) {
        bool known = false;

        if (stands(ids[i], generation))
            continue;
        running++;
        *straggler = ids[i];
        for (int j = 0; j < signalled_count && !known; j++)
            known = signalled[j] == ids[i];
        if (known || signalled_count == THREADS_MAX + 1)
            continue;
        signalled[signalled_count++] = ids[i];
        syscall(SYS_tgkill, basepoint_pid, ids[i], PARK_SIGNAL);
    }
    return count < 0 ? 1 : running ? count : 0;
}

void threads_init(void)
{
    struct sigaction action = { .sa_sigaction = park, .sa_flags = SA_RESTART | SA_SIGINFO };

    sigfillset(&action.sa_mask);
    sigaction(PARK_SIGNAL, &action, NULL);
    layout_remember();
}

unsigned threads_parked(void)
{
    return PLACES(parking);
}

/* Stop all threads once. The result is 0, or the id of one that did not stop, or was busy. */
static int stop_threads(uint64_t deadline)
{
    unsigned generation = GENERATION(parking) + 1;
    int count, straggler = 0;

    standing = 0;
    __atomic_store_n(&parking, (uint64_t)generation << 32, __ATOMIC_RELEASE);
    /* Again after all stand: one may have made another before it was stopped. */
    while ((count = signal_threads(generation, &straggler)) > 0) {
        if (now_ns() > deadline)
            return straggler;
        wait_for(count);
    }
    for (unsigned i = 0; i < PLACES(parking); i++)
        if (!threads[i].waits)
            return threads[i].id;
    return 0;
}

int threads_park(uint64_t deadline, struct refusal *refusal)
{
    struct sigaction action;
    int straggler;

    if (!threads_own_id())
        return refuse(refusal, REFUSAL_LAYOUT, "the thread layout of the C library (%s) is not "
                      "recognised", gnu_get_libc_version());
    sigaction(PARK_SIGNAL, NULL, &action);
    if (action.sa_sigaction != park)
        return refuse(refusal, REFUSAL_THREAD, "signal %d was taken by the program", PARK_SIGNAL);

    straggler = stop_threads(deadline);
    if (straggler == 0)
        return 0;
    threads_release();
    return refuse(refusal, REFUSAL_THREAD, "thread %d did not park within %lu ms", straggler,
                  (unsigned long)(PARK_TIMEOUT_NS / 1000000));
}

const char *threads_leader_name(void)
{
    for (unsigned i = 0; i < PLACES(parking); i++)
        if (threads[i].id == basepoint_pid)
            return threads[i].name;
    return "basepoint";
}

void threads_release(void)
{
    __atomic_add_fetch(&parking, (uint64_t)1 << 32, __ATOMIC_ACQ_REL);
    futex(GENERATION_FUTEX, FUTEX_WAKE, THREADS_MAX + 1, NULL);
}

