/*
 * The tiny guest: waits for frames on COM2 by interrupt, halted, and answers on the mark port.
 *
 * The wait is a real sti;hlt woken through the I/O APIC and the local APIC, so that restoring or
 * forking it exercises interrupt controller state: a clone whose irqchip was not rebuilt never
 * answers. The 8259 would need a firmware that sets LINT0 up (qboot does not) and costs an exit to
 * the VMM for each end of interrupt where the irqchip is split, as it is on microvm.
 *
 * What this guest does between its wake-up and READY is in every figure of it, and an instruction
 * takes up to 2 us where a guest's kernel mode is emulated. So that path is short: what need not be
 * done before READY comes after it.
 */
#include <stdint.h>

#include "../protocol.h"

#define COM2 0x2f8
#define UART_DATA (COM2 + 0)
#define UART_IER (COM2 + 1)
#define UART_IIR (COM2 + 2) /* read */
#define UART_FCR (COM2 + 2) /* write */
#define UART_LCR (COM2 + 3)
#define UART_MCR (COM2 + 4)
#define UART_LSR (COM2 + 5)
#define IIR_MASK 0x0f
#define IIR_TRIGGER 0x04 /* at least the trigger level is in the FIFO */
#define IIR_TIMEOUT 0x0c /* less is, and has been for four character times */
#define FCR_FIFOS_ON_EMPTY_TRIGGER_14 0xc7
#define MCR_DTR_RTS_OUT2 0x0b
#define MCR_LOOPBACK 0x10
#define PIC1_DATA 0x21
#define PIC2_DATA 0xa1
#define COM2_IRQ 3
#define VECTOR 0x23
#define SPURIOUS_VECTOR 0x2f
#define IOAPIC 0xfec00000ul
#define IOAPIC_SELECT 0x00
#define IOAPIC_WINDOW 0x10
#define IOAPIC_REDIRECTION(pin) (0x10 + 2 * (pin))
#define LAPIC 0xfee00000ul
#define LAPIC_EOI 0xb0
#define LAPIC_SPURIOUS 0xf0
#define LAPIC_ENABLED 0x100
#define CODE_SEGMENT 8
#define INTERRUPT_GATE 0x8e

#define PAGE_SIZE 4096ul
#define WORK_BASE 0x400000ul /* above the image; the planner keeps 4 MiB for it */

struct gate {
	uint16_t low, segment;
	uint8_t ist, type;
	uint16_t middle;
	uint32_t high, zero;
} __attribute__((packed));

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct gate idt[SPURIOUS_VECTOR + 1];
static uint8_t frame[BP_FRAME_SIZE];

static uint64_t nonce;
static uint32_t counter;
static uint64_t rng[4];

static inline void out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* One exit to the VMM for the whole string, where a loop of outb would take one a byte. */
static inline void out_string(uint16_t port, const uint8_t *bytes, uint64_t count)
{
	__asm__ volatile("rep outsb" : "+S"(bytes), "+c"(count) : "d"(port) : "memory");
}

static inline void in_string(uint16_t port, uint8_t *bytes, uint64_t count)
{
	__asm__ volatile("rep insb" : "+D"(bytes), "+c"(count) : "d"(port) : "memory");
}

static inline void write32(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

static uint64_t get64(const uint8_t *at)
{
	return *(const uint64_t *)at;
}

static uint16_t get16(const uint8_t *at)
{
	return *(const uint16_t *)at;
}

static void error(const char *text)
{
	out8(BP_PORT, BP_ERROR);
	while (*text)
		out8(BP_PORT, *text++);
	out8(BP_PORT, '\n');
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* Ends the hlt, and no more: who waits sees to the cause, and acknowledges it when there is time. */
__attribute__((naked)) static void on_interrupt(void *interrupt_frame)
{
	(void)interrupt_frame;
	__asm__("iretq");
}

static void set_gate(int vector, void (*function)(void *))
{
	uint64_t handler = (uint64_t)function;
	idt[vector] = (struct gate){
		.low = handler,
		.segment = CODE_SEGMENT,
		.type = INTERRUPT_GATE,
		.middle = handler >> 16,
		.high = handler >> 32,
	};
}

static void set_up_interrupts(void)
{
	set_gate(VECTOR, on_interrupt);
	set_gate(SPURIOUS_VECTOR, on_interrupt);
	struct table_pointer pointer = { sizeof idt - 1, (uint64_t)idt };
	__asm__ volatile("lidt %0" ::"m"(pointer));

	out8(PIC1_DATA, 0xff);
	out8(PIC2_DATA, 0xff);
	write32(LAPIC + LAPIC_SPURIOUS, LAPIC_ENABLED | SPURIOUS_VECTOR);
	/* edge triggered, fixed delivery to the local APIC with id 0 */
	write32(IOAPIC + IOAPIC_SELECT, IOAPIC_REDIRECTION(COM2_IRQ) + 1);
	write32(IOAPIC + IOAPIC_WINDOW, 0);
	write32(IOAPIC + IOAPIC_SELECT, IOAPIC_REDIRECTION(COM2_IRQ));
	write32(IOAPIC + IOAPIC_WINDOW, VECTOR);
}

static void set_up_serial(void)
{
	out8(UART_LCR, 0x80);
	/*
	 * The slowest baud rate. QEMU does not pace what it receives by it, only how long a FIFO below
	 * its trigger level may wait before it interrupts all the same; at 115200 baud that happens in
	 * the middle of a frame, and from then on the bytes come one by one.
	 */
	out8(UART_DATA, 0xff);
	out8(UART_IER, 0xff);
	out8(UART_LCR, 0x03);
	out8(UART_FCR, FCR_FIFOS_ON_EMPTY_TRIGGER_14);
	out8(UART_IER, 0x01);
}

static void seed_from_boot(void)
{
	uint32_t low, high;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	rng[0] = 0x9e3779b97f4a7c15ul ^ low;
	rng[1] = 0xbf58476d1ce4e5b9ul ^ high;
	rng[2] = 0x94d049bb133111ebul;
	rng[3] = 0x2545f4914f6cdd1dul;
}

/* xoshiro256** by Blackman and Vigna: enough to show whether two clones share a state. */
static uint64_t next_random(void)
{
	uint64_t product = rng[1] * 5;
	uint64_t result = ((product << 7) | (product >> 57)) * 9;
	uint64_t t = rng[1] << 17;
	rng[2] ^= rng[0];
	rng[3] ^= rng[1];
	rng[1] ^= rng[2];
	rng[0] ^= rng[3];
	rng[2] ^= t;
	rng[3] = (rng[3] << 45) | (rng[3] >> 19);
	return result;
}

static void acknowledge(void)
{
	write32(LAPIC + LAPIC_EOI, 0);
}

/*
 * Takes what the trigger level promised: all that is left of a frame. QEMU offers the port to its
 * main loop after each byte that is read, and the two then hand over its lock, a byte at a time. It
 * does not while the port is in loopback, which is left before the next frame is waited for. (What
 * makes the main loop look at the port again is the timer of the FIFO, which each byte that is read
 * sets anew.)
 */
static void take_rest(uint32_t received)
{
	out8(UART_MCR, MCR_DTR_RTS_OUT2 | MCR_LOOPBACK);
	in_string(UART_DATA, frame + received, BP_FRAME_SIZE - received);
}

static void wait_for_frame(void)
{
	uint32_t received = 0;

	counter++; /* the frame that is waited for: nothing is left to do once it is there */
	out8(UART_MCR, MCR_DTR_RTS_OUT2);
	acknowledge(); /* the interrupt that brought the last frame */
	for (;;) {
		/* sti takes effect after the next instruction: no interrupt is lost before hlt */
		__asm__ volatile("sti; hlt; cli" ::: "memory");
		uint8_t cause = in8(UART_IIR) & IIR_MASK;
		if (cause == IIR_TRIGGER) {
			take_rest(received);
			break;
		}
		while (cause == IIR_TIMEOUT && received < BP_FRAME_SIZE && (in8(UART_LSR) & 1))
			frame[received++] = in8(UART_DATA);
		if (received == BP_FRAME_SIZE)
			break;
		acknowledge();
	}
	if (frame[BP_AT_MAGIC] != BP_FRAME_MAGIC)
		error("frame without its magic byte");
}

static uint64_t touch_working_set(uint64_t bytes, uint64_t identity)
{
	for (uint64_t at = WORK_BASE; at < WORK_BASE + bytes; at += PAGE_SIZE)
		*(volatile uint64_t *)at = identity;
	return bytes;
}

static void go(void)
{
	uint64_t identity = get64(frame + BP_AT_NONCE);
	if (frame[BP_AT_KIND] & ~(BP_KIND_MASK | BP_FLAG_RESEED))
		error("the tiny guest has nothing to observe, no driver of a random number generator, and takes short frames only");
	if (frame[BP_AT_KIND] & BP_FLAG_RESEED) {
		rng[1] ^= identity; /* what the first number drawn depends on */
		rng[0] ^= get16(frame + BP_AT_SEED);
	}
	out8(BP_PORT, BP_MARK_READY);

	uint64_t touched = touch_working_set((uint64_t)get16(frame + BP_AT_WORK_MIB) << 20, identity);
	uint8_t answer[1 + BP_DATA_SIZE + 1];
	answer[0] = BP_DATA;
	*(uint64_t *)(answer + 1 + BP_DATA_NONCE) = nonce;
	*(uint64_t *)(answer + 1 + BP_DATA_IDENTITY) = identity;
	*(uint32_t *)(answer + 1 + BP_DATA_COUNTER) = counter;
	*(uint64_t *)(answer + 1 + BP_DATA_TOUCHED) = touched;
	for (int i = 0; i < 4; i++)
		*(uint64_t *)(answer + 1 + BP_DATA_RANDOM + 8 * i) = next_random();
	answer[1 + BP_DATA_SIZE] = BP_MARK_WORK;
	out_string(BP_PORT, answer, sizeof answer);
}

static void burn(uint64_t iterations)
{
	__asm__ volatile("1: dec %0; jnz 1b" : "+r"(iterations));
	out8(BP_PORT, BP_MARK_BURNT);
}

void guest_main(void)
{
	out8(BP_PORT, BP_MARK_INIT);
	seed_from_boot();
	set_up_interrupts();
	set_up_serial();
	out8(BP_PORT, BP_MARK_BASE);
	for (;;) {
		wait_for_frame();
		switch (frame[BP_AT_KIND] & BP_KIND_MASK) {
		case BP_SEAL:
			nonce = get64(frame + BP_AT_NONCE);
			out8(BP_PORT, BP_MARK_SEALED);
			break;
		case BP_GO:
			go();
			break;
		case BP_BURN:
			burn(1000ul * get64(frame + BP_AT_NONCE));
			break;
		default:
			error("frame of unknown kind");
		}
	}
}
