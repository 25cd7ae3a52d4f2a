/*
 * Pages that every clone of one base point touches, faulted in ahead of need.
 *
 * A clone shares the base point's memory until it touches it; each first touch is a fault, some 190
 * of them before a tiny guest's first mark, one after the other in the middle of the start. They are
 * nearly the same for every clone of a base point whose threads stand still. So the first clone
 * tells which pages it came to own, and later ones copy those before they have other threads: then
 * a copy costs neither an exception nor an interrupt to another processor. (A second thread that
 * copies while the first rebuilds KVM was tried: it takes three times as long, and holds up the
 * grace periods that KVM waits for.)
 *
 * The code it ran is shared for good, but fork() leaves out the page tables of a file's mapping, to
 * be filled again by faults: one for each window of 16 pages, some 70 of them, or 35 where huge.c
 * has moved the program's own. It leaves none out of a mapping that holds one page which is not the
 * file's any more. So the first clone tells the windows, and the base point makes one page of each
 * such mapping its own, as a debugger does that sets a breakpoint, and writes to it what it held.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "basepoint.h"

#define PAGE 4096ul
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#ifndef PIDFD_SELF_THREAD
#define PIDFD_SELF_THREAD (-10000)
#endif
#define PAGES_MAX 1024u
#define WINDOWS_MAX 512u
#define WINDOW (16 * PAGE) /* fault_around_bytes, unless somebody has changed it */
#define OWNED 1ul /* in place of a page */
#define LARGEST_MAPPING (64ul << 20) /* the address space QEMU reserves is not looked through */
#define LEARN_AFTER_NS 300000000ull  /* a clone that has said nothing by then has nothing to tell */

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FILE (1ull << 61)
#define PAGEMAP_EXCLUSIVE (1ull << 56)

enum warm_state { WARM_UNKNOWN, WARM_LEARNING, WARM_KNOWN };

struct warm_list {
    unsigned count, window_count;
    unsigned long pages[PAGES_MAX];
    unsigned long windows[WINDOWS_MAX]; /* a page in each */
};

static struct warm_pages { /* shared by all */
    int state;
    uint64_t learning_since; /* a clone may end before it has finished: then the next one tries */
    struct warm_list list;
} *warm;

/* What the base point knows; a clone has the page tables of this, not of shared memory. */
static struct warm_list known;
static struct iovec runs[PAGES_MAX]; /* known.pages */
static unsigned run_count;
static size_t run_bytes;
static bool is_known;

size_t warm_size(void)
{
    return sizeof(struct warm_pages);
}

void warm_open(void *shared)
{
    warm = shared;
}

/* ---- what is not warmed up */

/*
 * Guest RAM, which QEMU tells by keeping it out of its children. What a guest touches is its own
 * work: done ahead of time it would not be measured, and most of it is not needed to be ready.
 */
#define SPARED_MAX 64

static struct {
    unsigned long start, end;
} spared[SPARED_MAX];
static unsigned spared_count;

void warm_spare(const void *address, size_t length)
{
    unsigned place = __atomic_fetch_add(&spared_count, 1, __ATOMIC_RELAXED);

    if (place < SPARED_MAX) {
        spared[place].start = (unsigned long)address;
        spared[place].end = (unsigned long)address + length;
    }
}

static bool is_spared(const struct mapping *mapping)
{
    if (spared_count > SPARED_MAX)
        return true;
    for (unsigned i = 0; i < spared_count; i++)
        if (mapping->start < spared[i].end && spared[i].start < mapping->end)
            return true;
    return false;
}

/* ---- in the base point */

/* Where the mappings begin that have a page which is not their file's: one is enough. */
#define OWNED_MAX 256
static unsigned long owned[OWNED_MAX];
static unsigned owned_count;

void warm_forget(void)
{
    __atomic_store_n(&warm->state, WARM_UNKNOWN, __ATOMIC_RELEASE);
    is_known = false;
    owned_count = 0; /* something else may be mapped there by now */
}

static int memory, pagemap; /* /proc/self/mem, /proc/self/pagemap */

/* Not those of what the clone had mapped itself. */
static void add_runs(const struct mapping *mapping)
{
    for (unsigned i = 0; i < known.count; i++) {
        unsigned long page = known.pages[i];
        struct iovec *last = run_count ? &runs[run_count - 1] : NULL;

        if (page < mapping->start || page >= mapping->end)
            continue;
        if (last && (unsigned long)last->iov_base + last->iov_len == page)
            last->iov_len += PAGE;
        else
            runs[run_count++] = (struct iovec){ (void *)page, PAGE };
        run_bytes += PAGE;
    }
}

static bool has_page(unsigned long page)
{
    uint64_t entry;
    off_t at = (off_t)(page / PAGE * sizeof(entry));

    return pread(pagemap, &entry, sizeof(entry), at) == sizeof(entry) &&
           (entry & PAGEMAP_PRESENT) && (entry & PAGEMAP_FILE);
}

/* The byte is the base point's own, not a clone's word for it. */
static bool own_one(const struct mapping *mapping, unsigned long page)
{
    for (unsigned i = 0; i < owned_count; i++)
        if (owned[i] == mapping->start)
            return true;
    if (owned_count == OWNED_MAX || pwrite(memory, (const void *)page, 1, (off_t)page) != 1)
        return false;
    owned[owned_count++] = mapping->start;
    return true;
}

/*
 * A page that the base point has not mapped is left to the clones: to read it would map all of its
 * window here.
 */
static void own_windows(const struct mapping *mapping)
{
    for (unsigned i = 0; i < known.window_count; i++) {
        unsigned long page = known.windows[i];

        if (page >= mapping->start && page < mapping->end && has_page(page) &&
            own_one(mapping, page))
            known.windows[i] = OWNED;
    }
}

static void take_mapping(const struct mapping *mapping)
{
    if (mapping->shared || is_spared(mapping))
        return;
    if (mapping->writable)
        add_runs(mapping);
    else if (mapping->readable)
        own_windows(mapping);
}

void warm_take(void)
{
    unsigned left = 0;

    if (is_known || __atomic_load_n(&warm->state, __ATOMIC_ACQUIRE) != WARM_KNOWN)
        return;
    known = warm->list;
    if (known.count > PAGES_MAX || known.window_count > WINDOWS_MAX) /* it was a clone that wrote this */
        known.count = known.window_count = 0;
    is_known = true;
    run_count = 0;
    run_bytes = 0;
    memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    mappings_walk(take_mapping);
    real.close(memory);
    real.close(pagemap);
    for (unsigned i = 0; i < known.window_count; i++)
        if (known.windows[i] != OWNED)
            known.windows[left++] = known.windows[i];
    known.window_count = left;
}

/* ---- in a clone */

/*
 * All in one call since Linux 6.15, one by one since 5.14. Not by a write to each: the clone may be
 * the one to find that it is not there any more, and would end.
 */
static void populate(void)
{
    if (syscall(SYS_process_madvise, PIDFD_SELF_THREAD, runs, run_count, MADV_POPULATE_WRITE, 0) ==
        (long)run_bytes)
        return;
    for (unsigned i = 0; i < run_count; i++)
        syscall(SYS_madvise, runs[i].iov_base, runs[i].iov_len, MADV_POPULATE_WRITE);
}

void warm_up(void)
{
    if (!is_known)
        return;
    populate();
    for (unsigned i = 0; i < known.window_count; i++)
        syscall(SYS_madvise, known.windows[i], PAGE, MADV_POPULATE_READ);
}

/* ---- learning, in one clone */

static uint64_t entries[512] __attribute__((aligned(PAGE)));

/* The learner's own work, which no other clone does. */
static bool is_scratch(unsigned long page)
{
    return page == (unsigned long)entries || proc_buffer_holds(page);
}

static void learn_page(unsigned long at, uint64_t entry)
{
    struct warm_list *list = &warm->list;
    bool has_window = list->window_count &&
                      list->windows[list->window_count - 1] / WINDOW == at / WINDOW;

    if (!(entry & PAGEMAP_PRESENT))
        return;
    if (entry & PAGEMAP_FILE) {
        if (!has_window && list->window_count < WINDOWS_MAX)
            list->windows[list->window_count++] = at;
    } else if (entry & PAGEMAP_EXCLUSIVE && !is_scratch(at) && list->count < PAGES_MAX) {
        list->pages[list->count++] = at;
    }
}

static void learn_mapping(const struct mapping *mapping)
{
    unsigned long at = mapping->start;

    if (mapping->shared || !mapping->readable || is_spared(mapping) ||
        mapping->end - mapping->start > LARGEST_MAPPING)
        return;
    while (at < mapping->end) {
        size_t wanted = (mapping->end - at) / PAGE;
        ssize_t got;

        if (wanted > sizeof(entries) / sizeof(entries[0]))
            wanted = sizeof(entries) / sizeof(entries[0]);
        got = pread(pagemap, entries, wanted * sizeof(entries[0]), (off_t)(at / PAGE * 8));
        if (got <= 0)
            return;
        for (size_t i = 0; i < (size_t)got / sizeof(entries[0]); i++, at += PAGE)
            learn_page(at, entries[i]);
    }
}

/* Until the guest has spoken: what is touched after that is the guest's own work. */
static bool wait_for_mark(void)
{
    static const struct timespec step = { .tv_nsec = 500000 };
    uint64_t until = now_ns() + LEARN_AFTER_NS;

    while (__atomic_load_n(&own_stages->ns[STAGE_MARK], __ATOMIC_RELAXED) == 0) {
        if (now_ns() > until)
            return false;
        nanosleep(&step, NULL);
    }
    return true;
}

bool warm_begin(void)
{
    int expected = __atomic_load_n(&warm->state, __ATOMIC_ACQUIRE);

    if (expected == WARM_KNOWN ||
        (expected == WARM_LEARNING && now_ns() < warm->learning_since + LEARN_AFTER_NS))
        return false;
    if (!__atomic_compare_exchange_n(&warm->state, &expected, WARM_LEARNING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return false;
    warm->learning_since = now_ns();
    return true;
}

void warm_learn(void)
{
    int state = WARM_UNKNOWN;

    warm->list.count = warm->list.window_count = 0;
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap >= 0 && wait_for_mark() && mappings_walk(learn_mapping) == 0)
        state = WARM_KNOWN;
    __atomic_store_n(&warm->state, state, __ATOMIC_RELEASE);
    real.close(pagemap);
}
