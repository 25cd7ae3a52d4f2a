/*
 * Memory mapped shared stays shared after a fork: two guests would write to one RAM. The check
 * reads /proc/self/maps, which takes longer than everything else before the fork, so its answer is
 * kept for as long as nothing was mapped from a file (the hooks tell) and the address space has the
 * same size (the kernel tells, of what goes around the hooks: io_setup(), shmat()).
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "basepoint.h"
#include "text.h"

unsigned mappings_generation;

static const void *accepted;
static unsigned checked_generation, checked_files;
static uint64_t checked_size;
static bool checked;

void mappings_accept(const void *address)
{
    accepted = address;
}

void *mappings_make_own(size_t size)
{
    void *memory = real.mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED || real.madvise(memory, size, MADV_WIPEONFORK) < 0)
        control_fail("no memory");
    return memory;
}

static unsigned long take_hex(const char **at)
{
    unsigned long number = 0;

    for (;; (*at)++) {
        char c = **at;
        if (c >= '0' && c <= '9')
            number = number * 16 + (unsigned long)(c - '0');
        else if (c >= 'a' && c <= 'f')
            number = number * 16 + (unsigned long)(c - 'a' + 10);
        else
            return number;
    }
}

/* START-END rwxp OFFSET MAJOR:MINOR INODE  PATH */
static char *take_mapping(char *line, struct mapping *mapping)
{
    char *end = strchr(line, '\n');
    const char *at = line;

    if (!end)
        return NULL;
    *end = '\0';
    mapping->start = take_hex(&at);
    at++;
    mapping->end = take_hex(&at);
    mapping->readable = at[1] == 'r';
    mapping->writable = at[2] == 'w';
    mapping->shared = at[4] == 's';
    mapping->path = at;
    for (int field = 0; field < 5 && mapping->path; field++) {
        mapping->path = strchr(mapping->path, ' ');
        while (mapping->path && *mapping->path == ' ')
            mapping->path++;
    }
    if (!mapping->path)
        mapping->path = "";
    return end + 1;
}

/* A file open for writing that is there as private memory only: a template's RAM, share=off. */
struct writable_file {
    int fd;
    char path[256];
    bool is_mapped;
};

static struct writable_file files[16];
static unsigned file_count;

static int list_files(struct refusal *refusal)
{
    file_count = 0;
    for (unsigned i = 0; i < descriptors.count; i++) {
        const struct descriptor *descriptor = &descriptors.list[i];
        struct writable_file *file = &files[file_count];
        char link[64];
        struct text name = TEXT(link);
        ssize_t length;

        if (descriptor->kind != DESCRIPTOR_WRITABLE)
            continue;
        text_add(&name, "/proc/self/fd/%d", descriptor->fd);
        length = readlink(link, file->path, sizeof(file->path) - 1);
        if (file_count + 1 == sizeof(files) / sizeof(files[0]) || length < 0)
            return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d is a file open for writing",
                          descriptor->fd);
        file->path[length] = '\0';
        file->fd = descriptor->fd;
        file->is_mapped = false;
        file_count++;
    }
    return 0;
}

static unsigned files_sum(void)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < descriptors.count; i++)
        if (descriptors.list[i].kind == DESCRIPTOR_WRITABLE)
            sum = sum * 31 + (unsigned)descriptors.list[i].fd * 7 +
                  (unsigned)descriptors.list[i].identity + 1;
    return sum;
}

static int check_mapping(const struct mapping *mapping, struct refusal *refusal)
{
    bool is_vcpu = strncmp(mapping->path, "anon_inode:kvm-vcpu", 19) == 0;
    bool is_own = mapping->start == (unsigned long)accepted;

    if (mapping->shared && mapping->writable && !is_vcpu && !is_own)
        return refuse(refusal, REFUSAL_MAPPING, "%lu KiB at 0x%lx (%s) are mapped shared and "
                      "writable; guest RAM must be private (share=off)",
                      (mapping->end - mapping->start) / 1024, mapping->start, mapping->path);
    for (unsigned i = 0; i < file_count; i++)
        if (!mapping->shared && strcmp(mapping->path, files[i].path) == 0)
            files[i].is_mapped = true;
    return 0;
}

/*
 * In pages; the first number of /proc/self/statm. It is asked for each clone, so the file stays
 * open, and what is read goes to the stack: the buffer of read_proc() would be copied each time.
 */
static uint64_t address_space_size(void)
{
    static int statm = -1;
    char content[128];
    uint64_t size = 0;
    ssize_t length;

    if (statm < 0) {
        statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
        if (statm < 0)
            return 0;
        descriptors_own(statm);
    }
    length = pread(statm, content, sizeof(content) - 1, 0);
    content[length > 0 ? length : 0] = '\0';
    proc_number(content, "", 10, &size);
    return size;
}

int mappings_walk(void (*visit)(const struct mapping *))
{
    struct mapping mapping;
    char *at;

    if (read_proc("/proc/self/maps", &at) < 0)
        return -1;
    while (*at && (at = take_mapping(at, &mapping)))
        visit(&mapping);
    return 0;
}

int mappings_check(struct refusal *refusal)
{
    unsigned generation = __atomic_load_n(&mappings_generation, __ATOMIC_RELAXED);
    uint64_t size = address_space_size();
    struct mapping mapping;
    char *at;

    if (checked && generation == checked_generation && size == checked_size &&
        files_sum() == checked_files)
        return 0;
    if (list_files(refusal) < 0)
        return -1;
    if (read_proc("/proc/self/maps", &at) < 0)
        return refuse(refusal, REFUSAL_MAPPING, "/proc/self/maps cannot be read, or is too long");
    while (*at && (at = take_mapping(at, &mapping)))
        if (check_mapping(&mapping, refusal) < 0)
            return -1;
    for (unsigned i = 0; i < file_count; i++)
        if (!files[i].is_mapped)
            return refuse(refusal, REFUSAL_DESCRIPTOR, "descriptor %d (%s) is a file open for "
                          "writing", files[i].fd, files[i].path);
    checked = true;
    checked_generation = generation;
    checked_files = files_sum();
    checked_size = size;
    return 0;
}
