/*
 * Listens to what is said to KVM, and says it again in a clone. See journal.h for why, ioctls.c for
 * what each ioctl is.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "basepoint.h"
#include "journal.h"
#include "text.h"

bool kvm_listening;

static struct journal journal;
static struct lock journal_lock;

/* The order of the replay, worked out again only when the journal changed. */
#define PLAN_MAX 8192
static const struct journal_entry *plan[PLAN_MAX];
static unsigned plan_count;
static bool plan_is_stale = true;

/* KVM reads as much as its guests' extended state needs, more than the 4096 bytes in the number. */
static size_t xsave_size(int vcpu)
{
    int vm = journal.objects[journal.objects[vcpu].vm].fd;
    int size = real.ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_XSAVE2);

    return size > (int)sizeof(struct kvm_xsave) ? (size_t)size : sizeof(struct kvm_xsave);
}

static size_t argument_size(const struct ioctl_rule *rule, int object, const void *argument)
{
    if (rule->request == KVM_SET_XSAVE)
        return xsave_size(object);
    return rule->size ? rule->size(argument) : _IOC_SIZE(rule->request);
}

/* The first ioctl on a descriptor of /dev/kvm is the first we hear of it. */
static int adopt_system(int fd)
{
    char path[64], target[16];
    struct text name = TEXT(path);
    ssize_t length;

    text_add(&name, "/proc/self/fd/%d", fd);
    length = readlink(path, target, sizeof(target));
    if (length != 8 || memcmp(target, "/dev/kvm", 8) != 0)
        return -1;
    return journal_add_object(&journal, OBJECT_SYSTEM, fd, -1);
}

static enum object_kind created_kind(unsigned long request)
{
    switch (request) {
    case KVM_CREATE_VM:
        return OBJECT_VM;
    case KVM_CREATE_VCPU:
        return OBJECT_VCPU;
    case KVM_CREATE_DEVICE:
        return OBJECT_DEVICE;
    default:
        return OBJECT_STATS;
    }
}

static bool only_tests(const struct ioctl_rule *rule, const void *argument)
{
    return rule->request == KVM_CREATE_DEVICE &&
           (((const struct kvm_create_device *)argument)->flags & KVM_CREATE_DEVICE_TEST);
}

static void record(int object, const struct ioctl_rule *rule, void *argument, int result)
{
    int created = -1;

    if (rule->class == CLASS_CREATE) {
        int fd = rule->request == KVM_CREATE_DEVICE
                     ? (int)((struct kvm_create_device *)argument)->fd
                     : result;
        created = journal_add_object(&journal, created_kind(rule->request), fd,
                                     journal.objects[object].vm);
    }
    if (rule->request == KVM_IRQ_LINE || rule->request == KVM_IRQ_LINE_STATUS)
        journal.events = true;
    journal_record(&journal, object, rule, argument, argument_size(rule, object, argument), result,
                   created);
    plan_is_stale = true;
}

static void listen_to(int object, unsigned long request, void *argument, int result)
{
    const struct ioctl_rule *rule = ioctl_rule(request, journal.objects[object].kind);

    if (!rule) {
        journal_poison(&journal, "KVM ioctl %lx (number 0x%lx) is not known to the journal",
                       request, (unsigned long)_IOC_NR(request));
        return;
    }
    switch (rule->class) {
    case CLASS_QUERY:
        break;
    case CLASS_EVENT:
        journal.events = true;
        break;
    case CLASS_REFUSED:
        journal_poison(&journal, "%s sets state that cannot be set again", rule->name);
        break;
    default:
        if (!only_tests(rule, argument))
            record(object, rule, argument, result);
    }
}

/*
 * The lock is held over the ioctl and its record together: whoever holds the lock knows that no
 * thread is between the two. KVM_RUN, the one that lasts, is never made under it.
 */
int kvm_ioctl(int fd, unsigned long request, void *argument)
{
    int result, error, object;

    if (request == KVM_RUN) {
        journal.ran = true;
        kvm_listening = false;
        return real.ioctl(fd, request, argument);
    }
    lock_take(&journal_lock);
    result = real.ioctl(fd, request, argument);
    error = errno;
    object = journal_find(&journal, fd);
    if (object < 0 && result >= 0)
        object = adopt_system(fd);
    if (object >= 0 && result >= 0)
        listen_to(object, request, argument, result);
    else if (result >= 0)
        journal_poison(&journal, "KVM ioctl %lx on descriptor %d, whose origin is not known",
                       request, fd);
    lock_release(&journal_lock);
    errno = error;
    return result;
}

void kvm_mapped(int fd, void *address, size_t length, int protection, int flags, off_t offset)
{
    int object;

    lock_take(&journal_lock);
    journal_unmap(&journal, address, length);
    object = journal_find(&journal, fd);
    if (object >= 0 && journal.objects[object].kind == OBJECT_VCPU)
        journal_map(&journal, (struct journal_mapping){ object, address, length, offset,
                                                        protection, flags });
    lock_release(&journal_lock);
}

void kvm_unmapped(void *address, size_t length)
{
    if (journal.mapping_count == 0)
        return;
    lock_take(&journal_lock);
    journal_unmap(&journal, address, length);
    lock_release(&journal_lock);
}

/*
 * Looked up without the lock first: a helper that QEMU has just forked closes everything it got,
 * and nobody would ever release its copy of the lock, nor (vfork) is the journal its own.
 */
void kvm_closed(int fd)
{
    int object;

    if (journal_find(&journal, fd) < 0 || getpid() != basepoint_pid)
        return;
    lock_take(&journal_lock);
    object = journal_find(&journal, fd);
    if (object >= 0) {
        journal_close(&journal, object);
        plan_is_stale = true;
    }
    lock_release(&journal_lock);
}

bool kvm_knows(int fd)
{
    return journal_find(&journal, fd) >= 0;
}

bool kvm_freeze(void)
{
    return lock_try(&journal_lock);
}

bool kvm_is_awaited(void)
{
    return lock_is_awaited(&journal_lock);
}

void kvm_thaw(void)
{
    lock_release(&journal_lock);
}

static void refresh(int object, unsigned long get, unsigned long set, void *state)
{
    if (real.ioctl(journal.objects[object].fd, get, state) == 0)
        journal_refresh(&journal, object, ioctl_rule(set, journal.objects[object].kind), state,
                        _IOC_SIZE(set));
}

/*
 * An interrupt leaves its trace in the irqchip and the vCPUs, which may be read: the base point is
 * the process KVM listens to. Where there is no such chip (split, or none), KVM says so and the
 * journal keeps what it has.
 */
static void read_back_events(void)
{
    for (int i = 0; i < journal.object_count; i++) {
        if (journal.objects[i].fd < 0)
            continue;
        if (journal.objects[i].kind == OBJECT_VM)
            for (unsigned chip = 0; chip < KVM_NR_IRQCHIPS; chip++) {
                struct kvm_irqchip state = { .chip_id = chip };
                refresh(i, KVM_GET_IRQCHIP, KVM_SET_IRQCHIP, &state);
            }
        if (journal.objects[i].kind == OBJECT_VCPU) {
            struct kvm_lapic_state lapic;
            struct kvm_vcpu_events events;
            refresh(i, KVM_GET_LAPIC, KVM_SET_LAPIC, &lapic);
            refresh(i, KVM_GET_VCPU_EVENTS, KVM_SET_VCPU_EVENTS, &events);
        }
    }
    journal.events = false;
    plan_is_stale = true;
}

int kvm_check(struct refusal *refusal)
{
    if (journal.ran)
        return refuse(refusal, REFUSAL_RAN,
                      "a vCPU has run; start the base point with -S and do not continue it");
    if (journal.events)
        read_back_events();
    if (plan_is_stale) {
        plan_count = journal_order(&journal, plan, PLAN_MAX);
        if (plan_count > PLAN_MAX)
            journal_poison(&journal, "more than %d KVM calls", PLAN_MAX);
        plan_is_stale = false;
    }
    if (journal.poison[0])
        return refuse(refusal, REFUSAL_JOURNAL, "%s", journal.poison);
    return 0;
}

/* ---- in the clone */

/* Where each object is during the replay: what was closed in the base point gets a number too. */
static int replay_fd[JOURNAL_OBJECTS];

static int place_object(int object, int fd)
{
    int number = journal.objects[object].fd;

    if (number < 0) {
        replay_fd[object] = fd;
        return 0;
    }
    replay_fd[object] = number;
    if (fd == number)
        return 0;
    if (dup3(fd, number, O_CLOEXEC) < 0)
        return -1;
    real.close(fd);
    return 0;
}

/*
 * kvm_run is where QEMU and KVM talk; QEMU may have written to its page before the first run
 * (cr8, immediate_exit). The old page is still mapped, so it is carried over.
 */
static int map_vcpu(int object)
{
    static char page[4096];

    for (int i = 0; i < journal.mapping_count; i++) {
        const struct journal_mapping *mapping = &journal.mappings[i];
        void *address;

        if (mapping->object != object)
            continue;
        if (mapping->offset == 0)
            memcpy(page, mapping->address, sizeof(page));
        address = real.mmap(mapping->address, mapping->length, mapping->protection,
                            mapping->flags | MAP_FIXED, replay_fd[object], mapping->offset);
        if (address != mapping->address)
            return -1;
        if (mapping->offset == 0)
            memcpy(address, page, sizeof(page));
    }
    return 0;
}

static int repeat(const struct journal_entry *entry)
{
    struct kvm_create_device device;
    const void *argument = entry->size == SIZE_BY_VALUE ? (void *)entry->value : entry->copy;
    int result;

    if (entry->rule->request == KVM_CREATE_DEVICE) { /* KVM writes to the argument */
        memcpy(&device, entry->copy, sizeof(device));
        argument = &device;
    }
    do
        result = real.ioctl(replay_fd[entry->object], entry->rule->request, argument);
    while (result < 0 && errno == EINTR);
    if (result < 0)
        return -1;
    if (entry->rule->class == CLASS_MSRS)
        return result == (int)((struct kvm_msrs *)entry->copy)->nmsrs ? 0 : -1;
    if (entry->rule->class != CLASS_CREATE)
        return 0;
    if (place_object(entry->created, argument == &device ? (int)device.fd : result) < 0)
        return -1;
    return entry->rule->request == KVM_CREATE_VCPU ? map_vcpu(entry->created) : 0;
}

static unsigned replayed; /* entries of the plan */

static int replay_to(enum phase last, struct refusal *refusal)
{
    for (; replayed < plan_count && plan[replayed]->rule->phase <= last; replayed++)
        if (repeat(plan[replayed]) < 0)
            return refuse(refusal, REFUSAL_REBUILD, "%s failed in the clone: %s",
                          plan[replayed]->rule->name, strerrorname_np(errno));
    return 0;
}

int kvm_rebuild_vm(struct refusal *refusal)
{
    kvm_listening = false;
    for (int i = 0; i < journal.object_count; i++) {
        replay_fd[i] = journal.objects[i].fd; /* /dev/kvm itself has no state and stays as it is */
        if (journal.objects[i].kind == OBJECT_SYSTEM && replay_fd[i] < 0)
            replay_fd[i] = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    }
    return replay_to(PHASE_LINES, refusal);
}

int kvm_rebuild_rest(struct refusal *refusal)
{
    if (replay_to(PHASE_REST, refusal) < 0)
        return -1;
    for (int i = 0; i < journal.object_count; i++)
        if (journal.objects[i].kind && journal.objects[i].fd < 0)
            real.close(replay_fd[i]);
    return 0;
}
