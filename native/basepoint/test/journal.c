/* The journal and the table of ioctls, without KVM. */
#include <assert.h>
#include <linux/kvm.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"

static struct journal journal;
static int system_object, vm, vcpu;
static const struct journal_entry *plan[64];

static size_t size_of(const struct ioctl_rule *rule, const void *argument)
{
    return rule->size ? rule->size(argument) : _IOC_SIZE(rule->request);
}

static void record(int object, unsigned long request, const void *argument, int result)
{
    const struct ioctl_rule *rule = ioctl_rule(request, journal.objects[object].kind);

    assert(rule);
    journal_record(&journal, object, rule, argument, size_of(rule, argument), result, -1);
}

static int create(int on, unsigned long request, enum object_kind kind, int fd)
{
    const struct ioctl_rule *rule = ioctl_rule(request, journal.objects[on].kind);
    int object = journal_add_object(&journal, kind, fd, journal.objects[on].vm);

    journal_record(&journal, on, rule, (void *)0, SIZE_BY_VALUE, fd, object);
    return object;
}

static void begin(void)
{
    while (journal.first) { /* the last test's */
        struct journal_entry *entry = journal.first;
        journal.first = entry->next;
        free(entry);
    }
    memset(&journal, 0, sizeof(journal));
    system_object = journal_add_object(&journal, OBJECT_SYSTEM, 3, -1);
    vm = create(system_object, KVM_CREATE_VM, OBJECT_VM, 4);
    vcpu = create(vm, KVM_CREATE_VCPU, OBJECT_VCPU, 5);
}

static unsigned order(void)
{
    return journal_order(&journal, plan, 64);
}

static unsigned count_of(unsigned long request)
{
    unsigned count = 0, all = order();

    for (unsigned i = 0; i < all; i++)
        count += plan[i]->rule->request == request;
    return count;
}

static int place_of(unsigned long request)
{
    unsigned all = order();

    for (unsigned i = 0; i < all; i++)
        if (plan[i]->rule->request == request)
            return (int)i;
    return -1;
}

static void the_last_state_counts(void)
{
    struct kvm_regs registers = { .rip = 1 };

    begin();
    record(vcpu, KVM_SET_REGS, &registers, 0);
    registers.rip = 2;
    record(vcpu, KVM_SET_REGS, &registers, 0);
    assert(count_of(KVM_SET_REGS) == 1);
    assert(((struct kvm_regs *)plan[place_of(KVM_SET_REGS)]->copy)->rip == 2);
}

static void two_vcpus_are_kept_apart(void)
{
    struct kvm_regs registers = { .rip = 1 };
    int other;

    begin();
    other = create(vm, KVM_CREATE_VCPU, OBJECT_VCPU, 6);
    record(vcpu, KVM_SET_REGS, &registers, 0);
    record(other, KVM_SET_REGS, &registers, 0);
    assert(count_of(KVM_SET_REGS) == 2);
}

static struct kvm_msrs *msrs(unsigned count, ...)
{
    static _Alignas(16) char buffer[512];
    struct kvm_msrs *list = (struct kvm_msrs *)buffer;
    va_list arguments;

    memset(buffer, 0, sizeof(buffer));
    list->nmsrs = count;
    va_start(arguments, count);
    for (unsigned i = 0; i < count; i++) {
        list->entries[i].index = va_arg(arguments, unsigned);
        list->entries[i].data = va_arg(arguments, unsigned);
    }
    va_end(arguments);
    return list;
}

static uint64_t msr_value(unsigned index, unsigned *times)
{
    uint64_t value = 0;
    unsigned all = order();

    *times = 0;
    for (unsigned i = 0; i < all; i++) {
        const struct kvm_msrs *list = (const struct kvm_msrs *)plan[i]->copy;
        if (plan[i]->rule->request != KVM_SET_MSRS)
            continue;
        for (unsigned j = 0; j < list->nmsrs; j++)
            if (list->entries[j].index == index) {
                value = list->entries[j].data;
                ++*times;
            }
    }
    return value;
}

static void overlapping_msr_sets_are_merged_by_index(void)
{
    unsigned times;

    begin();
    record(vcpu, KVM_SET_MSRS, msrs(3, 0x10, 1, 0x11, 1, 0x12, 1), 3);
    record(vcpu, KVM_SET_MSRS, msrs(2, 0x11, 2, 0x13, 2), 2);
    assert(msr_value(0x10, &times) == 1 && times == 1);
    assert(msr_value(0x11, &times) == 2 && times == 1);
    assert(msr_value(0x13, &times) == 2 && times == 1);
    record(vcpu, KVM_SET_MSRS, msrs(3, 0x10, 3, 0x12, 3, 0x11, 3), 3);
    assert(msr_value(0x12, &times) == 3 && times == 1);
    assert(count_of(KVM_SET_MSRS) == 2); /* the first set is empty and gone */
}

static void an_msr_twice_in_one_call_counts_once(void)
{
    unsigned times;

    begin();
    record(vcpu, KVM_SET_MSRS, msrs(3, 0x10, 1, 0x11, 1, 0x10, 2), 3);
    assert(msr_value(0x10, &times) == 2 && times == 1);
}

static void only_the_msrs_that_kvm_took_are_kept(void)
{
    unsigned times;

    begin();
    record(vcpu, KVM_SET_MSRS, msrs(3, 0x10, 1, 0x11, 1, 0x12, 1), 2);
    msr_value(0x12, &times);
    assert(times == 0);
}

static void slot(unsigned number, uint64_t size)
{
    struct kvm_userspace_memory_region region = { .slot = number, .memory_size = size,
                                                  .userspace_addr = 4096 };
    record(vm, KVM_SET_USER_MEMORY_REGION, &region, 0);
}

static void slots_are_kept_by_number_and_vanish_when_removed(void)
{
    begin();
    slot(0, 4096);
    slot(1, 4096);
    slot(0x10000, 4096); /* the same number in the other address space: SMM */
    slot(1, 8192);
    assert(count_of(KVM_SET_USER_MEMORY_REGION) == 3);
    slot(1, 0);
    assert(count_of(KVM_SET_USER_MEMORY_REGION) == 2);
    slot(7, 0);
    assert(count_of(KVM_SET_USER_MEMORY_REGION) == 2);
}

static void slots_of_both_ioctls_are_one_set(void)
{
    struct {
        struct kvm_userspace_memory_region region;
        char rest[128];
    } region2 = { .region = { .slot = 0, .memory_size = 8192 } };

    begin();
    slot(0, 4096);
    record(vm, _IOC(_IOC_WRITE, KVMIO, 0x49, 160), &region2, 0);
    assert(count_of(KVM_SET_USER_MEMORY_REGION) == 0 && order() == 3);
}

static void memory_comes_before_the_irqchip_and_capabilities_before_memory(void)
{
    struct kvm_enable_cap capability = { .cap = 1 };
    struct kvm_irq_level line = { .irq = 4, .level = 1 };
    struct kvm_irqchip chip = { .chip_id = 0 };

    begin();
    record(vm, KVM_SET_IRQCHIP, &chip, 0);
    record(vm, KVM_CREATE_IRQCHIP, 0, 0);
    record(vm, KVM_IRQ_LINE, &line, 0);
    slot(0, 4096);
    record(vm, KVM_ENABLE_CAP, &capability, 0);
    order();
    assert(place_of(KVM_CREATE_VM) == 0);
    assert(place_of(KVM_ENABLE_CAP) < place_of(KVM_SET_USER_MEMORY_REGION));
    assert(place_of(KVM_SET_USER_MEMORY_REGION) < place_of(KVM_CREATE_IRQCHIP));
    assert(place_of(KVM_CREATE_IRQCHIP) < place_of(KVM_IRQ_LINE));
    assert(place_of(KVM_IRQ_LINE) < place_of(KVM_SET_IRQCHIP));
}

static void every_capability_counts(void)
{
    struct kvm_enable_cap capability = { .cap = 1 };

    begin();
    record(vm, KVM_ENABLE_CAP, &capability, 0);
    record(vm, KVM_ENABLE_CAP, &capability, 0);
    assert(count_of(KVM_ENABLE_CAP) == 2);
}

static void what_was_assigned_and_deassigned_is_gone(void)
{
    struct kvm_irqfd irqfd = { .fd = 9, .gsi = 4 };
    struct kvm_ioeventfd ioeventfd = { .fd = 9, .addr = 0x1000, .len = 2, .datamatch = 1,
                                       .flags = KVM_IOEVENTFD_FLAG_DATAMATCH };
    struct kvm_coalesced_mmio_zone zone = { .addr = 0x1000, .size = 8 };

    begin();
    record(vm, KVM_IRQFD, &irqfd, 0);
    record(vm, KVM_IOEVENTFD, &ioeventfd, 0);
    record(vm, KVM_REGISTER_COALESCED_MMIO, &zone, 0);
    assert(order() == 5);
    ioeventfd.datamatch = 2; /* another one */
    record(vm, KVM_IOEVENTFD, &ioeventfd, 0);
    assert(count_of(KVM_IOEVENTFD) == 2);
    ioeventfd.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
    record(vm, KVM_IOEVENTFD, &ioeventfd, 0);
    assert(count_of(KVM_IOEVENTFD) == 1);
    irqfd.flags = KVM_IRQFD_FLAG_DEASSIGN;
    record(vm, KVM_IRQFD, &irqfd, 0);
    assert(count_of(KVM_IRQFD) == 0);
    record(vm, KVM_UNREGISTER_COALESCED_MMIO, &zone, 0);
    assert(count_of(KVM_REGISTER_COALESCED_MMIO) == 0 &&
           count_of(KVM_UNREGISTER_COALESCED_MMIO) == 0);
}

static void a_line_that_is_down_again_is_gone(void)
{
    struct kvm_irq_level line = { .irq = 4, .level = 1 };

    begin();
    record(vm, KVM_IRQ_LINE, &line, 0);
    line.level = 0;
    record(vm, KVM_IRQ_LINE_STATUS, &line, 0); /* the other name of the same call */
    assert(count_of(KVM_IRQ_LINE) == 0 && count_of(KVM_IRQ_LINE_STATUS) == 0);
}

static void an_msr_filter_carries_its_bitmaps(void)
{
    struct kvm_msr_filter filter = { 0 };
    const struct kvm_msr_filter *copy;
    unsigned char bitmap[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

    begin();
    filter.ranges[2].nmsrs = 70;
    filter.ranges[2].bitmap = bitmap;
    record(vm, KVM_X86_SET_MSR_FILTER, &filter, 0);
    memset(bitmap, 0xff, sizeof(bitmap));
    copy = (const struct kvm_msr_filter *)plan[place_of(KVM_X86_SET_MSR_FILTER)]->copy;
    assert(copy->ranges[2].bitmap[0] == 1 && copy->ranges[2].bitmap[8] == 9);
}

static void a_refreshed_state_keeps_its_place(void)
{
    struct kvm_lapic_state lapic = { .regs = { 1 } };

    begin();
    record(vcpu, KVM_SET_LAPIC, &lapic, 0);
    record(vcpu, KVM_SET_MSRS, msrs(1, 0x6e0, 1), 1);
    lapic.regs[0] = 2;
    journal_refresh(&journal, vcpu, ioctl_rule(KVM_SET_LAPIC, OBJECT_VCPU), &lapic, sizeof(lapic));
    assert(place_of(KVM_SET_LAPIC) < place_of(KVM_SET_MSRS) && count_of(KVM_SET_LAPIC) == 1);
    assert(plan[place_of(KVM_SET_LAPIC)]->copy[0] == 2);
}

static void a_vm_is_forgotten_with_its_last_descriptor_and_mapping(void)
{
    begin();
    journal_map(&journal, (struct journal_mapping){ .object = vcpu, .address = (void *)0x10000,
                                                    .length = 0x3000 });
    journal_close(&journal, vm);
    journal_close(&journal, vcpu);
    assert(count_of(KVM_CREATE_VM) == 1);
    journal_unmap(&journal, (void *)0x10000, 0x3000);
    assert(order() == 0 && journal_find(&journal, 4) < 0);
}

static void a_vcpu_whose_descriptor_was_closed_is_still_made(void)
{
    begin();
    journal_close(&journal, vcpu);
    assert(count_of(KVM_CREATE_VCPU) == 1);
}

static void statistics_end_with_their_descriptor(void)
{
    int statistics;

    begin();
    statistics = create(vcpu, KVM_GET_STATS_FD, OBJECT_STATS, 9);
    assert(count_of(KVM_GET_STATS_FD) == 1);
    journal_close(&journal, statistics);
    assert(count_of(KVM_GET_STATS_FD) == 0);
}

static void half_an_unmapped_mapping_is_poison(void)
{
    begin();
    journal_map(&journal, (struct journal_mapping){ .object = vcpu, .address = (void *)0x10000,
                                                    .length = 0x3000 });
    journal_unmap(&journal, (void *)0x12000, 0x9000);
    assert(journal.poison[0]);
}

static void an_argument_of_unknown_size_is_poison(void)
{
    struct kvm_device_attr attribute = { 0 };

    begin();
    record(vm, KVM_SET_DEVICE_ATTR, &attribute, 0);
    assert(strstr(journal.poison, "KVM_SET_DEVICE_ATTR"));
    journal_poison(&journal, "another");
    assert(!strstr(journal.poison, "another"));
}

static void an_unknown_ioctl_has_no_rule(void)
{
    assert(!ioctl_rule(_IO(KVMIO, 0xff), OBJECT_VM));
    assert(!ioctl_rule(KVM_SET_REGS, OBJECT_VM));
    assert(ioctl_rule(KVM_SET_REGS, OBJECT_VCPU));
}

static void a_plan_that_does_not_fit_says_so(void)
{
    const struct journal_entry *small[1];

    begin();
    assert(journal_order(&journal, small, 1) == 2);
}

#define RUN(test) (test(), puts("ok " #test))

int main(void)
{
    RUN(the_last_state_counts);
    RUN(two_vcpus_are_kept_apart);
    RUN(overlapping_msr_sets_are_merged_by_index);
    RUN(an_msr_twice_in_one_call_counts_once);
    RUN(only_the_msrs_that_kvm_took_are_kept);
    RUN(slots_are_kept_by_number_and_vanish_when_removed);
    RUN(slots_of_both_ioctls_are_one_set);
    RUN(memory_comes_before_the_irqchip_and_capabilities_before_memory);
    RUN(every_capability_counts);
    RUN(what_was_assigned_and_deassigned_is_gone);
    RUN(a_line_that_is_down_again_is_gone);
    RUN(an_msr_filter_carries_its_bitmaps);
    RUN(a_refreshed_state_keeps_its_place);
    RUN(a_vm_is_forgotten_with_its_last_descriptor_and_mapping);
    RUN(a_vcpu_whose_descriptor_was_closed_is_still_made);
    RUN(statistics_end_with_their_descriptor);
    RUN(half_an_unmapped_mapping_is_poison);
    RUN(an_argument_of_unknown_size_is_poison);
    RUN(an_unknown_ioctl_has_no_rule);
    RUN(a_plan_that_does_not_fit_says_so);
    begin();
    while (journal.first) {
        struct journal_entry *entry = journal.first;
        journal.first = entry->next;
        free(entry);
    }
    return 0;
}
