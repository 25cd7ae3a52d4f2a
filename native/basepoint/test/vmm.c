/*
 * The library on a real KVM, with what QEMU uses seldom: a small VMM is made a base point, and its
 * clone must hold the same state. This program is both: the driver, and (with an argument) the VMM.
 *
 *   test-vmm PATH-OF-basepoint.so
 */
#include <assert.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <linux/kvm.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHANNEL 3 /* commands to the VMM */
#define CONTROL 4

/* ---- the VMM */

static int system_fd, vm, vcpus[2], line_event, port_event, counter_event, timer, epoll, signals;
static int pipe_ends[2];
static struct kvm_run *run, *second_run;
static char *memory[3];
static volatile int timer_ticks;

static void must(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "%s: %s\n", what, strerror(errno));
        exit(1);
    }
}
#define KVM(fd, request, argument) must(ioctl(fd, request, argument), #request)

static void set_slot(unsigned number, uint64_t at, uint64_t size, char *where)
{
    struct kvm_userspace_memory_region slot = { .slot = number, .guest_phys_addr = at,
                                                .memory_size = size,
                                                .userspace_addr = (uintptr_t)where };
    KVM(vm, KVM_SET_USER_MEMORY_REGION, &slot);
}

static void create_vm(void)
{
    struct kvm_pit_config pit = { 0 };
    struct kvm_create_device device = { .type = KVM_DEV_TYPE_VFIO };
    struct kvm_enable_cap capability = { .cap = KVM_CAP_X2APIC_API,
                                         .args = { KVM_X2APIC_API_USE_32BIT_IDS } };

    system_fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    must(system_fd, "/dev/kvm");
    vm = ioctl(system_fd, KVM_CREATE_VM, 0);
    must(vm, "KVM_CREATE_VM");
    KVM(vm, KVM_ENABLE_CAP, &capability);
    KVM(vm, KVM_SET_TSS_ADDR, 0xfffbd000);
    KVM(vm, KVM_CREATE_IRQCHIP, 0);
    KVM(vm, KVM_CREATE_PIT2, &pit);
    for (int i = 0; i < 3; i++)
        memory[i] = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 3; i++)
        madvise(memory[i], 0x10000, MADV_DONTFORK); /* as QEMU does */
    set_slot(0, 0, 0x4000, memory[0]);
    set_slot(1, 0x4000, 0x1000, memory[1]);
    set_slot(2, 0x8000, 0x1000, memory[2]);
    set_slot(1, 0, 0, 0);                    /* gone again */
    set_slot(2, 0, 0, 0);                    /* moved */
    set_slot(2, 0x6000, 0x1000, memory[2]);
    if (ioctl(vm, KVM_CREATE_DEVICE, &device) == 0) /* not every kernel has it */
        close((int)device.fd);                      /* it lives on in the VM */
}

static void set_msrs(int vcpu, unsigned first, unsigned count, uint64_t value)
{
    static const unsigned indices[] = { 0x174, 0x175, 0x176, 0xc0000081, 0xc0000082, 0xc0000102 };
    struct {
        struct kvm_msrs header;
        struct kvm_msr_entry entries[6];
    } msrs = { .header.nmsrs = count };

    for (unsigned i = 0; i < count; i++)
        msrs.entries[i] = (struct kvm_msr_entry){ .index = indices[first + i], .data = value + i };
    assert(ioctl(vcpu, KVM_SET_MSRS, &msrs) == (int)count);
}

static void create_vcpu(int number)
{
    /* mov dx, 0x500; out dx, al; mov al, [0x6000]; mov dx, 0xe9; out dx, al; hlt */
    static const unsigned char program[] = { 0xba, 0x00, 0x05, 0xee, 0xa0, 0x00, 0x60,
                                             0xba, 0xe9, 0x00, 0xee, 0xf4 };
    struct kvm_sregs segments;
    struct kvm_regs registers = { .rip = 0x1000, .rflags = 2, .rbx = 0x1234u + (unsigned)number };
    struct kvm_mp_state state = { .mp_state = KVM_MP_STATE_RUNNABLE };

    vcpus[number] = ioctl(vm, KVM_CREATE_VCPU, number);
    must(vcpus[number], "KVM_CREATE_VCPU");
    KVM(vcpus[number], KVM_GET_SREGS, &segments);
    segments.cs.base = segments.cs.selector = 0;
    KVM(vcpus[number], KVM_SET_SREGS, &segments);
    KVM(vcpus[number], KVM_SET_REGS, &registers);
    KVM(vcpus[number], KVM_SET_MP_STATE, &state);
    set_msrs(vcpus[number], 0, 4, 0x100);
    set_msrs(vcpus[number], 2, 4, 0x200); /* overlaps */
    set_msrs(vcpus[number], 1, 2, 0x300);
    if (number) {
        second_run = mmap(NULL, (size_t)ioctl(system_fd, KVM_GET_VCPU_MMAP_SIZE, 0),
                          PROT_READ | PROT_WRITE, MAP_SHARED, vcpus[number], 0);
        return;
    }
    memcpy(memory[0] + 0x1000, program, sizeof(program));
    memory[2][0] = 'k';
    run = mmap(NULL, (size_t)ioctl(system_fd, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
               MAP_SHARED, vcpus[0], 0);
    run->cr8 = 5;
}

#define MSR_TSC 0x10

static uint64_t tsc_start;

static uint64_t access_tsc(unsigned long request, uint64_t value)
{
    struct {
        struct kvm_msrs header;
        struct kvm_msr_entry entry;
    } msrs = { .header.nmsrs = 1, .entry = { .index = MSR_TSC, .data = value } };

    assert(ioctl(vcpus[0], request, &msrs) == 1);
    return msrs.entry.data;
}

/* A line that is up, one bound to an eventfd, and a port that signals another. */
static void connect_interrupts(void)
{
    struct kvm_irq_level line = { .irq = 5, .level = 1 };
    struct kvm_irqfd irqfd = { .gsi = 10 };
    struct kvm_ioeventfd port = { .addr = 0x500, .len = 1, .flags = KVM_IOEVENTFD_FLAG_PIO };
    struct kvm_ioeventfd other;

    line_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    port_event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    irqfd.fd = (unsigned)line_event;
    port.fd = port_event;
    KVM(vm, KVM_IRQFD, &irqfd);
    KVM(vm, KVM_IOEVENTFD, &port);
    other = port;
    other.addr = 0x600;
    KVM(vm, KVM_IOEVENTFD, &other);
    other.flags |= KVM_IOEVENTFD_FLAG_DEASSIGN;
    KVM(vm, KVM_IOEVENTFD, &other);
    KVM(vm, KVM_IRQ_LINE, &line);
}

static void *watch(void *unused)
{
    struct epoll_event event;

    for (;;)
        if (epoll_wait(epoll, &event, 1, -1) == 1 && event.data.u64 == 0x1234567890ull) {
            uint64_t expired;
            if (read(timer, &expired, sizeof(expired)) == sizeof(expired))
                timer_ticks++;
        }
    return unused;
}

static void *spin(void *unused)
{
    for (volatile unsigned long i = 0;; i++)
        ;
    return unused;
}

/* How often poll() without an end was left, and ppoll() for a day. */
static struct {
    int interrupted, days;
} waits[2];

static void *wait_for_ever(void *unused)
{
    for (;;)
        if (poll(NULL, 0, -1) < 0 && errno == EINTR)
            waits[0].interrupted++;
    return unused;
}

static void *wait_for_a_day(void *unused)
{
    for (;;) {
        struct timespec day = { .tv_sec = 86400 };

        if (ppoll(NULL, 0, &day, NULL) == 0)
            waits[1].days++;
        else
            waits[1].interrupted++;
    }
    return unused;
}

static void start_waiting(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, wait_for_ever, NULL);
    pthread_create(&thread, NULL, wait_for_a_day, NULL);
}

/* A thread on each processor, where it must stay in a clone, which is held on one of them at first. */
#define PLACED_MAX 8
static pthread_t placed[PLACED_MAX];
static int placed_count, places[PLACED_MAX];

static void place_threads(void)
{
    cpu_set_t all, own;

    sched_getaffinity(0, sizeof(all), &all);
    for (int i = 0; i < CPU_SETSIZE && placed_count < PLACED_MAX; i++) {
        if (!CPU_ISSET(i, &all))
            continue;
        CPU_ZERO(&own);
        CPU_SET(i, &own);
        places[placed_count] = i;
        pthread_create(&placed[placed_count], NULL, wait_for_ever, NULL);
        pthread_setaffinity_np(placed[placed_count++], sizeof(own), &own);
    }
}

static void tell_places(char *out)
{
    cpu_set_t own;
    int kept = 0;

    for (int i = 0; i < placed_count; i++)
        kept += pthread_getaffinity_np(placed[i], sizeof(own), &own) == 0 &&
                CPU_COUNT(&own) == 1 && CPU_ISSET(places[i], &own);
    pthread_getaffinity_np(pthread_self(), sizeof(own), &own);
    sprintf(out, "placed=%d kept=%d own=%d", placed_count, kept, CPU_COUNT(&own));
}

/* Always in the middle of its work, and most of the time in an ioctl of KVM. */
static void *speak(void *unused)
{
    struct kvm_regs registers;
    pthread_mutexattr_t recursive;
    pthread_mutex_t mutex;

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &recursive);
    KVM(vcpus[0], KVM_GET_REGS, &registers);
    for (;;) {
        pthread_mutex_lock(&mutex);
        KVM(vcpus[0], KVM_SET_REGS, &registers);
        if (pthread_mutex_unlock(&mutex) != 0)
            _exit(9); /* the mutex is owned by another: by the thread's original */
    }
    return unused;
}

static char *wiped;

static void create_counter(void)
{
    uint64_t five = 5;

    counter_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must((int)write(counter_event, &five, sizeof(five)), "eventfd");
    wiped = mmap(NULL, 0x1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    wiped[0] = 'w';
    must(madvise(wiped, 0x1000, MADV_WIPEONFORK), "MADV_WIPEONFORK");
}

static void create_descriptors(void)
{
    struct itimerspec time = { { 0, 10000000 }, { 0, 10000000 } };
    struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0x1234567890ull };
    pthread_t thread;
    sigset_t set;

    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    must(timerfd_settime(timer, 0, &time, NULL), "timerfd");
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_NONBLOCK);
    must(pipe2(pipe_ends, O_CLOEXEC), "pipe");
    epoll = epoll_create1(0);
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event), "epoll");
    pthread_create(&thread, NULL, watch, NULL);
}

static uint64_t sum(uint64_t start, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        start = (start ^ bytes[i]) * 0x100000001b3ull;
    return start;
}

#define SUM(fd, request, type, ...)                                      \
    do {                                                                 \
        static type state;                                               \
        state = (type){ __VA_ARGS__ };                                   \
        KVM(fd, request, &state);                                        \
        total = sum(total, &state, sizeof(state));                       \
        printf_to(out, "%s=%lx ", #request, (unsigned long)total);       \
    } while (0)

static void printf_to(char *out, const char *format, const char *name, unsigned long value)
{
    sprintf(out + strlen(out), format, name, value);
}

/* All state that a clone must have, in one line. */
static void dump(char *out)
{
    struct {
        struct kvm_msrs header;
        struct kvm_msr_entry entries[6];
    } msrs;
    static const unsigned indices[] = { 0x174, 0x175, 0x176, 0xc0000081, 0xc0000082, 0xc0000102 };
    uint64_t total = 14695981039346656037ull;

    out[0] = '\0';
    for (unsigned chip = 0; chip < 3; chip++)
        SUM(vm, KVM_GET_IRQCHIP, struct kvm_irqchip, .chip_id = chip);
    for (int i = 0; i < 2; i++) {
        SUM(vcpus[i], KVM_GET_REGS, struct kvm_regs);
        SUM(vcpus[i], KVM_GET_SREGS, struct kvm_sregs);
        SUM(vcpus[i], KVM_GET_XSAVE, struct kvm_xsave);
        SUM(vcpus[i], KVM_GET_VCPU_EVENTS, struct kvm_vcpu_events);
        SUM(vcpus[i], KVM_GET_LAPIC, struct kvm_lapic_state);
        SUM(vcpus[i], KVM_GET_MP_STATE, struct kvm_mp_state);
        memset(&msrs, 0, sizeof(msrs));
        msrs.header.nmsrs = 6;
        for (int j = 0; j < 6; j++)
            msrs.entries[j].index = indices[j];
        assert(ioctl(vcpus[i], KVM_GET_MSRS, &msrs) == 6);
        total = sum(total, &msrs, sizeof(msrs));
        printf_to(out, "%s=%lx ", "msrs", total);
    }
    printf_to(out, "%s=%lx", "cr8", run->cr8);
}

/* Did the eventfd bound to GSI 10 raise it? Bit 2 of the slave PIC's requests. */
static void signal_line(char *out)
{
    struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_PIC_SLAVE };
    uint64_t one = 1;

    must((int)write(line_event, &one, sizeof(one)), "irqfd");
    usleep(20000); /* KVM injects from a work queue */
    KVM(vm, KVM_GET_IRQCHIP, &chip);
    sprintf(out, "requests=%d", chip.chip.pic.irr >> 2 & 1);
}

static void run_guest(char *out)
{
    uint64_t count = 0;

    run->exit_reason = 0;
    KVM(vcpus[0], KVM_RUN, 0);
    if (read(port_event, &count, sizeof(count)) < 0)
        count = 0;
    sprintf(out, "exit=%u port=%x byte=%c signalled=%d", run->exit_reason, run->io.port,
            *((char *)run + run->io.data_offset), (int)count);
}

/* The second vCPU, whose guest reads its time stamp counter. */
static void run_second(char *out)
{
    /* rdtsc; mov [0x6010], eax; mov [0x6014], edx; mov al, 'S'; out 0xe8, al; hlt */
    static const unsigned char program[] = { 0x0f, 0x31, 0x66, 0xa3, 0x10, 0x60, 0x66, 0x89, 0x16,
                                             0x14, 0x60, 0xb0, 'S',  0xe6, 0xe8, 0xf4 };
    struct kvm_regs registers;
    uint64_t stamp;

    memcpy(memory[0] + 0x2000, program, sizeof(program));
    KVM(vcpus[1], KVM_GET_REGS, &registers);
    registers.rip = 0x2000;
    KVM(vcpus[1], KVM_SET_REGS, &registers);
    second_run->exit_reason = 0;
    KVM(vcpus[1], KVM_RUN, 0);
    memcpy(&stamp, memory[2] + 0x10, sizeof(stamp));
    sprintf(out, "exit=%u port=%x byte=%c rbx=%x tsc=%lu", second_run->exit_reason,
            second_run->io.port, *((char *)second_run + second_run->io.data_offset),
            (unsigned)registers.rbx, (unsigned long)stamp);
}

static void set_clock(uint64_t ns)
{
    struct kvm_clock_data clock = { .clock = ns };

    KVM(vm, KVM_SET_CLOCK, &clock);
}

static void read_clock(char *out)
{
    struct kvm_clock_data clock;

    KVM(vm, KVM_GET_CLOCK, &clock);
    sprintf(out, "%lu", (unsigned long)clock.clock);
}

static void read_counter(char *out)
{
    uint64_t count = 0;

    must((int)read(counter_event, &count, sizeof(count)), "eventfd");
    sprintf(out, "count=%d", (int)count);
}

static void use_pipe_and_signal(char *out)
{
    struct signalfd_siginfo info = { 0 };
    char byte = 0;

    must((int)write(pipe_ends[1], "p", 1), "pipe");
    must((int)read(pipe_ends[0], &byte, 1), "pipe");
    kill(getpid(), SIGUSR1);
    (void)!read(signals, &info, sizeof(info));
    sprintf(out, "pipe=%c signal=%d", byte, (int)info.ssi_signo);
}

/* QEMU draws random numbers (rng-builtin, UUIDs, its secrets) from gnutls. */
static int (*gnutls_random)(int, void *, size_t);

static void find_gnutls(void)
{
    int (*at_first)(void);
    void *gnutls = dlopen("libgnutls.so.30", RTLD_NOW | RTLD_GLOBAL);

    assert(gnutls);
    at_first = (int (*)(void))dlsym(gnutls, "gnutls_global_init");
    assert(at_first() == 0);
    gnutls_random = (int (*)(int, void *, size_t))dlsym(RTLD_DEFAULT, "gnutls_rnd");
}

static void draw(char *out)
{
    unsigned char bytes[16];

    for (int level = 0; level < 3; level++) {
        assert(gnutls_random(level, bytes, sizeof(bytes)) == 0);
        for (size_t i = 0; i < sizeof(bytes); i++)
            out += sprintf(out, "%02x", bytes[i]);
    }
}

static void open_socket(int type, char *out)
{
    int ends[2];

    must(socketpair(AF_UNIX, type, 0, ends), "socketpair");
    dup2(open("/dev/null", O_RDWR | O_CLOEXEC), ends[1]); /* only one end is a socket */
    sprintf(out, "fd=%d", ends[0]);
}

#define NOBODY 65534

/* The soft limit alone, which may be raised again. Of all threads: setresuid() is for them all. */
static void limit_processes(rlim_t soft)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NPROC, &limit);
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    setrlimit(RLIMIT_NPROC, &limit);
    if (geteuid() == 0)
        must(setresuid(NOBODY, NOBODY, NOBODY), "setresuid");
}

static int vmm(void)
{
    char command, out[4096];
    pthread_t thread;

    create_counter();
    find_gnutls();
    create_vm();
    create_vcpu(0);
    create_vcpu(1);
    connect_interrupts();
    create_descriptors();
    access_tsc(KVM_SET_MSRS, 1ull << 50);
    tsc_start = access_tsc(KVM_GET_MSRS, 0); /* some modules give every guest the host's */
    while (read(CHANNEL, &command, 1) == 1) {
        uint64_t offset = 0;
        struct kvm_device_attr tsc_offset = { .addr = (uintptr_t)&offset };

        strcpy(out, "done");
        switch (command) {
        case 'd': dump(out); break;
        case 'l': signal_line(out); break;
        case 'r': run_guest(out); break;
        case 'c': read_counter(out); break;
        case 'p': use_pipe_and_signal(out); break;
        case 't': sprintf(out, "ticks=%d", timer_ticks); break;
        case 'k': sprintf(out, "%ld", (long)(access_tsc(KVM_GET_MSRS, 0) - tsc_start)); break;
        case 'm': memory[2][0] = 'X'; break;
        case 'x': KVM(vcpus[0], KVM_SET_DEVICE_ATTR, &tsc_offset); break;
        case 'R': run_second(out); break;
        case 'T': read_clock(out); break;
        case 'C': set_clock(1ull << 40); break;
        case 'D': open_socket(SOCK_DGRAM, out); break;
        case 'S': open_socket(SOCK_STREAM, out); break;
        case 'L': limit_processes(1), strcpy(out, "limited"); break;
        case 'U': limit_processes(RLIM_INFINITY), strcpy(out, "unlimited"); break;
        case 'g': draw(out); break;
        case 'w': sprintf(out, "wiped=%d", wiped[0] == 0); break;
        case 'b': pthread_create(&thread, NULL, speak, NULL); break;
        case 's': pthread_create(&thread, NULL, spin, NULL); break;
        case 'W': start_waiting(); break;
        case 'P': place_threads(); break;
        case 'q': tell_places(out); break;
        case 'i': sprintf(out, "for-ever=%d a-day=%d days=%d", waits[0].interrupted,
                          waits[1].interrupted, waits[1].days); break;
        }
        strcat(out, "\n");
        must((int)send(CHANNEL, out, strlen(out), 0), "answer");
    }
    return 0;
}

/* ---- the driver */

static const char *library;
static int channel, control, base_pid;
static bool stdin_is_closed;
static char line[4096];

/* The rest of the line; the result stays until the next call. */
static const char *read_line(int fd)
{
    size_t length = 0;

    while (length < sizeof(line) - 1 && read(fd, line + length, 1) == 1 && line[length] != '\n')
        length++;
    line[length] = '\0';
    return line;
}

static const char *ask(int fd, char command)
{
    must((int)write(fd, &command, 1), "ask");
    return read_line(fd);
}

static const char *request(const char *text)
{
    must((int)write(control, text, strlen(text)), "request");
    return read_line(control);
}

static void start_base(void)
{
    int one[2], two[2];

    socketpair(AF_UNIX, SOCK_STREAM, 0, one);
    socketpair(AF_UNIX, SOCK_STREAM, 0, two);
    channel = fcntl(one[0], F_DUPFD_CLOEXEC, 10);
    control = fcntl(two[0], F_DUPFD_CLOEXEC, 10);
    base_pid = fork();
    if (base_pid == 0) {
        int his_channel = fcntl(one[1], F_DUPFD, 20), his_control = fcntl(two[1], F_DUPFD, 20);

        dup2(his_channel, CHANNEL);
        dup2(his_control, CONTROL);
        close_range(CONTROL + 1, ~0u, 0); /* whatever this program was started with */
        setenv("LD_PRELOAD", library, 1);
        setenv("BASEPOINT_CONTROL", "fd:4", 1);
        execl("/proc/self/exe", "test-vmm", stdin_is_closed ? "--vmm-closed" : "--vmm", library,
              NULL);
        _exit(127);
    }
    close(one[0]);
    close(one[1]);
    close(two[0]);
    close(two[1]);
    read_line(control);
    assert(strncmp(line, "basepoint 1 ", 12) == 0);
    ask(channel, 't'); /* it answers once it is set up and waits: its base point */
}

static void end_base(void)
{
    int status;

    close(control); /* the harness is gone: so is the base point */
    waitpid(base_pid, &status, 0);
    close(channel);
    assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int make_clone(const char *id)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), clone;
    char text[256];

    sprintf(address.sun_path + 1, "test-vmm-%d-%s", getpid(), id);
    /* An abstract name is as long as the address says: no NULs after it. */
    bind(listener, (struct sockaddr *)&address,
         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1)));
    listen(listener, 1);
    sprintf(text, "clone %s fd:%d=connect:@%s\n", id, CHANNEL, address.sun_path + 1);
    if (strncmp(request(text), "cloned ", 7) != 0) {
        puts(line);
        exit(1);
    }
    clone = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
    return clone;
}

static void the_clone_has_the_state_of_the_base_point(void)
{
    char expected[4096];
    int clone;

    start_base();
    strcpy(expected, ask(channel, 'd'));
    clone = make_clone("a");
    if (strcmp(ask(clone, 'd'), expected) != 0)
        printf("expected %s\ngot      %s\n", expected, line);
    assert(strcmp(line, expected) == 0);
    assert(strcmp(ask(channel, 'd'), expected) == 0);
    close(clone);
    end_base();
}

static void interrupts_and_ports_of_a_clone_are_its_own(void)
{
    int clone, other;

    start_base();
    clone = make_clone("a");
    other = make_clone("b");
    assert(strcmp(ask(clone, 'l'), "requests=1") == 0);
    assert(strcmp(ask(clone, 'r'), "exit=2 port=e9 byte=k signalled=1") == 0);
    assert(strcmp(ask(other, 'r'), "exit=2 port=e9 byte=k signalled=1") == 0);
    close(clone);
    close(other);
    end_base();
}

static void memory_of_a_clone_is_its_own(void)
{
    int clone, other;

    start_base();
    clone = make_clone("a");
    ask(clone, 'm');
    other = make_clone("b");
    assert(strstr(ask(clone, 'r'), "byte=X"));
    assert(strstr(ask(other, 'r'), "byte=k"));
    close(clone);
    close(other);
    end_base();
}

static void time_goes_on_in_a_clone(void)
{
    long first, second;
    int clone;

    start_base();
    clone = make_clone("a");
    first = atol(ask(clone, 'k'));
    second = atol(ask(clone, 'k'));
    assert(first > 0 && second > first);
    assert(first < 1l << 40); /* minutes, and not the host's time since it booted */
    close(clone);
    end_base();
}

static unsigned long ask_number(int fd, char question, const char *before)
{
    const char *answer = ask(fd, question);

    return strtoul(strstr(answer, before) + strlen(before), NULL, 10);
}

/*
 * As QEMU does, the VMM sets the clock at the base point; a clone's goes on from there. Its TSC is
 * read by the guest.
 */
static void clocks_of_a_guest_do_not_go_back(void)
{
    unsigned long set = 1ul << 40, clock = set, stamp;
    int clone;

    start_base();
    ask(channel, 'C');
    stamp = ask_number(channel, 'k', "");
    clone = make_clone("a");
    assert(stamp < ask_number(clone, 'k', ""));
    stamp = 0;
    for (int i = 0; i < 5; i++) {
        unsigned long now = ask_number(clone, 'T', ""), read = ask_number(clone, 'R', "tsc=");

        assert(now > clock && read > stamp);
        clock = now;
        stamp = read;
    }
    assert(clock < set + (1ul << 36)); /* a minute */
    close(clone);
    end_base();
}

static void the_second_vcpu_of_a_clone_runs(void)
{
    int clone;

    start_base();
    clone = make_clone("a");
    assert(strncmp(ask(clone, 'R'), "exit=2 port=e8 byte=S rbx=1235 tsc=", 35) == 0);
    assert(strcmp(ask(clone, 'r'), "exit=2 port=e9 byte=k signalled=1") == 0);
    close(clone);
    end_base();
}

static int ticks(int clone)
{
    return atoi(ask(clone, 't') + strlen("ticks="));
}

static void descriptors_of_a_clone_are_its_own(void)
{
    int clone;

    start_base();
    clone = make_clone("a");
    assert(strcmp(ask(clone, 'c'), "count=5") == 0);
    assert(strcmp(ask(channel, 'c'), "count=5") == 0);
    assert(strcmp(ask(clone, 'p'), "pipe=p signal=10") == 0);
    for (int before = ticks(clone), tries = 0; ticks(clone) < before + 5; tries++) {
        assert(tries < 500);
        usleep(10000);
    }
    close(clone);
    end_base();
}

static void random_numbers_of_clones_differ(void)
{
    enum { LEVEL = 32, LEVELS = 3 };
    char drawn[3][4096];
    int first, second;

    start_base();
    ask(channel, 'g'); /* the generator has a state from here on */
    first = make_clone("a");
    second = make_clone("b");
    strcpy(drawn[0], ask(channel, 'g'));
    strcpy(drawn[1], ask(first, 'g'));
    strcpy(drawn[2], ask(second, 'g'));
    for (int level = 0; level < LEVELS; level++)
        for (int i = 0; i < 3; i++)
            assert(strncmp(drawn[i] + level * LEVEL, drawn[(i + 1) % 3] + level * LEVEL, LEVEL));
    close(first);
    close(second);
    end_base();
}

static void memory_that_is_wiped_on_fork_is_wiped(void)
{
    int clone;

    start_base();
    clone = make_clone("a");
    assert(strcmp(ask(clone, 'w'), "wiped=1") == 0);
    assert(strcmp(ask(channel, 'w'), "wiped=0") == 0);
    close(clone);
    end_base();
}

static void descriptor_0_need_not_be_the_standard_input(void)
{
    int clone;

    stdin_is_closed = true;
    start_base();
    stdin_is_closed = false;
    clone = make_clone("a");
    assert(strcmp(ask(clone, 'c'), "count=5") == 0);
    assert(strcmp(ask(channel, 'c'), "count=5") == 0);
    close(clone);
    end_base();
}

/* The VMM opened it on demand: 'D'. Its number is told. */
static void a_channel_that_is_no_stream_is_refused(void)
{
    char text[64];

    start_base();
    sprintf(text, "clone a fd:3=null fd:%lu=null\n", ask_number(channel, 'D', "fd="));
    assert(strncmp(request(text), "refused a channel ", 18) == 0);
    assert(strstr(line, "stream"));
    end_base();
}

/* Named last to first, each by a listener of its own: who is connected to first has to be lower. */
static void channels_are_connected_in_the_order_of_descriptors(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), first, second;
    unsigned long other;
    char text[256];

    sprintf(address.sun_path + 1, "test-vmm-%d-order", getpid());
    bind(listener, (struct sockaddr *)&address,
         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1)));
    listen(listener, 2);
    start_base();
    other = ask_number(channel, 'S', "fd=");
    sprintf(text, "clone a fd:%lu=connect:@%s fd:3=connect:@%s\n", other, address.sun_path + 1,
            address.sun_path + 1);
    assert(strncmp(request(text), "cloned a ", 9) == 0);
    first = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    second = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert(strcmp(ask(first, 'c'), "count=5") == 0); /* descriptor 3: it answers */
    close(first);
    close(second);
    close(listener);
    end_base();
}

/* Not as root, whom the limit does not bind. */
static void a_limit_of_processes_is_refused_by_name(void)
{
    int clone;

    start_base();
    assert(strcmp(ask(channel, 'L'), "limited") == 0);
    assert(strncmp(request("clone a fd:3=null\n"), "refused a fork ", 15) == 0);
    assert(strstr(line, "limit of processes"));
    assert(strcmp(ask(channel, 'U'), "unlimited") == 0);
    clone = make_clone("a");
    assert(strcmp(ask(clone, 'c'), "count=5") == 0);
    close(clone);
    end_base();
}

static void a_vcpu_that_ran_is_refused(void)
{
    start_base();
    ask(channel, 'r');
    assert(strncmp(request("clone a fd:3=null\n"), "refused a vcpu-ran ", 19) == 0);
    end_base();
}

static void state_that_cannot_be_repeated_is_refused(void)
{
    start_base();
    ask(channel, 'x');
    assert(strncmp(request("clone a fd:3=null\n"), "refused a journal ", 18) == 0);
    assert(strstr(line, "KVM_SET_DEVICE_ATTR"));
    end_base();
}

/* In a clone nothing has interrupted it, but the time may be over; in the base point a signal has. */
static void a_thread_that_waits_in_a_clone_goes_on_waiting(void)
{
    const char *of_base;
    int clone;

    start_base();
    ask(channel, 'W');
    usleep(100000); /* both must be in their system calls, or the parking is tried twice */
    clone = make_clone("a");
    usleep(100000);
    /* Later ones do not tell which system call was left: see wait_again() in threads.c. */
    if (strverscmp(gnu_get_libc_version(), "2.41") < 0)
        assert(strcmp(ask(clone, 'i'), "for-ever=0 a-day=0 days=1") == 0);
    of_base = ask(channel, 'i');
    assert(strstr(of_base, "days=0") && !strstr(of_base, "for-ever=0"));
    close(clone);
    end_base();
}

static void a_thread_of_a_clone_runs_where_it_may(void)
{
    char expected[64];
    int clone, placed_there, kept_there;

    start_base();
    ask(channel, 'P');
    usleep(100000);
    strcpy(expected, ask(channel, 'q'));
    assert(sscanf(expected, "placed=%d kept=%d", &placed_there, &kept_there) == 2);
    assert(placed_there > 0 && kept_there == placed_there);
    clone = make_clone("a");
    usleep(200000); /* the clone is let go long before */
    if (strcmp(ask(clone, 'q'), expected) != 0)
        printf("expected %s\ngot      %s\n", expected, line);
    assert(strcmp(line, expected) == 0);
    close(clone);
    end_base();
}

static void a_thread_that_never_waits_is_refused(void)
{
    start_base();
    ask(channel, 's');
    assert(strncmp(request("clone a fd:3=null\n"), "refused a thread ", 17) == 0);
    assert(strncmp(ask(channel, 'd'), "KVM_GET_IRQCHIP", 15) == 0);
    end_base();
}

static void a_thread_that_always_speaks_to_kvm_is_refused(void)
{
    start_base();
    ask(channel, 'b');
    for (int i = 0; i < 3; i++)
        assert(strncmp(request("clone a fd:3=null\n"), "refused a thread ", 17) == 0);
    assert(strcmp(ask(channel, 'c'), "count=5") == 0);
    end_base();
}

/* Of the base point, in KiB. */
static long resident(void)
{
    long pages = 0;
    char path[64];
    FILE *file;

    sprintf(path, "/proc/%d/statm", base_pid);
    file = fopen(path, "r");
    assert(file && fscanf(file, "%*d %ld", &pages) == 1);
    fclose(file);
    return pages * 4;
}

static int entries_of(const char *folder)
{
    char path[64];
    int count = 0;
    DIR *directory;

    sprintf(path, "/proc/%d/%s", base_pid, folder);
    directory = opendir(path);
    assert(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

static void a_thousand_clones_leave_nothing(void)
{
    int opened = 0, tasks = 0;
    char expected[64];
    long memory = 0;

    start_base();
    for (int i = 0; i < 1010; i++) {
        char id[16];
        int clone;

        if (i == 10) {
            /* Answered after the last clone's descriptor was closed, as its "exited" is not. */
            assert(strcmp(request("ping\n"), "pong clones=0") == 0);
            opened = entries_of("fd");
            tasks = entries_of("task");
            memory = resident();
        }

        sprintf(id, "c%d", i);
        clone = make_clone(id);
        sprintf(expected, "exited %s ", id);
        close(clone); /* its channel ends, and so does it */
        assert(strncmp(read_line(control), expected, strlen(expected)) == 0);
    }
    assert(strcmp(request("ping\n"), "pong clones=0") == 0);
    assert(entries_of("fd") == opened && entries_of("task") == tasks);
    assert(resident() - memory < 1024);
    end_base();
}

#define RUN(test) (test(), puts("ok " #test), fflush(stdout))

int main(int count, char **arguments)
{
    if (count == 3 && strcmp(arguments[1], "--vmm-closed") == 0)
        close(0); /* the first descriptor the VMM opens has its number */
    if (count == 3)
        return vmm();
    if (count != 2) {
        fputs("usage: test-vmm PATH-OF-basepoint.so\n", stderr);
        return 2;
    }
    library = arguments[1];
    RUN(the_clone_has_the_state_of_the_base_point);
    RUN(interrupts_and_ports_of_a_clone_are_its_own);
    RUN(memory_of_a_clone_is_its_own);
    RUN(time_goes_on_in_a_clone);
    RUN(descriptors_of_a_clone_are_its_own);
    RUN(the_second_vcpu_of_a_clone_runs);
    RUN(clocks_of_a_guest_do_not_go_back);
    RUN(a_channel_that_is_no_stream_is_refused);
    RUN(channels_are_connected_in_the_order_of_descriptors);
    RUN(a_limit_of_processes_is_refused_by_name);
    RUN(descriptor_0_need_not_be_the_standard_input);
    RUN(memory_that_is_wiped_on_fork_is_wiped);
    RUN(random_numbers_of_clones_differ);
    RUN(a_vcpu_that_ran_is_refused);
    RUN(state_that_cannot_be_repeated_is_refused);
    RUN(a_thread_that_waits_in_a_clone_goes_on_waiting);
    RUN(a_thread_of_a_clone_runs_where_it_may);
    RUN(a_thread_that_never_waits_is_refused);
    RUN(a_thread_that_always_speaks_to_kvm_is_refused);
    RUN(a_thousand_clones_leave_nothing);
    return 0;
}
