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
 * The code it ran is shared for good, but fork() does not copy the page tables of files: that is
 * another 67 faults, of 3.5 us each (fewer
 * where huge.c has moved the program's own). The kernel maps a window of pages around each; so the first
 * clone tells the windows, and one page of each is read.
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
#define PAGES_MAX 1024u
#define WINDOWS_MAX 512u
#define WINDOW (16 * PAGE) /* fault_around_bytes, unless somebody has changed it */
#define LARGEST_MAPPING (64ul << 20) /* the address space QEMU reserves is not looked through */
#define LEARN_AFTER_NS 300000000ull  /* a clone that has said nothing by then has nothing to tell */

/* Documentation/admin-guide/mm/pagemap.rst */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FILE (1ull << 61)
#define PAGEMAP_EXCLUSIVE (1ull << 56)

enum warm_state { WARM_UNKNOWN, WARM_LEARNING, WARM_KNOWN };

struct warm_pages {
    int state;
    uint64_t learning_since; /* a clone may end before it has finished: then the next one tries */
    unsigned count;
    unsigned long pages[PAGES_MAX];
    unsigned window_count;
    unsigned long windows[WINDOWS_MAX]; /* a page in each */
};

static struct warm_pages *warm;

size_t warm_size(void)
{
    return sizeof(struct warm_pages);
}

void warm_open(void *shared)
{
    warm = shared;
}

void warm_forget(void)
{
    __atomic_store_n(&warm->state, WARM_UNKNOWN, __ATOMIC_RELEASE);
}

/*
 * By madvise (Linux 5.14), which answers ENOMEM where the first clone had mapped something of its
 * own; a plain write there would end the clone.
 */
void warm_up(void)
{
    if (__atomic_load_n(&warm->state, __ATOMIC_ACQUIRE) != WARM_KNOWN)
        return;
    for (unsigned i = 0, run; i < warm->count; i += run) {
        for (run = 1; i + run < warm->count && warm->pages[i + run] == warm->pages[i] + run * PAGE;)
            run++;
        syscall(SYS_madvise, warm->pages[i], run * PAGE, MADV_POPULATE_WRITE);
    }
    for (unsigned i = 0; i < warm->window_count; i++)
        syscall(SYS_madvise, warm->windows[i], PAGE, MADV_POPULATE_READ);
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

/* ---- learning, in one clone */

static int pagemap;
static uint64_t entries[512] __attribute__((aligned(PAGE)));

/* The learner's own work, which no other clone does. */
static bool is_scratch(unsigned long page)
{
    return page == (unsigned long)entries || proc_buffer_holds(page);
}

static void learn_page(unsigned long at, uint64_t entry)
{
    bool is_known = warm->window_count &&
                    warm->windows[warm->window_count - 1] / WINDOW == at / WINDOW;

    if (!(entry & PAGEMAP_PRESENT))
        return;
    if (entry & PAGEMAP_FILE) {
        if (!is_known && warm->window_count < WINDOWS_MAX)
            warm->windows[warm->window_count++] = at;
    } else if (entry & PAGEMAP_EXCLUSIVE && !is_scratch(at) && warm->count < PAGES_MAX) {
        warm->pages[warm->count++] = at;
    }
}

static void learn_mapping(const struct mapping *mapping)
{
    unsigned long at = mapping->start;

    if (mapping->shared || mapping->end - mapping->start > LARGEST_MAPPING || is_spared(mapping))
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

void warm_learn(void)
{
    int expected = __atomic_load_n(&warm->state, __ATOMIC_ACQUIRE);

    if (expected == WARM_KNOWN ||
        (expected == WARM_LEARNING && now_ns() < warm->learning_since + LEARN_AFTER_NS))
        return;
    if (!__atomic_compare_exchange_n(&warm->state, &expected, WARM_LEARNING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return;
    warm->learning_since = now_ns();
    warm->count = warm->window_count = 0;
    expected = WARM_UNKNOWN;
    pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    if (pagemap >= 0 && wait_for_mark() && mappings_walk(learn_mapping) == 0)
        expected = WARM_KNOWN;
    __atomic_store_n(&warm->state, expected, __ATOMIC_RELEASE);
    real.close(pagemap);
}
