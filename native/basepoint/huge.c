/*
 * The program's code in huge pages, before it is cloned.
 *
 * fork() leaves out the page tables of files, so that every clone takes a fault for each 16 pages of
 * QEMU that it runs through; and where the hypervisor shadows the page tables (a virtual machine in
 * a virtual machine) each page of them costs another. One huge page stands for 512 pages, fork()
 * copies its one entry, and all clones share it, as nobody writes to code. So the code is replaced by
 * a copy of itself, in place.
 *
 * Where the loader puts the program is chance, to the page. So that it makes no difference, the
 * huge pages at either end take in what lies beside the code, as far as that is constants of the
 * same program; they become executable with it (as they are in programs linked without
 * "-z separate-code").
 *
 * In small pages the copy would slow down each fork: where there are no huge pages to be had, or
 * none are wanted (/sys/kernel/mm/transparent_hugepage), all stays as it is. (Tried for what else
 * fork() copies page by page, without a gain: the other constants, what is read-only once it is
 * relocated, and the heap, which a clone's first write breaks up again.)
 */
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "basepoint.h"

#define PAGE 4096ul
#define HUGE_PAGE (2ul << 20)

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static unsigned long down(unsigned long address, unsigned long to)
{
    return address & ~(to - 1);
}

static unsigned long up(unsigned long address, unsigned long to)
{
    return down(address + to - 1, to);
}

static uint64_t huge_kib(void)
{
    uint64_t kib = 0;
    char *content;

    if (read_proc("/proc/self/smaps_rollup", &content) < 0 ||
        !proc_number(content, "AnonHugePages:", 10, &kib))
        return 0;
    return kib;
}

/*
 * The result is how many bytes are in huge pages now. mremap() exchanges the mappings at once: a
 * thread that runs there goes on in the copy.
 */
static size_t replace(unsigned long start, unsigned long end)
{
    size_t length = end - start, room = length + HUGE_PAGE;
    uint64_t before = huge_kib();
    char *area, *copy;

    if (start >= end)
        return 0;
    area = real.mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        return 0;
    copy = (char *)up((unsigned long)area, HUGE_PAGE);
    if (real.madvise(copy, length, MADV_HUGEPAGE) == 0) {
        memcpy(copy, (const void *)start, length);
        if (huge_kib() >= before + length / 1024 &&
            mprotect(copy, length, PROT_READ | PROT_EXEC) == 0) {
            if (mremap(copy, length, length, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) ==
                MAP_FAILED) /* what was there may be gone already */
                control_fail("no memory to put the program's code into huge pages");
            prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, start, length, "basepoint: code");
            real.munmap(area, (size_t)(copy - area));
            real.munmap(copy + length, (size_t)(area + room - copy) - length);
            return length;
        }
    }
    real.munmap(area, room);
    return 0;
}

/* What of the program is read and never written: one mapping after the other, without a gap. */
struct constant {
    unsigned long start, end;           /* all of it */
    unsigned long code_start, code_end; /* what is run */
};

/* Segments are listed by address. False where this one does not go on at the end of the last. */
static bool take_segment(struct constant *found, unsigned long start, const ElfW(Phdr) *segment)
{
    unsigned long end = up(start + segment->p_memsz, PAGE);

    if (found->end && found->end != down(start, PAGE))
        return false;
    if (!found->end)
        found->start = down(start, PAGE);
    found->end = end;
    if (segment->p_flags & PF_X) {
        if (!found->code_end)
            found->code_start = down(start, PAGE);
        found->code_end = end;
    }
    return true;
}

/* The first object that is listed is the program itself. */
static int replace_in_program(struct dl_phdr_info *program, size_t size, void *replaced)
{
    struct constant found = { 0 };
    unsigned long start, end;

    (void)size;
    for (unsigned i = 0; i < program->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &program->dlpi_phdr[i];

        if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W) &&
            !take_segment(&found, program->dlpi_addr + segment->p_vaddr, segment))
            break;
    }
    start = down(found.code_start, HUGE_PAGE);
    end = up(found.code_end, HUGE_PAGE);
    *(size_t *)replaced = replace(start < found.start ? start + HUGE_PAGE : start,
                                  end > found.end ? end - HUGE_PAGE : end);
    return 1;
}

size_t huge_code(void)
{
    static size_t replaced;
    static bool tried;

    if (!tried)
        dl_iterate_phdr(replace_in_program, &replaced);
    tried = true;
    return replaced;
}
