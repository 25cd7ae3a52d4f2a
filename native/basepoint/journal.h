/*
 * The journal: what has to be said to KVM again so that a new VM is in the state of the old one.
 *
 * KVM takes ioctls on a VM only from the address space that created it, so a clone cannot use the
 * base point's VM: it makes a new one and repeats every call that set state. The journal keeps deep
 * copies of those calls, drops the ones that later calls made void, and puts them in an order that
 * is both valid and fast. A pure data structure: it issues no ioctl and takes no lock.
 */
#ifndef BASEPOINT_JOURNAL_H
#define BASEPOINT_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum object_kind {
    OBJECT_SYSTEM = 1,
    OBJECT_VM = 2,
    OBJECT_VCPU = 4,
    OBJECT_DEVICE = 8,
    OBJECT_STATS = 16,
};

enum ioctl_class {
    CLASS_QUERY,   /* changes nothing a clone would miss */
    CLASS_STATE,   /* sets state: of the calls that are the `same`, the last one counts */
    CLASS_EACH,    /* sets state, and each call counts */
    CLASS_MSRS,    /* KVM_SET_MSRS: the last value of each index counts */
    CLASS_CREATE,  /* makes a descriptor */
    CLASS_RUN,     /* KVM_RUN: from now on KVM holds state that no ioctl set */
    CLASS_EVENT,   /* interrupts the guest: its effect is read back before a clone is made */
    CLASS_REFUSED, /* sets state that cannot be set again from a journal */
};

/*
 * The order of the replay; within a phase, calls keep the order they were made in. Memory slots come
 * before whatever registers devices on KVM's internal buses (irqchip, PIT, ioeventfd): that frees
 * the old bus after an SRCU grace period, and changing a slot waits for it. Measured: 7 ms for a
 * slot made after the irqchip, 0.1 ms for one made before. Capabilities come before slots, as some
 * change what a slot is (dirty ring, bitmaps). Interrupt lines are raised once the routing is there
 * and before the state of the irqchip is set, which then says what they have latched.
 */
enum phase {
    PHASE_CREATE_VM,
    PHASE_EARLY,
    PHASE_MEMORY,
    PHASE_IRQCHIP,
    PHASE_LINES,
    PHASE_REST,
    PHASE_COUNT
};

#define SIZE_BY_VALUE SIZE_MAX      /* the argument is a number, not a pointer */
#define SIZE_UNKNOWN (SIZE_MAX - 1) /* it points to memory of unknown size: poison */

struct ioctl_rule {
    unsigned long request;
    const char *name;
    unsigned char on; /* which objects, a set of enum object_kind */
    unsigned char class;
    unsigned char phase;
    size_t (*size)(const void *argument);       /* NULL: the size the request's number holds */
    bool (*same)(const void *a, const void *b); /* NULL: every two calls of a CLASS_STATE are */
    bool (*undoes)(const void *argument);       /* NULL: never; else: true for a mere removal */
    void (*copy)(void *to, const void *from);   /* NULL: flat; else: follows the pointers too */
};

/* The one table of KVM's ioctls on x86; NULL for one that is not in it. */
const struct ioctl_rule *ioctl_rule(unsigned long request, enum object_kind kind);

#define JOURNAL_OBJECTS 1024
#define JOURNAL_MAPPINGS 2048

struct journal_object {
    unsigned char kind; /* 0: the place is free */
    int fd;             /* -1: was closed, though KVM keeps the object as long as its VM */
    int vm;             /* index of the VM it belongs to; its own for a VM */
};

struct journal_entry {
    struct journal_entry *next;
    const struct ioctl_rule *rule;
    int object;      /* issued on */
    int created;     /* CLASS_CREATE: index of the object made; else -1 */
    size_t size;     /* of the copy; SIZE_BY_VALUE when `value` is the argument */
    unsigned long value;
    unsigned char copy[] __attribute__((aligned(16)));
};

/* A mapping of a vCPU's descriptor: kvm_run, and the rings behind it. */
struct journal_mapping {
    int object;
    void *address;
    size_t length;
    long offset;
    int protection, flags;
};

struct journal {
    struct journal_entry *first, *last;
    unsigned entry_count;
    struct journal_object objects[JOURNAL_OBJECTS];
    int object_count; /* places ever used */
    struct journal_mapping mappings[JOURNAL_MAPPINGS];
    int mapping_count;
    bool ran;      /* a vCPU has executed KVM_RUN */
    bool events;   /* the guest was interrupted since the effect was last read back */
    char poison[160]; /* not empty: why the journal can never be replayed */
};

int journal_add_object(struct journal *journal, enum object_kind kind, int fd, int vm);
int journal_find(const struct journal *journal, int fd); /* -1: not a descriptor of KVM */

/* The descriptor was closed: forget what dies with it. */
void journal_close(struct journal *journal, int object);

/*
 * Record one successful ioctl on `object`. `result` is what it returned. `size` is that of the
 * argument, which the caller found because some sizes only KVM knows. `created` as above.
 */
void journal_record(struct journal *journal, int object, const struct ioctl_rule *rule,
                    const void *argument, size_t size, int result, int created);

/*
 * State that was read back from KVM: takes the place of the call that set it last, and not the end,
 * as some calls must not come after others (KVM_SET_LAPIC disarms the TSC deadline an MSR set).
 */
void journal_refresh(struct journal *journal, int object, const struct ioctl_rule *rule,
                     const void *argument, size_t size);

void journal_map(struct journal *journal, struct journal_mapping mapping);
void journal_unmap(struct journal *journal, void *address, size_t length);

/* The first reason counts. */
void journal_poison(struct journal *journal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Fill `plan` with the entries in the order of the replay. The result is their number, which may be
 * above `places`: then the plan is not whole.
 */
unsigned journal_order(const struct journal *journal, const struct journal_entry **plan,
                       unsigned places);

#endif
