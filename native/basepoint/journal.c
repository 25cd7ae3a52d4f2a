/* See journal.h. */
#include "journal.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

int journal_add_object(struct journal *journal, enum object_kind kind, int fd, int vm)
{
    int place = 0;

    while (place < journal->object_count && journal->objects[place].kind)
        place++;
    if (place == JOURNAL_OBJECTS) {
        journal_poison(journal, "more than %d KVM objects", JOURNAL_OBJECTS);
        return -1;
    }
    if (place == journal->object_count)
        journal->object_count++;
    journal->objects[place] =
        (struct journal_object){ .kind = kind, .fd = fd, .vm = kind == OBJECT_VM ? place : vm };
    return place;
}

int journal_find(const struct journal *journal, int fd)
{
    for (int i = 0; i < journal->object_count; i++)
        if (journal->objects[i].kind && journal->objects[i].fd == fd)
            return i;
    return -1;
}

static void remove_after(struct journal *journal, struct journal_entry *previous)
{
    struct journal_entry **link = previous ? &previous->next : &journal->first;
    struct journal_entry *entry = *link;

    *link = entry->next;
    if (journal->last == entry)
        journal->last = previous;
    journal->entry_count--;
    free(entry);
}

static void remove_object(struct journal *journal, int object)
{
    struct journal_entry *previous = NULL, *entry = journal->first;

    while (entry) {
        struct journal_entry *next = entry->next;
        if (entry->object == object || entry->created == object)
            remove_after(journal, previous);
        else
            previous = entry;
        entry = next;
    }
    journal->objects[object].kind = 0;
}

/* A VM lives as long as a descriptor, or a mapping of one, of its own or of its vCPUs. */
static bool vm_is_held(const struct journal *journal, int vm)
{
    for (int i = 0; i < journal->object_count; i++) {
        const struct journal_object *object = &journal->objects[i];
        if (object->kind && object->vm == vm && object->fd >= 0)
            return true;
    }
    for (int i = 0; i < journal->mapping_count; i++)
        if (journal->objects[journal->mappings[i].object].vm == vm)
            return true;
    return false;
}

static void drop_vm_if_dead(struct journal *journal, int vm)
{
    if (vm < 0 || vm_is_held(journal, vm))
        return;
    for (int i = 0; i < journal->object_count; i++)
        if (journal->objects[i].kind && journal->objects[i].vm == vm)
            remove_object(journal, i);
}

static bool is_recorded(const struct journal *journal, int object)
{
    for (struct journal_entry *entry = journal->first; entry; entry = entry->next)
        if (entry->object == object)
            return true;
    return false;
}

void journal_close(struct journal *journal, int object)
{
    struct journal_object *closed = &journal->objects[object];
    int vm = closed->vm;

    closed->fd = -1;
    if (closed->kind == OBJECT_STATS ||
        (closed->kind == OBJECT_SYSTEM && !is_recorded(journal, object)))
        remove_object(journal, object);
    drop_vm_if_dead(journal, vm);
}

/* Is `later` the call that makes `earlier` void? */
static bool supersedes(const struct journal_entry *later, const struct journal_entry *earlier)
{
    if (earlier->object != later->object || later->rule->class != CLASS_STATE)
        return false;
    if (!later->rule->same)
        return earlier->rule == later->rule;
    return earlier->rule->same == later->rule->same && later->rule->same(earlier->copy, later->copy);
}

/* Take the indices that `later` sets out of `earlier`, also when it sets them in part. */
static void subtract_msrs(struct journal_entry *earlier, const struct journal_entry *later)
{
    struct kvm_msrs *msrs = (struct kvm_msrs *)earlier->copy;
    const struct kvm_msrs *newer = (const struct kvm_msrs *)later->copy;
    unsigned kept = 0;

    for (unsigned i = 0; i < msrs->nmsrs; i++) {
        bool set_again = false;
        for (unsigned j = 0; j < newer->nmsrs && !set_again; j++)
            set_again = msrs->entries[i].index == newer->entries[j].index;
        if (!set_again)
            msrs->entries[kept++] = msrs->entries[i];
    }
    msrs->nmsrs = kept;
}

/* Also within one call: the same index twice means the last value. */
static void drop_repeated_msrs(struct kvm_msrs *msrs)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < msrs->nmsrs; i++) {
        bool set_again = false;
        for (unsigned j = i + 1; j < msrs->nmsrs && !set_again; j++)
            set_again = msrs->entries[i].index == msrs->entries[j].index;
        if (!set_again)
            msrs->entries[kept++] = msrs->entries[i];
    }
    msrs->nmsrs = kept;
}

static void drop_superseded(struct journal *journal, const struct journal_entry *later)
{
    struct journal_entry *previous = NULL, *entry = journal->first;

    while (entry) {
        struct journal_entry *next = entry->next;
        bool void_now = supersedes(later, entry);

        if (later->rule->class == CLASS_MSRS && entry->rule == later->rule &&
            entry->object == later->object) {
            subtract_msrs(entry, later);
            void_now = ((struct kvm_msrs *)entry->copy)->nmsrs == 0;
        }
        if (void_now)
            remove_after(journal, previous);
        else
            previous = entry;
        entry = next;
    }
}

static struct journal_entry *copy_call(int object, const struct ioctl_rule *rule,
                                       const void *argument, size_t size, int created)
{
    size_t bytes = size == SIZE_BY_VALUE ? 0 : size;
    struct journal_entry *entry = malloc(sizeof(*entry) + bytes);

    if (!entry)
        return NULL;
    *entry = (struct journal_entry){ .rule = rule, .object = object, .created = created,
                                     .size = size };
    if (size == SIZE_BY_VALUE)
        entry->value = (unsigned long)argument;
    else if (rule->copy)
        rule->copy(entry->copy, argument);
    else
        memcpy(entry->copy, argument, bytes);
    return entry;
}

void journal_record(struct journal *journal, int object, const struct ioctl_rule *rule,
                    const void *argument, size_t size, int result, int created)
{
    struct journal_entry *entry;

    if (size == SIZE_UNKNOWN) {
        journal_poison(journal, "%s with an argument of unknown size", rule->name);
        return;
    }
    entry = copy_call(object, rule, argument, size, created);
    if (!entry) {
        journal_poison(journal, "no memory to keep %s", rule->name);
        return;
    }
    if (rule->class == CLASS_MSRS) {
        struct kvm_msrs *msrs = (struct kvm_msrs *)entry->copy;
        msrs->nmsrs = (unsigned)result; /* KVM sets as many as it can, and says how many */
        drop_repeated_msrs(msrs);
    }
    drop_superseded(journal, entry);
    if (rule->undoes && rule->undoes(entry->copy)) {
        free(entry);
        return;
    }
    if (journal->last)
        journal->last->next = entry;
    else
        journal->first = entry;
    journal->last = entry;
    journal->entry_count++;
}

void journal_refresh(struct journal *journal, int object, const struct ioctl_rule *rule,
                     const void *argument, size_t size)
{
    for (struct journal_entry *entry = journal->first; entry; entry = entry->next) {
        if (entry->object != object || entry->rule != rule || entry->size != size)
            continue;
        if (rule->same && !rule->same(entry->copy, argument))
            continue;
        memcpy(entry->copy, argument, size);
        return;
    }
    journal_record(journal, object, rule, argument, size, 0, -1);
}

void journal_map(struct journal *journal, struct journal_mapping mapping)
{
    if (journal->mapping_count == JOURNAL_MAPPINGS) {
        journal_poison(journal, "more than %d mappings of vCPUs", JOURNAL_MAPPINGS);
        return;
    }
    journal->mappings[journal->mapping_count++] = mapping;
}

void journal_unmap(struct journal *journal, void *address, size_t length)
{
    char *start = address, *end = start + length;

    for (int i = 0; i < journal->mapping_count; i++) {
        struct journal_mapping *mapping = &journal->mappings[i];
        char *from = mapping->address, *to = from + mapping->length;
        int vm = journal->objects[mapping->object].vm;

        if (to <= start || end <= from)
            continue;
        if (from < start || end < to) {
            journal_poison(journal, "part of a mapping of a vCPU was unmapped");
            return;
        }
        *mapping = journal->mappings[--journal->mapping_count];
        i--;
        drop_vm_if_dead(journal, vm);
    }
}

void journal_poison(struct journal *journal, const char *format, ...)
{
    struct text text = TEXT(journal->poison);
    va_list arguments;

    if (journal->poison[0])
        return;
    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
}

unsigned journal_order(const struct journal *journal, const struct journal_entry **plan,
                       unsigned places)
{
    unsigned count = 0;

    for (int phase = 0; phase < PHASE_COUNT; phase++)
        for (const struct journal_entry *entry = journal->first; entry; entry = entry->next) {
            if (entry->rule->phase != phase)
                continue;
            if (count < places)
                plan[count] = entry;
            count++;
        }
    return count;
}
