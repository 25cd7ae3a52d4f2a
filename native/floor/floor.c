/*
 * floor: the least that any VMM must do on this host to start a guest.
 *
 * Creates a VM, gives it memory, an irqchip and a vCPU, sets the vCPU's state and runs it to its
 * first port write. What a real VMM takes beyond that is its own. One start is measured for each
 * line read, so that a harness can interleave the floor with what it compares to it:
 *
 *   floor [--memory MiB] [--no-irqchip] [--irqchip-first]
 *
 *   stdin    go
 *   stdout   open_ns=N vm_ns=N memory_ns=N irqchip_ns=N vcpu_ns=N state_ns=N run_ns=N total_ns=N
 *   stdout   failed WHAT: WHY            instead, and the program goes on
 *   stdout   done                        after either, once everything is torn down
 *
 * It ends with exit code 0 when stdin does, and with whoever started it. The teardown is not timed.
 * --irqchip-first creates the memory slot after the irqchip, which then waits for an SRCU grace
 * period: it shows what the order of two calls can cost.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define ENTRY 0x1000
#define PORT 0xe9

/* X(name of the stage) in the order they are printed */
#define STAGES(X) X(open) X(vm) X(memory) X(irqchip) X(vcpu) X(state) X(run)

enum stage {
#define X(name) STAGE_##name,
    STAGES(X)
#undef X
    STAGE_COUNT
};

static const char *const stage_names[] = {
#define X(name) #name,
    STAGES(X)
#undef X
};

struct options {
    size_t memory;
    bool irqchip, irqchip_first;
};

struct machine {
    int system, vm, vcpu;
    unsigned char *memory;
    struct kvm_run *run;
    size_t run_size;
};

static uint64_t now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static bool open_system(struct machine *machine, const struct options *options)
{
    (void)options;
    machine->system = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    return machine->system >= 0;
}

static bool create_vm(struct machine *machine, const struct options *options)
{
    (void)options;
    machine->vm = ioctl(machine->system, KVM_CREATE_VM, 0);
    return machine->vm >= 0;
}

static bool create_memory(struct machine *machine, const struct options *options)
{
    struct kvm_userspace_memory_region region = { .memory_size = options->memory };

    machine->memory = mmap(NULL, options->memory, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (machine->memory == MAP_FAILED)
        return false;
    region.userspace_addr = (uintptr_t)machine->memory;
    return ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

static bool create_irqchip(struct machine *machine, const struct options *options)
{
    if (!options->irqchip)
        return true;
    return ioctl(machine->vm, KVM_SET_TSS_ADDR, 0xfffbd000ul) == 0 &&
           ioctl(machine->vm, KVM_CREATE_IRQCHIP, 0) == 0;
}

static bool create_vcpu(struct machine *machine, const struct options *options)
{
    int size = ioctl(machine->system, KVM_GET_VCPU_MMAP_SIZE, 0);

    (void)options;
    machine->vcpu = ioctl(machine->vm, KVM_CREATE_VCPU, 0);
    if (machine->vcpu < 0 || size < (int)sizeof(*machine->run))
        return false;
    machine->run_size = (size_t)size;
    machine->run = mmap(NULL, machine->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, machine->vcpu,
                        0);
    return machine->run != MAP_FAILED;
}

static bool set_state(struct machine *machine, const struct options *options)
{
    /* 16-bit real mode: mov dx, PORT; mov al, 'R'; out dx, al; hlt */
    static const unsigned char program[] = { 0xba, PORT, 0, 0xb0, 'R', 0xee, 0xf4 };
    struct kvm_regs registers = { .rip = ENTRY, .rflags = 2 };
    struct kvm_sregs segments;

    (void)options;
    memcpy(machine->memory + ENTRY, program, sizeof(program));
    if (ioctl(machine->vcpu, KVM_GET_SREGS, &segments) < 0)
        return false;
    segments.cs.base = 0;
    segments.cs.selector = 0;
    return ioctl(machine->vcpu, KVM_SET_SREGS, &segments) == 0 &&
           ioctl(machine->vcpu, KVM_SET_REGS, &registers) == 0;
}

static bool run(struct machine *machine, const struct options *options)
{
    (void)options;
    errno = 0;
    if (ioctl(machine->vcpu, KVM_RUN, 0) < 0)
        return false;
    return machine->run->exit_reason == KVM_EXIT_IO && machine->run->io.port == PORT;
}

static bool (*const steps[])(struct machine *, const struct options *) = {
    open_system, create_vm, create_memory, create_irqchip, create_vcpu, set_state, run,
};

static void tear_down(struct machine *machine, const struct options *options)
{
    if (machine->run && machine->run != MAP_FAILED)
        munmap(machine->run, machine->run_size);
    if (machine->vcpu >= 0)
        close(machine->vcpu);
    if (machine->vm >= 0)
        close(machine->vm);
    if (machine->system >= 0)
        close(machine->system);
    if (machine->memory && machine->memory != MAP_FAILED)
        munmap(machine->memory, options->memory);
}

static void start_once(const struct options *options)
{
    static const enum stage memory_first[] = { STAGE_open,    STAGE_vm,   STAGE_memory,
                                               STAGE_irqchip, STAGE_vcpu, STAGE_state,
                                               STAGE_run };
    static const enum stage irqchip_first[] = { STAGE_open,   STAGE_vm,   STAGE_irqchip,
                                                STAGE_memory, STAGE_vcpu, STAGE_state,
                                                STAGE_run };
    const enum stage *order = options->irqchip_first ? irqchip_first : memory_first;
    struct machine machine = { .system = -1, .vm = -1, .vcpu = -1 };
    uint64_t taken[STAGE_COUNT], start = now_ns(), before = start;

    for (int i = 0; i < STAGE_COUNT; i++) {
        uint64_t after;

        if (!steps[order[i]](&machine, options)) {
            printf("failed %s: %s\n", stage_names[order[i]],
                   errno ? strerror(errno) : "the guest did not write to its port");
            tear_down(&machine, options);
            return;
        }
        after = now_ns();
        taken[order[i]] = after - before;
        before = after;
    }
    for (int i = 0; i < STAGE_COUNT; i++)
        printf("%s_ns=%llu ", stage_names[i], (unsigned long long)taken[i]);
    printf("total_ns=%llu\n", (unsigned long long)(before - start));
    tear_down(&machine, options);
}

static int usage(void)
{
    fputs("usage: floor [--memory MiB] [--no-irqchip] [--irqchip-first]\n", stderr);
    return 2;
}

static bool parse(char **arguments, struct options *options)
{
    *options = (struct options){ .memory = 32ul << 20, .irqchip = true };
    for (char **at = arguments + 1; *at; at++) {
        if (strcmp(*at, "--no-irqchip") == 0) {
            options->irqchip = false;
        } else if (strcmp(*at, "--irqchip-first") == 0) {
            options->irqchip_first = true;
        } else if (strcmp(*at, "--memory") == 0 && at[1]) {
            char *end;
            unsigned long mebibytes = strtoul(*++at, &end, 10);

            if (*end || mebibytes == 0 || mebibytes > 1ul << 24)
                return false;
            options->memory = mebibytes << 20;
        } else {
            return false;
        }
    }
    return true;
}

int main(int count, char **arguments)
{
    struct options options;
    char line[64];
    int parent = getppid();

    (void)count;
    if (!parse(arguments, &options))
        return usage();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before it could be watched */
        return 1;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    while (fgets(line, sizeof(line), stdin)) {
        if (strcmp(line, "go\n") == 0)
            start_once(&options);
        else
            puts("failed input: expected \"go\"");
        puts("done"); /* the next start would measure the end of this one */
    }
    return 0;
}
