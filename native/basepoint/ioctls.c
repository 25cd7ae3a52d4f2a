/*
 * The one table of KVM's ioctls on x86, up to Linux 6.18: on which object, of which class, and what
 * makes a call void. Source: Documentation/virt/kvm/api.rst and arch/x86/kvm/x86.c of Linux.
 *
 * An ioctl that is not here poisons the journal when it succeeds: to forget one is to refuse
 * clones, never to make wrong ones. Direction bits are no guide (KVM_SET_IRQCHIP is an _IOR).
 */
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "journal.h"

/* Newer than the oldest header this is built with (Linux 6.1). */
#ifndef KVM_SET_USER_MEMORY_REGION2
#define KVM_SET_USER_MEMORY_REGION2 _IOC(_IOC_WRITE, KVMIO, 0x49, 160)
#endif
#ifndef KVM_SET_MEMORY_ATTRIBUTES
#define KVM_SET_MEMORY_ATTRIBUTES _IOC(_IOC_WRITE, KVMIO, 0xd2, 32)
#endif
#ifndef KVM_CREATE_GUEST_MEMFD
#define KVM_CREATE_GUEST_MEMFD _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0xd4, 64)
#endif
#ifndef KVM_PRE_FAULT_MEMORY
#define KVM_PRE_FAULT_MEMORY _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0xd5, 64)
#endif

static size_t by_value(const void *argument)
{
    (void)argument;
    return SIZE_BY_VALUE;
}

static size_t unknown_size(const void *argument)
{
    (void)argument;
    return SIZE_UNKNOWN;
}

#define COUNTED_SIZE(function, type, element, count)                                       \
    static size_t function(const void *argument)                                           \
    {                                                                                      \
        return sizeof(struct type) + ((const struct type *)argument)->count * sizeof(element); \
    }
COUNTED_SIZE(cpuid_size, kvm_cpuid, struct kvm_cpuid_entry, nent)
COUNTED_SIZE(cpuid2_size, kvm_cpuid2, struct kvm_cpuid_entry2, nent)
COUNTED_SIZE(msrs_size, kvm_msrs, struct kvm_msr_entry, nmsrs)
COUNTED_SIZE(routing_size, kvm_irq_routing, struct kvm_irq_routing_entry, nr)
COUNTED_SIZE(signal_mask_size, kvm_signal_mask, unsigned char, len)
COUNTED_SIZE(pmu_filter_size, kvm_pmu_event_filter, uint64_t, nevents)

static size_t nested_state_size(const void *argument)
{
    return ((const struct kvm_nested_state *)argument)->size;
}

/* The filter points to bitmaps, which callers keep on their stack: the copy carries them along. */
static size_t msr_bitmap_size(const struct kvm_msr_filter_range *range)
{
    return (range->nmsrs + 63) / 64 * 8;
}

static size_t msr_filter_size(const void *argument)
{
    const struct kvm_msr_filter *filter = argument;
    size_t size = sizeof(*filter);

    for (int i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++)
        size += msr_bitmap_size(&filter->ranges[i]);
    return size;
}

static void copy_msr_filter(void *to, const void *from)
{
    const struct kvm_msr_filter *filter = from;
    struct kvm_msr_filter *copy = to;
    unsigned char *bitmap = (unsigned char *)(copy + 1);

    memcpy(copy, filter, sizeof(*copy));
    for (int i = 0; i < KVM_MSR_FILTER_MAX_RANGES; i++) {
        const struct kvm_msr_filter_range *range = &filter->ranges[i];
        if (range->nmsrs == 0)
            continue;
        memcpy(bitmap, range->bitmap, (range->nmsrs + 7) / 8);
        copy->ranges[i].bitmap = bitmap;
        bitmap += msr_bitmap_size(range);
    }
}

#define SAME(function, type, condition)                       \
    static bool function(const void *first, const void *second) \
    {                                                         \
        const struct type *a = first, *b = second;            \
        return condition;                                     \
    }
SAME(same_slot, kvm_userspace_memory_region, a->slot == b->slot)
SAME(same_chip, kvm_irqchip, a->chip_id == b->chip_id)
SAME(same_line, kvm_irq_level, a->irq == b->irq)
SAME(same_irqfd, kvm_irqfd, a->fd == b->fd && a->gsi == b->gsi)
SAME(same_ioeventfd, kvm_ioeventfd,
     a->fd == b->fd && a->addr == b->addr && a->len == b->len && a->datamatch == b->datamatch &&
         ((a->flags ^ b->flags) & ~KVM_IOEVENTFD_FLAG_DEASSIGN) == 0)
SAME(same_zone, kvm_coalesced_mmio_zone,
     a->addr == b->addr && a->size == b->size && a->pio == b->pio)
SAME(same_connection, kvm_hyperv_eventfd, a->conn_id == b->conn_id)

/* Two names for one state: one function each, shared by the rules of both names. */
SAME(same_sregs, kvm_sregs, a && b)
SAME(same_cpuid, kvm_cpuid, a && b)
SAME(same_pit, kvm_pit_state, a && b)

static bool removes_slot(const void *argument)
{
    return ((const struct kvm_userspace_memory_region *)argument)->memory_size == 0;
}

static bool deassigns_irqfd(const void *argument)
{
    return ((const struct kvm_irqfd *)argument)->flags & KVM_IRQFD_FLAG_DEASSIGN;
}

static bool deassigns_ioeventfd(const void *argument)
{
    return ((const struct kvm_ioeventfd *)argument)->flags & KVM_IOEVENTFD_FLAG_DEASSIGN;
}

static bool deassigns_connection(const void *argument)
{
    return ((const struct kvm_hyperv_eventfd *)argument)->flags & KVM_HYPERV_EVENTFD_DEASSIGN;
}

/*
 * A line that is down is what a new irqchip has; one that is up must be up again in KVM's count of
 * who drives it, or the clone's device could not lower it. The interrupt it latched is read back.
 */
static bool lowers_line(const void *argument)
{
    return ((const struct kvm_irq_level *)argument)->level == 0;
}

static bool unregisters(const void *argument)
{
    (void)argument;
    return true;
}

#define S OBJECT_SYSTEM
#define V OBJECT_VM
#define C OBJECT_VCPU
#define D OBJECT_DEVICE
#define QUERY(request, on) { request, #request, on, CLASS_QUERY, PHASE_REST, 0, 0, 0, 0 }
#define EACH(request, on, phase, ...) { request, #request, on, CLASS_EACH, phase, __VA_ARGS__ }
#define STATE(request, on, phase, ...) { request, #request, on, CLASS_STATE, phase, __VA_ARGS__ }
#define CREATE(request, on, phase, ...) { request, #request, on, CLASS_CREATE, phase, __VA_ARGS__ }
#define EVENT(request, on) { request, #request, on, CLASS_EVENT, PHASE_REST, 0, 0, 0, 0 }
#define REFUSED(request, on) { request, #request, on, CLASS_REFUSED, PHASE_REST, 0, 0, 0, 0 }
#define FLAT 0, 0, 0, 0                 /* fixed size, no key: the last call counts */
#define VALUE by_value, 0, 0, 0         /* the argument is a number */
#define SIZED(size) size, 0, 0, 0
#define KEYED(same) 0, same, 0, 0
#define PAIRED(same, undoes) 0, same, undoes, 0

static const struct ioctl_rule rules[] = {
    /* Questions. Dirty logs and rings too: a vCPU that never ran has dirtied nothing. */
    QUERY(KVM_GET_API_VERSION, S),
    QUERY(KVM_CHECK_EXTENSION, S | V),
    QUERY(KVM_GET_VCPU_MMAP_SIZE, S),
    QUERY(KVM_GET_MSR_INDEX_LIST, S),
    QUERY(KVM_GET_MSR_FEATURE_INDEX_LIST, S),
    QUERY(KVM_GET_SUPPORTED_CPUID, S),
    QUERY(KVM_GET_EMULATED_CPUID, S),
    QUERY(KVM_GET_SUPPORTED_HV_CPUID, S | C),
    QUERY(KVM_X86_GET_MCE_CAP_SUPPORTED, S),
    QUERY(KVM_GET_MSRS, S | C),
    QUERY(KVM_HAS_DEVICE_ATTR, S | V | C | D),
    QUERY(KVM_GET_DEVICE_ATTR, S | V | C | D),
    QUERY(KVM_GET_NR_MMU_PAGES, V),
    QUERY(KVM_GET_DIRTY_LOG, V),
    QUERY(KVM_CLEAR_DIRTY_LOG, V),
    QUERY(KVM_RESET_DIRTY_RINGS, V),
    QUERY(KVM_GET_IRQCHIP, V),
    QUERY(KVM_GET_PIT, V),
    QUERY(KVM_GET_PIT2, V),
    QUERY(KVM_GET_CLOCK, V),
    QUERY(KVM_GET_TSC_KHZ, V | C),
    QUERY(KVM_GET_REGS, C),
    QUERY(KVM_GET_SREGS, C),
    QUERY(KVM_GET_SREGS2, C),
    QUERY(KVM_GET_FPU, C),
    QUERY(KVM_GET_XSAVE, C),
    QUERY(KVM_GET_XSAVE2, C),
    QUERY(KVM_GET_XCRS, C),
    QUERY(KVM_GET_LAPIC, C),
    QUERY(KVM_GET_CPUID2, C),
    QUERY(KVM_GET_MP_STATE, C),
    QUERY(KVM_GET_VCPU_EVENTS, C),
    QUERY(KVM_GET_DEBUGREGS, C),
    QUERY(KVM_GET_NESTED_STATE, C),
    QUERY(KVM_GET_ONE_REG, C),
    QUERY(KVM_GET_REG_LIST, C),
    QUERY(KVM_TRANSLATE, C),
    QUERY(KVM_PRE_FAULT_MEMORY, C),

    /* The VM. */
    CREATE(KVM_CREATE_VM, S, PHASE_CREATE_VM, VALUE),
    EACH(KVM_ENABLE_CAP, V, PHASE_EARLY, FLAT),
    STATE(KVM_SET_TSC_KHZ, V, PHASE_EARLY, VALUE),
    STATE(KVM_SET_NR_MMU_PAGES, V, PHASE_EARLY, VALUE),
    STATE(KVM_SET_TSS_ADDR, V, PHASE_EARLY, VALUE),
    STATE(KVM_SET_IDENTITY_MAP_ADDR, V, PHASE_EARLY, FLAT),
    STATE(KVM_SET_BOOT_CPU_ID, V, PHASE_EARLY, VALUE),
    STATE(KVM_X86_SET_MSR_FILTER, V, PHASE_EARLY, msr_filter_size, 0, 0, copy_msr_filter),
    STATE(KVM_SET_PMU_EVENT_FILTER, V, PHASE_EARLY, SIZED(pmu_filter_size)),
    STATE(KVM_SET_USER_MEMORY_REGION, V, PHASE_MEMORY, PAIRED(same_slot, removes_slot)),
    STATE(KVM_SET_USER_MEMORY_REGION2, V, PHASE_MEMORY, PAIRED(same_slot, removes_slot)),
    EACH(KVM_CREATE_IRQCHIP, V, PHASE_IRQCHIP, VALUE),
    EACH(KVM_CREATE_PIT, V, PHASE_IRQCHIP, VALUE),
    EACH(KVM_CREATE_PIT2, V, PHASE_IRQCHIP, FLAT),
    STATE(KVM_SET_IRQCHIP, V, PHASE_REST, KEYED(same_chip)),
    STATE(KVM_SET_PIT, V, PHASE_REST, KEYED(same_pit)),
    STATE(KVM_SET_PIT2, V, PHASE_REST, KEYED(same_pit)),
    STATE(KVM_REINJECT_CONTROL, V, PHASE_REST, VALUE),
    STATE(KVM_SET_GSI_ROUTING, V, PHASE_IRQCHIP, SIZED(routing_size)),
    STATE(KVM_IRQFD, V, PHASE_REST, PAIRED(same_irqfd, deassigns_irqfd)),
    STATE(KVM_IOEVENTFD, V, PHASE_REST, PAIRED(same_ioeventfd, deassigns_ioeventfd)),
    STATE(KVM_REGISTER_COALESCED_MMIO, V, PHASE_REST, KEYED(same_zone)),
    STATE(KVM_UNREGISTER_COALESCED_MMIO, V, PHASE_REST, PAIRED(same_zone, unregisters)),
    STATE(KVM_HYPERV_EVENTFD, V, PHASE_REST, PAIRED(same_connection, deassigns_connection)),
    STATE(KVM_SET_CLOCK, V, PHASE_REST, FLAT),
    CREATE(KVM_CREATE_DEVICE, V, PHASE_REST, FLAT),
    CREATE(KVM_CREATE_VCPU, V, PHASE_REST, VALUE),
    CREATE(KVM_GET_STATS_FD, V | C, PHASE_REST, VALUE),
    STATE(KVM_SET_DEVICE_ATTR, V | C | D, PHASE_REST, SIZED(unknown_size)),

    /* Interrupts. Their lines are state too (see lowers_line). */
    STATE(KVM_IRQ_LINE, V, PHASE_LINES, PAIRED(same_line, lowers_line)),
    STATE(KVM_IRQ_LINE_STATUS, V, PHASE_LINES, PAIRED(same_line, lowers_line)),
    EVENT(KVM_SIGNAL_MSI, V),
    EVENT(KVM_INTERRUPT, C),
    EVENT(KVM_NMI, C),
    EVENT(KVM_SMI, C),

    /* A vCPU. */
    { KVM_RUN, "KVM_RUN", C, CLASS_RUN, PHASE_REST, 0, 0, 0, 0 },
    { KVM_SET_MSRS, "KVM_SET_MSRS", C, CLASS_MSRS, PHASE_REST, SIZED(msrs_size) },
    EACH(KVM_ENABLE_CAP, C, PHASE_REST, FLAT),
    EACH(KVM_X86_SET_MCE, C, PHASE_REST, FLAT),
    STATE(KVM_X86_SETUP_MCE, C, PHASE_REST, FLAT),
    STATE(KVM_SET_TSC_KHZ, C, PHASE_REST, VALUE),
    STATE(KVM_SET_CPUID, C, PHASE_REST, cpuid_size, same_cpuid, 0, 0),
    STATE(KVM_SET_CPUID2, C, PHASE_REST, cpuid2_size, same_cpuid, 0, 0),
    STATE(KVM_SET_REGS, C, PHASE_REST, FLAT),
    STATE(KVM_SET_SREGS, C, PHASE_REST, KEYED(same_sregs)),
    STATE(KVM_SET_SREGS2, C, PHASE_REST, KEYED(same_sregs)),
    STATE(KVM_SET_FPU, C, PHASE_REST, FLAT),
    STATE(KVM_SET_XSAVE, C, PHASE_REST, FLAT), /* its true size: see xsave_size() in kvm.c */
    STATE(KVM_SET_XCRS, C, PHASE_REST, FLAT),
    STATE(KVM_SET_LAPIC, C, PHASE_REST, FLAT),
    STATE(KVM_SET_MP_STATE, C, PHASE_REST, FLAT),
    STATE(KVM_SET_VCPU_EVENTS, C, PHASE_REST, FLAT),
    STATE(KVM_SET_DEBUGREGS, C, PHASE_REST, FLAT),
    STATE(KVM_SET_GUEST_DEBUG, C, PHASE_REST, FLAT),
    STATE(KVM_SET_NESTED_STATE, C, PHASE_REST, SIZED(nested_state_size)),
    STATE(KVM_SET_SIGNAL_MASK, C, PHASE_REST, SIZED(signal_mask_size)),
    STATE(KVM_TPR_ACCESS_REPORTING, C, PHASE_REST, FLAT),
    STATE(KVM_SET_VAPIC_ADDR, C, PHASE_REST, FLAT),
    STATE(KVM_KVMCLOCK_CTRL, C, PHASE_REST, VALUE),

    /* Memory whose content only KVM sees, and things the journal has no way to say again. */
    REFUSED(KVM_SET_ONE_REG, C),
    REFUSED(KVM_CREATE_GUEST_MEMFD, V),
    REFUSED(KVM_SET_MEMORY_ATTRIBUTES, V),
    REFUSED(KVM_MEMORY_ENCRYPT_OP, V | C),
    REFUSED(KVM_MEMORY_ENCRYPT_REG_REGION, V),
    REFUSED(KVM_MEMORY_ENCRYPT_UNREG_REGION, V),
    REFUSED(KVM_XEN_HVM_CONFIG, V),
    REFUSED(KVM_XEN_HVM_SET_ATTR, V),
    REFUSED(KVM_XEN_HVM_EVTCHN_SEND, V),
    REFUSED(KVM_XEN_VCPU_SET_ATTR, C),
};

const struct ioctl_rule *ioctl_rule(unsigned long request, enum object_kind kind)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].request == request && (rules[i].on & kind))
            return &rules[i];
    return NULL;
}
