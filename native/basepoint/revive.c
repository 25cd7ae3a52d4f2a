/*
 * In the clone: a thread again from what it left on its stack. Here is all that is known of the
 * processor and of the C library's inside: eight registers, and where glibc keeps a thread's id.
 */
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/rseq.h>

#include "parked.h"

/* clone() with the stack and thread pointer of `thread`; the new thread's id is written to `id`. */
long thread_spawn(struct parked_thread *thread, unsigned long flags, int *id);

__asm__(".text\n"
        ".globl registers_save\n"
        ".hidden registers_save\n" /* threads.c calls it too */
        ".type registers_save, @function\n"
        "registers_save:\n"
        "    mov %rbx, 0(%rdi)\n"
        "    mov %rbp, 8(%rdi)\n"
        "    mov %r12, 16(%rdi)\n"
        "    mov %r13, 24(%rdi)\n"
        "    mov %r14, 32(%rdi)\n"
        "    mov %r15, 40(%rdi)\n"
        "    lea 8(%rsp), %rax\n" /* the caller's stack, once this call has returned */
        "    mov %rax, 48(%rdi)\n"
        "    mov (%rsp), %rax\n"
        "    mov %rax, 56(%rdi)\n"
        "    xor %eax, %eax\n"
        "    ret\n"
        ".type thread_spawn, @function\n"
        "thread_spawn:\n"
        "    push %r12\n"
        "    mov %rdi, %r12\n"
        "    mov %rdx, %r10\n" /* clone(flags, stack, parent_id, child_id, tls): both ids at `id` */
        "    mov %rsi, %rdi\n"
        "    mov 48(%r12), %rsi\n"
        "    mov 64(%r12), %r8\n"
        "    mov $56, %eax\n"
        "    syscall\n"
        "    test %rax, %rax\n"
        "    jz 1f\n"
        "    pop %r12\n"
        "    ret\n"
        "1:  mov %r12, %rdi\n" /* the new thread: as if registers_save() returned 1 */
        "    mov 0(%rdi), %rbx\n"
        "    mov 8(%rdi), %rbp\n"
        "    mov 16(%rdi), %r12\n"
        "    mov 24(%rdi), %r13\n"
        "    mov 32(%rdi), %r14\n"
        "    mov 40(%rdi), %r15\n"
        "    mov $1, %eax\n"
        "    jmp *56(%rdi)\n");

_Static_assert(offsetof(struct registers, rsp) == 48, "the assembly above");
_Static_assert(offsetof(struct parked_thread, thread_pointer) == 64, "the assembly above");

/* ---- the C library's record of a thread */

#define LAYOUT_SPAN 2048 /* less than any glibc's struct pthread */
#define LAYOUT_UNKNOWN (-1)

static int id_offset = LAYOUT_UNKNOWN;
static unsigned char id_candidates[LAYOUT_SPAN / sizeof(int)];

void layout_remember(void)
{
    const int *record = __builtin_thread_pointer();

    for (unsigned i = 0; i < LAYOUT_SPAN / sizeof(int); i++)
        id_candidates[i] = record[i] == own_tid();
}

void threads_confirm_layout(void)
{
    const int *record = __builtin_thread_pointer();
    int found = 0;

    for (unsigned i = 0; i < LAYOUT_SPAN / sizeof(int); i++)
        if (id_candidates[i] && record[i] == own_tid()) {
            id_offset = (int)(i * sizeof(int));
            found++;
        }
    if (found != 1)
        id_offset = LAYOUT_UNKNOWN;
}

int *threads_own_id(void)
{
    char *record = __builtin_thread_pointer();

    return id_offset == LAYOUT_UNKNOWN ? NULL : (int *)(record + id_offset);
}

/*
 * The kernel writes the current processor into an area of each thread that registered for it
 * (restartable sequences). A thread made by clone() is not registered, and would for ever read the
 * processor its original ran on. The kernel refuses a size or signature that glibc does not use.
 */
static void register_rseq(void)
{
    struct rseq *area = (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
    unsigned size = __rseq_size < 32 ? 32 : __rseq_size;

    if (__rseq_size == 0)
        return;
    area->cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED;
    area->rseq_cs = 0;
    if (syscall(SYS_rseq, area, size, 0, RSEQ_SIG) != 0)
        area->cpu_id = (uint32_t)RSEQ_CPU_ID_REGISTRATION_FAILED; /* glibc then asks the kernel */
}

/* ---- the thread */

int threads_held_on = -1;

void thread_save(struct parked_thread *thread)
{
    thread->thread_pointer = __builtin_thread_pointer();
    thread->id = own_tid();
    prctl(PR_GET_NAME, thread->name);
    syscall(SYS_get_robust_list, 0, &thread->robust_list, &thread->robust_list_size);
    memset(thread->processors, 0, sizeof(thread->processors));
    syscall(SYS_sched_getaffinity, 0, sizeof(thread->processors), thread->processors);
}

/* One that may not run on the processor that the clone is held on is not held. */
static bool is_held(const struct parked_thread *thread)
{
    return threads_held_on >= 0 &&
           thread->processors[threads_held_on / 64] >> threads_held_on % 64 & 1;
}

void thread_restore(const struct parked_thread *thread)
{
    register_rseq();
    syscall(SYS_set_robust_list, thread->robust_list, thread->robust_list_size);
    prctl(PR_SET_NAME, thread->name);
    if (!is_held(thread))
        syscall(SYS_sched_setaffinity, 0, sizeof(thread->processors), thread->processors);
}

int threads_revive(struct refusal *refusal)
{
    static const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
                                       CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
                                       CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;
    unsigned places = threads_parked();

    for (unsigned i = 0; i < places; i++) {
        int *id = (int *)(threads[i].thread_pointer + id_offset);
        long result = thread_spawn(&threads[i], flags, id);

        if (result < 0)
            return refuse(refusal, REFUSAL_REBUILD, "thread %s could not be made again: %s",
                          threads[i].name, strerrorname_np((int)-result));
        threads[i].id = (int)result;
    }
    return 0;
}

